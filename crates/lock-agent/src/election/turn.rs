//! What becomes of one who takes part in an election.

use lock_core::Token;

use super::asked::Asked;
use super::merge::Merge;
use super::participant::Participant;

/// What becomes of a candidate or worker, and what it is told.
#[derive(Debug)]
#[non_exhaustive]
pub enum Turn {
    /// It leads. The term is larger than those of all leaders before it: a fencing token.
    Elected {
        /// The term.
        term: Token,
    },
    /// It leads no more, and stands again: nodes came (back) that count too, and perhaps have a leader of their own. Two leaders of the halves
    /// of a split both give way, and one leader is elected by all.
    Surrendered {
        /// The term that is over.
        term: Token,
    },
    /// It leads no more, and stands again: too few of the nodes that elected it are there.
    Lost {
        /// The term that is over.
        term: Token,
    },
    /// Somebody else leads.
    Led {
        /// Who.
        by: Participant,
        /// In which term.
        term: Token,
    },
    /// Whoever led is gone, or gave way: nobody is known to lead.
    Unled {
        /// The term that is over.
        term: Token,
    },
    /// The leader says something to all.
    Told {
        /// The leader.
        by: Participant,
        /// Its term: never an older one than was seen before.
        term: Token,
        /// What it says.
        body: Vec<u8>,
    },
    /// The leader asks.
    Asked(Asked),
    /// It leads, and another one that led on the other side of a split gave way: what both did is to be made one.
    Merge(Merge),
    /// So many turns were dropped, as they were not read in time. Who leads is for `leader` and `term` to say.
    Missed(u64),
}
