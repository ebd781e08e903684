//! Brings the server actor back when it fails, with a new life of the node.

use std::sync::{Arc, Weak};

use ractor::{Actor, ActorProcessingErr, ActorRef, ActorRuntime, SupervisionEvent};

use crate::Node;
use crate::server::LockServer;

/// What the supervisor is told.
pub(crate) enum SupervisorMessage {
    /// Somebody panicked while it held a table.
    TablesFailed,
}

// It stays in this process. Without a cluster, ractor takes any type for a message by itself.
#[cfg(feature = "ractor-cluster")]
impl ractor::Message for SupervisorMessage {}

pub(crate) struct Supervisor;

/// Starts the supervisor, and with it the server.
pub(crate) fn start(node: &Arc<Node>) {
    let weak = Arc::downgrade(node);
    crate::runtime::spawn(|| match ActorRuntime::spawn_instant(None, Supervisor, weak.clone()) {
        Ok((supervisor, _)) => {
            start_server(&supervisor, &weak);
            *node.supervisor.lock() = Some(supervisor);
        }
        Err(error) => tracing::error!(node = %node.name(), %error, "the supervisor did not start"),
    });
}

impl Actor for Supervisor {
    type Msg = SupervisorMessage;
    type State = Weak<Node>;
    type Arguments = Weak<Node>;

    async fn pre_start(
        &self,
        _: ActorRef<SupervisorMessage>,
        node: Weak<Node>,
    ) -> Result<Weak<Node>, ActorProcessingErr> {
        Ok(node)
    }

    async fn handle(
        &self,
        _: ActorRef<SupervisorMessage>,
        message: SupervisorMessage,
        node: &mut Weak<Node>,
    ) -> Result<(), ActorProcessingErr> {
        match message {
            SupervisorMessage::TablesFailed => {
                if let Some(node) = node.upgrade() {
                    node.recover();
                    tracing::warn!(node = %node.name(), incarnation = %node.incarnation(), "the node serves again");
                }
            }
        }
        Ok(())
    }

    /// A failed server comes back, and the node with a new life: nobody knows what the server left undone.
    async fn handle_supervisor_evt(
        &self,
        myself: ActorRef<SupervisorMessage>,
        event: SupervisionEvent,
        node: &mut Weak<Node>,
    ) -> Result<(), ActorProcessingErr> {
        if let SupervisionEvent::ActorFailed(_, error) = event {
            match node.upgrade() {
                Some(living) => {
                    tracing::error!(node = %living.name(), %error, "the server failed");
                    start_server(&myself, node);
                    living.fail();
                }
                None => myself.stop(None),
            }
        }
        Ok(())
    }
}

fn start_server(supervisor: &ActorRef<SupervisorMessage>, node: &Weak<Node>) {
    let Some(living) = node.upgrade() else { return };
    match ActorRuntime::spawn_linked_instant(None, LockServer, node.clone(), supervisor.get_cell()) {
        Ok((server, _)) => *living.server.lock() = Some(server),
        Err(error) => tracing::error!(node = %living.name(), %error, "the server did not start"),
    }
}
