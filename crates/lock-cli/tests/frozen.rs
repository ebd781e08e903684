//! A peer that is frozen while a million requests for it are offered: callers are told that it is busy, memory stays bounded,
//! and everybody who was taken in is served when it thaws.

#![cfg(target_os = "linux")]

mod processes;

use std::time::Instant;

use lock_agent::{ClaimError, ClusterBuilder, Locks, Mode, NodeId, Timing, Transaction, claim};
use processes::{Addresses, LONG, ask, json};

const OFFERED: usize = 1_000_000;
/// So many may be on their way to a peer.
const ROOM: usize = 16_384;
/// What the requests that are on their way, and their transactions, may take. A million of them would take ten times that.
const MOST_MEMORY: u64 = 128 * 1024 * 1024;

/// What this process has in memory.
fn memory() -> u64 {
    let status = std::fs::read_to_string("/proc/self/status").expect("the system tells");
    let line = status.lines().find(|line| line.starts_with("VmRSS:")).expect("it is told");
    let kilobytes: u64 = line.split_whitespace().nth(1).and_then(|number| number.parse().ok()).expect("a number");
    kilobytes * 1024
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_million_requests_for_a_frozen_peer_are_refused_but_for_those_that_there_is_room_for() {
    let addresses = Addresses::of(2);
    // It takes far longer than this test before the peer is down.
    let peer = addresses.start(2, &["--node-timeout-ms", "120000"]);
    let timing = Timing { node_timeout: 120_000, recovery_timeout: 240_000 };
    let node = ClusterBuilder::new("n1").listen(addresses.at(1)).peer("n2", addresses.at(2)).timing(timing);
    let node = node.start().await.expect("it starts");
    let there = |up: bool| {
        let mut presence = node.member().presence();
        async move { presence.wait_for(|peers| peers[&NodeId::new("n2")].is_up == up).await.map(drop) }
    };
    tokio::time::timeout(LONG, there(true)).await.expect("they meet").expect("it lives");

    peer.signal("STOP");
    let before = memory();
    let locks = Locks::of(node.member());
    let (mut taken, mut busy): (Vec<Transaction>, usize) = (Vec::new(), 0);
    for number in 0..OFFERED {
        let tx = locks.begin().await;
        let object = format!("objects/{number}");
        match tx.lock_many_nowait([claim(object, Mode::Write).on(["n2"])]) {
            Ok(()) => taken.push(tx),
            Err(ClaimError::Busy { node, limit, .. }) => {
                assert_eq!((node, limit), (NodeId::new("n2"), ROOM));
                busy += 1;
            }
            Err(error) => panic!("{error}"),
        }
    }
    let grown = memory().saturating_sub(before);
    println!("{} taken in, {busy} refused, {} MiB more memory", taken.len(), grown / 1024 / 1024);
    // What the nodes say to each other by themselves takes room, too; and before it stood still, the peer may have heard some.
    assert!((ROOM - 64..ROOM + 256).contains(&taken.len()), "{} were taken in", taken.len());
    assert_eq!(taken.len() + busy, OFFERED);
    assert!(grown < MOST_MEMORY, "{grown} bytes more than before");

    // One who does not wait for ever is told so, and what it asked for is not done late.
    let late = taken.pop().expect("some were taken in");
    let late_object = late.info().claims[0].object.clone();
    late.end();

    peer.signal("CONT");
    let begin = Instant::now();
    let all_served = async {
        for tx in &taken {
            tx.await_all().await.expect("it is served");
        }
    };
    tokio::time::timeout(4 * LONG, all_served).await.expect("all are served");
    println!("all served after {:?}", begin.elapsed());
    let mut told = json(&ask(&["locks", late_object.as_str(), "--json", "--node", addresses.at(2)]));
    while told["objects"].as_array().is_none_or(|objects| !objects.is_empty()) {
        assert!(begin.elapsed() < 4 * LONG, "what came too late is still there: {told}");
        told = json(&ask(&["locks", late_object.as_str(), "--json", "--node", addresses.at(2)]));
    }
    drop(taken);
}
