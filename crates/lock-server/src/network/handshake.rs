//! How two nodes make sure of each other before anything else is said.
//!
//! The dialer names itself, the cluster and whom it wants, with a nonce. The acceptor names itself, with a nonce of its own, and proves
//! that it knows the secret by both; then the dialer does. A proof is good for one conversation only: it covers both names and both nonces.

use lock_core::NodeId;

use super::packet::{HANDSHAKE, Name, Packet};
use super::secret::{Nonce, Secret, Seen, Side, nonce};

/// What a node brings into a handshake.
#[derive(Clone, Debug)]
pub(super) struct Papers {
    pub(super) cluster: String,
    pub(super) own: Name,
    pub(super) secret: Option<Secret>,
}

/// The dialer's half, after it has knocked.
pub(super) struct Knocked {
    papers: Papers,
    to: NodeId,
    nonce: Nonce,
}

/// The acceptor's half, after it has challenged.
pub(super) struct Challenged {
    papers: Papers,
    seen: Seen,
}

impl Papers {
    pub(super) fn knock(&self, to: &NodeId) -> (Knocked, Packet) {
        let nonce = nonce();
        let (cluster, from) = (self.cluster.clone(), self.own.clone());
        let packet = Packet::Knock { handshake: HANDSHAKE, cluster, from, to: to.clone(), nonce };
        (Knocked { papers: self.clone(), to: to.clone(), nonce }, packet)
    }

    /// Answers a knock, unless it is for somebody else.
    ///
    /// # Errors
    /// Why nobody is let in.
    pub(super) fn challenge(
        &self,
        knock: Packet,
        knows: impl Fn(&NodeId) -> bool,
    ) -> Result<(Challenged, Packet), String> {
        let Packet::Knock { handshake, cluster, from, to, nonce: dialer_nonce } = knock else {
            return Err(String::from("it did not knock"));
        };
        let (oldest, newest) = HANDSHAKE;
        if handshake.1 < oldest || handshake.0 > newest {
            return Err(format!(
                "it speaks versions {} to {} of the handshake, spoken here are {oldest} to {newest}",
                handshake.0, handshake.1
            ));
        }
        if cluster != self.cluster {
            return Err(format!("it belongs to the cluster `{cluster}`, not to `{}`", self.cluster));
        }
        if to != self.own.node {
            return Err(format!("it wants {to}, but this is {}", self.own.node));
        }
        if !knows(&from.node) {
            return Err(format!("{} is no peer of {}", from.node, self.own.node));
        }
        let (acceptor, acceptor_nonce) = (self.own.clone(), nonce());
        let seen = Seen { cluster, dialer: from, acceptor: acceptor.clone(), dialer_nonce, acceptor_nonce };
        let proof = seen.proof(self.secret.as_ref(), Side::Acceptor);
        let packet = Packet::Challenge { from: acceptor, nonce: acceptor_nonce, proof };
        Ok((Challenged { papers: self.clone(), seen }, packet))
    }
}

impl Knocked {
    /// Answers the challenge, if it comes from whom was wanted. Gives who that is.
    ///
    /// # Errors
    /// Why the other end is not trusted.
    pub(super) fn answer(self, challenge: Packet) -> Result<(Name, Packet), String> {
        let Self { papers: Papers { cluster, own, secret }, to, nonce: dialer_nonce } = self;
        match challenge {
            Packet::Challenge { from, nonce: acceptor_nonce, proof } if from.node == to => {
                let seen = Seen { cluster, dialer: own, acceptor: from.clone(), dialer_nonce, acceptor_nonce };
                if !seen.is_proved(secret.as_ref(), Side::Acceptor, &proof) {
                    return Err(format!("{to} does not know the secret of the cluster"));
                }
                let proof = seen.proof(secret.as_ref(), Side::Dialer);
                Ok((from, Packet::Answer { proof }))
            }
            Packet::Challenge { from, .. } => Err(format!("{} answers where {to} was wanted", from.node)),
            Packet::Refused(why) => Err(format!("{to} refused: {why}")),
            _ => Err(format!("{to} does not speak like a node")),
        }
    }
}

impl Challenged {
    /// Who the dialer says to be.
    pub(super) fn dialer(&self) -> &NodeId {
        &self.seen.dialer.node
    }

    /// Lets the dialer in, if it proves who it is.
    ///
    /// # Errors
    /// Why it is not let in.
    pub(super) fn welcome(self, answer: &Packet) -> Result<Name, String> {
        let Packet::Answer { proof } = answer else { return Err(String::from("it did not answer the challenge")) };
        if self.seen.is_proved(self.papers.secret.as_ref(), Side::Dialer, proof) {
            Ok(self.seen.dialer)
        } else {
            Err(format!("{} does not know the secret of the cluster", self.seen.dialer.node))
        }
    }
}

#[cfg(test)]
mod tests {
    use lock_core::Incarnation;

    use super::*;

    fn papers(node: &str, secret: Option<&str>) -> Papers {
        let own = Name { node: NodeId::new(node), incarnation: Incarnation(1), place: None };
        let secret = secret.map(|secret| Secret::new(secret).expect("long enough"));
        Papers { cluster: String::from("c"), own, secret }
    }

    const SECRET: Option<&str> = Some("correct horse battery staple");

    fn meet(dialer: &Papers, acceptor: &Papers) -> Result<NodeId, String> {
        let (knocked, knock) = dialer.knock(&NodeId::new("n2"));
        let (challenged, challenge) = acceptor.challenge(knock, |_| true)?;
        let (_, answer) = knocked.answer(challenge)?;
        Ok(challenged.welcome(&answer)?.node)
    }

    #[test]
    fn who_shares_the_secret_is_let_in() {
        assert_eq!(meet(&papers("n1", SECRET), &papers("n2", SECRET)), Ok(NodeId::new("n1")));
        assert_eq!(meet(&papers("n1", None), &papers("n2", None)), Ok(NodeId::new("n1")));
    }

    #[test]
    fn who_does_not_is_not_nor_is_it_trusted() {
        let other = Some("incorrect horse battery");
        for (dialer, acceptor) in [(other, SECRET), (None, SECRET), (SECRET, None)] {
            assert!(meet(&papers("n1", dialer), &papers("n2", acceptor)).is_err());
        }
    }

    #[test]
    fn a_conversation_that_was_overheard_lets_nobody_in() {
        let (dialer, acceptor) = (papers("n1", SECRET), papers("n2", SECRET));
        let (knocked, knock) = dialer.knock(&NodeId::new("n2"));
        let (_, challenge) = acceptor.challenge(knock.clone(), |_| true).expect("it may knock");
        let (_, answer) = knocked.answer(challenge).expect("it knows the secret");
        let (again, _) = acceptor.challenge(knock, |_| true).expect("anybody may knock");
        assert!(again.welcome(&answer).is_err());
    }

    #[test]
    fn strangers_are_told_why() {
        let acceptor = papers("n2", None);
        let refused = |papers: &Papers, to: &str, knows: bool| {
            let (_, knock) = papers.knock(&NodeId::new(to));
            acceptor.challenge(knock, |_| knows).err().unwrap_or_default()
        };
        let other = Papers { cluster: String::from("d"), ..papers("n1", None) };
        assert_eq!(refused(&other, "n2", true), "it belongs to the cluster `d`, not to `c`");
        assert_eq!(refused(&papers("n1", None), "n3", true), "it wants n3, but this is n2");
        assert_eq!(refused(&papers("n1", None), "n2", false), "n1 is no peer of n2");
    }
}
