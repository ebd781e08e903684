//! The holder is killed, and somebody waits.

use std::io::{Read, Write};
use std::path::Path;
use std::process::{Command, Stdio};

use gordian_bench::report;
use lock_files::{DirLocks, Mode};

use crate::crowd::now;

pub(crate) fn measure(folder: &Path) {
    let locks = DirLocks::open(folder).expect("the folder is ours");
    let times: Vec<f64> = (0..20).map(|_| killed(&locks, folder)).collect();
    report("killed: the next one has it after", "us", times);
}

/// Microseconds from the kill to the next one's lock.
fn killed(locks: &DirLocks, folder: &Path) -> f64 {
    let mut command = Command::new(std::env::current_exe().expect("it runs"));
    let mut holder = command.arg("holder").arg(folder).stdout(Stdio::piped()).spawn().expect("it starts");
    holder.stdout.as_mut().expect("it is piped").read_exact(&mut [0]).expect("it says that it has it");
    let next = {
        let locks = locks.clone();
        std::thread::spawn(move || {
            drop(locks.lock("killed", Mode::Write).expect("it comes"));
            now()
        })
    };
    while !waits() {
        assert!(!next.is_finished(), "somebody else has it");
        std::thread::yield_now();
    }
    let start = now();
    holder.kill().expect("it is there");
    let had = next.join().expect("it came");
    holder.wait().expect("it is ours");
    had - start
}

/// Whether a thread of this process waits for a lock of a file: the kernel lists who does with an arrow.
fn waits() -> bool {
    let own = std::process::id().to_string();
    let listed = std::fs::read_to_string("/proc/locks").expect("Linux lists its locks");
    listed.lines().any(|line| line.contains("->") && line.split_whitespace().any(|word| word == own))
}

/// Has it until it is killed.
pub(crate) fn be_holder(folder: &str) {
    let locks = DirLocks::open(folder).expect("the folder is there");
    let _guard = locks.lock("killed", Mode::Write).expect("it comes");
    std::io::stdout().write_all(b".").expect("somebody reads");
    std::io::stdout().flush().expect("somebody reads");
    loop {
        std::thread::park();
    }
}
