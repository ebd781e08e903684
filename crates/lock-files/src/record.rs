//! What is written of a holder: the fields of plantdb, and some more.

use std::time::{Duration, SystemTime, UNIX_EPOCH};

use lock_core::Mode;
use serde::{Deserialize, Serialize};
use serde_json::{Map, Value};

use crate::errors::LockError;
use crate::process::{self, Born, Me};

/// The names that fields of callers may not have.
pub(crate) const FIELDS: [&str; 13] = [
    "resource_id",
    "level",
    "lock_type",
    "user",
    "timestamp",
    "pid",
    "thread_id",
    "thread",
    "host",
    "boot",
    "started",
    "grant",
    "holders",
];

/// Fields of callers have other names.
pub(crate) fn refuse_reserved(fields: &Map<String, Value>) -> Result<(), LockError> {
    match fields.keys().find(|name| FIELDS.contains(&name.as_str())) {
        Some(name) => Err(LockError::ReservedField { name: name.clone() }),
        None => Ok(()),
    }
}

/// What a hook for more fields is told: who asks for what.
#[derive(Clone, Copy, Debug)]
pub struct Asked<'a> {
    /// What is asked for.
    pub id: &'a str,
    /// How.
    pub mode: Mode,
    /// In whose name.
    pub user: &'a str,
}

/// One holder. All but the process may be missing: a plantdb, or a later version of these locks, wrote it.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub(crate) struct Record {
    pub(crate) resource_id: String,
    /// Always `scan`: plantdb's level whose files have the id as their name.
    level: String,
    lock_type: Kind,
    #[serde(default)]
    pub(crate) user: Option<String>,
    /// Seconds since 1970.
    timestamp: f64,
    pub(crate) pid: i32,
    #[serde(default)]
    pub(crate) thread_id: Option<u64>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(crate) thread: Option<String>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(crate) host: Option<String>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    boot: Option<String>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    started: Option<u64>,
    /// Tells the grants of one process apart.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    grant: Option<u64>,
    #[serde(flatten)]
    pub(crate) fields: Map<String, Value>,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
enum Kind {
    Shared,
    Exclusive,
}

impl Record {
    pub(crate) fn new(asked: Asked<'_>, me: &Me, grant: u64, fields: Map<String, Value>) -> Self {
        Self {
            resource_id: asked.id.to_owned(),
            level: "scan".to_owned(),
            lock_type: if asked.mode == Mode::Write { Kind::Exclusive } else { Kind::Shared },
            user: Some(asked.user.to_owned()),
            timestamp: SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default().as_secs_f64(),
            pid: me.pid.as_raw_pid(),
            thread_id: Some(process::thread_id()),
            thread: std::thread::current().name().map(str::to_owned),
            host: Some(me.host.clone()),
            boot: me.born.as_ref().map(|born| born.boot.clone()),
            started: me.born.as_ref().map(|born| born.ticks),
            grant: Some(grant),
            fields,
        }
    }

    pub(crate) fn mode(&self) -> Mode {
        if self.lock_type == Kind::Exclusive { Mode::Write } else { Mode::Read }
    }

    pub(crate) fn since(&self) -> Option<SystemTime> {
        UNIX_EPOCH.checked_add(Duration::try_from_secs_f64(self.timestamp).ok()?)
    }

    /// Whether it speaks of the same grant.
    pub(crate) fn is_same_grant(&self, other: &Self) -> bool {
        (self.pid, self.grant, &self.host) == (other.pid, other.grant, &other.host)
    }

    /// Whether its process is there; `None` if it is on another machine, or in a container with a name of its own.
    ///
    /// A process of the same number counts only if it is the one that wrote this: it started at the same time, or, of a plantdb, which
    /// does not write that, before the lock was had.
    pub(crate) fn is_alive(&self, me: &Me) -> Option<bool> {
        if self.host.as_ref().is_some_and(|host| *host != me.host) {
            return None;
        }
        if !process::exists(self.pid) || process::is_zombie(self.pid) {
            return Some(false);
        }
        let (Some(boot), Some(ticks)) = (&self.boot, self.started) else {
            const SLACK: f64 = 2.0; // the time of the machine's start is told in whole seconds
            return Some(process::started_at(self.pid).is_none_or(|start| start <= self.timestamp + SLACK));
        };
        Some(process::born(self.pid).is_none_or(|born| born == Born { boot: boot.clone(), ticks }))
    }
}
