//! The rule, and its neighbours: what a search can compare.

/// Which form of the rule a world follows. The default is the one that is chosen.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Rules {
    /// Which soft arrow is turned where only order stands in the way.
    pub turning: Turning,
    /// What becomes of the waits of a claim that is met.
    pub surplus: Surplus,
    /// Which of the stuck a way out is computed on.
    pub scope: Scope,
    /// What evidence is checked against before somebody acts on it.
    pub check: Check,
}

/// Which soft arrow is turned where only order stands in the way.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Turning {
    /// The first of the canonical circle, from the oldest member on, that points up the line.
    CanonicalCircle,
    /// Of all that lie on a circle and point up the line, the one that starts first in the line.
    #[default]
    FirstInLine,
}

/// What becomes of the waits of a claim that is met.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Surplus {
    /// They stay in line and may be granted later.
    #[default]
    Kept,
    /// They leave the line; should the claim lose a grant, it lines up anew.
    Withdrawn,
}

/// Which of the stuck a way out is computed on.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Scope {
    /// All that the looker can reach.
    AllSeen,
    /// One set of them that wait on each other and on nobody else who is stuck; the one with the oldest member.
    #[default]
    Sink,
}

/// What evidence is checked against before somebody acts on it.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Check {
    /// The state of the one who gives way, alone.
    OwnState,
    /// Also, on the nodes where it gives way: whether the one before it still waits there.
    #[default]
    AlsoTheWait,
}
