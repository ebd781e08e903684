//! Who has it already is let in again, and only that one.

use std::time::Duration;

use lock_files::{LockError, Mode, Owner};

use crate::{is_busy, open};

#[test]
fn an_owner_is_let_in_again_and_the_last_guard_releases() {
    let (_, locks) = open("owners-again");
    let owner = Owner::new();
    let outer = locks.ask("scan1", Mode::Write).owner(&owner).lock().unwrap();
    let inner = locks.ask("scan1", Mode::Write).owner(&owner.clone()).lock().unwrap();
    let weaker = locks.ask("scan1", Mode::Read).owner(&owner).lock().unwrap();
    assert_eq!(weaker.mode(), Mode::Read);
    drop(outer);
    drop(weaker);
    assert!(inner.is_held());
    assert!(is_busy(&locks.try_lock("scan1", Mode::Read)), "the owner still has it");
    drop(inner);
    assert!(locks.try_lock("scan1", Mode::Write).is_ok());
}

#[test]
fn another_owner_of_the_same_thread_and_user_is_not_let_in() {
    let (_, locks) = open("owners-other");
    let _guard = locks.ask("scan1", Mode::Write).owner(&Owner::new()).user("alice").lock().unwrap();
    let other = locks.ask("scan1", Mode::Write).owner(&Owner::new()).user("alice").within(Duration::ZERO).lock();
    assert!(is_busy(&other));
}

#[test]
fn an_owner_who_reads_and_asks_to_write_is_told_so_and_keeps_what_it_has() {
    let (_, locks) = open("owners-reads");
    let owner = Owner::new();
    let guard = locks.ask("scan1", Mode::Read).owner(&owner).lock().unwrap();
    let error = locks.ask("scan1", Mode::Write).owner(&owner).lock().unwrap_err();
    assert!(matches!(&error, LockError::OwnerReads { id } if id == "scan1"), "{error}");
    assert!(is_busy(&locks.try_lock("scan1", Mode::Write)));
    drop(guard);
    assert!(locks.ask("scan1", Mode::Write).owner(&owner).lock().is_ok());
}
