//! Who has what, for people.

use std::fmt;
use std::time::SystemTime;

use lock_core::Mode;
use serde_json::{Map, Value};

use crate::core::Core;
use crate::file_trouble::FileTrouble;
use crate::gate::{Gate, INFO};
use crate::info;
use crate::kernel_locks::{KernelLock, KernelLocks};
use crate::name::Name;
use crate::process;
use crate::record::Record;

/// Who had an id at the moment of looking. Only a [`Guard`](crate::Guard) says who has it now.
#[derive(Clone, Debug, PartialEq)]
pub struct Status {
    /// Which id; exactly this one.
    pub id: String,
    /// Who has it: one who writes, or any number who read. Empty if it is free.
    pub holders: Vec<Holder>,
}

/// One who has a lock. What its process did not write down, or not yet, is missing.
#[derive(Clone, Debug, PartialEq)]
pub struct Holder {
    /// How.
    pub mode: Mode,
    /// The number of the process that locked it.
    pub pid: i32,
    /// In whose name.
    pub user: Option<String>,
    /// On which machine.
    pub host: Option<String>,
    /// Which thread asked: its number, as far as the system gives threads numbers.
    pub thread_id: Option<u64>,
    /// The name of that thread.
    pub thread: Option<String>,
    /// Since when.
    pub since: Option<SystemTime>,
    /// Whether the process is there. `Some(false)` if it is gone and a program that inherited the lock has it; `None` if it is on another
    /// machine.
    pub is_alive: Option<bool>,
    /// What else was said of it.
    pub fields: Map<String, Value>,
}

impl fmt::Display for Status {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}: ", self.id)?;
        if self.holders.is_empty() {
            return f.write_str("free");
        }
        for (at, holder) in self.holders.iter().enumerate() {
            write!(f, "{}{holder}", if at == 0 { "" } else { ", " })?;
        }
        Ok(())
    }
}

impl fmt::Display for Holder {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} by {} (process {}", self.mode, self.user.as_deref().unwrap_or("somebody"), self.pid)?;
        self.thread_id.map_or(Ok(()), |thread| write!(f, ", thread {thread}"))?;
        self.host.as_ref().map_or(Ok(()), |host| write!(f, " on {host}"))?;
        f.write_str(if self.is_alive == Some(false) { ", gone; a program that it started has it)" } else { ")" })
    }
}

impl Holder {
    fn of(record: Record, core: &Core) -> Self {
        let is_alive = record.is_alive(&core.me);
        Self {
            mode: record.mode(),
            pid: record.pid,
            since: record.since(),
            user: record.user,
            host: record.host,
            thread_id: record.thread_id,
            thread: record.thread,
            is_alive,
            fields: record.fields,
        }
    }

    /// One who has not said who it is.
    fn untold(lock: KernelLock) -> Self {
        Self {
            mode: lock.mode,
            pid: lock.pid,
            user: None,
            host: None,
            thread_id: None,
            thread: None,
            since: None,
            is_alive: Some(process::exists(lock.pid)),
            fields: Map::new(),
        }
    }
}

/// Who has an id.
pub(crate) fn of(core: &Core, name: &Name) -> Result<Status, FileTrouble> {
    looked_up(core, name, &KernelLocks::look(&core.folder))
}

/// Who has which id, of all that are not free.
pub(crate) fn all(core: &Core) -> Result<Vec<Status>, FileTrouble> {
    let kernel = KernelLocks::look(&core.folder);
    let statuses = core.folder.names()?.into_iter().map(|name| looked_up(core, &name, &kernel));
    statuses
        .filter(|status| status.as_ref().is_ok_and(|status| !status.holders.is_empty()) || status.is_err())
        .collect()
}

fn looked_up(core: &Core, name: &Name, kernel: &KernelLocks) -> Result<Status, FileTrouble> {
    let file = name.file(INFO);
    let place = core.folder.in_locks(&file);
    let records = info::read(place);
    let is_told = !records.is_empty() || place.inode().is_ok_and(|inode| inode.is_some());
    let holders = match seen(core, name, kernel, &records, is_told)? {
        Some(seen) => told_by_kernel(core, records, &seen),
        None => told_by_trying(core, name, records)?,
    };
    let holders = if holders.is_empty() { elsewhere(core, name)? } else { holders };
    Ok(Status { id: name.id(), holders })
}

/// What the kernel told.
#[derive(Default)]
struct Seen {
    /// Who has everybody's file locked, at the last look.
    everyones: Vec<KernelLock>,
    /// Who had either file locked, at any look.
    anywhere: Vec<KernelLock>,
}

impl Seen {
    fn has(&self, record: &Record) -> bool {
        self.anywhere.iter().any(|lock| lock.pid == record.pid)
    }
}

/// Who has the id's files locked; `None` if the kernel does not tell.
///
/// The kernel tells its locks in several parts, and may leave one out if others come and go meanwhile. So if somebody who is written down is not
/// among them, it is asked again.
fn seen(
    core: &Core,
    name: &Name,
    kernel: &KernelLocks,
    records: &[Record],
    is_told: bool,
) -> Result<Option<Seen>, FileTrouble> {
    const LOOKS: usize = 8;
    let mut seen = Seen::default();
    let mut again = None;
    for _ in 0..LOOKS {
        let kernel = again.as_ref().unwrap_or(kernel);
        let (Some(everyones), Some(ours)) =
            (locked(core, name, kernel, Gate::Everyones)?, locked(core, name, kernel, Gate::Ours)?)
        else {
            return Ok(None);
        };
        seen.anywhere.extend(everyones.iter().chain(&ours));
        seen.everyones = everyones;
        if !is_told || (!seen.anywhere.is_empty() && records.iter().all(|record| seen.has(record))) {
            break;
        }
        again = Some(KernelLocks::look(&core.folder));
    }
    Ok(Some(seen))
}

/// Who has a file of the id locked; nobody, if it is not there; `None` if the kernel does not tell.
fn locked(core: &Core, name: &Name, kernel: &KernelLocks, gate: Gate) -> Result<Option<Vec<KernelLock>>, FileTrouble> {
    let file = name.file(gate.ending());
    let place = core.folder.place(gate, &file);
    let inode = place.inode().map_err(|errno| place.trouble("looked at", errno))?;
    Ok(inode.map_or_else(|| Some(Vec::new()), |inode| kernel.of(inode)))
}

/// Whoever is written down and has a lock, by the kernel's account; and whoever has one and is not written down.
fn told_by_kernel(core: &Core, records: Vec<Record>, seen: &Seen) -> Vec<Holder> {
    let is_here = |record: &Record| record.host.as_ref().is_none_or(|host| *host == core.me.host);
    let mut holders: Vec<_> = records
        .into_iter()
        .filter(|record| is_here(record) && seen.has(record))
        .map(|record| Holder::of(record, core))
        .collect();
    for lock in &seen.everyones {
        if holders.iter().all(|holder| holder.pid != lock.pid) {
            holders.push(Holder::untold(*lock));
        }
    }
    holders
}

/// Where the kernel sees nobody, somebody on another machine or in another container may have it: if one is written down, it is tried.
fn elsewhere(core: &Core, name: &Name) -> Result<Vec<Holder>, FileTrouble> {
    let file = name.file(INFO);
    let mut records = info::read(core.folder.in_locks(&file));
    records.retain(|record| record.is_alive(&core.me).is_none());
    if records.is_empty() { Ok(Vec::new()) } else { told_by_trying(core, name, records) }
}

/// Tries to lock the file, for a moment, and believes what is written if that fails.
fn told_by_trying(core: &Core, name: &Name, records: Vec<Record>) -> Result<Vec<Holder>, FileTrouble> {
    let file = core.folder.gate(Gate::Everyones, name)?;
    let named = name.file(Gate::Everyones.ending());
    let trouble = |errno| core.folder.place(Gate::Everyones, &named).trouble("locked", errno);
    for (tried, had) in [(Mode::Read, Mode::Write), (Mode::Write, Mode::Read)] {
        if !file.try_lock(tried).map_err(trouble)? {
            let holders = records.into_iter().filter(|record| record.mode() == had);
            return Ok(holders.map(|record| Holder::of(record, core)).collect());
        }
    }
    Ok(Vec::new())
}
