//! How much may be claimed of other nodes in one step: what is asked, and what is answered, goes over in one message each.

use lock_core::{Call, Claim, ClaimError, NodeId, TxId};

/// The most bytes that the claims of one call may come to, of those that lie on other nodes.
pub(crate) const LARGEST_BATCH: usize = 14 * 1024 * 1024;
/// What an answer says of a claim besides the object's text, at most: modes, token, place in line.
const STANDING: usize = 32;

/// Whether a call can go to other nodes.
///
/// # Errors
/// [`ClaimError::TooLarge`].
pub(super) fn check(home: &NodeId, tx: TxId, call: &Call) -> Result<(), ClaimError> {
    let Call::Lock(claims) = call else { return Ok(()) };
    let elsewhere = claims.iter().filter(|claim| claim.nodes.iter().any(|node| node != home));
    let bytes: usize = elsewhere.map(bytes).sum();
    if bytes > LARGEST_BATCH {
        return Err(ClaimError::TooLarge { tx, bytes, limit: LARGEST_BATCH });
    }
    Ok(())
}

fn bytes(claim: &Claim) -> usize {
    claim.object.as_str().len() + STANDING
}
