//! What a test demands of a cluster. Each demand gives the cluster back, so that they can be written in a row.

use lock_core::{NodeId, TxId};

use super::{Cluster, want};
use crate::expectation::seen_instead;
use crate::{Engine, Expectation, SeenDeadlocks, TxStatus};

impl Cluster {
    /// The deadlocks so far.
    pub fn deadlocks(&self) -> SeenDeadlocks {
        SeenDeadlocks { names: self.told.names.clone(), deadlocks: self.world.deadlocks.clone() }
    }

    /// Demands a deadlock with exactly this circle.
    ///
    /// # Panics
    /// If there was none.
    #[track_caller]
    pub fn expect_deadlock(&mut self, circle: &[&str]) -> &mut Self {
        self.deadlocks().expect_deadlock(circle);
        self
    }

    /// Demands that this one surrendered or aborted in a deadlock.
    ///
    /// # Panics
    /// If it did not.
    #[track_caller]
    pub fn assert_victim(&mut self, name: &str) -> &mut Self {
        self.deadlocks().assert_victim(name);
        self
    }

    /// Demands that there was no deadlock.
    ///
    /// # Panics
    /// If there was one.
    #[track_caller]
    pub fn expect_no_deadlock(&mut self) -> &mut Self {
        self.deadlocks().expect_no_deadlock();
        self
    }

    /// Demands that a transaction has an object, on as many nodes as it requires.
    ///
    /// # Panics
    /// If it has not.
    #[track_caller]
    pub fn assert_holds(&mut self, name: &str, object: &str) -> &mut Self {
        let (tx, wanted) = (self.tx(name), want::object(object));
        let claims = self.world.claims_of(tx);
        if !claims.iter().any(|claim| claim.object == wanted && claim.granted.is_some()) {
            let status = seen_instead(&Expectation::Status(tx, TxStatus::HasAll), &mut self.world, &self.told.names);
            let seen = status.unwrap_or_else(|| "it has others".to_owned());
            self.fail(&format!("expected {name} to hold {object}, seen: {seen}"));
        }
        self
    }

    /// Demands that a transaction waits for an object.
    ///
    /// # Panics
    /// If it does not.
    #[track_caller]
    pub fn assert_waits(&mut self, name: &str, object: &str) -> &mut Self {
        let expectation = Expectation::Waiting(self.tx(name), want::object(object));
        self.demand(&format!("{name} to wait for {object}"), &expectation)
    }

    /// Demands that a transaction waits on exactly these.
    ///
    /// # Panics
    /// If it does not.
    #[track_caller]
    pub fn assert_waits_for(&mut self, name: &str, blockers: &[&str]) -> &mut Self {
        let others = blockers.iter().map(|other| self.tx(other)).collect();
        let expectation = Expectation::WaitingFor(self.tx(name), others);
        self.demand(&format!("{name} to wait for {}", blockers.join(" ")), &expectation)
    }

    /// Demands that a transaction was told that it lost an object.
    ///
    /// # Panics
    /// If it was not.
    #[track_caller]
    pub fn assert_lost(&mut self, name: &str, object: &str) -> &mut Self {
        let expectation = Expectation::Lost(self.tx(name), want::object(object));
        self.demand(&format!("{name} to have lost {object}"), &expectation)
    }

    /// Demands that a transaction stands so.
    ///
    /// # Panics
    /// If it does not.
    #[track_caller]
    pub fn assert_status(&mut self, name: &str, status: TxStatus) -> &mut Self {
        let expectation = Expectation::Status(self.tx(name), status);
        self.demand(&format!("{name} to be {status:?}"), &expectation)
    }

    /// Who has a grant of exactly this object in the table of a node, the oldest first.
    ///
    /// # Panics
    /// If there is no such node.
    #[track_caller]
    pub fn holders(&mut self, object: &str, node: &str) -> Vec<String> {
        let node: NodeId = self.node(node);
        let holders = self.world.holders_on(&want::object(object), &node);
        holders.into_keys().map(|tx| self.told.names.of(tx)).collect()
    }

    /// Lets everything come right, and everybody who has all go home, until nobody is left; then all promises are
    /// checked once more.
    ///
    /// # Panics
    /// If somebody waits for ever, or a promise is broken.
    #[track_caller]
    pub fn close(&mut self) -> &mut Self {
        const LONG_ENOUGH_MS: u64 = 60_000;
        let left: Vec<TxId> = self.world.close(LONG_ENOUGH_MS);
        if !left.is_empty() {
            self.fail(&format!("expected that nobody is left waiting, seen: {}", self.told.names.row(left)));
        }
        let broken = self.world.violations();
        if !broken.is_empty() {
            self.fail(&format!("promises are broken: {}", broken.join("; ")));
        }
        self
    }

    #[track_caller]
    fn demand(&mut self, expected: &str, expectation: &Expectation) -> &mut Self {
        if let Some(seen) = seen_instead(expectation, &mut self.world, &self.told.names) {
            self.fail(&format!("expected {expected}, seen: {seen}"));
        }
        self
    }

    /// Fails the test, and tells how it came to that.
    #[track_caller]
    pub(super) fn fail(&self, why: &str) -> ! {
        let waits = self.waits().join("\n  ");
        panic!("{why}\n  {waits}\nseed {}, and so far:\n{}", self.seed, self.story());
    }
}
