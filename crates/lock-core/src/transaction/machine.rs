//! What a transaction may still do, and what it was told.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use thiserror::Error;

use super::{Claim, Status, TransactionOptions};
use crate::{
    ClaimView, Deadlock, InvalidObject, Millis, Mode, NodeId, Object, Require, ShapeWriter, TxId, TxProfile, WayOut,
};

/// The transaction machine: pure, driven by its agent.
///
/// What a transaction has and waits for stands in the tables of the nodes; the machine does not keep it a
/// second time, but is shown it. It keeps what no table knows: the options, the conditions of
/// claims that are not plain, the deadlocks that its caller is owed, and whether it is over.
#[derive(Clone, Debug)]
pub struct TransactionMachine {
    tx: TxId,
    options: TransactionOptions,
    life: Life,
    /// Not among the notes: every member of a deadlock gets it, while the tables are held.
    deadlocks: Vec<Arc<Deadlock>>,
    /// Boxed: most transactions end without anything to note.
    notes: Option<Box<Notes>>,
}

#[derive(Clone, Debug, Default)]
struct Notes {
    /// Nodes and require of each claim that is not simply on the home node.
    conditions: BTreeMap<Object, (BTreeSet<NodeId>, Require)>,
    lost: Vec<Object>,
    claim_again: Vec<LostClaim>,
    cannot_serve: BTreeSet<Object>,
}

#[derive(Clone, Debug)]
enum Life {
    Running,
    Aborted(Arc<Deadlock>),
    Ended,
}

/// A claim that is gone with its node.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct LostClaim {
    /// What.
    pub object: Object,
    /// The strongest mode had or wanted.
    pub mode: Mode,
    /// Whether it was granted.
    pub granted: bool,
}

/// A transaction is over and does nothing any more.
#[derive(Clone, Debug, PartialEq, Eq, Error)]
pub enum Over {
    /// It was ended.
    #[error("{0} has ended")]
    Ended(TxId),
    /// It gave all up in a deadlock.
    #[error("{tx} was aborted: {deadlock}")]
    Aborted {
        /// Who.
        tx: TxId,
        /// The deadlock, with its explanation.
        deadlock: Arc<Deadlock>,
    },
}

/// Why a claim is not taken, or not waited for any longer. Nothing of it is left in any table.
#[derive(Clone, Debug, PartialEq, Eq, Error)]
#[non_exhaustive]
pub enum ClaimError {
    /// The transaction is over.
    #[error(transparent)]
    Over(#[from] Over),
    /// What was named is no object.
    #[error(transparent)]
    InvalidObject(#[from] InvalidObject),
    /// The object was claimed before, on other conditions.
    #[error("conflicting claim: {tx} claimed {object} with require {had}, and now with require {wanted}")]
    ConflictingClaim {
        /// Who.
        tx: TxId,
        /// What.
        object: Object,
        /// How many nodes had to grant.
        had: Require,
        /// How many are to grant now.
        wanted: Require,
    },
    /// The transaction has as many claims as it may have.
    #[error("{tx} has {limit} claims, which is the limit")]
    TooManyClaims {
        /// Who.
        tx: TxId,
        /// How many are allowed.
        limit: u32,
    },
    /// So much is claimed of other nodes at once that it does not fit into a message. Nothing was claimed.
    #[error(
        "what {tx} claims of other nodes at once has {bytes} bytes, {limit} are allowed: claim it in several calls"
    )]
    TooLarge {
        /// Who.
        tx: TxId,
        /// The bytes of the objects, with what is told of each.
        bytes: usize,
        /// How many are allowed.
        limit: usize,
    },
    /// The time for waiting is over; what it still waited for was withdrawn.
    #[error("the deadline of {tx} has passed at {deadline} ms")]
    DeadlineOver {
        /// Who.
        tx: TxId,
        /// When waiting had to end.
        deadline: Millis,
    },
    /// The claim needs nodes that are not there.
    #[error("{tx} cannot be served: {object} is claimed on {} with require {require}, but the nodes here are {}",
        names(.claimed), names(.there))]
    CannotServe {
        /// Who.
        tx: TxId,
        /// What.
        object: Object,
        /// How many of the claimed nodes must grant.
        require: Require,
        /// The nodes named in the claim.
        claimed: Vec<NodeId>,
        /// The nodes that there are.
        there: Vec<NodeId>,
    },
    /// Too much is on its way to a node already. Nothing was claimed.
    #[error("{node} is busy: {limit} messages of {tx} and others are on their way to it, which is the limit")]
    Busy {
        /// Who.
        tx: TxId,
        /// Which node.
        node: NodeId,
        /// How many may be on their way.
        limit: usize,
    },
    /// Another call of the same transaction gave the object back while this one waited for it.
    #[error("{object} was withdrawn by another call of {tx} while this one waited")]
    Withdrawn {
        /// Who.
        tx: TxId,
        /// What.
        object: Object,
    },
    /// The node failed, and with it everything that the transaction had.
    #[error("{tx} lost its locks: the node failed")]
    Lost {
        /// Who.
        tx: TxId,
    },
}

fn names(nodes: &[NodeId]) -> String {
    let names: Vec<&str> = nodes.iter().map(NodeId::as_str).collect();
    names.join(", ")
}

impl TransactionMachine {
    /// How many deadlocks are kept for the caller; older ones are only counted.
    pub const KEPT_DEADLOCKS: usize = 256;

    /// A transaction that begins.
    pub fn new(tx: TxId, options: TransactionOptions) -> Self {
        Self { tx, options, life: Life::Running, deadlocks: Vec::new(), notes: None }
    }

    fn notes(&mut self) -> &mut Notes {
        self.notes.get_or_insert_default()
    }

    /// Its id.
    pub fn tx(&self) -> TxId {
        self.tx
    }

    /// Its options.
    pub fn options(&self) -> &TransactionOptions {
        &self.options
    }

    /// Changes the options; for what is decided from now on.
    pub fn options_mut(&mut self) -> &mut TransactionOptions {
        &mut self.options
    }

    /// What the tables have to know of it.
    pub fn profile(&self) -> TxProfile {
        let TransactionOptions { priority, abort_on_deadlock, .. } = self.options;
        TxProfile { tx: self.tx, priority, abort_on_deadlock }
    }

    /// Whether it may still act.
    ///
    /// # Errors
    /// How it came to be over.
    pub fn running(&self) -> Result<(), Over> {
        match &self.life {
            Life::Running => Ok(()),
            Life::Aborted(deadlock) => Err(Over::Aborted { tx: self.tx, deadlock: deadlock.clone() }),
            Life::Ended => Err(Over::Ended(self.tx)),
        }
    }

    /// Whether a claim may be made on a node, given all nodes that are there and whether the object `is_claimed`
    /// already.
    ///
    /// # Errors
    /// Why not. Nothing is noted then.
    pub fn admit(
        &mut self,
        claim: &Claim,
        home: &NodeId,
        there: &[NodeId],
        is_claimed: bool,
    ) -> Result<(), ClaimError> {
        self.running()?;
        let nodes: BTreeSet<NodeId> =
            if claim.nodes.is_empty() { BTreeSet::from([home.clone()]) } else { claim.nodes.iter().cloned().collect() };
        let alive = nodes.iter().filter(|node| there.contains(node)).count();
        if !claim.require.can_be_met(nodes.len(), alive) {
            return Err(ClaimError::CannotServe {
                tx: self.tx,
                object: claim.object.clone(),
                require: claim.require,
                claimed: nodes.into_iter().collect(),
                there: there.to_vec(),
            });
        }
        let plain = claim.require == Require::All && nodes.iter().eq([home]);
        let known = self.notes.as_mut().and_then(|notes| notes.conditions.get_mut(&claim.object));
        match known {
            Some((_, had)) if *had != claim.require => {
                let had = *had;
                Err(self.conflicting(claim, had))
            }
            Some((known, _)) => {
                known.extend(nodes);
                Ok(())
            }
            None if plain => Ok(()),
            None if is_claimed && claim.require != Require::All => Err(self.conflicting(claim, Require::All)),
            None => {
                self.notes().conditions.insert(claim.object.clone(), (nodes, claim.require));
                Ok(())
            }
        }
    }

    fn conflicting(&self, claim: &Claim, had: Require) -> ClaimError {
        ClaimError::ConflictingClaim { tx: self.tx, object: claim.object.clone(), had, wanted: claim.require }
    }

    /// Whether some claim has other conditions than the home node alone.
    pub fn has_conditions(&self) -> bool {
        self.notes.as_ref().is_some_and(|notes| !notes.conditions.is_empty())
    }

    /// Whether the claim of this object has such conditions.
    pub fn has_conditions_for(&self, object: &Object) -> bool {
        self.notes.as_ref().is_some_and(|notes| notes.conditions.contains_key(object))
    }

    /// Takes note that an object is not claimed any more.
    pub fn gave_back(&mut self, object: &Object) {
        if let Some(notes) = &mut self.notes {
            notes.conditions.remove(object);
            notes.cannot_serve.remove(object);
        }
    }

    /// Whether there is still time to wait.
    ///
    /// # Errors
    /// [`ClaimError::DeadlineOver`], from the deadline on.
    pub fn may_wait(&self, now: Millis) -> Result<(), ClaimError> {
        match self.options.deadline {
            Some(deadline) if deadline <= now => Err(ClaimError::DeadlineOver { tx: self.tx, deadline }),
            _ => Ok(()),
        }
    }

    /// Takes note of a deadlock that it was part of. As the one who aborts, it is over now.
    pub fn resolved(&mut self, deadlock: &Arc<Deadlock>) {
        if self.deadlocks.len() == Self::KEPT_DEADLOCKS {
            self.deadlocks.remove(0);
        }
        self.deadlocks.push(deadlock.clone());
        if deadlock.way_out == (WayOut::Abort { victim: self.tx }) && matches!(self.life, Life::Running) {
            self.life = Life::Aborted(deadlock.clone());
        }
    }

    /// The deadlocks that it was part of, oldest first: the newest [`Self::KEPT_DEADLOCKS`] of them.
    pub fn deadlocks(&self) -> Vec<Arc<Deadlock>> {
        self.deadlocks.clone()
    }

    /// Takes note of claims that are gone with a node.
    ///
    /// With `await_nodes` they are to be claimed again; without, they cannot be served any more.
    pub fn lost(&mut self, claims: impl IntoIterator<Item = LostClaim>) {
        let await_nodes = self.options.await_nodes;
        for claim in claims {
            let notes = self.notes();
            if claim.granted {
                notes.lost.push(claim.object.clone());
            }
            if await_nodes {
                notes.claim_again.push(claim);
            } else {
                notes.cannot_serve.insert(claim.object);
            }
        }
    }

    /// Takes note that what it claims of an object can never be granted.
    pub fn hopeless(&mut self, object: Object) {
        self.notes().cannot_serve.insert(object);
    }

    /// Takes note that it can be granted after all, now that it was claimed once more.
    pub fn hopeful(&mut self, object: &Object) {
        if let Some(notes) = &mut self.notes {
            notes.cannot_serve.remove(object);
        }
    }

    /// Takes note of locks that ended with the lease.
    pub fn lease_over(&mut self, objects: impl IntoIterator<Item = Object>) {
        self.notes().lost.extend(objects);
    }

    /// What is to be claimed again; it is asked for once.
    pub fn take_claims_to_repeat(&mut self) -> Vec<(Object, Mode)> {
        let again = self.notes.as_mut().map(|notes| std::mem::take(&mut notes.claim_again)).unwrap_or_default();
        again.into_iter().map(|claim| (claim.object, claim.mode)).collect()
    }

    /// Takes note of claims that could not be made again, because the node failed once more: they are next time.
    pub fn repeat_later(&mut self, claims: impl IntoIterator<Item = (Object, Mode)>) {
        let claims = claims.into_iter().map(|(object, mode)| LostClaim { object, mode, granted: false });
        self.notes().claim_again.extend(claims);
    }

    /// Takes down what decides how it goes on; what its caller is owed as news does not.
    pub(crate) fn write_shape(&self, out: &mut ShapeWriter) {
        let life = match self.life {
            Life::Running => 0_u8,
            Life::Aborted(_) => 1,
            Life::Ended => 2,
        };
        let notes = self.notes.as_deref();
        let conditions = notes.map(|notes| &notes.conditions).filter(|conditions| !conditions.is_empty());
        let cannot_serve = notes.map(|notes| &notes.cannot_serve).filter(|objects| !objects.is_empty());
        out.plain(&(self.tx, life, conditions, cannot_serve));
    }

    /// Whether something that it claimed can never be granted any more.
    pub fn cannot_be_served(&self) -> bool {
        self.notes.as_ref().is_some_and(|notes| !notes.cannot_serve.is_empty())
    }

    /// What it lost so far.
    pub fn losses(&self) -> &[Object] {
        self.notes.as_ref().map_or(&[], |notes| &notes.lost)
    }

    /// Ends it.
    ///
    /// # Errors
    /// If it was ended before. An aborted transaction may be ended once.
    pub fn end(&mut self) -> Result<(), Over> {
        if let Life::Ended = self.life {
            return Err(Over::Ended(self.tx));
        }
        self.life = Life::Ended;
        Ok(())
    }

    /// How it stands, shown what it has and waits for.
    pub fn status(&self, claims: &[ClaimView]) -> Status {
        match self.life {
            Life::Ended => Status::Ended,
            Life::Aborted(_) => Status::Aborted,
            Life::Running if self.cannot_be_served() => {
                let objects = self.notes.iter().flat_map(|notes| notes.cannot_serve.iter().cloned());
                Status::CannotServe { objects: objects.collect() }
            }
            Life::Running if claims.is_empty() => Status::NoLocks,
            Life::Running if claims.iter().any(|claim| claim.wanted.is_some()) => Status::Waiting,
            Life::Running => Status::HaveAllLocks { deadlocks: self.deadlocks() },
        }
    }
}
