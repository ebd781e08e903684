//! Claims as users write them.

use lock_core::{Claim, IntoObject, InvalidObject, Mode};

/// A claim on the home node, for the calls that take claims.
///
/// A bad object is told by the call that takes the claim, so claims can be written in a row.
///
/// ```
/// use lock_agent::{Mode, claim};
/// let claims = [claim("accounts/alice", Mode::Write), claim(["accounts", "bob"], Mode::Read)];
/// assert!(claims.iter().all(Result::is_ok));
/// assert!(claim("accounts//bob", Mode::Read).is_err());
/// ```
///
/// # Errors
/// If what is named is no object.
pub fn claim(object: impl IntoObject, mode: Mode) -> Result<Claim, InvalidObject> {
    Ok(Claim::new(object.into_object()?, mode))
}

/// Anything that is a claim, or would be one if its object were valid.
pub trait IntoClaim {
    /// Makes the claim.
    ///
    /// # Errors
    /// If what is named is no object.
    fn into_claim(self) -> Result<Claim, InvalidObject>;
}

impl IntoClaim for Claim {
    fn into_claim(self) -> Result<Claim, InvalidObject> {
        Ok(self)
    }
}

impl IntoClaim for Result<Claim, InvalidObject> {
    fn into_claim(self) -> Result<Claim, InvalidObject> {
        self
    }
}

impl<O: IntoObject> IntoClaim for (O, Mode) {
    fn into_claim(self) -> Result<Claim, InvalidObject> {
        claim(self.0, self.1)
    }
}
