//! Who held and waited for what, and when: the life of each transaction over the steps of a scenario.

mod recorder;

use std::collections::BTreeMap;
use std::ops::Range;

use lock_core::{Mode, NodeId, Object, TxId};

pub(crate) use recorder::Recorder;

/// What an engine showed after each step of a scenario.
///
/// Gathered by [`run_with_timeline`](crate::run_with_timeline), drawn by [`draw`](crate::draw). What comes and goes
/// within one step is not seen, but for deadlocks.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Timeline {
    /// The steps that could change something, in their order.
    pub moments: Vec<Moment>,
    /// The life of each transaction, the oldest first.
    pub lives: BTreeMap<TxId, Life>,
    /// Set if the run was too large to be gathered to its end: then the last moment is not the end.
    pub is_cut: bool,
}

/// One step, after which the world was looked at.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Moment {
    /// The line, counted from 1.
    pub line: usize,
    /// What it says.
    pub text: String,
    /// How much time of the scenario had passed when the step was over.
    pub at_ms: u64,
    /// Which of the run's deadlocks were resolved in it.
    pub deadlocks: Range<usize>,
    /// What came of it.
    pub end: MomentEnd,
}

/// What came of a step.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum MomentEnd {
    /// It was carried out.
    Done,
    /// It was refused.
    Refused,
    /// It is where the scenario failed.
    Failed,
}

/// The life of one transaction. Moments are told by their place in [`Timeline::moments`].
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Life {
    /// When it began.
    pub began: usize,
    /// When it ended, if it did.
    pub ended: Option<usize>,
    /// What it held and waited for, in the order of the ends.
    pub spans: Vec<Span>,
    /// What befell it, in the order of the moments.
    pub marks: Vec<Mark>,
}

/// A while in which a transaction stood unchanged with one object.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Span {
    /// The object.
    pub object: Object,
    /// The node that was asked, where there are several.
    pub node: Option<NodeId>,
    /// The mode that it had.
    pub granted: Option<Mode>,
    /// The mode that it waited for.
    pub wanted: Option<Mode>,
    /// After which moment it was first seen.
    pub from: usize,
    /// At which moment it was over; none if it stood at the end.
    pub until: Option<usize>,
}

/// Something that befell a transaction.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Mark {
    /// At which moment.
    pub at: usize,
    /// What.
    pub what: Happening,
}

/// What can befall a transaction, besides grants and waits.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Happening {
    /// It gave the object up for now, as a victim or by itself.
    Surrendered(Object),
    /// It was let past another, to resolve a deadlock.
    LetPast {
        /// Who was overtaken.
        second: TxId,
        /// What it waits for, with the other ahead of it.
        wants: Option<Object>,
    },
    /// It was told that this lock is lost.
    Lost(Object),
    /// It asks for what lost nodes cannot grant.
    CannotServe,
    /// It gave all up.
    Aborted,
    /// Its program ended it.
    Ended,
    /// Its program died.
    Died,
}
