//! Whoever comes with bad intentions, or with none: the node serves its peers meanwhile, lets new ones in, and keeps
//! nothing of the stranger, neither a connection nor a task.

mod cluster;

use std::net::SocketAddr;
use std::time::Duration;

use cluster::stranger::{Packet, Stranger, knock};
use cluster::{SECRET, all_there, builder, lock_and_end, ports, until};
use lock_server::{ClusterNode, Connections, Credentials, Question, Secret, StartError, Whom, ask};
use tokio::io::{AsyncReadExt, AsyncWriteExt, copy_bidirectional};
use tokio::net::{TcpListener, TcpStream};
use tokio::runtime::Handle;

/// How long strangers are borne with here.
const PATIENCE: Duration = Duration::from_millis(300);
/// What every HTTP/2 connection begins with: a greeting, and empty settings.
const HTTP2: &[u8] = b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n\0\0\0\x04\0\0\0\0\0";

fn secret() -> Secret {
    Secret::new(SECRET).expect("long enough")
}

/// Starts a node, as soon as its address is free.
async fn start(at: usize, ports: &[u16], patience: Duration) -> ClusterNode {
    let builder = builder(at, ports).secret(secret()).handshake_timeout(patience);
    let starts = async {
        loop {
            match builder.clone().start().await {
                Err(StartError::Listen { .. }) => tokio::task::yield_now().await,
                started => return started.expect("it starts"),
            }
        }
    };
    tokio::time::timeout(Duration::from_secs(20), starts).await.expect("its address becomes free")
}

/// Two nodes, and a stranger at the door of the first. Whatever the attack gives back is kept until all is well
/// nonetheless: it must not need the stranger to go by itself.
async fn besieged<T>(attack: impl AsyncFnOnce(SocketAddr) -> T) {
    let ports = ports(2);
    let (one, other) = (start(0, &ports, PATIENCE).await, start(1, &ports, PATIENCE).await);
    all_there(&[&one, &other]).await;
    let quiet = || async {
        let is_quiet = || one.connections().strangers == 0 && one.connections().known == 1;
        until("only the peer is connected", is_quiet).await;
    };
    quiet().await;
    let alive = || Handle::current().metrics().num_alive_tasks();
    let before = alive();

    let attack = attack(one.address());
    let serves = async {
        loop {
            lock_and_end(other.member(), "a", &["n1", "n2"]).await;
        }
    };
    let left = tokio::select! {
        left = tokio::time::timeout(Duration::from_mins(1), attack) => left.expect("it does not hang"),
        () = serves => unreachable!("it serves for ever"),
    };
    lock_and_end(other.member(), "a", &["n1", "n2"]).await;
    assert!(one.member().view().peers.values().all(|peer| peer.is_up), "the peer was there all the time");

    // A peer that starts anew is let in, whoever else stands at the door.
    drop(other);
    let other = start(1, &ports, PATIENCE).await;
    all_there(&[&one, &other]).await;
    lock_and_end(other.member(), "b", &["n1", "n2"]).await;

    quiet().await;
    drop(left);
    until("all its tasks are over", || alive() <= before).await;
    one.member().check().expect("promises hold");
}

async fn connected(to: SocketAddr) -> TcpStream {
    TcpStream::connect(to).await.expect("it listens")
}

/// Whether the other end has closed a connection.
async fn is_closed(stream: &mut TcpStream) -> bool {
    let mut all = Vec::new();
    tokio::time::timeout(Duration::from_secs(20), stream.read_to_end(&mut all)).await.is_ok()
}

#[tokio::test]
async fn garbage() {
    besieged(async |to| {
        for seed in 0..20_u8 {
            let mut stream = connected(to).await;
            let garbage: Vec<u8> =
                (0..100_000_u32).map(|at| (at.wrapping_mul(2_654_435_761) >> 24) as u8 ^ seed).collect();
            // The node may hang up before it has read all.
            let _ = stream.write_all(&garbage).await;
            assert!(is_closed(&mut stream).await);
        }
    })
    .await;
}

#[tokio::test]
async fn garbage_behind_a_greeting_that_is_right() {
    besieged(async |to| {
        let mut stream = connected(to).await;
        let _ = stream.write_all(HTTP2).await;
        let _ = stream.write_all(&vec![0xff; 50_000]).await;
        assert!(is_closed(&mut stream).await);
    })
    .await;
}

#[tokio::test]
async fn connections_on_which_nothing_is_said() {
    besieged(async |to| {
        let mut silent = Vec::new();
        for _ in 0..300 {
            silent.push(connected(to).await);
        }
        silent
    })
    .await;
}

#[tokio::test]
async fn half_a_handshake() {
    besieged(async |to| {
        let mut stranger = Stranger::connect(to, None).await.expect("it listens");
        let talk = stranger.talk(knock("gordian", "n2", "n1", (1, 1))).await.expect("the stream is taken in");
        (stranger, talk)
    })
    .await;
}

#[tokio::test]
async fn a_greeting_that_comes_a_byte_at_a_time() {
    besieged(async |to| {
        let mut stream = connected(to).await;
        for byte in HTTP2.iter().cycle() {
            if stream.write_all(&[*byte]).await.is_err() {
                break;
            }
            tokio::time::sleep(Duration::from_millis(10)).await;
        }
    })
    .await;
}

#[tokio::test]
async fn packets_that_are_too_large() {
    besieged(async |to| {
        let mut stranger = Stranger::connect(to, None).await.expect("it listens");
        let large = Packet::Refused("x".repeat(20 * 1024 * 1024));
        let mut talk = stranger.talk(large).await.expect("the stream is taken in");
        assert!(talk.refused().await.contains("message length too large"));
    })
    .await;
}

#[tokio::test]
async fn more_bytes_than_a_stranger_has_to_say() {
    besieged(async |to| {
        let mut stranger = Stranger::connect(to, None).await.expect("it listens");
        // Each by itself is small enough.
        let talk = stranger.talk(knock("gordian", "n2", "n1", (1, 1))).await.expect("the stream is taken in");
        while talk.say.send(Packet::Refused("x".repeat(10_000))).await.is_ok() {}
    })
    .await;
}

#[tokio::test]
async fn many_streams_over_many_connections() {
    besieged(async |to| {
        let mut kept = Vec::new();
        for _ in 0..20 {
            let mut stranger = Stranger::connect(to, None).await.expect("it listens");
            let mut open = Vec::new();
            for _ in 0..100 {
                // Those beyond the limit are not taken in, and wait.
                let talk = stranger.talk(knock("gordian", "n2", "n1", (1, 1)));
                open.push(tokio::time::timeout(Duration::from_millis(1), talk).await);
            }
            kept.push((stranger, open));
        }
        kept
    })
    .await;
}

#[tokio::test]
async fn frames_without_a_handshake() {
    besieged(async |to| {
        let mut stranger = Stranger::connect(to, None).await.expect("it listens");
        assert_eq!(stranger.refused(Packet::Frames(Vec::new())).await, "it did not knock");
        assert_eq!(stranger.refused(Packet::Leaving).await, "it did not knock");
        let mut talk = stranger.talk(knock("gordian", "n2", "n1", (1, 1))).await.expect("the stream is taken in");
        talk.hear.message().await.expect("a challenge").expect("a challenge");
        talk.say.send(Packet::Frames(Vec::new())).await.expect("it listens");
        assert_eq!(talk.refused().await, "it did not answer the challenge");
    })
    .await;
}

#[tokio::test]
async fn another_cluster_another_node_nobody_and_an_old_protocol() {
    besieged(async |to| {
        let mut stranger = Stranger::connect(to, None).await.expect("it listens");
        let mut told = async |first| stranger.refused(first).await;
        assert!(told(knock("other", "n2", "n1", (1, 1))).await.contains("the cluster `other`, not to `gordian`"));
        assert_eq!(told(knock("gordian", "n2", "n9", (1, 1))).await, "it wants n9, but this is n1");
        assert_eq!(told(knock("gordian", "n9", "n1", (1, 1))).await, "n9 is no peer of n1");
        assert!(told(knock("gordian", "n2", "n1", (0, 0))).await.contains("versions 0 to 0 of the handshake"));
    })
    .await;
}

#[tokio::test]
async fn a_proof_without_the_secret() {
    besieged(async |to| {
        let mut stranger = Stranger::connect(to, None).await.expect("it listens");
        for proof in [[0; 32], [1; 32]] {
            let mut talk = stranger.talk(knock("gordian", "n2", "n1", (1, 1))).await.expect("the stream is taken in");
            talk.hear.message().await.expect("a challenge").expect("a challenge");
            talk.say.send(Packet::Answer { proof }).await.expect("it listens");
            assert_eq!(talk.refused().await, "n2 does not know the secret of the cluster");
        }
    })
    .await;
}

#[tokio::test]
async fn a_node_with_another_secret() {
    besieged(async |to| {
        let other = Secret::new("some other secret of it").expect("long enough");
        // It comes through somebody who sees when it is over.
        let between = TcpListener::bind("127.0.0.1:0").await.expect("loopback is there");
        let port = between.local_addr().expect("it listens").port();
        let liar = builder(1, &[port, 0]).secret(other.clone()).start().await.expect("it starts");
        for _ in 0..3 {
            let (mut liars, _) = between.accept().await.expect("it dials");
            // Ends when both have hung up, however they do it.
            let _ = copy_bidirectional(&mut liars, &mut connected(to).await).await;
            assert!(liar.member().view().peers.values().all(|peer| !peer.is_up), "it was let in");
        }
        let credentials = Credentials { secret: Some(other), tls: None };
        let whom = Whom { node: None, address: to.to_string() };
        assert!(ask(&whom, &credentials, &Question::Node, Duration::from_secs(10)).await.is_err());
    })
    .await;
}

/// Everything that n2 says to n1, while it comes in through somebody who listens. n2 is gone afterwards, and its connection
/// to n1 as open as before.
async fn overheard(ports: &[u16]) -> (Vec<u8>, TcpStream) {
    let to = SocketAddr::from(([127, 0, 0, 1], ports[0]));
    let between = TcpListener::bind("127.0.0.1:0").await.expect("loopback is there");
    let port = between.local_addr().expect("it listens").port();
    let peer = start(1, &[port, ports[1]], PATIENCE).await;
    let (mut peers, _) = between.accept().await.expect("it dials");
    let mut nodes = connected(to).await;
    let (mut said, mut answered) = (Vec::new(), vec![0; 65_536]);
    let mut heard = vec![0; 65_536];
    let (mut from_peer, mut to_peer) = peers.split();
    let (mut from_node, mut to_node) = nodes.split();
    let listens = async {
        loop {
            tokio::select! {
                count = from_peer.read(&mut heard) => {
                    let bytes = &heard[..count.expect("it speaks")];
                    said.extend_from_slice(bytes);
                    to_node.write_all(bytes).await.expect("it listens");
                }
                count = from_node.read(&mut answered) => {
                    to_peer.write_all(&answered[..count.expect("it speaks")]).await.expect("it listens");
                }
            }
        }
    };
    let met = [&peer];
    tokio::select! {
        () = listens => unreachable!("it listens for ever"),
        () = all_there(&met) => {}
    }
    (said, nodes)
}

#[tokio::test]
async fn a_handshake_that_was_overheard() {
    let ports = ports(2);
    let node = start(0, &ports, PATIENCE).await;
    let (said, connection) = overheard(&ports).await;
    drop(connection);
    until("the peer is gone", || node.connections().known == 0).await;
    let mut stream = connected(node.address()).await;
    stream.write_all(&said).await.expect("it listens");
    until("the stranger was heard", || node.connections().strangers > 0).await;
    assert!(is_closed(&mut stream).await);
    assert_eq!(node.connections().known, 0, "it was let in");
}

#[tokio::test]
async fn a_peer_comes_through_a_crowd_that_stays() {
    let ports = ports(2);
    let long = Duration::from_mins(10);
    let one = start(0, &ports, long).await;
    let crowd = async {
        let mut crowd = std::collections::VecDeque::new();
        loop {
            crowd.push_back(connected(one.address()).await);
            crowd.truncate(500);
            tokio::task::yield_now().await;
        }
    };
    let comes = async {
        until("the lobby is full", || one.connections().strangers == 64).await;
        let other = start(1, &ports, long).await;
        all_there(&[&one, &other]).await;
        lock_and_end(other.member(), "a", &["n1", "n2"]).await;
        assert!(one.connections().strangers <= 64);
    };
    tokio::select! {
        () = crowd => unreachable!("it comes for ever"),
        () = comes => {}
    }
}

#[tokio::test]
async fn a_connection_that_is_dead_without_having_said_so_is_over_when_the_peer_comes_again() {
    let ports = ports(2);
    let one = start(0, &ports, PATIENCE).await;
    let (_, dead) = overheard(&ports).await;
    assert_eq!(one.connections().known, 1);
    let other = start(1, &ports, PATIENCE).await;
    all_there(&[&one, &other]).await;
    let is_over = || one.connections() == Connections { known: 1, strangers: 0 };
    until("the dead connection is closed", is_over).await;
    drop(dead);
}
