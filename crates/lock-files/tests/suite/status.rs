//! Who has what can be read, and is true.

use std::time::{Duration, SystemTime};

use lock_files::{DirLocks, LockError, Map, Mode, Value};

use crate::child::Child;
use crate::{folder, open};

#[test]
fn a_holder_is_told_with_user_process_host_thread_and_time() {
    let (folder, locks) = open("status-holder");
    let mut child = Child::of(&folder);
    let before = SystemTime::now() - Duration::from_secs(1);
    assert_eq!(child.ask("lock scan1 write"), "held");
    let status = locks.status("scan1").unwrap();
    let [holder] = &status.holders[..] else { panic!("{status}") };
    assert_eq!((holder.mode, holder.pid, holder.user.as_deref()), (Mode::Write, child.pid(), Some("child")));
    assert!(holder.host.as_ref().is_some_and(|host| !host.is_empty()));
    assert!(holder.thread_id.is_some());
    assert_eq!(holder.is_alive, Some(true));
    assert!(holder.since.is_some_and(|since| since > before && since <= SystemTime::now()));
    assert!(status.to_string().starts_with("scan1: write by child (process "), "{status}");
}

#[test]
fn the_status_of_scan1_does_not_show_scan10() {
    let (_, locks) = open("status-exact");
    let _guard = locks.lock("scan10", Mode::Write).unwrap();
    assert_eq!(locks.status("scan1").unwrap().to_string(), "scan1: free");
    let all: Vec<_> = locks.status_all().unwrap().into_iter().map(|status| status.id).collect();
    assert_eq!(all, ["scan10"]);
}

#[test]
fn all_readers_are_told_and_go_one_by_one() {
    let (folder, locks) = open("status-readers");
    let (mut one, mut other) = (Child::of(&folder), Child::of(&folder));
    let mine = (locks.lock("scan1", Mode::Read).unwrap(), locks.lock("scan1", Mode::Read).unwrap());
    assert_eq!(one.ask("lock scan1 read"), "held");
    assert_eq!(other.ask("lock scan1 read"), "held");
    let told = || locks.status("scan1").unwrap().holders.iter().map(|holder| holder.pid).collect::<Vec<_>>();
    let me = i32::try_from(std::process::id()).unwrap();
    assert_eq!(told(), [me, me, one.pid(), other.pid()]);
    drop(mine);
    assert_eq!(told(), [one.pid(), other.pid()]);
    assert_eq!(one.ask("release scan1"), "released true");
    assert_eq!(told(), [other.pid()]);
    assert!(folder.join(".locks/scan1.lock").exists() && folder.join(".locks/scan1.info").exists());
    assert_eq!(other.ask("release scan1"), "released true");
    assert!(!folder.join(".locks/scan1.info").exists());
    assert_eq!(told(), [0; 0]);
}

#[test]
fn what_plantdb_reads_is_there() {
    let (folder, locks) = open("status-plantdb");
    for mode in [Mode::Read, Mode::Write] {
        let guard = locks.ask("scan1", mode).user("alice").lock().unwrap();
        let text = std::fs::read_to_string(folder.join(".locks/scan1.info")).unwrap();
        let info: Value = serde_json::from_str(&text).unwrap();
        let kind = if mode == Mode::Read { "shared" } else { "exclusive" };
        assert_eq!(
            (&info["resource_id"], &info["level"], &info["lock_type"]),
            (&"scan1".into(), &"scan".into(), &kind.into())
        );
        assert_eq!((&info["user"], &info["pid"]), (&"alice".into(), &std::process::id().into()));
        assert!(info["timestamp"].is_f64() && info["thread_id"].is_u64());
        drop(guard);
    }
}

#[test]
fn more_can_be_said_of_a_holder_but_not_in_the_place_of_what_all_have() {
    let folder = folder("status-fields");
    let hook = |asked: lock_files::Asked<'_>| Map::from_iter([("role".to_owned(), format!("{}'s", asked.user).into())]);
    let locks = DirLocks::builder(&folder).user("alice").fields(hook).open().unwrap();
    let guard = locks.ask("scan1", Mode::Read).field("job", 17).lock().unwrap();
    let holder = &locks.status("scan1").unwrap().holders[0];
    assert_eq!((&holder.fields["role"], &holder.fields["job"]), (&"alice's".into(), &17.into()));
    drop(guard);
    let error = locks.ask("scan1", Mode::Write).field("pid", 1).lock().unwrap_err();
    assert!(matches!(&error, LockError::ReservedField { name } if name == "pid"), "{error}");
    assert!(locks.try_lock("scan1", Mode::Write).is_ok(), "nothing stays locked by a refused request");
}

#[test]
fn a_torn_text_hides_no_holder_and_stops_nobody() {
    let (folder, locks) = open("status-torn");
    let mut child = Child::of(&folder);
    for mode in ["write", "read"] {
        std::fs::write(folder.join(".locks/scan1.info"), "{\"resource_id\": \"sc").unwrap();
        assert_eq!(child.ask(&format!("lock scan1 {mode} 0")), "held");
        std::fs::write(folder.join(".locks/scan1.info"), "{\"resource_id\": \"sc").unwrap();
        let status = locks.status("scan1").unwrap();
        if cfg!(target_os = "linux") {
            assert_eq!(status.holders.iter().map(|holder| holder.pid).collect::<Vec<_>>(), [child.pid()], "{status}");
        }
        assert_eq!(child.ask("release scan1"), "released true");
    }
}
