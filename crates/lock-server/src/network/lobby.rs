//! Where connections stay until somebody on them has proved who he is: few, for a short time, and with little to say.
//!
//! Who comes when it is full sends away whoever has been there longest. So a crowd of strangers that say nothing does not keep
//! a peer out, which needs a few milliseconds to make itself known.

use std::collections::VecDeque;
use std::io;
use std::pin::Pin;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Weak};
use std::task::{Context, Poll, Waker};
use std::time::Duration;

use parking_lot::Mutex;
use tokio::io::{AsyncRead, AsyncWrite, ReadBuf};
use tokio::net::TcpStream;
use tokio::sync::watch;
use tonic::transport::server::Connected;

use super::ending::Ending;

/// How many connections of strangers there may be at a time.
pub(super) const STRANGERS: usize = 64;
/// How many bytes a stranger may say: certificates, a knock, a question.
const MOST_BYTES: usize = 256 * 1024;

/// How many connections a node has.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Connections {
    /// Peers talk over these.
    pub known: usize,
    /// On these nobody has proved yet who he is, or somebody asks something. Up to 64, each for a short time.
    pub strangers: usize,
}

/// How a connection stands.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Standing {
    Stranger,
    /// So many streams of it are known.
    Known(usize),
    /// It is to be closed, or was.
    Out,
}

/// What a connection may do.
#[derive(Debug)]
pub(super) struct Pass {
    standing: watch::Sender<Standing>,
    /// Whoever reads and writes, to be told that the connection is to be closed.
    waker: Mutex<Option<Waker>>,
    is_closed: AtomicBool,
}

/// A stream whose other end is known, as long as it lives.
pub(super) struct Known(Arc<Pass>);

/// All connections of a node.
#[derive(Debug)]
pub(super) struct Lobby {
    patience: Duration,
    ending: Ending,
    /// In the order in which they came.
    passes: Mutex<VecDeque<Weak<Pass>>>,
}

/// A connection that is closed when its time is over.
pub(super) struct Guest {
    stream: TcpStream,
    pass: Arc<Pass>,
    read: usize,
}

impl Pass {
    /// From now on somebody on this connection is known: it may stay, and say as much as it likes.
    pub(super) fn know(self: &Arc<Self>) -> Known {
        self.standing.send_modify(|standing| match standing {
            Standing::Stranger => *standing = Standing::Known(1),
            Standing::Known(streams) => *streams += 1,
            Standing::Out => {}
        });
        Known(self.clone())
    }

    fn is_stranger(&self) -> bool {
        *self.standing.borrow() == Standing::Stranger
    }

    fn is_known(&self) -> bool {
        matches!(*self.standing.borrow(), Standing::Known(_))
    }

    fn show_out(&self) {
        self.standing.send_replace(Standing::Out);
    }

    fn close(&self) {
        self.is_closed.store(true, Ordering::SeqCst);
        if let Some(waker) = self.waker.lock().take() {
            waker.wake();
        }
    }

    /// Whether the connection may still be used; if so, whoever uses it is woken when it may not any more.
    fn poll_open(&self, context: &Context<'_>) -> io::Result<()> {
        let mut waker = self.waker.lock();
        if !waker.as_ref().is_some_and(|waker| waker.will_wake(context.waker())) {
            *waker = Some(context.waker().clone());
        }
        if self.is_closed.load(Ordering::SeqCst) { Err(io::ErrorKind::ConnectionAborted.into()) } else { Ok(()) }
    }
}

impl Drop for Known {
    fn drop(&mut self) {
        self.0.standing.send_modify(|standing| match standing {
            Standing::Known(1) => *standing = Standing::Stranger,
            Standing::Known(streams) => *streams -= 1,
            Standing::Stranger | Standing::Out => {}
        });
    }
}

impl Lobby {
    /// A lobby where strangers may stay for so long, until the node ends.
    pub(super) fn new(patience: Duration, ending: Ending) -> Self {
        Self { patience, ending, passes: Mutex::default() }
    }

    /// Takes a connection in.
    pub(super) fn enter(&self, stream: TcpStream) -> Guest {
        let pass = Arc::new(Pass {
            standing: watch::Sender::new(Standing::Stranger),
            waker: Mutex::new(None),
            is_closed: AtomicBool::new(false),
        });
        let mut passes = self.passes.lock();
        passes.retain(|pass| pass.strong_count() > 0);
        let strangers: Vec<Arc<Pass>> =
            passes.iter().filter_map(Weak::upgrade).filter(|pass| pass.is_stranger()).collect();
        if let (true, Some(longest)) = (strangers.len() >= STRANGERS, strangers.first()) {
            longest.show_out();
        }
        passes.push_back(Arc::downgrade(&pass));
        drop(passes);
        let out = out(pass.standing.subscribe(), self.patience, self.ending.clone());
        let closes = pass.clone();
        tokio::spawn(async move {
            out.await;
            closes.close();
        });
        Guest { stream, pass, read: 0 }
    }

    pub(super) fn connections(&self) -> Connections {
        let passes: Vec<Arc<Pass>> = self.passes.lock().iter().filter_map(Weak::upgrade).collect();
        let count = |is: fn(&Pass) -> bool| passes.iter().filter(|pass| is(pass)).count();
        Connections { known: count(Pass::is_known), strangers: count(Pass::is_stranger) }
    }
}

/// Comes back when a connection is to be closed: when it was a stranger for too long, is sent away, or the node ends.
async fn out(mut standing: watch::Receiver<Standing>, patience: Duration, ending: Ending) {
    let sent_away = async {
        loop {
            let now = *standing.borrow_and_update();
            let changed = standing.changed();
            let came = match now {
                Standing::Out => return,
                Standing::Known(_) => Ok(changed.await),
                Standing::Stranger => tokio::time::timeout(patience, changed).await,
            };
            if !matches!(came, Ok(Ok(()))) {
                return;
            }
        }
    };
    tokio::select! {
        () = sent_away => {}
        () = ending.stopped() => {}
    }
}

impl Drop for Guest {
    fn drop(&mut self) {
        self.pass.show_out();
    }
}

impl Connected for Guest {
    type ConnectInfo = Arc<Pass>;

    fn connect_info(&self) -> Arc<Pass> {
        self.pass.clone()
    }
}

impl AsyncRead for Guest {
    fn poll_read(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
        buffer: &mut ReadBuf<'_>,
    ) -> Poll<io::Result<()>> {
        self.pass.poll_open(context)?;
        let before = buffer.filled().len();
        let read = Pin::new(&mut self.stream).poll_read(context, buffer);
        if self.pass.is_stranger() {
            self.read += buffer.filled().len() - before;
            if self.read > MOST_BYTES {
                return Poll::Ready(Err(io::ErrorKind::ConnectionAborted.into()));
            }
        }
        read
    }
}

impl AsyncWrite for Guest {
    fn poll_write(mut self: Pin<&mut Self>, context: &mut Context<'_>, bytes: &[u8]) -> Poll<io::Result<usize>> {
        self.pass.poll_open(context)?;
        Pin::new(&mut self.stream).poll_write(context, bytes)
    }

    fn poll_flush(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.stream).poll_flush(context)
    }

    fn poll_shutdown(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.stream).poll_shutdown(context)
    }

    fn poll_write_vectored(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
        parts: &[io::IoSlice<'_>],
    ) -> Poll<io::Result<usize>> {
        self.pass.poll_open(context)?;
        Pin::new(&mut self.stream).poll_write_vectored(context, parts)
    }

    fn is_write_vectored(&self) -> bool {
        self.stream.is_write_vectored()
    }
}
