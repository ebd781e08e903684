//! The second reading of a look, and its end: those who are stuck are read again, and whoever is to give way is told.

use std::collections::{BTreeMap, BTreeSet};

use super::look::{Look, Stage};
use super::message::{Message, Reach};
use super::node::NodeMachine;
use crate::mutant::{self, Mutant};
use crate::search::Sight;
use crate::{Millis, NodeId, TxId};

/// What becomes of the lookers of a look that ends.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Next {
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
    /// How often in a row a looker looks anew because what it saw had changed meanwhile.
    const VAIN: u32 = 8;

    /// Reads those who are stuck a second time. Whoever was asked last, alone and once, need not be asked again: what the
    /// others tell before and after stood at the moment of that answer. In a slow look that moment may be long past.
    pub(super) fn confirm(&mut self, number: u64, sights: Vec<Sight>, again: bool, now: Millis) {
        let Some(mut look) = self.looks.remove(&number) else { return };
        let believed = mutant::is_on(Mutant::BelievesTheFirstReading);
        look.last = look.last.filter(|_| !look.slow);
        // Answers to the first reading that are still to come are none to the second.
        let number = if look.open.is_empty() { number } else { self.next_number() };
        let known = std::mem::take(&mut look.known);
        look.known = look.last.as_ref().map(|last| known.told_by(last)).unwrap_or_default();
        look.open.clear();
        if believed {
            self.looks.insert(number, look);
            return self.tell_victims(number, sights, again, false, now);
        }
        let by_node: BTreeSet<(NodeId, TxId)> = sights.iter().flat_map(Sight::questions).collect();
        let mut questions: BTreeMap<NodeId, Vec<TxId>> = BTreeMap::new();
        for (node, tx) in by_node.into_iter().filter(|(node, _)| Some(node) != look.last.as_ref()) {
            questions.entry(node).or_default().push(tx);
        }
        look.stage = Stage::Second { sights, again };
        self.looks.insert(number, look);
        self.ask(number, questions, Reach::Named, now);
    }

    /// Compares the two readings when the second one is complete.
    pub(super) fn compare(&mut self, number: u64, now: Millis) {
        let Some(look) = self.looks.get_mut(&number).filter(|look| look.open.is_empty()) else { return };
        let Stage::Second { sights, again } = &mut look.stage else { return };
        let (sights, again) = (std::mem::take(sights), *again);
        let seen = sights.len();
        let stand: Vec<Sight> = sights.into_iter().filter(|sight| sight.still_stands(&look.known)).collect();
        let phantoms = seen - stand.len();
        self.counters.phantoms += phantoms as u64;
        self.tell_victims(number, stand, again, phantoms > 0, now);
    }

    /// Sends the evidence to the homes of those who are to act.
    fn tell_victims(&mut self, number: u64, sights: Vec<Sight>, again: bool, mut vain: bool, now: Millis) {
        let mut verdicts = Vec::new();
        let closed: BTreeMap<TxId, Millis> = sights.iter().filter_map(|sight| self.closed(number, sight)).collect();
        for sight in sights {
            // Its home was there when it answered. Nobody waits for what it would say to this.
            match sight.evidence().filter(|(home, _)| self.is_alive(home)) {
                Some(verdict) => verdicts.push(verdict),
                None => vain = true,
            }
        }
        let Some(look) = self.looks.get_mut(&number) else { return };
        look.stage = Stage::Told { again, acted: false, vain };
        look.closed = closed;
        for (home, _) in &verdicts {
            *look.open.entry(home.clone()).or_default() += 1;
        }
        if verdicts.is_empty() {
            return self.end_look(number, Next::InVain, now);
        }
        for (home, evidence) in verdicts {
            self.say(&home, Message::Resolve { look: number, evidence: Box::new(evidence) }, now);
        }
    }

    /// Who is to act, and when its circle was closed, as far as is known here: with the last request of a looker on it.
    fn closed(&self, number: u64, sight: &Sight) -> Option<(TxId, Millis)> {
        let lookers = &self.looks.get(&number)?.lookers;
        let members = sight.members().filter(|member| lookers.contains_key(member));
        let closed = members.filter_map(|member| Some(self.agents.get(&member)?.asked_at)).max()?;
        Some((sight.acts(), closed))
    }

    /// The evidence was acted upon, or was stale.
    pub(super) fn resolved(&mut self, home: &NodeId, number: u64, tx: TxId, done: bool, now: Millis) {
        let Some(look) = self.looks.get_mut(&number) else { return };
        if !matches!(look.stage, Stage::Told { .. }) || !look.is_answered_by(home) {
            return;
        }
        let Stage::Told { again, acted, vain } = &mut look.stage else { return };
        if let Some(closed) = look.closed.remove(&tx).filter(|_| done) {
            self.counters.ways_out.add(closed, now);
        }
        self.counters.stale += u64::from(!done);
        *acted |= done;
        *vain |= !done;
        let next = match (*acted, *again || *vain) {
            (true, true) => Next::Again,
            (true, false) => Next::Nothing,
            (false, _) => Next::InVain,
        };
        if look.open.is_empty() {
            self.end_look(number, next, now);
        }
    }

    /// Ends a look, and begins the next one, if anybody has to look.
    pub(super) fn end_look(&mut self, number: u64, next: Next, now: Millis) {
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

    /// Nobody waits for the answer of a node that is down, or goes by the one that it gave last.
    pub(super) fn drop_searches_of(&mut self, peer: &NodeId, now: Millis) {
        let goes_by = |look: &Look| matches!(look.stage, Stage::Second { .. }) && look.last.as_ref() == Some(peer);
        let open = self.looks.iter().filter(|(_, look)| look.open.contains_key(peer) || goes_by(look));
        let open: Vec<u64> = open.map(|(number, _)| *number).collect();
        for number in open {
            self.close_look(number, Next::InVain, now);
        }
        self.look_together(now);
    }
}
