//! Who has to look for deadlocks, and when.
//!
//! A node has one look under way at a time: whoever has to look meanwhile is queued, and when it ends, one look begins
//! for all of them. So each sees what was answered before it had to look, and many who wait at once cost no more than
//! one. A look that takes long, as a peer does not answer, holds nobody up: then the queued begin another one, and those
//! who take part in it are judged by what is known.

use std::collections::BTreeMap;

use super::agent::Agent;
use super::looking::Look;
use super::node::NodeMachine;
use super::timing::{Timing, after};
use crate::mutant::{self, Mutant};
use crate::{Millis, TxId};

impl NodeMachine {
    /// How many take part in one look; the others wait for the next one.
    const TOGETHER: usize = 1_024;

    /// Looks, if the transaction may be part of a deadlock and all that it asked is answered.
    pub(super) fn look_if_needed(&mut self, tx: TxId, now: Millis) {
        self.queue_if_needed(tx, now);
        self.look_together(now);
    }

    /// Looks again with whoever has waited long: for what was lost on the way only. And with whoever was held up by a
    /// look that is slow by now.
    pub(super) fn look_again(&mut self, now: Millis) {
        let due = |agent: &&mut Agent| agent.look_again.is_some_and(|(at, _)| at <= now);
        let mut lookers = Vec::new();
        for agent in self.agents.values_mut().filter(due) {
            let waited = agent.look_again.map_or(Timing::FIRST_LOOK_AGAIN, |(_, waited)| waited);
            let next = (waited * 2).min(Timing::LAST_LOOK_AGAIN);
            agent.look_again = agent.may_be_stuck().then(|| (after(now, next), next));
            lookers.extend(agent.look_again.is_some().then(|| agent.tx()));
        }
        for tx in lookers {
            self.queue_if_needed(tx, now);
        }
        self.look_together(now);
    }

    /// When time matters next to the looks under way, and to those who wait for one to end.
    pub(super) fn next_look_at(&self) -> Option<Millis> {
        let early = self.looks.values().filter_map(Look::judges_early_at).min();
        let queued = self.young_until().filter(|_| !self.to_look.is_empty());
        early.into_iter().chain(queued).min()
    }

    /// When the newest of the looks under way holds nobody up any more.
    fn young_until(&self) -> Option<Millis> {
        self.looks.values().map(Look::is_slow_at).max()
    }

    fn queue_if_needed(&mut self, tx: TxId, now: Millis) {
        let Some(agent) = self.agents.get_mut(&tx) else { return };
        if !agent.may_be_stuck() || mutant::is_on(Mutant::NeverLooks) {
            agent.look_again = None;
            return;
        }
        // Whoever has open questions looks when they are answered.
        if !agent.has_open_questions() {
            agent.look_again.get_or_insert((after(now, Timing::FIRST_LOOK_AGAIN), Timing::FIRST_LOOK_AGAIN));
            self.has_to_look(tx, 0);
        }
    }

    /// Queues a transaction; `vain` says how many looks of it were in vain. A new reason to look counts from the start.
    pub(super) fn has_to_look(&mut self, tx: TxId, vain: u32) {
        let Some(agent) = self.agents.get_mut(&tx) else { return };
        match &mut agent.has_to_look {
            Some(queued) => *queued = vain.min(*queued),
            none => {
                *none = Some(vain);
                self.to_look.push_back(tx);
            }
        }
    }

    /// Begins a look of all who are queued and may still be part of a deadlock, unless a young look is under way.
    pub(super) fn look_together(&mut self, now: Millis) {
        if self.young_until().is_some_and(|until| now < until) {
            return;
        }
        let mut lookers = BTreeMap::new();
        while lookers.len() < Self::TOGETHER
            && let Some(tx) = self.to_look.pop_front()
        {
            let Some(agent) = self.agents.get_mut(&tx) else { continue };
            let vain = agent.has_to_look.take();
            let looks = agent.may_be_stuck() && !agent.has_open_questions();
            lookers.extend(vain.filter(|_| looks).map(|vain| (tx, vain)));
        }
        if !lookers.is_empty() {
            self.look(lookers, now);
        }
    }
}
