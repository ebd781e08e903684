//! One request, one transaction.

use std::time::Duration;

use gordian::{ClaimError, Claiming, Guard, Locks, Mode, Require, Token, claim};
use serde::{Deserialize, Serialize};
use thiserror::Error;

use crate::http::{Client, Failed};
use crate::vault::{Balance, Entry, Read, Refused, Write};

/// How long a request waits for its locks.
const PATIENCE: Duration = Duration::from_secs(5);
/// What one says who has no token: it is never old.
const ANY: u64 = u64::MAX;

/// Money that is to move.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub(crate) struct Transfer {
    pub(crate) from: String,
    pub(crate) to: String,
    pub(crate) amount: i64,
}

/// Why it does not.
#[derive(Debug, Error)]
pub(crate) enum NotMoved {
    #[error("nothing moves from {0} to itself")]
    ToItself(String),
    #[error("{amount} cannot be moved; 1 and more can")]
    NoAmount { amount: i64 },
    #[error("{account} has {balance}, which is less than {amount}")]
    Poor { account: String, balance: i64, amount: i64 },
    #[error(transparent)]
    Locks(#[from] ClaimError),
    #[error("the vault told {told} balances of 2")]
    Vague { told: usize },
    #[error(transparent)]
    Vault(#[from] Failed<Refused>),
}

/// What a server needs for it.
pub(crate) struct Teller {
    pub(crate) locks: Locks,
    pub(crate) nodes: Vec<String>,
    pub(crate) vault: Client,
    /// Takes no locks: to see what they are for.
    pub(crate) is_careless: bool,
}

impl Teller {
    /// Moves money.
    pub(crate) async fn transfer(&self, order: &Transfer) -> Result<(), NotMoved> {
        let Transfer { from, to, amount } = order;
        if from == to {
            return Err(NotMoved::ToItself(from.clone()));
        }
        if *amount < 1 {
            return Err(NotMoved::NoAmount { amount: *amount });
        }
        if self.is_careless {
            return self.move_money(order, ANY, ANY).await;
        }
        let tx = self.locks.begin().deadline(PATIENCE).await;
        loop {
            // In the order of the request: two transfers in opposite directions meet in a circle. One of them gives
            // way, before it has read anything, and has its lock again when the other one is done.
            let first = tx.lock_many([self.account(from)]).await?;
            let second = tx.lock_many([self.account(to)]).await?;
            if let (Some(from), Some(to)) = (token(&first), token(&second)) {
                return self.move_money(order, from.0, to.0).await;
            }
            // A node died that was one of the majority: nothing is read yet, so what is missing is claimed again.
            tokio::task::yield_now().await;
        }
        // The transaction ends here, whatever came of it.
    }

    /// An account is locked on a majority of the nodes, so it can be had though one of them is dead.
    fn account(&self, name: &str) -> Claiming {
        claim(["accounts", name], Mode::Write).on(self.nodes.iter().map(String::as_str)).require(Require::Majority)
    }

    /// Reads both balances and writes both. From the reading on, the vault turns away whatever comes late under older tokens.
    async fn move_money(&self, order: &Transfer, from_token: u64, to_token: u64) -> Result<(), NotMoved> {
        let Transfer { from, to, amount } = order;
        let read = Read(vec![Entry::new(from, from_token), Entry::new(to, to_token)]);
        let balances: Vec<i64> = self.vault.post("/read", &read).await?;
        let &[balance, other] = balances.as_slice() else {
            return Err(NotMoved::Vague { told: balances.len() });
        };
        if balance < *amount {
            return Err(NotMoved::Poor { account: from.clone(), balance, amount: *amount });
        }
        let write = Write(vec![
            Balance { entry: Entry::new(from, from_token), balance: balance - amount },
            Balance { entry: Entry::new(to, to_token), balance: other + amount },
        ]);
        let () = self.vault.post("/write", &write).await?;
        Ok(())
    }
}

fn token(guards: &[Guard]) -> Option<Token> {
    guards.first()?.token()
}
