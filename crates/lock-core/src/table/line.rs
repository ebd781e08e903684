//! Who is ahead of whom: places, queues and turned pairs.

use super::LockTable;
use super::records::{Place, Slot, Waiting};
use crate::{Millis, Mode};

impl LockTable {
    /// Lines a claim up for a mode. It keeps its grant, if it has one.
    pub(super) fn line_up(&mut self, claim: Slot, mode: Mode, place: Place, since: Millis) {
        let record = self.record_mut(claim);
        debug_assert!(record.wanted.is_none(), "a claim waits once");
        record.wanted = Some(mode);
        record.place = place;
        let (entry, tx) = (record.entry, record.tx);
        let queue = self.entry_mut(entry).queue.get_or_insert_default();
        queue.of_mut(mode).insert(place, Waiting { claim, since });
        self.waiting += 1;
        self.txs[tx as usize].waiting += 1;
        self.count_waiting(entry, None, Some(mode));
    }

    /// Takes a claim out of line; gives the mode that it waited for, and since when.
    pub(super) fn step_out(&mut self, claim: Slot) -> Option<(Mode, Millis)> {
        let record = self.record_mut(claim);
        let mode = record.wanted.take()?;
        let (entry, tx, place) = (record.entry, record.tx, record.place);
        let turned = std::mem::take(&mut record.turned);
        if turned {
            self.forget_turns(claim);
        }
        let slot = &mut self.entry_mut(entry).queue;
        let queue = slot.as_mut().expect("a waiting claim stands in its entry's queue");
        let waiting = queue.of_mut(mode).remove(&place).expect("a waiting claim stands at its place");
        if queue.is_empty() {
            *slot = None;
        }
        self.waiting -= 1;
        self.txs[tx as usize].waiting -= 1;
        self.count_waiting(entry, Some(mode), None);
        Some((mode, waiting.since))
    }

    /// Makes a waiting claim want another mode, in its place.
    pub(super) fn change_wanted(&mut self, claim: Slot, mode: Mode) {
        let record = self.record_mut(claim);
        let from = record.wanted.replace(mode).expect("only a waiting claim wants something");
        let (entry, place) = (record.entry, record.place);
        let queue = self.entry_mut(entry).queue.as_mut().expect("a waiting claim stands in a queue");
        let waiting = queue.of_mut(from).remove(&place).expect("a waiting claim stands at its place");
        queue.of_mut(mode).insert(place, waiting);
        self.count_waiting(entry, Some(from), Some(mode));
    }

    /// Since when a waiting claim waits.
    pub(super) fn since(&self, claim: Slot) -> Millis {
        let record = self.record(claim);
        let queue = self.entry(record.entry).queue.as_ref();
        let waiting = record.wanted.and_then(|mode| queue?.of(mode).get(&record.place));
        waiting.map_or(Millis(0), |waiting| waiting.since)
    }

    /// Whether the waiting claim `one` goes before the waiting claim `other`.
    pub(super) fn ahead(&self, one: Slot, other: Slot) -> bool {
        if self.record(one).turned && self.record(other).turned {
            if self.turned.contains(&(one, other)) {
                return true;
            }
            if self.turned.contains(&(other, one)) {
                return false;
            }
        }
        self.record(one).place < self.record(other).place
    }

    /// Lets one waiting claim go before another that is ahead of it, until either is
    /// granted, requeued or withdrawn.
    pub(super) fn turn_pair(&mut self, first: Slot, second: Slot) {
        if !self.turned.remove(&(second, first)) {
            self.turned.insert((first, second));
        }
        self.record_mut(first).turned = true;
        self.record_mut(second).turned = true;
    }

    fn forget_turns(&mut self, claim: Slot) {
        self.turned.retain(|(first, second)| *first != claim && *second != claim);
    }
}
