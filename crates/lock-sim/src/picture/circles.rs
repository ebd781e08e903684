//! Each deadlock as a circle: its members, what each waits for, and who gave way.

use std::f64::consts::{FRAC_PI_2, PI, TAU};

use lock_core::{Arrow, ArrowKind, Deadlock, TxId};

use super::columns::number_of;
use super::drawing::{Anchor, Area, Drawing, Path, Point};
use super::limits::{CIRCLE_MEMBERS, CIRCLES};
use super::page::Section;
use super::{label, marks};
use crate::{Names, Report, Scenario, Timeline};

const NAME: usize = 14;
const OBJECT: usize = 18;
const LETTERS: usize = 64;
const SIZE: f64 = 11.0;
const SMALL: f64 = 10.0;
const CAPTION: f64 = 42.0;
const BOX: f64 = 20.0;
const GAP: f64 = 28.0;

/// The part of the page with all deadlocks.
pub(super) fn section(scenario: &Scenario, report: &Report, timeline: &Timeline, most_width: f64) -> Section {
    let number = report.deadlocks.len();
    let heading = match number {
        0 => "No deadlock".to_owned(),
        1 => "1 deadlock, resolved".to_owned(),
        _ => format!("{number} deadlocks, resolved"),
    };
    let mut section = Section { heading, ..Section::default() };
    if number > CIRCLES {
        section.notes.push(format!("The first {CIRCLES} are drawn."));
    }
    let (mut corner, mut shelf) = (Point::default(), 0.0);
    for (index, deadlock) in report.deadlocks.iter().take(CIRCLES).enumerate() {
        let circle = Circle::of(deadlock, &scenario.names, caption(index, deadlock, scenario, timeline));
        let (width, height) = circle.size();
        if corner.x > 0.0 && corner.x + width > most_width {
            corner = Point::new(0.0, corner.y + shelf + GAP);
            shelf = 0.0;
        }
        section.drawing.at(corner, |drawing| circle.draw(drawing));
        section.width = section.width.max(corner.x + width);
        corner.x += width + GAP;
        shelf = f64::max(shelf, height);
    }
    section.height = corner.y + shelf;
    section
}

fn caption(index: usize, deadlock: &Deadlock, scenario: &Scenario, timeline: &Timeline) -> [String; 2] {
    let moment = timeline.moments.iter().find(|moment| moment.deadlocks.contains(&index));
    let at = moment.map_or_else(String::new, |moment| format!(" in line {}", moment.line));
    [format!("{}{at}", number_of(index)), scenario.names.way_out(&deadlock.way_out)]
}

struct Circle<'a> {
    deadlock: &'a Deadlock,
    names: &'a Names,
    caption: [String; 2],
    /// To the sides, and up and down.
    radius: (f64, f64),
}

impl<'a> Circle<'a> {
    /// Boxes beside each other, and above each other, do not touch.
    fn of(deadlock: &'a Deadlock, names: &'a Names, caption: [String; 2]) -> Self {
        let mut circle = Self { deadlock, names, caption, radius: (0.0, 0.0) };
        let members = deadlock.circle.len().max(2) as f64;
        let widest = deadlock.members().map(|tx| circle.box_width(tx)).fold(0.0, f64::max);
        // Of a large circle, what is wanted stands side by side at the top as well.
        let objects = deadlock.circle.iter().map(|arrow| label::width(&wanted(arrow), SMALL)).fold(0.0, f64::max);
        let widest = if members > 8.0 { widest.max(objects) } else { widest };
        let beside = (widest + 26.0) / (2.0 * (PI / members).sin());
        circle.radius =
            if circle.is_pair() { (beside.max(56.0), 26.0) } else { (beside.max(56.0), f64::max(56.0, 8.0 * members)) };
        circle
    }

    fn is_pair(&self) -> bool {
        self.deadlock.circle.len() == 2
    }

    fn is_drawn(&self) -> bool {
        self.deadlock.circle.len() <= CIRCLE_MEMBERS
    }

    fn size(&self) -> (f64, f64) {
        let caption = label::width(&label::shortened(&self.caption[1], LETTERS), SMALL).max(120.0);
        if self.is_drawn() {
            (f64::max(2.0 * self.reach(), caption), CAPTION + 2.0 * self.drop())
        } else {
            (caption, CAPTION)
        }
    }

    /// How far it goes to the left and the right: members stand there, and what they wait for beside the arrows.
    fn reach(&self) -> f64 {
        let names = self.deadlock.circle.iter().map(|arrow| self.box_width(arrow.waiter) / 2.0);
        let objects = self.deadlock.circle.iter().map(|arrow| label::width(&wanted(arrow), SMALL));
        let objects = objects.fold(0.0, f64::max);
        let beside = if self.is_pair() { objects / 2.0 } else { self.radius.0 + 12.0 + objects };
        f64::max(self.radius.0 + names.fold(0.0, f64::max), beside) + 4.0
    }

    /// How far it goes up and down.
    fn drop(&self) -> f64 {
        self.radius.1 + 28.0
    }

    fn box_width(&self, tx: TxId) -> f64 {
        label::width(&label::shortened(&self.names.of(tx), NAME), SIZE) + 14.0
    }

    fn draw(&self, drawing: &mut Drawing) {
        drawing.text(Point::new(0.0, 6.0), 12.0, Anchor::Start, "ink strong", &self.caption[0]);
        drawing.titled(&self.caption[1], |drawing| {
            let short = label::shortened(&self.caption[1], LETTERS);
            drawing.text(Point::new(0.0, 22.0), SMALL, Anchor::Start, "faint", &short);
        });
        if !self.is_drawn() {
            let text = format!("{} members: too many to be drawn", self.deadlock.circle.len());
            drawing.text(Point::new(0.0, 36.0), SMALL, Anchor::Start, "faint", &text);
            return;
        }
        let center = Point::new(self.size().0 / 2.0, CAPTION + self.drop());
        (0..self.deadlock.circle.len()).for_each(|index| self.draw_arrow(drawing, center, index));
        (0..self.deadlock.circle.len()).for_each(|index| self.draw_member(drawing, center, index));
    }

    /// Members stand around the middle, clockwise; of two, the first stands at the left.
    fn angle(&self, place: f64) -> f64 {
        let first = if self.is_pair() { PI } else { -FRAC_PI_2 };
        first + TAU * place / self.deadlock.circle.len() as f64
    }

    /// The point at an angle, a distance outside of the circle.
    fn on_circle(&self, center: Point, angle: f64, outside: f64) -> Point {
        center.moved((self.radius.0 + outside) * angle.cos(), (self.radius.1 + outside) * angle.sin())
    }

    fn draw_member(&self, drawing: &mut Drawing, center: Point, index: usize) {
        let tx = self.deadlock.circle[index].waiter;
        let name = self.names.of(tx);
        let is_victim = self.deadlock.way_out.victim() == Some(tx);
        let (class, ink) = if is_victim { ("victim", "on-victim strong") } else { ("member", "ink strong") };
        let at = self.on_circle(center, self.angle(index as f64), 0.0);
        drawing.titled(&name, |drawing| {
            drawing.area(Area::around(at, self.box_width(tx), BOX), 5.0, class);
            drawing.text(at, SIZE, Anchor::Middle, ink, &label::shortened(&name, NAME));
        });
    }

    /// Along the circle, from box to box, and what is wanted beside the middle of the way.
    fn draw_arrow(&self, drawing: &mut Drawing, center: Point, index: usize) {
        let arrow = &self.deadlock.circle[index];
        let way = self.way(center, index, arrow);
        let (Some(start), Some(end)) = (way.first(), way.last()) else { return };
        let path = way.iter().skip(1).fold(Path::from(*start), |path, point| path.straight(*point));
        let before = way[way.len().saturating_sub(2)];
        let (right, down) = (end.x - before.x, end.y - before.y);
        let length = right.hypot(down).max(0.1);
        let class = if arrow.kind == ArrowKind::Soft { "soft round" } else { "hard round" };
        drawing.titled(&self.names.arrow(arrow), |drawing| {
            drawing.path(&path, class);
            marks::tip(drawing, *end, (right / length, down / length), "round-tip");
            self.draw_wanted(drawing, center, index, arrow);
        });
    }

    fn draw_wanted(&self, drawing: &mut Drawing, center: Point, index: usize, arrow: &Arrow) {
        let angle = self.angle(index as f64 + 0.5);
        let at = self
            .on_circle(center, angle, 10.0)
            .moved(0.0, if self.is_pair() { 0.0 } else { 9.0 * angle.sin().powi(3) });
        let anchor = match angle.cos() {
            cos if cos > 0.2 => Anchor::Start,
            cos if cos < -0.2 => Anchor::End,
            _ => Anchor::Middle,
        };
        drawing.text(at, SMALL, anchor, "ink", &wanted(arrow));
    }

    /// Points along the circle that are in neither box, the tip's distance included.
    fn way(&self, center: Point, index: usize, arrow: &Arrow) -> Vec<Point> {
        const POINTS: usize = 40;
        let members = self.deadlock.circle.len();
        let own = self.on_circle(center, self.angle(index as f64), 0.0);
        let next = self.on_circle(center, self.angle(((index + 1) % members) as f64), 0.0);
        let place = |point: usize| index as f64 + point as f64 / POINTS as f64;
        let points = (0..=POINTS).map(|point| self.on_circle(center, self.angle(place(point)), 0.0));
        let outside = |point: &Point| {
            is_outside(*point, own, self.box_width(arrow.waiter), 0.0)
                && is_outside(*point, next, self.box_width(arrow.blocker), 2.0)
        };
        points.filter(outside).collect()
    }
}

fn is_outside(point: Point, center: Point, width: f64, margin: f64) -> bool {
    (point.x - center.x).abs() > width / 2.0 + margin || (point.y - center.y).abs() > BOX / 2.0 + margin
}

fn wanted(arrow: &Arrow) -> String {
    format!("{} {}", arrow.wanted, label::shortened(&arrow.wants.to_string(), OBJECT))
}
