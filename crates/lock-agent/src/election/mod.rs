//! Who leads: whoever has one object on enough nodes. Candidates stand for it, workers follow.
//!
//! | to learn | read |
//! |---|---|
//! | how an election is set up | [`Election`] |
//! | what becomes of those who take part | [`Turn`], [`Candidacy`], [`Following`] |
//! | what a leader may do | [`Leading`], [`Merge`], [`Asked`] |
//! | how somebody comes to lead, and how it ends | `candidacy`, `seat` |
//! | what one participant knows of the others | `assembly` |
//! | what they say to each other | `note`, `hearing`, `post` |

mod asked;
mod asking;
mod assembly;
mod attending;
mod candidacy;
mod error;
mod following;
mod hearing;
mod leading;
mod merge;
mod note;
mod participant;
mod post;
mod seat;
mod turn;

use lock_core::{IntoObject, InvalidObject, Mode, NodeId, Object, Require};

use crate::{Claiming, Locks, claim};

pub use asked::Asked;
pub use asking::Answers;
pub use candidacy::Candidacy;
pub use error::SayError;
pub use following::Following;
pub use leading::Leading;
pub use merge::Merge;
pub use participant::{Participant, Role};
pub use turn::Turn;

use attending::Attending;
use candidacy::Stands;
use post::Post;
use seat::Seat;

/// An election, before anybody stands in it.
///
/// ```
/// use lock_agent::{Candidacy, Locks, Member, MemoryNetwork, NodeId, Timing, Turn};
/// # #[tokio::main(flavor = "current_thread")]
/// # async fn main() -> Result<(), Box<dyn std::error::Error>> {
/// # let network = MemoryNetwork::new();
/// # let member = Member::in_memory(&NodeId::new("n1"), &[], Timing::default(), &network);
/// # let locks = Locks::of(&member);
/// let election = lock_agent::Election::named("reports")?.on(["n1"]);
/// let mut candidacy = election.clone().campaign(&locks);
/// let Some(Turn::Elected { term }) = candidacy.next().await else { panic!("nobody else stands") };
/// assert_eq!(candidacy.term(), Some(term)); // say it to whatever the leader writes to
///
/// let mut worker = election.follow(&locks);
/// let Some(Turn::Led { by, .. }) = worker.next().await else { panic!("who comes later is told") };
/// assert_eq!(by, *candidacy.me());
/// candidacy.leading().ok_or("it leads")?.broadcast("to work")?;
/// assert!(matches!(worker.next().await, Some(Turn::Told { body, .. }) if body == b"to work"));
/// # Ok(())
/// # }
/// ```
#[derive(Clone, Debug)]
#[must_use = "nobody stands until `campaign`"]
pub struct Election {
    name: Object,
    claim: Claiming,
    /// Leaders on two sides of a split are possible.
    may_be_split: bool,
}

impl Election {
    /// The election of that name.
    ///
    /// # Errors
    /// If the name is none of an object.
    pub fn named(name: impl IntoObject) -> Result<Self, InvalidObject> {
        let name = name.into_object()?;
        let claim = claim(name.clone(), Mode::Write).require(Require::Majority);
        Ok(Self { name, claim, may_be_split: false })
    }

    /// The nodes that elect; the same for all candidates. None: the home node alone.
    pub fn on<N: Into<NodeId>>(self, nodes: impl IntoIterator<Item = N>) -> Self {
        Self { claim: self.claim.on(nodes), ..self }
    }

    /// How many of them have to; a majority, if nothing is said, and the same for all candidates. With [`Require::AllAlive`] or
    /// [`Require::MajorityAlive`] there is a leader on each side of a split, and when it heals they give way to one
    /// ([`Turn::Surrendered`]), which is told what to merge ([`Turn::Merge`]). [`Require::Any`] gives each
    /// node a leader of its own.
    pub fn require(self, require: Require) -> Self {
        let may_be_split = require.counts_only_the_alive() || require == Require::Any;
        Self { claim: self.claim.require(require), may_be_split, ..self }
    }

    /// Stands in it from now on, on the Tokio runtime of the caller. First come, first served.
    ///
    /// # Panics
    /// Without a Tokio runtime.
    pub fn campaign(self, locks: &Locks) -> Candidacy {
        let mut attending = self.attend(locks, Role::Candidate);
        let stands = Stands { locks: locks.clone(), claim: self.claim, seat: attending.seat.clone() };
        attending.tasks.push(tokio::spawn(stands.run()));
        Candidacy { attending }
    }

    /// Follows it from now on as a worker, on the Tokio runtime of the caller: is told who leads and what the leader says, and
    /// does not stand. From any node of the cluster, one of those that elect or not.
    ///
    /// # Panics
    /// Without a Tokio runtime.
    pub fn follow(self, locks: &Locks) -> Following {
        Following { attending: self.attend(locks, Role::Worker) }
    }

    fn attend(&self, locks: &Locks, role: Role) -> Attending {
        let (seat, mailbox, turns) = Seat::take(&self.name, Post::of(locks.home()), role, self.may_be_split);
        let tasks = vec![tokio::spawn(seat.clone().listen(mailbox))];
        Attending { seat, turns, tasks }
    }
}
