//! One transaction as its home sees it: its claims, spread over nodes, and what it needs.

use std::collections::{BTreeMap, BTreeSet};

use super::fencing::Followers;
use super::rows::{HomeRow, UnmetRow};
use crate::{ClaimView, Mode, NodeId, Object, Require, Standing, Token, TransactionMachine, TxId};

/// The pure part of a transaction agent.
#[derive(Clone, Debug)]
pub(super) struct Agent {
    pub(super) machine: TransactionMachine,
    pub(super) claims: BTreeMap<Object, Spread>,
    /// How often its state has changed. Evidence of a deadlock is good for one state.
    pub(super) stamp: u64,
    /// When it asked last for what it may have to wait for.
    pub(super) asked_at: crate::Millis,
    /// It is queued to look; how many looks in a row were in vain.
    pub(super) has_to_look: Option<u32>,
    /// When it looks again, and how long after that.
    pub(super) look_again: Option<(crate::Millis, u64)>,
    /// Some node may have forgotten a grant of it that is believed in until then.
    pub(super) may_hold: bool,
    /// When it is planned to be called next.
    pub(super) due: Option<crate::Millis>,
    /// What it is letting go, by question: it still stands in the tables of that node until it has answered.
    pub(super) letting_go: BTreeMap<u64, (NodeId, Vec<Object>)>,
    /// An overtaking that nodes have been asked for.
    pub(super) turning: Option<Turning>,
    /// How often it has asked to be let past somebody, since when: the order that it waits in may be a circle.
    pub(super) overtakings: Option<(crate::Millis, u32)>,
}

/// An overtaking under way: noted once a node says that it took place.
#[derive(Clone, Debug)]
pub(super) struct Turning {
    pub(super) asks: BTreeSet<u64>,
    pub(super) deadlock: crate::Deadlock,
    pub(super) homes: Vec<NodeId>,
}

/// A claim, spread over its nodes.
#[derive(Clone, Debug)]
pub(super) struct Spread {
    /// The mode that is wanted of each node.
    pub(super) mode: Mode,
    pub(super) require: Require,
    pub(super) nodes: BTreeMap<NodeId, NodeClaim>,
    /// The strongest mode that enough nodes have granted, with a token that is a fence.
    pub(super) had: Option<Mode>,
    /// The token that it is had with, where nodes had to be told of it.
    pub(super) fence: Option<Token>,
    /// The stamp of the agent when enough nodes had granted that.
    pub(super) since: u64,
    /// The caller was told that it has it.
    pub(super) told: bool,
    /// It could not be met any more, and is given up. That a node comes back changes nothing; its caller may claim it again.
    pub(super) hopeless: bool,
    pub(super) manner: Manner,
}

/// How the nodes of a claim are asked.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
pub(super) enum Manner {
    /// All at once; it waits where it has to.
    #[default]
    Waits,
    /// In turn: the others, when the first has granted it.
    InTurn {
        /// It had to wait at the first.
        waited: bool,
    },
    /// All at once, and it is not to wait: what cannot be had at once is not wanted.
    Tries,
}

/// The part of a claim that lies on one node, as far as its home knows.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(super) struct NodeClaim {
    pub(super) granted: Option<(Mode, Token)>,
    pub(super) wanted: Option<(Mode, u64)>,
    /// The last question about it that was not answered yet.
    pub(super) asked: Option<u64>,
    /// The node is not there; the claim is made again on its return if the transaction awaits nodes.
    pub(super) gone: bool,
    /// It was not there, and came back when the claim was content without it: it is not awaited any more.
    pub(super) left_out: bool,
    /// The node forgot its grant and will be told of it; it is believed in until then.
    pub(super) hold_until: Option<crate::Millis>,
}

impl Manner {
    /// How many nodes are asked at a time.
    pub(super) fn nodes_at_a_time(self) -> usize {
        if matches!(self, Self::InTurn { .. }) { 1 } else { usize::MAX }
    }
}

impl NodeClaim {
    pub(super) fn has(&self, mode: Mode) -> bool {
        self.granted.is_some_and(|(granted, _)| granted.covers(mode))
    }

    pub(super) fn stands(&mut self, standing: Standing) {
        (self.granted, self.wanted) = (standing.granted, standing.wanted);
        self.hold_until = None;
        self.asked = None;
    }
}

impl Spread {
    pub(super) fn new(mode: Mode, require: Require) -> Self {
        Self {
            mode,
            require,
            nodes: BTreeMap::new(),
            had: None,
            fence: None,
            since: 0,
            told: false,
            hopeless: false,
            manner: Manner::default(),
        }
    }

    /// How many more nodes must grant `mode`.
    pub(super) fn missing(&self, mode: Mode) -> usize {
        let granted = self.nodes.values().filter(|node| node.has(mode)).count();
        let alive = self.nodes.values().filter(|node| !node.gone).count();
        self.require.needed(self.nodes.len(), alive).saturating_sub(granted)
    }

    pub(super) fn is_met(&self) -> bool {
        self.missing(self.mode) == 0
    }

    /// Whether the nodes that are there can still be enough.
    pub(super) fn can_be_met(&self) -> bool {
        let alive = self.nodes.values().filter(|node| !node.gone).count();
        self.require.can_be_met(self.nodes.len(), alive)
    }

    /// Wants this and no more. From now on no more than this is believed in: a node may grant the rest to others before it
    /// answers.
    pub(super) fn keep(&mut self, mode: Mode) {
        self.mode = mode;
        for part in self.nodes.values_mut() {
            part.granted = part.granted.map(|(granted, token)| (granted.min(mode), token));
        }
    }

    pub(super) fn is_granted_anywhere(&self) -> bool {
        self.nodes.values().any(|node| node.granted.is_some())
    }
}

impl Agent {
    pub(super) fn new(machine: TransactionMachine) -> Self {
        Self {
            machine,
            claims: BTreeMap::new(),
            stamp: 0,
            asked_at: crate::Millis::default(),
            has_to_look: None,
            look_again: None,
            may_hold: false,
            due: None,
            letting_go: BTreeMap::new(),
            turning: None,
            overtakings: None,
        }
    }

    pub(super) fn tx(&self) -> TxId {
        self.machine.tx()
    }

    pub(super) fn part(&mut self, object: &Object, node: &NodeId) -> Option<&mut NodeClaim> {
        self.claims.get_mut(object)?.nodes.get_mut(node)
    }

    fn awaits_nodes(&self) -> bool {
        self.machine.options().await_nodes
    }

    /// Whether it waits: it runs, has hope, and some claim is not met.
    pub(super) fn is_waiting(&self) -> bool {
        self.machine.running().is_ok()
            && !self.machine.cannot_be_served()
            && self.claims.values().any(|claim| !claim.is_met())
    }

    /// Whether it may be what closes a circle: it has one thing at least besides what it waits for; or it lost that, and waits
    /// on in an order that others were let past in.
    pub(super) fn may_be_stuck(&self) -> bool {
        let parts = || self.claims.values().flat_map(|claim| claim.nodes.values());
        let waits = parts().filter(|part| part.wanted.is_some()).count();
        let more = || parts().any(|part| part.granted.is_some() || part.gone);
        self.is_waiting() && waits > 0 && (waits > 1 || self.overtakings.is_some() || more())
    }

    /// Whether some question about its claims is open.
    pub(super) fn has_open_questions(&self) -> bool {
        self.claims.values().flat_map(|claim| claim.nodes.values()).any(|part| part.asked.is_some())
    }

    /// What it needs, for whoever searches.
    pub(super) fn row(&self, lost: Vec<NodeId>) -> HomeRow {
        let holds_told = |claim: &Spread| claim.told && claim.is_granted_anywhere();
        HomeRow {
            tx: self.tx(),
            stamp: self.stamp,
            priority: self.machine.options().priority,
            told: self.claims.values().any(holds_told),
            unmet: if self.is_waiting() { self.unmet() } else { Vec::new() },
            letting_go: self.letting_go.values().flat_map(letting_go).collect(),
            lost,
        }
    }

    fn unmet(&self) -> Vec<UnmetRow> {
        let unmet = self.claims.iter().filter(|(_, claim)| !claim.is_met());
        unmet.map(|(object, claim)| self.unmet_row(object, claim)).collect()
    }

    fn unmet_row(&self, object: &Object, claim: &Spread) -> UnmetRow {
        let lacking = || claim.nodes.iter().filter(|(_, part)| !part.has(claim.mode));
        let waits = lacking().filter(|(_, part)| part.asked.is_none() && !part.gone);
        let waits: Vec<_> = waits.filter_map(|(node, part)| Some((node.clone(), part.wanted?.1))).collect();
        // A node that is gone may never come back: as long as the others can be enough, nobody counts on it.
        let counts_on_the_gone = self.awaits_nodes() && !claim.can_be_met();
        let open = lacking().filter(|(_, part)| {
            if part.gone { counts_on_the_gone && !part.left_out } else { part.asked.is_some() || part.wanted.is_none() }
        });
        UnmetRow {
            object: object.clone(),
            missing: u32::try_from(claim.missing(claim.mode)).expect("a claim has fewer than 2^32 nodes"),
            open: u32::try_from(open.count()).expect("a claim has fewer than 2^32 nodes"),
            waits,
        }
    }

    /// How its claims stand as a whole.
    pub(super) fn views(&self) -> Vec<ClaimView> {
        self.claims.iter().map(|(object, claim)| view(object, claim)).collect()
    }

    /// Whether a claim that is to wait is not met.
    pub(super) fn waits_for(&self, object: &Object) -> bool {
        self.claims.get(object).is_some_and(|claim| claim.manner != Manner::Tries && !claim.hopeless && !claim.is_had())
    }

    /// How one of them stands.
    pub(super) fn view(&self, object: &Object) -> Option<ClaimView> {
        Some(view(object, self.claims.get(object)?))
    }

    /// Takes note of what has become of a claim after one of its parts changed. Gives whether the claim was met
    /// and is no more: then it is lost.
    pub(super) fn take_stock(&mut self, object: &Object, followers: Followers<'_>) -> bool {
        self.stamp += 1;
        let await_nodes = self.awaits_nodes();
        let Some(claim) = self.claims.get_mut(object) else { return false };
        let still = claim.had.filter(|had| claim.missing(*had) == 0);
        let lost = claim.had.is_some() && still.is_none();
        if still.is_none() {
            claim.fence = None;
        }
        claim.had = still;
        let lacked_fence = claim.lacks_fence();
        if (still != Some(claim.mode) || lacked_fence)
            && let Some(token) = claim.fence_with(followers)
        {
            (claim.had, claim.fence) = (Some(claim.mode), Some(token));
        }
        if claim.had > still || lacked_fence {
            claim.since = self.stamp;
        }
        claim.told &= claim.had.is_some();
        claim.hopeless |= !claim.can_be_met() && !await_nodes;
        lost
    }
}

fn view(object: &Object, claim: &Spread) -> ClaimView {
    ClaimView {
        object: object.clone(),
        granted: claim.had.filter(|had| claim.missing(*had) == 0 && !claim.lacks_fence()),
        token: claim.token(),
        told: claim.told,
        wanted: (!claim.is_had()).then_some(claim.mode),
    }
}

fn letting_go((node, objects): &(NodeId, Vec<Object>)) -> Vec<(NodeId, Object)> {
    objects.iter().map(|object| (node.clone(), object.clone())).collect()
}
