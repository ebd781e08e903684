//! A hundred thousand random transactions on real actors; afterwards nothing is left of them.
#![allow(missing_docs, clippy::unwrap_used)]

use std::sync::Arc;
use std::sync::atomic::{AtomicI64, AtomicU64, Ordering::SeqCst};
use std::time::Duration;

use gordian::{ClaimError, Guard, Locks, Mode, Transaction, claim};

const TASKS: u64 = 64;
const OBJECTS: u64 = 64;
const TRANSACTIONS: u64 = 100_000;
const SEED: u64 = 0x60D1_A000;

struct Random(u64);

impl Random {
    fn below(&mut self, bound: u64) -> u64 {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mut mixed = self.0;
        mixed = (mixed ^ (mixed >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        mixed = (mixed ^ (mixed >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        (mixed ^ (mixed >> 31)) % bound
    }

    fn mode(&mut self) -> Mode {
        if self.below(3) == 0 { Mode::Write } else { Mode::Read }
    }
}

/// What a lock protects: `-1` while somebody writes, else how many read; and what was written.
#[derive(Default)]
struct Protected {
    users: AtomicI64,
    value: AtomicI64,
    written: AtomicU64,
}

struct World {
    objects: Vec<Protected>,
}

/// Eight trees of eight leaves.
fn name(object: u64) -> String {
    format!("tree{}/leaf{}", object / 8, object % 8)
}

impl World {
    /// Uses what is locked: no await in between, and a transaction that waits for nothing loses nothing.
    fn use_it(&self, task: u64, object: u64, guard: &Guard) {
        if !guard.is_held() {
            return;
        }
        let protected = &self.objects[usize::try_from(object).unwrap()];
        let what = || format!("seed {SEED:#x}, task {task}, {guard:?}");
        if guard.mode() == Mode::Write {
            let users = protected.users.compare_exchange(0, -1, SeqCst, SeqCst);
            assert!(users.is_ok(), "{users:?} beside a writer: {}", what());
            let value = protected.value.load(SeqCst);
            std::hint::spin_loop();
            protected.value.store(value + 1, SeqCst);
            protected.written.fetch_add(1, SeqCst);
            let users = protected.users.swap(0, SeqCst);
            assert_eq!(users, -1, "beside a writer: {}", what());
        } else {
            let users = protected.users.fetch_add(1, SeqCst);
            assert!(users >= 0, "a writer beside a reader: {}", what());
            let value = protected.value.load(SeqCst);
            std::hint::spin_loop();
            assert_eq!(protected.value.load(SeqCst), value, "written beside a reader: {}", what());
            protected.users.fetch_sub(1, SeqCst);
        }
    }
}

fn is_expected(error: &ClaimError) -> bool {
    matches!(error, ClaimError::Over(_))
}

/// One thing out of all that a transaction can do. `false` when it is over.
async fn act(world: &World, tx: &Transaction, task: u64, random: &mut Random) -> bool {
    let object = random.below(OBJECTS);
    let mode = random.mode();
    let outcome = match random.below(16) {
        0..=5 => tx.lock(name(object), mode).await.map(|guard| world.use_it(task, object, &guard)),
        6 => match tx.lock_timeout(name(object), mode, Duration::ZERO).await {
            Ok(guard) => {
                world.use_it(task, object, &guard);
                Ok(())
            }
            Err(gordian::TimeoutError::Claim(error)) => Err(error),
            Err(_) => Ok(()),
        },
        7 => match tx.try_lock(name(object), mode) {
            Ok(guard) => {
                world.use_it(task, object, &guard);
                Ok(())
            }
            Err(gordian::TryError::Claim(error)) => Err(error),
            Err(_) => Ok(()),
        },
        8 => {
            let mut dropped = Box::pin(tx.lock(name(object), mode));
            let waker = std::task::Waker::noop();
            let polled = dropped.as_mut().poll(&mut std::task::Context::from_waker(waker));
            drop(dropped);
            match polled {
                std::task::Poll::Ready(outcome) => outcome.map(drop),
                std::task::Poll::Pending => Ok(()),
            }
        }
        9 | 10 => {
            let mut objects: Vec<u64> = (0..3).map(|_| random.below(OBJECTS)).collect();
            objects.sort_unstable();
            objects.dedup();
            let claims = objects.iter().map(|object| claim(name(*object), mode));
            tx.lock_many(claims).await.map(|guards| {
                objects.iter().zip(&guards).for_each(|(object, guard)| world.use_it(task, *object, guard));
            })
        }
        11 => {
            // A whole tree.
            let tree = object / 8;
            tx.lock(format!("tree{tree}"), mode).await.map(|guard| {
                (tree * 8..tree * 8 + 8).for_each(|object| world.use_it(task, object, &guard));
            })
        }
        12 => match tx.lock(name(object), Mode::Read).await {
            Ok(_) => tx.lock(name(object), Mode::Write).await.map(|guard| world.use_it(task, object, &guard)),
            Err(error) => Err(error),
        },
        13 => tx.lock_nowait(claim(name(object), mode)),
        14 => {
            let _ = tx.unlock(name(object));
            Ok(())
        }
        _ => tx.await_all().await.map(drop),
    };
    if let Err(error) = &outcome {
        assert!(is_expected(error), "seed {SEED:#x}, task {task}: {error}");
    }
    outcome.is_ok()
}

async fn transaction(world: &Arc<World>, locks: &Locks, task: u64, random: &mut Random) {
    if random.below(10) == 0 {
        let seed = random.below(u64::MAX);
        let world = world.clone();
        let work = locks.run(async |tx| {
            let mut random = Random(seed);
            for _ in 0..3 {
                let object = random.below(OBJECTS);
                let guard = tx.lock(name(object), random.mode()).await?;
                world.use_it(task, object, &guard);
            }
            Ok::<_, ClaimError>(())
        });
        let outcome = work.await;
        assert_eq!(outcome, Ok(()), "seed {SEED:#x}, task {task}");
        return;
    }
    let tx = locks.begin().abort_on_deadlock(random.below(4) == 0).priority(i32::from(random.below(8) == 0)).await;
    for _ in 0..=random.below(5) {
        if !act(world, &tx, task, random).await {
            break;
        }
    }
    if random.below(2) == 0 {
        let _ = tx.try_end();
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn nothing_is_left_of_a_hundred_thousand_random_transactions() {
    let alive = || tokio::runtime::Handle::current().metrics().num_alive_tasks();
    let before = alive();
    let locks = Locks::local();
    let world = Arc::new(World { objects: (0..OBJECTS).map(|_| Protected::default()).collect() });
    let mut tasks = tokio::task::JoinSet::new();
    for task in 0..TASKS {
        let (locks, world) = (locks.clone(), world.clone());
        tasks.spawn(async move {
            let mut random = Random(SEED ^ (task << 32));
            for count in 0..TRANSACTIONS.div_ceil(TASKS) {
                transaction(&world, &locks, task, &mut random).await;
                if count % 256 == task {
                    locks
                        .node()
                        .expect("a node in this process alone")
                        .check()
                        .unwrap_or_else(|broken| panic!("seed {SEED:#x}, task {task}: {broken}"));
                }
            }
        });
    }
    while let Some(done) = tasks.join_next().await {
        done.unwrap_or_else(|error| panic!("seed {SEED:#x}: {error}"));
    }
    for (object, protected) in world.objects.iter().enumerate() {
        assert_eq!(protected.users.load(SeqCst), 0, "seed {SEED:#x}, object {object}");
        let (value, written) = (protected.value.load(SeqCst), protected.written.load(SeqCst));
        assert_eq!(value.unsigned_abs(), written, "seed {SEED:#x}, object {object}: a write was lost");
    }
    let status = locks.status();
    assert_eq!(
        (status.claims, locks.node().expect("a node in this process alone").party_count()),
        (0, 0),
        "seed {SEED:#x}"
    );
    assert!(status.waiting.is_empty() && locks.wait_graph().arrows.is_empty(), "seed {SEED:#x}");
    assert_eq!(status.statistics.recoveries, 0, "seed {SEED:#x}");
    locks
        .node()
        .expect("a node in this process alone")
        .check()
        .unwrap_or_else(|broken| panic!("seed {SEED:#x}: {broken}"));
    println!("{:?}", status.statistics);
    let node = Arc::downgrade(locks.node().expect("a node in this process alone"));
    drop(locks);
    while node.strong_count() > 0 || alive() > before {
        tokio::task::yield_now().await;
    }
}
