//! Parts that have nothing to do with each other stand side by side.

use super::super::drawing::Point;

const GAP: f64 = 36.0;

/// Rows of parts, filled from the left.
#[derive(Debug)]
pub(super) struct Shelves {
    most_width: f64,
    next: Point,
    shelf_height: f64,
    width: f64,
}

impl Shelves {
    pub(super) fn new(most_width: f64) -> Self {
        Self { most_width, next: Point::default(), shelf_height: 0.0, width: 0.0 }
    }

    /// Finds the place of the next part.
    pub(super) fn put(&mut self, width: f64, height: f64) -> Point {
        if self.next.x > 0.0 && self.next.x + width > self.most_width {
            self.next = Point::new(0.0, self.next.y + self.shelf_height + GAP);
            self.shelf_height = 0.0;
        }
        let place = self.next;
        self.next.x += width + GAP;
        self.shelf_height = self.shelf_height.max(height);
        self.width = self.width.max(place.x + width);
        place
    }

    pub(super) fn size(&self) -> (f64, f64) {
        (self.width, self.next.y + self.shelf_height)
    }
}
