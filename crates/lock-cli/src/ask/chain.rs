//! Who is in a transaction's way, who in theirs, and so on: put together from what nodes tell, question by question.

use std::collections::{BTreeMap, BTreeSet, VecDeque};

use lock_core::{Arrow, HomeRow, NodeId, Status, TxId};
use lock_server::{WaitsRow, WaitsView};
use serde::Serialize;

/// What is known of the waits that can be reached from one transaction.
#[derive(Debug)]
pub(super) struct Chain {
    first: TxId,
    nodes: Vec<NodeId>,
    known: BTreeMap<TxId, Link>,
    asked: BTreeSet<(NodeId, TxId)>,
}

/// One transaction of a chain.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub(super) struct Link {
    pub(super) tx: TxId,
    /// Where it lives, as far as anybody has told.
    pub(super) home: Option<NodeId>,
    /// How it stands, told by its home.
    pub(super) status: Option<Status>,
    /// What it still needs, told by its home.
    pub(super) needs: Option<HomeRow>,
    /// Who is in its way, and where.
    pub(super) blocked: Vec<Blocked>,
}

/// One arrow, with the node that told of it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub(super) struct Blocked {
    pub(super) node: NodeId,
    /// For how long it has waited there.
    pub(super) waited_ms: u64,
    pub(super) arrow: Arrow,
}

impl Chain {
    /// How many transactions are followed.
    pub(super) const LONGEST: usize = 1_000;

    pub(super) fn new(first: TxId, nodes: Vec<NodeId>) -> Self {
        let known = BTreeMap::from([(first, Link::new(first))]);
        Self { first, nodes, known, asked: BTreeSet::new() }
    }

    /// Whom to ask about whom, now. Nobody, when all is known that can be.
    pub(super) fn questions(&mut self) -> BTreeMap<NodeId, Vec<TxId>> {
        let mut questions: BTreeMap<NodeId, Vec<TxId>> = BTreeMap::new();
        for (tx, link) in &self.known {
            for node in link.tellers(&self.nodes) {
                if self.asked.insert((node.clone(), *tx)) {
                    questions.entry(node.clone()).or_default().push(*tx);
                }
            }
        }
        questions
    }

    /// What a node has answered.
    pub(super) fn take(&mut self, view: WaitsView) {
        let WaitsView { node, now, rows, homes } = view;
        for row in rows {
            let blockers: Vec<TxId> = row.arrows.iter().map(|arrow| arrow.blocker).collect();
            if let Some(link) = self.known.get_mut(&row.tx) {
                link.take(&node, now.0, row);
            }
            for tx in blockers {
                if self.known.len() < Self::LONGEST {
                    self.known.entry(tx).or_insert_with(|| Link::new(tx));
                }
            }
        }
        for (tx, home) in homes {
            if let Some(link) = self.known.get_mut(&tx) {
                link.home.get_or_insert(home);
            }
        }
    }

    /// Whether any node knows the transaction that it is about.
    pub(super) fn is_about_somebody(&self) -> bool {
        self.known.get(&self.first).is_some_and(|link| link.home.is_some() || !link.blocked.is_empty())
    }

    /// Whether there are more than can be followed.
    pub(super) fn is_cut(&self) -> bool {
        self.known.len() >= Self::LONGEST
    }

    /// Everybody in it, the nearest first.
    pub(super) fn links(&self) -> Vec<&Link> {
        let (mut open, mut met) = (VecDeque::from([self.first]), BTreeSet::from([self.first]));
        let mut links = Vec::new();
        while let Some(link) = open.pop_front().and_then(|tx| self.known.get(&tx)) {
            open.extend(link.blockers().filter(|blocker| met.insert(*blocker)));
            links.push(link);
        }
        links
    }

    /// Those at its ends: they wait for nobody.
    pub(super) fn ends(&self) -> Vec<TxId> {
        self.links().into_iter().filter(|link| link.blocked.is_empty()).map(|link| link.tx).collect()
    }

    /// A circle, the shortest through the nearest: through the transaction itself, or one that it waits for.
    pub(super) fn circle(&self) -> Option<Vec<TxId>> {
        self.links().into_iter().find_map(|link| self.circle_through(link.tx))
    }

    fn circle_through(&self, start: TxId) -> Option<Vec<TxId>> {
        let (mut open, mut came_from) = (VecDeque::from([start]), BTreeMap::new());
        while let Some(tx) = open.pop_front() {
            for blocker in self.known.get(&tx).into_iter().flat_map(Link::blockers) {
                if blocker == start {
                    let back = std::iter::successors(Some(tx), |tx| came_from.get(tx).copied());
                    let mut circle: Vec<TxId> = back.collect();
                    circle.reverse();
                    return Some(circle);
                }
                if let std::collections::btree_map::Entry::Vacant(free) = came_from.entry(blocker) {
                    free.insert(tx);
                    open.push_back(blocker);
                }
            }
        }
        None
    }
}

impl Link {
    fn new(tx: TxId) -> Self {
        Self { tx, home: None, status: None, needs: None, blocked: Vec::new() }
    }

    /// Who can tell of it: its home, and the nodes that it waits at; everybody, as long as its home is not known.
    fn tellers<'a>(&'a self, nodes: &'a [NodeId]) -> BTreeSet<&'a NodeId> {
        let Some(home) = &self.home else { return nodes.iter().collect() };
        let waits = self.needs.iter().flat_map(|needs| &needs.unmet).flat_map(|unmet| &unmet.waits);
        waits.map(|(node, _)| node).chain([home]).collect()
    }

    fn take(&mut self, node: &NodeId, now: u64, row: WaitsRow) {
        let WaitsRow { home, status, needs, arrows, .. } = row;
        self.home = self.home.take().or(home);
        self.status = self.status.take().or(status);
        self.needs = self.needs.take().or(needs);
        let blocked = |arrow: Arrow| {
            let waited_ms = now.saturating_sub(arrow.since.0);
            Blocked { node: node.clone(), waited_ms, arrow }
        };
        self.blocked.extend(arrows.into_iter().map(blocked));
    }

    fn blockers(&self) -> impl Iterator<Item = TxId> {
        self.blocked.iter().map(|blocked| blocked.arrow.blocker)
    }

    /// Whether it waits, as far as anybody has told.
    pub(super) fn waits(&self) -> bool {
        !self.blocked.is_empty() || self.needs.as_ref().is_some_and(|needs| !needs.unmet.is_empty())
    }
}

#[cfg(test)]
mod tests {
    use lock_core::{ArrowKind, Millis, Mode};

    use super::*;

    fn arrow(waiter: u64, blocker: u64) -> Arrow {
        let object: lock_core::Object = "a".parse().expect("an object");
        Arrow {
            waiter: TxId(waiter),
            wants: object.clone(),
            wanted: Mode::Write,
            since: Millis(100),
            blocker: TxId(blocker),
            blocking: object,
            blocking_mode: Mode::Write,
            kind: ArrowKind::Hard,
            token: None,
        }
    }

    /// A node tells that a transaction lives there, and who is in its way in its own table.
    fn told(node: &str, tx: u64, blockers: &[(u64, &str)]) -> WaitsView {
        let arrows = blockers.iter().map(|(blocker, _)| arrow(tx, *blocker)).collect();
        let homes = blockers.iter().map(|(blocker, home)| (TxId(*blocker), NodeId::new(home))).collect();
        let home = Some(NodeId::new(node));
        let row = WaitsRow { tx: TxId(tx), home, status: Some(Status::Waiting), needs: None, arrows };
        WaitsView { node: NodeId::new(node), now: Millis(350), rows: vec![row], homes }
    }

    fn chain(tx: u64) -> Chain {
        Chain::new(TxId(tx), ["n1", "n2"].map(NodeId::new).to_vec())
    }

    fn asked(chain: &mut Chain) -> Vec<(String, Vec<u64>)> {
        let questions = chain.questions().into_iter();
        questions.map(|(node, txs)| (node.to_string(), txs.iter().map(|tx| tx.0).collect())).collect()
    }

    #[test]
    fn whoever_may_know_is_asked_and_nobody_twice() {
        let mut chain = chain(1);
        assert_eq!(asked(&mut chain), [("n1".to_owned(), vec![1]), ("n2".to_owned(), vec![1])]);
        chain.take(told("n1", 1, &[(2, "n2")]));
        assert_eq!(asked(&mut chain), [("n2".to_owned(), vec![2])]);
        chain.take(told("n2", 2, &[]));
        assert_eq!(asked(&mut chain), []);
        assert_eq!((chain.circle(), chain.ends()), (None, vec![TxId(2)]));
        assert_eq!(chain.links()[0].blocked[0].waited_ms, 250);
    }

    #[test]
    fn a_circle_is_told_from_a_way_into_one() {
        let mut ring = chain(1);
        ring.questions();
        ring.take(told("n1", 1, &[(2, "n2")]));
        ring.take(told("n2", 2, &[(1, "n1")]));
        assert_eq!(ring.circle(), Some(vec![TxId(1), TxId(2)]));

        let mut outside = chain(9);
        outside.questions();
        outside.take(told("n1", 9, &[(1, "n1")]));
        outside.take(told("n1", 1, &[(2, "n2")]));
        outside.take(told("n2", 2, &[(1, "n1")]));
        assert_eq!(outside.circle(), Some(vec![TxId(1), TxId(2)]), "it waits for a circle, and is not in it");
    }

    #[test]
    fn whom_nobody_knows_is_nobody() {
        let mut chain = chain(7);
        chain.questions();
        let row = WaitsRow { tx: TxId(7), home: None, status: None, needs: None, arrows: Vec::new() };
        chain.take(WaitsView { node: NodeId::new("n1"), now: Millis(1), rows: vec![row], homes: Vec::new() });
        assert!(!chain.is_about_somebody());
    }
}
