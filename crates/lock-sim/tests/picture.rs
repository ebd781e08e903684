//! A run as a picture: what must be in it, and that it is well-formed, bounded and the same each time.

#![allow(clippy::unwrap_used)] // a test may panic

use std::fmt::Write as _;

use lock_sim::{
    EngineKind, Happening, Report, Scenario, Timeline, draw, engine_for, engine_for_scenario, run, run_with_timeline,
};
use roxmltree::Document;

const RING: &str = "# A ring of two.\ntx alice\ntx bob\nlock alice a write\nlock bob b write\n\
    lock alice b write\nlock bob a write\nadvance 5s\ndrain";

fn recorded(text: &str, engine: EngineKind) -> (Scenario, Report, Timeline) {
    let scenario = Scenario::parse("story", text).unwrap();
    let (report, timeline) =
        run_with_timeline(&scenario, engine_for_scenario(engine, &scenario, 0).unwrap().as_mut(), 0);
    (scenario, report, timeline)
}

fn picture(text: &str) -> String {
    let (scenario, report, timeline) = recorded(text, EngineKind::Sim);
    draw(&scenario, &report, &timeline)
}

/// All texts of a picture, tooltips included.
fn words(picture: &str) -> Vec<String> {
    let document = Document::parse(picture).unwrap();
    let said = document.descendants().filter(|node| node.has_tag_name("text") || node.has_tag_name("title"));
    said.filter_map(|node| node.text().map(str::to_owned)).collect()
}

#[test]
fn every_engine_tells_the_same_timeline() {
    let (_, _, timeline) = recorded(RING, EngineKind::Sim);
    for engine in [EngineKind::Naive, EngineKind::Actors] {
        assert_eq!(recorded(RING, engine).2, timeline, "{engine}");
    }
}

#[test]
fn the_timeline_tells_who_held_and_waited_when() {
    let (_, _, timeline) = recorded(RING, EngineKind::Sim);
    let texts: Vec<&str> = timeline.moments.iter().map(|moment| moment.text.as_str()).collect();
    assert_eq!(texts[0], "tx alice … bob", "begins in a row are one moment");
    assert_eq!(texts[6..], ["drain: end alice", "drain: end bob"]);
    assert_eq!(timeline.moments[4].deadlocks, 0..1);
    assert_eq!(timeline.moments[5].at_ms, 5_000);
    let bob = timeline.lives.values().nth(1).unwrap();
    let of_b: Vec<_> = bob.spans.iter().filter(|span| span.object.to_string() == "b").collect();
    let whiles: Vec<_> = of_b.iter().map(|span| (span.granted.is_some(), span.from, span.until)).collect();
    assert_eq!(whiles, [(true, 2, Some(4)), (false, 4, Some(6)), (true, 6, Some(7))]);
    let marks: Vec<_> = bob.marks.iter().map(|mark| (mark.at, &mark.what)).collect();
    assert_eq!(marks, [(4, &Happening::Surrendered("b".parse().unwrap())), (7, &Happening::Ended)]);
}

#[test]
fn looking_changes_nothing() {
    let (scenario, report, _) = recorded(RING, EngineKind::Sim);
    assert_eq!(run(&scenario, engine_for(EngineKind::Sim).unwrap().as_mut(), 0), report);
}

#[test]
fn a_picture_has_the_circle_the_victim_and_the_bars() {
    let words = words(&picture(RING));
    for part in ["#1 in line 7", "bob surrendered b", "1 deadlock, resolved", "5 s", "bob surrendered b, in line 7"] {
        assert!(words.iter().any(|word| word == part), "{part} in {words:?}");
    }
    assert!(words.iter().any(|word| word == "bob waits for write on b, from line 7 to line 9"), "{words:?}");
}

#[test]
fn the_same_run_gives_the_same_bytes() {
    assert_eq!(picture(RING), picture(RING));
}

#[test]
fn any_words_are_well_formed_and_kept_in_tooltips() {
    let long = "<x>&\"'".repeat(20);
    let text =
        format!("# A <rule> & \"more\" ]]>\ntx t1\ntx t2\nlock t1 {long} write\nlock t2 {long} read\nexpect t2 ended");
    let picture = picture(&text);
    let words = words(&picture);
    assert!(words.iter().any(|word| word == &long), "the whole name is in a tooltip");
    assert!(words.iter().any(|word| word == "A <rule> & \"more\" ]]>"), "{words:?}");
    assert!(words.iter().any(|word| word.starts_with("Line 6 failed: expect t2 ended")), "{words:?}");
}

#[test]
fn a_crowd_is_drawn_as_a_line() {
    let mut text = String::new();
    (1..=50).for_each(|tx| writeln!(text, "tx t{tx}").unwrap());
    (1..=50).for_each(|tx| writeln!(text, "lock t{tx} hot write").unwrap());
    let words = words(&picture(&text));
    let note = "1176 arrows are left out: other arrows lead to the same transactions.";
    assert!(words.iter().any(|word| word == note), "{words:?}");
}

#[test]
fn a_picture_that_would_be_too_large_says_what_it_leaves_out() {
    let mut text = String::new();
    (1..=200).for_each(|tx| writeln!(text, "tx t{tx}").unwrap());
    (0..900).for_each(|step| writeln!(text, "lock t{} a{}/b{} read", step % 200 + 1, step % 7, step % 31).unwrap());
    let picture = picture(&text);
    assert!(picture.len() < 10_000_000, "{} bytes", picture.len());
    let words = words(&picture);
    for part in ["3 steps share a column", "150 of 200 transactions are drawn"] {
        assert!(words.iter().any(|word| word.starts_with(part)), "{part}");
    }
}

#[test]
fn a_claim_on_many_nodes_has_a_lane_for_each_and_what_is_lost_is_marked() {
    let story = "nodes n1 n2 n3\ntx t1 at n1\ntx t2 at n2\nlock t1 a write on n2,n3\nlock t2 a write on n3\ncrash n3";
    let words = words(&picture(story));
    for part in ["a @n2", "a @n3", "t1 holds write on a at n3, from line 4 to line 6", "t1 lost a, in line 6"] {
        assert!(words.iter().any(|word| word == part), "{part} in {words:?}");
    }
    let refused = "t2 asks for what lost nodes cannot grant, in line 6";
    assert!(words.iter().any(|word| word == refused), "{words:?}");
}
