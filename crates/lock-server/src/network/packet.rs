//! What goes over a stream between two nodes.

use lock_core::{Frame, Incarnation, NodeId};
use serde::{Deserialize, Serialize};

use super::place::Place;
use super::secret::{Nonce, Proof};

/// The versions of the handshake that are spoken here, oldest and newest.
pub(super) const HANDSHAKE: (u16, u16) = (1, 1);

/// Who somebody says to be.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(super) struct Name {
    pub(super) node: NodeId,
    pub(super) incarnation: Incarnation,
    pub(super) place: Option<Place>,
}

/// One message of a stream.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(super) enum Packet {
    /// The dialer: let me in.
    Knock { handshake: (u16, u16), cluster: String, from: Name, to: NodeId, nonce: Nonce },
    /// The acceptor: this is me; and you?
    Challenge { from: Name, nonce: Nonce, proof: Proof },
    /// The dialer: this is me.
    Answer { proof: Proof },
    /// The acceptor: come in.
    Welcome,
    /// The dialer: what its machine has to say.
    Frames(Vec<Frame>),
    /// The acceptor: no, and why.
    Refused(String),
    /// The dialer: this was the last word. Nothing of this node is believed in any more, by itself neither.
    Leaving,
}
