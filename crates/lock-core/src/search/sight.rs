//! What a look across nodes has gathered, once it is known that somebody is stuck: who, by which arrows, and the way out.

use std::collections::{BTreeMap, BTreeSet};

use super::picture::{ClaimRef, NodeWait, Picture, PictureBlock, Unmet};
use super::stuck::serve;
use super::way_out::{Decision, Step, way_out};
use crate::ArrowKind::{Hard, Soft};
use crate::cluster::{Evidence, FarStep, HomeRow, Known, ShapeWriter, UnmetRow, write_waits};
use crate::mutant::{self, Mutant};
use crate::{Arrow, BlockView, Deadlock, Millis, Mode, NodeId, Object, Token, TxId, WaitName, WaitView, WayOut};

/// The stuck part of what was seen, and what is to be done about it.
#[derive(Clone, Debug)]
pub(crate) struct Sight {
    homes: BTreeMap<TxId, HomeRow>,
    lives_at: BTreeMap<TxId, NodeId>,
    /// The arrows among those who are stuck: what waits, and what of others is in its way.
    waits: BTreeMap<(TxId, NodeId), Vec<WaitView>>,
    circle: Vec<Arrow>,
    step: FarStep,
    way_out: WayOut,
    /// Whether somebody is stuck whom this way out does not help.
    leaves_stuck: bool,
}

/// A claim on a node, by name.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
struct ClaimName {
    node: NodeId,
    tx: TxId,
    object: Object,
}

/// A picture whose claims have names.
struct Named {
    picture: Picture,
    names: Vec<ClaimName>,
    index: BTreeMap<ClaimName, u32>,
    tokens: BTreeMap<u32, Token>,
    places: BTreeMap<u32, u64>,
    waiting: BTreeMap<u32, (Mode, Millis)>,
    blocking: BTreeMap<(u32, bool), Mode>,
}

impl Sight {
    /// The way out for those who are stuck among all that was seen; `None` if nobody is.
    pub(crate) fn of(known: &Known, lookers: impl IntoIterator<Item = TxId>) -> Option<Self> {
        let mut named = Named::read(known, lookers);
        named.picture.order_by_age();
        let picture = &named.picture;
        let left = serve(picture, &vec![true; picture.members.len()], &[Hard, Soft]).left;
        if !left.contains(&true) {
            return None;
        }
        let decision = way_out(picture, &left);
        let stuck: BTreeSet<TxId> =
            (0..left.len()).filter(|member| left[*member]).map(|member| picture.members[member].tx).collect();
        let (step, way_out) = named.step(&decision);
        Some(Self {
            homes: stuck.iter().filter_map(|tx| Some((*tx, known.homes.get(tx)?.clone()))).collect(),
            lives_at: stuck.iter().filter_map(|tx| Some((*tx, known.lives_at.get(tx)?.clone()))).collect(),
            waits: arrows_among(known, &stuck),
            circle: named.explain(&decision.circle),
            leaves_stuck: leaves_stuck(picture, &left, &decision),
            step,
            way_out,
        })
    }

    /// Whom to ask to see whether it all still stands.
    pub(crate) fn questions(&self) -> BTreeMap<NodeId, Vec<TxId>> {
        let homes = self.lives_at.iter().map(|(tx, node)| (node.clone(), *tx));
        let waits = self.waits.keys().map(|(tx, node)| (node.clone(), *tx));
        let mut questions: BTreeMap<NodeId, Vec<TxId>> = BTreeMap::new();
        for (node, tx) in homes.chain(waits).collect::<BTreeSet<_>>() {
            questions.entry(node).or_default().push(tx);
        }
        questions
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

    /// Takes down what it saw, and what it means to do.
    pub(crate) fn write_shape(&self, out: &mut ShapeWriter) {
        let Self { homes, lives_at, waits, circle, step, way_out, leaves_stuck } = self;
        let members: Vec<TxId> = circle.iter().map(|arrow| arrow.waiter).collect();
        out.plain(&(lives_at, members, acts(way_out), leaves_stuck));
        out.each(homes.values(), |out, row| row.write_shape(out));
        out.each(waits, |out, ((tx, node), waits)| {
            out.plain(&(tx, node));
            write_waits(waits, node, out);
        });
        step.write_shape(out);
    }

    /// The evidence, for the home of the one who is to act, and whether somebody else is stuck besides. None, if
    /// those who told it contradict each other.
    pub(crate) fn evidence(self) -> Option<(NodeId, Evidence, bool)> {
        let tx = acts(&self.way_out);
        let home = self.lives_at.get(&tx)?.clone();
        let stamp = self.homes.get(&tx)?.stamp;
        let deadlock = Deadlock { circle: self.circle, way_out: self.way_out };
        let homes = deadlock.members().map(|member| self.lives_at.get(&member).cloned()).collect::<Option<_>>()?;
        Some((home, Evidence { tx, stamp, deadlock, homes, step: self.step }, self.leaves_stuck))
    }
}

/// Who is to act.
fn acts(way_out: &WayOut) -> TxId {
    match way_out {
        WayOut::Surrender { victim, .. } | WayOut::Abort { victim } => *victim,
        WayOut::Overtaking { first, .. } => *first,
    }
}

/// How many of the waits of a claim must be granted: the nodes that have not answered may all grant it. Whatever a
/// node says is missing, more than all waits is not.
fn missing_of_waits(unmet: &UnmetRow) -> usize {
    if mutant::is_on(Mutant::ACircleIsADeadlock) {
        return unmet.waits.len();
    }
    (unmet.missing.saturating_sub(unmet.open) as usize).min(unmet.waits.len())
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

/// Whether anybody would be stuck even if the one who acts were gone. Whoever acts looks again itself.
fn leaves_stuck(picture: &Picture, left: &[bool], decision: &Decision) -> bool {
    let acts = match decision.step {
        Step::GiveWay { victim, .. } => victim,
        Step::Turn { first, .. } => first,
    };
    let mut others = left.to_vec();
    others[acts] = false;
    serve(picture, &others, &[Hard, Soft]).left.contains(&true)
}

impl Named {
    fn read(known: &Known, lookers: impl IntoIterator<Item = TxId>) -> Self {
        let mut named = Self {
            picture: Picture::new(),
            names: Vec::new(),
            index: BTreeMap::new(),
            tokens: BTreeMap::new(),
            places: BTreeMap::new(),
            waiting: BTreeMap::new(),
            blocking: BTreeMap::new(),
        };
        for looker in lookers {
            named.picture.meet(looker);
        }
        let mut next = 0;
        while next < named.picture.members.len() {
            let first_block = named.picture.blocks.len();
            if let Some(row) = known.homes.get(&named.picture.members[next].tx) {
                let member = &mut named.picture.members[next];
                (member.priority, member.told) = (row.priority, row.told);
                named.read_needs(known, row, next);
            }
            named.picture.members[next].blocks = first_block..named.picture.blocks.len();
            next += 1;
        }
        named
    }

    fn read_needs(&mut self, known: &Known, row: &HomeRow, member: usize) {
        for unmet in &row.unmet {
            let missing = missing_of_waits(unmet);
            let index = self.picture.unmet.len();
            self.picture.unmet.push(Unmet { member, missing: missing.max(1) });
            for (node, place) in &unmet.waits {
                let claim = self.claim(node, row.tx, &unmet.object);
                self.picture.waits.push(NodeWait { unmet: index, claim });
                // Told by its home only: it may have been granted meanwhile.
                let Some(wait) = known.wait(row.tx, node, &unmet.object, *place) else { continue };
                self.places.insert(claim.claim, wait.place);
                self.waiting.insert(claim.claim, (wait.mode, wait.since));
                self.read_blocks(known, node, row.tx, &wait.blocks);
            }
            if missing == 0 {
                // Nodes that may grant it any moment are enough.
                let claim = ClaimRef { table: u32::MAX, claim: u32::MAX };
                self.picture.waits.push(NodeWait { unmet: index, claim });
            }
        }
    }

    fn read_blocks(&mut self, known: &Known, node: &NodeId, waiter: TxId, blocks: &[BlockView]) {
        let wait = self.picture.waits.len() - 1;
        let counts = |block: &&BlockView| block.tx != waiter && !known.is_letting_go(block.tx, node, &block.object);
        for block in blocks.iter().filter(counts) {
            let claim = self.claim(node, block.tx, &block.object);
            match block.kind {
                Hard => drop(self.tokens.insert(claim.claim, Token(block.stamp))),
                Soft => drop(self.places.insert(claim.claim, block.stamp)),
            }
            self.blocking.insert((claim.claim, block.kind == Hard), block.mode);
            let by = self.picture.meet(block.tx);
            self.picture.blocks.push(PictureBlock { wait, by, claim, kind: block.kind });
        }
    }

    /// A number for a claim. All are in one row, which stands for one table.
    fn claim(&mut self, node: &NodeId, tx: TxId, object: &Object) -> ClaimRef {
        let name = ClaimName { node: node.clone(), tx, object: object.clone() };
        let next = u32::try_from(self.names.len()).expect("a look sees fewer than 2^32 claims");
        let claim = *self.index.entry(name.clone()).or_insert(next);
        if claim == next {
            self.names.push(name);
        }
        ClaimRef { table: 0, claim }
    }

    fn name(&self, claim: ClaimRef) -> &ClaimName {
        &self.names[claim.claim as usize]
    }

    fn step(&self, decision: &Decision) -> (FarStep, WayOut) {
        let tx = |member: usize| self.picture.members[member].tx;
        match &decision.step {
            Step::GiveWay { victim, grants } => {
                let grant = |grant: &ClaimRef| {
                    let ClaimName { node, object, .. } = self.name(*grant).clone();
                    (node, object, self.tokens[&grant.claim])
                };
                let mut grants: Vec<_> = grants.iter().map(grant).collect();
                grants.sort();
                let mut objects: Vec<Object> = grants.iter().map(|(_, object, _)| object.clone()).collect();
                objects.sort();
                objects.dedup();
                (FarStep::GiveWay(grants), WayOut::Surrender { victim: tx(*victim), objects })
            }
            Step::Turn { first, second, pairs } => {
                let pair = |(ahead, behind): &(ClaimRef, ClaimRef)| {
                    (self.name(*ahead).node.clone(), self.wait_name(*ahead), self.wait_name(*behind))
                };
                let way_out = WayOut::Overtaking { first: tx(*first), second: tx(*second) };
                (FarStep::Turn(pairs.iter().map(pair).collect()), way_out)
            }
        }
    }

    fn wait_name(&self, claim: ClaimRef) -> WaitName {
        let ClaimName { tx, object, .. } = self.name(claim).clone();
        WaitName { tx, object, place: self.places[&claim.claim] }
    }

    /// One arrow a member to the next: hard before soft, then the smallest objects.
    fn explain(&self, circle: &[usize]) -> Vec<Arrow> {
        let pairs = circle.iter().zip(circle.iter().cycle().skip(1));
        let arrows = pairs.filter_map(|(from, to)| {
            let arrows = self.picture.between(*from, *to).map(|block| self.arrow(block));
            arrows.min_by(|one, other| one.in_order().cmp(&other.in_order()))
        });
        arrows.collect()
    }

    fn arrow(&self, block: &PictureBlock) -> Arrow {
        let waiting = self.picture.blocked(block);
        let (waiter, blocker) = (self.name(waiting), self.name(block.claim));
        let (wanted, since) = self.waiting[&waiting.claim];
        Arrow {
            waiter: waiter.tx,
            wants: waiter.object.clone(),
            wanted,
            since,
            blocker: blocker.tx,
            blocking: blocker.object.clone(),
            blocking_mode: self.blocking[&(block.claim.claim, block.kind == Hard)],
            kind: block.kind,
            token: (block.kind == Hard).then(|| self.tokens[&block.claim.claim]),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::ArrowKind;
    use crate::cluster::UnmetRow;

    /// What a peer that talks nonsense says of a transaction: what is missing, what is open, and whether it is in its own way.
    fn told(missing: u32, open: u32, own: Option<ArrowKind>) -> Known {
        let (tx, node, object) = (TxId(1), NodeId::new("n1"), "a".parse::<Object>().expect("an object"));
        let waits: Vec<_> = own.iter().map(|_| (node.clone(), 7)).collect();
        let unmet = vec![UnmetRow { object: object.clone(), missing, waits, open }];
        let row = HomeRow { tx, stamp: 0, priority: 0, told: false, unmet, letting_go: Vec::new() };
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
                assert!(Sight::of(&told(missing, open, own), [TxId(1)]).is_none(), "{missing} {open} {own:?}");
            }
        }
    }
}
