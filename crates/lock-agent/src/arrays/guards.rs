//! What one holds in hand: a chunk, or all chunks of a slice, until it is dropped.

use std::fmt;

use lock_core::{ClaimError, Mode, Object, Token, TxId};

use crate::Guard;
use crate::holdings::{Held, Seat};

/// A chunk, or a whole array, that is locked. Dropping it releases it, unless its owner has another guard of it, and who waits for it has it
/// at once.
///
/// It may be sent to another task; the owner stays the same then.
#[must_use = "a chunk is released when its guard is dropped"]
pub struct ChunkGuard {
    held: Held,
}

/// All chunks that a slice touches, locked. Dropping it releases them, one after the other, but for those that their owner has other
/// guards of.
#[must_use = "chunks are released when their guard is dropped"]
pub struct RegionGuard {
    guards: Vec<ChunkGuard>,
}

impl ChunkGuard {
    /// Of a call that has a grant.
    pub(super) fn granted(witness: Guard, seat: Seat) -> Result<Self, ClaimError> {
        Ok(Self { held: Held::granted(witness, seat)? })
    }

    /// Who has it.
    pub fn owner(&self) -> TxId {
        self.held.owner()
    }

    /// The chunk or the array, as an object.
    pub fn object(&self) -> &Object {
        self.held.object()
    }

    /// How it was asked for.
    pub fn mode(&self) -> Mode {
        self.held.mode()
    }

    /// The fencing token of the current grant, to be handed to the resource; `None` while it is not held. As [`Guard::token`].
    pub fn token(&self) -> Option<Token> {
        self.held.token()
    }

    /// The token of the grant that made this guard. As [`Guard::first_token`].
    pub fn first_token(&self) -> Token {
        self.held.witness.first_token()
    }

    /// Whether it is held by this guard now: it was not [given back](crate::ArrayLocks::unlock_chunk) over its head, also if its owner has locked
    /// it again since. Looks into the table.
    pub fn is_held(&self) -> bool {
        self.token().is_some()
    }

    /// Whether it was held all the time: nobody else can have changed what it protects. As [`Guard::is_unbroken`].
    pub fn is_unbroken(&self) -> bool {
        self.held.is_unbroken()
    }

    /// Releases it, as dropping it does.
    pub fn release(self) {
        drop(self);
    }
}

impl RegionGuard {
    pub(super) fn new(guards: Vec<ChunkGuard>) -> Self {
        Self { guards }
    }

    /// Of a call that has grants.
    pub(super) fn granted(witnesses: Vec<Guard>, seats: Vec<Seat>) -> Result<Self, ClaimError> {
        let guards = witnesses.into_iter().zip(seats).map(|(witness, seat)| ChunkGuard::granted(witness, seat));
        Ok(Self { guards: guards.collect::<Result<_, _>>()? })
    }

    /// A guard for each chunk, in row-major order, or the one of the whole array. Each has the token that the resource is to see with what
    /// is written to that chunk.
    pub fn guards(&self) -> &[ChunkGuard] {
        &self.guards
    }

    /// Whether all of it is held now.
    pub fn is_held(&self) -> bool {
        self.guards.iter().all(ChunkGuard::is_held)
    }

    /// Whether nobody else can have changed any of it since it was locked.
    pub fn is_unbroken(&self) -> bool {
        self.guards.iter().all(ChunkGuard::is_unbroken)
    }

    /// Releases it, as dropping it does.
    pub fn release(self) {
        drop(self);
    }
}

impl fmt::Debug for ChunkGuard {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_tuple("ChunkGuard").field(&self.held.witness).finish()
    }
}

impl fmt::Debug for RegionGuard {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_list().entries(&self.guards).finish()
    }
}
