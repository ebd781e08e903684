//! What always holds, looked at the slow and plain way.

use std::collections::{BTreeMap, BTreeSet};

use super::LockTable;
use super::records::{NONE, Row, Slot, Tally};
use crate::{Mode, Object, Token, Violation};

impl LockTable {
    /// Checks every promise of the table.
    ///
    /// Deliberately does not use the short cuts of the rules that it checks: it compares
    /// every claim with every other one.
    ///
    /// # Errors
    /// The first promise found broken.
    pub fn check(&self) -> Result<(), Violation> {
        let claims: Vec<Slot> = self.claims.iter().map(|(index, _)| super::slot(index)).collect();
        for claim in &claims {
            self.check_claim(*claim)?;
            for other in &claims {
                self.check_pair(*claim, *other)?;
            }
        }
        self.check_no_lost_wake_up(&claims)?;
        self.check_tokens(&claims)?;
        self.check_entries(&claims)?;
        self.check_transactions(&claims)
    }

    pub(super) fn object_of(&self, claim: Slot) -> &Object {
        &self.entry(self.record(claim).entry).object
    }

    fn tx_of(&self, claim: Slot) -> crate::TxId {
        self.txs[self.record(claim).tx as usize].id
    }

    fn check_claim(&self, claim: Slot) -> Result<(), Violation> {
        let record = self.record(claim);
        if record.granted.is_none() && record.wanted.is_none() {
            return Err(Violation::IndexesAgree(format!(
                "{} of {} is neither",
                self.object_of(claim),
                self.tx_of(claim)
            )));
        }
        if record.told && record.granted.is_none() {
            return Err(Violation::IndexesAgree(format!("{} was told of no grant", self.tx_of(claim))));
        }
        Ok(())
    }

    /// Granted claims pairwise without conflict; nobody waits for what it covers.
    fn check_pair(&self, one: Slot, other: Slot) -> Result<(), Violation> {
        let (a, b) = (self.record(one), self.record(other));
        let (object, related) = (self.object_of(one), self.object_of(other));
        if a.tx == b.tx {
            let above = object == related || object.is_ancestor_of(related);
            if let (Some(granted), Some(wanted), true) = (a.granted, b.wanted, above)
                && granted.covers(wanted)
            {
                return Err(Violation::NobodyWaitsForWhatItCovers { tx: self.tx_of(one), object: related.clone() });
            }
            if one != other && a.entry == b.entry {
                return Err(Violation::IndexesAgree(format!("{} claims {object} twice", self.tx_of(one))));
            }
            return Ok(());
        }
        if let (Some(mode), Some(against)) = (a.granted, b.granted)
            && mode.conflicts(against)
            && object.is_related_to(related)
        {
            return Err(Violation::MutualExclusion {
                one: self.tx_of(one),
                other: self.tx_of(other),
                object: object.clone(),
                related: related.clone(),
            });
        }
        Ok(())
    }

    fn check_no_lost_wake_up(&self, claims: &[Slot]) -> Result<(), Violation> {
        for claim in claims {
            let Some(wanted) = self.record(*claim).wanted else { continue };
            let blocked = claims.iter().any(|other| {
                let record = self.record(*other);
                let ahead = record.wanted.is_some_and(|mode| mode.conflicts(wanted)) && self.ahead(*other, *claim);
                record.tx != self.record(*claim).tx
                    && self.object_of(*claim).is_related_to(self.object_of(*other))
                    && (ahead || record.granted.is_some_and(|mode| mode.conflicts(wanted)))
            });
            if !blocked {
                return Err(Violation::NoLostWakeUp { tx: self.tx_of(*claim), object: self.object_of(*claim).clone() });
            }
            if self.blocker_of(*claim).is_none() {
                return Err(Violation::IndexesAgree(format!("nothing seen in the way of {}", self.object_of(*claim))));
            }
        }
        Ok(())
    }

    fn check_tokens(&self, claims: &[Slot]) -> Result<(), Violation> {
        let mut seen: BTreeSet<Token> = BTreeSet::new();
        for claim in claims.iter().filter(|claim| self.record(**claim).granted.is_some()) {
            let token = self.record(*claim).token;
            if token.0 == 0 || !seen.insert(token) {
                return Err(Violation::TokensGrow { object: self.object_of(*claim).clone(), token });
            }
        }
        Ok(())
    }

    /// Intentions match descendants; nothing is kept for an empty object; queues hold who waits.
    fn check_entries(&self, claims: &[Slot]) -> Result<(), Violation> {
        let disagree = |text: String| Err(Violation::IndexesAgree(text));
        for (index, entry) in &self.entries {
            let at = super::slot(index);
            let own: Vec<Slot> = claims.iter().copied().filter(|claim| self.record(*claim).entry == at).collect();
            if own.is_empty() && entry.branch.is_none() {
                return Err(Violation::NothingKeptForEmptyObjects(entry.object.clone()));
            }
            if self.find_object(&entry.object) != Some(at) {
                return disagree(format!("{} is not found", entry.object));
            }
            let granted: BTreeSet<Slot> = self.granted_on(at).collect();
            if granted != own.iter().copied().filter(|claim| self.record(*claim).granted.is_some()).collect() {
                return disagree(format!("holders of {}", entry.object));
            }
            let queued: BTreeSet<Slot> = self.waiting_on(at).collect();
            let waiting = own.iter().copied().filter(|claim| self.record(*claim).wanted.is_some());
            let rows = [entry.queue.readers, entry.queue.writers];
            let in_order = |row: &Row| self.line_from(row.first).is_sorted_by_key(|claim| self.record(claim).place);
            if queued != waiting.collect() || !rows.iter().all(in_order) {
                return disagree(format!("waiters of {}", entry.object));
            }
            self.check_intentions(at, claims)?;
        }
        Ok(())
    }

    fn check_intentions(&self, at: Slot, claims: &[Slot]) -> Result<(), Violation> {
        let entry = self.entry(at);
        let (mut granted, mut waiting) = (Tally::default(), Tally::default());
        let below = claims.iter().filter(|claim| entry.object.is_ancestor_of(self.object_of(**claim)));
        for record in below.map(|claim| self.record(*claim)) {
            let count = |tally: &mut Tally, mode: Option<Mode>| {
                if let Some(mode) = mode {
                    *tally.of_mut(mode) += 1;
                }
            };
            count(&mut granted, record.granted);
            count(&mut waiting, record.wanted);
        }
        let counted = entry.branch.as_ref().map(|branch| (branch.granted, branch.waiting));
        let parent = entry.object.parent().and_then(|object| self.find_object(&object)).unwrap_or(NONE);
        if counted.unwrap_or_default() != (granted, waiting) || entry.parent != parent {
            return Err(Violation::IntentionsMatchDescendants(entry.object.clone()));
        }
        Ok(())
    }

    fn check_transactions(&self, claims: &[Slot]) -> Result<(), Violation> {
        let mut counts: BTreeMap<Slot, (u32, u32, u32)> = BTreeMap::new();
        for record in claims.iter().map(|claim| self.record(*claim)) {
            let count = counts.entry(record.tx).or_default();
            count.0 += 1;
            count.1 += u32::from(record.wanted.is_some());
            count.2 += u32::from(record.told);
        }
        for (index, tx) in &self.txs {
            let slot = super::slot(index);
            let linked = u32::try_from(self.claims_of(slot).count()).unwrap_or(u32::MAX);
            let counted = counts.get(&slot).copied().unwrap_or_default();
            if (tx.claims, tx.waiting, tx.told) != counted || linked != tx.claims || tx.claims == 0 {
                return Err(Violation::IndexesAgree(format!("claims of {}", tx.id)));
            }
        }
        if self.waiting != counts.values().map(|count| count.1 as usize).sum::<usize>() {
            return Err(Violation::IndexesAgree("how many claims wait".to_owned()));
        }
        let known = |slot: &Slot| claims.contains(slot);
        if !self.turned.iter().all(|(first, second)| known(first) && known(second)) {
            return Err(Violation::IndexesAgree("a turned pair of claims that are gone".to_owned()));
        }
        Ok(())
    }
}
