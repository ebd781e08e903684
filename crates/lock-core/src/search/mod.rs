//! The deadlock search: who is stuck, and what is the way out.
//!
//! | to learn | read |
//! |---|---|
//! | what is known of the waits | `picture` |
//! | how that is read from tables | `reach` |
//! | who can never go on | `stuck` |
//! | what parts of them are stuck by themselves | `sinks` |
//! | which circle everybody names | `circle` |
//! | who gives way, and how | `way_out` |
//! | how it is carried out | `resolve` |
//! | the same, gathered from many nodes | `sight`, `named` |
//!
//! Source of the fixed point: the reduction of general resource graphs (R. C. Holt, *Some
//! Deadlock Properties of Computer Systems*, 1972), with `m` out of `n` requests.

mod circle;
mod named;
mod picture;
mod reach;
mod resolve;
mod sight;
mod sinks;
mod stuck;
mod way_out;

pub(crate) use sight::Sight;

pub use resolve::{Resolution, check_nobody_is_stuck, look, wait_graph};
