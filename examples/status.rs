//! Who has what, who waits, and why: status, information, the wait-for graph, and a deadlock explained.

use gordian::{Locks, Mode, Status};

#[tokio::main(flavor = "current_thread")]
async fn main() -> Result<(), Box<dyn std::error::Error>> {
    let locks = Locks::local();
    let (writer, reader, third) = (locks.begin().await, locks.begin().await, locks.begin().await);
    assert_eq!(writer.status(), Status::NoLocks);

    // Claims without waiting, so that one task can play everybody.
    writer.lock("reports/2026", Mode::Write).await?;
    reader.lock("config", Mode::Read).await?;
    reader.lock_nowait(("reports/2026", Mode::Read))?;
    third.lock_nowait(("reports", Mode::Write))?;
    assert_eq!(reader.status(), Status::Waiting);
    println!("{}: {}; {}: {}", writer.id(), writer.status(), reader.id(), reader.status());

    // An object: its holders, and its waiters in the order in which they will be served.
    let info = locks.lock_info("reports/2026")?;
    println!("{} is held by {:?}", info.object, info.holders);
    assert_eq!(info.holders[0].tx, writer.id());
    assert_eq!(info.waiters[0].tx, reader.id());

    // A transaction: what it has and what it waits for.
    for claim in reader.info().claims {
        println!("{} has {:?} and wants {:?} of {}", reader.id(), claim.granted, claim.wanted, claim.object);
    }

    // Why am I blocked? An arrow for each one that stands in the way.
    let graph = locks.wait_graph();
    for arrow in graph.arrows.iter().filter(|arrow| arrow.waiter == third.id()) {
        println!("why: {arrow}");
    }
    println!("{}", graph.to_mermaid());

    // The writer wants what the reader has: a circle. It is resolved before the call returns.
    writer.lock_nowait(("config", Mode::Write))?;
    let deadlock = locks.deadlocks().pop().ok_or("there was a deadlock")?;
    println!("{deadlock}");
    println!("{}", deadlock.graph().to_dot());
    assert_eq!(deadlock.members().collect::<Vec<_>>(), [writer.id(), reader.id()]);
    assert_eq!(deadlock.way_out.victim(), Some(reader.id()), "the younger one gave way");

    // Both are told of it; nobody has failed.
    assert_eq!(writer.await_all().await?.deadlocks.len(), 1);
    writer.end();
    assert_eq!(reader.await_all().await?.deadlocks.len(), 1);
    reader.end();
    assert!(third.await_all().await?.deadlocks.is_empty(), "the bystander was not part of it");

    // The node: what it counted, and that nothing is left behind.
    third.end();
    println!("{:?}", locks.statistics());
    assert_eq!(locks.status().claims, 0);
    assert_eq!(locks.statistics().deadlocks, 1);
    Ok(())
}
