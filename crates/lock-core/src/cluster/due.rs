//! What time has in store for transactions, by when it is due: so that a tick costs what is due, and not what is there.

use std::collections::BTreeSet;

use super::agent::Agent;
use super::node::NodeMachine;
use crate::{Millis, TxId};

/// When each transaction wants to be called, the first one first.
#[derive(Clone, Debug, Default)]
pub(super) struct Due(BTreeSet<(Millis, TxId)>);

impl Due {
    /// Who is due by now, the oldest first. They are to be planned again.
    fn take(&mut self, now: Millis) -> BTreeSet<TxId> {
        let later = self.0.split_off(&(Millis(now.0.saturating_add(1)), TxId(0)));
        std::mem::replace(&mut self.0, later).into_iter().map(|(_, tx)| tx).collect()
    }

    /// When the first one is due.
    pub(super) fn first(&self) -> Option<Millis> {
        self.0.first().map(|(at, _)| *at)
    }
}

impl NodeMachine {
    /// Takes note of when time matters next to a transaction. To be called when that may have changed.
    pub(super) fn plan(&mut self, tx: TxId) {
        let Some(agent) = self.agents.get_mut(&tx) else { return };
        let next = agent.next_tick();
        let planned = std::mem::replace(&mut agent.due, next);
        if planned != next {
            self.due.0.extend(next.map(|at| (at, tx)));
            self.unplan(tx, planned);
        }
    }

    /// A transaction is not called any more at a moment that was planned.
    pub(super) fn unplan(&mut self, tx: TxId, planned: Option<Millis>) {
        if let Some(at) = planned {
            self.due.0.remove(&(at, tx));
        }
    }

    /// Who is due by now, the oldest first. They are to be planned again.
    pub(super) fn take_due(&mut self, now: Millis) -> BTreeSet<TxId> {
        debug_assert!(
            self.agents.values().all(|agent| agent.due == agent.next_tick()),
            "what is planned is what is due"
        );
        let due = self.due.take(now);
        for tx in &due {
            if let Some(agent) = self.agents.get_mut(tx) {
                agent.due = None;
            }
        }
        due
    }
}

impl Agent {
    /// When time matters next: a lease or a deadline, belief in what a node forgot, and the next look.
    fn next_tick(&self) -> Option<Millis> {
        if self.machine.running().is_err() {
            return None;
        }
        let parts = || self.claims.values().flat_map(|claim| claim.nodes.values());
        let held = self.may_hold.then(|| parts().filter_map(|part| part.hold_until).min()).flatten();
        let options = self.machine.options();
        let deadline = options.deadline.filter(|_| self.is_waiting());
        let look = self.look_again.map(|(at, _)| at);
        held.into_iter().chain(deadline).chain(options.lease).chain(look).min()
    }
}
