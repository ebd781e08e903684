//! The calls that wait, for threads without async.

use std::borrow::Borrow;
use std::hash::Hash;
use std::time::Duration;

use serde::Serialize;

use super::errors::{KeyLockError, KeyTimeoutError, LockAllError};
use super::key_guard::KeyGuard;
use super::keyed_mutex::KeyedMutex;
use super::owner::Owner;
use crate::Guard;

impl<K> KeyedMutex<K> {
    /// [`KeyedMutex::lock`] for threads without async: blocks the thread. Not for async tasks: whom it waits for may need that
    /// thread.
    ///
    /// # Errors
    /// As [`KeyedMutex::lock`].
    pub fn blocking_lock<Q>(&self, owner: &Owner, key: &Q) -> Result<KeyGuard, KeyLockError>
    where
        K: Borrow<Q>,
        Q: Hash + Eq + Serialize + ?Sized,
    {
        pollster::block_on(self.lock(owner, key))
    }

    /// [`KeyedMutex::read`] for threads without async: blocks the thread.
    ///
    /// # Errors
    /// As [`KeyedMutex::lock`].
    pub fn blocking_read<Q>(&self, owner: &Owner, key: &Q) -> Result<KeyGuard, KeyLockError>
    where
        K: Borrow<Q>,
        Q: Hash + Eq + Serialize + ?Sized,
    {
        pollster::block_on(self.read(owner, key))
    }

    /// [`KeyedMutex::lock_timeout`] for threads without async: blocks the thread.
    ///
    /// # Errors
    /// As [`KeyedMutex::lock_timeout`].
    pub fn blocking_lock_timeout<Q>(
        &self,
        owner: &Owner,
        key: &Q,
        within: Duration,
    ) -> Result<KeyGuard, KeyTimeoutError>
    where
        K: Borrow<Q>,
        Q: Hash + Eq + Serialize + ?Sized,
    {
        pollster::block_on(self.lock_timeout(owner, key, within))
    }

    /// [`KeyedMutex::lock_all`] for threads without async: blocks the thread.
    ///
    /// # Errors
    /// As [`KeyedMutex::lock_all`].
    pub fn blocking_lock_all<'k, Q>(
        &self,
        owner: &Owner,
        keys: impl IntoIterator<Item = &'k Q>,
    ) -> Result<Vec<KeyGuard>, LockAllError>
    where
        K: Borrow<Q>,
        Q: Hash + Eq + Serialize + ?Sized + 'k,
    {
        pollster::block_on(self.lock_all(owner, keys))
    }

    /// [`KeyedMutex::lock_all_timeout`] for threads without async: blocks the thread.
    ///
    /// # Errors
    /// As [`KeyedMutex::lock_all_timeout`].
    pub fn blocking_lock_all_timeout<'k, Q>(
        &self,
        owner: &Owner,
        keys: impl IntoIterator<Item = &'k Q>,
        within: Duration,
    ) -> Result<Vec<KeyGuard>, LockAllError>
    where
        K: Borrow<Q>,
        Q: Hash + Eq + Serialize + ?Sized + 'k,
    {
        pollster::block_on(self.lock_all_timeout(owner, keys, within))
    }

    /// [`KeyedMutex::with_lock`] for threads without async: blocks the thread until it has the key, and calls the work on it.
    ///
    /// # Errors
    /// As [`KeyedMutex::lock`].
    ///
    /// # Panics
    /// If the work does; the key is released first.
    pub fn blocking_with_lock<Q, T>(
        &self,
        owner: &Owner,
        key: &Q,
        work: impl FnOnce(Guard) -> T,
    ) -> Result<T, KeyLockError>
    where
        K: Borrow<Q>,
        Q: Hash + Eq + Serialize + ?Sized,
    {
        let guard = self.blocking_lock(owner, key)?;
        Ok(work(guard.witness()))
    }

    /// [`KeyedMutex::with_lock_all`] for threads without async.
    ///
    /// # Errors
    /// As [`KeyedMutex::lock_all`].
    ///
    /// # Panics
    /// If the work does; the keys are released first.
    pub fn blocking_with_lock_all<'k, Q, T>(
        &self,
        owner: &Owner,
        keys: impl IntoIterator<Item = &'k Q>,
        work: impl FnOnce(Vec<Guard>) -> T,
    ) -> Result<T, LockAllError>
    where
        K: Borrow<Q>,
        Q: Hash + Eq + Serialize + ?Sized + 'k,
    {
        let guards = self.blocking_lock_all(owner, keys)?;
        Ok(work(guards.iter().map(KeyGuard::witness).collect()))
    }

    /// [`KeyedMutex::read_timeout`] for threads without async: blocks the thread.
    ///
    /// # Errors
    /// As [`KeyedMutex::read_timeout`].
    pub fn blocking_read_timeout<Q>(
        &self,
        owner: &Owner,
        key: &Q,
        within: Duration,
    ) -> Result<KeyGuard, KeyTimeoutError>
    where
        K: Borrow<Q>,
        Q: Hash + Eq + Serialize + ?Sized,
    {
        pollster::block_on(self.read_timeout(owner, key, within))
    }

    /// [`KeyedMutex::read_all`] for threads without async: blocks the thread.
    ///
    /// # Errors
    /// As [`KeyedMutex::read_all`].
    pub fn blocking_read_all<'k, Q>(
        &self,
        owner: &Owner,
        keys: impl IntoIterator<Item = &'k Q>,
    ) -> Result<Vec<KeyGuard>, LockAllError>
    where
        K: Borrow<Q>,
        Q: Hash + Eq + Serialize + ?Sized + 'k,
    {
        pollster::block_on(self.read_all(owner, keys))
    }

    /// [`KeyedMutex::read_all_timeout`] for threads without async: blocks the thread.
    ///
    /// # Errors
    /// As [`KeyedMutex::read_all_timeout`].
    pub fn blocking_read_all_timeout<'k, Q>(
        &self,
        owner: &Owner,
        keys: impl IntoIterator<Item = &'k Q>,
        within: Duration,
    ) -> Result<Vec<KeyGuard>, LockAllError>
    where
        K: Borrow<Q>,
        Q: Hash + Eq + Serialize + ?Sized + 'k,
    {
        pollster::block_on(self.read_all_timeout(owner, keys, within))
    }

    /// [`KeyedMutex::with_read`] for threads without async: blocks the thread until it has the key, and calls the work on it.
    ///
    /// # Errors
    /// As [`KeyedMutex::lock`].
    ///
    /// # Panics
    /// If the work does; the key is released first.
    pub fn blocking_with_read<Q, T>(
        &self,
        owner: &Owner,
        key: &Q,
        work: impl FnOnce(Guard) -> T,
    ) -> Result<T, KeyLockError>
    where
        K: Borrow<Q>,
        Q: Hash + Eq + Serialize + ?Sized,
    {
        let guard = self.blocking_read(owner, key)?;
        Ok(work(guard.witness()))
    }

    /// [`KeyedMutex::with_lock_timeout`] for threads without async: blocks the thread.
    ///
    /// # Errors
    /// As [`KeyedMutex::lock_timeout`].
    ///
    /// # Panics
    /// If the work does; the key is released first.
    pub fn blocking_with_lock_timeout<Q, T>(
        &self,
        owner: &Owner,
        key: &Q,
        within: Duration,
        work: impl FnOnce(Guard) -> T,
    ) -> Result<T, KeyTimeoutError>
    where
        K: Borrow<Q>,
        Q: Hash + Eq + Serialize + ?Sized,
    {
        let guard = self.blocking_lock_timeout(owner, key, within)?;
        Ok(work(guard.witness()))
    }
}
