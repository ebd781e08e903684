//! The gate, which changes nothing, and its counterpart, which does.

use std::time::Instant;

use clap::Args;

use crate::workspace::{Outcome, cargo};

#[derive(Args)]
pub(crate) struct CheckArgs {
    /// Leaves the tests out, for those who have just run them.
    #[arg(long)]
    no_tests: bool,
}

/// A cargo call by its arguments, and what `RUSTDOCFLAGS` it wants.
struct Step {
    name: &'static str,
    args: &'static [&'static str],
    rustdocflags: Option<&'static str>,
}

/// The workspace of the peer that must not share features with ours.
const PEER: &str = "bench/peers/parking-lot/Cargo.toml";
/// The workspace of the fuzz targets, which needs a nightly compiler.
const FUZZ: &str = "fuzz/Cargo.toml";

const FORMAT: Step = step("format", &["fmt", "--all", "--check"]);
const FORMAT_PEER: Step = step("format (peer)", &["fmt", "--manifest-path", PEER, "--check"]);
const FORMAT_FUZZ: Step = step("format (fuzz)", &["fmt", "--manifest-path", FUZZ, "--check"]);
const CLIPPY: Step = step("clippy", &["clippy", "--workspace", "--all-targets", "--quiet", "--", "-D", "warnings"]);
const TESTS: Step = step("tests", &["test", "--workspace", "--quiet"]);
const MEND: Step =
    step("mend", &["clippy", "--workspace", "--all-targets", "--fix", "--allow-dirty", "--allow-staged"]);
const WRITE_FORMAT: Step = step("format", &["fmt", "--all"]);
const WRITE_FORMAT_PEER: Step = step("format (peer)", &["fmt", "--manifest-path", PEER]);
const WRITE_FORMAT_FUZZ: Step = step("format (fuzz)", &["fmt", "--manifest-path", FUZZ]);
const DOCS: Step =
    Step { name: "docs", args: &["doc", "--workspace", "--no-deps", "--quiet"], rustdocflags: Some("-D warnings") };

const fn step(name: &'static str, args: &'static [&'static str]) -> Step {
    Step { name, args, rustdocflags: None }
}

/// Runs the gate.
pub(crate) fn check(args: &CheckArgs) -> Outcome<()> {
    let steps = [FORMAT, FORMAT_PEER, FORMAT_FUZZ, CLIPPY, TESTS, DOCS];
    run(steps.into_iter().filter(|step| !(args.no_tests && step.name == TESTS.name)))
}

/// Mends what can be mended by itself.
pub(crate) fn fix() -> Outcome<()> {
    run([MEND, WRITE_FORMAT, WRITE_FORMAT_PEER, WRITE_FORMAT_FUZZ])
}

fn run(steps: impl IntoIterator<Item = Step>) -> Outcome<()> {
    for step in steps {
        let start = Instant::now();
        println!("-- {}: cargo {}", step.name, step.args.join(" "));
        let mut command = cargo();
        command.args(step.args);
        if let Some(flags) = step.rustdocflags {
            command.env("RUSTDOCFLAGS", flags);
        }
        let succeeded = command.status()?.success();
        let seconds = start.elapsed().as_secs_f64();
        println!("-- {}: {} in {seconds:.1} s", step.name, if succeeded { "ok" } else { "failed" });
        if !succeeded {
            return Err(format!("{} failed", step.name).into());
        }
    }
    Ok(())
}
