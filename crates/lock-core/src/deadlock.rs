//! A deadlock that was found and resolved: who waited for what, and who gave way.

mod written;

use std::fmt;

use serde::{Deserialize, Serialize};

use crate::{Millis, Mode, Object, Token, TxId};

/// Whether a blocker has to let go, or merely stands ahead in line.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum ArrowKind {
    /// The blocker has been granted what conflicts.
    Hard,
    /// The blocker waits ahead in line.
    Soft,
}

/// One arrow of the wait-for graph, with what stands behind it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Arrow {
    /// Who waits.
    pub waiter: TxId,
    /// What it waits for.
    pub wants: Object,
    /// The mode that it wants.
    pub wanted: Mode,
    /// Since when it waits.
    pub since: Millis,
    /// Who stands in the way.
    pub blocker: TxId,
    /// The object that the blocker has or waits for: the wanted one, or one above or below it.
    pub blocking: Object,
    /// The blocker's mode there.
    pub blocking_mode: Mode,
    /// Whether the blocker has it or waits ahead.
    pub kind: ArrowKind,
    /// The blocker's fencing token, if it has a grant.
    pub token: Option<Token>,
}

/// Who gave way, and how.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum WayOut {
    /// The victim went back to the end of the queues of these objects, still wanting them.
    Surrender {
        /// Who gave way.
        victim: TxId,
        /// What it gave up for now.
        objects: Vec<Object>,
    },
    /// The victim gave all up and its caller got an error.
    Abort {
        /// Who gave way.
        victim: TxId,
    },
    /// Nobody lost anything: one waiter was let past another.
    Overtaking {
        /// Who now goes first.
        first: TxId,
        /// Who was overtaken.
        second: TxId,
    },
}

impl WayOut {
    /// Who surrendered or aborted; nobody does when it was enough to change the order.
    pub fn victim(&self) -> Option<TxId> {
        match self {
            Self::Surrender { victim, .. } | Self::Abort { victim } => Some(*victim),
            Self::Overtaking { .. } => None,
        }
    }
}

/// A deadlock with its explanation: the circle from its oldest member on, and the way out.
///
/// Its [`Display`](fmt::Display) is the explanation as text, a line an arrow.
/// [`Deadlock::graph`] gives it as JSON, DOT and Mermaid.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Deadlock {
    /// The arrows of the circle in their order; the oldest member waits first.
    pub circle: Vec<Arrow>,
    /// Who gave way, and how.
    pub way_out: WayOut,
}

impl Deadlock {
    /// The members of the circle in the order of the arrows, the oldest first.
    pub fn members(&self) -> impl Iterator<Item = TxId> {
        self.circle.iter().map(|arrow| arrow.waiter)
    }
}

impl Arrow {
    /// The order in which arrows are told: by who waits, on whom, hard before soft, then by the objects.
    pub(crate) fn in_order(&self) -> impl Ord + use<'_> {
        (self.waiter, self.blocker, self.kind, &self.wants, &self.blocking)
    }
}

impl fmt::Display for Arrow {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { waiter, wants, wanted, since, blocker, blocking, blocking_mode, .. } = self;
        write!(f, "{waiter} waits for {wanted} on {wants} since {since} ms, blocked by {blocker}, which ")?;
        match (self.kind, self.token) {
            (ArrowKind::Hard, Some(token)) => write!(f, "has {blocking_mode} on {blocking} ({token})"),
            (ArrowKind::Hard, None) => write!(f, "has {blocking_mode} on {blocking}"),
            (ArrowKind::Soft, _) => write!(f, "waits ahead for {blocking_mode} on {blocking}"),
        }
    }
}

impl fmt::Display for WayOut {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Surrender { victim, objects } => {
                write!(f, "{victim} surrendered ")?;
                for (index, object) in objects.iter().enumerate() {
                    write!(f, "{}{object}", if index > 0 { ", " } else { "" })?;
                }
                f.write_str(" and waits for it again")
            }
            Self::Abort { victim } => write!(f, "{victim} aborted"),
            Self::Overtaking { first, second } => write!(f, "{first} was let past {second}; nobody lost anything"),
        }
    }
}

impl fmt::Display for Deadlock {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        writeln!(f, "deadlock of {} transactions:", self.circle.len())?;
        for arrow in &self.circle {
            writeln!(f, "  {arrow}")?;
        }
        write!(f, "resolved: {}", self.way_out)
    }
}
