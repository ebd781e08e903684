//! Waiting, and what becomes of a request whose caller stops waiting.

use std::pin::pin;
use std::sync::Arc;

use lock_core::{Answer, ClaimError, Object};
use lock_server::Stopped;

use crate::shared::{Mark, Shared};

/// Requests that nobody has had the answer of yet. Dropped early, it takes them back, unless another call of the
/// transaction waits for the same object or has it: then that one inherits the claim.
pub(crate) struct Pending<'a> {
    shared: &'a Shared,
    objects: Vec<Object>,
}

impl<'a> Pending<'a> {
    pub(crate) fn new(shared: &'a Shared) -> Self {
        Self { shared, objects: Vec::new() }
    }

    pub(crate) fn add(&mut self, object: &Object, answer: &Answer) {
        let (Answer::Granted { change, .. } | Answer::Waiting(change)) = *answer;
        if self.shared.interests.enter(object, change, matches!(answer, Answer::Granted { .. })) {
            self.objects.push(object.clone());
        }
    }

    /// The caller has its answer.
    pub(crate) fn received(mut self) {
        for object in std::mem::take(&mut self.objects) {
            self.shared.interests.keep(&object);
            self.shared.interests.leave(&object);
        }
    }
}

impl Drop for Pending<'_> {
    fn drop(&mut self) {
        if self.objects.is_empty() {
            return;
        }
        for object in std::mem::take(&mut self.objects).into_iter().rev() {
            // The next try of a `run` may have the same id.
            if let Some(change) = self.shared.interests.leave(&object).filter(|_| !self.shared.is_marked(Mark::Over)) {
                self.shared.node().take_back(self.shared.tx, &object, change);
            }
        }
        // Other calls wait for this claim too: `lock` waits for all that was claimed before.
        self.shared.look_again();
    }
}

impl Shared {
    /// Waits until nothing that the transaction asked for waits any more.
    pub(crate) async fn wait_for_all(self: &Arc<Self>) -> Result<(), ClaimError> {
        loop {
            let mut changed = pin!(self.changed.notified());
            changed.as_mut().enable();
            if !self.is_plain() {
                self.catch_up()?;
            }
            let incarnation = self.incarnation();
            match self.settle() {
                // Unless another call is about to claim again what a failure took.
                Ok(true) if self.incarnation() == incarnation => return self.came_in_time(),
                Ok(true) => {}
                Ok(false) => changed.await,
                Err(Stopped) => self.catch_up()?,
            }
        }
    }

    /// Nothing waits any more; was it granted, or withdrawn because time was over?
    fn came_in_time(&self) -> Result<(), ClaimError> {
        if self.is_marked(Mark::Late) {
            let now = self.node().now();
            self.machine(|machine| machine.may_wait(now))?;
        }
        Ok(())
    }
}
