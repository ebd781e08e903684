//! A watcher follows an object or a subtree without holding anything.

use gordian::{Change, ClaimError, Event, Locks, Mode, Scope, Version};

fn show(change: &Change) -> String {
    let holders: Vec<_> = change.holders.iter().map(|holder| format!("{} {}", holder.tx, holder.mode)).collect();
    let waiters: Vec<_> = change.waiters.iter().map(|waiter| format!("{} {}", waiter.tx, waiter.mode)).collect();
    format!("{}: held by [{}], waited for by [{}]", change.object, holders.join(", "), waiters.join(", "))
}

#[tokio::main(flavor = "current_thread")]
async fn main() -> Result<(), Box<dyn std::error::Error>> {
    let locks = Locks::local();
    let mut jobs = locks.watch("jobs", Scope::Subtree)?;
    let mut exact = locks.watch("jobs", Scope::Object)?;

    let (first, second) = (locks.begin().await, locks.begin().await);
    first.lock("jobs/42", Mode::Write).await?;
    let waiting = async {
        let taken = second.lock("jobs/42", Mode::Write).await?;
        assert!(taken.is_held());
        second.end();
        Ok::<_, ClaimError>(())
    };
    let working = async {
        tokio::task::yield_now().await;
        first.end();
        Ok(())
    };
    tokio::try_join!(waiting, working)?;

    // Taken, waited for, handed on, free: an event each, with a version that only grows.
    let mut seen = Vec::new();
    let mut last = Version::default();
    while let Some(change) = jobs.try_next() {
        println!("{} {}", change.version, show(&change));
        assert!(change.version > last, "versions never go backwards, even when nobody has the object any more");
        last = change.version;
        seen.push((change.holders.len(), change.waiters.len()));
    }
    assert_eq!(seen, [(1, 0), (1, 1), (1, 0), (0, 0)]);
    assert_eq!(exact.try_next(), None, "nothing happened to the object jobs itself");

    // The same for one transaction: all that happens to it, as a stream.
    let tx = locks.begin().notify(true).await;
    let mut events = tx.events();
    let other = locks.begin().await;
    other.lock("jobs/43", Mode::Write).await?;
    tx.lock_nowait(("jobs/43", Mode::Read))?;
    other.end();
    tx.await_all().await?;
    loop {
        let event = events.next().await.ok_or("the transaction still lives")?;
        println!("{event:?}");
        if matches!(event, Event::Granted { .. }) {
            break;
        }
    }
    tx.end();
    Ok(())
}
