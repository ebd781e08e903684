//! What a dialer says on one stream: first the handshake, then whatever its machine has to say, and a last word.

use std::pin::Pin;
use std::sync::Arc;
use std::task::{Context, Poll, ready};

use lock_core::{Frame, NodeId};
use tokio::sync::{OwnedMutexGuard, mpsc};
use tokio_stream::Stream;

use super::ending::{End, Ending};
use super::packet::Packet;
use super::streams::{Passing, Streams};
use crate::Member;

/// How many frames go into one packet.
const TOGETHER: usize = 128;

/// Whose stream it is, and to whom.
pub(super) struct Way {
    pub(super) member: Arc<Member>,
    pub(super) peer: NodeId,
    pub(super) streams: Arc<Streams>,
    pub(super) stream: Arc<Passing>,
}

/// The packets of one stream. What is in the queue goes out without another task in between.
pub(super) struct Saying {
    way: Way,
    /// Ends when the peer has let this node in, or the dialer gave up.
    handshake: mpsc::Receiver<Packet>,
    queue: OwnedMutexGuard<mpsc::Receiver<Frame>>,
    end: Pin<Box<dyn Future<Output = End> + Send>>,
    stage: Stage,
}

#[derive(Clone, Copy, PartialEq, Eq)]
enum Stage {
    Handshake,
    LetIn,
    /// The last word is said.
    Over,
}

impl Saying {
    pub(super) fn new(
        way: Way,
        handshake: mpsc::Receiver<Packet>,
        queue: OwnedMutexGuard<mpsc::Receiver<Frame>>,
        ending: &Ending,
    ) -> Self {
        let ending = ending.clone();
        let end = Box::pin(async move { ending.end().await });
        Self { way, handshake, queue, end, stage: Stage::Handshake }
    }
}

impl Stream for Saying {
    type Item = Packet;

    fn poll_next(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<Option<Packet>> {
        if self.stage == Stage::Handshake {
            if let Some(packet) = ready!(self.handshake.poll_recv(context)) {
                return Poll::Ready(Some(packet));
            }
            self.stage = Stage::LetIn;
            // What was to be said to nobody is old by now.
            while self.queue.try_recv().is_ok() {
                self.way.streams.done_with(1);
            }
            if self.way.stream.is_let_in() {
                self.way.streams.opened_to(&self.way.stream);
            }
            self.way.member.reached(&self.way.peer);
        }
        if self.stage == Stage::Over {
            return Poll::Ready(None);
        }
        let mut frames = Vec::new();
        if let Poll::Ready(count) = self.queue.poll_recv_many(context, &mut frames, TOGETHER) {
            self.way.stream.passed(count);
            self.way.streams.done_with(count);
            return Poll::Ready((count > 0).then_some(Packet::Frames(frames)));
        }
        let end = ready!(self.end.as_mut().poll(context));
        self.stage = Stage::Over;
        Poll::Ready((end == End::Leave).then_some(Packet::Leaving))
    }
}
