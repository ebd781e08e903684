//! A leader in one term: what it may say, and ask.

use std::fmt;
use std::sync::Arc;
use std::time::Duration;

use lock_core::{LetterKind, NodeMachine, Token};
use tokio::time::Instant;

use super::asking::{Answers, Asking};
use super::error::SayError;
use super::note::Note;
use super::participant::Participant;
use super::seat::Seat;

/// The leader, in one term. What it says after that term is over is refused.
#[derive(Clone)]
pub struct Leading {
    seat: Arc<Seat>,
    term: Token,
}

impl Leading {
    /// How long what is said may be, in bytes.
    pub const LONGEST: usize = NodeMachine::LONGEST_LETTER - 1_024;

    pub(super) fn new(seat: Arc<Seat>, term: Token) -> Self {
        Self { seat, term }
    }

    /// The term: say it to whatever the leader writes to.
    pub fn term(&self) -> Token {
        self.term
    }

    /// Whether it leads still, in this term.
    pub fn is_current(&self) -> bool {
        self.seat.term() == Some(self.term)
    }

    /// Says something to all candidates and workers. Each that stays in touch is told once, in the order in which
    /// it is said, and not after it has seen a newer term. Never waits.
    ///
    /// # Errors
    /// [`SayError`]: nobody is told.
    pub fn broadcast(&self, body: impl Into<Vec<u8>>) -> Result<(), SayError> {
        let (leader, term) = (self.seat.me.clone(), self.term);
        let body = checked(body.into())?;
        let state = self.seat.state();
        self.seat.leads_in(&state, self.term)?;
        let note = Note::Told { leader, term, body }.written();
        Ok(self.seat.post.to_all(&self.seat.election, LetterKind::Word, &note)?)
    }

    /// Asks all candidates that it knows of, and waits until they have answered, are gone, or the time is over. A candidate is
    /// known as soon as its first message has come: [`Candidacy::others`](super::Candidacy::others).
    ///
    /// # Cancel safety
    /// Dropped, the candidates were asked nonetheless; their answers are forgotten.
    ///
    /// # Errors
    /// [`SayError`]. If its term ends while it waits, it is not told the answers: they are for the leader.
    pub async fn ask_candidates(&self, body: impl Into<Vec<u8>>, within: Duration) -> Result<Answers, SayError> {
        self.ask_those(None, body.into(), within).await
    }

    /// Asks one candidate or worker; nothing, if it does not answer in time or is gone.
    ///
    /// # Cancel safety
    /// As [`Leading::ask_candidates`].
    ///
    /// # Errors
    /// As [`Leading::ask_candidates`].
    pub async fn ask(
        &self,
        who: &Participant,
        body: impl Into<Vec<u8>>,
        within: Duration,
    ) -> Result<Option<Vec<u8>>, SayError> {
        let mut answers = self.ask_those(Some(who), body.into(), within).await?;
        Ok(answers.answers.remove(who))
    }

    async fn ask_those(&self, to: Option<&Participant>, body: Vec<u8>, within: Duration) -> Result<Answers, SayError> {
        let until = Instant::now() + within;
        let question = self.put(to, checked(body)?)?;
        while !question.is_over() {
            if tokio::time::timeout_at(until, question.changed.notified()).await.is_err() {
                break;
            }
        }
        let answers = question.answers();
        drop(question);
        let state = self.seat.state();
        self.seat.leads_in(&state, self.term).map(|()| answers)
    }

    fn put(&self, to: Option<&Participant>, body: Vec<u8>) -> Result<Question<'_>, SayError> {
        let (seat, leader, term) = (&self.seat, self.seat.me.clone(), self.term);
        let mut state = seat.state();
        seat.leads_in(&state, self.term)?;
        let number = state.asked + 1;
        let note = Note::Asked { leader, term, to: to.cloned(), number, body }.written();
        let asking = if let Some(who) = to {
            seat.post.to(&who.node, &seat.election, LetterKind::Word, &note)?;
            let is_there = state.assembly.others().contains_key(who);
            Asking::of(is_there.then(|| who.clone()))
        } else {
            seat.post.to_all(&seat.election, LetterKind::Word, &note)?;
            Asking::of(state.assembly.candidates().cloned())
        };
        let changed = asking.changed();
        state.asked = number;
        state.asking.insert(number, asking);
        Ok(Question { seat, number, changed })
    }
}

/// A question under way; forgotten when it is dropped.
struct Question<'leader> {
    seat: &'leader Seat,
    number: u64,
    changed: Arc<tokio::sync::Notify>,
}

impl Question<'_> {
    fn is_over(&self) -> bool {
        self.seat.state().asking.get(&self.number).is_none_or(Asking::is_over)
    }

    fn answers(&self) -> Answers {
        self.seat.state().asking.remove(&self.number).map(Asking::answers).unwrap_or_default()
    }
}

impl Drop for Question<'_> {
    fn drop(&mut self) {
        self.seat.state().asking.remove(&self.number);
    }
}

/// # Errors
/// If it is too long.
fn checked(body: Vec<u8>) -> Result<Vec<u8>, SayError> {
    let (length, limit) = (body.len(), Leading::LONGEST);
    if length > limit { Err(SayError::TooLong { length, limit }) } else { Ok(body) }
}

impl fmt::Debug for Leading {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Leading").field("election", &self.seat.election).field("term", &self.term).finish()
    }
}
