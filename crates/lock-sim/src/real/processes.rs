//! All nodes of a story in one process each, joined by sockets over loopback.

use std::collections::BTreeMap;
use std::io::{BufRead, BufReader, Write};
use std::net::SocketAddr;
use std::path::PathBuf;
use std::process::{Child, ChildStdin, ChildStdout, Command, Stdio};

use lock_core::{Incarnation, NodeId, Object, Timing};
use rustix::event::{PollFd, PollFlags, Timespec, poll};
use rustix::process::{Pid, Signal, WaitOptions, kill_process, waitpid};
use serde::Serialize;
use serde::de::DeserializeOwned;
use tokio::runtime::{Builder, Runtime};

use super::child::{Listening, Setup};
use super::cutting::CuttingLink;
use super::ground::{Ground, Time, Trouble};
use super::request::{Reply, Request};
use super::time_file::OwnTimeFile;

/// Names the `gordian` command, where a story is not told by it itself.
const PROGRAM: &str = "GORDIAN_PROGRAM";
/// A node that does not answer for so long will not.
const PATIENCE: Timespec = Timespec { tv_sec: 30, tv_nsec: 0 };

/// The command that is one node of a story: this program itself, if it is the `gordian` command, else the one that
/// `GORDIAN_PROGRAM` names.
///
/// # Errors
/// There is none.
pub(crate) fn program() -> Result<PathBuf, Trouble> {
    if let Some(named) = std::env::var_os(PROGRAM) {
        return Ok(PathBuf::from(named));
    }
    let own = std::env::current_exe().ok();
    own.filter(|own| own.file_stem().is_some_and(|stem| stem == "gordian")).ok_or_else(|| {
        Trouble(format!(
            "each node is a process of the command `gordian`; the variable {PROGRAM} is to say where that is"
        ))
    })
}

/// Nodes in processes.
pub(crate) struct Processes {
    running: BTreeMap<NodeId, Process>,
    /// By who dials and who is dialed.
    links: BTreeMap<(NodeId, NodeId), CuttingLink>,
    program: PathBuf,
    objects: Vec<Object>,
    timing: Timing,
    time: OwnTimeFile,
    /// Carries what goes over the links.
    _runtime: Runtime,
}

impl Processes {
    /// # Errors
    /// The system gives no sockets, file or thread.
    pub(crate) fn new(
        program: PathBuf,
        nodes: &[NodeId],
        objects: Vec<Object>,
        timing: Timing,
    ) -> Result<Self, Trouble> {
        let lacks = |error: std::io::Error| Trouble(format!("no room for a cluster: {error}"));
        let runtime = Builder::new_multi_thread().worker_threads(1).enable_all().build().map_err(lacks)?;
        let mut links = BTreeMap::new();
        for (from, to) in nodes.iter().flat_map(|from| nodes.iter().map(move |to| (from, to))) {
            if from != to {
                links.insert((from.clone(), to.clone()), runtime.block_on(CuttingLink::new()).map_err(lacks)?);
            }
        }
        let time = OwnTimeFile::create().map_err(lacks)?;
        Ok(Self { running: BTreeMap::new(), links, program, objects, timing, time, _runtime: runtime })
    }

    fn process(&mut self, node: &NodeId) -> Result<&mut Process, Trouble> {
        self.running.get_mut(node).ok_or_else(|| Trouble(format!("{node} does not run")))
    }

    fn setup(&self, node: &NodeId, incarnation: Incarnation) -> Setup {
        let dialed = self.links.iter().filter(|((from, _), _)| from == node);
        Setup {
            node: node.clone(),
            peers: dialed.map(|((_, to), link)| (to.clone(), link.address)).collect(),
            incarnation,
            timing: self.timing,
            time: self.time.path.clone(),
            objects: self.objects.clone(),
        }
    }

    fn lead_to(&self, node: &NodeId, address: Option<SocketAddr>) {
        let links = self.links.iter().filter(|((_, to), _)| to == node);
        links.for_each(|(_, link)| link.leads_to(address));
    }
}

impl Ground for Processes {
    fn set_time(&mut self, time: Time) -> Result<(), Trouble> {
        self.time.write(time).map_err(|error| Trouble(format!("the time cannot be told: {error}")))
    }

    fn start(&mut self, nodes: &[(NodeId, Incarnation)]) -> Result<(), Trouble> {
        for (node, incarnation) in nodes {
            let mut process = Process::start(&self.program, node)?;
            process.say(&self.setup(node, *incarnation))?;
            self.running.insert(node.clone(), process);
        }
        for (node, _) in nodes {
            let Listening(address) = self.process(node)?.hear()?;
            self.lead_to(node, Some(address));
        }
        Ok(())
    }

    fn post(&mut self, node: &NodeId, request: Request) -> Result<(), Trouble> {
        self.process(node)?.say(&request)
    }

    fn reply(&mut self, node: &NodeId) -> Result<Reply, Trouble> {
        self.process(node)?.hear()
    }

    fn kill(&mut self, node: &NodeId) -> Result<(), Trouble> {
        // Dropped, it is killed.
        self.running.remove(node);
        self.lead_to(node, None);
        Ok(())
    }

    fn stop(&mut self, node: &NodeId) -> Result<(), Trouble> {
        self.process(node)?.stop()
    }

    fn go_on(&mut self, node: &NodeId) -> Result<(), Trouble> {
        self.process(node)?.signal(Signal::CONT)
    }

    fn cut(&mut self, one: &NodeId, other: &NodeId) {
        for way in [(one.clone(), other.clone()), (other.clone(), one.clone())] {
            self.links.get(&way).into_iter().for_each(|link| link.cut(true));
        }
    }

    fn heal(&mut self) {
        self.links.values().for_each(|link| link.cut(false));
    }

    fn breaks_streams(&self) -> bool {
        true
    }
}

/// One process.
struct Process {
    node: NodeId,
    child: Child,
    pid: Pid,
    input: ChildStdin,
    output: BufReader<ChildStdout>,
}

impl Process {
    fn start(program: &PathBuf, node: &NodeId) -> Result<Self, Trouble> {
        let cannot = |error: String| Trouble(format!("{node} does not start: {}: {error}", program.display()));
        let mut child = Command::new(program)
            .arg("story-node")
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .spawn()
            .map_err(|error| cannot(error.to_string()))?;
        let (input, output) =
            child.stdin.take().zip(child.stdout.take()).ok_or_else(|| cannot("no pipes".to_owned()))?;
        let pid = Pid::from_child(&child);
        Ok(Self { node: node.clone(), child, pid, input, output: BufReader::new(output) })
    }

    fn say(&mut self, what: &impl Serialize) -> Result<(), Trouble> {
        let mut line = serde_json::to_vec(what).map_err(|error| self.trouble(&error))?;
        line.push(b'\n');
        self.input.write_all(&line).map_err(|error| self.trouble(&error))
    }

    fn hear<T: DeserializeOwned>(&mut self) -> Result<T, Trouble> {
        if self.output.buffer().is_empty() {
            let ready = poll(&mut [PollFd::new(self.output.get_ref(), PollFlags::IN)], Some(&PATIENCE));
            if ready.map_err(|error| self.trouble(&error))? == 0 {
                return Err(self.trouble(&format!("no answer within {} s", PATIENCE.tv_sec)));
            }
        }
        let mut line = String::new();
        match self.output.read_line(&mut line) {
            Ok(0) => Err(self.trouble(&"its process has ended unasked")),
            Ok(_) => serde_json::from_str(&line).map_err(|error| self.trouble(&error)),
            Err(error) => Err(self.trouble(&error)),
        }
    }

    fn signal(&self, signal: Signal) -> Result<(), Trouble> {
        kill_process(self.pid, signal).map_err(|error| self.trouble(&error))
    }

    /// Comes back when it stands still.
    fn stop(&self) -> Result<(), Trouble> {
        self.signal(Signal::STOP)?;
        waitpid(Some(self.pid), WaitOptions::UNTRACED).map(drop).map_err(|error| self.trouble(&error))
    }

    fn trouble(&self, why: &dyn std::fmt::Display) -> Trouble {
        Trouble(format!("the node {}: {why}", self.node))
    }
}

impl Drop for Process {
    fn drop(&mut self) {
        // Also a process that stands still. One that has ended already is only buried.
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}
