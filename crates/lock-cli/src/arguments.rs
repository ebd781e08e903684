//! What the command line says.

use std::path::PathBuf;

use clap::{Args, Parser, Subcommand, ValueEnum};
use lock_sim::EngineKind;

/// A deadlock-resolving lock manager.
#[derive(Parser)]
#[command(name = "gordian", version, about, max_term_width = 100)]
pub(crate) struct Arguments {
    #[command(subcommand)]
    pub(crate) command: Command,
}

#[derive(Subcommand)]
pub(crate) enum Command {
    /// Run scenario files and say which of their expectations do not hold.
    ///
    /// Exit status: 0 all held, 1 one did not, 2 a file or an argument is wrong.
    Run(RunArguments),
    /// Run one scenario file and show who waits on whom at its end, and each deadlock.
    Explain(ExplainArguments),
}

#[derive(Args)]
pub(crate) struct RunArguments {
    /// Scenario files, or folders in which every `*.scenario` file is meant.
    #[arg(required = true, value_name = "FILE|FOLDER")]
    pub(crate) paths: Vec<PathBuf>,
    #[command(flatten)]
    pub(crate) world: WorldArguments,
    /// Try so many interleavings of each file, with the seeds N, N+1, …
    #[arg(long, value_name = "K", default_value_t = 1, value_parser = clap::value_parser!(u64).range(1..=1_000_000_000))]
    pub(crate) repeat: u64,
    /// Print the transcript as JSON lines, and nothing else.
    #[arg(long)]
    pub(crate) json: bool,
    /// Write the wait-for graph at the first failure, or at the end, for Graphviz.
    #[arg(long, value_name = "FILE")]
    pub(crate) dot: Option<PathBuf>,
    /// Write the same graph for Mermaid.
    #[arg(long, value_name = "FILE")]
    pub(crate) mermaid: Option<PathBuf>,
    /// Draw that run as an SVG picture: its deadlocks, who waits on whom, and who held and waited when.
    #[arg(long, value_name = "FILE")]
    pub(crate) svg: Option<PathBuf>,
}

#[derive(Args)]
pub(crate) struct ExplainArguments {
    /// A scenario file.
    pub(crate) file: PathBuf,
    #[command(flatten)]
    pub(crate) world: WorldArguments,
    /// Show only this form; text, then DOT and Mermaid source, if left out.
    #[arg(long, value_enum)]
    pub(crate) format: Option<Format>,
}

/// On what the scenarios run.
#[derive(Args)]
pub(crate) struct WorldArguments {
    /// What the scenarios run on: sim (the pure machines in virtual time), actors (real servers and
    /// agents in this process), cluster (one process a node), naive (a plain reference to compare with).
    #[arg(long, value_name = "ENGINE", default_value_t)]
    pub(crate) engine: EngineKind,
    /// The seed of the interleavings.
    #[arg(long, value_name = "N", default_value_t = 0)]
    pub(crate) seed: u64,
}

/// A form of the wait-for graph.
#[derive(Clone, Copy, PartialEq, Eq, ValueEnum)]
pub(crate) enum Format {
    /// A line an arrow.
    Text,
    /// Source for Graphviz.
    Dot,
    /// Source for Mermaid.
    Mermaid,
    /// A picture: the deadlocks, who waits on whom, and who held and waited when.
    Svg,
    /// One JSON object.
    Json,
}
