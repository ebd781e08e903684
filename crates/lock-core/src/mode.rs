//! What a lock allows its holder, and what it forbids to everybody else.

use std::fmt;

use serde::{Deserialize, Serialize};

/// How an object is locked.
///
/// `Read < Write`: the order is the strength. Ancestors of a locked object carry
/// intention modes; they are counted inside the table and never named by users.
///
/// ```
/// use lock_core::Mode;
/// assert!(Mode::Write.covers(Mode::Read));
/// assert!(!Mode::Read.conflicts(Mode::Read));
/// ```
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Mode {
    /// Shared: any number of readers at once.
    Read,
    /// Exclusive: nobody else reads or writes.
    Write,
}

impl Mode {
    /// Whether two transactions may not have these modes on related objects at once.
    #[inline]
    pub fn conflicts(self, other: Self) -> bool {
        self == Self::Write || other == Self::Write
    }

    /// Whether having `self` makes asking for `other` pointless.
    #[inline]
    pub fn covers(self, other: Self) -> bool {
        self >= other
    }
}

impl fmt::Display for Mode {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Read => "read",
            Self::Write => "write",
        })
    }
}
