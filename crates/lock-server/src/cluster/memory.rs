//! A network in memory: a whole cluster in one process.

use std::collections::BTreeMap;
use std::sync::{Arc, Weak};

use lock_core::{Frame, NodeId};
use parking_lot::Mutex;
use tokio::sync::mpsc;

use super::{Member, Wire};

/// How many frames may be on their way to a node.
const ROOM: usize = 16_384;

/// Carries frames between the nodes of one process, in order, unless it is told to cut.
#[derive(Debug, Default)]
pub struct MemoryNetwork {
    lines: Mutex<Lines>,
}

#[derive(Debug, Default)]
struct Lines {
    to: BTreeMap<NodeId, mpsc::Sender<(NodeId, Frame)>>,
    /// Pairs that do not hear each other, the smaller name first.
    cut: Vec<(NodeId, NodeId)>,
}

impl MemoryNetwork {
    /// A network without nodes.
    pub fn new() -> Arc<Self> {
        Arc::default()
    }

    /// The wire of a node.
    pub(crate) fn wire(self: &Arc<Self>, node: NodeId) -> Arc<dyn Wire> {
        Arc::new(MemoryWire { network: self.clone(), node })
    }

    /// Connects a node. It is disconnected when it is dropped.
    pub(crate) fn connect(&self, node: &NodeId, member: Weak<Member>) {
        let (sender, mut frames) = mpsc::channel::<(NodeId, Frame)>(ROOM);
        self.lines.lock().to.insert(node.clone(), sender);
        tokio::spawn(async move {
            while let Some((from, frame)) = frames.recv().await {
                let Some(member) = member.upgrade() else { return };
                member.receive(&from, frame);
            }
        });
    }

    /// Nothing passes between two nodes from now on.
    pub fn cut(&self, one: &NodeId, other: &NodeId) {
        self.lines.lock().cut.push(pair(one, other));
    }

    /// All nodes hear each other again.
    pub fn heal(&self) {
        self.lines.lock().cut.clear();
    }
}

fn pair(one: &NodeId, other: &NodeId) -> (NodeId, NodeId) {
    if one < other { (one.clone(), other.clone()) } else { (other.clone(), one.clone()) }
}

struct MemoryWire {
    network: Arc<MemoryNetwork>,
    node: NodeId,
}

impl Wire for MemoryWire {
    fn send(&self, to: &NodeId, frame: Frame) {
        let lines = self.network.lines.lock();
        if lines.cut.contains(&pair(&self.node, to)) {
            return;
        }
        if let Some(line) = lines.to.get(to) {
            // Full, or gone: the frame is lost, and said again.
            let _ = line.try_send((self.node.clone(), frame));
        }
    }
}
