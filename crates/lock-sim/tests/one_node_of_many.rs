//! A story of one node has the same outcome on a cluster of one: the machine of many nodes keeps the same rules.

use std::path::{Path, PathBuf};

use lock_sim::{Scenario, World, WorldOptions, needs_many_nodes, run};

fn stories(folder: &Path, found: &mut Vec<PathBuf>) {
    let entries = std::fs::read_dir(folder).expect("the stories are there");
    for path in entries.map(|entry| entry.expect("a file or a folder").path()) {
        if path.is_dir() {
            stories(&path, found);
        } else if path.extension().is_some_and(|extension| extension == "scenario") {
            found.push(path);
        }
    }
    found.sort();
}

#[test]
fn every_story_of_one_node_holds_on_a_cluster_of_one() {
    let mut files = Vec::new();
    stories(Path::new(concat!(env!("CARGO_MANIFEST_DIR"), "/../../scenarios")), &mut files);
    let scenarios = files.iter().map(|file| Scenario::load(file).expect("a well-formed story"));
    let one_node: Vec<Scenario> = scenarios.filter(|scenario| needs_many_nodes(scenario).is_none()).collect();
    assert!(one_node.len() >= 140, "{}", one_node.len());
    let failures = one_node.iter().filter_map(|scenario| {
        let mut world = World::new(WorldOptions::new(scenario.nodes.iter().cloned()), 0);
        run(scenario, &mut world, 0).failure
    });
    let failures: Vec<String> = failures.map(|failure| failure.to_string()).collect();
    assert!(failures.is_empty(), "{} of {}:\n{}", failures.len(), one_node.len(), failures.join("\n"));
}
