//! What a transaction has of one object, for whoever counts guards of it.

use lock_core::{ClaimView, Mode, NotHeld, Object, Over};

use super::{Home, Transaction};

impl Transaction {
    /// Whether it has the object, or waits for it, in this mode or a stronger one, by a claim of its own: not by one above.
    pub(crate) fn claims(&self, object: &Object, mode: Mode) -> bool {
        self.claim(object).is_some_and(|claim| claim.granted.max(claim.wanted) >= Some(mode))
    }

    /// Whether that claim is granted in this mode or a stronger one.
    pub(crate) fn is_granted(&self, object: &Object, mode: Mode) -> bool {
        self.claim(object).is_some_and(|claim| claim.granted >= Some(mode))
    }

    fn claim(&self, object: &Object) -> Option<ClaimView> {
        match &self.home {
            Home::Here(here) => here.claim(object),
            Home::Far(far) => far.claim(object),
        }
    }

    /// Whether it has the object now, by whatever claim.
    pub(crate) fn holds(&self, object: &Object) -> bool {
        match &self.home {
            Home::Here(here) => here.holds(object),
            Home::Far(far) => far.tenure(object, Mode::Read).is_some(),
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
