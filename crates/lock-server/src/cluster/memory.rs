//! A network in memory: a whole cluster in one process.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::{Arc, Weak};

use lock_core::{Frame, NodeId};
use parking_lot::Mutex;
use tokio::sync::{Notify, mpsc};

use super::{Member, Passed, Traffic, Wire};

/// How many frames may be on their way to a node.
const ROOM: usize = 16_384;

/// Carries frames between the nodes of one process, in order, unless it is told to cut.
#[derive(Debug, Default)]
pub struct MemoryNetwork {
    lines: Mutex<Lines>,
    released: Notify,
}

#[derive(Debug, Default)]
struct Lines {
    to: BTreeMap<NodeId, mpsc::Sender<Posted>>,
    /// Pairs that do not hear each other, the smaller name first.
    cut: BTreeSet<(NodeId, NodeId)>,
    /// How often a pair was cut so far: what was sent before a cut does not come after it.
    cuts: BTreeMap<(NodeId, NodeId), u64>,
    /// Who was taken off: nothing comes from it.
    off: BTreeSet<NodeId>,
    /// How often a node was taken off so far: what is left of an earlier life of it is not counted.
    lives: BTreeMap<NodeId, u64>,
    /// To whom nothing is carried for now.
    held: BTreeSet<NodeId>,
    /// What has passed, by who says and who hears.
    ways: BTreeMap<(NodeId, NodeId), Way>,
}

impl Lines {
    fn life_of(&self, node: &NodeId) -> u64 {
        self.lives.get(node).copied().unwrap_or_default()
    }
}

/// A frame on its way.
#[derive(Debug)]
struct Posted {
    from: NodeId,
    frame: Frame,
    cuts: u64,
    life: u64,
}

/// How many frames were to go one way, went, and came.
#[derive(Clone, Copy, Debug, Default)]
struct Way {
    handed: u64,
    said: u64,
    heard: u64,
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
    pub(crate) fn connect(self: &Arc<Self>, node: &NodeId, member: Weak<Member>) {
        let (sender, mut frames) = mpsc::channel::<Posted>(ROOM);
        let mut lines = self.lines.lock();
        lines.to.insert(node.clone(), sender);
        lines.off.remove(node);
        drop(lines);
        let (network, node) = (self.clone(), node.clone());
        tokio::spawn(async move {
            while let Some(Posted { from, frame, cuts, life }) = frames.recv().await {
                network.until_released(&node).await;
                let Some(member) = member.upgrade() else { return };
                if network.cuts_between(&from, &node) == cuts {
                    member.receive(&from, frame);
                }
                network.heard(from, &node, life);
            }
        });
    }

    /// Takes a node off: nothing comes from it or to it any more, nor does what was under way to it.
    pub fn disconnect(&self, node: &NodeId) {
        let mut lines = self.lines.lock();
        lines.to.remove(node);
        lines.off.insert(node.clone());
        lines.held.remove(node);
        *lines.lives.entry(node.clone()).or_default() += 1;
        lines.ways.retain(|(from, to), _| from != node && to != node);
        drop(lines);
        self.released.notify_waiters();
    }

    /// Nothing passes between two nodes from now on, nor does what is under way.
    pub fn cut(&self, one: &NodeId, other: &NodeId) {
        let mut lines = self.lines.lock();
        *lines.cuts.entry(pair(one, other)).or_default() += 1;
        lines.cut.insert(pair(one, other));
    }

    /// All nodes hear each other again.
    pub fn heal(&self) {
        self.lines.lock().cut.clear();
    }

    /// What is sent to a node waits on its way from now on.
    pub fn hold(&self, node: &NodeId) {
        self.lines.lock().held.insert(node.clone());
    }

    /// What waits on its way to a node comes, and what is sent to it from now on.
    pub fn release(&self, node: &NodeId) {
        self.lines.lock().held.remove(node);
        self.released.notify_waiters();
    }

    async fn until_released(&self, node: &NodeId) {
        loop {
            let released = self.released.notified();
            tokio::pin!(released);
            released.as_mut().enable();
            if !self.lines.lock().held.contains(node) {
                return;
            }
            released.await;
        }
    }

    fn cuts_between(&self, one: &NodeId, other: &NodeId) -> u64 {
        self.lines.lock().cuts.get(&pair(one, other)).copied().unwrap_or_default()
    }

    /// A frame has come, and was dealt with. If its sender was taken off meanwhile, nobody counts.
    fn heard(&self, from: NodeId, to: &NodeId, life: u64) {
        let mut lines = self.lines.lock();
        if lines.life_of(&from) == life
            && let Some(way) = lines.ways.get_mut(&(from, to.clone()))
        {
            way.heard += 1;
        }
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
        let mut lines = self.network.lines.lock();
        let between = pair(&self.node, to);
        if lines.off.contains(&self.node) {
            return;
        }
        let way = lines.ways.entry((self.node.clone(), to.clone())).or_default();
        way.handed += 1;
        if lines.cut.contains(&between) {
            return;
        }
        let cuts = lines.cuts.get(&between).copied().unwrap_or_default();
        let life = lines.life_of(&self.node);
        let posted = Posted { from: self.node.clone(), frame, cuts, life };
        // Full, or gone: the frame is lost, and said again.
        if lines.to.get(to).is_some_and(|line| line.try_send(posted).is_ok())
            && let Some(way) = lines.ways.get_mut(&(self.node.clone(), to.clone()))
        {
            way.said += 1;
        }
    }

    fn traffic(&self, peer: &NodeId) -> Traffic {
        let lines = self.network.lines.lock();
        let way = |from: &NodeId, to: &NodeId| lines.ways.get(&(from.clone(), to.clone())).copied().unwrap_or_default();
        let passed = |frames| Some(Passed { stream: 0, frames });
        let (to, from) = (way(&self.node, peer), way(peer, &self.node));
        Traffic { handed: to.handed, waiting: 0, said: passed(to.said), heard: passed(from.heard) }
    }
}
