//! The rules of many nodes, told as plainly as code can tell them.
//!
//! [`QuorumWorld`] is to many nodes what [`NaiveWorld`](crate::NaiveWorld) is to one: it keeps what cannot be derived, and
//! works the rest out anew each time. It also knows the neighbours of the rule ([`Rules`]), so that a search over
//! random worlds can say what each of them costs, and it can let time pass between the moment something
//! is seen and the moment somebody acts on it.
//!
//! | to learn | read |
//! |---|---|
//! | which forms of the rule there are | `rules.rs` |
//! | what is kept | `world.rs`, `claim.rs`, `objects.rs`, `sets.rs` |
//! | what each action does | `actions.rs`, `loss.rs` |
//! | what a claim needs, and where it lines up | `needs.rs` |
//! | who is ahead of whom, and who is granted | `line.rs` |
//! | who waits on whom | `picture.rs` |
//! | who can never go on | `stuck.rs`, `sinks.rs` |
//! | who gives way | `circle.rs`, `way_out.rs`, `turning.rs`, `resolution.rs` |
//! | looks that come late, and act later still | `evidence.rs`, `looks.rs` |
//! | what must be true | `promises.rs`, `fewest_victims.rs` |
mod actions;
mod circle;
mod claim;
mod evidence;
mod fewest_victims;
mod line;
mod looks;
mod loss;
mod needs;
mod objects;
mod picture;
mod promises;
mod resolution;
mod rules;
mod sets;
mod sinks;
mod stuck;
mod turning;
mod way_out;
mod world;

#[cfg(test)]
mod tests;

pub(crate) use actions::QuorumAction;
pub(crate) use looks::{Acted, Need};
pub(crate) use objects::{ObjectIndex, Objects};
pub use resolution::Took;
pub use rules::{Check, Rules, Scope, Surplus, Turning};
pub(crate) use sets::NodeSet;
pub use world::QuorumWorld;
