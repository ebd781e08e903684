//! One who asks for a lock, and how.

use std::future::{Future, poll_fn};
use std::pin::pin;
use std::sync::Arc;
use std::task::Poll;
use std::time::{Duration, Instant};

use lock_core::Mode;
use serde_json::{Map, Value};

use crate::acquire::{Passage, Patience, pass};
use crate::block::block_until;
use crate::core::Core;
use crate::errors::LockError;
use crate::file_trouble::{FileTrouble, TroubleKind};
use crate::guard::{Guard, Tenure};
use crate::name::Name;
use crate::owner::Owner;
use crate::record::{Asked, Record, refuse_reserved};
use crate::status::{self, Status};

/// A lock that is asked for, with what else there is to say. [`DirLocks::ask`](crate::DirLocks::ask) makes it.
///
/// ```
/// use lock_files::{DirLocks, Mode};
/// use std::time::Duration;
/// # fn main() -> Result<(), Box<dyn std::error::Error>> {
/// # let data = std::env::temp_dir().join("lock-files-request");
/// # std::fs::create_dir_all(&data)?;
/// let locks = DirLocks::open(&data)?;
/// let request = locks.ask("scan1", Mode::Write).user("alice").field("job", 17).within(Duration::from_secs(10));
/// let guard = request.lock()?;
/// let status = locks.status("scan1")?;
/// assert_eq!(status.holders[0].user.as_deref(), Some("alice"));
/// assert_eq!(status.holders[0].fields["job"], 17);
/// # drop(guard);
/// # Ok(())
/// # }
/// ```
#[derive(Clone, Debug)]
#[must_use = "it only asks when `lock` or `lock_async` is called"]
pub struct Request<'a> {
    core: &'a Arc<Core>,
    id: &'a str,
    mode: Mode,
    owner: Option<Owner>,
    user: Option<String>,
    fields: Map<String, Value>,
    within: Option<Duration>,
}

impl<'a> Request<'a> {
    pub(crate) fn new(core: &'a Arc<Core>, id: &'a str, mode: Mode) -> Self {
        Self { core, id, mode, owner: None, user: None, fields: Map::new(), within: None }
    }

    /// On whose behalf: who has the id already is let in again. Without one, everybody waits, this caller included.
    pub fn owner(mut self, owner: &Owner) -> Self {
        self.owner = Some(owner.clone());
        self
    }

    /// In whose name, for others to read. It decides nothing.
    pub fn user(mut self, user: impl Into<String>) -> Self {
        self.user = Some(user.into());
        self
    }

    /// One more thing to say of the holder.
    pub fn field(mut self, name: impl Into<String>, value: impl Into<Value>) -> Self {
        self.fields.insert(name.into(), value.into());
        self
    }

    /// How long to wait at most; with zero it is only tried. Without a limit it waits as long as it takes.
    pub fn within(mut self, limit: Duration) -> Self {
        self.within = Some(limit);
        self
    }

    /// Locks the id.
    ///
    /// Blocks the thread, in the kernel, while others have it or are in line before. A signal does not end the wait.
    ///
    /// # Errors
    /// [`LockError::Busy`] if it was only tried, [`LockError::TimedOut`] when the limit is over, and what else [`LockError`] tells.
    pub fn lock(self) -> Result<Guard, LockError> {
        let (name, deadline) = match self.start()? {
            Start::Had(guard) => return Ok(guard),
            Start::Wanted { name, deadline } => (name, deadline),
        };
        let patience = match self.within {
            None => Patience::InPlace,
            Some(Duration::ZERO) => Patience::None,
            Some(_) => Patience::InLine,
        };
        let passed = block_until(deadline, pass(self.core, &name, self.mode, patience));
        self.end(name, passed)
    }

    /// Locks the id, without blocking the thread. It needs no runtime.
    ///
    /// Waits while others have it or are in line before. A few calls to the file system are made in place; on a slow network one might
    /// notice them.
    ///
    /// # Cancel safety
    /// Dropping the future gives up: nothing is held then, nor will be.
    ///
    /// # Errors
    /// As with [`lock`](Self::lock).
    pub async fn lock_async(self) -> Result<Guard, LockError> {
        let (name, deadline) = match self.start()? {
            Start::Had(guard) => return Ok(guard),
            Start::Wanted { name, deadline } => (name, deadline),
        };
        let patience = if self.within == Some(Duration::ZERO) { Patience::None } else { Patience::InLine };
        let passed = self.wait_until(deadline, pass(self.core, &name, self.mode, patience)).await?;
        self.end(name, passed)
    }

    /// What can be said before anything is tried.
    fn start(&self) -> Result<Start, LockError> {
        self.core.refuse_fork()?;
        refuse_reserved(&self.fields)?;
        let name = Name::of(self.id)?;
        if let Some(tenure) = self.owner.as_ref().and_then(|owner| self.core.owned.find(owner, name.stem())) {
            if !tenure.mode().covers(self.mode) {
                return Err(LockError::OwnerReads { id: self.id.to_owned() });
            }
            return Ok(Start::Had(Guard::new(tenure, self.mode)));
        }
        // A limit past the end of time is none.
        let deadline = self.within.and_then(|limit| Instant::now().checked_add(limit));
        Ok(Start::Wanted { name, deadline })
    }

    /// The future's outcome, or `None` when the limit is over.
    async fn wait_until<T>(
        &self,
        deadline: Option<Instant>,
        passing: impl Future<Output = T>,
    ) -> Result<Option<T>, LockError> {
        let Some(deadline) = deadline else { return Ok(Some(passing.await)) };
        let (mut passing, mut alarm) = (pin!(passing), pin!(self.core.timer.at(deadline)));
        let first = poll_fn(|context| match passing.as_mut().poll(context) {
            Poll::Ready(passed) => Poll::Ready(Ok(Some(passed))),
            Poll::Pending => alarm.as_mut().poll(context).map(|rung| rung.map(|()| None)),
        });
        first.await.map_err(|source| {
            let path = self.core.folder.path().to_owned();
            FileTrouble { path, doing: "waited for in a thread", kind: TroubleKind::Other, source }.into()
        })
    }

    fn end(self, name: Name, passed: Option<Result<Option<Passage>, FileTrouble>>) -> Result<Guard, LockError> {
        match passed {
            Some(passage) => match passage? {
                Some(passage) => self.hold(name, passage),
                None => Err(LockError::Busy { id: self.id.to_owned(), mode: self.mode }),
            },
            None => Err(LockError::TimedOut {
                id: self.id.to_owned(),
                mode: self.mode,
                waited: self.within.unwrap_or_default(),
                status: Box::new(self.status(&name)),
            }),
        }
    }

    /// Who has it; nobody, if even that cannot be told.
    fn status(&self, name: &Name) -> Status {
        status::of(self.core, name).unwrap_or_else(|_| Status { id: self.id.to_owned(), holders: Vec::new() })
    }

    fn hold(self, name: Name, passage: Passage) -> Result<Guard, LockError> {
        let asked = Asked { id: self.id, mode: self.mode, user: self.user.as_deref().unwrap_or(&self.core.user) };
        let fields = self.core.fields(asked, self.fields)?;
        let record = Record::new(asked, &self.core.me, self.core.next_grant(), fields);
        let tenure = Tenure::begin(self.core, name, self.owner, record, passage)?;
        Ok(Guard::new(tenure, self.mode))
    }
}

enum Start {
    Had(Guard),
    Wanted { name: Name, deadline: Option<Instant> },
}
