//! A process that is one node of a story: it does what it reads from its input, a line of JSON each, and answers on its output.

use std::collections::BTreeMap;
use std::io::{self, BufRead, Write};
use std::net::SocketAddr;
use std::path::PathBuf;
use std::sync::Arc;

use lock_agent::{ClusterBuilder, ClusterNode};
use lock_core::{Incarnation, NodeId, Object, Timing};
use lock_server::Direction;
use rustix::process::{Signal, set_parent_process_death_signal};
use serde::{Deserialize, Serialize};
use tokio::runtime::Builder;

use super::host::Host;
use super::time_file::TimeFile;

/// The first line that is read: which node to be.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub(super) struct Setup {
    pub(super) node: NodeId,
    /// The other nodes and where to dial them.
    pub(super) peers: BTreeMap<NodeId, SocketAddr>,
    pub(super) incarnation: Incarnation,
    pub(super) timing: Timing,
    pub(super) time: PathBuf,
    pub(super) objects: Vec<Object>,
}

/// The first line that is written: where it listens.
#[derive(Clone, Copy, Debug, Serialize, Deserialize)]
pub(super) struct Listening(pub(super) SocketAddr);

/// Is one node of a story until there is nothing more to read. For the command that the engine `cluster` starts, once for
/// each node.
///
/// # Errors
/// What was read is no line of a story, or the node does not start. All but an end of the input is the fault of whoever
/// started this by hand.
pub fn serve_node(mut input: impl BufRead, mut output: impl Write) -> io::Result<()> {
    // Also while it stands still it is not to outlive its story.
    set_parent_process_death_signal(Some(Signal::KILL))?;
    let mut line = String::new();
    input.read_line(&mut line)?;
    let setup: Setup = serde_json::from_str(&line)?;
    let runtime = Builder::new_multi_thread().worker_threads(1).enable_all().build()?;
    let _inside = runtime.enter();
    let (peers, objects) = (setup.peers.keys().cloned().collect(), setup.objects.clone());
    let node = runtime.block_on(start(setup))?;
    say(&mut output, &Listening(node.address()))?;
    let mut host = Host::of(node.member().clone(), peers, &objects);
    loop {
        line.clear();
        if input.read_line(&mut line)? == 0 {
            return Ok(());
        }
        say(&mut output, &host.answer(serde_json::from_str(&line)?))?;
    }
}

async fn start(setup: Setup) -> io::Result<ClusterNode> {
    let direction = Direction { director: Arc::new(TimeFile::open(&setup.time)?), incarnation: setup.incarnation };
    let mut builder = ClusterBuilder::new(setup.node.as_str()).listen("127.0.0.1:0").timing(setup.timing);
    for (peer, address) in &setup.peers {
        builder = builder.peer(peer.as_str(), address.to_string());
    }
    builder.directed(direction).start().await.map_err(io::Error::other)
}

fn say(output: &mut impl Write, what: &impl Serialize) -> io::Result<()> {
    serde_json::to_writer(&mut *output, what)?;
    output.write_all(b"\n")?;
    output.flush()
}
