//! Where frames wait to be sent: a bounded queue a peer.

use std::collections::BTreeMap;
use std::sync::Arc;

use lock_core::{Frame, NodeId};
use tokio::sync::{Mutex, mpsc};

use crate::Wire;

/// How many frames may wait for one peer. More are lost, and said again. There is room for all that a node may have on its
/// way to another one before it is busy, and as much again for what is given back.
const ROOM: usize = 32_768;

/// The queue of a peer, to be emptied by whoever has a stream to it.
pub(super) type Queue = Arc<Mutex<mpsc::Receiver<Frame>>>;

pub(super) struct Queues {
    to: BTreeMap<NodeId, mpsc::Sender<Frame>>,
}

impl Queues {
    pub(super) fn to(peers: impl IntoIterator<Item = NodeId>) -> (Self, BTreeMap<NodeId, Queue>) {
        let (mut to, mut queues) = (BTreeMap::new(), BTreeMap::new());
        for peer in peers {
            let (sender, receiver) = mpsc::channel(ROOM);
            to.insert(peer.clone(), sender);
            queues.insert(peer, Arc::new(Mutex::new(receiver)));
        }
        (Self { to }, queues)
    }
}

impl Wire for Queues {
    fn send(&self, to: &NodeId, frame: Frame) {
        if let Some(queue) = self.to.get(to) {
            // Full: the frame is lost, and said again.
            let _ = queue.try_send(frame);
        }
    }
}
