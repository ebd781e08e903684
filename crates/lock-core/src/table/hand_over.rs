//! Handing over: a grant changes its transaction, and is never free in between.

use thiserror::Error;

use super::blockers::{Block, Candidate};
use super::records::{NONE, Place, Slot};
use super::{InTheWay, LockTable, NotHeld, TxProfile, hash_of};
use crate::{ArrowKind, Mode, Object, Token, TxId};

/// Why a lock is not handed over. Nothing has changed.
#[derive(Clone, Debug, PartialEq, Eq, Error)]
#[non_exhaustive]
pub enum NotHandedOver {
    /// Who gives does not have it; says who has it.
    #[error(transparent)]
    NotHeld(#[from] NotHeld),
    /// Who gives waits for a stronger mode of it.
    #[error("{from} does not hand over {object} while it waits for a stronger mode of it")]
    Converting {
        /// Who gives.
        from: TxId,
        /// What.
        object: Object,
    },
    /// Who is to have it has it already, or waits for it.
    #[error("{object} is not handed over to {to}, which has it or waits for it already")]
    Claimed {
        /// Who is to have it.
        to: TxId,
        /// What.
        object: Object,
    },
    /// Who gives keeps a lock above or below that conflicts with it.
    #[error("{object} is not handed over to {to}: {} has {} on {}", .in_the_way.tx, .in_the_way.mode, .in_the_way.object)]
    Entangled {
        /// Who is to have it.
        to: TxId,
        /// What.
        object: Object,
        /// The lock that conflicts.
        in_the_way: InTheWay,
    },
}

impl LockTable {
    /// Makes a grant one of another transaction, in the same mode and with a new token. Who waits for it goes on waiting,
    /// in the same line; what the new holder waits for and only the old one was in the way of is granted in the same step.
    ///
    /// New arrows point at the new holder, and at it from the old one: if either waits, it has to look.
    ///
    /// # Errors
    /// [`NotHandedOver`]; nothing has changed.
    pub fn hand_over(&mut self, from: TxId, object: &Object, to: &TxProfile) -> Result<(Mode, Token), NotHandedOver> {
        let (claim, mode) = self.grant_to_give(from, object)?;
        let entry = self.record(claim).entry;
        self.may_receive(to.tx, entry, mode)?;
        let heir = self.tx_slot(to.tx).unwrap_or_else(|| self.insert_tx(hash_of(to.tx), to));
        self.drop_grant(claim);
        let given = self.insert_claim(heir, entry);
        self.grant(given, mode);
        self.tell(given);
        let token = self.record(given).token;
        // As if a write were gone: it is in the way of its new holder no more.
        self.freed.push((entry, Mode::Write));
        self.finish_step(entry);
        self.forget_if_idle(from);
        Ok((mode, token))
    }

    fn grant_to_give(&self, from: TxId, object: &Object) -> Result<(Slot, Mode), NotHandedOver> {
        let claim = self.claim_at(from, object)?;
        let record = self.record(claim);
        match (record.granted, record.wanted) {
            (Some(mode), None) => Ok((claim, mode)),
            (Some(_), Some(_)) => Err(NotHandedOver::Converting { from, object: object.clone() }),
            (None, _) => Err(self.not_held(from, object).into()),
        }
    }

    /// Who shares the object itself does not conflict with its grant; only what the giver has above or below may.
    fn may_receive(&self, to: TxId, entry: Slot, mode: Mode) -> Result<(), NotHandedOver> {
        let object = || self.entry(entry).object.clone();
        let heir = self.tx_slot(to);
        if heir.is_some_and(|heir| self.claim_on(heir, entry).is_some()) {
            return Err(NotHandedOver::Claimed { to, object: object() });
        }
        let who = Candidate { tx: heir.unwrap_or(NONE), mode, place: Place::START };
        match self.related_holder(entry, who) {
            None => Ok(()),
            Some(claim) => {
                let in_the_way = self.in_the_way(Block { claim, kind: ArrowKind::Hard });
                Err(NotHandedOver::Entangled { to, object: object(), in_the_way })
            }
        }
    }
}
