//! One chunk: waiting for it, trying, waiting for so long.

use std::pin::pin;
use std::time::Duration;

use lock_core::{Mode, Object};

use super::array_locks::{ArrayLocks, first};
use super::errors::{ArrayLockError, ArrayTimeoutError, ArrayTryError};
use super::guards::ChunkGuard;
use super::part::object_of;
use crate::Owner;

impl ArrayLocks {
    /// Locks a chunk, and waits for it. First come, first served. What the owner has already it has again at once.
    ///
    /// # Cancel safety
    /// If the future is dropped while it waits, its turn passes to the next in line, and nothing is left.
    ///
    /// # Errors
    /// [`ArrayLockError`]: there is no such chunk, the owner gave way in a deadlock or is over, or the node failed.
    ///
    /// # Examples
    /// ```
    /// # use lock_agent::{ArrayLocks, Grid, Locks, Mode, Owner};
    /// # #[tokio::main(flavor = "current_thread")]
    /// # async fn main() -> Result<(), Box<dyn std::error::Error>> {
    /// # let locks = Locks::local();
    /// let heights = ArrayLocks::new(&locks, "heights", Grid::of_chunks([4, 2])?)?;
    /// let me = Owner::new(&locks);
    /// let chunk = heights.lock_chunk(&me, [3, 1], Mode::Write).await?;
    /// assert!(chunk.is_held());
    /// let error = heights.lock_chunk(&me, [3, 2], Mode::Write).await.err().ok_or("there is no such chunk")?;
    /// assert!(error.to_string().contains("axis 1 has 2 chunks"));
    /// # Ok(())
    /// # }
    /// ```
    pub async fn lock_chunk(
        &self,
        owner: &Owner,
        index: impl AsRef<[u64]>,
        mode: Mode,
    ) -> Result<ChunkGuard, ArrayLockError> {
        let object = self.object(index.as_ref())?;
        self.wait_for(owner, object, mode).await
    }

    /// Locks a chunk, but waits no longer than that. Needs a timer: that of the caller's Tokio runtime, which must have time enabled,
    /// or without one that of a thread of Gordian's.
    ///
    /// # Cancel safety
    /// As [`ArrayLocks::lock_chunk`].
    ///
    /// # Errors
    /// [`ArrayTimeoutError::Elapsed`]: it is not held and nothing is left in line, whatever happened in the last moment. Else as
    /// [`ArrayLocks::lock_chunk`].
    ///
    /// # Panics
    /// If the caller's Tokio runtime has no timer.
    pub async fn lock_chunk_timeout(
        &self,
        owner: &Owner,
        index: impl AsRef<[u64]>,
        mode: Mode,
        within: Duration,
    ) -> Result<ChunkGuard, ArrayTimeoutError> {
        let object = self.object(index.as_ref())?;
        self.in_time(owner, within, self.wait_for(owner, object, mode)).await
    }

    /// Locks a chunk if it can be had at once, and passes nobody who waits for it. Never waits.
    ///
    /// # Errors
    /// [`ArrayTryError::Busy`] names who has it; [`ArrayTryError::Elsewhere`]: other nodes would have to be asked, as the owner does not have it already. Else as
    /// [`ArrayLocks::lock_chunk`]. Nothing has changed then.
    pub fn try_lock_chunk(
        &self,
        owner: &Owner,
        index: impl AsRef<[u64]>,
        mode: Mode,
    ) -> Result<ChunkGuard, ArrayTryError> {
        let object = self.object(index.as_ref())?;
        self.attempt(owner, object, mode)
    }

    /// The object that a chunk is locked as.
    ///
    /// # Errors
    /// [`ArrayLockError::ChunkIndex`]: there is no such chunk.
    pub fn object(&self, index: &[u64]) -> Result<Object, ArrayLockError> {
        self.grid.check(index)?;
        Ok(object_of(&self.name, index)?)
    }

    pub(super) fn attempt(&self, owner: &Owner, object: Object, mode: Mode) -> Result<ChunkGuard, ArrayTryError> {
        let seat = self.seat(owner, &object, mode)?;
        let tx = &owner.owning.tx;
        let witness = if self.is_at_home() {
            tx.try_lock(object, mode)?
        } else {
            first(tx.try_lock_many([self.claim(object, mode)])?)
        };
        Ok(ChunkGuard::granted(witness, seat).map_err(ArrayLockError::from)?)
    }

    /// Waits no longer than that; then says what was not granted.
    pub(super) async fn in_time<G>(
        &self,
        owner: &Owner,
        within: Duration,
        waits: impl Future<Output = Result<G, ArrayLockError>>,
    ) -> Result<G, ArrayTimeoutError> {
        let mut waits = pin!(waits);
        let timed = lock_server::spawn(|| tokio::time::timeout(within, waits.as_mut()));
        match timed.await {
            Ok(locked) => Ok(locked?),
            // Looks before the request is withdrawn, with the future.
            Err(_) => Err(self.elapsed(owner, within)),
        }
    }

    fn elapsed(&self, owner: &Owner, within: Duration) -> ArrayTimeoutError {
        let claims = self.locks.transaction_claims(owner.id());
        let missing = claims.into_iter().filter(|claim| claim.wanted.is_some()).map(|claim| claim.object);
        let mut of_this = missing.filter(|object| *object == self.name || self.name.is_ancestor_of(object));
        let object = of_this.next().unwrap_or_else(|| self.name.clone());
        let holders = self.others_on(&object, owner.id());
        ArrayTimeoutError::Elapsed { owner: owner.id(), object, within, holders }
    }
}
