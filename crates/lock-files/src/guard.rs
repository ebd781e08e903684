//! What one holds in hand.

use std::fmt;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

use lock_core::Mode;
use rustix::io::{FdFlags, fcntl_setfd};
use rustix::process::getpid;

use crate::acquire::Passage;
use crate::core::Core;
use crate::file_trouble::FileTrouble;
use crate::gate::{Gate, INFO};
use crate::idle::Files;
use crate::info;
use crate::name::Name;
use crate::owner::Owner;
use crate::record::Record;

/// A lock on an id of a folder. Dropping it releases the lock, at once and without waiting for anybody.
///
/// The lock is the process's: whatever ends the process ends it. It is *not* passed on to forked children: for them
/// [`is_held`](Self::is_held) says no, and what they drop releases nothing. Programs that are started do not inherit it either, unless
/// [`share_with_children`](Self::share_with_children) says so.
///
/// If an [`Owner`] has several guards of an id, the last one releases it.
pub struct Guard {
    tenure: Arc<Tenure>,
    mode: Mode,
}

impl Guard {
    pub(crate) fn new(tenure: Arc<Tenure>, mode: Mode) -> Self {
        Self { tenure, mode }
    }

    /// What is locked.
    pub fn id(&self) -> String {
        self.tenure.name.id()
    }

    /// How it was asked for.
    pub fn mode(&self) -> Mode {
        self.mode
    }

    /// Whether this process has the lock: always, but for a fork of the one that took it.
    pub fn is_held(&self) -> bool {
        self.tenure.passage.as_ref().is_some_and(|passage| passage.ours.is_ours())
    }

    /// Whether the lock file still has its name.
    ///
    /// Among these locks that does not matter. But where a plantdb releases or starts at the wrong moment, it takes the name away from whoever
    /// has the lock by then, and from that moment another plantdb does not see the lock. Ask before what must not go wrong.
    ///
    /// # Errors
    /// The folder cannot be looked at.
    pub fn is_named(&self) -> Result<bool, FileTrouble> {
        self.tenure.is_named()
    }

    /// The number of the file that is locked for everybody, as `stat` tells it; 0 once the lock is released.
    pub fn inode(&self) -> u64 {
        self.tenure.passage.as_ref().map_or(0, |passage| passage.everyones.file().inode().number)
    }

    /// Lets every program that this process starts from now on inherit the lock.
    ///
    /// It then lasts while one of them lives, if this process is killed; and no longer than the guard, if this process drops that.
    ///
    /// # Errors
    /// The descriptors cannot be changed.
    pub fn share_with_children(&self) -> Result<(), FileTrouble> {
        let tenure = &self.tenure;
        tenure.is_shared.store(true, Ordering::Relaxed);
        for (gate, locked) in tenure
            .passage
            .iter()
            .flat_map(|passage| [(Gate::Ours, &passage.ours), (Gate::Everyones, &passage.everyones)])
        {
            let file = tenure.name.file(gate.ending());
            fcntl_setfd(locked.file(), FdFlags::empty())
                .map_err(|errno| tenure.core.folder.place(gate, &file).trouble("shared with child processes", errno))?;
        }
        Ok(())
    }
}

impl fmt::Debug for Guard {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Guard")
            .field("id", &self.id())
            .field("mode", &self.mode)
            .field("held", &self.is_held())
            .finish_non_exhaustive()
    }
}

/// A lock from its grant to its release, which all guards of an owner share.
#[derive(Debug)]
pub(crate) struct Tenure {
    core: Arc<Core>,
    name: Name,
    owner: Option<Owner>,
    record: Record,
    /// What the text said when this was the only one that shared the lock.
    alone: Option<Vec<u8>>,
    /// Other programs may have copies of the descriptors: they are not locked again.
    is_shared: AtomicBool,
    /// There until this is dropped.
    passage: Option<Passage>,
}

impl Tenure {
    /// Says who has the lock, and takes charge of it.
    pub(crate) fn begin(
        core: &Arc<Core>,
        name: Name,
        owner: Option<Owner>,
        record: Record,
        passage: Passage,
    ) -> Result<Arc<Self>, FileTrouble> {
        let file = name.file(INFO);
        let place = core.folder.in_locks(&file);
        let written = match record.mode() {
            Mode::Write => info::write_alone(place, &record).map(|()| None),
            Mode::Read => info::join(place, &record),
        };
        let alone = written.map_err(|errno| place.trouble("written", errno))?;
        let tenure = Arc::new(Self {
            core: core.clone(),
            name,
            owner,
            record,
            alone,
            is_shared: AtomicBool::new(false),
            passage: Some(passage),
        });
        if let Some(owner) = &tenure.owner {
            core.owned.insert(owner.clone(), tenure.name.stem(), &tenure);
        }
        Ok(tenure)
    }

    pub(crate) fn mode(&self) -> Mode {
        self.record.mode()
    }

    fn is_named(&self) -> Result<bool, FileTrouble> {
        let Some(passage) = &self.passage else { return Ok(false) };
        let file = self.name.file(Gate::Everyones.ending());
        passage.everyones.is_named(self.core.folder.place(Gate::Everyones, &file))
    }

    /// Takes back what was said, while the lock is still there: nobody else writes in between.
    fn take_back(&self) {
        let file = self.name.file(INFO);
        let place = self.core.folder.in_locks(&file);
        let done = match self.mode() {
            // A plantdb took the name away, and may have said something of its own by now.
            Mode::Write if !self.passage.as_ref().is_some_and(|passage| passage.everyones.is_linked()) => Ok(()),
            Mode::Write => info::take_away(place),
            Mode::Read => info::leave(place, &self.record, self.alone.as_deref()),
        };
        if let Err(errno) = done {
            tracing::warn!(path = %place.full().display(), %errno, "a released lock is still said to be held");
        }
    }
}

impl Drop for Tenure {
    fn drop(&mut self) {
        let me = getpid();
        if self.core.me.pid != me {
            return; // a fork's copy: descriptors are closed, and nothing is released
        }
        self.take_back();
        if let Some(owner) = &self.owner {
            self.core.owned.forget(owner, self.name.stem());
        }
        let Some(Passage { turnstile, ours, everyones }) = self.passage.take() else { return };
        // Who is next among ours waits for `ours`, and finds the other one free.
        let everyones = everyones.unlock(me);
        let ours = ours.unlock(me);
        if let (Some(turnstile), Some(ours), Some(everyones)) = (turnstile, ours, everyones)
            && !self.is_shared.load(Ordering::Relaxed)
        {
            self.core.idle.put(self.name.stem(), Files { turnstile, ours, everyones });
        }
    }
}
