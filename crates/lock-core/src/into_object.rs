//! Everything that names an object.

use std::fmt;

use crate::{InvalidObject, Object};

/// Anything that names an object: text such as `"db/users/7"`, an [`Object`], a row of segments.
pub trait IntoObject {
    /// Makes the object.
    ///
    /// # Errors
    /// Says which segment breaks which bound.
    fn into_object(self) -> Result<Object, InvalidObject>;
}

impl IntoObject for Object {
    fn into_object(self) -> Result<Object, InvalidObject> {
        Ok(self)
    }
}

impl IntoObject for &Object {
    fn into_object(self) -> Result<Object, InvalidObject> {
        Ok(self.clone())
    }
}

impl IntoObject for Result<Object, InvalidObject> {
    fn into_object(self) -> Result<Object, InvalidObject> {
        self
    }
}

impl IntoObject for &str {
    fn into_object(self) -> Result<Object, InvalidObject> {
        self.parse()
    }
}

impl IntoObject for String {
    fn into_object(self) -> Result<Object, InvalidObject> {
        self.parse()
    }
}

impl IntoObject for &String {
    fn into_object(self) -> Result<Object, InvalidObject> {
        self.parse()
    }
}

impl<S: fmt::Display, const N: usize> IntoObject for [S; N] {
    fn into_object(self) -> Result<Object, InvalidObject> {
        Object::from_segments(self)
    }
}

impl<S: fmt::Display> IntoObject for &[S] {
    fn into_object(self) -> Result<Object, InvalidObject> {
        Object::from_segments(self)
    }
}

impl<S: fmt::Display> IntoObject for Vec<S> {
    fn into_object(self) -> Result<Object, InvalidObject> {
        Object::from_segments(self)
    }
}

/// An object from its segments: `object!["chunks", 3, 7]`.
///
/// Gives a `Result`, as segments may break a bound; everything that takes an object takes
/// this result as it is.
#[macro_export]
macro_rules! object {
    [$($segment:expr),+ $(,)?] => {
        $crate::Object::from_segments([$($crate::Segment::from(&$segment as &dyn ::std::fmt::Display)),+])
    };
}

/// One segment of any type that can be shown, as [`object!`] takes them.
pub struct Segment<'a>(&'a dyn fmt::Display);

impl<'a> From<&'a dyn fmt::Display> for Segment<'a> {
    fn from(segment: &'a dyn fmt::Display) -> Self {
        Self(segment)
    }
}

impl fmt::Display for Segment<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.fmt(f)
    }
}
