//! `gordian flock`: a command under a lock.

use std::ffi::OsString;
use std::io::{self, ErrorKind, IsTerminal};
use std::os::unix::process::ExitStatusExt;
use std::process::ExitStatus;

use lock_files::{DirLocks, Guard, LockError, Mode};
use rustix::process::{Pid, Signal, kill_process};
use tokio::process::{Child, Command};
use tokio::signal::unix::{Signal as Signals, SignalKind, signal};

use crate::arguments::FlockArguments;
use crate::paint;
use crate::verdict::{Trouble, Verdict};

/// The lock was not had in time; what mail programs say when one may try again later.
const NOT_NOW: Verdict = Verdict::Other(75);

/// Runs a command under a lock, and ends as it does.
pub(crate) fn flock(arguments: &FlockArguments) -> Result<Verdict, Trouble> {
    let guard = match lock(arguments) {
        Err(Trouble::Lock(error @ (LockError::Busy { .. } | LockError::TimedOut { .. }))) => {
            eprintln!("{}", paint::complaint(&error.to_string()));
            return Ok(NOT_NOW);
        }
        locked => locked?,
    };
    guard.share_with_children()?;
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().map_err(Trouble::Signals)?;
    let ended = runtime.block_on(run(&arguments.command));
    drop(guard);
    ended
}

fn lock(arguments: &FlockArguments) -> Result<Guard, Trouble> {
    let locks = DirLocks::open(&arguments.folder)?;
    let mode = if arguments.shared { Mode::Read } else { Mode::Write };
    let words: Vec<_> = arguments.command.iter().map(|word| word.to_string_lossy()).collect();
    let mut request = locks.ask(&arguments.id, mode).field("command", words.join(" "));
    if let Some(user) = &arguments.user {
        request = request.user(user);
    }
    if let Some(limit) = arguments.timeout {
        request = request.within(limit);
    }
    Ok(request.lock()?)
}

async fn run(command: &[OsString]) -> Result<Verdict, Trouble> {
    let Some((program, words)) = command.split_first() else { return Ok(Verdict::Wrong) };
    // From here on no signal ends this command before the other one.
    let mut signals = PassedOn::listen().map_err(Trouble::Signals)?;
    let mut child = match Command::new(program).args(words).spawn() {
        Ok(child) => child,
        Err(error) => {
            eprintln!("{}", paint::complaint(&format!("{} cannot be run: {error}", program.display())));
            return Ok(Verdict::Other(if error.kind() == ErrorKind::NotFound { 127 } else { 126 }));
        }
    };
    loop {
        tokio::select! {
            ended = child.wait() => return Ok(Verdict::Other(status(ended?))),
            signal = signals.next() => pass_on(&child, signal),
        }
    }
}

/// As shells tell it.
fn status(ended: ExitStatus) -> u8 {
    let status = ended.code().or_else(|| ended.signal().map(|signal| 128 + signal));
    status.and_then(|status| u8::try_from(status).ok()).unwrap_or(u8::MAX)
}

fn pass_on(child: &Child, signal: Signal) {
    // Gone already: it is waited for next.
    let pid = child.id().and_then(|id| i32::try_from(id).ok()).and_then(Pid::from_raw);
    let _ = pid.map(|pid| kill_process(pid, signal));
}

/// The signals that the other command is told of.
struct PassedOn {
    listened: Vec<(Signals, Option<Signal>)>,
}

impl PassedOn {
    fn listen() -> io::Result<Self> {
        let all = [
            (SignalKind::terminate(), Signal::TERM),
            (SignalKind::hangup(), Signal::HUP),
            (SignalKind::user_defined1(), Signal::USR1),
            (SignalKind::user_defined2(), Signal::USR2),
            (SignalKind::interrupt(), Signal::INT),
            (SignalKind::quit(), Signal::QUIT),
        ];
        // A terminal sends these to both commands by itself; twice would be one too many.
        let by_terminal = |signal| io::stdin().is_terminal() && (signal == Signal::INT || signal == Signal::QUIT);
        let listened = all.map(|(kind, number)| Ok((signal(kind)?, (!by_terminal(number)).then_some(number))));
        Ok(Self { listened: listened.into_iter().collect::<io::Result<_>>()? })
    }

    async fn next(&mut self) -> Signal {
        std::future::poll_fn(|context| {
            for (signals, number) in &mut self.listened {
                while signals.poll_recv(context).is_ready() {
                    if let Some(number) = *number {
                        return std::task::Poll::Ready(number);
                    }
                }
            }
            std::task::Poll::Pending
        })
        .await
    }
}
