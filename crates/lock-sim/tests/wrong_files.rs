//! A wrong scenario file says on which line it is wrong, what stands there, and what may stand there.

use lock_sim::{LoadError, MAX_FILE_BYTES, MAX_LINES, Scenario, needs_many_nodes};

/// Each text is wrong on the line, for what was found, and says what was expected.
const WRONG: &[(&str, usize, &str, &str)] = &[
    ("lok t1 a read", 1, "`lok`", "a command: nodes, tx, lock"),
    ("# why\n\ntx t1\nlock t2 a read", 4, "`t2`", "a transaction that has been begun"),
    ("tx", 1, "the end of the line", "a new transaction's name"),
    ("tx t.1", 1, "`t.1`", "letters, digits, - and _"),
    ("tx t1\ntx t1", 2, "`t1`", "a name that no transaction has yet"),
    ("tx holds", 1, "`holds`", "no word of the language"),
    ("tx t1 abort", 1, "`abort`", "an option: at NODE, abort-on-deadlock"),
    ("tx t1 priority=high", 1, "`priority=high`", "a whole number"),
    ("tx t1 priority=1 priority=2", 1, "`priority=2`", "each option once"),
    ("tx t1 deadline=5", 1, "`5`", "a duration such as 500ms or 3s"),
    ("tx t1 at n2", 1, "`n2`", "a node of this scenario (n1)"),
    ("tx t1 at", 1, "the end of the line", "a node"),
    ("tx t1\nlock t1", 2, "the end of the line", "an object"),
    ("tx t1\nlock t1 a//b read", 2, "`a//b`", "segment 2 is empty"),
    ("tx t1\nlock t1 a", 2, "the end of the line", "`read` or `write`"),
    ("tx t1\nlock t1 a exclusive", 2, "`exclusive`", "`read` or `write`"),
    ("tx t1\nlock t1 a read now", 2, "`now`", "`on NODES`"),
    ("tx t1\nlock t1 a read on n1,n2", 2, "`n2`", "a node of this scenario (n1)"),
    ("tx t1\nlock t1 a read on n1,n1", 2, "`n1`", "each node once"),
    ("tx t1\nlock t1 a read require most", 2, "`most`", "majority-alive"),
    ("tx t1\nlock-many t1 a read,", 2, "the end of the line", "an object"),
    ("tx t1\nlock-many t1 a read b read", 2, "`b`", "the end of the line"),
    ("tx t1\nend t1 now", 2, "`now`", "the end of the line"),
    ("tx t1\nnodes n1 n2", 2, "`nodes n1 n2`", "`nodes` only once, before any other command"),
    ("nodes n1\nnodes n1", 2, "`nodes n1`", "`nodes` only once"),
    ("nodes n1 n1", 1, "`n1`", "each node once"),
    ("nodes", 1, "the end of the line", "a node's name"),
    ("crash n2", 1, "`n2`", "a node of this scenario"),
    ("nodes n1 n2\nsplit n1,n2", 2, "`n1,n2`", "two or more groups"),
    ("nodes n1 n2\nsplit n1 | n1,n2", 2, "`n1 | n1,n2`", "each node in one of them"),
    ("advance soon", 1, "`soon`", "a duration"),
    ("together\ntogether", 2, "`together`", "the `together` of line 1 is still open"),
    ("tx t1\ntogether\nend t1", 2, "`together` without an end", "`done` on a later line"),
    ("done", 1, "`done`", "`together` on an earlier line"),
    ("tx t1\ntogether\nexpect t1 no-locks\ndone", 3, "`expect t1 no-locks`", "or `done`"),
    ("together\nadvance 1s\ndone", 2, "`advance 1s`", "or `done`"),
    ("expect error ended", 1, "`expect error ended`", "right after a command that can be refused"),
    ("tx t1\nend t1\nexpect error", 3, "the end of the line", "words of the error"),
    ("tx t1\nexpect t1 happy", 2, "`happy`", "no-locks, waiting, has-all"),
    ("tx t1\nexpect t1 waiting-for", 2, "the end of the line", "a transaction that has been begun"),
    ("tx t1\nexpect t1 waiting-for t1 t1", 2, "`t1`", "each transaction once"),
    ("expect t1 waiting", 1, "`t1`", "a transaction that has been begun"),
    ("tx t1\nexpect holds a t1", 2, "the end of the line", "`read` or `write`"),
    ("tx t1\nexpect holds a nobody on n2", 2, "`n2`", "a node of this scenario"),
    ("tx t1\nexpect queue a", 2, "the end of the line", "a transaction that has been begun"),
    ("tx t1\nexpect queue a empty t1", 2, "`t1`", "the end of the line"),
    ("expect deadlocks many", 1, "`many`", "a number of deadlocks"),
    ("tx t1\nexpect deadlock t1", 2, "`t1`", "two or more transactions"),
    ("tx t1\ntx t2\nexpect deadlock t2 t1", 3, "`t2 t1`", "the oldest first"),
    ("tx t1\ntx t2\ntx t3\nexpect deadlock t1 t2 victim t3", 4, "`t3`", "a member of the circle"),
    ("tx t1\ntx t2\nexpect deadlock t1 t2 by force", 3, "`force`", "`overtaking`"),
    ("tx t1\ntx t2\nexpect deadlock t1 t2 victim t2 by overtaking", 3, "`by overtaking`", "nobody loses"),
    ("tx t1\ntx t2\nexpect deadlock t1 t2 victim t2 t1", 3, "`t1`", "`surrendered OBJECT`"),
];

#[test]
fn each_says_its_line_what_was_found_and_what_was_expected() {
    for (text, line, found, expected) in WRONG {
        let wrong = Scenario::parse("story", text).expect_err(text);
        assert_eq!(wrong.line, *line, "{text}: {wrong}");
        assert_eq!(wrong.file, "story");
        assert_eq!(wrong.found, *found, "{text}: {wrong}");
        assert!(wrong.expected.contains(expected), "{text}: {wrong}");
    }
}

#[test]
fn the_error_reads_as_one_line() {
    let wrong = Scenario::parse("a.scenario", "tx t1\nlock t1 a exclusive").expect_err("wrong");
    assert_eq!(wrong.to_string(), "a.scenario:2: found `exclusive`, expected `read` or `write`");
}

#[test]
fn files_and_lines_are_bounded() {
    let lines = "\n".repeat(MAX_LINES);
    assert!(Scenario::parse("story", &lines).is_ok());
    let wrong = Scenario::parse("story", &(lines + "\n")).expect_err("too many lines");
    assert_eq!(wrong.line, MAX_LINES + 1);

    let bytes = usize::try_from(MAX_FILE_BYTES).expect("fits") + 1;
    let wrong = Scenario::parse("story", &"#".repeat(bytes)).expect_err("too large");
    assert!(wrong.expected.contains("at most 1048576 bytes"), "{wrong}");
}

#[test]
fn a_file_that_is_no_text_is_unreadable() {
    let path = std::path::Path::new(env!("CARGO_TARGET_TMPDIR")).join("no-text.scenario");
    std::fs::write(&path, [0xff, 0xfe]).expect("written");
    assert!(matches!(Scenario::load(&path), Err(LoadError::Unreadable { .. })));
}

#[test]
fn what_needs_many_nodes_is_found_with_its_line() {
    let needs = |text| needs_many_nodes(&Scenario::parse("story", text).expect("well-formed"));
    let found = |text| needs(text).map(|needs| (needs.line, needs.word));
    assert_eq!(found("nodes n1 n2\ntx t1 at n2"), Some((1, "nodes")));
    assert_eq!(found("tx t1\ncrash n1"), Some((2, "crash")));
    assert_eq!(found("tx t1\ntogether\nend t1\nheal\ndone"), Some((4, "heal")));
    assert_eq!(found("nodes n1\ntx t1 at n1\nlock t1 a read on n1 require any\nexpect holds a t1 read on n1"), None);
    assert_eq!(needs("thaw n1").expect("needs them").to_string(), "`thaw` needs more than one node");
}
