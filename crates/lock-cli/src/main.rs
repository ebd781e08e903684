//! The `gordian` command: runs a node and asks it, runs and explains scenario files.

mod arguments;
mod ask;
mod certificates;
mod explain;
mod find;
#[cfg(unix)]
mod flock;
mod node;
mod paint;
mod run;
mod secret;
mod sim;
mod story_node;
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
        Command::Node(arguments) => node::node(&arguments),
        Command::Nodes(arguments) => ask::nodes(&arguments),
        Command::Locks(arguments) => ask::locks(&arguments),
        Command::Tx(arguments) => ask::tx(&arguments),
        Command::Why(arguments) => ask::why(&arguments),
        #[cfg(unix)]
        Command::Flock(arguments) => flock::flock(&arguments),
        #[cfg(not(unix))]
        Command::Flock(_) => Err(Trouble::NeedsUnix),
        Command::StoryNode => story_node::story_node(),
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
