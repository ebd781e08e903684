//! The `gordian` command: runs and explains scenario files.

mod arguments;
mod explain;
mod find;
mod paint;
mod run;
mod sim;
mod verdict;

use std::io;
use std::process::ExitCode;

use arguments::{Arguments, Command};
use clap::Parser;
use verdict::{Trouble, Verdict};

fn main() -> ExitCode {
    let done = match Arguments::parse().command {
        Command::Run(arguments) => run::run(&arguments),
        Command::Explain(arguments) => explain::explain(&arguments),
        Command::Sim(arguments) => sim::sim(&arguments),
    };
    match done {
        Ok(verdict) => verdict.into(),
        // Who closes our output early, as `head` does, needs no complaint; but it is not known
        // that all held.
        Err(Trouble::Output(error)) if error.kind() == io::ErrorKind::BrokenPipe => Verdict::Wrong.into(),
        Err(trouble) => {
            eprintln!("{}", paint::complaint(&trouble.to_string()));
            Verdict::Wrong.into()
        }
    }
}
