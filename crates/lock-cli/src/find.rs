//! Which scenario files are meant, and what they say.

use std::fs;
use std::path::{Path, PathBuf};

use lock_sim::{EngineKind, Scenario, needs_many_nodes};

use crate::verdict::{Trouble, WrongFile};

/// All files that the paths name: a file is itself, a folder all that is below it, sorted.
pub(crate) fn find_files(paths: &[PathBuf]) -> Result<Vec<PathBuf>, Trouble> {
    let mut files = Vec::new();
    for path in paths {
        if path.is_dir() {
            let below = files_below(path)?;
            if below.is_empty() {
                return Err(Trouble::EmptyFolder(path.clone()));
            }
            files.extend(below);
        } else if path.exists() {
            files.push(path.clone());
        } else {
            return Err(Trouble::Missing(path.clone()));
        }
    }
    Ok(files)
}

/// Links to folders are not followed: they may lead round in a circle.
fn files_below(folder: &Path) -> Result<Vec<PathBuf>, Trouble> {
    let unreadable = |source| Trouble::Unreadable { path: folder.to_owned(), source };
    let mut files = Vec::new();
    for entry in fs::read_dir(folder).map_err(unreadable)? {
        let entry = entry.map_err(unreadable)?;
        let path = entry.path();
        if entry.file_type().map_err(unreadable)?.is_dir() {
            files.extend(files_below(&path)?);
        } else if path.extension().is_some_and(|extension| extension == "scenario") {
            files.push(path);
        }
    }
    files.sort();
    Ok(files)
}

/// Reads all files before any of them runs, and tells of all that are wrong.
pub(crate) fn load_all(files: &[PathBuf], engine: EngineKind) -> Result<Vec<Scenario>, Trouble> {
    let (mut scenarios, mut wrong) = (Vec::new(), Vec::new());
    for file in files {
        match load(file, engine) {
            Ok(scenario) => scenarios.push(scenario),
            Err(error) => wrong.push(error),
        }
    }
    if wrong.is_empty() { Ok(scenarios) } else { Err(Trouble::WrongFiles(wrong)) }
}

fn load(file: &Path, engine: EngineKind) -> Result<Scenario, WrongFile> {
    let scenario = Scenario::load(file)?;
    match needs_many_nodes(&scenario).filter(|_| !engine.has_many_nodes()) {
        Some(needs) => {
            let (line, needs) = (needs.line, needs.to_string());
            Err(WrongFile::ManyNodes { file: scenario.file, line, needs, engine })
        }
        None => Ok(scenario),
    }
}
