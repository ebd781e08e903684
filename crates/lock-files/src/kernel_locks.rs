//! Who has a file locked, by the kernel's own account.

use crate::folder::Folder;
use crate::lock_file::Inode;
use lock_core::Mode;

/// A process that has a file locked.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct KernelLock {
    /// Who locked it. A child that inherited the descriptor may be the one that has it.
    pub(crate) pid: i32,
    pub(crate) mode: Mode,
}

/// All that the kernel tells, read once. `None` where it tells nothing.
pub(crate) struct KernelLocks {
    lines: Option<String>,
    device_is_told: bool,
}

#[cfg(target_os = "linux")]
impl KernelLocks {
    pub(crate) fn look(folder: &Folder) -> Self {
        Self { lines: std::fs::read_to_string("/proc/locks").ok(), device_is_told: folder.device_is_told() }
    }

    /// Who has this file locked; `None` if the kernel does not tell. Processes of other machines and containers are not seen.
    pub(crate) fn of(&self, inode: Inode) -> Option<Vec<KernelLock>> {
        let lines = self.lines.as_ref()?.lines();
        Some(lines.filter_map(|line| self.parsed(line, inode)).collect())
    }

    /// A line such as `1: FLOCK  ADVISORY  WRITE 4711 fd:01:262153 0 EOF`. One who waits has `->` before FLOCK.
    fn parsed(&self, line: &str, inode: Inode) -> Option<KernelLock> {
        let mut words = line.split_whitespace().skip(1);
        if words.next()? != "FLOCK" {
            return None;
        }
        let mode = if words.nth(1)? == "WRITE" { Mode::Write } else { Mode::Read };
        let pid = words.next()?.parse().ok()?;
        let mut place = words.next()?.split(':');
        let (major, minor) = (hexadecimal(place.next()?)?, hexadecimal(place.next()?)?);
        let same_device = !self.device_is_told || rustix::fs::makedev(major, minor) == inode.device;
        (same_device && place.next()?.parse() == Ok(inode.number)).then_some(KernelLock { pid, mode })
    }
}

#[cfg(target_os = "linux")]
fn hexadecimal(text: &str) -> Option<u32> {
    u32::from_str_radix(text, 16).ok()
}

#[cfg(not(target_os = "linux"))]
impl KernelLocks {
    pub(crate) fn look(_: &Folder) -> Self {
        Self { lines: None, device_is_told: false }
    }

    pub(crate) fn of(&self, _: Inode) -> Option<Vec<KernelLock>> {
        let _ = (&self.lines, self.device_is_told);
        None
    }
}
