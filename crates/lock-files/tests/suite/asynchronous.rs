//! Tasks wait as threads do, and block nobody.

use std::time::Duration;

use lock_files::{LockError, Mode};
use tokio::task::JoinSet;

use crate::child::Child;
use crate::{LONG, is_busy, open, until_a_writer_waits};

#[tokio::test(flavor = "current_thread")]
async fn a_task_that_waits_blocks_no_other() {
    let (_, locks) = open("async-blocks");
    let guard = locks.lock_async("scan1", Mode::Write).await.unwrap();
    let (second, ahead) = (locks.clone(), locks.clone());
    let waiting = tokio::spawn(async move { second.lock_async("scan1", Mode::Write).await.unwrap().id() });
    tokio::task::yield_now().await;
    drop(ahead.lock_async("scan2", Mode::Write).await.unwrap());
    assert!(!waiting.is_finished());
    drop(guard);
    assert_eq!(waiting.await.unwrap(), "scan1");
}

#[tokio::test(flavor = "current_thread")]
async fn a_dropped_future_leaves_nothing_in_line_and_nothing_locked() {
    let (folder, locks) = open("async-dropped");
    let mut child = Child::of(&folder);
    assert_eq!(child.ask("lock scan1 read"), "held");
    {
        let mut waiting = Box::pin(locks.lock_async("scan1", Mode::Write));
        let polled = futures_poll(&mut waiting);
        assert!(polled.is_pending());
    }
    // No writer is in line: a reader gets in.
    let reader = locks.ask("scan1", Mode::Read).within(LONG).lock_async().await.unwrap();
    drop(reader);
    assert_eq!(child.ask("release scan1"), "released true");
    drop(locks.ask("scan1", Mode::Write).within(LONG).lock_async().await.unwrap());
    assert_eq!(locks.status("scan1").unwrap().holders, []);
}

fn futures_poll<F: Future + Unpin>(future: &mut F) -> std::task::Poll<F::Output> {
    std::pin::Pin::new(future).poll(&mut std::task::Context::from_waker(std::task::Waker::noop()))
}

#[test]
fn a_limit_needs_no_runtime() {
    let (_, locks) = open("async-limit");
    let guard = locks.lock("scan1", Mode::Write).unwrap();
    let plain = tokio::runtime::Builder::new_current_thread().build().unwrap(); // without a clock
    plain.block_on(async {
        let outcome = locks.ask("scan1", Mode::Read).within(Duration::from_millis(10)).lock_async().await;
        assert!(matches!(outcome, Err(LockError::TimedOut { .. })), "{outcome:?}");
        assert!(is_busy(&locks.ask("scan1", Mode::Read).within(Duration::ZERO).lock_async().await));
    });
    drop(guard);
    assert!(plain.block_on(locks.ask("scan1", Mode::Read).within(LONG).lock_async()).is_ok());
}

#[tokio::test]
async fn a_thousand_tasks_that_want_one_id_get_it_one_after_the_other() {
    let (_, locks) = open("async-thousand");
    let first = locks.lock_async("scan1", Mode::Write).await.unwrap();
    let inside = std::sync::Arc::new(std::sync::atomic::AtomicU32::new(0));
    let mut tasks = JoinSet::new();
    for task in 0..1000 {
        let (locks, inside) = (locks.clone(), inside.clone());
        tasks.spawn(async move {
            let mode = if task % 4 == 0 { Mode::Read } else { Mode::Write };
            let guard = locks.lock_async("scan1", mode).await.unwrap();
            let company = inside.fetch_add(1, std::sync::atomic::Ordering::SeqCst);
            assert!(mode == Mode::Read || company == 0);
            inside.fetch_sub(1, std::sync::atomic::Ordering::SeqCst);
            drop(guard);
        });
    }
    tokio::task::yield_now().await;
    drop(first);
    while let Some(done) = tasks.join_next().await {
        done.unwrap();
    }
}

#[tokio::test(flavor = "current_thread")]
async fn tasks_and_other_processes_wait_for_each_other() {
    let (folder, locks) = open("async-processes");
    let mut child = Child::of(&folder);
    let guard = locks.lock_async("scan1", Mode::Read).await.unwrap();
    child.order("lock scan1 write");
    until_a_writer_waits(&locks, "scan1");
    drop(guard);
    assert_eq!(child.answer(), "held");
    let waiting = tokio::spawn({
        let locks = locks.clone();
        async move { locks.lock_async("scan1", Mode::Write).await.unwrap().is_held() }
    });
    tokio::task::yield_now().await;
    assert_eq!(child.ask("release scan1"), "released true");
    assert!(waiting.await.unwrap());
}
