//! What a node listens with: lets peers in, and hands their frames to the machine.

use std::collections::BTreeMap;
use std::sync::Arc;
use std::time::Duration;

use lock_core::NodeId;
use tokio::sync::Semaphore;
use tonic::{Status, Streaming};

use super::codec::LARGEST;
use super::door::{Out, Room, next};
use super::ending::Ending;
use super::handshake::Papers;
use super::packet::{Name, Packet};
use super::place::Acquaintance;
use super::streams::{Passing, Streams};
use crate::Member;

/// Where streams of peers arrive.
pub(super) const PATH: &str = "/gordian.Link/Talk";
/// How long a handshake may take.
pub(super) const HANDSHAKE_TIME: Duration = Duration::from_secs(5);
/// How many streams may be open, or in their handshake, for each peer and one more.
const STREAMS_A_PEER: usize = 4;

/// What is known of a peer that may be let in.
pub(super) struct Peer {
    pub(super) acquaintance: Arc<Acquaintance>,
    pub(super) streams: Arc<Streams>,
}

/// Lets peers in.
pub(super) struct Acceptor {
    member: Arc<Member>,
    papers: Papers,
    peers: BTreeMap<NodeId, Peer>,
    ending: Ending,
    streams: Semaphore,
}

impl Room for Acceptor {
    type Packet = Packet;
    const SERVICE: &'static str = "gordian.Link";
    const PATH: &'static str = PATH;
    const LARGEST_IN: usize = LARGEST;

    async fn talk(&self, mut packets: Streaming<Packet>, out: Out<Packet>) {
        let Ok(_stream) = self.streams.try_acquire() else {
            let _ = out.send(Err(Status::resource_exhausted("too many streams"))).await;
            return;
        };
        let meeting = tokio::time::timeout(HANDSHAKE_TIME, self.meet(&mut packets, &out)).await;
        match meeting.unwrap_or_else(|_| Err(String::from("the handshake took too long"))) {
            Ok((name, stream)) => {
                let streams = self.peers.get(&name.node).map(|peer| peer.streams.clone());
                tokio::select! {
                    () = self.listen(name, packets, &stream) => {}
                    () = self.ending.stopped() => {}
                }
                streams.into_iter().for_each(|streams| streams.ended(&stream));
            }
            Err(why) => {
                tracing::warn!(node = %self.member.name(), "a stranger is not let in: {why}");
                let _ = out.send(Ok(Packet::Refused(why))).await;
            }
        }
    }
}

impl Acceptor {
    pub(super) fn new(member: Arc<Member>, papers: Papers, peers: BTreeMap<NodeId, Peer>, ending: Ending) -> Self {
        let streams = Semaphore::new((peers.len() + 1) * STREAMS_A_PEER);
        Self { member, papers, peers, ending, streams }
    }

    async fn meet(&self, packets: &mut Streaming<Packet>, out: &Out<Packet>) -> Result<(Name, Arc<Passing>), String> {
        let knows = |node: &NodeId| self.peers.contains_key(node);
        let knock = next(packets).await?;
        let stream = Passing::begun_with(&knock);
        let (challenged, challenge) = self.papers.challenge(knock, knows)?;
        let gone = |_| String::from("it has gone");
        out.send(Ok(challenge)).await.map_err(gone)?;
        let name = challenged.welcome(&next(packets).await?)?;
        out.send(Ok(Packet::Welcome)).await.map_err(gone)?;
        Ok((name, stream))
    }

    async fn listen(&self, name: Name, mut packets: Streaming<Packet>, stream: &Arc<Passing>) {
        let (peer, incarnation) = (name.node.clone(), name.incarnation);
        let Some(Peer { acquaintance, streams }) = self.peers.get(&peer) else { return };
        acquaintance.met(name);
        streams.opened_from(stream);
        loop {
            match packets.message().await {
                Ok(Some(Packet::Frames(frames))) => {
                    for frame in frames {
                        self.member.receive(&peer, frame);
                        stream.passed(1);
                    }
                }
                Ok(Some(Packet::Leaving)) => {
                    tracing::info!(node = %self.member.name(), %peer, "a peer has left");
                    return self.member.gone(&peer, Some(incarnation));
                }
                _ => break,
            }
        }
        acquaintance.look_after(&self.member, &peer);
    }
}
