//! A guard's part in what an owner holds.

use std::sync::Arc;

use lock_core::{Mode, Object, TxId};

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
        let (number, seen) = (ledger.sit(of, object, mode), owning.recalls());
        Self { owning: owning.clone(), of: of.clone(), object: object.clone(), mode, number, seen, granted: false }
    }

    pub(crate) fn owner(&self) -> TxId {
        self.owning.tx.id()
    }

    /// The call that took it has a grant.
    pub(crate) fn granted(&mut self) {
        self.granted = true;
        if self.owning.recalls() == self.seen {
            return;
        }
        // What it was a part of was given back before its call was answered; it is a part of what it has now.
        let mut ledger = self.owning.ledger.lock();
        if !ledger.is_current(&self.object, self.number) {
            self.number = ledger.sit(&self.of, &self.object, self.mode);
        }
    }

    /// Whether it still counts: what it is a part of was not given back over its head.
    pub(crate) fn is_current(&self) -> bool {
        self.owning.recalls() == self.seen || self.owning.ledger.lock().is_current(&self.object, self.number)
    }

    /// Hands what it is alone in over to another owner. It is a part of nothing then.
    pub(crate) fn hand_over(&self, heir: &Arc<Owning>) -> Result<(Guard, Self), WhyNot> {
        if heir.tx.id() == self.owner() {
            return Err(WhyNot::ToItself);
        }
        let (mut mine, mut theirs) = both(&self.owning, heir);
        let guards = mine.seats(&self.object);
        if !mine.is_current(&self.object, self.number) {
            return Err(self.not_held());
        }
        if guards > 1 {
            return Err(WhyNot::Shared { guards });
        }
        if let Some(object) = mine.leans_on(&self.object).filter(|_| !self.owning.tx.claims(&self.object, self.mode)) {
            return Err(WhyNot::Part { object });
        }
        if let Some((_, object)) = mine.leaning(&self.owning.tx, &self.object) {
            return Err(WhyNot::LeanedOn { object: object.clone() });
        }
        let rules = Rules { of: &self.of, again: false, paths: true };
        let mut seat = heir.enter_in(&mut theirs, &self.object, self.mode, rules)?;
        match self.owning.tx.hand_over(&self.object, &heir.tx) {
            Ok(guard) => {
                mine.rise(&self.object, self.mode);
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

    fn not_held(&self) -> WhyNot {
        HandOverError::Refused(self.owning.tx.not_held(&self.object).into()).into()
    }
}

impl Drop for Seat {
    fn drop(&mut self) {
        // Held until the table has it back: another call of this owner may want it at once.
        let mut ledger = self.owning.ledger.lock();
        if ledger.is_current(&self.object, self.number) {
            ledger.leave(&self.owning.tx, &self.object, self.mode, self.granted);
        } else if !self.granted && !ledger.knows(&self.object) {
            // Its call came too late to be a part of what was given back; nobody else looks after what it may have got.
            if self.owning.tx.is_granted(&self.object, self.mode) {
                let _ = self.owning.tx.unlock(&self.object);
            }
        }
    }
}
