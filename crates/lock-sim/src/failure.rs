//! What did not hold, with all that one needs to see why.

use std::fmt;

use lock_core::WaitGraph;
use serde::Serialize;

/// An expectation that did not hold, or a command that was refused unexpectedly.
///
/// Its [`Display`](fmt::Display) is the whole report; the parts are there for other forms.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Failure {
    /// The file.
    pub file: String,
    /// The line, counted from 1.
    pub line: usize,
    /// The line as written.
    pub said: String,
    /// What was expected.
    pub expected: String,
    /// What was seen instead.
    pub seen: String,
    /// Who waits on whom at this point, a line an arrow, in the names of the file.
    pub waits: Vec<String>,
    /// The same as a graph.
    pub graph: WaitGraph,
}

impl fmt::Display for Failure {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { file, line, said, expected, seen, waits, graph: _ } = self;
        writeln!(f, "{file}:{line}: {said}")?;
        writeln!(f, "  expected: {expected}")?;
        writeln!(f, "  seen:     {seen}")?;
        write!(f, "  waits:    {}", waits.join("\n            "))
    }
}
