//! Giving chunks back by their indices, whatever guards are out.

use super::array_locks::ArrayLocks;
use super::errors::ArrayReleaseError;
use super::part::object_of;
use crate::Owner;

impl ArrayLocks {
    /// Releases a chunk, whatever guards of it are out: they are not held any more, and a call of the owner whose grant of it
    /// has not come back yet ends with [`ClaimError::Withdrawn`](crate::ClaimError::Withdrawn). Who waits for it has it when the call returns.
    /// Dropping the guard is the usual way. Never waits. A lock on the whole array stays.
    ///
    /// # Errors
    /// [`ArrayReleaseError`]: there is no such chunk, or the owner does not have it, and who does is named. Nothing has changed then.
    pub fn unlock_chunk(&self, owner: &Owner, index: impl AsRef<[u64]>) -> Result<(), ArrayReleaseError> {
        self.grid.check(index.as_ref())?;
        self.only_own(owner)?;
        owner.owning.give_back(&object_of(&self.name, index.as_ref())?)?;
        Ok(())
    }

    /// Releases all that an owner locked of this array, one after the other, and gives how many locks they were. What it has of
    /// other arrays stays; [`Owner::end`] releases that as well, in one step. Never waits.
    ///
    /// # Errors
    /// [`ArrayReleaseError`]: the owner is over, or of other locks.
    pub fn release_all(&self, owner: &Owner) -> Result<usize, ArrayReleaseError> {
        self.only_own(owner)?;
        Ok(owner.owning.give_back_all(&self.name)?)
    }

    fn only_own(&self, owner: &Owner) -> Result<(), ArrayReleaseError> {
        let other = |_| ArrayReleaseError::OtherLocks { owner: owner.id(), array: self.name.clone() };
        self.only_known(owner).map_err(other)
    }
}
