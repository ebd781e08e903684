//! What one transaction has, and wants, of one object.

use lock_core::{Millis, Mode, Object, Token, TxId};

/// A claim's name: a transaction has at most one claim on an object.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(super) struct ClaimId {
    pub(super) tx: TxId,
    pub(super) object: Object,
}

/// A claim is granted, or waits, or both: then the wait is a pending conversion.
#[derive(Clone, Debug, Default)]
pub(super) struct Claim {
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
    pub(super) since: Millis,
}

/// Where a waiting claim stands while no pair was turned: conversions first, then by arrival.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(super) struct Place {
    pub(super) ordinary: bool,
    pub(super) arrival: u64,
}

impl ClaimId {
    pub(super) fn new(tx: TxId, object: &Object) -> Self {
        Self { tx, object: object.clone() }
    }
}

impl Claim {
    /// Where it stands, if it waits.
    pub(super) fn place(&self) -> Option<Place> {
        let arrival = self.waiting?.arrival;
        Some(Place { ordinary: self.granted.is_none(), arrival })
    }

    pub(super) fn is_nothing(&self) -> bool {
        self.granted.is_none() && self.waiting.is_none()
    }
}

/// Whether two claims of different transactions, with these modes, exclude each other.
pub(super) fn conflict(one: (&ClaimId, Mode), other: (&ClaimId, Mode)) -> bool {
    one.0.tx != other.0.tx && one.1.conflicts(other.1) && one.0.object.is_related_to(&other.0.object)
}
