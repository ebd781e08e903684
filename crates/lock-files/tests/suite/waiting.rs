//! Who waits is served, or gives up and has nothing.

use std::time::{Duration, Instant};

use lock_files::{LockError, Mode};

use crate::child::Child;
use crate::{LONG, is_busy, open, until_a_writer_waits};

#[test]
fn who_waits_is_served_when_the_holder_leaves() {
    let (folder, locks) = open("waiting-served");
    let mut child = Child::of(&folder);
    let guard = locks.lock("scan1", Mode::Read).unwrap();
    child.order("lock scan1 write");
    until_a_writer_waits(&locks, "scan1");
    drop(guard);
    assert_eq!(child.answer(), "held");
}

#[test]
fn a_limit_ends_the_wait_and_tells_who_has_it() {
    let (folder, locks) = open("waiting-limit");
    let mut child = Child::of(&folder);
    assert_eq!(child.ask("lock scan1 write"), "held");
    let start = Instant::now();
    let error = locks.lock_timeout("scan1", Mode::Write, Duration::from_millis(50)).unwrap_err();
    assert!(start.elapsed() >= Duration::from_millis(50));
    let LockError::TimedOut { id, waited, status, .. } = &error else { panic!("{error}") };
    assert_eq!((id.as_str(), *waited), ("scan1", Duration::from_millis(50)));
    assert_eq!(status.holders[0].pid, child.pid());
    assert!(error.to_string().contains("write by child (process"), "{error}");
}

#[test]
fn zero_tries_and_does_not_wait_for_a_default() {
    let (_, locks) = open("waiting-zero");
    let _guard = locks.lock("scan1", Mode::Write).unwrap();
    let start = Instant::now();
    assert!(is_busy(&locks.lock_timeout("scan1", Mode::Write, Duration::ZERO)));
    assert!(start.elapsed() < Duration::from_secs(5), "plantdb waits for its default of 30 s");
}

#[test]
fn an_endless_limit_is_none() {
    let (_, locks) = open("waiting-endless");
    assert!(locks.lock_timeout("scan1", Mode::Write, Duration::MAX).is_ok());
}

#[test]
fn who_gave_up_is_never_granted() {
    let (folder, locks) = open("waiting-gave-up");
    let mut child = Child::of(&folder);
    for mode in ["read", "write"] {
        let guard = locks.lock("scan1", Mode::Write).unwrap();
        for _ in 0..3 {
            assert_eq!(child.ask(&format!("lock scan1 {mode} 5")), "timed out");
        }
        drop(guard);
        // Had the child got it, it would keep it.
        drop(locks.lock_timeout("scan1", Mode::Write, LONG).unwrap());
        assert_eq!(locks.status("scan1").unwrap().holders, []);
    }
}

#[test]
fn a_writer_that_gave_up_holds_no_reader_back() {
    let (folder, locks) = open("waiting-no-ghost");
    let mut child = Child::of(&folder);
    let reader = locks.lock("scan1", Mode::Read).unwrap();
    assert_eq!(child.ask("lock scan1 write 20"), "timed out");
    assert!(locks.try_lock("scan1", Mode::Read).is_ok(), "though the child's thread still waits in the kernel");
    // Who comes later takes over that wait.
    child.order("lock scan1 write 30000");
    until_a_writer_waits(&locks, "scan1");
    drop(reader);
    assert_eq!(child.answer(), "held");
}

#[test]
fn a_wait_with_a_limit_is_served_within_it() {
    let (folder, locks) = open("waiting-within");
    let mut child = Child::of(&folder);
    let guard = locks.lock("scan1", Mode::Read).unwrap();
    child.order("lock scan1 write 30000");
    until_a_writer_waits(&locks, "scan1");
    drop(guard);
    assert_eq!(child.answer(), "held");
}

#[test]
#[cfg(target_os = "linux")]
fn many_who_give_up_leave_no_crowd_of_threads_behind() {
    let (_, locks) = open("waiting-threads");
    let _guard = locks.lock("crowd", Mode::Write).unwrap();
    for _ in 0..100 {
        assert!(locks.lock_timeout("crowd", Mode::Write, Duration::from_millis(1)).is_err());
    }
    let named = |task: std::fs::DirEntry| std::fs::read_to_string(task.path().join("comm")).unwrap_or_default();
    let tasks = std::fs::read_dir("/proc/self/task").unwrap();
    let waiting = tasks.map(|task| named(task.unwrap())).filter(|name| name.trim() == "flock crowd").count();
    assert!((1..=2).contains(&waiting), "{waiting} threads wait before two closed gates");
}
