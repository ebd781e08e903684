//! What nodes far from a transaction's home need of a table: claims by name, and grants taken back after a restart.
//!
//! Within a node a search points at claims by slot; between nodes a claim is named by transaction and
//! object, and told apart from earlier ones of the same name by its place in line or its token.

use serde::{Deserialize, Serialize};

use super::blockers::{Block, Candidate};
use super::records::{NONE, Place, Slot};
use super::{Answer, Ask, ClaimChange, LockTable, Refused, TxProfile, hash_of};
use crate::{ArrowKind, Millis, Mode, Object, Token, TxId};

/// How a claim stands in a table.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Standing {
    /// What is granted, with the token of the grant.
    pub granted: Option<(Mode, Token)>,
    /// What it waits for, with its place in line.
    pub wanted: Option<(Mode, u64)>,
}

/// A waiting claim by name: never the same again once it was granted, requeued or withdrawn.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
pub struct WaitName {
    /// Who waits.
    pub tx: TxId,
    /// For what.
    pub object: Object,
    /// Its place in line.
    pub place: u64,
}

/// One waiting claim and all that is in its way.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(from = "Packed", into = "Packed")]
pub struct WaitView {
    /// What is waited for.
    pub object: Object,
    /// In which mode.
    pub mode: Mode,
    /// The place in line.
    pub place: u64,
    /// Since when.
    pub since: Millis,
    /// What is in the way.
    pub blocks: Vec<BlockView>,
}

/// A claim that is in the way of another one.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct BlockView {
    /// Whose claim.
    pub tx: TxId,
    /// Of which object.
    pub object: Object,
    /// In which mode.
    pub mode: Mode,
    /// Whether it is granted or ahead in line.
    pub kind: ArrowKind,
    /// The token of the grant, or the place in line.
    pub stamp: u64,
}

/// A wait as it is written down: most of what is in its way is of the same object, whose name is written once.
#[derive(Serialize, Deserialize)]
struct Packed {
    object: Object,
    mode: Mode,
    place: u64,
    since: Millis,
    blocks: Vec<(TxId, Option<Object>, Mode, ArrowKind, u64)>,
}

impl From<WaitView> for Packed {
    fn from(WaitView { object, mode, place, since, blocks }: WaitView) -> Self {
        let other = |name: Object| Some(name).filter(|name| *name != object);
        let packed = |BlockView { tx, object, mode, kind, stamp }| (tx, other(object), mode, kind, stamp);
        let blocks = blocks.into_iter().map(packed).collect();
        Self { object, mode, place, since, blocks }
    }
}

impl From<Packed> for WaitView {
    fn from(Packed { object, mode, place, since, blocks }: Packed) -> Self {
        let whole = |(tx, other, mode, kind, stamp): (TxId, Option<Object>, Mode, ArrowKind, u64)| {
            let object = other.unwrap_or_else(|| object.clone());
            BlockView { tx, object, mode, kind, stamp }
        };
        let blocks = blocks.into_iter().map(whole).collect();
        Self { object, mode, place, since, blocks }
    }
}

impl LockTable {
    /// How a transaction's claim of exactly this object stands; nothing granted nor wanted if there is none.
    pub fn standing(&self, tx: TxId, object: &Object) -> Standing {
        let claim = self.find_object(object).and_then(|entry| self.claim_on(self.tx_slot(tx)?, entry));
        claim.map_or_else(Standing::default, |claim| {
            let record = self.record(claim);
            Standing {
                granted: record.granted.map(|mode| (mode, record.token)),
                wanted: record.wanted.map(|mode| (mode, record.place.number())),
            }
        })
    }

    /// Whether a request would be granted at once.
    pub fn would_grant(&self, tx: TxId, object: &Object, mode: Mode) -> bool {
        self.would_refuse(tx, object, mode).is_none()
    }

    /// Why a request would not be granted at once, if it would not.
    pub fn would_refuse(&self, tx: TxId, object: &Object, mode: Mode) -> Option<Refused> {
        self.refusal(tx, object, mode)
    }

    /// Whether a surrender of what a transaction has of an object would not make it wait: nobody else wants that, or
    /// another grant of it covers that.
    pub fn would_keep(&self, tx: TxId, object: &Object) -> bool {
        let Ok(claim) = self.claim_at(tx, object) else { return false };
        let record = self.record(claim);
        let mode = record.granted.max(record.wanted).unwrap_or(Mode::Read);
        !self.would_wait_again(claim, mode)
    }

    /// Every waiting claim of a transaction, in the order of the objects, and what is in its way.
    pub fn waits(&self, tx: TxId) -> Vec<WaitView> {
        let slot = self.tx_slot(tx).filter(|slot| self.txs[*slot as usize].waiting > 0);
        let mut waits: Vec<_> = slot.into_iter().flat_map(|slot| self.waiting_claims_of(slot)).collect();
        waits.sort_by(|one, other| self.object_of(*one).cmp(self.object_of(*other)));
        waits.into_iter().map(|claim| self.wait_view(claim)).collect()
    }

    fn wait_view(&self, claim: Slot) -> WaitView {
        let record = self.record(claim);
        let mut blocks = Vec::new();
        self.each_blocker(claim, |block| blocks.push(self.block_view(block)));
        blocks.sort_by(|one, other| (one.tx, one.kind, &one.object).cmp(&(other.tx, other.kind, &other.object)));
        WaitView {
            object: self.object_of(claim).clone(),
            mode: record.wanted.expect("a waiting claim wants a mode"),
            place: record.place.number(),
            since: record.since,
            blocks,
        }
    }

    fn block_view(&self, block: Block) -> BlockView {
        let (record, seen) = (self.record(block.claim), self.in_the_way(block));
        let stamp = if block.kind == ArrowKind::Hard { record.token.0 } else { record.place.number() };
        BlockView { tx: seen.tx, object: seen.object, mode: seen.mode, kind: seen.kind, stamp }
    }

    /// Asks for one object as [`LockTable::request`] does, but makes a claim of its own where a grant
    /// above covers it: a claim on many nodes is counted node by node, whatever else its transaction has there.
    ///
    /// # Errors
    /// [`Refused`], only when asked not to wait: says who stands in the way; nothing has changed.
    ///
    /// # Panics
    /// Never: what was granted just now is granted.
    pub fn request_own(
        &mut self,
        profile: &TxProfile,
        object: &Object,
        mode: Mode,
        ask: Ask,
        now: Millis,
    ) -> Result<Answer, Refused> {
        let at = self.locate(object);
        let covered = self.tx_slot(profile.tx).filter(|tx| self.covering(*tx, at.above, mode).is_some());
        let Some(tx) = covered else { return self.request(profile, object, mode, ask, || now) };
        let entry = self.entry_at(object, at);
        let change = if let Some(claim) = self.claim_on(tx, entry) {
            if self.record(claim).granted.is_some_and(|granted| granted.covers(mode)) {
                return Ok(Answer::Granted { token: self.record(claim).token, change: ClaimChange::Nothing });
            }
            self.step_out(claim);
            self.grant(claim, mode);
            ClaimChange::Conversion
        } else {
            let claim = self.insert_claim(tx, entry);
            self.grant(claim, mode);
            ClaimChange::New
        };
        self.finish_step(entry);
        let token = self.standing(profile.tx, object).granted.expect("it was granted just now").1;
        Ok(Answer::Granted { token, change })
    }

    /// Takes a grant back that an earlier life of this node gave, with its token. Gives `false`, and changes
    /// nothing, if something is in its way.
    pub fn restore(&mut self, profile: &TxProfile, object: &Object, mode: Mode, token: Token) -> bool {
        let at = self.locate(object);
        let hash = hash_of(profile.tx);
        let tx = self.tx_slot_by(hash, profile.tx);
        let who = Candidate { tx: tx.unwrap_or(NONE), mode, place: Place::END };
        let claimed = tx.is_some_and(|tx| at.entry.is_some_and(|entry| self.claim_on(tx, entry).is_some()));
        if claimed || self.first_blocker(at, who).is_some() {
            return false;
        }
        let tx = tx.unwrap_or_else(|| self.insert_tx(hash, profile));
        let entry = self.entry_at(object, at);
        let claim = self.insert_claim(tx, entry);
        self.grant(claim, mode);
        self.record_mut(claim).token = token;
        self.finish_step(entry);
        true
    }

    /// Lets the first of each pair of waiting claims go before the second. Pairs that do not stand so any
    /// more are passed over; gives whether any pair was turned.
    pub fn turn_named(&mut self, pairs: &[(WaitName, WaitName)]) -> bool {
        let stand = |(first, second): &(WaitName, WaitName)| {
            let (first, second) = (self.waiting_named(first)?, self.waiting_named(second)?);
            let mut found = false;
            self.each_blocker(first, |block| found |= block == Block { claim: second, kind: ArrowKind::Soft });
            found.then_some((first, second))
        };
        let pairs: Vec<(Slot, Slot)> = pairs.iter().filter_map(stand).collect();
        self.turn(&pairs);
        !pairs.is_empty()
    }

    fn waiting_named(&self, name: &WaitName) -> Option<Slot> {
        let claim = self.claim_on(self.tx_slot(name.tx)?, self.find_object(&name.object)?)?;
        let record = self.record(claim);
        (record.wanted.is_some() && record.place.number() == name.place).then_some(claim)
    }
}
