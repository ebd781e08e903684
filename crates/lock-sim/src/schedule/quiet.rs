//! The moment at which everything but the tasks of the schedule has run as far as it can.

use std::future::poll_fn;
use std::sync::{Arc, Mutex, PoisonError};
use std::task::{Poll, Waker};

use tokio::runtime::{Builder, Runtime};

/// Waits until the runtime has nothing left to run; no time passes meanwhile.
#[derive(Default)]
pub(super) struct Quiet(Mutex<Option<Waker>>);

impl Quiet {
    /// A runtime of one thread in virtual time, and how to wait until it is quiet.
    pub(super) fn runtime() -> (Runtime, Arc<Self>) {
        let quiet = Arc::new(Self::default());
        let parked = quiet.clone();
        let mut builder = Builder::new_current_thread();
        builder.enable_time().start_paused(true).on_thread_park(move || parked.is_quiet());
        (builder.build().expect("a timer needs no device"), quiet)
    }

    /// The thread is about to sleep: nobody is left to run. Who is woken here goes on before the clock does.
    fn is_quiet(&self) {
        if let Some(waker) = self.slot().take() {
            waker.wake();
        }
    }

    pub(super) async fn wait(&self) {
        let mut asked = false;
        poll_fn(|context| {
            let mut slot = self.slot();
            if std::mem::replace(&mut asked, true) && slot.is_none() {
                return Poll::Ready(());
            }
            *slot = Some(context.waker().clone());
            Poll::Pending
        })
        .await;
    }

    fn slot(&self) -> std::sync::MutexGuard<'_, Option<Waker>> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}
