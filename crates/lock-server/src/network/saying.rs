//! What a dialer says on one stream: first the handshake, then whatever its machine has to say.

use std::pin::Pin;
use std::task::{Context, Poll, ready};

use lock_core::Frame;
use tokio::sync::{OwnedMutexGuard, mpsc};
use tokio_stream::Stream;

use super::packet::Packet;

/// How many frames go into one packet.
const TOGETHER: usize = 128;

/// The packets of one stream. What is in the queue goes out without another task in between.
pub(super) struct Saying {
    /// Ends when the peer has let this node in, or the dialer gave up.
    handshake: mpsc::Receiver<Packet>,
    queue: OwnedMutexGuard<mpsc::Receiver<Frame>>,
    is_let_in: bool,
}

impl Saying {
    pub(super) fn new(handshake: mpsc::Receiver<Packet>, queue: OwnedMutexGuard<mpsc::Receiver<Frame>>) -> Self {
        Self { handshake, queue, is_let_in: false }
    }
}

impl Stream for Saying {
    type Item = Packet;

    fn poll_next(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<Option<Packet>> {
        if !self.is_let_in {
            if let Some(packet) = ready!(self.handshake.poll_recv(context)) {
                return Poll::Ready(Some(packet));
            }
            self.is_let_in = true;
            // What was to be said to nobody is old by now.
            while self.queue.try_recv().is_ok() {}
        }
        let mut frames = Vec::new();
        let count = ready!(self.queue.poll_recv_many(context, &mut frames, TOGETHER));
        Poll::Ready((count > 0).then_some(Packet::Frames(frames)))
    }
}
