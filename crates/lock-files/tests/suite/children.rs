//! What started programs have of a lock: nothing, unless it is shared with them.

use lock_files::Mode;

use crate::child::Child;
use crate::{LONG, is_busy, open};

/// A program that a child started: it lives until this is dropped.
struct Started(String);

impl Started {
    fn by(child: &mut Child) -> Self {
        Self(child.ask("start"))
    }
}

impl Drop for Started {
    fn drop(&mut self) {
        let _ = std::process::Command::new("kill").args(["-9", &self.0]).status();
    }
}

#[test]
fn a_program_that_was_started_does_not_keep_the_lock_of_who_started_it() {
    let (folder, locks) = open("children-not");
    let mut child = Child::of(&folder);
    assert_eq!(child.ask("lock scan1 write"), "held");
    let started = Started::by(&mut child);
    child.kill();
    // Descriptors are closed just after the program has begun; it lives for much longer than this waits.
    assert!(locks.lock_timeout("scan1", Mode::Write, LONG).is_ok());
    drop(started);
}

#[test]
fn a_shared_lock_outlives_its_process_while_a_program_that_it_started_lives() {
    let (folder, locks) = open("children-shared");
    let mut child = Child::of(&folder);
    assert_eq!(child.ask("lock scan1 write"), "held");
    assert_eq!(child.ask("share scan1"), "shared true");
    let started = Started::by(&mut child);
    child.kill();
    assert!(is_busy(&locks.try_lock("scan1", Mode::Read)));
    let status = locks.status("scan1").unwrap();
    if cfg!(target_os = "linux") {
        assert_eq!(status.holders[0].is_alive, Some(false), "{status}");
    }
    drop(started);
    assert!(locks.lock_timeout("scan1", Mode::Write, LONG).is_ok());
}

#[test]
fn a_guard_that_is_dropped_releases_what_it_shared() {
    let (folder, locks) = open("children-dropped");
    let mut child = Child::of(&folder);
    assert_eq!(child.ask("lock scan1 write"), "held");
    assert_eq!(child.ask("share scan1"), "shared true");
    let started = Started::by(&mut child);
    assert_eq!(child.ask("release scan1"), "released true");
    assert!(locks.try_lock("scan1", Mode::Write).is_ok());
    // What it locks next is not shared with that program.
    assert_eq!(child.ask("lock scan1 write"), "held");
    child.kill();
    assert!(locks.try_lock("scan1", Mode::Write).is_ok());
    drop(started);
}
