//! How the command ends.

use std::io;
use std::path::PathBuf;
use std::process::ExitCode;

use lock_core::TxId;
use lock_server::{AskError, StartError};
use lock_sim::{EngineKind, EngineMissing, LoadError};
use thiserror::Error;

/// What the exit status says.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Verdict {
    /// All expectations held: 0.
    Passed,
    /// One did not hold; or the answer of a node is no: 1.
    Failed,
    /// A file or an argument is wrong, or a node could not be asked: 2.
    Wrong,
    /// Somebody waits in a circle: 3.
    Circle,
    /// What another command ended with, or would have.
    Other(u8),
}

impl From<Verdict> for ExitCode {
    fn from(verdict: Verdict) -> Self {
        match verdict {
            Verdict::Passed => Self::SUCCESS,
            Verdict::Failed => Self::from(1),
            Verdict::Wrong => Self::from(2),
            Verdict::Circle => Self::from(3),
            Verdict::Other(status) => Self::from(status),
        }
    }
}

/// Why nothing could be run.
#[derive(Debug, Error)]
pub(crate) enum Trouble {
    #[error("{}: there is no such file or folder", .0.display())]
    Missing(PathBuf),
    #[error("{}: no *.scenario file in this folder", .0.display())]
    EmptyFolder(PathBuf),
    #[error("{}: cannot be read: {source}", .path.display())]
    Unreadable { path: PathBuf, source: io::Error },
    #[error("{}: cannot be written: {source}", .path.display())]
    Unwritable { path: PathBuf, source: io::Error },
    #[error("{}", .0.iter().map(ToString::to_string).collect::<Vec<_>>().join("\n"))]
    WrongFiles(Vec<WrongFile>),
    #[error("{0}")]
    Engine(#[from] EngineMissing),
    #[error("--seed {seed} --repeat {repeat}: the last seed is larger than {}", u64::MAX)]
    Seeds { seed: u64, repeat: u64 },
    #[error("{}: `--format svg` draws one file, and this folder has several", .0.display())]
    ManyPictures(PathBuf),
    #[error("{}", .0.join("\n"))]
    Settings(Vec<String>),
    #[error("{0}")]
    Start(#[from] StartError),
    #[error("{0}")]
    Ask(#[from] AskError),
    #[error("no node knows {tx}: it is over, or has never been; {asked} asked")]
    NobodyKnows { tx: TxId, asked: String },
    #[cfg(unix)]
    #[error("{0}")]
    Folder(#[from] lock_files::OpenError),
    #[cfg(unix)]
    #[error("{0}")]
    Lock(#[from] lock_files::LockError),
    #[cfg(unix)]
    #[error("the lock cannot be handed on to the command: {0}")]
    HandOn(#[from] lock_files::FileTrouble),
    #[cfg(unix)]
    #[error("signals cannot be passed on, so nothing was run: {0}")]
    Signals(io::Error),
    #[cfg(not(unix))]
    #[error("directory locks need flock(2), which only Unix systems have")]
    NeedsUnix,
    #[error("cannot write the output: {0}")]
    Output(#[from] io::Error),
}

/// A file that is not run.
#[derive(Debug, Error)]
pub(crate) enum WrongFile {
    #[error(transparent)]
    Load(#[from] LoadError),
    #[error("{file}:{line}: {needs}, which the engine `{engine}` does not have")]
    ManyNodes { file: String, line: usize, needs: String, engine: EngineKind },
}
