//! Where fencing tokens come from.

use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};

use crate::mutant::{self, Mutant};
use crate::{Incarnation, Token};

/// The counter of a node's fencing tokens, shared by its tables.
///
/// Every token is larger than all that were taken before it, and than all of earlier incarnations.
#[derive(Clone, Debug)]
pub struct Tokens(Arc<Counter>);

/// A line of the cache of its own: every grant of the node counts here.
#[derive(Debug)]
#[repr(align(128))]
struct Counter(AtomicU64);

impl Tokens {
    /// The tokens of one incarnation.
    pub fn starting_at(incarnation: Incarnation) -> Self {
        let incarnation = if mutant::is_on(Mutant::TokensStartAnew) { Incarnation::default() } else { incarnation };
        Self(Arc::new(Counter(AtomicU64::new(incarnation.first_number() + 1))))
    }

    /// A counter that stands where this one stands and goes on by itself: for a copy of a node, to try out what
    /// comes of it. Two that count on by themselves give the same tokens twice, so nothing real may have both.
    pub fn fork(&self) -> Self {
        Self(Arc::new(Counter(AtomicU64::new(self.0.0.load(Ordering::Relaxed)))))
    }

    /// Goes on above this token, if it is behind. Whoever is far ahead cannot lead it to the end of all numbers.
    pub(crate) fn follow(&self, token: Token) {
        const LAST: u64 = u64::MAX - (1 << 60);
        self.0.0.fetch_max(token.0.min(LAST) + 1, Ordering::Relaxed);
    }

    pub(crate) fn next(&self) -> Token {
        Token(self.0.0.fetch_add(1, Ordering::Relaxed))
    }
}
