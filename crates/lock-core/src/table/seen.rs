//! A walk that passes every claim once, however many wait behind it.

use hashbrown::HashMap;

use super::LockTable;
use super::records::{NONE, Place, Slot};
use crate::{Mode, TxId};

/// What a walk along the arrows has passed in one table.
#[derive(Debug, Default)]
pub(crate) struct Seen {
    entries: HashMap<Slot, SeenEntry, foldhash::fast::FixedState>,
}

/// What of one entry was passed.
#[derive(Clone, Copy, Debug)]
struct SeenEntry {
    /// All grants that conflict with this mode.
    grants: Option<Mode>,
    /// Each row, from its front to this claim.
    last_reader: Slot,
    last_writer: Slot,
    /// All below that is in the way of a claim that waits here, for each mode, up to this place.
    below_for_read: Place,
    below_for_write: Place,
}

impl Default for SeenEntry {
    fn default() -> Self {
        let (below_for_read, below_for_write) = (Place::START, Place::START);
        Self { grants: None, last_reader: NONE, last_writer: NONE, below_for_read, below_for_write }
    }
}

impl LockTable {
    /// How many claims wait.
    pub(crate) fn waiting(&self) -> usize {
        self.waiting
    }

    /// Those whom a transaction waits for, but for itself and those whom the walk has come by. Beside
    /// turned pairs it may name some too many, but leaves nobody out.
    pub(crate) fn each_new_blocker(&self, tx: TxId, hash: u64, seen: &mut Seen, mut tell: impl FnMut(TxId)) {
        let Some(slot) = self.tx_slot_by(hash, tx).filter(|slot| self.txs[*slot as usize].waiting > 0) else { return };
        for claim in self.waiting_claims_of(slot) {
            let record = self.record(claim);
            let mode = record.wanted.expect("only a waiting claim is blocked");
            let reach = if record.turned { Place::END } else { record.place };
            for entry in self.upwards_from(record.entry) {
                self.pass(entry, mode, reach, seen, &mut tell);
            }
            let here = seen.entries.entry(record.entry).or_default();
            let below = match mode {
                Mode::Read => &mut here.below_for_read,
                Mode::Write => &mut here.below_for_write,
            };
            if *below < reach {
                *below = reach;
                let below = self.below(record.entry, move |branch| branch.is_free_for(mode));
                below.for_each(|entry| self.pass(entry, mode, reach, seen, &mut tell));
            }
        }
    }

    /// Passes what conflicts with a mode on an entry: grants, and who waits before `reach`.
    fn pass(&self, entry: Slot, mode: Mode, reach: Place, seen: &mut Seen, tell: &mut impl FnMut(TxId)) {
        let at = seen.entries.entry(entry).or_default();
        if at.grants < Some(mode) {
            at.grants = Some(mode);
            let grants = self.granted_on(entry);
            grants
                .filter(|claim| self.record(*claim).granted.is_some_and(|granted| granted.conflicts(mode)))
                .for_each(|claim| tell(self.owner(claim)));
        }
        let queue = self.entry(entry).queue;
        self.pass_row(&mut at.last_writer, queue.writers.first, reach, tell);
        if mode == Mode::Write {
            self.pass_row(&mut at.last_reader, queue.readers.first, reach, tell);
        }
    }

    fn pass_row(&self, last: &mut Slot, first: Slot, reach: Place, tell: &mut impl FnMut(TxId)) {
        let next = if *last == NONE { first } else { self.record(*last).next_in_line };
        for claim in self.line_from(next).take_while(|claim| self.record(*claim).place < reach) {
            *last = claim;
            tell(self.owner(claim));
        }
    }
}
