//! Where the money is: a store that writes several balances at once or none of them, and looks at fencing tokens.
//!
//! It stands for a database with a column for the token: `UPDATE accounts SET balance = ?, token = ? WHERE name = ? AND
//! token <= ?`, in a transaction that is rolled back if not every row was changed.

use std::collections::BTreeMap;
use std::net::SocketAddr;
use std::sync::Arc;

use axum::extract::State;
use axum::http::StatusCode;
use axum::response::{IntoResponse, Response};
use axum::routing::{get, post};
use axum::{Json, Router};
use clap::Args;
use parking_lot::Mutex;
use serde::{Deserialize, Serialize};
use thiserror::Error;

use crate::Trouble;

/// How a vault is set up.
#[derive(Args, Clone, Debug)]
pub(crate) struct Settings {
    /// Where it listens
    #[arg(long, default_value = "127.0.0.1:7500")]
    pub(crate) listen: SocketAddr,
    /// How many accounts there are
    #[arg(long, default_value_t = 6)]
    pub(crate) accounts: usize,
    /// What each of them has at first
    #[arg(long, default_value_t = 1_000)]
    pub(crate) balance: i64,
}

/// An account, and under which token something is done with it.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub(crate) struct Entry {
    account: String,
    token: u64,
}

impl Entry {
    pub(crate) fn new(account: &str, token: u64) -> Self {
        Self { account: account.to_owned(), token }
    }
}

/// What is to be read.
#[derive(Debug, Serialize, Deserialize)]
pub(crate) struct Read(pub(crate) Vec<Entry>);

/// What is to be written, all or nothing.
#[derive(Debug, Serialize, Deserialize)]
pub(crate) struct Write(pub(crate) Vec<Balance>);

/// What an account is to have.
#[derive(Debug, Serialize, Deserialize)]
pub(crate) struct Balance {
    pub(crate) entry: Entry,
    pub(crate) balance: i64,
}

/// Why nothing was read or written.
#[derive(Clone, Debug, PartialEq, Eq, Error, Serialize, Deserialize)]
pub(crate) enum Refused {
    #[error("there is no account {0}")]
    NoAccount(String),
    #[error("the token #{token} for {account} is older than #{newest}: somebody else has it locked by now")]
    OldToken { account: String, token: u64, newest: u64 },
}

/// All the money.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct Total {
    pub(crate) money: i64,
    /// How many transfers were written.
    pub(crate) writes: u64,
    /// How often somebody came with an old token.
    pub(crate) old_tokens: u64,
}

#[derive(Debug, Default)]
struct Ledger {
    /// Balances, and the newest token that was seen for each.
    accounts: BTreeMap<String, (i64, u64)>,
    writes: u64,
    old_tokens: u64,
}

impl Ledger {
    fn new(settings: &Settings) -> Self {
        let account = |number| (account(number), (settings.balance, 0));
        Self { accounts: (0..settings.accounts).map(account).collect(), ..Self::default() }
    }

    /// Whoever reads under a token shuts out all older ones: a write that is late on its way must not come between the
    /// reading and the writing of the next holder.
    fn read(&mut self, Read(entries): &Read) -> Result<Vec<i64>, Refused> {
        entries.iter().try_for_each(|entry| self.check(entry))?;
        entries.iter().map(|entry| Ok(self.enter(entry)?.0)).collect()
    }

    fn write(&mut self, Write(balances): &Write) -> Result<(), Refused> {
        balances.iter().try_for_each(|balance| self.check(&balance.entry))?;
        for Balance { entry, balance } in balances {
            self.enter(entry)?.0 = *balance;
        }
        self.writes += 1;
        Ok(())
    }

    fn check(&mut self, Entry { account, token }: &Entry) -> Result<(), Refused> {
        let (_, newest) = *self.accounts.get(account).ok_or_else(|| Refused::NoAccount(account.clone()))?;
        if *token < newest {
            self.old_tokens += 1;
            return Err(Refused::OldToken { account: account.clone(), token: *token, newest });
        }
        Ok(())
    }

    fn enter(&mut self, Entry { account, token }: &Entry) -> Result<&mut (i64, u64), Refused> {
        let kept = self.accounts.get_mut(account).ok_or_else(|| Refused::NoAccount(account.clone()))?;
        kept.1 = *token;
        Ok(kept)
    }

    fn total(&self) -> Total {
        let money = self.accounts.values().map(|(balance, _)| balance).sum();
        Total { money, writes: self.writes, old_tokens: self.old_tokens }
    }
}

/// The name of an account.
pub(crate) fn account(number: usize) -> String {
    format!("a{number}")
}

impl IntoResponse for Refused {
    fn into_response(self) -> Response {
        (StatusCode::CONFLICT, Json(self)).into_response()
    }
}

type Shared = State<Arc<Mutex<Ledger>>>;

/// Keeps the money, until the process is ended.
pub(crate) async fn keep(settings: Settings) -> Result<(), Trouble> {
    let read = |State(ledger): Shared, Json(read): Json<Read>| async move { ledger.lock().read(&read).map(Json) };
    let write = |State(ledger): Shared, Json(write): Json<Write>| async move { ledger.lock().write(&write).map(Json) };
    let total = |State(ledger): Shared| async move { Json(ledger.lock().total()) };
    let ledger = Arc::new(Mutex::new(Ledger::new(&settings)));
    let routes = Router::new().route("/read", post(read)).route("/write", post(write)).route("/total", get(total));
    let listener = tokio::net::TcpListener::bind(settings.listen).await?;
    Ok(axum::serve(listener, routes.with_state(ledger)).await?)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn ledger() -> Ledger {
        Ledger::new(&Settings { listen: ([127, 0, 0, 1], 0).into(), accounts: 2, balance: 100 })
    }

    fn both(token: u64, one: i64, other: i64) -> Write {
        let balance = |name, balance| Balance { entry: Entry::new(name, token), balance };
        Write(vec![balance("a0", one), balance("a1", other)])
    }

    #[test]
    fn a_write_under_an_older_token_than_was_read_under_is_turned_away() {
        let mut ledger = ledger();
        assert_eq!(ledger.read(&Read(vec![Entry::new("a1", 7)])), Ok(vec![100]));
        let refused = ledger.write(&both(6, 0, 200));
        assert_eq!(refused, Err(Refused::OldToken { account: account(1), token: 6, newest: 7 }));
        assert_eq!(ledger.write(&both(7, 50, 150)), Ok(()));
        assert_eq!(ledger.total(), Total { money: 200, writes: 1, old_tokens: 1 });
    }

    #[test]
    fn of_a_write_that_is_refused_nothing_is_written() {
        let mut ledger = ledger();
        let unknown = Balance { entry: Entry::new("nobody", 9), balance: 7 };
        let mut write = both(9, 0, 0);
        write.0.push(unknown);
        assert_eq!(ledger.write(&write), Err(Refused::NoAccount("nobody".into())));
        assert_eq!(ledger.total().money, 200);
        assert_eq!(ledger.write(&both(1, 100, 100)), Ok(()), "the token was not taken either");
    }
}
