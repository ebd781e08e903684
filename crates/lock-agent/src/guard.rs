//! What one holds in hand: a lock, and the truth about it.

use std::fmt;
use std::sync::Arc;

use lock_core::{Mode, Object, Token};

use crate::shared::{Mark, Shared};

/// A lock of a transaction.
///
/// A guard is a witness, not an owner: dropping it releases nothing. Locks belong to their
/// transaction and are held until it ends or gives them back (strict two-phase locking), so
/// `tx.lock(…).await?;` keeps the lock even if the guard is not kept.
///
/// A guard never lies. If the transaction had to surrender the lock while it waited for
/// another one, the guard says that it is not held until it is granted again, with a new token.
#[derive(Clone)]
pub struct Guard {
    shared: Arc<Shared>,
    object: Object,
    mode: Mode,
    first: Token,
}

impl Guard {
    pub(crate) fn new(shared: Arc<Shared>, object: Object, mode: Mode, first: Token) -> Self {
        Self { shared, object, mode, first }
    }

    /// What is locked.
    pub fn object(&self) -> &Object {
        &self.object
    }

    /// How it was asked for. The guard speaks of this mode: after a downgrade, the guard of the write is not held.
    pub fn mode(&self) -> Mode {
        self.mode
    }

    /// The fencing token of the current grant, to be handed to the resource; `None` while there is none.
    ///
    /// If a lock above this one covers it, it is that lock's token.
    pub fn token(&self) -> Option<Token> {
        let token = self.shared.node().token(self.shared.tx, &self.object, self.mode, self.shared.incarnation());
        // Asked last: when `run` tries again, the next transaction of the same age may have the object.
        token.filter(|_| !self.shared.is_marked(Mark::Over))
    }

    /// The token of the grant that made this guard; smaller than the current one if the lock was
    /// surrendered and granted again since.
    pub fn first_token(&self) -> Token {
        self.first
    }

    /// Whether the transaction has the lock now, in this mode or a stronger one. Looks into the table.
    pub fn is_held(&self) -> bool {
        self.token().is_some()
    }

    /// Whether the grant that made this guard is still the current one: nobody else can have changed what it protects.
    /// A conversion is a new grant, so after one ask the guard that it gave.
    pub fn is_unbroken(&self) -> bool {
        self.token() == Some(self.first)
    }
}

impl fmt::Debug for Guard {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Guard")
            .field("tx", &self.shared.tx)
            .field("object", &self.object)
            .field("mode", &self.mode)
            .field("token", &self.token())
            .finish_non_exhaustive()
    }
}
