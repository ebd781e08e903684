//! A new life after a failure: everybody is told, and the tables start empty.

use std::collections::{BTreeSet, HashMap};
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::atomic::Ordering;

use lock_core::{Incarnation, LockTable, LostClaim, Object, Scope, TxId};
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
        let mut held: Vec<Held<'_>> = self.shards.iter().map(|shard| shard.hold(self)).collect();
        if self.broken.load(Ordering::SeqCst) {
            self.start_anew(&mut held);
            self.broken.store(false, Ordering::SeqCst);
            drop(held);
            self.parties.all().iter().for_each(|party| party.wake());
        }
    }

    /// A new life at once, whatever the reason: what everybody had is lost, and everybody is told.
    pub fn fail(&self) {
        self.broken.store(true, Ordering::SeqCst);
        self.recover();
    }

    fn start_anew(&self, held: &mut [Held<'_>]) {
        // Versions never go backwards, however far the tables have counted in this life.
        let next = held.iter().map(|table| self.incarnation().after(table.version())).max();
        let incarnation = next.unwrap_or_else(|| Incarnation(self.incarnation().0 + 1));
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
            let table = &mut held[self.shard_of(&object)];
            table.watch(watch, object.clone(), scope);
            self.watchers.tell_emptied(watch, &emptied(&lost, &object, scope), table.version());
        }
        self.set_incarnation(incarnation);
        count(&self.counters.recoveries, 1);
        tracing::error!(node = %self.name(), %incarnation, transactions = lost.len(), "node failed; it starts empty");
        for party in self.parties.all() {
            party.lost(&lost.remove(&party.profile().tx).unwrap_or_default());
        }
        // Added to what is known: who was not told of an earlier failure yet has to hear of that one too.
        let mut losses = self.losses.0.lock();
        for (tx, claims) in lost {
            losses.entry(tx).or_default().extend(claims);
        }
    }

    /// What a transaction lost by failures, if it was not told yet.
    pub fn take_losses(&self, tx: TxId) -> Vec<LostClaim> {
        // A failure that is under way holds all tables until everybody is told.
        drop(self.hold(0));
        self.losses.0.lock().remove(&tx).unwrap_or_default()
    }

    pub(crate) fn tell_supervisor(&self) {
        if let Some(supervisor) = self.supervisor.lock().as_ref() {
            let _ = supervisor.cast(SupervisorMessage::TablesFailed);
        }
    }
}

/// The objects in a watch's scope that somebody had or waited for, and nobody has any more.
fn emptied(lost: &HashMap<TxId, Vec<LostClaim>>, watched: &Object, scope: Scope) -> BTreeSet<Object> {
    let within = |object: &Object| object == watched || (scope == Scope::Subtree && watched.is_ancestor_of(object));
    lost.values().flatten().map(|claim| &claim.object).filter(|object| within(object)).cloned().collect()
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
