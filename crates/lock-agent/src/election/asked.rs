//! A question of the leader, as whoever is asked has it in hand.

use std::fmt;
use std::sync::Arc;

use lock_core::{LetterKind, Token};

use super::error::SayError;
use super::note::Note;
use super::participant::Participant;
use super::seat::Seat;

/// A question of the leader. Dropped without an answer, it tells the leader that there will be none.
#[must_use = "dropped, it tells the leader that there will be no answer"]
pub struct Asked {
    seat: Arc<Seat>,
    leader: Participant,
    term: Token,
    number: u64,
    body: Vec<u8>,
    is_answered: bool,
}

impl Asked {
    pub(super) fn new(seat: Arc<Seat>, leader: Participant, term: Token, number: u64, body: Vec<u8>) -> Self {
        Self { seat, leader, term, number, body, is_answered: false }
    }

    /// Who asks.
    pub fn by(&self) -> &Participant {
        &self.leader
    }

    /// In which term.
    pub fn term(&self) -> Token {
        self.term
    }

    /// What is asked.
    pub fn body(&self) -> &[u8] {
        &self.body
    }

    /// Answers. Whether it comes in time is for the leader to see.
    ///
    /// # Errors
    /// [`SayError::TooLong`], [`SayError::Busy`]: then the leader is told that there will be no answer.
    pub fn answer(mut self, body: impl Into<Vec<u8>>) -> Result<(), SayError> {
        self.say(Some(body.into()), LetterKind::Word)?;
        self.is_answered = true;
        Ok(())
    }

    fn say(&self, body: Option<Vec<u8>>, kind: LetterKind) -> Result<(), SayError> {
        let (who, to, number) = (self.seat.me.clone(), self.leader.clone(), self.number);
        let note = Note::Answered { who, to, number, body };
        Ok(self.seat.post.to(&self.leader.node, &self.seat.election, kind, &note.written())?)
    }
}

impl Drop for Asked {
    fn drop(&mut self) {
        if !self.is_answered {
            // If it cannot be said, time tells the leader.
            let _ = self.say(None, LetterKind::State);
        }
    }
}

impl fmt::Debug for Asked {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Asked").field("by", &self.leader).field("term", &self.term).finish_non_exhaustive()
    }
}
