//! Living through a random life, with every promise checked after every event.

use std::fmt;
use std::panic::{AssertUnwindSafe, catch_unwind};

use crate::{Command, Scenario, Step, World, WorldOptions, promises, run};

/// What came of a life that broke no promise.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct TrialReport {
    /// Commands.
    pub steps: u64,
    /// Calls, frames and ticks.
    pub events: u64,
    /// Deadlocks that were resolved.
    pub deadlocks: u64,
    /// Messages of searches.
    pub search_messages: u64,
}

impl std::ops::AddAssign for TrialReport {
    fn add_assign(&mut self, other: Self) {
        self.steps += other.steps;
        self.events += other.events;
        self.deadlocks += other.deadlocks;
        self.search_messages += other.search_messages;
    }
}

/// What went wrong in a life.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct TrialFailure {
    /// The promise, or the line that failed.
    pub broken: String,
    /// The failure as a scenario shows it.
    pub shown: String,
}

impl fmt::Display for TrialFailure {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.shown)
    }
}

/// Lives through a scenario on a world of that seed, with every promise checked after every event.
///
/// # Errors
/// The first promise that was broken. A machine that panics has broken one.
pub fn live(scenario: &Scenario, seed: u64) -> Result<TrialReport, TrialFailure> {
    let lived = catch_unwind(AssertUnwindSafe(|| {
        let mut world = world(scenario, seed);
        let failure = run(scenario, &mut world, seed).failure;
        let report = TrialReport {
            steps: scenario.steps.iter().map(commands).sum(),
            events: world.events(),
            deadlocks: world.deadlocks_so_far() as u64,
            search_messages: world.search_messages(),
        };
        let broken = world.broken().map(ToString::to_string);
        (report, failure, broken)
    }));
    match lived {
        Ok((report, None, None)) => Ok(report),
        Ok((_, failure, broken)) => {
            let shown = failure.map(|failure| failure.to_string()).or_else(|| broken.clone()).unwrap_or_default();
            let sentence = |shown: &String| {
                let sentence = shown.lines().find_map(|line| line.trim().strip_prefix("seen:"));
                sentence.unwrap_or_default().trim().to_owned()
            };
            Err(TrialFailure { broken: broken.unwrap_or_else(|| sentence(&shown)), shown })
        }
        Err(panic) => {
            let text = panic.downcast_ref::<String>().cloned();
            let text = text.or_else(|| panic.downcast_ref::<&str>().map(|text| (*text).to_owned()));
            let text = format!("a machine panicked: {}", text.unwrap_or_default());
            Err(TrialFailure { broken: text.clone(), shown: text })
        }
    }
}

/// The same life with a line for each event.
pub fn trace(scenario: &Scenario, seed: u64) -> Vec<String> {
    let mut world = world(scenario, seed);
    world.keep_trace();
    let _ = catch_unwind(AssertUnwindSafe(|| run(scenario, &mut world, seed)));
    world.trace().to_vec()
}

fn world(scenario: &Scenario, seed: u64) -> World {
    let mut world = World::new(WorldOptions::new(scenario.nodes.iter().cloned()), seed);
    world.watch_over(promises::all());
    world
}

fn commands(step: &Step) -> u64 {
    match &step.command {
        Command::Together(together) => together.steps.len() as u64,
        _ => 1,
    }
}
