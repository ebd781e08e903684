//! First come, first served: a grant never passes an earlier waiter whom it excludes.

use lock_core::{NodeId, TxId, WaitView};

use super::Promise;
use super::line::{Lines, Rank};
use crate::{Grant, NodeView, World};

/// Checks that promise on each node, on the tables before and after an event. Two exceptions: conversions go first, and so
/// does who was let past another in a deadlock. What a transaction's own grants cover passes nobody.
#[derive(Clone, Debug, Default)]
pub struct FirstCome {
    lines: Lines,
}

impl Promise for FirstCome {
    fn boxed_clone(&self) -> Box<dyn Promise> {
        Box::new(self.clone())
    }

    fn name(&self) -> &'static str {
        "first come, first served"
    }

    fn after_event(&mut self, world: &World) -> Result<(), String> {
        let observed = world.observed();
        self.lines.turn(observed);
        let passed = observed.event.changed_table(observed).and_then(|(node, before, now)| {
            let mut new = now.grants.iter().filter(|grant| is_new(before, now, grant));
            new.find_map(|grant| self.passed(node, before, now, grant, observed.event.number))
        });
        self.lines.follow(observed);
        passed.map_or(Ok(()), Err)
    }
}

impl FirstCome {
    /// Somebody who waits still and came before a grant that excludes them.
    fn passed(&self, node: &NodeId, before: &NodeView, now: &NodeView, grant: &Grant, event: u64) -> Option<String> {
        let waited = before.waiting().find(|(tx, wait)| *tx == grant.tx && wait.object == grant.object);
        let arrived = waited.and_then(|_| self.lines.rank(node, before, grant.tx, &grant.object));
        let rank: Rank = arrived.unwrap_or((before.grant(grant.tx, &grant.object).is_none(), event));
        let is_passed = |(tx, wait): &(TxId, &WaitView)| {
            let turned = match waited {
                Some(waited) => self.lines.is_turned(node, waited, (*tx, wait)),
                None => self.lines.is_turned_now(node, (grant.tx, &grant.object), (*tx, wait)),
            };
            *tx != grant.tx
                && wait.mode.conflicts(grant.mode)
                && wait.object.is_related_to(&grant.object)
                && still_waits(now, *tx, wait)
                && !turned
                && self.lines.rank(node, before, *tx, &wait.object).is_some_and(|theirs| theirs < rank)
        };
        let (tx, wait) = before.waiting().find(is_passed)?;
        Some(format!("{} got {} on {node} and passed {tx}, who waits for {}", grant.tx, grant.object, wait.object))
    }
}

/// Whether a grant was made in this event, and is not what its transaction's own grants cover.
fn is_new(before: &NodeView, now: &NodeView, grant: &Grant) -> bool {
    let covers = |own: &Grant| own.tx == grant.tx && own.mode.covers(grant.mode);
    let same = before.grants.iter().any(|own| covers(own) && own.object == grant.object);
    let mut own = before.grants.iter().chain(&now.grants);
    !same && !own.any(|own| covers(own) && own.object.is_ancestor_of(&grant.object))
}

fn still_waits(now: &NodeView, tx: TxId, wait: &WaitView) -> bool {
    now.waits.waits.get(&tx).is_some_and(|waits| {
        waits.iter().any(|other| other.object == wait.object && other.place == wait.place && other.mode == wait.mode)
    })
}
