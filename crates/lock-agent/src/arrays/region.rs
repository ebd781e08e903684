//! Which chunks a slice of an array touches.

use std::ops::Range;

use lock_core::{InvalidObject, Object};
use thiserror::Error;

use super::grid::Grid;
use super::part::push_index;

/// The most chunks that one slice may touch, unless it is the whole array, which is one lock.
pub const MAX_REGION_CHUNKS: u64 = 100_000;

/// Why a slice of an array cannot be locked. Nothing was locked.
#[derive(Clone, Debug, PartialEq, Eq, Error)]
#[non_exhaustive]
pub enum RegionError {
    /// It has another number of axes.
    #[error("no slice {}: it has {} axes, the array has {axes}", shown(.ranges), .ranges.len())]
    WrongAxes {
        /// What was given.
        ranges: Vec<Range<u64>>,
        /// How many axes the array has.
        axes: usize,
    },
    /// It has no elements on an axis, and so touches no chunk.
    #[error("no slice {}: it has no elements on axis {axis}; the start must be less than the end", shown(.ranges))]
    EmptyRange {
        /// What was given.
        ranges: Vec<Range<u64>>,
        /// The first such axis, counted from 0.
        axis: usize,
    },
    /// It goes beyond the array.
    #[error("no slice {}: axis {axis} has {length} elements", shown(.ranges))]
    OutOfArray {
        /// What was given.
        ranges: Vec<Range<u64>>,
        /// The first such axis, counted from 0.
        axis: usize,
        /// How many elements that axis has.
        length: u64,
    },
    /// It touches too many chunks for one step.
    #[error(
        "the slice {} touches {chunks} chunks, {MAX_REGION_CHUNKS} are allowed: lock the whole array, or larger chunks",
        shown(.ranges)
    )]
    TooManyChunks {
        /// What was given.
        ranges: Vec<Range<u64>>,
        /// How many it touches.
        chunks: u128,
    },
}

fn shown(ranges: &[Range<u64>]) -> String {
    format!("{ranges:?}")
}

/// The chunks that a slice touches.
#[derive(Debug, PartialEq, Eq)]
pub(super) enum Touched {
    /// All of them: the array itself is locked.
    Whole,
    /// A box of chunks: the ranges of their indices, none of them empty.
    Chunks(Vec<Range<u64>>),
}

impl Grid {
    /// The chunks that a slice touches, which is given in elements.
    pub(super) fn touched(&self, ranges: &[Range<u64>]) -> Result<Touched, RegionError> {
        if ranges.len() != self.axes() {
            return Err(RegionError::WrongAxes { ranges: ranges.to_vec(), axes: self.axes() });
        }
        for (axis, (range, length)) in ranges.iter().zip(self.shape()).enumerate() {
            let (ranges, length) = (|| ranges.to_vec(), *length);
            if range.is_empty() {
                return Err(RegionError::EmptyRange { ranges: ranges(), axis });
            }
            if range.end > length {
                return Err(RegionError::OutOfArray { ranges: ranges(), axis, length });
            }
        }
        let chunks_of = |(range, chunk): (&Range<u64>, &u64)| range.start / chunk..range.end.div_ceil(*chunk);
        let touched: Vec<Range<u64>> = ranges.iter().zip(self.chunk_shape()).map(chunks_of).collect();
        if touched.iter().zip(self.chunk_counts()).all(|(chunks, count)| *chunks == (0..count)) {
            return Ok(Touched::Whole);
        }
        match number_of(&touched) {
            chunks if chunks > u128::from(MAX_REGION_CHUNKS) => {
                Err(RegionError::TooManyChunks { ranges: ranges.to_vec(), chunks })
            }
            _ => Ok(Touched::Chunks(touched)),
        }
    }
}

fn number_of(chunks: &[Range<u64>]) -> u128 {
    chunks.iter().fold(1, |product: u128, range| product.saturating_mul(u128::from(range.end - range.start)))
}

impl Touched {
    /// The objects to be locked, those of chunks in row-major order.
    pub(super) fn objects(&self, array: &Object) -> Result<Vec<Object>, InvalidObject> {
        match self {
            Self::Whole => Ok(vec![array.clone()]),
            Self::Chunks(chunks) => objects_in(array, chunks),
        }
    }
}

fn objects_in(array: &Object, chunks: &[Range<u64>]) -> Result<Vec<Object>, InvalidObject> {
    let mut objects = Vec::with_capacity(usize::try_from(number_of(chunks)).unwrap_or(0));
    let mut index: Vec<u64> = chunks.iter().map(|range| range.start).collect();
    let mut text = format!("{array}/");
    // Where the number of each axis starts. What stands before the one that changes is written once.
    let mut starts = vec![text.len(); chunks.len()];
    let mut changed = 0;
    loop {
        for axis in changed..chunks.len() {
            if axis > 0 {
                text.push('.');
            }
            starts[axis] = text.len();
            push_index(&mut text, &index[axis..=axis]);
        }
        objects.push(text.parse()?);
        let next = |axis: &usize| index[*axis] + 1 < chunks[*axis].end;
        let Some(axis) = (0..chunks.len()).rev().find(next) else { return Ok(objects) };
        index[axis] += 1;
        (axis + 1..chunks.len()).for_each(|later| index[later] = chunks[later].start);
        text.truncate(starts[axis].saturating_sub(usize::from(axis > 0)));
        changed = axis;
    }
}

#[cfg(test)]
#[expect(clippy::single_range_in_vec_init, reason = "a slice of one axis")]
mod tests {
    use super::*;

    fn names(shape: &[u64], chunk: &[u64], ranges: &[Range<u64>]) -> Result<Vec<String>, Box<dyn std::error::Error>> {
        let touched = Grid::new(shape, chunk)?.touched(ranges)?;
        Ok(touched.objects(&"a".parse()?)?.iter().map(ToString::to_string).collect())
    }

    #[test]
    fn a_slice_touches_each_chunk_that_has_one_of_its_elements() -> Result<(), Box<dyn std::error::Error>> {
        assert_eq!(names(&[100], &[10], &[19..20])?, ["a/1"]);
        assert_eq!(names(&[100], &[10], &[19..21])?, ["a/1", "a/2"]);
        assert_eq!(names(&[105], &[10], &[85..105])?, ["a/8", "a/9", "a/10"]);
        assert_eq!(
            names(&[9, 40, 30], &[3, 10, 10], &[0..1, 15..35, 9..21])?,
            ["a/0.1.0", "a/0.1.1", "a/0.1.2", "a/0.2.0", "a/0.2.1", "a/0.2.2", "a/0.3.0", "a/0.3.1", "a/0.3.2"]
        );
        assert_eq!(names(&[200, 20], &[10, 10], &[90..101, 9..11])?, ["a/9.0", "a/9.1", "a/10.0", "a/10.1"]);
        Ok(())
    }

    /// Beside the plainest way: every chunk of the grid is asked whether it has an element of the slice.
    #[test]
    fn slices_agree_with_asking_every_chunk() -> Result<(), Box<dyn std::error::Error>> {
        let (shape, chunk) = ([7_u64, 11], [3_u64, 4]);
        let ranges = |length: u64| (0..length).flat_map(move |start| (start + 1..=length).map(move |end| start..end));
        for rows in ranges(shape[0]) {
            for columns in ranges(shape[1]) {
                let has = |range: &Range<u64>, at: u64, side: u64| range.clone().any(|element| element / side == at);
                let all = (0..3).flat_map(|row| (0..3).map(move |column| (row, column)));
                let expected: Vec<String> = all
                    .filter(|(row, column)| has(&rows, *row, chunk[0]) && has(&columns, *column, chunk[1]))
                    .map(|(row, column)| format!("a/{row}.{column}"))
                    .collect();
                let expected = if expected.len() == 9 { vec!["a".to_owned()] } else { expected };
                assert_eq!(names(&shape, &chunk, &[rows.clone(), columns])?, expected);
            }
        }
        Ok(())
    }

    #[test]
    fn a_slice_that_touches_every_chunk_is_the_whole_array() -> Result<(), Box<dyn std::error::Error>> {
        assert_eq!(names(&[100, 5], &[10, 5], &[0..100, 0..5])?, ["a"]);
        assert_eq!(names(&[100], &[10], &[9..91])?, ["a"], "not every element is needed");
        assert_eq!(names(&[u64::MAX; 3], &[1; 3], &[0..u64::MAX, 0..u64::MAX, 0..u64::MAX])?, ["a"]);
        assert_eq!(names(&[], &[], &[])?, ["a"]);
        Ok(())
    }

    #[test]
    fn a_slice_that_cannot_be_locked_says_which_axis_is_wrong() -> Result<(), Box<dyn std::error::Error>> {
        let grid = Grid::new([100, 50], [10, 10])?;
        let said = |ranges: &[Range<u64>]| grid.touched(ranges).map_err(|error| error.to_string());
        assert_eq!(said(&[0..1]), Err("no slice [0..1]: it has 1 axes, the array has 2".into()));
        assert_eq!(said(&[0..1, 0..51]), Err("no slice [0..1, 0..51]: axis 1 has 50 elements".into()));
        assert!(said(&[5..5, 0..1]).is_err_and(|said| said.contains("no elements on axis 0")));
        #[expect(clippy::reversed_empty_ranges, reason = "what is refused")]
        let reversed = said(&[0..1, 7..3]);
        assert!(reversed.is_err_and(|said| said.contains("no elements on axis 1")));
        Ok(())
    }

    #[test]
    fn a_slice_of_too_many_chunks_is_an_error_before_anything_is_allocated() -> Result<(), Box<dyn std::error::Error>> {
        let grid = Grid::of_chunks([u64::MAX; 3])?;
        let ranges = vec![1..u64::MAX; 3];
        let error = grid.touched(&ranges).expect_err("too many");
        assert_eq!(error, RegionError::TooManyChunks { ranges, chunks: u128::MAX });
        assert!(error.to_string().contains("100000 are allowed: lock the whole array"));
        assert!(Grid::of_chunks([MAX_REGION_CHUNKS + 1])?.touched(&[0..MAX_REGION_CHUNKS]).is_ok());
        Ok(())
    }
}
