//! The clock of a node: milliseconds that go on while the process is stopped, and while the machine sleeps.

use std::sync::Arc;

use lock_core::Millis;

use super::Director;

/// Where a node reads the time.
#[derive(Clone, Debug)]
pub(super) enum Clock {
    /// On the clock of its machine, counted from this moment.
    Machine(Reading),
    /// Where whoever directs it says what time it is.
    Directed(Arc<dyn Director>),
}

#[cfg(target_os = "linux")]
pub(super) type Reading = std::time::Duration;
#[cfg(not(target_os = "linux"))]
pub(super) type Reading = std::time::Instant;

/// `CLOCK_MONOTONIC` stands still while a machine sleeps, and a node that slept would go on believing in its grants.
#[cfg(target_os = "linux")]
fn read() -> Reading {
    let now = rustix::time::clock_gettime(rustix::time::ClockId::Boottime);
    let seconds = u64::try_from(now.tv_sec).unwrap_or(0);
    std::time::Duration::new(seconds, u32::try_from(now.tv_nsec).unwrap_or(0))
}

#[cfg(not(target_os = "linux"))]
fn read() -> Reading {
    std::time::Instant::now()
}

impl Clock {
    pub(super) fn start() -> Self {
        Self::Machine(read())
    }

    /// Whether somebody else says when time passes.
    pub(super) fn is_directed(&self) -> bool {
        matches!(self, Self::Directed(_))
    }

    pub(super) fn now(&self) -> Millis {
        let start = match self {
            Self::Machine(start) => start,
            Self::Directed(director) => return director.now(),
        };
        #[cfg(target_os = "linux")]
        let passed = read().saturating_sub(*start);
        #[cfg(not(target_os = "linux"))]
        let passed = start.elapsed();
        // From 1 on: 0 would be before anything.
        Millis(u64::try_from(passed.as_millis()).unwrap_or(u64::MAX).saturating_add(1))
    }
}
