//! Small sets of transactions and of nodes.

use lock_core::TxId;

/// Some transactions; a world has few.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) struct TxSet(u64);

/// Some nodes, counted from 0.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) struct NodeSet(u64);

impl TxSet {
    pub(super) fn of(tx: TxId) -> Self {
        assert!(tx.0 < 64, "a world has few transactions");
        Self(1 << tx.0)
    }

    pub(super) fn contains(self, tx: TxId) -> bool {
        self.meets(Self::of(tx))
    }

    pub(super) fn is_empty(self) -> bool {
        self.0 == 0
    }

    pub(super) fn len(self) -> usize {
        self.0.count_ones() as usize
    }

    pub(super) fn meets(self, other: Self) -> bool {
        self.0 & other.0 != 0
    }

    pub(super) fn and(self, other: Self) -> Self {
        Self(self.0 & other.0)
    }

    pub(super) fn or(self, other: Self) -> Self {
        Self(self.0 | other.0)
    }

    pub(super) fn without(self, other: Self) -> Self {
        Self(self.0 & !other.0)
    }

    pub(super) fn remove(&mut self, tx: TxId) {
        *self = self.without(Self::of(tx));
    }

    /// The members, the oldest first.
    pub(super) fn iter(self) -> impl Iterator<Item = TxId> {
        let mut left = self.0;
        std::iter::from_fn(move || {
            let next = (left != 0).then(|| TxId(u64::from(left.trailing_zeros())));
            left &= left.wrapping_sub(1);
            next
        })
    }

    /// The members that are not older than this one.
    pub(super) fn from(self, tx: TxId) -> Self {
        Self(self.0 & (u64::MAX << tx.0))
    }

    /// All subsets with that many members.
    pub(super) fn subsets(self, members: usize) -> impl Iterator<Item = Self> {
        let all = self.0;
        let mut next = Some(0_u64);
        std::iter::from_fn(move || {
            let subset = next?;
            let following = subset.wrapping_sub(all) & all;
            next = (following != 0).then_some(following);
            Some(Self(subset))
        })
        .filter(move |subset| subset.len() == members)
    }
}

impl FromIterator<TxId> for TxSet {
    fn from_iter<I: IntoIterator<Item = TxId>>(members: I) -> Self {
        members.into_iter().fold(Self::default(), |set, tx| set.or(Self::of(tx)))
    }
}

impl NodeSet {
    /// The first nodes, so many.
    pub(crate) fn first(nodes: usize) -> Self {
        Self((1 << nodes) - 1)
    }

    pub(crate) fn contains(self, node: usize) -> bool {
        self.0 >> node & 1 == 1
    }

    pub(crate) fn len(self) -> usize {
        self.0.count_ones() as usize
    }

    pub(crate) fn and(self, other: Self) -> Self {
        Self(self.0 & other.0)
    }

    pub(crate) fn or(self, other: Self) -> Self {
        Self(self.0 | other.0)
    }

    pub(crate) fn remove(&mut self, node: usize) {
        self.0 &= !(1 << node);
    }

    pub(crate) fn iter(self) -> impl Iterator<Item = usize> {
        (0..64).filter(move |node| self.contains(*node))
    }
}

impl FromIterator<usize> for NodeSet {
    fn from_iter<I: IntoIterator<Item = usize>>(nodes: I) -> Self {
        Self(nodes.into_iter().fold(0, |set, node| set | 1 << node))
    }
}
