//! What a transaction of this process does in place.

use std::sync::Arc;

use lock_core::{
    Answer, Ask, ClaimChange, ClaimView, Deadlock, Fact, Incarnation, LockTable, Mode, NotHeld, Object, Refused,
    Surrendered, Token, TxId, WayOut, look, request_all,
};
use thiserror::Error;

use crate::shard::Held;
use crate::statistics::count;
use crate::{Node, Party};

/// The transaction may not act any more; it knows why.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Error)]
#[error("the transaction may not act any more")]
pub struct Stopped;

/// Why a request was not taken. Nothing has changed.
#[derive(Clone, Debug, PartialEq, Eq, Error)]
pub enum RequestError {
    /// The transaction may not act any more.
    #[error(transparent)]
    Stopped(#[from] Stopped),
    /// It was asked not to wait, and would have to.
    #[error(transparent)]
    Refused(#[from] Refused),
}

impl Node {
    /// Asks for one object in place. If it has to wait, it is in line when the call returns, and a deadlock that it
    /// closes is resolved; the party is [told](Party::told) of the grant and [woken](Party::wake) later.
    ///
    /// # Errors
    /// [`RequestError`]; then nothing has changed.
    pub fn request<P: Party + 'static>(
        &self,
        party: &Arc<P>,
        object: &Object,
        mode: Mode,
        ask: Ask,
    ) -> Result<Answer, RequestError> {
        let index = self.shard_of(object);
        // Before the table is held: whoever ends the transaction meanwhile comes by this shard.
        party.touch(index);
        let mut table = self.hold(index);
        if !party.may_act(table.incarnation()) {
            return Err(Stopped.into());
        }
        let profile = party.profile();
        let answer = table.request(&profile, object, mode, ask, || self.now())?;
        let tx = profile.tx;
        match answer {
            Answer::Waiting(change) => {
                let waited_before = party.is_known();
                self.parties.enter(tx, party.clone());
                let looks = match change {
                    ClaimChange::Nothing => false,
                    ClaimChange::Conversion | ClaimChange::Strengthened if waited_before => true,
                    _ => self.wait_may_close_a_circle(&table, &**party, object, change),
                };
                self.finish(table);
                count(&self.counters.waits, 1);
                if looks {
                    self.look(tx);
                }
            }
            // A conversion may stand in the way of readers that it passed, while its transaction waits elsewhere.
            Answer::Granted { change: ClaimChange::Conversion, .. } if party.is_known() => {
                self.finish(table);
                self.look(tx);
            }
            Answer::Granted { .. } => self.finish(table),
        }
        Ok(answer)
    }

    /// Whether a claim that begins to wait may be part of a deadlock, if the only new arrows are its own: not if the
    /// transaction has nothing else, and not if those in its way never had to wait. Should one of them wait from now on,
    /// it finds this one among the parties, and its look sees this claim.
    ///
    /// A first wait has no arrows but its own, whatever it passed; a later one only if it came to the end of the line.
    fn wait_may_close_a_circle<P: Party>(
        &self,
        table: &LockTable,
        party: &P,
        object: &Object,
        change: ClaimChange,
    ) -> bool {
        let tx = party.profile().tx;
        let touched = party.touched() == 1 << self.shard_of(object);
        let alone = change == ClaimChange::New && table.claim_count(tx) == 1 && touched;
        !alone && table.any_blocker_on(tx, object, |blocker| self.parties.knows(blocker))
    }

    /// Asks for many objects in one atomic step; none may be named twice ([`join`](lock_core::join) them first). All
    /// tables concerned are held together, in order.
    ///
    /// # Errors
    /// [`RequestError`]; then nothing has changed.
    pub fn request_all<P: Party + 'static>(
        &self,
        party: &Arc<P>,
        claims: &[(Object, Mode)],
        ask: Ask,
    ) -> Result<Vec<Answer>, RequestError> {
        let set = claims.iter().fold(0_u64, |set, (object, _)| set | 1 << self.shard_of(object));
        (0..64).filter(|index| set & (1 << index) != 0).for_each(|index| party.touch(index));
        let mut held = self.hold_set(set);
        let Some(incarnation) = held.first().map(|table| table.incarnation()) else { return Ok(Vec::new()) };
        if !party.may_act(incarnation) {
            return Err(Stopped.into());
        }
        let profile = party.profile();
        let below = |index: usize| (set & ((1 << index) - 1)).count_ones() as usize;
        let table_of = |object: &Object| below(self.shard_of(object));
        let answers = request_all(&mut held, table_of, &profile, claims, ask, self.now())?;
        let waits = answers.iter().filter(|answer| matches!(answer, Answer::Waiting(_))).count();
        if waits > 0 {
            self.parties.enter(profile.tx, party.clone());
        }
        self.finish_all(held);
        count(&self.counters.waits, waits as u64);
        if waits > 0 || party.is_known() {
            self.look(profile.tx);
        }
        Ok(answers)
    }

    /// Looks for a deadlock that the transaction is part of, and resolves it and all that follow from it. Holds all tables
    /// meanwhile; needed only after it got new arrows by other means than the calls here, which look by themselves.
    ///
    /// # Panics
    /// If the resolution does not come to an end: that would break a promise, and the node begins a new life.
    pub fn look(&self, tx: TxId) {
        let mut held = self.hold_all();
        let found = look(&mut held, tx, self.now());
        count(&self.counters.searches, found.searches);
        if found.deadlocks.is_empty() {
            return;
        }
        let mut victims = Vec::new();
        for deadlock in found.deadlocks {
            let deadlock = Arc::new(deadlock);
            self.note(&deadlock);
            for member in deadlock.members() {
                let Some(party) = self.parties.get(member) else { continue };
                party.resolved(&deadlock);
                if deadlock.way_out.victim() == Some(member) {
                    victims.push(party);
                }
            }
        }
        let facts = self.take_facts(&mut held);
        drop(held);
        // Who lost something hears of it before who gained by it; for the others nothing has changed yet.
        victims.iter().for_each(|party| party.wake());
        self.deliver(&facts);
    }

    fn note(&self, deadlock: &Arc<Deadlock>) {
        count(&self.counters.deadlocks, 1);
        match &deadlock.way_out {
            WayOut::Surrender { .. } => count(&self.counters.surrenders, 1),
            WayOut::Abort { .. } => count(&self.counters.aborts, 1),
            WayOut::Overtaking { .. } => {}
        }
        tracing::debug!(node = %self.name(), %deadlock, "deadlock resolved");
        self.deadlocks.push(deadlock.clone());
    }

    /// Gives an object back: grant, waiting claim and conversion. Who waits for it has it when the call returns.
    ///
    /// # Errors
    /// [`NotHeld`], if the transaction neither has it nor waits for it.
    pub fn unlock(&self, tx: TxId, object: &Object) -> Result<(), NotHeld> {
        let mut table = self.hold_for(object);
        let done = table.unlock(tx, object);
        self.finish(table);
        done
    }

    /// Turns a write into a read, and a claim that only waits for write into one that waits for read.
    ///
    /// # Errors
    /// [`NotHeld`], if the transaction neither has it nor waits for it.
    pub fn downgrade(&self, tx: TxId, object: &Object) -> Result<(), NotHeld> {
        let mut table = self.hold_for(object);
        let done = table.downgrade(tx, object);
        self.finish(table);
        done
    }

    /// Puts a grant back to the end of the line.
    ///
    /// # Errors
    /// [`NotHeld`], if the transaction has no such grant.
    pub fn surrender<P: Party + 'static>(
        &self,
        party: &Arc<P>,
        object: &Object,
        may_wait: bool,
    ) -> Result<Surrendered, NotHeld> {
        let tx = party.profile().tx;
        let mut table = self.hold_for(object);
        let now = self.now();
        let surrendered = table.surrender(tx, object, None, may_wait, now)?;
        if surrendered == Surrendered::Waits {
            self.parties.enter(tx, party.clone());
        }
        self.finish(table);
        if surrendered == Surrendered::Waits {
            self.look(tx);
        }
        Ok(surrendered)
    }

    /// Takes back a request that had to wait.
    pub fn take_back(&self, tx: TxId, object: &Object, change: ClaimChange) {
        let mut table = self.hold_for(object);
        table.take_back(tx, object, change);
        self.finish(table);
    }

    /// Withdraws all that a transaction waits for; its grants stay. If that is something, `note` is called while the tables
    /// are held: whoever sees that nothing waits any more sees also why.
    pub fn withdraw_waits<P: Party>(&self, party: &P, note: impl FnOnce()) {
        let tx = party.profile().tx;
        let mut held = self.hold_set(party.touched());
        let withdrawn: usize = held.iter_mut().map(|table| table.withdraw_waits(tx).len()).sum();
        if withdrawn > 0 {
            note();
        }
        self.finish_all(held);
    }

    /// Withdraws all that a transaction has and waits for. Each table is held in turn, so two objects may become free one
    /// after the other.
    pub fn remove<P: Party>(&self, party: &P) {
        let tx = party.profile().tx;
        let mut left = party.touched();
        while left != 0 {
            let index = left.trailing_zeros() as usize;
            left &= left - 1;
            let mut table = self.hold(index);
            table.remove(tx);
            self.finish(table);
        }
        // Asked last: a request that another thread made just before may have made it known.
        if party.is_known() {
            self.parties.leave(tx);
        }
    }

    /// Lets the node know a transaction that has an agent, so that it is told of a failure at once. For
    /// one that is over this is taken back by [`Node::forget`].
    pub fn get_to_know<P: Party + 'static>(&self, party: &Arc<P>) {
        self.parties.enter(party.profile().tx, party.clone());
    }

    /// The opposite of [`Node::get_to_know`].
    pub fn forget<P: Party>(&self, party: &P) {
        self.parties.leave(party.profile().tx);
    }

    /// If nothing that a transaction asked for waits any more, its caller is told of all of it,
    /// in the same step; `false` while it waits.
    ///
    /// # Errors
    /// [`Stopped`]: nothing waits, but because the transaction was aborted or the node failed.
    pub fn told_all<P: Party>(&self, party: &P) -> Result<bool, Stopped> {
        let tx = party.profile().tx;
        let mut held = self.hold_set(party.touched());
        if held.first().is_some_and(|table| !party.may_act(table.incarnation())) {
            return Err(Stopped);
        }
        let waits = held.iter().any(|table| table.waiting_claims(tx) > 0);
        if !waits {
            held.iter_mut().for_each(|table| table.tell_all(tx));
        }
        Ok(!waits)
    }

    /// All that a transaction has and waits for, at one moment, in the order of the objects. Its caller is told of
    /// what it has in the same step: in any case with `always`, and else if nothing waits.
    pub fn claims_told<P: Party>(&self, party: &P, always: bool) -> Vec<ClaimView> {
        let tx = party.profile().tx;
        let mut held = self.hold_set(party.touched());
        if always || held.iter().all(|table| table.waiting_claims(tx) == 0) {
            held.iter_mut().for_each(|table| table.tell_all(tx));
        }
        views(&held, tx)
    }

    /// One claim of a transaction, if it has or waits for exactly this object.
    pub fn claim(&self, tx: TxId, object: &Object) -> Option<ClaimView> {
        self.hold_for(object).claim(tx, object)
    }

    /// How many claims a transaction has, granted and waiting.
    pub fn claims_had<P: Party>(&self, party: &P) -> u32 {
        let tx = party.profile().tx;
        self.hold_set(party.touched()).iter().map(|table| table.claim_count(tx)).sum()
    }

    /// All that a transaction has and waits for, at one moment, in the order of the objects.
    pub fn claims<P: Party>(&self, party: &P) -> Vec<ClaimView> {
        self.claims_in(party.profile().tx, party.touched())
    }

    /// The same for a transaction that is known by its id only.
    pub fn claims_of(&self, tx: TxId) -> Vec<ClaimView> {
        self.claims_in(tx, u64::MAX)
    }

    fn claims_in(&self, tx: TxId, shards: u64) -> Vec<ClaimView> {
        views(&self.hold_set(shards), tx)
    }

    /// The token of a transaction's current grant that covers an object, in one life of the node.
    pub fn token(&self, tx: TxId, object: &Object, mode: Mode, incarnation: Incarnation) -> Option<Token> {
        let table = self.hold_for(object);
        if table.incarnation() == incarnation { table.token(tx, object, mode) } else { None }
    }

    /// Tells the caller of the grant that covers an object.
    pub fn tell_one(&self, tx: TxId, object: &Object) {
        self.hold_for(object).tell_one(tx, object);
    }

    /// Changes what the tables know of a transaction.
    pub fn update_profile<P: Party>(&self, party: &P) {
        let profile = party.profile();
        self.hold_set(party.touched()).iter_mut().for_each(|table| table.update_profile(&profile));
    }

    pub(crate) fn finish(&self, mut table: Held<'_>) {
        if table.has_facts() {
            let facts = self.take_facts(std::slice::from_mut(&mut table));
            drop(table);
            self.deliver(&facts);
        }
    }

    fn finish_all(&self, mut held: Vec<Held<'_>>) {
        let facts = self.take_facts(&mut held);
        drop(held);
        self.deliver(&facts);
    }

    /// What happened to others. Watchers are told at once, in the order of the versions.
    fn take_facts(&self, held: &mut [Held<'_>]) -> Vec<Fact> {
        let mut others = Vec::new();
        for fact in held.iter_mut().flat_map(|table| table.take_facts()) {
            match fact {
                Fact::Changed { watch, change } => self.watchers.tell(watch, change),
                other => others.push(other),
            }
        }
        others
    }

    fn deliver(&self, facts: &[Fact]) {
        for fact in facts {
            if let Fact::Granted { tx, .. } | Fact::Covered { tx, .. } = fact
                && let Some(party) = self.parties.get(*tx)
            {
                party.told(fact);
                party.wake();
            }
        }
    }
}

fn views(held: &[Held<'_>], tx: TxId) -> Vec<ClaimView> {
    let mut claims: Vec<ClaimView> = held.iter().flat_map(|table| table.claims(tx)).collect();
    claims.sort_by(|one, other| one.object.cmp(&other.object));
    claims
}
