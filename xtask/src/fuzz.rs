//! Fuzzing: each target in turn, for some minutes.

use std::path::PathBuf;
use std::process::Command;

use clap::Args;

use crate::workspace::{Outcome, cargo, printed, root};

#[derive(Args)]
pub(crate) struct FuzzArgs {
    /// How long each target runs.
    #[arg(long, default_value_t = 5)]
    minutes: u64,
    /// Only these targets.
    only: Vec<String>,
}

/// Runs all targets; stops at the first that finds something.
pub(crate) fn fuzz(args: &FuzzArgs) -> Outcome<()> {
    install_if_missing()?;
    let listed = printed(cargo_fuzz().arg("list")).ok_or("cargo fuzz does not list the targets")?;
    let chosen = |target: &&str| args.only.is_empty() || args.only.iter().any(|only| only == target);
    for target in listed.lines().filter(chosen) {
        run(target, args.minutes)?;
    }
    Ok(())
}

fn install_if_missing() -> Outcome<()> {
    if printed(cargo().args(["fuzz", "--version"])).is_some() {
        return Ok(());
    }
    println!("-- cargo-fuzz is missing: installing it");
    let installed = cargo().args(["install", "cargo-fuzz", "--locked"]).status()?.success();
    if installed { Ok(()) } else { Err("cargo-fuzz could not be installed".into()) }
}

/// Fuzzing needs a nightly compiler, whichever runs this task.
fn cargo_fuzz() -> Command {
    let mut command = Command::new("rustup");
    command.args(["run", "nightly", "cargo", "fuzz"]).current_dir(folder()).env_remove("RUSTUP_TOOLCHAIN");
    command
}

fn folder() -> PathBuf {
    root().join("fuzz")
}

fn run(target: &str, minutes: u64) -> Outcome<()> {
    println!("-- fuzz {target} for {minutes} min");
    let mut command = cargo_fuzz();
    // Nothing of ours is unsafe: without a sanitizer more is tried in the same time.
    command.args(["run", "--sanitizer", "none", target]);
    // What is found on the way goes into the first folder.
    let found = format!("corpus/{target}");
    std::fs::create_dir_all(folder().join(&found))?;
    command.arg(found).args(seeds(target)).arg("--");
    command.args(["-timeout=10", "-max_len=4096", "-print_final_stats=1", "-verbosity=1"]);
    command.arg(format!("-max_total_time={}", 60 * minutes));
    let dictionary = format!("{target}.dict");
    if folder().join(&dictionary).is_file() {
        command.arg(format!("-dict={dictionary}"));
    }
    let clean = command.status()?.success();
    if clean { Ok(()) } else { Err(format!("{target} found something: see fuzz/artifacts/{target}").into()) }
}

/// What is worth starting from: the seeds kept for a target, and all stories for the text of stories.
fn seeds(target: &str) -> Vec<String> {
    let mut folders = vec![format!("seeds/{target}")];
    folders.extend((target == "scenario_text").then(|| "../scenarios".to_owned()));
    folders.retain(|seeds| folder().join(seeds).is_dir());
    folders
}
