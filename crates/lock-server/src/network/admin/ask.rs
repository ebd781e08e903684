//! How a question is put to a node.

use std::time::Duration;

use thiserror::Error;
use tokio::sync::mpsc;
use tokio_stream::wrappers::ReceiverStream;
use tonic::client::Grpc;
use tonic::codegen::http::uri::PathAndQuery;
use tonic::transport::{Channel, Endpoint};
use tonic::{Request, Streaming};

use super::conversation::{AdminPacket, Heard, PATH, Step, VERSIONS};
use super::whom::Whom;
use crate::network::codec::{LARGEST, PacketCodec};
use crate::network::credentials::Credentials;
use crate::network::door::{next, told};
use crate::network::secret::nonce;
use crate::{Answer, Question};

/// Why a question was not answered.
#[derive(Clone, Debug, PartialEq, Eq, Error)]
#[non_exhaustive]
pub enum AskError {
    /// There is no node at that address, or it does not answer in time.
    #[error("no node answers at {address}: {why}")]
    NotReached {
        /// Where.
        address: String,
        /// What happened.
        why: String,
    },
    /// The node and the asker do not share a secret.
    #[error("the node at {address} is not asked: {why}")]
    NotTrusted {
        /// Where.
        address: String,
        /// In what way.
        why: String,
    },
    /// The node does not answer this.
    #[error("the node at {address} refused: {why}")]
    Refused {
        /// Where.
        address: String,
        /// Why.
        why: String,
    },
}

/// Asks a node, over a connection of its own.
///
/// # Errors
/// [`AskError`].
pub async fn ask(
    whom: &Whom,
    credentials: &Credentials,
    question: &Question,
    within: Duration,
) -> Result<Answer, AskError> {
    let asked = tokio::time::timeout(within, converse(whom, credentials, question)).await;
    asked.unwrap_or_else(|_| {
        let why = format!("no answer within {} ms", within.as_millis());
        Err(AskError::NotReached { address: whom.address.clone(), why })
    })
}

async fn converse(whom: &Whom, credentials: &Credentials, question: &Question) -> Result<Answer, AskError> {
    let (address, secret) = (&whom.address, credentials.secret.as_ref());
    let not_reached = |why| AskError::NotReached { address: address.clone(), why };
    let not_trusted = |why| AskError::NotTrusted { address: address.clone(), why };
    let refused = |why| AskError::Refused { address: address.clone(), why };
    let endpoint = whom.endpoint(credentials.tls.as_ref()).map_err(not_trusted)?;
    let (out, packets) = mpsc::channel(2);
    let asker_nonce = nonce();
    let say = |packet| {
        let out = out.clone();
        async move { out.send(packet).await.map_err(|_| String::from("it hung up")) }
    };
    say(AdminPacket::Knock { versions: VERSIONS, nonce: asker_nonce }).await.map_err(not_reached)?;
    let mut answers = open(endpoint, packets).await.map_err(not_reached)?;
    let heard = match next(&mut answers).await.map_err(not_reached)? {
        AdminPacket::Challenge { cluster, node, nonce: node_nonce, proof } => {
            let heard = Heard { cluster, node, asker_nonce, node_nonce };
            heard.trust_node(secret, &proof).map_err(not_trusted)?;
            if let Some(wanted) = whom.node.as_ref().filter(|wanted| **wanted != heard.node) {
                return Err(not_trusted(format!("it is {}, not {wanted}", heard.node)));
            }
            heard
        }
        AdminPacket::Refused(why) => return Err(refused(why)),
        _ => return Err(not_reached(String::from("it does not speak like a node"))),
    };
    let question = serde_json::to_vec(question).expect("a question can be written");
    let proof = heard.proof(secret, Step::Question, &question);
    say(AdminPacket::Ask { question, proof }).await.map_err(not_reached)?;
    match next(&mut answers).await.map_err(not_reached)? {
        AdminPacket::Answer { answer, proof } if heard.is_proved(secret, Step::Answer, &answer, &proof) => {
            serde_json::from_slice(&answer).map_err(|error| refused(format!("an answer of another kind: {error}")))
        }
        AdminPacket::Answer { .. } => Err(not_trusted(String::from("its answer was changed on the way"))),
        AdminPacket::Refused(why) => Err(refused(why)),
        _ => Err(not_reached(String::from("it does not speak like a node"))),
    }
}

async fn open(endpoint: Endpoint, packets: mpsc::Receiver<AdminPacket>) -> Result<Streaming<AdminPacket>, String> {
    let channel: Channel = endpoint.connect().await.map_err(|error| told(&error))?;
    let mut grpc = Grpc::new(channel).max_decoding_message_size(LARGEST);
    grpc.ready().await.map_err(|error| told(&error))?;
    let request = Request::new(ReceiverStream::new(packets));
    let answers = grpc.streaming(request, PathAndQuery::from_static(PATH), PacketCodec::default()).await;
    Ok(answers.map_err(|status| told(&status))?.into_inner())
}
