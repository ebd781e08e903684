//! What a search found.

use std::fmt;

use super::life::Tally;

/// What a search over random worlds counted and found.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct SearchReport {
    /// How many worlds were lived through.
    pub worlds: u64,
    /// What was counted in those that kept all promises.
    pub tally: Tally,
    /// The worlds that broke one.
    pub findings: Vec<Finding>,
}

/// A world that broke a promise.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Finding {
    /// The seed that gives this world again.
    pub seed: u64,
    /// Which promise, and after which step.
    pub broken: String,
    /// The smallest scenario that still fails.
    pub script: String,
}

impl SearchReport {
    pub(super) fn add(&mut self, tally: &Tally) {
        self.tally.add(tally);
    }

    /// How many hundredths of a percent more victims there were than the fewest possible.
    fn excess(&self) -> (usize, usize) {
        let more = self.tally.victims.saturating_sub(self.tally.fewest_victims);
        let hundredths = more * 10_000 / self.tally.fewest_victims.max(1);
        (hundredths / 100, hundredths % 100)
    }
}

impl fmt::Display for SearchReport {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Tally { actions, refused, deadlocked, rounds, most_rounds, .. } = self.tally;
        let Tally { victims, aborts, overtakings, fewest_victims, needless, .. } = self.tally;
        let (whole, hundredths) = self.excess();
        writeln!(f, "worlds       {} ({} broke a promise)", self.worlds, self.findings.len())?;
        writeln!(f, "actions      {actions} carried out, {refused} refused, {deadlocked} led to a deadlock")?;
        writeln!(f, "resolutions  {rounds} rounds, at most {most_rounds} after one action")?;
        writeln!(f, "victims      {victims}, {aborts} of them by abort; {overtakings} overtakings")?;
        writeln!(f, "fewest       {fewest_victims}: {whole}.{hundredths:02} % above, in {needless} deadlocks")?;
        for Finding { seed, broken, script } in &self.findings {
            writeln!(f, "\n# seed {seed}: {broken}\n{script}")?;
        }
        Ok(())
    }
}
