//! What one holds in hand: a chunk, or all chunks of a slice, until it is dropped.

use std::fmt;
use std::ops::Deref;

use lock_core::TxId;

use crate::Guard;
use crate::keyed::holdings::Seat;

/// A chunk, or a whole array, that is locked. Dropping it releases it, unless its owner has another guard of it, and who waits for it has it
/// at once.
///
/// By `Deref` it shows the [`Guard`] of a transaction: is it held, under which token, without a break? It may be sent to another task; the owner
/// stays the same then.
#[must_use = "a chunk is released when its guard is dropped"]
pub struct ChunkGuard {
    witness: Guard,
    seat: Seat,
}

/// All chunks that a slice touches, locked. Dropping it releases them, one after the other, but for those that their owner has other
/// guards of.
#[must_use = "chunks are released when their guard is dropped"]
pub struct RegionGuard {
    guards: Vec<ChunkGuard>,
}

impl ChunkGuard {
    pub(super) fn new(witness: Guard, mut seat: Seat) -> Self {
        seat.granted();
        Self { witness, seat }
    }

    /// Who has it.
    pub fn owner(&self) -> TxId {
        self.seat.owning.tx.id()
    }

    /// Releases it, as dropping it does.
    pub fn release(self) {
        drop(self);
    }
}

impl Deref for ChunkGuard {
    type Target = Guard;

    fn deref(&self) -> &Guard {
        &self.witness
    }
}

impl RegionGuard {
    pub(super) fn new(guards: Vec<ChunkGuard>) -> Self {
        Self { guards }
    }

    /// A guard for each chunk, in row-major order, or the one of the whole array. Each has the token that the resource is to see with what
    /// is written to that chunk.
    pub fn guards(&self) -> &[ChunkGuard] {
        &self.guards
    }

    /// Whether all of it is held now.
    pub fn is_held(&self) -> bool {
        self.guards.iter().all(|guard| guard.is_held())
    }

    /// Whether nobody else can have changed any of it since it was locked.
    pub fn is_unbroken(&self) -> bool {
        self.guards.iter().all(|guard| guard.is_unbroken())
    }

    /// Releases it, as dropping it does.
    pub fn release(self) {
        drop(self);
    }
}

impl fmt::Debug for ChunkGuard {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_tuple("ChunkGuard").field(&self.witness).finish()
    }
}

impl fmt::Debug for RegionGuard {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_list().entries(&self.guards).finish()
    }
}
