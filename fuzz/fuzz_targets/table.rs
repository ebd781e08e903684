//! Two lock tables of one node: whatever is asked of them in whatever order, every promise holds after each step.

#![no_main]

use libfuzzer_sys::arbitrary::{self, Arbitrary};
use libfuzzer_sys::fuzz_target;
use lock_core::{
    Answer, Ask, ClaimChange, Fact, Incarnation, LockTable, Millis, Mode, Object, Scope, Token, Tokens, TxId,
    TxProfile, Version, WatchId, check_nobody_is_stuck, join, look, request_all,
};

/// More steps than this only make a case slow.
const MOST_STEPS: usize = 200;

const OBJECTS: [&str; 10] = ["a", "a/x", "a/x/1", "a/x/2", "a/y", "ab", "b", "b/x", "b/y", "c"];

#[derive(Arbitrary, Clone, Copy, Debug)]
struct Transaction {
    priority: i8,
    aborts: bool,
}

#[derive(Arbitrary, Clone, Copy, Debug)]
struct Wish {
    object: u8,
    write: bool,
}

#[derive(Arbitrary, Clone, Copy, Debug)]
enum Change {
    New,
    Conversion,
    Strengthened,
    Nothing,
}

#[derive(Arbitrary, Debug)]
enum Step {
    Request { wish: Wish, wait: bool, tell: bool },
    RequestAll { wishes: Vec<Wish>, wait: bool },
    Unlock(u8),
    Downgrade(u8),
    Surrender { object: u8, earlier: Option<u8>, may_wait: bool },
    WithdrawWaits,
    WithdrawWait(u8),
    TakeBack(u8, Change),
    Remove,
    TellAll,
    TellOne(u8),
    Watch { object: u8, subtree: bool },
    Unwatch(u8),
    NewOptions(Transaction),
}

#[derive(Arbitrary, Debug)]
struct Life {
    incarnation: u16,
    transactions: [Transaction; 6],
    steps: Vec<(u8, Step)>,
}

fuzz_target!(|life: Life| {
    let mut node = TwoTables::new(&life);
    for (tx, step) in life.steps.into_iter().take(MOST_STEPS) {
        let tx = TxId(u64::from(tx) % life.transactions.len() as u64 + 1);
        node.take(tx, step);
        node.check();
    }
    node.everybody_leaves();
});

struct TwoTables {
    tables: [Box<LockTable>; 2],
    objects: Vec<Object>,
    profiles: Vec<TxProfile>,
    /// All tokens that were seen, in order.
    tokens: Vec<Token>,
    versions: [Version; 2],
    now: Millis,
}

impl TwoTables {
    fn new(life: &Life) -> Self {
        let incarnation = Incarnation(u64::from(life.incarnation));
        let tokens = Tokens::starting_at(incarnation);
        let tables = [0, 1].map(|seed| Box::new(LockTable::new(incarnation, tokens.clone(), seed)));
        Self {
            objects: OBJECTS.iter().map(|text| text.parse().expect("an object")).collect(),
            profiles: (1..).zip(&life.transactions).map(|(id, options)| profile(TxId(id), *options)).collect(),
            tokens: vec![],
            versions: [tables[0].version(), tables[1].version()],
            tables,
            now: Millis(0),
        }
    }

    fn object(&self, index: u8) -> Object {
        self.objects[usize::from(index) % self.objects.len()].clone()
    }

    fn table(&mut self, object: &Object) -> &mut LockTable {
        &mut self.tables[table_of(object)]
    }

    fn profile(&self, tx: TxId) -> TxProfile {
        self.profiles[usize::try_from(tx.0).expect("few transactions") - 1]
    }

    fn take(&mut self, tx: TxId, step: Step) {
        self.now.0 += 1;
        match step {
            Step::Request { wish, wait, tell } => self.request(tx, wish, Ask { wait, tell }),
            Step::RequestAll { wishes, wait } => self.request_all(tx, &wishes, wait),
            Step::Unlock(object) => {
                let object = self.object(object);
                let had = self.table(&object).claim(tx, &object).is_some();
                assert_eq!(self.table(&object).unlock(tx, &object).is_ok(), had);
            }
            Step::Downgrade(object) => {
                let object = self.object(object);
                let had = self.table(&object).claim(tx, &object).is_some();
                assert_eq!(self.table(&object).downgrade(tx, &object).is_ok(), had);
            }
            Step::Surrender { object, earlier, may_wait } => self.surrender(tx, object, earlier, may_wait),
            Step::WithdrawWaits => self.tables.iter_mut().for_each(|table| drop(table.withdraw_waits(tx))),
            Step::WithdrawWait(object) => {
                let object = self.object(object);
                self.table(&object).withdraw_wait(tx, &object);
            }
            Step::TakeBack(object, change) => {
                let object = self.object(object);
                self.table(&object).take_back(tx, &object, claim_change(change));
            }
            Step::Remove => self.remove(tx),
            Step::TellAll => self.tables.iter_mut().for_each(|table| table.tell_all(tx)),
            Step::TellOne(object) => {
                let object = self.object(object);
                self.table(&object).tell_one(tx, &object);
            }
            Step::Watch { object, subtree } => {
                let object = self.object(object);
                let scope = if subtree { Scope::Subtree } else { Scope::Object };
                self.table(&object).watch(WatchId(u64::from(subtree)), object.clone(), scope);
            }
            Step::Unwatch(object) => {
                let object = self.object(object);
                self.table(&object).unwatch(WatchId(0), &object);
            }
            Step::NewOptions(options) => self.update(tx, options),
        }
        self.gather_facts();
        look(&mut self.tables, tx, self.now);
        self.gather_facts();
    }

    fn request(&mut self, tx: TxId, wish: Wish, ask: Ask) {
        let (profile, object, mode, now) = (self.profile(tx), self.object(wish.object), mode(wish), self.now);
        let before = self.table(&object).version();
        match self.table(&object).request(&profile, &object, mode, ask, || now) {
            Ok(Answer::Granted { token, .. }) => self.has(tx, &object, mode, token),
            Ok(Answer::Waiting(_)) => assert!(ask.wait, "who does not wait is not in line"),
            Err(_) => assert_eq!(before, self.table(&object).version(), "a refusal changes nothing"),
        }
    }

    fn has(&mut self, tx: TxId, object: &Object, mode: Mode, token: Token) {
        assert_eq!(self.table(object).token(tx, object, mode), Some(token));
    }

    fn request_all(&mut self, tx: TxId, wishes: &[Wish], wait: bool) {
        let claims = join(wishes.iter().map(|wish| (self.object(wish.object), mode(*wish))));
        let profile = self.profile(tx);
        let ask = Ask { wait, tell: false };
        let answers = request_all(&mut self.tables, table_of, &profile, &claims, ask, self.now);
        match answers {
            Ok(answers) => assert_eq!(answers.len(), claims.len()),
            Err(_) => assert!(!wait, "who waits is not refused"),
        }
    }

    /// Surrenders what the transaction has, or only the grant with some token that was seen.
    fn surrender(&mut self, tx: TxId, object: u8, earlier: Option<u8>, may_wait: bool) {
        let (object, now) = (self.object(object), self.now);
        let token = earlier.and_then(|index| self.tokens.iter().rev().nth(usize::from(index)).copied());
        let claim = self.table(&object).claim(tx, &object);
        let current = claim.and_then(|claim| claim.token);
        let names_it = current.is_some() && token.is_none_or(|token| current == Some(token));
        let done = self.table(&object).surrender(tx, &object, token, may_wait, now);
        assert_eq!(done.is_ok(), names_it, "{token:?} names {current:?}");
    }

    fn remove(&mut self, tx: TxId) {
        for table in &mut self.tables {
            let claims = table.claim_count(tx) as usize;
            assert_eq!(table.remove(tx), claims);
        }
    }

    fn update(&mut self, tx: TxId, options: Transaction) {
        let profile = profile(tx, options);
        self.profiles[usize::try_from(tx.0).expect("few transactions") - 1] = profile;
        self.tables.iter_mut().for_each(|table| table.update_profile(&profile));
    }

    /// What was granted has a token larger than all that were granted by an earlier call.
    fn gather_facts(&mut self) {
        let last = self.tokens.last().copied();
        let facts: Vec<Fact> = self.tables.iter_mut().flat_map(|table| table.take_facts()).collect();
        let mut new: Vec<Token> = facts.iter().filter_map(granted).collect();
        assert!(new.iter().all(|token| Some(*token) > last), "tokens grow: {last:?}, and now {new:?}");
        let all = self.objects.iter().flat_map(|object| self.tables[table_of(object)].holders(object));
        new.extend(all.map(|holder| holder.token).filter(|token| Some(*token) > last));
        new.sort_unstable();
        new.dedup();
        self.tokens.extend(new);
    }

    fn check(&mut self) {
        for (table, before) in self.tables.iter().zip(&mut self.versions) {
            table.check().unwrap_or_else(|violation| panic!("{violation}"));
            assert!(table.version() >= *before, "versions never go backwards");
            *before = table.version();
        }
        check_nobody_is_stuck(&self.tables).unwrap_or_else(|violation| panic!("{violation}"));
    }

    fn everybody_leaves(&mut self) {
        for id in 1..=self.profiles.len() as u64 {
            self.take(TxId(id), Step::Remove);
            self.check();
        }
        assert!(self.tables.iter().all(|table| table.is_empty()), "nothing is kept");
    }
}

/// Objects that share their first segment share a table.
fn table_of(object: &Object) -> usize {
    usize::from(object.first_segment() == "b")
}

fn profile(tx: TxId, options: Transaction) -> TxProfile {
    TxProfile { tx, priority: i32::from(options.priority), abort_on_deadlock: options.aborts }
}

fn mode(wish: Wish) -> Mode {
    if wish.write { Mode::Write } else { Mode::Read }
}

fn claim_change(change: Change) -> ClaimChange {
    match change {
        Change::New => ClaimChange::New,
        Change::Conversion => ClaimChange::Conversion,
        Change::Strengthened => ClaimChange::Strengthened,
        Change::Nothing => ClaimChange::Nothing,
    }
}

fn granted(fact: &Fact) -> Option<Token> {
    match fact {
        Fact::Granted { token, .. } => Some(*token),
        _ => None,
    }
}
