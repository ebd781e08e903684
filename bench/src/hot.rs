//! Many tasks that all want one lock, again and again.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicU32, Ordering};
use std::time::{Duration, Instant};

use tokio::runtime::Runtime;

use crate::report;

/// How long those who have arrived have to stand in line.
const LINE_UP: Duration = Duration::from_millis(20);

/// What is shared by those who want the lock. What happens under it is noted by [`Turns::take`].
#[derive(Debug)]
pub struct Turns {
    stop: AtomicBool,
    /// How many members run.
    arrived: AtomicU32,
    /// Who had the lock last; guarded by the lock that is measured.
    last: AtomicU32,
}

/// What one of them had.
#[derive(Clone, Copy, Debug, Default)]
pub struct Had {
    grants: u32,
    /// Grants that came from another one.
    hand_offs: u32,
}

impl Turns {
    /// Says that one more member is about to ask.
    pub fn arrive(&self) {
        self.arrived.fetch_add(1, Ordering::Relaxed);
    }

    /// Whether to go on.
    pub fn go_on(&self) -> bool {
        !self.stop.load(Ordering::Relaxed)
    }

    /// Notes that this one has the lock now.
    pub fn take(&self, member: u32, had: &mut Had) {
        had.grants += 1;
        had.hand_offs += u32::from(self.last.swap(member, Ordering::Relaxed) != member);
    }
}

/// Lets `members` tasks loose for `time` and reports hand-offs, grants and shares.
///
/// `first` has the lock until all stand in line; who came early would have it for itself otherwise.
///
/// # Panics
/// If a task does.
pub fn report_turns<F>(
    name: &str,
    members: u32,
    time: Duration,
    runtime: &Runtime,
    first: impl Sized,
    member: impl Fn(u32, Arc<Turns>) -> F,
) where
    F: Future<Output = Had> + Send + 'static,
{
    let turns =
        Arc::new(Turns { stop: AtomicBool::new(false), arrived: AtomicU32::new(0), last: AtomicU32::new(u32::MAX) });
    let tasks: Vec<_> = (0..members).map(|number| runtime.spawn(member(number, turns.clone()))).collect();
    while turns.arrived.load(Ordering::Relaxed) < members {
        std::thread::yield_now();
    }
    std::thread::sleep(LINE_UP);
    drop(first);
    let start = Instant::now();
    std::thread::sleep(time);
    turns.stop.store(true, Ordering::Relaxed);
    let elapsed = start.elapsed().as_secs_f64();
    let had: Vec<_> = tasks.into_iter().map(|task| runtime.block_on(task).expect("no task fails")).collect();
    let sum = |count: fn(&Had) -> u32| had.iter().map(count).map(f64::from).sum::<f64>();
    let most = had.iter().map(|had| had.grants).max().unwrap_or(1);
    let least = had.iter().map(|had| had.grants).min().unwrap_or(1).max(1);
    report(&format!("{name}-handoffs"), "1/s", vec![sum(|had| had.hand_offs) / elapsed]);
    report(&format!("{name}-grants"), "1/s", vec![sum(|had| had.grants) / elapsed]);
    report(&format!("{name}-shares"), "x", vec![f64::from(most) / f64::from(least)]);
}
