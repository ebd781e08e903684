//! Giving back: one object, or a part of it, or for a while.

use lock_core::{IntoObject, Object, Surrendered, Token};

use super::Transaction;
use crate::ReleaseError;

impl Transaction {
    /// Gives one object back: the lock, the waiting claim, the conversion. Who waits for it has it before the call
    /// returns. Never waits. What was claimed for itself above or below it stays.
    ///
    /// # Errors
    /// [`ReleaseError`]: it neither has nor wants the object (and says who has it), the object is invalid, or the
    /// transaction is over. Nothing has changed then.
    pub fn unlock(&self, object: impl IntoObject) -> Result<(), ReleaseError> {
        let object = self.for_release(object)?;
        self.shared.node().unlock(self.shared.tx, &object)?;
        if !self.shared.is_plain() {
            self.shared.machine(|machine| machine.gave_back(&object));
        }
        self.shared.look_again();
        Ok(())
    }

    /// Turns a write into a read, which others may share from now on. The token stays; a read stays as it is, and so
    /// does a conversion that waits. A claim that only waits for write waits for read, in its place. Never waits.
    ///
    /// # Errors
    /// As [`Transaction::unlock`].
    pub fn downgrade(&self, object: impl IntoObject) -> Result<(), ReleaseError> {
        let object = self.for_release(object)?;
        self.shared.node().downgrade(self.shared.tx, &object)?;
        // What only waited may be covered now.
        self.shared.look_again();
        Ok(())
    }

    /// Puts a lock back to the end of the line, still wanting it: all who wait for it go first.
    ///
    /// Gives the new token if nobody did, and it was granted again at once.
    ///
    /// # Errors
    /// [`ReleaseError::NotHeld`] if it is not held; says who does hold it. [`ReleaseError::DeadlineOver`] if it
    /// would have to wait and may not any more. The lock stays then.
    pub fn surrender(&self, object: impl IntoObject) -> Result<Option<Token>, ReleaseError> {
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

    fn for_release(&self, object: impl IntoObject) -> Result<Object, ReleaseError> {
        let object = object.into_object()?;
        if !self.shared.is_plain() || self.shared.missed_a_failure() {
            self.shared.machine(|machine| machine.running())?;
            // What is claimed again after a failure can be given back again; what is lost is not held.
            let _ = self.shared.catch_up();
        }
        Ok(object)
    }
}
