//! Nodes as real processes: they meet, leave, are killed, come back, and answer questions.

#![cfg(unix)]

#[allow(dead_code)] // its `main`
#[path = "../examples/by_hand.rs"]
mod by_hand;
mod processes;

use std::fs;
use std::time::{Duration, Instant};

use processes::{Addresses, Process, ask, folder, json, stderr, stdout};
use rcgen::{BasicConstraints, CertificateParams, CertifiedIssuer, IsCa, KeyPair};

/// Far longer than any test may take: whatever happens in time does not wait for it.
const NEVER: &[&str] = &["--node-timeout-ms", "600000"];
/// What happens at once takes less than this, on a slow machine too.
const AT_ONCE: Duration = Duration::from_secs(5);

/// No test, but the program of the examples, if another test has started this one as that.
#[test]
fn by_hand_program() {
    let Ok(words) = std::env::var(processes::BY_HAND) else { return };
    let runtime = tokio::runtime::Runtime::new().expect("it starts");
    runtime.block_on(by_hand::run(words.split(' ').map(str::to_owned))).expect("it runs");
}

fn three(addresses: &Addresses, more: &[&str]) -> Vec<Process> {
    let nodes = (1..=3).map(|node| addresses.start(node, more)).collect();
    (1..=3).for_each(|node| drop(addresses.until_states(node, &["up"; 3])));
    nodes
}

#[test]
fn a_node_that_leaves_is_gone_for_the_others_at_once() {
    let addresses = Addresses::of(3);
    let mut nodes = three(&addresses, NEVER);
    let begin = Instant::now();
    nodes[1].signal("TERM");
    assert_eq!(nodes[1].ended(), Some(0));
    addresses.until_states(1, &["up", "down", "up"]);
    addresses.until_states(3, &["up", "down", "up"]);
    assert!(begin.elapsed() < AT_ONCE, "{:?}", begin.elapsed());
}

#[test]
fn a_node_that_is_killed_is_gone_at_once_and_comes_back_with_a_larger_incarnation() {
    let addresses = Addresses::of(3);
    let mut nodes = three(&addresses, NEVER);
    let incarnation = |seen: &serde_json::Value| seen["nodes"][1]["incarnation"].as_u64().expect("a number");
    let before = incarnation(&addresses.until_states(1, &["up"; 3]));
    let begin = Instant::now();
    nodes[1].signal("KILL");
    assert_eq!(nodes[1].ended(), None);
    addresses.until_states(1, &["up", "down", "up"]);
    nodes[1] = addresses.start(2, NEVER);
    let after = incarnation(&addresses.until_states(1, &["up"; 3]));
    assert!(after > before);
    addresses.until_states(2, &["up"; 3]);
    assert!(begin.elapsed() < AT_ONCE, "{:?}", begin.elapsed());
}

#[test]
fn a_node_that_is_frozen_is_down_after_the_node_timeout_and_up_again_when_it_thaws() {
    let addresses = Addresses::of(3);
    let nodes = three(&addresses, &["--node-timeout-ms", "600"]);
    nodes[2].signal("STOP");
    addresses.until_states(1, &["up", "up", "down"]);
    nodes[2].signal("CONT");
    addresses.until_states(1, &["up"; 3]);
}

#[test]
fn what_was_asked_of_a_frozen_node_is_not_done_when_it_thaws_too_late() {
    let addresses = Addresses::of(2);
    let peer = addresses.start(2, &["--node-timeout-ms", "600"]);
    let mut program = addresses.by_hand(1, 600);
    addresses.until_states(2, &["up"; 2]);
    ["begin a", "begin b", "begin c", "lock a first n2"].iter().for_each(|line| program.say(line));
    let token = |line: String| {
        let number = line.rsplit_once('#').map(|(_, number)| number.trim_end_matches(')').parse::<u64>());
        number.and_then(Result::ok).unwrap_or_else(|| panic!("no token in {line}"))
    };
    let first = token(program.line("a has write on first"));
    peer.signal("STOP");
    program.say("lock b late n2");
    program.line("b: 1 objects cannot be served");
    // Down here for a node timeout more: then the peer, too, knows by its clock that it has lost everybody.
    addresses.until_down_for(1, 2, 600);
    peer.signal("CONT");
    addresses.until_states(2, &["up"; 2]);
    program.say("lock c next n2");
    // Every grant takes a number: none was given in between.
    assert_eq!(token(program.line("c has write on next")), first + 1);
}

#[test]
fn why_tells_who_is_in_the_way_on_which_node_since_when_and_who_decides() {
    let addresses = Addresses::of(3);
    let nodes = [addresses.start(1, NEVER), addresses.start(2, NEVER)];
    let mut program = addresses.by_hand(3, 600_000);
    (1..=3).for_each(|node| drop(addresses.until_states(node, &["up"; 3])));
    // c waits for b at n2, which waits for a at n1.
    let mut begin = |name: &str| {
        program.say(&format!("begin {name}"));
        program.line(&format!("{name} is ")).rsplit(' ').next().expect("an id").to_owned()
    };
    let [a, b, c] = ["a", "b", "c"].map(&mut begin);
    for (tx, object, node, comes) in [
        ("a", "alice", "n1", "a has write on alice"),
        ("b", "bob", "n2", "b has write on bob"),
        ("b", "alice", "n1", "b: waiting"),
        ("c", "bob", "n2", "c: waiting"),
    ] {
        program.say(&format!("lock {tx} {object} {node}"));
        program.line(comes);
    }
    let why = |more: &[&str]| ask(&[&["why", &c, "--node", addresses.at(1)], more].concat());
    // Its requests may still be on their way.
    while !stdout(&why(&[])).contains(&format!("goes on when these let go: {a}\n")) {}
    let told = stdout(&why(&[]));
    for part in [
        format!("{c} (lives at n3): waiting\n  at n2: waits for write on bob, for "),
        format!(", blocked by {b}, which has write on bob (#"),
        format!("{b} (lives at n3): waiting\n  at n1: waits for write on alice, for "),
        format!(", blocked by {a}, which has write on alice (#"),
        format!("{a} (lives at n3): has all locks\n"),
        format!("no circle: {c} goes on when these let go: {a}\n"),
    ] {
        assert!(told.contains(&part), "{part} is not in {told}");
    }
    assert_eq!(why(&[]).status.code(), Some(1));

    let told = json(&why(&["--json"]));
    assert_eq!((&told["waits"], &told["circle"], &told["in_circle"]), (&true.into(), &().into(), &false.into()));
    assert_eq!(told["ends"], serde_json::json!([a.trim_start_matches('t')]));
    let first = &told["transactions"][0]["blocked"][0];
    assert_eq!((&first["node"], &first["arrow"]["wants"]), (&"n2".into(), &"bob".into()));
    assert!(first["waited_ms"].is_u64() && first["arrow"]["token"].is_string(), "{first}");
    assert_eq!(ask(&["why", &a, "--node", addresses.at(2)]).status.code(), Some(0), "it does not wait");
    assert_eq!(ask(&["why", "t7", "--node", addresses.at(2)]).status.code(), Some(2), "nobody knows it");

    // The other questions tell the same.
    let told = json(&ask(&["locks", "--json", "--node", addresses.at(1)]));
    assert_eq!(told["objects"][0]["object"], "alice");
    assert_eq!(told["objects"][0]["holders"][0]["tx"], a.trim_start_matches('t'));
    assert_eq!(told["objects"][0]["waiters"][0]["tx"], b.trim_start_matches('t'));
    assert_eq!(ask(&["locks", "carol", "--node", addresses.at(1)]).status.code(), Some(1));
    let told = json(&ask(&["tx", "--json", "--node", addresses.at(3)]));
    assert_eq!(told["transactions"].as_array().map(Vec::len), Some(3));
    let told = stdout(&ask(&["tx", &b, "--node", addresses.at(3)]));
    assert_eq!(told, format!("{b} lives at n3: waiting\n  alice at n1: waits for write\n  bob at n2: has write\n"));

    // The last arrow closes a circle, and it ends: b gives way, c was there before a, then a gets what it wants.
    program.say("lock a bob n2");
    program.line("was part of a deadlock of 2 transactions");
    program.line("c has write on bob");
    program.say("end c");
    program.line("a has write on bob");
    let counted = json(&ask(&["nodes", "--json", "--node", addresses.at(3)]));
    assert_eq!(counted["nodes"][2]["tells"]["counters"]["deadlocks"], 1);

    // When the program is killed, all that it had is free at once.
    let begin = Instant::now();
    program.signal("KILL");
    let nobody = |node| stdout(&ask(&["locks", "--node", addresses.at(node)])).contains("nobody has or wants anything");
    while !(nobody(1) && nobody(2)) {
        assert!(begin.elapsed() < AT_ONCE, "locks of the dead are not free");
    }
    drop(nodes);
}

#[test]
fn who_has_another_secret_or_another_cluster_stays_outside() {
    let addresses = Addresses::of(3);
    let folder = folder("outside");
    let secret = |name: &str| {
        let path = folder.join(name);
        fs::write(&path, format!("{name} of this cluster")).expect("written");
        path.display().to_string()
    };
    let (ours, other) = (secret("the secret"), secret("not the secret"));
    let ours = ["--secret-file", &ours];
    let first = addresses.start(1, &ours);
    let stranger = addresses.start(2, &["--secret-file", &other]);
    let elsewhere = addresses.start(3, &[ours[0], ours[1], "--cluster", "elsewhere"]);
    let nodes = || ask(&[&["nodes", "--json", "--node", addresses.at(1)][..], &ours].concat());
    let states = || {
        let told = json(&nodes());
        [1, 2].map(|at| (told["nodes"][at]["state"].clone(), told["nodes"][at]["error"].clone()))
    };
    let [(second, why), (third, _)] = states();
    assert_eq!((second, third), ("down".into(), "unseen".into()));
    assert!(why.as_str().expect("a reason").contains("n2 has another secret"), "{why}");
    let asked = ask(&["locks", "--node", addresses.at(1)]);
    assert_eq!(asked.status.code(), Some(2));
    assert!(stderr(&asked).contains("n1 wants the secret of its cluster, and none was given"), "{}", stderr(&asked));
    drop((first, stranger, elsewhere));
}

#[test]
fn with_certificates_nodes_and_questions_need_one_of_the_authority() {
    let addresses = Addresses::of(3);
    let folder = folder("certificates");
    let mut params = CertificateParams::new(Vec::new()).expect("no names");
    params.is_ca = IsCa::Ca(BasicConstraints::Unconstrained);
    let authority = CertifiedIssuer::self_signed(params, KeyPair::generate().expect("a key")).expect("signed");
    let file = |name: String, text: String| {
        let path = folder.join(name);
        fs::write(&path, text).expect("written");
        path.display().to_string()
    };
    let ca = file("ca.pem".to_owned(), authority.pem());
    let flags = |name: &str| {
        let key = KeyPair::generate().expect("a key");
        let certificate = CertificateParams::new(vec![name.to_owned()]).expect("a name").signed_by(&key, &authority);
        let certificate = file(format!("{name}.pem"), certificate.expect("signed").pem());
        let key = file(format!("{name}.key"), key.serialize_pem());
        ["--tls-ca", &ca, "--tls-certificate", &certificate, "--tls-key", &key].map(str::to_owned).to_vec()
    };
    let nodes: Vec<Process> = (1..=3)
        .map(|node| {
            let flags = flags(&format!("n{node}"));
            addresses.start(node, &flags.iter().map(String::as_str).collect::<Vec<_>>())
        })
        .collect();
    let mine = flags("somebody");
    let mine: Vec<&str> = mine.iter().map(String::as_str).collect();
    let first = format!("n1={}", addresses.at(1));
    let asked = || ask(&[&["nodes", "--node", &first][..], &mine].concat());
    let begin = Instant::now();
    while asked().status.code() != Some(0) {
        assert!(begin.elapsed() < processes::LONG, "{} {}", stdout(&asked()), stderr(&asked()));
    }
    assert_eq!(ask(&["nodes", "--node", &first]).status.code(), Some(2), "no certificate");
    let nameless = ask(&[&["nodes", "--node", addresses.at(1)][..], &mine].concat());
    assert!(stderr(&nameless).contains("it has to be said which node is wanted"), "{}", stderr(&nameless));

    let wrong = ask(&[&["node", "--check", "--name", "n1"][..], &mine].concat());
    assert_eq!(wrong.status.code(), Some(2));
    assert!(stderr(&wrong).contains("tls_certificate (from --tls-certificate): the certificate is not for n1"));
    let wrong = ask(&["node", "--check", "--name", "n1", "--tls-ca", &ca, "--tls-key", "/nowhere"]);
    for part in ["tls_certificate: it is missing", "tls_key (from --tls-key): `/nowhere` cannot be read"] {
        assert!(stderr(&wrong).contains(part), "{}", stderr(&wrong));
    }
    drop(nodes);
}

#[test]
fn what_is_wrong_with_the_settings_is_told_at_once_and_nothing_starts() {
    let folder = folder("settings");
    let file = folder.join("node.toml");
    fs::write(&file, "name = \"n 1\"\nlisten = \"0.0.0.0:0\"\nnode_timeout_ms = 1\nlog = \"loud\"\n").expect("written");
    let output = ask(&["node", "--config", file.to_str().expect("text"), "--peer", "n2=nowhere"]);
    assert_eq!((output.status.code(), stdout(&output).as_str()), (Some(2), ""));
    let told = stderr(&output);
    for setting in ["name (in ", "listen (in ", "node_timeout_ms (in ", "log: `loud` (in ", "peers.n2 (from --peer)"] {
        assert!(told.contains(setting), "{setting} is not in {told}");
    }
    assert_eq!(told.lines().count(), 5, "{told}");

    let taken = std::net::TcpListener::bind("127.0.0.1:0").expect("loopback is there");
    let address = taken.local_addr().expect("it listens").to_string();
    let output = ask(&["node", "--name", "n1", "--listen", &address]);
    assert_eq!(output.status.code(), Some(2));
    assert!(stderr(&output).contains(&format!("cannot listen at {address}: ")), "{}", stderr(&output));
}
