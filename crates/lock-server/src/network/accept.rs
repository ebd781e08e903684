//! What a node listens with: lets peers in, and hands their frames to the machine.

use std::collections::BTreeMap;
use std::sync::Arc;
use std::time::Duration;

use lock_core::NodeId;
use tokio::sync::watch;
use tonic::Streaming;

use super::caller::Caller;
use super::codec::LARGEST;
use super::door::{Out, Room, next};
use super::ending::Ending;
use super::handshake::Papers;
use super::packet::{Name, Packet};
use super::place::Acquaintance;
use super::refusal::Refusal;
use super::streams::{Passing, Streams};
use crate::Member;

/// Where streams of peers arrive.
pub(super) const PATH: &str = "/gordian.Link/Talk";

/// Lets peers in.
pub(super) struct Acceptor {
    member: Arc<Member>,
    papers: Papers,
    peers: BTreeMap<NodeId, Peer>,
    ending: Ending,
    /// How long a handshake may take.
    patience: Duration,
    refusal: Refusal<Packet>,
}

/// What is known of a peer that may be let in.
pub(super) struct Peer {
    acquaintance: Arc<Acquaintance>,
    streams: Arc<Streams>,
    /// The number of its newest stream. A connection that is dead without anybody having said so is over when the next one comes.
    newest: watch::Sender<u64>,
}

impl Peer {
    pub(super) fn new(acquaintance: Arc<Acquaintance>, streams: Arc<Streams>) -> Self {
        Self { acquaintance, streams, newest: watch::Sender::new(0) }
    }
}

impl Room for Acceptor {
    type Packet = Packet;
    const SERVICE: &'static str = "gordian.Link";
    const PATH: &'static str = PATH;
    const LARGEST_IN: usize = LARGEST;

    async fn talk(&self, caller: Caller, mut packets: Streaming<Packet>, out: Out<Packet>) {
        let meeting = self.meet(&caller, &mut packets, &out);
        let met = self.refusal.unless(self.member.name(), meeting, self.patience, &out).await;
        let Some((name, stream)) = met else { return };
        let _known = caller.know();
        // Said when it is known, as it may say more than a stranger from then on.
        if out.send(Ok(Packet::Welcome)).await.is_ok() {
            self.listen(name, packets, &stream).await;
        }
    }
}

impl Acceptor {
    pub(super) fn new(
        member: Arc<Member>,
        papers: Papers,
        peers: BTreeMap<NodeId, Peer>,
        ending: Ending,
        patience: Duration,
    ) -> Self {
        let refusal = Refusal::new("a stranger is not let in", Packet::Refused);
        Self { member, papers, peers, ending, patience, refusal }
    }

    /// Finds out who somebody is.
    ///
    /// # Errors
    /// Why it is not let in.
    async fn meet(
        &self,
        caller: &Caller,
        packets: &mut Streaming<Packet>,
        out: &Out<Packet>,
    ) -> Result<(Name, Arc<Passing>), String> {
        let knows = |node: &NodeId| self.peers.contains_key(node);
        let knock = next(packets).await?;
        let stream = Passing::begun_with(&knock);
        let (challenged, challenge) = self.papers.challenge(knock, knows)?;
        caller.may_be(challenged.dialer())?;
        out.send(Ok(challenge)).await.map_err(|_| String::from("it has gone"))?;
        Ok((challenged.welcome(&next(packets).await?)?, stream))
    }

    /// Hands on what a peer says, until the stream ends, the node does, or the peer has a newer stream.
    async fn listen(&self, name: Name, packets: Streaming<Packet>, stream: &Arc<Passing>) {
        let Some(peer) = self.peers.get(&name.node) else { return };
        let mut number = 0;
        peer.newest.send_modify(|newest| {
            *newest += 1;
            number = *newest;
        });
        let mut newest = peer.newest.subscribe();
        peer.streams.opened_from(stream);
        tokio::select! {
            () = self.hear(name, &peer.acquaintance, packets, stream) => {}
            _ = newest.wait_for(|newest| *newest > number) => {}
            () = self.ending.stopped() => {}
        }
        peer.streams.ended(stream);
    }

    async fn hear(
        &self,
        name: Name,
        acquaintance: &Arc<Acquaintance>,
        mut packets: Streaming<Packet>,
        stream: &Arc<Passing>,
    ) {
        let (peer, incarnation) = (name.node.clone(), name.incarnation);
        acquaintance.met(name);
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
