//! Where a process is, so that another one on the same machine knows for certain that it is gone.
//!
//! A connection that breaks tells nothing: a firewall, a proxy or a long silence breaks it as well, while the process goes on and
//! believes in its locks. A process that is not there any more believes in nothing.

use std::sync::Arc;
use std::time::Duration;

use lock_core::{Incarnation, NodeId};
use parking_lot::Mutex;
use serde::{Deserialize, Serialize};

use super::packet::Name;
use crate::Member;

/// A process, named for all who share its machine and see its number.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(super) struct Place {
    /// This boot of this machine.
    boot: String,
    /// The namespace that counts processes.
    namespace: String,
    pid: u32,
    /// When the process started, in ticks since the boot: numbers of processes are used again.
    started: u64,
}

impl Place {
    /// Of this process; none, where the system does not tell.
    pub(super) fn own() -> Option<Self> {
        let boot = std::fs::read_to_string("/proc/sys/kernel/random/boot_id").ok()?.trim().to_owned();
        let namespace = std::fs::read_link("/proc/self/ns/pid").ok()?.to_string_lossy().into_owned();
        let pid = std::process::id();
        let (_, started) = state_of(pid)?;
        Some(Self { boot, namespace, pid, started })
    }

    /// Whether the process is gone for certain: it is told of by the same kernel, which has it no more.
    pub(super) fn is_gone(&self, own: Option<&Self>) -> bool {
        let same = own.is_some_and(|own| (&own.boot, &own.namespace) == (&self.boot, &self.namespace));
        // Dead, but not yet buried by its parent, it does nothing any more.
        same && state_of(self.pid).is_none_or(|(state, started)| started != self.started || matches!(state, 'Z' | 'X'))
    }
}

/// What is known of a peer's process.
#[derive(Debug, Default)]
pub(super) struct Acquaintance {
    own: Option<Place>,
    last: Mutex<Option<Name>>,
    /// The incarnation whose end was logged.
    logged: Mutex<Option<Incarnation>>,
}

/// After so many milliseconds each it is looked for again: a process that ends takes a moment to do so.
const LOOKS: [u64; 8] = [0, 1, 2, 5, 10, 20, 50, 200];

impl Acquaintance {
    pub(super) fn of(own: Option<Place>) -> Arc<Self> {
        Arc::new(Self { own, last: Mutex::new(None), logged: Mutex::new(None) })
    }

    /// Who the peer is that proved itself.
    pub(super) fn met(&self, name: Name) {
        let mut last = self.last.lock();
        if last.as_ref().is_none_or(|last| last.incarnation <= name.incarnation) {
            *last = Some(name);
        }
    }

    /// A stream has ended: if the peer's process is gone for certain, its node is told.
    pub(super) fn look_after(self: &Arc<Self>, member: &Arc<Member>, peer: &NodeId) {
        let Some(Name { incarnation, place: Some(place), .. }) = self.last.lock().clone() else { return };
        let (acquaintance, member, peer) = (self.clone(), member.clone(), peer.clone());
        tokio::spawn(async move {
            for wait in LOOKS {
                tokio::time::sleep(Duration::from_millis(wait)).await;
                if place.is_gone(acquaintance.own.as_ref()) {
                    if acquaintance.logged.lock().replace(incarnation) != Some(incarnation) {
                        tracing::info!(node = %member.name(), %peer, "the process of a peer is gone");
                    }
                    return member.gone(&peer, Some(incarnation));
                }
            }
        });
    }
}

/// The state of a process and when it started, from `/proc/PID/stat`.
fn state_of(pid: u32) -> Option<(char, u64)> {
    let stat = std::fs::read_to_string(format!("/proc/{pid}/stat")).ok()?;
    // Its name, in brackets, may hold anything.
    let mut rest = stat.rsplit_once(") ")?.1.split(' ');
    let state = rest.next()?.chars().next()?;
    let started = rest.nth(18)?.parse().ok()?;
    Some((state, started))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_process_that_runs_is_not_gone_and_one_that_ended_is() {
        let Some(own) = Place::own() else { return };
        assert!(!own.is_gone(Some(&own)));
        let mut child = std::process::Command::new("sleep").arg("60").spawn().expect("sleep is there");
        let (_, started) = state_of(child.id()).expect("it runs");
        let place = Place { pid: child.id(), started, ..own.clone() };
        assert!(!place.is_gone(Some(&own)));
        child.kill().expect("it runs");
        child.wait().expect("it ends");
        assert!(place.is_gone(Some(&own)));
        assert!(!place.is_gone(None), "of another machine nothing is known");
    }
}
