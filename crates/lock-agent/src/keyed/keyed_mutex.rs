//! The mutex itself: its name, its options, and who has what.

use std::borrow::Borrow;
use std::fmt;
use std::hash::Hash;
use std::marker::PhantomData;

use lock_core::{IntoObject, InvalidObject, Object, TxId};
use serde::Serialize;

use super::key::{KeyError, Naming, object_of};
use super::owner::Owner;
use crate::{LockInfo, Locks};

/// A mutex for each key.
///
/// A key is any value with `Hash`, `Eq` and `Serialize`, or a path ([`KeyedMutex::paths`]). An [`Owner`] locks it and gets
/// a [`KeyGuard`](crate::KeyGuard), which releases it when it is dropped. First come, first served; who times out or is dropped while it waits passes its
/// turn. A second lock of a key by the same owner is an error, unless the mutex is [re-entrant](KeyedMutex::reentrant). Owners who
/// lock keys in opposite order do not hang: see [`Owner`].
///
/// A key is locked as an object below the name of the mutex, which its text is: equal keys must serialize alike (a `HashMap`,
/// which does not, has no `Hash` either). So mutexes of one name and one [`Locks`] are one mutex, a cheap clone is the same one, and a
/// transaction that locks the name itself has all its keys at once. It speaks of the node that its locks are of: on a cluster,
/// of its home node only.
///
/// ```
/// use lock_agent::{KeyedMutex, Locks, Owner};
/// # #[tokio::main(flavor = "current_thread")]
/// # async fn main() -> Result<(), Box<dyn std::error::Error>> {
/// let locks = Locks::local();
/// let rooms = KeyedMutex::<(String, u32)>::new(&locks, "rooms")?;
/// let key = ("north".to_owned(), 7);
/// let me = Owner::new(&locks);
/// {
///     let guard = rooms.lock(&me, &key).await?;
///     assert_eq!(guard.object().to_string(), r#"rooms/["north",7]"#);
///     assert_eq!(rooms.owner(&key)?, Some(me.id()));
///     assert!(rooms.lock(&me, &key).await.is_err()); // it has it already
/// }
/// assert!(!rooms.is_locked(&key)?);
/// # Ok(())
/// # }
/// ```
pub struct KeyedMutex<K> {
    pub(super) locks: Locks,
    pub(super) name: Object,
    pub(super) naming: Naming,
    pub(super) reentrant: bool,
    keys: PhantomData<fn(&K)>,
}

impl<K: Hash + Eq + Serialize> KeyedMutex<K> {
    /// The mutex of that name, for keys that have nothing to do with each other.
    ///
    /// # Errors
    /// If the name is none of an object.
    pub fn new(locks: &Locks, name: impl IntoObject) -> Result<Self, InvalidObject> {
        Self::of(locks, name, Naming::Values)
    }
}

impl KeyedMutex<Object> {
    /// The mutex of that name, for paths: who has `a` has all below it. Keys may be given as text.
    ///
    /// ```
    /// # use lock_agent::{KeyedMutex, Locks, Owner};
    /// # #[tokio::main(flavor = "current_thread")]
    /// # async fn main() -> Result<(), Box<dyn std::error::Error>> {
    /// # let locks = Locks::local();
    /// let files = KeyedMutex::paths(&locks, "files")?;
    /// let (me, other) = (Owner::new(&locks), Owner::new(&locks));
    /// let _etc = files.lock(&me, "etc").await?;
    /// let busy = files.try_lock(&other, "etc/hosts");
    /// assert!(busy.is_err_and(|error| error.held_by() == Some(me.id())));
    /// # Ok(())
    /// # }
    /// ```
    ///
    /// # Errors
    /// If the name is none of an object.
    pub fn paths(locks: &Locks, name: impl IntoObject) -> Result<Self, InvalidObject> {
        Self::of(locks, name, Naming::Paths)
    }
}

impl<K> KeyedMutex<K> {
    fn of(locks: &Locks, name: impl IntoObject, naming: Naming) -> Result<Self, InvalidObject> {
        let name = name.into_object()?;
        Ok(Self { locks: locks.clone(), name, naming, reentrant: false, keys: PhantomData })
    }

    /// An owner may lock a key again, through this handle: the key is released with the last of its guards. Write on what it
    /// has for reading makes it stronger, and once the guards of the write are gone it is a read again.
    pub fn reentrant(mut self) -> Self {
        self.reentrant = true;
        self
    }

    /// Its name.
    pub fn name(&self) -> &Object {
        &self.name
    }

    /// The object that a key is locked as.
    ///
    /// # Errors
    /// [`KeyError`].
    pub fn object<Q>(&self, key: &Q) -> Result<Object, KeyError>
    where
        K: Borrow<Q>,
        Q: Hash + Eq + Serialize + ?Sized,
    {
        object_of(&self.name, key, self.naming)
    }

    /// Whether anybody has exactly this key, for reading or writing. True for that moment only.
    ///
    /// # Errors
    /// [`KeyError`].
    pub fn is_locked<Q>(&self, key: &Q) -> Result<bool, KeyError>
    where
        K: Borrow<Q>,
        Q: Hash + Eq + Serialize + ?Sized,
    {
        Ok(self.owner(key)?.is_some())
    }

    /// Who has exactly this key; of several readers the oldest. [`KeyedMutex::info`] names all.
    ///
    /// # Errors
    /// [`KeyError`].
    pub fn owner<Q>(&self, key: &Q) -> Result<Option<TxId>, KeyError>
    where
        K: Borrow<Q>,
        Q: Hash + Eq + Serialize + ?Sized,
    {
        Ok(self.info(key)?.holders.first().map(|holder| holder.tx))
    }

    /// Who has exactly this key, and who waits for it, in order.
    ///
    /// # Errors
    /// [`KeyError`].
    pub fn info<Q>(&self, key: &Q) -> Result<LockInfo, KeyError>
    where
        K: Borrow<Q>,
        Q: Hash + Eq + Serialize + ?Sized,
    {
        Ok(self.locks.lock_info(self.object(key)?)?)
    }

    /// Whether an owner is of the same locks.
    pub(super) fn knows(&self, owner: &Owner) -> bool {
        owner.owning.tx.is_of(&self.locks)
    }
}

impl<K> Clone for KeyedMutex<K> {
    fn clone(&self) -> Self {
        let Self { locks, name, naming, reentrant, keys } = self;
        Self { locks: locks.clone(), name: name.clone(), naming: *naming, reentrant: *reentrant, keys: *keys }
    }
}

impl<K> fmt::Debug for KeyedMutex<K> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_tuple("KeyedMutex").field(&self.name).finish()
    }
}
