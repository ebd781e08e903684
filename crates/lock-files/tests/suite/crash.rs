//! Whatever ends a process ends its locks.

use std::time::{Duration, Instant};

use lock_files::Mode;

use crate::child::Child;
use crate::{LONG, open, until_a_writer_waits};

#[test]
fn the_lock_of_a_killed_holder_is_free_at_once() {
    let (folder, locks) = open("crash-killed");
    let mut child = Child::of(&folder);
    assert_eq!(child.ask("lock scan1 write"), "held");
    child.kill();
    assert!(locks.try_lock("scan1", Mode::Write).is_ok());
}

#[test]
fn who_waits_for_a_holder_is_served_when_that_is_killed() {
    let (folder, locks) = open("crash-waits");
    let (mut holder, mut next) = (Child::of(&folder), Child::of(&folder));
    assert_eq!(holder.ask("lock scan1 read"), "held");
    next.order("lock scan1 write");
    until_a_writer_waits(&locks, "scan1");
    let start = Instant::now();
    holder.kill();
    assert_eq!(next.answer(), "held");
    println!("after {:?}", start.elapsed());
}

#[test]
fn a_killed_waiter_holds_nobody_back() {
    let (folder, locks) = open("crash-waiter");
    let mut writer = Child::of(&folder);
    let reader = locks.lock("scan1", Mode::Read).unwrap();
    writer.order("lock scan1 write");
    until_a_writer_waits(&locks, "scan1");
    writer.kill();
    assert!(locks.try_lock("scan1", Mode::Read).is_ok());
    drop(reader);
}

#[test]
fn wherever_a_process_is_killed_the_next_one_finds_all_in_order() {
    let (folder, locks) = open("crash-anywhere");
    for round in 0..30_u64 {
        let mut child = Child::of(&folder);
        child.order("cycle scan1");
        // Not a wait for anything: it only chooses where the child is killed.
        std::thread::park_timeout(Duration::from_micros(round * 97 % 1500));
        child.kill();
        let guard = locks.lock_timeout("scan1", Mode::Write, LONG).unwrap();
        let status = locks.status("scan1").unwrap();
        assert_eq!(status.holders.len(), 1, "{status}");
        assert_eq!(status.holders[0].pid, i32::try_from(std::process::id()).unwrap());
        drop(guard);
        assert_eq!(locks.status_all().unwrap(), []);
    }
}
