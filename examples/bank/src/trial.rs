//! `bank run`: everything together, with what goes wrong, and the money counted at the end.

use std::fmt;
use std::process::ExitCode;
use std::time::{Duration, Instant};

use clap::Args;
use serde::Serialize;

use crate::Trouble;
use crate::load::{Counted, Load};
use crate::processes::{Plan, Processes};

const SERVERS: usize = 3;
/// Who is killed, and who is frozen.
const KILLED: usize = 1;
const FROZEN: usize = 2;

/// How a trial is run.
#[derive(Args, Clone, Debug)]
pub(crate) struct Trial {
    /// How long it takes, in seconds: a quarter before one server is killed, a quarter without it, a quarter in which another one is frozen for a while, and a quarter with all
    #[arg(long, default_value_t = 12.0)]
    seconds: f64,
    /// How many clients there are
    #[arg(long, default_value_t = 16)]
    clients: u64,
    /// How many accounts
    #[arg(long, default_value_t = 6, value_parser = clap::value_parser!(u64).range(2..=100_000))]
    accounts: u64,
    /// What each of them has at first
    #[arg(long, default_value_t = 1_000)]
    balance: i64,
    /// After so much silence a node is down, in milliseconds
    #[arg(long, default_value_t = 1_000)]
    node_timeout: u64,
    /// Take no locks, to see what they are for
    #[arg(long)]
    careless: bool,
    /// Kill and freeze nobody
    #[arg(long)]
    peaceful: bool,
    /// Print the outcome as JSON
    #[arg(long)]
    json: bool,
}

/// What came of it.
#[derive(Debug, Serialize)]
struct Outcome {
    seconds: f64,
    #[serde(flatten)]
    transfers: Counted,
    transfers_a_second: f64,
    /// Moved while one server was dead, from the kill to its restart.
    moved_without_one: u64,
    /// Moved while another one was frozen.
    moved_while_frozen: u64,
    deadlocks: u64,
    /// How often the vault turned an old token away.
    old_tokens: u64,
    money_before: i64,
    money_after: i64,
}

impl Trial {
    pub(crate) async fn run(self) -> Result<ExitCode, Trouble> {
        let outcome = self.outcome().await?;
        if self.json {
            println!("{}", serde_json::to_string(&outcome)?);
        } else {
            println!("{outcome}");
        }
        Ok(if outcome.is_good() { ExitCode::SUCCESS } else { ExitCode::from(1) })
    }

    async fn outcome(&self) -> Result<Outcome, Trouble> {
        let accounts = usize::try_from(self.accounts)?;
        let mut processes = Processes::start(&Plan {
            servers: SERVERS,
            accounts,
            balance: self.balance,
            node_timeout_ms: self.node_timeout,
            careless: self.careless,
        })
        .await?;
        let before = processes.total().await?;
        let (load, start) = (Load::start(&processes.clients(), self.clients, accounts), Instant::now());
        let mut deadlocks = Deadlocks::default();
        let quarter = Duration::try_from_secs_f64(self.seconds / 4.0)?;
        let (moved_without_one, moved_while_frozen) =
            self.go_wrong(&mut processes, &load, &mut deadlocks, quarter).await?;
        let (transfers, seconds) = (load.finish().await, start.elapsed().as_secs_f64());
        deadlocks.look(&processes).await;
        let after = processes.total().await?;
        if processes.ended()? {
            return Err("a process has ended by itself".into());
        }
        Ok(Outcome {
            seconds,
            transfers_a_second: per_second(transfers.moved, seconds),
            transfers,
            moved_without_one,
            moved_while_frozen,
            deadlocks: deadlocks.sum(),
            old_tokens: after.old_tokens,
            money_before: before.money,
            money_after: after.money,
        })
    }

    /// A quarter of the time each: all is well; one is dead; one is frozen for as long as makes it down; all is well.
    async fn go_wrong(
        &self,
        processes: &mut Processes,
        load: &Load,
        deadlocks: &mut Deadlocks,
        quarter: Duration,
    ) -> Result<(u64, u64), Trouble> {
        deadlocks.watch(processes, quarter).await;
        if self.peaceful {
            deadlocks.watch(processes, quarter * 3).await;
            return Ok((0, 0));
        }
        processes.kill(KILLED).await?;
        deadlocks.one_died(KILLED);
        let killed = load.counted().moved;
        deadlocks.watch(processes, quarter).await;
        let without_one = load.counted().moved - killed;
        processes.restart(KILLED)?;
        processes.all_in_touch().await?;
        processes.freeze(FROZEN)?;
        let frozen = load.counted().moved;
        let timeout = Duration::from_millis(self.node_timeout);
        deadlocks.watch(processes, quarter.max(timeout * 3 / 2)).await;
        let while_frozen = load.counted().moved - frozen;
        processes.thaw(FROZEN)?;
        deadlocks.watch(processes, quarter).await;
        processes.all_in_touch().await?;
        Ok((without_one, while_frozen))
    }
}

/// How many deadlocks have ended, by server; what a dead one had counted is kept.
#[derive(Default)]
struct Deadlocks {
    present: [u64; SERVERS],
    of_the_dead: u64,
}

impl Deadlocks {
    async fn look(&mut self, processes: &Processes) {
        for (at, count) in self.present.iter_mut().enumerate() {
            if let Some(standing) = processes.standing(at).await {
                *count = standing.deadlocks;
            }
        }
    }

    /// Looks again and again, for so long.
    async fn watch(&mut self, processes: &Processes, time: Duration) {
        let until = tokio::time::Instant::now() + time;
        let mut looks = tokio::time::interval(Duration::from_millis(200));
        while tokio::time::Instant::now() < until {
            tokio::select! {
                () = tokio::time::sleep_until(until) => {}
                _ = looks.tick() => self.look(processes).await,
            }
        }
    }

    fn one_died(&mut self, at: usize) {
        self.of_the_dead += std::mem::take(&mut self.present[at]);
    }

    fn sum(&self) -> u64 {
        self.of_the_dead + self.present.iter().sum::<u64>()
    }
}

impl Outcome {
    fn is_good(&self) -> bool {
        self.money_before == self.money_after && self.transfers.moved > 0
    }
}

// More transfers than a float counts exactly would take centuries.
#[allow(clippy::cast_precision_loss)]
fn per_second(count: u64, seconds: f64) -> f64 {
    count as f64 / seconds
}

fn last(why: &str) -> String {
    if why.is_empty() { String::new() } else { format!("; the last one: {why}") }
}

impl fmt::Display for Outcome {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Counted { moved, refused, unknown, last_refused, last_unknown } = &self.transfers;
        writeln!(f, "{moved} transfers in {:.1} s, {:.0} a second", self.seconds, self.transfers_a_second)?;
        writeln!(f, "{} of them while one server was dead", self.moved_without_one)?;
        writeln!(f, "{} of them while one was frozen", self.moved_while_frozen)?;
        writeln!(f, "{refused} were refused{}", last(last_refused))?;
        writeln!(f, "{unknown} ended nobody knows how{}", last(last_unknown))?;
        writeln!(f, "{} deadlocks were resolved", self.deadlocks)?;
        writeln!(f, "{} times the vault turned an old token away", self.old_tokens)?;
        let (before, after) = (self.money_before, self.money_after);
        match after - before {
            0 => write!(f, "the money is all there: {after}"),
            difference => write!(f, "THE MONEY IS WRONG by {difference:+}: {before} before, {after} after"),
        }
    }
}
