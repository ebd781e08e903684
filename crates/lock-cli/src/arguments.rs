//! What the command line says.

use std::num::NonZeroUsize;
use std::path::PathBuf;

use clap::{Args, Parser, Subcommand, ValueEnum};
use lock_sim::{EngineKind, Profile};

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
    /// Live through random lives of clusters and check every promise after every event.
    ///
    /// A life is a scenario that a profile and a seed decide. One that breaks a promise is named with its seed; it can
    /// be told again, event by event, and be made small.
    Sim(SimArguments),
}

#[derive(Args)]
pub(crate) struct SimArguments {
    /// Which seeds, the end left out.
    #[arg(long, value_name = "A..B", default_value = "0..100", value_parser = crate::sim::parse_seeds)]
    pub(crate) seeds: std::ops::Range<u64>,
    /// What may go wrong: one (node), calm, lossy, crashes, splits, chaos; all of them, if left out.
    #[arg(long, value_name = "NAME")]
    pub(crate) profile: Option<Profile>,
    /// How many commands a life has before everything heals.
    #[arg(long, value_name = "N", default_value_t = 200, value_parser = steps)]
    pub(crate) steps: usize,
    /// How many threads; all cores, if left out.
    #[arg(long, value_name = "N")]
    pub(crate) jobs: Option<NonZeroUsize>,
    /// Stop after so many lives that broke a promise.
    #[arg(long, value_name = "N", default_value = "10")]
    pub(crate) failures: NonZeroUsize,
    /// Tell the life of one seed, event by event.
    #[arg(long, value_name = "SEED", conflicts_with = "shrink")]
    pub(crate) reproduce: Option<u64>,
    /// Leave out of a failing life whatever is not needed, and write it as a scenario file.
    #[arg(long, value_name = "SEED")]
    pub(crate) shrink: Option<u64>,
    /// Where the small life is written; PROFILE-SEED.scenario, if left out.
    #[arg(long, value_name = "FILE", requires = "shrink")]
    pub(crate) out: Option<PathBuf>,
}

impl SimArguments {
    pub(crate) fn profiles(&self) -> Vec<Profile> {
        self.profile.map_or_else(|| Profile::ALL.to_vec(), |profile| vec![profile])
    }
}

fn steps(text: &str) -> Result<usize, String> {
    let steps = text.parse().ok().filter(|steps| (1..=10_000).contains(steps));
    steps.ok_or_else(|| "a number from 1 to 10000".to_owned())
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
    /// Write the results as XML in the form that build servers read, a test case a file.
    #[arg(long, value_name = "FILE")]
    pub(crate) junit: Option<PathBuf>,
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
