//! Gordian's rules as pure machines.
#![warn(missing_docs)]
mod deadlock;
mod ids;
mod mode;
mod object;
mod require;
mod wait_graph;

pub use deadlock::{Arrow, ArrowKind, Deadlock, WayOut};
pub use wait_graph::WaitGraph;
pub use ids::{Incarnation, Millis, NodeId, Token, TxId, Version};
pub use mode::Mode;
pub use require::Require;
pub use object::{IntoObject, InvalidObject, MAX_DEPTH, MAX_OBJECT_BYTES, MAX_SEGMENT_BYTES, Object, Segment};
