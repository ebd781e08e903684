//! The command as its users meet it: exit status, and what it says where.

use std::fs;
use std::path::{Path, PathBuf};
use std::process::{Command, Output};

use lock_sim::{Scenario, needs_many_nodes};

const PASSES: &str = "# One writer has it.\ntx t1\ntx t2\nlock t1 a write\nlock t2 a read\nexpect t1 has-all\n";
const FAILS: &str = "# Two writers at once.\ntx t1\ntx t2\nlock t1 a write\nlock t2 a write\nexpect t2 has-all\n";
const RING: &str = "# A ring of two.\ntx alice\ntx bob\nlock alice a write\nlock bob b write\n\
    lock alice b write\nlock bob a write\n";

/// A new folder of this test's own.
fn folder(test: &str) -> PathBuf {
    let folder = Path::new(env!("CARGO_TARGET_TMPDIR")).join(test);
    let _ = fs::remove_dir_all(&folder);
    fs::create_dir_all(&folder).expect("created");
    folder
}

fn file(folder: &Path, name: &str, text: &str) -> String {
    let path = folder.join(name);
    fs::create_dir_all(path.parent().expect("has one")).expect("created");
    fs::write(&path, text).expect("written");
    path.display().to_string()
}

fn gordian(arguments: &[&str]) -> Output {
    Command::new(env!("CARGO_BIN_EXE_gordian")).args(arguments).output().expect("runs")
}

fn run(arguments: &[&str]) -> Output {
    gordian(&[&["run", "--engine", "naive"], arguments].concat())
}

fn status(output: &Output) -> Option<i32> {
    output.status.code()
}

fn stdout(output: &Output) -> String {
    String::from_utf8_lossy(&output.stdout).into_owned()
}

fn stderr(output: &Output) -> String {
    String::from_utf8_lossy(&output.stderr).into_owned()
}

#[test]
fn zero_if_all_held() {
    let folder = folder("zero");
    file(&folder, "b.scenario", PASSES);
    file(&folder, "a/x.scenario", RING);
    file(&folder, "a/notes.txt", "not a scenario");
    let output = run(&[folder.to_str().expect("text")]);
    assert_eq!(status(&output), Some(0), "{}", stderr(&output));
    let lines: Vec<_> = stdout(&output).lines().map(str::to_owned).collect();
    assert!(lines[0].ends_with("a/x.scenario  A ring of two."), "{lines:?}");
    assert!(lines[1].ends_with("b.scenario  One writer has it."), "{lines:?}");
    assert!(lines[2].starts_with("2 scenarios: 2 passed, 0 failed ("), "{lines:?}");
    assert!(!stdout(&output).contains('\x1b'), "no colour when nobody looks");
}

#[test]
fn one_if_an_expectation_failed() {
    let folder = folder("one");
    let (good, bad) = (file(&folder, "good.scenario", PASSES), file(&folder, "bad.scenario", FAILS));
    let output = run(&[&bad, &good]);
    assert_eq!(status(&output), Some(1));
    let text = stdout(&output);
    for part in [
        "FAIL",
        "bad.scenario:6",
        "6 | expect t2 has-all",
        "expected  t2 has-all",
        "seen      waiting for a",
        "t2 waits for write on a since 0 ms: t1 has write on a",
        "--engine naive --seed 0",
        "2 scenarios: 1 passed, 1 failed",
    ] {
        assert!(text.contains(part), "{part} in:\n{text}");
    }
}

#[test]
fn two_if_a_file_is_wrong_and_then_nothing_runs() {
    let folder = folder("two");
    file(&folder, "a.scenario", PASSES);
    file(&folder, "b.scenario", "tx t1\nlok t1 a read\n");
    file(&folder, "c.scenario", "tx t1\ncrash n1\n");
    let output = run(&[folder.to_str().expect("text")]);
    assert_eq!(status(&output), Some(2));
    assert_eq!(stdout(&output), "");
    let text = stderr(&output);
    assert!(text.contains("b.scenario:2: found `lok`, expected a command"), "{text}");
    assert!(text.contains("c.scenario:2: `crash` needs more than one node"), "{text}");
}

#[test]
fn two_if_an_argument_is_wrong() {
    let folder = folder("arguments");
    let good = file(&folder, "good.scenario", PASSES);
    let empty = folder.join("empty");
    fs::create_dir_all(&empty).expect("created");
    let refused = |arguments: &[&str], text: &str| {
        let output = gordian(arguments);
        assert_eq!(status(&output), Some(2), "{arguments:?}");
        assert!(stderr(&output).contains(text), "{text} in: {}", stderr(&output));
    };
    refused(&["run", "--engine", "naive", "no/such.scenario"], "no/such.scenario: there is no such file or folder");
    refused(&["run", "--engine", "naive", empty.to_str().expect("text")], "no *.scenario file in this folder");
    refused(&["run", "--engine", "fast", &good], "no engine is called `fast`");
    refused(&["run", "--repeat", "0", &good], "0");
    refused(&["run", "--repeat", "2", "--seed", "18446744073709551615", &good], "the last seed is larger");
    refused(&["run"], "FILE|FOLDER");
    refused(&["walk", &good], "walk");
    refused(&["run", "--engine", "naive", "--dot", "no/such/folder/x.dot", &good], "cannot be written");
}

#[test]
fn json_is_lines_of_json_and_nothing_else() {
    let folder = folder("json");
    let bad = file(&folder, "bad.scenario", FAILS);
    let output = run(&["--json", "--seed", "5", &bad]);
    assert_eq!(status(&output), Some(1));
    let entries: Vec<serde_json::Value> =
        stdout(&output).lines().map(|line| serde_json::from_str(line).expect(line)).collect();
    assert_eq!(entries[0]["entry"], "scenario");
    assert_eq!(entries[0]["seed"], 5);
    assert_eq!(entries[0]["names"][0], "t1");
    let verdict = &entries[entries.len() - 2];
    assert_eq!(verdict["passed"], false);
    assert_eq!(verdict["failure"]["line"], 6);
    assert_eq!(verdict["failure"]["graph"]["arrows"][0]["waiter"], 2);
    assert_eq!(entries[entries.len() - 1]["failed"], 1);
}

#[test]
fn repeat_tries_the_seeds_in_order() {
    let folder = folder("repeat");
    let good = file(&folder, "good.scenario", PASSES);
    let output = run(&["--json", "--seed", "3", "--repeat", "4", &good]);
    let seeds: Vec<u64> = stdout(&output)
        .lines()
        .map(|line| serde_json::from_str::<serde_json::Value>(line).expect(line))
        .filter(|entry| entry["entry"] == "verdict")
        .filter_map(|entry| entry["seed"].as_u64())
        .collect();
    assert_eq!(seeds, [3, 4, 5, 6]);
}

#[test]
fn graphs_are_written_with_the_names_of_the_file() {
    let folder = folder("graphs");
    let ring = file(&folder, "ring.scenario", RING);
    let path = |name: &str| folder.join(name).display().to_string();
    let output = run(&["--dot", &path("x.dot"), "--mermaid", &path("x.mmd"), &ring]);
    assert_eq!(status(&output), Some(0));
    let dot = fs::read_to_string(folder.join("x.dot")).expect("written");
    assert!(dot.starts_with("digraph") && dot.contains("label=\"bob\"") && dot.contains("victim"), "{dot}");
    let mermaid = fs::read_to_string(folder.join("x.mmd")).expect("written");
    assert!(mermaid.starts_with("flowchart") && mermaid.contains("\"bob\"):::victim"), "{mermaid}");
}

#[test]
fn a_run_is_drawn_as_a_picture() {
    let folder = folder("picture");
    let ring = file(&folder, "ring.scenario", RING);
    let picture = folder.join("x.svg");
    let output = run(&["--svg", picture.to_str().expect("text"), &ring]);
    assert_eq!(status(&output), Some(0), "{}", stderr(&output));
    let written = fs::read_to_string(&picture).expect("written");
    let document = roxmltree::Document::parse(&written).expect("well-formed");
    assert_eq!(document.root_element().tag_name().name(), "svg");
    assert!(document.descendants().any(|node| node.text() == Some("bob surrendered b")), "{written}");
    let explained = gordian(&["explain", "--engine", "naive", "--format", "svg", &ring]);
    assert_eq!(stdout(&explained), written, "explain draws the same");
    file(&folder, "second.scenario", PASSES);
    let many = gordian(&["explain", "--engine", "naive", "--format", "svg", folder.to_str().expect("text")]);
    assert_eq!(status(&many), Some(2));
    assert!(stderr(&many).contains("draws one file"), "{}", stderr(&many));
}

#[test]
fn explain_shows_the_deadlock_and_what_stands_at_the_end() {
    let folder = folder("explain");
    let ring = file(&folder, "ring.scenario", RING);
    let explain = |more: &[&str]| {
        let output = gordian(&[&["explain", "--engine", "naive", &ring], more].concat());
        assert_eq!(status(&output), Some(0), "{}", stderr(&output));
        stdout(&output)
    };
    let all = explain(&[]);
    for part in
        ["deadlock of alice bob:", "resolved: bob surrendered b", "bob waits for write on a", "digraph", "flowchart"]
    {
        assert!(all.contains(part), "{part} in:\n{all}");
    }
    assert!(!explain(&["--format", "text"]).contains("digraph"));
    assert!(explain(&["--format", "dot"]).starts_with("digraph"));
    assert!(explain(&["--format", "mermaid"]).starts_with("flowchart"));
    let json: serde_json::Value = serde_json::from_str(&explain(&["--format", "json"])).expect("JSON");
    assert_eq!(json["deadlocks"][0]["way_out"]["how"], "surrender");
}

#[test]
fn explain_of_a_story_that_fails_shows_its_end_and_says_so() {
    let folder = folder("explain-fails");
    let output = gordian(&["explain", "--engine", "naive", &file(&folder, "bad.scenario", FAILS)]);
    assert_eq!(status(&output), Some(1));
    assert!(stderr(&output).contains("bad.scenario:6: expect t2 has-all"));
    assert!(stdout(&output).contains("t2 waits for write on a"));
}

/// The stories, each with its file.
fn stories() -> Vec<(PathBuf, Scenario)> {
    let folders = fs::read_dir(Path::new(env!("CARGO_MANIFEST_DIR")).join("../../scenarios")).expect("there");
    let files = folders.flat_map(|folder| fs::read_dir(folder.expect("readable").path()).into_iter().flatten());
    let files = files.map(|file| file.expect("readable").path());
    files.map(|file| (file.clone(), Scenario::load(&file).expect("a well-formed story"))).collect()
}

#[test]
fn every_story_holds_on_each_engine() {
    let (many, one): (Vec<_>, Vec<_>) =
        stories().into_iter().partition(|(_, scenario)| needs_many_nodes(scenario).is_some());
    let names = |stories: &[(PathBuf, Scenario)]| -> Vec<String> {
        stories.iter().map(|(file, _)| file.display().to_string()).collect()
    };
    let (many, one) = (names(&many), names(&one));
    for (engine, stories) in [("sim", &one), ("naive", &one), ("sim", &many)] {
        let mut arguments = vec!["run", "--engine", engine, "--repeat", "20"];
        arguments.extend(stories.iter().map(String::as_str));
        let output = gordian(&arguments);
        assert_eq!(status(&output), Some(0), "{engine}: {}{}", stdout(&output), stderr(&output));
    }
    let output = gordian(&["run", "--engine", "naive", &many[0]]);
    assert_eq!(status(&output), Some(2), "{}", stdout(&output));
    assert!(stderr(&output).contains("needs more than one node"), "{}", stderr(&output));
}

#[test]
fn a_story_is_named_by_its_rule_and_starts_with_it() {
    let stories = stories();
    for (story, _) in &stories {
        let name = story.file_stem().and_then(|stem| stem.to_str()).expect("text");
        let kebab = |c: char| c.is_ascii_lowercase() || c.is_ascii_digit() || c == '-';
        assert!(name.chars().all(kebab), "{name}: lower case with - between");
        let text = fs::read_to_string(story).expect("readable");
        let expects = text.contains("\nexpect ") || text.contains("\ndrain");
        assert!(text.starts_with("# ") && expects, "{name}: a rule first, and something that must be true");
    }
    let many = stories.iter().filter(|(_, scenario)| needs_many_nodes(scenario).is_some()).count();
    assert!(stories.len() >= 190 && many >= 45, "{} stories, {many} of many nodes", stories.len());
}

#[test]
fn junit_has_a_test_case_a_file_with_the_wait_graph_of_a_failure() {
    let folder = folder("junit");
    let odd = FAILS.replace("Two writers at once.", "Two \"writers\" <at> once & for all.");
    file(&folder, "a&b/bad.scenario", &odd);
    file(&folder, "good.scenario", PASSES);
    let xml = folder.join("report.xml").display().to_string();
    let output = run(&["--junit", &xml, "--seed", "3", "--repeat", "2", folder.to_str().expect("text")]);
    assert_eq!(status(&output), Some(1));
    let text = fs::read_to_string(&xml).expect("written");
    let document = roxmltree::Document::parse(&text).expect("XML");
    let root = document.root_element();
    assert_eq!(
        (root.tag_name().name(), root.attribute("tests"), root.attribute("failures")),
        ("testsuites", Some("2"), Some("1"))
    );
    let all = |name: &str| root.descendants().filter(|node| node.has_tag_name(name)).collect::<Vec<_>>();
    let names: Vec<_> = all("testcase").iter().filter_map(|case| case.attribute("name")).collect();
    assert_eq!(names, ["bad", "good"]);
    for case in all("testcase") {
        assert!(case.attribute("time").expect("a time").parse::<f64>().expect("seconds") >= 0.0);
        assert!(case.attribute("file").expect("a file").ends_with(".scenario"));
    }
    assert!(all("testcase")[0].attribute("classname").expect("a class").ends_with("junit.a&b"));
    let [failure] = &all("failure")[..] else { panic!("one failure: {text}") };
    assert_eq!(failure.parent().expect("a case").attribute("name"), Some("bad"));
    assert_eq!(failure.attribute("message"), Some("line 6: expected t2 has-all, seen waiting for a"));
    let said = failure.text().expect("a text");
    for part in [
        "Two \"writers\" <at> once & for all.",
        "bad.scenario:6: expect t2 has-all\n",
        "waits:    t2 waits for write on a since 0 ms: t1 has write on a",
        "--engine naive --seed 3",
    ] {
        assert!(said.contains(part), "{part} in:\n{said}");
    }
    let property = |name: &str| {
        all("property")
            .into_iter()
            .find(|node| node.attribute("name") == Some(name))
            .and_then(|node| node.attribute("value"))
    };
    assert_eq!((property("engine"), property("seed"), property("repeat")), (Some("naive"), Some("3"), Some("2")));
}

#[test]
fn two_if_the_junit_file_cannot_be_written() {
    let folder = folder("junit-unwritable");
    let good = file(&folder, "good.scenario", PASSES);
    let output = run(&["--junit", "no/such/folder/report.xml", &good]);
    assert_eq!(status(&output), Some(2));
    assert!(stderr(&output).contains("cannot be written"), "{}", stderr(&output));
}
