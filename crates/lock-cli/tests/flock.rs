//! `gordian flock`: what is run under a lock, and how it ends.

#![cfg(unix)]
#![allow(clippy::unwrap_used)] // a test may panic

use std::fs;
use std::io::{BufRead, BufReader, Read};
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Output, Stdio};

fn folder(test: &str) -> PathBuf {
    let folder = Path::new(env!("CARGO_TARGET_TMPDIR")).join(test);
    let _ = fs::remove_dir_all(&folder);
    fs::create_dir_all(&folder).unwrap();
    folder
}

fn flock(folder: &Path, arguments: &[&str]) -> Command {
    let mut command = Command::new(env!("CARGO_BIN_EXE_gordian"));
    command.arg("flock").arg(folder).args(arguments);
    command
}

fn output(folder: &Path, arguments: &[&str]) -> Output {
    flock(folder, arguments).output().unwrap()
}

fn status(folder: &Path, arguments: &[&str]) -> Option<i32> {
    output(folder, arguments).status.code()
}

/// A command under the lock, that has said that it runs, and ends when its standard input does.
fn holding(folder: &Path, script: &str) -> Child {
    let mut child = flock(folder, &["scan1", "--", "sh", "-c", script])
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .spawn()
        .unwrap();
    let mut line = String::new();
    BufReader::with_capacity(1, child.stdout.as_mut().unwrap()).read_line(&mut line).unwrap();
    assert_eq!(line, "runs\n");
    child
}

const UNTIL_TOLD: &str = "echo runs; read line; exit 0";

#[test]
fn it_ends_as_the_command_does_and_leaves_nothing_locked() {
    let folder = folder("flock-status");
    let said = output(&folder, &["scan1", "--", "sh", "-c", "echo done; exit 7"]);
    assert_eq!((said.status.code(), &said.stdout[..]), (Some(7), &b"done\n"[..]));
    assert_eq!(status(&folder, &["scan1", "--timeout", "0", "--", "true"]), Some(0));
    assert!(!folder.join(".locks/scan1.info").exists());
}

#[test]
fn a_command_that_a_signal_ended_counts_as_shells_count() {
    assert_eq!(status(&folder("flock-signal"), &["scan1", "--", "sh", "-c", "kill -9 $$"]), Some(128 + 9));
}

#[test]
fn what_is_not_had_in_time_ends_with_75_and_nothing_is_run() {
    let folder = folder("flock-time");
    let mut holder = holding(&folder, UNTIL_TOLD);
    for limit in ["0", "20ms"] {
        let tried = output(&folder, &["scan1", "--timeout", limit, "--shared", "--", "touch", "/nonexistent/run"]);
        assert_eq!(tried.status.code(), Some(75));
        let text = String::from_utf8_lossy(&tried.stderr).into_owned();
        assert!(text.contains("scan1"), "{text}");
        if limit != "0" {
            assert!(text.contains(&format!("process {}", holder.id())), "it tells who has it: {text}");
        }
    }
    drop(holder.stdin.take());
    assert!(holder.wait().unwrap().success());
}

#[test]
fn those_who_share_run_at_once() {
    let folder = folder("flock-shared");
    let inner =
        format!("{} flock {} scan1 --shared --timeout 0 -- echo both", env!("CARGO_BIN_EXE_gordian"), folder.display());
    let said = output(&folder, &["scan1", "--shared", "--", "sh", "-c", &inner]);
    assert_eq!(&said.stdout[..], b"both\n");
}

#[test]
fn signals_are_passed_on_and_the_command_decides() {
    let folder = folder("flock-signals");
    let script = "trap 'echo told; exit 3' TERM; echo runs; while :; do read line || :; done";
    let mut holder = holding(&folder, script);
    let pid = holder.id().to_string();
    assert!(Command::new("kill").args(["-TERM", &pid]).status().unwrap().success());
    let mut rest = String::new();
    holder.stdout.take().unwrap().read_to_string(&mut rest).unwrap();
    assert_eq!(rest, "told\n");
    assert_eq!(holder.wait().unwrap().code(), Some(3));
}

#[test]
fn the_command_keeps_the_lock_if_gordian_is_killed() {
    let folder = folder("flock-killed");
    let mut holder = holding(&folder, UNTIL_TOLD);
    holder.kill().unwrap();
    let (stdin, mut stdout) = (holder.stdin.take().unwrap(), holder.stdout.take().unwrap());
    holder.wait().unwrap();
    assert_eq!(status(&folder, &["scan1", "--timeout", "0", "--", "true"]), Some(75));
    drop(stdin);
    stdout.read_to_end(&mut Vec::new()).unwrap(); // the command has ended
    assert_eq!(status(&folder, &["scan1", "--timeout", "30", "--", "true"]), Some(0));
}

#[test]
fn a_command_that_cannot_be_run_is_told_as_shells_do() {
    let folder = folder("flock-cannot");
    assert_eq!(status(&folder, &["scan1", "--", "no-such-command-here"]), Some(127));
    assert_eq!(status(&folder, &["scan1", "--", "/"]), Some(126));
}

#[test]
fn what_is_wrong_is_told_and_ends_with_2() {
    let folder = folder("flock-wrong");
    for (arguments, text) in [
        (vec!["", "--", "true"], "an empty id cannot be locked"),
        (vec!["scan1"], "required"),
        (vec!["scan1", "--timeout", "soon", "--", "true"], "a time is written as"),
    ] {
        let said = output(&folder, &arguments);
        assert_eq!(said.status.code(), Some(2), "{arguments:?}");
        let error = String::from_utf8_lossy(&said.stderr).into_owned();
        assert!(error.contains(text), "{error}");
    }
    let said = output(&folder.join("missing"), &["scan1", "--", "true"]);
    assert_eq!(said.status.code(), Some(2));
    assert!(String::from_utf8_lossy(&said.stderr).contains("there is no such folder"));
}
