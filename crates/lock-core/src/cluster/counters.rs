//! How often something happened on a node, and how long it took.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

use super::node::NodeMachine;
use crate::Millis;

/// How often something happened on a node since it started.
///
/// # Examples
///
/// ```
/// use lock_core::{Counters, Incarnation, Millis, NodeConfig, NodeId, NodeMachine};
///
/// let machine = NodeMachine::new(NodeConfig::new(NodeId::new("n1"), Incarnation(1)), Millis(0));
/// let counters = machine.counters();
/// assert_eq!((counters.looks, counters.deadlocks()), (0, 0));
/// assert_eq!(counters.ways_out.at_most(50), None, "no deadlock, no time");
/// ```
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[non_exhaustive]
pub struct Counters {
    /// Looks for deadlocks that were begun here.
    pub looks: u64,
    /// Rounds of questions that they took, the second reading among them.
    pub rounds: u64,
    /// Messages that they cost, of those that went over a link.
    pub search_messages: u64,
    /// What looked like a deadlock, and a second reading did not confirm.
    pub phantoms: u64,
    /// Evidence that had gone stale on its way.
    pub stale: u64,
    /// Deadlocks whose victim lives here, by how many transactions were on the circle. Circles of 64 and more are
    /// counted together, as 64.
    pub circles: BTreeMap<u32, u64>,
    /// How long the deadlocks took that a look of this node found: from the request that closed the circle to the way out. As
    /// far as is known here: from the last request of a member that lives here and looked, until its home knew that the victim
    /// had given way.
    pub ways_out: Durations,
}

impl Counters {
    /// Longer circles are counted as this long.
    pub const LONG_CIRCLE: u32 = 64;

    /// The deadlocks whose victim lives here.
    pub fn deadlocks(&self) -> u64 {
        self.circles.values().sum()
    }

    /// A deadlock ended here, on a circle of so many.
    pub(super) fn ended(&mut self, members: usize) {
        let length = u32::try_from(members).unwrap_or(u32::MAX).min(Self::LONG_CIRCLE);
        *self.circles.entry(length).or_default() += 1;
    }
}

/// How long something took, in milliseconds, by powers of two.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Durations {
    /// How many took so long at most: 0, 1, 2, 4, 8, … milliseconds, and longer than the one before.
    pub counts: BTreeMap<u64, u64>,
    /// All of them together.
    pub sum_ms: u64,
    /// The longest.
    pub longest_ms: u64,
}

impl Durations {
    /// How many there were.
    pub fn count(&self) -> u64 {
        self.counts.values().sum()
    }

    /// How long so many percent of them took at most, as exactly as it is counted; `None` if there were none.
    pub fn at_most(&self, percent: u8) -> Option<u64> {
        let wanted = (self.count() * u64::from(percent.min(100))).div_ceil(100).max(1);
        let mut so_far = 0;
        let mut counts = self.counts.iter();
        counts.find_map(|(ms, count)| {
            so_far += count;
            (so_far >= wanted).then_some((*ms).min(self.longest_ms))
        })
    }

    pub(super) fn add(&mut self, from: Millis, to: Millis) {
        let ms = to.0.saturating_sub(from.0);
        let bucket = if ms == 0 { 0 } else { ms.checked_next_power_of_two().unwrap_or(u64::MAX) };
        *self.counts.entry(bucket).or_default() += 1;
        self.sum_ms = self.sum_ms.saturating_add(ms);
        self.longest_ms = self.longest_ms.max(ms);
    }
}

impl NodeMachine {
    /// How often what happened.
    pub fn counters(&self) -> &Counters {
        &self.counters
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn durations_tell_what_most_took_at_most() {
        let mut durations = Durations::default();
        for ms in [0, 0, 0, 1, 2, 3, 5, 9, 17, 100] {
            durations.add(Millis(7), Millis(7 + ms));
        }
        assert_eq!((durations.count(), durations.sum_ms, durations.longest_ms), (10, 137, 100));
        assert_eq!(durations.at_most(30), Some(0));
        assert_eq!(durations.at_most(50), Some(2));
        assert_eq!(durations.at_most(80), Some(16));
        assert_eq!(durations.at_most(100), Some(100));
    }

    #[test]
    fn long_circles_are_counted_together() {
        let mut counters = Counters::default();
        for members in [2, 2, 5, 64, 65, 1_000_000] {
            counters.ended(members);
        }
        assert_eq!(counters.circles, BTreeMap::from([(2, 2), (5, 1), (64, 3)]));
        assert_eq!(counters.deadlocks(), 6);
    }
}
