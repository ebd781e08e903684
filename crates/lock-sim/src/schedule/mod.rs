//! A scheduler for real locking code: async functions that use `lock-agent` run under it in a test, and a seed chooses
//! who goes on at each await.
//!
//! | to learn | read |
//! |---|---|
//! | how a test is tried under many seeds | [`interleavings`], [`Interleavings`] |
//! | how a test starts its tasks | [`Tasks`], [`Spawned`] |
//! | what is said when a seed fails | [`Counterexample`], [`Cause`], [`Schedule`] |
//! | how a seed is tried again | [`replay`], [`SEED_VARIABLE`] |

mod choice;
mod counterexample;
mod diary;
mod executor;
mod exploration;
mod quiet;
mod ready;
mod task;
mod told;

pub use counterexample::{Cause, Counterexample, SEED_VARIABLE};
pub use exploration::{Explored, Holds, Interleavings, Life};
pub use task::{Spawned, Tasks};
pub use told::{Schedule, Turn};

use exploration::{counterexample, live};

/// Runs a test of real locking code under each of these seeds, and panics with the first that fails.
///
/// The test gets [`Tasks`]: it hands [`Tasks::locks`] to the code under test, starts tasks, waits for them and asserts what must
/// be true. All tasks share one thread. At every await that does not go on at once, and at every awaited call of the
/// locks, the seed chooses who is next. The same seed gives the same schedule, byte for byte. Time is virtual: it
/// passes when nobody can go on without it, and costs none.
///
/// With the variable `GORDIAN_SEED` set, only that seed is run, and its schedule is printed also if it holds (see it with
/// `cargo test NAME -- --nocapture`).
///
/// # What the seed does not decide
/// - Threads, and what is started with `std::thread` or `spawn_blocking`: they run whenever they like, and who waits for them
///   is taken for somebody who waits for ever.
/// - Real I/O, and the wall clock. There is no I/O driver.
/// - Calls that block the thread, such as `blocking_lock` or a mutex held over an await by another task: the test hangs.
/// - What is started with `tokio::spawn`: it runs in a fixed order, as far as it can before each turn of a task; if it never
///   rests, the test hangs. Start it with [`Tasks::spawn`] to have it interleaved.
/// - `tokio::select!` without `biased`, the order of a `HashMap`, random numbers, statics that one run leaves to the next. A seed
///   that fails is tried twice, and the report says if the second try went otherwise.
/// - Between two awaits a task runs alone, as on one thread: races of code that does not await are not found. Memory
///   orders are loom's and shuttle's subject, not this one's.
///
/// # Panics
/// If a seed fails: a task panicked, the test gave an error, all tasks wait and nothing is due, or 100,000 turns were
/// not enough. The text names the seed, tells the schedule, explains the deadlocks, and shows who waits on whom. And if
/// it is called inside an async runtime, as it brings its own; or if the variable is set and no number.
///
/// # Examples
/// ```
/// use lock_agent::{ClaimError, Locks, Mode};
/// use lock_sim::interleavings;
///
/// // The code under test, as a service has it.
/// async fn lock_both(locks: Locks, first: &'static str, second: &'static str) -> Result<(), ClaimError> {
///     let tx = locks.begin().await;
///     tx.lock(["accounts", first], Mode::Write).await?;
///     tx.lock(["accounts", second], Mode::Write).await?;
///     Ok(())
/// }
///
/// let explored = interleavings(0..50, async |tasks| {
///     let one = tasks.spawn("one", lock_both(tasks.locks(), "alice", "bob"));
///     let other = tasks.spawn("other", lock_both(tasks.locks(), "bob", "alice"));
///     one.await?;
///     other.await // neither fails, in whatever order they meet
/// });
/// // Under some of the seeds they did meet; who is younger gave way.
/// let met = explored.with_deadlocks().next().expect("some seed makes them meet");
/// met.deadlocks.expect_deadlock(&["one", "other"]);
/// ```
#[track_caller]
pub fn interleavings<T: Holds>(seeds: impl IntoIterator<Item = u64>, test: impl AsyncFn(Tasks) -> T) -> Explored {
    let chosen = std::env::var(SEED_VARIABLE).ok();
    let Some(seed) = chosen else {
        return Interleavings::of(seeds).explore(test).unwrap_or_else(|found| panic!("{found}"));
    };
    let seed = seed.trim().parse().unwrap_or_else(|_| panic!("{SEED_VARIABLE} is `{seed}`, and no seed"));
    let schedule = replay(seed, &test).unwrap_or_else(|found| panic!("{found}"));
    println!("{schedule}");
    Interleavings::of([seed]).explore(test).unwrap_or_else(|found| panic!("{found}"))
}

/// Runs a test under one seed and tells the schedule, with what each turn came to in the lock table.
///
/// # Errors
/// The seed fails.
///
/// # Panics
/// If it is called inside an async runtime: it brings its own.
///
/// # Examples
/// ```
/// use lock_agent::{ClaimError, Mode};
/// use lock_sim::replay;
///
/// let schedule = replay(3, async |tasks| {
///     let tx = tasks.locks().begin().await;
///     tx.lock("a", Mode::Write).await?;
///     Ok::<_, ClaimError>(())
/// })?;
/// assert_eq!(
///     schedule.to_string(),
///     "schedule of seed 3, 2 turns:\n    1     0 ms  main\n    2     0 ms  main  done"
/// );
/// # Ok::<(), Box<lock_sim::Counterexample>>(())
/// ```
pub fn replay<T: Holds>(seed: u64, test: impl AsyncFn(Tasks) -> T) -> Result<Schedule, Box<Counterexample>> {
    let lived = live(seed, exploration::MAX_TURNS, true, &test);
    if lived.ended.is_ok() {
        return Ok(lived.schedule);
    }
    let again = live(seed, exploration::MAX_TURNS, true, &test);
    Err(Box::new(counterexample(lived, again)))
}
