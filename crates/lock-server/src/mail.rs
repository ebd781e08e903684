//! Mailboxes: where programs of this process hear what is said about an object.

use std::collections::HashMap;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Weak};

use lock_core::{NodeId, Object};
use parking_lot::Mutex;
use tokio::sync::mpsc;

/// How much may wait for a slow reader.
const BUFFER: usize = 256;

/// What comes into a mailbox.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum Mail {
    /// Something was said.
    Letter {
        /// From where.
        from: NodeId,
        /// What.
        note: Arc<[u8]>,
    },
    /// A node came. What is said to it from now on arrives.
    NodeUp(NodeId),
    /// A node went. What was said to it and not answered may never have arrived.
    NodeDown(NodeId),
    /// The reader was too slow: some mail was dropped, at some time since the last one was read.
    Missed,
}

/// A mailbox. It is closed when it is dropped.
#[derive(Debug)]
pub struct Mailbox {
    mail: mpsc::Receiver<Mail>,
    about: Object,
    missed: Arc<AtomicBool>,
    all: Weak<Mailboxes>,
}

impl Mailbox {
    /// The next mail; waits for it. Up to 256 wait to be read. `None` when its node is gone.
    ///
    /// # Cancel safety
    /// Nothing is lost if the future is dropped.
    pub async fn next(&mut self) -> Option<Mail> {
        if self.missed.swap(false, Ordering::SeqCst) {
            return Some(Mail::Missed);
        }
        self.mail.recv().await
    }
}

impl Drop for Mailbox {
    fn drop(&mut self) {
        if let Some(all) = self.all.upgrade() {
            all.close(self);
        }
    }
}

/// One of them, as whoever delivers sees it.
#[derive(Debug)]
struct Slot {
    sender: mpsc::Sender<Mail>,
    missed: Arc<AtomicBool>,
}

impl Slot {
    fn take(&self, mail: Mail) {
        if let Err(mpsc::error::TrySendError::Full(_)) = self.sender.try_send(mail) {
            self.missed.store(true, Ordering::SeqCst);
        }
    }
}

/// All of a node.
#[derive(Debug, Default)]
pub(crate) struct Mailboxes {
    by_object: Mutex<HashMap<Object, Vec<Slot>>>,
}

impl Mailboxes {
    pub(crate) fn open(self: &Arc<Self>, about: &Object) -> Mailbox {
        let (sender, mail) = mpsc::channel(BUFFER);
        let missed = Arc::new(AtomicBool::new(false));
        self.by_object.lock().entry(about.clone()).or_default().push(Slot { sender, missed: missed.clone() });
        Mailbox { mail, about: about.clone(), missed, all: Arc::downgrade(self) }
    }

    fn close(&self, mailbox: &Mailbox) {
        let mut by_object = self.by_object.lock();
        if let Some(slots) = by_object.get_mut(&mailbox.about) {
            slots.retain(|slot| !Arc::ptr_eq(&slot.missed, &mailbox.missed));
            if slots.is_empty() {
                by_object.remove(&mailbox.about);
            }
        }
    }

    pub(crate) fn deliver(&self, from: &NodeId, about: &Object, note: &[u8]) {
        if let Some(slots) = self.by_object.lock().get(about) {
            let note: Arc<[u8]> = note.into();
            slots.iter().for_each(|slot| slot.take(Mail::Letter { from: from.clone(), note: note.clone() }));
        }
    }

    pub(crate) fn peer_changed(&self, peer: &NodeId, is_up: bool) {
        let mail = if is_up { Mail::NodeUp(peer.clone()) } else { Mail::NodeDown(peer.clone()) };
        let by_object = self.by_object.lock();
        by_object.values().flatten().for_each(|slot| slot.take(mail.clone()));
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test]
    async fn who_reads_too_slowly_is_told_that_some_mail_was_dropped() {
        let (all, about) = (Arc::new(Mailboxes::default()), "leader".parse::<Object>().expect("an object"));
        let mut mailbox = all.open(&about);
        let node = NodeId::new("n2");
        (0..=BUFFER).for_each(|_| all.deliver(&node, &about, b"hello"));
        assert_eq!(mailbox.next().await, Some(Mail::Missed));
        assert_eq!(mailbox.next().await, Some(Mail::Letter { from: node, note: b"hello"[..].into() }));
        drop(mailbox);
        assert!(all.by_object.lock().is_empty(), "nothing is kept");
    }
}
