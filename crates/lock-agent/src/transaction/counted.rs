//! Calls for whoever counts who waits for what, and gives back what nobody needs: dropped early, they take nothing back by themselves.

use lock_core::{Claim, ClaimError, ClaimView, Mode, NotHeld, Object, Over};

use super::{Home, Transaction, only};
use crate::{Guard, ReleaseError};

/// Who takes a request back when its call is dropped while it waits.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Dropped {
    /// The call, unless another one of its transaction waits for the same.
    TakesBack,
    /// Whoever counts, also of those for the same that are not dropped.
    IsCounted,
}

impl Transaction {
    pub(crate) async fn lock_counted(&self, object: Object, mode: Mode) -> Result<Guard, ClaimError> {
        match &self.home {
            Home::Here(here) => here.lock(object, mode, Dropped::IsCounted).await,
            Home::Far(far) => far.lock_many(vec![Claim::new(object, mode)], Dropped::IsCounted).await.map(only),
        }
    }

    pub(crate) async fn lock_many_counted(&self, claims: Vec<Claim>) -> Result<Vec<Guard>, ClaimError> {
        match &self.home {
            Home::Here(here) => here.lock_many(claims, Dropped::IsCounted).await,
            Home::Far(far) => far.lock_many(claims, Dropped::IsCounted).await,
        }
    }

    /// From now on the object is needed in this mode at most, granted or waited for; not at all, if there is none.
    pub(crate) fn need_only(&self, object: &Object, mode: Option<Mode>) -> Result<(), ReleaseError> {
        match (mode, &self.home) {
            (Some(Mode::Write), _) => Ok(()),
            (None, Home::Here(here)) => here.unlock(object.clone()),
            (None, Home::Far(far)) => far.unlock(object),
            (Some(Mode::Read), Home::Here(here)) => here.only_read(object),
            (Some(Mode::Read), Home::Far(far)) => far.only_read(object),
        }
    }

    /// Whether it has the object, or waits for it, in this mode or a stronger one, by a claim of its own: not by one above.
    pub(crate) fn claims(&self, object: &Object, mode: Mode) -> bool {
        self.claim_on(object).is_some_and(|claim| claim.granted.max(claim.wanted) >= Some(mode))
    }

    /// Its own claim on an object.
    pub(crate) fn claim_on(&self, object: &Object) -> Option<ClaimView> {
        match &self.home {
            Home::Here(here) => here.claim(object),
            Home::Far(far) => far.claim(object),
        }
    }

    /// Whether it has the object now, in this mode or a stronger one, by whatever claim.
    pub(crate) fn holds(&self, object: &Object, mode: Mode) -> bool {
        match &self.home {
            Home::Here(here) => here.holds(object, mode),
            Home::Far(far) => far.tenure(object, mode).is_some(),
        }
    }

    /// # Errors
    /// Why it is over.
    pub(crate) fn is_running(&self) -> Result<(), Over> {
        match &self.home {
            Home::Here(here) => here.is_running(),
            Home::Far(far) => far.is_running(),
        }
    }

    /// That it does not have an object, and who has it.
    pub(crate) fn not_held(&self, object: &Object) -> NotHeld {
        let mut holders = match &self.home {
            Home::Here(here) => here.holders(object),
            Home::Far(far) => far.holders(object),
        };
        holders.retain(|holder| *holder != self.id());
        NotHeld { tx: self.id(), object: object.clone(), holders }
    }
}
