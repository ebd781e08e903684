//! Layers and limits: what the manifests and sources must look like.

#![allow(clippy::unwrap_used)] // a test may panic

use std::collections::{BTreeMap, BTreeSet};
use std::fs;
use std::path::{Path, PathBuf};

/// Who may depend on whom, tests included. A crate that is not in here has to be thought about first.
const LAYERS: [(&str, &[&str]); 11] = [
    ("lock-core", &[]),
    ("lock-server", &["lock-core"]),
    ("lock-agent", &["lock-core", "lock-server"]),
    ("gordian", &["lock-agent", "lock-core", "lock-server", "lock-sim"]),
    ("lock-sim", &["lock-agent", "lock-core", "lock-server"]),
    ("lock-files", &["lock-core"]),
    ("lock-cli", &["lock-agent", "lock-core", "lock-files", "lock-server", "lock-sim", "gordian"]),
    ("gordian-bank", &["gordian"]),
    ("gordian-zarr", &["gordian"]),
    ("gordian-bench", &["lock-agent", "lock-core", "lock-files", "lock-server", "lock-sim", "gordian"]),
    ("xtask", &[]),
];

/// What `lock-core` may take from others: nothing that has a clock, a task, a socket or a log.
const PURE: [&str; 8] = ["foldhash", "hashbrown", "petgraph", "serde", "slab", "smallvec", "smol_str", "thiserror"];

/// Files of the link between nodes.
const LINKS: [&str; 11] = [
    "crates/lock-server/src/network/accept.rs",
    "crates/lock-server/src/network/admin/ask.rs",
    "crates/lock-server/src/network/admin/desk.rs",
    "crates/lock-server/src/network/admin/whom.rs",
    "crates/lock-server/src/network/builder.rs",
    "crates/lock-server/src/network/caller.rs",
    "crates/lock-server/src/network/codec.rs",
    "crates/lock-server/src/network/dial.rs",
    "crates/lock-server/src/network/door.rs",
    "crates/lock-server/src/network/lobby.rs",
    "crates/lock-server/src/network/tls.rs",
];
/// The files of actors, and those that keep an address of one.
const ACTORS: [&str; 6] = [
    "crates/lock-agent/src/agent.rs",
    "crates/lock-agent/src/shared.rs",
    "crates/lock-server/src/node.rs",
    "crates/lock-server/src/server.rs",
    "crates/lock-server/src/supervisor.rs",
    "crates/lock-server/src/network/dial.rs",
];

/// Names of drawers, not of concepts.
const DRAWERS: [&str; 6] = ["utils.rs", "helpers.rs", "common.rs", "misc.rs", "types.rs", "manager.rs"];

const MOST_LINES: usize = 600;
const MANY_LINES: usize = 400;

struct Source {
    path: String,
    text: String,
}

impl Source {
    /// The code that ships: neither comments nor what stands behind `#[cfg(test)]`.
    fn code(&self) -> impl Iterator<Item = (usize, &str)> {
        let shipped = self.text.split("#[cfg(test)]").next().unwrap_or_default();
        shipped.lines().enumerate().filter(|(_, line)| !line.trim_start().starts_with("//"))
    }

    fn is_library(&self) -> bool {
        self.path.contains("src/")
            && !self.path.starts_with("xtask")
            && !self.path.starts_with("bench")
            && !self.path.starts_with("fuzz")
            && !self.path.starts_with("examples")
            && !self.path.ends_with("/tests.rs")
    }
}

fn root() -> PathBuf {
    PathBuf::from(env!("CARGO_MANIFEST_DIR"))
}

fn read(path: &Path) -> String {
    fs::read_to_string(path).unwrap_or_else(|error| panic!("{}: {error}", path.display()))
}

/// Every Rust file of the workspace, by its path from the root.
fn sources() -> Vec<Source> {
    let mut found = Vec::new();
    let mut folders: Vec<PathBuf> =
        ["src", "tests", "examples", "benches", "bench", "crates", "xtask", "fuzz/fuzz_targets"]
            .iter()
            .map(|folder| root().join(folder))
            .filter(|folder| folder.is_dir())
            .collect();
    while let Some(folder) = folders.pop() {
        for entry in fs::read_dir(&folder).expect("the folder is there") {
            let path = entry.expect("the entry is there").path();
            if path.is_dir() && path.file_name().is_some_and(|name| name != "target") {
                folders.push(path);
            } else if path.extension().is_some_and(|extension| extension == "rs") {
                let name = path.strip_prefix(root()).expect("below the root").display().to_string();
                found.push(Source { path: name.replace('\\', "/"), text: read(&path) });
            }
        }
    }
    found.sort_by(|one, other| one.path.cmp(&other.path));
    assert!(found.len() > 50, "the sources are found");
    found
}

/// The manifest of every crate, by the crate's name.
fn manifests() -> BTreeMap<String, String> {
    let mut folders = vec![
        root(),
        root().join("xtask"),
        root().join("bench"),
        root().join("examples/bank"),
        root().join("examples/zarr"),
    ];
    folders.extend(fs::read_dir(root().join("crates")).expect("there are crates").flatten().map(|entry| entry.path()));
    let manifests = folders.iter().map(|folder| folder.join("Cargo.toml")).filter(|path| path.is_file());
    let named = manifests.map(|path| read(&path)).map(|manifest| {
        let package = manifest.split("[package]").nth(1).expect("a package");
        let name = package.lines().find_map(|line| line.strip_prefix("name = ")).expect("a name");
        (name.trim_matches('"').to_owned(), manifest)
    });
    named.collect()
}

/// The names in the sections of a manifest whose head satisfies a condition.
fn dependencies(manifest: &str, section: impl Fn(&str) -> bool) -> BTreeSet<String> {
    let mut inside = false;
    let mut names = BTreeSet::new();
    for line in manifest.lines().map(str::trim) {
        if line.starts_with('[') {
            let head = line.trim_matches(['[', ']']);
            inside = section(head);
            if let (true, Some((_, name))) = (inside, head.split_once("dependencies.")) {
                names.insert(name.to_owned());
            }
        } else if inside && !line.is_empty() && !line.starts_with('#') {
            let name = line.split(['.', ' ', '=']).next().unwrap_or_default();
            names.insert(name.trim_matches('"').to_owned());
        }
    }
    names
}

fn none(wrong: &[String], rule: &str) {
    assert!(wrong.is_empty(), "{rule}:\n  {}", wrong.join("\n  "));
}

#[test]
fn crates_depend_only_on_the_layers_below() {
    let allowed: BTreeMap<&str, &[&str]> = LAYERS.into_iter().collect();
    let manifests = manifests();
    let mut wrong = Vec::new();
    for (name, manifest) in &manifests {
        let Some(below) = allowed.get(name.as_str()) else {
            wrong.push(format!("{name} has no layer"));
            continue;
        };
        let ours = dependencies(manifest, |head| head.contains("dependencies") && !head.starts_with("workspace"));
        let ours = ours.into_iter().filter(|other| manifests.contains_key(other));
        wrong.extend(ours.filter(|other| !below.contains(&other.as_str())).map(|other| format!("{name} -> {other}")));
    }
    none(&wrong, "an arrow of the layers points the wrong way");
}

#[test]
fn the_facade_ships_without_the_simulator() {
    let manifest = &manifests()["gordian"];
    assert!(!dependencies(manifest, |head| head == "dependencies").contains("lock-sim"));
}

#[test]
fn the_rules_are_pure() {
    let used = dependencies(&manifests()["lock-core"], |head| head == "dependencies");
    let wrong: Vec<_> = used.into_iter().filter(|name| !PURE.contains(&name.as_str())).collect();
    none(&wrong, "lock-core has no clock, no randomness, no tasks, no sockets, no logging");
}

#[test]
fn only_files_of_actors_name_the_actor_library() {
    let naming = |word: &str| {
        let shipped = sources().into_iter().filter(Source::is_library);
        let naming = shipped.filter(|source| source.code().any(|(_, line)| line.contains(&format!("{word}::"))));
        naming.map(|source| source.path).collect::<Vec<_>>()
    };
    let wrong: Vec<_> = naming("ractor").into_iter().filter(|path| !ACTORS.contains(&path.as_str())).collect();
    none(&wrong, "names ractor, and is no file of an actor");
    let wrong: Vec<_> = naming("tonic").into_iter().filter(|path| !LINKS.contains(&path.as_str())).collect();
    none(&wrong, "names tonic, and is no file of a link");
}

#[test]
fn no_crate_has_unsafe_code() {
    let manifests = manifests();
    let workspace = &manifests["gordian"];
    assert!(workspace.contains("unsafe_code = \"forbid\""), "the workspace forbids unsafe code");
    let inherits = |manifest: &str| dependencies(manifest, |head| head == "lints").contains("workspace");
    let wrong: Vec<_> = manifests.iter().filter(|(_, text)| !inherits(text)).map(|(name, _)| name.clone()).collect();
    none(&wrong, "does not take the lints of the workspace");
}

#[test]
fn files_are_short() {
    let long = |most: usize| {
        let counted = sources().into_iter().map(|source| (source.text.lines().count(), source.path));
        counted.filter(|(lines, _)| *lines > most).map(|(lines, path)| format!("{path}: {lines}")).collect::<Vec<_>>()
    };
    for file in long(MANY_LINES) {
        println!("has more than {MANY_LINES} lines, split it when you come by: {file}");
    }
    none(&long(MOST_LINES), "has more lines than any file may have");
}

#[test]
fn files_are_named_after_concepts() {
    let wrong: Vec<_> = sources()
        .into_iter()
        .map(|source| source.path)
        .filter(|path| DRAWERS.contains(&path.rsplit('/').next().unwrap_or_default()))
        .collect();
    none(&wrong, "is named after a drawer: its concept has no name yet");
}

#[test]
fn library_code_does_not_unwrap() {
    let mut wrong = Vec::new();
    for source in sources().iter().filter(|source| source.is_library()) {
        let lines = source.code().filter(|(_, line)| line.contains(".unwrap()"));
        wrong.extend(lines.map(|(at, line)| format!("{}:{}: {}", source.path, at + 1, line.trim())));
    }
    none(&wrong, "expect says why it cannot fail; unwrap does not");
}

#[test]
fn every_promise_is_on_the_page_of_guarantees_or_in_a_test() {
    let violations = read(&root().join("crates/lock-core/src/violation.rs"));
    let body = violations.split("pub enum Violation {").nth(1).expect("the enum");
    let variants = body.lines().filter_map(|line| line.strip_prefix("    ")).filter_map(|line| {
        let name: String = line.chars().take_while(char::is_ascii_alphanumeric).collect();
        line.starts_with(|first: char| first.is_ascii_uppercase()).then_some(name)
    });
    let page = read(&root().join("docs/guarantees.md"));
    let tests: Vec<Source> = sources().into_iter().filter(|source| source.path.contains("tests")).collect();
    let variants: Vec<String> = variants.collect();
    assert!(variants.len() >= 8, "the variants are found");
    let told = |name: &str| page.contains(name) || tests.iter().any(|test| test.text.contains(name));
    let wrong: Vec<_> = variants.into_iter().filter(|name| !told(name)).collect();
    none(&wrong, "is a promise that no page and no test names");
}

#[test]
fn every_story_of_the_guarantees_exists() {
    let page = read(&root().join("docs/guarantees.md"));
    let named = page.split('`').filter(|word| word.ends_with(".scenario") && !word.contains('*'));
    let wrong: Vec<_> =
        named.filter(|path| !root().join("scenarios").join(path).is_file()).map(str::to_owned).collect();
    none(&wrong, "docs/guarantees.md names a story that is not there");
}
