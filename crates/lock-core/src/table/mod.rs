//! The lock table: who has what, who waits, and who is next.
//!
//! One table is one shard of a node. Objects that share their first segment share a table, so
//! an object and its ancestors are always found together.
//!
//! | to learn | read |
//! |---|---|
//! | what is kept | `records` |
//! | what may be asked and given back | `claim`, `release` |
//! | how a grant changes its transaction | `hand_over` |
//! | when a claim is granted | `blockers`, `settle` |
//! | who is ahead of whom | `line` |
//! | how intention modes are counted | `tree` |
//! | what is told to watchers | `watch` |
//! | what other nodes ask of it | `far` |
//! | what always holds | `check` |
//! | what it is like, for comparing | `shape` |

mod batch;
mod blockers;
mod check;
mod claim;
mod far;
mod hand_over;
mod line;
mod records;
mod release;
mod searched;
mod seen;
mod settle;
mod shape;
mod tree;
mod view;
mod watch;

use std::collections::BTreeSet;
use std::hash::BuildHasher;

use foldhash::SharedSeed;
use foldhash::fast::SeedableRandomState;
use hashbrown::HashTable;
use serde::{Deserialize, Serialize};
use slab::Slab;

use crate::mutant::{self, Mutant};
use crate::{Fact, Incarnation, Mode, Object, Token, Tokens, TxId, Version};

pub use batch::request_all;
pub use claim::{Answer, Ask, ClaimChange, InTheWay, Refused};
pub use far::{BlockView, Standing, WaitName, WaitView};
pub use hand_over::NotHandedOver;
pub use release::{NotHeld, Surrendered};
pub use shape::{ClaimShape, TableShape};
pub use view::{ClaimView, HolderView, WaiterView};
pub use watch::{Change, Scope, WatchId};

pub(crate) use blockers::Block;
pub(crate) use records::Slot;
use records::{ClaimRecord, Entry, NONE, Place, TxRecord};
pub(crate) use seen::Seen;

/// The lock table of one shard: pure rules, no clock, no tasks.
///
/// A call goes in with the transaction that makes it; the answer is what it means for that
/// transaction, and [`LockTable::take_facts`] gives what it meant for others, in order.
/// First come, first served: a claim is granted when it conflicts with no granted claim and
/// with no waiting one ahead of it.
///
/// Asking and giving back cost time proportional to the depth of the object, whatever waits in line; removing a
/// transaction, to its own claims. Neither grows with the table. Two things cost more: to find a claim again among
/// many on an object that are those of a transaction with as many, and to ask for what lies above many claims.
///
/// ```
/// use lock_core::{Answer, Ask, Incarnation, LockTable, Millis, Mode, Tokens, TxProfile, TxId};
/// let mut table = LockTable::new(Incarnation(0), Tokens::starting_at(Incarnation(0)), 0);
/// let (t1, t2) = (TxProfile::new(TxId(1)), TxProfile::new(TxId(2)));
/// let object = "db/users/7".parse()?;
/// let now = || Millis(0);
/// assert!(matches!(table.request(&t1, &object, Mode::Write, Ask::WAIT, now), Ok(Answer::Granted { .. })));
/// assert!(matches!(table.request(&t2, &object, Mode::Read, Ask::WAIT, now), Ok(Answer::Waiting(_))));
/// table.remove(t1.tx);
/// assert_eq!(table.take_facts().len(), 1); // t2 has it now
/// table.check().expect("every promise holds");
/// # Ok::<(), lock_core::InvalidObject>(())
/// ```
#[derive(Debug)]
pub struct LockTable {
    entries: Slab<Entry>,
    claims: Slab<ClaimRecord>,
    txs: Slab<TxRecord>,
    entry_index: HashTable<Slot>,
    tx_index: HashTable<Slot>,
    hasher: SeedableRandomState,
    incarnation: Incarnation,
    tokens: Tokens,
    /// Counts changes, and gives every waiter its arrival number.
    version: u64,
    /// `(first, second)`: first goes ahead of second although it came later.
    turned: BTreeSet<(Slot, Slot)>,
    /// Entries where something was withdrawn in this step, with the strongest mode of it.
    freed: Vec<(Slot, Mode)>,
    /// Room for the claims that a step can grant; empty between steps.
    grantable: Vec<(Place, Slot)>,
    /// How many claims wait.
    waiting: usize,
    facts: Vec<Fact>,
    watches: watch::Watches,
}

/// What a table has to know of the transaction that asks.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct TxProfile {
    /// Its id, which is its age.
    pub tx: TxId,
    /// Lower gives way first.
    pub priority: i32,
    /// Abort rather than surrender what the caller was told of.
    pub abort_on_deadlock: bool,
}

impl TxProfile {
    /// A transaction with the default options.
    pub fn new(tx: TxId) -> Self {
        Self { tx, priority: 0, abort_on_deadlock: false }
    }
}

impl LockTable {
    /// An empty table.
    ///
    /// All tables of a node share `tokens`. `hash_seed` only spreads the hashes, so that nobody can
    /// choose object names that collide; no outcome depends on it.
    pub fn new(incarnation: Incarnation, tokens: Tokens, hash_seed: u64) -> Self {
        Self {
            entries: Slab::new(),
            claims: Slab::new(),
            txs: Slab::new(),
            entry_index: HashTable::new(),
            tx_index: HashTable::new(),
            hasher: SeedableRandomState::with_seed(hash_seed, SharedSeed::global_fixed()),
            incarnation,
            tokens,
            version: if mutant::is_on(Mutant::VersionsStartAnew) { 0 } else { incarnation.first_number() },
            turned: BTreeSet::new(),
            freed: Vec::new(),
            grantable: Vec::new(),
            waiting: 0,
            facts: Vec::new(),
            watches: watch::Watches::default(),
        }
    }

    /// The life of the node that this table belongs to.
    pub fn incarnation(&self) -> Incarnation {
        self.incarnation
    }

    /// Gives larger tokens than this one from now on, as do all tables that share its tokens.
    pub fn follow(&mut self, token: Token) {
        self.tokens.follow(token);
    }

    /// How often the table has changed, counted on from the incarnation.
    pub fn version(&self) -> Version {
        Version(self.version)
    }

    /// Whether nobody has or wants anything.
    pub fn is_empty(&self) -> bool {
        self.claims.is_empty()
    }

    /// How many claims there are, granted and waiting.
    pub fn len(&self) -> usize {
        self.claims.len()
    }

    /// What the calls since the last time meant for others, in order.
    pub fn take_facts(&mut self) -> Vec<Fact> {
        std::mem::take(&mut self.facts)
    }

    /// Whether [`LockTable::take_facts`] has something to give.
    #[inline]
    pub fn has_facts(&self) -> bool {
        !self.facts.is_empty()
    }

    #[inline]
    fn tx_slot(&self, tx: TxId) -> Option<Slot> {
        self.tx_slot_by(hash_of(tx), tx)
    }

    #[inline]
    fn tx_slot_by(&self, hash: u64, tx: TxId) -> Option<Slot> {
        self.tx_index.find(hash, |slot| self.txs[*slot as usize].id == tx).copied()
    }

    /// A record for a transaction that has none; `hash` is that of its id.
    fn insert_tx(&mut self, hash: u64, profile: &TxProfile) -> Slot {
        let slot = slot(self.txs.insert(TxRecord {
            id: profile.tx,
            first_claim: NONE,
            claims: 0,
            waiting: 0,
            told: 0,
            priority: profile.priority,
            abort_on_deadlock: profile.abort_on_deadlock,
        }));
        let txs = &self.txs;
        self.tx_index.insert_unique(hash, slot, |slot| hash_of(txs[*slot as usize].id));
        slot
    }

    fn forget_tx(&mut self, slot: Slot) {
        let record = self.txs.remove(slot as usize);
        let hash = hash_of(record.id);
        if let Ok(found) = self.tx_index.find_entry(hash, |other| *other == slot) {
            found.remove();
        }
    }

    #[inline]
    fn find(&self, object: &str) -> Option<Slot> {
        self.find_by(self.hasher.hash_one(object), object)
    }

    #[inline]
    fn find_by(&self, hash: u64, object: &str) -> Option<Slot> {
        self.entry_index.find(hash, |slot| self.entries[*slot as usize].object.as_str() == object).copied()
    }

    fn find_object(&self, object: &Object) -> Option<Slot> {
        self.find(object.as_str())
    }

    #[inline]
    fn entry(&self, slot: Slot) -> &Entry {
        &self.entries[slot as usize]
    }

    #[inline]
    fn entry_mut(&mut self, slot: Slot) -> &mut Entry {
        &mut self.entries[slot as usize]
    }

    #[inline]
    fn record(&self, slot: Slot) -> &ClaimRecord {
        &self.claims[slot as usize]
    }

    #[inline]
    fn record_mut(&mut self, slot: Slot) -> &mut ClaimRecord {
        &mut self.claims[slot as usize]
    }
}

/// The hash of an id, the same for all tables. Ids are counted, not chosen, so nobody can make them collide.
#[inline]
pub(crate) fn hash_of(tx: TxId) -> u64 {
    foldhash::fast::FixedState::with_seed(0).hash_one(tx.0)
}

fn slot(index: usize) -> Slot {
    let slot = Slot::try_from(index).unwrap_or(NONE);
    assert!(slot != NONE, "a table holds fewer than 2^32 - 1 claims");
    slot
}
