//! What stands in the way is told, and tricks lead nowhere.

use std::fs;
use std::os::unix::fs::{MetadataExt, symlink};
use std::path::Path;
use std::process::Command;

use lock_files::{DirLocks, FileTrouble, InvalidId, LockError, Mode, OpenError, TroubleKind};

use crate::{folder, open};

fn kind<T: std::fmt::Debug>(outcome: Result<T, LockError>) -> TroubleKind {
    match outcome.unwrap_err() {
        LockError::File(FileTrouble { kind, .. }) => kind,
        other => panic!("{other}"),
    }
}

#[test]
fn a_folder_that_is_not_there_is_told() {
    let error = DirLocks::open(folder("files-missing").join("no/such")).unwrap_err();
    assert!(matches!(error, OpenError::NoFolder(_)));
    assert!(error.to_string().ends_with("no/such: there is no such folder"), "{error}");
}

#[test]
fn a_link_in_the_place_of_the_folder_of_locks_is_not_followed() {
    let (folder, elsewhere) = (folder("files-linked-folder"), folder("files-elsewhere"));
    symlink(&elsewhere, folder.join(".locks")).unwrap();
    let error = DirLocks::open(&folder).unwrap_err();
    assert!(matches!(&error, OpenError::File(FileTrouble { kind: TroubleKind::NotPlain, .. })), "{error}");
    assert_eq!(fs::read_dir(elsewhere).unwrap().count(), 0);
}

#[test]
fn a_link_in_the_place_of_a_lock_file_is_not_followed() {
    let (folder, locks) = open("files-linked");
    let victim = folder.join("victim");
    fs::write(&victim, "precious").unwrap();
    symlink(&victim, folder.join(".locks/a.lock")).unwrap();
    symlink(&victim, folder.join(".locks/.gordian/b.held")).unwrap();
    symlink(folder.join("not-there"), folder.join(".locks/c.lock")).unwrap();
    for id in ["a", "b", "c"] {
        assert_eq!(kind(locks.try_lock(id, Mode::Write)), TroubleKind::NotPlain);
    }
    assert!(!folder.join("not-there").exists());
    assert_eq!(fs::read_to_string(victim).unwrap(), "precious");
}

#[test]
fn who_holds_a_lock_writes_through_no_link_and_no_second_name() {
    let (folder, locks) = open("files-info");
    let victim = folder.join("victim");
    for mode in [Mode::Write, Mode::Read] {
        for hard in [true, false] {
            let info = folder.join(".locks/a.info");
            fs::write(&victim, "precious").unwrap();
            if hard { fs::hard_link(&victim, &info) } else { symlink(&victim, &info) }.unwrap();
            let guard = locks.try_lock("a", mode).unwrap();
            assert_eq!(locks.status("a").unwrap().holders.len(), 1, "it has a file of its own there");
            drop(guard);
            assert_eq!(fs::read_to_string(&victim).unwrap(), "precious", "{mode}, {hard}");
            let _ = fs::remove_file(info);
        }
    }
}

#[test]
fn what_is_no_file_is_refused_without_waiting_for_it() {
    let (folder, locks) = open("files-no-file");
    fs::create_dir(folder.join(".locks/a.lock")).unwrap();
    assert_eq!(kind(locks.try_lock("a", Mode::Write)), TroubleKind::NotPlain);
    assert!(Command::new("mkfifo").arg(folder.join(".locks/b.lock")).status().unwrap().success());
    assert_eq!(kind(locks.try_lock("b", Mode::Write)), TroubleKind::NotPlain);
    fs::create_dir(folder.join(".locks/c.info")).unwrap();
    assert_eq!(kind(locks.try_lock("c", Mode::Write)), TroubleKind::NotPlain);
    assert_eq!(kind(locks.try_lock("c", Mode::Read)), TroubleKind::NotPlain);
}

#[test]
fn a_folder_that_was_taken_away_is_told_and_locks_nothing() {
    let (folder, locks) = open("files-gone");
    drop(locks.lock("a", Mode::Write).unwrap());
    fs::remove_dir_all(folder.join(".locks")).unwrap();
    assert_eq!(kind(locks.try_lock("a", Mode::Write)), TroubleKind::Missing);
}

#[test]
fn ids_that_cannot_be_locked_are_told() {
    let (_, locks) = open("files-ids");
    assert!(matches!(locks.try_lock("", Mode::Read), Err(LockError::Id(InvalidId::Empty))));
    assert!(matches!(locks.status(&"x".repeat(300)), Err(LockError::Id(InvalidId::TooLong { bytes: 300, .. }))));
}

#[test]
fn no_lock_file_is_ever_written_to() {
    let (folder, locks) = open("files-content");
    fs::write(folder.join(".locks/a.lock"), "somebody's note").unwrap();
    drop(locks.lock("a", Mode::Write).unwrap());
    assert_eq!(fs::metadata(folder.join(".locks/a.lock")).unwrap().size(), 15);
}

/// Runs this test program's `inside_a_mount` in a folder that is mounted with these options, where that is allowed.
fn mounted(test: &str, options: &str, expected: &str) {
    let folder = folder(test);
    let script = "mount -t tmpfs -o size=16k,nr_inodes=12 tmpfs \"$0\" && mkdir -p \"$0/.locks\" && eval \"$2\" && \
        exec \"$1\" --exact files::inside_a_mount --nocapture";
    let output = Command::new("unshare")
        .args(["--mount", "--map-root-user", "sh", "-c", script])
        .arg(&folder)
        .arg(std::env::current_exe().unwrap())
        .arg(options)
        .env("LOCK_FILES_TEST_MOUNT", &folder)
        .env("LOCK_FILES_TEST_EXPECTED", expected)
        .output();
    let output = output.map(|output| (output.status.success(), String::from_utf8_lossy(&output.stdout).into_owned()));
    match output {
        Ok((true, said)) if said.contains("as expected") => {}
        Ok((false, said)) if said.is_empty() => eprintln!("SKIPPED {test}: nothing may be mounted here"),
        Err(error) => eprintln!("SKIPPED {test}: no `unshare` here: {error}"),
        Ok((_, said)) => panic!("{said}"),
    }
}

#[test]
fn a_read_only_folder_is_told() {
    mounted("files-read-only", "mount -o remount,ro \"$0\"", "ReadOnly");
}

#[test]
fn a_full_disk_is_told_and_locks_nothing() {
    mounted("files-full", "head -c 1000000 /dev/zero > \"$0/big\" 2>/dev/null; true", "Full");
}

/// Run as a test of its own it does nothing.
#[test]
fn inside_a_mount() {
    let Ok(folder) = std::env::var("LOCK_FILES_TEST_MOUNT") else { return };
    let tried = DirLocks::open(Path::new(&folder)).map_err(|error| match error {
        OpenError::File(trouble) => trouble,
        other @ OpenError::NoFolder(_) => panic!("{other}"),
    });
    let tried = tried.and_then(|locks| match locks.try_lock("a", Mode::Write) {
        Err(LockError::File(trouble)) => {
            assert_eq!(locks.status("a").unwrap().holders, []);
            Err(trouble)
        }
        other => Ok(format!("{other:?}")),
    });
    let trouble = tried.unwrap_err();
    assert_eq!(format!("{:?}", trouble.kind), std::env::var("LOCK_FILES_TEST_EXPECTED").unwrap(), "{trouble}");
    println!("as expected: {trouble}");
}
