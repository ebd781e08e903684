//! The work that clients do.

use std::time::{Duration, Instant};

use gordian::{ClaimError, Event, Locks, Mode, Object, Require, Scope, Transaction, TxId, claim};

use crate::node::NAMES;
use crate::ping;

/// Carries one command out; gives its answer.
pub(crate) async fn run(locks: &Locks, words: &[&str], ping_port: u16) -> String {
    let number = |at: usize| words[at].parse::<u32>().expect("a number");
    match words[0] {
        "ping" => ping::median(ping_port, number(1)).await,
        "one" => one(locks, require(words[1]), number(2)).await,
        "disjoint" => disjoint(locks, number(1), number(2)).await,
        "contend" => contend(locks, require(words[1]), Duration::from_millis(u64::from(number(2)))).await,
        "hold" => hold(locks, words[1], words[2]).await,
        "awaited" => awaited(locks, words[1]).await,
        "ring" => ring(locks, number(1), number(2)).await,
        "crowd" => crowd(locks, number(1), number(2)).await,
        "searched" => searched(locks),
        other => format!("`{other}` is unknown"),
    }
}

fn require(word: &str) -> Require {
    match word {
        "any" => Require::Any,
        "majority" => Require::Majority,
        _ => Require::All,
    }
}

async fn lock(locks: &Locks, object: &str, require: Require) -> Result<(), ClaimError> {
    let tx = locks.begin().await;
    tx.lock_many([claim(object, Mode::Write).on(NAMES).require(require)]).await?;
    tx.end();
    Ok(())
}

/// One client, one object on three nodes: the median in microseconds, and transactions a second.
async fn one(locks: &Locks, require: Require, times: u32) -> String {
    let mut took = Vec::new();
    let start = Instant::now();
    for _ in 0..times {
        let begun = Instant::now();
        lock(locks, "one", require).await.expect("nobody is in the way");
        took.push(begun.elapsed());
    }
    let rate = f64::from(times) / start.elapsed().as_secs_f64();
    took.sort_unstable();
    format!("{} {rate:.0}", took[took.len() / 2].as_secs_f64() * 1e6)
}

/// Clients on objects of their own, on three nodes each: transactions a second.
async fn disjoint(locks: &Locks, clients: u32, times: u32) -> String {
    let start = Instant::now();
    let tasks = (0..clients).map(|client| {
        let locks = locks.clone();
        tokio::spawn(async move {
            let object = format!("own{client}-{}", std::process::id());
            for _ in 0..times {
                lock(&locks, &object, Require::All).await.expect("nobody is in the way");
            }
        })
    });
    for task in tasks.collect::<Vec<_>>() {
        task.await.expect("no panic");
    }
    format!("{:.0}", f64::from(clients * times) / start.elapsed().as_secs_f64())
}

/// One client that contends for one object on all nodes: how often it had it, and the longest it waited, in milliseconds.
async fn contend(locks: &Locks, require: Require, within: Duration) -> String {
    let (start, mut times, mut longest) = (Instant::now(), 0, Duration::ZERO);
    while start.elapsed() < within {
        let begun = Instant::now();
        lock(locks, "contended", require).await.expect("everybody is served");
        longest = longest.max(begun.elapsed());
        times += 1;
    }
    format!("{times} {}", longest.as_millis())
}

/// Takes an object on a node and keeps it as long as this process lives. Says when it had it.
async fn hold(locks: &Locks, object: &str, node: &str) -> String {
    let tx = locks.begin().await;
    let locked = tx.lock_many([claim(object, Mode::Write).on([node])]).await;
    std::mem::forget(tx);
    locked.map_or_else(|error| error.to_string(), |_| String::from("held"))
}

/// Says so as soon as somebody waits for an object in the table of this node.
async fn awaited(locks: &Locks, object: &str) -> String {
    let member = locks.member().expect("a node of a cluster");
    let object: Object = object.parse().expect("an object");
    let mut changes = member.watch(object.clone(), Scope::Object);
    while member.holders_and_waiters(&object).1.is_empty() {
        changes.next().await.expect("the node lives");
    }
    String::from("awaited")
}

/// Tasks that take the same three objects on three nodes, each from another one on: transactions a second.
async fn crowd(locks: &Locks, tasks: u32, times: u32) -> String {
    let (start, all) = (Instant::now(), f64::from(tasks * times));
    let tasks = (0..tasks).map(|task| {
        let locks = locks.clone();
        tokio::spawn(async move {
            for time in 0..times {
                let tx = locks.begin().await;
                for step in 0..NAMES.len() {
                    let on = NAMES[(task + time) as usize % NAMES.len()..].iter().chain(&NAMES).nth(step);
                    let on = *on.expect("three names from any of them on");
                    tx.lock_many([claim(["crowd", on], Mode::Write).on([on])]).await.expect("everybody is served");
                }
                tx.end();
            }
        })
    });
    for task in tasks.collect::<Vec<_>>() {
        task.await.expect("no panic");
    }
    format!("{:.0}", all / start.elapsed().as_secs_f64())
}

/// What searches for deadlocks took on this node so far: looks, rounds, messages, phantoms, deadlocks.
fn searched(locks: &Locks) -> String {
    let counters = locks.member().expect("a node of a cluster").counters();
    let deadlocks = counters.deadlocks();
    format!("{} {} {} {} {deadlocks}", counters.looks, counters.rounds, counters.search_messages, counters.phantoms)
}

/// Rings over three nodes, closed by one call each: the median from the closing call until its way out is known here, in
/// microseconds.
async fn ring(locks: &Locks, length: u32, times: u32) -> String {
    let mut took = Vec::new();
    for time in 0..times {
        let object = |member: u32| format!("ring{time}-{}", member % length);
        let on = |member: u32| NAMES[(member % length) as usize % NAMES.len()];
        let mut members = Vec::new();
        for member in 0..length {
            let tx = locks.begin().await;
            tx.lock_many([claim(object(member), Mode::Write).on([on(member)])]).await.expect("it is free");
            members.push(tx);
        }
        for member in 0..length - 1 {
            let next = claim(object(member + 1), Mode::Write).on([on(member + 1)]);
            members[member as usize].lock_nowait(next).expect("it waits");
        }
        lined_up(locks, &members).await;
        let last = &members[length as usize - 1];
        let mut events = last.events();
        let begun = Instant::now();
        last.lock_nowait(claim(object(length), Mode::Write).on([on(length)])).expect("it waits");
        while !matches!(events.next().await, Some(Event::Deadlock(_))) {}
        took.push(begun.elapsed());
    }
    took.sort_unstable();
    format!("{:.0}", took[took.len() / 2].as_secs_f64() * 1e6)
}

/// Waits until every node has told how it stands with what these ask for, and the looks that this gave rise to are over.
async fn lined_up(locks: &Locks, members: &[Transaction]) {
    let node = locks.member().expect("a node of a cluster");
    let claimed: Vec<(TxId, Object)> = members.iter().flat_map(claimed_by).collect();
    let is_lined_up = || {
        node.inspect(|machine, _| {
            let is_told = |(tx, object): &(TxId, Object)| machine.asked_elsewhere(*tx, object).is_empty();
            machine.looks().next().is_none() && claimed.iter().all(is_told)
        })
    };
    while !is_lined_up() {
        tokio::task::yield_now().await;
    }
}

fn claimed_by(tx: &Transaction) -> Vec<(TxId, Object)> {
    tx.info().claims.into_iter().map(|claim| (tx.id(), claim.object)).collect()
}
