//! The states of a small world of many nodes.
//!
//! All orders are tried but one kind: a frame that comes in vain, by
//! [`World::is_in_vain`], arrives at once, and nothing else is tried in that state. This misses nothing. Such a frame
//! changes nothing that a shape tells, in this state and in every later one; it stands first on its link, so
//! only itself is in the way of what was said after it; and nothing that may happen first can make it matter, not even a crash of
//! either end. So whatever way there is from this state, the same way with this frame moved to its
//! front leads through the same shapes, and what the promises see of them is the same. As each such step takes
//! a frame off the links, nothing else is put off for ever. Where time may go on it is not done: when a
//! frame comes decides when the next one is repeated.

use std::sync::Arc;

use lock_core::{Call, NodeId, TxId};

use super::Explorable;
use crate::{Due, Fault, TxOptions, TxStatus, World, WorldOptions, promises};

/// What a transaction does in its life, and where it lives.
#[derive(Clone, Debug)]
pub struct Life {
    /// Its node.
    pub home: NodeId,
    /// How it began.
    pub options: TxOptions,
    /// Its calls, in this order; each is one of a choice. It makes the next one when it waits for nothing.
    pub calls: Vec<Vec<Call>>,
}

/// What may go wrong in a small world, besides the order in which everything happens.
#[derive(Clone, Debug, Default)]
pub struct Faults {
    /// One of these crashes, once, at any moment, and starts again at any later one.
    pub crashes: Vec<NodeId>,
    /// So often, when nothing is due, time goes on until something is.
    pub waits: u8,
}

/// Something that happens in a small world of many nodes.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Happening {
    /// The next call of a transaction, by its place in the choice.
    Calls(TxId, usize),
    /// A packet arrives, or the time of a node has come.
    Comes(Due),
    /// A process is gone.
    Crashes(NodeId),
    /// A process starts where one crashed.
    Starts(NodeId),
    /// Nothing is due: time goes on until something is.
    Waits,
}

/// A cluster, what its transactions still do, and what may still go wrong.
///
/// Every order in which packets can arrive is explored, with the calls among them. All promises are checked after every
/// event. Where nothing can happen any more, nobody is stuck; and when everything has come right, all that wait
/// are served.
#[derive(Clone, Debug)]
pub struct ManyNodes {
    world: World,
    lives: Arc<Vec<Life>>,
    faults: Arc<Faults>,
    /// How many calls each transaction has made.
    made: Vec<usize>,
    /// Which node crashed, and whether it has started again.
    crashed: Option<(NodeId, bool)>,
    waited: u8,
}

impl ManyNodes {
    /// A cluster in which nothing has been asked for yet; so many transactions are `few`.
    pub fn new(nodes: &[NodeId], lives: Vec<Life>, faults: Faults, few: usize) -> Self {
        let options = WorldOptions { few: Some(few), ..WorldOptions::new(nodes.to_vec()) };
        let mut world = World::new(options, 0);
        world.watch_over(promises::all());
        for (tx, life) in (1..).map(TxId).zip(&lives) {
            world.begin(tx, &life.home, &life.options);
        }
        let made = vec![0; lives.len()];
        Self { world, lives: Arc::new(lives), faults: Arc::new(faults), made, crashed: None, waited: 0 }
    }

    /// How many deadlocks were resolved on the way to this state.
    pub fn deadlocks(&self) -> usize {
        self.world.deadlocks_so_far()
    }

    fn calls(&self) -> impl Iterator<Item = Happening> {
        (1..).map(TxId).zip(self.lives.iter().zip(&self.made)).flat_map(|(tx, (life, made))| {
            let choice = match self.world.status_of(tx) {
                TxStatus::Waiting | TxStatus::Ended | TxStatus::Aborted => 0,
                _ => life.calls.get(*made).map_or(0, Vec::len),
            };
            (0..choice).map(move |index| Happening::Calls(tx, index))
        })
    }

    fn faults(&self) -> Vec<Happening> {
        match &self.crashed {
            None => self.faults.crashes.iter().cloned().map(Happening::Crashes).collect(),
            Some((node, false)) => vec![Happening::Starts(node.clone())],
            Some((_, true)) => Vec::new(),
        }
    }

    /// Whether time may go on from here.
    fn time_goes_on(&self) -> bool {
        self.waited < self.faults.waits
    }

    /// Whether somebody is still to claim something.
    fn claims_come(&self) -> bool {
        let mut to_come = self.lives.iter().zip(&self.made).flat_map(|(life, made)| life.calls.iter().skip(*made));
        to_come.any(|choice| choice.iter().any(|call| matches!(call, Call::Lock(_) | Call::Try(_))))
    }

    /// What these events come to, a line each, with what follows from it.
    pub fn tell(&self, happenings: &[Happening]) -> Vec<String> {
        let mut state = self.clone();
        state.world.keep_trace();
        happenings.iter().any(|happening| state.apply(happening).is_err());
        state.world.trace().to_vec()
    }

    fn promises_hold(&self) -> Result<(), String> {
        self.world.broken().map_or(Ok(()), |broken| Err(broken.to_string()))
    }

    /// Whether nothing happens any more by itself, and nobody calls.
    fn is_an_end(&self) -> bool {
        self.world.due().is_empty() && self.calls().next().is_none()
    }

    fn nobody_is_stuck(&self) -> Result<(), String> {
        let stuck = self.world.truth().stuck();
        stuck.first().map_or(Ok(()), |tx| Err(format!("every deadlock ends: nothing is under way, and {tx} is stuck")))
    }

    /// Tried out on a copy: everything comes right, and all go home.
    fn everybody_is_served(&self) -> Result<(), String> {
        /// Longer than a node takes to recover, and than the longest time between two repeats.
        const HEALED_MS: u64 = 60_000;
        let mut copy = self.clone();
        let is_whole = self.world.is_whole();
        let waiting = copy.world.close(if is_whole { 0 } else { HEALED_MS });
        copy.promises_hold()?;
        waiting.first().map_or(Ok(()), |tx| Err(format!("everybody is served: {tx} is not")))
    }
}

impl Explorable for ManyNodes {
    type Action = Happening;
    /// The world, the calls that were made, and the faults.
    type Key = (u128, Box<[usize]>, Option<(NodeId, bool)>, u8);

    fn actions(&self) -> Vec<Happening> {
        let due = self.world.due();
        // As good as anything else, now or later: so now, and nothing else.
        if !self.time_goes_on()
            && let Some(in_vain) = due.iter().find(|due| self.world.is_in_vain(due))
        {
            return vec![Happening::Comes(in_vain.clone())];
        }
        let waits = due.is_empty() && self.time_goes_on() && self.world.next_event().is_some();
        let comes = due.into_iter().map(Happening::Comes);
        comes.chain(self.calls()).chain(self.faults()).chain(waits.then_some(Happening::Waits)).collect()
    }

    fn apply(&mut self, happening: &Happening) -> Result<(), String> {
        match happening {
            Happening::Calls(tx, index) => {
                let at = usize::try_from(tx.0 - 1).map_err(|error| error.to_string())?;
                let call = self.lives[at].calls.get(self.made[at]).and_then(|choice| choice.get(*index)).cloned();
                self.made[at] += 1;
                // What is refused is a call like any other.
                let _ = call.map(|call| self.world.act(*tx, call));
            }
            Happening::Comes(due) => {
                if self.world.due().contains(due) {
                    self.world.happens(due);
                }
            }
            Happening::Crashes(node) => {
                self.crashed = Some((node.clone(), false));
                self.world.fault(&Fault::Crash(node.clone()));
            }
            Happening::Starts(node) => {
                self.crashed = Some((node.clone(), true));
                self.world.fault(&Fault::Start(node.clone()));
            }
            Happening::Waits => {
                self.waited += 1;
                self.world.wait_for_next();
            }
        }
        self.promises_hold()
    }

    fn key(&self) -> Self::Key {
        let mark = self.world.mark(self.time_goes_on(), self.claims_come());
        (mark, self.made.clone().into_boxed_slice(), self.crashed.clone(), self.waited)
    }

    fn check(&self) -> Result<(), String> {
        if !self.is_an_end() {
            return Ok(());
        }
        if self.world.is_whole() {
            self.nobody_is_stuck()?;
        }
        self.everybody_is_served()
    }
}
