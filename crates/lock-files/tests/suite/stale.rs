//! What the dead leave behind is taken away, and nothing else.

use std::path::Path;

use lock_files::{Cleanup, DirLocks, Kept, Mode};
use serde_json::{Value, json};

use crate::child::Child;
use crate::{folder, open};

fn info(folder: &Path, id: &str) -> std::path::PathBuf {
    folder.join(format!(".locks/{id}.info"))
}

fn is_told(folder: &Path, id: &str) -> bool {
    info(folder, id).exists()
}

/// What a living child says of itself, to be changed and left behind.
fn left_behind(test: &str, change: impl Fn(&mut Value)) -> (std::path::PathBuf, Child) {
    let folder = folder(test);
    let mut child = Child::of(&folder);
    assert_eq!(child.ask("lock scan1 write"), "held");
    let mut said: Value = serde_json::from_slice(&std::fs::read(info(&folder, "scan1")).unwrap()).unwrap();
    assert_eq!(child.ask("release scan1"), "released true");
    change(&mut said);
    std::fs::write(info(&folder, "scan1"), said.to_string()).unwrap();
    DirLocks::open(&folder).unwrap();
    (folder, child)
}

#[test]
fn what_a_killed_holder_said_is_taken_away_when_the_folder_is_opened() {
    let folder = folder("stale-killed");
    for mode in ["write", "read"] {
        let (mut dead, mut alive) = (Child::of(&folder), Child::of(&folder));
        assert_eq!(dead.ask(&format!("lock dead_scan_1 {mode}")), "held");
        assert_eq!(alive.ask(&format!("lock living_scan_1 {mode}")), "held");
        dead.kill();
        let locks = DirLocks::open(&folder).unwrap();
        assert!(!is_told(&folder, "dead_scan_1"));
        assert!(is_told(&folder, "living_scan_1"), "its holder lives");
        assert_eq!(locks.status("living_scan_1").unwrap().holders[0].pid, alive.pid());
    }
}

#[test]
fn a_torn_text_that_nobody_holds_is_taken_away() {
    let folder = folder("stale-torn");
    std::fs::create_dir_all(folder.join(".locks")).unwrap();
    std::fs::write(info(&folder, "scan1"), "").unwrap();
    DirLocks::open(&folder).unwrap();
    assert!(!is_told(&folder, "scan1"));
}

#[test]
fn what_a_living_process_said_stays_even_if_its_lock_is_not_seen() {
    let (folder, _child) = left_behind("stale-living", |_| ());
    assert!(is_told(&folder, "scan1"));
}

#[test]
#[cfg(target_os = "linux")]
fn a_later_process_of_the_same_number_is_not_taken_for_the_holder() {
    let earlier = |text: &mut Value| text["started"] = json!(text["started"].as_u64().unwrap() - 1);
    let (folder, _child) = left_behind("stale-number", earlier);
    assert!(!is_told(&folder, "scan1"));
    // A plantdb says only when the lock was had: before the process of that number began.
    let plantdb = |text: &mut Value| {
        *text = json!({"resource_id": "scan1", "level": "scan", "lock_type": "exclusive", "user": "u",
            "timestamp": text["timestamp"].as_f64().unwrap() - 3600.0, "pid": text["pid"], "thread_id": 1});
    };
    let (folder, _child) = left_behind("stale-number-plantdb", plantdb);
    assert!(!is_told(&folder, "scan1"));
}

#[test]
fn what_another_machine_said_stays_until_the_next_one_locks() {
    let (folder, _child) = left_behind("stale-elsewhere", |text| text["host"] = json!("elsewhere"));
    assert!(is_told(&folder, "scan1"));
    let locks = DirLocks::open(&folder).unwrap();
    assert_eq!(locks.status("scan1").unwrap().holders, [], "nobody has it locked");
    drop(locks.try_lock("scan1", Mode::Write).unwrap());
    assert!(!is_told(&folder, "scan1"));
}

#[test]
fn twenty_who_open_a_new_folder_at_once_all_succeed() {
    let folder = folder("stale-together");
    let start = std::sync::Barrier::new(20);
    std::thread::scope(|scope| {
        for _ in 0..20 {
            scope.spawn(|| {
                start.wait();
                let locks = DirLocks::open(&folder).unwrap();
                drop(locks.lock("scan1", Mode::Write).unwrap());
            });
        }
    });
}

#[test]
fn a_clean_up_of_all_knows_every_id_and_leaves_what_is_held() {
    let (folder, locks) = open("stale-all");
    for id in ["a_b", "a_b_c", "a/b", "50%", "scan1", "scan10"] {
        drop(locks.lock(id, Mode::Write).unwrap());
    }
    let guard = locks.lock("scan1", Mode::Read).unwrap();
    let Cleanup { mut removed, kept } = DirLocks::open(&folder).unwrap().cleanup_all().unwrap();
    removed.sort_unstable();
    assert_eq!(removed, ["50%", "a/b", "a_b", "a_b_c", "scan10"]);
    assert_eq!(kept, [("scan1".to_owned(), Kept::Locked)]);
    assert!(guard.is_held() && guard.is_named().unwrap());
    drop(locks.lock("a_b", Mode::Write).unwrap()); // what was open for it has no name any more
    drop(guard);
    let left: Vec<_> =
        std::fs::read_dir(folder.join(".locks")).unwrap().map(|entry| entry.unwrap().file_name()).collect();
    assert_eq!(left.len(), 3, "two ids, and the folder for ours: {left:?}");
}
