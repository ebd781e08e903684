//! Python processes of `plantdb.commons` and ours compete for the same ids.
//!
//! The package, pinned, is installed into the folder for temporary files below `target`, once. Without a Python that it takes, the tests say so
//! and do nothing. `LOCK_FILES_COMPETE_MS` makes the competitions longer.

use std::path::{Path, PathBuf};
use std::process::Command;
use std::sync::OnceLock;

use lock_files::{DirLocks, Kept, Mode};

use crate::arena::{self, Meeting};
use crate::child::Child;
use crate::{LONG, folder, is_busy, open, until_a_writer_waits};

const FILES: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/tests/plantdb");

/// What its release does to the lock file.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Release {
    /// Takes it away, as it comes.
    Unlinks,
    /// Leaves it, as it should.
    KeepsFiles,
}

/// The Python that has the package; `None` if there is no Python for it.
fn python() -> Option<&'static Path> {
    static PYTHON: OnceLock<Option<PathBuf>> = OnceLock::new();
    PYTHON.get_or_init(install).as_deref()
}

fn install() -> Option<PathBuf> {
    let environment = PathBuf::from(env!("CARGO_TARGET_TMPDIR")).join("plantdb-0.17.0");
    let (python, done) = (environment.join("bin/python"), environment.join("installed"));
    if done.exists() {
        return Some(python);
    }
    let Some(system) = ["python3.12", "python3.11", "python3.10", "python3"].into_iter().find(|name| is_taken(name))
    else {
        eprintln!("\n*** SKIPPED: no Python from 3.10 to 3.12 here, so nothing was tried beside plantdb ***\n");
        return None;
    };
    run(Command::new(system).args(["-m", "venv", "--clear"]).arg(&environment));
    run(Command::new(&python)
        .args(["-m", "pip", "install", "--quiet", "--no-deps", "--disable-pip-version-check", "-r"])
        .arg(format!("{FILES}/requirements.txt")));
    std::fs::write(done, "").unwrap();
    Some(python)
}

/// Whether it is there, and one that the package takes.
fn is_taken(name: &str) -> bool {
    let asked = Command::new(name)
        .args(["-c", "import sys, venv; sys.exit(not (3, 10) <= sys.version_info < (3, 13))"])
        .output();
    asked.is_ok_and(|output| output.status.success())
}

fn run(command: &mut Command) {
    let output = command.output().unwrap();
    assert!(output.status.success(), "{command:?}: {}", String::from_utf8_lossy(&output.stderr));
}

/// A process of plantdb; `None` if there is no Python.
fn peer(folder: &Path, release: Release) -> Option<Child> {
    let release = if release == Release::KeepsFiles { "keeps-files" } else { "unlinks" };
    Some(Child::run(Command::new(python()?).arg(format!("{FILES}/peer.py")).arg(folder).arg(release)))
}

#[test]
fn a_plantdb_and_ours_keep_each_other_out_as_their_modes_demand() {
    let (folder, locks) = open("plantdb-modes");
    let Some(mut peer) = peer(&folder, Release::Unlinks) else { return };
    for (theirs, ours, together) in [
        ("write", Mode::Write, false),
        ("write", Mode::Read, false),
        ("read", Mode::Write, false),
        ("read", Mode::Read, true),
    ] {
        assert_eq!(peer.ask(&format!("lock scan1 {theirs} 5000")), "held");
        assert_eq!(!is_busy(&locks.try_lock("scan1", ours)), together, "{theirs}, then {ours}");
        assert_eq!(peer.ask("release scan1"), "released");
        let guard = locks.try_lock("scan1", ours).unwrap();
        let expected = if together { "held" } else { "timed out" };
        assert_eq!(peer.ask(&format!("lock scan1 {theirs} 100")), expected, "{ours}, then {theirs}");
        if together {
            assert_eq!(peer.ask("release scan1"), "released");
        }
        drop(guard);
    }
}

#[test]
fn who_waits_for_a_plantdb_is_served_when_it_releases_and_when_it_is_killed() {
    let (folder, locks) = open("plantdb-waits");
    let Some(mut peer) = peer(&folder, Release::Unlinks) else { return };
    let mut ours = Child::of(&folder);
    assert_eq!(peer.ask("lock scan1 write 5000"), "held");
    ours.order("lock scan1 write");
    until_a_writer_waits(&locks, "scan1");
    assert_eq!(peer.ask("release scan1"), "released");
    assert_eq!(ours.answer(), "held");
    assert_eq!(ours.ask("release scan1"), "released true");
    assert_eq!(peer.ask("lock scan1 write 5000"), "held");
    ours.order("lock scan1 write");
    until_a_writer_waits(&locks, "scan1");
    peer.kill();
    assert_eq!(ours.answer(), "held");
}

#[test]
fn both_read_who_has_it() {
    let (folder, locks) = open("plantdb-info");
    let Some(mut peer) = peer(&folder, Release::Unlinks) else { return };
    for (mode, named, kind) in [(Mode::Write, "write", "exclusive"), (Mode::Read, "read", "shared")] {
        let guard = locks.ask("scan1", mode).user("alice").lock().unwrap();
        assert_eq!(peer.ask("info scan1"), format!("{kind} alice {} scan1 scan", std::process::id()));
        assert_eq!(peer.ask("status scan1"), "{'exclusive': None, 'shared': []}", "it tells of its own only");
        drop(guard);
        assert_eq!(peer.ask(&format!("lock scan1 {named} 5000")), "held");
        let status = locks.status("scan1").unwrap();
        let [holder] = &status.holders[..] else { panic!("{status}") };
        assert_eq!((holder.mode, holder.pid, holder.user.as_deref()), (mode, peer.pid(), Some("python")));
        assert_eq!(holder.is_alive, Some(true));
        assert_eq!(peer.ask("release scan1"), "released");
    }
}

#[test]
fn a_plantdb_that_starts_and_cleans_up_takes_nothing_from_ours() {
    let (folder, locks) = open("plantdb-cleans");
    let Some(mut peer) = peer(&folder, Release::Unlinks) else { return };
    for mode in [Mode::Write, Mode::Read] {
        let guard = locks.lock("scan1", mode).unwrap();
        assert_eq!(peer.ask("clean"), "cleaned");
        assert!(guard.is_named().unwrap());
        assert_eq!(peer.ask("lock scan1 write 50"), "timed out");
        assert_eq!(locks.status("scan1").unwrap().holders.len(), 1);
        drop(guard);
    }
    assert_eq!(peer.ask("clean"), "cleaned");
    assert!(!folder.join(".locks/scan1.lock").exists(), "it takes away what nobody has");
    drop(locks.try_lock("scan1", Mode::Write).unwrap());
}

#[test]
fn ours_take_nothing_from_a_plantdb_when_they_open_and_clean_up() {
    let (folder, _) = open("plantdb-cleaned");
    let Some(mut peer) = peer(&folder, Release::Unlinks) else { return };
    for mode in ["write", "read"] {
        assert_eq!(peer.ask(&format!("lock scan1 {mode} 5000")), "held");
        let locks = DirLocks::open(&folder).unwrap();
        assert_eq!(locks.status("scan1").unwrap().holders.len(), 1, "what it said stays");
        assert_eq!(locks.cleanup_all().unwrap().kept, [("scan1".to_owned(), Kept::Locked)]);
        assert!(is_busy(&locks.try_lock("scan1", Mode::Write)));
        assert_eq!(peer.ask("release scan1"), "released");
    }
    assert_eq!(peer.ask("lock scan2 write 5000"), "held");
    peer.kill();
    DirLocks::open(&folder).unwrap();
    assert!(!folder.join(".locks/scan2.info").exists(), "it is dead");
}

/// Two processes of each, both modes, one id. All meetings, if there is a Python.
fn compete(test: &str, release: Release) -> Option<Vec<Meeting>> {
    let folder = folder(test);
    let ms: u64 = std::env::var("LOCK_FILES_COMPETE_MS").map_or(2500, |ms| ms.parse().unwrap());
    let arena = folder.join("arena");
    arena::prepare(&arena);
    let mut all = [peer(&folder, release)?, peer(&folder, release)?, Child::of(&folder), Child::of(&folder)];
    all.iter_mut().for_each(|child| child.order(&format!("compete {} {ms}", arena.display())));
    let entries: Vec<u64> = all.iter_mut().map(|child| child.answer().parse().unwrap()).collect();
    let met = arena::meetings(&arena);
    println!("{test}: entries of two plantdb and two of ours {entries:?}; meetings {}", met.len());
    assert!(entries.iter().all(|entries| *entries > 0), "everybody got in: {entries:?}");
    drop(DirLocks::open(&folder).unwrap().lock_timeout("scan1", Mode::Write, LONG).unwrap());
    Some(met)
}

#[test]
fn nobody_meets_beside_a_plantdb_that_keeps_its_files() {
    let Some(met) = compete("plantdb-keeps", Release::KeepsFiles) else { return };
    assert_eq!(met, []);
}

#[test]
fn beside_a_plantdb_that_unlinks_only_those_meet_whom_it_led_to_another_file() {
    let Some(met) = compete("plantdb-unlinks", Release::Unlinks) else { return };
    let among_ours: Vec<_> = met.iter().filter(|(one, other)| one.kind == "ours" && other.kind == "ours").collect();
    assert!(among_ours.is_empty(), "{among_ours:?}");
    let unexplained: Vec<_> = met.iter().filter(|(one, other)| one.inode == other.inode).collect();
    assert!(unexplained.is_empty(), "had the same file locked: {unexplained:?}");
}
