//! The locks of one array: its name, its grid, where they lie, and who has what.

use std::collections::BTreeMap;
use std::fmt;

use lock_core::{Claim, IntoObject, InvalidObject, Mode, NodeId, Object, Require, TxId};

use super::errors::ArrayLockError;
use super::grid::Grid;
use super::guards::ChunkGuard;
use super::part::{Part, object_of};
use crate::holdings::{Rules, Seat};
use crate::{Guard, LockInfo, Locks, Owner, Placement};

/// Locks on the chunks of an array, for reading or writing.
///
/// An [`Owner`] locks a chunk by its index, all chunks that a slice touches in one step, or the whole array, and gets a guard that
/// releases when it is dropped. What it has already it may lock again, and is given back with the last guard; write on what it has
/// for reading makes it stronger. First come, first served; readers that wait together enter together, and none of them passes a writer
/// who waits. Who times out, is dropped or dies while it waits passes its turn. Owners who lock chunks in opposite order do not hang:
/// see [`Owner`].
///
/// A chunk is locked as an object below the name of the array, such as `heights/0.2`, and the whole array as that name: locks of one name are
/// the same, whatever handle they are taken through, so all who use a name must have chunks of the same size in mind. The number of chunks may
/// grow: a handle with another [`Grid`] shares what both name. Neither must an array be named as if it were below another one.
///
/// It locks; the array itself it does not know. It speaks of the node that its locks are of, unless it is told where to lock:
/// [`ArrayLocks::on`], [`ArrayLocks::placed`].
///
/// ```
/// use lock_agent::{ArrayLocks, Grid, Locks, Mode, Owner};
/// # #[tokio::main(flavor = "current_thread")]
/// # async fn main() -> Result<(), Box<dyn std::error::Error>> {
/// let locks = Locks::local();
/// let heights = ArrayLocks::new(&locks, "heights", Grid::new([100, 100], [10, 10])?)?;
/// let (me, other) = (Owner::new(&locks), Owner::new(&locks));
///
/// let chunk = heights.lock_chunk(&me, [0, 2], Mode::Write).await?;
/// assert_eq!(chunk.object().to_string(), "heights/0.2");
/// let slice = heights.lock_region(&me, [15..25, 0..5], Mode::Write).await?; // two chunks, one step
/// assert!(heights.try_lock_chunk(&other, [2, 0], Mode::Read).is_err());
/// drop(slice);
/// assert!(heights.try_lock_chunk(&other, [2, 0], Mode::Read).is_ok());
/// # Ok(())
/// # }
/// ```
#[derive(Clone)]
pub struct ArrayLocks {
    pub(super) locks: Locks,
    pub(super) name: Object,
    pub(super) grid: Grid,
    /// The home node, if there are none.
    nodes: Vec<NodeId>,
    require: Require,
}

impl ArrayLocks {
    /// The locks of the array of that name.
    ///
    /// # Errors
    /// If the name is none of an object, or so long that the last chunk has none.
    pub fn new(locks: &Locks, name: impl IntoObject, grid: Grid) -> Result<Self, InvalidObject> {
        let name = name.into_object()?;
        let last: Vec<u64> = grid.chunk_counts().map(|count| count.saturating_sub(1)).collect();
        object_of(&name, &last)?;
        Ok(Self { locks: locks.clone(), name, grid, nodes: Vec::new(), require: Require::All })
    }

    /// Locks on these nodes of the cluster, in addition to those named before, and not at the home node unless it is among them. All who lock the
    /// array must name the same.
    pub fn on<N: Into<NodeId>>(mut self, nodes: impl IntoIterator<Item = N>) -> Self {
        self.nodes.extend(nodes.into_iter().map(Into::into));
        self
    }

    /// Locks on the nodes that a placement gives the array; arrays of other names may lie elsewhere.
    pub fn placed(self, placement: &Placement) -> Self {
        let nodes = placement.nodes_of(&self.name);
        self.on(nodes)
    }

    /// How many of the nodes must grant; all, if nothing is said. All who lock the array must require the same.
    pub fn require(mut self, require: Require) -> Self {
        self.require = require;
        self
    }

    /// Its name.
    pub fn name(&self) -> &Object {
        &self.name
    }

    /// How it is cut into chunks.
    pub fn grid(&self) -> &Grid {
        &self.grid
    }

    /// Who has which part of the array, in which mode, and who waits for it, in order: all of it at one moment. On a cluster, as the
    /// table of the home node has it.
    ///
    /// Holds a part of the table while it reads: for people and for tests, not for every request.
    ///
    /// # Examples
    /// ```
    /// # use lock_agent::{ArrayLocks, Grid, Locks, Mode, Owner, Part};
    /// # #[tokio::main(flavor = "current_thread")]
    /// # async fn main() -> Result<(), Box<dyn std::error::Error>> {
    /// # let locks = Locks::local();
    /// let heights = ArrayLocks::new(&locks, "heights", Grid::of_chunks([10, 10])?)?;
    /// let me = Owner::new(&locks);
    /// let _chunk = heights.try_lock_chunk(&me, [0, 2], Mode::Read)?;
    /// let holders = &heights.get_locks()[&Part::chunk([0, 2])].holders;
    /// assert_eq!((holders[0].tx, holders[0].mode), (me.id(), Mode::Read));
    /// # Ok(())
    /// # }
    /// ```
    pub fn get_locks(&self) -> BTreeMap<Part, LockInfo> {
        let infos = self.locks.lock_infos(&self.name).unwrap_or_default();
        let named = |info: LockInfo| Some((Part::of(&info.object, &self.name, &self.grid)?, info));
        infos.into_iter().filter_map(named).collect()
    }

    /// The claim of a part of the array, as it goes to a transaction.
    pub(super) fn claim(&self, object: Object, mode: Mode) -> Claim {
        let claim = Claim::new(object, mode);
        // Of one node there is nothing to require, and every call has to name the same conditions.
        if self.is_at_home() { claim } else { Claim { nodes: self.nodes.clone(), require: self.require, ..claim } }
    }

    /// Whether every answer comes from the home node.
    pub(super) fn is_at_home(&self) -> bool {
        let home = match (self.locks.node(), self.locks.member()) {
            (Some(node), _) => Some(node.name()),
            (None, member) => member.map(|member| member.name()),
        };
        self.nodes.iter().all(|node| Some(node) == home)
    }

    /// Takes a seat before the table is asked.
    pub(super) fn seat(&self, owner: &Owner, object: &Object, mode: Mode) -> Result<Seat, ArrayLockError> {
        self.only_known(owner)?;
        Ok(owner.owning.enter(object, mode, self.rules()).expect("what one has, one may have again by this rule"))
    }

    /// Takes a seat for each of many.
    pub(super) fn seats(&self, owner: &Owner, objects: &[Object], mode: Mode) -> Result<Vec<Seat>, ArrayLockError> {
        self.only_known(owner)?;
        Ok(owner.owning.enter_all(objects, mode, self.rules()).expect("what one has, one may have again by this rule"))
    }

    fn rules(&self) -> Rules<'_> {
        Rules { of: &self.name, again: true, paths: true }
    }

    /// Locks one object, and waits for it.
    pub(super) async fn wait_for(
        &self,
        owner: &Owner,
        object: Object,
        mode: Mode,
    ) -> Result<ChunkGuard, ArrayLockError> {
        let seat = self.seat(owner, &object, mode)?;
        let tx = &owner.owning.tx;
        let witness = if self.is_at_home() {
            tx.lock_counted(object, mode).await?
        } else {
            first(tx.lock_many_counted(vec![self.claim(object, mode)]).await?)
        };
        Ok(ChunkGuard::granted(witness, seat)?)
    }

    /// Turns an owner of other locks away.
    pub(super) fn only_known(&self, owner: &Owner) -> Result<(), ArrayLockError> {
        if owner.owning.tx.is_of(&self.locks) {
            return Ok(());
        }
        Err(ArrayLockError::OtherLocks { owner: owner.id(), array: self.name.clone() })
    }

    /// Who has a part of the array, or the whole, but for this one.
    pub(super) fn others_on(&self, object: &Object, owner: TxId) -> Vec<TxId> {
        let infos = [object, &self.name].into_iter().filter_map(|object| self.locks.lock_info(object).ok());
        let mut holders: Vec<TxId> = infos.flat_map(|info| info.holders).map(|holder| holder.tx).collect();
        holders.retain(|holder| *holder != owner);
        holders.sort_unstable();
        holders.dedup();
        holders
    }
}

pub(super) fn first(guards: Vec<Guard>) -> Guard {
    guards.into_iter().next().expect("one claim, one guard")
}

impl fmt::Debug for ArrayLocks {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("ArrayLocks").field("name", &self.name).field("grid", &self.grid).finish_non_exhaustive()
    }
}
