//! Gordian's rules as pure machines.
mod deadlock;
mod fact;
mod ids;
mod mode;
mod object;
mod require;
mod search;
mod table;
mod tokens;
mod transaction;
mod violation;
mod wait_graph;

pub use deadlock::{Arrow, ArrowKind, Deadlock, WayOut};
pub use fact::Fact;
pub use ids::{Incarnation, Millis, NodeId, Token, TxId, Version};
pub use mode::Mode;
pub use object::{IntoObject, InvalidObject, MAX_DEPTH, MAX_OBJECT_BYTES, MAX_SEGMENT_BYTES, Object, Segment, hash_of_first_segment};
pub use require::Require;
pub use search::{Resolution, look, wait_graph};
pub use table::{
    Answer, Ask, Change, ClaimView, HolderView, InTheWay, LockTable, NotHeld, Refused, Scope, Surrendered, TxProfile, WaitChange, WaiterView,
    WatchId, request_all,
};
pub use tokens::Tokens;
pub use transaction::{Claim, ClaimError, LostClaim, Over, Status, TransactionMachine, TransactionOptions, join};
pub use violation::Violation;
pub use wait_graph::WaitGraph;
