//! What each action does.

use lock_core::{Mode, Object, Require, TxId};

use super::NaiveWorld;
use super::claim::{Claim, ClaimId};
use super::world::Life;
use crate::{Action, Refusal};

impl NaiveWorld {
    /// Does what an action says and grants what can be granted, but resolves no deadlock.
    ///
    /// # Errors
    /// The refusal, if the action is refused; then nothing has changed.
    pub fn carry_out(&mut self, tx: TxId, action: &Action) -> Result<(), Refusal> {
        self.must_be_alive(tx, action)?;
        match action {
            Action::Lock(claims) => {
                let claims = joined(claims);
                for (object, _) in &claims {
                    self.must_require_the_same(&ClaimId::new(tx, object), Require::All)?;
                }
                self.without_late_waits(tx, |world| {
                    for (object, mode) in &claims {
                        world.lock(&ClaimId::new(tx, object), *mode);
                    }
                })?;
            }
            Action::LockOn(claim) => {
                let id = ClaimId::new(tx, &claim.object);
                self.must_require_the_same(&id, claim.require)?;
                self.without_late_waits(tx, |world| world.lock(&id, claim.mode))?;
            }
            Action::Try(object, mode) => {
                let id = ClaimId::new(tx, object);
                self.must_require_the_same(&id, Require::All)?;
                self.try_lock(&id, *mode);
            }
            Action::Unlock(object) => {
                let id = ClaimId::new(tx, object);
                self.must_have(&id, |_| true)?;
                self.withdraw(&id);
            }
            Action::Downgrade(object) => {
                let id = ClaimId::new(tx, object);
                self.must_have(&id, |_| true)?;
                self.downgrade(&id);
            }
            Action::Surrender(object) => {
                self.must_have(&ClaimId::new(tx, object), |claim| claim.granted.is_some())?;
                self.without_late_waits(tx, |world| {
                    world.requeue(tx, std::slice::from_ref(object));
                    world.settle();
                })?;
            }
            Action::Saw => self.tell(|id| id.tx == tx),
            Action::End | Action::Drop => self.leave(tx, Life::Ended),
        }
        self.settle();
        Ok(())
    }

    /// Who claims once more must require the same as before.
    fn must_require_the_same(&mut self, id: &ClaimId, wanted: Require) -> Result<(), Refusal> {
        if !self.claims.contains_key(id) {
            self.required.insert(id.clone(), wanted);
        }
        match self.required.get(id) {
            Some(had) if *had != wanted => {
                Err(Refusal(format!("conflicting claim: {} with require {had}, and now {wanted}", id.object)))
            }
            _ => Ok(()),
        }
    }

    /// One claim. What the transaction has is not claimed again.
    fn lock(&mut self, id: &ClaimId, mode: Mode) {
        if !self.is_covered(id, mode) {
            self.line_up(id, mode);
            self.settle();
        }
    }

    /// Claims what can be had at once, and tells the caller of it.
    /// What one waits for already cannot be had at once.
    fn try_lock(&mut self, id: &ClaimId, mode: Mode) {
        if self.is_covered(id, mode) {
            let covering: Vec<ClaimId> = self.covering_grants(id, mode).cloned().collect();
            self.tell(|id| covering.contains(id));
        } else if self.claims.get(id).is_none_or(|claim| claim.waiting.is_none()) {
            self.line_up(id, mode);
            if self.grantable().any(|free| free == *id) {
                self.grant(id);
                self.tell(|granted| granted == id);
            } else {
                self.withdraw_wait(id);
            }
        }
    }

    /// A held write becomes a read; so does a write that is only waited for.
    pub(super) fn downgrade(&mut self, id: &ClaimId) {
        match self.claims.get_mut(id) {
            Some(Claim { granted: Some(grant), .. }) => grant.mode = Mode::Read,
            Some(Claim { waiting: Some(wait), .. }) => wait.mode = Mode::Read,
            _ => {}
        }
    }

    fn tell(&mut self, of: impl Fn(&ClaimId) -> bool) {
        for (_, claim) in self.claims.iter_mut().filter(|(id, _)| of(id)) {
            if let Some(grant) = &mut claim.granted {
                grant.told = true;
            }
        }
    }

    /// Gives up all that a transaction has and wants.
    pub(super) fn leave(&mut self, tx: TxId, life: Life) {
        for id in self.claims_of(tx).map(|(id, _)| id.clone()).collect::<Vec<_>>() {
            self.withdraw(&id);
        }
        if let Some(transaction) = self.transactions.get_mut(&tx) {
            transaction.life = life;
        }
    }

    /// Takes a transaction out of all lines; what it has it keeps.
    pub(super) fn stop_waiting(&mut self, tx: TxId) {
        for id in self.claims_of(tx).map(|(id, _)| id.clone()).collect::<Vec<_>>() {
            self.withdraw_wait(&id);
        }
        self.settle();
    }

    /// Does something, unless it would make one wait whose time for waiting is over.
    fn without_late_waits(&mut self, tx: TxId, does: impl FnOnce(&mut Self)) -> Result<(), Refusal> {
        let before = self.is_late(tx).then(|| self.clone());
        does(self);
        match before {
            Some(before) if self.is_waiting(tx) => {
                *self = before;
                Err(Refusal(format!("{tx} would have to wait, and its deadline is over")))
            }
            _ => Ok(()),
        }
    }

    /// What is over acts no more; only the end of an aborted transaction is still to be said.
    pub(super) fn must_be_alive(&self, tx: TxId, action: &Action) -> Result<(), Refusal> {
        match self.transactions.get(&tx).map(|transaction| transaction.life) {
            None => Err(Refusal(format!("{tx} was never begun"))),
            Some(Life::Ended) => Err(Refusal(format!("{tx} has ended"))),
            Some(Life::Aborted) if !matches!(action, Action::End | Action::Drop) => {
                Err(Refusal(format!("{tx} was aborted")))
            }
            Some(Life::Aborted | Life::Running) => Ok(()),
        }
    }

    pub(super) fn must_have(&self, id: &ClaimId, enough: impl Fn(&Claim) -> bool) -> Result<(), Refusal> {
        if self.claims.get(id).is_some_and(enough) {
            return Ok(());
        }
        Err(Refusal(format!("{} is not held by {}", id.object, id.tx)))
    }
}

/// The same object twice is one claim, at the first one's turn, with the stronger mode.
fn joined(claims: &[(Object, Mode)]) -> Vec<(Object, Mode)> {
    let mut joined: Vec<(Object, Mode)> = Vec::new();
    for (object, mode) in claims {
        match joined.iter_mut().find(|(earlier, _)| earlier == object) {
            Some((_, stronger)) => *stronger = mode.max(stronger).to_owned(),
            None => joined.push((object.clone(), *mode)),
        }
    }
    joined
}
