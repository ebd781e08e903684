//! Who is next: grants after something was withdrawn.

use super::LockTable;
use super::records::{NONE, Place, Slot};
use crate::mutant::{self, Mutant};
use crate::{Fact, Mode};

impl LockTable {
    /// Grants whatever can be granted where something was withdrawn, and clears what is empty.
    ///
    /// The claims that can be granted do not conflict with each other, whatever their order,
    /// so they are found first and granted in line.
    pub(super) fn settle(&mut self) {
        if self.waiting == 0 {
            return self.prune_freed();
        }
        let mut seen = 0;
        while seen < self.freed.len() {
            let mut grantable = std::mem::take(&mut self.grantable);
            for (entry, mode) in &self.freed[seen..] {
                self.find_grantable(*entry, *mode, &mut grantable);
            }
            seen = self.freed.len();
            grantable.sort_unstable();
            grantable.dedup();
            for (_, claim) in grantable.drain(..) {
                // A grant just before may have covered and so withdrawn it.
                if self.claims.get(claim as usize).is_some_and(|record| record.wanted.is_some()) {
                    self.grant_waiting(claim);
                }
            }
            self.grantable = grantable;
        }
        self.prune_freed();
    }

    fn prune_freed(&mut self) {
        while let Some((entry, _)) = self.freed.pop() {
            self.prune(entry);
        }
    }

    /// Waiting claims on related objects that nothing blocks any more.
    fn find_grantable(&self, freed: Slot, mode: Mode, found: &mut Vec<(Place, Slot)>) {
        for entry in self.upwards_from(freed) {
            self.find_grantable_at(entry, mode, found);
        }
        if self.entry(freed).branch.as_ref().is_some_and(|branch| !branch.waiting.is_zero()) {
            for entry in self.below(freed, |branch| branch.waiting.is_zero()) {
                self.find_grantable_at(entry, mode, found);
            }
        }
    }

    /// Only the first writer of a queue can be granted, and readers ahead of it; and a
    /// withdrawn read was in the way of writers only.
    fn find_grantable_at(&self, entry: Slot, freed: Mode, found: &mut Vec<(Place, Slot)>) {
        let queue = self.entry(entry).queue;
        if queue.is_empty() {
            return;
        }
        if !self.turned.is_empty() {
            let free = self.waiting_on(entry).filter(|claim| self.blocker_of(*claim).is_none());
            found.extend(free.map(|claim| (self.record(claim).place, claim)));
            return;
        }
        let writer = queue.writers.first;
        let end = if writer == NONE { Place::END } else { self.record(writer).place };
        if writer != NONE && self.blocker_of(writer).is_none() {
            found.push((end, writer));
        }
        if freed == Mode::Write {
            self.find_grantable_readers(entry, queue.readers.first, end, found);
        }
    }

    fn find_grantable_readers(&self, entry: Slot, first: Slot, end: Place, found: &mut Vec<(Place, Slot)>) {
        for reader in self.line_from(first) {
            let place = self.record(reader).place;
            if place >= end {
                return;
            }
            let Some(block) = self.blocker_of(reader) else {
                found.push((place, reader));
                if mutant::is_on(Mutant::WakesOneReader) {
                    return;
                }
                continue;
            };
            // What blocks this reader blocks all behind it, but for the blocker's own.
            let blocker = self.record(block.claim).tx;
            let own = self.claim_on(blocker, entry).map(|claim| (self.record(claim), claim));
            if let Some((record, claim)) = own
                && record.wanted == Some(Mode::Read)
                && record.place > place
                && record.place < end
                && self.blocker_of(claim).is_none()
            {
                found.push((record.place, claim));
            }
            return;
        }
    }

    fn grant_waiting(&mut self, claim: Slot) {
        let mode = self.step_out(claim).expect("only a waiting claim is granted later");
        self.grant(claim, mode);
        let record = self.record(claim);
        let (tx, entry, token) = (record.tx, record.entry, record.token);
        let object = self.entry(entry).object.clone();
        self.facts.push(Fact::Granted { tx: self.txs[tx as usize].id, object, mode, token });
        self.note_change(entry);
    }

    /// Makes a claim that does not wait a grant, with a new token.
    pub(super) fn grant(&mut self, claim: Slot, mode: Mode) {
        let token = self.tokens.next();
        let record = self.record_mut(claim);
        record.token = token;
        let from = record.granted.replace(mode);
        let (entry, tx) = (record.entry, record.tx);
        if from.is_none() {
            self.link_granted(claim, entry);
        }
        self.count_granted(entry, from, Some(mode));
        if self.txs[tx as usize].waiting > 0 {
            self.withdraw_covered(tx, entry, mode);
        }
    }

    /// A transaction never waits for what it covers.
    fn withdraw_covered(&mut self, tx: Slot, entry: Slot, mode: Mode) {
        if self.entry(entry).branch.is_none() {
            return;
        }
        let object = self.entry(entry).object.clone();
        let covered: Vec<Slot> = self
            .claims_of(tx)
            .filter(|claim| {
                let record = self.record(*claim);
                record.wanted.is_some_and(|wanted| mode.covers(wanted))
                    && object.is_ancestor_of(&self.entry(record.entry).object)
            })
            .collect();
        for claim in covered {
            let at = self.record(claim).entry;
            let object = self.entry(at).object.clone();
            self.facts.push(Fact::Covered { tx: self.txs[tx as usize].id, object });
            self.withdraw_waiting(claim);
        }
    }

    fn link_granted(&mut self, claim: Slot, entry: Slot) {
        let next = std::mem::replace(&mut self.entry_mut(entry).granted, claim);
        self.record_mut(claim).next_in_entry = next;
        if next != NONE {
            self.record_mut(next).prev_in_entry = claim;
        }
    }
}
