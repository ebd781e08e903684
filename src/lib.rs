//! Gordian: a deadlock-resolving lock manager.
//!
//! A unit of work starts a [`Transaction`], asks for locks on objects in any order, and gets them all in the end.
//! When transactions wait on each other in a circle, the circle is found at the moment it closes, one member
//! gives way, and the work goes on. There is no lock order to keep and no time-out to guess.
//!
//! | to learn | read |
//! |---|---|
//! | the first lock | [below](#the-first-lock) |
//! | where locks come from | [`Locks`] |
//! | how a transaction begins, and with which options | [`Begin`] |
//! | what a transaction can do | [`Transaction`] |
//! | what one holds in hand | [`Guard`] |
//! | what is locked, and how | [`Object`], [`Mode`] |
//! | what a deadlock was, and who gave way | [`Deadlock`] |
//! | a mutex for each key | [`KeyedMutex`] |
//! | locks on chunks and slices of arrays | [`ArrayLocks`] |
//!
//! # The first lock
//!
//! ```
//! use gordian::{Locks, Mode};
//!
//! # #[tokio::main(flavor = "current_thread")]
//! # async fn main() -> Result<(), Box<dyn std::error::Error>> {
//! let locks = Locks::local(); // a lock server in this process
//! let tx = locks.begin().await;
//! let alice = tx.lock("accounts/alice", Mode::Write).await?;
//! assert!(alice.is_held());
//! tx.end(); // or drop it: everything is released before this returns
//! assert!(!alice.is_held());
//! # Ok(())
//! # }
//! ```
//!
//! # Many locks, in any order
//!
//! A transaction collects locks until it ends. [`Transaction::lock`] returns when the object *and all that was
//! claimed before* is granted, so after each call the transaction has everything that it asked for.
//! [`Transaction::lock_nowait`] only claims; [`Transaction::await_all`] waits later.
//!
//! ```
//! # use gordian::{Locks, Mode};
//! # #[tokio::main(flavor = "current_thread")]
//! # async fn main() -> Result<(), Box<dyn std::error::Error>> {
//! # let locks = Locks::local();
//! let tx = locks.begin().await;
//! tx.lock("accounts/alice", Mode::Write).await?;
//! tx.lock_nowait(("accounts/bob", Mode::Write))?;
//! tx.lock_nowait(("rates", Mode::Read))?;
//! tx.await_all().await?;
//!
//! let reader = locks.begin().await;
//! reader.lock("rates", Mode::Read).await?; // readers share
//! assert!(reader.try_lock("accounts/bob", Mode::Read).is_err()); // a writer does not
//! # Ok(())
//! # }
//! ```
//!
//! # What a guard is
//!
//! A [`Guard`] is a witness, not an owner. Locks belong to their transaction and stay until it ends or gives them
//! back, so dropping a guard releases nothing: `tx.lock(…).await?;` keeps the lock. A guard answers questions: is it
//! [held](Guard::is_held), has it been held [all the time](Guard::is_unbroken), what is its [token](Guard::token).
//!
//! ```
//! # use gordian::{Locks, Mode};
//! # #[tokio::main(flavor = "current_thread")]
//! # async fn main() -> Result<(), Box<dyn std::error::Error>> {
//! # let locks = Locks::local();
//! let tx = locks.begin().await;
//! drop(tx.lock("a", Mode::Write).await?);
//! assert_eq!(locks.lock_info("a")?.holders[0].tx, tx.id()); // still
//! tx.unlock("a")?; // this gives it back
//! assert!(locks.lock_info("a")?.holders.is_empty());
//! # Ok(())
//! # }
//! ```
//!
//! # A deadlock, and what one is told
//!
//! Two transfers lock the same accounts in opposite order. The second request closes the circle; before it even
//! starts to wait, the circle is found. The younger one surrenders the account that the older one waits for: it goes
//! back to the end of the line and comes again when the older one is done. Nobody gets an error.
//!
//! ```
//! # use gordian::{ClaimError, Locks, Mode};
//! # #[tokio::main(flavor = "current_thread")]
//! # async fn main() -> Result<(), Box<dyn std::error::Error>> {
//! # let locks = Locks::local();
//! let (older, younger) = (locks.begin().await, locks.begin().await);
//! older.lock("accounts/alice", Mode::Write).await?;
//! let bob = younger.lock("accounts/bob", Mode::Write).await?;
//!
//! let first = async {
//!     older.lock("accounts/bob", Mode::Write).await?;
//!     older.end();
//!     Ok::<_, ClaimError>(())
//! };
//! let second = async { younger.lock("accounts/alice", Mode::Write).await };
//! let ((), alice) = tokio::try_join!(first, second)?;
//!
//! assert!(alice.is_held() && bob.is_held()); // it has both in the end
//! assert!(!bob.is_unbroken()); // but somebody else had this one in between
//! let deadlock = &younger.deadlocks()[0];
//! assert_eq!(deadlock.way_out.victim(), Some(younger.id()));
//! println!("{deadlock}"); // who waited for what, who had it, who gave way
//! # Ok(())
//! # }
//! ```
//!
//! What was read under `bob` before the second lock may be stale by now. So either collect the locks first and read
//! after the last one, or look at [`Guard::is_unbroken`], or begin with [`Begin::abort_on_deadlock`], and a
//! transaction that would have to give up what its caller was told of gets an [`Over::Aborted`] instead.
//!
//! # `run`: again until it is done
//!
//! [`Locks::run`] does the last of these and calls the work again, with the same age, so that it grows into the
//! oldest and nobody starves. Return with the error when a lock fails; `run` knows what to do.
//!
//! ```
//! # use gordian::{ClaimError, Locks, Mode};
//! # #[tokio::main(flavor = "current_thread")]
//! # async fn main() -> Result<(), Box<dyn std::error::Error>> {
//! # let locks = Locks::local();
//! let sum = locks
//!     .run(async |tx| {
//!         tx.lock("accounts/alice", Mode::Write).await?;
//!         // what is read here stays true to the end
//!         tx.lock("accounts/bob", Mode::Write).await?;
//!         Ok::<_, ClaimError>(40 + 2)
//!     })
//!     .await?;
//! assert_eq!(sum, 42);
//! # Ok(())
//! # }
//! ```
//!
//! `|tx| async move { … }` does as well. What the work uses of its surroundings is borrowed by every try, so it must not be
//! moved into the first.
//!
//! # From read to write, and back
//!
//! Asking for [`Mode::Write`] on what one reads is a conversion. It goes ahead of those who wait and have nothing;
//! it waits only for the other readers. If two readers try it at once they are in a deadlock, and the younger gives its
//! read up. [`Transaction::downgrade`] goes the other way, and never waits.
//!
//! ```
//! # use gordian::{Locks, Mode};
//! # #[tokio::main(flavor = "current_thread")]
//! # async fn main() -> Result<(), Box<dyn std::error::Error>> {
//! # let locks = Locks::local();
//! let tx = locks.begin().await;
//! tx.lock("stock", Mode::Read).await?;
//! let writing = tx.lock("stock", Mode::Write).await?;
//! tx.downgrade("stock")?;
//! assert!(!writing.is_held()); // it speaks of the write
//! assert!(locks.begin().await.try_lock("stock", Mode::Read).is_ok());
//! # Ok(())
//! # }
//! ```
//!
//! # Trees
//!
//! An object is a path. A lock covers all below it, and two claims conflict only if one object is the other or lies
//! above it. Text is split at `/`; an array, or [`object!`] for mixed types, takes segments as they are.
//!
//! ```
//! # use gordian::{Locks, Mode, object};
//! # #[tokio::main(flavor = "current_thread")]
//! # async fn main() -> Result<(), Box<dyn std::error::Error>> {
//! # let locks = Locks::local();
//! let (one, other) = (locks.begin().await, locks.begin().await);
//! one.lock("db/users/7", Mode::Write).await?;
//! other.lock(object!["db", "users", 8], Mode::Write).await?; // a sibling
//! let refused = other.try_lock("db", Mode::Read).expect_err("a part is being written");
//! assert!(refused.to_string().contains("db/users/7"));
//! # Ok(())
//! # }
//! ```
//!
//! # Many at once
//!
//! [`Transaction::lock_many`] enters all claims in one atomic step. Transactions that ask for all that they need in one
//! such call never deadlock with each other.
//!
//! ```
//! # use gordian::{Locks, Mode, claim};
//! # #[tokio::main(flavor = "current_thread")]
//! # async fn main() -> Result<(), Box<dyn std::error::Error>> {
//! # let locks = Locks::local();
//! let tx = locks.begin_with([claim("forks/1", Mode::Write), claim("forks/2", Mode::Write)]).await?;
//! let more = tx.lock_many([("plates/1", Mode::Write), ("menu", Mode::Read)]).await?;
//! assert_eq!(more.len(), 2);
//! # Ok(())
//! # }
//! ```
//!
//! # Not to wait, or not for ever
//!
//! [`Transaction::try_lock`] never waits and never queues; what it says about the one in the way is for people and logs.
//! [`Transaction::lock_timeout`] bounds one wait. [`Begin::deadline`] bounds all waits of a transaction, and
//! [`Begin::lease`] its holding. Whatever ends a wait, even the drop of the future, leaves nothing in line.
//!
//! ```
//! # use gordian::{ClaimError, Locks, Mode, TimeoutError};
//! # use std::time::Duration;
//! # #[tokio::main(flavor = "current_thread")]
//! # async fn main() -> Result<(), Box<dyn std::error::Error>> {
//! # let locks = Locks::local();
//! let holder = locks.begin().await;
//! holder.lock("a", Mode::Write).await?;
//!
//! let tx = locks.begin().await;
//! assert!(tx.try_lock("a", Mode::Read).is_err());
//! let waited = tx.lock_timeout("a", Mode::Read, Duration::from_millis(5)).await;
//! assert!(matches!(waited, Err(TimeoutError::Elapsed { .. })));
//!
//! let late = locks.begin().deadline(Duration::from_millis(5)).await;
//! late.lock("b", Mode::Write).await?;
//! let waited = late.lock("a", Mode::Read).await;
//! assert!(matches!(waited, Err(ClaimError::DeadlineOver { .. })));
//! assert!(locks.lock_info("a")?.waiters.is_empty());
//! assert_eq!(locks.lock_info("b")?.holders[0].tx, late.id()); // what it had it keeps
//! # Ok(())
//! # }
//! ```
//!
//! # Watching
//!
//! [`Locks::watch`] follows an object or a subtree and holds nothing: one [`Change`] each time its holders or waiters
//! change, with a version that only grows. [`Transaction::events`] follows one transaction.
//!
//! ```
//! # use gordian::{Locks, Mode, Scope};
//! # #[tokio::main(flavor = "current_thread")]
//! # async fn main() -> Result<(), Box<dyn std::error::Error>> {
//! # let locks = Locks::local();
//! let mut jobs = locks.watch("jobs", Scope::Subtree)?;
//! let tx = locks.begin().await;
//! tx.lock("jobs/42", Mode::Write).await?;
//! let change = jobs.next().await?;
//! assert_eq!(change.object.to_string(), "jobs/42");
//! assert_eq!(change.holders[0].tx, tx.id());
//! # Ok(())
//! # }
//! ```
//!
//! # Status, and "why am I blocked?"
//!
//! ```
//! # use gordian::{Locks, Mode, Status};
//! # #[tokio::main(flavor = "current_thread")]
//! # async fn main() -> Result<(), Box<dyn std::error::Error>> {
//! # let locks = Locks::local();
//! let (holder, waiter) = (locks.begin().await, locks.begin().await);
//! holder.lock("a", Mode::Write).await?;
//! waiter.lock_nowait(("a", Mode::Read))?;
//! assert_eq!(waiter.status(), Status::Waiting);
//!
//! let graph = locks.wait_graph();
//! assert_eq!(graph.arrows[0].blocker, holder.id());
//! println!("{}", graph.arrows[0]); // t2 waits for read on a since 0 ms, blocked by t1, which has write on a (#…)
//! println!("{}", graph.to_mermaid()); // or to_dot(), or serialize it
//! # Ok(())
//! # }
//! ```
//!
//! # Threads without async
//!
//! [`Begin::start`], [`Transaction::blocking_lock`] and its like need no runtime.
//!
//! ```
//! use gordian::{Locks, Mode};
//!
//! let locks = Locks::local();
//! let tx = locks.begin().start();
//! tx.blocking_lock("a", Mode::Write)?;
//! let waiting = std::thread::spawn({
//!     let locks = locks.clone();
//!     move || locks.begin().start().blocking_lock("a", Mode::Write).map(|guard| guard.first_token())
//! });
//! tx.end();
//! assert!(waiting.join().expect("does not panic").is_ok());
//! # Ok::<(), gordian::ClaimError>(())
//! ```
//!
//! # Fencing tokens
//!
//! A lock manager cannot stop a holder that has stalled and wakes up late. The resource can: each grant has a
//! [`Token`] larger than all earlier ones of its node, over restarts too. Send it along, and let the resource turn smaller
//! ones away.
//!
//! ```
//! # use gordian::{Locks, Mode};
//! # #[tokio::main(flavor = "current_thread")]
//! # async fn main() -> Result<(), Box<dyn std::error::Error>> {
//! # let locks = Locks::local();
//! let (one, other) = (locks.begin().await, locks.begin().await);
//! let old = one.lock("file", Mode::Write).await?.first_token();
//! one.end();
//! let new = other.lock("file", Mode::Write).await?.first_token();
//! assert!(new > old);
//! # Ok(())
//! # }
//! ```

pub use lock_agent::{
    AlreadyOwned,
    // What one is told
    Answers,
    ArrayLockError,
    ArrayLocks,
    ArrayReleaseError,
    ArrayTimeoutError,
    ArrayTryError,
    Arrow,
    ArrowKind,
    Asked,
    // Where locks come from, and transactions
    Begin,
    Candidacy,
    Change,
    ChunkGuard,
    ChunkIndexError,
    Claim,
    // What can go wrong
    ClaimError,
    ClaimView,
    Claiming,
    ClusterBuilder,
    ClusterNode,
    Connections,
    Counters,
    Credentials,
    Deadlock,
    Durations,
    Election,
    Event,
    Events,
    Flag,
    Following,
    Gift,
    Gifts,
    Grid,
    GridError,
    Guard,
    HandOverError,
    HaveAll,
    Heir,
    HolderView,
    IntoClaim,
    IntoObject,
    InvalidObject,
    KeyError,
    KeyGuard,
    KeyLockError,
    KeyReleaseError,
    KeyTimeoutError,
    KeyTryError,
    KeyedMutex,
    Leading,
    LockAllError,
    LockInfo,
    Locks,
    MAX_REGION_CHUNKS,
    Member,
    MemberView,
    MemoryNetwork,
    Merge,
    // What is locked, and how
    Millis,
    Mode,
    NameError,
    Names,
    NodeConfig,
    NodeId,
    NotGiven,
    NotHandedOver,
    NotHeld,
    Object,
    Over,
    Owner,
    Part,
    Participant,
    Placement,
    Presence,
    Refused,
    RegionError,
    RegionGuard,
    ReleaseError,
    Require,
    Role,
    SayError,
    Scope,
    Secret,
    StartError,
    Statistics,
    Status,
    TimeoutError,
    Timing,
    Tls,
    TlsError,
    Token,
    Transaction,
    TransactionInfo,
    TryError,
    Turn,
    TxId,
    Version,
    WaitGraph,
    WaiterView,
    WatchEnded,
    Watching,
    WayOut,
    WhyNot,
    claim,
    object,
};
pub use lock_core::{InTheWay, Incarnation, MAX_DEPTH, MAX_OBJECT_BYTES, MAX_SEGMENT_BYTES, Violation};
pub use lock_server::{Node, NodeStatus};

/// The examples of the README are compiled and run with the tests.
#[cfg(doctest)]
#[doc = include_str!("../README.md")]
struct Readme;

/// So are those of the guides.
#[cfg(doctest)]
#[doc = include_str!("../docs/guides/many-nodes.md")]
struct ManyNodes;

#[cfg(doctest)]
#[doc = include_str!("../docs/guides/election.md")]
struct ElectionGuide;

#[cfg(doctest)]
#[doc = include_str!("../docs/guides/keyed-mutex.md")]
struct KeyedMutexGuide;

#[cfg(doctest)]
#[doc = include_str!("../docs/guides/array-locks.md")]
struct ArrayLocksGuide;
