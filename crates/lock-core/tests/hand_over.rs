//! A lock that is handed over is never free in between, and breaks no promise.
#![allow(missing_docs)]

use lock_core::{
    Answer, Ask, Fact, Incarnation, LockTable, Millis, Mode, NotHandedOver, Object, Tokens, TxId, TxProfile,
    check_nobody_is_stuck, look,
};

const OBJECTS: [&str; 6] = ["a", "a/b", "a/b/c", "a/d", "e", "e/f"];

fn object(name: &str) -> Object {
    name.parse().expect("a short name")
}

fn table() -> LockTable {
    LockTable::new(Incarnation(0), Tokens::starting_at(Incarnation(0)), 0)
}

fn ask(table: &mut LockTable, tx: u64, name: &str, mode: Mode) -> Answer {
    let profile = TxProfile::new(TxId(tx));
    table.request(&profile, &object(name), mode, Ask::WAIT, || Millis(0)).expect("it may wait")
}

fn hand_over(table: &mut LockTable, from: u64, name: &str, to: u64) -> Result<(), NotHandedOver> {
    let before = table.holders(&object(name)).first().map(|holder| holder.token);
    let (_, token) = table.hand_over(TxId(from), &object(name), &TxProfile::new(TxId(to)))?;
    assert!(Some(token) > before, "tokens grow with every grant");
    Ok(())
}

fn holders(table: &LockTable, name: &str) -> Vec<u64> {
    table.holders(&object(name)).iter().map(|holder| holder.tx.0).collect()
}

#[test]
fn who_waits_goes_on_waiting_and_is_served_after_the_heir() {
    let mut table = table();
    ask(&mut table, 1, "a", Mode::Write);
    ask(&mut table, 2, "a", Mode::Write);
    assert_eq!(hand_over(&mut table, 1, "a", 3), Ok(()));
    assert_eq!(holders(&table, "a"), [3]);
    assert_eq!(table.take_facts(), [], "nobody was let in");
    table.remove(TxId(3));
    assert_eq!(holders(&table, "a"), [2]);
    table.check().expect("every promise holds");
}

#[test]
fn the_heir_waits_no_more_for_what_only_the_giver_kept_from_it() {
    let mut table = table();
    ask(&mut table, 1, "a/b", Mode::Write);
    ask(&mut table, 2, "a", Mode::Write);
    assert_eq!(hand_over(&mut table, 1, "a/b", 2), Ok(()));
    assert!(matches!(table.take_facts()[..], [Fact::Granted { tx: TxId(2), .. }]));
    table.check().expect("every promise holds");
}

#[test]
fn a_part_is_not_handed_over_by_who_keeps_the_whole() {
    let mut table = table();
    ask(&mut table, 1, "a/b", Mode::Read);
    ask(&mut table, 1, "a", Mode::Write);
    let refused = hand_over(&mut table, 1, "a/b", 2).map_err(|error| error.to_string());
    assert_eq!(refused, Err("a/b is not handed over to t2: t1 has write on a".into()));
    let refused = hand_over(&mut table, 1, "a", 2).map_err(|error| error.to_string());
    assert_eq!(refused, Err("a is not handed over to t2: t1 has read on a/b".into()));
    assert_eq!((holders(&table, "a"), holders(&table, "a/b")), (vec![1], vec![1]));
    table.check().expect("every promise holds");
}

#[test]
fn what_is_not_held_or_wanted_already_is_not_handed_over() {
    let mut table = table();
    ask(&mut table, 1, "a", Mode::Write);
    ask(&mut table, 2, "a", Mode::Write);
    ask(&mut table, 3, "e", Mode::Read);
    ask(&mut table, 4, "e", Mode::Read);
    ask(&mut table, 4, "e", Mode::Write);
    assert!(matches!(hand_over(&mut table, 3, "a", 4), Err(NotHandedOver::NotHeld(held)) if held.holders == [TxId(1)]));
    assert!(matches!(hand_over(&mut table, 2, "a", 3), Err(NotHandedOver::NotHeld(_))), "it only waits");
    assert!(matches!(hand_over(&mut table, 1, "a", 2), Err(NotHandedOver::Claimed { to: TxId(2), .. })));
    assert!(matches!(hand_over(&mut table, 1, "a", 1), Err(NotHandedOver::Claimed { to: TxId(1), .. })));
    assert!(matches!(hand_over(&mut table, 4, "e", 1), Err(NotHandedOver::Converting { from: TxId(4), .. })));
    table.check().expect("every promise holds");
}

/// Counts on from a seed.
struct Dice(u64);

impl Dice {
    fn below(&mut self, end: usize) -> usize {
        self.0 = self.0.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        usize::try_from(self.0 >> 33).expect("31 bits") % end
    }
}

#[test]
fn in_random_lives_no_promise_is_broken_and_nobody_is_stuck() {
    let mut given = 0;
    for seed in 0..1500 {
        let mut dice = Dice(seed);
        let mut table = table();
        for step in 0..120 {
            let tx = dice.below(5) as u64 + 1;
            let name = OBJECTS[dice.below(OBJECTS.len())];
            match dice.below(10) {
                0..=5 => {
                    let mode = if dice.below(2) == 0 { Mode::Read } else { Mode::Write };
                    ask(&mut table, tx, name, mode);
                    look(&mut [&mut table], TxId(tx), Millis(0));
                }
                6..=7 => {
                    let to = dice.below(5) as u64 + 1;
                    given += u64::from(hand_over(&mut table, tx, name, to).is_ok());
                    look(&mut [&mut table], TxId(to), Millis(0));
                }
                8 => drop(table.unlock(TxId(tx), &object(name))),
                _ => {
                    table.remove(TxId(tx));
                }
            }
            let broken = table.check().and_then(|()| check_nobody_is_stuck(&[&table]));
            assert_eq!(broken, Ok(()), "seed {seed}, step {step}");
        }
        for tx in 1..=5 {
            table.remove(TxId(tx));
        }
        assert!(table.is_empty(), "nothing is kept");
    }
    assert!(given > 1000, "{given} locks were handed over");
}
