//! What can go wrong with keys, an enum an operation.

use std::sync::Arc;
use std::time::Duration;

use lock_core::{ClaimError, Deadlock, Object, Over, Refused, TxId};
use thiserror::Error;

use super::key::KeyError;
use crate::{ReleaseError, TimeoutError, TryError};

/// An owner locks what it has already, or already waits for.
#[derive(Clone, Debug, PartialEq, Eq, Error)]
#[error("{owner} has {object} already{}, or waits for it", if .covered_by == .object { String::new() } else { format!(" by {}", .covered_by) })]
pub struct AlreadyOwned {
    /// Who.
    pub owner: TxId,
    /// What it asks for.
    pub object: Object,
    /// What it has: the same, or a path above it.
    pub covered_by: Object,
}

/// Why a key is not locked. Nothing of the request is left in line.
#[derive(Clone, Debug, PartialEq, Eq, Error)]
#[non_exhaustive]
pub enum KeyLockError {
    /// It is no key.
    #[error(transparent)]
    Key(#[from] KeyError),
    /// The owner has it already, and the mutex is not re-entrant.
    #[error(transparent)]
    AlreadyOwned(#[from] AlreadyOwned),
    /// The owner is of other locks than the mutex: between the two there would be no exclusion.
    #[error("{owner} is of another node than {mutex}")]
    OtherLocks {
        /// Who asked.
        owner: TxId,
        /// The mutex, by its name.
        mutex: Object,
    },
    /// The owner had to give way in a deadlock: all that it had is released, and it is over.
    #[error("{owner} gave way, and everything up: {deadlock}")]
    Deadlock {
        /// Who.
        owner: TxId,
        /// Who waited for whom.
        deadlock: Arc<Deadlock>,
    },
    /// The claim is not taken, or not waited for any longer.
    #[error(transparent)]
    Claim(ClaimError),
}

impl From<ClaimError> for KeyLockError {
    fn from(error: ClaimError) -> Self {
        match error {
            ClaimError::Over(Over::Aborted { tx, deadlock }) => Self::Deadlock { owner: tx, deadlock },
            other => Self::Claim(other),
        }
    }
}

/// Why a key that was tried for is not had. Nothing was queued.
#[derive(Clone, Debug, PartialEq, Eq, Error)]
#[non_exhaustive]
pub enum KeyTryError {
    /// Somebody else has it, or waits for it; says who.
    #[error(transparent)]
    Busy(#[from] Refused),
    /// Other nodes would have to be asked.
    #[error(transparent)]
    Elsewhere(TryError),
    /// It is not locked at all.
    #[error(transparent)]
    Lock(#[from] KeyLockError),
}

impl KeyTryError {
    /// Who has it, if that is why.
    pub fn held_by(&self) -> Option<TxId> {
        match self {
            Self::Busy(refused) => Some(refused.in_the_way.tx),
            Self::Elsewhere(_) | Self::Lock(_) => None,
        }
    }
}

impl From<TryError> for KeyTryError {
    fn from(error: TryError) -> Self {
        match error {
            TryError::Refused(refused) => Self::Busy(refused),
            TryError::Claim(error) => Self::Lock(error.into()),
            TryError::Asked { .. } | TryError::Elsewhere { .. } => Self::Elsewhere(error),
        }
    }
}

/// Why a key was not had in time. Nothing is left in line, and it is never granted later.
#[derive(Clone, Debug, PartialEq, Eq, Error)]
#[non_exhaustive]
pub enum KeyTimeoutError {
    /// It was not granted in time.
    #[error("{object} was not granted to {owner} within {within:?}, held by {}", row(.holders))]
    Elapsed {
        /// Who waited.
        owner: TxId,
        /// For what.
        object: Object,
        /// How long.
        within: Duration,
        /// Who had it in the end.
        holders: Vec<TxId>,
    },
    /// It is not locked at all.
    #[error(transparent)]
    Lock(#[from] KeyLockError),
}

impl From<TimeoutError> for KeyTimeoutError {
    fn from(error: TimeoutError) -> Self {
        match error {
            TimeoutError::Elapsed { tx, object, within, holders } => {
                Self::Elapsed { owner: tx, object, within, holders }
            }
            TimeoutError::Claim(error) => Self::Lock(error.into()),
        }
    }
}

/// Why many keys are not locked. None of them is, and nothing is left in line.
#[derive(Clone, Debug, PartialEq, Eq, Error)]
#[non_exhaustive]
pub enum LockAllError {
    /// A key is named twice, or lies below another one that is named.
    #[error("{object} is named twice{}", if .covered_by == .object { String::new() } else { format!(": {} has it too", .covered_by) })]
    Duplicate {
        /// Which.
        object: Object,
        /// The same, or a path above it.
        covered_by: Object,
    },
    /// They were not all granted in time.
    #[error("not all of {count} keys were granted to {owner} within {within:?}: {object} is held by {}", row(.holders))]
    Elapsed {
        /// Who waited.
        owner: TxId,
        /// For how many.
        count: usize,
        /// How long.
        within: Duration,
        /// The first that was not granted.
        object: Object,
        /// Who had that one in the end.
        holders: Vec<TxId>,
    },
    /// One of them is not locked at all.
    #[error(transparent)]
    Lock(#[from] KeyLockError),
}

/// Why many keys that were tried for are not had. Nothing was queued, and none of them is had.
#[derive(Clone, Debug, PartialEq, Eq, Error)]
#[non_exhaustive]
pub enum TryAllError {
    /// Somebody else has one of them, or waits for it; says who.
    #[error(transparent)]
    Busy(#[from] Refused),
    /// Other nodes would have to be asked.
    #[error(transparent)]
    Elsewhere(TryError),
    /// They are not locked at all.
    #[error(transparent)]
    Lock(#[from] LockAllError),
}

impl From<TryError> for TryAllError {
    fn from(error: TryError) -> Self {
        match KeyTryError::from(error) {
            KeyTryError::Busy(refused) => Self::Busy(refused),
            KeyTryError::Elsewhere(error) => Self::Elsewhere(error),
            KeyTryError::Lock(error) => Self::Lock(error.into()),
        }
    }
}

/// Why a key is not released. Nothing has changed.
#[derive(Clone, Debug, PartialEq, Eq, Error)]
#[non_exhaustive]
pub enum KeyReleaseError {
    /// It is no key.
    #[error(transparent)]
    Key(#[from] KeyError),
    /// The owner is of other locks than the mutex.
    #[error("{owner} is of another node than {mutex}")]
    OtherLocks {
        /// Who asked.
        owner: TxId,
        /// The mutex, by its name.
        mutex: Object,
    },
    /// The owner does not have it, and who does is named; or the owner is over.
    #[error(transparent)]
    Release(#[from] ReleaseError),
}

fn row(holders: &[TxId]) -> String {
    if holders.is_empty() {
        return "nobody".to_owned();
    }
    holders.iter().map(TxId::to_string).collect::<Vec<_>>().join(", ")
}
