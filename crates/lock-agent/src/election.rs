//! Who leads: whoever has one object on enough nodes.

use lock_core::{IntoObject, InvalidObject, Mode, NodeId, Require, Token};
use tokio::sync::{mpsc, watch};
use tokio::task::JoinHandle;

use crate::{Claiming, Event, Guard, Locks, Transaction, claim};

/// How many turns may wait to be read; a candidate that does not read them stops there, leading or not.
const BUFFER: usize = 256;

/// An election, before anybody stands in it.
///
/// ```
/// use lock_agent::{Candidacy, Locks, Member, MemoryNetwork, NodeId, Timing, Turn};
/// # #[tokio::main(flavor = "current_thread")]
/// # async fn main() -> Result<(), Box<dyn std::error::Error>> {
/// # let network = MemoryNetwork::new();
/// # let member = Member::in_memory(&NodeId::new("n1"), &[], Timing::default(), &network);
/// # let locks = Locks::of(&member);
/// let mut candidacy = lock_agent::Election::named("reports")?.on(["n1"]).campaign(&locks);
/// let Some(Turn::Elected { term }) = candidacy.next().await else { panic!("nobody else stands") };
/// assert_eq!(candidacy.term(), Some(term)); // say it to whatever the leader writes to
/// # Ok(())
/// # }
/// ```
#[derive(Clone, Debug)]
#[must_use = "nobody stands until `campaign`"]
pub struct Election {
    claim: Claiming,
}

/// What becomes of a candidate.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum Turn {
    /// It leads. The term is larger than those of all leaders before it on the same nodes: a fencing token.
    Elected {
        /// The term.
        term: Token,
    },
    /// It leads no more, and stands again: it gave way to another leader when two halves of a network met again.
    Surrendered,
    /// It leads no more, and stands again: too few of the nodes that elected it are there.
    Lost,
}

/// A candidate. When it is dropped it stands no more, and the next one is elected.
#[derive(Debug)]
pub struct Candidacy {
    turns: mpsc::Receiver<Turn>,
    leads: watch::Receiver<Option<Guard>>,
    task: JoinHandle<()>,
}

impl Election {
    /// The election of that name.
    ///
    /// # Errors
    /// If the name is none of an object.
    pub fn named(name: impl IntoObject) -> Result<Self, InvalidObject> {
        Ok(Self { claim: claim(name.into_object()?, Mode::Write).require(Require::Majority) })
    }

    /// The nodes that elect; the same for all candidates. None: the home node alone.
    pub fn on<N: Into<NodeId>>(self, nodes: impl IntoIterator<Item = N>) -> Self {
        Self { claim: self.claim.on(nodes) }
    }

    /// How many of them have to; a majority, if nothing is said. With [`Require::AllAlive`] or
    /// [`Require::MajorityAlive`] there is a leader on each side of a split, and one of them gives way when it heals.
    pub fn require(self, require: Require) -> Self {
        Self { claim: self.claim.require(require) }
    }

    /// Stands in it from now on, on the Tokio runtime of the caller. First come, first served.
    ///
    /// # Panics
    /// Without a Tokio runtime.
    pub fn campaign(self, locks: &Locks) -> Candidacy {
        let (sender, turns) = mpsc::channel(BUFFER);
        let (standing, leads) = watch::channel(None);
        let stands = Stands { locks: locks.clone(), claim: self.claim, turns: sender, standing };
        Candidacy { turns, leads, task: tokio::spawn(stands.run()) }
    }
}

impl Candidacy {
    /// The next thing that becomes of it.
    ///
    /// # Cancel safety
    /// Nothing is lost if the future is dropped.
    pub async fn next(&mut self) -> Option<Turn> {
        self.turns.recv().await
    }

    /// Its term, if it leads now: the truth at this moment, by the clock of this process, whatever turns are still to be
    /// read. It says no before anybody else can be elected.
    pub fn term(&self) -> Option<Token> {
        self.leads.borrow().as_ref().and_then(Guard::token)
    }

    /// Whether it leads now.
    pub fn leads(&self) -> bool {
        self.term().is_some()
    }
}

impl Drop for Candidacy {
    fn drop(&mut self) {
        self.task.abort();
    }
}

/// A candidate at work.
struct Stands {
    locks: Locks,
    claim: Claiming,
    turns: mpsc::Sender<Turn>,
    standing: watch::Sender<Option<Guard>>,
}

impl Stands {
    async fn run(self) {
        loop {
            // What cannot be had for want of nodes is waited for.
            let tx = self.locks.begin().await_nodes(true).monitor_nodes(true).await;
            if self.stand(&tx).await.is_none() {
                return;
            }
            // It was ended, by a failure of the node. The next one begins when the others have had their turns.
            tokio::task::yield_now().await;
        }
    }

    /// Stands with one transaction, until it is over. Nothing, when nobody wants to know any more.
    async fn stand(&self, tx: &Transaction) -> Option<()> {
        let mut events = tx.events();
        let Ok(guards) = tx.lock_many([self.claim.clone()]).await else { return Some(()) };
        let guard = guards.into_iter().next()?;
        self.elected(&guard).await?;
        while let Some(event) = events.next().await {
            if let Event::NodeUp { .. } = event {
                // A node that elected another one meanwhile has a say again.
                let _ = tx.lock_nowait(self.claim.clone());
            }
            if !guard.is_held() && self.standing.borrow().is_some() {
                let gave_way = matches!(event, Event::Deadlock(_));
                self.deposed(if gave_way { Turn::Surrendered } else { Turn::Lost }).await?;
            }
            if guard.is_held() && self.standing.borrow().is_none() {
                self.elected(&guard).await?;
            }
        }
        if self.standing.borrow().is_some() {
            self.deposed(Turn::Lost).await?;
        }
        Some(())
    }

    async fn elected(&self, guard: &Guard) -> Option<()> {
        let Some(term) = guard.token() else { return Some(()) };
        self.standing.send_replace(Some(guard.clone()));
        self.turns.send(Turn::Elected { term }).await.ok()
    }

    async fn deposed(&self, turn: Turn) -> Option<()> {
        self.standing.send_replace(None);
        self.turns.send(turn).await.ok()
    }
}
