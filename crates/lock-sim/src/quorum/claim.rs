//! What one transaction has, and wants, of one object: over all nodes, and on each.

use lock_core::{Mode, Require, Token, TxId};

use super::objects::ObjectIndex;
use super::sets::NodeSet;

/// A claim's name: a transaction has at most one claim on an object.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(super) struct ClaimId {
    pub(super) tx: TxId,
    pub(super) object: ObjectIndex,
}

/// What was asked.
#[derive(Clone, Copy, Debug)]
pub(super) struct Claim {
    pub(super) id: ClaimId,
    pub(super) mode: Mode,
    pub(super) nodes: NodeSet,
    pub(super) require: Require,
}

/// The name of a claim on one of its nodes.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(super) struct NodeClaimId {
    pub(super) node: usize,
    pub(super) claim: ClaimId,
}

/// What a node's table says of a claim: granted, or waiting, or both; then the wait is a pending conversion.
#[derive(Clone, Copy, Debug)]
pub(super) struct NodeClaim {
    pub(super) id: NodeClaimId,
    pub(super) granted: Option<Grant>,
    pub(super) waiting: Option<Wait>,
}

/// What is had.
#[derive(Clone, Copy, Debug)]
pub(super) struct Grant {
    pub(super) mode: Mode,
    pub(super) token: Token,
    /// Whether the caller knows that it has it.
    pub(super) told: bool,
}

/// What is wanted.
#[derive(Clone, Copy, Debug)]
pub(super) struct Wait {
    pub(super) mode: Mode,
    pub(super) arrival: u64,
}

/// Where a waiting claim stands while no pair was turned: conversions first, then by arrival.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(super) struct Place {
    ordinary: bool,
    arrival: u64,
}

impl NodeClaim {
    pub(super) fn tx(&self) -> TxId {
        self.id.claim.tx
    }

    pub(super) fn object(&self) -> ObjectIndex {
        self.id.claim.object
    }

    /// Where it stands, if it waits.
    pub(super) fn place(&self) -> Option<Place> {
        let arrival = self.waiting?.arrival;
        Some(Place { ordinary: self.granted.is_none(), arrival })
    }
}
