//! Two led on two sides of a split, and one of them leads now: what both did is to be made one.

use std::fmt;
use std::sync::Arc;

use lock_core::Token;

use super::error::SayError;
use super::leading::Leading;
use super::note::Note;
use super::participant::Participant;
use super::seat::Seat;

/// What a leader is to merge: what another one did who led as well, and gave way.
///
/// Told once for each pair of terms, and begun at most once, by whoever leads then. Whoever cannot begin it any more need do nothing: it is
/// given to the next leader.
#[must_use = "nothing is merged until it is begun"]
pub struct Merge {
    seat: Arc<Seat>,
    term: Token,
    of: Participant,
    its_term: Token,
}

impl Merge {
    pub(super) fn new(seat: Arc<Seat>, term: Token, of: Participant, its_term: Token) -> Self {
        Self { seat, term, of, its_term }
    }

    /// Who gave way.
    pub fn of(&self) -> &Participant {
        &self.of
    }

    /// The term in which that one led.
    pub fn its_term(&self) -> Token {
        self.its_term
    }

    /// The term of the leader who is to merge.
    pub fn term(&self) -> Token {
        self.term
    }

    /// Begins: from now on the one that gave way asks nobody else to do it. Ask it for what it did, and write what comes of it
    /// under the term: should another leader be elected meanwhile, what is written to turns it away.
    ///
    /// # Errors
    /// If the term is over. Nothing has happened then.
    pub fn begin(self) -> Result<Leading, SayError> {
        let state = self.seat.state();
        self.seat.leads_in(&state, self.term)?;
        let (leader, of) = (self.seat.me.clone(), self.of.clone());
        self.seat.say_to(&self.of.node, &Note::Merges { leader, of, term: self.its_term });
        drop(state);
        Ok(Leading::new(self.seat, self.term))
    }
}

impl fmt::Debug for Merge {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { seat: _, term, of, its_term } = self;
        f.debug_struct("Merge").field("term", term).field("of", of).field("its_term", its_term).finish()
    }
}
