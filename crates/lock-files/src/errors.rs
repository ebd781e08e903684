//! Why there is no lock.

use std::path::PathBuf;
use std::time::Duration;

use lock_core::Mode;
use thiserror::Error;

use crate::file_trouble::FileTrouble;
use crate::name::InvalidId;
use crate::status::Status;

/// Why a folder's locks cannot be used.
#[derive(Debug, Error)]
pub enum OpenError {
    /// What was named is no folder.
    #[error("{}: there is no such folder", .0.display())]
    NoFolder(PathBuf),
    /// The folder, or `.locks` in it, cannot be used.
    #[error(transparent)]
    File(#[from] FileTrouble),
}

/// Why a lock is not had. Nothing of it is held then, and nobody waits for it any more.
#[derive(Debug, Error)]
pub enum LockError {
    /// The id cannot be locked.
    #[error(transparent)]
    Id(#[from] InvalidId),
    /// It was only tried, and somebody has it or is in line for it.
    #[error("{id} cannot be had for {mode} at once: somebody has it, or is in line for it")]
    Busy {
        /// What was asked for.
        id: String,
        /// How.
        mode: Mode,
    },
    /// The time limit is over.
    #[error("{id} was not to be had for {mode} within {waited:?}: {status}")]
    TimedOut {
        /// What was asked for.
        id: String,
        /// How.
        mode: Mode,
        /// The limit.
        waited: Duration,
        /// Who had it just after.
        status: Box<Status>,
    },
    /// The owner has it for reading and asks to write: two such owners would wait for each other for ever.
    #[error("{id} is held for reading by the same owner, who now asks to write: give the read lock back first")]
    OwnerReads {
        /// What was asked for.
        id: String,
    },
    /// A field of the caller has the name of one that every holder has.
    #[error("`{name}` is a field of every holder and cannot be set; allowed is any name but {}", crate::record::FIELDS.join(", "))]
    ReservedField {
        /// Its name.
        name: String,
    },
    /// The process was forked after the folder was opened: the two share descriptors, and could not keep each other out.
    #[error("these locks were opened by process {opened_by}, of which this one is a fork: open the folder again")]
    Forked {
        /// Who opened the folder.
        opened_by: i32,
    },
    /// A file of the lock cannot be used.
    #[error(transparent)]
    File(#[from] FileTrouble),
}
