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
    /// A seat that has gone was granted.
    granted: bool,
    /// No seat of it needs what the table grants; what leans on it does.
    kept: bool,
}

impl Holding {
    fn new(number: u64, of: &Object) -> Self {
        Self { number, of: of.clone(), reads: 0, writes: 0, granted: false, kept: false }
    }

    fn seats_of(&mut self, mode: Mode) -> &mut u32 {
        match mode {
            Mode::Read => &mut self.reads,
            Mode::Write => &mut self.writes,
        }
    }

    /// The strongest mode that a seat is for.
    fn needed(&self) -> Option<Mode> {
        if self.writes > 0 { Some(Mode::Write) } else { (self.reads > 0).then_some(Mode::Read) }
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
        if self.by_object.get(object).is_some_and(|holding| holding.needed().is_some()) {
            return Some(object.clone());
        }
        self.above(object)
            .filter(|_| rules.paths)
            .find(|(_, above)| above.needed() >= Some(mode))
            .map(|(above, _)| above.clone())
    }

    /// One seat more of an object; gives the number of its holding.
    pub(super) fn sit(&mut self, of: &Object, object: &Object, mode: Mode) -> u64 {
        let entry = self.by_object.entry(object.clone());
        let is_new = matches!(entry, Entry::Vacant(_));
        self.count += u64::from(is_new);
        let holding = entry.or_insert_with(|| Holding::new(self.count, of));
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
        self.by_object.get(object).map_or(0, |holding| holding.reads + holding.writes)
    }

    /// One seat less, and nothing is given back for it.
    pub(super) fn rise(&mut self, object: &Object, mode: Mode) {
        let Some(holding) = self.by_object.get_mut(object) else { return };
        *holding.seats_of(mode) -= 1;
        if holding.needed().is_none() && !holding.kept {
            self.remove(object);
        }
    }

    /// One seat less, of a call that was `granted` or not: gives back what nobody else needs.
    pub(super) fn leave(&mut self, tx: &Transaction, object: &Object, mode: Mode, granted: bool) {
        let Some(holding) = self.by_object.get_mut(object) else { return };
        *holding.seats_of(mode) -= 1;
        holding.granted |= granted;
        // What was claimed by hand and asked more of in vain is not of this ledger; but what was granted and reached nobody is.
        if holding.needed().is_none() && !holding.granted && !holding.kept && !tx.is_granted(object, mode) {
            self.remove(object);
        } else {
            self.settle(tx, object, mode);
        }
        self.settle_above(tx, object);
    }

    /// Gives an object back whatever seats it has, but keeps what others lean on.
    pub(super) fn recall(&mut self, tx: &Transaction, object: &Object) -> Result<(), ReleaseError> {
        let leans = !tx.claims(object, Mode::Read);
        let leaned_on = self.leaned_on(tx, object);
        let done = match leaned_on {
            None if leans => Ok(()),
            None => tx.unlock(object),
            Some(Mode::Read) => tx.downgrade(object),
            Some(Mode::Write) => Ok(()),
        };
        self.count += 1;
        if let Some(holding) = self.by_object.get_mut(object).filter(|_| leaned_on.is_some()) {
            *holding = Holding { granted: true, kept: true, ..Holding::new(self.count, &holding.of) };
        } else {
            self.remove(object);
        }
        self.settle_above(tx, object);
        done
    }

    pub(super) fn locked_through(&self, of: &Object) -> Vec<Object> {
        let of_this = self.by_object.iter().filter(|(_, holding)| holding.of == *of && holding.needed().is_some());
        of_this.map(|(object, _)| object.clone()).collect()
    }

    /// The nearest lock above that an object is a part of.
    pub(super) fn leans_on(&self, object: &Object) -> Option<Object> {
        self.above(object).map(|(above, _)| above.clone()).next()
    }

    /// The strongest mode that seats below an object need and the table has no claim of their own for, and which of them.
    pub(super) fn leaning(&self, tx: &Transaction, object: &Object) -> Option<(Mode, &Object)> {
        let leans = |below| {
            let mode = self.by_object.get(below)?.needed()?;
            // Also a seat whose call has not come back yet: it may have been granted.
            (!tx.claims(below, mode)).then_some((mode, below))
        };
        self.paths.below(object).filter_map(leans).max_by_key(|(mode, _)| *mode)
    }

    fn leaned_on(&self, tx: &Transaction, object: &Object) -> Option<Mode> {
        if !self.paths.is_tree() {
            return None;
        }
        self.leaning(tx, object).map(|(mode, _)| mode)
    }

    /// Gives back what neither a seat nor what leans on it needs, after one of that mode has gone.
    fn settle(&mut self, tx: &Transaction, object: &Object, gone: Mode) {
        let Some(needed) = self.by_object.get(object).map(Holding::needed) else { return };
        if needed >= Some(gone) {
            return;
        }
        let leaned_on = self.leaned_on(tx, object);
        if let Some(holding) = self.by_object.get_mut(object) {
            holding.kept = leaned_on > needed;
        }
        // Refused if it was surrendered for good, lost, never had, or the owner is over: then there is nothing to give back.
        let _ = match needed.max(leaned_on) {
            None => {
                self.remove(object);
                tx.unlock(object)
            }
            Some(Mode::Read) if gone == Mode::Write => tx.downgrade(object),
            Some(_) => Ok(()),
        };
    }

    /// What was kept for an object may be needed no more.
    fn settle_above(&mut self, tx: &Transaction, object: &Object) {
        if !self.paths.is_tree() {
            return;
        }
        let kept: Vec<Object> =
            self.above(object).filter(|(_, above)| above.kept).map(|(above, _)| above.clone()).collect();
        kept.iter().for_each(|above| self.settle(tx, above, Mode::Write));
    }

    /// The holdings above an object, nearest first.
    fn above(&self, object: &Object) -> impl Iterator<Item = (&Object, &Holding)> {
        object.ancestors().filter_map(|above| self.by_object.get_key_value(above))
    }

    fn remove(&mut self, object: &Object) {
        self.by_object.remove(object);
        self.paths.remove(object, self.by_object.is_empty());
    }
}
