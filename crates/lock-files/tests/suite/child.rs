//! Another process, that does what it is told.

use std::collections::HashMap;
use std::io::{BufRead, BufReader, Lines, Write};
use std::path::Path;
use std::process::{Child as Process, ChildStdin, ChildStdout, Command, Stdio};
use std::time::Duration;

use lock_files::{DirLocks, Guard, LockError, Mode};

const FOLDER: &str = "LOCK_FILES_TEST_FOLDER";
/// Before what it answers, as the test program says things of its own.
const ANSWER: &str = "> ";

/// A process that has opened the locks of a folder. It is killed when this is dropped.
pub(crate) struct Child {
    process: Process,
    orders: ChildStdin,
    answers: Lines<BufReader<ChildStdout>>,
}

impl Child {
    pub(crate) fn of(folder: &Path) -> Self {
        let mut command = Command::new(std::env::current_exe().unwrap());
        Self::run(command.args(["--exact", "child::obeys", "--nocapture", "--test-threads=1"]).env(FOLDER, folder))
    }

    /// A process of any program that answers as this one does.
    pub(crate) fn run(command: &mut Command) -> Self {
        let mut process = command.stdin(Stdio::piped()).stdout(Stdio::piped()).spawn().unwrap();
        let orders = process.stdin.take().unwrap();
        let answers = BufReader::new(process.stdout.take().unwrap()).lines();
        let mut child = Self { process, orders, answers };
        assert_eq!(child.answer(), "ready");
        child
    }

    pub(crate) fn pid(&self) -> i32 {
        i32::try_from(self.process.id()).unwrap()
    }

    /// Says what is to be done, and does not wait for the answer.
    pub(crate) fn order(&mut self, order: &str) {
        writeln!(self.orders, "{order}").unwrap();
    }

    pub(crate) fn answer(&mut self) -> String {
        loop {
            let line = self.answers.next().expect("it lives").unwrap();
            // The test program may have begun a line.
            if let Some((_, answer)) = line.split_once(ANSWER) {
                return answer.to_owned();
            }
        }
    }

    pub(crate) fn ask(&mut self, order: &str) -> String {
        self.order(order);
        self.answer()
    }

    /// SIGKILL, and waits until it is over.
    pub(crate) fn kill(&mut self) {
        self.process.kill().unwrap();
        self.process.wait().unwrap();
    }
}

impl Drop for Child {
    fn drop(&mut self) {
        let _ = self.process.kill();
        let _ = self.process.wait();
    }
}

/// What the other process is. Run as a test it does nothing.
#[test]
fn obeys() {
    let Ok(folder) = std::env::var(FOLDER) else { return };
    let locks = DirLocks::open(folder).unwrap();
    let mut hands = Hands { locks, guards: HashMap::new(), started: Vec::new() };
    say("ready");
    for order in std::io::stdin().lines() {
        say(&hands.obey(&order.unwrap()));
    }
}

fn say(text: &str) {
    let mut out = std::io::stdout().lock();
    writeln!(out, "{ANSWER}{text}").unwrap();
    out.flush().unwrap();
}

struct Hands {
    locks: DirLocks,
    guards: HashMap<String, Guard>,
    started: Vec<Process>,
}

impl Hands {
    fn obey(&mut self, order: &str) -> String {
        let words: Vec<_> = order.split(' ').collect();
        match words[..] {
            ["lock", id, mode] => self.keep(id, self.locks.ask(id, named(mode)).user("child").lock()),
            ["lock", id, mode, ms] => {
                let limit = Duration::from_millis(ms.parse().unwrap());
                self.keep(id, self.locks.lock_timeout(id, named(mode), limit))
            }
            ["release", id] => format!("released {}", self.guards.remove(id).is_some()),
            ["share", id] => format!("shared {}", self.guards[id].share_with_children().is_ok()),
            ["start"] => {
                let child = Command::new("sleep")
                    .arg("1000")
                    .stdin(Stdio::null())
                    .stdout(Stdio::null())
                    .stderr(Stdio::null())
                    .spawn()
                    .unwrap();
                let pid = child.id();
                self.started.push(child);
                pid.to_string()
            }
            ["compete", arena, ms] => {
                let time = Duration::from_millis(ms.parse().unwrap());
                crate::arena::compete(&self.locks, "scan1", Path::new(arena), time).to_string()
            }
            ["cycle", id] => loop {
                drop(self.locks.lock(id, Mode::Write).unwrap());
            },
            _ => panic!("what is `{order}`?"),
        }
    }

    fn keep(&mut self, id: &str, outcome: Result<Guard, LockError>) -> String {
        match outcome {
            Ok(guard) => {
                self.guards.insert(id.to_owned(), guard);
                "held".to_owned()
            }
            Err(LockError::Busy { .. }) => "busy".to_owned(),
            Err(LockError::TimedOut { .. }) => "timed out".to_owned(),
            Err(error) => error.to_string(),
        }
    }
}

fn named(mode: &str) -> Mode {
    if mode == "write" { Mode::Write } else { Mode::Read }
}
