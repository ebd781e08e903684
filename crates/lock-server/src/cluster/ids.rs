//! Ids of transactions: different on all nodes without asking, and the older the smaller.

use std::sync::atomic::{AtomicU64, Ordering};
use std::time::{SystemTime, UNIX_EPOCH};

use lock_core::{NodeId, TxId};

/// 41 bits of milliseconds since 2024 (69 years), 10 bits that count within a millisecond, 13 bits of the node. Clocks of
/// nodes that differ make nobody wrong, only somebody older than he is.
#[derive(Debug)]
pub(super) struct TxIds {
    node: u64,
    last: AtomicU64,
}

const NODE_BITS: u32 = 13;
const COUNT_BITS: u32 = 10;
/// 2024-01-01, in milliseconds of Unix time.
const SINCE: u64 = 1_704_067_200_000;

/// The number of a node in the ids of its transactions. Two nodes of a cluster must not have the same.
pub(crate) fn number_of(node: &NodeId) -> u64 {
    // FNV-1a, folded.
    let hash = node
        .as_str()
        .bytes()
        .fold(0xcbf2_9ce4_8422_2325_u64, |hash, byte| (hash ^ u64::from(byte)).wrapping_mul(0x0000_0100_0000_01b3));
    (hash ^ (hash >> 26) ^ (hash >> 51)) & ((1 << NODE_BITS) - 1)
}

/// Milliseconds since 2024 by the clock on the wall.
fn wall_millis() -> u64 {
    let since = SystemTime::now().duration_since(UNIX_EPOCH).map_or(0, |since| since.as_millis());
    u64::try_from(since).unwrap_or(u64::MAX).saturating_sub(SINCE)
}

impl TxIds {
    pub(super) fn new(node: &NodeId) -> Self {
        Self { node: number_of(node), last: AtomicU64::new(0) }
    }

    /// The next one: later than all before, and not before the clock on the wall.
    pub(super) fn next(&self) -> TxId {
        let now = wall_millis() << COUNT_BITS;
        let later = |last: u64| now.max(last + 1);
        let last = self.last.fetch_update(Ordering::Relaxed, Ordering::Relaxed, |last| Some(later(last)));
        let count = later(last.unwrap_or_else(|last| last));
        TxId((count << NODE_BITS) | self.node)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn ids_grow_and_differ_between_nodes() {
        let (one, other) = (TxIds::new(&NodeId::new("n1")), TxIds::new(&NodeId::new("n2")));
        let mut ids: Vec<TxId> = (0..5_000).flat_map(|_| [one.next(), other.next()]).collect();
        let grows = |from: usize| ids.iter().skip(from).step_by(2).is_sorted();
        assert!(grows(0) && grows(1));
        ids.sort_unstable();
        ids.dedup();
        assert_eq!(ids.len(), 10_000);
    }
}
