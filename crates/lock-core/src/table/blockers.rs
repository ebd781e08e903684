//! When a claim has to wait: for granted claims that conflict, and for conflicting ones ahead in line.

use std::ops::ControlFlow;

use super::LockTable;
use super::records::{NONE, Place, Slot};
use super::tree::Location;
use crate::mutant::{self, Mutant};
use crate::{ArrowKind, Mode};

/// A claim that stands in the way of another one.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Block {
    pub(crate) claim: Slot,
    pub(crate) kind: ArrowKind,
}

/// What wants to be granted: whose, where, which mode, at which place in line.
#[derive(Clone, Copy, Debug)]
pub(super) struct Candidate {
    pub(super) tx: Slot,
    pub(super) mode: Mode,
    pub(super) place: Place,
}

impl LockTable {
    /// Some claim that keeps this one from being granted. Does not know of turned pairs.
    pub(super) fn first_blocker(&self, at: Location, who: Candidate) -> Option<Block> {
        let here = at.entry.and_then(|entry| self.blocker_at(entry, who));
        here.or_else(|| self.upwards_from(at.above).find_map(|entry| self.blocker_at(entry, who)))
            .or_else(|| self.blocker_below(at.entry?, who))
    }

    /// Some claim that keeps a waiting claim from being granted.
    pub(super) fn blocker_of(&self, claim: Slot) -> Option<Block> {
        let record = self.record(claim);
        if !self.turned.is_empty() {
            let mut found = None;
            let _ = self.try_each_blocker(claim, |block| {
                found = Some(block);
                ControlFlow::Break(())
            });
            return found;
        }
        let mode = record.wanted.expect("only a waiting claim is blocked");
        self.first_blocker(self.location_of(record.entry), Candidate { tx: record.tx, mode, place: record.place })
    }

    fn blocker_at(&self, entry: Slot, who: Candidate) -> Option<Block> {
        let hard = self.conflicting_grants(entry, who).next();
        hard.map(|claim| Block { claim, kind: ArrowKind::Hard }).or_else(|| {
            let soft = self.conflicting_waiters(entry, who, who.place).next();
            soft.map(|claim| Block { claim, kind: ArrowKind::Soft })
        })
    }

    fn blocker_below(&self, entry: Slot, who: Candidate) -> Option<Block> {
        let branch = self.entry(entry).branch.as_ref()?;
        let granted = branch.granted.conflicting(who.mode);
        if granted > 0 && granted > self.own_conflicting_grants_below(entry, who) {
            let mut below = self.below(entry, move |branch| branch.granted.conflicting(who.mode) == 0);
            let claim = below.find_map(|entry| self.conflicting_grants(entry, who).next());
            return claim.map(|claim| Block { claim, kind: ArrowKind::Hard });
        }
        if branch.waiting.conflicting(who.mode) == 0 {
            return None;
        }
        let mut below = self.below(entry, move |branch| branch.waiting.conflicting(who.mode) == 0);
        let claim = below.find_map(|entry| self.conflicting_waiters(entry, who, who.place).next());
        claim.map(|claim| Block { claim, kind: ArrowKind::Soft })
    }

    /// A grant above or below an entry, not on it, that conflicts with one of this mode.
    pub(super) fn related_holder(&self, entry: Slot, who: Candidate) -> Option<Slot> {
        let mut above = self.upwards_from(self.entry(entry).parent);
        let above = above.find_map(|at| self.conflicting_grants(at, who).next());
        above.or_else(|| {
            let below = self.blocker_below(entry, who).filter(|block| block.kind == ArrowKind::Hard);
            below.map(|block| block.claim)
        })
    }

    fn own_conflicting_grants_below(&self, entry: Slot, who: Candidate) -> u32 {
        if who.tx == NONE {
            return 0;
        }
        let object = &self.entry(entry).object;
        let own = self.claims_of(who.tx).map(|claim| self.record(claim));
        let below = own.filter(|record| {
            record.granted.is_some_and(|mode| mode.conflicts(who.mode))
                && object.is_ancestor_of(&self.entry(record.entry).object)
        });
        u32::try_from(below.count()).expect("a table holds fewer than 2^32 claims")
    }

    /// Granted claims of others on this entry that conflict.
    fn conflicting_grants(&self, entry: Slot, who: Candidate) -> impl Iterator<Item = Slot> {
        let first = self.entry(entry).granted;
        // Claims that share an entry are all reads, or one write alone.
        let first = match who.mode {
            Mode::Read if first != NONE && self.record(first).granted == Some(Mode::Read) => NONE,
            _ => first,
        };
        self.granted_from(first).filter(move |claim| self.record(*claim).tx != who.tx)
    }

    fn granted_from(&self, first: Slot) -> impl Iterator<Item = Slot> {
        let some = |slot: Slot| (slot != NONE).then_some(slot);
        std::iter::successors(some(first), move |claim| some(self.record(*claim).next_in_entry))
    }

    /// The granted claims on an entry.
    pub(super) fn granted_on(&self, entry: Slot) -> impl Iterator<Item = Slot> {
        self.granted_from(self.entry(entry).granted)
    }

    /// Waiting claims of others on this entry that conflict and stand before `place`.
    fn conflicting_waiters(&self, entry: Slot, who: Candidate, place: Place) -> impl Iterator<Item = Slot> {
        let queue = self.entry(entry).queue;
        let readers = if who.mode == Mode::Write { queue.readers.first } else { NONE };
        let before = move |claim: &Slot| self.record(*claim).place < place;
        let passes = who.mode == Mode::Read && mutant::is_on(Mutant::ReadersPassWriters);
        let writers = if passes { NONE } else { queue.writers.first };
        let writers = self.line_from(writers).take_while(before);
        let both = writers.chain(self.line_from(readers).take_while(before));
        both.filter(move |claim| self.record(*claim).tx != who.tx)
    }

    /// Every claim that a waiting claim waits for, turned pairs considered.
    pub(super) fn each_blocker(&self, claim: Slot, mut tell: impl FnMut(Block)) {
        let all = self.try_each_blocker(claim, |block| {
            tell(block);
            ControlFlow::Continue(())
        });
        debug_assert!(all.is_continue(), "nobody breaks off");
    }

    /// The same, until the visitor has seen enough.
    pub(super) fn try_each_blocker(
        &self,
        claim: Slot,
        mut visit: impl FnMut(Block) -> ControlFlow<()>,
    ) -> ControlFlow<()> {
        let record = self.record(claim);
        let mode = record.wanted.expect("only a waiting claim is blocked");
        let who = Candidate { tx: record.tx, mode, place: record.place };
        // Whoever is not turned against this claim stands before its place.
        let reach = if record.turned { Place::END } else { record.place };
        let mut at = |entry: Slot| {
            for claim in self.conflicting_grants(entry, who) {
                visit(Block { claim, kind: ArrowKind::Hard })?;
            }
            for other in self.conflicting_waiters(entry, who, reach) {
                if self.ahead(other, claim) {
                    visit(Block { claim: other, kind: ArrowKind::Soft })?;
                }
            }
            ControlFlow::Continue(())
        };
        self.upwards_from(record.entry).try_for_each(&mut at)?;
        self.below(record.entry, move |branch| branch.is_free_for(mode)).try_for_each(&mut at)
    }

    /// Whether anybody waits for something that this transaction has, or waits for ahead of them.
    pub(crate) fn somebody_waits_for(&self, tx: Slot) -> bool {
        self.claims_of(tx).any(|claim| {
            let record = self.record(claim);
            let entry = record.entry;
            // Nobody ahead in line waits for one who only waits.
            let exact = record.granted.is_none() && !record.turned;
            let from = if exact { record.place } else { Place::START };
            let waits = |at: Slot| self.last_waiter_but(tx, at).is_some_and(|last| last > from);
            let below = self.entry(entry).branch.as_ref();
            below.is_some_and(|branch| !branch.waiting.is_zero()) || self.upwards_from(entry).any(waits)
        })
    }

    /// The place of the last one in line on an entry who is not of this transaction, which has at most one claim there.
    fn last_waiter_but(&self, tx: Slot, entry: Slot) -> Option<Place> {
        let queue = self.entry(entry).queue;
        let last_of =
            |last: Slot| self.line_back_from(last).map(|claim| self.record(claim)).find(|other| other.tx != tx);
        let last = [queue.readers.last, queue.writers.last].into_iter().filter_map(last_of);
        last.map(|record| record.place).max()
    }
}
