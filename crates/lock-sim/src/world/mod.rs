//! A cluster in virtual time: nodes, links, faults and clocks, all from one seed.
//!
//! [`World`] runs the machines of `lock-core` that a real node runs, `LockTable` and `NodeMachine`, and nothing
//! else: what is real about a cluster besides (processes, links, clocks) is simulated, and can fail in
//! every way in which it fails really. The same seed and the same calls give the same trace, byte for byte.
//!
//! | to learn | read |
//! |---|---|
//! | how it is driven, what happens in which order | `world` |
//! | what links do | `network` |
//! | what nodes and clocks do | `process`, `clock` |
//! | how scenarios drive it | `engine` |
//! | what is really so, whatever the machines believe | `truth` |
//! | what checkers see after every event | `watching`, `observed`, `view`, `watched` |
//! | what tells one state from another | `mark` |
//! | how everything comes right at the end | `closing` |

mod clock;
mod closing;
mod engine;
mod mark;
mod network;
mod observed;
pub(crate) mod process;
mod trace;
mod truth;
mod view;
mod watched;
mod watching;
#[allow(clippy::module_inception)]
mod world;

pub use engine::Deed;
pub use network::Weather;
pub use observed::{Act, Event, Observed};
pub use truth::Truth;
pub use view::{Grant, Met, NodeView, Waits};
pub use world::{Due, World, WorldOptions};
