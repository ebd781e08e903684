//! What happens in a world of many nodes, step by step.

use std::fmt;

use lock_core::{Mode, Require, TxId};

use crate::TxOptions;
use crate::quorum::{NodeSet, ObjectIndex, Objects, QuorumAction};

/// When somebody looks, and when somebody acts on what was seen.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Timing {
    /// Requests take no time, and whoever has to look does so before anything else happens.
    AtOnce,
    /// Requests arrive one by one; several things happen, and then all look and act.
    LateLooks,
    /// Each request, each look and each act is a step of its own.
    LateActs,
}

/// The life of one world.
#[derive(Clone, Debug)]
pub(super) struct Script {
    pub(super) timing: Timing,
    pub(super) nodes: usize,
    pub(super) objects: Objects,
    pub(super) transactions: Vec<TxOptions>,
    pub(super) steps: Vec<Step>,
}

/// One step. Where it takes one of several that are under way, the number says which, round and round.
#[derive(Clone, Debug)]
pub(super) enum Step {
    Act(TxId, QuorumAction),
    Lose(usize),
    Answer(usize),
    Look(usize),
    Deliver(usize),
}

impl fmt::Display for Script {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        writeln!(f, "{} nodes, {:?}", self.nodes, self.timing)?;
        for (number, options) in (1..).zip(&self.transactions) {
            writeln!(f, "tx {} abort={} priority={}", TxId(number), options.abort_on_deadlock, options.priority)?;
        }
        self.steps.iter().try_for_each(|step| self.tell(step, f))?;
        writeln!(f, "drain")
    }
}

impl Script {
    fn tell(&self, step: &Step, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match step {
            Step::Act(tx, action) => writeln!(f, "{tx} {}", self.told(action)),
            Step::Lose(node) => writeln!(f, "lose n{node}"),
            Step::Answer(which) => writeln!(f, "answer {which}"),
            Step::Look(which) => writeln!(f, "look {which}"),
            Step::Deliver(which) => writeln!(f, "deliver {which}"),
        }
    }

    fn told(&self, action: &QuorumAction) -> String {
        let name = |object: &ObjectIndex| self.objects.name(*object).to_string();
        let claim = |object: &ObjectIndex, mode: &Mode| format!("{} {mode}", name(object));
        match action {
            QuorumAction::Lock(claims, nodes, require) => {
                let claims: Vec<_> = claims.iter().map(|(object, mode)| claim(object, mode)).collect();
                format!("lock {} {}", claims.join(", "), on(*nodes, *require))
            }
            QuorumAction::Try(object, mode, nodes, require) => {
                format!("try {} {}", claim(object, mode), on(*nodes, *require))
            }
            QuorumAction::Unlock(object) => format!("unlock {}", name(object)),
            QuorumAction::Downgrade(object) => format!("downgrade {}", name(object)),
            QuorumAction::Surrender(object) => format!("surrender {}", name(object)),
            QuorumAction::Saw => "saw".to_owned(),
            QuorumAction::End => "end".to_owned(),
        }
    }
}

fn on(nodes: NodeSet, require: Require) -> String {
    let nodes: Vec<_> = nodes.iter().map(|node| format!("n{node}")).collect();
    format!("{require} of {}", nodes.join(" "))
}
