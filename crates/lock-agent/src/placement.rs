//! Which nodes an object lies on, for those who do not want to name them.

use lock_core::{NodeId, Object};

/// Spreads objects over nodes: everybody who has the same nodes comes to the same ones, without asking.
///
/// By rendezvous hashing of an object's first segment, so that what is below it lies where it lies. When a node is added
/// or taken away, only the objects move that lie there.
///
/// The nodes have to be the same for all who lock: who places by those that *he* sees alive may see others than the next one, and both may have the
/// same lock, on different nodes. To go on without a lost node, place on several and require a majority of them.
///
/// ```
/// use lock_agent::{IntoClaim, Mode, Placement, Require, claim};
/// let placement = Placement::over(["n1", "n2", "n3", "n4", "n5"]).replicas(3);
/// let claim = claim("accounts/alice", Mode::Write).placed(&placement).require(Require::Majority);
/// assert_eq!(claim.into_claim()?.nodes.len(), 3);
/// # Ok::<(), lock_agent::InvalidObject>(())
/// ```
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Placement {
    nodes: Vec<NodeId>,
    replicas: usize,
}

impl Placement {
    /// Over these nodes, each object on one of them.
    pub fn over<N: Into<NodeId>>(nodes: impl IntoIterator<Item = N>) -> Self {
        let mut nodes: Vec<NodeId> = nodes.into_iter().map(Into::into).collect();
        nodes.sort_unstable();
        nodes.dedup();
        Self { nodes, replicas: 1 }
    }

    /// Each object on so many of the nodes, or on all if there are fewer.
    pub fn replicas(mut self, count: usize) -> Self {
        self.replicas = count.max(1);
        self
    }

    /// The nodes of an object, the first choice first. None, if there are no nodes.
    pub fn nodes_of(&self, object: &Object) -> Vec<NodeId> {
        let first = object.as_str().split('/').next().unwrap_or_default();
        let mut ranked: Vec<(u64, &NodeId)> = self.nodes.iter().map(|node| (weight(node, first), node)).collect();
        ranked.sort_unstable_by(|one, other| other.cmp(one));
        ranked.into_iter().take(self.replicas).map(|(_, node)| node.clone()).collect()
    }
}

/// The same on every machine and in every version: FNV-1a over both names, mixed as in `SplitMix64`.
fn weight(node: &NodeId, segment: &str) -> u64 {
    let bytes = node.as_str().bytes().chain([0]).chain(segment.bytes());
    let hash = bytes
        .fold(0xcbf2_9ce4_8422_2325_u64, |hash, byte| (hash ^ u64::from(byte)).wrapping_mul(0x0000_0100_0000_01b3));
    let hash = (hash ^ (hash >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
    let hash = (hash ^ (hash >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
    hash ^ (hash >> 31)
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeMap;

    use super::*;

    fn objects() -> impl Iterator<Item = Object> {
        (0..30_000).map(|number| format!("o{number}/part").parse().expect("an object"))
    }

    #[test]
    fn nodes_have_equal_shares() {
        let placement = Placement::over(["n1", "n2", "n3"]);
        let mut shares: BTreeMap<NodeId, u32> = BTreeMap::new();
        objects().for_each(|object| *shares.entry(placement.nodes_of(&object).remove(0)).or_default() += 1);
        assert!(shares.values().all(|share| (9_500..10_500).contains(share)), "{shares:?}");
    }

    #[test]
    fn only_what_lay_on_a_lost_node_moves() {
        let (before, after) = (Placement::over(["n1", "n2", "n3", "n4"]), Placement::over(["n1", "n2", "n4"]));
        for object in objects() {
            let (was, is) = (before.nodes_of(&object).remove(0), after.nodes_of(&object).remove(0));
            assert!(was == is || was == NodeId::new("n3"), "{object} moved from {was} to {is}");
        }
    }

    #[test]
    fn what_is_below_lies_where_the_first_segment_lies() {
        let placement = Placement::over(["n1", "n2", "n3", "n4", "n5"]).replicas(3);
        let nodes = |text: &str| placement.nodes_of(&text.parse().expect("an object"));
        assert_eq!(nodes("db"), nodes("db/users/7"));
        assert_eq!(nodes("db").len(), 3);
        // For ever: other versions place alike.
        assert_eq!(nodes("db"), ["n2", "n5", "n3"].map(NodeId::new));
    }
}
