//! Waiting, and what becomes of a request whose caller stops waiting.

use std::pin::pin;
use std::sync::Arc;

use lock_core::{Answer, ClaimError, Object, WaitChange};
use lock_server::Stopped;

use crate::shared::{Mark, Shared};

/// Requests that nobody has had the answer of yet. Dropped early, it takes them back.
pub(crate) struct Pending<'a> {
    shared: &'a Shared,
    requests: Vec<(Object, WaitChange)>,
}

impl<'a> Pending<'a> {
    pub(crate) fn new(shared: &'a Shared) -> Self {
        Self { shared, requests: Vec::new() }
    }

    pub(crate) fn add(&mut self, object: &Object, answer: &Answer) {
        match answer {
            Answer::Granted { new: true, .. } => self.requests.push((object.clone(), WaitChange::New)),
            Answer::Granted { new: false, .. } => {}
            Answer::Waiting(change) => self.requests.push((object.clone(), *change)),
        }
    }

    /// The caller has its answer.
    pub(crate) fn received(mut self) {
        self.requests.clear();
    }
}

impl Drop for Pending<'_> {
    fn drop(&mut self) {
        if self.requests.is_empty() {
            return;
        }
        for (object, change) in self.requests.drain(..).rev() {
            self.shared.node().take_back(self.shared.tx, &object, change);
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
