//! Handing a lock over: a grant changes its transaction, and is never free in between.

use lock_core::{Mode, Object, Require, Token, TxId};

use super::NaiveWorld;
use super::claim::{Claim, ClaimId, Grant, conflict};
use crate::{Action, Refusal};

impl NaiveWorld {
    /// Makes what one transaction has of an object another one's, in the same mode, with a new token. Who waits goes on waiting.
    ///
    /// # Errors
    /// The refusal, if the giver does not have it or wants it stronger, if the heir has it or wants it, if the giver keeps what
    /// conflicts with it, or if one of the two is over; then nothing has changed.
    pub fn hand_over(&mut self, from: TxId, object: &Object, to: TxId) -> Result<(), Refusal> {
        let (given, received) = (ClaimId::new(from, object), ClaimId::new(to, object));
        self.must_be_alive(from, &Action::Saw)?;
        self.must_be_alive(to, &Action::Saw)?;
        self.must_have(&given, |claim| claim.granted.is_some())?;
        let Some(Claim { granted: Some(grant), waiting: None }) = self.claims.get(&given).cloned() else {
            return Err(Refusal(format!("{from} waits for a stronger mode of {object}")));
        };
        if self.claims.contains_key(&received) {
            return Err(Refusal(format!("{to} has {object} or waits for it")));
        }
        if self.keeps_what_conflicts(&given, (&received, grant.mode)) {
            return Err(Refusal(format!("{from} keeps what conflicts with {object}")));
        }
        self.withdraw(&given);
        let token = Token(self.grants.len() as u64 + 1);
        self.grants.push((object.clone(), token));
        self.required.insert(received.clone(), Require::All);
        let granted = Some(Grant { token, told: true, ..grant });
        self.claims.insert(received, Claim { granted, waiting: None });
        self.settle();
        self.resolve(to);
        Ok(())
    }

    /// Whether the giver has something else that excludes what is to be another's.
    fn keeps_what_conflicts(&self, given: &ClaimId, received: (&ClaimId, Mode)) -> bool {
        let kept = self.claims_of(given.tx).filter(|(id, _)| *id != given);
        let mut kept = kept.filter_map(|(id, claim)| Some((id, claim.granted?.mode)));
        kept.any(|kept| conflict(kept, received))
    }
}
