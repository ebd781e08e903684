//! Locks between threads, tasks and processes that share a directory.
//!
//! The kernel says who has a lock (`flock`), so a lock ends with its process, whatever kills it. A small JSON file beside it says
//! who that is. Layout and meaning are those of `plantdb.commons`, so that its Python processes and these lock each other out.
//!
//! ```
//! use lock_files::{DirLocks, LockError, Mode};
//! use std::time::Duration;
//!
//! # fn main() -> Result<(), Box<dyn std::error::Error>> {
//! # let data = std::env::temp_dir().join("lock-files-example");
//! # std::fs::create_dir_all(&data)?;
//! let locks = DirLocks::open(&data)?;
//! let guard = locks.lock("scan1", Mode::Write)?; // waits in the kernel
//! let refused = locks.lock_timeout("scan1", Mode::Read, Duration::from_millis(5));
//! assert!(matches!(refused, Err(LockError::TimedOut { .. })));
//! println!("{}", locks.status("scan1")?); // scan1: write by alice (process 4711, thread 4711 on host-a)
//! drop(guard);
//! # Ok(())
//! # }
//! ```
//!
//! It is not a lock manager: nobody finds deadlocks between directory locks. Who takes several ids takes them in one order, or with a time limit.
//!
//! | to learn | read |
//! |---|---|
//! | where locks come from | [`DirLocks`], [`DirLocksBuilder`] |
//! | how to ask: time limit, owner, user, more fields | [`Request`] |
//! | what one holds in hand | [`Guard`] |
//! | how to be let in again | [`Owner`] |
//! | who has what | [`Status`], [`Holder`] |
//! | what can go wrong | [`LockError`], [`FileTrouble`] |

#[cfg(not(unix))]
compile_error!("lock-files needs flock(2): it is for Unix systems (Linux, macOS, BSD)");

mod acquire;
mod block;
mod cleanup;
mod core;
mod dir_locks;
mod errors;
mod file_trouble;
mod folder;
mod gate;
mod guard;
mod idle;
mod info;
mod kernel_locks;
mod kernel_wait;
mod lock_file;
mod name;
mod owner;
mod process;
mod record;
mod request;
mod status;
mod timer;

pub use cleanup::{Cleanup, Kept};
pub use dir_locks::{DirLocks, DirLocksBuilder};
pub use errors::{LockError, OpenError};
pub use file_trouble::{FileTrouble, TroubleKind};
pub use folder::FolderKind;
pub use guard::Guard;
pub use lock_core::Mode;
pub use name::InvalidId;
pub use owner::Owner;
pub use record::Asked;
pub use request::Request;
pub use serde_json::{Map, Value};
pub use status::{Holder, Status};

/// The examples of the README and of the guide are compiled and run with the tests.
#[cfg(doctest)]
#[doc = include_str!("../README.md")]
#[doc = include_str!("../../../docs/guides/directory-locks.md")]
struct Pages;
