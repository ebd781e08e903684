//! Many nodes: what one of them does with calls, with frames of its peers, and with time.
//!
//! One [`NodeMachine`] is one node. It is pure: a simulator drives it in virtual time, and a server over real links.
//!
//! | to learn | read |
//! |---|---|
//! | how the machine is driven | `node` |
//! | what nodes say to each other, and how it comes once and in order | `message`, `frame`, `link` |
//! | how long a grant may be believed in, and when it is freed | `link`, `timing` |
//! | what a caller may ask | `calls` |
//! | how a claim is spread over nodes, and when it is met | `agent` |
//! | what its fencing token is, if many nodes grant | `fencing` |
//! | what a node does for transactions that live elsewhere | `serving`, `tables` |
//! | when a claim asks its nodes one after another | `crowded` |
//! | what becomes of its answers | `standing` |
//! | what it means that nodes come, go, and come back empty | `members` |
//! | what time has in store for transactions | `due` |
//! | who looks for deadlocks across nodes, and when | `lookers` |
//! | how they are found | `look`, `looking`, `confirming` |
//! | what is told of waits, and what is known then | `reading`, `rows`, `known` |
//! | who acts on them | `verdict` |
//! | since when a transaction has what it has | `tenure` |
//! | what programs at nodes say to each other | `letters` |
//! | what can be seen of it all from outside | `kept`, `counters` |
//! | what comes too late for anything | `vain` |
//! | what tells one state from another | `shape`, `shape_of_node`, `shape_of_message` |

mod agent;
mod asked;
mod calls;
mod confirming;
mod counters;
mod crowded;
mod due;
mod fencing;
mod frame;
mod kept;
mod known;
mod letters;
mod link;
mod look;
mod lookers;
mod looking;
mod members;
mod message;
mod node;
mod reading;
mod rows;
mod serving;
mod shape;
mod shape_of_message;
mod shape_of_node;
mod standing;
mod tables;
mod tenure;
mod timing;
mod vain;
mod verdict;

pub use calls::Call;
pub use counters::{Counters, Durations};
pub use frame::{Between, Frame, Hello, Life, PROTOCOL, Unwelcome};
pub use kept::{Belief, Kept};
pub(crate) use known::Known;
pub use letters::{LetterKind, PostError};
pub use message::{Evidence, FarStep, Held, Message, Reach, Request};
pub use node::{CallError, NodeConfig, NodeMachine, Output};
pub use rows::{HomeRow, Rows, UnmetRow, WaitRow};
pub use shape::{Series, ShapeWriter};
pub(crate) use shape_of_message::write_waits;
pub use tables::Tables;
pub use tenure::Tenure;
pub use timing::Timing;
