//! What a dialer says on one stream: first the handshake, then whatever its machine has to say, and a last word.

use std::pin::Pin;
use std::sync::Arc;
use std::task::{Context, Poll, ready};

use lock_core::{Frame, NodeId};
use tokio::sync::{OwnedMutexGuard, mpsc};
use tokio_stream::Stream;

use super::ending::{End, Ending};
use super::filling::Filling;
use super::packet::Packet;
use super::streams::{Passing, Streams};
use crate::Member;

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
        if let Poll::Ready(frames) = self.poll_frames(context) {
            return Poll::Ready(frames.map(Packet::Frames));
        }
        let end = ready!(self.end.as_mut().poll(context));
        self.stage = Stage::Over;
        Poll::Ready((end == End::Leave).then_some(Packet::Leaving))
    }
}

impl Saying {
    /// What goes into the next packet; `None` if there will be nothing any more.
    fn poll_frames(&mut self, context: &mut Context<'_>) -> Poll<Option<Vec<Frame>>> {
        let mut filling = Filling::default();
        while filling.is_empty() {
            match ready!(self.queue.poll_recv(context)) {
                Some(frame) => self.take(&mut filling, frame),
                None => return Poll::Ready(None),
            }
        }
        while !filling.is_full()
            && let Ok(frame) = self.queue.try_recv()
        {
            self.take(&mut filling, frame);
        }
        Poll::Ready(Some(filling.frames()))
    }

    fn take(&self, filling: &mut Filling, frame: Frame) {
        match filling.add(frame) {
            Ok(()) => self.way.stream.passed(1),
            Err(too_large) => {
                let (node, peer) = (self.way.member.name(), &self.way.peer);
                tracing::error!(%node, %peer, "not sent, and not to be sent: {too_large}");
            }
        }
        self.way.streams.done_with(1);
    }
}
