//! The rules of one node, told as plainly as code can tell them.
//!
//! [`NaiveWorld`] keeps only what cannot be derived: the claims, the turned pairs and some
//! counters. Who is ahead of whom, who waits on whom, who is stuck and how a deadlock is
//! resolved is worked out anew each time, from sentences. It is slow on purpose: whatever a fast engine
//! does is compared with it, step by step, on random worlds.
//!
//! | to learn | read |
//! |---|---|
//! | what is kept | `world.rs`, `claim.rs` |
//! | what each action does | `actions.rs` |
//! | what programs do besides | `taking_back.rs`, `handing_over.rs` |
//! | who is ahead of whom, and who is granted | `line.rs` |
//! | who waits on whom | `arrows.rs` |
//! | who can never go on | `stuck.rs` |
//! | who gives way | `circle.rs`, `way_out.rs`, `resolution.rs` |
//! | what must be true after each step | `promises.rs` |
//! | what it is like, for comparing | `shape.rs` |
mod actions;
mod arrows;
mod circle;
mod claim;
mod fewest_victims;
mod handing_over;
mod line;
mod promises;
mod resolution;
mod shape;
mod stuck;
mod taking_back;
mod way_out;
mod world;

#[cfg(test)]
mod tests;

pub use resolution::Resolution;
pub use world::NaiveWorld;
