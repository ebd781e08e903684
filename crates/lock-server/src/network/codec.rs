//! Packets as gRPC messages: postcard instead of protobuf.

use std::io;
use std::marker::PhantomData;

use bytes::{Buf, BufMut};
use serde::Serialize;
use serde::de::DeserializeOwned;
use tonic::Status;
use tonic::codec::{Codec, DecodeBuf, Decoder, EncodeBuf, Encoder};

/// The largest message that is sent, and the largest that a node takes in from another one.
pub(super) const LARGEST: usize = 16 * 1024 * 1024;

/// The largest message that is taken in from somebody who does not say much.
pub(super) const LARGEST_OF_STRANGERS: usize = 64 * 1024;

#[derive(Debug)]
pub(super) struct PacketCodec<P>(PhantomData<fn() -> P>);

impl<P> Default for PacketCodec<P> {
    fn default() -> Self {
        Self(PhantomData)
    }
}

impl<P: Serialize + DeserializeOwned + Send + 'static> Codec for PacketCodec<P> {
    type Encode = P;
    type Decode = P;
    type Encoder = Self;
    type Decoder = Self;

    fn encoder(&mut self) -> Self {
        Self::default()
    }

    fn decoder(&mut self) -> Self {
        Self::default()
    }
}

impl<P: Serialize> Encoder for PacketCodec<P> {
    type Item = P;
    type Error = Status;

    fn encode(&mut self, packet: P, to: &mut EncodeBuf<'_>) -> Result<(), Status> {
        let mut writer = to.writer();
        postcard::to_io(&packet, &mut writer).map_err(|error| Status::internal(error.to_string()))?;
        Ok(())
    }
}

impl<P: DeserializeOwned> Decoder for PacketCodec<P> {
    type Item = P;
    type Error = Status;

    fn decode(&mut self, from: &mut DecodeBuf<'_>) -> Result<Option<P>, Status> {
        let bytes = from.copy_to_bytes(from.remaining());
        let (packet, rest) = postcard::take_from_bytes(&bytes)
            .map_err(|error| Status::invalid_argument(format!("not a packet of a node: {error}")))?;
        if rest.is_empty() { Ok(Some(packet)) } else { Err(io::Error::from(io::ErrorKind::InvalidData).into()) }
    }
}
