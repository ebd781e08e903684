//! A cluster of real processes under crashes, freezes and splits.

use clap::Args;

use crate::workspace::{Outcome, cargo};

#[derive(Args)]
pub(crate) struct SoakArgs {
    /// How long.
    #[arg(long, default_value_t = 5.0)]
    minutes: f64,
    /// Decides faults and work; the time at which things meet is the machine's.
    #[arg(long)]
    seed: Option<u64>,
    /// Clients of each of the five nodes.
    #[arg(long, default_value_t = 6)]
    clients: usize,
    /// Which faults: some of kill, freeze, split, one-way; or none.
    #[arg(long, default_value = "kill,freeze,split,one-way")]
    faults: String,
}

/// Soaks, and fails if a promise is broken.
pub(crate) fn soak(args: &SoakArgs) -> Outcome<()> {
    let mut command = cargo();
    command.args(["run", "--release", "--quiet", "--package", "gordian-soak", "--", "conduct"]);
    command.args(["--minutes", &args.minutes.to_string(), "--clients", &args.clients.to_string()]);
    command.args(["--faults", &args.faults]);
    if let Some(seed) = args.seed {
        command.args(["--seed", &seed.to_string()]);
    }
    if command.status()?.success() { Ok(()) } else { Err("a promise is broken, or the soak came to no end".into()) }
}
