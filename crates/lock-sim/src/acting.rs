//! How a story's action is done on a transaction as programs hold it.

use lock_agent::{ClaimError, Status, Transaction, TryError};

use crate::{Action, Refusal};

/// Does one thing, as a program would.
///
/// # Errors
/// What the transaction says of it, if it is refused.
pub(crate) fn act(transaction: &Transaction, action: &Action) -> Result<(), Refusal> {
    let refuse = |error: &dyn std::fmt::Display| Refusal(error.to_string());
    match action {
        Action::Lock(claims) => transaction.lock_many_nowait(claims.iter().cloned()).map_err(|error| refuse(&error)),
        Action::LockOn(claim) => transaction.lock_nowait(claim.clone()).map_err(|error| refuse(&error)),
        Action::Try(object, mode) => match transaction.try_lock(object, *mode) {
            Ok(_) | Err(TryError::Refused(_) | TryError::Asked { .. } | TryError::Elsewhere { .. }) => Ok(()),
            Err(error) => Err(refuse(&error)),
        },
        Action::Unlock(object) => transaction.unlock(object).map_err(|error| refuse(&error)),
        Action::Downgrade(object) => transaction.downgrade(object).map_err(|error| refuse(&error)),
        Action::Surrender(object) => transaction.surrender(object).map(drop).map_err(|error| refuse(&error)),
        Action::Saw => match transaction.info().status {
            Status::Ended | Status::Aborted => {
                let over = pollster::block_on(transaction.await_all()).err();
                Err(over.map_or_else(|| Refusal("ended".to_owned()), |error: ClaimError| refuse(&error)))
            }
            _ => Ok(()),
        },
        Action::End | Action::Drop => transaction.try_end().map_err(|error| refuse(&error)),
    }
}
