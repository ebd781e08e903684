//! What clients tell the judge, a line of JSON each, and what it answers.

use std::path::Path;

use gordian::Mode;
use serde::{Deserialize, Serialize};
use tokio::io::{AsyncBufReadExt, AsyncWriteExt, BufReader, Lines};
use tokio::net::UnixStream;
use tokio::net::unix::{OwnedReadHalf, OwnedWriteHalf};

/// What a client says.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub(crate) enum Said {
    /// It believed to hold this from then until then, by the clock of the machine.
    Held(Held),
    /// What is the counter of this object? Asked under a token.
    Read { object: String, token: u64 },
    /// Make the counter this. Asked under the token with which it was read.
    Write { object: String, token: u64, value: u64 },
    /// A transaction is over.
    Done(Done),
    /// A promise is broken.
    Broken(String),
}

/// A time during which a client believed in a lock.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub(crate) struct Held {
    pub(crate) object: String,
    pub(crate) mode: Mode,
    pub(crate) token: u64,
    pub(crate) tx: u64,
    pub(crate) from: u64,
    pub(crate) to: u64,
}

/// What became of a transaction.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
pub(crate) enum Done {
    /// It had all its locks, and did its work.
    Well,
    /// It lost a lock while it worked: a node failed.
    Lost,
    /// It was not served: too few nodes were there.
    NotServed,
    /// It gave way to another one.
    Aborted,
    /// Its caller gave up.
    GivenUp,
}

/// What the judge answers to `Read` and `Write`.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) enum Answer {
    /// The counter.
    Value(u64),
    /// It is done.
    Written,
    /// A newer token was seen.
    TooOld,
}

/// A client's line to the judge.
pub(crate) struct Teller {
    lines: Lines<BufReader<OwnedReadHalf>>,
    out: OwnedWriteHalf,
}

impl Teller {
    pub(crate) async fn to(judge: &Path) -> std::io::Result<Self> {
        let (read, out) = UnixStream::connect(judge).await?.into_split();
        Ok(Self { lines: BufReader::new(read).lines(), out })
    }

    pub(crate) async fn tell(&mut self, said: &Said) -> std::io::Result<()> {
        let mut line = serde_json::to_vec(said)?;
        line.push(b'\n');
        self.out.write_all(&line).await
    }

    pub(crate) async fn ask(&mut self, said: &Said) -> std::io::Result<Answer> {
        self.tell(said).await?;
        let line = self.lines.next_line().await?.ok_or(std::io::ErrorKind::UnexpectedEof)?;
        Ok(serde_json::from_str(&line)?)
    }
}
