//! What a transaction of a test asks for.

use std::fmt;

use lock_core::{Mode, Object, Require};

/// What a transaction asks for: an object in a mode, on its home unless said otherwise.
///
/// ```
/// use lock_core::Require;
/// use lock_sim::Want;
///
/// let want = Want::write("a/b").on(["n1", "n2", "n3"]).require(Require::Majority);
/// assert_eq!(want.to_string(), "a/b write on n1,n2,n3 require majority");
/// ```
#[derive(Clone, Debug, PartialEq, Eq)]
#[must_use = "a transaction claims it with `Cluster::lock`"]
pub struct Want {
    pub(super) object: Object,
    pub(super) mode: Mode,
    /// None: its home.
    pub(super) nodes: Vec<String>,
    pub(super) require: Require,
}

impl Want {
    /// Shared.
    ///
    /// # Panics
    /// If that is no object.
    #[track_caller]
    pub fn read(name: &str) -> Self {
        Self { object: object(name), mode: Mode::Read, nodes: Vec::new(), require: Require::All }
    }

    /// Exclusive.
    ///
    /// # Panics
    /// If that is no object.
    #[track_caller]
    pub fn write(object: &str) -> Self {
        Self { mode: Mode::Write, ..Self::read(object) }
    }

    /// On these nodes.
    pub fn on(self, nodes: impl IntoIterator<Item = impl Into<String>>) -> Self {
        Self { nodes: nodes.into_iter().map(Into::into).collect(), ..self }
    }

    /// So many of them must grant it; all, unless said otherwise.
    pub fn require(self, require: Require) -> Self {
        Self { require, ..self }
    }

    pub(super) fn is_at_home(&self) -> bool {
        self.nodes.is_empty()
    }
}

impl fmt::Display for Want {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} {}", self.object, self.mode)?;
        if !self.nodes.is_empty() {
            write!(f, " on {}", self.nodes.join(","))?;
        }
        if self.require != Require::All {
            write!(f, " require {}", self.require)?;
        }
        Ok(())
    }
}

#[track_caller]
pub(super) fn object(name: &str) -> Object {
    name.parse().unwrap_or_else(|invalid| panic!("`{name}` is no object: {invalid}"))
}
