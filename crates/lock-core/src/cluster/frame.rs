//! What goes over a link: greetings, heartbeats, and messages with numbers.

use serde::{Deserialize, Serialize};

use super::message::Message;
use crate::{Incarnation, Millis, NodeId, Token};

/// The versions of this protocol that are spoken here, oldest and newest.
pub const PROTOCOL: (u16, u16) = (1, 1);

/// One life of one end of a link: a node takes a new one whenever it starts, and whenever it gives a peer up.
/// Grows from one to the next, over restarts too.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(transparent)]
pub struct Life(pub u64);

/// What goes over a link.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum Frame {
    /// Somebody wants to talk.
    Hello(Hello),
    /// Something that is said once, in order, between two lives.
    Data {
        /// Between whom.
        between: Between,
        /// Its number, counted from 1.
        seq: u64,
        /// All numbers of the other end up to this one have come.
        ack: u64,
        /// The newest token that the sender has given or heard of.
        newest: Token,
        /// What is said.
        message: Message,
    },
    /// I am here; are you?
    Beat {
        /// Between whom.
        between: Between,
        /// All numbers of the other end up to this one have come.
        ack: u64,
        /// When this was sent, on the clock of the sender.
        sent: Millis,
    },
    /// I am.
    BeatAnswer {
        /// Between whom.
        between: Between,
        /// All numbers of the other end up to this one have come.
        ack: u64,
        /// What the heartbeat said.
        sent: Millis,
    },
}

/// The two ends of a conversation.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Between {
    /// Who speaks.
    pub from: Life,
    /// Who listens.
    pub to: Life,
}

/// A greeting.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Hello {
    /// The oldest and the newest version that the sender speaks.
    pub protocol: (u16, u16),
    /// The cluster that it belongs to.
    pub cluster: String,
    /// Its name.
    pub node: NodeId,
    /// Its incarnation.
    pub incarnation: Incarnation,
    /// The life of its end of the link.
    pub life: Life,
    /// When this was sent, on the clock of the sender.
    pub sent: Millis,
    /// The newest greeting that it has of the receiver: the life and the time that it named.
    pub seen: Option<(Life, Millis)>,
    /// It is content: it knows that the receiver knows it, and needs no answer.
    pub up: bool,
}

/// Why a greeting is not answered.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum Unwelcome {
    /// No version of the protocol that both speak.
    #[error("{node} speaks versions {} to {} of the protocol, spoken here are {} to {}", .theirs.0, .theirs.1, PROTOCOL.0, PROTOCOL.1)]
    Protocol {
        /// Who.
        node: NodeId,
        /// What it speaks.
        theirs: (u16, u16),
    },
    /// It belongs to another cluster.
    #[error("{node} belongs to the cluster `{theirs}`, not to `{ours}`")]
    Cluster {
        /// Who.
        node: NodeId,
        /// Its cluster.
        theirs: String,
        /// This cluster.
        ours: String,
    },
    /// It is not who was to be at that end.
    #[error("{node} answers where {expected} was expected")]
    Name {
        /// Who.
        node: NodeId,
        /// Who should have been there.
        expected: NodeId,
    },
}
