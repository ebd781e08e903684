//! Packets as gRPC messages: postcard instead of protobuf.

use std::io;

use bytes::{Buf, BufMut};
use tonic::Status;
use tonic::codec::{Codec, DecodeBuf, Decoder, EncodeBuf, Encoder};

use super::packet::Packet;

/// The largest message that is sent or taken in.
pub(super) const LARGEST: usize = 16 * 1024 * 1024;

#[derive(Clone, Copy, Debug, Default)]
pub(super) struct PacketCodec;

impl Codec for PacketCodec {
    type Encode = Packet;
    type Decode = Packet;
    type Encoder = Self;
    type Decoder = Self;

    fn encoder(&mut self) -> Self {
        Self
    }

    fn decoder(&mut self) -> Self {
        Self
    }
}

impl Encoder for PacketCodec {
    type Item = Packet;
    type Error = Status;

    fn encode(&mut self, packet: Packet, to: &mut EncodeBuf<'_>) -> Result<(), Status> {
        let mut writer = to.writer();
        postcard::to_io(&packet, &mut writer).map_err(|error| Status::internal(error.to_string()))?;
        Ok(())
    }
}

impl Decoder for PacketCodec {
    type Item = Packet;
    type Error = Status;

    fn decode(&mut self, from: &mut DecodeBuf<'_>) -> Result<Option<Packet>, Status> {
        let bytes = from.copy_to_bytes(from.remaining());
        let (packet, rest) = postcard::take_from_bytes(&bytes)
            .map_err(|error| Status::invalid_argument(format!("not a packet of a node: {error}")))?;
        if rest.is_empty() { Ok(Some(packet)) } else { Err(io::Error::from(io::ErrorKind::InvalidData).into()) }
    }
}
