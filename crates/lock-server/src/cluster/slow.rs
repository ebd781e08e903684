//! A wire that is slow in the time of whoever directs its node.

use std::collections::VecDeque;
use std::sync::Arc;

use lock_core::{Frame, Millis, NodeId};
use parking_lot::Mutex;

use super::{Director, Traffic, Wire};

/// Keeps each frame back for as long as the director says, and then sends it, in order.
pub(super) struct SlowWire {
    wire: Arc<dyn Wire>,
    director: Arc<dyn Director>,
    kept: Mutex<VecDeque<(Millis, NodeId, Frame)>>,
}

impl SlowWire {
    pub(super) fn over(wire: Arc<dyn Wire>, director: Arc<dyn Director>) -> Self {
        Self { wire, director, kept: Mutex::default() }
    }
}

impl Wire for SlowWire {
    fn send(&self, to: &NodeId, frame: Frame) {
        let mut kept = self.kept.lock();
        let delay = self.director.delay_ms();
        if delay == 0 && kept.is_empty() {
            return self.wire.send(to, frame);
        }
        let due = Millis(self.director.now().0.saturating_add(delay));
        // What was sent later comes later.
        let due = kept.back().map_or(due, |(before, ..)| due.max(*before));
        kept.push_back((due, to.clone(), frame));
    }

    fn traffic(&self, peer: &NodeId) -> Traffic {
        self.wire.traffic(peer)
    }

    fn send_what_is_due(&self) {
        let mut kept = self.kept.lock();
        let now = self.director.now();
        while let Some((_, to, frame)) = kept.pop_front_if(|(due, ..)| *due <= now) {
            self.wire.send(&to, frame);
        }
    }

    fn next_due(&self) -> Option<Millis> {
        self.kept.lock().front().map(|(due, ..)| *due)
    }
}
