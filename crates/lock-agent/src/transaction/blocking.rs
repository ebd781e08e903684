//! The calls that wait, for threads without async.

use std::time::Duration;

use lock_core::{Claim, ClaimError, IntoObject, Mode};

use super::{HaveAll, Home, Transaction};
use crate::{Guard, IntoClaim, TimeoutError};

impl Transaction {
    /// [`Transaction::lock`] for threads without async: blocks the thread. Not for async tasks: whom it waits for may
    /// need that thread.
    ///
    /// # Errors
    /// As [`Transaction::lock`].
    pub fn blocking_lock(&self, object: impl IntoObject, mode: Mode) -> Result<Guard, ClaimError> {
        let object = object.into_object()?;
        match &self.home {
            Home::Here(here) => here.blocking_lock(object, mode),
            Home::Far(far) => pollster::block_on(far.lock_one(Claim::new(object, mode))),
        }
    }

    /// [`Transaction::lock_timeout`] for threads without async: blocks the thread.
    ///
    /// # Errors
    /// As [`Transaction::lock_timeout`].
    pub fn blocking_lock_timeout(
        &self,
        object: impl IntoObject,
        mode: Mode,
        within: Duration,
    ) -> Result<Guard, TimeoutError> {
        pollster::block_on(self.lock_timeout(object, mode, within))
    }

    /// [`Transaction::lock_many`] for threads without async: blocks the thread.
    ///
    /// # Errors
    /// As [`Transaction::lock_many`].
    pub fn blocking_lock_many<C: IntoClaim>(
        &self,
        claims: impl IntoIterator<Item = C>,
    ) -> Result<Vec<Guard>, ClaimError> {
        pollster::block_on(self.lock_many(claims))
    }

    /// [`Transaction::await_all`] for threads without async: blocks the thread.
    ///
    /// # Errors
    /// As [`Transaction::await_all`].
    pub fn blocking_await_all(&self) -> Result<HaveAll, ClaimError> {
        pollster::block_on(self.await_all())
    }
}
