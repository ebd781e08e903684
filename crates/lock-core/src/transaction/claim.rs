//! What a transaction asks.

use serde::{Deserialize, Serialize};

use crate::{Mode, NodeId, Object, Require};

/// What a transaction asks: an object in a mode, on nodes of which so many must grant.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Claim {
    /// The thing to lock.
    pub object: Object,
    /// How.
    pub mode: Mode,
    /// Where. Empty: on the transaction's home node.
    pub nodes: Vec<NodeId>,
    /// How many of the nodes must grant.
    pub require: Require,
}

impl Claim {
    /// A claim on the home node.
    pub fn new(object: Object, mode: Mode) -> Self {
        Self { object, mode, nodes: Vec::new(), require: Require::All }
    }
}

/// Joins claims of the same object to the stronger mode, in the order of first appearance.
pub fn join(claims: impl IntoIterator<Item = (Object, Mode)>) -> Vec<(Object, Mode)> {
    let claims: Vec<(Object, Mode)> = claims.into_iter().collect();
    if all_differ(&claims) {
        return claims;
    }
    let mut joined: Vec<(Object, Mode)> = Vec::new();
    let mut seen = std::collections::BTreeMap::new();
    for (object, mode) in claims {
        let at = *seen.entry(object.clone()).or_insert(joined.len());
        match joined.get_mut(at) {
            Some((_, stronger)) => *stronger = mode.max(*stronger),
            None => joined.push((object, mode)),
        }
    }
    joined
}

/// Whether no object is named twice, which is nearly always so, and cheaper to find than a map is to build.
fn all_differ(claims: &[(Object, Mode)]) -> bool {
    let mut objects: Vec<&Object> = claims.iter().map(|(object, _)| object).collect();
    objects.sort();
    objects.windows(2).all(|pair| pair[0] != pair[1])
}
