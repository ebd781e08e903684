//! The calls that wait, for threads without async.

use std::ops::Range;
use std::time::Duration;

use lock_core::Mode;

use super::array_locks::ArrayLocks;
use super::errors::{ArrayLockError, ArrayTimeoutError};
use super::guards::{ChunkGuard, RegionGuard};
use crate::Owner;

impl ArrayLocks {
    /// [`ArrayLocks::lock_chunk`] for threads without async: blocks the thread. Not for async tasks: whom it waits for may need that
    /// thread.
    ///
    /// # Errors
    /// As [`ArrayLocks::lock_chunk`].
    pub fn blocking_lock_chunk(
        &self,
        owner: &Owner,
        index: impl AsRef<[u64]>,
        mode: Mode,
    ) -> Result<ChunkGuard, ArrayLockError> {
        pollster::block_on(self.lock_chunk(owner, index, mode))
    }

    /// [`ArrayLocks::lock_chunk_timeout`] for threads without async: blocks the thread.
    ///
    /// # Errors
    /// As [`ArrayLocks::lock_chunk_timeout`].
    pub fn blocking_lock_chunk_timeout(
        &self,
        owner: &Owner,
        index: impl AsRef<[u64]>,
        mode: Mode,
        within: Duration,
    ) -> Result<ChunkGuard, ArrayTimeoutError> {
        pollster::block_on(self.lock_chunk_timeout(owner, index, mode, within))
    }

    /// [`ArrayLocks::lock_region`] for threads without async: blocks the thread.
    ///
    /// # Errors
    /// As [`ArrayLocks::lock_region`].
    pub fn blocking_lock_region(
        &self,
        owner: &Owner,
        ranges: impl AsRef<[Range<u64>]>,
        mode: Mode,
    ) -> Result<RegionGuard, ArrayLockError> {
        pollster::block_on(self.lock_region(owner, ranges, mode))
    }

    /// [`ArrayLocks::lock_region_timeout`] for threads without async: blocks the thread.
    ///
    /// # Errors
    /// As [`ArrayLocks::lock_region_timeout`].
    pub fn blocking_lock_region_timeout(
        &self,
        owner: &Owner,
        ranges: impl AsRef<[Range<u64>]>,
        mode: Mode,
        within: Duration,
    ) -> Result<RegionGuard, ArrayTimeoutError> {
        pollster::block_on(self.lock_region_timeout(owner, ranges, mode, within))
    }

    /// [`ArrayLocks::lock_whole`] for threads without async: blocks the thread.
    ///
    /// # Errors
    /// As [`ArrayLocks::lock_whole`].
    pub fn blocking_lock_whole(&self, owner: &Owner, mode: Mode) -> Result<ChunkGuard, ArrayLockError> {
        pollster::block_on(self.lock_whole(owner, mode))
    }

    /// [`ArrayLocks::lock_whole_timeout`] for threads without async: blocks the thread.
    ///
    /// # Errors
    /// As [`ArrayLocks::lock_whole_timeout`].
    pub fn blocking_lock_whole_timeout(
        &self,
        owner: &Owner,
        mode: Mode,
        within: Duration,
    ) -> Result<ChunkGuard, ArrayTimeoutError> {
        pollster::block_on(self.lock_whole_timeout(owner, mode, within))
    }
}
