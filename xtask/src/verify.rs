//! What takes too long for the gate: every state of the small worlds.

use clap::Args;

use crate::workspace::{Outcome, cargo};

#[derive(Args)]
pub(crate) struct VerifyArgs {
    /// How long at most; what was not explored by then is said.
    #[arg(long, default_value_t = 30)]
    minutes: u64,
    /// Only worlds whose name has one of these words.
    only: Vec<String>,
}

/// Explores the small worlds of one node.
pub(crate) fn verify(args: &VerifyArgs) -> Outcome<()> {
    let mut command = cargo();
    command.args(["run", "--release", "--quiet", "--package", "lock-sim", "--example", "explore_worlds", "--"]);
    command.arg(args.minutes.to_string()).args(&args.only);
    let verified = command.status()?.success();
    if verified { Ok(()) } else { Err("a promise is broken, or there was no time to explore everything".into()) }
}
