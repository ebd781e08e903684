//! The life of one world of many nodes: every step is checked, and at the end everybody must be served.

use lock_core::TxId;

use super::script::{Script, Step, Timing};
use super::tally::QuorumTally;
use crate::QuorumWorld;
use crate::Rules;
use crate::quorum::{Acted, Need, QuorumAction};

/// Lives through a script, and then ends everybody who has all.
///
/// # Errors
/// The sentence of the promise that was broken.
pub(super) fn live(script: &Script, rules: Rules) -> Result<QuorumTally, String> {
    let requests_take_time = script.timing != Timing::AtOnce;
    let objects = script.objects.clone();
    let world = QuorumWorld::new(rules, objects, script.nodes, &script.transactions, requests_take_time);
    let mut life = Life { world, timing: script.timing, tally: QuorumTally::default() };
    for step in &script.steps {
        life.step(step)?;
    }
    life.drain()?;
    Ok(life.tally)
}

pub(super) struct Life {
    pub(super) world: QuorumWorld,
    pub(super) timing: Timing,
    pub(super) tally: QuorumTally,
}

impl Life {
    pub(super) fn step(&mut self, step: &Step) -> Result<(), String> {
        match step {
            Step::Act(tx, action) => self.act(*tx, action),
            Step::Lose(node) => {
                self.world.lose(*node);
                self.tally.lost += 1;
            }
            Step::Answer(which) => self.world.answer(*which),
            Step::Look(which) => self.look(*which)?,
            Step::Deliver(which) => self.deliver(*which),
        }
        if self.timing == Timing::AtOnce {
            self.resolve()?;
        }
        self.world.check()
    }

    fn act(&mut self, tx: TxId, action: &QuorumAction) {
        if self.world.carry_out(tx, action) {
            self.tally.actions += 1;
        } else {
            self.tally.refused += 1;
        }
    }

    fn look(&mut self, which: usize) -> Result<(), String> {
        match self.timing {
            Timing::AtOnce => Ok(()),
            Timing::LateLooks => self.resolve(),
            Timing::LateActs => {
                self.world.look(which);
                Ok(())
            }
        }
    }

    /// All look, and act on what they see, until nobody is stuck.
    fn resolve(&mut self) -> Result<(), String> {
        let fewest = self.world.fewest_victims();
        let took = self.world.resolve()?;
        if fewest == 0 && took.victims > 0 {
            return Err(format!("nobody gives way where overtaking is enough, but {} did", took.victims));
        }
        self.tally.deadlocked += usize::from(took.rounds > 0);
        self.tally.most_rounds = self.tally.most_rounds.max(took.rounds);
        self.tally.victims += took.victims;
        self.tally.aborts += took.aborts;
        self.tally.overtakings += took.rounds - took.victims;
        self.tally.fewest_victims += fewest;
        Ok(())
    }

    fn deliver(&mut self, which: usize) {
        if !self.world.has_evidence() {
            return;
        }
        match self.world.act_on_evidence(which) {
            Acted::No => self.tally.outdated += 1,
            Acted::Overtook { stuck } => {
                self.tally.overtakings += 1;
                self.tally.idle_overtakings += usize::from(!stuck);
            }
            Acted::GaveWay { aborted, need } => {
                self.tally.victims += 1;
                self.tally.aborts += usize::from(aborted);
                self.tally.not_stuck += usize::from(need == Need::NotStuck);
                self.tally.order_was_enough += usize::from(need == Need::OrderWasEnough);
            }
        }
    }
}
