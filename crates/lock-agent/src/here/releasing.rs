//! Giving back: one object, or a part of it, or for a while.

use lock_core::{ClaimChange, Object, Surrendered, Token};

use super::Here;
use crate::ReleaseError;

impl Here {
    pub(crate) fn unlock(&self, object: Object) -> Result<(), ReleaseError> {
        let object = self.for_release(object)?;
        self.shared.node().unlock(self.shared.tx, &object)?;
        if !self.shared.is_plain() {
            self.shared.machine(|machine| machine.gave_back(&object));
        }
        self.shared.look_again();
        Ok(())
    }

    pub(crate) fn downgrade(&self, object: Object) -> Result<(), ReleaseError> {
        let object = self.for_release(object)?;
        self.shared.node().downgrade(self.shared.tx, &object)?;
        // What only waited may be covered now.
        self.shared.look_again();
        Ok(())
    }

    /// Wants it for reading at most: a conversion is withdrawn, a write turned into a read.
    pub(crate) fn only_read(&self, object: &Object) -> Result<(), ReleaseError> {
        let object = self.for_release(object.clone())?;
        self.shared.node().take_back(self.shared.tx, &object, ClaimChange::Conversion);
        self.shared.look_again();
        Ok(())
    }

    pub(crate) fn surrender(&self, object: Object) -> Result<Option<Token>, ReleaseError> {
        let object = self.for_release(object)?;
        let shared = &self.shared;
        let now = shared.node().now();
        let may_wait = shared.is_plain() || shared.machine(|machine| machine.may_wait(now).is_ok());
        shared.began_to_wait();
        match shared.node().surrender(shared, &object, may_wait)? {
            Surrendered::Again(token) => Ok(Some(token)),
            Surrendered::Waits | Surrendered::Covered => Ok(None),
            Surrendered::Kept => Err(ReleaseError::DeadlineOver { tx: shared.tx, object }),
        }
    }

    fn for_release(&self, object: Object) -> Result<Object, ReleaseError> {
        if !self.shared.is_plain() || self.shared.missed_a_failure() {
            self.shared.machine(|machine| machine.running())?;
            // What is claimed again after a failure can be given back again; what is lost is not held.
            let _ = self.shared.catch_up();
        }
        Ok(object)
    }
}
