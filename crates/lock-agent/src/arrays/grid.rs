//! How an array is cut into chunks.

use lock_core::MAX_SEGMENT_BYTES;
use thiserror::Error;

/// How an array is cut into chunks: a regular grid of any number of axes. The last chunk of an axis may be a part of one.
///
/// Axes are counted from 0. An axis may have no elements yet, and so no chunks.
///
/// ```
/// use lock_agent::Grid;
/// let grid = Grid::new([100, 50], [30, 25])?; // 100 × 50 elements in chunks of 30 × 25
/// assert_eq!(grid.chunk_counts().collect::<Vec<_>>(), [4, 2]);
/// # Ok::<(), lock_agent::GridError>(())
/// ```
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Grid {
    /// How many elements each axis has.
    shape: Vec<u64>,
    /// How many of them a chunk has; as many axes, and 1 or more on each.
    chunk_shape: Vec<u64>,
}

/// Why something is no grid.
#[derive(Clone, Debug, PartialEq, Eq, Error)]
#[non_exhaustive]
pub enum GridError {
    /// The array and its chunks have different numbers of axes.
    #[error("no grid: the array has {array} axes and its chunks have {chunk}; both must have as many")]
    AxesDiffer {
        /// Of the array.
        array: usize,
        /// Of a chunk.
        chunk: usize,
    },
    /// Chunks without elements.
    #[error("no grid: chunks have 0 elements on axis {axis}; 1 or more are allowed")]
    EmptyChunk {
        /// Which, counted from 0.
        axis: usize,
    },
    /// So many axes with so many chunks that a chunk's index is no segment of an object.
    #[error(
        "no grid: with {axes} axes a chunk's index, such as 0.2, has up to {bytes} bytes; {MAX_SEGMENT_BYTES} are allowed"
    )]
    TooManyAxes {
        /// How many.
        axes: usize,
        /// The bytes of the last chunk's index.
        bytes: usize,
    },
}

/// Why an index is none of a chunk of a grid.
#[derive(Clone, Debug, PartialEq, Eq, Error)]
#[non_exhaustive]
pub enum ChunkIndexError {
    /// It has another number of axes.
    #[error("no chunk {index:?}: it has {} axes, the array has {axes}", .index.len())]
    WrongAxes {
        /// What was given.
        index: Vec<u64>,
        /// How many axes the array has.
        axes: usize,
    },
    /// It lies outside of the grid.
    #[error("no chunk {index:?}: axis {axis} has {count} chunks, counted from 0, and {} is none", .index[*.axis])]
    OutOfGrid {
        /// What was given.
        index: Vec<u64>,
        /// The first axis on which it lies outside, counted from 0.
        axis: usize,
        /// How many chunks that axis has.
        count: u64,
    },
}

impl Grid {
    /// A grid of an array's shape and the shape of its chunks, in elements.
    ///
    /// # Errors
    /// [`GridError`].
    pub fn new(shape: impl Into<Vec<u64>>, chunk_shape: impl Into<Vec<u64>>) -> Result<Self, GridError> {
        let grid = Self { shape: shape.into(), chunk_shape: chunk_shape.into() };
        let (array, chunk) = (grid.shape.len(), grid.chunk_shape.len());
        if array != chunk {
            return Err(GridError::AxesDiffer { array, chunk });
        }
        if let Some(axis) = grid.chunk_shape.iter().position(|length| *length == 0) {
            return Err(GridError::EmptyChunk { axis });
        }
        let digits = |count: u64| count.saturating_sub(1).checked_ilog10().unwrap_or(0) as usize + 1;
        let bytes = grid.chunk_counts().map(|count| digits(count) + 1).sum::<usize>().saturating_sub(1);
        if bytes > MAX_SEGMENT_BYTES {
            return Err(GridError::TooManyAxes { axes: array, bytes });
        }
        Ok(grid)
    }

    /// A grid of so many chunks on each axis, each of one element: slices are counted in chunks then.
    ///
    /// # Errors
    /// [`GridError::TooManyAxes`].
    pub fn of_chunks(counts: impl Into<Vec<u64>>) -> Result<Self, GridError> {
        let counts = counts.into();
        let ones = vec![1; counts.len()];
        Self::new(counts, ones)
    }

    /// How many elements each axis has.
    pub fn shape(&self) -> &[u64] {
        &self.shape
    }

    /// How many elements a chunk has on each axis.
    pub fn chunk_shape(&self) -> &[u64] {
        &self.chunk_shape
    }

    /// How many axes it has.
    pub fn axes(&self) -> usize {
        self.shape.len()
    }

    /// How many chunks each axis has, the last one of which may be a part.
    pub fn chunk_counts(&self) -> impl Iterator<Item = u64> {
        self.shape.iter().zip(&self.chunk_shape).map(|(length, chunk)| length.div_ceil(*chunk))
    }

    /// Whether a chunk of that index is there.
    ///
    /// # Errors
    /// [`ChunkIndexError`] says which axis is wrong.
    pub fn check(&self, index: &[u64]) -> Result<(), ChunkIndexError> {
        if index.len() != self.axes() {
            return Err(ChunkIndexError::WrongAxes { index: index.to_vec(), axes: self.axes() });
        }
        let mut counts = index.iter().zip(self.chunk_counts()).enumerate();
        match counts.find(|(_, (at, count))| *at >= count) {
            Some((axis, (_, count))) => Err(ChunkIndexError::OutOfGrid { index: index.to_vec(), axis, count }),
            None => Ok(()),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn counts(shape: &[u64], chunk: &[u64]) -> Result<Vec<u64>, GridError> {
        Ok(Grid::new(shape, chunk)?.chunk_counts().collect())
    }

    #[test]
    fn the_last_chunk_of_an_axis_may_be_a_part() -> Result<(), GridError> {
        assert_eq!(counts(&[100, 90, 1], &[30, 30, 30])?, [4, 3, 1]);
        assert_eq!(counts(&[0, u64::MAX], &[5, 1])?, [0, u64::MAX]);
        assert_eq!(counts(&[], &[])?, Vec::<u64>::new());
        Ok(())
    }

    #[test]
    fn what_is_no_grid_says_why() {
        assert_eq!(Grid::new([1, 2], [1]), Err(GridError::AxesDiffer { array: 2, chunk: 1 }));
        assert_eq!(Grid::new([1, 2], [1, 0]), Err(GridError::EmptyChunk { axis: 1 }));
        assert_eq!(Grid::of_chunks([u64::MAX; 13]), Err(GridError::TooManyAxes { axes: 13, bytes: 272 }));
        assert!(Grid::of_chunks([u64::MAX; 12]).is_ok() && Grid::of_chunks([10; 128]).is_ok());
    }

    #[test]
    fn an_index_outside_of_the_grid_says_on_which_axis() -> Result<(), GridError> {
        let grid = Grid::of_chunks([4, 2])?;
        assert_eq!(grid.check(&[3, 1]), Ok(()));
        let said = |index: &[u64]| grid.check(index).map_err(|error| error.to_string());
        assert_eq!(said(&[3, 2]), Err("no chunk [3, 2]: axis 1 has 2 chunks, counted from 0, and 2 is none".into()));
        assert_eq!(said(&[9, 9]), Err("no chunk [9, 9]: axis 0 has 4 chunks, counted from 0, and 9 is none".into()));
        assert_eq!(said(&[3]), Err("no chunk [3]: it has 1 axes, the array has 2".into()));
        Ok(())
    }
}
