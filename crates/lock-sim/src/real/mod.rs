//! Stories on real nodes: the members and transactions that programs use, in this process or in one process each.
//!
//! The nodes are directed (see [`lock_server::Direction`]): they live by the story's time, which goes from one moment at which
//! something is due to the next, and stands still until nothing is under way any more. So what comes of a story is exact, and
//! takes milliseconds, whatever its time-outs are.
//!
//! | to learn | read |
//! |---|---|
//! | how a story drives them | `nodes`, `faults` |
//! | how time passes, and when nothing is under way | `rest` |
//! | what is asked of a node, and what it shows | `request` |
//! | how a node does it | `host` |
//! | where they run: in this process | `ground`, `in_process` |
//! | in one process each | `processes`, `child`, `cutting` |

mod faults;
mod ground;
mod host;
mod in_process;
mod nodes;
mod request;
mod rest;
mod seen;

#[cfg(target_os = "linux")]
mod child;
#[cfg(target_os = "linux")]
mod cutting;
#[cfg(target_os = "linux")]
mod processes;
#[cfg(target_os = "linux")]
mod time_file;

#[cfg(target_os = "linux")]
pub use child::serve_node;
pub(crate) use ground::Trouble;
pub(crate) use in_process::InProcess;
pub(crate) use nodes::RealNodes;
#[cfg(target_os = "linux")]
pub(crate) use processes::{Processes, program};
