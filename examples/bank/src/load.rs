//! Clients that move money from one account to another, one transfer after the other.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::time::Duration;

use parking_lot::Mutex;
use serde::Serialize;
use tokio::task::JoinSet;

use crate::http::{Client, Failed};
use crate::transfer::Transfer;
use crate::vault;

/// After a failure a client waits so long, and tries elsewhere.
const PAUSE: Duration = Duration::from_millis(20);

/// What has come of the transfers.
#[derive(Clone, Debug, Default, Serialize)]
pub(crate) struct Counted {
    pub(crate) moved: u64,
    /// Refused with a reason: too little money, locks lost, an old token.
    pub(crate) refused: u64,
    /// Nobody knows: the server went while it worked.
    pub(crate) unknown: u64,
    /// What was said of those that did not succeed, the last of each kind.
    pub(crate) last_refused: String,
    pub(crate) last_unknown: String,
}

#[derive(Debug, Default)]
struct Counts {
    moved: AtomicU64,
    refused: AtomicU64,
    unknown: AtomicU64,
    last_refused: Mutex<String>,
    last_unknown: Mutex<String>,
    stop: AtomicBool,
}

/// Clients at work.
pub(crate) struct Load {
    counts: Arc<Counts>,
    clients: JoinSet<()>,
}

impl Load {
    /// Starts so many clients, which go from server to server.
    pub(crate) fn start(servers: &[Client], clients: u64, accounts: usize) -> Self {
        let counts = Arc::new(Counts::default());
        let mut running = JoinSet::new();
        for number in 0..clients {
            let (servers, counts) = (servers.to_vec(), counts.clone());
            running.spawn(async move { work(servers, counts, accounts, Chance(number)).await });
        }
        Self { counts, clients: running }
    }

    pub(crate) fn counted(&self) -> Counted {
        let count = |count: &AtomicU64| count.load(Ordering::Relaxed);
        let Counts { moved, refused, unknown, last_refused, last_unknown, .. } = &*self.counts;
        let (last_refused, last_unknown) = (last_refused.lock().clone(), last_unknown.lock().clone());
        Counted { moved: count(moved), refused: count(refused), unknown: count(unknown), last_refused, last_unknown }
    }

    /// Lets every client finish what it has begun.
    pub(crate) async fn finish(mut self) -> Counted {
        self.counts.stop.store(true, Ordering::Relaxed);
        while self.clients.join_next().await.is_some() {}
        self.counted()
    }
}

async fn work(servers: Vec<Client>, counts: Arc<Counts>, accounts: usize, mut chance: Chance) {
    while !counts.stop.load(Ordering::Relaxed) {
        let server = &servers[chance.below(servers.len())];
        let from = chance.below(accounts);
        let to = (from + 1 + chance.below(accounts - 1)) % accounts;
        let amount = i64::try_from(1 + chance.below(10)).unwrap_or(1);
        let order = Transfer { from: vault::account(from), to: vault::account(to), amount };
        match server.post::<(), String>("/transfer", &order).await {
            Ok(()) => count(&counts.moved),
            Err(Failed::Refused(why)) => {
                count(&counts.refused);
                *counts.last_refused.lock() = why;
            }
            Err(silent) => {
                count(&counts.unknown);
                *counts.last_unknown.lock() = silent.to_string();
                tokio::time::sleep(PAUSE).await;
            }
        }
    }
}

fn count(counter: &AtomicU64) {
    counter.fetch_add(1, Ordering::Relaxed);
}

/// `splitmix64`.
struct Chance(u64);

impl Chance {
    fn below(&mut self, limit: usize) -> usize {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mixed = (self.0 ^ (self.0 >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        let mixed = (mixed ^ (mixed >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        usize::try_from((mixed ^ (mixed >> 31)) % limit as u64).expect("smaller than the limit")
    }
}
