//! Keys around a piece of work: released when it returns, panics, or is dropped.

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
    /// Locks a key, does the work, releases the key, and gives what the work gave. First come, first served. The work is given
    /// a [`Guard`], for its token.
    ///
    /// ```
    /// # use lock_agent::{KeyedMutex, Locks, Owner};
    /// # #[tokio::main(flavor = "current_thread")]
    /// # async fn main() -> Result<(), Box<dyn std::error::Error>> {
    /// # let locks = Locks::local();
    /// let files = KeyedMutex::<String>::new(&locks, "files")?;
    /// let me = Owner::new(&locks);
    /// let written = files.with_lock(&me, "counter", |key| async move { key.is_held() }).await?;
    /// assert!(written && !files.is_locked("counter")?);
    /// # Ok(())
    /// # }
    /// ```
    ///
    /// # Cancel safety
    /// If the future is dropped, the work is dropped where it stands, and the key is released.
    ///
    /// # Errors
    /// As [`KeyedMutex::lock`]; the work was not begun then.
    ///
    /// # Panics
    /// If the work does; the key is released first.
    pub async fn with_lock<Q, W>(
        &self,
        owner: &Owner,
        key: &Q,
        work: impl FnOnce(Guard) -> W,
    ) -> Result<W::Output, KeyLockError>
    where
        K: Borrow<Q>,
        Q: Hash + Eq + Serialize + ?Sized,
        W: Future,
    {
        let guard = self.lock(owner, key).await?;
        Ok(work(guard.witness()).await)
    }

    /// The same for reading.
    ///
    /// # Cancel safety
    /// As [`KeyedMutex::with_lock`].
    ///
    /// # Errors
    /// As [`KeyedMutex::with_lock`].
    ///
    /// # Panics
    /// If the work does; the key is released first.
    pub async fn with_read<Q, W>(
        &self,
        owner: &Owner,
        key: &Q,
        work: impl FnOnce(Guard) -> W,
    ) -> Result<W::Output, KeyLockError>
    where
        K: Borrow<Q>,
        Q: Hash + Eq + Serialize + ?Sized,
        W: Future,
    {
        let guard = self.read(owner, key).await?;
        Ok(work(guard.witness()).await)
    }

    /// As [`KeyedMutex::with_lock`], but waits no longer than that for the key. The work may take longer.
    ///
    /// # Cancel safety
    /// As [`KeyedMutex::with_lock`].
    ///
    /// # Errors
    /// As [`KeyedMutex::lock_timeout`]; the work was not begun then.
    ///
    /// # Panics
    /// If the work does, or the caller's Tokio runtime has no timer.
    pub async fn with_lock_timeout<Q, W>(
        &self,
        owner: &Owner,
        key: &Q,
        within: Duration,
        work: impl FnOnce(Guard) -> W,
    ) -> Result<W::Output, KeyTimeoutError>
    where
        K: Borrow<Q>,
        Q: Hash + Eq + Serialize + ?Sized,
        W: Future,
    {
        let guard = self.lock_timeout(owner, key, within).await?;
        Ok(work(guard.witness()).await)
    }

    /// As [`KeyedMutex::with_read`], but waits no longer than that for the key. The work may take longer.
    ///
    /// # Cancel safety
    /// As [`KeyedMutex::with_lock`].
    ///
    /// # Errors
    /// As [`KeyedMutex::lock_timeout`]; the work was not begun then.
    ///
    /// # Panics
    /// If the work does, or the caller's Tokio runtime has no timer.
    pub async fn with_read_timeout<Q, W>(
        &self,
        owner: &Owner,
        key: &Q,
        within: Duration,
        work: impl FnOnce(Guard) -> W,
    ) -> Result<W::Output, KeyTimeoutError>
    where
        K: Borrow<Q>,
        Q: Hash + Eq + Serialize + ?Sized,
        W: Future,
    {
        let guard = self.read_timeout(owner, key, within).await?;
        Ok(work(guard.witness()).await)
    }

    /// As [`KeyedMutex::with_lock_all`], but waits no longer than that for the keys. The work may take longer.
    ///
    /// # Cancel safety
    /// As [`KeyedMutex::with_lock`].
    ///
    /// # Errors
    /// As [`KeyedMutex::lock_all_timeout`]; the work was not begun then.
    ///
    /// # Panics
    /// If the work does, or the caller's Tokio runtime has no timer.
    pub async fn with_lock_all_timeout<'k, Q, W>(
        &self,
        owner: &Owner,
        keys: impl IntoIterator<Item = &'k Q>,
        within: Duration,
        work: impl FnOnce(Vec<Guard>) -> W,
    ) -> Result<W::Output, LockAllError>
    where
        K: Borrow<Q>,
        Q: Hash + Eq + Serialize + ?Sized + 'k,
        W: Future,
    {
        let guards = self.lock_all_timeout(owner, keys, within).await?;
        Ok(work(guards.iter().map(KeyGuard::witness).collect()).await)
    }

    /// Locks many keys in one atomic step, does the work, releases them, and gives what the work gave. The work is given a
    /// [`Guard`] for each, in the order of the keys.
    ///
    /// # Cancel safety
    /// As [`KeyedMutex::with_lock`].
    ///
    /// # Errors
    /// As [`KeyedMutex::lock_all`]; the work was not begun then.
    ///
    /// # Panics
    /// If the work does; the keys are released first.
    pub async fn with_lock_all<'k, Q, W>(
        &self,
        owner: &Owner,
        keys: impl IntoIterator<Item = &'k Q>,
        work: impl FnOnce(Vec<Guard>) -> W,
    ) -> Result<W::Output, LockAllError>
    where
        K: Borrow<Q>,
        Q: Hash + Eq + Serialize + ?Sized + 'k,
        W: Future,
    {
        let guards = self.lock_all(owner, keys).await?;
        Ok(work(guards.iter().map(KeyGuard::witness).collect()).await)
    }
}
