//! Asking: a new claim, a repeat, a conversion, a stronger wish.

use smallvec::SmallVec;
use thiserror::Error;

use super::blockers::{Block, Candidate};
use super::records::{ClaimRecord, NONE, Place, Slot};
use super::tree::Location;
use super::{LockTable, TxProfile, hash_of, slot};
use crate::{ArrowKind, Millis, Mode, Object, Token, TxId};

/// How a transaction asks.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Ask {
    /// Line up if it cannot be granted at once; otherwise nothing is queued.
    pub wait: bool,
    /// A grant given at once is told to the caller by the call that asks.
    pub tell: bool,
}

impl Ask {
    /// Lines up; the caller is told later.
    pub const WAIT: Self = Self { wait: true, tell: false };
    /// Lines up; a grant given at once is told at once.
    pub const WAIT_AND_TELL: Self = Self { wait: true, tell: true };
    /// Only if it can be granted at once, which tells the caller.
    pub const TRY: Self = Self { wait: false, tell: true };
}

/// What a request came to.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Answer {
    /// The transaction has it.
    Granted {
        /// The token of the grant that covers the request.
        token: Token,
        /// What came of it.
        change: ClaimChange,
    },
    /// It waits in line.
    Waiting(ClaimChange),
}

/// What a request changed, and so what taking it back means.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ClaimChange {
    /// The table has a claim more than before.
    New,
    /// A grant became stronger, or waits to.
    Conversion,
    /// A waiting read became a waiting write, in its place.
    Strengthened,
    /// Nothing: the transaction had it or waited for it before.
    Nothing,
}

/// Whoever keeps a claim from being granted at once.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct InTheWay {
    /// Who.
    pub tx: TxId,
    /// The object that it has or waits for.
    pub object: Object,
    /// In which mode.
    pub mode: Mode,
    /// Whether it has it, or waits ahead.
    pub kind: ArrowKind,
}

/// A lock that was tried for cannot be had at once; nothing was queued.
#[derive(Clone, Debug, PartialEq, Eq, Error)]
#[error("{tx} cannot have {mode} on {object} at once: {} {} {} on {}",
    .in_the_way.tx,
    if .in_the_way.kind == ArrowKind::Hard { "has" } else { "waits ahead for" },
    .in_the_way.mode, .in_the_way.object)]
pub struct Refused {
    /// Who asked.
    pub tx: TxId,
    /// For what.
    pub object: Object,
    /// In which mode.
    pub mode: Mode,
    /// Who stands in the way.
    pub in_the_way: InTheWay,
}

impl LockTable {
    /// Asks for one object.
    ///
    /// What the transaction's own grants cover is granted at once and changes nothing. A stronger mode
    /// of what it has is a conversion, which goes ahead of ordinary waiters; a stronger mode of
    /// what it waits for makes that claim stronger in its place. `now` is asked only if it has to wait.
    ///
    /// # Errors
    /// [`Refused`], only when asked not to wait: says who stands in the way; nothing has changed.
    pub fn request(
        &mut self,
        profile: &TxProfile,
        object: &Object,
        mode: Mode,
        ask: Ask,
        now: impl FnOnce() -> Millis,
    ) -> Result<Answer, Refused> {
        if !ask.wait
            && let Some(refused) = self.refusal(profile.tx, object, mode)
        {
            return Err(refused);
        }
        let at = self.locate(object);
        let hash = hash_of(profile.tx);
        let tx = self.tx_slot_by(hash, profile.tx);
        if let Some(tx) = tx {
            if let Some(token) = self.covered_by(tx, at, mode, ask) {
                return Ok(Answer::Granted { token, change: ClaimChange::Nothing });
            }
            if let Some(claim) = at.entry.and_then(|entry| self.claim_on(tx, entry)) {
                return Ok(self.strengthen(claim, at, mode, ask, now));
            }
        }
        let blocked = self.first_blocker(at, Candidate { tx: tx.unwrap_or(NONE), mode, place: Place::END });
        let tx = tx.unwrap_or_else(|| self.insert_tx(hash, profile));
        let entry = self.entry_at(object, at);
        let claim = self.insert_claim(tx, entry);
        let answer = if blocked.is_some() {
            let place = Place::ordinary(self.next_arrival());
            self.line_up(claim, mode, place, now());
            Answer::Waiting(ClaimChange::New)
        } else {
            Answer::Granted { token: self.grant_at_once(claim, mode, ask), change: ClaimChange::New }
        };
        self.finish_step(entry);
        Ok(answer)
    }

    /// Why a request could not be granted at once, if it could not. Changes nothing.
    pub(super) fn refusal(&self, tx: TxId, object: &Object, mode: Mode) -> Option<Refused> {
        let at = self.locate(object);
        let slot = self.tx_slot(tx);
        if slot.is_some_and(|tx| self.covering(tx, at.lowest(), mode).is_some()) {
            return None;
        }
        let claim = slot.and_then(|tx| self.claim_on(tx, at.entry?)).map(|claim| (claim, self.record(claim)));
        let block = match claim {
            Some((claim, record)) if record.wanted.is_some() => self.blocker_of(claim),
            Some((_, record)) => self.first_blocker(at, self.conversion(record.tx, mode)),
            None => self.first_blocker(at, Candidate { tx: slot.unwrap_or(NONE), mode, place: Place::END }),
        };
        block.map(|block| Refused { tx, object: object.clone(), mode, in_the_way: self.in_the_way(block) })
    }

    /// Asks more of an object that the transaction already claims.
    fn strengthen(&mut self, claim: Slot, at: Location, mode: Mode, ask: Ask, now: impl FnOnce() -> Millis) -> Answer {
        match self.record(claim).wanted {
            Some(wanted) => Answer::Waiting(self.want_more(claim, wanted, mode)),
            None => self.convert(claim, at, mode, ask, now),
        }
    }

    /// A claim that waits is made stronger in its place.
    fn want_more(&mut self, claim: Slot, wanted: Mode, mode: Mode) -> ClaimChange {
        if wanted.covers(mode) {
            return ClaimChange::Nothing;
        }
        self.change_wanted(claim, mode);
        self.finish_step(self.record(claim).entry);
        ClaimChange::Strengthened
    }

    /// A grant is made stronger: ahead of ordinary waiters, behind earlier conversions.
    fn convert(&mut self, claim: Slot, at: Location, mode: Mode, ask: Ask, now: impl FnOnce() -> Millis) -> Answer {
        let (tx, entry) = (self.record(claim).tx, self.record(claim).entry);
        let conversion = self.conversion(tx, mode);
        let answer = if self.first_blocker(at, conversion).is_some() {
            self.next_arrival();
            self.line_up(claim, mode, conversion.place, now());
            Answer::Waiting(ClaimChange::Conversion)
        } else {
            Answer::Granted { token: self.grant_at_once(claim, mode, ask), change: ClaimChange::Conversion }
        };
        self.finish_step(entry);
        answer
    }

    /// A conversion as it would line up now.
    fn conversion(&self, tx: Slot, mode: Mode) -> Candidate {
        Candidate { tx, mode, place: Place::conversion(self.version + 1) }
    }

    fn covered_by(&mut self, tx: Slot, at: Location, mode: Mode, ask: Ask) -> Option<Token> {
        let lowest = at.lowest();
        let covering = self.covering(tx, lowest, mode)?;
        if ask.tell {
            // Told of what covers the request, the caller relies on every grant that does.
            let all = self.upwards_from(lowest).filter_map(|entry| self.covering_on(tx, entry, mode));
            let covering: SmallVec<[Slot; 8]> = all.collect();
            covering.into_iter().for_each(|claim| self.tell(claim));
        }
        Some(self.record(covering).token)
    }

    /// The transaction's grant on an entry or above it that covers a mode.
    pub(super) fn covering(&self, tx: Slot, entry: Slot, mode: Mode) -> Option<Slot> {
        self.upwards_from(entry).find_map(|entry| self.covering_on(tx, entry, mode))
    }

    fn covering_on(&self, tx: Slot, entry: Slot, mode: Mode) -> Option<Slot> {
        let claim = self.claim_on(tx, entry)?;
        self.record(claim).granted.is_some_and(|granted| granted.covers(mode)).then_some(claim)
    }

    fn grant_at_once(&mut self, claim: Slot, mode: Mode, ask: Ask) -> Token {
        self.grant(claim, mode);
        if ask.tell {
            self.tell(claim);
        }
        self.record(claim).token
    }

    pub(super) fn in_the_way(&self, block: Block) -> InTheWay {
        let record = self.record(block.claim);
        let mode = if block.kind == ArrowKind::Hard { record.granted } else { record.wanted };
        InTheWay {
            tx: self.txs[record.tx as usize].id,
            object: self.entry(record.entry).object.clone(),
            mode: mode.expect("a blocker has or wants the object"),
            kind: block.kind,
        }
    }

    pub(super) fn insert_claim(&mut self, tx: Slot, entry: Slot) -> Slot {
        let record = &mut self.txs[tx as usize];
        let next = record.first_claim;
        let claim = slot(self.claims.insert(ClaimRecord {
            token: Token(0),
            place: Place::END,
            since: Millis(0),
            next_in_line: NONE,
            prev_in_line: NONE,
            tx,
            entry,
            next_in_entry: NONE,
            prev_in_entry: NONE,
            next_in_tx: next,
            prev_in_tx: NONE,
            granted: None,
            wanted: None,
            told: false,
            turned: false,
        }));
        record.first_claim = claim;
        record.claims += 1;
        if next != NONE {
            self.record_mut(next).prev_in_tx = claim;
        }
        claim
    }

    pub(super) fn next_arrival(&mut self) -> u64 {
        self.version += 1;
        self.version
    }

    /// Ends a step that changed an entry: who can be granted now is, and watchers are told.
    pub(super) fn finish_step(&mut self, entry: Slot) {
        self.version += 1;
        self.note_change(entry);
        if !self.freed.is_empty() {
            self.settle();
        }
        self.tell_watchers();
    }

    /// The claims of a transaction, the newest first.
    pub(crate) fn claims_of(&self, tx: Slot) -> impl Iterator<Item = Slot> {
        let some = |slot: Slot| (slot != NONE).then_some(slot);
        let first = self.txs[tx as usize].first_claim;
        std::iter::successors(some(first), move |claim| some(self.record(*claim).next_in_tx))
    }

    /// The claim of a transaction on an entry. Looks through whatever is shorter: the
    /// transaction's claims, or the claims on the entry.
    pub(super) fn claim_on(&self, tx: Slot, entry: Slot) -> Option<Slot> {
        let own = self.claims_of(tx).map(|claim| (claim, self.record(claim)));
        let mut own = own.map(|(claim, record)| (record.entry == entry).then_some(claim));
        let granted = self.granted_on(entry);
        let here = granted.chain(self.waiting_on(entry));
        let mut here = here.map(|claim| (self.record(claim).tx == tx).then_some(claim));
        loop {
            match (own.next(), here.next()) {
                (Some(Some(claim)), _) | (_, Some(Some(claim))) => return Some(claim),
                (None, _) | (_, None) => return None,
                _ => {}
            }
        }
    }

    /// Marks a grant as known to the caller.
    pub(super) fn tell(&mut self, claim: Slot) {
        let record = self.record_mut(claim);
        if record.granted.is_some() && !record.told {
            record.told = true;
            let tx = record.tx;
            self.txs[tx as usize].told += 1;
        }
    }
}
