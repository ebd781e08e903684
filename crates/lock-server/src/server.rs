//! The server actor: in charge of what no caller is there for.

use std::sync::{Arc, Weak};

use lock_core::{Incarnation, Millis, NodeId, TxId};
use ractor::{Actor, ActorProcessingErr, ActorRef, RpcReplyPort};
use tokio::task::JoinHandle;

use crate::{Node, Statistics};

/// What the server actor is told.
pub enum ServerMessage {
    /// Somebody's time may be over, or a timer has to be set.
    Tick,
    /// How the node stands.
    Status(RpcReplyPort<NodeStatus>),
    /// Panics, to show that a panic is not silent.
    #[doc(hidden)]
    Panic,
}

// It stays in this process. Without a cluster, ractor takes any type for a message by itself.
#[cfg(feature = "ractor-cluster")]
impl ractor::Message for ServerMessage {}

/// How a node stands.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct NodeStatus {
    /// Its name.
    pub name: NodeId,
    /// Its present life.
    pub incarnation: Incarnation,
    /// How many claims there are, granted and waiting.
    pub claims: usize,
    /// The transactions that wait, oldest first.
    pub waiting: Vec<TxId>,
    /// What was counted so far.
    pub statistics: Statistics,
}

/// Keeps time for the node: one timer, however many deadlines there are.
pub(crate) struct LockServer;

pub(crate) struct Clock {
    node: Weak<Node>,
    timer: Option<(Millis, JoinHandle<()>)>,
}

impl Actor for LockServer {
    type Msg = ServerMessage;
    type State = Clock;
    type Arguments = Weak<Node>;

    async fn pre_start(&self, myself: ActorRef<ServerMessage>, node: Weak<Node>) -> Result<Clock, ActorProcessingErr> {
        let mut clock = Clock { node, timer: None };
        if let Some(node) = clock.node.upgrade() {
            clock.tick(&node, &myself);
        }
        Ok(clock)
    }

    async fn handle(
        &self,
        myself: ActorRef<ServerMessage>,
        message: ServerMessage,
        clock: &mut Clock,
    ) -> Result<(), ActorProcessingErr> {
        let Some(node) = clock.node.upgrade() else {
            myself.stop(None);
            return Ok(());
        };
        match message {
            ServerMessage::Tick => clock.tick(&node, &myself),
            ServerMessage::Status(reply) => {
                let _ = reply.send(node.status());
            }
            ServerMessage::Panic => panic!("asked to panic"),
        }
        Ok(())
    }
}

impl Clock {
    /// Tells whose time is over, and sets the timer for the next one.
    fn tick(&mut self, node: &Arc<Node>, myself: &ActorRef<ServerMessage>) {
        let now = node.now();
        let next = node.deadlines.expire(now);
        // A timer that is due has done its work, although its task may not have ended yet.
        let Some(next) = next.filter(|next| self.timer.as_ref().is_none_or(|(at, _)| at > next || *at <= now)) else {
            return;
        };
        let (at, server) = (node.instant(next), myself.clone());
        let tick = async move {
            tokio::time::sleep_until(at).await;
            let _ = server.cast(ServerMessage::Tick);
        };
        if let Some((_, timer)) = self.timer.replace((next, tokio::spawn(tick))) {
            timer.abort();
        }
    }
}

impl Drop for Clock {
    fn drop(&mut self) {
        if let Some((_, timer)) = self.timer.take() {
            timer.abort();
        }
    }
}

impl Node {
    /// How the node stands.
    pub fn status(&self) -> NodeStatus {
        let held = self.hold_all();
        let mut waiting: Vec<TxId> = held.iter().flat_map(|table| table.waiting_transactions()).collect();
        waiting.sort_unstable();
        waiting.dedup();
        NodeStatus {
            name: self.name().clone(),
            incarnation: self.incarnation(),
            claims: held.iter().map(|table| table.len()).sum(),
            waiting,
            statistics: self.statistics(),
        }
    }

    /// Panics inside the server actor, to show what follows from that.
    #[doc(hidden)]
    pub fn panic_in_server(self: &Arc<Self>) {
        self.tell_server(ServerMessage::Panic);
    }

    /// Tells the server. If it is gone with the runtime that it ran on, it starts again on the caller's.
    pub(crate) fn tell_server(self: &Arc<Self>, message: ServerMessage) {
        let server = self.server.lock().clone();
        let gone = server.is_some_and(|server| server.cast(message).is_err());
        if gone {
            // A new server looks at the time before it reads messages.
            crate::supervisor::start(self);
        }
    }
}
