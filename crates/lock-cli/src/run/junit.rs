//! What `gordian run --junit FILE` writes: `JUnit` XML, as build servers read it, a test case a scenario file.

use std::fmt::Write as _;
use std::path::Path;
use std::time::Duration;

use lock_sim::{Failure, Scenario};

use super::Tried;
use super::shown::again;
use crate::arguments::RunArguments;

/// The test cases so far.
pub(super) struct JUnit<'a> {
    arguments: &'a RunArguments,
    cases: String,
    tests: usize,
    failures: usize,
}

impl<'a> JUnit<'a> {
    pub(super) fn new(arguments: &'a RunArguments) -> Self {
        Self { arguments, cases: String::new(), tests: 0, failures: 0 }
    }

    /// One scenario, all its seeds together.
    pub(super) fn case(&mut self, scenario: &Scenario, tried: &Tried, took: Duration) {
        self.tests += 1;
        let path = Path::new(&scenario.file);
        let name = path.file_stem().map_or_else(|| scenario.file.clone(), |stem| stem.to_string_lossy().into_owned());
        let (class, time) = (class_of(path), seconds(took));
        let (name, file) = (escape(&name), escape(&scenario.file));
        let _ = write!(
            self.cases,
            "    <testcase classname=\"{}\" name=\"{name}\" file=\"{file}\" time=\"{time}\"",
            escape(&class)
        );
        match &tried.report.failure {
            None => self.cases.push_str("/>\n"),
            Some(failure) => self.failure(scenario, failure, tried.seed),
        }
    }

    fn failure(&mut self, scenario: &Scenario, failure: &Failure, seed: u64) {
        self.failures += 1;
        let Failure { line, expected, seen, .. } = failure;
        let message = escape(&format!("line {line}: expected {expected}, seen {seen}"));
        let again = again(&scenario.file, self.arguments, seed);
        let text = escape(&format!("{}\n{failure}\n  again:    {again}", scenario.rule)).replace("&#10;", "\n");
        let _ = write!(
            self.cases,
            ">\n      <failure type=\"expectation\" message=\"{message}\">{text}</failure>\n    </testcase>\n"
        );
    }

    /// The whole document.
    pub(super) fn document(&self, took: Duration) -> String {
        let Self { arguments, cases, tests, failures } = self;
        let (time, engine) = (seconds(took), arguments.world.engine.name());
        let counts = format!("tests=\"{tests}\" failures=\"{failures}\" errors=\"0\" time=\"{time}\"");
        let property = |name: &str, value: &dyn std::fmt::Display| {
            format!("      <property name=\"{name}\" value=\"{value}\"/>\n")
        };
        let properties = [
            property("engine", &engine),
            property("seed", &arguments.world.seed),
            property("repeat", &arguments.repeat),
        ];
        format!(
            "<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n<testsuites name=\"gordian\" {counts}>\n  \
             <testsuite name=\"scenarios\" skipped=\"0\" {counts}>\n    <properties>\n{}    </properties>\n{cases}  \
             </testsuite>\n</testsuites>\n",
            properties.concat()
        )
    }
}

/// The folders of a file with dots between, as build servers group by.
fn class_of(path: &Path) -> String {
    let folders = path.parent().into_iter().flat_map(Path::components).filter_map(|part| match part {
        std::path::Component::Normal(name) => Some(name.to_string_lossy().into_owned()),
        _ => None,
    });
    let class = folders.collect::<Vec<_>>().join(".");
    if class.is_empty() { "scenarios".to_owned() } else { class }
}

fn seconds(took: Duration) -> String {
    format!("{:.6}", took.as_secs_f64())
}

/// Text as it may stand in an element or between double quotes. What XML cannot say is replaced.
fn escape(text: &str) -> String {
    let mut escaped = String::with_capacity(text.len());
    for character in text.chars() {
        match character {
            '&' => escaped.push_str("&amp;"),
            '<' => escaped.push_str("&lt;"),
            '>' => escaped.push_str("&gt;"),
            '"' => escaped.push_str("&quot;"),
            '\n' | '\t' => {
                let _ = write!(escaped, "&#{};", u32::from(character));
            }
            '\u{0}'..='\u{1f}' | '\u{7f}' | '\u{fffe}' | '\u{ffff}' => escaped.push('\u{fffd}'),
            plain => escaped.push(plain),
        }
    }
    escaped
}

#[cfg(test)]
mod tests {
    use std::path::Path;

    use super::{class_of, escape};

    #[test]
    fn folders_are_classes() {
        assert_eq!(class_of(Path::new("scenarios/deadlock/ring.scenario")), "scenarios.deadlock");
        assert_eq!(class_of(Path::new("/tmp/../x/ring.scenario")), "tmp.x");
        assert_eq!(class_of(Path::new("ring.scenario")), "scenarios");
    }

    #[test]
    fn nothing_ends_the_text_early() {
        assert_eq!(escape("a < b && \"c\" > d"), "a &lt; b &amp;&amp; &quot;c&quot; &gt; d");
        assert_eq!(escape("one\ntwo\u{1b}[0m\u{0}"), "one&#10;two\u{fffd}[0m\u{fffd}");
    }
}
