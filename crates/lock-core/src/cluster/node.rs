//! The machine of one node: its links, the transactions that live here, and what others want of its tables.
//!
//! Calls, frames and the passing of time go in; frames and events come out. Whatever one half of the machine has to
//! say to the other half goes the way of any message, only without a link.

use std::collections::{BTreeMap, BTreeSet, VecDeque};
use std::sync::Arc;

use thiserror::Error;

use super::agent::Agent;
use super::counters::Counters;
use super::crowded::Crowded;
use super::due::Due;
use super::frame::{Frame, Unwelcome};
use super::link::{Link, LinkEvent, Myself};
use super::look::Look;
use super::message::{Message, Request};
use super::tables::{Tables, take_facts};
use super::timing::{Timing, after};
use crate::mutant::{self, Mutant};
use crate::{
    ClaimError, Deadlock, Fact, Incarnation, Millis, NodeId, NotHeld, Object, Over, Token, TransactionMachine,
    TransactionOptions, TxId, WatchId,
};

/// What a node is to be.
#[derive(Clone, Debug)]
pub struct NodeConfig {
    /// The name of the cluster: nodes of another one are not let in.
    pub cluster: String,
    /// Its name.
    pub node: NodeId,
    /// Larger than at every start before, of whichever node, since tokens of one pull those of all others along. A clock gives
    /// that, as far as the clocks of the nodes agree.
    pub incarnation: Incarnation,
    /// The other nodes.
    pub peers: Vec<NodeId>,
    /// The times that it keeps.
    pub timing: Timing,
    /// How many claims a transaction may have.
    pub max_claims: usize,
    /// Up to how many transactions are few: of few, a look is told of all who wait at once, however they wait on each other.
    pub few: usize,
}

impl NodeConfig {
    /// So many are few, if nothing else is said: as many as it costs next to nothing to go over.
    pub const FEW: usize = 128;

    /// A node alone, with the default times.
    pub fn new(node: NodeId, incarnation: Incarnation) -> Self {
        let (cluster, peers, timing) = (String::from("gordian"), Vec::new(), Timing::default());
        Self { cluster, node, incarnation, peers, timing, max_claims: 100_000, few: Self::FEW }
    }
}

/// What comes out of a node.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum Output {
    /// This is to be sent.
    Send {
        /// To whom.
        to: NodeId,
        /// What.
        frame: Box<Frame>,
    },
    /// A transaction that lives here lost a lock that it had.
    Lost {
        /// Who.
        tx: TxId,
        /// What.
        object: Object,
    },
    /// This node has granted a claim, of whatever home, with this token.
    Granted {
        /// Who.
        tx: TxId,
        /// What.
        object: Object,
        /// The token there.
        token: Token,
    },
    /// A deadlock ended; said by the home of who gave way.
    Resolved(Arc<Deadlock>),
    /// The grants of a peer can be believed in, from now on.
    PeerUp(NodeId),
    /// They cannot any more.
    PeerDown(NodeId),
    /// Somebody greeted who has no business here.
    Unwelcome(Unwelcome),
    /// A program at some node says something to those who listen here at an object.
    Letter {
        /// The node.
        from: NodeId,
        /// The object.
        about: Object,
        /// What is said.
        note: Vec<u8>,
    },
    /// A watched object changed.
    Changed {
        /// Who watches.
        watch: WatchId,
        /// What it is now.
        change: crate::Change,
    },
}

/// Why a call of a transaction is not carried out. Nothing has changed then.
#[derive(Clone, Debug, PartialEq, Eq, Error)]
#[non_exhaustive]
pub enum CallError {
    /// The claim is not taken.
    #[error(transparent)]
    Claim(#[from] ClaimError),
    /// The transaction does not have what it names.
    #[error(transparent)]
    NotHeld(#[from] NotHeld),
    /// Too much is on its way to a node already.
    #[error("{node} is busy: {limit} messages are on their way to it, which is the limit")]
    Busy {
        /// Which node.
        node: NodeId,
        /// How many may be on their way.
        limit: usize,
    },
    /// No such transaction lives here.
    #[error("{0} does not live here")]
    Unknown(TxId),
}

impl From<Over> for CallError {
    fn from(over: Over) -> Self {
        Self::Claim(over.into())
    }
}

/// One node of a cluster: pure.
///
/// The tables are not part of it, but are given with each call: a real node keeps them where the transactions of its
/// process reach them without the machine. After each call [`NodeMachine::take_outputs`] gives what is to be sent and told,
/// and [`NodeMachine::next_tick`] when the machine wants to be called again, whatever happens.
///
/// It promises what `docs/guarantees.md` lists for many nodes, provided that clocks run at speeds that differ by less than a
/// third, that incarnations grow, and that no two processes use one name at the same time.
#[derive(Clone, Debug)]
pub struct NodeMachine {
    pub(super) me: Myself,
    pub(super) max_claims: usize,
    pub(super) few: usize,
    pub(super) links: BTreeMap<NodeId, Link>,
    pub(super) agents: BTreeMap<TxId, Agent>,
    /// Where the transactions live that have claims in the tables here.
    pub(super) guests: BTreeMap<TxId, NodeId>,
    pub(super) looks: BTreeMap<u64, Look>,
    /// Who has to look when the look under way has ended, in the order in which they came; each once.
    pub(super) to_look: VecDeque<TxId>,
    /// When time matters next to whom.
    pub(super) due: Due,
    pub(super) numbers: u64,
    /// After a start: who has not told yet what its transactions hold here, and until when they are waited for.
    pub(super) recovery: Option<(BTreeSet<NodeId>, Millis)>,
    /// What was asked for meanwhile.
    pub(super) stash: Vec<(NodeId, TxId, u64, Request)>,
    /// How much of that comes from whom.
    pub(super) stashed: BTreeMap<NodeId, usize>,
    /// The tokens of grants of earlier incarnations that were taken back, and whose they are.
    pub(super) taken_back: BTreeMap<Token, TxId>,
    /// Tokens up to this one were not given in this life.
    pub(super) old: Token,
    /// The claims that are granted, and whose token is no fence yet.
    pub(super) to_fence: BTreeSet<(TxId, Object)>,
    /// What claims of many nodes had to wait for.
    pub(super) crowded: Crowded,
    inbox: VecDeque<(NodeId, Message)>,
    pub(super) outputs: Vec<Output>,
    /// The transactions that live here and may stand otherwise than before.
    pub(super) stirred: Vec<TxId>,
    pub(super) counters: Counters,
}

impl NodeMachine {
    /// A node that starts now, with empty tables.
    pub fn new(config: NodeConfig, now: Millis) -> Self {
        let NodeConfig { cluster, node, incarnation, peers, timing, max_claims, few } = config;
        let first = Token(incarnation.first_number());
        let me = Myself { node, cluster, incarnation, timing, newest: Token::default() };
        let others: BTreeSet<NodeId> = peers.into_iter().filter(|peer| *peer != me.node).collect();
        let links = others.iter().map(|peer| (peer.clone(), Link::new(&me, peer.clone(), now))).collect();
        let recovery = (!others.is_empty() && !mutant::is_on(Mutant::GrantsWhileItRecovers))
            .then(|| (others, after(now, timing.recovery_timeout)));
        Self {
            me,
            max_claims,
            few,
            links,
            agents: BTreeMap::new(),
            guests: BTreeMap::new(),
            looks: BTreeMap::new(),
            to_look: VecDeque::new(),
            due: Due::default(),
            numbers: 0,
            recovery,
            stash: Vec::new(),
            stashed: BTreeMap::new(),
            taken_back: BTreeMap::new(),
            old: first,
            to_fence: BTreeSet::new(),
            crowded: Crowded::default(),
            inbox: VecDeque::new(),
            outputs: Vec::new(),
            stirred: Vec::new(),
            counters: Counters::default(),
        }
    }

    /// Its name.
    pub fn name(&self) -> &NodeId {
        &self.me.node
    }

    /// Its incarnation.
    pub fn incarnation(&self) -> Incarnation {
        self.me.incarnation
    }

    /// Whether it still waits to be told what others hold here, and grants nothing new meanwhile.
    pub fn is_recovering(&self) -> bool {
        self.recovery.is_some()
    }

    /// Whether a node is there, as far as this one knows.
    pub fn is_alive(&self, node: &NodeId) -> bool {
        *node == self.me.node || self.links.get(node).is_some_and(Link::is_up)
    }

    /// The peers that are not there.
    pub(super) fn lost(&self) -> Vec<NodeId> {
        let is_lost = |link: &Link| !link.is_up() && !mutant::is_on(Mutant::CountsOnTheLost);
        self.links.iter().filter(|(_, link)| is_lost(link)).map(|(peer, _)| peer.clone()).collect()
    }

    /// The incarnation of a peer, if the two are in a conversation.
    pub fn incarnation_of(&self, peer: &NodeId) -> Option<Incarnation> {
        if *peer == self.me.node { Some(self.me.incarnation) } else { self.links.get(peer)?.incarnation() }
    }

    /// What is to be sent and told since the last time, in order.
    pub fn take_outputs(&mut self) -> Vec<Output> {
        std::mem::take(&mut self.outputs)
    }

    /// The transactions that live here and may stand otherwise than when this was asked last: whoever waits for one of
    /// them looks again. A transaction may be named more than once.
    pub fn take_stirred(&mut self) -> Vec<TxId> {
        std::mem::take(&mut self.stirred)
    }

    pub(super) fn stir(&mut self, tx: TxId) {
        self.plan(tx);
        if self.stirred.last() != Some(&tx) {
            self.stirred.push(tx);
        }
    }

    /// Begins a transaction that lives here. Its id must be new in the whole cluster.
    pub fn begin(&mut self, tx: TxId, options: TransactionOptions) {
        self.agents.insert(tx, Agent::new(TransactionMachine::new(tx, options)));
        self.plan(tx);
    }

    /// What a transaction that lives here needs, as a search is told.
    pub fn home_row(&self, tx: TxId) -> Option<super::rows::HomeRow> {
        self.agents.get(&tx).map(|agent| agent.row(self.lost()))
    }

    /// A frame of a peer.
    pub fn receive(&mut self, tables: &mut dyn Tables, from: &NodeId, frame: Frame, now: Millis) {
        // What is not taken in is said again later; until then the peer's callers are told that this node is busy.
        if matches!(frame, Frame::Data { .. }) && self.stashes_enough_of(from) {
            return;
        }
        let mut frames = Vec::new();
        let Some(link) = self.links.get_mut(from) else { return };
        let before = link.newest_token();
        let events = link.receive(frame, &self.me, now, &mut frames);
        let newest = link.newest_token();
        self.send(from, frames);
        self.follow(tables, newest.unwrap_or_default());
        self.linked(tables, from, events, now);
        if before < newest && !self.to_fence.is_empty() {
            self.fence_those_who_wait(now);
        }
        self.work(tables, now);
    }

    /// The process of a peer is known to be gone, with this incarnation of it and all before.
    pub fn gone(&mut self, tables: &mut dyn Tables, peer: &NodeId, incarnation: Option<Incarnation>, now: Millis) {
        let Some(link) = self.links.get_mut(peer).filter(|link| !link.knows_a_later_one(incarnation)) else { return };
        let events = link.gone(incarnation, &self.me, now);
        self.linked(tables, peer, events, now);
        self.not_waited_for(tables, peer, now);
        self.work(tables, now);
    }

    /// There is a new way to a peer. Nothing depends on being told so, but what would be said again in time is said now.
    pub fn reached(&mut self, tables: &mut dyn Tables, peer: &NodeId, now: Millis) {
        if let Some(link) = self.links.get_mut(peer) {
            link.reached(now);
            self.tick(tables, now);
        }
    }

    /// Lets time pass.
    pub fn tick(&mut self, tables: &mut dyn Tables, now: Millis) {
        let peers: Vec<NodeId> = self.links.keys().cloned().collect();
        for peer in peers {
            let mut frames = Vec::new();
            let Some(link) = self.links.get_mut(&peer) else { continue };
            let events = link.tick(&self.me, now, &mut frames);
            self.send(&peer, frames);
            self.linked(tables, &peer, events, now);
        }
        self.recover_in_time(tables, now);
        self.do_what_is_due(tables, now);
        self.grow_slow(now);
        self.look_together(now);
        self.work(tables, now);
    }

    /// When [`NodeMachine::tick`] is to be called next.
    pub fn next_tick(&self) -> Option<Millis> {
        let links = self.links.values().map(|link| link.next_tick(self.me.timing));
        let recovery = self.recovery.iter().map(|(_, until)| *until);
        links.chain(recovery).chain(self.next_look_at()).chain(self.due.first()).min()
    }

    /// Does what there is to do here, until nothing is left but what others have to do.
    pub(super) fn work(&mut self, tables: &mut dyn Tables, now: Millis) {
        loop {
            self.tell_facts(tables, now);
            let Some((from, message)) = self.inbox.pop_front() else { break };
            self.hear(tables, &from, message, now);
        }
    }

    fn linked(&mut self, tables: &mut dyn Tables, peer: &NodeId, events: Vec<LinkEvent>, now: Millis) {
        for event in events {
            match event {
                LinkEvent::Up => self.peer_up(peer, now),
                LinkEvent::Distrusted { hold_until } => self.peer_down(peer, hold_until, now),
                LinkEvent::Freed => self.free_guests_of(tables, peer),
                LinkEvent::Said(message) => self.inbox.push_back((peer.clone(), *message)),
                LinkEvent::Unwelcome(unwelcome) => self.outputs.push(Output::Unwelcome(unwelcome)),
            }
            self.work(tables, now);
        }
    }

    fn hear(&mut self, tables: &mut dyn Tables, from: &NodeId, message: Message, now: Millis) {
        match message {
            Message::Request { tx, ask, request } => self.serve(tables, from, tx, ask, request, now),
            Message::Stands { tx, ask, claims, turned } => self.stands(from, tx, ask, claims, turned, now),
            Message::Hold { held, more } => self.take_back(tables, from, held, more, now),
            Message::Ask { look, txs, reach } => {
                for rows in self.read(tables, &txs, reach) {
                    self.say(from, Message::Told { look, rows }, now);
                }
            }
            Message::Told { look, rows } => self.told(from, look, rows, now),
            Message::Resolve { look, evidence } => self.judge(tables, from, look, *evidence, now),
            Message::Resolved { look, tx, acted } => self.resolved(from, look, tx, acted, now),
            Message::Fence { token } => {
                self.follow(tables, token);
                self.say(from, Message::Fenced { token }, now);
            }
            // What it says is said by the message itself.
            Message::Fenced { .. } => {}
            Message::Note { deadlock, members } => self.noted(*deadlock, members),
            Message::Letter { about, note } => self.letter(from, about, note),
        }
    }

    /// Says something to a node, perhaps to this one itself.
    pub(super) fn say(&mut self, to: &NodeId, message: Message, now: Millis) {
        if *to == self.me.node {
            self.inbox.push_back((to.clone(), message));
            return;
        }
        let mut frames = Vec::new();
        if let Some(link) = self.links.get_mut(to) {
            link.say(message, &self.me, now, &mut frames);
        }
        self.send(to, frames);
    }

    fn send(&mut self, to: &NodeId, frames: Vec<Frame>) {
        let send = |frame| Output::Send { to: to.clone(), frame: Box::new(frame) };
        self.outputs.extend(frames.into_iter().map(send));
    }

    /// Tells the homes of transactions what happened to their claims.
    fn tell_facts(&mut self, tables: &mut dyn Tables, now: Millis) {
        for fact in take_facts(tables) {
            if let Fact::Granted { tx, object, token, .. } = &fact {
                self.gave(Some(*token));
                self.outputs.push(Output::Granted { tx: *tx, object: object.clone(), token: *token });
            }
            match fact {
                Fact::Granted { tx, object, .. } | Fact::Covered { tx, object } => {
                    let Some(home) = self.guests.get(&tx).cloned() else { continue };
                    let claims = vec![(object.clone(), tables.table_of(&object).standing(tx, &object))];
                    self.say(&home, Message::Stands { tx, ask: 0, claims, turned: false }, now);
                }
                Fact::Changed { watch, change } => self.outputs.push(Output::Changed { watch, change }),
            }
        }
    }

    /// A number that this life of the node has not used.
    pub(super) fn next_number(&mut self) -> u64 {
        self.numbers += 1;
        self.numbers
    }
}
