//! What a node listens with: one door for its peers and one for whoever has a question, each at a path of its own, behind
//! the lobby.

use std::convert::Infallible;
use std::future::{Ready, ready};
use std::pin::Pin;
use std::sync::Arc;
use std::task::{Context, Poll};
use std::time::Duration;

use serde::Serialize;
use serde::de::DeserializeOwned;
use tokio::net::TcpListener;
use tokio::sync::mpsc;
use tokio_stream::StreamExt as _;
use tokio_stream::wrappers::ReceiverStream;
use tonic::body::Body;
use tonic::codegen::{Body as HttpBody, Service, StdError, http};
use tonic::server::{Grpc, NamedService, StreamingService};
use tonic::transport::server::TcpIncoming;
use tonic::transport::{Server, ServerTlsConfig};
use tonic::{Request, Response, Status, Streaming};

use super::accept::Acceptor;
use super::admin::Desk;
use super::caller::Caller;
use super::codec::{LARGEST, PacketCodec};
use super::lobby::Lobby;

/// Where what a room says goes to.
pub(super) type Out<P> = mpsc::Sender<Result<P, Status>>;

/// What is behind a door: talks with whoever comes in.
pub(super) trait Room: Send + Sync + 'static {
    /// What is said in there.
    type Packet: Serialize + DeserializeOwned + Send + Sync + 'static;
    /// The gRPC service.
    const SERVICE: &'static str;
    /// The path of its one method.
    const PATH: &'static str;
    /// The largest packet that is taken in.
    const LARGEST_IN: usize;

    /// One stream, from the knock to its end.
    fn talk(
        &self,
        caller: Caller,
        packets: Streaming<Self::Packet>,
        out: Out<Self::Packet>,
    ) -> impl Future<Output = ()> + Send;
}

/// A door to a room, as a gRPC service.
pub(super) struct Door<R>(Arc<R>);

impl<R> Door<R> {
    pub(super) fn to(room: R) -> Self {
        Self(Arc::new(room))
    }
}

impl<R> Clone for Door<R> {
    fn clone(&self) -> Self {
        Self(self.0.clone())
    }
}

/// Takes one stream in.
struct Talk<R>(Arc<R>);

impl<R: Room> StreamingService<R::Packet> for Talk<R> {
    type Response = R::Packet;
    type ResponseStream = ReceiverStream<Result<R::Packet, Status>>;
    type Future = Ready<Result<Response<Self::ResponseStream>, Status>>;

    fn call(&mut self, request: Request<Streaming<R::Packet>>) -> Self::Future {
        let Some(caller) = Caller::of(request.extensions()) else {
            return ready(Err(Status::internal("a connection that did not come through the lobby")));
        };
        let (out, answers) = mpsc::channel(4);
        let room = self.0.clone();
        // The answers end when the task does, and tell the other end.
        tokio::spawn(async move { room.talk(caller, request.into_inner(), out).await });
        ready(Ok(Response::new(ReceiverStream::new(answers))))
    }
}

impl<R: Room, B> Service<http::Request<B>> for Door<R>
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
        let talk = Talk(self.0.clone());
        Box::pin(async move {
            if request.uri().path() != R::PATH {
                return Ok(Status::unimplemented(format!("{} has one method only", R::SERVICE)).into_http());
            }
            let codec = PacketCodec::default();
            let mut grpc = Grpc::new(codec).max_decoding_message_size(R::LARGEST_IN).max_encoding_message_size(LARGEST);
            Ok(grpc.streaming(talk, request).await)
        })
    }
}

impl<R: Room> NamedService for Door<R> {
    const NAME: &'static str = R::SERVICE;
}

/// The next packet of a stream that has to go on.
///
/// # Errors
/// Why there is none.
pub(super) async fn next<P>(packets: &mut Streaming<P>) -> Result<P, String> {
    match packets.message().await {
        Ok(Some(packet)) => Ok(packet),
        Ok(None) => Err(String::from("it hung up")),
        Err(status) => Err(told(&status)),
    }
}

/// An error with its causes, each said once.
pub(super) fn told(error: &(dyn std::error::Error + 'static)) -> String {
    let says = |error: &(dyn std::error::Error + 'static)| match error.downcast_ref::<Status>() {
        // Its own text has all its parts in it, for programmers.
        Some(status) if status.message().is_empty() => status.code().to_string(),
        Some(status) => status.message().to_owned(),
        None => error.to_string(),
    };
    let causes = std::iter::successors(Some(error), |error| error.source()).map(says);
    // Says where the error comes from, and nothing else.
    let causes = causes.filter(|cause| cause != "transport error");
    let mut told = String::new();
    for cause in causes.filter(|cause| !cause.is_empty()) {
        if !told.contains(&cause) {
            told.push_str(if told.is_empty() { "" } else { ": " });
            told.push_str(&cause);
        }
    }
    told
}

/// How many streams a connection may have at a time: one to talk, and some that are about to end.
const STREAMS: u32 = 4;

/// What a node listens with.
pub(super) struct Entrance {
    pub(super) listener: TcpListener,
    pub(super) lobby: Arc<Lobby>,
    pub(super) tls: Option<ServerTlsConfig>,
    /// A connection that was silent for so long is asked for a sign of life, and closed if there is none.
    pub(super) silence: Duration,
}

/// Listens until the task is ended.
///
/// # Errors
/// If certificates cannot be used.
pub(super) fn serve(
    entrance: Entrance,
    acceptor: Door<Acceptor>,
    desk: Door<Desk>,
) -> Result<impl Future<Output = ()> + Send, String> {
    let Entrance { listener, lobby, tls, silence } = entrance;
    let mut server = Server::builder()
        .max_concurrent_streams(STREAMS)
        .http2_keepalive_interval(Some(silence))
        .http2_keepalive_timeout(Some(silence));
    if let Some(tls) = tls {
        server = server.tls_config(tls).map_err(|error| told(&error))?;
    }
    let incoming = TcpIncoming::from(listener).with_nodelay(Some(true));
    let guests = incoming.map(move |stream| stream.map(|stream| lobby.enter(stream)));
    let serving = server.add_service(acceptor).add_service(desk).serve_with_incoming(guests);
    Ok(async move {
        if let Err(error) = serving.await {
            tracing::error!("a node does not listen any more: {}", told(&error));
        }
    })
}
