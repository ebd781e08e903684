//! Where those who compete for a lock would meet, if they could.
//!
//! Who has the lock puts a file into a folder, with its mode, its kind, its process and what file it really locked in the name, and looks
//! who else is there. Python does the same in `plantdb/compete.py`.

use std::fs;
use std::path::{Path, PathBuf};
use std::time::{Duration, Instant};

use lock_files::{DirLocks, Guard, Mode};

/// One who is inside.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Inside {
    pub(crate) mode: Mode,
    /// `ours` or `plantdb`.
    pub(crate) kind: String,
    pub(crate) inode: u64,
    name: String,
}

impl Inside {
    fn named(name: &str) -> Option<Self> {
        let mut parts = name.split('-');
        let mode = if parts.next()? == "w" { Mode::Write } else { Mode::Read };
        let (kind, inode) = (parts.next()?.to_owned(), parts.next()?.parse().ok()?);
        Some(Self { mode, kind, inode, name: name.to_owned() })
    }
}

/// Two who should not have met.
pub(crate) type Meeting = (Inside, Inside);

fn inside(arena: &Path) -> PathBuf {
    arena.join("inside")
}

pub(crate) fn prepare(arena: &Path) {
    fs::create_dir_all(inside(arena)).unwrap();
    fs::create_dir_all(arena.join("meetings")).unwrap();
}

/// All meetings that anybody saw.
pub(crate) fn meetings(arena: &Path) -> Vec<Meeting> {
    let lines = fs::read_dir(arena.join("meetings")).unwrap();
    let texts = lines.map(|entry| fs::read_to_string(entry.unwrap().path()).unwrap());
    let met =
        |line: &str| line.split_once(' ').and_then(|(one, other)| Some((Inside::named(one)?, Inside::named(other)?)));
    texts.flat_map(|text| text.lines().map(|line| met(line).unwrap()).collect::<Vec<_>>()).collect()
}

/// Goes in, looks who is there, stays for a moment, goes out. What it sees is noted.
pub(crate) fn visit(arena: &Path, guard: &Guard) {
    let me = format!(
        "{}-ours-{}-{}-{:?}",
        if guard.mode() == Mode::Write { "w" } else { "r" },
        guard.inode(),
        std::process::id(),
        std::thread::current().id(),
    );
    let mine = inside(arena).join(&me);
    fs::write(&mine, "").unwrap();
    for entry in fs::read_dir(inside(arena)).unwrap() {
        let name = entry.unwrap().file_name().into_string().unwrap();
        let conflicts = guard.mode() == Mode::Write || name.starts_with('w');
        if name != me && conflicts {
            note(arena, &format!("{me} {name}\n"));
        }
    }
    fs::remove_file(mine).unwrap();
}

fn note(arena: &Path, line: &str) {
    use std::io::Write;
    let path = arena.join("meetings").join(std::process::id().to_string());
    fs::OpenOptions::new().create(true).append(true).open(path).unwrap().write_all(line.as_bytes()).unwrap();
}

/// Locks and visits until the time is over; every third time to write. How often.
pub(crate) fn compete(locks: &DirLocks, id: &str, arena: &Path, time: Duration) -> u64 {
    let until = Instant::now() + time;
    let mut entries = 0;
    while Instant::now() < until {
        let mode = if entries % 3 == 0 { Mode::Write } else { Mode::Read };
        visit(arena, &locks.lock(id, mode).unwrap());
        entries += 1;
    }
    entries
}
