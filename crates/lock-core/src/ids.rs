//! Who is who: transactions, nodes and their incarnations, tokens and versions.

use std::fmt;

use serde::{Deserialize, Serialize};
use smol_str::SmolStr;

macro_rules! number {
    ($(#[$doc:meta])* $name:ident, $prefix:literal) => {
        $(#[$doc])*
        #[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
        #[serde(transparent)]
        pub struct $name(pub u64);

        impl fmt::Display for $name {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                write!(f, concat!($prefix, "{}"), self.0)
            }
        }
    };
}

number! {
    /// A transaction. The number is its age: smaller is older, and the order is total.
    TxId, "t"
}
number! {
    /// One life of a node: larger at each start, so that nothing of an earlier life passes for new.
    Incarnation, "i"
}
number! {
    /// A fencing token: larger than that of every earlier grant of the same node.
    /// Hand it to the resource, which turns smaller ones away.
    Token, "#"
}
number! {
    /// How often a lock table has changed. Never goes backwards, not even over restarts.
    Version, "v"
}
number! {
    /// Milliseconds on the clock of whoever drives the machine; the machines never read one.
    Millis, ""
}

impl Incarnation {
    /// Bits that count within one incarnation; the incarnation stands above them.
    const COUNT_BITS: u32 = 22;

    /// Where the tokens and versions of this incarnation start.
    ///
    /// An incarnation taken from a clock in milliseconds stays ahead of every
    /// number that an earlier one can have reached at four thousand million a second.
    pub fn first_number(self) -> u64 {
        self.0 << Self::COUNT_BITS
    }

    /// The next incarnation of a node that knows how far its tables have counted: all of its numbers are larger
    /// than that.
    pub fn after(self, version: Version) -> Self {
        Self(self.0.max(version.0 >> Self::COUNT_BITS) + 1)
    }
}

/// The name of a node.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(transparent)]
pub struct NodeId(SmolStr);

impl NodeId {
    /// A node by its name.
    pub fn new(name: impl AsRef<str>) -> Self {
        Self(SmolStr::new(name))
    }

    /// The name.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl From<&str> for NodeId {
    fn from(name: &str) -> Self {
        Self::new(name)
    }
}

impl From<String> for NodeId {
    fn from(name: String) -> Self {
        Self::new(name)
    }
}

impl From<&NodeId> for NodeId {
    fn from(name: &NodeId) -> Self {
        name.clone()
    }
}

impl fmt::Display for NodeId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}
