//! Who waits on whom, and for which pairs of claims.

use std::collections::{BTreeMap, BTreeSet};

use lock_core::{Arrow, ArrowKind, TxId};

use super::NaiveWorld;
use super::line::Waiter;

/// Every arrow between two transactions, with all the pairs of claims behind it, the foremost
/// first: hard before soft, then by the wanted and the blocking object.
#[derive(Clone, Debug, Default)]
pub(super) struct Arrows(BTreeMap<(TxId, TxId), Vec<Arrow>>);

impl Arrows {
    /// The foremost pair of each arrow.
    pub(super) fn foremost_pairs(&self) -> Vec<Arrow> {
        self.0.values().filter_map(|pairs| pairs.first().cloned()).collect()
    }

    /// The pairs behind an arrow, the foremost first; none if there is no arrow.
    pub(super) fn pairs(&self, waiter: TxId, blocker: TxId) -> &[Arrow] {
        self.0.get(&(waiter, blocker)).map_or(&[], Vec::as_slice)
    }

    /// An arrow is hard if any of its pairs is.
    pub(super) fn kind(&self, waiter: TxId, blocker: TxId) -> Option<ArrowKind> {
        self.pairs(waiter, blocker).first().map(|pair| pair.kind)
    }

    /// On whom a transaction waits, oldest first.
    pub(super) fn blockers(&self, waiter: TxId) -> impl Iterator<Item = TxId> {
        let range = self.0.range((waiter, TxId(0))..=(waiter, TxId(u64::MAX)));
        range.map(|((_, blocker), _)| *blocker)
    }

    /// The arrows that join two of the members.
    pub(super) fn among(&self, members: &BTreeSet<TxId>) -> Self {
        self.filtered(|waiter, blocker| members.contains(&waiter) && members.contains(&blocker))
    }

    /// The hard arrows alone.
    pub(super) fn hard(&self) -> Self {
        self.filtered(|waiter, blocker| self.kind(waiter, blocker) == Some(ArrowKind::Hard))
    }

    /// All that can be reached from a transaction along the arrows, itself included.
    pub(super) fn reachable(&self, from: TxId) -> BTreeSet<TxId> {
        let mut reached = BTreeSet::from([from]);
        let mut next = vec![from];
        while let Some(tx) = next.pop() {
            next.extend(self.blockers(tx).filter(|blocker| reached.insert(*blocker)));
        }
        reached
    }

    /// Of the sets of stuck transactions that all wait on each other and on nobody else who is stuck, the one with the
    /// oldest member. These arrows must be those among the stuck.
    pub(super) fn sink(&self, stuck: &BTreeSet<TxId>) -> BTreeSet<TxId> {
        let is_in_a_sink = |tx: &TxId| self.reachable(*tx).iter().all(|other| self.reachable(*other).contains(tx));
        stuck.iter().copied().find(is_in_a_sink).map_or_else(|| stuck.clone(), |tx| self.reachable(tx))
    }

    fn filtered(&self, keep: impl Fn(TxId, TxId) -> bool) -> Self {
        let kept = self.0.iter().filter(|((waiter, blocker), _)| keep(*waiter, *blocker));
        Self(kept.map(|(ends, pairs)| (*ends, pairs.clone())).collect())
    }
}

impl NaiveWorld {
    /// All arrows as they stand.
    pub(super) fn arrows(&self) -> Arrows {
        let mut arrows: BTreeMap<_, Vec<_>> = BTreeMap::new();
        let waiters = self.waiters();
        for waiter in &waiters {
            for pair in self.hard_pairs(waiter).chain(self.soft_pairs(waiter, &waiters)) {
                arrows.entry((pair.waiter, pair.blocker)).or_default().push(pair);
            }
        }
        for pairs in arrows.values_mut() {
            pairs.sort_by(|one, other| foremost(one).cmp(&foremost(other)));
        }
        Arrows(arrows)
    }

    /// Whether anybody has, or waits ahead for, what conflicts with a waiting claim.
    pub(super) fn has_blockers(&self, waiter: &Waiter<'_>, line: &[Waiter<'_>]) -> bool {
        self.hard_pairs(waiter).next().is_some() || self.soft_pairs(waiter, line).next().is_some()
    }

    /// The granted claims of others that conflict with a waiting one.
    fn hard_pairs(&self, waiter: &Waiter<'_>) -> impl Iterator<Item = Arrow> {
        self.claims.iter().filter_map(|(id, claim)| {
            let grant = claim.granted?;
            waiter.conflicts(id, grant.mode).then(|| Arrow {
                waiter: waiter.id.tx,
                wants: waiter.id.object.clone(),
                wanted: waiter.wait.mode,
                since: waiter.wait.since,
                blocker: id.tx,
                blocking: id.object.clone(),
                blocking_mode: grant.mode,
                kind: ArrowKind::Hard,
                token: Some(grant.token),
            })
        })
    }

    /// The waiting claims of others that conflict with a waiting one and are ahead of it.
    fn soft_pairs(&self, waiter: &Waiter<'_>, line: &[Waiter<'_>]) -> impl Iterator<Item = Arrow> {
        line.iter().filter_map(|other| {
            let blocks = waiter.conflicts(other.id, other.wait.mode) && self.is_ahead(other, waiter);
            blocks.then(|| Arrow {
                waiter: waiter.id.tx,
                wants: waiter.id.object.clone(),
                wanted: waiter.wait.mode,
                since: waiter.wait.since,
                blocker: other.id.tx,
                blocking: other.id.object.clone(),
                blocking_mode: other.wait.mode,
                kind: ArrowKind::Soft,
                token: None,
            })
        })
    }
}

fn foremost(pair: &Arrow) -> (ArrowKind, &lock_core::Object, &lock_core::Object) {
    (pair.kind, &pair.wants, &pair.blocking)
}
