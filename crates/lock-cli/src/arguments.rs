//! What the command line says.

#![allow(clippy::doc_markdown)] // these are texts of the help, where backticks would be seen

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
    /// Run a node of a cluster until it is told to end by SIGTERM or ctrl-c.
    ///
    /// Settings come from a TOML file, then from variables such as `GORDIAN_LISTEN`, then from flags; what comes later
    /// goes before what comes earlier. All mistakes are told at once. The secret of the cluster is read from a file, or from
    /// the variable `GORDIAN_SECRET`, never from a flag.
    ///
    /// Exit status: 0 it ended in good order, 2 a setting is wrong or it could not listen.
    Node(Box<NodeArguments>),
    /// Ask a node who is there, and each one there how it is.
    ///
    /// Exit status: 0 every node is up, 1 one is not, or is recovering, 2 no node could be asked.
    Nodes(AskArguments),
    /// Ask a node who has and who waits for what in its table.
    ///
    /// Exit status: 0 shown, 1 nobody has or wants that object, 2 the node could not be asked.
    Locks(LocksArguments),
    /// Ask a node which transactions live there, or what it knows of one of them.
    ///
    /// Exit status: 0 shown, 1 the node knows no such transaction, 2 the node could not be asked.
    Tx(TxArguments),
    /// Ask why a transaction waits: who is in its way, who in theirs, across all nodes.
    ///
    /// Exit status: 0 it does not wait, 1 it waits, 3 it waits in a circle or for one, 2 a node could not be asked or nobody
    /// knows the transaction.
    Why(WhyArguments),
    /// Run a command under a lock on an id of a folder, between all processes that lock there.
    ///
    /// The lock is kept by this command and, should that be killed, by the one that it runs; it ends when that one has ended. Signals are passed
    /// on. No cluster is needed: see the guide on directory locks.
    ///
    /// Exit status: that of the command, or 128 and the number of the signal that ended it; 75 the lock was not had in time, and nothing
    /// was run; 126 or 127 the command cannot be run, or is not there; 2 an argument or the folder is wrong.
    Flock(FlockArguments),
    /// Be one node of a scenario on the engine `cluster`, which starts it and speaks with it.
    #[command(hide = true)]
    StoryNode,
}

/// The settings of a node. They are text here, so that all that is wrong with them is told at once.
#[derive(Args, Default)]
pub(crate) struct NodeArguments {
    /// A TOML file with settings; also `GORDIAN_CONFIG`.
    #[arg(long, value_name = "FILE")]
    pub(crate) config: Option<PathBuf>,
    /// Its name, which no other node of the cluster has.
    #[arg(long)]
    pub(crate) name: Option<String>,
    /// The name of the cluster [default: gordian].
    #[arg(long, value_name = "NAME")]
    pub(crate) cluster: Option<String>,
    /// Where it listens; port 0 takes a free one [default: 127.0.0.1:7400].
    #[arg(long, value_name = "HOST:PORT")]
    pub(crate) listen: Option<String>,
    /// Another node and where it listens; once for each.
    #[arg(long, value_name = "NAME=HOST:PORT")]
    pub(crate) peer: Vec<String>,
    /// A file with the secret that all nodes of the cluster share.
    #[arg(long, value_name = "FILE")]
    pub(crate) secret_file: Option<String>,
    /// A file with the certificate of the authority that all nodes trust (PEM).
    #[arg(long, value_name = "FILE")]
    pub(crate) tls_ca: Option<String>,
    /// A file with the certificate of this node: its name as a DNS name, signed by the authority.
    #[arg(long, value_name = "FILE")]
    pub(crate) tls_certificate: Option<String>,
    /// A file with the key of that certificate.
    #[arg(long, value_name = "FILE")]
    pub(crate) tls_key: Option<String>,
    /// After so much silence a node is down for its peers [default: 10000].
    #[arg(long, value_name = "MS")]
    pub(crate) node_timeout_ms: Option<String>,
    /// How long it waits at its start to be told what others hold [default: twice the node timeout].
    #[arg(long, value_name = "MS")]
    pub(crate) recovery_timeout_ms: Option<String>,
    /// How long somebody who connects may take to prove who he is, and then to ask [default: 5000].
    #[arg(long, value_name = "MS")]
    pub(crate) handshake_timeout_ms: Option<String>,
    /// How many claims a transaction may have [default: 100000].
    #[arg(long, value_name = "N")]
    pub(crate) max_claims: Option<String>,
    /// What is logged: off, error, warn, info, debug, trace, also by part [default: info].
    #[arg(long, value_name = "LEVEL")]
    pub(crate) log: Option<String>,
    /// How it is logged: text or json [default: text].
    #[arg(long, value_name = "FORMAT")]
    pub(crate) log_format: Option<String>,
    /// Only check the settings.
    #[arg(long)]
    pub(crate) check: bool,
}

impl NodeArguments {
    /// What was said of a setting.
    pub(crate) fn value(&self, setting: &str) -> Option<String> {
        let value = match setting {
            "name" => &self.name,
            "cluster" => &self.cluster,
            "listen" => &self.listen,
            "secret_file" => &self.secret_file,
            "tls_ca" => &self.tls_ca,
            "tls_certificate" => &self.tls_certificate,
            "tls_key" => &self.tls_key,
            "node_timeout_ms" => &self.node_timeout_ms,
            "recovery_timeout_ms" => &self.recovery_timeout_ms,
            "handshake_timeout_ms" => &self.handshake_timeout_ms,
            "max_claims" => &self.max_claims,
            "log" => &self.log,
            "log_format" => &self.log_format,
            _ => &None,
        };
        value.clone()
    }
}

#[derive(Args)]
pub(crate) struct FlockArguments {
    /// The folder whose `.locks` has the lock.
    #[arg(value_name = "DIR")]
    pub(crate) folder: PathBuf,
    /// What is locked: any text.
    pub(crate) id: String,
    /// Share the lock with others who share it.
    #[arg(long)]
    pub(crate) shared: bool,
    /// How long to wait at most: seconds, or with a unit, as in 500ms, 10s, 5m; 0 only tries [default: as long as it takes].
    #[arg(long, value_name = "T", value_parser = time)]
    pub(crate) timeout: Option<std::time::Duration>,
    /// In whose name, for others to read [default: the user].
    #[arg(long, value_name = "NAME")]
    pub(crate) user: Option<String>,
    /// The command and what it is told.
    #[arg(last = true, required = true, value_name = "CMD")]
    pub(crate) command: Vec<std::ffi::OsString>,
}

fn time(text: &str) -> Result<std::time::Duration, String> {
    let (number, seconds) = [("ms", 0.001), ("s", 1.0), ("m", 60.0), ("h", 3600.0)]
        .iter()
        .find_map(|(unit, seconds)| Some((text.strip_suffix(unit)?, *seconds)))
        .unwrap_or((text, 1.0));
    let time =
        number.parse::<f64>().ok().and_then(|number| std::time::Duration::try_from_secs_f64(number * seconds).ok());
    time.ok_or_else(|| "a time is written as 10, 10s, 500ms, 5m or 1h".to_owned())
}

/// Which node is asked, and how.
#[derive(Args)]
pub(crate) struct AskArguments {
    /// Where the node listens, with its name if only that one is meant; also `GORDIAN_NODE` [default: 127.0.0.1:7400].
    #[arg(long, value_name = "[NAME=]HOST:PORT")]
    pub(crate) node: Option<String>,
    /// A file with the secret of the cluster; also `GORDIAN_SECRET_FILE`, or `GORDIAN_SECRET` for the secret itself.
    #[arg(long, value_name = "FILE")]
    pub(crate) secret_file: Option<PathBuf>,
    /// A file with the certificate of the authority that the nodes trust; also `GORDIAN_TLS_CA`. With certificates, `--node` needs
    /// the name of the node.
    #[arg(long, value_name = "FILE")]
    pub(crate) tls_ca: Option<PathBuf>,
    /// A file with a certificate that the authority has signed, for whatever name; also `GORDIAN_TLS_CERTIFICATE`.
    #[arg(long, value_name = "FILE")]
    pub(crate) tls_certificate: Option<PathBuf>,
    /// A file with the key of that certificate; also `GORDIAN_TLS_KEY`.
    #[arg(long, value_name = "FILE")]
    pub(crate) tls_key: Option<PathBuf>,
    /// How long to wait for the answer of a node.
    #[arg(long, value_name = "MS", default_value_t = 5_000, value_parser = clap::value_parser!(u64).range(1..=600_000))]
    pub(crate) timeout_ms: u64,
    /// Print JSON. Numbers that most readers of JSON would round, such as transactions, are written as text.
    #[arg(long)]
    pub(crate) json: bool,
}

#[derive(Args)]
pub(crate) struct LocksArguments {
    /// Show this object and what is claimed above and below it; everything, if left out.
    pub(crate) object: Option<lock_core::Object>,
    #[command(flatten)]
    pub(crate) ask: AskArguments,
}

#[derive(Args)]
pub(crate) struct TxArguments {
    /// A transaction, such as t42; all that live there, if left out.
    #[arg(value_parser = transaction)]
    pub(crate) tx: Option<lock_core::TxId>,
    #[command(flatten)]
    pub(crate) ask: AskArguments,
}

#[derive(Args)]
pub(crate) struct WhyArguments {
    /// A transaction, such as t42.
    #[arg(value_parser = transaction)]
    pub(crate) tx: lock_core::TxId,
    #[command(flatten)]
    pub(crate) ask: AskArguments,
}

fn transaction(text: &str) -> Result<lock_core::TxId, String> {
    let number = text.strip_prefix('t').unwrap_or(text).parse();
    number.map(lock_core::TxId).map_err(|_| "a transaction is written as t42, or 42".to_owned())
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
    /// What the scenarios run on: sim (the pure machines in virtual time), actors (real nodes in this
    /// process), cluster (one process a node, joined over loopback), naive (a plain reference of one node).
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
