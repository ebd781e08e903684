//! Giving a key away: to another owner, or to another task together with what it is to do.

use std::fmt;
use std::sync::{Arc, Weak};

use lock_core::{Object, TxId};
use thiserror::Error;

use super::errors::AlreadyOwned;
use super::inbox::{Inbox, NotPut};
use super::key_guard::KeyGuard;
use super::keyed_mutex::KeyedMutex;
use super::owner::Owner;
use crate::HandOverError;
use crate::holdings::Owning;

/// A key that somebody gave away, and what came with it.
#[derive(Debug)]
#[must_use = "a gift that is dropped releases its key"]
pub struct Gift<D> {
    /// Who gave it.
    pub from: TxId,
    /// The key. Its owner is who receives it.
    pub guard: KeyGuard,
    /// What came with it.
    pub data: D,
}

/// Where an owner can be given keys; see [`Owner::heir`]. Cheap to clone, and does not keep the owner alive.
pub struct Heir<D> {
    owner: TxId,
    owning: Weak<Owning>,
    inbox: Arc<Inbox<Gift<D>>>,
}

/// What an owner is given, in order. Dropped, it releases what nobody took.
pub struct Gifts<D> {
    inbox: Arc<Inbox<Gift<D>>>,
    /// Keeps the owner alive.
    owner: Owner,
}

/// A key was not given away: here it is again.
#[derive(Debug, Error)]
#[error("{} is not given to {to}: {why}", .guard.object())]
pub struct NotGiven<D> {
    /// Who was to have it.
    pub to: TxId,
    /// The key.
    pub guard: KeyGuard,
    /// What was to come with it.
    pub data: D,
    /// Why.
    pub why: WhyNot,
}

/// Why a key is not given away.
#[derive(Clone, Debug, PartialEq, Eq, Error)]
#[non_exhaustive]
pub enum WhyNot {
    /// It is the owner's already.
    #[error("it has it already")]
    ToItself,
    /// Other guards of the owner are out for it.
    #[error("{guards} guards of it are out, and only one can be given away")]
    Shared {
        /// How many, this one included.
        guards: u32,
    },
    /// The owner locked it within a path above it.
    #[error("it is held as a part of {object}")]
    Part {
        /// The path above.
        object: Object,
    },
    /// The owner locked something below it, which is held as a part of it.
    #[error("{object} is held as a part of it")]
    LeanedOn {
        /// What lies below.
        object: Object,
    },
    /// Who is to have it has it, or waits for it.
    #[error(transparent)]
    AlreadyOwned(#[from] AlreadyOwned),
    /// Nobody is there to receive it any more.
    #[error("nobody is there to receive it")]
    Gone,
    /// It is not held, conflicts with what the giver keeps, or one of the two is over.
    #[error(transparent)]
    HandOver(#[from] HandOverError),
}

impl Owner {
    /// An address to give keys to, and the receiving end for the task of this owner. Several are independent of each other.
    ///
    /// ```
    /// # use lock_agent::{KeyedMutex, Locks, Owner};
    /// # #[tokio::main(flavor = "current_thread")]
    /// # async fn main() -> Result<(), Box<dyn std::error::Error>> {
    /// # let locks = Locks::local();
    /// let encoders = KeyedMutex::<String>::new(&locks, "encoders")?;
    /// let (encoder, mut jobs) = Owner::new(&locks).heir();
    /// let work = tokio::spawn(async move {
    ///     let job = jobs.recv().await?;
    ///     Some((job.data, job.guard.is_held())) // done: the guard is dropped, the key free
    /// });
    ///
    /// let guard = encoders.lock(&Owner::new(&locks), "video").await?;
    /// encoders.give_away(guard, &encoder, "films/7")?;
    /// assert_eq!(work.await?, Some(("films/7", true)));
    /// # Ok(())
    /// # }
    /// ```
    pub fn heir<D>(&self) -> (Heir<D>, Gifts<D>) {
        let inbox = Arc::new(Inbox::new());
        let heir = Heir { owner: self.id(), owning: Arc::downgrade(&self.owning), inbox: inbox.clone() };
        (heir, Gifts { inbox, owner: self.clone() })
    }
}

impl KeyGuard {
    /// Makes the key another owner's. It is never free in between: who waits for it goes on waiting. Never waits.
    ///
    /// # Errors
    /// [`NotGiven`], with the guard in it, and nothing has changed.
    pub fn give_to(self, heir: &Owner) -> Result<Self, NotGiven<()>> {
        match self.passed_to(&heir.owning) {
            Ok(guard) => Ok(guard),
            Err(why) => Err(NotGiven { to: heir.id(), guard: self, data: (), why }),
        }
    }

    /// The guard of the heir; this one is a guard of nothing then.
    fn passed_to(&self, heir: &Arc<Owning>) -> Result<Self, WhyNot> {
        let (witness, seat) = self.held.seat.hand_over(heir)?;
        Ok(Self::given(witness, seat))
    }
}

impl<K> KeyedMutex<K> {
    /// Gives a key and some data away to another task, which [receives](Gifts::recv) them. The key is never free in between:
    /// who waits for it goes on waiting. Never waits. A deadlock that this closes is resolved before the call returns.
    ///
    /// # Errors
    /// [`NotGiven`], with the guard and the data in it: the heir is gone, is the owner itself, or has the key; the owner does
    /// not have it any more; other guards of it are out.
    pub fn give_away<D>(&self, guard: KeyGuard, to: &Heir<D>, data: D) -> Result<(), NotGiven<D>> {
        let from = guard.owner();
        let Some(heir) = to.owning.upgrade() else {
            return Err(NotGiven { to: to.owner, guard, data, why: WhyNot::Gone });
        };
        let give = |data| match guard.passed_to(&heir) {
            Ok(guard) => Ok(Gift { from, guard, data }),
            Err(why) => Err((data, why)),
        };
        let (data, why) = match to.inbox.put(data, give) {
            Ok(()) => return Ok(()),
            Err(NotPut::Closed(data)) => (data, WhyNot::Gone),
            Err(NotPut::Refused(refused)) => refused,
        };
        Err(NotGiven { to: to.owner, guard, data, why })
    }
}

impl<D> Gifts<D> {
    /// The next gift, and waits for it; `None` when nobody can give one any more.
    ///
    /// # Cancel safety
    /// No gift is lost if the future is dropped.
    pub async fn recv(&mut self) -> Option<Gift<D>> {
        self.inbox.take().await
    }

    /// The next gift, if there is one. Never waits.
    pub fn try_recv(&mut self) -> Option<Gift<D>> {
        self.inbox.try_take()
    }

    /// [`Gifts::recv`] for threads without async: blocks the thread.
    pub fn blocking_recv(&mut self) -> Option<Gift<D>> {
        pollster::block_on(self.recv())
    }
}

impl<D> Clone for Heir<D> {
    fn clone(&self) -> Self {
        self.inbox.one_giver_more();
        Self { owner: self.owner, owning: self.owning.clone(), inbox: self.inbox.clone() }
    }
}

impl<D> Drop for Heir<D> {
    fn drop(&mut self) {
        self.inbox.one_giver_less();
    }
}

impl<D> Drop for Gifts<D> {
    fn drop(&mut self) {
        drop(self.inbox.close());
    }
}

impl<D> fmt::Debug for Heir<D> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_tuple("Heir").field(&self.owner).finish()
    }
}

impl<D> fmt::Debug for Gifts<D> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_tuple("Gifts").field(&self.owner).finish()
    }
}
