//! What a search over worlds of many nodes found.

use std::collections::BTreeMap;
use std::fmt;

use super::promise;
use super::tally::QuorumTally;

/// What a search counted and found.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct QuorumReport {
    /// How many worlds were lived through.
    pub worlds: u64,
    /// What was counted in those that kept all promises.
    pub tally: QuorumTally,
    /// The worlds that broke one.
    pub findings: Vec<Broken>,
}

/// A world that broke a promise.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Broken {
    /// The seed that gives this world again.
    pub seed: u64,
    /// Which promise.
    pub promise: String,
    /// The smallest script that still fails, for the first findings.
    pub script: Option<String>,
}

impl QuorumReport {
    /// Notes a finding; the first few are made small.
    pub(super) fn note(&mut self, seed: u64, promise: String, smallest: impl FnOnce() -> String) {
        const SHOWN: usize = 3;
        let script = (self.findings.len() < SHOWN).then(smallest);
        self.findings.push(Broken { seed, promise, script });
    }

    /// The seeds of the worlds that broke each promise.
    fn by_promise(&self) -> BTreeMap<&str, Vec<u64>> {
        let mut found: BTreeMap<&str, Vec<u64>> = BTreeMap::new();
        for broken in &self.findings {
            found.entry(promise(&broken.promise)).or_default().push(broken.seed);
        }
        found
    }
}

impl fmt::Display for QuorumReport {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let QuorumTally { actions, refused, lost, deadlocked, most_rounds, .. } = self.tally;
        let QuorumTally { victims, aborts, overtakings, fewest_victims, .. } = self.tally;
        let QuorumTally { outdated, not_stuck, order_was_enough, idle_overtakings, .. } = self.tally;
        writeln!(f, "worlds       {} ({} broke a promise)", self.worlds, self.findings.len())?;
        writeln!(f, "actions      {actions} carried out, {refused} refused, {lost} nodes lost")?;
        writeln!(f, "resolutions  {deadlocked}, at most {most_rounds} rounds")?;
        writeln!(f, "victims      {victims}, {aborts} of them by abort; {fewest_victims} would have been enough")?;
        writeln!(f, "overtakings  {overtakings}, {idle_overtakings} of one who was not stuck")?;
        writeln!(f, "evidence     {outdated} outdated when it arrived")?;
        writeln!(f, "needless     {not_stuck} victims not stuck, {order_was_enough} where order was enough")?;
        for (promise, seeds) in self.by_promise() {
            let few = &seeds[..seeds.len().min(8)];
            writeln!(f, "broken       {} times: {promise}; seeds {few:?}", seeds.len())?;
        }
        for Broken { seed, promise, script } in &self.findings {
            if let Some(script) = script {
                writeln!(f, "\n# seed {seed}: {promise}\n{script}")?;
            }
        }
        Ok(())
    }
}
