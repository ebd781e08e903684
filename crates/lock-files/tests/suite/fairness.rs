//! Nobody is passed by for ever.

use std::sync::atomic::{AtomicBool, AtomicU64, Ordering::SeqCst};

use lock_files::Mode;

use crate::child::Child;
use crate::{is_busy, open, until_a_writer_waits};

#[test]
fn a_reader_who_comes_later_waits_behind_a_waiting_writer() {
    let (folder, locks) = open("fairness-turnstile");
    let (mut writer, mut late) = (Child::of(&folder), Child::of(&folder));
    let reader = locks.lock("scan1", Mode::Read).unwrap();
    writer.order("lock scan1 write");
    until_a_writer_waits(&locks, "scan1");
    assert_eq!(late.ask("lock scan1 read 0"), "busy");
    late.order("lock scan1 read");
    drop(reader);
    assert_eq!(writer.answer(), "held");
    assert!(is_busy(&locks.try_lock("scan1", Mode::Read)));
    assert_eq!(writer.ask("release scan1"), "released true");
    assert_eq!(late.answer(), "held");
}

#[test]
fn readers_that_never_leave_a_gap_do_not_starve_a_writer() {
    let (_, locks) = open("fairness-readers");
    let (over, turns) = (AtomicBool::new(false), AtomicU64::new(0));
    std::thread::scope(|scope| {
        for _ in 0..2 {
            scope.spawn(|| {
                // Each takes the next lock before it gives the last one back, unless a writer is in line.
                let mut guard = None;
                while !over.load(SeqCst) {
                    if let Ok(next) = locks.try_lock("scan1", Mode::Read) {
                        guard = Some(next);
                    } else {
                        drop(guard.take());
                    }
                    turns.fetch_add(1, SeqCst);
                }
            });
        }
        while turns.load(SeqCst) < 100 {
            std::thread::yield_now();
        }
        for _ in 0..10 {
            drop(locks.lock("scan1", Mode::Write).unwrap());
        }
        over.store(true, SeqCst);
    });
}

#[test]
fn writers_take_turns_with_readers_and_each_other() {
    let (_, locks) = open("fairness-turns");
    let over = AtomicBool::new(false);
    let had: Vec<AtomicU64> = (0..4).map(|_| AtomicU64::new(0)).collect();
    std::thread::scope(|scope| {
        for (at, had) in had.iter().enumerate() {
            let (locks, over) = (&locks, &over);
            scope.spawn(move || {
                let mode = if at % 2 == 0 { Mode::Write } else { Mode::Read };
                while !over.load(SeqCst) {
                    drop(locks.lock("scan1", mode).unwrap());
                    had.fetch_add(1, SeqCst);
                }
            });
        }
        while had.iter().any(|had| had.load(SeqCst) < 100) {
            std::thread::yield_now();
        }
        over.store(true, SeqCst);
    });
}
