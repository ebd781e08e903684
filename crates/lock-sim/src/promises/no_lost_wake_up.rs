//! Nobody waits who could be granted.

use lock_core::{NodeId, TxId, WaitView};

use super::Promise;
use super::line::Lines;
use crate::{NodeView, World};

/// Checks that promise on each node: every waiting claim is excluded by a grant of another, or by another's claim that
/// waits and came before, or may have been let past.
#[derive(Clone, Debug, Default)]
pub struct NoLostWakeUp {
    lines: Lines,
}

impl Promise for NoLostWakeUp {
    fn boxed_clone(&self) -> Box<dyn Promise> {
        Box::new(self.clone())
    }

    fn name(&self) -> &'static str {
        "no lost wake-up"
    }

    fn after_event(&mut self, world: &World) -> Result<(), String> {
        let observed = world.observed();
        self.lines.turn(observed);
        self.lines.follow(observed);
        let Some((node, _, now)) = observed.event.changed_table(observed) else { return Ok(()) };
        let forgotten = now.waiting().find(|(tx, wait)| !self.is_blocked(node, now, *tx, wait));
        forgotten.map_or(Ok(()), |(tx, wait)| {
            Err(format!("{tx} waits for {} on {node}, and nobody is in its way", wait.object))
        })
    }
}

impl NoLostWakeUp {
    fn is_blocked(&self, node: &NodeId, now: &NodeView, tx: TxId, wait: &WaitView) -> bool {
        let by_grant = now
            .grants
            .iter()
            .any(|grant| grant.tx != tx && grant.mode.conflicts(wait.mode) && grant.object.is_related_to(&wait.object));
        let rank = self.lines.rank(node, now, tx, &wait.object);
        let goes_before = |other: TxId, theirs: &WaitView| {
            self.lines.is_turned(node, (other, theirs), (tx, wait))
                || self.lines.rank(node, now, other, &theirs.object) <= rank
        };
        by_grant
            || now.waiting().any(|(other, theirs)| {
                other != tx
                    && theirs.mode.conflicts(wait.mode)
                    && theirs.object.is_related_to(&wait.object)
                    && goes_before(other, theirs)
            })
    }
}
