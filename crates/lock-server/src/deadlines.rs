//! Whose time is over when.

use std::cmp::Ordering;
use std::collections::BinaryHeap;
use std::sync::{Arc, Weak};

use lock_core::{Millis, TxId};
use parking_lot::Mutex;

use crate::server::ServerMessage;
use crate::{Node, Party};

/// All deadlines and leases of a node, the next one first. They outlive a failure of the server.
#[derive(Default)]
pub(crate) struct Deadlines(Mutex<BinaryHeap<Due>>);

struct Due {
    at: Millis,
    /// Of those whose time is over at the same moment, the older is told first: it may make room for the other.
    tx: TxId,
    party: Weak<dyn Party>,
}

impl Deadlines {
    /// Tells everybody whose time is over; gives the next moment when there is something to do.
    pub(crate) fn expire(&self, now: Millis) -> Option<Millis> {
        loop {
            let mut heap = self.0.lock();
            let next = heap.peek()?.at;
            if next > now {
                return Some(next);
            }
            let due = heap.pop();
            drop(heap);
            if let Some(party) = due.and_then(|due| due.party.upgrade()) {
                party.time_is_over();
            }
        }
    }
}

impl Node {
    /// Lets a party know when its time is over, on the clock of the node; forgotten if the party is gone by then.
    pub fn expire_at(self: &Arc<Self>, at: Millis, party: Weak<dyn Party>) {
        let Some(tx) = party.upgrade().map(|party| party.profile().tx) else { return };
        let mut heap = self.deadlines.0.lock();
        if heap.len() == heap.capacity() {
            // Before it grows: those who ended in time need no reminder, and would stay until theirs.
            heap.retain(|due| due.party.strong_count() > 0);
            let room = heap.len();
            heap.reserve(room);
        }
        heap.push(Due { at, tx, party });
        drop(heap);
        self.tell_server(ServerMessage::Tick);
    }
}

impl PartialEq for Due {
    fn eq(&self, other: &Self) -> bool {
        (self.at, self.tx) == (other.at, other.tx)
    }
}

impl Eq for Due {}

impl PartialOrd for Due {
    fn partial_cmp(&self, other: &Self) -> Option<Ordering> {
        Some(self.cmp(other))
    }
}

impl Ord for Due {
    /// The earlier, and then the older, the greater: the heap gives the greatest first.
    fn cmp(&self, other: &Self) -> Ordering {
        (other.at, other.tx).cmp(&(self.at, self.tx))
    }
}
