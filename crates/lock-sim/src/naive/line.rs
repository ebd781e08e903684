//! Who is ahead of whom, and who is granted.

use lock_core::{Mode, Object, Token, TxId};

use super::NaiveWorld;
use super::claim::conflict;
use super::claim::{Claim, ClaimId, Grant, Place, Wait};

/// A waiting claim as it stands in line.
#[derive(Clone, Copy, Debug)]
pub(super) struct Waiter<'a> {
    pub(super) id: &'a ClaimId,
    pub(super) wait: Wait,
    pub(super) place: Place,
}

impl<'a> Waiter<'a> {
    fn new(id: &'a ClaimId, claim: &Claim) -> Option<Self> {
        Some(Self { id, wait: claim.waiting?, place: claim.place()? })
    }

    pub(super) fn conflicts(&self, id: &ClaimId, mode: Mode) -> bool {
        conflict((self.id, self.wait.mode), (id, mode))
    }
}

impl NaiveWorld {
    /// All waiting claims, in the order of their places.
    pub(super) fn waiters(&self) -> Vec<Waiter<'_>> {
        let mut waiters: Vec<_> = self.claims.iter().filter_map(|(id, claim)| Waiter::new(id, claim)).collect();
        waiters.sort_by_key(|waiter| waiter.place);
        waiters
    }

    /// Whether one waiting claim goes before another: by its place, unless the pair was turned.
    pub(super) fn is_ahead(&self, one: &Waiter<'_>, other: &Waiter<'_>) -> bool {
        let is_turned = |first: &Waiter<'_>, second: &Waiter<'_>| {
            !self.turned.is_empty() && self.turned.contains(&(first.id.clone(), second.id.clone()))
        };
        is_turned(one, other) || (one.place < other.place && !is_turned(other, one))
    }

    /// The waiting claims that may be granted, in the order of their places: nobody has what
    /// conflicts, nor waits for it ahead.
    pub(super) fn grantable(&self) -> impl Iterator<Item = ClaimId> {
        let line = self.waiters();
        let free = line.iter().filter(|waiter| !self.has_blockers(waiter, &line));
        free.map(|waiter| waiter.id.clone()).collect::<Vec<_>>().into_iter()
    }

    /// Whether the transaction's own grants make this claim pointless.
    pub(super) fn is_covered(&self, id: &ClaimId, mode: Mode) -> bool {
        self.covering_grants(id, mode).next().is_some()
    }

    /// The transaction's own grants that give it what it claims here.
    pub(super) fn covering_grants(&self, id: &ClaimId, mode: Mode) -> impl Iterator<Item = &ClaimId> {
        self.claims_of(id.tx).filter_map(move |(own, claim)| {
            let above = own.object == id.object || own.object.is_ancestor_of(&id.object);
            (above && claim.granted?.mode.covers(mode)).then_some(own)
        })
    }

    /// Lines a claim up, at the end; if it waits already, makes it stronger in its place.
    pub(super) fn line_up(&mut self, id: &ClaimId, mode: Mode) {
        self.arrivals += 1;
        let new = Wait { mode, arrival: self.arrivals, since: self.now };
        let claim = self.claims.entry(id.clone()).or_default();
        let wait = claim.waiting.get_or_insert(new);
        wait.mode = wait.mode.max(mode);
    }

    /// Grants what may be granted, first in line first, until nothing more can be.
    /// What a transaction covers by now it does not wait for any longer.
    pub(super) fn settle(&mut self) {
        loop {
            self.withdraw_covered_waits();
            let Some(id) = self.grantable().next() else {
                return;
            };
            self.grant(&id);
        }
    }

    pub(super) fn grant(&mut self, id: &ClaimId) {
        let token = Token(self.grants.len() as u64 + 1);
        if let Some(claim) = self.claims.get_mut(id)
            && let Some(wait) = claim.waiting.take()
        {
            let told = claim.granted.is_some_and(|weaker| weaker.told);
            claim.granted = Some(Grant { mode: wait.mode, token, told });
            self.grants.push((id.object.clone(), token));
            self.forget_turns(id);
        }
    }

    fn withdraw_covered_waits(&mut self) {
        let waiters = self.waiters().into_iter();
        let covered = waiters.filter(|waiter| self.is_covered(waiter.id, waiter.wait.mode));
        for id in covered.map(|waiter| waiter.id.clone()).collect::<Vec<_>>() {
            self.withdraw_wait(&id);
        }
    }

    /// Takes a claim out of the line; a grant stays.
    pub(super) fn withdraw_wait(&mut self, id: &ClaimId) {
        if let Some(claim) = self.claims.get_mut(id) {
            claim.waiting = None;
            if claim.is_nothing() {
                self.claims.remove(id);
            }
        }
        self.forget_turns(id);
    }

    /// Takes grant, waiting claim and pending conversion away.
    pub(super) fn withdraw(&mut self, id: &ClaimId) {
        self.claims.remove(id);
        self.forget_turns(id);
    }

    /// Lets the first of two waiting claims go ahead of the second.
    pub(super) fn turn(&mut self, first: ClaimId, second: ClaimId) {
        self.turned.remove(&(second.clone(), first.clone()));
        self.turned.insert((first, second));
    }

    fn forget_turns(&mut self, id: &ClaimId) {
        self.turned.retain(|(first, second)| first != id && second != id);
    }

    /// Who waits for exactly this object, in the order in which they will be served: by their
    /// places, but nobody before one that it waits behind.
    pub(super) fn queue_of(&self, object: &Object) -> Vec<TxId> {
        let mut left = self.waiters();
        left.retain(|waiter| waiter.id.object == *object);
        let mut queue = Vec::new();
        while !left.is_empty() {
            let waits_behind = |waiter: &Waiter<'_>, other: &Waiter<'_>| {
                waiter.conflicts(other.id, other.wait.mode) && self.is_ahead(other, waiter)
            };
            let next = left.iter().position(|waiter| !left.iter().any(|other| waits_behind(waiter, other)));
            queue.push(left.remove(next.unwrap_or(0)).id.tx);
        }
        queue
    }
}
