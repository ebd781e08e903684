//! Who gives way: a function of the stuck transactions alone.

use std::cmp::Reverse;

use lock_core::{Token, TxId};

use super::QuorumWorld;
use super::circle::{Arrows, ends};
use super::claim::NodeClaimId;
use super::picture::Picture;
use super::rules::Scope;
use super::sets::TxSet;

/// What is done about a deadlock.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum WayOut {
    /// The victim lets go of these grants, or aborts.
    GiveWay { victim: TxId, grants: Vec<InTheWay> },
    /// In every pair the first claim goes ahead of the second from now on.
    Overtake { first: TxId, second: TxId, pairs: Vec<(Waiting, Waiting)> },
}

/// A grant that is in the way, and the claims that it blocks.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct InTheWay {
    pub(super) grant: NodeClaimId,
    pub(super) token: Token,
    pub(super) of: Vec<Waiting>,
}

/// A waiting claim as it was seen: should it line up again, it is another.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Waiting {
    pub(super) id: NodeClaimId,
    pub(super) arrival: u64,
}

impl WayOut {
    /// Who is to act.
    pub(super) fn goes_to(&self) -> TxId {
        match self {
            Self::GiveWay { victim, .. } => *victim,
            Self::Overtake { first, .. } => *first,
        }
    }
}

impl QuorumWorld {
    /// The way out that all who see the same stuck transactions name.
    pub(super) fn way_out(&self, picture: &Picture, stuck: TxSet) -> WayOut {
        let stuck = match self.rules.scope {
            Scope::AllSeen => stuck,
            Scope::Sink => picture.sink(stuck),
        };
        let served = picture.serve_over_grants(stuck);
        if served.left.is_empty() {
            self.somebody_overtakes(picture, &served.line)
        } else {
            self.somebody_gives_way(picture, served.left)
        }
    }

    /// Each member of a circle holds what the one before it waits for: one of them must let go.
    fn somebody_gives_way(&self, picture: &Picture, hard_stuck: TxSet) -> WayOut {
        let hard = |tx| picture.waits_of(tx).fold(TxSet::default(), |all, wait| all.or(wait.hard_by));
        let arrows = Arrows(hard_stuck.iter().map(|tx| (tx, hard(tx).and(hard_stuck))).collect());
        let circle = arrows.canonical_circle(hard_stuck).expect("whoever is hard-stuck waits for one who is");
        let ends = ends(&circle).map(|(before, member)| (self.readiness_to_give_way(member), before, member));
        let (_, before, victim) = ends.min().expect("a circle has members");
        WayOut::GiveWay { victim, grants: self.in_the_way(picture, before, victim) }
    }

    /// Smaller gives way first: by priority, then whose caller knows of nothing it has, then the youngest.
    fn readiness_to_give_way(&self, tx: TxId) -> (i32, bool, Reverse<TxId>) {
        let mut grants = self.node_claims.iter().filter(|claim| claim.tx() == tx).filter_map(|claim| claim.granted);
        (self.transaction(tx).options.priority, grants.any(|grant| grant.told), Reverse(tx))
    }

    /// What one has that another waits for.
    fn in_the_way(&self, picture: &Picture, waiter: TxId, holder: TxId) -> Vec<InTheWay> {
        let mut found: Vec<InTheWay> = Vec::new();
        for wait in picture.waits_of(waiter) {
            let waiting = Waiting { id: wait.id, arrival: wait.arrival };
            for grant in wait.hard.iter().copied().filter(|grant| grant.claim.tx == holder) {
                if let Some(known) = found.iter_mut().find(|known| known.grant == grant) {
                    known.of.push(waiting);
                } else if let Some(token) = self.token(grant) {
                    found.push(InTheWay { grant, token, of: vec![waiting] });
                }
            }
        }
        found.sort_by_key(|one| one.grant);
        found
    }

    pub(super) fn token(&self, id: NodeClaimId) -> Option<Token> {
        Some(self.node_claim(id)?.granted?.token)
    }

    pub(super) fn arrival(&self, id: NodeClaimId) -> Option<u64> {
        Some(self.node_claim(id)?.waiting?.arrival)
    }
}
