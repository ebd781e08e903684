//! The times that nodes keep, all from one: after how much silence a node is taken for down.

use serde::{Deserialize, Serialize};

use crate::Millis;
use crate::mutant::{self, Mutant};

/// What a node waits for, and how long. All nodes of a cluster must have the same.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Timing {
    /// A node that was silent for so long is down for its peers, in milliseconds.
    pub node_timeout: u64,
    /// How long a node that came back waits for its peers to tell what they hold, in milliseconds.
    pub recovery_timeout: u64,
}

impl Default for Timing {
    /// 10 and 20 seconds.
    fn default() -> Self {
        Self { node_timeout: 10_000, recovery_timeout: 20_000 }
    }
}

impl Timing {
    /// How long the grants of a node may be believed in, from the sending of the last heartbeat that
    /// it answered. Two thirds of the time after which it may free them: clocks may differ in speed by
    /// nearly a half before both can be wrong together.
    pub(super) fn trust(self) -> u64 {
        if mutant::is_on(Mutant::TrustsForTheWholeTimeout) {
            return self.node_timeout;
        }
        self.node_timeout / 3 * 2
    }

    /// The time between two heartbeats.
    pub(super) fn beat(self) -> u64 {
        (self.node_timeout / 10).max(1)
    }

    /// When something unanswered is said again for the first time.
    pub(super) fn first_repeat(self) -> u64 {
        (self.node_timeout / 50).max(1)
    }

    /// The longest time between two repeats.
    pub(super) fn last_repeat(self) -> u64 {
        (self.node_timeout / 5).max(1)
    }

    /// A look that is so old holds nobody up any more: whoever is queued begins another one, in milliseconds. As a rule a
    /// look takes a few round trips.
    pub(super) const SLOW_LOOK: u64 = 50;
    /// When a waiting transaction looks again, for the first time: for what a broken link swallowed only.
    pub(super) const FIRST_LOOK_AGAIN: u64 = 1_000;
    /// The longest time between two such looks.
    pub(super) const LAST_LOOK_AGAIN: u64 = 64_000;
}

/// A moment so many milliseconds later.
pub(super) fn after(now: Millis, ms: u64) -> Millis {
    Millis(now.0.saturating_add(ms))
}
