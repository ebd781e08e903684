//! How scenarios drive a world: each command is carried out, and the world let run until it is quiet.

use std::collections::{BTreeMap, BTreeSet};

use lock_core::{Arrow, Call, Claim, ClaimView, Deadlock, Mode, NodeId, Object, Require, Token, TxId, WaitGraph};

use super::world::World;
use crate::seeded::Seeded;
use crate::{Action, Engine, Fault, Refusal, Standing, TxOptions, TxStatus};

impl World {
    fn carry_out(&mut self, tx: TxId, action: &Action) -> Result<(), Refusal> {
        let call = match action {
            Action::Lock(claims) => Call::Lock(claims.iter().map(|(object, mode)| plain(object, *mode)).collect()),
            Action::LockOn(claim) => Call::Lock(vec![claim.clone()]),
            Action::Try(object, mode) => Call::Try(vec![plain(object, *mode)]),
            Action::Unlock(object) => Call::Unlock(object.clone()),
            Action::Downgrade(object) => Call::Downgrade(object.clone()),
            Action::Surrender(object) => Call::Surrender(object.clone()),
            Action::Saw => Call::Saw,
            Action::End | Action::Drop => Call::End,
        };
        if self.home(tx).is_none() {
            return Err(Refusal(format!("{tx} has ended: its home is gone")));
        }
        if self.stands_still(tx) {
            return Err(Refusal(format!("{tx} cannot act: its home stands still")));
        }
        self.act(tx, call).map_err(|error| Refusal(error.to_string()))
    }

    /// The claims of a transaction, each as a whole.
    pub(crate) fn claims_of(&self, tx: TxId) -> Vec<ClaimView> {
        self.home(tx).map(|home| home.machine.claims(tx)).unwrap_or_default()
    }

    fn first(&self) -> NodeId {
        self.nodes()[0].clone()
    }

    /// The arrows of what transactions need; surplus waits of claims that are met are none.
    pub(crate) fn arrows(&self) -> Vec<Arrow> {
        self.truth().arrows()
    }
}

fn plain(object: &Object, mode: Mode) -> Claim {
    Claim { object: object.clone(), mode, nodes: Vec::new(), require: Require::All }
}

impl Engine for World {
    fn begin(&mut self, tx: TxId, options: &TxOptions) {
        let home = self.first();
        World::begin(self, tx, &home, options);
    }

    fn begin_at(&mut self, tx: TxId, home: &NodeId, options: &TxOptions) {
        World::begin(self, tx, home, options);
    }

    fn act(&mut self, tx: TxId, action: &Action) -> Result<(), Refusal> {
        let done = self.carry_out(tx, action);
        self.settle();
        done
    }

    fn befalls(&mut self, fault: &Fault) {
        self.fault(fault);
        self.settle();
    }

    /// Between two commands, some of what is due happens.
    fn at_once(&mut self, steps: &[Deed], seed: u64) -> Vec<Result<(), Refusal>> {
        let mut outcomes = vec![Ok(()); steps.len()];
        let mut random = Seeded::new(seed);
        for index in random.interleave(steps.iter().map(Deed::of)) {
            match &steps[index] {
                Deed::Act(tx, action) => outcomes[index] = self.carry_out(*tx, action),
                Deed::Befalls(fault) => self.fault(fault),
            }
            let happen = random.below(4);
            for _ in 0..happen {
                self.step();
            }
        }
        self.settle();
        outcomes
    }

    fn together(&mut self, steps: &[(TxId, Action)], seed: u64) -> Vec<Result<(), Refusal>> {
        let deeds: Vec<Deed> = steps.iter().map(|(tx, action)| Deed::Act(*tx, action.clone())).collect();
        self.at_once(&deeds, seed)
    }

    fn advance(&mut self, ms: u64) {
        World::advance(self, ms);
    }

    fn status(&mut self, tx: TxId) -> TxStatus {
        self.status_of(tx)
    }

    fn claims(&mut self, tx: TxId) -> Vec<Standing> {
        self.claims_of(tx).into_iter().map(Standing::from).collect()
    }

    fn parts(&mut self, tx: TxId) -> Vec<Standing> {
        let parts = self.home(tx).map(|home| home.machine.parts(tx)).unwrap_or_default();
        let part = |(object, node, granted, wanted)| Standing { object, node: Some(node), granted, wanted };
        parts.into_iter().map(part).collect()
    }

    fn waiting(&mut self, tx: TxId) -> BTreeSet<Object> {
        let waiting = self.claims_of(tx).into_iter().filter(|claim| claim.wanted.is_some());
        waiting.map(|claim| claim.object).collect()
    }

    fn holders(&mut self, object: &Object) -> BTreeMap<TxId, Mode> {
        let first = self.first();
        self.holders_on(object, &first)
    }

    fn holders_on(&mut self, object: &Object, node: &NodeId) -> BTreeMap<TxId, Mode> {
        let holders = self.process(node).map(|process| process.table.holders(object)).unwrap_or_default();
        holders.into_iter().map(|holder| (holder.tx, holder.mode)).collect()
    }

    fn queue(&mut self, object: &Object) -> Vec<TxId> {
        let waiters = self.process(&self.first()).map(|process| process.table.waiters(object)).unwrap_or_default();
        waiters.into_iter().map(|waiter| waiter.tx).collect()
    }

    fn deadlocks(&mut self) -> Vec<Deadlock> {
        self.deadlocks.clone()
    }

    fn lost(&mut self, tx: TxId) -> Vec<Object> {
        self.lost.get(&tx).cloned().unwrap_or_default()
    }

    /// Those of the first node that ever granted the object: tokens of different nodes have nothing to do with each other.
    fn tokens(&mut self, object: &Object) -> Vec<Token> {
        let on = |node: &NodeId| self.tokens.get(&(node.clone(), object.clone())).cloned();
        self.nodes().iter().find_map(on).unwrap_or_default()
    }

    fn wait_graph(&mut self) -> WaitGraph {
        WaitGraph { arrows: self.arrows(), ..WaitGraph::default() }
    }

    fn violations(&mut self) -> Vec<String> {
        let mut broken: Vec<String> = Vec::new();
        if self.is_at_rest() {
            self.check_at_end();
        }
        for (name, process) in self.processes() {
            broken.extend(process.table.check().err().map(|violation| format!("{name}: {violation}")));
        }
        for ((node, object), tokens) in &self.tokens {
            if tokens.windows(2).any(|pair| pair[0] >= pair[1]) {
                broken.push(format!("tokens grow: those of {object} on {node} do not"));
            }
        }
        broken.extend(self.broken().map(ToString::to_string));
        let stuck = if self.is_quiet() { self.truth().stuck() } else { std::collections::BTreeSet::new() };
        broken.extend(stuck.first().map(|tx| format!("every deadlock ends: {tx} is stuck")));
        broken
    }
}

/// Something that is let loose at once with others.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Deed {
    /// A transaction acts.
    Act(TxId, Action),
    /// Something befalls a node or the links.
    Befalls(Fault),
}

impl Deed {
    /// Faults keep their order among themselves.
    pub(crate) fn of(&self) -> TxId {
        match self {
            Self::Act(tx, _) => *tx,
            Self::Befalls(_) => TxId(0),
        }
    }
}
