//! Giving keys back by their names, whatever guards are out.

use std::borrow::Borrow;
use std::hash::Hash;

use serde::Serialize;

use super::errors::KeyReleaseError;
use super::keyed_mutex::KeyedMutex;
use super::owner::Owner;

impl<K> KeyedMutex<K> {
    /// Releases a key, whatever guards of it are out: they are not held any more, and a call of the owner whose
    /// grant of it has not come back yet ends with [`ClaimError::Withdrawn`](crate::ClaimError::Withdrawn). Who waits for it has it when the call
    /// returns. Dropping the guard is the usual way. Never waits.
    ///
    /// # Errors
    /// [`KeyReleaseError`]: the owner does not have it, and who does is named. Nothing has changed then.
    pub fn release<Q>(&self, owner: &Owner, key: &Q) -> Result<(), KeyReleaseError>
    where
        K: Borrow<Q>,
        Q: Hash + Eq + Serialize + ?Sized,
    {
        let object = self.object(key)?;
        self.only_known(owner)?;
        owner.owning.give_back(&object)?;
        Ok(())
    }

    /// Releases all keys of this mutex that an owner locked, one after the other, and gives how many they were: a goodbye. Its keys of
    /// other mutexes stay; [`Owner::end`] releases those as well, in one step. Never waits.
    ///
    /// # Errors
    /// [`KeyReleaseError`]: the owner is over, or of other locks.
    pub fn release_all(&self, owner: &Owner) -> Result<usize, KeyReleaseError> {
        self.only_known(owner)?;
        Ok(owner.owning.give_back_all(&self.name)?)
    }

    fn only_known(&self, owner: &Owner) -> Result<(), KeyReleaseError> {
        if self.knows(owner) {
            return Ok(());
        }
        Err(KeyReleaseError::OtherLocks { owner: owner.id(), mutex: self.name.clone() })
    }
}
