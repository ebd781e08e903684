//! A soak: five processes, each a node with clients of its own, lock at random while a conductor kills, freezes and
//! splits them. A judge in the conductor's process keeps counters behind fencing tokens, and hears what every client
//! believes to hold.
//!
//! | to learn | read |
//! |---|---|
//! | what befalls the cluster, and when | `conductor`, `faults` |
//! | how a link is cut | `link` |
//! | what the clients do | `work` |
//! | what must hold | `judge` |

mod clock;
mod conductor;
mod dice;
mod faults;
mod judge;
mod link;
mod node;
mod process;
mod telling;
mod work;

use std::process::ExitCode;

use clap::{Parser, Subcommand};

/// Real processes under crashes, freezes and splits.
#[derive(Parser)]
struct Arguments {
    #[command(subcommand)]
    role: Role,
}

#[derive(Subcommand)]
enum Role {
    /// Starts the cluster, disturbs it, and judges.
    Conduct(conductor::ConductArguments),
    /// One node with its clients; started by the conductor.
    #[command(hide = true)]
    Node(node::NodeArguments),
}

#[tokio::main]
async fn main() -> ExitCode {
    match Arguments::parse().role {
        Role::Conduct(arguments) => conductor::conduct(&arguments).await,
        Role::Node(arguments) => {
            node::serve(arguments).await;
            ExitCode::SUCCESS
        }
    }
}
