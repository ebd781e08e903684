//! What must be true after each step.

use super::NaiveWorld;
use super::claim::{ClaimId, conflict};

impl NaiveWorld {
    /// The sentences of the promises that are broken.
    pub(super) fn broken_promises(&self) -> Vec<String> {
        let mut broken = Vec::new();
        self.holders_are_compatible(&mut broken);
        self.nobody_waits_in_vain(&mut broken);
        self.tokens_grow(&mut broken);
        let stuck = self.stuck(&self.arrows());
        if !stuck.is_empty() {
            broken.push(format!("every deadlock ends, but {stuck:?} are stuck"));
        }
        if self.endless {
            broken.push("every resolution ends, but one went on and on".to_owned());
        }
        broken
    }

    fn holders_are_compatible(&self, broken: &mut Vec<String>) {
        let granted = || self.claims.iter().filter_map(|(id, claim)| Some((id, claim.granted?.mode)));
        for one in granted() {
            for other in granted().filter(|other| one.0 < other.0 && conflict(one, *other)) {
                let (one, other) = (one.0, other.0);
                broken.push(format!(
                    "no two incompatible holders, but {} has {} and {} has {}",
                    one.tx, one.object, other.tx, other.object
                ));
            }
        }
    }

    fn nobody_waits_in_vain(&self, broken: &mut Vec<String>) {
        for ClaimId { tx, object } in self.grantable() {
            broken.push(format!("nobody waits who could be granted, but {tx} waits for {object}"));
        }
        for waiter in self.waiters() {
            let (tx, object) = (waiter.id.tx, &waiter.id.object);
            if self.is_covered(waiter.id, waiter.wait.mode) {
                broken.push(format!("nobody waits for what it covers, but {tx} waits for {object}"));
            }
        }
    }

    fn tokens_grow(&self, broken: &mut Vec<String>) {
        for pair in self.grants.windows(2) {
            if pair[0].1 >= pair[1].1 {
                broken.push(format!("tokens grow, but {} came after {}", pair[1].1, pair[0].1));
            }
        }
    }
}
