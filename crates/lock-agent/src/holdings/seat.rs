//! A guard's part in what an owner holds.

use std::sync::Arc;

use lock_core::{ClaimError, Mode, Object, TxId};

use super::ledger::Ledger;
use super::{Owning, Rules, both};
use crate::keyed::WhyNot;
use crate::{Guard, HandOverError};

/// A guard's part in a holding, or that of a call that waits. Dropped, it gives back what nobody else needs.
pub(crate) struct Seat {
    owning: Arc<Owning>,
    /// The mutex that it was taken through.
    of: Object,
    object: Object,
    mode: Mode,
    number: u64,
    /// How often its owner had recalled something when it was taken.
    seen: u64,
    /// Its call came to a grant.
    granted: bool,
}

impl Seat {
    /// One more in the ledger of its owner, which is locked here.
    pub(super) fn take(owning: &Arc<Owning>, ledger: &mut Ledger, of: &Object, object: &Object, mode: Mode) -> Self {
        let number = ledger.sit(of, object, mode, || owning.before(object));
        let (owning, seen) = (owning.clone(), owning.recalls());
        Self { owning, of: of.clone(), object: object.clone(), mode, number, seen, granted: false }
    }

    pub(crate) fn owner(&self) -> TxId {
        self.owning.tx.id()
    }

    /// The call that took it has a grant.
    ///
    /// # Errors
    /// It was released by name before the call came back.
    pub(crate) fn granted(&mut self) -> Result<(), ClaimError> {
        if self.is_current() {
            self.granted = true;
            return Ok(());
        }
        Err(ClaimError::Withdrawn { tx: self.owner(), object: self.object.clone() })
    }

    /// Whether it still counts: what it is a part of was not given back over its head.
    pub(crate) fn is_current(&self) -> bool {
        self.owning.recalls() == self.seen || self.owning.ledger.lock().is_current(&self.object, self.number)
    }

    /// Hands what it is alone in over to another owner. It is a part of nothing then.
    pub(crate) fn hand_over(&self, heir: &Arc<Owning>) -> Result<(Guard, Self), WhyNot> {
        if Arc::ptr_eq(&self.owning, heir) {
            return Err(WhyNot::ToItself);
        }
        let tx = &self.owning.tx;
        let (mut mine, mut theirs) = both(&self.owning, heir);
        let guards = mine.seats(&self.object) + u32::from(self.owning.before(&self.object).is_some());
        if !mine.is_current(&self.object, self.number) {
            return Err(HandOverError::Refused(tx.not_held(&self.object).into()).into());
        }
        if guards > 1 {
            return Err(WhyNot::Shared { guards });
        }
        if let Some(object) = mine.leans_on(&self.object).filter(|_| !tx.claims(&self.object, self.mode)) {
            return Err(WhyNot::Part { object });
        }
        if let Some(leaning) = mine.leaning(tx, &self.object, Mode::Read) {
            return Err(WhyNot::LeanedOn { object: leaning.object });
        }
        let rules = Rules { of: &self.of, again: false, paths: true };
        let mut seat = heir.enter_in(&mut theirs, &self.object, self.mode, rules)?;
        match tx.hand_over(&self.object, &heir.tx) {
            Ok(guard) => {
                mine.forget(&self.object);
                seat.granted = true;
                Ok((guard, seat))
            }
            Err(error) => {
                theirs.rise(&self.object, self.mode);
                // A part of nothing; and its drop would lock what is locked here.
                (seat.number, seat.granted) = (0, true);
                drop((mine, theirs));
                Err(error.into())
            }
        }
    }
}

impl Drop for Seat {
    fn drop(&mut self) {
        // Held until the table has it back: another call of this owner may want it at once.
        let mut ledger = self.owning.ledger.lock();
        if ledger.is_current(&self.object, self.number) {
            ledger.leave(&self.owning.tx, &self.object, self.mode);
        } else if self.granted {
            // Given back over its head, or handed over.
        } else if ledger.knows(&self.object) {
            // Its call asked after the release by name: what it got is of those who have the object now, and needed no longer by it.
            ledger.settle(&self.owning.tx, &self.object, self.mode);
        } else {
            let _ = self.owning.tx.need_only(&self.object, self.owning.before(&self.object));
        }
    }
}
