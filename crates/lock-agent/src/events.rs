//! Everything that happens to a transaction, as a stream.

use std::sync::{Arc, Weak};

use lock_core::{Deadlock, Incarnation, Mode, NodeId, Object, Status, Token};
use tokio::sync::mpsc;

use crate::far::Far;
use crate::shared::Shared;

/// How many events may wait for a slow reader; what comes beyond is dropped and counted.
pub(crate) const BUFFER: usize = 1024;

/// Something that happened to a transaction.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum Event {
    /// Something that it waited for was granted. Reading this tells the caller of the grant.
    Granted {
        /// What.
        object: Object,
        /// In which mode.
        mode: Mode,
        /// The grant's token.
        token: Token,
    },
    /// It was part of a deadlock, which is resolved.
    Deadlock(Arc<Deadlock>),
    /// It lost something: the node failed, or the lease is over.
    Lost {
        /// What.
        object: Object,
    },
    /// Its status has changed.
    Status(Status),
    /// A node failed (with `monitor_nodes`).
    NodeDown {
        /// Which.
        node: NodeId,
    },
    /// A node serves again (with `monitor_nodes`).
    NodeUp {
        /// Which.
        node: NodeId,
        /// Its new life.
        incarnation: Incarnation,
    },
    /// The reader was too slow, and so many events were dropped.
    Missed(u64),
}

/// The events of a transaction, in order. Ends when the transaction is over.
///
/// Up to 1024 events wait for a slow reader; what comes beyond is dropped, and [`Event::Missed`] says how many they
/// were. A transaction whose handle is dropped before its agent came to run may end the stream without its last events.
pub struct Events {
    pub(crate) events: mpsc::Receiver<Event>,
    pub(crate) hears: Hears,
}

impl Events {
    /// The next event, without the caller being told of anything by it.
    pub(crate) async fn unread(&mut self) -> Option<Event> {
        self.events.recv().await
    }

    /// The next event; waits for it. `None` when the transaction is over and all that was kept is read.
    ///
    /// To read of a grant is to be told of it: from then on it counts as known to the caller.
    ///
    /// # Cancel safety
    /// Nothing is lost if the future is dropped.
    pub async fn next(&mut self) -> Option<Event> {
        let event = self.events.recv().await?;
        if let Event::Granted { object, .. } = &event {
            self.hears.told_of(object);
        }
        Some(event)
    }
}

/// Whose caller is told by reading them.
pub(crate) enum Hears {
    Here(Weak<Shared>),
    Far(Weak<Far>),
}

impl Hears {
    fn told_of(&self, object: &Object) {
        match self {
            Self::Here(shared) => {
                if let Some(shared) = shared.upgrade() {
                    shared.node().tell_one(shared.tx, object);
                }
            }
            Self::Far(far) => {
                if let Some(far) = far.upgrade() {
                    far.saw();
                }
            }
        }
    }
}

impl std::fmt::Debug for Events {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Events").finish_non_exhaustive()
    }
}
