//! Who is ahead of whom: places, queues and turned pairs.

use super::LockTable;
use super::records::{NONE, Place, Slot};
use crate::{Millis, Mode};

impl LockTable {
    /// Lines a claim up for a mode. It keeps its grant, if it has one.
    pub(super) fn line_up(&mut self, claim: Slot, mode: Mode, place: Place, since: Millis) {
        let record = self.record_mut(claim);
        debug_assert!(record.wanted.is_none(), "a claim waits once");
        record.wanted = Some(mode);
        record.place = place;
        record.since = since;
        let (entry, tx) = (record.entry, record.tx);
        self.link_in_line(claim, mode);
        self.waiting += 1;
        self.txs[tx as usize].waiting += 1;
        self.count_waiting(entry, None, Some(mode));
    }

    /// Takes a claim out of line; gives the mode that it waited for.
    pub(super) fn step_out(&mut self, claim: Slot) -> Option<Mode> {
        let record = self.record_mut(claim);
        let mode = record.wanted.take()?;
        let (entry, tx) = (record.entry, record.tx);
        if std::mem::take(&mut record.turned) {
            self.forget_turns(claim);
        }
        self.unlink_from_line(claim, mode);
        self.waiting -= 1;
        self.txs[tx as usize].waiting -= 1;
        self.count_waiting(entry, Some(mode), None);
        Some(mode)
    }

    /// Makes a waiting claim want another mode, in its place.
    pub(super) fn change_wanted(&mut self, claim: Slot, mode: Mode) {
        let record = self.record_mut(claim);
        let from = record.wanted.replace(mode).expect("only a waiting claim wants something");
        let entry = record.entry;
        self.unlink_from_line(claim, from);
        self.link_in_line(claim, mode);
        self.count_waiting(entry, Some(from), Some(mode));
    }

    /// Ordinary claims come to the end, so their place is looked for from there; conversions are few
    /// and at the front.
    fn link_in_line(&mut self, claim: Slot, mode: Mode) {
        let (entry, place) = (self.record(claim).entry, self.record(claim).place);
        let row = *self.entry_mut(entry).queue.of_mut(mode);
        let (prev, next) = if place.is_conversion() {
            let next = self.line_from(row.first).find(|other| self.record(*other).place > place).unwrap_or(NONE);
            (if next == NONE { row.last } else { self.record(next).prev_in_line }, next)
        } else {
            let prev = self.line_back_from(row.last).find(|other| self.record(*other).place < place).unwrap_or(NONE);
            (prev, if prev == NONE { row.first } else { self.record(prev).next_in_line })
        };
        self.record_mut(claim).prev_in_line = prev;
        self.record_mut(claim).next_in_line = next;
        self.join_in_line(entry, mode, prev, claim);
        self.join_in_line(entry, mode, claim, next);
    }

    fn unlink_from_line(&mut self, claim: Slot, mode: Mode) {
        let record = self.record(claim);
        let (entry, prev, next) = (record.entry, record.prev_in_line, record.next_in_line);
        self.join_in_line(entry, mode, prev, next);
    }

    /// Makes two claims neighbours in a row; [`NONE`] is the row's end on either side.
    fn join_in_line(&mut self, entry: Slot, mode: Mode, prev: Slot, next: Slot) {
        match prev {
            NONE => self.entry_mut(entry).queue.of_mut(mode).first = next,
            _ => self.record_mut(prev).next_in_line = next,
        }
        match next {
            NONE => self.entry_mut(entry).queue.of_mut(mode).last = prev,
            _ => self.record_mut(next).prev_in_line = prev,
        }
    }

    /// A waiting claim and those behind it that want the same mode.
    pub(super) fn line_from(&self, first: Slot) -> impl Iterator<Item = Slot> {
        let some = |slot: Slot| (slot != NONE).then_some(slot);
        std::iter::successors(some(first), move |claim| some(self.record(*claim).next_in_line))
    }

    pub(super) fn line_back_from(&self, last: Slot) -> impl Iterator<Item = Slot> {
        let some = |slot: Slot| (slot != NONE).then_some(slot);
        std::iter::successors(some(last), move |claim| some(self.record(*claim).prev_in_line))
    }

    /// Everybody who waits on an entry, in no order.
    pub(super) fn waiting_on(&self, entry: Slot) -> impl Iterator<Item = Slot> {
        let queue = self.entry(entry).queue;
        self.line_from(queue.readers.first).chain(self.line_from(queue.writers.first))
    }

    /// Everybody who waits on an entry, by place.
    pub(super) fn in_line(&self, entry: Slot) -> Vec<Slot> {
        let mut line: Vec<Slot> = self.waiting_on(entry).collect();
        line.sort_by_key(|claim| self.record(*claim).place);
        line
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
