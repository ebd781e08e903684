//! Whether a scenario can run on one node.

use std::fmt;

use crate::{Command, Scenario, Step};

/// What in a scenario needs more than one node.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ManyNodes {
    /// The line, counted from 1.
    pub line: usize,
    /// The word that needs them.
    pub word: &'static str,
}

impl fmt::Display for ManyNodes {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "`{}` needs more than one node", self.word)
    }
}

/// The first line that needs more than one node. `at` and `on` need no look of their own: a
/// scenario of one node knows no other name.
pub fn needs_many_nodes(scenario: &Scenario) -> Option<ManyNodes> {
    let steps = scenario.steps.iter().flat_map(|step| match &step.command {
        Command::Together(together) => together.steps.iter().collect(),
        _ => vec![step],
    });
    let word = |step: &Step| match &step.command {
        Command::Nodes if scenario.nodes.len() > 1 => Some("nodes"),
        Command::Fault(fault) => Some(fault.word()),
        _ => None,
    };
    steps.into_iter().find_map(|step| word(step).map(|word| ManyNodes { line: step.line, word }))
}
