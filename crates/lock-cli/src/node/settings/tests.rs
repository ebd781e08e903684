use std::collections::BTreeMap;
use std::fs;
use std::path::Path;

use super::*;

/// Reads settings from a file with this text, these variables and these flags.
fn read(text: &str, variables: &[(&str, &str)], flags: NodeArguments) -> Result<Settings, Vec<String>> {
    let name = std::thread::current().name().unwrap_or("settings").replace("::", "-");
    let path = std::env::temp_dir().join(format!("gordian-{}-{name}.toml", std::process::id()));
    fs::write(&path, text).expect("written");
    let variables: BTreeMap<&str, &str> = variables.iter().copied().collect();
    let read = Settings::read(&NodeArguments { config: Some(path.clone()), ..flags }, &|name| {
        variables.get(name).map(|value| (*value).to_owned())
    });
    fs::remove_file(path).expect("it was there");
    read
}

fn mistakes(text: &str, variables: &[(&str, &str)], flags: NodeArguments) -> Vec<String> {
    read(text, variables, flags).expect_err("there are mistakes")
}

fn has(mistakes: &[String], parts: &[&str]) {
    let found = mistakes.iter().any(|mistake| parts.iter().all(|part| mistake.contains(part)));
    assert!(found, "no mistake with {parts:?} in {mistakes:#?}");
}

#[test]
fn flags_go_before_the_environment_and_that_before_the_file() {
    let text = "name = \"file\"\ncluster = \"file\"\nlisten = \"127.0.0.1:1\"\n[peers]\nfile = \"127.0.0.1:2\"\n";
    let variables =
        [("GORDIAN_CLUSTER", "variable"), ("GORDIAN_LISTEN", "127.0.0.1:3"), ("GORDIAN_PEERS", "variable=127.0.0.1:4")];
    let flags = NodeArguments { listen: Some("127.0.0.1:5".to_owned()), ..NodeArguments::default() };
    let settings = read(text, &variables, flags).expect("all good");
    let told = "node file of cluster variable, with variable (127.0.0.1:4), without a secret";
    assert_eq!(settings.summary(), told);
}

#[test]
fn all_mistakes_are_told_at_once_each_with_setting_value_source_and_what_is_allowed() {
    let text = "node_timeout_ms = 5\nlog_format = \"xml\"\nmax_claims = true\n[peers]\nn2 = 7402\n";
    let flags =
        NodeArguments { listen: Some("nowhere".to_owned()), peer: vec!["n3".to_owned()], ..NodeArguments::default() };
    let mistakes = mistakes(text, &[("GORDIAN_LOG", "loud=very"), ("GORDIAN_RECOVERY_TIMEOUT_MS", "soon")], flags);
    has(&mistakes, &["name: it is missing"]);
    has(&mistakes, &["listen", "`nowhere`", "--listen", "HOST:PORT"]);
    has(&mistakes, &["node_timeout_ms", "5 ms", ".toml", "30 to 3600000 ms are allowed"]);
    has(&mistakes, &["recovery_timeout_ms", "`soon`", "GORDIAN_RECOVERY_TIMEOUT_MS", "whole number"]);
    has(&mistakes, &["max_claims", "true", ".toml", "true or false", "a number is allowed"]);
    has(&mistakes, &["log_format", "`xml`", ".toml", "text and json"]);
    has(&mistakes, &["log:", "`loud=very`", "GORDIAN_LOG"]);
    has(&mistakes, &["peers", "`n3`", "--peer", "NAME=HOST:PORT"]);
    has(&mistakes, &["peers.n2", "7402", ".toml"]);
    assert_eq!(mistakes.len(), 9, "{mistakes:#?}");
}

#[test]
fn what_is_no_setting_is_a_mistake_with_the_nearest_one() {
    let mistakes = mistakes(
        "name = \"n1\"\nlissen = \"127.0.0.1:1\"\nnode_timeout = 100\nxyz = 1\n",
        &[],
        NodeArguments::default(),
    );
    has(&mistakes, &["lissen", "no such setting", "did you mean `listen`?"]);
    has(&mistakes, &["node_timeout", "no such setting", "did you mean `node_timeout_ms`?"]);
    assert!(mistakes.iter().any(|mistake| mistake.starts_with("xyz") && !mistake.contains("mean")), "{mistakes:#?}");
    assert_eq!(mistakes.len(), 3, "{mistakes:#?}");
}

#[test]
fn a_secret_does_not_stand_among_the_settings_nor_in_a_message() {
    let mistakes =
        mistakes("name = \"n1\"\nsecret = \"correct horse battery staple\"\n", &[], NodeArguments::default());
    has(&mistakes, &["secret", "secret_file"]);
    assert!(!mistakes.concat().contains("horse"), "{mistakes:#?}");
}

#[test]
fn a_secret_comes_from_one_place_and_is_long_enough() {
    let name = "name = \"n1\"\n";
    let with = |variables: &[(&str, &str)]| read(name, variables, NodeArguments::default());
    let settings = with(&[("GORDIAN_SECRET", "correct horse battery staple")]).expect("all good");
    assert!(settings.summary().ends_with(", with a secret"));
    has(&with(&[("GORDIAN_SECRET", "short")]).expect_err("short"), &["GORDIAN_SECRET", "5 bytes", "16 at least"]);
    let twice = [("GORDIAN_SECRET", "correct horse battery staple"), ("GORDIAN_SECRET_FILE", "s")];
    has(&with(&twice).expect_err("twice"), &["secret_file", "GORDIAN_SECRET as well"]);
    let missing = with(&[("GORDIAN_SECRET_FILE", "nowhere/secret"), ("GORDIAN_LISTEN", "0.0.0.0:7400")]);
    let mistakes = missing.expect_err("there is none");
    has(&mistakes, &["secret_file", "nowhere/secret", "GORDIAN_SECRET_FILE", "cannot be read"]);
    assert_eq!(mistakes.len(), 1, "that the address needs a secret is no second mistake: {mistakes:#?}");
}

#[test]
fn without_a_secret_nodes_stay_on_loopback() {
    let flags = NodeArguments { listen: Some("0.0.0.0:7400".to_owned()), ..NodeArguments::default() };
    has(&mistakes("name = \"n1\"\n", &[], flags), &["listen", "`0.0.0.0:7400`", "--listen", "without a secret"]);
}

#[test]
fn the_page_tells_of_every_setting() {
    let page = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../docs/node.md");
    let page = fs::read_to_string(page).expect("the page is there");
    for key in KEYS {
        let (variable, flag) = (format!("`GORDIAN_{}`", key.to_uppercase()), format!("`--{}`", key.replace('_', "-")));
        let row = page.lines().find(|line| line.starts_with(&format!("| `{key}`")));
        let row = row.unwrap_or_else(|| panic!("{key} has no row"));
        assert!(row.contains(&variable) && row.contains(&flag), "{row}");
    }
}
