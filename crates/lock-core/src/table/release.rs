//! Giving back: unlock, downgrade, surrender, withdrawal of what waits, removal of a transaction.

use std::fmt::Write as _;

use smallvec::SmallVec;
use thiserror::Error;

use super::blockers::Candidate;
use super::records::{NONE, Place, Slot};
use super::{ClaimChange, LockTable};
use crate::{Millis, Mode, Object, Token, TxId};

/// A transaction named a lock that it does not have.
#[derive(Clone, Debug, PartialEq, Eq, Error)]
#[error("{tx} does not hold {object}{}", held_by(.holders))]
pub struct NotHeld {
    /// Who asked. The fixed words for this error are "not held".
    pub tx: TxId,
    /// Which object.
    pub object: Object,
    /// Some of those who do hold it, or something above it.
    pub holders: Vec<TxId>,
}

/// What became of a surrendered grant.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Surrendered {
    /// It waits behind all others.
    Waits,
    /// Nobody else wanted it, and it was granted again at once, with this token.
    Again(Token),
    /// Another grant of the transaction covers it: it is not wanted any more.
    Covered,
    /// It would have to wait, and may not: nothing has changed.
    Kept,
}

fn held_by(holders: &[TxId]) -> String {
    let mut text = String::from(if holders.is_empty() { " (not held by anybody" } else { " (not held by it but by " });
    for (index, holder) in holders.iter().enumerate() {
        let _ = write!(text, "{}{holder}", if index > 0 { ", " } else { "" });
    }
    text.push(')');
    text
}

impl LockTable {
    /// Gives an object back: the grant, the waiting claim and the pending conversion. Who can be granted then is, in
    /// the same step.
    ///
    /// # Errors
    /// [`NotHeld`], if the transaction neither has it nor waits for it; says who has it.
    pub fn unlock(&mut self, tx: TxId, object: &Object) -> Result<(), NotHeld> {
        let claim = self.claim_at(tx, object)?;
        let entry = self.record(claim).entry;
        self.withdraw(claim);
        self.finish_step(entry);
        self.forget_if_idle(tx);
        Ok(())
    }

    /// Turns a write into a read; a read stays as it is. The grant keeps its token.
    /// A claim that only waits for write waits for read from now on, in its place.
    ///
    /// # Errors
    /// [`NotHeld`], if the transaction neither has it nor waits for it; says who has it.
    pub fn downgrade(&mut self, tx: TxId, object: &Object) -> Result<(), NotHeld> {
        let claim = self.claim_at(tx, object)?;
        let record = self.record_mut(claim);
        let entry = record.entry;
        if record.granted == Some(Mode::Write) {
            record.granted = Some(Mode::Read);
            self.count_granted(entry, Some(Mode::Write), Some(Mode::Read));
        } else if record.granted.is_none() && record.wanted == Some(Mode::Write) {
            self.change_wanted(claim, Mode::Read);
            if self.covering(self.record(claim).tx, entry, Mode::Read).is_some() {
                self.withdraw_waiting(claim);
            }
        } else {
            return Ok(());
        }
        self.freed.push((entry, Mode::Write));
        self.finish_step(entry);
        Ok(())
    }

    /// Puts a granted claim back to the end of the line, with the same mode, joined with a pending
    /// conversion. With a token: only if that grant is still current. If it `may_wait` no longer and would
    /// have to, it keeps what it has.
    ///
    /// # Errors
    /// [`NotHeld`], if the transaction has no such grant; nothing has changed.
    pub fn surrender(
        &mut self,
        tx: TxId,
        object: &Object,
        token: Option<Token>,
        may_wait: bool,
        now: Millis,
    ) -> Result<Surrendered, NotHeld> {
        let claim = self.claim_at(tx, object)?;
        let record = self.record(claim);
        let Some(mode) = record.granted.max(record.wanted).filter(|_| record.granted.is_some()) else {
            return Err(self.not_held(tx, object));
        };
        if token.is_some_and(|token| token != record.token) {
            return Err(self.not_held(tx, object));
        }
        if !may_wait && self.would_wait_again(claim, mode) {
            return Ok(Surrendered::Kept);
        }
        self.requeue(&[claim], now);
        let again = self.claim(tx, object).map(|claim| claim.token);
        Ok(again.map_or(Surrendered::Covered, |token| token.map_or(Surrendered::Waits, Surrendered::Again)))
    }

    /// Whether a grant would have to wait, once surrendered: not if another one of its transaction covers it.
    pub(super) fn would_wait_again(&self, claim: Slot, mode: Mode) -> bool {
        let record = self.record(claim);
        let last = Candidate { tx: record.tx, mode, place: Place::END };
        self.covering(record.tx, self.entry(record.entry).parent, mode).is_none()
            && self.first_blocker(self.location_of(record.entry), last).is_some()
    }

    /// Puts granted claims back to the end of the line, in one step and in this order. What another
    /// grant of the transaction still covers is not wanted again.
    pub(crate) fn requeue(&mut self, claims: &[Slot], now: Millis) {
        let Some(first) = claims.first().map(|claim| self.record(*claim).entry) else { return };
        let mut wanted: SmallVec<[(Slot, Mode); 4]> = SmallVec::new();
        for claim in claims {
            let pending = self.step_out(*claim);
            wanted.push((*claim, self.take_grant(*claim).max(pending).expect("only a grant is surrendered")));
        }
        for (claim, mode) in wanted {
            let record = self.record(claim);
            let (tx, entry) = (record.tx, record.entry);
            // As if a write were gone: the claim itself may be the next to be served.
            self.freed.push((entry, Mode::Write));
            self.note_change(entry);
            if self.covering(tx, entry, mode).is_some() {
                self.remove_record(claim);
            } else {
                let place = Place::ordinary(self.next_arrival());
                self.line_up(claim, mode, place, now);
            }
        }
        self.finish_step(first);
    }

    /// Withdraws everything that a transaction waits for, in one step; its grants stay. Gives the objects.
    pub fn withdraw_waits(&mut self, tx: TxId) -> Vec<Object> {
        let Some(slot) = self.tx_slot(tx) else { return Vec::new() };
        let waits = |claim: &Slot| self.record(*claim).wanted.is_some();
        let claims: Vec<Slot> = self.claims_of(slot).filter(waits).collect();
        let mut withdrawn = Vec::new();
        for claim in claims {
            let entry = self.record(claim).entry;
            withdrawn.push(self.entry(entry).object.clone());
            self.withdraw_waiting(claim);
            self.note_change(entry);
        }
        self.finish_removal();
        self.forget_if_idle(tx);
        withdrawn
    }

    /// Withdraws what a transaction waits for on one object; a grant of it stays. Gives the mode
    /// that it waited for, if it did.
    pub fn withdraw_wait(&mut self, tx: TxId, object: &Object) -> Option<Mode> {
        let claim = self.claim_at(tx, object).ok()?;
        let wanted = self.record(claim).wanted?;
        let entry = self.record(claim).entry;
        self.withdraw_waiting(claim);
        self.finish_step(entry);
        self.forget_if_idle(tx);
        Some(wanted)
    }

    /// Takes back a request that had to wait, because nobody waits for its answer any more.
    ///
    /// `change` is what the request had come to. A grant that came in the meantime and that the
    /// caller was not told of is given back as well.
    pub fn take_back(&mut self, tx: TxId, object: &Object, change: ClaimChange) {
        let Ok(claim) = self.claim_at(tx, object) else { return };
        let record = self.record(claim);
        match change {
            ClaimChange::New if !record.told => drop(self.unlock(tx, object)),
            ClaimChange::Conversion if record.granted.is_some() && record.wanted.is_some() => {
                let _ = self.withdraw_wait(tx, object);
            }
            // Granted, or surrendered since: then it waits for both, and the read is still wanted.
            ClaimChange::Conversion => drop(self.downgrade(tx, object)),
            ClaimChange::Strengthened if !record.told => drop(self.downgrade(tx, object)),
            ClaimChange::New | ClaimChange::Strengthened | ClaimChange::Nothing => {}
        }
    }

    /// Withdraws all that a transaction has and waits for, in one step, in time
    /// proportional to its own claims. Gives how many they were.
    pub fn remove(&mut self, tx: TxId) -> usize {
        let Some(slot) = self.tx_slot(tx) else { return 0 };
        let mut removed = 0;
        loop {
            let claim = self.txs[slot as usize].first_claim;
            if claim == NONE {
                break;
            }
            self.note_change(self.record(claim).entry);
            self.withdraw(claim);
            removed += 1;
        }
        self.finish_removal();
        self.forget_tx(slot);
        removed
    }

    fn finish_removal(&mut self) {
        self.version += 1;
        if !self.freed.is_empty() {
            self.settle();
        }
        self.tell_watchers();
    }

    /// Withdraws a claim whole. What it frees is for [`Self::settle`] to hand on.
    fn withdraw(&mut self, claim: Slot) {
        let wanted = self.step_out(claim);
        let granted = self.take_grant(claim);
        self.freed.push((self.record(claim).entry, granted.max(wanted).unwrap_or(Mode::Read)));
        self.remove_record(claim);
    }

    /// Withdraws only what a claim waits for.
    pub(super) fn withdraw_waiting(&mut self, claim: Slot) {
        if let Some(mode) = self.step_out(claim) {
            self.freed.push((self.record(claim).entry, mode));
        }
        if self.record(claim).granted.is_none() {
            self.remove_record(claim);
        }
    }

    /// Takes a grant away whole, without freeing the object for others yet.
    pub(super) fn drop_grant(&mut self, claim: Slot) {
        self.take_grant(claim);
        self.remove_record(claim);
    }

    fn take_grant(&mut self, claim: Slot) -> Option<Mode> {
        let record = self.record_mut(claim);
        let mode = record.granted.take()?;
        let (entry, tx) = (record.entry, record.tx);
        if std::mem::take(&mut record.told) {
            self.txs[tx as usize].told -= 1;
        }
        self.unlink_granted(claim);
        self.count_granted(entry, Some(mode), None);
        Some(mode)
    }

    fn unlink_granted(&mut self, claim: Slot) {
        let record = self.record_mut(claim);
        let next = std::mem::replace(&mut record.next_in_entry, NONE);
        let prev = std::mem::replace(&mut record.prev_in_entry, NONE);
        let entry = record.entry;
        if next != NONE {
            self.record_mut(next).prev_in_entry = prev;
        }
        if prev == NONE {
            self.entry_mut(entry).granted = next;
        } else {
            self.record_mut(prev).next_in_entry = next;
        }
    }

    fn remove_record(&mut self, claim: Slot) {
        let record = self.claims.remove(claim as usize);
        let tx = &mut self.txs[record.tx as usize];
        tx.claims -= 1;
        if record.prev_in_tx == NONE {
            tx.first_claim = record.next_in_tx;
        } else {
            self.record_mut(record.prev_in_tx).next_in_tx = record.next_in_tx;
        }
        if record.next_in_tx != NONE {
            self.record_mut(record.next_in_tx).prev_in_tx = record.prev_in_tx;
        }
    }

    pub(super) fn forget_if_idle(&mut self, tx: TxId) {
        if let Some(slot) = self.tx_slot(tx)
            && self.txs[slot as usize].claims == 0
        {
            self.forget_tx(slot);
        }
    }

    pub(super) fn claim_at(&self, tx: TxId, object: &Object) -> Result<Slot, NotHeld> {
        let entry = self.find_object(object);
        let claim = entry.and_then(|entry| self.claim_on(self.tx_slot(tx)?, entry));
        claim.ok_or_else(|| self.not_held(tx, object))
    }

    pub(crate) fn not_held(&self, tx: TxId, object: &Object) -> NotHeld {
        const NAMED: usize = 8;
        let at = self.locate(object);
        let holders = self.upwards_from(at.entry.unwrap_or(at.above)).flat_map(|entry| self.granted_on(entry));
        let holders = holders.map(|claim| self.txs[self.record(claim).tx as usize].id);
        let holders = holders.filter(|holder| *holder != tx).take(NAMED).collect();
        NotHeld { tx, object: object.clone(), holders }
    }
}
