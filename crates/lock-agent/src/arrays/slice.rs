//! Many chunks in one step: those that a slice touches, or the whole array.

use std::ops::Range;
use std::time::Duration;

use lock_core::{Claim, Mode, Object};

use super::array_locks::ArrayLocks;
use super::errors::{ArrayLockError, ArrayTimeoutError, ArrayTryError};
use super::guards::{ChunkGuard, RegionGuard};
use crate::Owner;

impl ArrayLocks {
    /// Locks all chunks that a slice touches in one atomic step, and waits for them all: owners who do so never deadlock with each other,
    /// however their slices overlap. The slice is given in elements, a range an axis. A slice that touches every chunk locks the array
    /// itself, which is one lock.
    ///
    /// First come, first served; what is free is held from the start.
    ///
    /// # Cancel safety
    /// If the future is dropped while it waits, none of the chunks is held by it and nothing is left in line.
    ///
    /// # Errors
    /// [`ArrayLockError::Region`]: the slice is empty, goes beyond the array (says on which axis), or touches more than
    /// [`MAX_REGION_CHUNKS`](crate::MAX_REGION_CHUNKS) chunks. Else as [`ArrayLocks::lock_chunk`]. No chunk is locked by it then.
    ///
    /// # Examples
    /// ```
    /// # use lock_agent::{ArrayLocks, Grid, Locks, Mode, Owner};
    /// # #[tokio::main(flavor = "current_thread")]
    /// # async fn main() -> Result<(), Box<dyn std::error::Error>> {
    /// # let locks = Locks::local();
    /// let heights = ArrayLocks::new(&locks, "heights", Grid::new([100, 100], [10, 10])?)?;
    /// let me = Owner::new(&locks);
    /// let slice = heights.lock_region(&me, [5..25, 40..50], Mode::Write).await?;
    /// let objects: Vec<String> = slice.guards().iter().map(|chunk| chunk.object().to_string()).collect();
    /// assert_eq!(objects, ["heights/0.4", "heights/1.4", "heights/2.4"]);
    /// # Ok(())
    /// # }
    /// ```
    pub async fn lock_region(
        &self,
        owner: &Owner,
        ranges: impl AsRef<[Range<u64>]>,
        mode: Mode,
    ) -> Result<RegionGuard, ArrayLockError> {
        let objects = self.touched(ranges.as_ref())?;
        self.wait_for_all(owner, objects, mode).await
    }

    /// Locks all chunks that a slice touches in one atomic step, but waits no longer than that for all of them.
    ///
    /// # Cancel safety
    /// As [`ArrayLocks::lock_region`].
    ///
    /// # Errors
    /// [`ArrayTimeoutError::Elapsed`]: none of them is held by this call and nothing is left in line, whatever happened in the last moment. Else as
    /// [`ArrayLocks::lock_region`].
    ///
    /// # Panics
    /// If the caller's Tokio runtime has no timer.
    pub async fn lock_region_timeout(
        &self,
        owner: &Owner,
        ranges: impl AsRef<[Range<u64>]>,
        mode: Mode,
        within: Duration,
    ) -> Result<RegionGuard, ArrayTimeoutError> {
        let objects = self.touched(ranges.as_ref())?;
        self.in_time(owner, within, self.wait_for_all(owner, objects, mode)).await
    }

    /// Locks all chunks that a slice touches in one step if all of them can be had at once; else none is had, and nothing is queued. Never waits.
    ///
    /// # Errors
    /// [`ArrayTryError::Busy`] names a chunk and who has it. Else as [`ArrayLocks::try_lock_chunk`] and [`ArrayLocks::lock_region`]. Nothing has
    /// changed then.
    pub fn try_lock_region(
        &self,
        owner: &Owner,
        ranges: impl AsRef<[Range<u64>]>,
        mode: Mode,
    ) -> Result<RegionGuard, ArrayTryError> {
        let objects = self.touched(ranges.as_ref())?;
        let seats = self.seats(owner, &objects, mode)?;
        let claims = objects.into_iter().map(|object| self.claim(object, mode));
        let witnesses = owner.owning.tx.try_lock_many(claims)?;
        Ok(RegionGuard::granted(witnesses, seats).map_err(ArrayLockError::from)?)
    }

    /// Locks the whole array, whatever chunks it has or gets, and waits for it. It is one lock.
    ///
    /// # Cancel safety
    /// As [`ArrayLocks::lock_chunk`].
    ///
    /// # Errors
    /// As [`ArrayLocks::lock_chunk`].
    pub async fn lock_whole(&self, owner: &Owner, mode: Mode) -> Result<ChunkGuard, ArrayLockError> {
        self.wait_for(owner, self.name.clone(), mode).await
    }

    /// Locks the whole array, but waits no longer than that.
    ///
    /// # Cancel safety
    /// As [`ArrayLocks::lock_chunk`].
    ///
    /// # Errors
    /// As [`ArrayLocks::lock_chunk_timeout`].
    ///
    /// # Panics
    /// If the caller's Tokio runtime has no timer.
    pub async fn lock_whole_timeout(
        &self,
        owner: &Owner,
        mode: Mode,
        within: Duration,
    ) -> Result<ChunkGuard, ArrayTimeoutError> {
        self.in_time(owner, within, self.lock_whole(owner, mode)).await
    }

    /// Locks the whole array if it can be had at once. Never waits.
    ///
    /// # Errors
    /// As [`ArrayLocks::try_lock_chunk`].
    pub fn try_lock_whole(&self, owner: &Owner, mode: Mode) -> Result<ChunkGuard, ArrayTryError> {
        self.attempt(owner, self.name.clone(), mode)
    }

    /// The claims of all chunks that a slice touches, for a transaction: with those of other arrays they are taken in one step.
    ///
    /// # Errors
    /// [`ArrayLockError::Region`], as [`ArrayLocks::lock_region`].
    ///
    /// # Examples
    /// ```
    /// # use lock_agent::{ArrayLocks, Grid, Locks, Mode};
    /// # #[tokio::main(flavor = "current_thread")]
    /// # async fn main() -> Result<(), Box<dyn std::error::Error>> {
    /// # let locks = Locks::local();
    /// let from = ArrayLocks::new(&locks, "from", Grid::new([100], [10])?)?;
    /// let to = ArrayLocks::new(&locks, "to", Grid::new([100], [25])?)?;
    /// let both = [from.claims([0..50], Mode::Read)?, to.claims([50..100], Mode::Write)?].concat();
    /// let tx = locks.begin_with(both).await?;
    /// assert_eq!(tx.info().claims.len(), 5 + 2);
    /// # Ok(())
    /// # }
    /// ```
    pub fn claims(&self, ranges: impl AsRef<[Range<u64>]>, mode: Mode) -> Result<Vec<Claim>, ArrayLockError> {
        let objects = self.touched(ranges.as_ref())?;
        Ok(objects.into_iter().map(|object| self.claim(object, mode)).collect())
    }

    fn touched(&self, ranges: &[Range<u64>]) -> Result<Vec<Object>, ArrayLockError> {
        let touched = self.grid.touched(ranges)?;
        Ok(touched.objects(&self.name)?)
    }

    async fn wait_for_all(
        &self,
        owner: &Owner,
        objects: Vec<Object>,
        mode: Mode,
    ) -> Result<RegionGuard, ArrayLockError> {
        if let [object] = objects.as_slice() {
            return Ok(RegionGuard::new(vec![self.wait_for(owner, object.clone(), mode).await?]));
        }
        let seats = self.seats(owner, &objects, mode)?;
        let claims = objects.into_iter().map(|object| self.claim(object, mode)).collect();
        let witnesses = owner.owning.tx.lock_many_counted(claims).await?;
        Ok(RegionGuard::granted(witnesses, seats)?)
    }
}
