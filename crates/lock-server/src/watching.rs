//! Watchers: a bounded stream of changes each.

use std::collections::{BTreeSet, HashMap};
use std::sync::{Arc, Weak};

use lock_core::{Change, Object, Scope, Version, WatchId};
use parking_lot::Mutex;
use thiserror::Error;
use tokio::sync::mpsc;

use crate::{Member, Node};

/// How many changes may wait for a slow watcher before its watch ends.
const BUFFER: usize = 1024;

/// A watch of an object or a subtree: it holds nothing, and ends when it is dropped.
///
/// Each change of holders or waiters gives one event, in the order of the table's versions.
#[derive(Debug)]
pub struct Watching {
    watched: Watched,
    id: WatchId,
    object: Object,
    changes: mpsc::Receiver<Change>,
}

/// No more changes will come.
#[derive(Clone, Debug, PartialEq, Eq, Error)]
#[error("the watch of {object} has ended: it was {BUFFER} changes behind, or its node is gone")]
pub struct WatchEnded {
    /// What was watched.
    pub object: Object,
}

/// What is watched.
#[derive(Debug)]
enum Watched {
    Node(Weak<Node>),
    Member(Weak<Member>),
}

impl Watching {
    pub(crate) fn on_member(
        member: Weak<Member>,
        id: WatchId,
        object: Object,
        changes: mpsc::Receiver<Change>,
    ) -> Self {
        Self { watched: Watched::Member(member), id, object, changes }
    }

    /// The next change; waits for it.
    ///
    /// # Cancel safety
    /// Nothing is lost if the future is dropped.
    ///
    /// # Errors
    /// [`WatchEnded`], once the changes that still wait are read, if the watcher was too slow or the node is gone.
    pub async fn next(&mut self) -> Result<Change, WatchEnded> {
        self.changes.recv().await.ok_or_else(|| WatchEnded { object: self.object.clone() })
    }

    /// The next change, if there is one already.
    pub fn try_next(&mut self) -> Option<Change> {
        self.changes.try_recv().ok()
    }
}

impl Drop for Watching {
    fn drop(&mut self) {
        match &self.watched {
            Watched::Node(node) => {
                if let Some(node) = node.upgrade() {
                    node.unwatch(self.id, &self.object);
                }
            }
            Watched::Member(member) => {
                if let Some(member) = member.upgrade() {
                    member.unwatch(self.id, &self.object);
                }
            }
        }
    }
}

#[derive(Default)]
pub(crate) struct Watchers {
    inner: Mutex<Inner>,
}

#[derive(Default)]
struct Inner {
    last: u64,
    senders: HashMap<WatchId, Watcher>,
}

pub(crate) struct Watcher {
    changes: mpsc::Sender<Change>,
    object: Object,
    scope: Scope,
}

impl Watchers {
    /// A new watcher.
    pub(crate) fn add(&self, object: &Object, scope: Scope) -> (WatchId, mpsc::Receiver<Change>) {
        let (sender, changes) = mpsc::channel(BUFFER);
        let mut inner = self.inner.lock();
        inner.last += 1;
        let id = WatchId(inner.last);
        inner.senders.insert(id, Watcher { changes: sender, object: object.clone(), scope });
        (id, changes)
    }

    pub(crate) fn remove(&self, watch: WatchId) {
        self.inner.lock().senders.remove(&watch);
    }

    /// Sends a change on. A watcher that is too far behind is let go.
    pub(crate) fn tell(&self, watch: WatchId, change: Change) {
        let mut inner = self.inner.lock();
        if let Some(watcher) = inner.senders.get(&watch)
            && watcher.changes.try_send(change).is_err()
        {
            inner.senders.remove(&watch);
        }
    }

    /// Tells a watcher of objects that nobody has and nobody waits for any more, because the node failed.
    pub(crate) fn tell_emptied(&self, watch: WatchId, objects: &BTreeSet<Object>, version: Version) {
        for object in objects {
            let (holders, waiters) = (Vec::new(), Vec::new());
            self.tell(watch, Change { object: object.clone(), version, holders, waiters });
        }
    }

    /// All watches, to set them up again in a new life of the node.
    pub(crate) fn all(&self) -> Vec<(WatchId, Object, Scope)> {
        let inner = self.inner.lock();
        inner.senders.iter().map(|(id, watcher)| (*id, watcher.object.clone(), watcher.scope)).collect()
    }
}

impl Node {
    /// Watches an object or a subtree from now on.
    pub fn watch(self: &Arc<Self>, object: Object, scope: Scope) -> Watching {
        let (id, changes) = self.watchers.add(&object, scope);
        self.hold_for(&object).watch(id, object.clone(), scope);
        Watching { watched: Watched::Node(Arc::downgrade(self)), id, object, changes }
    }

    fn unwatch(&self, id: WatchId, object: &Object) {
        // In this order: a failure in between would set the watch up again.
        self.watchers.remove(id);
        self.hold_for(object).unwatch(id, object);
    }
}
