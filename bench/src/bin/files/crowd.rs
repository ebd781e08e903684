//! Processes that all want one id, to write.

use std::fmt::Write as _;
use std::io::{Read, Write as _};
use std::path::Path;
use std::process::{Command, Stdio};
use std::time::{Duration, SystemTime, UNIX_EPOCH};

use gordian_bench::report;
use lock_files::{DirLocks, Mode};

const MEMBERS: usize = 4;

/// When somebody asked, had it, and let go: microseconds by the clock that all share.
struct Turn {
    member: usize,
    asked: f64,
    had: f64,
    left: f64,
}

pub(crate) fn measure(folder: &Path) {
    for (name, seconds, hold_us) in [("crowd-hold-1ms", "10", "1000"), ("crowd-no-hold", "5", "0")] {
        report_on(name, &crowd(folder, seconds, hold_us));
    }
}

fn crowd(folder: &Path, seconds: &str, hold_us: &str) -> Vec<Turn> {
    let program = std::env::current_exe().expect("it runs");
    let start = || {
        let mut command = Command::new(&program);
        command.arg("member").arg(folder).args([seconds, hold_us]).stdout(Stdio::piped()).spawn().expect("it starts")
    };
    let members: Vec<_> = (0..MEMBERS).map(|_| start()).collect();
    let mut turns = Vec::new();
    // Each says nothing before its end, so that no pipe is full meanwhile.
    for (member, mut child) in members.into_iter().enumerate() {
        let mut text = String::new();
        child.stdout.take().expect("it is piped").read_to_string(&mut text).expect("it prints text");
        assert!(child.wait().expect("it ends").success());
        turns.extend(text.lines().map(|line| turn(member, line)));
    }
    turns.sort_by(|one, other| one.had.total_cmp(&other.had));
    turns
}

fn turn(member: usize, line: &str) -> Turn {
    let mut numbers = line.split(' ').map(|number| number.parse().expect("it prints numbers"));
    let mut next = || numbers.next().expect("three numbers");
    Turn { member, asked: next(), had: next(), left: next() }
}

#[expect(clippy::cast_precision_loss, reason = "no count here reaches 2^53")]
fn report_on(name: &str, turns: &[Turn]) {
    let pairs = || turns.windows(2).map(|pair| (&pair[0], &pair[1]));
    let violations = pairs().filter(|(one, next)| next.had < one.left).count();
    let holds: f64 = turns.iter().map(|turn| turn.left - turn.had).sum();
    let longest = turns.iter().map(|turn| turn.had - turn.asked).fold(0.0, f64::max);
    // Who was waiting already when the holder before let go.
    let handed = pairs().filter(|(one, next)| one.member != next.member && next.asked < one.left);
    let mut hand_overs: Vec<f64> = handed.map(|(one, next)| next.had - one.left).collect();
    hand_overs.sort_by(f64::total_cmp);
    let at = |share: usize| hand_overs.get(hand_overs.len() * share / 100).copied().unwrap_or_default();
    let shares: Vec<f64> =
        (0..MEMBERS).map(|member| turns.iter().filter(|turn| turn.member == member).count() as f64).collect();
    report(&format!("{name}: turns"), "", shares);
    report(&format!("{name}: violations"), "", vec![violations as f64]);
    report(&format!("{name}: mean hold"), "us", vec![holds / turns.len() as f64]);
    report(&format!("{name}: longest wait"), "us", vec![longest]);
    report(&format!("{name}: hand-over p50"), "us", vec![at(50)]);
    report(&format!("{name}: hand-over p99"), "us", vec![at(99)]);
}

/// A member of the crowd.
pub(crate) fn be_member(folder: &str, seconds: &str, hold_us: &str) {
    let locks = DirLocks::open(folder).expect("the folder is there");
    let hold = Duration::from_micros(hold_us.parse().expect("a number"));
    let until = now() + seconds.parse::<f64>().expect("a number") * 1e6;
    let mut text = String::new();
    while now() < until {
        let asked = now();
        let guard = locks.lock("crowd", Mode::Write).expect("it comes");
        let had = now();
        if !hold.is_zero() {
            std::thread::sleep(hold);
        }
        let left = now();
        drop(guard);
        writeln!(text, "{asked} {had} {left}").expect("there is memory");
    }
    std::io::stdout().write_all(text.as_bytes()).expect("somebody reads");
}

/// Microseconds, with parts of them.
pub(crate) fn now() -> f64 {
    SystemTime::now().duration_since(UNIX_EPOCH).expect("after 1970").as_secs_f64() * 1e6
}
