//! A question of a leader, and the answers that came.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use lock_core::NodeId;
use tokio::sync::Notify;

use super::participant::Participant;

/// What the candidates said.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Answers {
    /// Who answered, and what.
    pub answers: BTreeMap<Participant, Vec<u8>>,
    /// Who was asked and did not answer: in time, at all, or because it is gone.
    pub silent: BTreeSet<Participant>,
}

/// A question that is not answered by all yet.
pub(super) struct Asking {
    waits_for: BTreeSet<Participant>,
    so_far: Answers,
    changed: Arc<Notify>,
}

impl Asking {
    pub(super) fn of(asked: impl IntoIterator<Item = Participant>) -> Self {
        let waits_for = asked.into_iter().collect();
        Self { waits_for, so_far: Answers::default(), changed: Arc::default() }
    }

    pub(super) fn changed(&self) -> Arc<Notify> {
        self.changed.clone()
    }

    pub(super) fn is_over(&self) -> bool {
        self.waits_for.is_empty()
    }

    /// What came; whoever is still waited for is silent.
    pub(super) fn answers(mut self) -> Answers {
        self.so_far.silent.append(&mut self.waits_for);
        self.so_far
    }

    /// Nothing, if it will not answer.
    pub(super) fn answered(&mut self, who: Participant, body: Option<Vec<u8>>) {
        let was_waited_for = self.waits_for.remove(&who);
        match body {
            Some(body) => drop(self.so_far.answers.insert(who, body)),
            None if was_waited_for => drop(self.so_far.silent.insert(who)),
            None => {}
        }
        self.look();
    }

    pub(super) fn gone(&mut self, who: &Participant) {
        if self.waits_for.remove(who) {
            self.so_far.silent.insert(who.clone());
            self.look();
        }
    }

    pub(super) fn node_down(&mut self, node: &NodeId) {
        let (gone, waits_for) = std::mem::take(&mut self.waits_for).into_iter().partition(|who| who.node == *node);
        self.waits_for = waits_for;
        let mut gone: BTreeSet<Participant> = gone;
        self.so_far.silent.append(&mut gone);
        self.look();
    }

    /// Nobody is waited for any more.
    pub(super) fn give_up(&mut self) {
        self.so_far.silent.append(&mut self.waits_for);
        self.look();
    }

    fn look(&self) {
        if self.is_over() {
            self.changed.notify_one();
        }
    }
}
