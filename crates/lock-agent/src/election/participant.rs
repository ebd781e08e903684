//! Who takes part in an election.

use std::fmt;

use lock_core::NodeId;
use serde::{Deserialize, Serialize};

/// One who takes part in an election: a candidate, or a worker that follows. It has this name for as long as it takes part.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
pub struct Participant {
    /// The node that it is at.
    pub node: NodeId,
    /// Its number there, in the order of joining; not used twice.
    pub number: u64,
}

impl fmt::Display for Participant {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}/{}", self.node, self.number)
    }
}

/// As what somebody takes part.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[non_exhaustive]
pub enum Role {
    /// It may be elected.
    Candidate,
    /// It follows, and cannot be elected.
    Worker,
}
