//! The pure engine: the machines of `lock-core` in virtual time.

mod forking;
mod handing_over;
mod taking_back;

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use lock_core::{
    Answer, Ask, Claim, ClaimError, ClaimView, Deadlock, HolderView, Incarnation, LockTable, Millis, Mode, NodeId,
    Object, Require, Scope, Token, Tokens, TransactionMachine, TransactionOptions, TxId, WaitGraph, WatchId,
    check_nobody_is_stuck, join, look, request_all, wait_graph,
};

use crate::seeded::Seeded;
use crate::{Action, Engine, Refusal, Standing, TxOptions, TxStatus};

/// One node with the real rules, no runtime, and a clock that stands still until it is moved.
///
/// It may have several tables, as a real node has shards; what happens does not depend on how many.
#[derive(Debug)]
pub struct PureNode {
    name: NodeId,
    now: Millis,
    // The search takes anything that dereferences to a table.
    #[allow(clippy::vec_box)]
    tables: Vec<Box<LockTable>>,
    /// Where all tables take their tokens from.
    counter: Tokens,
    machines: BTreeMap<TxId, TransactionMachine>,
    deadlocks: Vec<Arc<Deadlock>>,
    tokens: BTreeMap<Object, Vec<Token>>,
    searches: u64,
    broken: Vec<String>,
}

impl Default for PureNode {
    fn default() -> Self {
        Self::with_tables(1)
    }
}

impl PureNode {
    /// A node whose objects are spread over a number of tables.
    pub fn with_tables(count: usize) -> Self {
        let first = Incarnation(0);
        let counter = Tokens::starting_at(first);
        let table = |seed| Box::new(LockTable::new(first, counter.clone(), seed));
        Self {
            name: NodeId::new("n1"),
            now: Millis(0),
            tables: (0..count.max(1) as u64).map(table).collect(),
            counter,
            machines: BTreeMap::new(),
            deadlocks: Vec::new(),
            tokens: BTreeMap::new(),
            searches: 0,
            broken: Vec::new(),
        }
    }

    /// How many searches for deadlocks ran so far.
    pub fn searches(&self) -> u64 {
        self.searches
    }

    /// Whether nobody has or wants anything.
    pub fn is_empty(&self) -> bool {
        self.tables.iter().all(|table| table.is_empty())
    }

    fn index_of(&self, object: &Object) -> usize {
        let bytes = object.first_segment().bytes();
        let hash = bytes.fold(7_usize, |hash, byte| hash.wrapping_mul(31).wrapping_add(usize::from(byte)));
        hash % self.tables.len()
    }

    fn table_of(&mut self, object: &Object) -> &mut LockTable {
        let index = self.index_of(object);
        &mut self.tables[index]
    }

    fn claim_views(&self, tx: TxId) -> Vec<ClaimView> {
        self.tables.iter().flat_map(|table| table.claims(tx)).collect()
    }

    fn lock(&mut self, tx: TxId, claims: &[(Object, Mode)], require: Require) -> Result<(), ClaimError> {
        let claims = join(claims.iter().cloned());
        let now = self.now;
        for (object, mode) in &claims {
            self.admit(tx, &Claim { require, ..Claim::new(object.clone(), *mode) })?;
        }
        let (profile, late) = (self.machine(tx).profile(), self.machine(tx).may_wait(now));
        // Whoever is late gets what can be had at once: all of it, or nothing.
        let ask = Ask { wait: late.is_ok(), tell: false };
        let indexes: BTreeMap<&Object, usize> =
            claims.iter().map(|(object, _)| (object, self.index_of(object))).collect();
        let answers = request_all(&mut self.tables, |object| indexes[object], &profile, &claims, ask, now);
        claims.iter().for_each(|(object, _)| self.settle(object));
        if answers.is_err() {
            return late;
        }
        self.look(tx);
        Ok(())
    }

    /// The conditions of a claim are believed only as long as the table knows the claim: it goes in many ways.
    fn admit(&mut self, tx: TxId, claim: &Claim) -> Result<(), ClaimError> {
        let name = self.name.clone();
        let is_claimed = self.table_of(&claim.object).claim(tx, &claim.object).is_some();
        if !is_claimed {
            self.machine(tx).gave_back(&claim.object);
        }
        self.machine(tx).admit(claim, &name, std::slice::from_ref(&name), is_claimed)
    }

    fn look(&mut self, tx: TxId) {
        let found = look(&mut self.tables, tx, self.now);
        self.searches += found.searches;
        for deadlock in found.deadlocks {
            let deadlock = Arc::new(deadlock);
            for member in deadlock.members() {
                self.machine(member).resolved(&deadlock);
            }
            self.deadlocks.push(deadlock);
        }
        self.gather_tokens();
    }

    /// Takes what happened to a table, and notes the tokens of new grants.
    fn settle(&mut self, object: &Object) {
        self.note_token(object);
        self.gather_tokens();
    }

    fn gather_tokens(&mut self) {
        let facts: Vec<_> = self.tables.iter_mut().flat_map(|table| table.take_facts()).collect();
        for fact in facts {
            if let lock_core::Fact::Changed { change, .. } = fact {
                self.note_holders(&change.object, change.holders);
            }
        }
    }

    fn note_token(&mut self, object: &Object) {
        let holders = self.tables[self.index_of(object)].holders(object);
        self.note_holders(object, holders);
    }

    fn note_holders(&mut self, object: &Object, mut holders: Vec<HolderView>) {
        holders.sort_by_key(|holder| holder.token);
        holders.into_iter().for_each(|holder| self.note_grant(object, holder.token));
    }

    fn note_grant(&mut self, object: &Object, token: Token) {
        let tokens = self.tokens.entry(object.clone()).or_default();
        if !tokens.contains(&token) {
            if tokens.last().is_some_and(|last| *last > token) {
                self.broken.push(format!("tokens grow: {token} of {object} came late"));
            }
            tokens.push(token);
        }
    }

    fn machine(&mut self, tx: TxId) -> &mut TransactionMachine {
        self.machines.get_mut(&tx).expect("a scenario begins a transaction before it acts")
    }

    fn end(&mut self, tx: TxId) -> Result<(), lock_core::Over> {
        self.machine(tx).end()?;
        for table in &mut self.tables {
            table.remove(tx);
        }
        self.gather_tokens();
        Ok(())
    }

    fn attempt(&mut self, tx: TxId, object: &Object, mode: Mode) -> Result<(), ClaimError> {
        let now = self.now;
        self.admit(tx, &Claim::new(object.clone(), mode))?;
        let profile = self.machine(tx).profile();
        let had = self.table_of(object).request(&profile, object, mode, Ask::TRY, || now);
        self.settle(object);
        if matches!(had, Ok(Answer::Granted { .. })) {
            self.look(tx);
        }
        Ok(())
    }
}

fn refusal(error: &impl ToString) -> Refusal {
    Refusal(error.to_string())
}

impl Engine for PureNode {
    fn begin(&mut self, tx: TxId, options: &TxOptions) {
        let TxOptions { abort_on_deadlock, await_nodes, priority, deadline_ms } = *options;
        let deadline = deadline_ms.map(|ms| Millis(self.now.0.saturating_add(ms)));
        let options =
            TransactionOptions { abort_on_deadlock, await_nodes, priority, deadline, ..TransactionOptions::default() };
        self.machines.insert(tx, TransactionMachine::new(tx, options));
    }

    fn act(&mut self, tx: TxId, action: &Action) -> Result<(), Refusal> {
        if !matches!(action, Action::End | Action::Drop) {
            self.machine(tx).running().map_err(|over| refusal(&over))?;
        }
        match action {
            Action::Lock(claims) => {
                self.watch(claims);
                self.lock(tx, claims, Require::All).map_err(|error| refusal(&error))
            }
            Action::LockOn(claim) => {
                let claims = [(claim.object.clone(), claim.mode)];
                self.watch(&claims);
                self.lock(tx, &claims, claim.require).map_err(|error| refusal(&error))
            }
            Action::Try(object, mode) => {
                self.watch(&[(object.clone(), *mode)]);
                self.attempt(tx, object, *mode).map_err(|error| refusal(&error))
            }
            Action::Unlock(object) => {
                self.table_of(object).unlock(tx, object).map_err(|error| refusal(&error))?;
                self.machine(tx).gave_back(object);
                self.settle(object);
                Ok(())
            }
            Action::Downgrade(object) => {
                self.table_of(object).downgrade(tx, object).map_err(|error| refusal(&error))?;
                self.settle(object);
                Ok(())
            }
            Action::Surrender(object) => self.surrender(tx, object, None),
            Action::Saw => {
                self.tables.iter_mut().for_each(|table| table.tell_all(tx));
                Ok(())
            }
            Action::End | Action::Drop => self.end(tx).map_err(|error| refusal(&error)),
        }
    }

    fn together(&mut self, steps: &[(TxId, Action)], seed: u64) -> Vec<Result<(), Refusal>> {
        let mut outcomes = vec![Ok(()); steps.len()];
        for index in Seeded::new(seed).interleave(steps.iter().map(|(tx, _)| *tx)) {
            let (tx, action) = &steps[index];
            outcomes[index] = self.act(*tx, action);
        }
        outcomes
    }

    fn advance(&mut self, ms: u64) {
        self.now = Millis(self.now.0.saturating_add(ms));
        let late = self.machines.values().filter(|machine| machine.may_wait(self.now).is_err());
        let mut late: Vec<_> = late.map(|machine| (machine.options().deadline, machine.tx())).collect();
        late.sort_unstable();
        for (_, tx) in late {
            for table in &mut self.tables {
                table.withdraw_waits(tx);
            }
            self.gather_tokens();
        }
    }

    fn status(&mut self, tx: TxId) -> TxStatus {
        let claims = self.claim_views(tx);
        self.machine(tx).status(&claims).into()
    }

    fn waiting(&mut self, tx: TxId) -> BTreeSet<Object> {
        let waiting = self.claim_views(tx).into_iter().filter(|claim| claim.wanted.is_some());
        waiting.map(|claim| claim.object).collect()
    }

    fn claims(&mut self, tx: TxId) -> Vec<Standing> {
        self.claim_views(tx).into_iter().map(Standing::from).collect()
    }

    fn holders(&mut self, object: &Object) -> BTreeMap<TxId, Mode> {
        let holders = self.table_of(object).holders(object);
        holders.into_iter().map(|holder| (holder.tx, holder.mode)).collect()
    }

    fn queue(&mut self, object: &Object) -> Vec<TxId> {
        self.table_of(object).waiters(object).into_iter().map(|waiter| waiter.tx).collect()
    }

    fn deadlocks(&mut self) -> Vec<Deadlock> {
        self.deadlocks.iter().map(|deadlock| (**deadlock).clone()).collect()
    }

    fn lost(&mut self, tx: TxId) -> Vec<Object> {
        self.machine(tx).losses().to_vec()
    }

    fn tokens(&mut self, object: &Object) -> Vec<Token> {
        self.tokens.get(object).cloned().unwrap_or_default()
    }

    fn wait_graph(&mut self) -> WaitGraph {
        wait_graph(&self.tables)
    }

    fn violations(&mut self) -> Vec<String> {
        let broken = self.tables.iter().filter_map(|table| table.check().err());
        let mut broken: Vec<String> = broken.map(|violation| violation.to_string()).collect();
        broken.extend(check_nobody_is_stuck(&self.tables).err().map(|violation| violation.to_string()));
        broken.append(&mut self.broken.clone());
        broken
    }
}

impl PureNode {
    /// Watches what is claimed, to see every grant's token.
    fn watch(&mut self, claims: &[(Object, Mode)]) {
        for (object, _) in claims {
            self.table_of(object).watch(WatchId(0), object.clone(), Scope::Object);
        }
    }
}
