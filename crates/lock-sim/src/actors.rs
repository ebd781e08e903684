//! The engine of real parts: a node with its actors, and transactions as programs hold them.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::{Arc, Barrier};
use std::time::Duration;

use lock_agent::{Locks, Scope, Transaction, Watching};
use lock_core::{Deadlock, Mode, Object, Token, TxId, WaitGraph, WayOut};
use tokio::runtime::{Builder, Runtime};

use crate::acting::act;
use crate::{Action, Engine, Refusal, Standing, TxOptions, TxStatus};

/// More turns of the runtime than a message takes from a timer through the server to a transaction.
const TURNS_UNTIL_QUIET: usize = 16;

/// A real node in this process. Its clock is Tokio's virtual one, so that a scenario's time costs none.
///
/// What is let loose together runs on a thread a transaction.
pub struct ActorNode {
    // Before the runtime: what is dropped here may still speak to its actors.
    transactions: BTreeMap<TxId, Arc<Transaction>>,
    ended: BTreeSet<TxId>,
    watches: BTreeMap<Object, (Watching, Vec<Token>)>,
    locks: Locks,
    runtime: Runtime,
}

impl Default for ActorNode {
    /// # Panics
    /// If the system gives no timer.
    fn default() -> Self {
        let runtime =
            Builder::new_current_thread().enable_time().start_paused(true).build().expect("a timer needs no device");
        let locks = runtime.block_on(async { Locks::local() });
        Self { transactions: BTreeMap::new(), ended: BTreeSet::new(), watches: BTreeMap::new(), locks, runtime }
    }
}

impl ActorNode {
    fn transaction(&self, tx: TxId) -> &Arc<Transaction> {
        self.transactions.get(&tx).expect("a scenario begins a transaction before it acts")
    }

    fn watch(&mut self, action: &Action) {
        let objects: Vec<Object> = match action {
            Action::Lock(claims) => claims.iter().map(|(object, _)| object.clone()).collect(),
            Action::Try(object, _) => vec![object.clone()],
            Action::LockOn(claim) => vec![claim.object.clone()],
            _ => Vec::new(),
        };
        for object in objects {
            let node = self.locks.node().expect("a node in this process alone");
            let watch = || (node.watch(object.clone(), Scope::Object), Vec::new());
            self.watches.entry(object.clone()).or_insert_with(watch);
        }
    }

    /// Reads what watchers were told, so that no watch falls behind.
    fn read_watches(&mut self) {
        for (watching, tokens) in self.watches.values_mut() {
            while let Some(change) = watching.try_next() {
                // Of grants in one step the watch tells no order.
                let holders: BTreeSet<Token> = change.holders.iter().map(|holder| holder.token).collect();
                let new: Vec<Token> = holders.into_iter().filter(|token| !tokens.contains(token)).collect();
                tokens.extend(new);
            }
        }
    }

    fn finished(&mut self, tx: TxId, action: &Action, outcome: &Result<(), Refusal>) {
        if outcome.is_ok() && matches!(action, Action::End | Action::Drop) {
            self.ended.insert(tx);
        }
    }
}

impl Engine for ActorNode {
    fn begin(&mut self, tx: TxId, options: &TxOptions) {
        let _inside = self.runtime.enter();
        let mut begin = self.locks.begin().priority(options.priority);
        begin = begin.abort_on_deadlock(options.abort_on_deadlock).await_nodes(options.await_nodes);
        if let Some(ms) = options.deadline_ms {
            begin = begin.deadline(Duration::from_millis(ms));
        }
        let transaction = begin.start();
        assert_eq!(transaction.id(), tx, "a node counts its transactions from 1");
        self.transactions.insert(tx, Arc::new(transaction));
    }

    fn act(&mut self, tx: TxId, action: &Action) -> Result<(), Refusal> {
        self.watch(action);
        let outcome = {
            let _inside = self.runtime.enter();
            act(self.transaction(tx), action)
        };
        self.finished(tx, action, &outcome);
        self.read_watches();
        outcome
    }

    /// The operating system chooses the interleaving; the seed is not used.
    fn together(&mut self, steps: &[(TxId, Action)], _: u64) -> Vec<Result<(), Refusal>> {
        steps.iter().for_each(|(_, action)| self.watch(action));
        let mut by_tx: BTreeMap<TxId, Vec<usize>> = BTreeMap::new();
        for (index, (tx, _)) in steps.iter().enumerate() {
            by_tx.entry(*tx).or_default().push(index);
        }
        let mut outcomes = vec![Ok(()); steps.len()];
        let start = Barrier::new(by_tx.len());
        std::thread::scope(|scope| {
            let actors = by_tx.iter().map(|(tx, indexes)| {
                let (transaction, start, runtime) = (self.transaction(*tx).clone(), &start, self.runtime.handle());
                scope.spawn(move || {
                    let _inside = runtime.enter();
                    start.wait();
                    let acted = indexes.iter().map(|index| (*index, act(&transaction, &steps[*index].1)));
                    acted.collect::<Vec<_>>()
                })
            });
            for actor in actors.collect::<Vec<_>>() {
                for (index, outcome) in actor.join().expect("an action does not panic") {
                    outcomes[index] = outcome;
                }
            }
        });
        for ((tx, action), outcome) in steps.iter().zip(&outcomes) {
            self.finished(*tx, action, outcome);
        }
        self.read_watches();
        outcomes
    }

    fn advance(&mut self, ms: u64) {
        // Virtual time: it moves on as soon as every actor is quiet.
        self.runtime.block_on(async {
            tokio::time::sleep(Duration::from_millis(ms)).await;
            // What fell due at the same moment reaches its actor before anybody looks.
            for _ in 0..TURNS_UNTIL_QUIET {
                tokio::task::yield_now().await;
            }
        });
        self.read_watches();
    }

    fn status(&mut self, tx: TxId) -> TxStatus {
        if self.ended.contains(&tx) {
            return TxStatus::Ended;
        }
        let abort = WayOut::Abort { victim: tx };
        if self.transaction(tx).deadlocks().iter().any(|deadlock| deadlock.way_out == abort) {
            return TxStatus::Aborted;
        }
        // Not the transaction's own status: that would tell the caller of its locks.
        self.locks.transaction_status(tx).into()
    }

    fn waiting(&mut self, tx: TxId) -> BTreeSet<Object> {
        let claims = self.locks.transaction_claims(tx).into_iter();
        claims.filter(|claim| claim.wanted.is_some()).map(|claim| claim.object).collect()
    }

    fn claims(&mut self, tx: TxId) -> Vec<Standing> {
        self.locks.transaction_claims(tx).into_iter().map(Standing::from).collect()
    }

    fn holders(&mut self, object: &Object) -> BTreeMap<TxId, Mode> {
        self.locks
            .node()
            .expect("a node in this process alone")
            .holders(object)
            .into_iter()
            .map(|holder| (holder.tx, holder.mode))
            .collect()
    }

    fn queue(&mut self, object: &Object) -> Vec<TxId> {
        self.locks
            .node()
            .expect("a node in this process alone")
            .waiters(object)
            .into_iter()
            .map(|waiter| waiter.tx)
            .collect()
    }

    fn deadlocks(&mut self) -> Vec<Deadlock> {
        self.locks.deadlocks().iter().map(|deadlock| (**deadlock).clone()).collect()
    }

    fn lost(&mut self, tx: TxId) -> Vec<Object> {
        self.transaction(tx).losses()
    }

    fn tokens(&mut self, object: &Object) -> Vec<Token> {
        self.read_watches();
        self.watches.get(object).map(|(_, tokens)| tokens.clone()).unwrap_or_default()
    }

    fn wait_graph(&mut self) -> WaitGraph {
        self.locks.wait_graph()
    }

    fn violations(&mut self) -> Vec<String> {
        let node = self.locks.node().expect("a node in this process alone");
        let broken = [node.check(), node.check_nobody_is_stuck()].into_iter().filter_map(Result::err);
        broken.map(|violation| violation.to_string()).collect()
    }
}

impl std::fmt::Debug for ActorNode {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("ActorNode").field("locks", &self.locks).finish_non_exhaustive()
    }
}
