//! A cluster of real processes under crashes, freezes and splits.

use clap::Args;

use crate::workspace::{Outcome, cargo};

#[derive(Args)]
#[command(disable_help_flag = true)]
pub(crate) struct SoakArgs {
    /// What the soak takes: `--help` tells.
    #[arg(trailing_var_arg = true, allow_hyphen_values = true)]
    arguments: Vec<String>,
}

/// Soaks, and fails if a promise is broken.
pub(crate) fn soak(args: &SoakArgs) -> Outcome<()> {
    let mut command = cargo();
    command.args(["run", "--release", "--quiet", "--package", "gordian-soak", "--", "conduct"]).args(&args.arguments);
    if command.status()?.success() { Ok(()) } else { Err("a promise is broken, or the soak came to no end".into()) }
}
