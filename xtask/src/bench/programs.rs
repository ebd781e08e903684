//! The programs that measure, and how they are built.

use std::path::{Path, PathBuf};
use std::process::Command;

use super::rows::Peer;
use crate::workspace::{Outcome, cargo, printed, root, target};

/// A program that measures one peer.
#[derive(Debug)]
pub(crate) struct Program {
    pub(crate) peer: Peer,
    path: PathBuf,
    /// Stand before the case on the command line.
    args: &'static [&'static str],
    /// Its cases, or why it is missing.
    pub(crate) state: Result<Vec<String>, String>,
}

impl Program {
    fn new(peer: Peer, path: PathBuf, args: &'static [&'static str]) -> Self {
        let mut program = Self { peer, path, args, state: Ok(Vec::new()) };
        let list = printed(program.command().arg("--list"));
        program.state = match list {
            Some(list) if !list.is_empty() => Ok(list.lines().map(str::to_owned).collect()),
            _ => Err("not built".into()),
        };
        program
    }

    fn missing(peer: Peer, why: String) -> Self {
        Self { peer, path: PathBuf::new(), args: &[], state: Err(why) }
    }

    /// The program, ready for what it is to do.
    pub(crate) fn command(&self) -> Command {
        let mut command = Command::new(&self.path);
        command.args(self.args);
        command
    }

    /// Whether it can measure a case.
    pub(crate) fn has(&self, case: &str) -> bool {
        self.state.as_ref().is_ok_and(|cases| cases.iter().any(|known| known == case))
    }

    /// What it says about the version of what it measures.
    pub(crate) fn version(&self) -> Option<String> {
        self.state.as_ref().ok()?;
        printed(self.command().arg("--version")).filter(|version| !version.is_empty())
    }
}

/// Builds all programs. Our own must build; a peer that cannot be had is missing.
pub(crate) fn build(gordian_only: bool) -> Outcome<Vec<Program>> {
    if !cargo().args(["build", "--release", "--package", "gordian-bench"]).status()?.success() {
        return Err("gordian-bench does not build".into());
    }
    let release = |name| target().join("release").join(name);
    let mut programs = vec![
        Program::new(Peer::Gordian, release("bench-gordian"), &[]),
        Program::new(Peer::Gordian, release("bench-memory"), &[]),
    ];
    if !gordian_only {
        programs.extend(rocksdb(&root().join("bench/peers/rocksdb.cc"))?);
        programs.push(Program::new(Peer::Tokio, release("bench-tokio"), &[]));
        programs.push(parking_lot()?);
    }
    Ok(programs)
}

fn rocksdb(source: &Path) -> Outcome<[Program; 2]> {
    let folder = target().join("bench-peers");
    std::fs::create_dir_all(&folder)?;
    let path = folder.join("rocksdb");
    let built = Command::new("g++")
        .args(["-std=c++20", "-O2", "-Wall", "-Wextra", "-o"])
        .arg(&path)
        .arg(source)
        .args(["-lrocksdb", "-lpthread"])
        .output();
    let why = match built {
        Ok(output) if output.status.success() => {
            let plain = Program::new(Peer::RocksDb, path.clone(), &[]);
            return Ok([plain, Program::new(Peer::RocksDbTuned, path, &["tuned"])]);
        }
        Ok(output) => {
            let text = String::from_utf8_lossy(&output.stderr).into_owned();
            let reason = text.lines().find(|line| line.contains("error")).unwrap_or("g++ failed");
            format!("not built ({}); it needs librocksdb-dev", reason.trim())
        }
        Err(error) => format!("not built (g++: {error})"),
    };
    Ok([Peer::RocksDb, Peer::RocksDbTuned].map(|peer| Program::missing(peer, why.clone())))
}

/// In a target folder of its own as well, so that neither build disturbs the other.
fn parking_lot() -> Outcome<Program> {
    let folder = target().join("bench-peers");
    let manifest = "bench/peers/parking-lot/Cargo.toml";
    let mut build = cargo();
    build.args(["build", "--release", "--quiet", "--manifest-path", manifest, "--target-dir"]);
    if !build.arg(&folder).status()?.success() {
        return Ok(Program::missing(Peer::ParkingLot, "not built".into()));
    }
    Ok(Program::new(Peer::ParkingLot, folder.join("release/bench-parking-lot"), &[]))
}
