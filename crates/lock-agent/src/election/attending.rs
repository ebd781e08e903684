//! Whoever takes part, candidate or worker: what both do alike.

use std::collections::BTreeMap;
use std::sync::Arc;

use lock_core::Token;
use tokio::sync::mpsc;
use tokio::task::JoinHandle;

use super::participant::{Participant, Role};
use super::seat::Seat;
use super::turn::Turn;

/// Somebody who takes part, until this is dropped.
pub(super) struct Attending {
    pub(super) seat: Arc<Seat>,
    pub(super) turns: mpsc::Receiver<Turn>,
    /// All that is done for it, as long as it takes part.
    pub(super) tasks: Vec<JoinHandle<()>>,
}

impl Attending {
    pub(super) async fn next(&mut self) -> Option<Turn> {
        self.turns.recv().await
    }

    pub(super) fn me(&self) -> &Participant {
        &self.seat.me
    }

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
