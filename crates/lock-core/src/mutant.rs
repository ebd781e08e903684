//! Mistakes in the rules, for tests only: each can be switched on to see whether a checker finds it.
//!
//! Without the feature `mutants` none is ever on, and nothing of this is compiled into the rules. The feature is for tests of
//! the checkers; a program must not use it.

#![cfg_attr(not(feature = "mutants"), allow(unreachable_pub, dead_code, reason = "seen by tests only"))]

/// A mistake that somebody might have made.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Mutant {
    /// Grants of a node are believed in for the whole timeout after its last answer, whatever the clocks do.
    TrustsForTheWholeTimeout,
    /// A node that starts anew grants at once, without asking what others hold.
    GrantsWhileItRecovers,
    /// Half of the nodes count as a majority.
    HalfIsAMajority,
    /// An answer from before an unlock is believed after it.
    BelievesOldAnswers,
    /// A reader passes writers that wait.
    ReadersPassWriters,
    /// A conversion lines up like everybody else.
    ConversionsWaitInLine,
    /// Of the readers that could be granted only the first one is.
    WakesOneReader,
    /// A node has a new counter of tokens in each life.
    TokensStartAnew,
    /// A claim that a majority has granted is had at once, with the largest token so far.
    FencesNothing,
    /// A claim that is made on more nodes keeps the token that was a fence on fewer.
    KeepsAFenceForMore,
    /// A node counts the versions of its table anew in each life.
    VersionsStartAnew,
    /// What was read once is not read again before somebody gives way.
    BelievesTheFirstReading,
    /// Whoever was asked among others is not asked again either, as if all had been read at one moment.
    BelievesOneOfMany,
    /// A claim that asks its nodes in turn asks the first one only.
    StopsAtTheFirst,
    /// Every circle is a deadlock, whatever is required.
    ACircleIsADeadlock,
    /// What a transaction had on a node that its home does not see counts for whoever searches.
    CountsOnTheLost,
    /// Evidence is acted upon, in whatever state the victim is by now.
    ActsTwice,
    /// A node is asked for each transaction by itself when the stuck are read again.
    AsksOneByOne,
    /// Nobody looks for deadlocks.
    NeverLooks,
    /// What was lost on its way is not said again.
    NeverRepeats,
    /// A node remembers where transactions live that are over.
    KeepsGuests,
}

#[cfg(feature = "mutants")]
std::thread_local! {
    static ON: std::cell::Cell<Option<Mutant>> = const { std::cell::Cell::new(None) };
}

/// Switches one mistake on in this thread, or none.
#[cfg(feature = "mutants")]
pub fn make(mutant: Option<Mutant>) {
    ON.set(mutant);
}

/// Whether a mistake is on in this thread.
#[cfg(feature = "mutants")]
pub(crate) fn is_on(mutant: Mutant) -> bool {
    ON.get() == Some(mutant)
}

/// Whether a mistake is on: none ever is.
#[cfg(not(feature = "mutants"))]
#[inline]
pub(crate) const fn is_on(_: Mutant) -> bool {
    false
}
