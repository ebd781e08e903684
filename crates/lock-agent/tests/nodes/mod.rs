//! Nodes in one process, joined by a network in memory. The times that they keep are those of the tests: `crate::TIMING`.

#![allow(dead_code)] // each test needs a part of it

use std::sync::Arc;

use lock_agent::{Locks, Member, MemoryNetwork, NodeId};

use crate::TIMING;

pub(crate) struct Cluster {
    pub(crate) network: Arc<MemoryNetwork>,
    pub(crate) names: Vec<NodeId>,
    nodes: Vec<Option<Locks>>,
}

impl Cluster {
    /// Nodes `n1`, `n2` and so on, in touch with each other.
    pub(crate) async fn start(size: usize) -> Self {
        let mut cluster = Self::of_none_yet(size);
        (0..size).for_each(|at| cluster.start_node(at));
        cluster.all_in_touch().await;
        cluster
    }

    /// That many nodes, and none of them started.
    pub(crate) fn of_none_yet(size: usize) -> Self {
        let names = (1..=size).map(|at| NodeId::new(format!("n{at}"))).collect();
        Self { network: MemoryNetwork::new(), names, nodes: vec![None; size] }
    }

    pub(crate) fn start_node(&mut self, at: usize) {
        let member = Member::in_memory(&self.names[at], &self.names, TIMING, &self.network);
        self.nodes[at] = Some(Locks::of(&member));
    }

    /// Nobody hears from a node any more, and it is gone as soon as nobody here has anything of it.
    pub(crate) fn kill_node(&mut self, at: usize) {
        self.cut_off(at);
        self.nodes[at] = None;
    }

    pub(crate) async fn all_in_touch(&self) {
        for member in self.members() {
            let mut presence = member.presence();
            presence.wait_for(|peers| peers.values().all(|peer| peer.is_up)).await.expect("it lives");
        }
    }

    pub(crate) fn locks(&self, at: usize) -> &Locks {
        self.nodes[at].as_ref().expect("the node is there")
    }

    pub(crate) fn member(&self, at: usize) -> &Arc<Member> {
        self.locks(at).member().expect("a cluster")
    }

    /// Those that are there.
    pub(crate) fn members(&self) -> impl Iterator<Item = &Arc<Member>> {
        self.nodes.iter().flatten().filter_map(Locks::member)
    }

    /// Cuts a node off from all others.
    pub(crate) fn cut_off(&self, at: usize) {
        let others = (0..self.names.len()).filter(|other| *other != at);
        others.for_each(|other| self.network.cut(&self.names[at], &self.names[other]));
    }
}
