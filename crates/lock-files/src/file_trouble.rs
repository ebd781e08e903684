//! What the file system said no to.

use std::io;
use std::path::{Path, PathBuf};

use rustix::io::Errno;
use thiserror::Error;

/// A file or folder of the locks that could not be used.
#[derive(Debug, Error)]
#[error("{} cannot be {doing}: {kind} ({source})", .path.display())]
pub struct FileTrouble {
    /// Which one.
    pub path: PathBuf,
    /// What was tried: opened, locked, written, …
    pub doing: &'static str,
    /// What is in the way.
    pub kind: TroubleKind,
    /// What the system said.
    pub source: io::Error,
}

/// What is in the way of using a file.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Error)]
pub enum TroubleKind {
    /// Nothing can be written there.
    #[error("the file system is read-only; locks need a folder where files can be made")]
    ReadOnly,
    /// This user may not.
    #[error("this user may not; locks need read and write access to the folder and its `.locks`")]
    NotAllowed,
    /// No space, or the quota is used up.
    #[error("no space is left; nothing was locked")]
    Full,
    /// A symbolic link, a folder, a pipe, or a file with a second name stands where a file of ours belongs.
    #[error("what stands there is no plain file of its own, and is not followed; take it away")]
    NotPlain,
    /// It is not there, or was taken away.
    #[error("there is no such folder, or it was taken away while it was in use")]
    Missing,
    /// The process has as many files open as it may have.
    #[error("too many files are open; allow more, or hold fewer locks at once")]
    TooManyOpen,
    /// Anything else.
    #[error("the system refuses")]
    Other,
}

impl FileTrouble {
    pub(crate) fn new(doing: &'static str, path: &Path, errno: Errno) -> Self {
        Self { path: path.to_owned(), doing, kind: kind(errno), source: errno.into() }
    }
}

fn kind(errno: Errno) -> TroubleKind {
    match errno {
        Errno::ROFS => TroubleKind::ReadOnly,
        Errno::ACCESS | Errno::PERM => TroubleKind::NotAllowed,
        Errno::NOSPC | Errno::DQUOT => TroubleKind::Full,
        // NXIO: a pipe that nobody reads. ISDIR, NOTDIR: something else of that name.
        Errno::LOOP | Errno::NXIO | Errno::ISDIR | Errno::NOTDIR | Errno::MLINK => TroubleKind::NotPlain,
        Errno::NOENT | Errno::STALE => TroubleKind::Missing,
        Errno::MFILE | Errno::NFILE => TroubleKind::TooManyOpen,
        _ => TroubleKind::Other,
    }
}
