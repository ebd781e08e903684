//! Many claims in one step.

use std::ops::DerefMut;

use super::{Answer, Ask, LockTable, Refused, TxProfile};
use crate::{Millis, Mode, Object};

/// Asks for many objects in one atomic step: all tables that they live in are held together, so
/// transactions that ask for all at once never deadlock with each other.
///
/// Join the claims first ([`join`](crate::join)): an object must not be named twice. `table_of`
/// says which of `tables` an object lives in. The answers come in the order of the claims.
///
/// # Errors
/// [`Refused`], only when asked not to wait: nothing has changed then.
pub fn request_all<T: DerefMut<Target = LockTable>>(
    tables: &mut [T],
    table_of: impl Fn(&Object) -> usize,
    profile: &TxProfile,
    claims: &[(Object, Mode)],
    ask: Ask,
    now: Millis,
) -> Result<Vec<Answer>, Refused> {
    let mut answers = Vec::with_capacity(claims.len());
    let mut before: Vec<(&Object, Option<Mode>)> = Vec::new();
    for (object, mode) in claims {
        let table = &mut tables[table_of(object)];
        if !ask.wait {
            before.push((object, table.claim(profile.tx, object).and_then(|claim| claim.granted)));
        }
        match table.request(profile, object, *mode, ask, || now) {
            Ok(answer) => answers.push(answer),
            Err(refused) => {
                before.pop();
                for (object, had) in before.into_iter().rev() {
                    tables[table_of(object)].restore(profile.tx, object, had);
                }
                return Err(refused);
            }
        }
    }
    Ok(answers)
}

impl LockTable {
    /// Gives back what was granted on top of what a transaction had before.
    fn restore(&mut self, tx: crate::TxId, object: &Object, had: Option<Mode>) {
        let given_back = match had {
            None if self.claim(tx, object).is_none() => Ok(()), // an ancestor covers it
            None => self.unlock(tx, object),
            Some(Mode::Read) => self.downgrade(tx, object),
            Some(Mode::Write) => Ok(()),
        };
        debug_assert!(given_back.is_ok(), "what was granted just now is held");
    }
}
