//! Which tasks were woken, and how a task is woken.

use std::collections::BTreeSet;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::task::{Context, Poll, Wake, Waker};

/// The tasks that were woken since their last turn, in the order of their numbers: in which order they were woken
/// makes no difference.
#[derive(Default)]
pub(super) struct Ready(Mutex<Woken>);

#[derive(Default)]
struct Woken {
    tasks: BTreeSet<usize>,
    /// Wants to know when there is one.
    waiting: Option<Waker>,
}

impl Ready {
    /// The waker of a task, which is ready from now on.
    pub(super) fn enter(self: &Arc<Self>, task: usize) -> Waker {
        let wakes = Arc::new(WakesTask { task, ready: self.clone() });
        wakes.wake_by_ref();
        Waker::from(wakes)
    }

    pub(super) fn tasks(&self) -> Vec<usize> {
        self.woken().tasks.iter().copied().collect()
    }

    /// Its turn comes: what wakes it from now on wakes it again.
    pub(super) fn take(&self, task: usize) {
        self.woken().tasks.remove(&task);
    }

    pub(super) fn poll_any(&self, context: &Context<'_>) -> Poll<()> {
        let mut woken = self.woken();
        if !woken.tasks.is_empty() {
            return Poll::Ready(());
        }
        woken.waiting = Some(context.waker().clone());
        Poll::Pending
    }

    fn woken(&self) -> MutexGuard<'_, Woken> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

struct WakesTask {
    task: usize,
    ready: Arc<Ready>,
}

impl Wake for WakesTask {
    fn wake(self: Arc<Self>) {
        self.wake_by_ref();
    }

    fn wake_by_ref(self: &Arc<Self>) {
        let mut woken = self.ready.woken();
        woken.tasks.insert(self.task);
        let waiting = woken.waiting.take();
        drop(woken);
        if let Some(waiting) = waiting {
            waiting.wake();
        }
    }
}
