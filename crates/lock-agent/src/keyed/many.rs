//! Many keys in one step.

use std::borrow::Borrow;
use std::collections::BTreeMap;
use std::hash::Hash;
use std::pin::pin;
use std::time::Duration;

use lock_core::{Claim, Mode, Object};
use serde::Serialize;

use super::errors::{KeyLockError, LockAllError, TryAllError};
use super::key_guard::KeyGuard;
use super::keyed_mutex::KeyedMutex;
use super::owner::Owner;
use crate::Guard;
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
        self.wait_for_all(owner, objects, Mode::Write).await
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
        self.wait_so_long_for_all(owner, objects, Mode::Write, within).await
    }

    /// Locks many keys for reading in one atomic step, and waits for them all. As [`KeyedMutex::lock_all`].
    ///
    /// # Cancel safety
    /// As [`KeyedMutex::lock_all`].
    ///
    /// # Errors
    /// As [`KeyedMutex::lock_all`].
    pub async fn read_all<'k, Q>(
        &self,
        owner: &Owner,
        keys: impl IntoIterator<Item = &'k Q>,
    ) -> Result<Vec<KeyGuard>, LockAllError>
    where
        K: Borrow<Q>,
        Q: Hash + Eq + Serialize + ?Sized + 'k,
    {
        let objects = self.objects(keys)?;
        self.wait_for_all(owner, objects, Mode::Read).await
    }

    /// Locks many keys for reading in one atomic step, but waits no longer than that for all of them.
    ///
    /// # Cancel safety
    /// As [`KeyedMutex::lock_all`].
    ///
    /// # Errors
    /// As [`KeyedMutex::lock_all_timeout`].
    ///
    /// # Panics
    /// If the caller's Tokio runtime has no timer.
    pub async fn read_all_timeout<'k, Q>(
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
        self.wait_so_long_for_all(owner, objects, Mode::Read, within).await
    }

    /// Locks many keys in one atomic step if all of them can be had at once; passes nobody who waits. Never waits.
    ///
    /// # Errors
    /// [`TryAllError::Busy`] names one of them and who has it; else as [`KeyedMutex::lock_all`]. Nothing has changed then.
    pub fn try_lock_all<'k, Q>(
        &self,
        owner: &Owner,
        keys: impl IntoIterator<Item = &'k Q>,
    ) -> Result<Vec<KeyGuard>, TryAllError>
    where
        K: Borrow<Q>,
        Q: Hash + Eq + Serialize + ?Sized + 'k,
    {
        let objects = self.objects(keys)?;
        self.attempt_all(owner, objects, Mode::Write)
    }

    /// Locks many keys for reading in one atomic step if all of them can be had at once. Never waits.
    ///
    /// # Errors
    /// As [`KeyedMutex::try_lock_all`].
    pub fn try_read_all<'k, Q>(
        &self,
        owner: &Owner,
        keys: impl IntoIterator<Item = &'k Q>,
    ) -> Result<Vec<KeyGuard>, TryAllError>
    where
        K: Borrow<Q>,
        Q: Hash + Eq + Serialize + ?Sized + 'k,
    {
        let objects = self.objects(keys)?;
        self.attempt_all(owner, objects, Mode::Read)
    }

    async fn wait_for_all(
        &self,
        owner: &Owner,
        objects: Vec<Object>,
        mode: Mode,
    ) -> Result<Vec<KeyGuard>, LockAllError> {
        if objects.is_empty() {
            return Ok(Vec::new());
        }
        let seats = self.seats(owner, &objects, mode)?;
        let claims = objects.into_iter().map(|object| Claim::new(object, mode)).collect();
        let witnesses = owner.owning.tx.lock_many_counted(claims).await.map_err(KeyLockError::from)?;
        Ok(guards(witnesses, seats)?)
    }

    async fn wait_so_long_for_all(
        &self,
        owner: &Owner,
        objects: Vec<Object>,
        mode: Mode,
        within: Duration,
    ) -> Result<Vec<KeyGuard>, LockAllError> {
        let wanted = objects.clone();
        let mut waits = pin!(self.wait_for_all(owner, objects, mode));
        match lock_server::spawn(|| tokio::time::timeout(within, waits.as_mut())).await {
            Ok(locked) => locked,
            // Looks before the requests are withdrawn, with the future.
            Err(_) => Err(elapsed(owner, &wanted, mode, within)),
        }
    }

    fn attempt_all(&self, owner: &Owner, objects: Vec<Object>, mode: Mode) -> Result<Vec<KeyGuard>, TryAllError> {
        let seats = self.seats(owner, &objects, mode).map_err(LockAllError::from)?;
        let claims = objects.into_iter().map(|object| (object, mode));
        Ok(guards(owner.owning.tx.try_lock_many(claims)?, seats).map_err(LockAllError::from)?)
    }

    fn seats(&self, owner: &Owner, objects: &[Object], mode: Mode) -> Result<Vec<Seat>, KeyLockError> {
        Ok(owner.owning.enter_all(objects, mode, self.rules_for(owner)?)?)
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

fn guards(witnesses: Vec<Guard>, seats: Vec<Seat>) -> Result<Vec<KeyGuard>, KeyLockError> {
    let guards = witnesses.into_iter().zip(seats).map(|(witness, seat)| KeyGuard::granted(witness, seat));
    Ok(guards.collect::<Result<_, _>>()?)
}

/// Names the first that is not granted, and who has it.
fn elapsed(owner: &Owner, wanted: &[Object], mode: Mode, within: Duration) -> LockAllError {
    let tx = &owner.owning.tx;
    let missing = wanted.iter().find(|object| !tx.holds(object, mode)).or(wanted.first());
    let Some(object) = missing.cloned() else { unreachable!("nothing at all is had at once") };
    let holders = tx.not_held(&object).holders;
    LockAllError::Elapsed { owner: owner.id(), count: wanted.len(), within, object, holders }
}
