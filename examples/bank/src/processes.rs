//! The processes of a trial: one vault and three servers. All end when this is dropped.

use std::net::SocketAddr;
use std::path::PathBuf;
use std::time::Duration;

use rustix::process::{Pid, Signal, kill_process};
use tokio::process::{Child, Command};

use crate::Trouble;
use crate::http::Client;
use crate::server::Standing;
use crate::vault::Total;

/// How long a process may take to start.
const PATIENCE: Duration = Duration::from_secs(20);

pub(crate) struct Processes {
    program: PathBuf,
    vault: Child,
    vault_at: SocketAddr,
    servers: Vec<Server>,
}

struct Server {
    process: Child,
    /// What it is called with, so that it can be started anew.
    arguments: Vec<String>,
    http: SocketAddr,
}

/// What all of them are to be like.
pub(crate) struct Plan {
    pub(crate) servers: usize,
    pub(crate) accounts: usize,
    pub(crate) balance: i64,
    pub(crate) node_timeout_ms: u64,
    pub(crate) careless: bool,
}

impl Processes {
    /// Starts all, and waits until they hear each other.
    pub(crate) async fn start(plan: &Plan) -> Result<Self, Trouble> {
        let program = std::env::current_exe()?;
        let vault_at = free_address()?;
        let vault = ["vault", "--listen", &vault_at.to_string()].map(str::to_owned).into_iter();
        let vault = vault.chain([format!("--accounts={}", plan.accounts), format!("--balance={}", plan.balance)]);
        let vault = spawn(&program, &vault.collect::<Vec<_>>())?;
        let nodes = (0..plan.servers).map(|_| free_address()).collect::<Result<Vec<_>, _>>()?;
        let mut servers = Vec::new();
        for at in 0..plan.servers {
            let http = free_address()?;
            let arguments = arguments(plan, &nodes, at, http, vault_at);
            servers.push(Server { process: spawn(&program, &arguments)?, arguments, http });
        }
        let processes = Self { program, vault, vault_at, servers };
        until("the vault serves", async || processes.total().await.is_ok()).await?;
        processes.all_in_touch().await?;
        Ok(processes)
    }

    pub(crate) async fn all_in_touch(&self) -> Result<(), Trouble> {
        for at in 0..self.servers.len() {
            let in_touch = async || self.standing(at).await.is_some_and(|standing| standing.hears_all);
            until("all servers hear each other", in_touch).await?;
        }
        Ok(())
    }

    pub(crate) fn clients(&self) -> Vec<Client> {
        self.servers.iter().map(|server| Client::to(server.http.to_string())).collect()
    }

    /// How a server stands; nothing, if it does not say so.
    pub(crate) async fn standing(&self, at: usize) -> Option<Standing> {
        let client = Client::to(self.servers[at].http.to_string());
        tokio::time::timeout(Duration::from_millis(500), client.get("/standing")).await.ok()?.ok()
    }

    pub(crate) async fn total(&self) -> Result<Total, Trouble> {
        Ok(Client::to(self.vault_at.to_string()).get("/total").await?)
    }

    /// SIGKILL: it has no time for anything.
    pub(crate) async fn kill(&mut self, at: usize) -> Result<(), Trouble> {
        Ok(self.servers[at].process.kill().await?)
    }

    /// Starts one anew that was killed.
    pub(crate) fn restart(&mut self, at: usize) -> Result<(), Trouble> {
        let server = &mut self.servers[at];
        server.process = spawn(&self.program, &server.arguments)?;
        Ok(())
    }

    /// SIGSTOP: it stands still, and does not know it.
    pub(crate) fn freeze(&self, at: usize) -> Result<(), Trouble> {
        self.signal(at, Signal::STOP)
    }

    /// SIGCONT: it goes on with whatever it was doing.
    pub(crate) fn thaw(&self, at: usize) -> Result<(), Trouble> {
        self.signal(at, Signal::CONT)
    }

    fn signal(&self, at: usize, signal: Signal) -> Result<(), Trouble> {
        let id = self.servers[at].process.id().ok_or("it has ended")?;
        let pid = Pid::from_raw(i32::try_from(id)?).ok_or("it has no number")?;
        Ok(kill_process(pid, signal)?)
    }

    /// Whether one has ended that should not have.
    ///
    /// # Errors
    /// If the system does not tell.
    pub(crate) fn ended(&mut self) -> Result<bool, Trouble> {
        let vault = self.vault.try_wait()?.is_some();
        let servers = self.servers.iter_mut().map(|server| server.process.try_wait());
        let servers = servers.collect::<Result<Vec<_>, _>>()?;
        Ok(vault || servers.iter().any(Option::is_some))
    }
}

fn arguments(plan: &Plan, nodes: &[SocketAddr], at: usize, http: SocketAddr, vault: SocketAddr) -> Vec<String> {
    let name = |at: usize| format!("n{}", at + 1);
    let mut arguments = vec![
        String::from("serve"),
        format!("--name={}", name(at)),
        format!("--listen={}", nodes[at]),
        format!("--http={http}"),
        format!("--vault={vault}"),
        format!("--node-timeout={}", plan.node_timeout_ms),
    ];
    let others = (0..nodes.len()).filter(|other| *other != at);
    arguments.extend(others.map(|other| format!("--peer={}={}", name(other), nodes[other])));
    arguments.extend(plan.careless.then(|| String::from("--careless")));
    arguments
}

fn spawn(program: &PathBuf, arguments: &[String]) -> Result<Child, Trouble> {
    Ok(Command::new(program).args(arguments).kill_on_drop(true).spawn()?)
}

/// One that nobody listens at now.
fn free_address() -> Result<SocketAddr, Trouble> {
    Ok(std::net::TcpListener::bind("127.0.0.1:0")?.local_addr()?)
}

/// Looks again and again.
async fn until(what: &str, mut is_so: impl AsyncFnMut() -> bool) -> Result<(), Trouble> {
    let looking = async {
        let mut looks = tokio::time::interval(Duration::from_millis(20));
        while !is_so().await {
            looks.tick().await;
        }
    };
    tokio::time::timeout(PATIENCE, looking).await.map_err(|_| format!("waited {PATIENCE:?} in vain: {what}").into())
}
