//! Claims as users write them.

use lock_core::{Claim, IntoObject, InvalidObject, Mode, NodeId, Require};

use crate::Placement;

/// A claim in the writing, for the calls that take claims: on the home node, unless it says where.
///
/// A bad object is told by the call that takes the claim, so claims can be written in a row.
///
/// ```
/// use lock_agent::{IntoClaim, Mode, Require, claim};
/// let claims = [claim("accounts/alice", Mode::Write), claim(["accounts", "bob"], Mode::Read)];
/// assert!(claims.into_iter().all(|claim| claim.into_claim().is_ok()));
/// assert!(claim("accounts//bob", Mode::Read).into_claim().is_err());
/// let of_three = claim("leader", Mode::Write).on(["n1", "n2", "n3"]).require(Require::Majority);
/// assert_eq!(of_three.into_claim()?.nodes.len(), 3);
/// # Ok::<(), lock_agent::InvalidObject>(())
/// ```
pub fn claim(object: impl IntoObject, mode: Mode) -> Claiming {
    Claiming { claim: object.into_object().map(|object| Claim::new(object, mode)) }
}

/// See [`claim`].
#[derive(Clone, Debug, PartialEq, Eq)]
#[must_use = "nothing is claimed until a call of a transaction takes it"]
pub struct Claiming {
    claim: Result<Claim, InvalidObject>,
}

impl Claiming {
    /// On these nodes, in addition to those named before.
    pub fn on<N: Into<NodeId>>(mut self, nodes: impl IntoIterator<Item = N>) -> Self {
        if let Ok(claim) = &mut self.claim {
            claim.nodes.extend(nodes.into_iter().map(Into::into));
        }
        self
    }

    /// On the nodes that a placement gives it.
    pub fn placed(self, placement: &Placement) -> Self {
        let nodes = self.claim.as_ref().map(|claim| placement.nodes_of(&claim.object)).unwrap_or_default();
        self.on(nodes)
    }

    /// How many of the nodes must grant it; all, if nothing is said.
    pub fn require(mut self, require: Require) -> Self {
        if let Ok(claim) = &mut self.claim {
            claim.require = require;
        }
        self
    }
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

impl IntoClaim for Claiming {
    fn into_claim(self) -> Result<Claim, InvalidObject> {
        self.claim
    }
}

impl IntoClaim for Result<Claim, InvalidObject> {
    fn into_claim(self) -> Result<Claim, InvalidObject> {
        self
    }
}

impl<O: IntoObject> IntoClaim for (O, Mode) {
    fn into_claim(self) -> Result<Claim, InvalidObject> {
        claim(self.0, self.1).into_claim()
    }
}
