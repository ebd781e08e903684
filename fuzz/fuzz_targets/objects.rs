//! Paths: what is read is within the limits and has one text, and how objects lie to each other is an order.

#![no_main]

use libfuzzer_sys::fuzz_target;
use lock_core::{MAX_DEPTH, MAX_OBJECT_BYTES, MAX_SEGMENT_BYTES, Object};

fuzz_target!(|texts: (&str, &str)| {
    let objects: Vec<Object> = [texts.0, texts.1].into_iter().filter_map(read).collect();
    objects.iter().for_each(has_one_text);
    objects.iter().for_each(is_within_limits);
    objects.iter().for_each(lies_below_its_ancestors);
    for one in &objects {
        objects.iter().for_each(|other| relations_are_an_order(one, other));
    }
    by_its_segments(texts.0.split('.'));
});

/// A text that is no object says why, and shows only so much of it.
fn read(text: &str) -> Option<Object> {
    let object = text.parse::<Object>();
    let wrong = object.as_ref().err().map(ToString::to_string).unwrap_or_default();
    assert!(wrong.len() < 1024 && !wrong.contains('\n'), "an error is a line: {wrong}");
    object.ok()
}

fn has_one_text(object: &Object) {
    let again: Object = object.to_string().parse().expect("the text of an object is an object");
    assert_eq!(*object, again);
    assert_eq!(object.as_str(), again.as_str());
}

fn is_within_limits(object: &Object) {
    assert!((1..=MAX_DEPTH).contains(&object.depth()));
    assert!((1..=MAX_OBJECT_BYTES).contains(&object.as_str().len()));
    // A `/` or `%` inside a segment is written with three bytes.
    assert!(object.segments().all(|segment| (1..=3 * MAX_SEGMENT_BYTES).contains(&segment.len())));
    assert!(!object.as_str().contains(char::is_control));
}

fn lies_below_its_ancestors(object: &Object) {
    assert_eq!(object.ancestors().count() + 1, object.depth());
    assert_eq!(object.parent().as_ref().map(Object::as_str), object.ancestors().next());
    for above in object.ancestors() {
        let above: Object = above.parse().expect("an ancestor is an object");
        assert!(above.is_ancestor_of(object) && !object.is_ancestor_of(&above));
        assert_eq!(above.first_segment(), object.first_segment());
        relations_are_an_order(&above, object);
    }
}

fn relations_are_an_order(one: &Object, other: &Object) {
    assert!(one.is_related_to(one), "each object is related to itself");
    assert!(!one.is_ancestor_of(one), "and not above itself");
    assert_eq!(one.is_related_to(other), other.is_related_to(one));
    assert!(!(one.is_ancestor_of(other) && other.is_ancestor_of(one)));
    let by_name = one == other
        || other.ancestors().any(|above| above == one.as_str())
        || one.ancestors().any(|above| above == other.as_str());
    assert_eq!(by_name, one.is_related_to(other), "related is who is named among the ancestors");
}

/// Segments are taken as they are, whatever stands in them.
fn by_its_segments<'a>(segments: impl Iterator<Item = &'a str> + Clone) {
    if let Ok(object) = Object::from_segments(segments.clone()) {
        has_one_text(&object);
        is_within_limits(&object);
        assert_eq!(object.depth(), segments.count());
    }
}
