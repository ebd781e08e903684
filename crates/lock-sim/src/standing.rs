//! How a transaction stands with one object.

use lock_core::{ClaimView, Mode, NodeId, Object};

/// What one transaction has, and wants, of one object at some moment.
///
/// With both modes it waits for a conversion of what it has.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, serde::Serialize, serde::Deserialize)]
pub struct Standing {
    /// The object.
    pub object: Object,
    /// The node that was asked, where it matters: where there are several.
    pub node: Option<NodeId>,
    /// The mode that it has.
    pub granted: Option<Mode>,
    /// The mode that it waits for.
    pub wanted: Option<Mode>,
}

impl From<ClaimView> for Standing {
    fn from(claim: ClaimView) -> Self {
        Self { object: claim.object, node: None, granted: claim.granted, wanted: claim.wanted }
    }
}
