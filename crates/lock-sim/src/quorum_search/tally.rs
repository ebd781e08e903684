//! What is counted in a world of many nodes.

/// What was counted.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct QuorumTally {
    /// Actions that were carried out.
    pub actions: usize,
    /// Actions that were refused.
    pub refused: usize,
    /// Nodes that were lost.
    pub lost: usize,
    /// Resolutions that had something to resolve.
    pub deadlocked: usize,
    /// The most rounds of one resolution.
    pub most_rounds: usize,
    /// How often somebody surrendered or aborted.
    pub victims: usize,
    /// How many of them aborted.
    pub aborts: usize,
    /// How often somebody was let past another.
    pub overtakings: usize,
    /// How few victims would have been enough, each resolution by itself.
    pub fewest_victims: usize,
    /// Evidence that did not stand any more when it arrived.
    pub outdated: usize,
    /// Victims that were not stuck when they gave way.
    pub not_stuck: usize,
    /// Victims that were stuck when order alone would have been enough.
    pub order_was_enough: usize,
    /// Transactions that were let past another while not stuck.
    pub idle_overtakings: usize,
}

impl QuorumTally {
    pub(super) fn add(&mut self, other: &Self) {
        self.actions += other.actions;
        self.refused += other.refused;
        self.lost += other.lost;
        self.deadlocked += other.deadlocked;
        self.most_rounds = self.most_rounds.max(other.most_rounds);
        self.victims += other.victims;
        self.aborts += other.aborts;
        self.overtakings += other.overtakings;
        self.fewest_victims += other.fewest_victims;
        self.outdated += other.outdated;
        self.not_stuck += other.not_stuck;
        self.order_was_enough += other.order_was_enough;
        self.idle_overtakings += other.idle_overtakings;
    }
}
