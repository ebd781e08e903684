//! What programs do besides what a scenario can say: take a request back, and surrender one certain grant.

use lock_core::{ClaimChange, Object, Token, TxId};

use super::NaiveWorld;
use super::claim::ClaimId;
use crate::{Action, Engine, Refusal};

impl NaiveWorld {
    /// Takes a request back, of which is known what it changed: what it added is not wanted any more, granted or
    /// not, unless the caller was told of it. What was there before the request stays.
    pub fn take_back(&mut self, tx: TxId, object: &Object, change: ClaimChange) {
        let id = ClaimId::new(tx, object);
        let Some(claim) = self.claims.get(&id) else { return };
        let told = claim.granted.is_some_and(|grant| grant.told);
        match change {
            ClaimChange::New if !told => self.withdraw(&id),
            ClaimChange::Conversion if claim.granted.is_some() && claim.waiting.is_some() => self.withdraw_wait(&id),
            // Told or not: what the caller was told of may be the read alone.
            ClaimChange::Conversion => self.downgrade(&id),
            ClaimChange::Strengthened if !told => self.downgrade(&id),
            ClaimChange::New | ClaimChange::Strengthened | ClaimChange::Nothing => {}
        }
        self.settle();
    }

    /// Surrenders an object, if the grant with this token is still the current one.
    ///
    /// # Errors
    /// The refusal, if it is not; then nothing has changed.
    pub fn surrender_grant(&mut self, tx: TxId, object: &Object, token: Token) -> Result<(), Refusal> {
        let claim = self.claims.get(&ClaimId::new(tx, object));
        match claim.and_then(|claim| claim.granted) {
            Some(grant) if grant.token == token => self.act(tx, &Action::Surrender(object.clone())),
            _ => Err(Refusal(format!("{object} is not held by {tx} with {token}"))),
        }
    }
}
