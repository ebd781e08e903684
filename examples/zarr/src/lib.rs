//! A Zarr array on disk whose slices are read, changed and written back by several tasks at once.
//!
//! A Zarr array is stored chunk by chunk: who changes a part of a chunk writes all of it. So two tasks whose slices do not even overlap
//! lose each other's work if they meet in a chunk. Here each of them locks the chunks that its slice touches.

use std::error::Error;
use std::ops::Range;
use std::path::Path;
use std::sync::Arc;

use gordian::{ArrayLocks, Grid, Locks, Mode, Owner};
use zarrs::array::{Array, ArrayBuilder, ArraySubset, data_type};
use zarrs::filesystem::FilesystemStore;

/// What may go wrong: of Zarr, of locks, of files.
pub type Failure = Box<dyn Error + Send + Sync>;

/// An array of numbers in two dimensions, on disk, and the locks on its chunks.
pub struct Heights {
    array: Array<FilesystemStore>,
    locks: Locks,
    chunks: ArrayLocks,
}

impl Heights {
    /// Makes an array of zeros in a folder.
    ///
    /// # Errors
    /// If the folder is not to be written.
    pub fn create(folder: &Path, shape: [u64; 2], chunk_shape: [u64; 2]) -> Result<Self, Failure> {
        let store = Arc::new(FilesystemStore::new(folder)?);
        let builder = ArrayBuilder::new(shape.to_vec(), chunk_shape.to_vec(), data_type::int64(), 0_i64);
        let array = builder.build(store, "/heights")?;
        array.store_metadata()?;
        let locks = Locks::local();
        let chunks = ArrayLocks::new(&locks, "heights", Grid::new(shape, chunk_shape)?)?;
        Ok(Self { array, locks, chunks })
    }

    /// Adds to each element of a slice, under a lock on the chunks that it touches. `between` is called when the slice has been read and
    /// not been written yet.
    ///
    /// # Errors
    /// If the slice is none of this array, or its chunks cannot be read or written.
    pub fn add(&self, slice: &[Range<u64>; 2], amount: i64, between: impl FnOnce()) -> Result<(), Failure> {
        let me = Owner::new(&self.locks);
        let _locked = self.chunks.blocking_lock_region(&me, slice, Mode::Write)?;
        self.add_unlocked(slice, amount, between)
    }

    /// The same without a lock: what it does when others are at work is anybody's guess.
    ///
    /// # Errors
    /// As [`Heights::add`].
    pub fn add_unlocked(&self, slice: &[Range<u64>; 2], amount: i64, between: impl FnOnce()) -> Result<(), Failure> {
        let subset = ArraySubset::new_with_ranges(slice);
        let mut elements: Vec<i64> = self.array.retrieve_array_subset(&subset)?;
        between();
        elements.iter_mut().for_each(|element| *element += amount);
        self.array.store_array_subset(&subset, elements)?;
        Ok(())
    }

    /// All elements, in row-major order, under a lock that shares the array with other readers.
    ///
    /// # Errors
    /// If a chunk cannot be read.
    pub fn elements(&self) -> Result<Vec<i64>, Failure> {
        let me = Owner::new(&self.locks);
        let _locked = self.chunks.blocking_lock_whole(&me, Mode::Read)?;
        Ok(self.array.retrieve_array_subset(&self.array.subset_all())?)
    }
}
