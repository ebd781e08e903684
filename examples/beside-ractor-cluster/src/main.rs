//! A process that is a node of a ractor cluster and a node of Gordian: two listeners, two ports, nothing shared.
//!
//! Starts itself twice. Each process joins the other in both clusters; an actor of the ractor cluster asks the other process's
//! actor to count, and both count under a lock of Gordian, so that no count is lost.
//!
//! `cargo run` ends with 0 if both clusters work side by side.

use std::net::TcpListener;
use std::process::{Command, Stdio};
use std::time::Duration;

use gordian::{ClusterBuilder, Locks, Mode, claim};
use ractor::{Actor, ActorProcessingErr, ActorRef};
use ractor_cluster::{IncomingEncryptionMode, NodeServer, NodeServerMessage, RactorClusterMessage, client_connect};

type Trouble = Box<dyn std::error::Error + Send + Sync>;

const GROUP: &str = "counters";
const COOKIE: &str = "a cookie of the ractor cluster";
const PATIENCE: Duration = Duration::from_secs(20);
const TIMES: u64 = 50;

/// What goes from process to process by the ractor cluster.
#[derive(RactorClusterMessage)]
enum Counting {
    /// Counts one up, under the lock, and tells the token that it was done under.
    #[rpc]
    Count(ractor::RpcReplyPort<u64>),
}

/// Counts when it is asked, under a lock of Gordian.
struct Counter;

impl Actor for Counter {
    type Msg = Counting;
    type State = Locks;
    type Arguments = Locks;

    async fn pre_start(&self, myself: ActorRef<Counting>, locks: Locks) -> Result<Locks, ActorProcessingErr> {
        ractor::pg::join(GROUP.to_owned(), vec![myself.get_cell()]);
        Ok(locks)
    }

    async fn handle(
        &self,
        _: ActorRef<Counting>,
        Counting::Count(reply): Counting,
        locks: &mut Locks,
    ) -> Result<(), ActorProcessingErr> {
        // Not in the handler: whoever waits for a lock there keeps the actor from everything else.
        let locks = locks.clone();
        tokio::spawn(async move {
            let tx = locks.begin().await;
            if let Ok(guards) = tx.lock_many([claim("counter", Mode::Write).on(["n1"])]).await
                && let Some(token) = guards[0].token()
            {
                let _ = reply.send(token.0);
            }
        });
        Ok(())
    }
}

/// Where a process is in both clusters.
#[derive(Clone, Copy)]
struct Ports {
    gordian: u16,
    ractor: u16,
}

async fn live(name: &str, other: &str, own: Ports, others: Ports) -> Result<ActorRef<Counting>, Trouble> {
    // The ractor cluster, on its port.
    let server = NodeServer::new(
        own.ractor,
        COOKIE.to_owned(),
        name.to_owned(),
        "localhost".to_owned(),
        Some(IncomingEncryptionMode::Raw),
        None,
    );
    let (server, _) = Actor::spawn(None, server, ()).await?;
    if name == "n2" {
        connect(&server, others.ractor).await?;
    }
    // Gordian, on its own. Its nodes find each other by their addresses, and notice by heartbeats who is gone.
    let node = ClusterBuilder::new(name)
        .listen(format!("127.0.0.1:{}", own.gordian))
        .peer(other, format!("127.0.0.1:{}", others.gordian))
        .start()
        .await?;
    let mut presence = node.member().presence();
    tokio::time::timeout(PATIENCE, presence.wait_for(|peers| peers.values().all(|peer| peer.is_up))).await??;
    let (counter, _) = Actor::spawn(None, Counter, Locks::of(node.member())).await?;
    // Both go on until the process ends.
    std::mem::forget(node);
    Ok(counter)
}

/// The other process may not listen yet; a ractor cluster does not dial again by itself.
async fn connect(server: &ActorRef<NodeServerMessage>, port: u16) -> Result<(), Trouble> {
    let dialing = async {
        let mut tries = tokio::time::interval(Duration::from_millis(50));
        while client_connect(server, ("127.0.0.1", port)).await.is_err() {
            tries.tick().await;
        }
    };
    Ok(tokio::time::timeout(PATIENCE, dialing).await?)
}

/// The actor of the other process, as soon as the ractor cluster tells of it.
async fn remote() -> Result<ActorRef<Counting>, Trouble> {
    let looking = async {
        let mut looks = tokio::time::interval(Duration::from_millis(20));
        loop {
            looks.tick().await;
            let found = ractor::pg::get_members(&GROUP.to_owned()).into_iter().find(|actor| !actor.get_id().is_local());
            if let Some(found) = found {
                return ActorRef::from(found);
            }
        }
    };
    Ok(tokio::time::timeout(PATIENCE, looking).await?)
}

async fn first() -> Result<(), Trouble> {
    let ports = || Ok::<_, Trouble>(Ports { gordian: free_port()?, ractor: free_port()? });
    let (own, others) = (ports()?, ports()?);
    let numbers = [others.gordian, others.ractor, own.gordian, own.ractor].map(|port| port.to_string());
    let mut second = Command::new(std::env::current_exe()?).args(numbers).stdin(Stdio::piped()).spawn()?;
    let counted = async {
        let local = live("n1", "n2", own, others).await?;
        let remote = remote().await?;
        let mut tokens = Vec::new();
        for _ in 0..TIMES {
            for counter in [&local, &remote] {
                let answer = counter.call(Counting::Count, Some(PATIENCE)).await?;
                tokens.push(answer.success_or("no answer")?);
            }
        }
        Ok::<_, Trouble>(tokens)
    }
    .await;
    second.kill()?;
    second.wait()?;
    let tokens = counted?;
    if !tokens.is_sorted_by(|one, next| one < next) {
        return Err(format!("the tokens do not grow: {tokens:?}").into());
    }
    println!("{} counts by actors of two processes, each under a lock of Gordian with a larger token", tokens.len());
    Ok(())
}

async fn second(ports: &[u16]) -> Result<(), Trouble> {
    let &[gordian, ractor, other_gordian, other_ractor] = ports else { return Err("four ports, please".into()) };
    let own = Ports { gordian, ractor };
    let others = Ports { gordian: other_gordian, ractor: other_ractor };
    live("n2", "n1", own, others).await?;
    std::future::pending().await
}

fn free_port() -> Result<u16, Trouble> {
    Ok(TcpListener::bind("127.0.0.1:0")?.local_addr()?.port())
}

#[tokio::main]
async fn main() -> Result<(), Trouble> {
    let ports: Vec<u16> = std::env::args().skip(1).map(|port| port.parse()).collect::<Result<_, _>>()?;
    if ports.is_empty() { first().await } else { second(&ports).await }
}
