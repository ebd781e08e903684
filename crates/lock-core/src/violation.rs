//! What must never happen: a sentence a promise.

use thiserror::Error;

use crate::{Object, Token, TxId};

/// A broken promise. Each variant is one promise; its text is the sentence with who and what.
#[derive(Clone, Debug, PartialEq, Eq, Error)]
#[non_exhaustive]
pub enum Violation {
    /// Granted claims of different transactions never conflict.
    #[error("mutual exclusion: {one} has {object} while {other} has {related}")]
    MutualExclusion {
        /// One holder.
        one: TxId,
        /// The other holder.
        other: TxId,
        /// What the one has.
        object: Object,
        /// What the other has.
        related: Object,
    },
    /// Nobody waits who could be granted.
    #[error("no lost wake-up: {tx} waits for {object} although nothing is in its way")]
    NoLostWakeUp {
        /// Who waits.
        tx: TxId,
        /// For what.
        object: Object,
    },
    /// No transaction waits for what its own grants cover.
    #[error("nobody waits for what it covers: {tx} waits for {object}")]
    NobodyWaitsForWhatItCovers {
        /// Who waits.
        tx: TxId,
        /// For what.
        object: Object,
    },
    /// Every grant has a token larger than all before.
    #[error("tokens grow: {token} of {object} is not new")]
    TokensGrow {
        /// What was granted.
        object: Object,
        /// The token.
        token: Token,
    },
    /// The intention modes of an object match the claims below it.
    #[error("intentions match descendants: they do not at {0}")]
    IntentionsMatchDescendants(Object),
    /// Nothing is kept for an object that nobody claims.
    #[error("nothing is kept for an empty object: {0} is")]
    NothingKeptForEmptyObjects(Object),
    /// What is stored twice says the same.
    #[error("indexes agree: they do not on {0}")]
    IndexesAgree(String),
    /// Every deadlock ends: once a step is over, nobody is stuck.
    #[error("every deadlock ends: {0} is stuck")]
    EveryDeadlockEnds(TxId),
}
