//! Which guards an owner has out: so that a key is given back with its last guard, and a second lock of it is noticed.
//!
//! Nothing here decides who may have what; that is the table's.

use std::collections::HashMap;
use std::collections::hash_map::Entry;
use std::sync::Arc;

use lock_core::{Mode, Object};
use parking_lot::Mutex;

use super::errors::AlreadyOwned;
use crate::{ReleaseError, Transaction};

/// What an owner's handles and guards share: the transaction ends with the last of them.
pub(crate) struct Owning {
    pub(crate) tx: Transaction,
    holdings: Mutex<Holdings>,
}

#[derive(Default)]
struct Holdings {
    by_object: HashMap<Object, Holding, foldhash::fast::RandomState>,
    /// Holdings so far: a guard of an earlier one does nothing to a later one of the same key.
    count: u64,
}

/// The guards of one object, and the calls that wait for one.
struct Holding {
    number: u64,
    reads: u32,
    writes: u32,
    /// Some of them came to a grant.
    granted: bool,
}

impl Holding {
    fn guards_of(&mut self, mode: Mode) -> &mut u32 {
        match mode {
            Mode::Read => &mut self.reads,
            Mode::Write => &mut self.writes,
        }
    }

    fn covers(&self, mode: Mode) -> bool {
        self.granted && (mode == Mode::Read || self.writes > 0)
    }
}

/// A guard's part in a holding, or that of a call that waits. Dropped, it gives back what nobody else needs.
pub(crate) struct Seat {
    pub(crate) owning: Arc<Owning>,
    /// What is held, which may lie above what was asked for.
    pub(crate) object: Object,
    mode: Mode,
    number: u64,
    /// Its call came to a grant.
    granted: bool,
    /// Others may have a seat of the same holding, and look at it.
    shared: bool,
}

/// How a mutex lets owners in.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Rules {
    /// Again, what they have.
    pub(crate) again: bool,
    /// What lies above covers it.
    pub(crate) paths: bool,
}

impl Owning {
    pub(crate) fn new(tx: Transaction) -> Self {
        Self { tx, holdings: Mutex::default() }
    }

    /// Takes a seat before the table is asked.
    pub(crate) fn enter(self: &Arc<Self>, object: &Object, mode: Mode, rules: Rules) -> Result<Seat, AlreadyOwned> {
        let mut holdings = self.holdings.lock();
        let above = if rules.paths { holdings.covering(object, mode).cloned() } else { None };
        let Holdings { by_object, count } = &mut *holdings;
        let held = match by_object.entry(above.unwrap_or_else(|| object.clone())) {
            Entry::Occupied(held) if !rules.again => {
                let covered_by = held.key().clone();
                return Err(AlreadyOwned { owner: self.tx.id(), object: object.clone(), covered_by });
            }
            Entry::Occupied(held) => held,
            Entry::Vacant(free) => {
                *count += 1;
                free.insert_entry(Holding { number: *count, reads: 0, writes: 0, granted: false })
            }
        };
        let object = held.key().clone();
        let holding = held.into_mut();
        *holding.guards_of(mode) += 1;
        let (number, shared) = (holding.number, rules.again || rules.paths);
        Ok(Seat { owning: self.clone(), object, mode, number, granted: false, shared })
    }

    /// Takes a seat for each of many objects at once, again if there are guards of them. They lie beside each other, and nothing is
    /// ever locked below them.
    pub(crate) fn enter_all(self: &Arc<Self>, objects: &[Object], mode: Mode) -> Vec<Seat> {
        let mut holdings = self.holdings.lock();
        holdings.by_object.reserve(objects.len());
        let above = objects.first().and_then(|first| holdings.covering(first, mode)).cloned();
        let seat = |object: &Object| {
            let object = above.clone().unwrap_or_else(|| object.clone());
            let number = holdings.sit(&object, mode);
            // Nobody looks at what lies above nothing.
            Seat { owning: self.clone(), object, mode, number, granted: false, shared: false }
        };
        objects.iter().map(seat).collect()
    }

    /// Gives an object back, whatever guards of it are out.
    pub(crate) fn give_back(&self, object: &Object) -> Result<(), ReleaseError> {
        // As in the drop of a seat.
        let mut holdings = self.holdings.lock();
        self.tx.unlock(object)?;
        holdings.by_object.remove(object);
        Ok(())
    }

    /// Forgets a holding, whatever guards are out; they do nothing any more.
    pub(crate) fn forget(&self, object: &Object) {
        self.holdings.lock().by_object.remove(object);
    }

    /// The objects below one.
    pub(crate) fn below(&self, name: &Object) -> Vec<Object> {
        let holdings = self.holdings.lock();
        holdings.by_object.keys().filter(|object| name.is_ancestor_of(object)).cloned().collect()
    }
}

impl Holdings {
    /// One guard more of an object; gives the number of its holding.
    fn sit(&mut self, object: &Object, mode: Mode) -> u64 {
        let Self { by_object, count } = self;
        let holding = by_object.entry(object.clone()).or_insert_with(|| {
            *count += 1;
            Holding { number: *count, reads: 0, writes: 0, granted: false }
        });
        *holding.guards_of(mode) += 1;
        holding.number
    }

    /// The holding above an object that covers it.
    fn covering(&self, object: &Object, mode: Mode) -> Option<&Object> {
        let above = object.ancestors().filter_map(|above| self.by_object.get_key_value(above));
        above.filter(|(_, holding)| holding.covers(mode)).map(|(above, _)| above).next()
    }
}

impl Seat {
    /// The call that took it has a grant.
    pub(crate) fn granted(&mut self) {
        self.granted = true;
        if self.shared
            && let Some(holding) = self.owning.holdings.lock().by_object.get_mut(&self.object)
        {
            holding.granted |= holding.number == self.number;
        }
    }

    /// How many guards there are of what it is a part of, itself included; none, if that was given back.
    pub(crate) fn guards(&self) -> u32 {
        let holdings = self.owning.holdings.lock();
        let holding = holdings.by_object.get(&self.object).filter(|holding| holding.number == self.number);
        holding.map_or(0, |holding| holding.reads + holding.writes)
    }
}

impl Drop for Seat {
    fn drop(&mut self) {
        // Held until the table has it back: another call of this owner may want it at once.
        let mut holdings = self.owning.holdings.lock();
        let Entry::Occupied(mut held) = holdings.by_object.entry(self.object.clone()) else { return };
        let holding = held.get_mut();
        if holding.number != self.number {
            return;
        }
        *holding.guards_of(self.mode) -= 1;
        holding.granted |= self.granted;
        let (reads, writes, granted) = (holding.reads, holding.writes, holding.granted);
        if reads + writes == 0 {
            held.remove();
        }
        // Refused if it was surrendered for good, lost, or the owner is over: then there is nothing to give back.
        let _ = match (reads, writes) {
            _ if !granted => Ok(()),
            (0, 0) => self.owning.tx.unlock(&self.object),
            (_, 0) if self.mode == Mode::Write => self.owning.tx.downgrade(&self.object),
            _ => Ok(()),
        };
    }
}
