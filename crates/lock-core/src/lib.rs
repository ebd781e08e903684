//! Gordian's rules as pure machines.
//!
//! A call goes in, an answer and facts come out: no clock, no randomness, no tasks, no sockets, no logging. Time comes
//! in as an argument. `lock-server` and `lock-agent` drive these machines for programs; a simulator drives the same ones in
//! virtual time. It is not a lock manager by itself: nothing here waits.
//!
//! | to learn | read |
//! |---|---|
//! | what is locked, and how | [`Object`], [`Mode`] |
//! | who is who | [`TxId`], [`NodeId`], [`Incarnation`], [`Token`], [`Version`] |
//! | who gets an object, and when | [`LockTable`] |
//! | what a call meant for others | [`Fact`] |
//! | what a unit of work asked for, and how it stands | [`TransactionMachine`], [`Status`] |
//! | what a deadlock is, and how it ends | [`look`], [`Deadlock`], [`WayOut`] |
//! | one node among many: links, claims on many nodes, deadlocks across them | [`NodeMachine`] |
//! | who waits on whom, drawn | [`WaitGraph`] |
//! | what must never happen | [`Violation`] |

mod cluster;
mod deadlock;
mod fact;
mod ids;
mod into_object;
mod mode;
#[cfg(feature = "mutants")]
pub mod mutant;
#[cfg(not(feature = "mutants"))]
mod mutant;
mod object;
mod require;
mod search;
mod table;
mod tokens;
mod transaction;
mod violation;
mod wait_graph;

pub use cluster::{
    Belief, Between, Call, CallError, Counters, Durations, Evidence, FarStep, Frame, Held, Hello, HomeRow, Kept,
    LetterKind, Life, Message, NodeConfig, NodeMachine, Output, PROTOCOL, PostError, Reach, Request, Rows, Series,
    ShapeWriter, Tables, Tenure, Timing, UnmetRow, Unwelcome, WaitRow,
};
pub use deadlock::{Arrow, ArrowKind, Deadlock, WayOut};
pub use fact::Fact;
pub use ids::{Incarnation, Millis, NodeId, Token, TxId, Version};
pub use into_object::{IntoObject, Segment};
pub use mode::Mode;
pub use object::{InvalidObject, MAX_DEPTH, MAX_OBJECT_BYTES, MAX_SEGMENT_BYTES, Object, hash_of_first_segment};
pub use require::Require;
pub use search::{Resolution, check_nobody_is_stuck, look, wait_graph};
pub use table::{
    Answer, Ask, BlockView, Change, ClaimChange, ClaimShape, ClaimView, HolderView, InTheWay, LockTable, NotHandedOver,
    NotHeld, Refused, Scope, Standing, Surrendered, TableShape, TxProfile, WaitName, WaitView, WaiterView, WatchId,
    request_all,
};
pub use tokens::Tokens;
pub use transaction::{Claim, ClaimError, LostClaim, Over, Status, TransactionMachine, TransactionOptions, join};
pub use violation::Violation;
pub use wait_graph::WaitGraph;

/// The examples of the README are compiled and run with the tests.
#[cfg(doctest)]
#[doc = include_str!("../README.md")]
struct Readme;
