//! How a node of a cluster is started.

use std::collections::BTreeMap;
use std::net::{SocketAddr, ToSocketAddrs};
use std::sync::Arc;
use std::time::Duration;

use lock_core::{NodeConfig, NodeId, Timing};
use thiserror::Error;
use tokio::net::TcpListener;
use tokio::task::JoinHandle;

use super::accept::{Acceptor, Peer};
use super::admin::Desk;
use super::dial::{Dials, Line, dial, endpoint};
use super::door::{Door, serve};
use super::ending::Ending;
use super::handshake::Papers;
use super::packet::Name;
use super::place::{Acquaintance, Place};
use super::secret::Secret;
use super::wire::{Ends, Queues};
use crate::cluster::number_of;
use crate::node::incarnation_of_now;
use crate::{Direction, Member};

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
    direction: Option<Direction>,
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
    ending: Ending,
}

impl ClusterBuilder {
    /// The shortest time, in milliseconds, after which a silent node may be taken for down.
    pub const SHORTEST_TIMEOUT: u64 = 30;
    /// The longest time, in milliseconds, that a node may be told to wait for another one: an hour.
    pub const LONGEST_TIMEOUT: u64 = 3_600_000;

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
            direction: None,
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

    /// Puts it under the direction of a test, see [`Direction`].
    pub fn directed(mut self, direction: Direction) -> Self {
        self.direction = Some(direction);
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
        let incarnation = self.direction.as_ref().map_or_else(incarnation_of_now, |direction| direction.incarnation);
        let mut config = NodeConfig::new(NodeId::new(&self.name), incarnation);
        config.cluster.clone_from(&self.cluster);
        config.peers = self.peers.keys().map(NodeId::new).collect();
        (config.timing, config.max_claims) = (self.timing, self.max_claims);
        let place = if self.direction.is_none() { Place::own() } else { None };
        let own = Name { node: config.node.clone(), incarnation: config.incarnation, place: place.clone() };
        let papers = Papers { cluster: self.cluster.clone(), own, secret: self.secret.clone() };
        if papers.secret.is_none() {
            tracing::warn!(node = %self.name, "no secret: whoever reaches {address} on this machine is believed");
        }
        let (queues, ends) = Queues::to(config.peers.iter().cloned());
        let wire = Arc::new(queues);
        let member = match self.direction.clone() {
            Some(direction) => Member::start_directed(config, wire, direction),
            None => Member::start(config, wire),
        };
        let known: BTreeMap<NodeId, Arc<Acquaintance>> =
            ends.keys().map(|peer| (peer.clone(), Acquaintance::of(place.clone()))).collect();
        let peer = |(peer, ends): (&NodeId, &Ends)| {
            let known = Peer { acquaintance: known[peer].clone(), streams: ends.streams.clone() };
            (peer.clone(), known)
        };
        let peers = ends.iter().map(peer).collect();
        let ending = Ending::default();
        let acceptor = Acceptor::new(member.clone(), papers.clone(), peers, ending.clone());
        let addresses = self.peers.iter().map(|(peer, address)| (NodeId::new(peer), address.clone())).collect();
        let desk = Desk::new(member.clone(), self.cluster.clone(), self.secret.clone(), addresses);
        let server = tokio::spawn(serve(listener, Door::to(acceptor), Door::to(desk)));
        let mut dialers = Vec::new();
        for (peer, ends) in ends {
            let endpoint = endpoint(&self.peers[peer.as_str()]).map_err(|why| StartError::Settings(vec![why]))?;
            let acquaintance = known[&peer].clone();
            let (member, papers, ending) = (member.clone(), papers.clone(), ending.clone());
            let line = Line { member, papers, peer, endpoint, ends, acquaintance, ending };
            dialers.push(dial(line).await.map_err(StartError::Actor)?);
        }
        Ok(ClusterNode { member, address, server, dialers, ending })
    }

    /// Everything that is wrong with the settings: each text begins with the setting, and says what is allowed.
    pub fn mistakes(&self) -> Vec<String> {
        let mut mistakes = self.wrong_names();
        let mut wrong = |mistake: String| mistakes.push(mistake);
        if let Err(why) = self.check_address(&self.listen, true) {
            wrong(format!("listen: {why}"));
        }
        for (peer, address) in &self.peers {
            if let Err(why) = self.check_address(address, false) {
                wrong(format!("peers.{peer}: {why}"));
            }
        }
        let Timing { node_timeout, recovery_timeout } = self.timing;
        if !(Self::SHORTEST_TIMEOUT..=Self::LONGEST_TIMEOUT).contains(&node_timeout) {
            let (least, most) = (Self::SHORTEST_TIMEOUT, Self::LONGEST_TIMEOUT);
            wrong(format!("node_timeout: it is {node_timeout} ms; {least} to {most} ms are allowed"));
        }
        if recovery_timeout > Self::LONGEST_TIMEOUT {
            let most = Self::LONGEST_TIMEOUT;
            wrong(format!("recovery_timeout: it is {recovery_timeout} ms; up to {most} ms are allowed"));
        }
        if self.max_claims == 0 {
            wrong(String::from("max_claims: it is 0; it must be 1 at least"));
        }
        mistakes
    }

    fn wrong_names(&self) -> Vec<String> {
        let mut mistakes = Vec::new();
        let own = ("name", &self.name);
        let names: Vec<(&str, &String)> =
            std::iter::once(own).chain(self.peers.keys().map(|peer| ("peers", peer))).collect();
        for (at, (setting, one)) in names.iter().enumerate() {
            if one.is_empty() || one.len() > 64 || one.chars().any(|char| char.is_whitespace() || ",=".contains(char)) {
                let allowed = "1 to 64 characters, none of them a space, a comma or an equals sign";
                mistakes.push(format!("{setting}: `{one}` is no name of a node; allowed are {allowed}"));
            }
            let twin = names[..at].iter().find(|(_, other)| other != one && same_number(other, one));
            if let Some((_, twin)) = twin {
                mistakes.push(format!(
                    "{setting}: `{twin}` and `{one}` would give transactions the same ids; call one of them otherwise"
                ));
            }
        }
        if self.peers.contains_key(&self.name) {
            mistakes.push(format!("peers: `{}` is named as a peer of itself", self.name));
        }
        mistakes
    }

    /// Whether an address may be listened at or dialed. With a secret, the name of a peer need not be known yet.
    fn check_address(&self, address: &str, is_own: bool) -> Result<(), String> {
        let is_one = address
            .rsplit_once(':')
            .is_some_and(|(host, port)| !host.is_empty() && port.parse::<u16>().is_ok_and(|port| is_own || port > 0));
        if !is_one {
            return Err(format!("`{address}` is no address; allowed is HOST:PORT, such as 127.0.0.1:7400"));
        }
        if !is_own && self.secret.is_some() {
            return Ok(());
        }
        match address.to_socket_addrs().map(Iterator::collect::<Vec<SocketAddr>>) {
            Err(error) => Err(format!("`{address}` leads nowhere: {error}")),
            Ok(found) if self.secret.is_none() && found.iter().any(|found| !found.ip().is_loopback()) => {
                Err(format!("`{address}` is not on loopback; without a secret nodes listen and dial there only"))
            }
            Ok(_) => Ok(()),
        }
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

    /// Ends in good order: all its transactions end, and its peers are told that it goes, so that they take it for gone at
    /// once. Gives whether all of them have heard it within that time.
    ///
    /// # Cancel safety
    /// Dropped, it ends nonetheless; peers that were not told yet see that the process is gone, or time.
    pub async fn leave(self, within: Duration) -> bool {
        self.member.end_all();
        tokio::time::timeout(within, self.ending.leave()).await.is_ok()
    }
}

impl Drop for ClusterNode {
    fn drop(&mut self) {
        self.ending.stop();
        self.server.abort();
    }
}
