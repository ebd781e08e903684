//! What the signs mean.

use super::drawing::{Anchor, Area, Drawing, Path, Point};
use super::label;
use super::marks::{self, Sign};

/// How wide the legend is at most.
pub(super) const WIDTH: f64 = 900.0;

const LINE: f64 = 20.0;
const SIGN: f64 = 34.0;
const SIZE: f64 = 11.0;

/// Patterns that the style names.
pub(super) const PATTERNS: &str = "<defs><pattern id=\"gordian-hatch\" width=\"6\" height=\"6\" \
    patternUnits=\"userSpaceOnUse\" patternTransform=\"rotate(45)\"><line class=\"wait\" y2=\"6\" \
    style=\"stroke-width:1.6;stroke-dasharray:none;stroke-opacity:.45\"/></pattern></defs>\n";

/// A sign, drawn around a point, and its meaning.
type Meaning = (fn(&mut Drawing, Point), &'static str);

const MEANINGS: [Meaning; 15] = [
    (|drawing, at| arrow(drawing, at, "hard"), "waits on who has it"),
    (|drawing, at| arrow(drawing, at, "soft"), "waits on who is ahead in line"),
    (|drawing, at| drawing.area(Area::around(at, 24.0, 13.0), 4.0, "member"), "member of a deadlock"),
    (|drawing, at| drawing.area(Area::around(at, 24.0, 13.0), 4.0, "victim"), "its victim"),
    (|drawing, at| drawing.area(Area::around(at, 28.0, 12.0), 2.0, "write"), "holds for write"),
    (|drawing, at| drawing.area(Area::around(at, 28.0, 12.0), 2.0, "read"), "holds for read"),
    (|drawing, at| waiting(drawing, Area::around(at, 28.0, 12.0)), "waits"),
    (upgrade, "holds, and waits for more"),
    (moment, "deadlock, over its members"),
    (|drawing, at| marks::sign(drawing, Sign::Surrendered, at), "surrendered"),
    (|drawing, at| marks::sign(drawing, Sign::LetPast, at), "let past another"),
    (|drawing, at| marks::sign(drawing, Sign::Aborted, at), "aborted"),
    (|drawing, at| marks::sign(drawing, Sign::Lost, at), "lost, or cannot be served"),
    (|drawing, at| marks::sign(drawing, Sign::Ended, at), "ended"),
    (|drawing, at| marks::sign(drawing, Sign::Died, at), "its program died"),
];

/// Draws the legend below a point and gives its height.
pub(super) fn draw(drawing: &mut Drawing, origin: Point) -> f64 {
    let (mut x, mut y) = (0.0, 0.0);
    for (sign, meaning) in MEANINGS {
        let width = SIGN + label::width(meaning, SIZE) + 18.0;
        if x + width > WIDTH {
            (x, y) = (0.0, y + LINE);
        }
        let at = origin.moved(x, y);
        sign(drawing, at.moved(SIGN / 2.0 - 3.0, 0.0));
        drawing.text(at.moved(SIGN, 0.0), SIZE, Anchor::Start, "ink", meaning);
        x += width;
    }
    y + LINE
}

/// The look of a waiting claim.
pub(super) fn waiting(drawing: &mut Drawing, area: Area) {
    drawing.area(area, 2.0, "wait");
    drawing.area(area, 2.0, "hatch");
}

fn arrow(drawing: &mut Drawing, at: Point, class: &str) {
    drawing.path(&Path::from(at.moved(-14.0, 0.0)).straight(at.moved(8.0, 0.0)), class);
    marks::tip(drawing, at.moved(14.0, 0.0), (1.0, 0.0), "tip");
}

fn upgrade(drawing: &mut Drawing, at: Point) {
    drawing.area(Area::around(at, 28.0, 12.0), 2.0, "read");
    waiting(drawing, Area::new(at.x - 14.0, at.y + 1.0, 28.0, 5.0));
}

fn moment(drawing: &mut Drawing, at: Point) {
    drawing.line(at.moved(0.0, -8.0), at.moved(0.0, 8.0), "moment");
    drawing.dot(at.moved(0.0, -5.0), 3.0, "moment-dot");
    drawing.dot(at.moved(0.0, 5.0), 3.0, "moment-dot");
}
