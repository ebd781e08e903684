//! The transactions that wait, as their node reaches them.

use std::collections::HashMap;
use std::sync::Arc;

use lock_core::{Deadlock, Fact, LostClaim, TxId, TxProfile};
use parking_lot::Mutex;

/// A transaction as its node sees it.
///
/// The calls marked *held* come while tables are held: they only take note, and must neither wait
/// nor call the node.
pub trait Party: Send + Sync {
    /// Who it is, and what the tables have to know of it.
    fn profile(&self) -> TxProfile;

    /// Held: whether it may still act in this incarnation of the node.
    fn may_act(&self, incarnation: lock_core::Incarnation) -> bool;

    /// Held: takes note of a shard that it has claims in.
    fn touch(&self, shard: usize);

    /// Takes note that its node knows it from now on, until it leaves. Held, if it comes of a wait.
    fn known(&self);

    /// Whether its node may know it.
    fn is_known(&self) -> bool;

    /// The shards that it may have claims in, as a set of bits.
    fn touched(&self) -> u64;

    /// Held: takes note of a deadlock that it was part of.
    fn resolved(&self, deadlock: &Arc<Deadlock>);

    /// Held: takes note that the node failed and with it all that it had and waited for.
    fn lost(&self, claims: &[LostClaim]);

    /// Takes note of something that happened to it.
    fn told(&self, fact: &Fact);

    /// Its time for waiting or for holding is over.
    fn time_is_over(&self);

    /// Lets whoever waits for it look again.
    fn wake(&self);
}

/// Ids are counted, not chosen, so nobody can make their hashes collide.
type PartyMap = HashMap<TxId, Arc<dyn Party>, foldhash::fast::FixedState>;

/// Those who wait or waited or have an agent, by id. Who never had to wait is not in here.
pub(crate) struct Parties {
    slices: Box<[Slice]>,
}

#[repr(align(128))]
struct Slice(Mutex<PartyMap>);

impl Parties {
    pub(crate) fn new(slices: usize) -> Self {
        let slice = |_| Slice(Mutex::new(PartyMap::default()));
        Self { slices: (0..slices.next_power_of_two()).map(slice).collect() }
    }

    fn slice(&self, tx: TxId) -> &Mutex<PartyMap> {
        let index = usize::try_from(tx.0).unwrap_or(usize::MAX) & (self.slices.len() - 1);
        &self.slices[index].0
    }

    pub(crate) fn enter(&self, tx: TxId, party: Arc<dyn Party>) {
        party.known();
        self.slice(tx).lock().insert(tx, party);
    }

    pub(crate) fn leave(&self, tx: TxId) {
        let left = self.slice(tx).lock().remove(&tx);
        drop(left);
    }

    pub(crate) fn knows(&self, tx: TxId) -> bool {
        self.slice(tx).lock().contains_key(&tx)
    }

    pub(crate) fn get(&self, tx: TxId) -> Option<Arc<dyn Party>> {
        self.slice(tx).lock().get(&tx).cloned()
    }

    /// Everybody.
    pub(crate) fn all(&self) -> Vec<Arc<dyn Party>> {
        self.slices.iter().flat_map(|slice| slice.0.lock().values().cloned().collect::<Vec<_>>()).collect()
    }

    pub(crate) fn len(&self) -> usize {
        self.slices.iter().map(|slice| slice.0.lock().len()).sum()
    }
}
