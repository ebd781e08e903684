//! How many of the claimed nodes must grant.

use std::fmt;

use serde::{Deserialize, Serialize};

use crate::mutant::{self, Mutant};

/// How many of the claimed nodes must grant before a claim is met.
///
/// One node is one case of many: there, each of them needs that one grant.
///
/// ```
/// use lock_core::Require;
/// assert_eq!(Require::Majority.needed(5, 3), 3);
/// assert_eq!(Require::MajorityAlive.needed(5, 3), 2);
/// ```
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Require {
    /// Every claimed node.
    #[default]
    All,
    /// Any one of them.
    Any,
    /// More than half of the claimed nodes, lost ones counted.
    Majority,
    /// Every claimed node that is alive.
    AllAlive,
    /// More than half of the claimed nodes that are alive.
    MajorityAlive,
}

impl Require {
    /// How many grants meet a claim on `claimed` nodes of which `alive` are alive. Never zero.
    pub fn needed(self, claimed: usize, alive: usize) -> usize {
        match self {
            Self::All => claimed.max(1),
            Self::Any => 1,
            Self::Majority if mutant::is_on(Mutant::HalfIsAMajority) => claimed.div_ceil(2).max(1),
            Self::Majority => claimed / 2 + 1,
            Self::AllAlive => alive.max(1),
            Self::MajorityAlive => alive / 2 + 1,
        }
    }

    /// Whether nodes that are not there do not count.
    pub fn counts_only_the_alive(self) -> bool {
        matches!(self, Self::AllAlive | Self::MajorityAlive)
    }

    /// Whether the claim can still be met with what is alive.
    pub fn can_be_met(self, claimed: usize, alive: usize) -> bool {
        self.needed(claimed, alive) <= alive
    }
}

impl fmt::Display for Require {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::All => "all",
            Self::Any => "any",
            Self::Majority => "majority",
            Self::AllAlive => "all-alive",
            Self::MajorityAlive => "majority-alive",
        })
    }
}

#[cfg(test)]
mod tests {
    use super::Require;

    #[test]
    fn on_one_node_each_kind_needs_that_one_grant() {
        use Require::{All, AllAlive, Any, Majority, MajorityAlive};
        for require in [All, Any, Majority, AllAlive, MajorityAlive] {
            assert_eq!(require.needed(1, 1), 1);
            assert!(!require.can_be_met(1, 0));
        }
    }
}
