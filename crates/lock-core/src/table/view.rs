//! Looking at a table: who has what, who waits, what stands behind an arrow.

use serde::{Deserialize, Serialize};

use super::blockers::Block;
use super::records::{NONE, Slot};
use super::{LockTable, TxProfile};
use crate::{Arrow, ArrowKind, Millis, Mode, Object, Token, TxId};

/// A holder of an object.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct HolderView {
    /// Who has it.
    pub tx: TxId,
    /// In which mode.
    pub mode: Mode,
    /// The grant's fencing token.
    pub token: Token,
}

/// A waiter for an object.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct WaiterView {
    /// Who waits.
    pub tx: TxId,
    /// For which mode.
    pub mode: Mode,
    /// Since when.
    pub since: Millis,
}

/// One claim of a transaction.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct ClaimView {
    /// The object.
    pub object: Object,
    /// The mode that it has.
    pub granted: Option<Mode>,
    /// The token of that grant.
    pub token: Option<Token>,
    /// Whether the caller was told of that grant.
    pub told: bool,
    /// The mode that it waits for.
    pub wanted: Option<Mode>,
}

impl LockTable {
    /// Who has a grant on exactly this object, oldest transaction first.
    pub fn holders(&self, object: &Object) -> Vec<HolderView> {
        let granted = self.find_object(object).into_iter().flat_map(|entry| self.granted_on(entry));
        let mut holders: Vec<_> = granted
            .map(|claim| self.record(claim))
            .filter_map(|record| {
                let tx = self.txs[record.tx as usize].id;
                Some(HolderView { tx, mode: record.granted?, token: record.token })
            })
            .collect();
        holders.sort_by_key(|holder| holder.tx);
        holders
    }

    /// Who waits for exactly this object, in the order in which they will be served.
    pub fn waiters(&self, object: &Object) -> Vec<WaiterView> {
        let mut line = self.find_object(object).map(|entry| self.in_line(entry)).unwrap_or_default();
        if line.iter().any(|claim| self.record(*claim).turned) {
            self.order_turned(&mut line);
        }
        let waiters = line.into_iter().map(|claim| self.record(claim)).filter_map(|record| {
            let tx = self.txs[record.tx as usize].id;
            Some(WaiterView { tx, mode: record.wanted?, since: record.since })
        });
        waiters.collect()
    }

    /// Takes, again and again, the first of the line whom nobody left in it goes before.
    fn order_turned(&self, line: &mut Vec<Slot>) {
        let mut rest = std::mem::take(line);
        while !rest.is_empty() {
            let free = rest.iter().position(|one| !rest.iter().any(|other| self.holds_up(*other, *one)));
            line.push(rest.remove(free.unwrap_or(0)));
        }
    }

    fn holds_up(&self, one: Slot, other: Slot) -> bool {
        let (Some(mode), Some(against)) = (self.record(one).wanted, self.record(other).wanted) else { return false };
        one != other && mode.conflicts(against) && self.ahead(one, other)
    }

    /// All claims of a transaction in this table, in the order of their objects.
    pub fn claims(&self, tx: TxId) -> Vec<ClaimView> {
        let own = self.tx_slot(tx).into_iter().flat_map(|slot| self.claims_of(slot));
        let mut claims: Vec<_> = own.map(|claim| self.claim_view(claim)).collect();
        claims.sort_by(|one, other| one.object.cmp(&other.object));
        claims
    }

    /// One claim of a transaction, if it has or wants exactly this object.
    pub fn claim(&self, tx: TxId, object: &Object) -> Option<ClaimView> {
        let claim = self.claim_on(self.tx_slot(tx)?, self.find_object(object)?)?;
        Some(self.claim_view(claim))
    }

    /// The token of the transaction's current grant that covers this object: of the object itself, or of
    /// one above it.
    pub fn token(&self, tx: TxId, object: &Object, mode: Mode) -> Option<Token> {
        let at = self.locate(object);
        let covering = self.covering(self.tx_slot(tx)?, at.lowest(), mode)?;
        Some(self.record(covering).token)
    }

    /// Marks the grant that covers an object as known to the caller.
    pub fn tell_one(&mut self, tx: TxId, object: &Object) {
        let at = self.locate(object);
        let covering = self.tx_slot(tx).and_then(|tx| self.covering(tx, at.lowest(), Mode::Read));
        if let Some(claim) = covering {
            self.tell(claim);
        }
    }

    /// How many claims of a transaction wait.
    pub fn waiting_claims(&self, tx: TxId) -> u32 {
        if self.waiting == 0 {
            return 0;
        }
        self.tx_slot(tx).map_or(0, |slot| self.txs[slot as usize].waiting)
    }

    /// How many claims a transaction has, granted and waiting.
    pub fn claim_count(&self, tx: TxId) -> u32 {
        self.tx_slot(tx).map_or(0, |slot| self.txs[slot as usize].claims)
    }

    /// Marks all grants of a transaction as known to its caller.
    pub fn tell_all(&mut self, tx: TxId) {
        if let Some(slot) = self.tx_slot(tx) {
            let record = &self.txs[slot as usize];
            if record.told < record.claims {
                let claims: Vec<Slot> = self.claims_of(slot).collect();
                claims.into_iter().for_each(|claim| self.tell(claim));
            }
        }
    }

    /// Changes what is known of a transaction, for what is decided from now on.
    pub fn update_profile(&mut self, profile: &TxProfile) {
        if let Some(slot) = self.tx_slot(profile.tx) {
            let record = &mut self.txs[slot as usize];
            (record.priority, record.abort_on_deadlock) = (profile.priority, profile.abort_on_deadlock);
        }
    }

    /// The transactions that have or want something here, oldest first.
    pub fn transactions(&self) -> Vec<TxId> {
        let mut ids: Vec<_> = self.txs.iter().map(|(_, tx)| tx.id).collect();
        ids.sort_unstable();
        ids
    }

    /// So many of the objects that somebody has or wants, in order, and how many there are; only those above, at or below a
    /// certain one, if it is named. Goes through the whole table.
    pub fn objects(&self, near: Option<&Object>, most: usize) -> (Vec<Object>, usize) {
        let claimed = self.entries.iter().filter(|(_, entry)| entry.granted != NONE || !entry.queue.is_empty());
        let claimed = claimed.map(|(_, entry)| &entry.object);
        let mut objects: Vec<&Object> =
            claimed.filter(|object| near.is_none_or(|near| near.is_related_to(object))).collect();
        let count = objects.len();
        if count > most {
            objects.select_nth_unstable(most);
            objects.truncate(most);
        }
        objects.sort_unstable();
        (objects.into_iter().cloned().collect(), count)
    }

    /// Who has and who waits for an object and each one below it that somebody has or wants, in the order of the objects.
    pub fn holders_and_waiters_below(&self, object: &Object) -> Vec<(Object, Vec<HolderView>, Vec<WaiterView>)> {
        let top = self.find_object(object).into_iter();
        let entries = top.flat_map(|top| std::iter::once(top).chain(self.below(top, |_| false)));
        let claimed = entries.map(|entry| &self.entries[entry as usize]);
        let claimed = claimed.filter(|entry| entry.granted != NONE || !entry.queue.is_empty());
        let mut objects: Vec<&Object> = claimed.map(|entry| &entry.object).collect();
        objects.sort_unstable();
        objects.into_iter().map(|found| (found.clone(), self.holders(found), self.waiters(found))).collect()
    }

    /// The transactions that wait here, oldest first.
    pub fn waiting_transactions(&self) -> Vec<TxId> {
        let waiting = self.txs.iter().filter(|(_, tx)| tx.waiting > 0);
        let mut ids: Vec<_> = waiting.map(|(_, tx)| tx.id).collect();
        ids.sort_unstable();
        ids
    }

    /// How many transactions have claims here.
    pub(crate) fn transaction_count(&self) -> usize {
        self.txs.len()
    }

    /// Those who wait, of so many transactions, in no order.
    pub(crate) fn waiting_among(&self, most: usize) -> impl Iterator<Item = TxId> {
        self.txs.iter().take(most).filter(|(_, tx)| tx.waiting > 0).map(|(_, tx)| tx.id)
    }

    /// All that one transaction waits for here: an arrow for each claim in its way, hard and soft.
    pub fn arrows(&self, tx: TxId) -> Vec<Arrow> {
        let mut arrows = Vec::new();
        if let Some(slot) = self.tx_slot(tx) {
            for claim in self.waiting_claims_of(slot) {
                self.each_blocker(claim, |block| arrows.push(self.arrow(claim, block)));
            }
        }
        arrows
    }

    fn claim_view(&self, claim: Slot) -> ClaimView {
        let record = self.record(claim);
        ClaimView {
            object: self.entry(record.entry).object.clone(),
            granted: record.granted,
            token: record.granted.map(|_| record.token),
            told: record.told,
            wanted: record.wanted,
        }
    }

    /// The arrow from a waiting claim to one that blocks it.
    pub(crate) fn arrow(&self, claim: Slot, block: Block) -> Arrow {
        let (waiting, blocking) = (self.record(claim), self.in_the_way(block));
        Arrow {
            waiter: self.txs[waiting.tx as usize].id,
            wants: self.entry(waiting.entry).object.clone(),
            wanted: waiting.wanted.expect("an arrow starts at a waiting claim"),
            since: waiting.since,
            blocker: blocking.tx,
            blocking: blocking.object,
            blocking_mode: blocking.mode,
            kind: block.kind,
            token: (block.kind == ArrowKind::Hard).then(|| self.record(block.claim).token),
        }
    }

    /// The waiting claims of a transaction.
    pub(crate) fn waiting_claims_of(&self, tx: Slot) -> impl Iterator<Item = Slot> {
        let waiting = self.txs[tx as usize].waiting as usize;
        let waits = |claim: &Slot| self.record(*claim).wanted.is_some();
        self.claims_of(tx).filter(waits).take(waiting)
    }
}
