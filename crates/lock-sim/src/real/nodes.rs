//! The engine of many real nodes: it carries a story's commands to them, and tells what it sees.

use std::collections::{BTreeMap, BTreeSet};

use lock_core::{Deadlock, Incarnation, Millis, Mode, NodeId, Object, Token, TxId, WaitGraph};

use super::ground::{Ground, Time, Trouble};
use super::request::{Reading, Reply, Request, View};
use super::seen::Told;
use crate::seeded::Seeded;
use crate::{Action, Deed, Engine, Fault, Refusal, Standing, TxOptions, TxStatus};

/// How many acts are posted to a node before its answers are taken: neither side may have to wait for the other to read.
const MOST_POSTED: usize = 64;

/// Many real nodes, wherever they run.
pub(crate) struct RealNodes<G> {
    pub(super) ground: G,
    pub(super) nodes: Vec<NodeId>,
    pub(super) time: Time,
    pub(super) sites: BTreeMap<NodeId, Site>,
    /// Where transactions began.
    pub(super) homes: BTreeMap<TxId, (NodeId, Incarnation)>,
    /// Who does not reach whom.
    pub(super) cut: BTreeSet<(NodeId, NodeId)>,
    /// Streams that were cut and are over.
    pub(super) broken: BTreeMap<(NodeId, NodeId), u64>,
    pub(super) told: Told,
    trouble: Option<Trouble>,
}

/// A place where a node's processes run, one after the other.
#[derive(Debug, Default)]
pub(super) struct Site {
    pub(super) incarnation: Incarnation,
    pub(super) state: State,
    pub(super) reading: Reading,
    pub(super) view: View,
    /// It may have done something since it was looked at.
    pub(super) is_stale: bool,
    /// How much was said to each dead peer when it was last told that nobody is there.
    pub(super) answered: BTreeMap<NodeId, u64>,
    /// What it is told as soon as it goes on.
    pub(super) late: Vec<Late>,
}

#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(super) enum State {
    Runs,
    StandsStill,
    #[default]
    Dead,
}

/// What happened while a node stood still.
#[derive(Debug)]
pub(super) enum Late {
    IsGone(NodeId, Incarnation),
    Begin { tx: TxId, options: TxOptions, at: Millis },
}

impl Site {
    /// The next process runs here.
    pub(super) fn begin_again(&mut self) {
        let incarnation = Incarnation(self.incarnation.0 + 1);
        *self = Self { incarnation, state: State::Runs, is_stale: true, ..Self::default() };
    }
}

impl<G: Ground> RealNodes<G> {
    /// Nodes that have all just started, and know each other. What goes wrong later is a [`Trouble`] that all commands are
    /// refused with.
    ///
    /// # Errors
    /// They do not start, or do not find each other.
    pub(crate) fn start(ground: G, nodes: Vec<NodeId>) -> Result<Self, Trouble> {
        let mut sites: BTreeMap<NodeId, Site> = nodes.iter().map(|node| (node.clone(), Site::default())).collect();
        sites.values_mut().for_each(Site::begin_again);
        let starting: Vec<_> = sites.iter().map(|(node, site)| (node.clone(), site.incarnation)).collect();
        let mut this = Self {
            ground,
            nodes,
            time: Time::default(),
            sites,
            homes: BTreeMap::new(),
            cut: BTreeSet::new(),
            broken: BTreeMap::new(),
            told: Told::default(),
            trouble: None,
        };
        this.tell_time()?;
        this.ground.start(&starting)?;
        this.settle()?;
        Ok(this)
    }

    /// Does something, unless the engine is in trouble already.
    fn attempt<T>(&mut self, what: impl FnOnce(&mut Self) -> Result<T, Trouble>) -> Result<T, Refusal> {
        if self.trouble.is_none() {
            match what(self) {
                Ok(done) => return Ok(done),
                Err(trouble) => self.trouble = Some(trouble),
            }
        }
        let trouble = self.trouble.as_ref().map(ToString::to_string).unwrap_or_default();
        Err(Refusal(format!("the engine has failed: {trouble}")))
    }

    /// Looks, so that what is told is what is there now.
    fn looked(&mut self) -> &mut Self {
        // Trouble is told as a broken promise.
        let _ = self.attempt(Self::look);
        self
    }

    pub(super) fn strange(node: &NodeId) -> Trouble {
        Trouble(format!("{node} answered something else than it was asked"))
    }

    pub(super) fn site(&mut self, node: &NodeId) -> Result<&mut Site, Trouble> {
        self.sites.get_mut(node).ok_or_else(|| Trouble(format!("{node} is no node of this story")))
    }

    /// The nodes that run and move.
    pub(super) fn running(&self) -> impl Iterator<Item = (&NodeId, &Site)> {
        self.sites.iter().filter(|(_, site)| site.state == State::Runs)
    }

    pub(super) fn tell_time(&mut self) -> Result<(), Trouble> {
        self.ground.set_time(self.time)
    }

    pub(super) fn post(&mut self, node: &NodeId, request: Request) -> Result<(), Trouble> {
        if !matches!(request, Request::Read | Request::View) {
            // Whatever one does may change another.
            self.sites.values_mut().for_each(|site| site.is_stale = true);
        }
        self.ground.post(node, request)
    }

    pub(super) fn ask(&mut self, node: &NodeId, request: Request) -> Result<Reply, Trouble> {
        self.post(node, request)?;
        self.ground.reply(node)
    }

    /// Asks all nodes that run, at the same time.
    pub(super) fn ask_all(&mut self, request: &Request) -> Result<Vec<(NodeId, Reply)>, Trouble> {
        let nodes: Vec<NodeId> = self.running().map(|(node, _)| node.clone()).collect();
        for node in &nodes {
            self.post(node, request.clone())?;
        }
        nodes.into_iter().map(|node| Ok((node.clone(), self.ground.reply(&node)?))).collect()
    }

    /// Where a transaction can act.
    fn home(&self, tx: TxId) -> Result<NodeId, Refusal> {
        let Some((home, incarnation)) = self.homes.get(&tx) else {
            return Err(Refusal(format!("{tx} has never begun")));
        };
        let site = self.sites.get(home).filter(|site| site.incarnation == *incarnation);
        match site.map(|site| site.state) {
            Some(State::Runs) => Ok(home.clone()),
            Some(State::StandsStill) => Err(Refusal(format!("{tx} cannot act: its home stands still"))),
            _ => Err(Refusal(format!("{tx} has ended: its home is gone"))),
        }
    }

    fn begin_on(&mut self, tx: TxId, home: &NodeId, options: &TxOptions) -> Result<(), Trouble> {
        let (at, site) = (self.time.now, self.site(home)?);
        let (incarnation, state) = (site.incarnation, site.state);
        if state == State::StandsStill {
            site.late.push(Late::Begin { tx, options: options.clone(), at });
        }
        self.homes.insert(tx, (home.clone(), incarnation));
        if state == State::Runs { self.begin_now(tx, home, options.clone()) } else { Ok(()) }
    }

    fn acted(&mut self, node: &NodeId) -> Result<Result<(), Refusal>, Trouble> {
        match self.ground.reply(node)? {
            Reply::Acted(outcome) => Ok(outcome),
            _ => Err(Self::strange(node)),
        }
    }

    /// Lets everything loose, in an order that the seed decides, and waits for nothing in between but for what a fault
    /// would make impossible.
    fn let_loose(&mut self, deeds: &[Deed], seed: u64) -> Result<Vec<Result<(), Refusal>>, Trouble> {
        let mut outcomes = vec![Ok(()); deeds.len()];
        let mut open: BTreeMap<NodeId, Vec<usize>> = BTreeMap::new();
        for index in Seeded::new(seed).interleave(deeds.iter().map(Deed::of)) {
            match &deeds[index] {
                Deed::Act(tx, action) => match self.home(*tx) {
                    Ok(home) => {
                        self.post(&home, Request::Act(*tx, action.clone()))?;
                        let posted = open.entry(home).or_default();
                        posted.push(index);
                        if posted.len() >= MOST_POSTED {
                            self.collect(&mut open, &mut outcomes)?;
                        }
                    }
                    Err(refusal) => outcomes[index] = Err(refusal),
                },
                Deed::Befalls(fault) => {
                    self.collect(&mut open, &mut outcomes)?;
                    self.fault(fault)?;
                }
            }
        }
        self.collect(&mut open, &mut outcomes)?;
        self.settle()?;
        Ok(outcomes)
    }

    fn collect(
        &mut self,
        open: &mut BTreeMap<NodeId, Vec<usize>>,
        outcomes: &mut [Result<(), Refusal>],
    ) -> Result<(), Trouble> {
        for (node, indexes) in std::mem::take(open) {
            for index in indexes {
                outcomes[index] = self.acted(&node)?;
            }
        }
        Ok(())
    }
}

impl<G: Ground> Engine for RealNodes<G> {
    fn begin(&mut self, tx: TxId, options: &TxOptions) {
        let home = self.nodes[0].clone();
        self.begin_at(tx, &home, options);
    }

    fn begin_at(&mut self, tx: TxId, home: &NodeId, options: &TxOptions) {
        // Trouble is told as a broken promise.
        let _ = self.attempt(|this| this.begin_on(tx, home, options));
    }

    fn befalls(&mut self, fault: &Fault) {
        let _ = self.attempt(|this| {
            this.fault(fault)?;
            this.settle()
        });
    }

    fn act(&mut self, tx: TxId, action: &Action) -> Result<(), Refusal> {
        let home = self.home(tx);
        self.attempt(|this| {
            let outcome = match home {
                Ok(home) => {
                    this.post(&home, Request::Act(tx, action.clone()))?;
                    this.acted(&home)?
                }
                Err(refusal) => Err(refusal),
            };
            this.settle()?;
            Ok(outcome)
        })?
    }

    fn together(&mut self, steps: &[(TxId, Action)], seed: u64) -> Vec<Result<(), Refusal>> {
        let deeds: Vec<Deed> = steps.iter().map(|(tx, action)| Deed::Act(*tx, action.clone())).collect();
        self.at_once(&deeds, seed)
    }

    /// The seed decides in which order the nodes are told; what comes of it mixes as it happens.
    fn at_once(&mut self, deeds: &[Deed], seed: u64) -> Vec<Result<(), Refusal>> {
        match self.attempt(|this| this.let_loose(deeds, seed)) {
            Ok(outcomes) => outcomes,
            Err(refusal) => vec![Err(refusal); deeds.len()],
        }
    }

    fn advance(&mut self, ms: u64) {
        let _ = self.attempt(|this| this.pass_time(ms));
    }

    fn status(&mut self, tx: TxId) -> TxStatus {
        let seen = self.looked().tx_view(tx).map(|seen| seen.status);
        let will_begin = || self.home(tx).is_err_and(|refusal| refusal.0.contains("stands still"));
        seen.unwrap_or_else(|| if will_begin() { TxStatus::NoLocks } else { TxStatus::Ended })
    }

    fn waiting(&mut self, tx: TxId) -> BTreeSet<Object> {
        self.looked().waiting_seen(tx)
    }

    fn claims(&mut self, tx: TxId) -> Vec<Standing> {
        self.looked().tx_view(tx).map(|seen| seen.claims.clone()).unwrap_or_default()
    }

    fn parts(&mut self, tx: TxId) -> Vec<Standing> {
        self.looked().tx_view(tx).map(|seen| seen.parts.clone()).unwrap_or_default()
    }

    fn holders(&mut self, object: &Object) -> BTreeMap<TxId, Mode> {
        let first = self.nodes[0].clone();
        self.holders_on(object, &first)
    }

    fn holders_on(&mut self, object: &Object, node: &NodeId) -> BTreeMap<TxId, Mode> {
        self.looked().holders_seen(object, node)
    }

    fn queue(&mut self, object: &Object) -> Vec<TxId> {
        let first = self.nodes[0].clone();
        self.looked().queue_seen(object, &first)
    }

    fn deadlocks(&mut self) -> Vec<Deadlock> {
        self.looked().told.deadlocks.clone()
    }

    fn lost(&mut self, tx: TxId) -> Vec<Object> {
        self.looked().told.lost.get(&tx).cloned().unwrap_or_default()
    }

    /// Those of the first node that ever granted the object: tokens of different nodes have nothing to do with each other.
    fn tokens(&mut self, object: &Object) -> Vec<Token> {
        self.looked();
        let on = |node: &NodeId| self.told.tokens.get(&(node.clone(), object.clone())).cloned();
        self.nodes.iter().find_map(on).unwrap_or_default()
    }

    fn wait_graph(&mut self) -> WaitGraph {
        WaitGraph { arrows: self.looked().truth().arrows(), ..WaitGraph::default() }
    }

    fn violations(&mut self) -> Vec<String> {
        let mut broken = self.looked().broken_promises();
        broken.extend(self.trouble.as_ref().map(ToString::to_string));
        broken
    }
}
