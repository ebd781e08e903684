//! A process of the cluster, as the conductor has it in hand.

use std::path::Path;
use std::process::Stdio;
use std::time::Duration;

use rustix::process::{Pid, Signal, kill_process};
use tokio::io::{AsyncBufReadExt, AsyncWriteExt, BufReader, Lines};
use tokio::process::{Child, ChildStdin, ChildStdout, Command};

/// How long a process may take for an answer.
const PATIENCE: Duration = Duration::from_secs(45);

pub(crate) struct Process {
    child: Child,
    commands: ChildStdin,
    answers: Lines<BufReader<ChildStdout>>,
}

impl Process {
    /// Starts this program in another role.
    ///
    /// # Errors
    /// If it does not come to work.
    pub(crate) async fn start(arguments: &[String]) -> Result<Self, String> {
        let own = std::env::current_exe().map_err(|error| error.to_string())?;
        let mut command = Command::new(Path::new(&own));
        command.arg("node").args(arguments).stdin(Stdio::piped()).stdout(Stdio::piped()).kill_on_drop(true);
        let mut child = command.spawn().map_err(|error| error.to_string())?;
        let commands = child.stdin.take().ok_or("no way to command it")?;
        let answers = BufReader::new(child.stdout.take().ok_or("no way to hear it")?).lines();
        let mut process = Self { child, commands, answers };
        match process.hear().await?.as_str() {
            "ready" => Ok(process),
            other => Err(format!("it says `{other}` instead of `ready`")),
        }
    }

    /// # Errors
    /// If there is no answer.
    pub(crate) async fn ask(&mut self, command: &str) -> Result<String, String> {
        let told = self.commands.write_all(format!("{command}\n").as_bytes()).await;
        told.map_err(|error| format!("it does not listen: {error}"))?;
        self.hear().await
    }

    async fn hear(&mut self) -> Result<String, String> {
        let line = tokio::time::timeout(PATIENCE, self.answers.next_line()).await;
        let line = line.map_err(|_| format!("no answer in {PATIENCE:?}"))?;
        line.ok().flatten().ok_or_else(|| String::from("it has ended by itself"))
    }

    /// It is dead when this returns, without a chance to say a word.
    pub(crate) async fn kill(mut self) {
        let _ = self.child.kill().await;
    }

    pub(crate) fn freeze(&self) {
        self.signal(Signal::STOP);
    }

    pub(crate) fn thaw(&self) {
        self.signal(Signal::CONT);
    }

    fn signal(&self, signal: Signal) {
        let pid = self.child.id().and_then(|pid| i32::try_from(pid).ok()).and_then(Pid::from_raw);
        // Whoever is dead cannot be frozen.
        let _ = pid.map(|pid| kill_process(pid, signal));
    }
}
