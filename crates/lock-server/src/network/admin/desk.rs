//! Where a node answers questions.

use std::collections::BTreeMap;
use std::sync::Arc;
use std::time::Duration;

use lock_core::NodeId;
use tokio::sync::Semaphore;
use tonic::Streaming;

use super::conversation::{AdminPacket, Heard, PATH, Step, VERSIONS};
use crate::network::caller::Caller;
use crate::network::codec::{LARGEST, LARGEST_OF_STRANGERS};
use crate::network::door::{Out, Room, next};
use crate::network::refusal::Refusal;
use crate::network::secret::{Secret, nonce};
use crate::{Answer, Member, NodeView, Question};

/// How long an answer may take.
const TIME: Duration = Duration::from_secs(5);
/// How many answers there may be at a time.
const AT_A_TIME: usize = 16;
/// What an answer may need besides itself.
const SPARE: usize = 1_024;

/// Answers questions about one node.
pub(in crate::network) struct Desk {
    pub(in crate::network) member: Arc<Member>,
    pub(in crate::network) cluster: String,
    pub(in crate::network) secret: Option<Secret>,
    pub(in crate::network) addresses: BTreeMap<NodeId, String>,
    places: Semaphore,
    refusal: Refusal<AdminPacket>,
}

impl Desk {
    pub(in crate::network) fn new(
        member: Arc<Member>,
        cluster: String,
        secret: Option<Secret>,
        addresses: BTreeMap<NodeId, String>,
    ) -> Self {
        Self {
            member,
            cluster,
            secret,
            addresses,
            places: Semaphore::new(AT_A_TIME),
            refusal: Refusal::new("a question is not answered", AdminPacket::Refused),
        }
    }

    async fn converse(
        &self,
        caller: &Caller,
        packets: &mut Streaming<AdminPacket>,
        out: &Out<AdminPacket>,
    ) -> Result<(), String> {
        let secret = self.secret.as_ref();
        let heard = self.heard(&next(packets).await?)?;
        let proof = heard.proof(secret, Step::Challenge, &[]);
        let (cluster, node, nonce) = (heard.cluster.clone(), heard.node.clone(), heard.node_nonce);
        say(out, AdminPacket::Challenge { cluster, node, nonce, proof }).await?;
        let AdminPacket::Ask { question, proof } = next(packets).await? else {
            return Err(String::from("it asked nothing"));
        };
        if !heard.is_proved(secret, Step::Question, &question, &proof) {
            return Err(String::from("it does not know the secret of the cluster"));
        }
        let _known = caller.know();
        let Ok(_place) = self.places.try_acquire() else {
            return Err(format!("{AT_A_TIME} questions are answered at a time, and so many there are"));
        };
        let question = serde_json::from_slice(&question).map_err(|error| format!("no question: {error}"))?;
        let answer = serde_json::to_vec(&self.answer(&question)).map_err(|error| error.to_string())?;
        if answer.len() > LARGEST - SPARE {
            return Err(format!("the answer has {} bytes, {} are allowed", answer.len(), LARGEST - SPARE));
        }
        let proof = heard.proof(secret, Step::Answer, &answer);
        say(out, AdminPacket::Answer { answer, proof }).await?;
        // It hangs up when it has read the answer.
        let _ = packets.message().await;
        Ok(())
    }

    fn heard(&self, knock: &AdminPacket) -> Result<Heard, String> {
        let AdminPacket::Knock { versions, nonce: asker_nonce } = *knock else {
            return Err(String::from("it did not knock"));
        };
        if versions.1 < VERSIONS.0 || versions.0 > VERSIONS.1 {
            let ((from, to), (oldest, newest)) = (versions, VERSIONS);
            return Err(format!("questions come in versions {from} to {to}, spoken here are {oldest} to {newest}"));
        }
        let (cluster, node) = (self.cluster.clone(), self.member.name().clone());
        Ok(Heard { cluster, node, asker_nonce, node_nonce: nonce() })
    }

    fn answer(&self, question: &Question) -> Answer {
        match question {
            Question::Node => Answer::Node(self.node_view()),
            Question::Locks(near) => Answer::Locks(self.member.locks_view(near.as_ref())),
            Question::Transactions => Answer::Transactions(self.member.transactions_view()),
            Question::Transaction(tx) => Answer::Transaction(self.member.transaction_view(*tx)),
            Question::Waits(txs) => Answer::Waits(self.member.waits_view(txs)),
        }
    }

    fn node_view(&self) -> NodeView {
        let mut view = self.member.node_view();
        view.cluster.clone_from(&self.cluster);
        for peer in &mut view.peers {
            peer.address = self.addresses.get(&peer.node).cloned().unwrap_or_default();
        }
        view
    }
}

impl Room for Desk {
    type Packet = AdminPacket;
    const SERVICE: &'static str = "gordian.Admin";
    const PATH: &'static str = PATH;
    const LARGEST_IN: usize = LARGEST_OF_STRANGERS;

    async fn talk(&self, caller: Caller, mut packets: Streaming<AdminPacket>, out: Out<AdminPacket>) {
        let conversation = self.converse(&caller, &mut packets, &out);
        self.refusal.unless(self.member.name(), conversation, TIME, &out).await;
    }
}

async fn say(out: &Out<AdminPacket>, packet: AdminPacket) -> Result<(), String> {
    out.send(Ok(packet)).await.map_err(|_| String::from("it has gone"))
}
