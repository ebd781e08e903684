//! What a client does, again and again: locks some objects in any order, and raises the counters that they protect.

use std::time::Duration;

use gordian::{Claim, ClaimError, Guard, IntoClaim, Locks, Mode, Require, Transaction, claim};

use crate::clock::now;
use crate::dice::Dice;
use crate::node::NAMES;
use crate::telling::{Answer, Done, Held, Said, Teller};

/// A client of a node.
pub(crate) struct Client {
    pub(crate) locks: Locks,
    pub(crate) judge: Teller,
    pub(crate) dice: Dice,
}

/// Why a transaction did not do its work.
enum Stopped {
    Ended(Done),
    /// The judge is not there any more.
    NoJudge,
}

impl From<std::io::Error> for Stopped {
    fn from(_: std::io::Error) -> Self {
        Self::NoJudge
    }
}

impl From<ClaimError> for Stopped {
    fn from(error: ClaimError) -> Self {
        Self::Ended(match error {
            ClaimError::Over(_) => Done::Aborted,
            _ => Done::NotServed,
        })
    }
}

impl Client {
    /// One transaction, from its begin to its end. Gives whether the judge is still there.
    pub(crate) async fn transact(&mut self) -> bool {
        let begin = self.locks.begin();
        let begin = begin.abort_on_deadlock(self.dice.percent(20)).await_nodes(self.dice.percent(20));
        let tx = begin.await;
        let done = match self.work(&tx).await {
            Ok(()) => Done::Well,
            Err(Stopped::Ended(done)) => done,
            Err(Stopped::NoJudge) => return false,
        };
        // Some clients die without a word.
        if self.dice.percent(90) {
            tx.end();
        } else {
            drop(tx);
        }
        if done == Done::NotServed {
            tokio::time::sleep(Duration::from_millis(20 + self.dice.roll(80))).await;
        }
        self.judge.tell(&Said::Done(done)).await.is_ok()
    }

    async fn work(&mut self, tx: &Transaction) -> Result<(), Stopped> {
        let claims: Vec<Claim> = (0..=self.dice.roll(3)).map(|_| any_claim(&mut self.dice)).collect();
        let guards = if self.dice.percent(20) {
            self.lock_at_once(tx, claims).await?
        } else {
            let mut guards = Vec::new();
            for claim in claims {
                guards.extend(self.lock_at_once(tx, vec![claim]).await?);
                if self.dice.percent(30) {
                    tokio::task::yield_now().await;
                }
            }
            guards
        };
        for guard in &guards {
            self.use_it(tx, guard).await?;
        }
        Ok(())
    }

    /// Some callers have no patience.
    async fn lock_at_once(&mut self, tx: &Transaction, claims: Vec<Claim>) -> Result<Vec<Guard>, Stopped> {
        let twice = claims.iter().any(|claim| claims.iter().filter(|other| other.object == claim.object).count() > 1);
        let claims = if twice { claims.into_iter().take(1).collect() } else { claims };
        if self.dice.percent(90) {
            return Ok(tx.lock_many(claims).await?);
        }
        let patience = Duration::from_millis(self.dice.roll(30));
        let locked = tokio::time::timeout(patience, tx.lock_many(claims)).await;
        locked.map_err(|_| Stopped::Ended(Done::GivenUp))?.map_err(Stopped::from)
    }

    /// Tells the judge of a lock, and raises what it protects.
    async fn use_it(&mut self, tx: &Transaction, guard: &Guard) -> Result<(), Stopped> {
        let lost = Stopped::Ended(Done::Lost);
        let Some(token) = guard.token() else { return Err(lost) };
        let mut held = Held {
            object: guard.object().to_string(),
            mode: guard.mode(),
            token: token.0,
            tx: tx.id().0,
            from: now(),
            to: 0,
        };
        if guard.mode() == Mode::Read {
            tokio::time::sleep(Duration::from_micros(self.dice.roll(2_000))).await;
            return if self.still(guard, &mut held).await? { Ok(()) } else { Err(lost) };
        }
        if !self.still(guard, &mut held).await? {
            return Err(lost);
        }
        let (object, token) = (held.object.clone(), held.token);
        let Answer::Value(value) = self.judge.ask(&Said::Read { object: object.clone(), token }).await? else {
            return self.refused(guard, &mut held).await;
        };
        if self.dice.percent(20) {
            tokio::time::sleep(Duration::from_micros(self.dice.roll(3_000))).await;
        }
        if !self.still(guard, &mut held).await? {
            return Err(lost);
        }
        match self.judge.ask(&Said::Write { object, token, value: value + 1 }).await? {
            Answer::TooOld => self.refused(guard, &mut held).await,
            _ if self.still(guard, &mut held).await? => Ok(()),
            _ => Err(lost),
        }
    }

    /// Whether the lock is still believed in, by the same grant. If so the judge is told.
    async fn still(&mut self, guard: &Guard, held: &mut Held) -> Result<bool, Stopped> {
        // Read before the guard is asked: it was believed in at least until then.
        let at = now();
        if guard.token().is_none_or(|token| token.0 != held.token) {
            return Ok(false);
        }
        held.to = at;
        self.judge.tell(&Said::Held(held.clone())).await?;
        Ok(true)
    }

    /// A newer token was seen. Then this one must not be believed in any more.
    async fn refused(&mut self, guard: &Guard, held: &mut Held) -> Result<(), Stopped> {
        if self.still(guard, held).await? {
            let why = format!("refused for an older token while it was believed in: {held:?}");
            self.judge.tell(&Said::Broken(why)).await?;
        }
        Err(Stopped::Ended(Done::Lost))
    }
}

/// One of some fifty objects in 18 trees: a majority of all nodes, all of three, or one.
fn any_claim(dice: &mut Dice) -> Claim {
    let (kind, root) = (dice.place(3), dice.place(6));
    let mut name = |kind: &str| match dice.roll(10) {
        0 => format!("{kind}{root}"),
        child => format!("{kind}{root}/{}", child % 3),
    };
    let nodes = |count: usize| (0..count).map(|at| NAMES[(root + at) % NAMES.len()]).collect::<Vec<_>>();
    let (object, nodes, require) = match kind {
        0 => (name("majority"), nodes(5), Require::Majority),
        1 => (name("all"), nodes(3), Require::All),
        _ => (name("one"), nodes(1), Require::All),
    };
    let mode = if dice.percent(70) { Mode::Write } else { Mode::Read };
    claim(object, mode).on(nodes).require(require).into_claim().expect("it is an object")
}
