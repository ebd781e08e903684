//! What the node can reach of a transaction: it wakes those who wait, and tells those who listen.

use std::collections::BTreeMap;
use std::sync::atomic::{AtomicBool, Ordering};

use lock_core::{ClaimView, Incarnation, Mode, NodeId, NodeMachine, Object, Over, Status, Token, TxId};
use lock_server::Resident;
use parking_lot::Mutex;
use tokio::sync::futures::Notified;
use tokio::sync::{Notify, mpsc};

use crate::events::{BUFFER, Event};
use crate::slow_reader::SlowReader;

pub(super) struct Ear {
    tx: TxId,
    changed: Notify,
    aborted: AtomicBool,
    listeners: Mutex<Vec<Listener>>,
}

/// Somebody who reads events, and what it was told last.
struct Listener {
    events: SlowReader<Event>,
    status: Option<Status>,
    granted: BTreeMap<Object, (Mode, Option<Token>)>,
    deadlocks: usize,
}

impl Ear {
    pub(super) fn new(tx: TxId) -> Self {
        Self { tx, changed: Notify::new(), aborted: AtomicBool::new(false), listeners: Mutex::default() }
    }

    pub(super) fn changed(&self) -> Notified<'_> {
        self.changed.notified()
    }

    pub(super) fn wake(&self) {
        self.changed.notify_waiters();
    }

    pub(super) fn was_aborted(&self) -> bool {
        self.aborted.load(Ordering::SeqCst)
    }

    /// Everything that happens from now on; the status comes first, if there is one to tell.
    pub(super) fn listen(
        &self,
        claims: &[ClaimView],
        status: Option<Status>,
        deadlocks: usize,
    ) -> mpsc::Receiver<Event> {
        let (reader, events) = SlowReader::new(BUFFER, Event::Missed);
        let mut listener = Listener { events: reader, status: None, granted: granted(claims), deadlocks };
        if let Some(status) = status {
            listener.events.tell(Event::Status(status));
        }
        let mut listeners = self.listeners.lock();
        listeners.retain(|listener| !listener.events.is_gone());
        listeners.push(listener);
        events
    }

    fn tell(&self, event: &Event) {
        self.listeners.lock().iter_mut().for_each(|listener| listener.events.tell(event.clone()));
    }
}

impl Resident for Ear {
    fn stirred(&self, machine: &NodeMachine) {
        if matches!(machine.running(self.tx), Err(Over::Aborted { .. })) {
            self.aborted.store(true, Ordering::SeqCst);
        }
        self.listeners.lock().iter_mut().for_each(|listener| listener.look(machine, self.tx));
        self.changed.notify_waiters();
    }

    fn lost(&self, object: &Object) {
        self.tell(&Event::Lost { object: object.clone() });
    }

    fn node_changed(&self, node: &NodeId, incarnation: Option<Incarnation>) {
        let node = node.clone();
        self.tell(&match incarnation {
            Some(incarnation) => Event::NodeUp { node, incarnation },
            None => Event::NodeDown { node },
        });
    }
}

impl Listener {
    /// Tells what is new.
    fn look(&mut self, machine: &NodeMachine, tx: TxId) {
        let now = granted(&machine.claims(tx));
        for (object, (mode, token)) in &now {
            if let (Some(token), false) = (token, self.granted.get(object) == Some(&(*mode, *token))) {
                self.events.tell(Event::Granted { object: object.clone(), mode: *mode, token: *token });
            }
        }
        self.granted = now;
        let deadlocks = machine.transaction(tx).map(lock_core::TransactionMachine::deadlocks).unwrap_or_default();
        for deadlock in deadlocks.iter().skip(self.deadlocks) {
            self.events.tell(Event::Deadlock(deadlock.clone()));
        }
        self.deadlocks = deadlocks.len();
        let status = machine.status(tx);
        if status != self.status {
            self.status.clone_from(&status);
            status.into_iter().for_each(|status| self.events.tell(Event::Status(status)));
        }
    }
}

fn granted(claims: &[ClaimView]) -> BTreeMap<Object, (Mode, Option<Token>)> {
    claims.iter().filter_map(|claim| Some((claim.object.clone(), (claim.granted?, claim.token)))).collect()
}
