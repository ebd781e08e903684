//! Worlds of many nodes that a seed decides: small ones, in which much goes wrong.

use lock_core::{Mode, Require, TxId};

use super::script::{Script, Step, Timing};
use crate::TxOptions;
use crate::quorum::{NodeSet, ObjectIndex, Objects, QuorumAction};
use crate::seeded::Seeded;

/// What the objects of a world are drawn from: plain ones, or parts of a tree.
const OBJECTS: [[&str; 4]; 3] = [["a", "b", "c", "d"], ["a", "a/x", "b", "a/y"], ["a/x", "a", "a/x/1", "a/y"]];

const REQUIRES: [Require; 5] =
    [Require::All, Require::Any, Require::Majority, Require::AllAlive, Require::MajorityAlive];

/// 2–6 transactions on 2–5 nodes and 1–4 objects.
pub(super) fn of(seed: u64, timing: Timing) -> Script {
    let mut random = Seeded::new(seed);
    let transactions = 2 + random.below(5);
    let texts = OBJECTS[random.below(OBJECTS.len())];
    let objects = 1 + random.below(texts.len());
    let mut world = RandomWorld {
        transactions,
        objects,
        nodes: 2 + random.below(4),
        requires: requires(&mut random),
        everywhere_percent: [0, 50, 100][random.below(3)],
        writes_percent: 30 + random.below(71),
        calm_percent: random.below(60),
        told_percent: [0, 10, 30][random.below(3)],
        loss_percent: [0, 0, 2, 5][random.below(4)],
        late_percent: if timing == Timing::AtOnce { 0 } else { 30 + random.below(50) },
        random,
    };
    let steps = transactions * (3 + world.random.below(6)) * 100 / (100 - world.late_percent);
    Script {
        timing,
        nodes: world.nodes,
        objects: Objects::new(texts[..objects].iter().map(|text| text.parse().expect("an object")).collect()),
        transactions: (0..transactions).map(|_| world.options()).collect(),
        steps: (0..steps).map(|_| world.step()).collect(),
    }
}

/// What the claims of a world require: one thing, or several.
fn requires(random: &mut Seeded) -> Vec<Require> {
    let kinds = [1, 2, REQUIRES.len()][random.below(3)];
    let first = random.below(REQUIRES.len());
    (0..kinds).map(|index| REQUIRES[(first + index) % REQUIRES.len()]).collect()
}

struct RandomWorld {
    transactions: usize,
    objects: usize,
    nodes: usize,
    requires: Vec<Require>,
    /// How many claims are on all nodes.
    everywhere_percent: usize,
    writes_percent: usize,
    /// How much of what is done is not asking for locks.
    calm_percent: usize,
    /// How often a caller learns what it has.
    told_percent: usize,
    loss_percent: usize,
    /// How many steps are answers, looks and acts.
    late_percent: usize,
    random: Seeded,
}

impl RandomWorld {
    fn options(&mut self) -> TxOptions {
        TxOptions {
            abort_on_deadlock: self.chance(25),
            priority: if self.chance(25) { [-1, 1][self.random.below(2)] } else { 0 },
            ..TxOptions::default()
        }
    }

    fn step(&mut self) -> Step {
        if self.chance(self.late_percent) {
            let which = self.random.below(60);
            return match self.random.below(4) {
                0 | 1 => Step::Answer(which),
                2 => Step::Look(which),
                _ => Step::Deliver(which),
            };
        }
        if self.chance(self.loss_percent) {
            return Step::Lose(self.random.below(self.nodes));
        }
        let tx = TxId(1 + self.random.next() % self.transactions as u64);
        Step::Act(tx, if self.chance(self.told_percent) { QuorumAction::Saw } else { self.action() })
    }

    fn action(&mut self) -> QuorumAction {
        if !self.chance(self.calm_percent) {
            let claims = if self.chance(20) { 2 + self.random.below(2) } else { 1 };
            let claims = (0..claims).map(|_| (self.object(), self.mode())).collect();
            return QuorumAction::Lock(claims, self.nodes(), self.require());
        }
        match self.random.below(20) {
            0..5 => QuorumAction::Try(self.object(), self.mode(), self.nodes(), self.require()),
            5..10 => QuorumAction::Unlock(self.object()),
            10..14 => QuorumAction::Downgrade(self.object()),
            14..18 => QuorumAction::Surrender(self.object()),
            _ => QuorumAction::End,
        }
    }

    fn nodes(&mut self) -> NodeSet {
        if self.chance(self.everywhere_percent) {
            return NodeSet::first(self.nodes);
        }
        let sure = self.random.below(self.nodes);
        let nodes = self.nodes;
        (0..nodes).filter(|node| *node == sure || self.chance(50)).collect()
    }

    fn require(&mut self) -> Require {
        self.requires[self.random.below(self.requires.len())]
    }

    fn object(&mut self) -> ObjectIndex {
        ObjectIndex(self.random.below(self.objects))
    }

    fn mode(&mut self) -> Mode {
        if self.chance(self.writes_percent) { Mode::Write } else { Mode::Read }
    }

    fn chance(&mut self, percent: usize) -> bool {
        self.random.below(100) < percent
    }
}
