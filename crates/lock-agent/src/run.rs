//! The closure form: retried after a deadlock, with the same age.

use crate::{Begin, Transaction};

pub(crate) async fn run<T, E, W>(begin: Begin, mut work: impl FnMut(Transaction) -> W) -> Result<T, E>
where
    W: Future<Output = Result<T, E>>,
{
    let age = begin.next_tx();
    loop {
        let tx = begin.clone().start_as(age);
        let ends = tx.ends_with_this();
        let outcome = work(tx).await;
        // What an aborted try did was not under all its locks.
        if !ends.was_aborted() {
            return outcome;
        }
    }
}
