//! A Gordian node: sharded lock tables in shared memory, and an actor in charge of them.
//!
//! What is uncontended never meets the actor: transactions of the same process call the shard of an
//! object in place. The actor does what no caller is there for: time, recovery and status.
//! Programs use [`lock-agent`](https://docs.rs/lock-agent), not this crate.
//!
//! | to learn | read |
//! |---|---|
//! | what a node is, and what it does in place | [`Node`] |
//! | how a transaction looks to its node | [`Party`] |
//! | how one table is kept safe | `shard` |
//! | what the actor does | `server` |
//! | what happens after a panic | `recovery`, `supervisor` |
//! | what programs at nodes say to each other | [`Mailbox`] |
//! | what watchers are told | [`Watching`] |
//! | what a node among many is, and how it runs | [`Member`], [`ClusterBuilder`] |
//! | what may be asked of it from outside | [`ask`], [`Question`] |

mod cluster;
mod deadlines;
mod deadlock_log;
mod handing_over;
mod mail;
mod network;
mod node;
mod operations;
mod parties;
mod recovery;
mod runtime;
mod server;
mod shard;
mod statistics;
mod supervisor;
mod watching;

pub use cluster::{
    Answer, Direction, Director, LocksView, Member, MemberView, MemoryNetwork, NodeCounters, NodeView, ObjectView,
    PartView, Passed, PeerView, Presence, Question, Resident, Traffic, TransactionRow, TransactionView,
    TransactionsView, WaitsRow, WaitsView, Wire,
};
pub use handing_over::HandOverError;
pub use mail::{Mail, Mailbox};
pub use network::{
    AskError, ClusterBuilder, ClusterNode, Connections, Credentials, Secret, StartError, Tls, TlsError, Whom, ask,
};
pub use node::{Node, NodeConfig};
pub use operations::{RequestError, Stopped};
pub use parties::Party;
pub use runtime::spawn;
pub use server::{NodeStatus, ServerMessage};
pub use statistics::Statistics;
pub use watching::{WatchEnded, Watching};

/// The examples of the README are compiled and run with the tests.
#[cfg(doctest)]
#[doc = include_str!("../README.md")]
struct Readme;
