//! A holder that stalls past its lease must not write any more. The lock manager cannot stop it; the resource
//! can, because each grant has a larger fencing token than all before.

use std::sync::Mutex;
use std::time::Duration;

use gordian::{Locks, Mode, Token};

/// A resource that remembers the largest token it has seen, and turns smaller ones away.
#[derive(Default)]
struct Store(Mutex<(Token, Vec<&'static str>)>);

impl Store {
    fn write(&self, token: Token, line: &'static str) -> Result<(), String> {
        let mut store = self.0.lock().map_err(|broken| broken.to_string())?;
        let (largest, lines) = &mut *store;
        if token < *largest {
            return Err(format!("{token} is older than {largest}: {line:?} is not written"));
        }
        *largest = token;
        lines.push(line);
        Ok(())
    }
}

#[tokio::main(flavor = "current_thread")]
async fn main() -> Result<(), Box<dyn std::error::Error>> {
    let (locks, store) = (Locks::local(), Store::default());

    // The first holder takes the lock for 50 ms at most, and writes under its token.
    let slow = locks.begin().lease(Duration::from_millis(50)).await;
    let held = slow.lock("files/ledger", Mode::Write).await?;
    let token = held.token().ok_or("it is held")?;
    store.write(token, "slow: first line")?;

    // It stalls. The next one has the lock when the lease is over, with a larger token.
    let quick = locks.begin().await;
    let next = quick.lock("files/ledger", Mode::Write).await?;
    let next_token = next.token().ok_or("it is held")?;
    println!("{} had {token}, {} has {next_token}", slow.id(), quick.id());
    assert!(next_token > token);
    store.write(next_token, "quick: second line")?;

    // The guard of the first one tells the truth, if it is asked…
    assert!(!held.is_held());
    assert_eq!(held.token(), None);
    println!("{} lost {:?}", slow.id(), slow.losses());
    assert_eq!(slow.losses(), [held.object().clone()]);

    // … and if it is not asked, the resource turns the old token away.
    let late = store.write(token, "slow: late line").expect_err("the token is old");
    println!("{late}");
    let lines = store.0.lock().map_err(|broken| broken.to_string())?.1.clone();
    assert_eq!(lines, ["slow: first line", "quick: second line"]);
    Ok(())
}
