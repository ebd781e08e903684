//! What is locked: paths such as `db/users/7`.

use std::borrow::Borrow;
use std::fmt;
use std::str::FromStr;

use serde::{Deserialize, Serialize};
use smol_str::{SmolStr, SmolStrBuilder};
use thiserror::Error;

/// The most bytes that one segment may have.
pub const MAX_SEGMENT_BYTES: usize = 255;
/// The most segments that an object may have.
pub const MAX_DEPTH: usize = 32;
/// The most bytes that an object's text may have.
pub const MAX_OBJECT_BYTES: usize = 4096;

/// The thing locked: a non-empty path. Locking `db/users` locks all below it.
///
/// In text, `/` stands between segments. Inside a segment that is given on its own a `/` is
/// written `%2F` and a `%` is written `%25`, so every object has exactly one text, which
/// parses back to it. Objects of up to 23 bytes are stored without an allocation, and a
/// clone never allocates.
///
/// ```
/// use lock_core::{Object, object};
/// let user: Object = "db/users/7".parse()?;
/// assert_eq!(user, object!["db", "users", 7]?);
/// assert!("db".parse::<Object>()?.is_ancestor_of(&user));
/// assert_eq!(object!["files", "/etc/hosts"]?.to_string(), "files/%2Fetc%2Fhosts");
/// # Ok::<(), lock_core::InvalidObject>(())
/// ```
#[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(try_from = "SmolStr", into = "SmolStr")]
pub struct Object(SmolStr);

/// Why a text or a row of segments is no object.
#[derive(Clone, Debug, PartialEq, Eq, Error)]
#[non_exhaustive]
pub enum InvalidObject {
    /// There is no segment at all.
    #[error("invalid object: it is empty; an object is a path of one or more segments, such as db/users/7")]
    Empty,
    /// Two `/` in a row, or one at either end.
    #[error("invalid object {shown:?}: segment {position} is empty")]
    EmptySegment {
        /// The object, shortened.
        shown: String,
        /// Which segment, counted from 1.
        position: usize,
    },
    /// A segment is too long.
    #[error("invalid object {shown:?}: segment {position} has {bytes} bytes, {MAX_SEGMENT_BYTES} are allowed")]
    SegmentTooLong {
        /// The object, shortened.
        shown: String,
        /// Which segment, counted from 1.
        position: usize,
        /// How long it is.
        bytes: usize,
    },
    /// A segment has a control character.
    #[error("invalid object {shown:?}: segment {position} has the control character {character:?}")]
    ControlCharacter {
        /// The object, shortened.
        shown: String,
        /// Which segment, counted from 1.
        position: usize,
        /// The character.
        character: char,
    },
    /// There are too many segments.
    #[error("invalid object {shown:?}: it has more than {MAX_DEPTH} segments")]
    TooDeep {
        /// The object, shortened.
        shown: String,
    },
    /// The whole is too long.
    #[error("invalid object {shown:?}: it has {bytes} bytes, {MAX_OBJECT_BYTES} are allowed")]
    TooLong {
        /// The object, shortened.
        shown: String,
        /// How long it is.
        bytes: usize,
    },
}

impl Object {
    /// An object from its segments, each of them taken as it is.
    ///
    /// # Errors
    /// Says which segment breaks which bound.
    pub fn from_segments<S: fmt::Display>(segments: impl IntoIterator<Item = S>) -> Result<Self, InvalidObject> {
        let mut text = SmolStrBuilder::new();
        for (index, segment) in segments.into_iter().enumerate() {
            if index >= MAX_DEPTH {
                return Err(InvalidObject::TooDeep { shown: shorten(&text.finish()) });
            }
            if index > 0 {
                text.push('/');
            }
            push_segment(&mut text, &segment.to_string(), index + 1)?;
        }
        Self::of_canonical(text.finish())
    }

    /// The text that [`FromStr`] reads back.
    #[inline]
    pub fn as_str(&self) -> &str {
        &self.0
    }

    /// The segments in order, still escaped.
    pub fn segments(&self) -> impl DoubleEndedIterator<Item = &str> {
        self.0.split('/')
    }

    /// How many segments it has; at least 1.
    pub fn depth(&self) -> usize {
        self.segments().count()
    }

    /// The first segment: objects that share it share a shard.
    #[inline]
    pub fn first_segment(&self) -> &str {
        let end = self.0.bytes().position(|byte| byte == b'/').unwrap_or(self.0.len());
        &self.0[..end]
    }

    /// The texts of the objects above this one, nearest first.
    pub fn ancestors(&self) -> impl Iterator<Item = &str> {
        let text = self.as_str();
        text.bytes().enumerate().rev().filter(|(_, byte)| *byte == b'/').map(|(end, _)| &text[..end])
    }

    /// The object right above, if there is one.
    pub fn parent(&self) -> Option<Self> {
        self.ancestors().next().map(|text| Self(SmolStr::new(text)))
    }

    /// Whether `other` lies somewhere below this object.
    pub fn is_ancestor_of(&self, other: &Self) -> bool {
        other.0.len() > self.0.len() && other.0.as_bytes()[self.0.len()] == b'/' && other.0.starts_with(self.as_str())
    }

    /// Whether one is the other or lies below it: only then can two claims conflict.
    pub fn is_related_to(&self, other: &Self) -> bool {
        self == other || self.is_ancestor_of(other) || other.is_ancestor_of(self)
    }

    /// Takes a part of an object's text that is known to be an object, such as an ancestor's.
    pub(crate) fn trusted(text: &str) -> Self {
        Self(SmolStr::new(text))
    }

    fn of_canonical(text: SmolStr) -> Result<Self, InvalidObject> {
        if text.is_empty() {
            return Err(InvalidObject::Empty);
        }
        if text.len() > MAX_OBJECT_BYTES {
            return Err(InvalidObject::TooLong { shown: shorten(&text), bytes: text.len() });
        }
        Ok(Self(text))
    }
}

/// A hash by which objects are spread over shards: objects that share their first segment share it.
#[inline]
pub fn hash_of_first_segment(object: &Object) -> u64 {
    use std::hash::BuildHasher;
    foldhash::fast::FixedState::with_seed(0).hash_one(object.first_segment())
}

impl InvalidObject {
    /// The same error, showing the whole text and not only the part that was read.
    fn of(mut self, text: &str) -> Self {
        match &mut self {
            Self::Empty => {}
            Self::EmptySegment { shown, .. }
            | Self::SegmentTooLong { shown, .. }
            | Self::ControlCharacter { shown, .. }
            | Self::TooDeep { shown }
            | Self::TooLong { shown, .. } => *shown = shorten(text),
        }
        self
    }
}

/// Checks the text without changing it; `false` asks for the slow way through the segments.
fn is_canonical(text: &str) -> bool {
    let (mut depth, mut start) = (1, 0);
    for (at, byte) in text.bytes().enumerate() {
        match byte {
            b'/' => {
                if at == start || at - start > MAX_SEGMENT_BYTES {
                    return false;
                }
                depth += 1;
                start = at + 1;
            }
            b'%' | 0..0x20 | 0x7f.. => return false,
            _ => {}
        }
    }
    let last = text.len() - start;
    (1..=MAX_SEGMENT_BYTES).contains(&last) && depth <= MAX_DEPTH && text.len() <= MAX_OBJECT_BYTES
}

fn push_segment(text: &mut SmolStrBuilder, segment: &str, position: usize) -> Result<(), InvalidObject> {
    let shown = |segment| shorten(&format!("{}{segment}", text.clone().finish()));
    if segment.is_empty() {
        return Err(InvalidObject::EmptySegment { shown: shown(segment), position });
    }
    if segment.len() > MAX_SEGMENT_BYTES {
        let bytes = segment.len();
        return Err(InvalidObject::SegmentTooLong { shown: shown(segment), position, bytes });
    }
    if let Some(character) = segment.chars().find(|c| c.is_control()) {
        return Err(InvalidObject::ControlCharacter { shown: shown(segment), position, character });
    }
    for character in segment.chars() {
        match character {
            '/' => text.push_str("%2F"),
            '%' => text.push_str("%25"),
            other => text.push(other),
        }
    }
    Ok(())
}

/// Enough of a text to recognise it in an error.
fn shorten(text: &str) -> String {
    const SHOWN: usize = 60;
    match text.char_indices().nth(SHOWN) {
        Some((end, _)) => format!("{}…", &text[..end]),
        None => text.to_owned(),
    }
}

impl FromStr for Object {
    type Err = InvalidObject;

    /// Reads a path. `%2F` and `%25` stand for `/` and `%` inside a segment; any other `%` is itself.
    fn from_str(text: &str) -> Result<Self, InvalidObject> {
        if is_canonical(text) {
            return Ok(Self(SmolStr::new(text)));
        }
        if text.is_empty() {
            return Err(InvalidObject::Empty);
        }
        if text.len() > 3 * MAX_OBJECT_BYTES {
            return Err(InvalidObject::TooLong { shown: shorten(text), bytes: text.len() });
        }
        Self::from_segments(text.split('/').map(unescape)).map_err(|error| error.of(text))
    }
}

fn unescape(segment: &str) -> String {
    segment.replace("%2F", "/").replace("%2f", "/").replace("%25", "%")
}

impl fmt::Display for Object {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

impl fmt::Debug for Object {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Debug::fmt(self.as_str(), f)
    }
}

impl Borrow<str> for Object {
    fn borrow(&self) -> &str {
        self.as_str()
    }
}

impl From<Object> for SmolStr {
    fn from(object: Object) -> Self {
        object.0
    }
}

impl TryFrom<SmolStr> for Object {
    type Error = InvalidObject;

    fn try_from(text: SmolStr) -> Result<Self, InvalidObject> {
        text.parse()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::object;

    #[test]
    fn each_object_has_one_text_that_parses_back() {
        for segments in [&["a"][..], &["a/b", "c"], &["100%", "%2F"], &["ü", "日本"]] {
            let object = Object::from_segments(segments).expect("valid");
            assert_eq!(object.to_string().parse::<Object>(), Ok(object));
        }
        assert_eq!("a%2Fb".parse(), object!["a/b"]);
        assert_eq!("100%".parse(), object!["100%"]);
    }

    #[test]
    fn bad_objects_say_which_segment_and_what_is_allowed() {
        let fails = |text: &str| text.parse::<Object>().expect_err("invalid").to_string();
        assert!(fails("").contains("empty"));
        assert!(fails("a//b").contains("\"a//b\": segment 2 is empty"));
        assert!(fails("/a").contains("segment 1 is empty"));
        assert!(fails("a/").contains("segment 2 is empty"));
        assert!(fails("a/b\nc").contains("control character"));
        assert!(fails(&"x".repeat(256)).contains("256 bytes, 255 are allowed"));
        assert!(fails(&"x".repeat(1 << 20)).contains("1048576 bytes, 4096 are allowed"));
        assert!(fails(&vec!["a"; 33].join("/")).contains("more than 32 segments"));
        assert!(fails(&vec!["a"; 10_000].join("/")).contains("bytes, 4096 are allowed"));
        assert!(Object::from_segments(["a"; 0]).is_err());
    }

    #[test]
    fn ancestors_are_whole_segments_nearest_first() {
        let object: Object = "a/b/c".parse().expect("valid");
        assert_eq!(object.ancestors().collect::<Vec<_>>(), ["a/b", "a"]);
        let sibling: Object = "a/bb".parse().expect("valid");
        assert!(!"a/b".parse::<Object>().expect("valid").is_related_to(&sibling));
    }
}
