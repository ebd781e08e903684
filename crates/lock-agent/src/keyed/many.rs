//! Many keys in one step.

use std::borrow::Borrow;
use std::collections::BTreeMap;
use std::hash::Hash;
use std::time::Duration;

use lock_core::{Mode, Object};
use serde::Serialize;

use super::errors::{KeyLockError, LockAllError};
use super::key_guard::KeyGuard;
use super::keyed_mutex::KeyedMutex;
use super::owner::Owner;
use crate::holdings::Seat;

impl<K> KeyedMutex<K> {
    /// Locks many keys in one atomic step, and waits for them all: owners who do so never deadlock with each other, in
    /// whatever order they name them. Gives the guards in the order of the keys.
    ///
    /// First come, first served; what is free is held from the start.
    ///
    /// # Cancel safety
    /// If the future is dropped while it waits, none of them is held and nothing is left in line.
    ///
    /// # Errors
    /// [`LockAllError::Duplicate`], before anything is locked; else as [`KeyedMutex::lock`], and then none is locked.
    pub async fn lock_all<'k, Q>(
        &self,
        owner: &Owner,
        keys: impl IntoIterator<Item = &'k Q>,
    ) -> Result<Vec<KeyGuard>, LockAllError>
    where
        K: Borrow<Q>,
        Q: Hash + Eq + Serialize + ?Sized + 'k,
    {
        let objects = self.objects(keys)?;
        self.wait_for_all(owner, objects).await
    }

    /// Locks many keys in one atomic step, but waits no longer than that for all of them.
    ///
    /// # Cancel safety
    /// As [`KeyedMutex::lock_all`].
    ///
    /// # Errors
    /// [`LockAllError::Elapsed`]: none of them is held and nothing is left in line, whatever happened in the last moment. Else as
    /// [`KeyedMutex::lock_all`].
    ///
    /// # Panics
    /// If the caller's Tokio runtime has no timer.
    pub async fn lock_all_timeout<'k, Q>(
        &self,
        owner: &Owner,
        keys: impl IntoIterator<Item = &'k Q>,
        within: Duration,
    ) -> Result<Vec<KeyGuard>, LockAllError>
    where
        K: Borrow<Q>,
        Q: Hash + Eq + Serialize + ?Sized + 'k,
    {
        let objects = self.objects(keys)?;
        let count = objects.len();
        let waits = self.wait_for_all(owner, objects);
        let timed = lock_server::spawn(|| tokio::time::timeout(within, waits));
        timed.await.unwrap_or(Err(LockAllError::Elapsed { owner: owner.id(), count, within }))
    }

    async fn wait_for_all(&self, owner: &Owner, objects: Vec<Object>) -> Result<Vec<KeyGuard>, LockAllError> {
        let seats = objects.iter().map(|object| self.seat(owner, object, Mode::Write));
        let seats: Vec<Seat> = seats.collect::<Result<_, _>>()?;
        let claims = objects.into_iter().map(|object| (object, Mode::Write));
        let witnesses = owner.owning.tx.lock_many(claims).await.map_err(KeyLockError::from)?;
        Ok(witnesses.into_iter().zip(seats).map(|(witness, seat)| KeyGuard::new(witness, seat)).collect())
    }

    /// The objects of the keys, of which none is another one or below it.
    fn objects<'k, Q>(&self, keys: impl IntoIterator<Item = &'k Q>) -> Result<Vec<Object>, LockAllError>
    where
        K: Borrow<Q>,
        Q: Hash + Eq + Serialize + ?Sized + 'k,
    {
        let objects: Vec<Object> =
            keys.into_iter().map(|key| self.object(key)).collect::<Result<_, _>>().map_err(KeyLockError::from)?;
        let mut named: BTreeMap<&str, &Object> = BTreeMap::new();
        if let Some(object) = objects.iter().find(|object| named.insert(object.as_str(), object).is_some()) {
            return Err(LockAllError::Duplicate { object: object.clone(), covered_by: object.clone() });
        }
        let covered =
            |object: &Object| object.ancestors().find_map(|above| named.get(above).map(|found| (*found).clone()));
        match objects.iter().find_map(|object| Some((object.clone(), covered(object)?))) {
            Some((object, covered_by)) => Err(LockAllError::Duplicate { object, covered_by }),
            None => Ok(objects),
        }
    }
}
