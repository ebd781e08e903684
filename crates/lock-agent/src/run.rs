//! The closure form: retried after a deadlock, with the same age.

use crate::{Begin, Transaction};

pub(crate) async fn run<T, E>(begin: Begin, mut work: impl AsyncFnMut(&Transaction) -> Result<T, E>) -> Result<T, E> {
    let age = begin.next_tx();
    loop {
        let tx = begin.clone().start_as(age);
        let outcome = work(&tx).await;
        if !tx.was_aborted() {
            return outcome;
        }
        // What it did was not under all its locks; the drop of the transaction ends it before the next try.
    }
}
