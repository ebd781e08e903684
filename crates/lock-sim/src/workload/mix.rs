//! A random workload as its user describes it, and the life that a seed makes of it.

use std::collections::BTreeMap;

use lock_core::{Mode, Object, TxId};

use super::life::{RandomLife, RandomStep};
use super::weights::Kind;
use super::{Keys, Weights};
use crate::seeded::Seeded;
use crate::{Action, TxOptions};

/// A random workload: how many transactions at a time, what they do, to which objects.
///
/// [`Mix::life`] makes a life of it: the same seed makes the same one. No action of it is refused on an engine that keeps
/// the rules, so its text is a scenario that holds.
///
/// ```
/// use lock_sim::{EngineKind, Keys, Mix, PureNode, Weights, run_text};
///
/// let mix = Mix::default().transactions(5).steps(60).keys(Keys::zipf(20, 1.1).named("accounts"));
/// let life = mix.weights(Weights { write: 60, ..Weights::default() }).life(7);
/// let seen = life.carry_out(&mut PureNode::default());
/// assert!(seen.refused.is_empty() && seen.violations.is_empty());
///
/// let text = life.to_string(); // a scenario: `tx t1`, `lock t1 accounts/0 write`, …
/// let report = run_text("seed 7", &text, EngineKind::Naive, 0);
/// assert_eq!(report.deadlocks.len(), seen.deadlocks.len());
/// ```
#[derive(Clone, Debug, PartialEq, Eq)]
#[must_use = "`life` makes something of it"]
pub struct Mix {
    transactions: usize,
    steps: usize,
    weights: Weights,
    keys: Keys,
    priorities: u32,
}

impl Default for Mix {
    /// 8 transactions at a time, 200 steps, the [default weights](Weights::default), 16 objects that are wanted alike.
    fn default() -> Self {
        let weights = Weights::default();
        Self { transactions: 8, steps: 200, weights, keys: Keys::uniform(16), priorities: 1 }
    }
}

impl Mix {
    /// How many transactions live at a time.
    ///
    /// # Panics
    /// If it is none.
    pub fn transactions(self, transactions: usize) -> Self {
        assert!(transactions > 0, "somebody has to act");
        Self { transactions, ..self }
    }

    /// How many actions there are; begins do not count.
    pub fn steps(self, steps: usize) -> Self {
        Self { steps, ..self }
    }

    /// What they do, and how often.
    ///
    /// # Panics
    /// If nothing has a weight.
    pub fn weights(self, weights: Weights) -> Self {
        assert!(weights.total() > 0, "something has to be done");
        Self { weights, ..self }
    }

    /// Which objects they want, and how often.
    pub fn keys(self, keys: Keys) -> Self {
        Self { keys, ..self }
    }

    /// So many different priorities, from 0 up; 1 unless said otherwise: all have the same.
    ///
    /// # Panics
    /// If it is zero.
    pub fn priorities(self, priorities: u32) -> Self {
        assert!(priorities > 0, "a transaction has one of them");
        Self { priorities, ..self }
    }

    /// The life that this seed makes.
    pub fn life(&self, seed: u64) -> RandomLife {
        let mut maker = Maker { mix: self, random: Seeded::new(seed), living: Vec::new(), begun: 0, steps: Vec::new() };
        (0..self.transactions).for_each(|slot| maker.begin(slot));
        (0..self.steps).for_each(|_| maker.step());
        RandomLife { seed, steps: maker.steps }
    }
}

/// What a transaction asked for and did not give back, and how.
type Asked = BTreeMap<Object, Mode>;

struct Maker<'a> {
    mix: &'a Mix,
    random: Seeded,
    living: Vec<(TxId, Asked)>,
    begun: u64,
    steps: Vec<RandomStep>,
}

impl Maker<'_> {
    fn begin(&mut self, slot: usize) {
        self.begun += 1;
        let tx = TxId(self.begun);
        let priority = self.random.next() % u64::from(self.mix.priorities);
        let priority = i32::try_from(priority).unwrap_or(i32::MAX);
        self.steps.push(RandomStep::Begin(tx, TxOptions { priority, ..TxOptions::default() }));
        if slot == self.living.len() {
            self.living.push((tx, Asked::new()));
        } else {
            self.living[slot] = (tx, Asked::new());
        }
    }

    fn step(&mut self) {
        let slot = self.random.below(self.living.len());
        let tx = self.living[slot].0;
        let Some(kind) = self.mix.weights.choose(&mut self.random) else {
            self.steps.push(RandomStep::Advance(1 + self.random.next() % 1_000));
            return;
        };
        let action = self.action(kind, slot);
        let over = matches!(action, Action::End | Action::Drop);
        self.steps.push(RandomStep::Act(tx, action));
        if over {
            self.begin(slot);
        }
    }

    fn action(&mut self, kind: Kind, slot: usize) -> Action {
        match kind {
            Kind::Read => self.lock(slot, Mode::Read),
            Kind::Write => self.lock(slot, Mode::Write),
            Kind::Many => self.lock_many(slot),
            Kind::Upgrade => match self.asked(slot, Some(Mode::Read)) {
                Some(object) => self.claim(slot, vec![(object, Mode::Write)]),
                None => self.lock(slot, Mode::Read),
            },
            Kind::Downgrade => match self.asked(slot, Some(Mode::Write)) {
                Some(object) => {
                    self.living[slot].1.insert(object.clone(), Mode::Read);
                    Action::Downgrade(object)
                }
                None => self.lock(slot, Mode::Write),
            },
            Kind::Unlock => match self.asked(slot, None) {
                Some(object) => {
                    self.living[slot].1.remove(&object);
                    Action::Unlock(object)
                }
                None => self.lock(slot, Mode::Read),
            },
            Kind::Try => Action::Try(self.object(), self.mode()),
            Kind::Saw => Action::Saw,
            Kind::End => Action::End,
            Kind::Drop => Action::Drop,
        }
    }

    fn lock(&mut self, slot: usize, mode: Mode) -> Action {
        let object = self.object();
        self.claim(slot, vec![(object, mode)])
    }

    fn lock_many(&mut self, slot: usize) -> Action {
        let count = 2 + self.random.below(3);
        let claims = (0..count).map(|_| (self.object(), self.mode())).collect();
        self.claim(slot, claims)
    }

    fn claim(&mut self, slot: usize, claims: Vec<(Object, Mode)>) -> Action {
        for (object, mode) in &claims {
            let asked = self.living[slot].1.entry(object.clone()).or_insert(*mode);
            *asked = (*asked).max(*mode);
        }
        Action::Lock(claims)
    }

    /// Something that the transaction asked for, in this mode.
    fn asked(&mut self, slot: usize, mode: Option<Mode>) -> Option<Object> {
        let fits = |(_, asked): &(&Object, &Mode)| mode.is_none_or(|mode| mode == **asked);
        let fitting: Vec<&Object> = self.living[slot].1.iter().filter(fits).map(|(object, _)| object).collect();
        (!fitting.is_empty()).then(|| fitting[self.random.below(fitting.len())].clone())
    }

    fn object(&mut self) -> Object {
        self.mix.keys.object(self.mix.keys.choose(&mut self.random))
    }

    fn mode(&mut self) -> Mode {
        if self.random.below(2) == 0 { Mode::Read } else { Mode::Write }
    }
}
