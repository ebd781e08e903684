//! What nodes say to each other, once and in order.

use serde::{Deserialize, Serialize};

use super::rows::Rows;
use crate::{Deadlock, Mode, NodeId, Object, Standing, Token, TxId, TxProfile, WaitName};

/// What one node says to another.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum Message {
    /// The home of a transaction asks something of a node's tables.
    Request {
        /// For whom.
        tx: TxId,
        /// The number of the question.
        ask: u64,
        /// What.
        request: Request,
    },
    /// How the claims stand that were asked about. Also said without a question, when they change; then `ask` is 0.
    Stands {
        /// Whose claims.
        tx: TxId,
        /// The question that this answers.
        ask: u64,
        /// The claims.
        claims: Vec<(Object, Standing)>,
        /// Whether pairs were turned, if that was asked.
        turned: bool,
    },
    /// What transactions of the sender hold here, as they believe. The first thing said between two lives, in as many messages
    /// as it takes.
    Hold {
        /// What they hold.
        held: Vec<Held>,
        /// Whether that is not all yet.
        more: bool,
    },
    /// Tell the waits of these transactions.
    Ask {
        /// The look that wants to know.
        look: u64,
        /// Whose.
        txs: Vec<TxId>,
        /// And of whom else.
        reach: Reach,
    },
    /// The waits that were asked for.
    Told {
        /// The look that wanted to know.
        look: u64,
        /// The waits.
        rows: Rows,
    },
    /// A deadlock, with its evidence, for the home of the one who is to give way.
    Resolve {
        /// The look that found it.
        look: u64,
        /// What was found.
        evidence: Box<Evidence>,
    },
    /// What became of the evidence.
    Resolved {
        /// The look that found it.
        look: u64,
        /// Who was to act.
        tx: TxId,
        /// Whether it was acted upon; else it had gone stale.
        acted: bool,
    },
    /// Give no token up to this one any more, and say so.
    Fence {
        /// The largest token of a claim on many nodes.
        token: Token,
    },
    /// No token up to this one is given here any more.
    Fenced {
        /// The token.
        token: Token,
    },
    /// A deadlock that these transactions were members of was resolved.
    Note {
        /// The deadlock.
        deadlock: Box<Deadlock>,
        /// Which of its members live where this is sent.
        members: Vec<TxId>,
    },
    /// What programs at one node say to programs at another. The machine carries it, and does not read it.
    Letter {
        /// Whom it concerns: those who listen at this object.
        about: Object,
        /// What is said.
        note: Vec<u8>,
    },
}

/// Of whom a node is to tell, besides those whom it is asked about.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub enum Reach {
    /// Of nobody else.
    Named,
    /// Of those whom they wait on, and so on, as far as they are known there. A node where few are also tells of the
    /// others who wait there, which is cheaper than to be asked again.
    Reachable,
    /// Also of others who wait there: a circle that goes from node to node and back is then seen in as many rounds as it
    /// has nodes, however long it is.
    Everybody,
}

/// What the home of a transaction asks of a node's tables.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum Request {
    /// Claims, all in one step.
    Claim {
        /// What the table has to know of the transaction.
        profile: TxProfile,
        /// What is claimed.
        claims: Vec<(Object, Mode)>,
        /// Line up if they cannot be granted at once; otherwise nothing is claimed.
        wait: bool,
        /// Make a claim even if a grant above covers it.
        own: bool,
    },
    /// Gives these back, whole.
    Unlock(Vec<Object>),
    /// Withdraws what is waited for of these; grants stay.
    Withdraw(Vec<Object>),
    /// From write to read.
    Downgrade(Object),
    /// Back to this mode at most: what is waited for is withdrawn, and a stronger grant is weakened.
    Keep(Object, Mode),
    /// These grants go back to the end of the line.
    Surrender(Vec<(Object, Token)>),
    /// Lets the first of each pair go before the second.
    Turn(Vec<(WaitName, WaitName)>),
    /// The transaction is over.
    End,
}

/// A grant of a node as the transaction's home believes in it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Held {
    /// Who has it.
    pub profile: TxProfile,
    /// What.
    pub object: Object,
    /// How.
    pub mode: Mode,
    /// The token of the grant.
    pub token: Token,
}

/// A deadlock that was found, for the home of the one who is to act.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Evidence {
    /// Who is to act: the victim, or the one to be let past another.
    pub tx: TxId,
    /// How often its state had changed when it was read. Evidence is good for that state only.
    pub stamp: u64,
    /// The circle, and the way out as it is meant.
    pub deadlock: Deadlock,
    /// Where the members live, in the order of the circle.
    pub homes: Vec<NodeId>,
    /// What is to be done.
    pub step: FarStep,
}

/// What is to be done, and where.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum FarStep {
    /// These grants are to be given up.
    GiveWay(Vec<(NodeId, Object, Token)>),
    /// In these pairs the first is to go before the second.
    Turn(Vec<(NodeId, WaitName, WaitName)>),
}
