//! All nodes of a story in this process, joined by a network in memory. Frames are carried by a thread of their own.

use std::collections::{BTreeMap, VecDeque};
use std::sync::Arc;

use lock_core::{Incarnation, Millis, NodeId, Object, Timing, TxId};
use lock_server::{Direction, Director, Member, MemoryNetwork};
use parking_lot::Mutex;
use tokio::runtime::{Builder, Runtime};

use super::ground::{Ground, Time, Trouble};
use super::host::Host;
use super::request::{Reply, Request};

/// The story's time, as all nodes see it.
#[derive(Debug, Default)]
struct SharedTime(Mutex<Time>);

impl Director for SharedTime {
    fn now(&self) -> Millis {
        self.0.lock().now
    }

    fn next_tx(&self) -> TxId {
        self.0.lock().next_tx
    }

    fn delay_ms(&self) -> u64 {
        self.0.lock().delay_ms
    }
}

/// Nodes in this process.
pub(crate) struct InProcess {
    // Before the runtime: what is dropped here may still speak.
    hosts: BTreeMap<NodeId, Host>,
    replies: BTreeMap<NodeId, VecDeque<Reply>>,
    network: Arc<MemoryNetwork>,
    time: Arc<SharedTime>,
    nodes: Vec<NodeId>,
    objects: Vec<Object>,
    timing: Timing,
    runtime: Runtime,
}

impl InProcess {
    /// # Errors
    /// The system gives no thread.
    pub(crate) fn new(nodes: Vec<NodeId>, objects: Vec<Object>, timing: Timing) -> Result<Self, Trouble> {
        let runtime = Builder::new_multi_thread().worker_threads(1).enable_time().build();
        let runtime = runtime.map_err(|error| Trouble(format!("no thread for the network: {error}")))?;
        let (network, time) = (MemoryNetwork::new(), Arc::default());
        let (hosts, replies) = (BTreeMap::new(), BTreeMap::new());
        Ok(Self { hosts, replies, network, time, nodes, objects, timing, runtime })
    }
}

impl Ground for InProcess {
    fn set_time(&mut self, time: Time) -> Result<(), Trouble> {
        *self.time.0.lock() = time;
        Ok(())
    }

    fn start(&mut self, nodes: &[(NodeId, Incarnation)]) -> Result<(), Trouble> {
        let _inside = self.runtime.enter();
        for (node, incarnation) in nodes {
            let direction = Direction { director: self.time.clone(), incarnation: *incarnation };
            let member = Member::directed(node, &self.nodes, self.timing, &self.network, direction);
            let peers = self.nodes.iter().filter(|peer| *peer != node).cloned().collect();
            self.hosts.insert(node.clone(), Host::of(member, peers, &self.objects));
        }
        Ok(())
    }

    fn post(&mut self, node: &NodeId, request: Request) -> Result<(), Trouble> {
        let host = self.hosts.get_mut(node).ok_or_else(|| Trouble(format!("{node} does not run")))?;
        let _inside = self.runtime.enter();
        let reply = host.answer(request);
        self.replies.entry(node.clone()).or_default().push_back(reply);
        Ok(())
    }

    fn reply(&mut self, node: &NodeId) -> Result<Reply, Trouble> {
        let reply = self.replies.get_mut(node).and_then(VecDeque::pop_front);
        reply.ok_or_else(|| Trouble(format!("{node} was asked nothing")))
    }

    fn kill(&mut self, node: &NodeId) -> Result<(), Trouble> {
        self.network.disconnect(node);
        self.replies.remove(node);
        self.hosts.remove(node);
        Ok(())
    }

    /// Its programs are asked nothing, its time does not pass, and nothing is carried to it.
    fn stop(&mut self, node: &NodeId) -> Result<(), Trouble> {
        self.network.hold(node);
        Ok(())
    }

    fn go_on(&mut self, node: &NodeId) -> Result<(), Trouble> {
        self.network.release(node);
        Ok(())
    }

    fn cut(&mut self, one: &NodeId, other: &NodeId) {
        self.network.cut(one, other);
    }

    fn heal(&mut self) {
        self.network.heal();
    }

    fn breaks_streams(&self) -> bool {
        false
    }
}
