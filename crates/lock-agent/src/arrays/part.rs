//! How a chunk becomes an object below its array, and how one reads it back.

use std::fmt::{self, Write as _};

use lock_core::{InvalidObject, Object};

use super::grid::Grid;

/// What one locks of an array. In text, and as the last segment of its object, a chunk is its index with dots: `0.2`.
#[derive(Clone, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum Part {
    /// All of it.
    Whole,
    /// One chunk, by its index.
    Chunk(Vec<u64>),
}

impl Part {
    /// The chunk of that index.
    pub fn chunk(index: impl Into<Vec<u64>>) -> Self {
        Self::Chunk(index.into())
    }

    /// What an object is of an array; none, if it is something else.
    pub(super) fn of(object: &Object, array: &Object, grid: &Grid) -> Option<Self> {
        if object == array {
            return Some(Self::Whole);
        }
        let segment = object.as_str().strip_prefix(array.as_str())?.strip_prefix('/')?;
        let index: Vec<u64> = match grid.axes() {
            0 => (segment == SCALAR).then(Vec::new)?,
            _ => segment.split('.').map(str::parse).collect::<Result<_, _>>().ok()?,
        };
        (index.len() == grid.axes()).then_some(Self::Chunk(index))
    }
}

impl fmt::Display for Part {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Whole => f.write_str("whole"),
            Self::Chunk(index) => f.write_str(&name_of(index)),
        }
    }
}

/// The only chunk of an array without axes.
const SCALAR: &str = "0";

/// The object of a chunk. It fits, if that of the last chunk of its array does.
pub(super) fn object_of(array: &Object, index: &[u64]) -> Result<Object, InvalidObject> {
    let mut text = String::with_capacity(array.as_str().len() + 1 + 8 * index.len().max(1));
    text.push_str(array.as_str());
    text.push('/');
    push_index(&mut text, index);
    text.parse()
}

/// Adds an index, or the rest of one.
pub(super) fn push_index(text: &mut String, index: &[u64]) {
    for (at, number) in index.iter().enumerate() {
        if at > 0 {
            text.push('.');
        }
        // A write to a String cannot fail.
        let _ = write!(text, "{number}");
    }
    if index.is_empty() {
        text.push_str(SCALAR);
    }
}

fn name_of(index: &[u64]) -> String {
    let mut text = String::new();
    push_index(&mut text, index);
    text
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_chunk_is_read_back_from_its_object() -> Result<(), Box<dyn std::error::Error>> {
        let array: Object = "group/heights".parse()?;
        for index in [vec![], vec![7], vec![0, 2], vec![u64::MAX; 3]] {
            let grid = Grid::of_chunks(vec![u64::MAX; index.len()])?;
            let object = object_of(&array, &index)?;
            assert!(array.is_ancestor_of(&object) && object.depth() == 3);
            assert_eq!(Part::of(&object, &array, &grid), Some(Part::Chunk(index)));
            assert_eq!(Part::of(&array, &array, &grid), Some(Part::Whole));
            for other in ["group", "group/heights/0.x", "group/heights/0.0.0.0", "group/heights/0.2/3"] {
                assert_eq!(Part::of(&other.parse()?, &array, &grid), None, "{other}");
            }
        }
        assert_eq!(object_of(&array, &[0, 2])?.as_str(), "group/heights/0.2");
        Ok(())
    }
}
