//! One process: a node, and its clients. It is told what to do by lines, and has a line for an answer.

use std::fmt::Write;
use std::io::BufRead;
use std::path::PathBuf;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::time::Duration;

use clap::Args;
use gordian::{ClusterBuilder, ClusterNode, Locks, Timing};
use tokio::task::JoinSet;

use crate::clock::now;
use crate::dice::Dice;
use crate::telling::Teller;
use crate::work::Client;

pub(crate) const NAMES: [&str; 5] = ["n1", "n2", "n3", "n4", "n5"];

/// What is said of a node.
#[derive(Args)]
pub(crate) struct NodeArguments {
    name: String,
    listen: String,
    judge: PathBuf,
    clients: usize,
    seed: u64,
    node_timeout: u64,
    /// `NAME=HOST:PORT`
    peers: Vec<String>,
}

/// What is going on in each client: when its transaction began, or 0.
type Begun = Arc<Vec<AtomicU64>>;

pub(crate) async fn serve(arguments: NodeArguments) {
    tracing_subscriber::fmt()
        .with_writer(std::io::stderr)
        .with_max_level(tracing_subscriber::filter::LevelFilter::ERROR)
        .init();
    let node = start(&arguments).await;
    let begun: Begun = Arc::new((0..arguments.clients).map(|_| AtomicU64::new(0)).collect());
    let stop = Arc::new(AtomicBool::new(false));
    let mut clients = JoinSet::new();
    for number in 0..arguments.clients {
        let judge = Teller::to(&arguments.judge).await.expect("the judge listens");
        let dice = Dice::new(arguments.seed.wrapping_mul(1_000_003).wrapping_add(number as u64));
        let client = Client { locks: Locks::of(node.member()), judge, dice };
        clients.spawn(run(client, number, begun.clone(), stop.clone()));
    }
    println!("ready");
    let mut commands = commands();
    while let Some(command) = commands.recv().await {
        match command.as_str() {
            "oldest" => println!("{}", oldest(&begun)),
            "stop" => {
                stop.store(true, Ordering::SeqCst);
                let all = async { while clients.join_next().await.is_some() {} };
                let ended = tokio::time::timeout(Duration::from_secs(30), all).await.is_ok();
                println!("{}", if ended { String::from("stopped") } else { stuck(&node) });
            }
            "left" => println!("{}", node.member().status_of_table().claims),
            "deadlocks" => println!("{}", node.member().status_of_table().statistics.deadlocks),
            _ => println!("unknown"),
        }
    }
}

async fn start(arguments: &NodeArguments) -> ClusterNode {
    let timing = Timing { node_timeout: arguments.node_timeout, recovery_timeout: arguments.node_timeout * 2 };
    let mut builder = ClusterBuilder::new(&arguments.name).listen(&arguments.listen).timing(timing);
    for peer in &arguments.peers {
        let (name, address) = peer.split_once('=').expect("the conductor knows how");
        builder = builder.peer(name, address);
    }
    builder.start().await.expect("the port is free")
}

async fn run(mut client: Client, number: usize, begun: Begun, stop: Arc<AtomicBool>) {
    while !stop.load(Ordering::SeqCst) {
        begun[number].store(now(), Ordering::SeqCst);
        let goes_on = client.transact().await;
        begun[number].store(0, Ordering::SeqCst);
        if !goes_on {
            return;
        }
    }
}

/// How long the oldest transaction has lasted so far, in milliseconds.
fn oldest(begun: &Begun) -> u64 {
    let now = now();
    let ages = begun.iter().map(|begun| begun.load(Ordering::SeqCst)).filter(|begun| *begun > 0);
    ages.map(|begun| now.saturating_sub(begun) / 1_000_000).max().unwrap_or(0)
}

/// Who is left, in one line.
fn stuck(node: &ClusterNode) -> String {
    let member = node.member();
    let mut told = format!("{}: {:?};", member.name(), member.view().peers);
    let all: Vec<_> = member.with(|machine, _| machine.transactions().collect());
    for tx in all {
        // A string takes everything.
        let _ = write!(told, " {tx} is {:?} with {:?};", member.status(tx), member.claims(tx));
    }
    told.replace('\n', " ")
}

fn commands() -> tokio::sync::mpsc::Receiver<String> {
    let (lines, commands) = tokio::sync::mpsc::channel(4);
    std::thread::spawn(move || {
        for line in std::io::stdin().lock().lines().map_while(Result::ok) {
            if lines.blocking_send(line).is_err() {
                return;
            }
        }
    });
    commands
}
