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

/// Why nothing was put in.
pub(super) enum NotPut<I, E> {
    /// Nobody takes any more; it was not even made.
    Closed(I),
    /// It was not made.
    Refused(E),
}

impl<G> Inbox<G> {
    /// With one giver.
    pub(super) fn new() -> Self {
        Self { inside: Mutex::new(Inside { gifts: VecDeque::new(), givers: 1, is_open: true }), changed: Notify::new() }
    }

    /// Makes a gift of something and puts it in, if it is open; it stays so meanwhile.
    pub(super) fn put<I, E>(&self, from: I, make: impl FnOnce(I) -> Result<G, E>) -> Result<(), NotPut<I, E>> {
        let mut inside = self.inside.lock();
        if !inside.is_open {
            return Err(NotPut::Closed(from));
        }
        inside.gifts.push_back(make(from).map_err(NotPut::Refused)?);
        drop(inside);
        self.changed.notify_one();
        Ok(())
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
