//! Lock and unlock a free id, by one thread.

use std::path::Path;
use std::process::Command;
use std::time::{Duration, Instant};

use gordian_bench::report;
use lock_files::{DirLocks, Mode};

/// Short and many: on a machine that is not quiet, both see the same noise.
const ROUNDS: usize = 21;
const TIME: Duration = Duration::from_millis(400);
const SCRIPT: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/peers/directory_locks.py");

pub(crate) fn measure(folder: &Path) {
    let locks = DirLocks::open(folder).expect("the folder is ours");
    let python = std::env::var("PLANTDB_PYTHON").ok();
    if python.is_none() {
        eprintln!("plantdb is not measured: PLANTDB_PYTHON names no Python that has it");
    }
    for (mode, named) in [(Mode::Write, "exclusive"), (Mode::Read, "shared")] {
        let (mut ours, mut theirs) = (Vec::new(), Vec::new());
        for _ in 0..ROUNDS {
            ours.push(cycles(&locks, mode));
            theirs.extend(python.as_ref().map(|python| plantdb(python, folder, named)));
        }
        if !theirs.is_empty() {
            let ratios = ours.iter().zip(&theirs).map(|(ours, theirs)| ours / theirs).collect();
            report(&format!("cycles-{named}, times plantdb"), "", ratios);
            report(&format!("cycles-{named}-plantdb"), "1/s", theirs);
        }
        report(&format!("cycles-{named}"), "1/s", ours);
    }
}

fn cycles(locks: &DirLocks, mode: Mode) -> f64 {
    let (start, mut count) = (Instant::now(), 0.0);
    while start.elapsed() < TIME {
        for _ in 0..100 {
            drop(locks.lock("scan1", mode).expect("it is free"));
        }
        count += 100.0;
    }
    count / start.elapsed().as_secs_f64()
}

fn plantdb(python: &str, folder: &Path, mode: &str) -> f64 {
    let beside = folder.join("plantdb");
    std::fs::create_dir_all(&beside).expect("the folder is ours");
    let mut command = Command::new(python);
    let output = command.arg(SCRIPT).arg(beside).arg(mode).arg(TIME.as_secs_f64().to_string()).output();
    let text = String::from_utf8(output.expect("Python runs").stdout).expect("it prints text");
    text.trim().parse().expect("it prints a rate")
}
