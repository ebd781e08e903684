//! What one node knows at one moment, as can be seen from outside.

use std::collections::BTreeMap;

use lock_core::{Belief, HomeRow, Incarnation, LockTable, Mode, NodeMachine, Object, Token, TxId, Version, WaitView};
use serde::{Deserialize, Serialize};

use super::process::Process;

/// One node at one moment.
#[derive(Clone, Debug, Default, Serialize, Deserialize)]
pub struct NodeView {
    /// Which life of the node.
    pub incarnation: Incarnation,
    /// The version of its table.
    pub version: Version,
    /// Its transactions, and who waits in its table.
    pub waits: Waits,
    /// What its table has granted, by transaction and object.
    pub grants: Vec<Grant>,
    /// What its transactions believe to have.
    pub beliefs: Vec<Belief>,
    /// The claims of its transactions that are said to be met.
    pub met: Vec<Met>,
    /// Its looks for deadlocks under way.
    pub looks: Vec<u64>,
}

/// Who needs what, and what is in the way of it, as one node knows.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Waits {
    /// What its transactions need.
    pub needs: BTreeMap<TxId, HomeRow>,
    /// What waits in its table.
    pub waits: BTreeMap<TxId, Vec<WaitView>>,
}

/// A granted claim in a table.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
pub struct Grant {
    /// Whose.
    pub tx: TxId,
    /// Of what.
    pub object: Object,
    /// How.
    pub mode: Mode,
    /// The token of the grant.
    pub token: Token,
}

/// A claim that its home says is met.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Met {
    /// Whose.
    pub tx: TxId,
    /// Of what.
    pub object: Object,
    /// In which mode.
    pub mode: Mode,
    /// Its token as a whole.
    pub token: Option<Token>,
    /// How many of its nodes it needs.
    pub require: lock_core::Require,
    /// How many of them have granted it, as its home counts.
    pub granted: usize,
    /// Its nodes.
    pub nodes: std::collections::BTreeSet<lock_core::NodeId>,
}

impl Waits {
    pub(super) fn of(machine: &NodeMachine, table: &LockTable) -> Self {
        let rows = machine.transactions().filter_map(|tx| Some((tx, machine.home_row(tx)?)));
        let waits = table.waiting_transactions().into_iter().map(|tx| (tx, table.waits(tx)));
        Self { needs: rows.collect(), waits: waits.collect() }
    }
}

impl NodeView {
    pub(super) fn of(process: &Process) -> Self {
        Self::seen_in(&process.machine, &process.table)
    }

    /// What a machine and its table show.
    pub(crate) fn seen_in(machine: &NodeMachine, table: &LockTable) -> Self {
        Self {
            incarnation: machine.incarnation(),
            version: table.version(),
            waits: Waits::of(machine, table),
            grants: grants_of(table),
            beliefs: machine.beliefs(),
            met: met_in(machine),
            looks: machine.looks().collect(),
        }
    }

    /// The grant of an object to a transaction.
    pub fn grant(&self, tx: TxId, object: &Object) -> Option<&Grant> {
        self.grants.iter().find(|grant| grant.tx == tx && grant.object == *object)
    }

    /// Every claim that waits in the table.
    pub fn waiting(&self) -> impl Iterator<Item = (TxId, &WaitView)> {
        self.waits.waits.iter().flat_map(|(tx, waits)| waits.iter().map(|wait| (*tx, wait)))
    }
}

fn grants_of(table: &LockTable) -> Vec<Grant> {
    let mut grants = Vec::new();
    for tx in table.transactions() {
        grants.extend(table.claims(tx).into_iter().filter_map(|claim| {
            let (mode, token) = (claim.granted?, claim.token?);
            Some(Grant { tx, object: claim.object, mode, token })
        }));
    }
    grants
}

fn met_in(machine: &NodeMachine) -> Vec<Met> {
    let mut met = Vec::new();
    for tx in machine.transactions() {
        met.extend(machine.claims(tx).into_iter().filter_map(|claim| {
            let mode = claim.granted?;
            let (require, nodes, granted) = machine.requirement(tx, &claim.object, mode)?;
            let token = claim.token;
            Some(Met { tx, object: claim.object, mode, token, require, granted, nodes })
        }));
    }
    met
}
