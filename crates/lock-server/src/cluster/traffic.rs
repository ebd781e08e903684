//! What has passed between two nodes: for whoever wants to know that nothing is under way any more.

use serde::{Deserialize, Serialize};

/// What one node knows of the frames between it and a peer.
///
/// Between two nodes nothing is under way if nothing waits on either side, and on each way both ends name the same stream and
/// have counted the same frames on it.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Traffic {
    /// How many frames were ever to be sent to the peer.
    pub handed: u64,
    /// How many of them have not been sent yet.
    pub waiting: u64,
    /// What was said on the stream to the peer, if there is one.
    pub said: Option<Passed>,
    /// What was heard on the stream from the peer, and dealt with, if there is one.
    pub heard: Option<Passed>,
}

/// What has passed on a stream.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Passed {
    /// The stream, by a number that both of its ends know.
    pub stream: u64,
    /// How many frames.
    pub frames: u64,
}
