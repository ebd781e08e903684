//! What the deadlock search reads of a table, and what it does to it.

use std::ops::ControlFlow;

use super::{Block, LockTable, Slot};
use crate::{Mode, Object, TxId};

impl LockTable {
    /// Every block of every waiting claim of a transaction, claim by claim. Gives the transaction's priority, and
    /// whether its caller was told of anything that it has here.
    ///
    /// `hash` is that of the id: a search asks many tables for the same transaction.
    pub(crate) fn each_block_of(&self, tx: TxId, hash: u64, mut tell: impl FnMut(Slot, Block)) -> Option<(i32, bool)> {
        let slot = self.tx_slot_by(hash, tx)?;
        let record = &self.txs[slot as usize];
        if record.waiting > 0 {
            for claim in self.waiting_claims_of(slot) {
                self.each_blocker(claim, |block| tell(claim, block));
            }
        }
        Some((record.priority, record.told > 0))
    }

    /// Whether any transaction that this one waits for here is such a one.
    pub fn any_blocker(&self, tx: TxId, mut is_such: impl FnMut(TxId) -> bool) -> bool {
        if self.waiting_claims(tx) == 0 {
            return false;
        }
        let Some(slot) = self.tx_slot(tx) else { return false };
        self.waiting_claims_of(slot).any(|claim| self.any_blocker_of(claim, &mut is_such))
    }

    /// The same for what it waits for on one object.
    pub fn any_blocker_on(&self, tx: TxId, object: &Object, mut is_such: impl FnMut(TxId) -> bool) -> bool {
        let claim = self.claim_at(tx, object).ok().filter(|claim| self.record(*claim).wanted.is_some());
        claim.is_some_and(|claim| self.any_blocker_of(claim, &mut is_such))
    }

    fn any_blocker_of(&self, claim: Slot, is_such: &mut impl FnMut(TxId) -> bool) -> bool {
        let such = |block: Block| {
            if is_such(self.owner(block.claim)) { ControlFlow::Break(()) } else { ControlFlow::Continue(()) }
        };
        self.try_each_blocker(claim, such).is_break()
    }

    /// Whether anybody may wait for what this transaction has or waits for.
    pub(crate) fn is_waited_for(&self, tx: TxId) -> bool {
        self.waiting > 0 && self.tx_slot(tx).is_some_and(|slot| self.somebody_waits_for(slot))
    }

    /// Whose claim it is.
    pub(crate) fn owner(&self, claim: Slot) -> TxId {
        self.txs[self.record(claim).tx as usize].id
    }

    /// What the claim is of.
    pub(crate) fn object(&self, claim: Slot) -> Object {
        self.entry(self.record(claim).entry).object.clone()
    }

    /// Whether the owner would rather abort than surrender this grant.
    pub(crate) fn must_abort(&self, claim: Slot) -> bool {
        let record = self.record(claim);
        record.told && self.txs[record.tx as usize].abort_on_deadlock
    }

    /// Lets the first waiting claim of each pair go before the second, and grants it if nothing
    /// else is in its way.
    pub(crate) fn turn(&mut self, pairs: &[(Slot, Slot)]) {
        for (first, second) in pairs {
            self.turn_pair(*first, *second);
            let entry = self.record(*first).entry;
            self.freed.push((entry, Mode::Write));
            self.note_change(entry);
        }
        if let Some((first, _)) = pairs.first() {
            self.finish_step(self.record(*first).entry);
        }
    }
}
