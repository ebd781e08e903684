//! A new life after a failure: everybody is told, and the tables start empty.

use std::collections::HashMap;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::atomic::Ordering;

use lock_core::{Incarnation, LockTable, LostClaim, TxId};
use parking_lot::Mutex;

use crate::Node;
use crate::shard::Held;
use crate::statistics::count;
use crate::supervisor::SupervisorMessage;

/// What transactions lost that were not told yet, until they ask or end.
#[derive(Default)]
pub(crate) struct Losses(Mutex<HashMap<TxId, Vec<LostClaim>>>);

impl Node {
    /// Gives up all tables and starts a new life, if a table is broken.
    pub(crate) fn recover(&self) {
        let mut held: Vec<Held<'_>> = self.shards.iter().map(|shard| shard.hold(&self.broken)).collect();
        if self.broken.load(Ordering::SeqCst) {
            self.start_anew(&mut held);
            self.broken.store(false, Ordering::SeqCst);
            drop(held);
            self.tell_supervisor();
        }
    }

    /// A new life at once, whatever the reason: what everybody had is lost, and everybody is told.
    pub fn fail(&self) {
        self.broken.store(true, Ordering::SeqCst);
        self.recover();
    }

    fn start_anew(&self, held: &mut [Held<'_>]) {
        let incarnation = Incarnation(self.incarnation().0 + 1);
        let mut lost: HashMap<TxId, Vec<LostClaim>> = HashMap::new();
        for table in held.iter() {
            // A broken table may break its reader.
            let claims = catch_unwind(AssertUnwindSafe(|| claims_in(table))).unwrap_or_default();
            claims.into_iter().for_each(|(tx, claim)| lost.entry(tx).or_default().push(claim));
        }
        for (index, table) in held.iter_mut().enumerate() {
            **table = self.empty_table(index, incarnation);
        }
        for (watch, object, scope) in self.watchers.all() {
            held[self.shard_of(&object)].watch(watch, object, scope);
        }
        self.set_incarnation(incarnation);
        count(&self.counters.recoveries, 1);
        tracing::error!(node = %self.name(), %incarnation, transactions = lost.len(), "node failed; it starts empty");
        self.losses.0.lock().clone_from(&lost);
        for (tx, party) in self.parties.take_all() {
            let claims = self.losses.0.lock().remove(&tx).unwrap_or_default();
            party.lost(&claims);
            party.wake();
        }
    }

    /// What a transaction lost by the last failure, if it was not told yet.
    pub fn take_losses(&self, tx: TxId) -> Vec<LostClaim> {
        self.losses.0.lock().remove(&tx).unwrap_or_default()
    }

    fn tell_supervisor(&self) {
        if let Some(supervisor) = self.supervisor.lock().as_ref() {
            let _ = supervisor.cast(SupervisorMessage::TablesFailed);
        }
    }
}

fn claims_in(table: &LockTable) -> Vec<(TxId, LostClaim)> {
    let of = |tx: TxId| table.claims(tx).into_iter().map(move |claim| (tx, claim));
    let claims = table.transactions().into_iter().flat_map(of);
    let lost = claims.filter_map(|(tx, claim)| {
        let (mode, granted) = (claim.granted.max(claim.wanted)?, claim.granted.is_some());
        Some((tx, LostClaim { object: claim.object, mode, granted }))
    });
    lost.collect()
}
