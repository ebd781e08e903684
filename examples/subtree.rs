//! Objects are paths. A lock on a path covers all below it, and conflicts with what others have there.

use gordian::{Locks, Mode, object};

#[tokio::main(flavor = "current_thread")]
async fn main() -> Result<(), Box<dyn std::error::Error>> {
    let locks = Locks::local();
    let (one, other) = (locks.begin().await, locks.begin().await);

    // Siblings do not meet, however many there are.
    one.lock("db/users/7", Mode::Write).await?;
    other.lock("db/users/8", Mode::Write).await?;

    // The whole cannot be had while somebody else has a part.
    let refused = one.try_lock("db/users", Mode::Read).expect_err("the other one writes below");
    println!("{refused}");
    other.end();
    one.lock("db/users", Mode::Read).await?;
    println!("{} reads db/users and writes db/users/7", one.id());

    // Beside it, others may read any part but the one that is written.
    let reader = locks.begin().await;
    reader.lock("db/users/8", Mode::Read).await?;
    println!("{}", reader.try_lock("db/users/7", Mode::Read).expect_err("it is written"));
    println!("{}", reader.try_lock("db", Mode::Write).expect_err("a part of it is in use"));
    reader.end();

    // Who has the whole for writing has every part already: nothing is kept for each of them.
    one.lock("db", Mode::Write).await?;
    let before = locks.status().claims;
    for user in 0..1_000 {
        assert!(one.lock(object!["db", "users", user, "name"], Mode::Write).await?.is_held());
    }
    assert_eq!(locks.status().claims, before, "the whole covers its parts");

    // To give the whole back is not to give back the part that was claimed for itself.
    one.unlock("db")?;
    one.unlock("db/users")?;
    let late = locks.begin().await;
    late.try_lock("db/users/8", Mode::Write)?;
    assert!(late.try_lock("db/users/7", Mode::Write).is_err());

    // A segment may contain anything but control characters; a slash inside of it is escaped.
    let file = object!["files", "/etc/hosts"]?;
    println!("{file} has {} segments", file.depth());
    assert_eq!(file.depth(), 2);
    Ok(())
}
