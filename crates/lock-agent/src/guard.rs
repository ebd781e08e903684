//! What one holds in hand: a lock, and the truth about it.

use std::fmt;
use std::sync::Arc;

use lock_core::{Mode, Object, Tenure, Token, TxId};

use crate::far::Far;
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
    holder: Holder,
    object: Object,
    mode: Mode,
    first: Tenure,
}

impl Guard {
    pub(crate) fn here(shared: Arc<Shared>, object: Object, mode: Mode, first: Token) -> Self {
        Self { holder: Holder::Here(shared), object, mode, first: of_one_node(first) }
    }

    pub(crate) fn far(far: Arc<Far>, object: Object, mode: Mode, first: Tenure) -> Self {
        Self { holder: Holder::Far(far), object, mode, first }
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
    /// If a lock above this one covers it, it is that lock's token. Of many nodes it is the largest of their tokens, and unless a majority
    /// has to grant, it may grow while it is held.
    pub fn token(&self) -> Option<Token> {
        Some(self.holder.tenure(&self.object, self.mode)?.token)
    }

    /// The token of the grant that made this guard; smaller than the current one if the lock was
    /// surrendered and granted again since.
    pub fn first_token(&self) -> Token {
        self.first.token
    }

    /// Whether the transaction has the lock now, in this mode or a stronger one. Looks into the table.
    pub fn is_held(&self) -> bool {
        self.token().is_some()
    }

    /// Whether the grant that made this guard is still the current one: nobody else can have changed what it protects.
    /// A conversion is a new grant, so after one ask the guard that it gave.
    pub fn is_unbroken(&self) -> bool {
        self.holder.tenure(&self.object, self.mode).is_some_and(|tenure| tenure.since == self.first.since)
    }
}

/// One node gives each grant a token of its own.
fn of_one_node(token: Token) -> Tenure {
    Tenure { token, since: token.0 }
}

/// Whose it is.
#[derive(Clone)]
enum Holder {
    Here(Arc<Shared>),
    Far(Arc<Far>),
}

impl Holder {
    fn tx(&self) -> TxId {
        match self {
            Self::Here(shared) => shared.tx,
            Self::Far(far) => far.tx,
        }
    }

    fn tenure(&self, object: &Object, mode: Mode) -> Option<Tenure> {
        match self {
            Self::Here(shared) => {
                let token = shared.node().token(shared.tx, object, mode, shared.incarnation());
                // Asked last: when `run` tries again, the next transaction of the same age may have the object.
                token.filter(|_| !shared.is_marked(Mark::Over)).map(of_one_node)
            }
            Self::Far(far) => far.tenure(object, mode),
        }
    }
}

impl fmt::Debug for Guard {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Guard")
            .field("tx", &self.holder.tx())
            .field("object", &self.object)
            .field("mode", &self.mode)
            .field("token", &self.token())
            .finish_non_exhaustive()
    }
}
