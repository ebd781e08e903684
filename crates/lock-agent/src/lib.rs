//! Gordian transactions: lock objects in any order, and get them all in the end.
//!
//! ```
//! use lock_agent::{Locks, Mode};
//!
//! # #[tokio::main(flavor = "current_thread")]
//! # async fn main() -> Result<(), Box<dyn std::error::Error>> {
//! let locks = Locks::local();
//! let tx = locks.begin().await;
//! let alice = tx.lock("accounts/alice", Mode::Write).await?;
//! let bob = tx.lock("accounts/bob", Mode::Read).await?;
//! assert!(alice.is_held() && bob.is_held());
//! tx.end(); // or drop it: both locks are released at once
//! assert!(!alice.is_held());
//! # Ok(())
//! # }
//! ```
//!
//! | to learn | read |
//! |---|---|
//! | where locks come from | [`Locks`] |
//! | how a transaction begins, and with which options | [`Begin`] |
//! | what a transaction can do | [`Transaction`] |
//! | what one holds in hand | [`Guard`] |
//! | how to be retried after a deadlock | [`Locks::run`] |
//! | how to follow what happens | [`Events`], [`Watching`] |
//! | how to lock keys: any value, or paths | [`KeyedMutex`] |
//! | how to lock chunks and slices of arrays | [`ArrayLocks`], [`Grid`] |
//! | how to elect a leader | [`Election`] |
//! | how threads without async do it | [`Transaction::blocking_lock`] and its like |

mod agent;
mod arrays;
mod begin;
mod claiming;
mod election;
mod errors;
mod events;
mod far;
mod give_way;
mod guard;
mod here;
mod holdings;
mod interests;
mod keyed;
mod locks;
mod placement;
mod run;
mod shared;
mod slow_reader;
mod transaction;
mod waiting;

pub use arrays::{
    ArrayLockError, ArrayLocks, ArrayReleaseError, ArrayTimeoutError, ArrayTryError, ChunkGuard, ChunkIndexError, Grid,
    GridError, MAX_REGION_CHUNKS, Part, RegionError, RegionGuard,
};
pub use begin::Begin;
pub use claiming::{Claiming, IntoClaim, claim};
pub use election::{Answers, Asked, Candidacy, Election, Following, Leading, Merge, Participant, Role, SayError, Turn};
pub use errors::{HandOverError, ReleaseError, TimeoutError, TryError};
pub use events::{Event, Events};
pub use guard::Guard;
pub use keyed::{
    AlreadyOwned, Gift, Gifts, Heir, KeyError, KeyGuard, KeyLockError, KeyReleaseError, KeyTimeoutError, KeyTryError,
    KeyedMutex, LockAllError, NameError, Names, NotGiven, Owner, TryAllError, WhyNot,
};
pub use lock_core::{
    Arrow, ArrowKind, Change, Claim, ClaimError, ClaimView, Counters, Deadlock, Durations, HolderView, InTheWay,
    Incarnation, IntoObject, InvalidObject, Millis, Mode, NodeId, NotHandedOver, NotHeld, Object, Over, Refused,
    Require, Scope, Status, Timing, Token, TxId, Version, WaitGraph, WaiterView, WayOut, object,
};
pub use lock_server::{
    ClusterBuilder, ClusterNode, Connections, Credentials, Member, MemberView, MemoryNetwork, Node, NodeConfig,
    NodeStatus, Presence, Secret, StartError, Statistics, Tls, TlsError, WatchEnded, Watching,
};
pub use locks::{LockInfo, Locks};
pub use placement::Placement;
pub use transaction::{Flag, HaveAll, Transaction, TransactionInfo};

/// The examples of the README are compiled and run with the tests.
#[cfg(doctest)]
#[doc = include_str!("../README.md")]
struct Readme;
