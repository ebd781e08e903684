//! A node of a world: its clock, and the process that runs on it, if one does.

use lock_core::{Incarnation, LockTable, Millis, NodeConfig, NodeId, NodeMachine, Tokens};

use super::WorldOptions;
use super::clock::Clock;
use super::watched::{Acting, Watched};

/// A place where a node's processes run, one after the other.
#[derive(Clone, Debug)]
pub(super) struct Site {
    pub(super) clock: Clock,
    pub(super) process: Option<Process>,
    /// It stands still.
    pub(super) frozen: bool,
    /// The incarnation of the last process.
    pub(super) incarnation: Incarnation,
}

/// One life of a node.
#[derive(Debug)]
pub(crate) struct Process {
    pub(crate) machine: NodeMachine,
    pub(crate) table: LockTable,
    /// Those that the table gives.
    tokens: Tokens,
    /// Who acted on evidence in this event.
    pub(super) acts: Vec<Acting>,
}

impl Clone for Process {
    /// The copy goes on by itself, its counter of tokens included.
    fn clone(&self) -> Self {
        let tokens = self.tokens.fork();
        let table = self.table.fork(tokens.clone());
        Self { machine: self.machine.clone(), table, tokens, acts: self.acts.clone() }
    }
}

impl Process {
    /// The machine and the tables that it is given. Acts are noted if somebody wants to know of them.
    pub(super) fn parts(&mut self, watching: bool) -> (&mut NodeMachine, Watched<'_>) {
        let acts = watching.then_some(&mut self.acts);
        (&mut self.machine, Watched { table: &mut self.table, acts })
    }
}

impl Site {
    pub(super) fn new(clock: Clock) -> Self {
        Self { clock, process: None, frozen: false, incarnation: Incarnation(0) }
    }

    /// Starts a process, with a new incarnation and an empty table.
    pub(super) fn start(&mut self, node: &NodeId, options: &WorldOptions, now: u64) {
        self.incarnation = Incarnation(self.incarnation.0 + 1);
        self.frozen = false;
        let WorldOptions { nodes, timing, few, .. } = options;
        let plain = NodeConfig::new(node.clone(), self.incarnation);
        let config = NodeConfig { peers: nodes.clone(), timing: *timing, few: few.unwrap_or(plain.few), ..plain };
        let tokens = Tokens::starting_at(self.incarnation);
        self.process = Some(Process {
            machine: NodeMachine::new(config, self.clock.shows(now)),
            table: LockTable::new(self.incarnation, tokens.clone(), 0),
            tokens,
            acts: Vec::new(),
        });
    }

    /// When the process wants to be woken, in the world's time.
    pub(super) fn wakes_at(&self) -> Option<u64> {
        let process = self.process.as_ref().filter(|_| !self.frozen)?;
        process.machine.next_tick().map(|tick| self.clock.reaches(tick))
    }

    pub(super) fn shows(&self, now: u64) -> Millis {
        self.clock.shows(now)
    }
}
