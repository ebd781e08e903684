//! The settings of a node: read from a file, then the environment, then flags, and checked all at once.
//!
//! `docs/node.md` is the table of all settings, with defaults and reasons; a test compares it with [`KEYS`].

use std::path::PathBuf;
use std::time::Duration;

use lock_server::{ClusterBuilder, Credentials};
use tracing_subscriber::filter::{LevelFilter, Targets};

use super::credentials::told;
use super::environment::{CONFIG, Lookup};
use super::given::{AllGiven, KEYS, Key, Source};
use crate::arguments::NodeArguments;

/// What a node is to be.
#[derive(Debug)]
pub(super) struct Settings {
    pub(super) builder: ClusterBuilder,
    pub(super) log: Targets,
    pub(super) log_format: LogFormat,
    /// What is allowed, but not wise.
    pub(super) warnings: Vec<String>,
    summary: String,
}

/// How lines of the log are written.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum LogFormat {
    Text,
    Json,
}

impl Settings {
    /// Reads and checks everything.
    ///
    /// # Errors
    /// All mistakes.
    pub(super) fn read(arguments: &NodeArguments, lookup: Lookup<'_>) -> Result<Self, Vec<String>> {
        let mut given = AllGiven::default();
        let file =
            arguments.config.clone().or_else(|| lookup(CONFIG).filter(|file| !file.is_empty()).map(PathBuf::from));
        if let Some(path) = &file {
            given.read_file(path);
        }
        given.read_environment(lookup);
        given.read_flags(arguments);
        Self::check(given, lookup)
    }

    fn check(mut given: AllGiven, lookup: Lookup<'_>) -> Result<Self, Vec<String>> {
        let mut mistakes = std::mem::take(&mut given.mistakes);
        let mut builder = ClusterBuilder::new(given.value("name").unwrap_or_default());
        if given.value("name").is_none() {
            mistakes.push(String::from("name: it is missing; every node needs one, such as n1, that no other one has"));
        }
        if let Some(cluster) = given.value("cluster") {
            builder = builder.cluster(cluster);
        }
        if let Some(listen) = given.value("listen") {
            builder = builder.listen(listen);
        }
        for (peer, address) in &given.peers {
            builder = builder.peer(peer, &address.value);
        }
        builder = numbers(&given, builder, &mut mistakes);
        let (credentials, wrong, warnings) = given.credentials(lookup);
        // What could not be read would be missed by every address.
        let addresses_wait = credentials.are_none() && !wrong.is_empty();
        mistakes.extend(wrong.iter().map(|mistake| with_source(&given, mistake)));
        let summary = summary(&given, &credentials);
        builder = builder.credentials(credentials);
        let (log, log_format) = (log(&given, &mut mistakes), log_format(&given, &mut mistakes));
        let nameless = given.value("name").is_none();
        let of_builder = builder.mistakes().into_iter().filter(|mistake| {
            let is_told = nameless && mistake.starts_with("name:");
            !(is_told || addresses_wait && mistake.contains("not on loopback"))
        });
        mistakes.extend(of_builder.map(|mistake| with_source(&given, &mistake)));
        if !mistakes.is_empty() {
            return Err(mistakes);
        }
        Ok(Self { builder, log, log_format, warnings, summary })
    }

    /// Who it is and with whom, in one line.
    pub(super) fn summary(&self) -> String {
        self.summary.clone()
    }
}

impl AllGiven {
    fn read_flags(&mut self, arguments: &NodeArguments) {
        for (key, value) in KEYS.iter().filter_map(|key| Some((*key, arguments.value(key)?))) {
            self.set(key, value, Source::Flag(format!("--{}", key.replace('_', "-"))));
        }
        if !arguments.peer.is_empty() {
            self.set_peers(arguments.peer.iter().map(String::as_str), &Source::Flag(String::from("--peer")));
        }
    }
}

/// The times and limits. What is no number is a mistake here; what is out of range, one of the node's own.
fn numbers(given: &AllGiven, builder: ClusterBuilder, mistakes: &mut Vec<String>) -> ClusterBuilder {
    let mut number = |key: Key| {
        let value = given.value(key)?;
        let number: Option<u64> = value.replace('_', "").parse().ok();
        if number.is_none() {
            let from = given.from(key);
            mistakes.push(format!("{key}: `{value}`{from} is no number; a whole number from 0 on is allowed"));
        }
        number
    };
    let (node, recovery, claims) = (number("node_timeout_ms"), number("recovery_timeout_ms"), number("max_claims"));
    let handshake = number("handshake_timeout_ms");
    let mut timing = lock_core::Timing::default();
    if let Some(node_timeout) = node {
        // Who is impatient with nodes that fall silent does not want to wait longer for them at a start.
        timing = lock_core::Timing { node_timeout, recovery_timeout: node_timeout.saturating_mul(2) };
    }
    timing.recovery_timeout = recovery.unwrap_or(timing.recovery_timeout);
    let mut builder = builder.timing(timing);
    if let Some(handshake) = handshake {
        builder = builder.handshake_timeout(Duration::from_millis(handshake));
    }
    match claims {
        Some(claims) => builder.max_claims(usize::try_from(claims).unwrap_or(usize::MAX)),
        None => builder,
    }
}

fn log(given: &AllGiven, mistakes: &mut Vec<String>) -> Targets {
    let value = given.value("log").unwrap_or("info");
    // A word alone would be taken for a part whose every detail is wanted.
    let is_level = |word: &str| word.contains('=') || word.trim().parse::<LevelFilter>().is_ok();
    let targets = value.split(',').all(is_level).then(|| value.parse().ok()).flatten();
    let targets = targets.map(|targets: Targets| {
        // The actor library puts a span around everything at `info`.
        if value.contains("ractor") { targets } else { targets.with_target("ractor", LevelFilter::WARN) }
    });
    targets.unwrap_or_else(|| {
        let allowed = "off, error, warn, info, debug or trace, also by part, such as info,gordian::deadlock=warn";
        mistakes.push(format!("log: `{value}`{} is none; allowed are {allowed}", given.from("log")));
        Targets::default()
    })
}

fn log_format(given: &AllGiven, mistakes: &mut Vec<String>) -> LogFormat {
    match given.value("log_format").unwrap_or("text") {
        "text" => LogFormat::Text,
        "json" => LogFormat::Json,
        other => {
            let from = given.from("log_format");
            mistakes.push(format!("log_format: `{other}`{from} is none; allowed are text and json"));
            LogFormat::Text
        }
    }
}

/// A mistake that begins with its setting, and where that setting comes from.
fn with_source(given: &AllGiven, mistake: &str) -> String {
    let Some((setting, why)) = mistake.split_once(": ") else { return mistake.to_owned() };
    let setting = if setting.ends_with("_timeout") { format!("{setting}_ms") } else { setting.to_owned() };
    format!("{setting}{}: {why}", given.from(&setting))
}

fn summary(given: &AllGiven, credentials: &Credentials) -> String {
    let (name, cluster) = (given.value("name").unwrap_or_default(), given.value("cluster").unwrap_or("gordian"));
    let peers: Vec<String> = given.peers.iter().map(|(peer, at)| format!("{peer} ({})", at.value)).collect();
    let with = if peers.is_empty() { String::from("alone") } else { format!("with {}", peers.join(", ")) };
    format!("node {name} of cluster {cluster}, {with}, {}", told(credentials))
}

#[cfg(test)]
mod tests;
