//! Many claims in one step.

use std::collections::BTreeMap;
use std::ops::{Deref, DerefMut};

use super::{Answer, Ask, LockTable, Refused, TxProfile};
use crate::{Millis, Mode, Object, TxId};

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
    if !ask.wait
        && let Some(refused) = refusal(tables, &table_of, profile.tx, claims)
    {
        return Err(refused);
    }
    let mut request = |(object, mode): &(Object, Mode)| {
        let table: &mut LockTable = &mut tables[table_of(object)];
        table.request(profile, object, *mode, Ask { wait: true, ..ask }, || now)
    };
    let mut answers: Vec<Answer> = claims.iter().map(&mut request).collect::<Result<_, _>>()?;
    if !ask.wait {
        // What had to wait for a moment is covered by what came after it.
        let waiting = answers.iter_mut().zip(claims).filter(|(answer, _)| matches!(answer, Answer::Waiting(_)));
        waiting.into_iter().try_for_each(|(answer, claim)| request(claim).map(|covered| *answer = covered))?;
    }
    Ok(answers)
}

/// Why the claims could not all be granted at once. One is no obstacle to another of the same
/// transaction, but may cover it.
fn refusal<T: Deref<Target = LockTable>>(
    tables: &[T],
    table_of: impl Fn(&Object) -> usize,
    tx: TxId,
    claims: &[(Object, Mode)],
) -> Option<Refused> {
    let all: BTreeMap<&str, Mode> = claims.iter().map(|(object, mode)| (object.as_str(), *mode)).collect();
    claims.iter().find_map(|(object, mode)| {
        let covers = |above: &str| all.get(above).is_some_and(|has| has.covers(*mode));
        if object.ancestors().any(covers) { None } else { tables[table_of(object)].refusal(tx, object, *mode) }
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{Incarnation, Tokens};

    #[test]
    fn a_batch_that_is_refused_leaves_no_trace() {
        let mut table = LockTable::new(Incarnation(0), Tokens::starting_at(Incarnation(0)), 0);
        let [t1, t2, t3] = [1, 2, 3].map(|id| TxProfile::new(TxId(id)));
        let [a, below, z] = ["a", "a/b", "z"].map(|text| text.parse::<Object>().expect("an object"));
        let mut ask = |tx: &TxProfile, object: &Object, mode| {
            table.request(tx, object, mode, Ask::WAIT, || Millis(0)).expect("may wait");
        };
        ask(&t1, &a, Mode::Read);
        ask(&t3, &below, Mode::Write); // waits for the read above
        ask(&t1, &below, Mode::Write); // waits behind it
        ask(&t2, &z, Mode::Write);
        let before = (table.claims(t1.tx), table.version());
        let claims = [(a, Mode::Write), (z, Mode::Read)];
        let refused = request_all(&mut [&mut table], |_| 0, &t1, &claims, Ask::TRY, Millis(0));
        assert!(refused.is_err());
        assert_eq!((table.claims(t1.tx), table.version()), before);
        assert_eq!(table.take_facts(), []);
    }

    #[test]
    fn what_a_later_claim_of_the_batch_covers_stands_in_nobodys_way() {
        let mut table = LockTable::new(Incarnation(0), Tokens::starting_at(Incarnation(0)), 0);
        let [t1, t2] = [1, 2].map(|id| TxProfile::new(TxId(id)));
        let [a, below] = ["a", "a/b"].map(|text| text.parse::<Object>().expect("an object"));
        for (tx, mode) in [(&t1, Mode::Read), (&t2, Mode::Write)] {
            table.request(tx, &a, mode, Ask::WAIT, || Millis(0)).expect("may wait");
        }
        let claims = [(below, Mode::Write), (a, Mode::Write)];
        let answers = request_all(&mut [&mut table], |_| 0, &t1, &claims, Ask::TRY, Millis(0)).expect("at once");
        assert!(answers.iter().all(|answer| matches!(answer, Answer::Granted { .. })), "{answers:?}");
        assert_eq!(table.waiting_claims(t1.tx), 0);
        table.check().expect("every promise holds");
    }
}
