//! Who has to look for deadlocks, and when.
//!
//! A node has one look under way at a time: whoever has to look meanwhile is queued, and when it ends, one look begins
//! for all of them. So each sees what was answered before it had to look, and many who wait at once cost no more than
//! one. A slow look, as a peer does not answer, holds nobody up: then the queued begin another one.

use std::collections::BTreeMap;

use super::look::Look;
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

    /// Looks again with whoever has waited long: for what was lost on the way only. To be followed by
    /// [`NodeMachine::look_together`].
    pub(super) fn look_again(&mut self, tx: TxId, now: Millis) {
        let Some(agent) = self.agents.get_mut(&tx) else { return };
        let Some((_, waited)) = agent.look_again.filter(|(at, _)| *at <= now) else { return };
        let next = (waited * 2).min(Timing::LAST_LOOK_AGAIN);
        agent.look_again = Some((after(now, next), next));
        self.queue_if_needed(tx, now);
    }

    /// When the next look is slow.
    pub(super) fn next_look_at(&self) -> Option<Millis> {
        self.looks.values().filter(|look| !look.slow).map(Look::is_slow_at).min()
    }

    fn queue_if_needed(&mut self, tx: TxId, now: Millis) {
        let Some(agent) = self.agents.get_mut(&tx) else { return };
        if !agent.is_waiting() {
            agent.overtakings = None;
        }
        if !agent.may_be_stuck() || mutant::is_on(Mutant::NeverLooks) {
            agent.look_again = None;
            return self.plan(tx);
        }
        // Whoever has open questions looks when they are answered.
        if !agent.has_open_questions() {
            agent.look_again.get_or_insert((after(now, Timing::FIRST_LOOK_AGAIN), Timing::FIRST_LOOK_AGAIN));
            self.has_to_look(tx, 0);
        }
        self.plan(tx);
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

    /// Begins a look of all who are queued and may still be part of a deadlock, unless one is under way that is not slow.
    pub(super) fn look_together(&mut self, now: Millis) {
        if self.looks.values().any(|look| !look.slow) {
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
