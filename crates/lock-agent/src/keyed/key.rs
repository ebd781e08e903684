//! How a key becomes an object: a text that says what the key is, below the name of its mutex.

use std::any::type_name;
use std::borrow::Cow;
use std::fmt::Write as _;

use lock_core::{InvalidObject, Object};
use serde::Serialize;
use thiserror::Error;

/// Longer texts are cut into segments.
const LONGEST_SEGMENT: usize = 255;
/// The length of these.
const PART: usize = 200;

/// Why something is no key. Nothing was locked.
#[derive(Clone, Debug, PartialEq, Eq, Error)]
#[non_exhaustive]
pub enum KeyError {
    /// It has no text, as JSON would write it.
    #[error("a key of type {key_type} cannot be written: {why}; allowed is what JSON can say")]
    NotWritable {
        /// Its type.
        key_type: &'static str,
        /// What was wrong.
        why: String,
    },
    /// A mutex of paths takes texts.
    #[error("a path is a text such as users/7, and {text} is none")]
    NoPath {
        /// What was given instead.
        text: String,
    },
    /// Its text, or what is named, is no object: too long, or a path with an empty segment.
    #[error(transparent)]
    InvalidObject(#[from] InvalidObject),
}

/// What keys are taken for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Naming {
    /// Values that have nothing to do with each other.
    Values,
    /// Paths: who locks one has all below it.
    Paths,
}

/// The object of a key, below the name of its mutex.
pub(super) fn object_of<Q: Serialize + ?Sized>(name: &Object, key: &Q, naming: Naming) -> Result<Object, KeyError> {
    // One buffer for all: every lock of a key comes by here.
    let mut text = String::with_capacity(96);
    text.push_str(name.as_str());
    text.push('/');
    let start = text.len();
    let mut bytes = text.into_bytes();
    serde_json::to_writer(&mut bytes, key)
        .map_err(|error| KeyError::NotWritable { key_type: type_name::<Q>(), why: error.to_string() })?;
    let text = String::from_utf8(bytes).expect("an object's text and JSON are UTF-8");
    let text = match naming {
        Naming::Values => value_below(text, start),
        Naming::Paths => path_below(&text, start)?,
    };
    Ok(text.parse()?)
}

/// The path that stands behind the name as JSON.
fn path_below(text: &str, start: usize) -> Result<String, KeyError> {
    let (above, json) = text.split_at(start);
    let path = match plain_text(json) {
        Some(plain) => Cow::Borrowed(plain),
        None => serde_json::from_str(json).map_err(|_| KeyError::NoPath { text: json.to_owned() })?,
    };
    Ok(format!("{above}{path}"))
}

/// Names as they are, everything else as JSON writes it; no two of them are alike.
fn value_below(mut text: String, start: usize) -> String {
    let (above, json) = text.split_at(start);
    if plain_text(json).is_some_and(is_name) && json.len() <= LONGEST_SEGMENT {
        // Without its quotes.
        text.pop();
        text.remove(start);
        return text;
    }
    let value = match plain_text(json) {
        Some(plain) if is_name(plain) => Cow::Borrowed(plain),
        _ => without_controls(json),
    };
    if value.len() > LONGEST_SEGMENT { in_parts(above, &value) } else { format!("{above}{}", escaped(&value)) }
}

/// The length goes first: so no long key lies below another one.
fn in_parts(above: &str, value: &str) -> String {
    let mut object = format!("{above}#{}", value.len());
    for part in parts(value) {
        // A write to a String cannot fail.
        let _ = write!(object, "/{}", escaped(part));
    }
    object
}

/// What stands between the quotes, if nothing there is escaped.
fn plain_text(json: &str) -> Option<&str> {
    let text = json.strip_prefix('"')?.strip_suffix('"')?;
    (!text.contains('\\')).then_some(text)
}

/// Whether a text can stand without quotes: it is not taken for something else then.
fn is_name(text: &str) -> bool {
    let in_names = |c: char| c.is_alphanumeric() || matches!(c, '_' | '-' | '.' | ':' | '@' | '+' | ' ');
    text.starts_with(|first: char| first.is_alphabetic() || first == '_')
        && !matches!(text, "true" | "false" | "null")
        && text.chars().all(in_names)
}

/// Control characters may not stand in objects; JSON lets some of them through.
fn without_controls(json: &str) -> Cow<'_, str> {
    if !json.contains(char::is_control) {
        return Cow::Borrowed(json);
    }
    let mut text = String::with_capacity(json.len() + 8);
    for character in json.chars() {
        if character.is_control() {
            let _ = write!(text, "\\u{:04x}", u32::from(character));
        } else {
            text.push(character);
        }
    }
    Cow::Owned(text)
}

fn escaped(segment: &str) -> Cow<'_, str> {
    if segment.contains(['/', '%']) {
        return Cow::Owned(segment.replace('%', "%25").replace('/', "%2F"));
    }
    Cow::Borrowed(segment)
}

fn parts(text: &str) -> impl Iterator<Item = &str> {
    let mut left = text;
    std::iter::from_fn(move || {
        let (part, rest) = left.split_at(left.floor_char_boundary(PART));
        left = rest;
        (!part.is_empty()).then_some(part)
    })
}

#[cfg(test)]
mod tests {
    use std::collections::{BTreeMap, BTreeSet};

    use super::*;

    fn object<Q: Serialize + ?Sized>(key: &Q) -> Result<Object, KeyError> {
        object_of(&"m".parse()?, key, Naming::Values)
    }

    fn path(key: &str) -> Result<Object, KeyError> {
        object_of(&"m".parse()?, key, Naming::Paths)
    }

    #[test]
    fn keys_read_as_they_are_written() -> Result<(), KeyError> {
        assert_eq!(object("alice")?.to_string(), "m/alice");
        assert_eq!(object(&7)?.to_string(), "m/7");
        assert_eq!(object("7")?.to_string(), "m/\"7\"");
        assert_eq!(object(&("room", 7))?.to_string(), "m/[\"room\",7]");
        assert_eq!(object("a/b")?.to_string(), "m/\"a%2Fb\"");
        assert_eq!(path("a/b")?.to_string(), "m/a/b");
        Ok(())
    }

    #[test]
    fn different_keys_are_different_objects_and_none_lies_below_another() -> Result<(), KeyError> {
        let long = |length: usize| "x".repeat(length);
        let texts = ["", " ", "a", "A", "a/b", "a%2Fb", "%", "\u{7f}", "\\u007f", "\u{85}", "\n", "true", "null", "7"];
        let texts =
            texts.map(str::to_owned).into_iter().chain([long(253), long(254), long(255), long(256), long(3000)]);
        let mut objects: Vec<Object> = texts.map(|text| object(&text)).collect::<Result<_, _>>()?;
        objects.extend([object(&7)?, object(&true)?, object(&())?, object(&[7])?, object(&format!("#{}", 258))?]);
        for (index, one) in objects.iter().enumerate() {
            for other in &objects[..index] {
                assert!(!one.is_related_to(other), "{one} and {other}");
            }
        }
        Ok(())
    }

    #[test]
    fn what_cannot_be_a_key_says_why() {
        let odd = BTreeSet::from([BTreeMap::from([((1, 2), 3)])]);
        let said = object(&odd).map_err(|error| error.to_string());
        assert!(said.as_ref().is_err_and(|said| said.contains("key must be a string")), "{said:?}");
        assert!(object(&"x".repeat(5000)).is_err_and(|error| error.to_string().contains("4096 are allowed")));
        assert!(path("a//b").is_err_and(|error| error.to_string().contains("segment 3 is empty")));
        let number = object_of(&"m".parse().expect("an object"), &7, Naming::Paths);
        assert_eq!(number, Err(KeyError::NoPath { text: "7".into() }));
    }
}
