//! SVG as text: shapes and words, escaped.

use std::fmt::{self, Display, Write as _};

/// A point; down is positive.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub(super) struct Point {
    pub(super) x: f64,
    pub(super) y: f64,
}

/// A rectangle.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub(super) struct Area {
    pub(super) x: f64,
    pub(super) y: f64,
    pub(super) width: f64,
    pub(super) height: f64,
}

/// Which part of a text stands at its point.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Anchor {
    Start,
    Middle,
    End,
}

/// What is drawn so far. Looks are classes of the [style](super::style).
#[derive(Debug, Default)]
pub(super) struct Drawing {
    svg: String,
}

/// A length with one decimal at most, so that a picture is the same everywhere.
struct Length(f64);

impl Display for Length {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let tenths = (self.0 * 10.0).round() / 10.0;
        // Not `-0`.
        write!(f, "{}", if tenths == 0.0 { 0.0 } else { tenths })
    }
}

/// Text that is safe between tags and in attributes; what XML cannot have at all is replaced.
struct Escaped<'a>(&'a str);

impl Display for Escaped<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for letter in self.0.chars() {
            match letter {
                '&' => f.write_str("&amp;")?,
                '<' => f.write_str("&lt;")?,
                '>' => f.write_str("&gt;")?,
                '"' => f.write_str("&quot;")?,
                '\t' | '\n' => f.write_char(letter)?,
                '\u{0}'..='\u{1f}' | '\u{7f}'..='\u{9f}' | '\u{fffe}' | '\u{ffff}' => f.write_char('\u{fffd}')?,
                _ => f.write_char(letter)?,
            }
        }
        Ok(())
    }
}

impl Point {
    pub(super) fn new(x: f64, y: f64) -> Self {
        Self { x, y }
    }

    pub(super) fn moved(self, right: f64, down: f64) -> Self {
        Self { x: self.x + right, y: self.y + down }
    }
}

impl Area {
    pub(super) fn new(x: f64, y: f64, width: f64, height: f64) -> Self {
        Self { x, y, width, height }
    }

    pub(super) fn around(center: Point, width: f64, height: f64) -> Self {
        Self { x: center.x - width / 2.0, y: center.y - height / 2.0, width, height }
    }
}

impl Drawing {
    /// What `draw` draws is one thing, that shows a text to whoever points at it.
    pub(super) fn titled(&mut self, title: &str, draw: impl FnOnce(&mut Self)) {
        let _ = write!(self.svg, "<g><title>{}</title>", Escaped(title));
        draw(self);
        self.svg.push_str("</g>\n");
    }

    /// Puts another drawing on top.
    pub(super) fn append(&mut self, other: &Self) {
        self.svg.push_str(&other.svg);
    }

    /// What `draw` draws stands elsewhere.
    pub(super) fn at(&mut self, origin: Point, draw: impl FnOnce(&mut Self)) {
        let _ = writeln!(self.svg, "<g transform=\"translate({} {})\">", Length(origin.x), Length(origin.y));
        draw(self);
        self.svg.push_str("</g>\n");
    }

    pub(super) fn area(&mut self, area: Area, round: f64, class: &str) {
        let Area { x, y, width, height } = area;
        let _ = write!(
            self.svg,
            "<rect class=\"{class}\" x=\"{}\" y=\"{}\" width=\"{}\" height=\"{}\"",
            Length(x),
            Length(y),
            Length(width.max(0.5)),
            Length(height)
        );
        let _ = if round > 0.0 { write!(self.svg, " rx=\"{}\"", Length(round)) } else { Ok(()) };
        self.svg.push_str("/>\n");
    }

    pub(super) fn line(&mut self, from: Point, to: Point, class: &str) {
        let _ = writeln!(
            self.svg,
            "<line class=\"{class}\" x1=\"{}\" y1=\"{}\" x2=\"{}\" y2=\"{}\"/>",
            Length(from.x),
            Length(from.y),
            Length(to.x),
            Length(to.y)
        );
    }

    pub(super) fn dot(&mut self, center: Point, radius: f64, class: &str) {
        let (x, y, radius) = (Length(center.x), Length(center.y), Length(radius));
        let _ = writeln!(self.svg, "<circle class=\"{class}\" cx=\"{x}\" cy=\"{y}\" r=\"{radius}\"/>");
    }

    pub(super) fn path(&mut self, path: &Path, class: &str) {
        let _ = writeln!(self.svg, "<path class=\"{class}\" d=\"{}\"/>", path.data);
    }

    /// The point is at the middle of the text's height.
    pub(super) fn text(&mut self, at: Point, size: f64, anchor: Anchor, class: &str, text: &str) {
        self.words(&format!("x=\"{}\" y=\"{}\"", Length(at.x), Length(at.y + size * 0.35)), size, anchor, class, text);
    }

    /// Climbing to the right from its point.
    pub(super) fn climbing_text(&mut self, at: Point, size: f64, class: &str, text: &str) {
        let place = format!("transform=\"translate({} {}) rotate(-60)\"", Length(at.x), Length(at.y));
        self.words(&place, size, Anchor::Start, class, text);
    }

    fn words(&mut self, place: &str, size: f64, anchor: Anchor, class: &str, text: &str) {
        let anchor = match anchor {
            Anchor::Start => "",
            Anchor::Middle => " text-anchor=\"middle\"",
            Anchor::End => " text-anchor=\"end\"",
        };
        let (size, text) = (Length(size), Escaped(text));
        let _ = writeln!(self.svg, "<text class=\"{class}\" {place} font-size=\"{size}\"{anchor}>{text}</text>");
    }

    /// The whole document.
    pub(super) fn document(&self, width: f64, height: f64, title: &str, head: &str) -> String {
        let (width, height, title) = (Length(width.ceil()), Length(height.ceil()), Escaped(title));
        format!(
            "<svg xmlns=\"http://www.w3.org/2000/svg\" width=\"{width}\" height=\"{height}\" \
             viewBox=\"0 0 {width} {height}\" role=\"img\" \
             font-family=\"ui-monospace, 'DejaVu Sans Mono', Menlo, Consolas, monospace\">\n\
             <title>{title}</title>\n{head}\
             <rect class=\"paper\" width=\"{width}\" height=\"{height}\"/>\n{}</svg>\n",
            self.svg
        )
    }
}

/// A line with bends.
#[derive(Clone, Debug)]
pub(super) struct Path {
    data: String,
    last: Point,
}

impl Path {
    pub(super) fn from(start: Point) -> Self {
        Self { data: format!("M{} {}", Length(start.x), Length(start.y)), last: start }
    }

    pub(super) fn straight(mut self, to: Point) -> Self {
        let _ = write!(self.data, "L{} {}", Length(to.x), Length(to.y));
        self.last = to;
        self
    }

    /// Leaves and arrives level.
    pub(super) fn level(self, to: Point) -> Self {
        let half = (to.x - self.last.x) / 2.0;
        let (first, second) = (self.last.moved(half, 0.0), to.moved(-half, 0.0));
        self.curve(first, second, to)
    }

    pub(super) fn curve(mut self, first: Point, second: Point, to: Point) -> Self {
        let lengths = [first.x, first.y, second.x, second.y, to.x, to.y].map(Length);
        let _ = write!(
            self.data,
            "C{} {} {} {} {} {}",
            lengths[0], lengths[1], lengths[2], lengths[3], lengths[4], lengths[5]
        );
        self.last = to;
        self
    }

    pub(super) fn closed(mut self) -> Self {
        self.data.push('Z');
        self
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn words_cannot_break_out() {
        let mut drawing = Drawing::default();
        drawing.titled("</title><script>", |drawing| {
            drawing.text(Point::new(0.0, 0.0), 10.0, Anchor::Start, "ink", "a<b & \"c\"\u{1}");
        });
        let document = drawing.document(10.0, 10.0, "<&>", "");
        assert!(document.contains("&lt;/title&gt;&lt;script&gt;"), "{document}");
        assert!(document.contains("a&lt;b &amp; &quot;c&quot;\u{fffd}"), "{document}");
        assert!(document.contains("<title>&lt;&amp;&gt;</title>"), "{document}");
    }

    #[test]
    fn lengths_are_short() {
        let lengths = [0.04, -0.04, 1.25, 10.0, -2.71].map(|length| Length(length).to_string());
        assert_eq!(lengths, ["0", "0", "1.3", "10", "-2.7"]);
    }
}
