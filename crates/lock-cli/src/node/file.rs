//! Settings in a TOML file.

use std::path::Path;

use toml::{Table, Value};

use super::given::{AllGiven, Given, KEYS, Source, did_you_mean};

impl AllGiven {
    /// Adds what a file says.
    pub(super) fn read_file(&mut self, path: &Path) {
        let text = match std::fs::read_to_string(path) {
            Ok(text) => text,
            Err(error) => return self.mistakes.push(format!("{}: cannot be read: {error}", path.display())),
        };
        match text.parse::<Table>() {
            Ok(table) => table.into_iter().for_each(|(key, value)| self.take(path, &key, value)),
            Err(error) => self.mistakes.push(format!("{}: {}", path.display(), error.to_string().trim_end())),
        }
    }

    fn take(&mut self, path: &Path, key: &str, value: Value) {
        let source = Source::File(path.to_owned());
        match (KEYS.iter().find(|known| **known == key), value) {
            (Some(key), Value::String(text)) => self.set(key, text, source),
            (Some(key), Value::Integer(number)) => self.set(key, number.to_string(), source),
            (Some(key), value) => {
                self.mistakes
                    .push(format!("{key}: {value} ({source}) is {}; a text or a number is allowed", kind(&value)));
            }
            (None, Value::Table(peers)) if key == "peers" => self.take_peers(peers, &source),
            (None, value) if key == "peers" => {
                let allowed = "allowed is a table, such as [peers] with lines like n2 = \"127.0.0.1:7402\"";
                self.mistakes.push(format!("peers: {value} ({source}) is {}; {allowed}", kind(&value)));
            }
            (None, _) if key == "secret" => {
                // Not even shown: it may be one.
                let why = "a secret does not stand among the settings, which are shown and copied";
                self.mistakes
                    .push(format!("secret ({source}): {why}; write it to a file of its own and set `secret_file`"));
            }
            (None, _) => {
                let near = did_you_mean(key, KEYS.into_iter().chain(["peers"]));
                self.mistakes.push(format!("{key} ({source}): there is no such setting{near}"));
            }
        }
    }

    fn take_peers(&mut self, peers: Table, source: &Source) {
        self.peers.clear();
        for (name, address) in peers {
            match address {
                Value::String(value) => {
                    self.peers.insert(name, Given { value, source: source.clone() });
                }
                other => {
                    let kind = kind(&other);
                    self.mistakes.push(format!("peers.{name}: {other} ({source}) is {kind}; allowed is \"HOST:PORT\""));
                }
            }
        }
    }
}

fn kind(value: &Value) -> &'static str {
    match value {
        Value::String(_) => "a text",
        Value::Integer(_) => "a number",
        Value::Float(_) => "a number with a point",
        Value::Boolean(_) => "true or false",
        Value::Datetime(_) => "a date",
        Value::Array(_) => "a list",
        Value::Table(_) => "a table",
    }
}
