//! What a scenario runs on.

use std::collections::{BTreeMap, BTreeSet};

use lock_core::{Claim, Deadlock, Mode, NodeId, Object, Status, Token, TxId, WaitGraph};
use serde::{Deserialize, Serialize};

use crate::{Deed, Fault, Standing};

/// How a scenario's transaction is begun.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct TxOptions {
    /// Abort instead of surrendering what the caller was told of.
    pub abort_on_deadlock: bool,
    /// Wait for the return of lost nodes.
    pub await_nodes: bool,
    /// Lower gives way first.
    pub priority: i32,
    /// Absolute end of waiting, in milliseconds from the begin.
    pub deadline_ms: Option<u64>,
}

/// What one transaction does.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum Action {
    /// Claims without waiting; more than one claim enters in one atomic step.
    Lock(Vec<(Object, Mode)>),
    /// Claims one object without waiting, on nodes that may be named, of which so many must grant.
    LockOn(Claim),
    /// Claims if it can be granted at once. That it could not is no error.
    Try(Object, Mode),
    /// Gives a lock or a waiting claim back.
    Unlock(Object),
    /// From write to read.
    Downgrade(Object),
    /// Back to the end of the queue, still wanting it.
    Surrender(Object),
    /// The caller is told all that is granted so far.
    Saw,
    /// Ends the transaction.
    End,
    /// Its client dies without a word.
    Drop,
}

/// What became of a transaction, in the words of the scenario language.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum TxStatus {
    /// It asked for nothing, or gave all back.
    NoLocks,
    /// It waits.
    Waiting,
    /// It has all that it asked for.
    HasAll,
    /// It asks for what lost nodes cannot grant.
    CannotServe,
    /// It gave all up.
    Aborted,
    /// It is over.
    Ended,
}

impl From<Status> for TxStatus {
    fn from(status: Status) -> Self {
        match status {
            Status::NoLocks => Self::NoLocks,
            Status::Waiting => Self::Waiting,
            Status::HaveAllLocks { .. } => Self::HasAll,
            Status::CannotServe { .. } => Self::CannotServe,
            Status::Aborted => Self::Aborted,
            Status::Ended => Self::Ended,
        }
    }
}

/// The text of a refused action, in which the fixed words of the scenario language stand.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, thiserror::Error)]
#[error("{0}")]
pub struct Refusal(pub String);

/// A world in which transactions of one node act. Each action is carried out to its end,
/// deadlocks resolved, before the call returns.
///
/// The runner names transactions by [`TxId`]s that it counts from 1 in order of appearance;
/// an engine with ids of its own translates, in everything that it tells.
pub trait Engine {
    /// Begins the next transaction: ids come in order.
    fn begin(&mut self, tx: TxId, options: &TxOptions);

    /// Begins the next transaction on a node. An engine of one node has no other.
    fn begin_at(&mut self, tx: TxId, home: &NodeId, options: &TxOptions) {
        let _ = home;
        self.begin(tx, options);
    }

    /// Something befalls a node or the links, on an engine that has many; to the others nothing can happen.
    fn befalls(&mut self, fault: &Fault) {
        let _ = fault;
    }

    /// Lets one transaction act.
    ///
    /// # Errors
    /// The refusal, if the action is refused; then nothing has changed.
    fn act(&mut self, tx: TxId, action: &Action) -> Result<(), Refusal>;

    /// Lets many actions loose at once, in order within each transaction; the seed chooses the
    /// interleaving where the engine can choose. Gives the outcomes in the order of `steps`.
    fn together(&mut self, steps: &[(TxId, Action)], seed: u64) -> Vec<Result<(), Refusal>>;

    /// The same with faults among the actions. Gives the outcomes in the order of `deeds`; a fault has none but `Ok`.
    fn at_once(&mut self, deeds: &[Deed], seed: u64) -> Vec<Result<(), Refusal>> {
        let act = |deed: &Deed| match deed {
            Deed::Act(tx, action) => Some((*tx, action.clone())),
            Deed::Befalls(_) => None,
        };
        let actions: Vec<_> = deeds.iter().filter_map(act).collect();
        let mut outcomes = self.together(&actions, seed).into_iter();
        deeds.iter().map(|deed| act(deed).and_then(|_| outcomes.next()).unwrap_or(Ok(()))).collect()
    }

    /// Lets time pass.
    fn advance(&mut self, ms: u64);

    /// What became of a transaction.
    fn status(&mut self, tx: TxId) -> TxStatus;

    /// The objects that it waits for.
    fn waiting(&mut self, tx: TxId) -> BTreeSet<Object>;

    /// What it has and wants of each object at this moment, in the order of the objects.
    fn claims(&mut self, tx: TxId) -> Vec<Standing>;

    /// The same by node, where there are several.
    fn parts(&mut self, tx: TxId) -> Vec<Standing> {
        self.claims(tx)
    }

    /// Who has a grant on exactly this object, and in which mode.
    fn holders(&mut self, object: &Object) -> BTreeMap<TxId, Mode>;

    /// The same, on one of the nodes.
    fn holders_on(&mut self, object: &Object, node: &NodeId) -> BTreeMap<TxId, Mode> {
        let _ = node;
        self.holders(object)
    }

    /// Who waits for exactly this object, in the order in which they will be served.
    fn queue(&mut self, object: &Object) -> Vec<TxId>;

    /// All resolutions since the start, in order.
    fn deadlocks(&mut self) -> Vec<Deadlock>;

    /// What a transaction was told that it lost (not by surrender).
    fn lost(&mut self, tx: TxId) -> Vec<Object>;

    /// The tokens of all grants of an object since the start, in order.
    fn tokens(&mut self, object: &Object) -> Vec<Token>;

    /// The whole wait-for graph as it stands.
    fn wait_graph(&mut self) -> WaitGraph;

    /// Checks every promise; the sentences of those that are broken.
    fn violations(&mut self) -> Vec<String>;
}
