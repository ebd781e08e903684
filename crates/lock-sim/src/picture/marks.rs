//! The signs of what befell a transaction.

use super::drawing::{Area, Drawing, Path, Point};
use crate::Happening;

/// A shape for each kind of thing that can befall a transaction.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Sign {
    Surrendered,
    LetPast,
    Aborted,
    Lost,
    Ended,
    Died,
}

impl From<&Happening> for Sign {
    fn from(what: &Happening) -> Self {
        match what {
            Happening::Surrendered(_) => Self::Surrendered,
            Happening::LetPast { .. } => Self::LetPast,
            Happening::Lost(_) | Happening::CannotServe => Self::Lost,
            Happening::Aborted => Self::Aborted,
            Happening::Ended => Self::Ended,
            Happening::Died => Self::Died,
        }
    }
}

/// Draws a sign around a point.
pub(super) fn sign(drawing: &mut Drawing, sign: Sign, at: Point) {
    match sign {
        Sign::Surrendered => drawing.path(&triangle(at, 5.0), "round-tip"),
        Sign::LetPast => drawing.path(&triangle(at, -5.0), "past"),
        Sign::Aborted => cross(drawing, at),
        Sign::Lost => lost(drawing, at),
        Sign::Ended => drawing.area(Area::around(at, 4.0, 11.0), 0.0, "end"),
        Sign::Died => {
            drawing.area(Area::around(at, 4.0, 11.0), 0.0, "end");
            drawing.area(Area::around(at.moved(0.0, -1.5), 9.0, 3.0), 0.0, "end");
        }
    }
}

/// The tip of an arrow, at a point, in a direction of length 1.
pub(super) fn tip(drawing: &mut Drawing, at: Point, (right, down): (f64, f64), class: &str) {
    let back = at.moved(-right * 8.0, -down * 8.0);
    let path =
        Path::from(at).straight(back.moved(-down * 3.6, right * 3.6)).straight(back.moved(down * 3.6, -right * 3.6));
    drawing.path(&path.closed(), class);
}

/// Points downward, or upward if the size is below zero.
fn triangle(at: Point, size: f64) -> Path {
    Path::from(at.moved(-5.0, -size)).straight(at.moved(5.0, -size)).straight(at.moved(0.0, size)).closed()
}

fn cross(drawing: &mut Drawing, at: Point) {
    drawing.line(at.moved(-5.0, -5.0), at.moved(5.0, 5.0), "mark-line");
    drawing.line(at.moved(-5.0, 5.0), at.moved(5.0, -5.0), "mark-line");
}

fn lost(drawing: &mut Drawing, at: Point) {
    // On paper of its own: it stands at the end of a bar and the beginning of the next.
    drawing.dot(at, 7.0, "paper");
    drawing.line(at.moved(0.0, -6.0), at.moved(0.0, 2.0), "mark-line");
    drawing.line(at.moved(0.0, 4.0), at.moved(0.0, 6.0), "mark-line");
}
