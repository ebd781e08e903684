//! What a scenario file says: its commands and expectations, each with its line.

use std::collections::BTreeSet;

use lock_core::{Mode, NodeId, Object, Require, TxId};

use crate::{Action, Deed, Names, TxOptions, TxStatus, Weather};

/// A scenario file that has been read: well-formed, every name in it known.
///
/// Made by [`Scenario::parse`] and [`Scenario::load`], carried out by [`run`](crate::run).
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Scenario {
    /// The file's name, as errors and failures show it.
    pub file: String,
    /// The rule that the story tells: the first comment line.
    pub rule: String,
    /// The nodes; one node `n1` unless the file names others.
    pub nodes: Vec<NodeId>,
    /// What the file calls its transactions.
    pub names: Names,
    /// The commands in their order.
    pub steps: Vec<Step>,
}

/// One command with the line that it stands on.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Step {
    /// The line, counted from 1.
    pub line: usize,
    /// The line as written, without its comment.
    pub text: String,
    /// What it says.
    pub command: Command,
}

/// What one line tells to do, or to be true.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Command {
    /// Names the nodes of the cluster.
    Nodes,
    /// Begins a transaction.
    Begin(Begin),
    /// Claims one object.
    Lock(Claim),
    /// Anything else that a transaction does.
    Act {
        /// Who acts.
        tx: TxId,
        /// What it does.
        action: Action,
    },
    /// Something befalls a node or the links.
    Fault(Fault),
    /// Lets all these loose at once.
    Together(Together),
    /// Lets time pass.
    Advance {
        /// How long.
        ms: u64,
    },
    /// Ends all who have all, until none is left.
    Drain,
    /// A refused command is no failure.
    Lenient,
    /// Says what must be true.
    Expect(Expectation),
}

/// The begin of a transaction.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Begin {
    /// Its id, which is its age.
    pub tx: TxId,
    /// Its home node, if another than the first.
    pub home: Option<NodeId>,
    /// Its options.
    pub options: TxOptions,
}

/// A claim on one object.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Claim {
    /// Who claims.
    pub tx: TxId,
    /// What it claims.
    pub object: Object,
    /// How.
    pub mode: Mode,
    /// On which nodes; empty: on its home.
    pub on: Vec<NodeId>,
    /// How many of them must grant.
    pub require: Require,
}

/// What happens to nodes and links.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Fault {
    /// The node's process dies.
    Crash(NodeId),
    /// The node comes (back) with a new incarnation.
    Start(NodeId),
    /// The node stops without dying.
    Freeze(NodeId),
    /// The frozen node goes on.
    Thaw(NodeId),
    /// The links between the groups are cut.
    Split(Vec<Vec<NodeId>>),
    /// All links are mended.
    Heal,
    /// What is sent from now on is delayed, lost or doubled.
    Weather(Weather),
    /// The clocks run too fast or too slow, by up to so many millionths.
    Clocks(u32),
}

impl Fault {
    /// The word that tells it.
    pub fn word(&self) -> &'static str {
        match self {
            Self::Crash(_) => "crash",
            Self::Start(_) => "start",
            Self::Freeze(_) => "freeze",
            Self::Thaw(_) => "thaw",
            Self::Split(_) => "split",
            Self::Heal => "heal",
            Self::Weather(_) => "weather",
            Self::Clocks(_) => "clocks",
        }
    }
}

/// Commands that are let loose at once.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Together {
    /// What stands between `together` and `done`: no expectation, no passing of time.
    pub steps: Vec<Step>,
    /// The line of `done`.
    pub done: usize,
}

/// What must be true.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Expectation {
    /// The status of a transaction.
    Status(TxId, TxStatus),
    /// It waits for that object.
    Waiting(TxId, Object),
    /// It waits on exactly these.
    WaitingFor(TxId, Vec<TxId>),
    /// Exactly these have a grant on exactly this object.
    Holds {
        /// The object.
        object: Object,
        /// Who has it, and how.
        holders: Vec<(TxId, Mode)>,
        /// On which node, if another than the first.
        on: Option<NodeId>,
    },
    /// Exactly these wait for exactly this object, in this order.
    Queue(Object, Vec<TxId>),
    /// So many resolutions since the start.
    Deadlocks(usize),
    /// One resolution had this circle and this way out.
    Deadlock(DeadlockLike),
    /// It was told that it lost that lock.
    Lost(TxId, Object),
    /// Each grant had a larger token than the one before.
    TokenGrows(Object),
    /// The previous command was refused with an error that has these words.
    Error(String),
}

/// What is known of an expected deadlock.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct DeadlockLike {
    /// The circle in order of the arrows, the oldest first.
    pub members: Vec<TxId>,
    /// Who gave way, if that is said.
    pub victim: Option<TxId>,
    /// Each of these was given up, for now.
    pub surrendered: Vec<Object>,
    /// Nobody lost anything: the order was changed.
    pub by_overtaking: bool,
}

impl Scenario {
    /// The objects that its transactions may claim, each once.
    pub fn objects(&self) -> Vec<Object> {
        let all = self.steps.iter().flat_map(|step| match &step.command {
            Command::Together(together) => together.steps.iter().collect(),
            _ => vec![step],
        });
        let objects: BTreeSet<Object> = all.flat_map(|step| step.command.objects()).collect();
        objects.into_iter().collect()
    }
}

impl Command {
    fn objects(&self) -> Vec<Object> {
        match self {
            Self::Lock(claim) => vec![claim.object.clone()],
            Self::Act { action: Action::Lock(claims), .. } => claims.iter().map(|(object, _)| object.clone()).collect(),
            Self::Act { action: Action::LockOn(claim), .. } => vec![claim.object.clone()],
            Self::Act { action: Action::Try(object, _), .. } => vec![object.clone()],
            _ => Vec::new(),
        }
    }

    /// What can be let loose at once with others, if the line says such a thing.
    pub fn deed(&self) -> Option<Deed> {
        match self {
            Self::Fault(fault) => Some(Deed::Befalls(fault.clone())),
            _ => self.action().map(|(tx, action)| Deed::Act(tx, action)),
        }
    }

    /// What a transaction is to do, if that is what the line says.
    ///
    /// On one node, each claim needs that node's grant, whatever it requires; but who claims once more must require
    /// the same.
    pub fn action(&self) -> Option<(TxId, Action)> {
        match self {
            Self::Lock(claim) if claim.on.is_empty() && claim.require == Require::All => {
                Some((claim.tx, Action::Lock(vec![(claim.object.clone(), claim.mode)])))
            }
            Self::Lock(claim) => {
                let Claim { tx, object, mode, on, require } = claim.clone();
                Some((tx, Action::LockOn(lock_core::Claim { object, mode, nodes: on, require })))
            }
            Self::Act { tx, action } => Some((*tx, action.clone())),
            _ => None,
        }
    }
}
