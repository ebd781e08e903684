//! Starts the processes, tells them what to do, and prints what it took.

use std::process::Stdio;
use std::time::{Duration, Instant};

use tokio::io::{AsyncBufReadExt, AsyncWriteExt, BufReader, Lines};
use tokio::process::{Child, ChildStdin, ChildStdout, Command};

/// One process.
struct Node {
    child: Child,
    commands: ChildStdin,
    answers: Lines<BufReader<ChildStdout>>,
}

impl Node {
    fn start(index: usize, ports: &[String]) -> Self {
        let own = std::env::current_exe().expect("this program is a file");
        let mut command = Command::new(own);
        command.arg("node").arg(index.to_string()).args(ports).stdin(Stdio::piped()).stdout(Stdio::piped());
        let mut child = command.kill_on_drop(true).spawn().expect("it starts");
        let commands = child.stdin.take().expect("it is piped");
        let answers = BufReader::new(child.stdout.take().expect("it is piped")).lines();
        Self { child, commands, answers }
    }

    fn signal(&self, signal: rustix::process::Signal) {
        let process = self.child.id().and_then(|id| rustix::process::Pid::from_raw(id.cast_signed()));
        rustix::process::kill_process(process.expect("it runs"), signal).expect("it runs");
    }

    async fn tell(&mut self, command: &str) {
        self.commands.write_all(format!("{command}\n").as_bytes()).await.expect("it listens");
    }

    async fn hear(&mut self) -> String {
        let line = tokio::time::timeout(Duration::from_mins(2), self.answers.next_line()).await;
        line.expect("it answers in time").expect("it can be read").expect("it lives")
    }

    async fn ask(&mut self, command: &str) -> String {
        self.tell(command).await;
        self.hear().await
    }
}

async fn start() -> Vec<Node> {
    let listeners: Vec<_> =
        (0..4).map(|_| std::net::TcpListener::bind("127.0.0.1:0").expect("loopback is there")).collect();
    let port = |listener: &std::net::TcpListener| listener.local_addr().expect("it listens").port().to_string();
    let ports: Vec<String> = listeners.iter().map(port).collect();
    drop(listeners);
    let mut nodes: Vec<Node> = (0..3).map(|index| Node::start(index, &ports)).collect();
    for node in &mut nodes {
        assert_eq!(node.hear().await, "ready");
    }
    nodes
}

pub(crate) async fn command() {
    let mut nodes = start().await;
    nodes[0].ask("ping 2000").await;
    nodes[0].ask("one all 2000").await;
    let ping: f64 = nodes[0].ask("ping 10000").await.parse().expect("a number");
    println!("raw ping-pong: {ping:.1} µs\n\n| | measured | of a ping-pong |\n|---|---|---|");
    for require in ["all", "majority", "any"] {
        let answer = nodes[0].ask(&format!("one {require} 10000")).await;
        let (median, rate) = answer.split_once(' ').expect("two numbers");
        let median: f64 = median.parse().expect("a number");
        println!(
            "| one client, one object on 3 nodes, {require} | {median:.1} µs, {rate} tx/s | {:.1}× |",
            median / ping
        );
    }
    println!("| 16 clients, own objects on 3 nodes | {} tx/s | |", nodes[0].ask("disjoint 16 3000").await);
    for require in ["all", "majority"] {
        let before = searched(&mut nodes).await;
        let (mut sum, mut longest) = (0, 0);
        for node in &mut nodes {
            node.tell(&format!("contend {require} 3000")).await;
        }
        for node in &mut nodes {
            let answer = node.hear().await;
            let (times, wait) = answer.split_once(' ').expect("two numbers");
            sum += times.parse::<u64>().expect("a number");
            longest = longest.max(wait.parse::<u64>().expect("a number"));
        }
        println!(
            "| one object on 3 nodes, a client on each, {require} | {} tx/s, longest wait {longest} ms | |",
            sum / 3
        );
        println!("| searches for it | {} | |", since(before, searched(&mut nodes).await));
    }
    for (length, times) in [(2, 200), (10, 100), (50, 30)] {
        let before = searched(&mut nodes).await;
        let median: f64 = nodes[0].ask(&format!("ring {length} {times}")).await.parse().expect("a number");
        println!("| ring of {length} over 3 nodes, closed | {median:.0} µs | {:.1}× |", median / ping);
        println!("| searches for it | {} | |", since(before, searched(&mut nodes).await));
    }
    let before = searched(&mut nodes).await;
    for node in &mut nodes {
        node.tell("crowd 10 10").await;
    }
    let mut rates = Vec::new();
    for node in &mut nodes {
        rates.push(node.hear().await);
    }
    println!("| 30 tasks on 3 nodes, the same 3 objects, in rings | {} tx/s on each node | |", rates.join(", "));
    println!("| searches for it | {} | |", since(before, searched(&mut nodes).await));
    drop(nodes);
    faults().await;
}

/// What searches took on all nodes so far.
async fn searched(nodes: &mut [Node]) -> [u64; 5] {
    let mut sums = [0; 5];
    for node in nodes {
        let answer = node.ask("searched").await;
        for (sum, number) in sums.iter_mut().zip(answer.split_whitespace()) {
            *sum += number.parse::<u64>().expect("a number");
        }
    }
    sums
}

fn since(before: [u64; 5], after: [u64; 5]) -> String {
    let names = ["looks", "rounds", "messages", "phantoms", "deadlocks"];
    let counts =
        names.iter().zip(before.iter().zip(after)).map(|(name, (before, after))| format!("{} {name}", after - before));
    counts.collect::<Vec<_>>().join(", ")
}

/// How long the next one waits after the process of the holder was killed, or frozen.
async fn faults() {
    let (kill, freeze) = (rustix::process::Signal::KILL, rustix::process::Signal::STOP);
    for (what, signal, times) in [("killed", kill, 20), ("frozen", freeze, 3)] {
        let mut took = Vec::new();
        for _ in 0..times {
            let mut nodes = start().await;
            nodes[0].ask("hold a n2").await;
            nodes[2].tell("hold a n2").await;
            assert_eq!(nodes[1].ask("awaited a").await, "awaited");
            let begun = Instant::now();
            nodes[0].signal(signal);
            assert_eq!(nodes[2].hear().await, "held");
            took.push(begun.elapsed());
        }
        took.sort_unstable();
        let (middle, most) = (took[took.len() / 2], took[took.len() - 1]);
        println!("| the holder's process is {what}: the next has it after | p50 {middle:?}, most {most:?} | |");
    }
}
