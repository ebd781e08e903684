//! The agent: the actor that acts for a transaction while its caller does not.
//!
//! A transaction starts light, as a plain value in its caller's hand. It gets an agent when there is something
//! to do without a call: to tell of what happens, to claim again after a failure of the node.

use std::sync::{Arc, Weak};

use lock_core::{Deadlock, LostClaim, Mode, Object, Status, Token};
use ractor::{Actor, ActorProcessingErr, ActorRef, ActorRuntime};

use crate::events::{BUFFER, Event, Events, Hears};
use crate::shared::{Mark, Shared};
use crate::slow_reader::SlowReader;

/// What an agent is told.
pub(crate) enum AgentMessage {
    Granted(Object, Mode, Token),
    Deadlock(Arc<Deadlock>),
    NodeFailed(Vec<LostClaim>),
    LeaseOver(Vec<LostClaim>),
    TimeOver,
    LookAtStatus,
    /// Somebody wants to read what happens, and knows the status as it was then.
    Subscribe(SlowReader<Event>, Status),
    Ended,
}

// It stays in this process. Without a cluster, ractor takes any type for a message by itself.
#[cfg(feature = "ractor-cluster")]
impl ractor::Message for AgentMessage {}

struct Agent;

struct Acting {
    shared: Weak<Shared>,
    readers: Vec<Reader>,
    status: Status,
}

struct Reader {
    events: SlowReader<Event>,
    /// The last status that it knows. It may have asked to read before the agent last looked.
    status: Status,
}

/// Gives the transaction an agent, unless it has one.
pub(crate) fn start(shared: &Arc<Shared>) {
    let agent = shared.agent.get_or_init(|| {
        let weak = Arc::downgrade(shared);
        let (agent, _) = lock_server::spawn(|| ActorRuntime::spawn_instant(None, Agent, weak))
            .expect("an actor without a name cannot be taken");
        agent
    });
    // So that a failure of the node is told at once, and not by the next call.
    shared.node().get_to_know(shared);
    if shared.is_marked(Mark::Over) {
        shared.node().forget(&**shared);
    }
    // The transaction may have ended before there was an agent to tell.
    let _ = agent.cast(AgentMessage::LookAtStatus);
}

/// A stream of all that happens from now on.
pub(crate) fn subscribe(shared: &Arc<Shared>) -> Events {
    start(shared);
    let (reader, events) = SlowReader::new(BUFFER, Event::Missed);
    let status = status_of(shared);
    shared.tell_agent(|| AgentMessage::Subscribe(reader, status));
    Events { events, hears: Hears::Here(Arc::downgrade(shared)) }
}

fn status_of(shared: &Shared) -> Status {
    let claims = shared.node().claims(shared);
    shared.machine(|machine| machine.status(&claims))
}

impl Actor for Agent {
    type Msg = AgentMessage;
    type State = Acting;
    type Arguments = Weak<Shared>;

    async fn pre_start(&self, _: ActorRef<AgentMessage>, shared: Weak<Shared>) -> Result<Acting, ActorProcessingErr> {
        Ok(Acting { shared, readers: Vec::new(), status: Status::NoLocks })
    }

    async fn handle(
        &self,
        myself: ActorRef<AgentMessage>,
        message: AgentMessage,
        acting: &mut Acting,
    ) -> Result<(), ActorProcessingErr> {
        match message {
            AgentMessage::Granted(object, mode, token) => acting.tell(&Event::Granted { object, mode, token }),
            AgentMessage::Deadlock(deadlock) => acting.tell(&Event::Deadlock(deadlock)),
            AgentMessage::NodeFailed(claims) => acting.node_failed(claims),
            AgentMessage::LeaseOver(claims) => acting.lost(claims),
            AgentMessage::TimeOver | AgentMessage::LookAtStatus => {}
            AgentMessage::Subscribe(events, status) => acting.readers.push(Reader { events, status }),
            AgentMessage::Ended => acting.end(),
        }
        match acting.shared.upgrade() {
            Some(shared) => acting.look_at_status(&shared),
            None => acting.end(),
        }
        if acting.status == Status::Ended {
            acting.readers.clear();
            myself.stop(None);
        }
        Ok(())
    }
}

impl Acting {
    fn tell(&mut self, event: &Event) {
        self.readers.retain(|reader| !reader.events.is_gone());
        self.readers.iter_mut().for_each(|reader| reader.events.tell(event.clone()));
    }

    fn look_at_status(&mut self, shared: &Arc<Shared>) {
        let status = status_of(shared);
        self.has_status(status);
    }

    fn has_status(&mut self, status: Status) {
        for reader in &mut self.readers {
            if reader.status != status {
                reader.status = status.clone();
                reader.events.tell(Event::Status(status.clone()));
            }
        }
        self.status = status;
    }

    fn end(&mut self) {
        self.has_status(Status::Ended);
    }

    fn lost(&mut self, claims: Vec<LostClaim>) {
        for claim in claims.into_iter().filter(|claim| claim.granted) {
            self.tell(&Event::Lost { object: claim.object });
        }
    }

    /// The node failed: tells of it, and claims again if that is wanted.
    fn node_failed(&mut self, claims: Vec<LostClaim>) {
        let Some(shared) = self.shared.upgrade() else { return };
        let node = shared.node().clone();
        let monitors = shared.machine(|machine| machine.options().monitor_nodes);
        if monitors {
            self.tell(&Event::NodeDown { node: node.name().clone() });
        }
        self.lost(claims);
        let _ = shared.catch_up();
        if monitors {
            self.tell(&Event::NodeUp { node: node.name().clone(), incarnation: node.incarnation() });
        }
    }
}
