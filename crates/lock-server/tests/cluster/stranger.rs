//! Somebody who speaks like a node and is none. What goes over the wire is written down here once more, as others would see it.

use std::net::SocketAddr;

use bytes::{Buf, BufMut};
use lock_core::{Frame, Incarnation, NodeId};
use serde::{Deserialize, Serialize};
use tokio::sync::mpsc;
use tokio_stream::wrappers::ReceiverStream;
use tonic::client::Grpc;
use tonic::codec::{Codec, DecodeBuf, Decoder, EncodeBuf, Encoder};
use tonic::codegen::http::uri::PathAndQuery;
use tonic::transport::{Channel, ClientTlsConfig, Endpoint};
use tonic::{Request, Status, Streaming};

#[derive(Clone, Debug, Serialize, Deserialize)]
pub(crate) struct Name {
    pub(crate) node: NodeId,
    pub(crate) incarnation: Incarnation,
    pub(crate) place: Option<()>,
}

#[derive(Clone, Debug, Serialize, Deserialize)]
pub(crate) enum Packet {
    Knock {
        handshake: (u16, u16),
        cluster: String,
        from: Name,
        to: NodeId,
        nonce: [u8; 32],
    },
    /// Its parts do not matter here.
    Challenge,
    Answer {
        proof: [u8; 32],
    },
    Welcome,
    Frames(Vec<Frame>),
    Refused(String),
    Leaving,
}

/// A knock at `to` of somebody who says to be `from`.
pub(crate) fn knock(cluster: &str, from: &str, to: &str, handshake: (u16, u16)) -> Packet {
    let from = Name { node: from.into(), incarnation: Incarnation(1), place: None };
    Packet::Knock { handshake, cluster: cluster.to_owned(), from, to: to.into(), nonce: [7; 32] }
}

/// A connection, and perhaps some streams over it.
pub(crate) struct Stranger(Channel);

/// One stream.
pub(crate) struct Talk {
    pub(crate) say: mpsc::Sender<Packet>,
    pub(crate) hear: Streaming<Vec<u8>>,
}

impl Stranger {
    pub(crate) async fn connect(to: SocketAddr, tls: Option<ClientTlsConfig>) -> Result<Self, tonic::transport::Error> {
        let scheme = if tls.is_some() { "https" } else { "http" };
        let endpoint = Endpoint::from_shared(format!("{scheme}://{to}"))?;
        let endpoint = match tls {
            Some(tls) => endpoint.tls_config(tls)?,
            None => endpoint,
        };
        Ok(Self(endpoint.connect().await?))
    }

    /// A stream that begins with this.
    pub(crate) async fn talk(&mut self, first: Packet) -> Result<Talk, Status> {
        let mut grpc = Grpc::new(self.0.clone());
        grpc.ready().await.map_err(|error| Status::unavailable(error.to_string()))?;
        let (say, packets) = mpsc::channel(1_024);
        say.send(first).await.expect("there is room");
        let path = PathAndQuery::from_static("/gordian.Link/Talk");
        let hear = grpc.streaming(Request::new(ReceiverStream::new(packets)), path, Postcard).await?.into_inner();
        Ok(Talk { say, hear })
    }

    /// Why it is not let in when it says this.
    pub(crate) async fn refused(&mut self, first: Packet) -> String {
        let mut talk = self.talk(first).await.expect("the stream is taken in");
        talk.refused().await
    }
}

impl Talk {
    pub(crate) async fn refused(&mut self) -> String {
        let said = self.hear.message().await.expect("it says why").expect("it says why");
        match postcard::from_bytes(&said) {
            Ok(Packet::Refused(why)) => why,
            other => panic!("{other:?}"),
        }
    }
}

/// Packets out, bytes in.
#[derive(Default)]
struct Postcard;

impl Codec for Postcard {
    type Encode = Packet;
    type Decode = Vec<u8>;
    type Encoder = Self;
    type Decoder = Self;

    fn encoder(&mut self) -> Self {
        Self
    }

    fn decoder(&mut self) -> Self {
        Self
    }
}

impl Encoder for Postcard {
    type Item = Packet;
    type Error = Status;

    fn encode(&mut self, packet: Packet, to: &mut EncodeBuf<'_>) -> Result<(), Status> {
        to.put_slice(&postcard::to_allocvec(&packet).expect("it can be written"));
        Ok(())
    }
}

impl Decoder for Postcard {
    type Item = Vec<u8>;
    type Error = Status;

    fn decode(&mut self, from: &mut DecodeBuf<'_>) -> Result<Option<Vec<u8>>, Status> {
        Ok(Some(from.copy_to_bytes(from.remaining()).to_vec()))
    }
}
