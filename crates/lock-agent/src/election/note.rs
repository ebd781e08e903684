//! What those who take part in an election say to each other.

use lock_core::Token;
use serde::{Deserialize, Serialize};

use super::assembly::Term;
use super::participant::{Participant, Role};

/// What is said. It goes to nodes; whoever takes part there hears all of it, and takes what is meant for it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(super) enum Note {
    /// I take part. Said when that begins, when it changes, and to nodes that come.
    Here {
        who: Participant,
        role: Role,
        /// The term, while it leads.
        leads: Option<Token>,
        /// The newest term that it has seen.
        seen: Option<Term>,
        /// Who else is there?
        asks: bool,
    },
    /// I take part no more.
    Gone { who: Participant },
    /// The leader to all.
    Told { leader: Participant, term: Token, body: Vec<u8> },
    /// The leader asks all candidates, or one participant.
    Asked { leader: Participant, term: Token, to: Option<Participant>, number: u64, body: Vec<u8> },
    /// The answer; nothing, if it will not answer.
    Answered { who: Participant, to: Participant, number: u64, body: Option<Vec<u8>> },
    /// To a leader: I led as well, in this term, and gave way. What I did is yours to merge.
    GaveWay { who: Participant, to: Participant, term: Token },
    /// The leader takes that upon itself.
    Merges { leader: Participant, of: Participant, term: Token },
}

impl Note {
    pub(super) fn written(&self) -> Vec<u8> {
        postcard::to_stdvec(self).expect("a note has nothing that cannot be written")
    }

    /// What somebody said; nothing, if it makes no sense.
    pub(super) fn read(bytes: &[u8]) -> Option<Self> {
        postcard::from_bytes(bytes).ok()
    }
}
