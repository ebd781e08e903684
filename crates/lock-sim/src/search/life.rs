//! The life of one world: every step is checked, and at the end everybody must be served.

use lock_core::{TxId, WayOut};

use super::script::{Script, ScriptStep as Step};
use crate::{Action, Engine, NaiveWorld, TxStatus};

/// What was counted.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Tally {
    /// Actions that were carried out.
    pub actions: usize,
    /// Actions that were refused.
    pub refused: usize,
    /// Actions after which somebody was stuck.
    pub deadlocked: usize,
    /// How often somebody gave way or was overtaken.
    pub rounds: usize,
    /// The most rounds after one action.
    pub most_rounds: usize,
    /// How often somebody surrendered or aborted.
    pub victims: usize,
    /// How many of them aborted.
    pub aborts: usize,
    /// How often somebody was overtaken.
    pub overtakings: usize,
    /// How few victims would have been enough, each action by itself.
    pub fewest_victims: usize,
    /// Actions that cost more victims than the fewest.
    pub needless: usize,
}

impl Tally {
    pub(super) fn add(&mut self, other: &Self) {
        self.actions += other.actions;
        self.refused += other.refused;
        self.deadlocked += other.deadlocked;
        self.rounds += other.rounds;
        self.most_rounds = self.most_rounds.max(other.most_rounds);
        self.victims += other.victims;
        self.aborts += other.aborts;
        self.overtakings += other.overtakings;
        self.fewest_victims += other.fewest_victims;
        self.needless += other.needless;
    }
}

/// Lives through a script, and then ends everybody who has all.
///
/// # Errors
/// The sentence of the promise that was broken, and after which step.
pub(super) fn live(script: &Script) -> Result<Tally, String> {
    let mut life = Life::default();
    for (number, options) in (1..).zip(&script.transactions) {
        life.world.begin(TxId(number), options);
    }
    for step in &script.steps {
        life.step(step).map_err(|broken| format!("{broken}, after `{step}`"))?;
    }
    life.drain(script.transactions.len() as u64)?;
    Ok(life.tally)
}

#[derive(Default)]
struct Life {
    world: NaiveWorld,
    tally: Tally,
}

impl Life {
    fn step(&mut self, step: &Step) -> Result<(), String> {
        match step {
            Step::Advance(ms) => self.world.advance(*ms),
            Step::Act(tx, action) => self.act(*tx, action)?,
        }
        self.world.violations().into_iter().next().map_or(Ok(()), Err)
    }

    fn act(&mut self, tx: TxId, action: &Action) -> Result<(), String> {
        let before = self.world.deadlocks().len();
        if self.world.carry_out(tx, action).is_err() {
            self.tally.refused += 1;
            return Ok(());
        }
        let fewest = self.world.fewest_victims();
        let took = self.world.resolve(tx);
        if fewest == 0 && took.victims > 0 {
            return Err(format!("nobody gives way where overtaking is enough, but {} did", took.victims));
        }
        self.count(before);
        self.tally.actions += 1;
        self.tally.deadlocked += usize::from(took.rounds > 0);
        self.tally.rounds += took.rounds;
        self.tally.most_rounds = self.tally.most_rounds.max(took.rounds);
        self.tally.victims += took.victims;
        self.tally.fewest_victims += fewest;
        self.tally.needless += usize::from(took.victims > fewest);
        Ok(())
    }

    fn count(&mut self, before: usize) {
        for deadlock in self.world.deadlocks().split_off(before) {
            match deadlock.way_out {
                WayOut::Overtaking { .. } => self.tally.overtakings += 1,
                WayOut::Abort { .. } => self.tally.aborts += 1,
                WayOut::Surrender { .. } => {}
            }
        }
    }

    /// Ends whoever has all, again and again. That others end puts nobody into a deadlock.
    fn drain(&mut self, transactions: u64) -> Result<(), String> {
        let resolved = self.world.deadlocks().len();
        let all = || (1..=transactions).map(TxId);
        while let Some(tx) = all().find(|tx| self.world.status(*tx) == TxStatus::HasAll) {
            self.step(&Step::Act(tx, Action::End))?;
        }
        if let Some(tx) = all().find(|tx| self.world.status(*tx) == TxStatus::Waiting) {
            return Err(format!("everybody is served, but {tx} still waits at the end"));
        }
        if self.world.deadlocks().len() > resolved {
            return Err("ends resolve, but one brought about a deadlock".to_owned());
        }
        Ok(())
    }
}
