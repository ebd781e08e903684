//! Settings in the environment: `GORDIAN_` and the setting in capitals.

use super::given::{AllGiven, KEYS, Source, did_you_mean};

/// What stands before each name.
const PREFIX: &str = "GORDIAN_";
/// The secret itself.
pub(crate) const SECRET: &str = "GORDIAN_SECRET";
/// Where the secret is kept.
pub(crate) const SECRET_FILE: &str = "GORDIAN_SECRET_FILE";
/// The file of the settings.
pub(super) const CONFIG: &str = "GORDIAN_CONFIG";
/// Known, though no settings of a node.
const OTHERS: [&str; 6] = [SECRET, CONFIG, "GORDIAN_PEERS", crate::ask::NODE, "GORDIAN_SEED", "GORDIAN_SEEDS_TIMES"];

/// How a variable is asked for.
pub(crate) type Lookup<'a> = &'a dyn Fn(&str) -> Option<String>;

/// The variable of a setting.
pub(crate) fn variable(key: &str) -> String {
    format!("{PREFIX}{}", key.to_ascii_uppercase())
}

impl AllGiven {
    /// Adds what the environment says. Variables that are empty say nothing.
    pub(super) fn read_environment(&mut self, lookup: Lookup<'_>) {
        let lookup = |name: &str| lookup(name).filter(|value| !value.is_empty());
        for key in KEYS {
            let name = variable(key);
            if let Some(value) = lookup(&name) {
                self.set(key, value, Source::Environment(name));
            }
        }
        if let Some(peers) = lookup("GORDIAN_PEERS") {
            let source = Source::Environment(String::from("GORDIAN_PEERS"));
            self.set_peers(peers.split(',').map(str::trim).filter(|peer| !peer.is_empty()), &source);
        }
    }
}

/// Warnings about variables that look like settings and are none. No mistakes: container platforms set variables of their
/// own for each service, and one that is called `gordian` gets a `GORDIAN_PORT`.
pub(super) fn unknown(names: impl Iterator<Item = String>) -> Vec<String> {
    let known: Vec<String> = KEYS.into_iter().map(variable).chain(OTHERS.map(str::to_owned)).collect();
    let unknown = names.filter(|name| name.starts_with(PREFIX) && !known.contains(name));
    let warning = |name: String| {
        let near = did_you_mean(&name, known.iter().map(String::as_str));
        format!("the variable {name} is set, and is no setting{near}")
    };
    unknown.map(warning).collect()
}
