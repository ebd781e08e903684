//! A link that can be cut: what one node says to another goes through here. While it is cut nothing passes and nobody is
//! told, as when packets are dropped.

use std::net::SocketAddr;

use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::tcp::{OwnedReadHalf, OwnedWriteHalf};
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::watch;

/// One direction between two nodes.
pub(crate) struct Link {
    address: SocketAddr,
    cut: watch::Sender<bool>,
}

impl Link {
    /// Listens for one node, and passes on to where the other one listens.
    ///
    /// # Errors
    /// If loopback has no port.
    pub(crate) async fn to(target: SocketAddr) -> std::io::Result<Self> {
        let listener = TcpListener::bind("127.0.0.1:0").await?;
        let (address, (cut, is_cut)) = (listener.local_addr()?, watch::channel(false));
        tokio::spawn(async move {
            while let Ok((near, _)) = listener.accept().await {
                tokio::spawn(join(near, target, is_cut.clone()));
            }
        });
        Ok(Self { address, cut })
    }

    /// Where to dial.
    pub(crate) fn address(&self) -> SocketAddr {
        self.address
    }

    pub(crate) fn cut(&self, cut: bool) {
        self.cut.send_replace(cut);
    }
}

async fn join(near: TcpStream, target: SocketAddr, mut is_cut: watch::Receiver<bool>) {
    let _ = is_cut.wait_for(|cut| !cut).await;
    // Nobody listens there: the dialer is told by the end of this connection.
    let Ok(far) = TcpStream::connect(target).await else { return };
    let _ = (near.set_nodelay(true), far.set_nodelay(true));
    let ((near_in, near_out), (far_in, far_out)) = (near.into_split(), far.into_split());
    // When one direction ends, so does the other.
    tokio::select! {
        () = pass(near_in, far_out, is_cut.clone()) => {}
        () = pass(far_in, near_out, is_cut) => {}
    }
}

async fn pass(mut from: OwnedReadHalf, mut to: OwnedWriteHalf, mut is_cut: watch::Receiver<bool>) {
    let mut bytes = vec![0; 64 * 1024];
    while let Ok(count) = from.read(&mut bytes).await {
        let _ = is_cut.wait_for(|cut| !cut).await;
        if count == 0 || to.write_all(&bytes[..count]).await.is_err() {
            return;
        }
    }
}
