//! Where frames wait to be sent: a bounded queue a peer.

use std::collections::BTreeMap;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};

use lock_core::{Frame, NodeId};
use tokio::sync::{Mutex, mpsc};

use super::streams::Streams;
use crate::{Traffic, Wire};

/// How many frames may wait for one peer. More are lost, and said again. There is room for all that a node may have on its
/// way to another one before it is busy, and as much again for what is given back.
const ROOM: usize = 32_768;

/// The queue of a peer, to be emptied by whoever has a stream to it.
pub(super) type Queue = Arc<Mutex<mpsc::Receiver<Frame>>>;

pub(super) struct Queues {
    to: BTreeMap<NodeId, Outgoing>,
}

/// What goes to a peer.
struct Outgoing {
    sender: mpsc::Sender<Frame>,
    /// How many frames were ever to be sent.
    handed: AtomicU64,
    streams: Arc<Streams>,
}

/// What is to be known of a peer to talk with it.
#[derive(Clone)]
pub(super) struct Ends {
    pub(super) queue: Queue,
    pub(super) streams: Arc<Streams>,
}

impl Queues {
    pub(super) fn to(peers: impl IntoIterator<Item = NodeId>) -> (Self, BTreeMap<NodeId, Ends>) {
        let (mut to, mut ends) = (BTreeMap::new(), BTreeMap::new());
        for peer in peers {
            let (sender, receiver) = mpsc::channel(ROOM);
            let streams = Arc::<Streams>::default();
            ends.insert(peer.clone(), Ends { queue: Arc::new(Mutex::new(receiver)), streams: streams.clone() });
            to.insert(peer, Outgoing { sender, handed: AtomicU64::new(0), streams });
        }
        (Self { to }, ends)
    }
}

impl Wire for Queues {
    fn send(&self, to: &NodeId, frame: Frame) {
        if let Some(outgoing) = self.to.get(to) {
            outgoing.handed.fetch_add(1, Ordering::SeqCst);
            // Full: the frame is lost, and said again.
            if outgoing.sender.try_send(frame).is_err() {
                outgoing.streams.done_with(1);
            }
        }
    }

    fn traffic(&self, peer: &NodeId) -> Traffic {
        let Some(Outgoing { handed, streams, .. }) = self.to.get(peer) else { return Traffic::default() };
        // In this order: a frame that moves on meanwhile is seen twice rather than not at all.
        let done = streams.done();
        let handed = handed.load(Ordering::SeqCst);
        let waiting = handed - done;
        Traffic { handed, waiting, said: streams.said(), heard: streams.heard() }
    }
}
