//! How a transaction stands.

use std::fmt;
use std::sync::Arc;

use serde::{Deserialize, Serialize};

use crate::{Deadlock, Object};

/// How a transaction stands.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Status {
    /// It asked for nothing, or gave all back.
    NoLocks,
    /// It waits for something.
    Waiting,
    /// It has all that it asked for.
    HaveAllLocks {
        /// The deadlocks that were resolved on the way.
        deadlocks: Vec<Arc<Deadlock>>,
    },
    /// What it asks for cannot be granted with the nodes that are left.
    CannotServe {
        /// Which objects.
        objects: Vec<Object>,
    },
    /// It gave all up in a deadlock.
    Aborted,
    /// It is over.
    Ended,
}

impl fmt::Display for Status {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::NoLocks => f.write_str("no locks"),
            Self::Waiting => f.write_str("waiting"),
            Self::HaveAllLocks { deadlocks } if deadlocks.is_empty() => f.write_str("has all locks"),
            Self::HaveAllLocks { deadlocks } if deadlocks.len() == 1 => f.write_str("has all locks, after a deadlock"),
            Self::HaveAllLocks { deadlocks } => write!(f, "has all locks, after {} deadlocks", deadlocks.len()),
            Self::CannotServe { objects } => write!(f, "{} objects cannot be served", objects.len()),
            Self::Aborted => f.write_str("aborted"),
            Self::Ended => f.write_str("ended"),
        }
    }
}
