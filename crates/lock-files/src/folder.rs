//! The folders that the files are in, opened once; all else is opened relative to them.

use std::os::fd::{AsFd, BorrowedFd, OwnedFd};
use std::path::{Path, PathBuf};

use rustix::fs::{CWD, Dir, Mode as Permissions, OFlags, mkdirat, openat};
use rustix::io::Errno;

use crate::errors::OpenError;
use crate::file_trouble::FileTrouble;
use crate::gate::{Gate, INFO};
use crate::lock_file::{LockFile, Place};
use crate::name::Name;

/// Where plantdb keeps its files.
const LOCKS: &str = ".locks";
/// Where, below, the files are that only these locks have.
const OURS: &str = ".gordian";

/// What kind of file system a folder is on.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum FolderKind {
    /// One of this machine, as far as can be told.
    Local,
    /// One of a network, by its name. There `flock` is as good as client and server make it (old ones, and mounts with `nolock`, keep
    /// it to one machine), and a holder whose machine is cut off keeps the lock until the server's own time is over.
    Network(&'static str),
}

#[cfg(target_os = "linux")]
impl FolderKind {
    /// By the number that Linux gives the kinds.
    fn of(magic: u32) -> Self {
        match magic {
            0x6969 => Self::Network("NFS"),
            0xff53_4d42 | 0xfe53_4d42 | 0x517b => Self::Network("SMB"),
            0x0102_1997 => Self::Network("9P"),
            0x00c3_6400 => Self::Network("Ceph"),
            0x5346_414f => Self::Network("AFS"),
            _ => Self::Local,
        }
    }
}

#[derive(Debug)]
pub(crate) struct Folder {
    path: PathBuf,
    locks: Opened,
    ours: Opened,
}

#[derive(Debug)]
struct Opened {
    fd: OwnedFd,
    path: PathBuf,
}

impl Folder {
    pub(crate) fn open(path: &Path) -> Result<Self, OpenError> {
        // The caller's own folder may be reached through links; nothing below it may.
        let flags = OFlags::DIRECTORY | OFlags::CLOEXEC | OFlags::RDONLY;
        let base = match openat(CWD, path, flags, Permissions::empty()) {
            Err(Errno::NOENT | Errno::NOTDIR) => return Err(OpenError::NoFolder(path.to_owned())),
            opened => opened.map_err(|errno| FileTrouble::new("opened", path, errno))?,
        };
        let locks = below(base.as_fd(), path, LOCKS)?;
        let ours = below(locks.fd.as_fd(), &locks.path, OURS)?;
        Ok(Self { path: path.to_owned(), locks, ours })
    }

    pub(crate) fn path(&self) -> &Path {
        &self.path
    }

    /// Opens the file of a gate, which is made if need be.
    pub(crate) fn gate(&self, gate: Gate, name: &Name) -> Result<LockFile, FileTrouble> {
        LockFile::open(self.place(gate, &name.file(gate.ending())))
    }

    pub(crate) fn place<'a>(&'a self, gate: Gate, file: &'a str) -> Place<'a> {
        match gate {
            Gate::Everyones => self.in_locks(file),
            Gate::Turnstile | Gate::Ours => Place { folder: self.ours.fd.as_fd(), path: &self.ours.path, name: file },
        }
    }

    /// A file beside those of plantdb.
    pub(crate) fn in_locks<'a>(&'a self, file: &'a str) -> Place<'a> {
        Place { folder: self.locks.fd.as_fd(), path: &self.locks.path, name: file }
    }

    /// Every id that there is a file of, in order.
    pub(crate) fn names(&self) -> Result<Vec<Name>, FileTrouble> {
        let mut names = listed(&self.locks, &[Gate::Everyones.ending(), INFO])?;
        names.extend(listed(&self.ours, &[Gate::Ours.ending(), Gate::Turnstile.ending()])?);
        names.sort_by(|one, other| one.stem().cmp(other.stem()));
        names.dedup();
        Ok(names)
    }

    /// The ids of which something says who has them.
    pub(crate) fn described(&self) -> Result<Vec<Name>, FileTrouble> {
        listed(&self.locks, &[INFO])
    }

    #[cfg(target_os = "linux")]
    pub(crate) fn kind(&self) -> FolderKind {
        FolderKind::of(magic(self.locks.fd.as_fd()))
    }

    #[cfg(not(target_os = "linux"))]
    pub(crate) fn kind(&self) -> FolderKind {
        FolderKind::Local
    }

    /// Whether the kernel names this file system's device elsewhere as `stat` does.
    #[cfg(target_os = "linux")]
    pub(crate) fn device_is_told(&self) -> bool {
        // btrfs, overlayfs, bcachefs: a device of its own for each subvolume or layer.
        !matches!(magic(self.locks.fd.as_fd()), 0x9123_683e | 0x794c_7630 | 0xca45_1a4e)
    }
}

#[cfg(target_os = "linux")]
#[allow(clippy::cast_possible_truncation, clippy::cast_sign_loss)] // the kernel's numbers have 32 bits; their type differs
fn magic(folder: BorrowedFd<'_>) -> u32 {
    rustix::fs::fstatfs(folder).map_or(0, |about| about.f_type as u32)
}

/// Opens a folder in a folder, which is made if need be. A link is not followed.
fn below(above: BorrowedFd<'_>, path: &Path, name: &str) -> Result<Opened, FileTrouble> {
    let flags = OFlags::DIRECTORY | OFlags::NOFOLLOW | OFlags::CLOEXEC | OFlags::RDONLY;
    let path = path.join(name);
    let open = || openat(above, name, flags, Permissions::empty());
    let fd = match open() {
        Err(Errno::NOENT) => match mkdirat(above, name, Permissions::from_raw_mode(0o777)) {
            // Another process was faster.
            Ok(()) | Err(Errno::EXIST) => open(),
            Err(errno) => return Err(FileTrouble::new("made", &path, errno)),
        },
        opened => opened,
    };
    Ok(Opened { fd: fd.map_err(|errno| FileTrouble::new("opened", &path, errno))?, path })
}

fn listed(folder: &Opened, endings: &[&str]) -> Result<Vec<Name>, FileTrouble> {
    let trouble = |errno| FileTrouble::new("listed", &folder.path, errno);
    let mut names = Vec::new();
    for entry in Dir::read_from(&folder.fd).map_err(trouble)? {
        let entry = entry.map_err(trouble)?;
        let file = entry.file_name().to_str().ok();
        names.extend(file.and_then(|file| endings.iter().find_map(|ending| Name::of_file(file, ending))));
    }
    Ok(names)
}

#[cfg(all(test, target_os = "linux"))]
mod tests {
    use super::FolderKind;

    #[test]
    fn network_file_systems_are_told_apart() {
        assert_eq!(FolderKind::of(0x6969), FolderKind::Network("NFS"));
        assert_eq!(FolderKind::of(0xff53_4d42), FolderKind::Network("SMB"));
        assert_eq!(FolderKind::of(0xef53), FolderKind::Local, "ext4");
    }
}
