//! What all locks of an opened folder share.

use std::fmt;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};

use rustix::process::getpid;
use serde_json::{Map, Value};

use crate::errors::LockError;
use crate::folder::Folder;
use crate::idle::Idle;
use crate::kernel_wait::KernelWaits;
use crate::owner::Owned;
use crate::process::Me;
use crate::record::{Asked, refuse_reserved};
use crate::timer::Timer;

/// Gives more fields for who asks.
pub(crate) type Hook = Box<dyn Fn(Asked<'_>) -> Map<String, Value> + Send + Sync>;

pub(crate) struct Core {
    pub(crate) folder: Arc<Folder>,
    pub(crate) me: Me,
    pub(crate) user: String,
    pub(crate) hook: Option<Hook>,
    pub(crate) waits: Arc<KernelWaits>,
    pub(crate) timer: Timer,
    pub(crate) idle: Idle,
    pub(crate) owned: Owned,
    grants: AtomicU64,
}

impl Core {
    pub(crate) fn new(folder: Folder, me: Me, user: Option<String>, hook: Option<Hook>) -> Self {
        Self {
            folder: Arc::new(folder),
            user: user.unwrap_or_else(|| me.user.clone()),
            me,
            hook,
            waits: Arc::default(),
            timer: Timer::default(),
            idle: Idle::default(),
            owned: Owned::default(),
            grants: AtomicU64::new(0),
        }
    }

    /// A fork shares descriptors with whom it is a fork of: one would let the other in.
    pub(crate) fn refuse_fork(&self) -> Result<(), LockError> {
        if self.me.pid == getpid() {
            return Ok(());
        }
        Err(LockError::Forked { opened_by: self.me.pid.as_raw_pid() })
    }

    pub(crate) fn next_grant(&self) -> u64 {
        self.grants.fetch_add(1, Ordering::Relaxed)
    }

    /// The caller's fields and those of the hook.
    pub(crate) fn fields(&self, asked: Asked<'_>, own: Map<String, Value>) -> Result<Map<String, Value>, LockError> {
        let mut fields = self.hook.as_ref().map_or_else(Map::new, |hook| hook(asked));
        fields.extend(own);
        refuse_reserved(&fields)?;
        Ok(fields)
    }
}

impl fmt::Debug for Core {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("DirLocks")
            .field("folder", &self.folder.path())
            .field("user", &self.user)
            .finish_non_exhaustive()
    }
}
