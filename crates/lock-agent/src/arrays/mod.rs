//! Locks on the chunks of arrays, such as those of Zarr. The rules are those of the lock table; what is here knows which chunks a slice
//! touches, and gives chunks their names.
//!
//! | to learn | read |
//! |---|---|
//! | what it is, and who has what | [`ArrayLocks`] |
//! | how an array is cut into chunks | [`Grid`] |
//! | which chunks a slice touches | `region` |
//! | how a chunk becomes an object, and back | [`Part`] |
//! | one chunk, waiting or not | `chunk`; slices and the whole array: `slice`; in threads: `blocking` |
//! | what one holds in hand | [`ChunkGuard`], [`RegionGuard`] |
//! | how chunks are given back | `releasing` |
//! | who locks | [`Owner`](crate::Owner), as for keys |

mod array_locks;
mod blocking;
mod chunk;
mod errors;
mod grid;
mod guards;
mod part;
mod region;
mod releasing;
mod slice;

pub use array_locks::ArrayLocks;
pub use errors::{ArrayLockError, ArrayReleaseError, ArrayTimeoutError, ArrayTryError};
pub use grid::{ChunkIndexError, Grid, GridError};
pub use guards::{ChunkGuard, RegionGuard};
pub use part::Part;
pub use region::{MAX_REGION_CHUNKS, RegionError};
