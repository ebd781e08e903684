//! What can go wrong, an enum an operation.

use std::time::Duration;

use lock_core::{ClaimError, InvalidObject, NodeId, NotHandedOver, NotHeld, Object, Over, Refused, TxId};
use thiserror::Error;

/// Why a lock that was tried for is not had. Nothing was queued.
#[derive(Clone, Debug, PartialEq, Eq, Error)]
#[non_exhaustive]
pub enum TryError {
    /// Somebody else has it, or waits for it; says who.
    #[error(transparent)]
    Refused(#[from] Refused),
    /// It is claimed on other nodes too, and these have to be asked: it will be had if they all grant it at once, else all is as
    /// before. [`Transaction::info`](crate::Transaction::info) tells which.
    #[error("{tx} does not know yet: {object} is also on {}, which {} asked", row(.nodes), if .nodes.len() == 1 { "is" } else { "are" })]
    Asked {
        /// Who asked.
        tx: TxId,
        /// For what.
        object: Object,
        /// Who has yet to answer.
        nodes: Vec<NodeId>,
    },
    /// It would be claimed on other nodes, and these would have to be asked.
    #[error("{tx} does not try for {object}: it is locked on {}, which would have to be asked; wait for it with a time limit", row(.nodes))]
    Elsewhere {
        /// Who asked.
        tx: TxId,
        /// For what.
        object: Object,
        /// Where it would be claimed.
        nodes: Vec<NodeId>,
    },
    /// The claim itself is not taken.
    #[error(transparent)]
    Claim(#[from] ClaimError),
}

/// Why a lock was not had in time. Nothing is left in line.
#[derive(Clone, Debug, PartialEq, Eq, Error)]
#[non_exhaustive]
pub enum TimeoutError {
    /// It was not granted in time.
    #[error("{object} was not granted to {tx} within {within:?}{}", held_by(.holders))]
    Elapsed {
        /// Who waited.
        tx: TxId,
        /// What was wanted.
        object: Object,
        /// How long it was waited for.
        within: Duration,
        /// Who had exactly this object in the end.
        holders: Vec<TxId>,
    },
    /// The claim itself is not taken, or not waited for any longer.
    #[error(transparent)]
    Claim(#[from] ClaimError),
}

/// Why a lock is not given back or changed. Nothing has changed.
#[derive(Clone, Debug, PartialEq, Eq, Error)]
#[non_exhaustive]
pub enum ReleaseError {
    /// The transaction neither has it nor waits for it; says who has it.
    #[error(transparent)]
    NotHeld(#[from] NotHeld),
    /// What was named is no object.
    #[error(transparent)]
    InvalidObject(#[from] InvalidObject),
    /// The transaction is over.
    #[error(transparent)]
    Over(#[from] Over),
    /// It would have to wait for what it surrenders, and its time for waiting is over; it keeps the lock.
    #[error("the deadline of {tx} has passed: {object} is not surrendered, as it could not be waited for")]
    DeadlineOver {
        /// Who.
        tx: TxId,
        /// What it keeps.
        object: Object,
    },
}

/// Why a lock is not handed over to another transaction. Nothing has changed.
#[derive(Clone, Debug, PartialEq, Eq, Error)]
#[non_exhaustive]
pub enum HandOverError {
    /// The table says why: it is not held, or the heir has it or waits for it.
    #[error(transparent)]
    Refused(#[from] NotHandedOver),
    /// One of the two is over, lost what it had, or has no room for a claim more.
    #[error(transparent)]
    Claim(#[from] ClaimError),
    /// The heir began at another node.
    #[error("{object} is not handed over to {to}, which is of another node")]
    OtherNode {
        /// What.
        object: Object,
        /// Who was to have it.
        to: TxId,
    },
    /// Locks of a cluster are not handed over.
    #[error("{object} is not handed over: transactions of a cluster cannot do so, only those of a node alone")]
    InACluster {
        /// What.
        object: Object,
    },
}

fn row(nodes: &[NodeId]) -> String {
    nodes.iter().map(NodeId::to_string).collect::<Vec<_>>().join(", ")
}

fn held_by(holders: &[TxId]) -> String {
    let names: Vec<String> = holders.iter().map(TxId::to_string).collect();
    if names.is_empty() { String::new() } else { format!(" (held by {})", names.join(", ")) }
}
