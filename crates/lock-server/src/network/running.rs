//! A node of a cluster that runs, and how it ends.

use std::net::SocketAddr;
use std::sync::Arc;
use std::time::Duration;

use tokio::task::JoinHandle;

use super::dial::Dials;
use super::ending::Ending;
use super::lobby::{Connections, Lobby};
use crate::Member;

/// A node of a cluster that runs. When it is dropped, it stops: its peers take it for down.
#[derive(Debug)]
pub struct ClusterNode {
    pub(super) member: Arc<Member>,
    pub(super) address: SocketAddr,
    pub(super) server: JoinHandle<()>,
    pub(super) lobby: Arc<Lobby>,
    /// They dial for as long as they are kept.
    #[allow(dead_code)]
    pub(super) dialers: Vec<Dials>,
    pub(super) ending: Ending,
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

    /// How many connections others have to it.
    pub fn connections(&self) -> Connections {
        self.lobby.connections()
    }

    /// Ends in good order: all its transactions end, and its peers are told that it goes, so that they take it for gone at
    /// once. Gives whether all of them have heard it within that time.
    ///
    /// # Cancel safety
    /// Dropped, it ends nonetheless; peers that were not told yet see that the process is gone, or time.
    pub async fn leave(mut self, within: Duration) -> bool {
        self.member.end_all();
        let heard = tokio::time::timeout(within, self.ending.leave()).await.is_ok();
        self.server.abort();
        // Its address is free when this returns.
        let _ = (&mut self.server).await;
        heard
    }
}

impl Drop for ClusterNode {
    fn drop(&mut self) {
        self.ending.stop();
        self.server.abort();
    }
}
