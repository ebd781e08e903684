//! What a table keeps: an entry an object, a record a claim, a record a transaction.
//!
//! Records point at each other by slot, so a claim costs no allocation of its own and all
//! of a transaction's claims are found without looking at anybody else's.

use crate::mutant::{self, Mutant};
use crate::{Millis, Mode, Object, Token, TxId};

/// Where a record lies in its slab.
pub(crate) type Slot = u32;

/// No record.
pub(super) const NONE: Slot = Slot::MAX;

/// An object that somebody claims, or an ancestor of one.
#[derive(Clone, Debug)]
pub(super) struct Entry {
    pub(super) object: Object,
    pub(super) parent: Slot,
    pub(super) next_sibling: Slot,
    pub(super) prev_sibling: Slot,
    /// The first granted claim; readers share an entry, a writer is alone.
    pub(super) granted: Slot,
    /// Who waits here.
    pub(super) queue: WaitQueue,
    /// What lies below. Boxed: most objects are leaves.
    pub(super) branch: Option<Box<Branch>>,
}

/// The intention modes of an entry: how many claims stand below it, by mode.
#[derive(Clone, Debug)]
pub(super) struct Branch {
    pub(super) first_child: Slot,
    pub(super) granted: Tally,
    pub(super) waiting: Tally,
}

impl Branch {
    /// Whether nothing below is in the way of a claim here.
    pub(super) fn is_free_for(&self, mode: Mode) -> bool {
        self.granted.conflicting(mode) + self.waiting.conflicting(mode) == 0
    }
}

/// A number of claims by mode.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(super) struct Tally {
    pub(super) reads: u32,
    pub(super) writes: u32,
}

impl Tally {
    pub(super) fn of_mut(&mut self, mode: Mode) -> &mut u32 {
        match mode {
            Mode::Read => &mut self.reads,
            Mode::Write => &mut self.writes,
        }
    }

    /// How many of them conflict with `mode`.
    #[inline]
    pub(super) fn conflicting(self, mode: Mode) -> u32 {
        match mode {
            Mode::Read => self.writes,
            Mode::Write => self.reads + self.writes,
        }
    }

    pub(super) fn is_zero(self) -> bool {
        self == Self::default()
    }
}

/// A place in line: conversions before ordinary claims, then by arrival.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(super) struct Place(u64);

impl Place {
    const ORDINARY: u64 = 1 << 63;
    /// Before everybody.
    pub(super) const START: Self = Self(0);
    /// Behind everybody.
    pub(super) const END: Self = Self(u64::MAX);

    pub(super) fn ordinary(arrival: u64) -> Self {
        Self(arrival | Self::ORDINARY)
    }

    pub(super) fn conversion(arrival: u64) -> Self {
        if mutant::is_on(Mutant::ConversionsWaitInLine) {
            return Self::ordinary(arrival);
        }
        // Arrivals count on from the incarnation, whose bits reach up here in time; they are the same for all of a life.
        Self(arrival & !Self::ORDINARY)
    }

    /// The place as a number: no two claims of a table have the same in their life.
    pub(super) fn number(self) -> u64 {
        self.0
    }

    pub(super) fn is_conversion(self) -> bool {
        self.0 & Self::ORDINARY == 0
    }
}

/// Who waits for one object, by mode. Split by mode because a reader only minds the writers ahead of it.
#[derive(Clone, Copy, Debug, Default)]
pub(super) struct WaitQueue {
    pub(super) readers: Row,
    pub(super) writers: Row,
}

/// Waiting claims in line, linked to each other.
#[derive(Clone, Copy, Debug)]
pub(super) struct Row {
    pub(super) first: Slot,
    pub(super) last: Slot,
}

impl Default for Row {
    fn default() -> Self {
        Self { first: NONE, last: NONE }
    }
}

impl WaitQueue {
    pub(super) fn of_mut(&mut self, mode: Mode) -> &mut Row {
        match mode {
            Mode::Read => &mut self.readers,
            Mode::Write => &mut self.writers,
        }
    }

    pub(super) fn is_empty(&self) -> bool {
        self.readers.first == NONE && self.writers.first == NONE
    }
}

/// What one transaction has and wants of one object.
#[derive(Clone, Debug)]
pub(super) struct ClaimRecord {
    /// The token of the grant; meaningless without one.
    pub(super) token: Token,
    /// The place in line; meaningless unless it waits, as are the next three.
    pub(super) place: Place,
    pub(super) since: Millis,
    pub(super) next_in_line: Slot,
    pub(super) prev_in_line: Slot,
    pub(super) tx: Slot,
    pub(super) entry: Slot,
    pub(super) next_in_entry: Slot,
    pub(super) prev_in_entry: Slot,
    pub(super) next_in_tx: Slot,
    pub(super) prev_in_tx: Slot,
    pub(super) granted: Option<Mode>,
    /// Waits for this mode: an ordinary claim, or a pending conversion if it has a grant too.
    pub(super) wanted: Option<Mode>,
    /// The caller was told of the grant.
    pub(super) told: bool,
    /// It is part of a turned pair.
    pub(super) turned: bool,
}

/// What one transaction has in this table.
#[derive(Clone, Debug)]
pub(super) struct TxRecord {
    pub(super) id: TxId,
    pub(super) first_claim: Slot,
    pub(super) claims: u32,
    pub(super) waiting: u32,
    pub(super) told: u32,
    pub(super) priority: i32,
    pub(super) abort_on_deadlock: bool,
}

#[cfg(test)]
mod tests {
    use super::Place;
    use crate::Incarnation;

    #[test]
    fn conversions_go_first_in_every_life() {
        for life in [0, 1, 1 << 40, 1 << 41, (1 << 42) - 1].map(Incarnation) {
            let arrival = life.first_number();
            let (first, second) = (Place::conversion(arrival + 7), Place::conversion(arrival + 8));
            assert!(first.is_conversion() && first < second);
            assert!(second < Place::ordinary(arrival) && Place::ordinary(arrival) < Place::ordinary(arrival + 1));
        }
    }
}
