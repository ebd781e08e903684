//! Worlds that a seed decides: small ones, in which much goes wrong.

use lock_core::{Mode, Object, TxId};

use super::script::{Script, ScriptStep as Step};
use crate::seeded::Seeded;
use crate::{Action, TxOptions};

/// What the objects of a world are drawn from: plain ones, or parts of a tree.
const OBJECTS: [[&str; 6]; 3] = [
    ["a", "b", "c", "d", "e", "f"],
    ["a", "a/x", "a/y", "b", "a/x/1", "b/x"],
    ["a/x", "a", "a/y", "a/x/1", "a/x/2", "a/z"],
];

/// 2–8 transactions on 1–6 objects.
pub(super) fn of(seed: u64) -> Script {
    let mut random = Seeded::new(seed);
    let transactions = 2 + random.below(7);
    let mut world = RandomWorld {
        transactions,
        objects: objects(&mut random),
        writes_percent: 20 + random.below(81),
        calm_percent: random.below(60),
        random,
    };
    let steps = transactions * (2 + world.random.below(6));
    Script {
        transactions: (0..transactions).map(|_| world.options()).collect(),
        steps: (0..steps).map(|_| world.step()).collect(),
    }
}

fn objects(random: &mut Seeded) -> Vec<Object> {
    let texts = OBJECTS[random.below(OBJECTS.len())];
    let taken = 1 + random.below(texts.len());
    texts[..taken].iter().map(|text| text.parse().expect("these are objects")).collect()
}

struct RandomWorld {
    transactions: usize,
    objects: Vec<Object>,
    writes_percent: usize,
    /// How much of what is done is not asking for locks.
    calm_percent: usize,
    random: Seeded,
}

impl RandomWorld {
    fn options(&mut self) -> TxOptions {
        TxOptions {
            abort_on_deadlock: self.chance(25),
            priority: if self.chance(25) { [-1, 1][self.random.below(2)] } else { 0 },
            deadline_ms: self.chance(5).then(|| 100 * (1 + self.random.next() % 9)),
            ..TxOptions::default()
        }
    }

    fn step(&mut self) -> Step {
        if self.chance(3) {
            return Step::Advance(100 * (1 + self.random.next() % 3));
        }
        let tx = TxId(1 + self.random.next() % self.transactions as u64);
        Step::Act(tx, self.action())
    }

    fn action(&mut self) -> Action {
        if !self.chance(self.calm_percent) {
            let claims = if self.chance(20) { 2 + self.random.below(3) } else { 1 };
            return Action::Lock((0..claims).map(|_| (self.object(), self.mode())).collect());
        }
        match self.random.below(20) {
            0..4 => Action::Try(self.object(), self.mode()),
            4..8 => Action::Unlock(self.object()),
            8..11 => Action::Downgrade(self.object()),
            11..14 => Action::Surrender(self.object()),
            14..18 => Action::Saw,
            18 => Action::End,
            _ => Action::Drop,
        }
    }

    fn object(&mut self) -> Object {
        self.objects[self.random.below(self.objects.len())].clone()
    }

    fn mode(&mut self) -> Mode {
        if self.chance(self.writes_percent) { Mode::Write } else { Mode::Read }
    }

    fn chance(&mut self, percent: usize) -> bool {
        self.random.below(100) < percent
    }
}
