//! Starts the cluster, disturbs it by a seed, lets it come to rest now and then, and judges.

use std::collections::BTreeMap;
use std::net::SocketAddr;
use std::process::ExitCode;
use std::sync::Arc;
use std::time::{Duration, Instant};

use clap::Args;

use crate::dice::Dice;
use crate::faults::Fault;
use crate::judge::Judge;
use crate::link::Link;
use crate::node::NAMES;
use crate::process::Process;
use crate::telling::Done;

/// After how many milliseconds of silence a node is taken for down.
const NODE_TIMEOUT: u64 = 600;
/// How long the cluster is disturbed between two rests.
const DISTURBED: Duration = Duration::from_secs(40);
/// How long it is left alone then: longer than it takes to find and welcome everybody.
const REST: Duration = Duration::from_secs(6);
/// How long a transaction may have lasted at the end of a rest, in milliseconds.
const OLDEST: u64 = 4_000;

/// How long, and which.
#[derive(Args)]
pub(crate) struct ConductArguments {
    /// How long.
    #[arg(long, default_value_t = 5.0)]
    minutes: f64,
    /// Decides faults and work; the time at which things meet is the machine's. Without it: another one each time.
    #[arg(long)]
    seed: Option<u64>,
    /// Clients of each node.
    #[arg(long, default_value_t = 6)]
    clients: usize,
    /// Which faults: some of kill, freeze, split, one-way; or none.
    #[arg(long, value_delimiter = ',', default_value = "kill,freeze,split,one-way")]
    faults: Vec<String>,
}

struct Cluster {
    processes: Vec<Option<Process>>,
    addresses: Vec<SocketAddr>,
    links: BTreeMap<(usize, usize), Link>,
    judge: Arc<Judge>,
    socket: std::path::PathBuf,
    clients: usize,
    dice: Dice,
    /// Those that are at work now, and when they are undone.
    faults: Vec<(Instant, Fault)>,
    /// Which faults there are.
    kinds: Vec<String>,
    counted: BTreeMap<&'static str, u64>,
    longest: u64,
    deadlocks: u64,
}

pub(crate) async fn conduct(arguments: &ConductArguments) -> ExitCode {
    let seed = arguments.seed.unwrap_or_else(|| getrandom::u64().unwrap_or(0) % 1_000_000);
    println!("soak of {} minutes, seed {seed}", arguments.minutes);
    let end = Instant::now() + Duration::from_secs_f64(arguments.minutes * 60.0);
    let folder = std::env::temp_dir().join(format!("gordian-soak-{}", std::process::id()));
    let soaked = match Cluster::start(&folder, arguments, seed).await {
        Ok(mut cluster) => {
            let soaked = cluster.soak(end).await;
            cluster.report();
            soaked.map(|()| cluster.judge.verdict())
        }
        Err(why) => Err(why),
    };
    let _ = std::fs::remove_dir_all(&folder);
    match soaked {
        Ok(broken) if broken.is_empty() => {
            println!("no promise was broken");
            ExitCode::SUCCESS
        }
        Ok(broken) => {
            println!("{} times a promise was broken, first: {}", broken.len(), broken[0]);
            ExitCode::FAILURE
        }
        Err(why) => {
            println!("the soak came to no end: {why}");
            ExitCode::FAILURE
        }
    }
}

/// Where the nodes listen: below the ports that the system gives to whoever dials, so that they stay free between two lives.
fn addresses() -> Result<Vec<SocketAddr>, String> {
    let first = 20_000 + u16::try_from(std::process::id() % 10_000).unwrap_or(0);
    let candidates = (first..32_000).map(|port| SocketAddr::from(([127, 0, 0, 1], port)));
    let free = candidates.filter(|address| std::net::TcpListener::bind(address).is_ok());
    let addresses: Vec<SocketAddr> = free.take(NAMES.len()).collect();
    if addresses.len() == NAMES.len() { Ok(addresses) } else { Err(String::from("no free ports on loopback")) }
}

impl Cluster {
    async fn start(folder: &std::path::Path, arguments: &ConductArguments, seed: u64) -> Result<Self, String> {
        let text = |error: std::io::Error| error.to_string();
        std::fs::create_dir_all(folder).map_err(text)?;
        let socket = folder.join("judge");
        let judge = Judge::listen(&socket).map_err(text)?;
        let addresses = addresses()?;
        let mut links = BTreeMap::new();
        for from in 0..NAMES.len() {
            for to in (0..NAMES.len()).filter(|to| *to != from) {
                links.insert((from, to), Link::to(addresses[to]).await.map_err(text)?);
            }
        }
        let processes = NAMES.iter().map(|_| None).collect();
        let (clients, kinds) = (arguments.clients, arguments.faults.clone());
        let dice = Dice::new(seed);
        let (faults, counted) = (Vec::new(), BTreeMap::new());
        let mut cluster = Self {
            processes,
            addresses,
            links,
            judge,
            socket,
            clients,
            dice,
            faults,
            kinds,
            counted,
            longest: 0,
            deadlocks: 0,
        };
        for node in 0..NAMES.len() {
            cluster.start_node(node).await?;
        }
        Ok(cluster)
    }

    async fn start_node(&mut self, node: usize) -> Result<(), String> {
        let mut arguments = vec![
            NAMES[node].to_owned(),
            self.addresses[node].to_string(),
            self.socket.display().to_string(),
            self.clients.to_string(),
            self.dice.roll(u64::MAX).to_string(),
            NODE_TIMEOUT.to_string(),
        ];
        for (&(_, to), link) in self.links.range((node, 0)..(node + 1, 0)) {
            arguments.push(format!("{}={}", NAMES[to], link.address()));
        }
        let process = Process::start(&arguments).await.map_err(|why| format!("{}: {why}", NAMES[node]))?;
        self.processes[node] = Some(process);
        Ok(())
    }

    async fn soak(&mut self, end: Instant) -> Result<(), String> {
        let start = Instant::now();
        while Instant::now() < end && self.judge.verdict().is_empty() {
            self.disturb(end.min(Instant::now() + DISTURBED)).await?;
            self.rest().await?;
            let (raised, compared) = self.judge.totals();
            println!(
                "{:>5} s: {raised} updates, {compared} beliefs compared, {:?}, faults {:?}, oldest {} ms",
                start.elapsed().as_secs(),
                self.judge.done(),
                self.counted,
                self.longest
            );
        }
        self.end().await
    }

    /// Faults come and go.
    async fn disturb(&mut self, until: Instant) -> Result<(), String> {
        while Instant::now() < until {
            let (fault, lasts) = Fault::any(&mut self.dice, NAMES.len());
            self.begin(fault, Instant::now() + lasts).await;
            let pause = Duration::from_millis(self.dice.roll(1_500));
            tokio::time::sleep(pause).await;
            self.undo(Instant::now()).await?;
        }
        Ok(())
    }

    async fn begin(&mut self, fault: Fault, until: Instant) {
        let befalls = fault.befalls();
        let wanted = self.kinds.iter().any(|kind| kind == fault.kind());
        if !wanted || befalls.is_some_and(|node| self.faults.iter().any(|(_, other)| other.befalls() == Some(node))) {
            return;
        }
        match &fault {
            Fault::Kill(node) => {
                if let Some(process) = self.processes[*node].take() {
                    process.kill().await;
                }
            }
            Fault::Freeze(node) => drop(self.processes[*node].as_ref().map(Process::freeze)),
            Fault::Split(_) | Fault::OneWay(..) => {}
        }
        *self.counted.entry(fault.kind()).or_default() += 1;
        self.faults.push((until, fault));
        self.cut();
    }

    /// Undoes what is over by then.
    async fn undo(&mut self, by: Instant) -> Result<(), String> {
        let over: Vec<Fault> = self.faults.extract_if(.., |(until, _)| *until <= by).map(|(_, fault)| fault).collect();
        self.cut();
        for fault in over {
            match fault {
                Fault::Kill(node) => self.start_node(node).await?,
                Fault::Freeze(node) => drop(self.processes[node].as_ref().map(Process::thaw)),
                Fault::Split(_) | Fault::OneWay(..) => {}
            }
        }
        Ok(())
    }

    fn cut(&self) {
        for (&(from, to), link) in &self.links {
            link.cut(self.faults.iter().any(|(_, fault)| fault.cuts(from, to)));
        }
    }

    /// Everything is mended: soon nobody may wait for long.
    async fn rest(&mut self) -> Result<(), String> {
        if let Some(last) = self.faults.iter().map(|(until, _)| *until).max() {
            self.undo(last).await?;
        }
        tokio::time::sleep(REST).await;
        for (node, name) in NAMES.iter().enumerate() {
            let oldest = self.ask(node, "oldest").await?;
            let oldest: u64 = oldest.parse().map_err(|_| format!("no number: {oldest}"))?;
            self.longest = self.longest.max(oldest);
            if oldest > OLDEST {
                self.judge
                    .broken(format!("a transaction of {name} has lasted {oldest} ms, all is mended for {REST:?}"));
            }
        }
        Ok(())
    }

    async fn ask(&mut self, node: usize, command: &str) -> Result<String, String> {
        let process = self.processes[node].as_mut().ok_or("it is not there")?;
        process.ask(command).await.map_err(|why| format!("{}: {why}", NAMES[node]))
    }

    /// All clients end: everybody is served, and nothing is left.
    async fn end(&mut self) -> Result<(), String> {
        for node in 0..NAMES.len() {
            let answer = self.ask(node, "stop").await?;
            if answer != "stopped" {
                self.judge.broken(format!("not served in 30 s: {answer}"));
            }
        }
        tokio::time::sleep(Duration::from_millis(2 * NODE_TIMEOUT)).await;
        for (node, name) in NAMES.iter().enumerate() {
            let left = self.ask(node, "left").await?;
            if left != "0" {
                self.judge.broken(format!("{left} claims are left in the table of {name}"));
            }
            self.deadlocks += self.ask(node, "deadlocks").await?.parse::<u64>().unwrap_or(0);
        }
        Ok(())
    }

    fn report(&self) {
        let (raised, compared) = self.judge.totals();
        let done = self.judge.done();
        let number = |done_: Done| done.get(&done_).copied().unwrap_or(0);
        println!("\n| | |\n|---|---|");
        println!("| transactions that did their work | {} |", number(Done::Well));
        println!("| lost a lock to a fault | {} |", number(Done::Lost));
        println!("| not served, as nodes were down | {} |", number(Done::NotServed));
        println!("| gave way as a whole | {} |", number(Done::Aborted));
        println!("| given up by their callers | {} |", number(Done::GivenUp));
        println!("| updates under tokens | {raised} |");
        println!("| times of belief compared | {compared} |");
        println!("| deadlocks resolved by those who live at the end | {} |", self.deadlocks);
        for (kind, count) in &self.counted {
            println!("| {kind} | {count} |");
        }
        println!("| oldest transaction after a rest | {} ms |", self.longest);
    }
}
