//! Giving back: one object, or a part of it, or for a while.

use lock_core::{IntoObject, Token};

use super::{Home, Transaction};
use crate::ReleaseError;

impl Transaction {
    /// Gives one object back: the lock, the waiting claim, the conversion. Who waits for it has it before the call
    /// returns. Never waits. What was claimed for itself above or below it stays.
    ///
    /// # Errors
    /// [`ReleaseError`]: it neither has nor wants the object (and says who has it), the object is invalid, or the
    /// transaction is over. Nothing has changed then.
    pub fn unlock(&self, object: impl IntoObject) -> Result<(), ReleaseError> {
        let object = object.into_object()?;
        match &self.home {
            Home::Here(here) => here.unlock(object),
            Home::Far(far) => far.unlock(&object),
        }
    }

    /// Turns a write into a read, which others may share from now on. The token stays; a read stays as it is, and so
    /// does a conversion that waits. A claim that only waits for write waits for read, in its place. Never waits.
    ///
    /// # Errors
    /// As [`Transaction::unlock`].
    pub fn downgrade(&self, object: impl IntoObject) -> Result<(), ReleaseError> {
        let object = object.into_object()?;
        match &self.home {
            Home::Here(here) => here.downgrade(object),
            Home::Far(far) => far.downgrade(&object),
        }
    }

    /// Puts a lock back to the end of the line, still wanting it: all who wait for it go first.
    ///
    /// Gives the new token if nobody did, and it was granted again at once.
    ///
    /// # Errors
    /// [`ReleaseError::NotHeld`] if it is not held; says who does hold it. [`ReleaseError::DeadlineOver`] if it
    /// would have to wait and may not any more. The lock stays then.
    pub fn surrender(&self, object: impl IntoObject) -> Result<Option<Token>, ReleaseError> {
        let object = object.into_object()?;
        match &self.home {
            Home::Here(here) => here.surrender(object),
            Home::Far(far) => far.surrender(&object),
        }
    }
}
