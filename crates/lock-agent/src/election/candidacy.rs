//! A candidate: it stands for election, leads while it has the object on enough nodes, and stands again.

use std::collections::BTreeMap;
use std::ops::ControlFlow;
use std::sync::Arc;

use lock_core::Token;

use super::following::Attending;
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
    /// The next thing that becomes of it, or is told to it. `None` when its node is gone.
    ///
    /// # Cancel safety
    /// Nothing is lost if the future is dropped.
    pub async fn next(&mut self) -> Option<Turn> {
        self.attending.turns.recv().await
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
        &self.attending.seat.me
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

impl Stands {
    pub(super) async fn run(self) {
        loop {
            // What cannot be had for want of nodes is waited for.
            let tx = self.locks.begin().await_nodes(true).await;
            self.stand(&tx).await;
            // It was ended, by a failure of the node. The next one begins when the others have had their turns.
            tokio::task::yield_now().await;
        }
    }

    /// Stands with one transaction, until it is over.
    async fn stand(&self, tx: &Transaction) {
        let mut events = tx.events();
        // What is held already is claimed again for nothing but its guard.
        while let Ok(guards) = tx.lock_many([self.claim.clone()]).await {
            let Some(guard) = guards.into_iter().next() else { return };
            let elected = match guard.fence_above(self.seat.newest()).await {
                Some(term) => self.seat.elected(&guard, term),
                None => false,
            };
            if !elected {
                tokio::task::yield_now().await;
            } else if self.lead(tx, &mut events, &guard).await.is_break() {
                return;
            }
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
            match event {
                None => {
                    self.seat.deposed(|term| Turn::Lost { term });
                    return ControlFlow::Break(());
                }
                // A node that elected another one meanwhile has a say again.
                Some(Event::NodeUp { .. } | Event::Missed(_)) if guard.is_unbroken() => {
                    // Refused if the transaction is over, or the node busy: then it is not asked.
                    let _ = tx.lock_nowait(self.claim.clone());
                    if !guard.is_unbroken() {
                        self.seat.deposed(surrendered);
                        return ControlFlow::Continue(());
                    }
                }
                Some(_) => {}
            }
        }
    }
}

