//! Words in a picture: how wide they are, and what is left of them where there is no room.

use std::borrow::Cow;

/// The width of a letter, in parts of its height: all text is of one pitch, so that it can be counted.
const PITCH: f64 = 0.61;

/// How wide a text is.
pub(super) fn width(text: &str, size: f64) -> f64 {
    text.chars().map(columns).sum::<usize>() as f64 * size * PITCH
}

/// The text, or its beginning and its end, so that it is no longer than a number of letters.
///
/// Of a path, the end tells more than the beginning.
pub(super) fn shortened(text: &str, most: usize) -> Cow<'_, str> {
    let columns_of = |text: &str| text.chars().map(columns).sum::<usize>();
    if columns_of(text) <= most {
        return Cow::Borrowed(text);
    }
    let room = most.saturating_sub(1);
    let head = taken(text.chars(), room / 3);
    let tail = taken(text.chars().rev(), room - room / 3);
    Cow::Owned(head.into_iter().chain(['…']).chain(tail.into_iter().rev()).collect())
}

/// The text as far as it fits, or nothing if that would be too little to be read.
pub(super) fn fitting(text: &str, room: f64, size: f64) -> Option<Cow<'_, str>> {
    const LEAST: usize = 5;
    let most = letters_in(room, size);
    (most >= LEAST || width(text, size) <= room).then(|| shortened(text, most))
}

#[allow(clippy::cast_possible_truncation, clippy::cast_sign_loss)] // not below zero, and far below any limit
fn letters_in(room: f64, size: f64) -> usize {
    (room.max(0.0) / (size * PITCH)) as usize
}

fn taken(letters: impl Iterator<Item = char>, room: usize) -> Vec<char> {
    let mut used = 0;
    let fits = |letter: &char| {
        used += columns(*letter);
        used <= room
    };
    letters.take_while(fits).collect()
}

/// Letters of the East, and signs beyond the alphabets, are twice as wide as ours.
fn columns(letter: char) -> usize {
    match letter {
        '\u{1100}'..='\u{115f}'
        | '\u{2e80}'..='\u{a4cf}'
        | '\u{ac00}'..='\u{d7a3}'
        | '\u{f900}'..='\u{faff}'
        | '\u{fe30}'..='\u{fe6f}'
        | '\u{ff00}'..='\u{ff60}'
        | '\u{1f000}'..='\u{3ffff}' => 2,
        _ => 1,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_end_of_a_long_name_is_kept_and_some_of_its_beginning() {
        assert_eq!(shortened("accounts/alice", 14), "accounts/alice");
        assert_eq!(shortened("tenants/4711/accounts/alice", 14), "tena…nts/alice");
        assert_eq!(shortened("tenants/4711/accounts/alice", 14).chars().count(), 14);
        assert_eq!(shortened("東京東京東京", 7), "東…東京");
        assert_eq!(shortened("abc", 1), "…");
    }

    #[test]
    fn what_cannot_be_read_is_left_out() {
        assert_eq!(fitting("accounts/alice", 20.0, 10.0), None);
        assert_eq!(fitting("ab", 20.0, 10.0).as_deref(), Some("ab"));
        assert_eq!(fitting("accounts/alice", 50.0, 10.0).as_deref(), Some("ac…alice"));
    }
}
