//! What one holds in hand: a key, until it is dropped.

use std::fmt;

use lock_core::{ClaimError, Mode, Object, Token, TxId};

use crate::Guard;
use crate::holdings::{Held, Seat};

/// A key that is locked. Dropping it releases the key, and who waits for it has it at once.
///
/// It may be sent to another task; the owner stays the same then. To change the owner, give it away:
/// [`KeyGuard::give_to`], [`KeyedMutex::give_away`](crate::KeyedMutex::give_away).
#[must_use = "a key is released when its guard is dropped"]
pub struct KeyGuard {
    pub(super) held: Held,
}

impl KeyGuard {
    /// Of a call that has a grant.
    pub(super) fn granted(witness: Guard, seat: Seat) -> Result<Self, ClaimError> {
        Ok(Self { held: Held::granted(witness, seat)? })
    }

    pub(super) fn given(witness: Guard, seat: Seat) -> Self {
        Self { held: Held { witness, seat } }
    }

    /// Who has it.
    pub fn owner(&self) -> TxId {
        self.held.owner()
    }

    /// The key, as an object.
    pub fn object(&self) -> &Object {
        self.held.object()
    }

    /// How it was asked for.
    pub fn mode(&self) -> Mode {
        self.held.mode()
    }

    /// The fencing token of the current grant, to be handed to the resource; `None` while it is not held. As [`Guard::token`].
    pub fn token(&self) -> Option<Token> {
        self.held.token()
    }

    /// The token of the grant that made this guard. As [`Guard::first_token`].
    pub fn first_token(&self) -> Token {
        self.held.witness.first_token()
    }

    /// Whether the key is held by this guard now: it was not [released](crate::KeyedMutex::release) over its head, also if its owner has
    /// locked it again since. Looks into the table.
    pub fn is_held(&self) -> bool {
        self.token().is_some()
    }

    /// Whether it was held all the time: nobody else can have changed what it protects. As [`Guard::is_unbroken`].
    pub fn is_unbroken(&self) -> bool {
        self.held.is_unbroken()
    }

    /// What may be kept when the key is given back: it says then that its transaction does not hold the key, until that has locked it again.
    pub fn witness(&self) -> Guard {
        self.held.witness.clone()
    }

    /// Releases the key, as dropping it does.
    pub fn release(self) {
        drop(self);
    }
}

impl fmt::Debug for KeyGuard {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_tuple("KeyGuard").field(&self.held.witness).finish()
    }
}
