//! A program that is a node itself, with transactions that are driven by hand, a line each on standard input:
//!
//! ```text
//! $ cargo run -p lock-cli --example by_hand -- n3 127.0.0.1:7403 n1=127.0.0.1:7401 n2=127.0.0.1:7402
//! begin a
//! lock a accounts/alice n1
//! lock a leader n1,n2,n3 majority
//! end a
//! ```
//!
//! Meanwhile `gordian nodes`, `locks`, `tx` and `why` tell from outside what comes of it.

use std::collections::HashMap;
use std::error::Error;
use std::sync::Arc;
use std::time::Duration;

use lock_agent::{ClusterBuilder, Event, Locks, Mode, Require, Secret, Timing, Transaction, claim};

#[tokio::main]
async fn main() -> Result<(), Box<dyn Error>> {
    run(std::env::args().skip(1)).await
}

/// The program, with its name, its address, and its peers.
pub(crate) async fn run(mut words: impl Iterator<Item = String>) -> Result<(), Box<dyn Error>> {
    let (name, listen) = (words.next().ok_or("name?")?, words.next().ok_or("address?")?);
    let mut builder = ClusterBuilder::new(&name).listen(listen);
    for peer in words {
        let (peer, address) = peer.split_once('=').ok_or("peers look like n2=HOST:PORT")?;
        builder = builder.peer(peer, address);
    }
    if let Ok(secret) = std::env::var("SECRET") {
        builder = builder.secret(Secret::new(secret).ok_or("the secret is too short")?);
    }
    if let Ok(ms) = std::env::var("NODE_TIMEOUT_MS") {
        let node_timeout = ms.parse()?;
        builder = builder.timing(Timing { node_timeout, recovery_timeout: 2 * node_timeout });
    }
    let node = builder.start().await?;
    println!("listening at {}", node.address());
    let mut hand = Hand { locks: Locks::of(node.member()), transactions: HashMap::new() };
    let (lines, mut heard) = tokio::sync::mpsc::channel(16);
    std::thread::spawn(move || {
        std::io::stdin().lines().map_while(Result::ok).try_for_each(|line| lines.blocking_send(line))
    });
    while let Some(line) = heard.recv().await {
        hand.carry_out(&line).await.unwrap_or_else(|why| println!("`{line}`: {why}"));
    }
    node.leave(Duration::from_secs(2)).await;
    Ok(())
}

struct Hand {
    locks: Locks,
    transactions: HashMap<String, Arc<Transaction>>,
}

impl Hand {
    async fn carry_out(&mut self, line: &str) -> Result<(), Box<dyn Error>> {
        let words: Vec<&str> = line.split_whitespace().collect();
        let one = |name: &str| self.transactions.get(name).cloned().ok_or(format!("there is no {name}"));
        match words[..] {
            ["begin", name] => {
                let tx = Arc::new(self.locks.begin().await);
                println!("{name} is {}", tx.id());
                tokio::spawn(tell(name.to_owned(), tx.events()));
                self.transactions.insert(name.to_owned(), tx);
            }
            ["lock", name, object, nodes, ref require @ ..] => {
                let require = match require {
                    [] | ["all"] => Require::All,
                    ["majority"] => Require::Majority,
                    ["any"] => Require::Any,
                    _ => return Err("require is all, majority or any".into()),
                };
                let object: lock_agent::Object = object.parse()?;
                one(name)?.lock_many_nowait([claim(object, Mode::Write).on(nodes.split(',')).require(require)])?;
            }
            ["end", name] => drop(self.transactions.remove(name)),
            [] => {}
            _ => return Err("begin NAME, lock NAME OBJECT NODES [REQUIRE] or end NAME".into()),
        }
        Ok(())
    }
}

/// What happens to a transaction, a line each.
async fn tell(name: String, mut events: lock_agent::Events) {
    while let Some(event) = events.next().await {
        match event {
            Event::Granted { object, mode, token } => println!("{name} has {mode} on {object} ({token})"),
            Event::Status(status) => println!("{name}: {status}"),
            Event::Deadlock(deadlock) => println!("{name} was part of a {deadlock}"),
            Event::Lost { object } => println!("{name} lost {object}"),
            other => println!("{name}: {other:?}"),
        }
    }
    println!("{name} is over");
}
