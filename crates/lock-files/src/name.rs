//! How an id becomes the name of a file, and back.

use thiserror::Error;

/// Room for the longest ending, within the 255 bytes that file systems allow.
const MOST: usize = 250;

/// An id that cannot be locked.
#[derive(Clone, Debug, PartialEq, Eq, Error)]
pub enum InvalidId {
    /// It has no character.
    #[error("an empty id cannot be locked; name what is to be locked")]
    Empty,
    /// Its file name would be too long.
    #[error("the id `{start}…` needs a file name of {bytes} bytes; {MOST} at most are allowed")]
    TooLong {
        /// Its first characters.
        start: String,
        /// How long the name would be.
        bytes: usize,
    },
}

/// An id, and the name that its files begin with.
///
/// They are the same, as plantdb has it, except where an id is no file name: `/` is written `%2F`, a zero byte `%00`, and a `%` that
/// would read like one of these `%25`. So two ids never share a file, and every name reads back as its id.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Name {
    stem: String,
}

impl Name {
    pub(crate) fn of(id: &str) -> Result<Self, InvalidId> {
        if id.is_empty() {
            return Err(InvalidId::Empty);
        }
        let stem = encoded(id);
        if stem.len() > MOST {
            return Err(InvalidId::TooLong { start: id.chars().take(20).collect(), bytes: stem.len() });
        }
        Ok(Self { stem })
    }

    /// The name that a file was made for, if its name is one that this module writes.
    pub(crate) fn of_file(file: &str, ending: &str) -> Option<Self> {
        let name = Self { stem: file.strip_suffix(ending)?.to_owned() };
        (Self::of(&name.id()).as_ref() == Ok(&name)).then_some(name)
    }

    pub(crate) fn stem(&self) -> &str {
        &self.stem
    }

    pub(crate) fn id(&self) -> String {
        decoded(&self.stem)
    }

    pub(crate) fn file(&self, ending: &str) -> String {
        [&self.stem, ending].concat()
    }
}

fn encoded(id: &str) -> String {
    let mut stem = String::with_capacity(id.len());
    for (at, character) in id.char_indices() {
        match character {
            '/' => stem.push_str("%2F"),
            '\0' => stem.push_str("%00"),
            '%' if escape(&id[at..]).is_some() => stem.push_str("%25"),
            other => stem.push(other),
        }
    }
    stem
}

fn decoded(stem: &str) -> String {
    let mut id = String::with_capacity(stem.len());
    let mut rest = stem;
    while let Some(first) = rest.chars().next() {
        let (character, width) = escape(rest).map_or((first, first.len_utf8()), |written| (written, 3));
        id.push(character);
        rest = &rest[width..];
    }
    id
}

/// What an escape at the start of a text stands for.
fn escape(text: &str) -> Option<char> {
    match text.get(..3)? {
        "%2F" => Some('/'),
        "%00" => Some('\0'),
        "%25" => Some('%'),
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn stem(id: &str) -> String {
        Name::of(id).map(|name| name.stem().to_owned()).unwrap_or_default()
    }

    #[test]
    fn an_id_that_is_a_file_name_names_its_file() {
        for id in ["scan1", "scan_10", "..", ".", "50%", "50%x", "a b", "größe", "100%2f", "a.lock"] {
            assert_eq!(stem(id), id);
        }
    }

    #[test]
    fn every_name_reads_back_as_its_id_and_no_two_ids_share_one() {
        let letters = ['%', '2', '5', 'F', '0', '/', '\0', 'ü'];
        let mut ids = vec![String::new()];
        let mut stems = std::collections::BTreeSet::new();
        for _ in 0..4 {
            ids = ids.iter().flat_map(|id| letters.map(|letter| format!("{id}{letter}"))).collect();
            for id in &ids {
                let stem = stem(id);
                assert!(!stem.contains(['/', '\0']), "{id:?} as {stem:?}");
                assert_eq!(Name::of_file(&format!("{stem}.lock"), ".lock").map(|name| name.id()).as_ref(), Some(id));
                assert!(stems.insert(stem), "{id:?} shares its name");
            }
        }
    }

    #[test]
    fn an_empty_and_an_over_long_id_are_refused() {
        assert_eq!(Name::of(""), Err(InvalidId::Empty));
        assert!(Name::of(&"x".repeat(250)).is_ok());
        let error = Name::of(&"x".repeat(251)).map_err(|error| error.to_string());
        assert_eq!(
            error,
            Err("the id `xxxxxxxxxxxxxxxxxxxx…` needs a file name of 251 bytes; 250 at most are allowed".to_owned())
        );
    }

    #[test]
    fn a_file_that_was_not_named_after_an_id_is_nobodys() {
        assert_eq!(Name::of_file("lock_manager.log", ".lock"), None);
        assert_eq!(Name::of_file(".lock", ".lock"), None);
    }
}
