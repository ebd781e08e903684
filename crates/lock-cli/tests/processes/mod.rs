//! Real processes for tests: nodes, programs that are nodes, and questions to them. Nothing outlives a test.

#![allow(dead_code)] // each test needs a part of it

use std::io::{BufRead, BufReader, Write};
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Output, Stdio};
use std::sync::mpsc::{Receiver, RecvTimeoutError, channel};
use std::time::{Duration, Instant};

use serde_json::Value;

/// What the program of the examples is told, if a test is to be that program.
pub(crate) const BY_HAND: &str = "BY_HAND";
/// How long anything may take that has to happen.
pub(crate) const LONG: Duration = Duration::from_secs(30);

/// A process that is killed at the end of the test at the latest.
pub(crate) struct Process {
    child: Child,
    lines: Receiver<String>,
    /// Everything that it has said so far.
    pub(crate) said: Vec<String>,
}

impl Process {
    pub(crate) fn start(command: &mut Command) -> Self {
        command.stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(Stdio::null());
        // Whoever runs the tests may have settings of his own.
        for (name, _) in std::env::vars_os().filter(|(name, _)| name.to_string_lossy().starts_with("GORDIAN_")) {
            command.env_remove(name);
        }
        let mut child = command.spawn().expect("it starts");
        let (sender, lines) = channel();
        let out = BufReader::new(child.stdout.take().expect("piped"));
        std::thread::spawn(move || out.lines().map_while(Result::ok).try_for_each(|line| sender.send(line)));
        Self { child, lines, said: Vec::new() }
    }

    /// Waits for a line with this text.
    pub(crate) fn line(&mut self, text: &str) -> String {
        loop {
            let line = self.lines.recv_timeout(LONG);
            let line = line.unwrap_or_else(|_| panic!("it did not say `{text}`, only {:#?}", self.said));
            self.said.push(line.clone());
            if line.contains(text) {
                return line;
            }
        }
    }

    /// Says a line to it.
    pub(crate) fn say(&mut self, line: &str) {
        let stdin = self.child.stdin.as_mut().expect("piped");
        writeln!(stdin, "{line}").expect("it listens");
    }

    pub(crate) fn signal(&self, signal: &str) {
        let sent = Command::new("kill").args([format!("-{signal}"), self.child.id().to_string()]).status();
        assert!(sent.expect("kill is there").success());
        if signal == "STOP" {
            self.until_it_stands_still();
        }
    }

    /// A signal takes a moment to arrive. Waits for every thread, where the system tells of them.
    fn until_it_stands_still(&self) {
        let (threads, end) = (format!("/proc/{}/task", self.child.id()), Instant::now() + LONG);
        // Behind its name, in brackets, comes the state.
        let is_stopped = |stat: &str| stat.rsplit_once(") ").is_some_and(|(_, state)| state.starts_with('T'));
        while let Ok(threads) = std::fs::read_dir(&threads) {
            let mut stats = threads.flatten().map(|thread| std::fs::read_to_string(thread.path().join("stat")));
            if stats.all(|stat| stat.is_ok_and(|stat| is_stopped(&stat))) {
                return;
            }
            assert!(Instant::now() < end, "it does not stand still");
        }
    }

    /// Waits until it has ended; gives its exit status, if it was not killed.
    pub(crate) fn ended(&mut self) -> Option<i32> {
        let end = Instant::now() + LONG;
        // With a process ends what it says.
        loop {
            match self.lines.recv_timeout(end.saturating_duration_since(Instant::now())) {
                Ok(line) => self.said.push(line),
                Err(RecvTimeoutError::Disconnected) => return self.child.wait().expect("it is ours").code(),
                Err(RecvTimeoutError::Timeout) => panic!("it does not end, and said {:#?}", self.said),
            }
        }
    }
}

impl Drop for Process {
    fn drop(&mut self) {
        // Fails if it has ended already.
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

/// Where the nodes `n1`, `n2`, … of one test listen.
pub(crate) struct Addresses(pub(crate) Vec<String>);

impl Addresses {
    /// Free ones.
    pub(crate) fn of(count: usize) -> Self {
        let listeners: Vec<_> =
            (0..count).map(|_| std::net::TcpListener::bind("127.0.0.1:0").expect("loopback is there")).collect();
        Self(listeners.iter().map(|listener| listener.local_addr().expect("it listens").to_string()).collect())
    }

    pub(crate) fn at(&self, node: usize) -> &str {
        &self.0[node - 1]
    }

    fn peers(&self, node: usize) -> Vec<String> {
        let others = (1..=self.0.len()).filter(|other| *other != node);
        others.map(|other| format!("n{other}={}", self.at(other))).collect()
    }

    /// Starts `gordian node`, and waits until it listens.
    pub(crate) fn start(&self, node: usize, more: &[&str]) -> Process {
        let mut command = gordian();
        command.args(["node", "--name", &format!("n{node}"), "--listen", self.at(node)]).args(more);
        command.args(self.peers(node).iter().flat_map(|peer| ["--peer", peer]));
        let mut process = Process::start(&mut command);
        process.line("listening at");
        process
    }

    /// Starts the program of the examples whose transactions are driven by hand.
    pub(crate) fn by_hand(&self, node: usize, node_timeout_ms: u64) -> Process {
        // This test once more, as the program that `by_hand_program` is then.
        let mut command = Command::new(std::env::current_exe().expect("it runs"));
        command.args(["--exact", "by_hand_program", "--nocapture"]).env("NODE_TIMEOUT_MS", node_timeout_ms.to_string());
        let words = [format!("n{node}"), self.at(node).to_owned()];
        command.env(BY_HAND, words.into_iter().chain(self.peers(node)).collect::<Vec<_>>().join(" "));
        let mut process = Process::start(&mut command);
        process.line("listening at");
        process
    }

    /// Waits until the nodes stand like this for one of them: `"up"`, `"down"`, …
    pub(crate) fn until_states(&self, asked: usize, states: &[&str]) -> Value {
        let stand_so =
            |nodes: &[Value]| nodes.iter().map(|node| node["state"].as_str()).eq(states.iter().copied().map(Some));
        let (seen, code) = self.until_nodes(asked, &format!("{states:?}"), stand_so);
        assert_eq!(code, Some(i32::from(states.iter().any(|state| *state != "up"))));
        seen
    }

    /// Waits until one of the nodes has had another one for down for so long.
    pub(crate) fn until_down_for(&self, asked: usize, other: usize, ms: u64) {
        let is_down = |nodes: &[Value]| {
            let node = &nodes[other - 1];
            node["state"] == "down" && node["for_ms"].as_u64().is_some_and(|for_ms| for_ms >= ms)
        };
        self.until_nodes(asked, &format!("n{other} is down for {ms} ms"), is_down);
    }

    /// Waits until something is true of the nodes as one of them sees them; gives what it tells, and the exit status with it.
    fn until_nodes(&self, asked: usize, what: &str, mut is: impl FnMut(&[Value]) -> bool) -> (Value, Option<i32>) {
        let end = Instant::now() + LONG;
        loop {
            let output = ask(&["nodes", "--json", "--timeout-ms", "300", "--node", self.at(asked)]);
            let seen: Value = serde_json::from_slice(&output.stdout).unwrap_or_default();
            if seen["nodes"].as_array().is_some_and(|nodes| is(nodes)) {
                return (seen, output.status.code());
            }
            assert!(Instant::now() < end, "not {what}, but {seen:#}");
        }
    }
}

fn gordian() -> Command {
    Command::new(env!("CARGO_BIN_EXE_gordian"))
}

/// What the command answers.
pub(crate) fn ask(arguments: &[&str]) -> Output {
    gordian().args(arguments).output().expect("it runs")
}

pub(crate) fn json(output: &Output) -> Value {
    let told = String::from_utf8_lossy(&output.stdout);
    serde_json::from_str(&told).unwrap_or_else(|error| panic!("{error}: {told} {}", stderr(output)))
}

pub(crate) fn stdout(output: &Output) -> String {
    String::from_utf8_lossy(&output.stdout).into_owned()
}

pub(crate) fn stderr(output: &Output) -> String {
    String::from_utf8_lossy(&output.stderr).into_owned()
}

/// A new folder of this test's own.
pub(crate) fn folder(test: &str) -> PathBuf {
    let folder = Path::new(env!("CARGO_TARGET_TMPDIR")).join(test);
    let _ = std::fs::remove_dir_all(&folder);
    std::fs::create_dir_all(&folder).expect("created");
    folder
}
