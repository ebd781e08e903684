//! Numbers that a seed decides.

use std::collections::BTreeMap;

use lock_core::TxId;

/// A splitmix64 generator: the same seed gives the same numbers everywhere, for ever.
#[derive(Clone, Debug)]
pub(crate) struct Seeded(u64);

impl Seeded {
    pub(crate) fn new(seed: u64) -> Self {
        Self(seed)
    }

    pub(crate) fn next(&mut self) -> u64 {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mut mixed = self.0;
        mixed = (mixed ^ (mixed >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        mixed = (mixed ^ (mixed >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        mixed ^ (mixed >> 31)
    }

    /// A number below the bound, which must not be zero.
    pub(crate) fn below(&mut self, bound: usize) -> usize {
        usize::try_from(self.next() % bound as u64).expect("a number below a usize is one")
    }

    /// An order of steps that keeps the order within each transaction, by their indices.
    pub(crate) fn interleave(&mut self, steps: impl IntoIterator<Item = TxId>) -> Vec<usize> {
        let mut left: BTreeMap<TxId, Vec<usize>> = BTreeMap::new();
        for (index, tx) in steps.into_iter().enumerate() {
            left.entry(tx).or_default().insert(0, index);
        }
        let mut order = Vec::new();
        while !left.is_empty() {
            let chosen = self.below(left.len());
            order.extend(left.values_mut().nth(chosen).and_then(Vec::pop));
            left.retain(|_, indices| !indices.is_empty());
        }
        order
    }
}
