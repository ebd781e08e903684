//! One key: waiting for it, trying, waiting for so long.

use std::borrow::Borrow;
use std::hash::Hash;
use std::pin::pin;
use std::time::Duration;

use lock_core::{Mode, Object};
use serde::Serialize;

use super::errors::{KeyLockError, KeyTimeoutError, KeyTryError};
use super::key::Naming;
use super::key_guard::KeyGuard;
use super::keyed_mutex::KeyedMutex;
use super::owner::Owner;
use crate::holdings::{Rules, Seat};

impl<K> KeyedMutex<K> {
    /// Locks a key, and waits for it. First come, first served.
    ///
    /// # Cancel safety
    /// If the future is dropped while it waits, its turn passes to the next in line, and nothing is left.
    ///
    /// # Errors
    /// [`KeyLockError`]: the owner has it already, gave way in a deadlock, or is over; or it is no key.
    pub async fn lock<Q>(&self, owner: &Owner, key: &Q) -> Result<KeyGuard, KeyLockError>
    where
        K: Borrow<Q>,
        Q: Hash + Eq + Serialize + ?Sized,
    {
        let object = self.object(key)?;
        self.wait_for(owner, object, Mode::Write).await
    }

    /// Locks a key for reading, which others may do too, and waits for it. First come, first served: a reader does not pass a
    /// writer that waits.
    ///
    /// # Cancel safety
    /// As [`KeyedMutex::lock`].
    ///
    /// # Errors
    /// As [`KeyedMutex::lock`].
    pub async fn read<Q>(&self, owner: &Owner, key: &Q) -> Result<KeyGuard, KeyLockError>
    where
        K: Borrow<Q>,
        Q: Hash + Eq + Serialize + ?Sized,
    {
        let object = self.object(key)?;
        self.wait_for(owner, object, Mode::Read).await
    }

    /// Locks a key if it can be had at once, and passes nobody who waits for it. Never waits.
    ///
    /// # Errors
    /// [`KeyTryError::Busy`] names who has it. Else as [`KeyedMutex::lock`]. Nothing has changed then.
    pub fn try_lock<Q>(&self, owner: &Owner, key: &Q) -> Result<KeyGuard, KeyTryError>
    where
        K: Borrow<Q>,
        Q: Hash + Eq + Serialize + ?Sized,
    {
        self.attempt(owner, self.object(key).map_err(KeyLockError::from)?, Mode::Write)
    }

    /// Locks a key for reading if it can be had at once. Never waits.
    ///
    /// # Errors
    /// As [`KeyedMutex::try_lock`].
    pub fn try_read<Q>(&self, owner: &Owner, key: &Q) -> Result<KeyGuard, KeyTryError>
    where
        K: Borrow<Q>,
        Q: Hash + Eq + Serialize + ?Sized,
    {
        self.attempt(owner, self.object(key).map_err(KeyLockError::from)?, Mode::Read)
    }

    /// Locks a key, but waits no longer than that. Needs a timer: that of the caller's Tokio runtime, which must have time enabled,
    /// or without one that of a thread of Gordian's.
    ///
    /// # Cancel safety
    /// As [`KeyedMutex::lock`].
    ///
    /// # Errors
    /// [`KeyTimeoutError::Elapsed`]: it is not held and nothing is left in line, whatever happened in the last moment. Else as
    /// [`KeyedMutex::lock`].
    ///
    /// # Panics
    /// If the caller's Tokio runtime has no timer.
    pub async fn lock_timeout<Q>(&self, owner: &Owner, key: &Q, within: Duration) -> Result<KeyGuard, KeyTimeoutError>
    where
        K: Borrow<Q>,
        Q: Hash + Eq + Serialize + ?Sized,
    {
        let object = self.object(key).map_err(KeyLockError::from)?;
        self.wait_so_long(owner, object, Mode::Write, within).await
    }

    /// Locks a key for reading, but waits no longer than that.
    ///
    /// # Cancel safety
    /// As [`KeyedMutex::lock`].
    ///
    /// # Errors
    /// As [`KeyedMutex::lock_timeout`].
    ///
    /// # Panics
    /// If the caller's Tokio runtime has no timer.
    pub async fn read_timeout<Q>(&self, owner: &Owner, key: &Q, within: Duration) -> Result<KeyGuard, KeyTimeoutError>
    where
        K: Borrow<Q>,
        Q: Hash + Eq + Serialize + ?Sized,
    {
        let object = self.object(key).map_err(KeyLockError::from)?;
        self.wait_so_long(owner, object, Mode::Read, within).await
    }

    async fn wait_for(&self, owner: &Owner, object: Object, mode: Mode) -> Result<KeyGuard, KeyLockError> {
        let seat = self.seat(owner, &object, mode)?;
        let witness = owner.owning.tx.lock_counted(object, mode).await?;
        Ok(KeyGuard::granted(witness, seat)?)
    }

    async fn wait_so_long(
        &self,
        owner: &Owner,
        object: Object,
        mode: Mode,
        within: Duration,
    ) -> Result<KeyGuard, KeyTimeoutError> {
        let mut waits = pin!(self.wait_for(owner, object.clone(), mode));
        if let Ok(locked) = lock_server::spawn(|| tokio::time::timeout(within, waits.as_mut())).await {
            return Ok(locked?);
        }
        // Looks before the request is withdrawn, with the future.
        let holders = owner.owning.tx.not_held(&object).holders;
        Err(KeyTimeoutError::Elapsed { owner: owner.id(), object, within, holders })
    }

    fn attempt(&self, owner: &Owner, object: Object, mode: Mode) -> Result<KeyGuard, KeyTryError> {
        let seat = self.seat(owner, &object, mode)?;
        let witness = owner.owning.tx.try_lock(object, mode)?;
        Ok(KeyGuard::granted(witness, seat).map_err(KeyLockError::from)?)
    }

    fn seat(&self, owner: &Owner, object: &Object, mode: Mode) -> Result<Seat, KeyLockError> {
        Ok(owner.owning.enter(object, mode, self.rules_for(owner)?)?)
    }

    /// How an owner is let in, if it is one of these locks.
    pub(super) fn rules_for(&self, owner: &Owner) -> Result<Rules<'_>, KeyLockError> {
        if !self.knows(owner) {
            return Err(KeyLockError::OtherLocks { owner: owner.id(), mutex: self.name.clone() });
        }
        Ok(Rules { of: &self.name, again: self.reentrant, paths: self.naming == Naming::Paths })
    }
}
