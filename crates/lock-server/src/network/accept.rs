//! What a node listens with: lets peers in, and hands their frames to the machine.

use std::collections::BTreeMap;
use std::convert::Infallible;
use std::future::{Ready, ready};
use std::pin::Pin;
use std::sync::Arc;
use std::task::{Context, Poll};
use std::time::Duration;

use lock_core::NodeId;
use tokio::net::TcpListener;
use tokio::sync::{Semaphore, mpsc};
use tokio_stream::wrappers::ReceiverStream;
use tonic::body::Body;
use tonic::codegen::{Body as HttpBody, Service, StdError, http};
use tonic::server::{Grpc, NamedService, StreamingService};
use tonic::transport::Server;
use tonic::transport::server::TcpIncoming;
use tonic::{Request, Response, Status, Streaming};

use super::codec::{LARGEST, PacketCodec};
use super::handshake::Papers;
use super::packet::{Name, Packet};
use super::place::Acquaintance;
use crate::Member;

/// Where streams of peers arrive.
pub(super) const PATH: &str = "/gordian.Link/Talk";
/// How long a handshake may take.
pub(super) const HANDSHAKE_TIME: Duration = Duration::from_secs(5);
/// How many streams may be open, or in their handshake, for each peer and one more.
const STREAMS_A_PEER: usize = 4;

/// Lets peers in.
#[derive(Clone)]
pub(super) struct Acceptor {
    room: Arc<Room>,
}

struct Room {
    member: Arc<Member>,
    papers: Papers,
    peers: BTreeMap<NodeId, Arc<Acquaintance>>,
    streams: Semaphore,
}

impl Acceptor {
    pub(super) fn new(member: Arc<Member>, papers: Papers, peers: BTreeMap<NodeId, Arc<Acquaintance>>) -> Self {
        let streams = Semaphore::new((peers.len() + 1) * STREAMS_A_PEER);
        Self { room: Arc::new(Room { member, papers, peers, streams }) }
    }
}

impl Room {
    /// One stream, from the knock to its end.
    async fn talk(&self, mut packets: Streaming<Packet>, out: mpsc::Sender<Result<Packet, Status>>) {
        let Ok(_stream) = self.streams.try_acquire() else {
            let _ = out.send(Err(Status::resource_exhausted("too many streams"))).await;
            return;
        };
        let meeting = tokio::time::timeout(HANDSHAKE_TIME, self.meet(&mut packets, &out)).await;
        match meeting.unwrap_or_else(|_| Err(String::from("the handshake took too long"))) {
            Ok(name) => self.listen(name, packets).await,
            Err(why) => {
                tracing::warn!(node = %self.member.name(), "a stranger is not let in: {why}");
                let _ = out.send(Ok(Packet::Refused(why))).await;
            }
        }
    }

    async fn meet(
        &self,
        packets: &mut Streaming<Packet>,
        out: &mpsc::Sender<Result<Packet, Status>>,
    ) -> Result<Name, String> {
        let knows = |node: &NodeId| self.peers.contains_key(node);
        let (challenged, challenge) = self.papers.challenge(next(packets).await?, knows)?;
        let gone = |_| String::from("it has gone");
        out.send(Ok(challenge)).await.map_err(gone)?;
        let name = challenged.welcome(&next(packets).await?)?;
        out.send(Ok(Packet::Welcome)).await.map_err(gone)?;
        Ok(name)
    }

    async fn listen(&self, name: Name, mut packets: Streaming<Packet>) {
        let peer = name.node.clone();
        let Some(acquaintance) = self.peers.get(&peer) else { return };
        acquaintance.met(name);
        while let Ok(Some(Packet::Frames(frames))) = packets.message().await {
            for frame in frames {
                self.member.receive(&peer, frame);
            }
        }
        acquaintance.look_after(&self.member, &peer);
    }
}

async fn next(packets: &mut Streaming<Packet>) -> Result<Packet, String> {
    match packets.message().await {
        Ok(Some(packet)) => Ok(packet),
        Ok(None) => Err(String::from("it hung up")),
        Err(status) => Err(status.message().to_owned()),
    }
}

/// Takes one stream in.
struct Talk(Acceptor);

impl StreamingService<Packet> for Talk {
    type Response = Packet;
    type ResponseStream = ReceiverStream<Result<Packet, Status>>;
    type Future = Ready<Result<Response<Self::ResponseStream>, Status>>;

    fn call(&mut self, request: Request<Streaming<Packet>>) -> Self::Future {
        let (out, answers) = mpsc::channel(4);
        let room = self.0.room.clone();
        // The answers end when the task does, and tell the peer.
        tokio::spawn(async move { room.talk(request.into_inner(), out).await });
        ready(Ok(Response::new(ReceiverStream::new(answers))))
    }
}

impl<B> Service<http::Request<B>> for Acceptor
where
    B: HttpBody + Send + 'static,
    B::Error: Into<StdError> + Send + 'static,
{
    type Response = http::Response<Body>;
    type Error = Infallible;
    type Future = Pin<Box<dyn Future<Output = Result<Self::Response, Infallible>> + Send>>;

    fn poll_ready(&mut self, _: &mut Context<'_>) -> Poll<Result<(), Infallible>> {
        Poll::Ready(Ok(()))
    }

    fn call(&mut self, request: http::Request<B>) -> Self::Future {
        let talk = Talk(self.clone());
        Box::pin(async move {
            if request.uri().path() != PATH {
                return Ok(Status::unimplemented("nodes talk at one place only").into_http());
            }
            let mut grpc = Grpc::new(PacketCodec).max_decoding_message_size(LARGEST).max_encoding_message_size(LARGEST);
            Ok(grpc.streaming(talk, request).await)
        })
    }
}

impl NamedService for Acceptor {
    const NAME: &'static str = "gordian.Link";
}

/// Listens until the task is ended.
pub(super) async fn serve(listener: TcpListener, acceptor: Acceptor) {
    let incoming = TcpIncoming::from(listener).with_nodelay(Some(true));
    if let Err(error) = Server::builder().add_service(acceptor).serve_with_incoming(incoming).await {
        tracing::error!("a node does not listen any more: {error}");
    }
}
