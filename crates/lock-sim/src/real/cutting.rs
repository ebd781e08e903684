//! The link from one node to another, through a place where it can be cut.
//!
//! A cut link is silent: what is sent stays where it is, and nobody is told, as behind a firewall that drops. When it is whole
//! again, connections from before are closed and what stayed in them is lost; those made meanwhile begin then.

use std::io;
use std::net::SocketAddr;

use tokio::io::copy_bidirectional;
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::watch;

/// How a link is at a moment.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
struct Line {
    is_cut: bool,
    /// How often it was cut: also a cut that is over before anybody looks has been.
    cuts: u64,
    /// Where the node listens, if it runs.
    to: Option<SocketAddr>,
}

/// A link in one direction. It is gone when it is dropped.
#[derive(Debug)]
pub(super) struct CuttingLink {
    /// Where the one node dials the other.
    pub(super) address: SocketAddr,
    line: watch::Sender<Line>,
}

impl CuttingLink {
    /// A whole link to a node that does not run yet. Runs on the Tokio runtime of the caller.
    pub(super) async fn new() -> io::Result<Self> {
        let listener = TcpListener::bind("127.0.0.1:0").await?;
        let address = listener.local_addr()?;
        let (line, changes) = watch::channel(Line::default());
        tokio::spawn(listen(listener, changes));
        Ok(Self { address, line })
    }

    /// The node listens there now, or nowhere.
    pub(super) fn leads_to(&self, to: Option<SocketAddr>) {
        self.line.send_modify(|line| line.to = to);
    }

    pub(super) fn cut(&self, is_cut: bool) {
        self.line.send_modify(|line| {
            line.cuts += u64::from(is_cut && !line.is_cut);
            line.is_cut = is_cut;
        });
    }
}

async fn listen(listener: TcpListener, mut line: watch::Receiver<Line>) {
    loop {
        tokio::select! {
            accepted = listener.accept() => {
                if let Ok((stream, _)) = accepted {
                    tokio::spawn(carry(stream, line.clone()));
                }
            }
            changed = line.changed() => {
                if changed.is_err() {
                    return;
                }
            }
        }
    }
}

/// Carries one connection for as long as the link is whole. Any error ends it.
async fn carry(mut from: TcpStream, mut line: watch::Receiver<Line>) -> io::Result<()> {
    let gone = |_| io::Error::other("the story is over");
    let is_whole = |line: &Line| !line.is_cut && line.to.is_some();
    let whole = *line.wait_for(is_whole).await.map_err(gone)?;
    let Some(to) = whole.to else { return Ok(()) };
    let mut to = TcpStream::connect(to).await?;
    from.set_nodelay(true)?;
    to.set_nodelay(true)?;
    tokio::select! {
        carried = copy_bidirectional(&mut from, &mut to) => return carried.map(drop),
        changed = line.wait_for(|line| *line != whole) => drop(changed.map_err(gone)?),
    }
    line.wait_for(|line| !line.is_cut).await.map_err(gone)?;
    Ok(())
}
