//! A raw ping-pong over a bidirectional tonic stream: what the fastest answer of another process costs here.

use std::convert::Infallible;
use std::future::{Ready, ready};
use std::pin::Pin;
use std::task::{Context, Poll};
use std::time::Instant;

use bytes::{Buf, BufMut, Bytes};
use tokio::net::TcpListener;
use tokio::sync::mpsc;
use tokio_stream::wrappers::ReceiverStream;
use tonic::body::Body;
use tonic::codec::{Codec, DecodeBuf, Decoder, EncodeBuf, Encoder};
use tonic::codegen::http::uri::PathAndQuery;
use tonic::codegen::{Body as HttpBody, Service, StdError, http};
use tonic::server::{NamedService, StreamingService};
use tonic::transport::server::TcpIncoming;
use tonic::transport::{Endpoint, Server};
use tonic::{Request, Response, Status, Streaming};

#[derive(Clone, Copy, Default)]
struct Plain;

impl Codec for Plain {
    type Encode = Bytes;
    type Decode = Bytes;
    type Encoder = Self;
    type Decoder = Self;

    fn encoder(&mut self) -> Self {
        Self
    }

    fn decoder(&mut self) -> Self {
        Self
    }
}

impl Encoder for Plain {
    type Item = Bytes;
    type Error = Status;

    fn encode(&mut self, bytes: Bytes, to: &mut EncodeBuf<'_>) -> Result<(), Status> {
        to.put(bytes);
        Ok(())
    }
}

impl Decoder for Plain {
    type Item = Bytes;
    type Error = Status;

    fn decode(&mut self, from: &mut DecodeBuf<'_>) -> Result<Option<Bytes>, Status> {
        Ok(Some(from.copy_to_bytes(from.remaining())))
    }
}

#[derive(Clone)]
struct Pong;

impl NamedService for Pong {
    const NAME: &'static str = "bench.Pong";
}

impl StreamingService<Bytes> for Pong {
    type Response = Bytes;
    type ResponseStream = ReceiverStream<Result<Bytes, Status>>;
    type Future = Ready<Result<Response<Self::ResponseStream>, Status>>;

    fn call(&mut self, request: Request<Streaming<Bytes>>) -> Self::Future {
        let (out, answers) = mpsc::channel(4);
        tokio::spawn(async move {
            let mut pings = request.into_inner();
            while let Ok(Some(ping)) = pings.message().await {
                if out.send(Ok(ping)).await.is_err() {
                    return;
                }
            }
        });
        ready(Ok(Response::new(ReceiverStream::new(answers))))
    }
}

impl<B> Service<http::Request<B>> for Pong
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
        Box::pin(async move { Ok(tonic::server::Grpc::new(Plain).streaming(Self, request).await) })
    }
}

pub(crate) async fn serve(port: u16) {
    let listener = TcpListener::bind(("127.0.0.1", port)).await.expect("the port was free");
    let incoming = TcpIncoming::from(listener).with_nodelay(Some(true));
    tokio::spawn(async move { Server::builder().add_service(Pong).serve_with_incoming(incoming).await });
}

/// The median of one answer, in microseconds.
pub(crate) async fn median(port: u16, times: u32) -> String {
    let endpoint = Endpoint::from_shared(format!("http://127.0.0.1:{port}")).expect("an address").tcp_nodelay(true);
    let mut grpc = tonic::client::Grpc::new(endpoint.connect().await.expect("it listens"));
    grpc.ready().await.expect("it answers");
    let (out, pings) = mpsc::channel(4);
    let request = Request::new(ReceiverStream::new(pings));
    let answers = grpc.streaming(request, PathAndQuery::from_static("/bench.Pong/Ping"), Plain).await;
    let mut answers = answers.expect("it answers").into_inner();
    let mut took = Vec::new();
    for _ in 0..times {
        let begun = Instant::now();
        out.send(Bytes::from_static(b"a small message")).await.expect("it listens");
        answers.message().await.expect("it answers");
        took.push(begun.elapsed());
    }
    took.sort_unstable();
    format!("{}", took[took.len() / 2].as_secs_f64() * 1e6)
}
