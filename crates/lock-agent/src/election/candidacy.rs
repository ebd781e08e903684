//! A candidate: it stands for election, leads while it has the object on enough nodes, and stands again.

use std::collections::BTreeMap;
use std::ops::ControlFlow;
use std::sync::Arc;
use std::time::Duration;

use lock_core::Token;

use super::attending::Attending;
use super::leading::Leading;
use super::participant::{Participant, Role};
use super::seat::Seat;
use super::turn::Turn;
use crate::{Claiming, Event, Events, Guard, Locks, Transaction};

/// A candidate. When it is dropped it stands no more, and the next one is elected.
#[derive(Debug)]
pub struct Candidacy {
    pub(super) attending: Attending,
}

impl Candidacy {
    /// The next thing that becomes of it, or is told to it. It never ends by itself; `Some`, to be read like a stream.
    ///
    /// # Cancel safety
    /// Nothing is lost if the future is dropped.
    pub async fn next(&mut self) -> Option<Turn> {
        self.attending.next().await
    }

    /// Its term, if it leads now: the truth at this moment, by the clock of this process, whatever turns are still to be
    /// read. It says no before anybody else can be elected.
    pub fn term(&self) -> Option<Token> {
        self.attending.seat.term()
    }

    /// Whether it leads now.
    pub fn leads(&self) -> bool {
        self.term().is_some()
    }

    /// What the leader may say and ask, if it leads now.
    pub fn leading(&self) -> Option<Leading> {
        Some(Leading::new(self.attending.seat.clone(), self.term()?))
    }

    /// Its name among those who take part.
    pub fn me(&self) -> &Participant {
        self.attending.me()
    }

    /// Who leads, as far as it knows, and in which term: perhaps itself.
    pub fn leader(&self) -> Option<(Participant, Token)> {
        self.attending.leader()
    }

    /// Who else takes part, as far as it knows.
    pub fn others(&self) -> BTreeMap<Participant, Role> {
        self.attending.others()
    }
}

/// A candidate at work.
pub(super) struct Stands {
    pub(super) locks: Locks,
    pub(super) claim: Claiming,
    pub(super) seat: Arc<Seat>,
}

/// How long a candidate that cannot be elected waits for a change of the nodes before it tries again without.
const PAUSE: Duration = Duration::from_secs(1);

impl Stands {
    pub(super) async fn run(self) {
        loop {
            let mut nodes = self.locks.member().map(|member| member.presence());
            // Nodes that are gone are not waited for: two candidates that have half of the others each would wait for
            // their return, and not for each other. Whoever returns is claimed again by `claim_again`.
            let tx = self.locks.begin().monitor_nodes(true).await;
            self.stand(&tx).await;
            drop(tx);
            // Too few nodes are there, or this one failed.
            match &mut nodes {
                Some(nodes) => drop(tokio::time::timeout(PAUSE, nodes.changed()).await),
                None => tokio::task::yield_now().await,
            }
        }
    }

    /// Stands with one transaction, until it is over or cannot be served.
    async fn stand(&self, tx: &Transaction) {
        let mut events = tx.events();
        while let Some(guard) = self.wait(tx, &mut events).await {
            let Some(term) = guard.token() else { continue };
            if self.seat.is_old(term) {
                // Somebody has seen a newer term. Nodes that know of it give larger tokens: behind all that wait now.
                let _ = tx.surrender(guard.object());
            }
            if self.seat.elected(&guard, term) && self.lead(tx, &mut events, &guard).await.is_break() {
                return;
            }
            tokio::task::yield_now().await;
        }
    }

    /// Waits for the object, and claims it of nodes that come meanwhile. What is held already is had at once.
    async fn wait(&self, tx: &Transaction, events: &mut Events) -> Option<Guard> {
        let locked = tx.lock_many([self.claim.clone()]);
        tokio::pin!(locked);
        loop {
            tokio::select! {
                guards = &mut locked => return guards.ok()?.into_iter().next(),
                event = events.next() => self.claim_again(tx, &event?),
            }
        }
    }

    /// A node that came has a say: again, perhaps, and perhaps it has elected another one meanwhile.
    fn claim_again(&self, tx: &Transaction, event: &Event) {
        if let Event::NodeUp { .. } | Event::Missed(_) = event {
            // Refused if the transaction is over, or the node busy: then it is not asked.
            let _ = tx.lock_nowait(self.claim.clone());
        }
    }

    /// Leads until the term is over. Gives whether the transaction is.
    async fn lead(&self, tx: &Transaction, events: &mut Events, guard: &Guard) -> ControlFlow<()> {
        let surrendered = |term| Turn::Surrendered { term };
        loop {
            if !guard.is_unbroken() {
                self.seat.deposed(|term| Turn::Lost { term });
                return ControlFlow::Continue(());
            }
            if self.seat.is_outdone() {
                self.seat.deposed(surrendered);
                return ControlFlow::Continue(());
            }
            let event = tokio::select! {
                event = events.next() => event,
                () = self.seat.outdone.notified() => continue,
            };
            let Some(event) = event else {
                self.seat.deposed(|term| Turn::Lost { term });
                return ControlFlow::Break(());
            };
            let held = guard.is_unbroken();
            self.claim_again(tx, &event);
            if held && !guard.is_unbroken() {
                self.seat.deposed(surrendered);
                return ControlFlow::Continue(());
            }
        }
    }
}
