//! How a node reaches a peer: an actor a peer, that dials, says what is to be said, and dials again.

use std::sync::Arc;
use std::time::Duration;

use lock_core::NodeId;
use ractor::{Actor, ActorProcessingErr, ActorRef, SupervisionEvent};
use tokio::sync::mpsc;
use tonic::client::Grpc;
use tonic::codegen::http::uri::PathAndQuery;
use tonic::transport::{Channel, ClientTlsConfig, Endpoint};
use tonic::{Request, Streaming};

use super::accept::PATH;
use super::codec::{LARGEST, LARGEST_OF_STRANGERS, PacketCodec};
use super::door::{next, told};
use super::ending::Ending;
use super::handshake::Papers;
use super::packet::Packet;
use super::place::Acquaintance;
use super::saying::{Saying, Way};
use super::streams::Passing;
use super::wire::Ends;
use crate::Member;

/// How long a connection may take to be made.
const CONNECT_TIME: Duration = Duration::from_secs(2);
/// The pause before the second attempt, and the longest, in milliseconds.
const BACK_OFF: (u64, u64) = (20, 2_000);

/// Everything that is needed to reach a peer.
#[derive(Clone)]
pub(super) struct Line {
    pub(super) member: Arc<Member>,
    pub(super) papers: Papers,
    pub(super) peer: NodeId,
    pub(super) endpoint: Endpoint,
    pub(super) ends: Ends,
    pub(super) acquaintance: Arc<Acquaintance>,
    pub(super) ending: Ending,
    /// How long a handshake may take.
    pub(super) patience: Duration,
}

/// The actor of a peer.
struct Dialer;

enum DialerMessage {
    Dial,
    /// A stream has ended, or was never there.
    Ended {
        talked: bool,
        why: String,
    },
}

// It stays in this process. Without a cluster, ractor takes any type for a message by itself.
#[cfg(feature = "ractor-cluster")]
impl ractor::Message for DialerMessage {}

struct Dialing {
    line: Line,
    pause: u64,
    /// Why there was no stream, the last time.
    why: String,
}

/// A peer is dialed for as long as this is kept.
#[derive(Debug)]
pub(super) struct Dials(ActorRef<DialerMessage>);

impl Drop for Dials {
    fn drop(&mut self) {
        self.0.stop(None);
    }
}

/// Starts the actor of a peer.
///
/// # Errors
/// Why it did not start.
pub(super) async fn dial(line: Line) -> Result<Dials, String> {
    let started = Actor::spawn(None, Dialer, line).await;
    started.map(|(actor, _)| Dials(actor)).map_err(|error| error.to_string())
}

impl Actor for Dialer {
    type Msg = DialerMessage;
    type State = Dialing;
    type Arguments = Line;

    async fn pre_start(&self, myself: ActorRef<DialerMessage>, line: Line) -> Result<Dialing, ActorProcessingErr> {
        let _ = myself.cast(DialerMessage::Dial);
        Ok(Dialing { line, pause: BACK_OFF.0, why: String::new() })
    }

    async fn handle(
        &self,
        myself: ActorRef<DialerMessage>,
        message: DialerMessage,
        state: &mut Dialing,
    ) -> Result<(), ActorProcessingErr> {
        match message {
            DialerMessage::Dial if state.line.ending.is_near() => {}
            DialerMessage::Dial => {
                let line = state.line.clone();
                tokio::spawn(async move {
                    let (talked, why) = line.talk().await;
                    let _ = myself.cast(DialerMessage::Ended { talked, why });
                });
            }
            DialerMessage::Ended { talked, why } => {
                state.tell(talked, why);
                state.line.acquaintance.look_after(&state.line.member, &state.line.peer);
                state.pause = if talked { BACK_OFF.0 } else { (state.pause * 2).min(BACK_OFF.1) };
                let pause = jittered(state.pause);
                drop(myself.send_after(pause, || DialerMessage::Dial));
            }
        }
        Ok(())
    }

    async fn handle_supervisor_evt(
        &self,
        _: ActorRef<DialerMessage>,
        _: SupervisionEvent,
        _: &mut Dialing,
    ) -> Result<(), ActorProcessingErr> {
        Ok(())
    }
}

impl Dialing {
    /// Says why there is no stream, each reason once in a row.
    fn tell(&mut self, talked: bool, why: String) {
        let (node, peer) = (self.line.member.name(), &self.line.peer);
        if talked || self.line.ending.is_near() {
            tracing::debug!(%node, %peer, "a stream has ended: {why}");
        } else if why == self.why {
            tracing::debug!(%node, %peer, "no stream: {why}");
        } else {
            tracing::warn!(%node, %peer, "no stream: {why}; it is tried again and again");
        }
        self.why = if talked { String::new() } else { why };
    }
}

/// Between a half of a pause and all of it, so that many do not knock at once.
fn jittered(pause: u64) -> Duration {
    let chance = getrandom::u32().unwrap_or(0);
    Duration::from_millis(pause / 2 + u64::from(chance) % (pause / 2 + 1))
}

impl Line {
    /// One stream, from the knock to its end. Gives whether it was let in, and why it ended.
    async fn talk(&self) -> (bool, String) {
        let (out, packets) = mpsc::channel(4);
        let meeting = tokio::time::timeout(CONNECT_TIME + self.patience, self.meet(&out, packets)).await;
        match meeting {
            Ok(Ok((answers, stream))) => {
                stream.let_in();
                // The handshake is over: from here on the queue is said.
                drop(out);
                let why = self.listen(answers).await;
                self.ends.streams.ended(&stream);
                (true, why)
            }
            Ok(Err(why)) => (false, why),
            Err(_) => (false, String::from("the handshake took too long")),
        }
    }

    async fn meet(
        &self,
        out: &mpsc::Sender<Packet>,
        packets: mpsc::Receiver<Packet>,
    ) -> Result<(Streaming<Packet>, Arc<Passing>), String> {
        let channel: Channel = self.endpoint.connect().await.map_err(|error| told(&error))?;
        // What an acceptor says is short.
        let grpc = Grpc::new(channel).max_decoding_message_size(LARGEST_OF_STRANGERS);
        let mut grpc = grpc.max_encoding_message_size(LARGEST);
        grpc.ready().await.map_err(|error| told(&error))?;
        let (knocked, knock) = self.papers.knock(&self.peer);
        let gone = |_| String::from("it has gone");
        let stream = Passing::begun_with(&knock);
        out.send(knock).await.map_err(gone)?;
        let queue = self.ends.queue.clone().lock_owned().await;
        let (streams, stream_said) = (self.ends.streams.clone(), stream.clone());
        let way = Way { member: self.member.clone(), peer: self.peer.clone(), streams, stream: stream_said };
        let request = Request::new(Saying::new(way, packets, queue, &self.ending));
        let answers = grpc.streaming(request, PathAndQuery::from_static(PATH), PacketCodec::default()).await;
        let mut answers = answers.map_err(|status| told(&status))?.into_inner();
        let (name, answer) = knocked.answer(next(&mut answers).await?)?;
        out.send(answer).await.map_err(gone)?;
        match next(&mut answers).await? {
            Packet::Welcome => {
                self.acquaintance.met(name);
                Ok((answers, stream))
            }
            Packet::Refused(why) => Err(format!("{} refused: {why}", self.peer)),
            _ => Err(format!("{} does not speak like a node", self.peer)),
        }
    }

    /// Waits until the stream ends, and gives the reason.
    async fn listen(&self, mut answers: Streaming<Packet>) -> String {
        let _talking = self.ending.talking();
        tokio::select! {
            () = self.ending.stopped() => String::from("this node ends"),
            ended = answers.message() => match ended {
                Ok(Some(Packet::Refused(why))) => why,
                Ok(_) => String::from("it hung up"),
                Err(status) => told(&status),
            },
        }
    }
}

/// Where a node is reached.
///
/// # Errors
/// If the address is none, or certificates cannot be used.
pub(super) fn endpoint(address: &str, tls: Option<ClientTlsConfig>) -> Result<Endpoint, String> {
    let scheme = if tls.is_some() { "https" } else { "http" };
    let endpoint = Endpoint::from_shared(format!("{scheme}://{address}")).map_err(|error| told(&error))?;
    let endpoint = endpoint.tcp_nodelay(true).connect_timeout(CONNECT_TIME);
    match tls {
        Some(tls) => endpoint.tls_config(tls).map_err(|error| told(&error)),
        None => Ok(endpoint),
    }
}
