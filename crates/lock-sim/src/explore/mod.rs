//! All lives of a small world, not only random ones.
//!
//! | to learn | read |
//! |---|---|
//! | what can be explored | `explorable` |
//! | how every state is reached once | `explorer` |
//! | how a broken promise is told in few steps | `counterexample` |
//! | what the states of one node are | `one_node`, `calls` |
//! | what the states of many nodes are, and which orders need not be tried | `many_nodes` |
//! | which worlds of many nodes there are | `cluster_worlds` |
//! | which worlds of one node there are | `worlds` |

mod calls;
mod cluster_worlds;
mod counterexample;
mod explorable;
mod explorer;
mod many_nodes;
mod one_node;
mod worlds;

pub use calls::{CallKind, Calls};
pub use cluster_worlds::{SmallCluster, many_node_worlds};
pub use counterexample::Counterexample;
pub use explorable::Explorable;
pub use explorer::{Exploration, Explored, explore};
pub use many_nodes::{Faults, Happening, Life, ManyNodes};
pub use one_node::OneNode;
pub use worlds::{SmallWorld, one_node_worlds};
