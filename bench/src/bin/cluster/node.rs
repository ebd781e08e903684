//! One process: a node, and the clients that it is told to run. Commands come in lines, and each has one line for an answer.

use std::io::BufRead;

use gordian::{ClusterBuilder, Locks, Timing};

use crate::{ping, work};

pub(crate) const NAMES: [&str; 3] = ["n1", "n2", "n3"];

/// `node INDEX PING_PORT PORT PORT PORT`
pub(crate) async fn serve(arguments: &[String]) {
    let numbers: Vec<u16> = arguments.iter().map(|text| text.parse().expect("a number")).collect();
    let (index, ping_port, ports) = (usize::from(numbers[0]), numbers[1], &numbers[2..]);
    if index == 1 {
        ping::serve(ping_port).await;
    }
    let timing = Timing { node_timeout: 3_000, recovery_timeout: 6_000 };
    let mut builder = ClusterBuilder::new(NAMES[index]).listen(format!("127.0.0.1:{}", ports[index])).timing(timing);
    for other in (0..NAMES.len()).filter(|other| *other != index) {
        builder = builder.peer(NAMES[other], format!("127.0.0.1:{}", ports[other]));
    }
    let node = builder.start().await.expect("the ports were free");
    let mut presence = node.member().presence();
    presence.wait_for(|peers| peers.values().all(|peer| peer.is_up)).await.expect("the node lives");
    println!("ready");
    let locks = Locks::of(node.member());
    let (lines, mut commands) = tokio::sync::mpsc::channel::<String>(4);
    std::thread::spawn(move || {
        for line in std::io::stdin().lock().lines().map_while(Result::ok) {
            if lines.blocking_send(line).is_err() {
                return;
            }
        }
    });
    while let Some(command) = commands.recv().await {
        let words: Vec<&str> = command.split_whitespace().collect();
        println!("{}", work::run(&locks, &words, ping_port).await);
    }
}
