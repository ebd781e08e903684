//! What it all ran on.

use std::fs::read_to_string;
use std::process::Command;

use crate::workspace::{printed, root};

/// What the figures depend on, as pairs of name and value.
pub(crate) fn describe() -> Vec<(&'static str, String)> {
    let unknown = || "unknown".to_owned();
    let uname = |flag| printed(Command::new("uname").arg(flag)).unwrap_or_else(unknown);
    let rustc = printed(Command::new("rustc").arg("--version")).unwrap_or_else(unknown);
    let cores = std::thread::available_parallelism().map_or_else(|_| unknown(), |n| n.to_string());
    vec![
        ("Date", printed(Command::new("date").args(["-u", "+%F"])).unwrap_or_else(unknown)),
        ("CPU", cpu().unwrap_or_else(unknown)),
        ("Cores", cores),
        ("Kernel", format!("{} {} {}", uname("-s"), uname("-r"), uname("-m"))),
        ("Load of the last minute before", load().unwrap_or_else(unknown)),
        ("Compiler", rustc),
        ("Gordian", printed(Command::new("git").args(["describe", "--always", "--dirty"])).unwrap_or_else(unknown)),
        ("tokio", locked("Cargo.lock", "tokio").unwrap_or_else(unknown)),
        ("parking_lot", locked("Cargo.lock", "parking_lot").unwrap_or_else(unknown)),
    ]
}

fn cpu() -> Option<String> {
    let text = read_to_string("/proc/cpuinfo").ok()?;
    let line = text.lines().find(|line| line.starts_with("model name"))?;
    Some(line.split_once(':')?.1.trim().to_owned())
}

fn load() -> Option<String> {
    read_to_string("/proc/loadavg").ok()?.split_whitespace().next().map(str::to_owned)
}

/// The version of a package in a lock file.
fn locked(file: &str, package: &str) -> Option<String> {
    let text = read_to_string(root().join(file)).ok()?;
    let (_, after) = text.split_once(&format!("name = \"{package}\"\nversion = \""))?;
    Some(after.split_once('"')?.0.to_owned())
}
