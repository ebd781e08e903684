//! Development tasks: `cargo xtask check`, `fix`, `verify`, `fuzz`, `soak`, `bench`.

mod bench;
mod check;
mod fuzz;
mod soak;
mod verify;
mod workspace;

use std::process::ExitCode;

use clap::{Parser, Subcommand};

/// Development tasks of this workspace.
#[derive(Parser)]
#[command(name = "cargo xtask", bin_name = "cargo xtask")]
struct Args {
    #[command(subcommand)]
    task: Task,
}

#[derive(Subcommand)]
enum Task {
    /// The gate: format, clippy, tests, documentation. Changes nothing; stops at the first failure.
    Check(check::CheckArgs),
    /// Formats and applies what clippy can mend. The only task that writes to sources.
    Fix,
    /// Explores every state of the small worlds, for some minutes.
    Verify(verify::VerifyArgs),
    /// Lets each fuzz target run for some minutes.
    Fuzz(fuzz::FuzzArgs),
    /// Kills, freezes and splits a cluster of real processes while clients lock at random.
    Soak(soak::SoakArgs),
    /// Measures Gordian and its peers in turns, and makes the table and the pictures.
    Bench(bench::BenchArgs),
}

fn main() -> ExitCode {
    let done = match Args::parse().task {
        Task::Check(args) => check::check(&args),
        Task::Fix => check::fix(),
        Task::Verify(args) => verify::verify(&args),
        Task::Fuzz(args) => fuzz::fuzz(&args),
        Task::Soak(args) => soak::soak(&args),
        Task::Bench(args) => bench::bench(&args),
    };
    match done {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            eprintln!("xtask: {error}");
            ExitCode::FAILURE
        }
    }
}
