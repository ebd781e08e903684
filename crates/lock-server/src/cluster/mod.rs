//! A node among many: the pure machine of `lock-core`, run in a process.
//!
//! | to learn | read |
//! |---|---|
//! | what a node among many does | [`Member`] |
//! | how it is told of calls, frames and time | `member` |
//! | how much may be claimed of others at once | `batch` |
//! | what carries frames to other nodes | [`Wire`] |
//! | a whole cluster in one process | [`MemoryNetwork`] |
//! | which clock it lives by | `clock` |
//! | how a test directs it, time and all | [`Direction`], `direction` |
//! | what has passed between it and a peer | [`Traffic`] |
//! | how ids stay different on all nodes | `ids` |
//! | who waits here | [`Resident`] |
//! | how the other nodes are there | [`Presence`] |
//! | what programs at nodes say to each other | `letters` |
//! | what may be asked of it from outside | [`Question`], `answering` |

mod answering;
mod batch;
mod clock;
mod direction;
mod ids;
mod letters;
mod member;
mod memory;
mod presence;
mod question;
mod resident;
mod slow;
mod ticker;
mod traffic;

pub(crate) use batch::LARGEST_BATCH;
pub use direction::{Direction, Director};
pub(crate) use ids::number_of;
pub use member::{Member, MemberView};
pub use memory::MemoryNetwork;
pub use presence::Presence;
pub use question::{
    Answer, LocksView, NodeCounters, NodeView, ObjectView, PartView, PeerView, Question, TransactionRow,
    TransactionView, TransactionsView, WaitsRow, WaitsView,
};
pub use resident::Resident;
pub use traffic::{Passed, Traffic};

use lock_core::{Frame, Millis, NodeId};

/// Carries frames to other nodes. What cannot be carried now is dropped: the machine says it again.
pub trait Wire: Send + Sync {
    /// Takes a frame on its way; never waits. Frames to one node are to arrive in order, as a rule.
    fn send(&self, to: &NodeId, frame: Frame);

    /// What has passed between this node and a peer, as far as the wire counts.
    fn traffic(&self, peer: &NodeId) -> Traffic {
        let _ = peer;
        Traffic::default()
    }

    /// Sends what was kept back until now.
    fn send_what_is_due(&self) {}

    /// Until when something is kept back.
    fn next_due(&self) -> Option<Millis> {
        None
    }
}
