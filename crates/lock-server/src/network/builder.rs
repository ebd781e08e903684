//! How a node of a cluster is started.

use std::collections::BTreeMap;
use std::net::{SocketAddr, ToSocketAddrs};
use std::sync::Arc;

use lock_core::{NodeConfig, NodeId, Timing};
use thiserror::Error;
use tokio::net::TcpListener;
use tokio::task::JoinHandle;

use super::accept::{Acceptor, serve};
use super::dial::{Dials, Line, dial, endpoint};
use super::handshake::Papers;
use super::packet::Name;
use super::place::{Acquaintance, Place};
use super::secret::Secret;
use super::wire::Queues;
use crate::Member;
use crate::cluster::number_of;
use crate::node::incarnation_of_now;

/// What a node of a cluster is to be. Nothing is checked before [`ClusterBuilder::start`], which names all mistakes at once.
#[derive(Clone, Debug)]
#[must_use = "a node runs once it is started"]
pub struct ClusterBuilder {
    name: String,
    cluster: String,
    listen: String,
    peers: BTreeMap<String, String>,
    timing: Timing,
    secret: Option<Secret>,
    max_claims: usize,
}

/// Why a node was not started.
#[derive(Debug, Error)]
#[non_exhaustive]
pub enum StartError {
    /// The settings do not go together; each line names one mistake and what is allowed.
    #[error("{}", .0.join("\n"))]
    Settings(Vec<String>),
    /// The address cannot be listened at.
    #[error("cannot listen at {address}: {error}")]
    Listen {
        /// Where.
        address: String,
        /// Why not.
        error: std::io::Error,
    },
    /// An actor did not start.
    #[error("an actor did not start: {0}")]
    Actor(String),
}

/// A node of a cluster that runs. When it is dropped, it stops: its peers take it for down.
#[derive(Debug)]
pub struct ClusterNode {
    member: Arc<Member>,
    address: SocketAddr,
    server: JoinHandle<()>,
    /// They dial for as long as they are kept.
    #[allow(dead_code)]
    dialers: Vec<Dials>,
}

impl ClusterBuilder {
    /// A node with this name, which no other one of its cluster has.
    pub fn new(name: impl Into<String>) -> Self {
        Self {
            name: name.into(),
            cluster: String::from("gordian"),
            listen: String::from("127.0.0.1:7400"),
            peers: BTreeMap::new(),
            timing: Timing::default(),
            secret: None,
            max_claims: 100_000,
        }
    }

    /// The name of its cluster; `gordian`, if nothing is said.
    pub fn cluster(mut self, name: impl Into<String>) -> Self {
        self.cluster = name.into();
        self
    }

    /// Where it listens; `127.0.0.1:7400`, if nothing is said. Port 0 takes a free one.
    pub fn listen(mut self, address: impl Into<String>) -> Self {
        self.listen = address.into();
        self
    }

    /// Another node of the cluster, and where it listens.
    pub fn peer(mut self, name: impl Into<String>, address: impl Into<String>) -> Self {
        self.peers.insert(name.into(), address.into());
        self
    }

    /// The times that it keeps; the same on all nodes.
    pub fn timing(mut self, timing: Timing) -> Self {
        self.timing = timing;
        self
    }

    /// The secret that all nodes of the cluster share. Without it, only loopback addresses are allowed.
    pub fn secret(mut self, secret: Secret) -> Self {
        self.secret = Some(secret);
        self
    }

    /// How many claims a transaction may have; 100,000, if nothing is said.
    pub fn max_claims(mut self, limit: usize) -> Self {
        self.max_claims = limit;
        self
    }

    /// Starts it on the Tokio runtime of the caller. It listens when this returns; whether its peers are there is
    /// for [`Member::members`] to say.
    ///
    /// # Errors
    /// [`StartError`].
    pub async fn start(self) -> Result<ClusterNode, StartError> {
        let mistakes = self.mistakes();
        if !mistakes.is_empty() {
            return Err(StartError::Settings(mistakes));
        }
        let not_there = |error| StartError::Listen { address: self.listen.clone(), error };
        let listener = TcpListener::bind(&self.listen).await.map_err(not_there)?;
        let address = listener.local_addr().map_err(not_there)?;
        let mut config = NodeConfig::new(NodeId::new(&self.name), incarnation_of_now());
        config.cluster.clone_from(&self.cluster);
        config.peers = self.peers.keys().map(NodeId::new).collect();
        (config.timing, config.max_claims) = (self.timing, self.max_claims);
        let place = Place::own();
        let own = Name { node: config.node.clone(), incarnation: config.incarnation, place: place.clone() };
        let papers = Papers { cluster: self.cluster.clone(), own, secret: self.secret.clone() };
        if papers.secret.is_none() {
            tracing::warn!(node = %self.name, "no secret: whoever reaches {address} on this machine is believed");
        }
        let (queues, receivers) = Queues::to(config.peers.iter().cloned());
        let member = Member::start(config, Arc::new(queues));
        let known: BTreeMap<NodeId, Arc<Acquaintance>> =
            receivers.keys().map(|peer| (peer.clone(), Acquaintance::of(place.clone()))).collect();
        let acceptor = Acceptor::new(member.clone(), papers.clone(), known.clone());
        let server = tokio::spawn(serve(listener, acceptor));
        let mut dialers = Vec::new();
        for (peer, queue) in receivers {
            let endpoint = endpoint(&self.peers[peer.as_str()]).map_err(|why| StartError::Settings(vec![why]))?;
            let acquaintance = known[&peer].clone();
            let line = Line { member: member.clone(), papers: papers.clone(), peer, endpoint, queue, acquaintance };
            dialers.push(dial(line).await.map_err(StartError::Actor)?);
        }
        Ok(ClusterNode { member, address, server, dialers })
    }

    /// Everything that is wrong with the settings.
    fn mistakes(&self) -> Vec<String> {
        let mut mistakes = Vec::new();
        let mut wrong = |mistake: String| mistakes.push(mistake);
        for name in std::iter::once(&self.name).chain(self.peers.keys()) {
            if name.is_empty() || name.len() > 64 || name.chars().any(|char| char.is_whitespace() || char == ',') {
                wrong(format!("`{name}` is no name of a node: 1 to 64 characters, none of them a space or a comma"));
            }
        }
        if self.peers.contains_key(&self.name) {
            wrong(format!("`{}` is named as a peer of itself", self.name));
        }
        let names: Vec<&String> = std::iter::once(&self.name).chain(self.peers.keys()).collect();
        for (at, one) in names.iter().enumerate() {
            if let Some(other) = names[..at].iter().find(|other| other != &one && same_number(other, one)) {
                wrong(format!(
                    "`{other}` and `{one}` would give transactions the same ids: call one of them otherwise"
                ));
            }
        }
        for address in std::iter::once(&self.listen).chain(self.peers.values()) {
            match address.to_socket_addrs().map(Iterator::collect::<Vec<SocketAddr>>) {
                Err(error) => wrong(format!("`{address}` is no address, such as 127.0.0.1:7400: {error}")),
                Ok(found) if self.secret.is_none() && found.iter().any(|found| !found.ip().is_loopback()) => {
                    wrong(format!("`{address}` is not on loopback: without a secret nodes listen and dial there only"));
                }
                Ok(_) => {}
            }
        }
        if self.timing.node_timeout < 30 {
            wrong(format!("node_timeout is {} ms; it must be 30 ms at least", self.timing.node_timeout));
        }
        if self.max_claims == 0 {
            wrong(String::from("max_claims is 0; it must be 1 at least"));
        }
        mistakes
    }
}

fn same_number(one: &str, other: &str) -> bool {
    number_of(&NodeId::new(one)) == number_of(&NodeId::new(other))
}

impl ClusterNode {
    /// The node at work: what its locks are taken from.
    pub fn member(&self) -> &Arc<Member> {
        &self.member
    }

    /// Where it listens.
    pub fn address(&self) -> SocketAddr {
        self.address
    }
}

impl Drop for ClusterNode {
    fn drop(&mut self) {
        self.server.abort();
    }
}
