//! Clusters in Rust tests: what users write, with every promise watched.
#![allow(missing_docs)]

use lock_core::Require;
use lock_sim::{Cluster, Keys, Mix, Scenario, TxOptions, TxStatus, Want, Weather, World, WorldOptions, run};

const ALL: [&str; 3] = ["n1", "n2", "n3"];

#[test]
fn two_services_that_lock_in_opposite_order_meet_on_two_nodes() {
    let mut cluster = Cluster::new(7).named(["paris", "rome"]);
    cluster.begin("ship", "paris").begin("bill", "rome");
    cluster.lock("ship", Want::write("stock").on(["paris"])).lock("bill", Want::write("orders").on(["rome"]));
    cluster.expect_no_deadlock();
    cluster.lock("ship", Want::write("orders").on(["rome"])).lock("bill", Want::write("stock").on(["paris"]));
    cluster.expect_deadlock(&["ship", "bill"]).assert_victim("bill");
    cluster.assert_holds("ship", "orders").assert_waits("bill", "orders").assert_waits_for("bill", &["ship"]);
    assert_eq!(cluster.holders("orders", "rome"), ["ship"]);
    cluster.end("ship").assert_holds("bill", "stock").close();
}

#[test]
fn a_majority_outlives_the_crash_of_a_node() {
    let mut cluster = Cluster::new(1);
    let patient = TxOptions { await_nodes: true, ..TxOptions::default() };
    cluster.begin("leader", "n1").begin_with("rival", "n2", patient);
    let lead = || Want::write("lead").on(ALL).require(Require::Majority);
    cluster.lock("leader", lead()).lock("rival", lead()).assert_holds("leader", "lead");
    cluster.crash("n3").advance_ms(30_000).assert_holds("leader", "lead").assert_waits("rival", "lead");
    cluster.start("n3").advance_ms(30_000).assert_holds("leader", "lead");
    cluster.crash("n1").advance_ms(30_000).assert_holds("rival", "lead").close();
}

#[test]
fn who_is_cut_off_loses_its_lock_before_another_has_it() {
    let mut cluster = Cluster::new(3);
    cluster.begin("near", "n1").begin_with("far", "n3", TxOptions { await_nodes: true, ..TxOptions::default() });
    cluster.lock("near", Want::write("a").on(["n3"])).lock("far", Want::write("a").on(["n3"]));
    cluster.split_off(&["n1"]).advance_ms(30_000);
    cluster.assert_lost("near", "a").assert_status("near", TxStatus::CannotServe).assert_holds("far", "a");
    cluster.heal().advance_ms(10_000).close();
}

#[test]
fn in_bad_weather_a_ring_over_frozen_nodes_is_resolved_in_the_end() {
    let mut cluster = Cluster::new(11);
    cluster.weather(Weather { delay_from_ms: 1, delay_to_ms: 80, drop_permille: 100, duplicate_permille: 50 });
    let ring = [("t1", "n1"), ("t2", "n2"), ("t3", "n3")];
    for (name, home) in ring {
        cluster.begin(name, home).lock(name, Want::write(home).on([home]));
    }
    cluster.together(|all| {
        for ((name, _), (_, next)) in ring.iter().zip(ring.iter().cycle().skip(1)) {
            all.lock(name, Want::write(next).on([*next]));
        }
    });
    cluster.freeze("n2").advance_ms(2_000).thaw("n2").advance_ms(60_000);
    cluster.expect_deadlock(&["t1", "t2", "t3"]).assert_victim("t3").close();
}

#[test]
fn a_random_crowd_over_four_nodes_goes_home_and_can_be_seen() {
    let mix = Mix::default().transactions(8).steps(120).keys(Keys::zipf(10, 1.0).named("accounts"));
    let mut deadlocks = 0;
    for seed in 0..5 {
        let mut cluster = Cluster::new(seed).nodes(4);
        cluster.live(&mix, seed);
        deadlocks += cluster.deadlocks().len();
        assert!(cluster.dot().starts_with("digraph") && cluster.mermaid().starts_with("flowchart"));
        assert!(cluster.svg().starts_with("<svg"));
        cluster.close();
    }
    assert!(deadlocks > 0);
}

/// What a failure shows can be kept as a file.
#[test]
fn the_story_of_a_cluster_happens_again_as_a_scenario() {
    let mut cluster = Cluster::new(5).nodes(3);
    cluster.live(&Mix::default().steps(80), 9);
    let story = cluster.story().replacen("\ntx", "\nlenient\ntx", 1);
    let scenario = Scenario::parse("story", &story).unwrap_or_else(|wrong| panic!("{wrong}\n{story}"));
    let mut world = World::new(WorldOptions::new(scenario.nodes.iter().cloned()), 5);
    let report = run(&scenario, &mut world, 5);
    assert_eq!(report.failure, None);
    assert_eq!(report.deadlocks, cluster.deadlocks().deadlocks);
}

#[test]
#[should_panic(expected = "expected bob to hold a, seen: waiting for a\n  bob waits for write on a")]
fn a_failed_demand_says_who_waits_on_whom() {
    let mut cluster = Cluster::new(0);
    cluster.begin("alice", "n1").begin("bob", "n1");
    cluster.lock("alice", Want::write("a")).lock("bob", Want::write("a")).assert_holds("bob", "a");
}
