//! Why a leader cannot speak.

use lock_core::{NodeId, Object, PostError, Token};
use thiserror::Error;

/// Why a leader does not say or ask something. It was said to nobody, unless another leader was elected meanwhile.
#[derive(Clone, Debug, PartialEq, Eq, Error)]
#[non_exhaustive]
pub enum SayError {
    /// Its term is over: only the leader of the present term speaks.
    #[error("the term {term} of `{election}` is over: only the leader of the present term speaks")]
    NotLeading {
        /// The election.
        election: Object,
        /// The term that is over.
        term: Token,
    },
    /// It is too long.
    #[error("{length} bytes are too long for one message; {limit} are allowed")]
    TooLong {
        /// How long it is.
        length: usize,
        /// How long it may be.
        limit: usize,
    },
    /// Too much is on its way to a node. It has to arrive first, or the node has to be given up.
    #[error("{node} is busy: {limit} bytes may be on their way to it")]
    Busy {
        /// Which node.
        node: NodeId,
        /// How many bytes may be on their way.
        limit: usize,
    },
}

impl From<PostError> for SayError {
    fn from(error: PostError) -> Self {
        match error {
            PostError::Busy { node, limit } => Self::Busy { node, limit },
            PostError::TooLong { length, limit } => Self::TooLong { length, limit },
        }
    }
}
