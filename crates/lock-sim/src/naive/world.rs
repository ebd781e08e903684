//! What is kept, and the questions that can be asked about it.

use std::collections::{BTreeMap, BTreeSet};

use lock_core::{Deadlock, Millis, Mode, Object, Require, Token, TxId, WaitGraph};

use super::claim::{Claim, ClaimId};
use super::resolution::Resolution;
use crate::seeded::Seeded;
use crate::{Action, Engine, Refusal, Standing, TxOptions, TxStatus};

/// One node and its transactions, worked out from the rules with no regard for speed.
///
/// Drive it as an [`Engine`]. Each action is carried out to its end, deadlocks resolved,
/// before the next one; the seed of [`Engine::together`] chooses the order.
///
/// ```
/// use lock_core::{Mode, TxId};
/// use lock_sim::{Action, Engine, NaiveWorld, TxOptions, TxStatus};
///
/// let mut world = NaiveWorld::default();
/// let (t1, t2) = (TxId(1), TxId(2));
/// world.begin(t1, &TxOptions::default());
/// world.begin(t2, &TxOptions::default());
/// let a: lock_core::Object = "a".parse()?;
/// world.act(t1, &Action::Lock(vec![(a.clone(), Mode::Write)]))?;
/// world.act(t2, &Action::Lock(vec![(a, Mode::Read)]))?;
/// assert_eq!(world.status(t2), TxStatus::Waiting);
/// world.act(t1, &Action::End)?;
/// assert_eq!(world.status(t2), TxStatus::HasAll);
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
#[derive(Clone, Debug, Default)]
pub struct NaiveWorld {
    pub(super) now: Millis,
    pub(super) transactions: BTreeMap<TxId, Transaction>,
    pub(super) claims: BTreeMap<ClaimId, Claim>,
    /// Pairs of waiting claims of which the first goes ahead, though its place is behind.
    pub(super) turned: BTreeSet<(ClaimId, ClaimId)>,
    /// How many claims have lined up so far.
    pub(super) arrivals: u64,
    /// All grants since the start. The n-th one has the token n.
    pub(super) grants: Vec<(Object, Token)>,
    pub(super) deadlocks: Vec<Deadlock>,
    /// How many nodes must grant, where that was said; believed only while the claim stands.
    pub(super) required: BTreeMap<ClaimId, Require>,
    /// Set when a resolution went on and on.
    pub(super) endless: bool,
}

/// What is kept of a transaction, besides its claims.
#[derive(Clone, Debug)]
pub(super) struct Transaction {
    pub(super) options: TxOptions,
    pub(super) deadline: Option<Millis>,
    pub(super) life: Life,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Life {
    Running,
    Aborted,
    Ended,
}

impl NaiveWorld {
    /// The claims of one transaction, in the order of their objects.
    pub(super) fn claims_of(&self, tx: TxId) -> impl Iterator<Item = (&ClaimId, &Claim)> {
        self.claims.iter().filter(move |(id, _)| id.tx == tx)
    }

    pub(super) fn is_waiting(&self, tx: TxId) -> bool {
        self.claims_of(tx).any(|(_, claim)| claim.waiting.is_some())
    }

    /// Whether the transaction's time for waiting is over.
    pub(super) fn is_late(&self, tx: TxId) -> bool {
        self.deadline(tx).is_some_and(|deadline| deadline <= self.now)
    }

    fn deadline(&self, tx: TxId) -> Option<Millis> {
        self.transactions.get(&tx)?.deadline
    }

    /// Whose deadline comes first while it waits, if it comes until then.
    fn first_late_waiter(&self, until: Millis) -> Option<(Millis, TxId)> {
        let waiting = self.transactions.keys().filter(|tx| self.is_waiting(**tx));
        let deadlines = waiting.filter_map(|tx| Some((self.deadline(*tx)?, *tx)));
        deadlines.filter(|(deadline, _)| *deadline <= until).min()
    }

    /// What became of a transaction.
    pub(crate) fn status_of(&self, tx: TxId) -> TxStatus {
        match self.transactions.get(&tx).map(|transaction| transaction.life) {
            Some(Life::Ended) => TxStatus::Ended,
            Some(Life::Aborted) => TxStatus::Aborted,
            _ if self.is_waiting(tx) => TxStatus::Waiting,
            _ if self.claims_of(tx).next().is_some() => TxStatus::HasAll,
            _ => TxStatus::NoLocks,
        }
    }

    /// Gives the deadlocks that were resolved since the last time, and forgets them.
    pub(crate) fn take_deadlocks(&mut self) -> Vec<Deadlock> {
        std::mem::take(&mut self.deadlocks)
    }

    /// Resolves what deadlocks there are, seen from one transaction, and tells what it took.
    ///
    /// [`Engine::act`] does this by itself. It is only of use after [`NaiveWorld::carry_out`].
    pub fn resolve(&mut self, looker: TxId) -> Resolution {
        self.resolve_from(looker)
    }
}

impl Engine for NaiveWorld {
    fn begin(&mut self, tx: TxId, options: &TxOptions) {
        let deadline = options.deadline_ms.map(|ms| Millis(self.now.0.saturating_add(ms)));
        let options = options.clone();
        self.transactions.insert(tx, Transaction { options, deadline, life: Life::Running });
    }

    fn act(&mut self, tx: TxId, action: &Action) -> Result<(), Refusal> {
        self.carry_out(tx, action)?;
        self.resolve_from(tx);
        Ok(())
    }

    fn together(&mut self, steps: &[(TxId, Action)], seed: u64) -> Vec<Result<(), Refusal>> {
        let mut outcomes = vec![Ok(()); steps.len()];
        for index in Seeded::new(seed).interleave(steps.iter().map(|(tx, _)| *tx)) {
            let (tx, action) = &steps[index];
            outcomes[index] = self.act(*tx, action);
        }
        outcomes
    }

    fn advance(&mut self, ms: u64) {
        let until = Millis(self.now.0.saturating_add(ms));
        while let Some((deadline, tx)) = self.first_late_waiter(until) {
            self.now = self.now.max(deadline);
            self.stop_waiting(tx);
        }
        self.now = until;
    }

    fn status(&mut self, tx: TxId) -> TxStatus {
        self.status_of(tx)
    }

    fn waiting(&mut self, tx: TxId) -> BTreeSet<Object> {
        let waiting = self.claims_of(tx).filter(|(_, claim)| claim.waiting.is_some());
        waiting.map(|(id, _)| id.object.clone()).collect()
    }

    fn claims(&mut self, tx: TxId) -> Vec<Standing> {
        let claims = self.claims_of(tx).map(|(id, claim)| Standing {
            object: id.object.clone(),
            node: None,
            granted: claim.granted.map(|grant| grant.mode),
            wanted: claim.waiting.map(|wait| wait.mode),
        });
        claims.collect()
    }

    fn holders(&mut self, object: &Object) -> BTreeMap<TxId, Mode> {
        let holders = self.claims.iter().filter(|(id, _)| id.object == *object);
        holders.filter_map(|(id, claim)| Some((id.tx, claim.granted?.mode))).collect()
    }

    fn queue(&mut self, object: &Object) -> Vec<TxId> {
        self.queue_of(object)
    }

    fn deadlocks(&mut self) -> Vec<Deadlock> {
        self.deadlocks.clone()
    }

    fn lost(&mut self, _: TxId) -> Vec<Object> {
        Vec::new()
    }

    fn tokens(&mut self, object: &Object) -> Vec<Token> {
        let grants = self.grants.iter().filter(|(granted, _)| granted == object);
        grants.map(|(_, token)| *token).collect()
    }

    fn wait_graph(&mut self) -> WaitGraph {
        WaitGraph { arrows: self.arrows().foremost_pairs(), ..WaitGraph::default() }
    }

    fn violations(&mut self) -> Vec<String> {
        self.broken_promises()
    }
}
