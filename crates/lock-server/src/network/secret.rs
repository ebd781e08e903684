//! A secret that all nodes of a cluster share, and how one proves to another that it knows it.

use std::fmt;

use hmac::{Hmac, KeyInit, Mac};
use serde::{Deserialize, Serialize};
use sha2::Sha256;
use subtle::ConstantTimeEq;

/// 256 random bits, never used twice.
pub(super) type Nonce = [u8; 32];
/// HMAC-SHA256 over who talks to whom, and both nonces.
pub(super) type Proof = [u8; 32];

/// A secret shared by all nodes of a cluster. Never shown, nor logged.
#[derive(Clone)]
pub struct Secret(Vec<u8>);

impl Secret {
    /// The fewest bytes that a secret may have.
    pub const SHORTEST: usize = 16;

    /// A secret, if it is long enough.
    pub fn new(secret: impl Into<Vec<u8>>) -> Option<Self> {
        let secret = secret.into();
        (secret.len() >= Self::SHORTEST).then_some(Self(secret))
    }

    pub(super) fn proof(&self, said: &[u8]) -> Proof {
        let mut mac = Hmac::<Sha256>::new_from_slice(&self.0).expect("HMAC takes keys of any length");
        mac.update(said);
        mac.finalize().into_bytes().into()
    }
}

impl fmt::Debug for Secret {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Secret(…)")
    }
}

/// What both ends of a conversation have seen of it.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub(super) struct Seen {
    pub(super) cluster: String,
    pub(super) dialer: super::packet::Name,
    pub(super) acceptor: super::packet::Name,
    pub(super) dialer_nonce: Nonce,
    pub(super) acceptor_nonce: Nonce,
}

/// Which side proves.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(super) enum Side {
    Dialer,
    Acceptor,
}

impl Seen {
    /// The proof of one side; without a secret there is nothing to prove, and the proof is empty.
    pub(super) fn proof(&self, secret: Option<&Secret>, side: Side) -> Proof {
        let said = postcard::to_allocvec(&("gordian link 1", side, self)).expect("names can be written");
        secret.map_or([0; 32], |secret| secret.proof(&said))
    }

    /// Compares in constant time.
    pub(super) fn is_proved(&self, secret: Option<&Secret>, side: Side, proof: &Proof) -> bool {
        is_same(&self.proof(secret, side), proof)
    }
}

/// Compares in constant time.
pub(super) fn is_same(one: &Proof, other: &Proof) -> bool {
    one.ct_eq(other).into()
}

/// A fresh nonce.
///
/// # Panics
/// If the system has no random numbers.
pub(super) fn nonce() -> Nonce {
    let mut nonce = [0; 32];
    getrandom::fill(&mut nonce).expect("the system has random numbers");
    nonce
}
