//! What happened, step by step. Serialized, an entry is one JSON line.

use lock_core::Deadlock;
use serde::Serialize;

use crate::{Failure, Names};

/// One line of a transcript.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "kebab-case", tag = "entry")]
pub enum Entry {
    /// A scenario starts.
    Scenario {
        /// The file.
        file: String,
        /// The rule that it tells.
        rule: String,
        /// The seed of its interleavings.
        seed: u64,
        /// The names of its transactions; the first is that of transaction 1.
        names: Names,
    },
    /// A command was carried out, or an expectation looked at.
    Step {
        /// The line, counted from 1.
        line: usize,
        /// What it says.
        step: String,
        /// What came of it.
        outcome: Outcome,
        /// The deadlocks that were resolved meanwhile.
        #[serde(skip_serializing_if = "Vec::is_empty")]
        deadlocks: Vec<Deadlock>,
    },
    /// The scenario is over.
    Verdict {
        /// The file.
        file: String,
        /// The seed.
        seed: u64,
        /// Whether all held.
        passed: bool,
        /// What did not hold.
        #[serde(skip_serializing_if = "Option::is_none")]
        failure: Option<Failure>,
    },
}

/// What came of one step.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum Outcome {
    /// It was carried out.
    Done,
    /// It was refused; the texts of the errors.
    Refused(Vec<String>),
    /// The expectation held.
    Held,
    /// It did not hold, or could not be carried out.
    Failed,
}
