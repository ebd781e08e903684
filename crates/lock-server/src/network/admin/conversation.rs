//! What is said between a node and who asks it: one question a stream.
//!
//! The asker knocks with a nonce. The node names itself, with a nonce of its own, and proves that it knows the secret by both. The asker
//! proves the same with its question, and the node with its answer. A proof covers both nonces, the node and what is said, so it
//! is good for nothing else: no clock is needed, and nothing has to be remembered against repeats.

use lock_core::NodeId;
use serde::{Deserialize, Serialize};

use crate::network::secret::{Nonce, Proof, Secret, is_same};

/// The versions of this conversation that are spoken here, oldest and newest.
pub(super) const VERSIONS: (u16, u16) = (1, 1);
/// Where it takes place.
pub(super) const PATH: &str = "/gordian.Admin/Ask";

/// One message of a conversation.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(in crate::network) enum AdminPacket {
    /// The asker: I have a question.
    Knock { versions: (u16, u16), nonce: Nonce },
    /// The node: this is me; and do you know the secret?
    Challenge { cluster: String, node: NodeId, nonce: Nonce, proof: Proof },
    /// The asker: I do, and this is the question, as JSON.
    Ask { question: Vec<u8>, proof: Proof },
    /// The node: the answer, as JSON.
    Answer { answer: Vec<u8>, proof: Proof },
    /// The node: no, and why.
    Refused(String),
}

/// What both have heard by the time the node has answered the knock.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub(super) struct Heard {
    pub(super) cluster: String,
    pub(super) node: NodeId,
    pub(super) asker_nonce: Nonce,
    pub(super) node_nonce: Nonce,
}

/// What a proof is for.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(super) enum Step {
    Challenge,
    Question,
    Answer,
}

/// The proof of who has no secret.
const NONE: Proof = [0; 32];

impl Heard {
    /// The proof for a step, with what is said in it. Without a secret there is nothing to prove.
    pub(super) fn proof(&self, secret: Option<&Secret>, step: Step, said: &[u8]) -> Proof {
        let all = postcard::to_allocvec(&("gordian admin 1", step, self, said)).expect("names can be written");
        secret.map_or(NONE, |secret| secret.proof(&all))
    }

    /// Compares in constant time.
    pub(super) fn is_proved(&self, secret: Option<&Secret>, step: Step, said: &[u8], proof: &Proof) -> bool {
        is_same(&self.proof(secret, step, said), proof)
    }

    /// Whether the node is one of ours, as far as secrets tell.
    ///
    /// # Errors
    /// What is wrong, for people.
    pub(super) fn trust_node(&self, secret: Option<&Secret>, proof: &Proof) -> Result<(), String> {
        let node = &self.node;
        match secret {
            _ if self.is_proved(secret, Step::Challenge, &[], proof) => Ok(()),
            None => Err(format!("{node} wants the secret of its cluster, and none was given")),
            Some(_) if *proof == NONE => Err(format!("{node} runs without a secret, and one was given")),
            Some(_) => Err(format!("{node} has another secret")),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn heard(asker_nonce: u8) -> Heard {
        let (asker_nonce, node_nonce) = ([asker_nonce; 32], [9; 32]);
        Heard { cluster: String::from("c"), node: NodeId::new("n1"), asker_nonce, node_nonce }
    }

    fn secret(text: &str) -> Option<Secret> {
        Secret::new(text)
    }

    #[test]
    fn a_proof_is_good_for_what_was_said_and_nothing_else() {
        let (ours, other) = (secret("correct horse battery staple"), secret("incorrect horse battery"));
        let proof = heard(1).proof(ours.as_ref(), Step::Question, b"locks");
        assert!(heard(1).is_proved(ours.as_ref(), Step::Question, b"locks", &proof));
        assert!(!heard(1).is_proved(ours.as_ref(), Step::Question, b"nodes", &proof), "another question");
        assert!(!heard(1).is_proved(ours.as_ref(), Step::Answer, b"locks", &proof), "an answer");
        assert!(!heard(2).is_proved(ours.as_ref(), Step::Question, b"locks", &proof), "another conversation");
        assert!(!heard(1).is_proved(other.as_ref(), Step::Question, b"locks", &proof), "another secret");
        assert!(!heard(1).is_proved(None, Step::Question, b"locks", &proof), "no secret");
    }

    #[test]
    fn who_does_not_share_the_secret_is_told_in_what_way() {
        let (ours, other) = (secret("correct horse battery staple"), secret("incorrect horse battery"));
        let told = |node: &Option<Secret>, asker: &Option<Secret>| {
            let proof = heard(1).proof(node.as_ref(), Step::Challenge, &[]);
            heard(1).trust_node(asker.as_ref(), &proof).err()
        };
        assert_eq!((told(&ours, &ours), told(&None, &None)), (None, None));
        assert_eq!(told(&ours, &other).as_deref(), Some("n1 has another secret"));
        assert_eq!(told(&ours, &None).as_deref(), Some("n1 wants the secret of its cluster, and none was given"));
        assert_eq!(told(&None, &ours).as_deref(), Some("n1 runs without a secret, and one was given"));
    }
}
