//! What was said about settings, before anybody asks whether it is right: each value with where it comes from.

use std::collections::BTreeMap;
use std::fmt;
use std::path::PathBuf;

/// A setting of a node: its name in the file. `docs/node.md` tells of each.
pub(super) type Key = &'static str;

/// Every setting with one value, in the order in which they are told. Besides these there are `peers`.
pub(super) const KEYS: [Key; 13] = [
    "name",
    "cluster",
    "listen",
    "secret_file",
    "tls_ca",
    "tls_certificate",
    "tls_key",
    "node_timeout_ms",
    "recovery_timeout_ms",
    "handshake_timeout_ms",
    "max_claims",
    "log",
    "log_format",
];

/// Where a value comes from. What comes later goes before what comes earlier.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Source {
    File(PathBuf),
    Environment(String),
    Flag(String),
}

/// A value as it was written.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Given {
    pub(super) value: String,
    pub(super) source: Source,
}

/// All that was said.
#[derive(Debug, Default)]
pub(super) struct AllGiven {
    pub(super) values: BTreeMap<Key, Given>,
    /// The peers, by name: those of the last source that names any.
    pub(super) peers: BTreeMap<String, Given>,
    /// What could not be read.
    pub(super) mistakes: Vec<String>,
}

impl AllGiven {
    pub(super) fn set(&mut self, key: Key, value: impl Into<String>, source: Source) {
        self.values.insert(key, Given { value: value.into(), source });
    }

    /// Peers in the form `n2=127.0.0.1:7402`, instead of those named so far.
    pub(super) fn set_peers<'a>(&mut self, peers: impl IntoIterator<Item = &'a str>, source: &Source) {
        self.peers.clear();
        for peer in peers {
            let Some((name, address)) = peer.split_once('=') else {
                self.mistakes.push(format!(
                    "peers: `{peer}` ({source}) is no peer; allowed is NAME=HOST:PORT, such as n2=127.0.0.1:7402"
                ));
                continue;
            };
            let given = Given { value: address.trim().to_owned(), source: source.clone() };
            if self.peers.insert(name.trim().to_owned(), given).is_some() {
                self.mistakes.push(format!("peers: `{name}` is named twice ({source})"));
            }
        }
    }

    pub(super) fn value(&self, key: Key) -> Option<&str> {
        self.values.get(key).map(|given| given.value.as_str())
    }

    /// Where a setting comes from, in brackets; nothing, if nobody gave it.
    pub(super) fn from(&self, key: &str) -> String {
        let given = match key.strip_prefix("peers.") {
            Some(peer) => self.peers.get(peer),
            None => self.values.get(key),
        };
        given.map(|given| format!(" ({})", given.source)).unwrap_or_default()
    }
}

impl fmt::Display for Source {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::File(path) => write!(f, "in {}", path.display()),
            Self::Environment(name) | Self::Flag(name) => write!(f, "from {name}"),
        }
    }
}

/// Of some names the one that is nearest to a wrong one, as a question; nothing, if none is near.
pub(super) fn did_you_mean<'a>(wrong: &str, names: impl IntoIterator<Item = &'a str>) -> String {
    let near = names.into_iter().map(|name| (strsim::jaro_winkler(wrong, name), name));
    let nearest = near.filter(|(nearness, _)| *nearness > 0.8).max_by(|one, other| one.0.total_cmp(&other.0));
    nearest.map(|(_, name)| format!("; did you mean `{name}`?")).unwrap_or_default()
}
