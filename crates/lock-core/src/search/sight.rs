//! What a look across nodes has gathered, once it is known that somebody is stuck: who, by which arrows, and the way out.

use std::collections::{BTreeMap, BTreeSet};

use super::named::Named;
use super::picture::Picture;
use super::stuck::serve;
use super::way_out::{Decision, Step, ways_out};
use crate::ArrowKind::{Hard, Soft};
use crate::cluster::{Evidence, FarStep, HomeRow, Known, ShapeWriter, write_waits};
use crate::{Arrow, BlockView, Deadlock, NodeId, TxId, WaitView, WayOut};

/// Some who are stuck by themselves, and what is to be done about it.
#[derive(Clone, Debug)]
pub(crate) struct Sight {
    homes: BTreeMap<TxId, HomeRow>,
    lives_at: BTreeMap<TxId, NodeId>,
    /// The arrows among those who are stuck: what waits, and what of others is in its way.
    waits: BTreeMap<(TxId, NodeId), Vec<WaitView>>,
    circle: Vec<Arrow>,
    step: FarStep,
    way_out: WayOut,
}

impl Sight {
    /// How many are dealt with at a time; the others are seen by the next look.
    const AT_ONCE: usize = 16;

    /// All among what is known who are stuck by themselves, and whether anybody would be stuck with those gone who are to
    /// act. Whoever acts looks again itself.
    pub(crate) fn all(known: &Known, lookers: impl IntoIterator<Item = TxId>) -> (Vec<Self>, bool) {
        let mut named = Named::read(known, lookers);
        named.picture.order_by_age();
        let picture = &named.picture;
        let stuck = serve(picture, &vec![true; picture.members.len()], &[Hard, Soft]).left;
        if !stuck.contains(&true) {
            return (Vec::new(), false);
        }
        let decided = ways_out(picture, &stuck, Self::AT_ONCE);
        let leaves_stuck = leaves_stuck(picture, stuck, decided.iter().map(|(_, decision)| decision));
        let sights = decided.iter().map(|(sink, decision)| Self::of(known, &named, sink, decision));
        (sights.collect(), leaves_stuck)
    }

    fn of(known: &Known, named: &Named, sink: &[bool], decision: &Decision) -> Self {
        let members = (0..sink.len()).filter(|member| sink[*member]);
        let stuck: BTreeSet<TxId> = members.map(|member| named.picture.members[member].tx).collect();
        let (step, way_out) = named.step(decision);
        Self {
            homes: stuck.iter().filter_map(|tx| Some((*tx, known.homes.get(tx)?.clone()))).collect(),
            lives_at: stuck.iter().filter_map(|tx| Some((*tx, known.lives_at.get(tx)?.clone()))).collect(),
            waits: arrows_among(known, &stuck),
            circle: named.explain(&decision.circle),
            step,
            way_out,
        }
    }

    /// Whom to ask to see whether it all still stands.
    pub(crate) fn questions(&self) -> impl Iterator<Item = (NodeId, TxId)> {
        let homes = self.lives_at.iter().map(|(tx, node)| (node.clone(), *tx));
        homes.chain(self.waits.keys().map(|(tx, node)| (node.clone(), *tx)))
    }

    /// Whether everything that was seen stands unchanged. Then it all stood together in between: stamps, tokens and
    /// places never come back.
    pub(crate) fn still_stands(&self, again: &Known) -> bool {
        let same_home = |(tx, row): (&TxId, &HomeRow)| again.homes.get(tx) == Some(row);
        let same_waits = |(at, waits): (&(TxId, NodeId), &Vec<WaitView>)| {
            let now = again.waits.get(at).map_or(&[][..], Vec::as_slice);
            waits.iter().all(|wait| now.iter().any(|other| contains(other, wait)))
        };
        self.homes.iter().all(same_home) && self.waits.iter().all(same_waits)
    }

    /// Who is on the circle.
    pub(crate) fn members(&self) -> impl Iterator<Item = TxId> {
        self.circle.iter().map(|arrow| arrow.waiter)
    }

    /// Who is to act.
    pub(crate) fn acts(&self) -> TxId {
        acts(&self.way_out)
    }

    /// Takes down what it saw, and what it means to do.
    pub(crate) fn write_shape(&self, out: &mut ShapeWriter) {
        let Self { homes, lives_at, waits, circle, step, way_out } = self;
        let members: Vec<TxId> = circle.iter().map(|arrow| arrow.waiter).collect();
        out.plain(&(lives_at, members, acts(way_out)));
        out.each(homes.values(), |out, row| row.write_shape(out));
        out.each(waits, |out, ((tx, node), waits)| {
            out.plain(&(tx, node));
            write_waits(waits, node, out);
        });
        step.write_shape(out);
    }

    /// The evidence, for the home of the one who is to act. None, if those who told it contradict each other.
    pub(crate) fn evidence(self) -> Option<(NodeId, Evidence)> {
        let tx = self.acts();
        let home = self.lives_at.get(&tx)?.clone();
        let stamp = self.homes.get(&tx)?.stamp;
        let deadlock = Deadlock { circle: self.circle, way_out: self.way_out };
        let homes = deadlock.members().map(|member| self.lives_at.get(&member).cloned()).collect::<Option<_>>()?;
        Some((home, Evidence { tx, stamp, deadlock, homes, step: self.step }))
    }
}

/// Who is to act.
fn acts(way_out: &WayOut) -> TxId {
    match way_out {
        WayOut::Surrender { victim, .. } | WayOut::Abort { victim } => *victim,
        WayOut::Overtaking { first, .. } => *first,
    }
}

/// Whether a wait still stands, with at least the same in its way.
fn contains(now: &WaitView, before: &WaitView) -> bool {
    (&now.object, now.mode, now.place) == (&before.object, before.mode, before.place)
        && before.blocks.iter().all(|block| now.blocks.contains(block))
}

/// The waits of unmet claims, with what is in their way of those who are stuck.
fn arrows_among(known: &Known, stuck: &BTreeSet<TxId>) -> BTreeMap<(TxId, NodeId), Vec<WaitView>> {
    let mut arrows: BTreeMap<(TxId, NodeId), Vec<WaitView>> = BTreeMap::new();
    for row in stuck.iter().filter_map(|tx| known.homes.get(tx)) {
        for unmet in &row.unmet {
            for (node, place) in &unmet.waits {
                let wait = known.wait(row.tx, node, &unmet.object, *place);
                let stays = |block: &BlockView| !known.is_letting_go(block.tx, node, &block.object);
                let among = |block: &&BlockView| stuck.contains(&block.tx) && stays(block);
                let wait = wait.map(|wait| WaitView {
                    blocks: wait.blocks.iter().filter(among).cloned().collect(),
                    ..wait.clone()
                });
                arrows.entry((row.tx, node.clone())).or_default().extend(wait);
            }
        }
    }
    arrows
}

/// Whether anybody would be stuck even if those who act were gone.
fn leaves_stuck<'a>(picture: &Picture, mut stuck: Vec<bool>, decisions: impl Iterator<Item = &'a Decision>) -> bool {
    for decision in decisions {
        match decision.step {
            Step::GiveWay { victim, .. } => stuck[victim] = false,
            Step::Turn { first, .. } => stuck[first] = false,
        }
    }
    serve(picture, &stuck, &[Hard, Soft]).left.contains(&true)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::cluster::UnmetRow;
    use crate::{ArrowKind, Millis, Mode, Object};

    /// What a peer that talks nonsense says of a transaction: what is missing, what is open, and whether it is in its own way.
    fn told(missing: u32, open: u32, own: Option<ArrowKind>) -> Known {
        let (tx, node, object) = (TxId(1), NodeId::new("n1"), "a".parse::<Object>().expect("an object"));
        let waits: Vec<_> = own.iter().map(|_| (node.clone(), 7)).collect();
        let unmet = vec![UnmetRow { object: object.clone(), missing, waits, open }];
        let row = HomeRow { tx, stamp: 0, priority: 0, told: false, unmet, letting_go: Vec::new(), lost: Vec::new() };
        let mut known = Known::default();
        known.homes.insert(tx, row);
        known.lives_at.insert(tx, node.clone());
        let block = |kind| BlockView { tx, object: object.clone(), mode: Mode::Write, kind, stamp: 1 };
        let wait = |kind| WaitView {
            object: object.clone(),
            mode: Mode::Write,
            place: 7,
            since: Millis(0),
            blocks: vec![block(kind)],
        };
        known.waits.insert((tx, node), own.map(wait).into_iter().collect());
        known
    }

    #[test]
    fn nonsense_is_no_deadlock_and_no_panic() {
        for own in [None, Some(Hard), Some(Soft)] {
            for (missing, open) in [(5, 0), (0, 0), (0, 1), (1, 1), (u32::MAX, 0), (u32::MAX, u32::MAX), (1, u32::MAX)]
            {
                assert!(Sight::all(&told(missing, open, own), [TxId(1)]).0.is_empty(), "{missing} {open} {own:?}");
            }
        }
    }
}
