//! The streams between a node and a peer, and how many frames have passed on them.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};

use parking_lot::Mutex;

use super::packet::Packet;
use crate::Passed;

/// One stream, as one of its ends counts.
#[derive(Debug)]
pub(super) struct Passing {
    name: u64,
    frames: AtomicU64,
    is_let_in: AtomicBool,
}

/// The present streams to a peer and from it.
#[derive(Debug, Default)]
pub(super) struct Streams {
    to: Mutex<Option<Arc<Passing>>>,
    from: Mutex<Option<Arc<Passing>>>,
    /// How many frames were said, on whatever stream, or lost before they could be.
    done: AtomicU64,
}

impl Passing {
    /// A stream is named after the knock that it begins with, which both ends know.
    pub(super) fn begun_with(knock: &Packet) -> Arc<Self> {
        let name = match knock {
            Packet::Knock { nonce, .. } => nonce.iter().take(8).fold(0, |name, byte| (name << 8) | u64::from(*byte)),
            _ => 0,
        };
        Arc::new(Self { name, frames: AtomicU64::new(0), is_let_in: AtomicBool::new(false) })
    }

    /// The peer has let this node in: what is said from now on goes out.
    pub(super) fn let_in(&self) {
        self.is_let_in.store(true, Ordering::SeqCst);
    }

    pub(super) fn is_let_in(&self) -> bool {
        self.is_let_in.load(Ordering::SeqCst)
    }

    /// So many more frames have passed.
    pub(super) fn passed(&self, frames: usize) {
        self.frames.fetch_add(frames as u64, Ordering::SeqCst);
    }

    fn so_far(&self) -> Passed {
        Passed { stream: self.name, frames: self.frames.load(Ordering::SeqCst) }
    }
}

impl Streams {
    /// The peer has let this node in, and what was too old to be said is gone.
    pub(super) fn opened_to(&self, stream: &Arc<Passing>) {
        *self.to.lock() = Some(stream.clone());
    }

    /// The peer was let in.
    pub(super) fn opened_from(&self, stream: &Arc<Passing>) {
        *self.from.lock() = Some(stream.clone());
    }

    /// So many more frames were said, or are lost.
    pub(super) fn done_with(&self, frames: usize) {
        self.done.fetch_add(frames as u64, Ordering::SeqCst);
    }

    pub(super) fn done(&self) -> u64 {
        self.done.load(Ordering::SeqCst)
    }

    /// A stream has ended, one way or the other.
    pub(super) fn ended(&self, stream: &Arc<Passing>) {
        for end in [&self.to, &self.from] {
            end.lock().take_if(|present| Arc::ptr_eq(present, stream));
        }
    }

    pub(super) fn said(&self) -> Option<Passed> {
        self.to.lock().as_ref().map(|stream| stream.so_far())
    }

    pub(super) fn heard(&self) -> Option<Passed> {
        self.from.lock().as_ref().map(|stream| stream.so_far())
    }
}
