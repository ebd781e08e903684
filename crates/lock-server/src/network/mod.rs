//! Nodes of a cluster over a network: each dials each other one, and says over that stream what it has to say.
//!
//! | to learn | read |
//! |---|---|
//! | how a node is started, and what may be wrong with that | [`ClusterBuilder`], `checks` |
//! | what it listens to and what keeps strangers out | `lobby`, `door`, `accept`, `caller`, `refusal`, `handshake`, `secret`, `tls` |
//! | how it reaches its peers, and how it ends | `dial`, `ending` |
//! | what may be asked of it while it runs | `admin` |
//! | what goes over a stream, and how it is written | `packet`, `filling`, `saying`, `codec` |
//! | how the death of a process on the same machine is known | `place` |

mod accept;
mod admin;
mod builder;
mod caller;
mod checks;
mod codec;
mod complaints;
mod credentials;
mod dial;
mod door;
mod ending;
mod filling;
mod handshake;
mod lobby;
mod packet;
mod place;
mod refusal;
mod running;
mod saying;
mod secret;
mod streams;
mod tls;
mod wire;

pub use admin::{AskError, Whom, ask};
pub use builder::{ClusterBuilder, StartError};
pub use credentials::Credentials;
pub use lobby::Connections;
pub use running::ClusterNode;
pub use secret::Secret;
pub use tls::{Tls, TlsError};
