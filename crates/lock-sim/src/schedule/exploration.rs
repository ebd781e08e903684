//! Tries many seeds, and tells what they came to.

use std::collections::BTreeSet;
use std::fmt;

use super::executor::Executor;
use super::quiet::Quiet;
use super::task::{Tasks, Work};
use super::{Cause, Counterexample, Schedule};
use crate::SeenDeadlocks;

/// A search through the interleavings of a test, a seed after the other.
///
/// ```
/// use lock_sim::{Cause, Interleavings};
///
/// // Reads, gives others a turn, and writes what it read: the classic lost update.
/// let lost = Interleavings::of(0..100).explore(async |tasks| {
///     let count = std::rc::Rc::new(std::cell::Cell::new(0));
///     for name in ["one", "two"] {
///         let (count, turns) = (count.clone(), tasks.clone());
///         drop(tasks.spawn(name, async move {
///             let read = count.get();
///             turns.turn().await;
///             count.set(read + 1);
///         }));
///     }
///     tasks.all_done().await;
///     assert_eq!(count.get(), 2, "an update is lost");
/// });
/// let found = lost.expect_err("some seed finds it");
/// assert!(matches!(&found.cause, Cause::Panicked { text, .. } if text.contains("an update is lost")));
/// assert!(found.repeats);
/// println!("{found}"); // the seed, the schedule, and what happened
/// ```
#[derive(Clone, Debug)]
#[must_use = "nothing runs before `explore`"]
pub struct Interleavings<S> {
    seeds: S,
    max_turns: usize,
}

/// What the test's future gives: `()`, or a result whose error makes the seed fail.
pub trait Holds {
    /// Whether all is well.
    ///
    /// # Errors
    /// The text of the error.
    fn holds(self) -> Result<(), String>;
}

impl Holds for () {
    fn holds(self) -> Result<(), String> {
        Ok(())
    }
}

impl<E: fmt::Display> Holds for Result<(), E> {
    fn holds(self) -> Result<(), String> {
        self.map_err(|error| error.to_string())
    }
}

/// What the seeds came to, if all held.
///
/// ```
/// let explored = lock_sim::interleavings(0..20, async |tasks| drop(tasks.spawn("idle", async {})));
/// assert_eq!(explored.lives.len(), 20);
/// assert_eq!(explored.to_string(), "20 seeds, 1 schedule, 0 deadlocks under 0 seeds");
/// ```
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Explored {
    /// A life for each seed, in order.
    pub lives: Vec<Life>,
}

/// What one seed came to.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Life {
    /// The seed.
    pub seed: u64,
    /// How many turns it took.
    pub turns: usize,
    /// A number that two lives share if the tasks had their turns in the same order.
    pub order: u64,
    /// The deadlocks on the way.
    pub deadlocks: SeenDeadlocks,
}

/// More turns than a test of some tasks needs.
pub(super) const MAX_TURNS: usize = 100_000;

impl<S: IntoIterator<Item = u64>> Interleavings<S> {
    /// Those that these seeds choose.
    pub fn of(seeds: S) -> Self {
        Self { seeds, max_turns: MAX_TURNS }
    }

    /// A schedule that is not over after so many turns fails. 100,000 if nothing is said.
    pub fn max_turns(self, max_turns: usize) -> Self {
        Self { max_turns, ..self }
    }

    /// Runs the test once for each seed, from the start, until one fails. That one is run a second time, to see that it fails
    /// again and to tell how.
    ///
    /// # Errors
    /// The first seed under which a task panicked, the test gave an error, nobody could go on, or it took too long.
    ///
    /// # Panics
    /// If it is called inside an async runtime: it brings its own.
    pub fn explore<T: Holds>(self, test: impl AsyncFn(Tasks) -> T) -> Result<Explored, Box<Counterexample>> {
        let mut explored = Explored::default();
        for seed in self.seeds {
            let lived = live(seed, self.max_turns, false, &test);
            if lived.ended.is_err() {
                let again = live(seed, self.max_turns, true, &test);
                return Err(Box::new(counterexample(lived, again)));
            }
            explored.lives.push(lived.life());
        }
        Ok(explored)
    }
}

impl Explored {
    /// In how many different orders the tasks had their turns.
    pub fn orders(&self) -> usize {
        self.lives.iter().map(|life| life.order).collect::<BTreeSet<_>>().len()
    }

    /// The lives in which there was a deadlock.
    pub fn with_deadlocks(&self) -> impl Iterator<Item = &Life> {
        self.lives.iter().filter(|life| !life.deadlocks.is_empty())
    }
}

impl fmt::Display for Explored {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let deadlocks = self.lives.iter().map(|life| life.deadlocks.len()).sum();
        let (lives, orders, with) = (self.lives.len(), self.orders(), self.with_deadlocks().count());
        let count = |number: usize, word: &str| format!("{number} {word}{}", if number == 1 { "" } else { "s" });
        let (seeds, orders) = (count(lives, "seed"), count(orders, "schedule"));
        write!(f, "{seeds}, {orders}, {} under {}", count(deadlocks, "deadlock"), count(with, "seed"))
    }
}

/// All that is known of one seed at its end.
pub(super) struct Lived {
    pub(super) ended: Result<(), Cause>,
    pub(super) schedule: Schedule,
    deadlocks: SeenDeadlocks,
    graph: lock_core::WaitGraph,
}

impl Lived {
    fn life(self) -> Life {
        let Self { schedule, deadlocks, .. } = self;
        Life { seed: schedule.seed, turns: schedule.turns.len(), order: order(&schedule), deadlocks }
    }
}

/// FNV-1a over the names of those whose turn it was.
fn order(schedule: &Schedule) -> u64 {
    let bytes = schedule.turns.iter().flat_map(|turn| turn.task.bytes().chain([0]));
    bytes.fold(0xcbf2_9ce4_8422_2325, |hash, byte| (hash ^ u64::from(byte)).wrapping_mul(0x0100_0000_01b3))
}

/// Runs the test under one seed, in a runtime of its own.
pub(super) fn live<T: Holds>(seed: u64, max_turns: usize, told: bool, test: &impl AsyncFn(Tasks) -> T) -> Lived {
    let (runtime, quiet) = Quiet::runtime();
    runtime.block_on(async {
        let tasks = Tasks::new(seed);
        let given = tasks.clone();
        let main: Work<'_> = Box::pin(async move { test(given).await.holds() });
        let mut executor = Executor::new(tasks.clone(), quiet, max_turns, told);
        let ended = executor.run(main).await;
        let (deadlocks, graph) = (tasks.deadlocks(), tasks.locks().wait_graph());
        Lived { ended, schedule: executor.into_schedule(), deadlocks, graph }
    })
}

/// Why a seed failed, as its second try tells it, if that went like the first.
pub(super) fn counterexample(first: Lived, again: Lived) -> Counterexample {
    let repeats = first.ended == again.ended && order(&first.schedule) == order(&again.schedule);
    let told = if again.ended.is_err() { again } else { first };
    let Lived { ended, schedule, deadlocks, graph } = told;
    let cause = ended.expect_err("one of them failed");
    let waits = deadlocks.names.graph(&graph);
    Counterexample { seed: schedule.seed, cause, schedule, deadlocks, waits, graph, repeats }
}
