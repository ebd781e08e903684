//! A worker: it follows, and is not to be elected.

use std::collections::BTreeMap;
use std::sync::Arc;

use lock_core::Token;
use tokio::sync::mpsc;
use tokio::task::JoinHandle;

use super::participant::{Participant, Role};
use super::seat::Seat;
use super::turn::Turn;

/// A worker: it is told who leads and what the leader says, and cannot be elected. When it is dropped, it takes part no more.
#[derive(Debug)]
pub struct Following {
    pub(super) attending: Attending,
}

impl Following {
    /// The next thing that it is told. It never ends by itself; `Some`, to be read like a stream.
    ///
    /// # Cancel safety
    /// Nothing is lost if the future is dropped.
    pub async fn next(&mut self) -> Option<Turn> {
        self.attending.turns.recv().await
    }

    /// Its name among those who take part.
    pub fn me(&self) -> &Participant {
        &self.attending.seat.me
    }

    /// Who leads, as far as it knows, and in which term.
    pub fn leader(&self) -> Option<(Participant, Token)> {
        self.attending.leader()
    }

    /// Who else takes part, as far as it knows.
    pub fn others(&self) -> BTreeMap<Participant, Role> {
        self.attending.others()
    }
}

/// What candidates and workers have in common.
pub(super) struct Attending {
    pub(super) seat: Arc<Seat>,
    pub(super) turns: mpsc::Receiver<Turn>,
    /// All that is done for it, as long as it takes part.
    pub(super) tasks: Vec<JoinHandle<()>>,
}

impl Attending {
    pub(super) fn leader(&self) -> Option<(Participant, Token)> {
        if let Some(term) = self.seat.term() {
            return Some((self.seat.me.clone(), term));
        }
        self.seat.state().assembly.leader().map(|(term, who)| (who.clone(), *term))
    }

    pub(super) fn others(&self) -> BTreeMap<Participant, Role> {
        self.seat.state().assembly.others().clone()
    }
}

impl Drop for Attending {
    fn drop(&mut self) {
        self.seat.leave();
        self.tasks.iter().for_each(JoinHandle::abort);
    }
}

impl std::fmt::Debug for Attending {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Attending").field("me", &self.seat.me).field("role", &self.seat.role).finish_non_exhaustive()
    }
}
