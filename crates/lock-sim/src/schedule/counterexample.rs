//! A schedule that came to no good end, with all that one needs to see why.

use std::fmt;

use lock_core::WaitGraph;

use super::Schedule;
use crate::SeenDeadlocks;

/// The name of the environment variable that makes [`interleavings`](crate::interleavings) replay one seed.
pub const SEED_VARIABLE: &str = "GORDIAN_SEED";

/// A schedule under which something did not hold.
///
/// Its [`Display`](fmt::Display) is the whole report: the seed, what happened, the schedule, the deadlocks, who waits on
/// whom. It is the same whenever the seed is replayed.
///
/// ```
/// let found = lock_sim::replay(7, async |_| Err::<(), _>("no stock")).unwrap_err();
/// assert!(found.to_string().starts_with("seed 7: main failed: no stock\nagain: set GORDIAN_SEED=7"));
/// assert!(found.repeats);
/// ```
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Counterexample {
    /// The seed that gives this schedule again.
    pub seed: u64,
    /// What did not hold.
    pub cause: Cause,
    /// Who had which turn.
    pub schedule: Schedule,
    /// The deadlocks on the way.
    pub deadlocks: SeenDeadlocks,
    /// Who waits on whom at the end, a line an arrow.
    pub waits: Vec<String>,
    /// The same as a graph.
    pub graph: WaitGraph,
    /// Whether the seed came to the same end when it was tried a second time. If not, the code
    /// does something that the seed does not decide.
    pub repeats: bool,
}

/// What did not hold.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum Cause {
    /// A task panicked: an assertion, most likely.
    #[error("{task} panicked: {text}")]
    Panicked {
        /// Which.
        task: String,
        /// The text of the panic.
        text: String,
    },
    /// The test gave an error.
    #[error("{task} failed: {text}")]
    Failed {
        /// The name of the test's own task.
        task: String,
        /// The error.
        text: String,
    },
    /// All tasks wait, and no timer is due.
    #[error("nobody can go on: {} for ever, and no timer is due", wait(.tasks))]
    NobodyCanGoOn {
        /// Who is not done.
        tasks: Vec<String>,
    },
    /// The tasks go round and round.
    #[error("not over after {turns} turns")]
    TooLong {
        /// How many.
        turns: usize,
    },
    /// A promise of the lock manager is broken: a defect of Gordian's.
    #[error("a promise of the lock table is broken: {sentence}")]
    Promise {
        /// Which.
        sentence: String,
    },
}

fn wait(tasks: &[String]) -> String {
    let verb = if tasks.len() == 1 { "waits" } else { "wait" };
    format!("{} {verb}", tasks.join(", "))
}

impl fmt::Display for Counterexample {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { seed, cause, schedule, deadlocks, waits, graph: _, repeats } = self;
        writeln!(f, "seed {seed}: {cause}")?;
        writeln!(f, "again: set {SEED_VARIABLE}={seed} and run this test alone")?;
        if !repeats {
            writeln!(
                f,
                "but a second try of this seed went otherwise: something here is not decided by the seed, such as"
            )?;
            writeln!(
                f,
                "threads, a `select!` without `biased`, the order of a `HashMap`, or state that one run leaves to the next"
            )?;
        }
        writeln!(f, "{schedule}")?;
        writeln!(f, "seen: {deadlocks}")?;
        write!(f, "waits: {}", waits.join("\n       "))
    }
}

impl std::error::Error for Counterexample {}
