//! One turn for other tasks, before a call asks: see [`Locks::yielding`](crate::Locks::yielding).

use std::pin::Pin;
use std::task::{Context, Poll};

use crate::shared::Shared;

impl Shared {
    /// Gives other tasks a turn, if the locks were made to.
    pub(crate) async fn give_way(&self) {
        if self.handle.yields {
            GiveWay { gave: false }.await;
        }
    }
}

/// Needs no runtime: it wakes itself.
struct GiveWay {
    gave: bool,
}

impl Future for GiveWay {
    type Output = ();

    fn poll(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<()> {
        if std::mem::replace(&mut self.gave, true) {
            return Poll::Ready(());
        }
        context.waker().wake_by_ref();
        Poll::Pending
    }
}
