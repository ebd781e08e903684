//! Gordian: a deadlock-resolving lock manager.
pub use lock_agent::*;
