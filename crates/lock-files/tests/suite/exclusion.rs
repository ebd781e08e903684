//! Nobody who writes has company.

use std::time::Duration;

use lock_files::{DirLocks, Mode};

use crate::arena;
use crate::child::Child;
use crate::{folder, is_busy, open};

#[test]
fn a_writer_keeps_everybody_of_other_processes_out() {
    let (folder, locks) = open("exclusion-writer");
    let mut child = Child::of(&folder);
    let guard = locks.lock("scan1", Mode::Write).unwrap();
    assert_eq!(child.ask("lock scan1 read 0"), "busy");
    assert_eq!(child.ask("lock scan1 write 0"), "busy");
    drop(guard);
    assert_eq!(child.ask("lock scan1 write 0"), "held");
    assert!(is_busy(&locks.try_lock("scan1", Mode::Read)));
    assert!(is_busy(&locks.try_lock("scan1", Mode::Write)));
}

#[test]
fn readers_of_several_processes_share_and_keep_writers_out() {
    let (folder, locks) = open("exclusion-readers");
    let (mut one, mut other) = (Child::of(&folder), Child::of(&folder));
    assert_eq!(one.ask("lock scan1 read 0"), "held");
    assert_eq!(other.ask("lock scan1 read 0"), "held");
    let guard = locks.try_lock("scan1", Mode::Read).unwrap();
    assert_eq!(one.ask("release scan1"), "released true");
    drop(guard);
    assert!(is_busy(&locks.try_lock("scan1", Mode::Write)), "one still reads");
    assert_eq!(other.ask("release scan1"), "released true");
    assert!(locks.try_lock("scan1", Mode::Write).is_ok());
}

#[test]
fn a_second_thread_with_the_same_user_name_is_not_let_in() {
    let (_, locks) = open("exclusion-user");
    let guard = locks.ask("scan1", Mode::Write).user("alice").lock().unwrap();
    let second = locks.clone();
    let tried =
        std::thread::spawn(move || second.ask("scan1", Mode::Write).user("alice").within(Duration::ZERO).lock());
    assert!(is_busy(&tried.join().unwrap()));
    drop(guard);
}

#[test]
fn two_openings_of_a_folder_exclude_each_other_within_a_process() {
    let (folder, locks) = open("exclusion-openings");
    let other = DirLocks::open(folder).unwrap();
    let guard = locks.lock("scan1", Mode::Write).unwrap();
    assert!(is_busy(&other.try_lock("scan1", Mode::Read)));
    drop(guard);
    assert!(other.try_lock("scan1", Mode::Read).is_ok());
}

#[test]
fn a_second_reader_stands_in_the_way_of_no_other_id() {
    let (folder, locks) = open("exclusion-unrelated");
    let mut child = Child::of(&folder);
    let readers = (locks.lock("scan1", Mode::Read).unwrap(), locks.lock("scan1", Mode::Read).unwrap());
    assert!(locks.try_lock("scan2", Mode::Write).is_ok());
    assert_eq!(child.ask("lock scan2 write 0"), "held");
    drop(readers);
}

#[test]
fn ids_that_look_alike_do_not_meet() {
    let (_, locks) = open("exclusion-alike");
    let ids =
        ["scan1", "scan10", "scan_1", "scan1_a", "a/b", "a%2Fb", "a%252Fb", "..", ".", "50%", "größe", "a b", "a\nb"];
    let guards: Vec<_> = ids.iter().map(|id| locks.try_lock(id, Mode::Write).unwrap()).collect();
    assert_eq!(guards.iter().map(lock_files::Guard::id).collect::<Vec<_>>(), ids);
    assert!(ids.iter().all(|id| is_busy(&locks.try_lock(id, Mode::Read))));
}

#[test]
fn no_two_of_four_processes_meet_of_which_one_writes() {
    let folder = folder("exclusion-four");
    let arena = folder.join("arena");
    arena::prepare(&folder.join("arena"));
    let mut children: Vec<_> = (0..4).map(|_| Child::of(&folder)).collect();
    children.iter_mut().for_each(|child| child.order(&format!("compete {} 1000", arena.display())));
    let entries: Vec<u64> = children.iter_mut().map(|child| child.answer().parse().unwrap()).collect();
    assert!(entries.iter().all(|entries| *entries > 0), "everybody got in: {entries:?}");
    assert_eq!(arena::meetings(&arena), []);
}

#[test]
fn nobody_meets_while_files_are_cleaned_away_and_the_folder_is_opened_again_and_again() {
    let folder = folder("exclusion-cleaned");
    let arena = folder.join("arena");
    arena::prepare(&arena);
    let mut children: Vec<_> = (0..3).map(|_| Child::of(&folder)).collect();
    children.iter_mut().for_each(|child| child.order(&format!("compete {} 1000", arena.display())));
    let until = std::time::Instant::now() + Duration::from_secs(1);
    let mut cleaned = 0;
    while std::time::Instant::now() < until {
        let locks = DirLocks::open(&folder).unwrap();
        cleaned += locks.cleanup_all().unwrap().removed.len();
    }
    children.iter_mut().for_each(|child| assert_ne!(child.answer(), "0"));
    println!("cleaned away {cleaned} times");
    assert_eq!(arena::meetings(&arena), []);
}

#[test]
fn a_file_that_lost_its_name_is_not_believed() {
    let (folder, locks) = open("exclusion-names");
    let other = DirLocks::open(&folder).unwrap();
    drop(locks.lock("scan1", Mode::Write).unwrap()); // it keeps the files open, for the next time
    std::fs::remove_file(folder.join(".locks/.gordian/scan1.held")).unwrap();
    std::fs::remove_file(folder.join(".locks/scan1.lock")).unwrap();
    let guard = locks.lock("scan1", Mode::Write).unwrap();
    assert!(guard.is_named().unwrap());
    // As a plantdb does: that file alone does not decide among ours.
    std::fs::remove_file(folder.join(".locks/scan1.lock")).unwrap();
    assert!(!guard.is_named().unwrap());
    assert!(is_busy(&other.try_lock("scan1", Mode::Read)));
    drop(guard);
}

#[test]
#[cfg(target_os = "linux")]
fn who_waited_for_a_file_that_was_taken_away_locks_the_one_that_has_its_name() {
    use std::os::unix::fs::MetadataExt;
    let (folder, locks) = open("exclusion-waited");
    drop(locks.lock("scan1", Mode::Write).unwrap());
    let path = folder.join(".locks/scan1.lock");
    let peer = std::fs::File::open(&path).unwrap();
    peer.lock().unwrap();
    let mut child = Child::of(&folder);
    child.order("lock scan1 write");
    let number = format!(":{} ", peer.metadata().unwrap().ino());
    let waits = |line: &str| line.contains("->") && line.contains(&number);
    while !std::fs::read_to_string("/proc/locks").unwrap().lines().any(waits) {
        std::thread::yield_now();
    }
    std::fs::remove_file(&path).unwrap();
    peer.unlock().unwrap();
    assert_eq!(child.answer(), "held");
    assert!(std::fs::File::open(&path).unwrap().try_lock().is_err(), "whoever comes now is kept out");
}
