//! A picture of what many nodes have told, with the names that claims have between nodes.

use std::collections::BTreeMap;

use super::picture::{ClaimRef, NodeWait, Picture, PictureBlock, Unmet};
use super::way_out::{Decision, Step};
use crate::ArrowKind::{Hard, Soft};
use crate::cluster::{FarStep, HomeRow, Known, UnmetRow};
use crate::mutant::{self, Mutant};
use crate::{Arrow, BlockView, Millis, Mode, NodeId, Object, Token, TxId, WaitName, WayOut};

/// A claim on a node, by name.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
struct ClaimName {
    node: NodeId,
    tx: TxId,
    object: Object,
}

/// A picture whose claims have names.
pub(super) struct Named {
    pub(super) picture: Picture,
    names: Vec<ClaimName>,
    index: BTreeMap<ClaimName, u32>,
    tokens: BTreeMap<u32, Token>,
    places: BTreeMap<u32, u64>,
    waiting: BTreeMap<u32, (Mode, Millis)>,
    blocking: BTreeMap<(u32, bool), Mode>,
}

impl Named {
    /// What is known of the lookers and of whoever they wait on, and so on.
    pub(super) fn read(known: &Known, lookers: impl IntoIterator<Item = TxId>) -> Self {
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

    /// What is to be done, by name.
    pub(super) fn step(&self, decision: &Decision) -> (FarStep, WayOut) {
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
    pub(super) fn explain(&self, circle: &[usize]) -> Vec<Arrow> {
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

/// How many of the waits of a claim must be granted: the nodes that have not answered may all grant it. Whatever a
/// node says is missing, more than all waits is not.
fn missing_of_waits(unmet: &UnmetRow) -> usize {
    if mutant::is_on(Mutant::ACircleIsADeadlock) {
        return unmet.waits.len();
    }
    (unmet.missing.saturating_sub(unmet.open) as usize).min(unmet.waits.len())
}
