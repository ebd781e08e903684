//! What a guard says of what it holds.

use lock_core::{ClaimError, Mode, Object, Token, TxId};

use super::Seat;
use crate::Guard;

/// A seat whose call was granted, and the witness of that.
pub(crate) struct Held {
    pub(crate) witness: Guard,
    pub(crate) seat: Seat,
}

impl Held {
    /// # Errors
    /// It was released by name before its call came back.
    pub(crate) fn granted(witness: Guard, mut seat: Seat) -> Result<Self, ClaimError> {
        seat.granted()?;
        Ok(Self { witness, seat })
    }

    pub(crate) fn owner(&self) -> TxId {
        self.seat.owner()
    }

    pub(crate) fn object(&self) -> &Object {
        self.witness.object()
    }

    pub(crate) fn mode(&self) -> Mode {
        self.witness.mode()
    }

    /// The witness alone would speak of what the owner has locked again since it was given back over the head of this one.
    pub(crate) fn token(&self) -> Option<Token> {
        self.witness.token().filter(|_| self.seat.is_current())
    }

    pub(crate) fn is_unbroken(&self) -> bool {
        self.seat.is_current() && self.witness.is_unbroken()
    }
}
