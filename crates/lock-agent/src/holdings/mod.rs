//! Which guards an owner has out: so that a key is given back with its last guard, and a second lock of it is noticed.
//!
//! Nothing here decides who may have what; that is the table's. But the table keeps no claim of its own for what lies below a lock of the same
//! owner: the guard of a chunk may *lean* on the lock of its whole array. Such a lock is kept as long as any guard leans on it.
//!
//! | to learn | read |
//! |---|---|
//! | what an owner's handles and guards share | [`Owning`] |
//! | a guard's part in it | [`Seat`] |
//! | what a guard says of what it holds | [`Held`] |
//! | how many guards there are, and what is given back when one goes | `ledger` |
//! | which objects lie below which | `paths` |

mod held;
mod ledger;
mod paths;
mod seat;

use std::collections::BTreeMap;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};

use lock_core::{Mode, Object};
use parking_lot::{Mutex, MutexGuard};

use crate::{AlreadyOwned, ReleaseError, Transaction};
pub(crate) use held::Held;
use ledger::Ledger;
pub(crate) use seat::Seat;

/// What an owner's handles and guards share: the transaction ends with the last of them.
pub(crate) struct Owning {
    pub(crate) tx: Transaction,
    ledger: Mutex<Ledger>,
    /// How often something was given back whatever guards were out. Seats that saw this number are surely current.
    recalls: AtomicU64,
    /// What the transaction had claimed before it became an owner; no seat ever gives it back.
    before: BTreeMap<Object, Mode>,
}

/// How a mutex lets owners in.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Rules<'mutex> {
    /// Its name.
    pub(crate) of: &'mutex Object,
    /// Again, what they have.
    pub(crate) again: bool,
    /// What lies above covers it.
    pub(crate) paths: bool,
}

impl Owning {
    pub(crate) fn new(tx: Transaction) -> Self {
        let claims = tx.info().claims.into_iter();
        let before = claims.filter_map(|claim| Some((claim.granted.max(claim.wanted)?, claim.object)));
        let before = before.map(|(mode, object)| (object, mode)).collect();
        Self { tx, ledger: Mutex::default(), recalls: AtomicU64::new(0), before }
    }

    /// Takes a seat before the table is asked.
    pub(crate) fn enter(self: &Arc<Self>, object: &Object, mode: Mode, rules: Rules<'_>) -> Result<Seat, AlreadyOwned> {
        self.enter_in(&mut self.ledger.lock(), object, mode, rules)
    }

    /// Takes a seat for each of many objects at once, or none.
    pub(crate) fn enter_all(
        self: &Arc<Self>,
        objects: &[Object],
        mode: Mode,
        rules: Rules<'_>,
    ) -> Result<Vec<Seat>, AlreadyOwned> {
        let mut ledger = self.ledger.lock();
        if let Some((object, covered_by)) =
            objects.iter().find_map(|object| Some((object, ledger.is_taken(object, mode, rules)?)))
        {
            return Err(AlreadyOwned { owner: self.tx.id(), object: object.clone(), covered_by });
        }
        ledger.reserve(objects.len());
        Ok(objects.iter().map(|object| Seat::take(self, &mut ledger, rules.of, object, mode)).collect())
    }

    fn enter_in(
        self: &Arc<Self>,
        ledger: &mut Ledger,
        object: &Object,
        mode: Mode,
        rules: Rules<'_>,
    ) -> Result<Seat, AlreadyOwned> {
        if let Some(covered_by) = ledger.is_taken(object, mode, rules) {
            return Err(AlreadyOwned { owner: self.tx.id(), object: object.clone(), covered_by });
        }
        Ok(Seat::take(self, ledger, rules.of, object, mode))
    }

    /// Gives an object back, whatever guards of it are out; they are guards of nothing then. What waits for it is not touched.
    pub(crate) fn give_back(&self, object: &Object) -> Result<(), ReleaseError> {
        // Held until the table has it back, as in the drop of a seat: another call of this owner may want it at once.
        let mut ledger = self.ledger.lock();
        self.tx.is_running()?;
        if ledger.seats(object) == 0 || !self.tx.holds(object, Mode::Read) {
            return Err(self.tx.not_held(object).into());
        }
        self.recalls.fetch_add(1, Ordering::Release);
        ledger.recall(&self.tx, object)
    }

    /// Gives back all that was locked through a mutex, one after the other, and gives how many they were. What waits is not touched.
    pub(crate) fn give_back_all(&self, of: &Object) -> Result<usize, ReleaseError> {
        let locked = self.ledger.lock().locked_through(of);
        let mut given_back = 0;
        for object in locked {
            match self.give_back(&object) {
                Ok(()) => given_back += 1,
                // Only waited for, lost, or released by a guard that was dropped meanwhile.
                Err(ReleaseError::NotHeld(_)) => {}
                Err(error) => return Err(error),
            }
        }
        Ok(given_back)
    }

    fn recalls(&self) -> u64 {
        self.recalls.load(Ordering::Acquire)
    }

    fn before(&self, object: &Object) -> Option<Mode> {
        self.before.get(object).copied()
    }
}

/// The ledgers of two owners, always locked in the same order.
fn both<'owning>(
    one: &'owning Arc<Owning>,
    other: &'owning Arc<Owning>,
) -> (MutexGuard<'owning, Ledger>, MutexGuard<'owning, Ledger>) {
    if Arc::as_ptr(one) < Arc::as_ptr(other) {
        let first = one.ledger.lock();
        (first, other.ledger.lock())
    } else {
        let first = other.ledger.lock();
        (one.ledger.lock(), first)
    }
}
