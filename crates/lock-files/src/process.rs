//! Which process it is, told so that a later one with the same number is not taken for it.

use rustix::process::{Pid, getpid, getuid};

/// This process.
#[derive(Clone, Debug)]
pub(crate) struct Me {
    pub(crate) pid: Pid,
    pub(crate) host: String,
    pub(crate) born: Option<Born>,
    /// The user's name as the environment tells it, or the number.
    pub(crate) user: String,
}

/// When a process started: nothing that a process with the same number, before or after, has in common with it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Born {
    /// Which life of the machine.
    pub(crate) boot: String,
    /// Ticks since its beginning.
    pub(crate) ticks: u64,
}

impl Me {
    pub(crate) fn look() -> Self {
        let pid = getpid();
        let user = ["USER", "LOGNAME"].iter().find_map(|name| std::env::var(name).ok()).filter(|user| !user.is_empty());
        Self {
            pid,
            host: rustix::system::uname().nodename().to_string_lossy().into_owned(),
            born: born(pid.as_raw_pid()),
            user: user.unwrap_or_else(|| getuid().as_raw().to_string()),
        }
    }
}

/// A number for the calling thread that system tools show as well.
#[cfg(target_os = "linux")]
pub(crate) fn thread_id() -> u64 {
    u64::try_from(rustix::thread::gettid().as_raw_pid()).unwrap_or_default()
}

/// A number for the calling thread.
#[cfg(not(target_os = "linux"))]
pub(crate) fn thread_id() -> u64 {
    use std::sync::atomic::{AtomicU64, Ordering};
    static NEXT: AtomicU64 = AtomicU64::new(1);
    thread_local! { static ID: u64 = NEXT.fetch_add(1, Ordering::Relaxed); }
    ID.with(|id| *id)
}

/// Whether there is a process of this number on this machine, one that may have ended and not been fetched yet included.
pub(crate) fn exists(pid: i32) -> bool {
    let Some(pid) = Pid::from_raw(pid).filter(|pid| pid.as_raw_pid() > 0) else { return false };
    rustix::process::test_kill_process(pid) != Err(rustix::io::Errno::SRCH)
}

/// When the process of this number started; `None` if there is none, or the system does not tell.
pub(crate) fn born(pid: i32) -> Option<Born> {
    let boot = std::fs::read_to_string("/proc/sys/kernel/random/boot_id").ok()?;
    Some(Born { boot: boot.trim().to_owned(), ticks: stat_field(pid, 22)?.parse().ok()? })
}

/// Whether the process has ended, though its parent has not fetched it yet.
pub(crate) fn is_zombie(pid: i32) -> bool {
    stat_field(pid, 3).is_some_and(|state| state == "Z" || state == "X")
}

/// Seconds since 1970 at which the process of this number started, as good as the clock is.
pub(crate) fn started_at(pid: i32) -> Option<f64> {
    const TICKS_A_SECOND: f64 = 100.0; // what Linux tells programs, on every machine that it runs on
    let stat = std::fs::read_to_string("/proc/stat").ok()?;
    let boot: f64 = stat.lines().find_map(|line| line.strip_prefix("btime "))?.trim().parse().ok()?;
    let ticks: f64 = stat_field(pid, 22)?.parse().ok()?;
    Some(boot + ticks / TICKS_A_SECOND)
}

/// A field of `/proc/<pid>/stat`, counted from 1 as the manual does.
fn stat_field(pid: i32, field: usize) -> Option<String> {
    let stat = std::fs::read_to_string(format!("/proc/{pid}/stat")).ok()?;
    // The second field, the program's name in brackets, may have spaces and brackets in it.
    let after_name = stat.rsplit_once(')')?.1;
    after_name.split_whitespace().nth(field.checked_sub(3)?).map(str::to_owned)
}
