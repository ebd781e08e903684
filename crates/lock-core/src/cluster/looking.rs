//! A look for deadlocks across nodes: pull the waits that can be reached, see who is stuck, read those a
//! second time, and tell the one who is to give way. Whoever has to look at the same time looks together.
//!
//! What is not known counts for the better: whoever is not told of does not wait, and a request that was not
//! answered may be granted. So a look errs by missing a deadlock only, and then another look, by whoever
//! got the answer that was missing, sees it.

use std::collections::{BTreeMap, BTreeSet};

use super::message::{Message, Reach};
use super::node::NodeMachine;
use super::rows::{HomeRow, Rows};
use super::shape::ShapeWriter;
use super::shape_of_message::write_waits;
use super::timing::{Timing, after};
use crate::mutant::{self, Mutant};
use crate::search::Sight;
use crate::{Millis, NodeId, Object, TxId, WaitView};

/// A look under way.
#[derive(Clone, Debug)]
pub(super) struct Look {
    /// Who looks, and how often in a row the second reading did not confirm what they saw.
    lookers: BTreeMap<TxId, u32>,
    began: Millis,
    /// How long after that it judges what it knows, whoever has not answered yet; then it waits as long again.
    patience: u64,
    /// It has judged without some of the answers.
    early: bool,
    stage: Stage,
    known: Known,
    /// What was asked for, and of whom.
    asked: BTreeSet<(NodeId, TxId)>,
    /// Who has not answered yet, and how often it was asked.
    open: BTreeMap<NodeId, u32>,
    /// How many rounds of questions the first reading took.
    rounds: u32,
    /// How many answers have come.
    answers: u32,
}

#[derive(Clone, Debug)]
enum Stage {
    /// Gathering.
    First,
    /// Reading those who are stuck again; what was read first.
    Second(Box<Sight>),
    /// Evidence was sent; whether anybody is stuck who would be with the victim gone.
    Told { again: bool },
}

/// What has been told so far.
#[derive(Clone, Debug, Default)]
pub(crate) struct Known {
    pub(crate) homes: BTreeMap<TxId, HomeRow>,
    pub(crate) waits: BTreeMap<(TxId, NodeId), Vec<WaitView>>,
    pub(crate) lives_at: BTreeMap<TxId, NodeId>,
}

impl Look {
    /// The way out, as far as it is known who waits.
    fn judge(&self) -> Option<Sight> {
        Sight::of(&self.known, self.lookers.keys().copied())
    }

    /// From when on it holds nobody up any more.
    pub(super) fn is_slow_at(&self) -> Millis {
        after(self.began, Timing::SLOW_LOOK)
    }

    /// When it judges early, if answers are missing until then.
    pub(super) fn judges_early_at(&self) -> Option<Millis> {
        matches!(self.stage, Stage::First).then(|| after(self.began, self.patience))
    }

    /// Takes down what it knows, and what it waits for.
    pub(super) fn write_shape(&self, out: &mut ShapeWriter) {
        let Self { lookers, began: _, patience: _, early, stage, known, asked, open, rounds, answers } = self;
        // Of the answers it only matters whether there was more than one.
        out.plain(&(lookers, early, asked, open, (*rounds).min(NodeMachine::NEAR + 1), (*answers).min(2)));
        let slow_at = Some(self.is_slow_at()).filter(|at| out.now < *at);
        if out.time_goes_on {
            out.time(slow_at);
            out.time(self.judges_early_at());
        } else {
            out.plain(&slow_at.is_some());
        }
        known.write_shape(out);
        match stage {
            Stage::First => out.plain(&0_u8),
            Stage::Second(sight) => {
                out.plain(&1_u8);
                sight.write_shape(out);
            }
            Stage::Told { again } => out.plain(&(2_u8, again)),
        }
    }
}

impl Known {
    fn write_shape(&self, out: &mut ShapeWriter) {
        out.plain(&self.lives_at);
        out.each(self.homes.values(), |out, row| row.write_shape(out));
        out.each(&self.waits, |out, ((tx, node), waits)| {
            out.plain(&(tx, node));
            write_waits(waits, node, out);
        });
    }

    fn take(&mut self, node: &NodeId, rows: Rows) {
        for row in rows.homes {
            self.lives_at.insert(row.tx, node.clone());
            self.homes.insert(row.tx, row);
        }
        self.waits.extend(rows.waits.into_iter().map(|row| ((row.tx, node.clone()), row.waits)));
        for (tx, home) in rows.elsewhere {
            self.lives_at.entry(tx).or_insert(home);
        }
    }

    /// A wait that its home and its node tell alike.
    pub(crate) fn wait(&self, tx: TxId, node: &NodeId, object: &Object, place: u64) -> Option<&WaitView> {
        let waits = self.waits.get(&(tx, node.clone()))?;
        waits.iter().find(|wait| wait.object == *object && wait.place == place)
    }

    /// Whether what a transaction has or wants there does not stand in anybody's way for long.
    pub(crate) fn is_letting_go(&self, tx: TxId, node: &NodeId, object: &Object) -> bool {
        let row = self.homes.get(&tx).filter(|row| !row.letting_go.is_empty());
        row.is_some_and(|row| row.letting_go.iter().any(|(at, what)| at == node && what == object))
    }

    /// Whom to ask for what is still missing.
    fn missing(&self) -> BTreeSet<(NodeId, TxId)> {
        let homes = self.lives_at.iter().filter(|(tx, _)| !self.homes.contains_key(tx));
        let homes = homes.map(|(tx, home)| (home.clone(), *tx));
        let waiting = self
            .homes
            .values()
            .flat_map(|row| row.unmet.iter().flat_map(|unmet| &unmet.waits).map(|(node, _)| (node.clone(), row.tx)));
        homes.chain(waiting.filter(|(node, tx)| !self.waits.contains_key(&(*tx, node.clone())))).collect()
    }
}

/// What becomes of the lookers of a look that ends.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Next {
    /// They have seen what there is to see.
    Nothing,
    /// Somebody else is stuck besides: they look again.
    Again,
    /// What they saw had changed meanwhile: they look again, but not for ever.
    InVain,
    /// It was too much for one look: half of them try alone, the others later.
    InHalves,
}

impl NodeMachine {
    /// How many transactions a look may see; beyond that it gives up, and the slow timer looks again.
    const SEEN: usize = 100_000;
    /// After so many rounds of questions a look goes far: nodes tell of everybody who waits there.
    const NEAR: u32 = 2;
    /// How often a looker looks anew because what it saw had changed meanwhile.
    const VAIN: u32 = 8;

    /// Begins a look. Whoever takes part in it has no need of an older one, and an older one that nobody needs is over.
    pub(super) fn look(&mut self, lookers: BTreeMap<TxId, u32>, now: Millis) {
        self.looks.retain(|_, older| {
            older.lookers.retain(|tx, _| !lookers.contains_key(tx));
            !older.lookers.is_empty()
        });
        self.counters.looks += 1;
        let number = self.next_number();
        let mut known = Known::default();
        known.lives_at.extend(lookers.keys().map(|looker| (*looker, self.me.node.clone())));
        let look = Look {
            lookers,
            began: now,
            patience: Timing::SLOW_LOOK,
            early: false,
            stage: Stage::First,
            known,
            asked: BTreeSet::new(),
            open: BTreeMap::new(),
            rounds: 0,
            answers: 0,
        };
        self.looks.insert(number, look);
        self.go_on(number, now);
    }

    /// Asks for what is missing; judges when nothing is.
    fn go_on(&mut self, number: u64, now: Millis) {
        let Some(look) = self.looks.get_mut(&number) else { return };
        let mut questions: BTreeMap<NodeId, Vec<TxId>> = BTreeMap::new();
        for (node, tx) in look.known.missing() {
            if look.asked.insert((node.clone(), tx)) {
                questions.entry(node).or_default().push(tx);
            }
        }
        if questions.is_empty() && look.open.is_empty() {
            return self.judge_sight(number, now);
        }
        if look.known.homes.len() > Self::SEEN {
            return self.end_look(number, Next::InHalves, now);
        }
        look.rounds += 1;
        let reach = if look.rounds > Self::NEAR { Reach::Everybody } else { Reach::Reachable };
        self.ask(number, questions, reach, now);
    }

    fn ask(&mut self, number: u64, questions: BTreeMap<NodeId, Vec<TxId>>, reach: Reach, now: Millis) {
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
            self.answered_all(number, now);
        }
    }

    /// A node has answered.
    pub(super) fn told(&mut self, node: &NodeId, number: u64, rows: Rows, now: Millis) {
        let Some(look) = self.looks.get_mut(&number) else { return };
        let Some(open) = look.open.get_mut(node) else { return };
        *open -= 1;
        if *open == 0 {
            look.open.remove(node);
        }
        look.answers += 1;
        look.known.take(node, rows);
        self.answered_all(number, now);
    }

    fn answered_all(&mut self, number: u64, now: Millis) {
        let Some(look) = self.looks.get_mut(&number) else { return };
        match &look.stage {
            Stage::First => self.go_on(number, now),
            Stage::Second(first) if look.open.is_empty() => {
                if first.still_stands(&look.known) {
                    self.tell_victim(number, now);
                } else {
                    self.counters.phantoms += 1;
                    self.end_look(number, Next::InVain, now);
                }
            }
            Stage::Second(_) | Stage::Told { .. } => {}
        }
    }

    /// Everything that can be reached is known: is anybody stuck?
    fn judge_sight(&mut self, number: u64, now: Millis) {
        let Some(look) = self.looks.get_mut(&number) else { return };
        match look.judge() {
            Some(sight) => self.confirm(number, sight, now),
            None => self.end_look(number, Next::Nothing, now),
        }
    }

    /// Judges what looks know that have waited long for answers: what is missing then counts for the better. So a node
    /// that does not answer holds up nobody but those who are stuck only together with what it knows.
    pub(super) fn judge_early(&mut self, now: Millis) {
        let late = |look: &Look| look.judges_early_at().is_some_and(|at| at <= now);
        let late: Vec<u64> = self.looks.iter().filter(|(_, look)| late(look)).map(|(number, _)| *number).collect();
        for number in late {
            let Some(look) = self.looks.get_mut(&number) else { continue };
            look.patience = (now.0 - look.began.0).max(look.patience) * 2;
            let Some(sight) = look.judge() else { continue };
            // It goes on under a new number: what was asked in the first reading is no answer to the second.
            let Some(look) = self.looks.remove(&number) else { continue };
            let number = self.next_number();
            self.looks.insert(number, Look { early: true, open: BTreeMap::new(), ..look });
            self.confirm(number, sight, now);
        }
    }

    /// Reads those who are stuck a second time.
    fn confirm(&mut self, number: u64, sight: Sight, now: Millis) {
        let Some(look) = self.looks.get_mut(&number) else { return };
        // One answer is one moment: what it shows stood together. It may be long past for one that judges early.
        let one_moment = look.answers == 1 && !look.early || mutant::is_on(Mutant::BelievesTheFirstReading);
        let questions = sight.questions();
        look.known = Known::default();
        look.stage = Stage::Second(Box::new(sight));
        if one_moment {
            return self.tell_victim(number, now);
        }
        self.ask(number, questions, Reach::Named, now);
    }

    fn tell_victim(&mut self, number: u64, now: Millis) {
        let Some(look) = self.looks.get_mut(&number) else { return };
        let again = Stage::Told { again: false };
        let Stage::Second(sight) = std::mem::replace(&mut look.stage, again) else { return };
        let Some((home, evidence, leaves_stuck)) = sight.evidence() else {
            return self.end_look(number, Next::InVain, now);
        };
        look.stage = Stage::Told { again: leaves_stuck || look.early };
        look.open = BTreeMap::from([(home.clone(), 1)]);
        if !self.is_alive(&home) {
            // It was there when it answered. Nobody waits for what it would say to this.
            return self.end_look(number, Next::InVain, now);
        }
        self.say(&home, Message::Resolve { look: number, evidence: Box::new(evidence) }, now);
    }

    /// The evidence was acted upon, or was stale.
    pub(super) fn resolved(&mut self, number: u64, acted: bool, now: Millis) {
        let Some(look) = self.looks.get(&number) else { return };
        let Stage::Told { again } = look.stage else { return };
        self.counters.stale += u64::from(!acted);
        let next = match (acted, again) {
            (true, true) => Next::Again,
            (true, false) => Next::Nothing,
            (false, _) => Next::InVain,
        };
        self.end_look(number, next, now);
    }

    /// Ends a look, and begins the next one, if anybody has to look.
    fn end_look(&mut self, number: u64, next: Next, now: Millis) {
        self.close_look(number, next, now);
        self.look_together(now);
    }

    fn close_look(&mut self, number: u64, next: Next, now: Millis) {
        let Some(Look { mut lookers, .. }) = self.looks.remove(&number) else { return };
        match next {
            Next::Nothing => lookers.clear(),
            Next::Again => lookers.values_mut().for_each(|vain| *vain = 0),
            Next::InVain => lookers.values_mut().for_each(|vain| *vain += 1),
            Next::InHalves => {
                let middle = lookers.keys().nth(lookers.len() / 2).copied();
                let half = middle.map(|middle| lookers.split_off(&middle)).unwrap_or_default();
                // Whoever sees too much alone looks when the slow timer says so.
                let alone = std::mem::replace(&mut lookers, half);
                if alone.is_empty() {
                    lookers.clear();
                } else {
                    self.look(alone, now);
                }
            }
        }
        for (tx, vain) in lookers.into_iter().filter(|(_, vain)| *vain <= Self::VAIN) {
            self.has_to_look(tx, vain);
        }
    }

    /// Nobody waits for the answer of a node that is down.
    pub(super) fn drop_searches_of(&mut self, peer: &NodeId, now: Millis) {
        let open = self.looks.iter().filter(|(_, look)| look.open.contains_key(peer));
        let open: Vec<u64> = open.map(|(number, _)| *number).collect();
        for number in open {
            self.close_look(number, Next::InVain, now);
        }
        self.look_together(now);
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
