//! What can go wrong with the chunks of arrays, an enum an operation.

use std::sync::Arc;
use std::time::Duration;

use lock_core::{ClaimError, Deadlock, InvalidObject, NodeId, Object, Over, Refused, TxId};
use thiserror::Error;

use super::grid::ChunkIndexError;
use super::region::RegionError;
use crate::{ReleaseError, TryError};

/// Why a part of an array is not locked. Nothing of the request is left in line.
#[derive(Clone, Debug, PartialEq, Eq, Error)]
#[non_exhaustive]
pub enum ArrayLockError {
    /// The array has no such chunk.
    #[error(transparent)]
    ChunkIndex(#[from] ChunkIndexError),
    /// The array has no such slice, or it touches too many chunks.
    #[error(transparent)]
    Region(#[from] RegionError),
    /// The owner is of other locks than the array: between the two there would be no exclusion.
    #[error("{owner} is of another node than {array}")]
    OtherLocks {
        /// Who asked.
        owner: TxId,
        /// The array, by its name.
        array: Object,
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

impl From<ClaimError> for ArrayLockError {
    fn from(error: ClaimError) -> Self {
        match error {
            ClaimError::Over(Over::Aborted { tx, deadlock }) => Self::Deadlock { owner: tx, deadlock },
            other => Self::Claim(other),
        }
    }
}

impl From<InvalidObject> for ArrayLockError {
    fn from(error: InvalidObject) -> Self {
        Self::Claim(error.into())
    }
}

/// Why a part of an array that was tried for is not had. Nothing was queued.
#[derive(Clone, Debug, PartialEq, Eq, Error)]
#[non_exhaustive]
pub enum ArrayTryError {
    /// Somebody else has it, or waits for it; says who.
    #[error(transparent)]
    Busy(#[from] Refused),
    /// The array lies on other nodes, which would have to be asked.
    #[error("{object} is not tried for: it is locked on {}, who have to be asked; wait for it with a time limit", row(.nodes))]
    Elsewhere {
        /// What.
        object: Object,
        /// Where.
        nodes: Vec<NodeId>,
    },
    /// It is not locked at all.
    #[error(transparent)]
    Lock(#[from] ArrayLockError),
}

impl ArrayTryError {
    /// Who has it, if that is why.
    pub fn held_by(&self) -> Option<TxId> {
        match self {
            Self::Busy(refused) => Some(refused.in_the_way.tx),
            Self::Elsewhere { .. } | Self::Lock(_) => None,
        }
    }
}

impl From<TryError> for ArrayTryError {
    fn from(error: TryError) -> Self {
        match error {
            TryError::Refused(refused) => Self::Busy(refused),
            TryError::Claim(error) => Self::Lock(error.into()),
            TryError::Asked { object, nodes, .. } | TryError::Elsewhere { object, nodes, .. } => {
                Self::Elsewhere { object, nodes }
            }
        }
    }
}

/// Why a part of an array was not had in time. Nothing is left in line, and it is never granted later.
#[derive(Clone, Debug, PartialEq, Eq, Error)]
#[non_exhaustive]
pub enum ArrayTimeoutError {
    /// It was not granted in time.
    #[error("{object} was not granted to {owner} within {within:?}, held by {}", row(.holders))]
    Elapsed {
        /// Who waited.
        owner: TxId,
        /// For what: of many chunks the first that was not granted.
        object: Object,
        /// How long.
        within: Duration,
        /// Who had it in the end, or the whole array, as far as the home node knows.
        holders: Vec<TxId>,
    },
    /// It is not locked at all.
    #[error(transparent)]
    Lock(#[from] ArrayLockError),
}

/// Why a part of an array is not released. Nothing has changed.
#[derive(Clone, Debug, PartialEq, Eq, Error)]
#[non_exhaustive]
pub enum ArrayReleaseError {
    /// The array has no such chunk.
    #[error(transparent)]
    ChunkIndex(#[from] ChunkIndexError),
    /// The owner is of other locks than the array.
    #[error("{owner} is of another node than {array}")]
    OtherLocks {
        /// Who asked.
        owner: TxId,
        /// The array, by its name.
        array: Object,
    },
    /// The owner does not have it, and who does is named; or the owner is over.
    #[error(transparent)]
    Release(#[from] ReleaseError),
}

impl From<InvalidObject> for ArrayReleaseError {
    fn from(error: InvalidObject) -> Self {
        Self::Release(error.into())
    }
}

fn row<T: ToString>(names: &[T]) -> String {
    if names.is_empty() {
        return "nobody".to_owned();
    }
    names.iter().map(T::to_string).collect::<Vec<_>>().join(", ")
}
