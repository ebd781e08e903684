//! One real node under a story: it does and shows what is asked, as a program in its process would.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;
use std::time::Duration;

use lock_agent::{Locks, Scope, Transaction, Watching};
use lock_core::{NodeId, Object, Token, TxId};
use lock_server::Member;

use super::request::{Granted, Line, Reading, Reply, Request, TxView, View};
use crate::acting::act;
use crate::{Action, NodeView, Refusal, Standing, TxOptions, TxStatus};

/// A node with the programs that use it.
pub(super) struct Host {
    // Before the rest: what is dropped here speaks to its node.
    transactions: BTreeMap<TxId, Transaction>,
    /// Those that were ended by their programs.
    ended: BTreeSet<TxId>,
    watches: BTreeMap<Object, (Watching, BTreeSet<Token>)>,
    /// How many deadlocks were shown.
    shown: u64,
    peers: Vec<NodeId>,
    locks: Locks,
    member: Arc<Member>,
}

impl Host {
    /// A host of a node with these peers; the objects are those of the story.
    pub(super) fn of(member: Arc<Member>, peers: Vec<NodeId>, objects: &[Object]) -> Self {
        let watch = |object: &Object| (object.clone(), (member.watch(object.clone(), Scope::Object), BTreeSet::new()));
        let watches = objects.iter().map(watch).collect();
        let locks = Locks::of(&member);
        Self { transactions: BTreeMap::new(), ended: BTreeSet::new(), watches, shown: 0, peers, locks, member }
    }

    /// Does what is asked.
    pub(super) fn answer(&mut self, request: Request) -> Reply {
        match request {
            Request::Begin(options) => Reply::Begun(self.begin(&options)),
            Request::Act(tx, action) => Reply::Acted(self.act(tx, &action)),
            Request::PassTime => {
                self.member.pass_time();
                Reply::Done
            }
            Request::IsGone(peer, incarnation) => {
                self.member.is_gone(&peer, incarnation);
                Reply::Done
            }
            Request::Read => Reply::Reading(self.read()),
            Request::View => Reply::View(Box::new(self.view())),
        }
    }

    fn begin(&mut self, options: &TxOptions) -> TxId {
        let begin = self.locks.begin().priority(options.priority);
        let begin = begin.abort_on_deadlock(options.abort_on_deadlock).await_nodes(options.await_nodes);
        let transaction = match options.deadline_ms {
            Some(ms) => begin.deadline(Duration::from_millis(ms)).start(),
            None => begin.start(),
        };
        let tx = transaction.id();
        self.transactions.insert(tx, transaction);
        tx
    }

    fn act(&mut self, tx: TxId, action: &Action) -> Result<(), Refusal> {
        let transaction = self.transactions.get(&tx).ok_or_else(|| Refusal(format!("{tx} does not live here")))?;
        let outcome = act(transaction, action);
        if outcome.is_ok() && matches!(action, Action::End | Action::Drop) {
            self.ended.insert(tx);
        }
        outcome
    }

    fn read(&self) -> Reading {
        let traffic = self.peers.iter().map(|peer| (peer.clone(), self.member.traffic(peer)));
        Reading { traffic: traffic.collect(), next_tick: self.member.next_tick() }
    }

    fn view(&mut self) -> View {
        let transactions = self.transactions.iter().map(|(tx, transaction)| (*tx, self.tx_view(*tx, transaction)));
        let transactions = transactions.collect();
        let lines = self.watches.keys().filter_map(|object| self.line(object)).collect();
        let (node, kept, claims, is_recovering) = self.member.inspect(|machine, table| {
            (NodeView::seen_in(machine, table), machine.kept(), table.len(), machine.is_recovering())
        });
        let broken = self.member.check().err().map(|violation| violation.to_string());
        let (deadlocks, grants) = (self.new_deadlocks(), self.new_grants());
        View { node, transactions, lines, deadlocks, grants, kept, claims, is_recovering, broken }
    }

    fn tx_view(&self, tx: TxId, transaction: &Transaction) -> TxView {
        // Not the transaction's own status: that would tell its caller of its locks.
        let status = if self.ended.contains(&tx) { TxStatus::Ended } else { self.member.status(tx).into() };
        let parts = self.member.inspect(|machine, _| machine.parts(tx)).into_iter();
        let part = |(object, node, granted, wanted)| Standing { object, node: Some(node), granted, wanted };
        TxView {
            status,
            claims: self.member.claims(tx).into_iter().map(Standing::from).collect(),
            parts: parts.map(part).collect(),
            lost: transaction.losses(),
        }
    }

    fn line(&self, object: &Object) -> Option<Line> {
        let (holders, waiters) = self.member.holders_and_waiters(object);
        let is_idle = holders.is_empty() && waiters.is_empty();
        (!is_idle).then(|| Line { object: object.clone(), holders, waiters })
    }

    fn new_deadlocks(&mut self) -> Vec<lock_core::Deadlock> {
        let (kept, all) = (self.member.deadlocks(), self.member.node_view().counters.deadlocks);
        let new = usize::try_from(all - self.shown).unwrap_or(usize::MAX).min(kept.len());
        self.shown = all;
        kept[kept.len() - new..].iter().map(|deadlock| (**deadlock).clone()).collect()
    }

    /// What watchers were told: each token once. Of grants in one step the watch tells no order.
    fn new_grants(&mut self) -> Vec<Granted> {
        let mut grants = Vec::new();
        for (object, (watching, known)) in &mut self.watches {
            while let Some(change) = watching.try_next() {
                let holders: BTreeMap<Token, TxId> =
                    change.holders.iter().map(|holder| (holder.token, holder.tx)).collect();
                let new = holders.into_iter().filter(|(token, _)| known.insert(*token));
                grants.extend(new.map(|(token, tx)| Granted { tx, object: object.clone(), token }));
            }
        }
        grants
    }
}
