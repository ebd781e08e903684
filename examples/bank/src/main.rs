//! An example service: a bank.
//!
//! Three processes, each an HTTP server that embeds a Gordian node, move money between accounts that lie in a vault. Each request is one
//! transaction: it locks the two accounts in the order in which they are named, so transactions meet in circles, and Gordian
//! gets them out. `bank run` starts all of it, makes load, kills one process and freezes another, and counts the money.
//!
//! | to learn | read |
//! |---|---|
//! | how one request becomes one transaction | `transfer` |
//! | how a process embeds a node | `server` |
//! | what the thing that is protected has to do: look at fencing tokens | `vault` |
//! | how it is put under load, and what goes wrong on purpose | `load`, `processes`, `trial` |

mod http;
mod load;
mod processes;
mod server;
mod transfer;
mod trial;
mod vault;

use std::process::ExitCode;

use clap::{Parser, Subcommand};

/// Three processes move money between accounts, and one of them is killed.
#[derive(Parser)]
#[command(name = "bank")]
struct Arguments {
    #[command(subcommand)]
    command: Command,
}

#[derive(Subcommand)]
enum Command {
    /// Starts a vault and three servers, makes load, kills one server and freezes another, and counts the money
    Run(trial::Trial),
    /// Serves transfers, as one of the nodes
    Serve(server::Settings),
    /// Keeps the money
    Vault(vault::Settings),
}

/// Whatever went wrong, to be shown.
type Trouble = Box<dyn std::error::Error + Send + Sync>;

#[tokio::main(worker_threads = 2)]
async fn main() -> ExitCode {
    let done = match Arguments::parse().command {
        Command::Run(trial) => trial.run().await,
        Command::Serve(settings) => server::serve(settings).await.map(|()| ExitCode::SUCCESS),
        Command::Vault(settings) => vault::keep(settings).await.map(|()| ExitCode::SUCCESS),
    };
    done.unwrap_or_else(|trouble| {
        eprintln!("bank: {trouble}");
        ExitCode::from(2)
    })
}
