//! Handing a lock over to another transaction, and whether two are of the same node.

use std::sync::Arc;

use lock_core::Object;

use super::{Home, Transaction};
use crate::locks::{self, Locks};
use crate::{Guard, HandOverError};

impl Transaction {
    /// Makes a lock that this transaction has one of another transaction, in the same mode and with a new token. It is never
    /// free in between: who waits for it goes on waiting, in the same line. The heir gives it back, or its end does. Never waits.
    ///
    /// A deadlock that this closes, because the heir waits for somebody in that line, is resolved before the call returns.
    ///
    /// # Errors
    /// [`HandOverError`]: this transaction does not have it (says who has), the heir has it or waits for it already, one of the
    /// two is over, they are of different nodes, or they live in a cluster. Nothing has changed then.
    ///
    /// # Examples
    /// ```
    /// # use lock_agent::{Locks, Mode};
    /// # #[tokio::main(flavor = "current_thread")]
    /// # async fn main() -> Result<(), Box<dyn std::error::Error>> {
    /// let locks = Locks::local();
    /// let (giver, heir) = (locks.begin().await, locks.begin().await);
    /// let before = giver.lock("jobs/7", Mode::Write).await?;
    /// let after = giver.hand_over(&"jobs/7".parse()?, &heir)?;
    /// assert!(after.is_held() && !before.is_held());
    /// assert!(after.first_token() > before.first_token());
    /// # Ok(())
    /// # }
    /// ```
    pub fn hand_over(&self, object: &Object, heir: &Self) -> Result<Guard, HandOverError> {
        let (Home::Here(giver), Home::Here(taker)) = (&self.home, &heir.home) else {
            return Err(HandOverError::InACluster { object: object.clone() });
        };
        if !Arc::ptr_eq(giver.shared.node(), taker.shared.node()) {
            return Err(HandOverError::OtherNode { object: object.clone(), to: heir.id() });
        }
        giver.hand_over(object, taker)
    }

    /// Whether it began at these locks' node.
    pub(crate) fn is_of(&self, locks: &Locks) -> bool {
        match (&self.home, locks.home()) {
            (Home::Here(here), locks::Home::Here(handle)) => Arc::ptr_eq(here.shared.node(), &handle.node),
            (Home::Far(far), locks::Home::Far(member)) => far.is_of(member),
            _ => false,
        }
    }
}
