//! Tasks with names: started under a unique key, found by it, forgotten when they end.

use std::borrow::Borrow;
use std::collections::HashMap;
use std::fmt;
use std::hash::Hash;
use std::sync::Arc;

use lock_core::{IntoObject, InvalidObject, Object, TxId};
use parking_lot::Mutex;
use serde::Serialize;
use thiserror::Error;
use tokio::task::JoinHandle;

use super::errors::KeyTryError;
use super::key::KeyError;
use super::key_guard::KeyGuard;
use super::keyed_mutex::KeyedMutex;
use super::owner::Owner;
use crate::Guard;

/// Why no task was started.
#[derive(Clone, Debug, PartialEq, Eq, Error)]
#[non_exhaustive]
pub enum NameError {
    /// Another one has the name.
    #[error("the name {name} is taken by {by}")]
    Taken {
        /// The name, as an object.
        name: Object,
        /// Who has it.
        by: TxId,
    },
    /// It is no key.
    #[error(transparent)]
    Key(#[from] KeyError),
    /// The name could not be locked.
    #[error(transparent)]
    Lock(KeyTryError),
}

/// Names of tasks. A name is a key of a [`KeyedMutex`], locked while its task runs, and leads to an address: a channel to
/// the task, a handle to stop it, whatever its callers need.
///
/// A name is free again when its task returns, fails, panics or is aborted, before whoever awaits the task is told.
///
/// ```
/// use lock_agent::{Locks, Names};
/// use tokio::sync::mpsc;
/// # #[tokio::main(flavor = "current_thread")]
/// # async fn main() -> Result<(), Box<dyn std::error::Error>> {
/// let locks = Locks::local();
/// let counters = Names::<String, mpsc::Sender<u64>>::new(&locks, "counters")?;
/// let (address, mut sent) = mpsc::channel(8);
/// let task = counters.start("visits", address, async move { sent.recv().await })?;
///
/// let (other, _) = mpsc::channel(8);
/// assert!(counters.start("visits", other, async {}).is_err()); // the name is taken
/// counters.find("visits")?.ok_or("it runs")?.send(7).await?;
/// assert_eq!(task.await?, Some(7));
/// assert!(counters.find("visits")?.is_none());
/// # Ok(())
/// # }
/// ```
pub struct Names<K, V> {
    mutex: KeyedMutex<K>,
    addresses: Addresses<V>,
}

/// The lock says who has a name; this says where to find it.
type Addresses<V> = Arc<Mutex<HashMap<Object, (Guard, V)>>>;

/// A task's name, as long as it runs.
struct Place<V> {
    guard: KeyGuard,
    addresses: Addresses<V>,
}

impl<V> Drop for Place<V> {
    fn drop(&mut self) {
        // Only its own: if the name was released over its head, another task may have it by now.
        let mut addresses = self.addresses.lock();
        let own = |(guard, _): &mut (Guard, V)| guard.first_token() == self.guard.first_token();
        let gone =
            addresses.get_mut(self.guard.object()).is_some_and(own).then(|| addresses.remove(self.guard.object()));
        drop((addresses, gone));
    }
}

impl<K: Hash + Eq + Serialize, V> Names<K, V> {
    /// Names below this one. Another `Names` of the same name takes the same keys, but knows only the addresses of its own.
    ///
    /// # Errors
    /// If the name is none of an object.
    pub fn new(locks: &crate::Locks, name: impl IntoObject) -> Result<Self, InvalidObject> {
        Ok(Self { mutex: KeyedMutex::new(locks, name)?, addresses: Arc::default() })
    }
}

impl<K, V: Clone + Send + 'static> Names<K, V> {
    /// Starts a task under a name, if nobody has it. Never waits.
    ///
    /// It runs on the Tokio runtime of the caller; without one, on a thread of Gordian's.
    ///
    /// # Errors
    /// [`NameError`]; the task was not started then, and is dropped.
    ///
    /// # Panics
    /// If there is no Tokio runtime and the system gives no thread for one.
    pub fn start<Q, F>(&self, key: &Q, address: V, task: F) -> Result<JoinHandle<F::Output>, NameError>
    where
        K: Borrow<Q>,
        Q: Hash + Eq + Serialize + ?Sized,
        F: Future<Output: Send> + Send + 'static,
    {
        let place = self.take(key, address)?;
        Ok(lock_server::spawn(|| {
            tokio::spawn(async move {
                let _place = place;
                task.await
            })
        }))
    }

    fn take<Q>(&self, key: &Q, address: V) -> Result<Place<V>, NameError>
    where
        K: Borrow<Q>,
        Q: Hash + Eq + Serialize + ?Sized,
    {
        let name = self.mutex.object(key)?;
        let owner = Owner::new(&self.mutex.locks);
        let guard = self.mutex.try_lock(&owner, key).map_err(|error| match error.held_by() {
            Some(by) => NameError::Taken { name: name.clone(), by },
            None => NameError::Lock(error),
        })?;
        // That of a task that lost its name is dropped when the map is free again.
        let old = self.addresses.lock().insert(name, (guard.witness(), address));
        drop(old);
        Ok(Place { guard, addresses: self.addresses.clone() })
    }

    /// The address of the task of that name, if one runs. True for that moment only.
    ///
    /// # Errors
    /// [`KeyError`].
    pub fn find<Q>(&self, key: &Q) -> Result<Option<V>, KeyError>
    where
        K: Borrow<Q>,
        Q: Hash + Eq + Serialize + ?Sized,
    {
        let name = self.mutex.object(key)?;
        let found = self.addresses.lock().get(&name).cloned();
        Ok(found.filter(|(guard, _)| guard.is_held()).map(|(_, address)| address))
    }

    /// The mutex whose keys the names are: who waits for a key waits for the end of its task.
    pub fn mutex(&self) -> &KeyedMutex<K> {
        &self.mutex
    }
}

impl<K, V> Clone for Names<K, V> {
    fn clone(&self) -> Self {
        Self { mutex: self.mutex.clone(), addresses: self.addresses.clone() }
    }
}

impl<K, V> fmt::Debug for Names<K, V> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_tuple("Names").field(self.mutex.name()).finish()
    }
}
