//! How few would have had to give way: found by trying everything.

use super::QuorumWorld;

impl QuorumWorld {
    /// The fewest transactions that must let go so that all who are stuck now can finish, if
    /// overtaking costs nothing.
    ///
    /// Who lets go of all that it has is waited on by nobody over a hard arrow. The others finish in the end if they
    /// can be served over grants alone; and then it does so too.
    pub(crate) fn fewest_victims(&self) -> usize {
        let picture = self.picture();
        let stuck = picture.stuck(self.waiters());
        let finish = |victims| picture.serve_over_grants(stuck.without(victims)).left.is_empty();
        (0..=stuck.len()).find(|number| stuck.subsets(*number).any(finish)).unwrap_or(0)
    }
}
