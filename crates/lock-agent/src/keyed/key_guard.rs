//! What one holds in hand: a key, until it is dropped.

use std::fmt;
use std::ops::Deref;

use lock_core::TxId;

use super::holdings::{Owning, Seat};
use crate::Guard;

/// A key that is locked. Dropping it releases the key, and who waits for it has it at once.
///
/// Unlike the [`Guard`] of a transaction, which it shows by `Deref`: is it held, under which token, without a break? It may be
/// sent to another task; the owner stays the same then. To change the owner, give it away:
/// [`KeyGuard::give_to`], [`KeyedMutex::give_away`](crate::KeyedMutex::give_away).
#[must_use = "a key is released when its guard is dropped"]
pub struct KeyGuard {
    witness: Guard,
    pub(super) seat: Seat,
}

impl KeyGuard {
    pub(super) fn new(witness: Guard, mut seat: Seat) -> Self {
        seat.granted();
        Self { witness, seat }
    }

    /// Who has it.
    pub fn owner(&self) -> TxId {
        self.seat.owning.tx.id()
    }

    /// What may be kept when the key is given back: it says then that it is not held.
    pub fn witness(&self) -> Guard {
        self.witness.clone()
    }

    /// Releases the key, as dropping it does.
    pub fn release(self) {
        drop(self);
    }

    pub(super) fn owning(&self) -> &Owning {
        &self.seat.owning
    }
}

impl Deref for KeyGuard {
    type Target = Guard;

    fn deref(&self) -> &Guard {
        &self.witness
    }
}

impl fmt::Debug for KeyGuard {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_tuple("KeyGuard").field(&self.witness).finish()
    }
}
