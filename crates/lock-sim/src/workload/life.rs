//! What happens in a random workload: carried out on an engine, or told as a scenario.

use std::fmt;

use lock_core::{Deadlock, TxId};

use crate::search::ScriptStep;
use crate::{Action, Engine, Refusal, TxOptions};

/// A life that a seed made of a [`Mix`](crate::Mix). Its [`Display`](fmt::Display) is scenario text: it can be kept as
/// a file, and run with `gordian run`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct RandomLife {
    /// The seed that makes it again.
    pub seed: u64,
    /// What happens, in order.
    pub steps: Vec<RandomStep>,
}

/// One thing that happens.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum RandomStep {
    /// A transaction begins; their ids are counted from 1.
    Begin(TxId, TxOptions),
    /// One acts.
    Act(TxId, Action),
    /// So many milliseconds pass.
    Advance(u64),
}

/// What a life came to on an engine.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct LifeReport {
    /// What was refused: the number of the step, from 0, and why. A rule is broken if there is any.
    pub refused: Vec<(usize, Refusal)>,
    /// The deadlocks that were resolved.
    pub deadlocks: Vec<Deadlock>,
    /// The promises that were broken at the end, as sentences.
    pub violations: Vec<String>,
}

impl RandomLife {
    /// Carries it out on an engine that has just been made.
    pub fn carry_out(&self, engine: &mut dyn Engine) -> LifeReport {
        let mut report = LifeReport::default();
        for (number, step) in self.steps.iter().enumerate() {
            match step {
                RandomStep::Begin(tx, options) => engine.begin(*tx, options),
                RandomStep::Advance(ms) => engine.advance(*ms),
                RandomStep::Act(tx, action) => {
                    report.refused.extend(engine.act(*tx, action).err().map(|refusal| (number, refusal)));
                }
            }
        }
        report.deadlocks = engine.deadlocks();
        report.violations = engine.violations();
        report
    }
}

impl fmt::Display for RandomLife {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        writeln!(f, "# The random life of seed {}.", self.seed)?;
        self.steps.iter().try_for_each(|step| writeln!(f, "{step}"))?;
        writeln!(f, "drain")
    }
}

impl fmt::Display for RandomStep {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Begin(tx, TxOptions { priority: 0, .. }) => write!(f, "tx {tx}"),
            Self::Begin(tx, TxOptions { priority, .. }) => write!(f, "tx {tx} priority={priority}"),
            Self::Act(tx, action) => ScriptStep::Act(*tx, action.clone()).fmt(f),
            Self::Advance(ms) => ScriptStep::Advance(*ms).fmt(f),
        }
    }
}
