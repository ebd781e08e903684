//! The file that says who has a lock. It never decides who has it.
//!
//! It is written in one go, at its place: to write another file and rename it would make a lock a quarter dearer. A holder that is
//! killed half-way leaves an empty or torn file, which counts as none. Who has the lock alone makes the file and takes it away; readers
//! share one, with a list of them, and change it one at a time, under a lock on that very file. So it is there, and true, until the last
//! of them leaves.

use std::os::fd::OwnedFd;

use rustix::fs::{AtFlags, FileType, FlockOperation, OFlags, Stat, fstat, ftruncate, openat, unlinkat};
use rustix::io::{Errno, Result, pread, pwrite};
use serde::{Deserialize, Serialize};

use crate::lock_file::{CAREFULLY, FOR_ALL, Place};
use crate::process;
use crate::record::Record;

/// What the file says.
#[derive(Serialize, Deserialize)]
struct Text {
    /// The first holder, which is all that a plantdb writes and reads.
    #[serde(flatten)]
    first: Record,
    /// All holders, if they are several.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    holders: Vec<Record>,
}

/// Far more than thousands of readers need.
const MOST_BYTES: usize = 16 << 20;

/// Writes who has it alone. What stands there was left behind; or it is being written now, by a plantdb that was let in by another one's
/// release, over and over: then it stays, as a lock is not refused for want of a text.
pub(crate) fn write_alone(place: Place<'_>, record: &Record) -> Result<()> {
    const TRIES: u32 = 10;
    let text = serde_json::to_vec(record).map_err(|_| Errno::INVAL)?;
    let new = OFlags::WRONLY | OFlags::CREATE | OFlags::EXCL | CAREFULLY;
    for _ in 0..TRIES {
        match openat(place.folder, place.name, new, FOR_ALL) {
            Err(Errno::EXIST) => take_away(place)?,
            opened => {
                return write_all(&opened?, &text).inspect_err(|_| {
                    let _ = take_away(place);
                });
            }
        }
    }
    Ok(())
}

/// Takes the file away, if it is there.
pub(crate) fn take_away(place: Place<'_>) -> Result<()> {
    match unlinkat(place.folder, place.name, AtFlags::empty()) {
        Err(Errno::NOENT) => Ok(()),
        done => done,
    }
}

/// Adds one who shares it. Gives what the file says then, if it is alone.
pub(crate) fn join(place: Place<'_>, record: &Record) -> Result<Option<Vec<u8>>> {
    let file = open_shared(place, OFlags::CREATE)?.ok_or(Errno::NOENT)?;
    let mut holders = understood(&file.bytes());
    // Who is gone without a word; what a writer left behind when it was killed.
    holders.retain(|other| other.mode() == record.mode() && (other.host != record.host || process::exists(other.pid)));
    holders.push(record.clone());
    let is_alone = holders.len() == 1;
    let written = file.replace(&holders).inspect_err(|_| {
        if is_alone {
            let _ = take_away(place);
        }
    })?;
    Ok(is_alone.then_some(written))
}

/// Strikes one who shares it; the last one takes the file away.
///
/// If the file still says what it said when this one was alone, it need not be understood.
pub(crate) fn leave(place: Place<'_>, record: &Record, alone: Option<&[u8]>) -> Result<()> {
    let Some(file) = open_shared(place, OFlags::empty())? else { return Ok(()) };
    let said = file.bytes();
    if alone == Some(&said) {
        return take_away(place);
    }
    let mut holders = understood(&said);
    holders.retain(|other| !other.is_same_grant(record) && (other.host != record.host || process::exists(other.pid)));
    if holders.is_empty() { take_away(place) } else { file.replace(&holders).map(drop) }
}

/// What the file says; nothing, if it is not there or is torn.
pub(crate) fn read(place: Place<'_>) -> Vec<Record> {
    let opened = openat(place.folder, place.name, OFlags::RDONLY | CAREFULLY, FOR_ALL);
    opened.and_then(|fd| Ok(understood(&bytes_of(&fd, size(&fstat(&fd)?))))).unwrap_or_default()
}

/// The file while one of those who share it changes it: it is locked against the others.
struct Changing {
    fd: OwnedFd,
    size: usize,
}

/// Opens it and locks it; nothing, if it is not there and is not to be made.
///
/// A link, or a file that has a second name, is taken away and not written to: it is somebody's trick, or somebody's backup.
fn open_shared(place: Place<'_>, make: OFlags) -> Result<Option<Changing>> {
    const TRIES: u32 = 100;
    for _ in 0..TRIES {
        let fd = match openat(place.folder, place.name, OFlags::RDWR | make | CAREFULLY, FOR_ALL) {
            Err(Errno::NOENT) if make.is_empty() => return Ok(None),
            Err(Errno::LOOP) => {
                take_away(place)?;
                continue;
            }
            opened => opened?,
        };
        rustix::io::retry_on_intr(|| rustix::fs::flock(&fd, FlockOperation::LockExclusive))?;
        let mut file = Changing { fd, size: 0 };
        let stat = fstat(&file.fd)?;
        if FileType::from_raw_mode(stat.st_mode) != FileType::RegularFile {
            return Err(Errno::NOTDIR);
        }
        match stat.st_nlink {
            0 => {} // taken away by the last one before us
            1 => {
                file.size = size(&stat);
                return Ok(Some(file));
            }
            _ => take_away(place)?,
        }
    }
    Err(Errno::MLINK)
}

impl Changing {
    fn bytes(&self) -> Vec<u8> {
        bytes_of(&self.fd, self.size)
    }

    /// Writes over what stands there, with spaces up to its end, so that there is no moment at which a part is missing.
    fn replace(&self, holders: &[Record]) -> Result<Vec<u8>> {
        let text = match holders {
            [] => return Ok(Vec::new()),
            [alone] => serde_json::to_vec(alone),
            [first, ..] => serde_json::to_vec(&Text { first: first.clone(), holders: holders.to_vec() }),
        };
        let mut bytes = text.map_err(|_| Errno::INVAL)?;
        let length = bytes.len();
        bytes.resize(length.max(self.size), b' ');
        write_all(&self.fd, &bytes)?;
        if length < self.size {
            ftruncate(&self.fd, length as u64)?;
        }
        bytes.truncate(length);
        Ok(bytes)
    }
}

impl Drop for Changing {
    fn drop(&mut self) {
        // By name: a child that was forked meanwhile has a copy of the descriptor.
        let _ = rustix::fs::flock(&self.fd, FlockOperation::Unlock);
    }
}

fn size(stat: &Stat) -> usize {
    usize::try_from(stat.st_size).map_or(MOST_BYTES, |size| size.min(MOST_BYTES))
}

fn bytes_of(fd: &OwnedFd, size: usize) -> Vec<u8> {
    let mut bytes = vec![0; size];
    let mut had = 0;
    while had < size
        && let Ok(count @ 1..) = pread(fd, &mut bytes[had..], had as u64)
    {
        had += count;
    }
    bytes.truncate(had);
    bytes
}

/// Who is told of; nobody, if the text is torn.
fn understood(bytes: &[u8]) -> Vec<Record> {
    match serde_json::from_slice::<Text>(bytes) {
        Ok(text) if text.holders.is_empty() => vec![text.first],
        Ok(text) => text.holders,
        Err(_) => Vec::new(),
    }
}

fn write_all(fd: &OwnedFd, bytes: &[u8]) -> Result<()> {
    let mut written = 0;
    while written < bytes.len() {
        match pwrite(fd, &bytes[written..], written as u64) {
            Ok(0) => return Err(Errno::NOSPC),
            Ok(count) => written += count,
            Err(Errno::INTR) => {}
            Err(errno) => return Err(errno),
        }
    }
    Ok(())
}
