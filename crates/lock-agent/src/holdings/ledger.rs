//! How many guards of each object are out, and what is given back when one goes.

use std::collections::HashMap;
use std::collections::hash_map::Entry;

use lock_core::{Mode, Object};

use super::Rules;
use super::paths::Paths;
use crate::{ReleaseError, Transaction};

/// The seats of one owner, by object.
#[derive(Default)]
pub(super) struct Ledger {
    by_object: HashMap<Object, Holding, foldhash::fast::RandomState>,
    paths: Paths,
    /// Holdings so far: a seat of an earlier one does nothing to a later one of the same object.
    count: u64,
}

/// The seats of one object: guards, and calls that wait for one.
struct Holding {
    number: u64,
    /// The mutex that it was locked through.
    of: Object,
    reads: u32,
    writes: u32,
    /// What its transaction had of it before it became an owner.
    before: Option<Mode>,
    /// What it is kept for, though it has no seat that needs so much.
    kept: Option<Leaning>,
}

/// A seat below that has no claim of its own in the table: what it has, it has by the one above.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Leaning {
    pub(super) mode: Mode,
    pub(super) object: Object,
}

impl Holding {
    fn new(number: u64, of: &Object, before: Option<Mode>) -> Self {
        Self { number, of: of.clone(), reads: 0, writes: 0, before, kept: None }
    }

    fn seats_of(&mut self, mode: Mode) -> &mut u32 {
        match mode {
            Mode::Read => &mut self.reads,
            Mode::Write => &mut self.writes,
        }
    }

    fn seats(&self) -> u32 {
        self.reads + self.writes
    }

    /// The strongest mode that a seat is for.
    fn seated(&self) -> Option<Mode> {
        if self.writes > 0 { Some(Mode::Write) } else { (self.reads > 0).then_some(Mode::Read) }
    }

    /// The mode that is needed of the table.
    fn needed(&self) -> Option<Mode> {
        self.seated().max(self.before).max(self.kept.as_ref().map(|leaning| leaning.mode))
    }
}

impl Ledger {
    pub(super) fn reserve(&mut self, more: usize) {
        self.by_object.reserve(more);
    }

    pub(super) fn knows(&self, object: &Object) -> bool {
        self.by_object.contains_key(object)
    }

    /// What an owner has already that it is not to have again.
    pub(super) fn is_taken(&self, object: &Object, mode: Mode, rules: Rules<'_>) -> Option<Object> {
        if rules.again {
            return None;
        }
        if self.seats(object) > 0 {
            return Some(object.clone());
        }
        let covers = |(_, above): &(&Object, &Holding)| above.seated() >= Some(mode);
        self.above(object).filter(|_| rules.paths).find(covers).map(|(above, _)| above.clone())
    }

    /// One seat more of an object; gives the number of its holding. If there was none, `before` says what its transaction had of it before it became an owner.
    pub(super) fn sit(
        &mut self,
        of: &Object,
        object: &Object,
        mode: Mode,
        before: impl FnOnce() -> Option<Mode>,
    ) -> u64 {
        let entry = self.by_object.entry(object.clone());
        let is_new = matches!(entry, Entry::Vacant(_));
        self.count += u64::from(is_new);
        let holding = entry.or_insert_with(|| Holding::new(self.count, of, before()));
        *holding.seats_of(mode) += 1;
        let number = holding.number;
        if is_new {
            self.paths.add(object, self.by_object.keys());
        }
        number
    }

    /// Whether this is still that holding.
    pub(super) fn is_current(&self, object: &Object, number: u64) -> bool {
        self.by_object.get(object).is_some_and(|holding| holding.number == number)
    }

    /// How many seats an object has.
    pub(super) fn seats(&self, object: &Object) -> u32 {
        self.by_object.get(object).map_or(0, Holding::seats)
    }

    /// One seat less: gives back what nobody else needs.
    pub(super) fn leave(&mut self, tx: &Transaction, object: &Object, mode: Mode) {
        if let Some(holding) = self.by_object.get_mut(object) {
            *holding.seats_of(mode) -= 1;
            self.settle(tx, object, mode);
        }
    }

    /// One seat less, that had nothing in the table.
    pub(super) fn rise(&mut self, object: &Object, mode: Mode) {
        let Some(holding) = self.by_object.get_mut(object) else { return };
        *holding.seats_of(mode) -= 1;
        self.forget_if_idle(object);
    }

    /// Forgets an object whatever seats it has, and gives nothing back.
    pub(super) fn forget(&mut self, object: &Object) {
        self.by_object.remove(object);
        self.paths.remove(object, self.by_object.is_empty());
    }

    /// Gives an object back whatever seats it has, but keeps what others lean on, and what was had before.
    pub(super) fn recall(&mut self, tx: &Transaction, object: &Object) -> Result<(), ReleaseError> {
        let Some(holding) = self.by_object.get_mut(object) else { return Ok(()) };
        self.count += 1;
        let kept = holding.kept.take();
        *holding = Holding { kept, ..Holding::new(self.count, &holding.of, holding.before) };
        // A part of what lies above has nothing of its own to give back.
        let leans = !tx.claims(object, Mode::Read);
        let done = self.give_back(tx, object, Mode::Write);
        self.settle_above(tx, object);
        if leans { Ok(()) } else { done }
    }

    pub(super) fn locked_through(&self, of: &Object) -> Vec<Object> {
        let of_this = self.by_object.iter().filter(|(_, holding)| holding.of == *of && holding.seats() > 0);
        of_this.map(|(object, _)| object.clone()).collect()
    }

    /// The nearest lock above that an object is a part of.
    pub(super) fn leans_on(&self, object: &Object) -> Option<Object> {
        self.above(object).map(|(above, _)| above.clone()).next()
    }

    /// A seat below an object that leans on it: the first that needs this mode, or else the strongest.
    pub(super) fn leaning(&self, tx: &Transaction, object: &Object, up_to: Mode) -> Option<Leaning> {
        if !self.paths.is_tree() {
            return None;
        }
        let mut found: Option<Leaning> = None;
        for below in self.paths.below(object) {
            // Also a seat whose call has not come back yet: it may have been granted.
            let seated = self.by_object.get(below).and_then(Holding::seated);
            let Some(mode) = seated.filter(|mode| !tx.claims(below, *mode)) else { continue };
            if found.as_ref().is_none_or(|found| found.mode < mode) {
                found = Some(Leaning { mode, object: below.clone() });
            }
            if mode >= up_to {
                break;
            }
        }
        found
    }

    /// Gives back what is needed no more of an object, and of those above that were kept for it, after a seat of that mode has gone.
    pub(super) fn settle(&mut self, tx: &Transaction, object: &Object, gone: Mode) {
        // Refused if it was surrendered for good, lost, never had, or the owner is over: then there is nothing to give back.
        let _ = self.give_back(tx, object, gone);
        self.settle_above(tx, object);
    }

    /// Gives back what a seat of that mode needed, and nobody else.
    fn give_back(&mut self, tx: &Transaction, object: &Object, gone: Mode) -> Result<(), ReleaseError> {
        let Some(holding) = self.by_object.get(object) else { return Ok(()) };
        // Only now is it asked who leans on it: that changes while it is held.
        if holding.needed() < Some(gone)
            && let Some(leaning) = self.leaning(tx, object, gone)
            && let Some(holding) = self.by_object.get_mut(object)
        {
            holding.kept = Some(leaning);
        }
        let needed = self.by_object.get(object).and_then(Holding::needed);
        self.forget_if_idle(object);
        if needed >= Some(gone) { Ok(()) } else { tx.need_only(object, needed) }
    }

    fn forget_if_idle(&mut self, object: &Object) {
        if self.by_object.get(object).is_some_and(|holding| holding.seats() == 0 && holding.kept.is_none()) {
            self.forget(object);
        }
    }

    /// What was kept for an object is kept for another one, or not at all.
    fn settle_above(&mut self, tx: &Transaction, object: &Object) {
        if !self.paths.is_tree() {
            return;
        }
        let kept_for_it = |above: &Holding| above.kept.as_ref().is_some_and(|leaning| leaning.object == *object);
        let kept = self.above(object).filter(|(_, above)| kept_for_it(above)).map(|(above, _)| above.clone());
        for above in kept.collect::<Vec<Object>>() {
            if let Some(leaning) = self.by_object.get_mut(&above).and_then(|holding| holding.kept.take()) {
                let _ = self.give_back(tx, &above, leaning.mode);
            }
        }
    }

    /// The holdings above an object, nearest first.
    fn above(&self, object: &Object) -> impl Iterator<Item = (&Object, &Holding)> {
        object.ancestors().filter_map(|above| self.by_object.get_key_value(above))
    }
}
