//! Where gifts lie until they are taken: closed and emptied in one step, so that no gift is forgotten in it.

use std::collections::VecDeque;

use parking_lot::Mutex;
use tokio::sync::Notify;

/// A queue with many givers and one taker. What lies in it was handed over to its owner, so it holds no more than that owner may have claims.
pub(super) struct Inbox<G> {
    inside: Mutex<Inside<G>>,
    changed: Notify,
}

struct Inside<G> {
    gifts: VecDeque<G>,
    givers: usize,
    is_open: bool,
}

/// Nobody takes any more.
pub(super) struct Closed;

impl<G> Inbox<G> {
    /// With one giver.
    pub(super) fn new() -> Self {
        Self { inside: Mutex::new(Inside { gifts: VecDeque::new(), givers: 1, is_open: true }), changed: Notify::new() }
    }

    /// Puts in what `make` gives, if it is open; it stays so meanwhile.
    pub(super) fn put<E>(&self, make: impl FnOnce() -> Result<G, E>) -> Result<Result<(), E>, Closed> {
        let mut inside = self.inside.lock();
        if !inside.is_open {
            return Err(Closed);
        }
        let made = make().map(|gift| inside.gifts.push_back(gift));
        drop(inside);
        self.changed.notify_one();
        Ok(made)
    }

    pub(super) fn try_take(&self) -> Option<G> {
        self.inside.lock().gifts.pop_front()
    }

    /// The next one; nothing when there is no giver left.
    pub(super) async fn take(&self) -> Option<G> {
        loop {
            {
                let mut inside = self.inside.lock();
                if let Some(gift) = inside.gifts.pop_front() {
                    return Some(gift);
                }
                if inside.givers == 0 {
                    return None;
                }
            }
            // What changes now leaves a permit: there is one taker only.
            self.changed.notified().await;
        }
    }

    /// Nothing is put in any more; gives what is left.
    pub(super) fn close(&self) -> VecDeque<G> {
        let mut inside = self.inside.lock();
        inside.is_open = false;
        std::mem::take(&mut inside.gifts)
    }

    pub(super) fn one_giver_more(&self) {
        self.inside.lock().givers += 1;
    }

    pub(super) fn one_giver_less(&self) {
        self.inside.lock().givers -= 1;
        self.changed.notify_one();
    }
}
