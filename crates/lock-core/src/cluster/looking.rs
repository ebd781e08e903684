//! The first reading of a look: pull the waits that can be reached, and see who is stuck. Whoever has to look at the same
//! time looks together.
//!
//! What is not known counts for the better: whoever is not told of does not wait, and a request that was not
//! answered may be granted. So a look errs by missing a deadlock only, and then another look, by whoever
//! got the answer that was missing, sees it.

use std::collections::BTreeMap;

use super::confirming::Next;
use super::look::{Look, Stage};
use super::message::{Message, Reach};
use super::node::NodeMachine;
use super::rows::Rows;
use crate::mutant::{self, Mutant};
use crate::search::Sight;
use crate::{Millis, NodeId, TxId};

impl NodeMachine {
    /// How many transactions a look may see; beyond that it is too much for one.
    const SEEN: usize = 100_000;
    /// After so many rounds of questions a look goes far: nodes tell of everybody who waits there.
    pub(super) const NEAR: u32 = 2;

    /// Begins a look. Whoever takes part in it has no need of an older one, and a reading that nobody needs is over.
    pub(super) fn look(&mut self, lookers: BTreeMap<TxId, u32>, now: Millis) {
        self.looks.retain(|_, older| {
            older.lookers.retain(|tx, _| !lookers.contains_key(tx));
            !older.lookers.is_empty() || matches!(older.stage, Stage::Told { .. })
        });
        self.counters.looks += 1;
        let number = self.next_number();
        self.looks.insert(number, Look::new(lookers, &self.me.node, now));
        self.go_on(number, now);
    }

    /// Asks for what is missing; judges when nothing is.
    fn go_on(&mut self, number: u64, now: Millis) {
        let Some(look) = self.looks.get_mut(&number) else { return };
        let questions = look.next_questions();
        if questions.is_empty() {
            return self.judge_sight(number, now);
        }
        if look.known.homes.len() > Self::SEEN {
            return self.end_look(number, Next::InHalves, now);
        }
        look.rounds += 1;
        look.note_whom_it_asks_last(&questions, &self.me.node);
        let reach = if look.rounds > Self::NEAR { Reach::Everybody } else { Reach::Reachable };
        self.ask(number, questions, reach, now);
    }

    pub(super) fn ask(&mut self, number: u64, questions: BTreeMap<NodeId, Vec<TxId>>, reach: Reach, now: Millis) {
        self.counters.rounds += 1;
        for (node, txs) in one_by_one(questions, reach) {
            let here = node == self.me.node;
            // Nobody waits for an answer of a node that is not there.
            if !self.is_alive(&node) {
                continue;
            }
            let Some(look) = self.looks.get_mut(&number) else { return };
            *look.open.entry(node.clone()).or_default() += 1;
            self.counters.search_messages += u64::from(!here) * 2;
            self.say(&node, Message::Ask { look: number, txs, reach }, now);
        }
        if self.looks.get(&number).is_some_and(|look| look.open.is_empty()) {
            self.read_on(number, now);
        }
    }

    /// A node has answered.
    pub(super) fn told(&mut self, node: &NodeId, number: u64, rows: Rows, now: Millis) {
        let Some(look) = self.looks.get_mut(&number) else { return };
        if matches!(look.stage, Stage::Told { .. }) || !look.open.contains_key(node) {
            return;
        }
        let more = rows.more;
        look.known.take(node, rows);
        if !more && look.is_answered_by(node) {
            self.read_on(number, now);
        }
    }

    fn read_on(&mut self, number: u64, now: Millis) {
        match self.looks.get(&number).map(|look| &look.stage) {
            Some(Stage::First) => self.go_on(number, now),
            Some(Stage::Second { .. }) => self.compare(number, now),
            Some(Stage::Told { .. }) | None => {}
        }
    }

    /// Judges a look that has asked for all that it knows of: when everybody has answered; or, if it is slow, whoever has
    /// not. So a node that does not answer holds up nobody but those who are stuck only together with what it knows.
    fn judge_sight(&mut self, number: u64, now: Millis) {
        let Some(look) = self.looks.get(&number) else { return };
        if !look.open.is_empty() && !look.slow {
            return;
        }
        let (sights, leaves_stuck) = Sight::all(&look.known, look.lookers.keys().copied());
        if !sights.is_empty() {
            // Those whose answers are missing may be stuck besides.
            self.confirm(number, sights, leaves_stuck || look.slow, now);
        } else if look.open.is_empty() {
            self.end_look(number, Next::Nothing, now);
        }
    }

    /// Takes note of the looks that are slow by now.
    pub(super) fn grow_slow(&mut self, now: Millis) {
        let slow = self.looks.iter_mut().filter(|(_, look)| !look.slow && look.is_slow_at() <= now);
        let slow = slow.map(|(number, look)| {
            look.slow = true;
            *number
        });
        for number in slow.collect::<Vec<_>>() {
            if self.looks.get(&number).is_some_and(|look| matches!(look.stage, Stage::First)) {
                self.judge_sight(number, now);
            }
        }
    }
}

/// The questions, each with the node that it goes to: one to each node.
fn one_by_one(questions: BTreeMap<NodeId, Vec<TxId>>, reach: Reach) -> Vec<(NodeId, Vec<TxId>)> {
    if reach != Reach::Named || !mutant::is_on(Mutant::AsksOneByOne) {
        return questions.into_iter().collect();
    }
    let each = |(node, txs): (NodeId, Vec<TxId>)| txs.into_iter().map(move |tx| (node.clone(), vec![tx]));
    questions.into_iter().flat_map(each).collect()
}
