//! Only order stands in the way: whose is changed.

use lock_core::TxId;

use super::QuorumWorld;
use super::circle::{Arrows, ends};
use super::picture::{NodeWait, Picture};
use super::rules::Turning;
use super::sets::TxSet;
use super::way_out::{Waiting, WayOut};

/// The arrows that remain when those waits are left out that are of no use while the line stands.
struct Remaining<'a> {
    picture: &'a Picture,
    line: &'a [TxId],
    arrows: Arrows,
}

impl QuorumWorld {
    /// The one who overtakes goes past the other on all nodes where only order is between them.
    pub(super) fn somebody_overtakes(&self, picture: &Picture, line: &[TxId]) -> WayOut {
        let remaining = Remaining::new(picture, line);
        let turned = match self.rules.turning {
            Turning::CanonicalCircle => remaining.on_the_canonical_circle(),
            Turning::FirstInLine => remaining.first_in_line(),
        };
        let (first, second) = turned.expect("a circle points up the line somewhere, and hard arrows do not");
        WayOut::Overtake { first, second, pairs: self.pairs(&remaining, first, second) }
    }

    fn pairs(&self, remaining: &Remaining<'_>, first: TxId, second: TxId) -> Vec<(Waiting, Waiting)> {
        let pairs = remaining.waits_of(first).flat_map(|wait| {
            let ahead = wait.soft.iter().copied().filter(move |id| id.claim.tx == second);
            ahead.filter_map(|id| {
                let behind = Waiting { id, arrival: self.arrival(id)? };
                Some((Waiting { id: wait.id, arrival: wait.arrival }, behind))
            })
        });
        pairs.collect()
    }
}

impl<'a> Remaining<'a> {
    fn new(picture: &'a Picture, line: &'a [TxId]) -> Self {
        let mut remaining = Self { picture, line, arrows: Arrows::default() };
        let among: TxSet = line.iter().copied().collect();
        let blockers = |tx| remaining.waits_of(tx).fold(TxSet::default(), |all, wait| all.or(wait.by().and(among)));
        remaining.arrows = Arrows(line.iter().map(|tx| (*tx, blockers(*tx))).collect());
        remaining
    }

    fn place(&self, tx: TxId) -> usize {
        self.line.iter().position(|other| *other == tx).expect("whoever is stuck stands in the line")
    }

    fn later(&self, than: TxId) -> TxSet {
        self.line[self.place(than) + 1..].iter().copied().collect()
    }

    /// All but those that wait by a hard arrow on one later in the line.
    fn waits_of(&self, tx: TxId) -> impl Iterator<Item = &'a NodeWait> {
        let later = self.later(tx);
        self.picture.waits_of(tx).filter(move |wait| !wait.hard_by.meets(later))
    }

    /// To whom a transaction points up the line by order alone: to those who come after it.
    fn up_the_line(&self, tx: TxId) -> TxSet {
        self.arrows.from(tx).and(self.later(tx))
    }

    /// The first arrow up the line, from the oldest member of the canonical circle on.
    fn on_the_canonical_circle(&self) -> Option<(TxId, TxId)> {
        let circle = self.arrows.canonical_circle(self.line.iter().copied().collect())?;
        ends(&circle).find(|(waiter, blocker)| self.up_the_line(*waiter).contains(*blocker))
    }

    /// Of all arrows up the line that lie on a circle the one that starts first; of several, that to the oldest.
    fn first_in_line(&self) -> Option<(TxId, TxId)> {
        let on_a_circle = |waiter: TxId| {
            let blockers = self.up_the_line(waiter).iter();
            blockers.filter(move |blocker| self.arrows.reachable(*blocker).contains(waiter))
        };
        self.line.iter().find_map(|waiter| Some((*waiter, on_a_circle(*waiter).next()?)))
    }
}
