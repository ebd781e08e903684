//! How a node of a cluster is started.

use std::collections::BTreeMap;
use std::sync::Arc;
use std::time::Duration;

use lock_core::{NodeConfig, NodeId, Timing};
use thiserror::Error;
use tokio::net::TcpListener;
use tokio::task::JoinHandle;
use tonic::transport::Endpoint;

use super::accept::{Acceptor, Peer};
use super::admin::Desk;
use super::credentials::Credentials;
use super::dial::{Line, dial, endpoint};
use super::door::{Door, Entrance, serve};
use super::ending::Ending;
use super::handshake::Papers;
use super::lobby::Lobby;
use super::packet::Name;
use super::place::{Acquaintance, Place};
use super::running::ClusterNode;
use super::secret::Secret;
use super::tls::Tls;
use super::wire::{Ends, Queues};
use crate::node::incarnation_of_now;
use crate::{Direction, Member};

/// What a node of a cluster is to be. Nothing is checked before [`ClusterBuilder::start`], which names all mistakes at once.
#[derive(Clone, Debug)]
#[must_use = "a node runs once it is started"]
pub struct ClusterBuilder {
    pub(super) name: String,
    cluster: String,
    pub(super) listen: String,
    pub(super) peers: BTreeMap<String, String>,
    pub(super) timing: Timing,
    pub(super) credentials: Credentials,
    pub(super) max_claims: usize,
    pub(super) handshake_timeout: Duration,
    pub(super) direction: Option<Direction>,
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
            credentials: Credentials::default(),
            max_claims: 100_000,
            handshake_timeout: Duration::from_secs(5),
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

    /// The secret that all nodes of the cluster share. Without it, and without [`ClusterBuilder::tls`], only loopback
    /// addresses are allowed.
    pub fn secret(mut self, secret: Secret) -> Self {
        self.credentials.secret = Some(secret);
        self
    }

    /// Certificates: all that is said is encrypted, and each node is who its certificate says. With a secret besides, both
    /// are demanded.
    pub fn tls(mut self, tls: Tls) -> Self {
        self.credentials.tls = Some(tls);
        self
    }

    /// A secret, certificates, both or neither, instead of what was said of them before.
    pub fn credentials(mut self, credentials: Credentials) -> Self {
        self.credentials = credentials;
        self
    }

    /// How many claims a transaction may have; 100,000, if nothing is said.
    pub fn max_claims(mut self, limit: usize) -> Self {
        self.max_claims = limit;
        self
    }

    /// How long somebody who connects may take to prove who he is, and then to ask; 5 seconds, if nothing is said.
    pub fn handshake_timeout(mut self, limit: Duration) -> Self {
        self.handshake_timeout = limit;
        self
    }

    /// Puts it under the direction of a test, see [`Direction`].
    pub fn directed(mut self, direction: Direction) -> Self {
        self.direction = Some(direction);
        self
    }

    /// Starts it on the Tokio runtime of the caller. It listens when this returns; whether its peers are there is
    /// for [`Member::presence`] to say.
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
        if self.credentials.are_none() {
            tracing::warn!(
                node = %self.name,
                "neither a secret nor certificates: every process on this machine may join the cluster at {address}, and ask \
                 this node anything"
            );
        }
        let config = self.node_config();
        let place = if self.direction.is_none() { Place::own() } else { None };
        let own = Name { node: config.node.clone(), incarnation: config.incarnation, place: place.clone() };
        let papers = Papers { cluster: self.cluster.clone(), own, secret: self.credentials.secret.clone() };
        let (queues, ends) = Queues::to(config.peers.iter().cloned());
        let wire = Arc::new(queues);
        let member = match self.direction.clone() {
            Some(direction) => Member::start_directed(config, wire, direction),
            None => Member::start(config, wire),
        };
        let known: BTreeMap<NodeId, Arc<Acquaintance>> =
            ends.keys().map(|peer| (peer.clone(), Acquaintance::of(place.clone()))).collect();
        let ending = Ending::default();
        let server = self.server(listener, &member, &papers, (&known, &ends), &ending)?;
        let mut dialers = Vec::new();
        for (peer, ends) in ends {
            let endpoint = self.endpoint(&peer).map_err(|why| StartError::Settings(vec![why]))?;
            let acquaintance = known[&peer].clone();
            let (member, papers, ending) = (member.clone(), papers.clone(), ending.clone());
            let patience = self.handshake_timeout;
            let line = Line { member, papers, peer, endpoint, ends, acquaintance, ending, patience };
            dialers.push(dial(line).await.map_err(StartError::Actor)?);
        }
        let (server, lobby) = server;
        Ok(ClusterNode { member, address, server, lobby, dialers, ending })
    }

    fn node_config(&self) -> NodeConfig {
        let incarnation = self.direction.as_ref().map_or_else(incarnation_of_now, |direction| direction.incarnation);
        let mut config = NodeConfig::new(NodeId::new(&self.name), incarnation);
        config.cluster.clone_from(&self.cluster);
        config.peers = self.peers.keys().map(NodeId::new).collect();
        (config.timing, config.max_claims) = (self.timing, self.max_claims);
        config
    }

    /// Listens: to peers, and to whoever asks something.
    fn server(
        &self,
        listener: TcpListener,
        member: &Arc<Member>,
        papers: &Papers,
        (known, ends): (&BTreeMap<NodeId, Arc<Acquaintance>>, &BTreeMap<NodeId, Ends>),
        ending: &Ending,
    ) -> Result<(JoinHandle<()>, Arc<Lobby>), StartError> {
        let peer =
            |(peer, ends): (&NodeId, &Ends)| (peer.clone(), Peer::new(known[peer].clone(), ends.streams.clone()));
        let peers = ends.iter().map(peer).collect();
        let acceptor = Acceptor::new(member.clone(), papers.clone(), peers, ending.clone(), self.handshake_timeout);
        let addresses = self.peers.iter().map(|(peer, address)| (NodeId::new(peer), address.clone())).collect();
        let desk = Desk::new(member.clone(), self.cluster.clone(), self.credentials.secret.clone(), addresses);
        let lobby = Arc::new(Lobby::new(self.handshake_timeout, ending.clone()));
        let tls = self.credentials.tls.as_ref().map(|tls| tls.server(self.handshake_timeout));
        let entrance = Entrance { listener, lobby: lobby.clone(), tls, silence: self.silence() };
        let serving = serve(entrance, Door::to(acceptor), Door::to(desk));
        Ok((tokio::spawn(serving.map_err(|why| StartError::Settings(vec![why]))?), lobby))
    }

    fn endpoint(&self, peer: &NodeId) -> Result<Endpoint, String> {
        let tls = self.credentials.tls.as_ref().map(|tls| tls.client(peer.as_str()));
        let endpoint = endpoint(&self.peers[peer.as_str()], tls)?;
        let silence = self.silence();
        // A connection that is dead without anybody having said so is given up, and dialed anew.
        Ok(endpoint.http2_keep_alive_interval(silence).keep_alive_timeout(silence).keep_alive_while_idle(true))
    }

    /// How long a connection may be silent. Heartbeats keep it busy; a slow machine is given some time.
    fn silence(&self) -> Duration {
        Duration::from_millis(self.timing.node_timeout).max(Duration::from_secs(5))
    }
}
