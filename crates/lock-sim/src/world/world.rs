//! How a world is driven, and what happens in which order.

use std::collections::BTreeMap;

use lock_core::{
    Between, Call, CallError, Deadlock, Frame, Incarnation, Message, Millis, NodeId, NodeMachine, Object, Output,
    Tables, Timing, Token, TransactionOptions, TxId,
};

use super::clock::Clock;
use super::network::{Network, Packet, Way, Weather};
use super::observed::Observed;
use super::process::{Process, Site};
use super::trace::{self, Trace};
use crate::promises::{Broken, Promise};
use crate::seeded::Seeded;
use crate::{Fault, TxOptions};

/// What a world is made of.
#[derive(Clone, Debug)]
pub struct WorldOptions {
    /// The names of the nodes.
    pub nodes: Vec<NodeId>,
    /// The times that they keep.
    pub timing: Timing,
    /// How bad the links are.
    pub weather: Weather,
    /// Clocks are up to so many millionths too fast or too slow.
    pub drift_ppm: u32,
    /// Up to how many transactions on a node are few, so that a look is told of all who wait there. By default the seed decides:
    /// none are for every second one, as a small world would never see more than a few otherwise.
    pub few: Option<usize>,
}

impl WorldOptions {
    /// Nodes with the default times, perfect links and perfect clocks.
    pub fn new(nodes: impl IntoIterator<Item = NodeId>) -> Self {
        let nodes = nodes.into_iter().collect();
        Self { nodes, timing: Timing::default(), weather: Weather::default(), drift_ppm: 0, few: None }
    }
}

/// A cluster in virtual time.
///
/// Nothing happens by itself: [`World::act`] lets a transaction act, [`World::fault`] lets something go wrong, and
/// [`World::settle`] and [`World::advance`] let everything happen that is due then. What is due at the same moment happens
/// in an order that the seed decides.
#[derive(Clone, Debug)]
pub struct World {
    pub(super) options: WorldOptions,
    pub(super) now: u64,
    pub(super) random: Seeded,
    pub(super) sites: BTreeMap<NodeId, Site>,
    pub(super) network: Network,
    pub(super) homes: BTreeMap<TxId, (NodeId, Incarnation)>,
    pub(crate) deadlocks: Vec<Deadlock>,
    pub(super) lost: BTreeMap<TxId, Vec<Object>>,
    /// All tokens by node and object, in the order of the grants.
    pub(super) tokens: BTreeMap<(NodeId, Object), Vec<Token>>,
    /// Messages of searches that went over a link.
    pub(super) search_messages: u64,
    pub(super) events: u64,
    pub(super) promises: Vec<Box<dyn Promise>>,
    pub(super) broken: Option<Broken>,
    pub(super) observed: Observed,
    /// What was said in this event, of searches; and the last number said on each way.
    pub(super) said: Vec<(NodeId, Message)>,
    pub(super) numbers: BTreeMap<Way, (Between, u64)>,
    pub(super) trace: Trace,
}

impl World {
    /// A world whose nodes have all just started, and know each other.
    pub fn new(mut options: WorldOptions, seed: u64) -> Self {
        let none_are = seed.is_multiple_of(2).then_some(0);
        options.few = options.few.or(none_are);
        let mut random = Seeded::new(seed);
        let mut sites = BTreeMap::new();
        for name in &options.nodes {
            let mut site = Site::new(clock(&mut random, options.drift_ppm));
            site.start(name, &options, 0);
            sites.insert(name.clone(), site);
        }
        let mut world = Self {
            now: 0,
            random,
            sites,
            network: Network::default(),
            homes: BTreeMap::new(),
            deadlocks: Vec::new(),
            lost: BTreeMap::new(),
            tokens: BTreeMap::new(),
            search_messages: 0,
            events: 0,
            promises: Vec::new(),
            broken: None,
            observed: Observed::default(),
            said: Vec::new(),
            numbers: BTreeMap::new(),
            trace: Trace::default(),
            options,
        };
        world.settle();
        world.network.weather = world.options.weather;
        world
    }

    /// Keeps a line of every event from now on.
    pub fn keep_trace(&mut self) {
        self.trace.keep();
    }

    /// What happened since the trace was kept.
    pub fn trace(&self) -> &[String] {
        self.trace.lines()
    }

    /// The world's time, in milliseconds; the nodes' clocks may differ.
    pub fn now(&self) -> u64 {
        self.now
    }

    /// The nodes.
    pub fn nodes(&self) -> &[NodeId] {
        &self.options.nodes
    }

    /// How many calls, frames and ticks there were.
    pub fn events(&self) -> u64 {
        self.events
    }

    /// How many deadlocks were resolved so far.
    pub fn deadlocks_so_far(&self) -> usize {
        self.deadlocks.len()
    }

    /// How many frames were sent.
    pub fn frames(&self) -> u64 {
        self.network.sent
    }

    /// How many messages of searches went over links.
    pub fn search_messages(&self) -> u64 {
        self.search_messages
    }

    /// Whether all nodes run, are joined with each other, and have recovered.
    pub fn is_whole(&self) -> bool {
        let mut sites = self.sites.values();
        let runs = |site: &Site| !site.frozen && site.process.as_ref().is_some_and(|it| !it.machine.is_recovering());
        let joined = |process: &Process| self.options.nodes.iter().all(|node| process.machine.is_alive(node));
        !self.network.is_split() && sites.all(runs) && self.processes().all(|(_, process)| joined(process))
    }

    /// The times that the nodes keep.
    pub fn timing(&self) -> Timing {
        self.options.timing
    }

    pub(crate) fn processes(&self) -> impl Iterator<Item = (&NodeId, &Process)> {
        self.sites.iter().filter_map(|(name, site)| Some((name, site.process.as_ref()?)))
    }

    pub(crate) fn process(&self, node: &NodeId) -> Option<&Process> {
        self.sites.get(node)?.process.as_ref()
    }

    /// What the clock of a node shows.
    pub(crate) fn clock_of(&self, node: &NodeId) -> Millis {
        self.sites.get(node).map_or(Millis(self.now), |site| site.shows(self.now))
    }

    /// The process that a transaction lives in, if it still runs.
    pub(crate) fn home(&self, tx: TxId) -> Option<&Process> {
        let (node, incarnation) = self.homes.get(&tx)?;
        self.process(node).filter(|process| process.machine.incarnation() == *incarnation)
    }

    /// Whether the process that a transaction lives in is frozen, and it can do nothing.
    pub(super) fn stands_still(&self, tx: TxId) -> bool {
        let site = self.homes.get(&tx).and_then(|(node, _)| self.sites.get(node));
        site.is_some_and(|site| site.frozen) && self.home(tx).is_some()
    }

    /// Begins a transaction. Where no process runs, it ends before it has begun.
    pub fn begin(&mut self, tx: TxId, home: &NodeId, options: &TxOptions) {
        let now = self.clock_of(home);
        let Some(site) = self.sites.get_mut(home) else { return };
        self.homes.insert(tx, (home.clone(), site.incarnation));
        let Some(process) = &mut site.process else { return };
        let deadline = options.deadline_ms.map(|ms| Millis(now.0.saturating_add(ms)));
        let TxOptions { abort_on_deadlock, await_nodes, priority, .. } = *options;
        let options =
            TransactionOptions { abort_on_deadlock, await_nodes, priority, deadline, ..TransactionOptions::default() };
        process.machine.begin(tx, options);
        self.trace.note(self.now, || format!("{home}: {tx} begins"));
    }

    /// Lets a transaction act. What comes of it elsewhere is not waited for.
    ///
    /// # Errors
    /// The call is refused. A transaction whose home is gone is unknown.
    pub fn act(&mut self, tx: TxId, call: Call) -> Result<(), CallError> {
        let Some((home, _)) = self.homes.get(&tx).filter(|_| self.home(tx).is_some()).cloned() else {
            return Err(CallError::Unknown(tx));
        };
        self.trace.note(self.now, || format!("{home}: {tx} calls {call:?}"));
        self.on(&home, false, |machine, tables, now| machine.call(tables, tx, call, now))
            .unwrap_or(Err(CallError::Unknown(tx)))
    }

    /// Changes the weather for what is sent from now on.
    pub fn weather(&mut self, weather: Weather) {
        self.network.weather = weather;
    }

    /// Forgets a transaction that is over; to worlds that live long.
    pub fn forget(&mut self, tx: TxId) {
        let home = self.homes.remove(&tx).map(|(home, _)| home);
        let process = home.and_then(|home| self.sites.get_mut(&home)?.process.as_mut());
        process.into_iter().for_each(|process| process.machine.forget(tx));
    }

    /// Lets something go wrong, or come right.
    pub fn fault(&mut self, fault: &Fault) {
        self.trace.note(self.now, || format!("{fault:?}"));
        match fault {
            Fault::Crash(node) | Fault::Start(node) => {
                if matches!(fault, Fault::Crash(_)) {
                    self.crash(node);
                } else {
                    self.start(node);
                }
                self.events += 1;
                self.observe(node);
                self.check();
            }
            Fault::Freeze(node) => self.freeze(node, true),
            Fault::Thaw(node) => self.freeze(node, false),
            Fault::Split(groups) => self.network.split(groups),
            Fault::Heal => self.network.heal(),
            Fault::Weather(weather) => self.network.weather = *weather,
            Fault::Clocks(drift_ppm) => self.set_clocks(*drift_ppm),
        }
    }

    /// Clocks cannot jump: later than at the very start this does nothing.
    fn set_clocks(&mut self, drift_ppm: u32) {
        if self.now == 0 {
            for site in self.sites.values_mut() {
                site.clock.drift_ppm = clock(&mut self.random, drift_ppm).drift_ppm;
            }
        }
    }

    /// Whether all that has been said was heard, and whoever lives can talk.
    pub(super) fn is_quiet(&self) -> bool {
        self.network.is_at_rest() && self.sites.values().all(|site| !site.frozen)
    }

    /// Whether nothing is wrong with nodes and links, and nothing is under way.
    pub fn is_at_rest(&self) -> bool {
        let runs = |site: &Site| site.process.is_some() && !site.frozen;
        let joined = |process: &Process| self.options.nodes.iter().all(|node| process.machine.is_alive(node));
        self.sites.values().all(runs)
            && self.network.is_at_rest()
            && self.processes().all(|(_, process)| {
                joined(process) && !process.machine.is_recovering() && process.machine.kept().unheard == 0
            })
    }

    fn crash(&mut self, node: &NodeId) {
        let Some(site) = self.sites.get_mut(node) else { return };
        if site.process.take().is_none() {
            return;
        }
        // Where nothing runs, nothing stands still.
        site.frozen = false;
        let incarnation = site.incarnation;
        self.network.crashed(node);
        // The machine lives on and closes the connections: whoever had one learns that nobody is there.
        let others: Vec<NodeId> = self.options.nodes.iter().filter(|other| *other != node).cloned().collect();
        for other in others {
            self.network.send(node, &other, Packet::Gone(incarnation), self.now, &mut self.random);
        }
    }

    fn start(&mut self, node: &NodeId) {
        // As by the clock: later than every start before, of whatever node.
        let latest = self.sites.values().map(|site| site.incarnation).max().unwrap_or_default();
        let Some(site) = self.sites.get_mut(node) else { return };
        if site.process.is_none() {
            site.incarnation = latest;
            site.start(node, &self.options, self.now);
        }
    }

    fn freeze(&mut self, node: &NodeId, frozen: bool) {
        if let Some(site) = self.sites.get_mut(node).filter(|site| site.process.is_some()) {
            site.frozen = frozen;
        }
    }

    /// Lets everything happen that is due now, and what follows from it now.
    ///
    /// # Panics
    /// If that has no end: machines that answer each other for ever break every promise.
    pub fn settle(&mut self) {
        const MANY: u64 = 50_000;
        let before = self.events;
        while self.step() {
            assert!(self.events - before < MANY, "everything comes to rest: at {} ms it does not", self.now);
        }
    }

    /// Lets time pass, and everything happen that is due until then.
    pub fn advance(&mut self, ms: u64) {
        let until = self.now.saturating_add(ms);
        loop {
            self.settle();
            let Some(next) = self.next_event().filter(|next| *next <= until) else { break };
            self.now = self.now.max(next);
        }
        self.now = until;
        self.settle();
    }

    /// Lets time go on until something is due, and nothing happen yet.
    pub(crate) fn wait_for_next(&mut self) {
        self.now = self.now.max(self.next_event().unwrap_or(self.now));
    }

    /// When something happens next.
    pub(crate) fn next_event(&self) -> Option<u64> {
        let listens = |node: &NodeId| self.sites.get(node).is_some_and(|site| site.process.is_none() || !site.frozen);
        let wakes = self.sites.values().filter_map(Site::wakes_at).min();
        [self.network.next_arrival(listens), wakes].into_iter().flatten().min()
    }

    /// One event that is due now, if there is one: which one, the seed decides.
    pub fn step(&mut self) -> bool {
        let due = self.due();
        if due.is_empty() {
            return false;
        }
        let chosen = if due.len() == 1 { 0 } else { self.random.below(due.len()) };
        self.happens(&due[chosen]);
        true
    }

    /// All that is due now and could happen next, in a fixed order.
    pub fn due(&self) -> Vec<Due> {
        let frozen = |node: &NodeId| self.sites.get(node).is_some_and(|site| site.frozen);
        let arrived = self.network.arrived(self.now).filter(|(_, to)| !frozen(to));
        let arrivals = arrived.map(|way| Due::Arrival(way.clone()));
        let ticks = self.sites.iter().filter(|(_, site)| site.wakes_at().is_some_and(|at| at <= self.now));
        arrivals.chain(ticks.map(|(node, _)| Due::Tick(node.clone()))).collect()
    }

    /// Whether nothing comes of an event, whatever happens before it.
    pub fn is_in_vain(&self, due: &Due) -> bool {
        let Due::Arrival(way) = due else { return false };
        let Some(Packet::Frame(frame)) = self.network.next(way) else { return false };
        self.process(&way.1).is_some_and(|process| process.machine.is_in_vain(&way.0, frame))
    }

    /// Lets one of the events happen that are due.
    pub fn happens(&mut self, due: &Due) {
        match due {
            Due::Arrival(way) => self.arrives(way),
            Due::Tick(node) => {
                self.trace.note(self.now, || format!("{node}: tick"));
                self.on(node, false, |machine, tables, now| machine.tick(tables, now));
            }
        }
    }

    fn arrives(&mut self, way: &Way) {
        let Some(packet) = self.network.take(way) else { return };
        let (from, to) = way;
        self.trace.note(self.now, || format!("{from} -> {to}: {}", trace::packet(&packet)));
        let Some(site) = self.sites.get(to) else { return };
        if site.process.is_none() {
            // A greeting finds nobody; everything else was said to a process that is gone.
            let incarnation = site.incarnation;
            if matches!(packet, Packet::Frame(_)) && !self.network.is_cut(to, from) {
                self.network.send(to, from, Packet::Gone(incarnation), self.now, &mut self.random);
            }
            return;
        }
        self.on(to, is_beat(&packet), |machine, tables, now| match packet {
            Packet::Frame(frame) => machine.receive(tables, from, *frame, now),
            Packet::Gone(incarnation) => machine.gone(tables, from, Some(incarnation), now),
        });
    }

    /// Lets a process do something, and takes what comes out.
    fn on<R>(
        &mut self,
        node: &NodeId,
        is_beat: bool,
        act: impl FnOnce(&mut NodeMachine, &mut dyn Tables, Millis) -> R,
    ) -> Option<R> {
        self.events += 1;
        let watching = self.is_watching();
        let site = self.sites.get_mut(node)?;
        let now = site.shows(self.now);
        let process = site.process.as_mut()?;
        let (machine, mut tables) = process.parts(watching);
        let done = act(machine, &mut tables, now);
        for output in process.machine.take_outputs() {
            self.comes_out(node, output);
        }
        if is_beat {
            self.observe_beat(node);
        } else {
            self.observe(node);
        }
        self.check();
        Some(done)
    }

    fn comes_out(&mut self, node: &NodeId, output: Output) {
        match output {
            Output::Send { to, frame } => {
                self.says(node, &to, &frame);
                self.network.send(node, &to, Packet::Frame(frame), self.now, &mut self.random);
            }
            Output::Lost { tx, object } => {
                self.trace.note(self.now, || format!("{node}: {tx} lost {object}"));
                self.lost.entry(tx).or_default().push(object);
            }
            Output::Granted { tx, object, token } => {
                self.trace.note(self.now, || format!("{node}: {tx} has {object} {token}"));
                self.tokens.entry((node.clone(), object)).or_default().push(token);
            }
            Output::Resolved(deadlock) => {
                self.trace.note(self.now, || format!("{node}: {deadlock}"));
                self.deadlocks.push((*deadlock).clone());
            }
            Output::PeerUp(peer) => self.trace.note(self.now, || format!("{node}: {peer} is up")),
            Output::PeerDown(peer) => self.trace.note(self.now, || format!("{node}: {peer} is down")),
            other => self.trace.note(self.now, || format!("{node}: {other:?}")),
        }
    }
}

/// Something that is due.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Due {
    /// The next packet from one node to another arrives.
    Arrival((NodeId, NodeId)),
    /// A node's time has come.
    Tick(NodeId),
}

/// Whether a packet is a sign of life, and nothing else.
fn is_beat(packet: &Packet) -> bool {
    let Packet::Frame(frame) = packet else { return false };
    matches!(**frame, Frame::Beat { .. } | Frame::BeatAnswer { .. })
}

fn clock(random: &mut Seeded, drift_ppm: u32) -> Clock {
    if drift_ppm == 0 {
        return Clock::default();
    }
    let width = 2 * u64::from(drift_ppm) + 1;
    let drift = i64::try_from(random.next() % width).unwrap_or(0) - i64::from(drift_ppm);
    Clock { ahead_ms: random.next() % 100_000, drift_ppm: drift }
}
