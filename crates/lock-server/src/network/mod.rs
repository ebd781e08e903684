//! Nodes of a cluster over a network: each dials each other one, and says over that stream what it has to say.
//!
//! | to learn | read |
//! |---|---|
//! | how a node is started | [`ClusterBuilder`] |
//! | what it listens to and what keeps strangers out | `door`, `accept`, `handshake`, `secret` |
//! | how it reaches its peers, and how it ends | `dial`, `ending` |
//! | what may be asked of it while it runs | `admin` |
//! | what goes over a stream, and how it is written | `packet`, `saying`, `codec` |
//! | how the death of a process on the same machine is known | `place` |

mod accept;
mod admin;
mod builder;
mod codec;
mod dial;
mod door;
mod ending;
mod handshake;
mod packet;
mod place;
mod saying;
mod secret;
mod streams;
mod wire;

pub use admin::{AskError, ask};
pub use builder::{ClusterBuilder, ClusterNode, StartError};
pub use secret::Secret;
