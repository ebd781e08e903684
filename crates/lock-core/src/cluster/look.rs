//! A look for deadlocks under way.

use std::collections::{BTreeMap, BTreeSet};

use super::known::Known;
use super::node::NodeMachine;
use super::shape::ShapeWriter;
use super::timing::{Timing, after};
use crate::mutant::{self, Mutant};
use crate::search::Sight;
use crate::{Millis, NodeId, TxId};

/// A look under way.
#[derive(Clone, Debug)]
pub(super) struct Look {
    /// Who looks, and how many looks of theirs in a row were in vain.
    pub(super) lookers: BTreeMap<TxId, u32>,
    began: Millis,
    /// It takes so long that it holds nobody up any more, and judges by what it knows.
    pub(super) slow: bool,
    pub(super) stage: Stage,
    pub(super) known: Known,
    /// What was asked for, and of whom.
    pub(super) asked: BTreeSet<(NodeId, TxId)>,
    /// Who has not answered yet, and how often it was asked.
    pub(super) open: BTreeMap<NodeId, u32>,
    /// How many rounds of questions the first reading took.
    pub(super) rounds: u32,
    /// Who was asked alone, last and once: all else had been told by then, so its answer is not read again.
    pub(super) last: Option<NodeId>,
    /// Who was told to act, and when the circle was closed, as far as is known here.
    pub(super) closed: BTreeMap<TxId, Millis>,
}

/// How far a look has come.
#[derive(Clone, Debug)]
pub(super) enum Stage {
    /// Gathering.
    First,
    /// Reading those who are stuck again.
    Second {
        /// What was read first.
        sights: Vec<Sight>,
        /// Whether anybody is stuck besides.
        again: bool,
    },
    /// Evidence was sent.
    Told {
        /// Whether anybody is stuck who would be with the victims gone.
        again: bool,
        /// Whether some of it was acted upon.
        acted: bool,
        /// Whether some of what was seen had changed meanwhile.
        vain: bool,
    },
}

impl Look {
    /// Knows nothing yet but who looks, and that they live here.
    pub(super) fn new(lookers: BTreeMap<TxId, u32>, here: &NodeId, now: Millis) -> Self {
        let mut known = Known::default();
        known.lives_at.extend(lookers.keys().map(|looker| (*looker, here.clone())));
        Self {
            lookers,
            began: now,
            slow: false,
            stage: Stage::First,
            known,
            asked: BTreeSet::new(),
            open: BTreeMap::new(),
            rounds: 0,
            last: None,
            closed: BTreeMap::new(),
        }
    }

    /// From when on it is slow.
    pub(super) fn is_slow_at(&self) -> Millis {
        after(self.began, Timing::SLOW_LOOK)
    }

    /// Takes note of whom it asks next, by how many names each. The one node elsewhere that is asked once, alone and last
    /// tells of a moment at which all else had been told: what was told here before, was told before the question left.
    pub(super) fn note_whom_it_asks_last(&mut self, questions: &BTreeMap<NodeId, Vec<TxId>>, here: &NodeId) {
        let elsewhere = |node: &&NodeId| *node != here;
        let mut asked = questions.iter().filter(|(node, _)| elsewhere(node));
        let (one, other) = (asked.next(), asked.next());
        let is_new =
            |node: &NodeId, names: usize| self.asked.iter().filter(|(asked, _)| asked == node).count() == names;
        let alone = other.is_none() && !self.open.keys().any(|node| elsewhere(&node));
        let counts = |node: &NodeId, names: usize| alone && is_new(node, names);
        let last = one.filter(|(node, names)| counts(node, names.len()) || mutant::is_on(Mutant::BelievesOneOfMany));
        self.last = last.map(|(node, _)| node.clone());
    }

    /// Whom to ask next, and for whom: what is missing of the lookers and of whoever they wait on. Whoever has to be asked is
    /// asked for all else that is missing there as well: that costs no message.
    pub(super) fn next_questions(&mut self) -> BTreeMap<NodeId, Vec<TxId>> {
        let missing = self.known.missing_of(self.lookers.keys().copied());
        let mut questions: BTreeMap<NodeId, Vec<TxId>> = BTreeMap::new();
        for (node, tx) in missing {
            if self.asked.insert((node.clone(), tx)) {
                questions.entry(node).or_default().push(tx);
            }
        }
        if !questions.is_empty() {
            for (node, tx) in self.known.missing_besides() {
                if let Some(txs) = questions.get_mut(&node)
                    && self.asked.insert((node, tx))
                {
                    txs.push(tx);
                }
            }
        }
        questions
    }

    /// An answer came that was waited for.
    pub(super) fn is_answered_by(&mut self, node: &NodeId) -> bool {
        let Some(open) = self.open.get_mut(node) else { return false };
        *open -= 1;
        if *open == 0 {
            self.open.remove(node);
        }
        true
    }

    /// Takes down what it knows, and what it waits for.
    pub(super) fn write_shape(&self, out: &mut ShapeWriter) {
        let Self { lookers, began: _, slow, stage, known, asked, open, rounds, last, closed: _ } = self;
        out.plain(&(lookers, slow, asked, open, (*rounds).min(NodeMachine::NEAR + 1), last));
        if out.time_goes_on && !slow {
            out.time(self.is_slow_at());
        }
        known.write_shape(out);
        match stage {
            Stage::First => out.plain(&0_u8),
            Stage::Second { sights, again } => {
                out.plain(&(1_u8, again));
                out.each(sights, |out, sight| sight.write_shape(out));
            }
            Stage::Told { again, acted, vain } => out.plain(&(2_u8, again, acted, vain)),
        }
    }
}
