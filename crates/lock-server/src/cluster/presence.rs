//! How a node stands for another one.

use lock_core::{Incarnation, Millis};

/// How a node stands, as another one sees it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Presence {
    /// Whether it is there: what it grants can be believed in.
    pub is_up: bool,
    /// Its incarnation, if it is there: another one means that it has started anew, and forgotten what it had.
    pub incarnation: Option<Incarnation>,
    /// Since when it has stood so, on the clock of the node that sees it.
    pub since: Millis,
}
