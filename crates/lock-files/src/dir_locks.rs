//! Where the locks of a folder come from.

use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::Duration;

use lock_core::Mode;
use serde_json::{Map, Value};

use crate::cleanup::{self, Cleanup};
use crate::core::{Core, Hook};
use crate::errors::{LockError, OpenError};
use crate::file_trouble::FileTrouble;
use crate::folder::{Folder, FolderKind};
use crate::guard::Guard;
use crate::name::Name;
use crate::process::Me;
use crate::record::Asked;
use crate::request::Request;
use crate::status::{self, Status};

/// The locks of a folder: on ids, between all threads, tasks and processes that opened it.
///
/// The files are in `.locks` below the folder; ids need not be files or anything else. Clones are the same locks. Each lock that is asked for
/// is one of its own, also within a thread: who has an id and asks for it again waits for itself, unless an [`Owner`](crate::Owner) says who asks.
///
/// - Nobody who writes has company, whichever process, thread or task.
/// - Who waits for longer goes first, as far as the kernel keeps lines: readers do not starve writers, nor the other way round.
/// - Whatever ends a process ends its locks. What it leaves behind does not count as a lock, and is taken away.
///
/// It does not find deadlocks between ids, and it does not keep out who does not ask.
#[derive(Clone, Debug)]
pub struct DirLocks {
    core: Arc<Core>,
}

impl DirLocks {
    /// Opens the locks of a folder. `.locks` is made if need be, and what the dead left behind in it is taken away.
    ///
    /// On a network file system this logs a warning; see [`folder_kind`](Self::folder_kind).
    ///
    /// # Errors
    /// There is no such folder, or no files can be made in it; a link is not followed below it.
    pub fn open(folder: impl AsRef<Path>) -> Result<Self, OpenError> {
        Self::builder(folder).open()
    }

    /// Says more before the folder is opened.
    pub fn builder(folder: impl AsRef<Path>) -> DirLocksBuilder {
        DirLocksBuilder { folder: folder.as_ref().to_owned(), user: None, hook: None }
    }

    /// Asks for an id, with more to say: a time limit, an owner, a user, other fields.
    pub fn ask<'a>(&'a self, id: &'a str, mode: Mode) -> Request<'a> {
        Request::new(&self.core, id, mode)
    }

    /// Locks an id. Blocks the thread, in the kernel, while others have it or are in line before.
    ///
    /// # Errors
    /// See [`LockError`].
    pub fn lock(&self, id: &str, mode: Mode) -> Result<Guard, LockError> {
        self.ask(id, mode).lock()
    }

    /// Locks an id if that is possible at once.
    ///
    /// # Errors
    /// [`LockError::Busy`] if somebody has it or is in line for it, if only for the moment of trying as well; see [`LockError`].
    pub fn try_lock(&self, id: &str, mode: Mode) -> Result<Guard, LockError> {
        self.ask(id, mode).within(Duration::ZERO).lock()
    }

    /// Locks an id, and gives up when the limit is over; with zero it only tries.
    ///
    /// # Errors
    /// [`LockError::TimedOut`], which tells who has it; [`LockError::Busy`] with zero; see [`LockError`].
    pub fn lock_timeout(&self, id: &str, mode: Mode, limit: Duration) -> Result<Guard, LockError> {
        self.ask(id, mode).within(limit).lock()
    }

    /// Locks an id without blocking the thread; with a limit, by [`ask`](Self::ask) and [`Request::lock_async`].
    ///
    /// # Cancel safety
    /// Dropping the future gives up: nothing is held then, nor will be.
    ///
    /// # Errors
    /// See [`LockError`].
    ///
    /// ```
    /// # use lock_files::{DirLocks, Mode};
    /// # #[tokio::main(flavor = "current_thread")]
    /// # async fn main() -> Result<(), Box<dyn std::error::Error>> {
    /// # let data = std::env::temp_dir().join("lock-files-async");
    /// # std::fs::create_dir_all(&data)?;
    /// let locks = DirLocks::open(&data)?;
    /// let guard = locks.lock_async("scan1", Mode::Read).await?;
    /// assert!(guard.is_held());
    /// # Ok(())
    /// # }
    /// ```
    pub async fn lock_async(&self, id: &str, mode: Mode) -> Result<Guard, LockError> {
        self.ask(id, mode).lock_async().await
    }

    /// Who has an id now.
    ///
    /// Disturbs nobody: the kernel is asked (Linux). Elsewhere, and where the holder is on another machine, the file is locked for a moment
    /// to see whether that can be done.
    ///
    /// # Errors
    /// The id cannot be one, or the folder cannot be read.
    pub fn status(&self, id: &str) -> Result<Status, LockError> {
        Ok(status::of(&self.core, &Name::of(id)?)?)
    }

    /// Who has which id now, of all that are not free.
    ///
    /// # Errors
    /// The folder cannot be read.
    pub fn status_all(&self) -> Result<Vec<Status>, FileTrouble> {
        status::all(&self.core)
    }

    /// Takes away all files of all ids that nobody has locked: for an administrator, when there are too many of them.
    ///
    /// Locks stay whole, among ours. A plantdb that is about to lock one of these files at that very moment would have a file without a name;
    /// so do this while none runs. No lock is taken from anybody: to end one, end its process, which [`status`](Self::status) names.
    ///
    /// # Errors
    /// A file cannot be locked or taken away; those before it are gone.
    pub fn cleanup_all(&self) -> Result<Cleanup, FileTrouble> {
        cleanup::all(&self.core)
    }

    /// Whether the folder is on a network file system, where `flock` is as good as client and server make it.
    pub fn folder_kind(&self) -> FolderKind {
        self.core.folder.kind()
    }

    /// The folder, as it was opened.
    pub fn folder(&self) -> &Path {
        self.core.folder.path()
    }
}

/// What there is to say before a folder is opened.
pub struct DirLocksBuilder {
    folder: PathBuf,
    user: Option<String>,
    hook: Option<Hook>,
}

impl DirLocksBuilder {
    /// In whose name locks are taken if a request does not say; the user of the environment otherwise.
    pub fn user(mut self, user: impl Into<String>) -> Self {
        self.user = Some(user.into());
        self
    }

    /// More to say of each holder: called once the lock is had, before it is written down.
    ///
    /// ```
    /// use lock_files::{DirLocks, Map, Mode};
    /// # fn main() -> Result<(), Box<dyn std::error::Error>> {
    /// # let data = std::env::temp_dir().join("lock-files-fields");
    /// # std::fs::create_dir_all(&data)?;
    /// let roles = |user: &str| if user == "alice" { "curator" } else { "guest" };
    /// let locks = DirLocks::builder(&data)
    ///     .fields(move |asked| Map::from_iter([("role".to_owned(), roles(asked.user).into())]))
    ///     .open()?;
    /// let guard = locks.ask("scan1", Mode::Write).user("alice").lock()?;
    /// assert_eq!(locks.status("scan1")?.holders[0].fields["role"], "curator");
    /// # drop(guard);
    /// # Ok(())
    /// # }
    /// ```
    pub fn fields(mut self, hook: impl Fn(Asked<'_>) -> Map<String, Value> + Send + Sync + 'static) -> Self {
        self.hook = Some(Box::new(hook));
        self
    }

    /// Opens the locks: see [`DirLocks::open`].
    ///
    /// # Errors
    /// See [`DirLocks::open`].
    pub fn open(self) -> Result<DirLocks, OpenError> {
        let core = Core::new(Folder::open(&self.folder)?, Me::look(), self.user, self.hook);
        if let FolderKind::Network(kind) = core.folder.kind() {
            let folder = self.folder.display();
            tracing::warn!(%folder, kind, "locks on a network file system hold as well as its client and server make them");
        }
        cleanup::stale(&core)?;
        Ok(DirLocks { core: Arc::new(core) })
    }
}

impl std::fmt::Debug for DirLocksBuilder {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("DirLocksBuilder")
            .field("folder", &self.folder)
            .field("user", &self.user)
            .finish_non_exhaustive()
    }
}
