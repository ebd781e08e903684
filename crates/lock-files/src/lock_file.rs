//! One file that is locked: the only place that calls `flock`.

use std::os::fd::{AsFd, BorrowedFd, OwnedFd};
use std::path::{Path, PathBuf};

use lock_core::Mode;
use rustix::fs::{AtFlags, FileType, FlockOperation, Mode as Permissions, OFlags, fstat, openat, statat};
use rustix::io::{Errno, Result};
use rustix::process::{Pid, getpid};

use crate::file_trouble::FileTrouble;

/// An open file, by a descriptor that nobody else in this process has: so it excludes threads as it excludes processes.
#[derive(Debug)]
pub(crate) struct LockFile {
    fd: OwnedFd,
    inode: Inode,
}

/// Which file it is, whatever its name.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Inode {
    pub(crate) device: u64,
    pub(crate) number: u64,
}

impl From<&rustix::fs::Stat> for Inode {
    #[allow(clippy::unnecessary_cast, clippy::cast_sign_loss)] // their types differ from system to system
    fn from(stat: &rustix::fs::Stat) -> Self {
        Self { device: stat.st_dev as u64, number: stat.st_ino as u64 }
    }
}

/// A name in an open folder, and where that is, for errors.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Place<'a> {
    pub(crate) folder: BorrowedFd<'a>,
    pub(crate) path: &'a Path,
    pub(crate) name: &'a str,
}

impl Place<'_> {
    pub(crate) fn full(&self) -> PathBuf {
        self.path.join(self.name)
    }

    pub(crate) fn trouble(&self, doing: &'static str, errno: Errno) -> FileTrouble {
        FileTrouble::new(doing, &self.full(), errno)
    }

    /// The file that has the name now.
    pub(crate) fn inode(&self) -> Result<Option<Inode>> {
        match statat(self.folder, self.name, AtFlags::SYMLINK_NOFOLLOW) {
            Ok(stat) => Ok(Some((&stat).into())),
            Err(Errno::NOENT) => Ok(None),
            Err(errno) => Err(errno),
        }
    }
}

/// Nothing is followed, no child process inherits it, and a pipe does not make the opener wait.
pub(crate) const CAREFULLY: OFlags =
    OFlags::NOFOLLOW.union(OFlags::CLOEXEC).union(OFlags::NONBLOCK).union(OFlags::NOCTTY);
/// What others may do with a new file, less what the process masks.
pub(crate) const FOR_ALL: Permissions = Permissions::from_raw_mode(0o666);

impl LockFile {
    /// Opens the file, which is made if need be.
    pub(crate) fn open(place: Place<'_>) -> std::result::Result<Self, FileTrouble> {
        Self::open_or_make(place).map_err(|errno| place.trouble("opened", errno))
    }

    fn open_or_make(place: Place<'_>) -> Result<Self> {
        let open = |flags| openat(place.folder, place.name, flags | CAREFULLY, FOR_ALL);
        let fd = match open(OFlags::RDWR) {
            Err(Errno::NOENT) => open(OFlags::RDWR | OFlags::CREATE)?,
            // Another user's, who lets others read: enough for a lock, except on network file systems.
            Err(Errno::ACCESS) => open(OFlags::RDONLY)?,
            opened => opened?,
        };
        let stat = fstat(&fd)?;
        if FileType::from_raw_mode(stat.st_mode) != FileType::RegularFile {
            return Err(Errno::NOTDIR);
        }
        Ok(Self { inode: (&stat).into(), fd })
    }

    pub(crate) fn inode(&self) -> Inode {
        self.inode
    }

    /// Locks it, if that is possible at once.
    pub(crate) fn try_lock(&self, mode: Mode) -> Result<bool> {
        let operation = match mode {
            Mode::Read => FlockOperation::NonBlockingLockShared,
            Mode::Write => FlockOperation::NonBlockingLockExclusive,
        };
        match flock(self.fd.as_fd(), operation) {
            Ok(()) => Ok(true),
            Err(Errno::WOULDBLOCK) => Ok(false),
            Err(errno) => Err(errno),
        }
    }

    /// Locks it, and blocks this thread until that is done.
    pub(crate) fn lock(&self, mode: Mode) -> Result<()> {
        let operation = match mode {
            Mode::Read => FlockOperation::LockShared,
            Mode::Write => FlockOperation::LockExclusive,
        };
        flock(self.fd.as_fd(), operation)
    }
}

/// Signals do not end it.
fn flock(fd: BorrowedFd<'_>, operation: FlockOperation) -> Result<()> {
    rustix::io::retry_on_intr(|| rustix::fs::flock(fd, operation))
}

impl AsFd for LockFile {
    fn as_fd(&self) -> BorrowedFd<'_> {
        self.fd.as_fd()
    }
}

/// A file that is locked until this is dropped.
///
/// A descriptor is shared with forked children, and unlocking it by one unlocks it for all. So only the process that locked it unlocks;
/// and it does so by name, as closing would leave it locked while a child has a copy.
#[derive(Debug)]
pub(crate) struct Locked {
    file: Option<LockFile>,
    process: Pid,
}

impl Locked {
    /// Takes charge of a file that this process, as the caller knows it, has just locked.
    pub(crate) fn new(file: LockFile, process: Pid) -> Self {
        Self { file: Some(file), process }
    }

    pub(crate) fn file(&self) -> &LockFile {
        self.file.as_ref().expect("it goes only when this is unlocked, which takes this")
    }

    /// Whether this process locked it, and not one that this is a fork of.
    pub(crate) fn is_ours(&self) -> bool {
        self.process == getpid()
    }

    /// Whether its name still leads to it: a file that was unlinked excludes nobody who comes later.
    pub(crate) fn is_named(&self, place: Place<'_>) -> std::result::Result<bool, FileTrouble> {
        let named = place.inode().map_err(|errno| place.trouble("looked at", errno))?;
        Ok(named == Some(self.file().inode()))
    }

    /// Whether it has a name at all. Cheaper than [`is_named`](Self::is_named), and enough where nothing depends on it.
    pub(crate) fn is_linked(&self) -> bool {
        fstat(self.file()).is_ok_and(|stat| stat.st_nlink > 0)
    }

    /// Unlocks it, for use again, by the process that this is, as the caller knows it. Nothing in a fork.
    pub(crate) fn unlock(mut self, process: Pid) -> Option<LockFile> {
        let file = self.file.take()?;
        (self.process == process && flock(file.as_fd(), FlockOperation::Unlock).is_ok()).then_some(file)
    }
}

impl Drop for Locked {
    fn drop(&mut self) {
        if let Some(file) = self.file.take()
            && self.is_ours()
        {
            // It cannot fail on an open file; and if it did, closing it, next, unlocks as well.
            let _ = flock(file.as_fd(), FlockOperation::Unlock);
        }
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)] // a test may panic

    use super::*;

    fn open(folder: &Path, name: &str) -> std::result::Result<LockFile, FileTrouble> {
        let fd = rustix::fs::open(folder, OFlags::DIRECTORY, Permissions::empty()).unwrap();
        LockFile::open(Place { folder: fd.as_fd(), path: folder, name })
    }

    fn folder(test: &str) -> PathBuf {
        let folder = std::env::temp_dir().join(format!("lock-file-{test}-{}", std::process::id()));
        std::fs::create_dir_all(&folder).unwrap();
        folder
    }

    /// What a fork has: the same open file, in another process.
    fn forked(locked: &Locked) -> Locked {
        let fd = rustix::io::fcntl_dupfd_cloexec(locked.file(), 0).unwrap();
        Locked { file: Some(LockFile { fd, inode: locked.file().inode }), process: Pid::INIT }
    }

    /// The file `a` of a folder of its own, locked to write.
    fn locked(test: &str) -> (PathBuf, Locked) {
        let folder = folder(test);
        let file = open(&folder, "a").unwrap();
        assert!(file.try_lock(Mode::Write).unwrap());
        (folder, Locked::new(file, getpid()))
    }

    #[test]
    fn a_fork_that_ends_leaves_the_lock_with_its_parent() {
        let (folder, locked) = locked("fork");
        let child = forked(&locked);
        assert!(!child.is_ours());
        drop(child);
        assert!(forked(&locked).unlock(getpid()).is_none());
        assert!(!open(&folder, "a").unwrap().try_lock(Mode::Read).unwrap(), "the parent still has it");
        std::fs::remove_dir_all(folder).unwrap();
    }

    #[test]
    fn a_fork_that_lives_on_does_not_keep_what_its_parent_released() {
        let (folder, locked) = locked("outlives");
        let child = forked(&locked);
        drop(locked);
        assert!(open(&folder, "a").unwrap().try_lock(Mode::Write).unwrap());
        drop(child);
        std::fs::remove_dir_all(folder).unwrap();
    }
}
