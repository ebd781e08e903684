//! `gordian node`: runs one node of a cluster until it is told to end.

mod credentials;
pub(crate) mod environment;
mod file;
mod given;
mod logs;
mod settings;

use std::io::{self, Write};
use std::time::Duration;

use lock_server::ClusterNode;

use crate::arguments::NodeArguments;
use crate::verdict::{Trouble, Verdict};
use settings::Settings;

/// How long the goodbye to the peers may take.
const LEAVE: Duration = Duration::from_secs(2);

pub(crate) fn node(arguments: &NodeArguments) -> Result<Verdict, Trouble> {
    let settings = Settings::read(arguments, &|name| std::env::var(name).ok()).map_err(Trouble::Settings)?;
    if arguments.check {
        println!("the settings are good: {}", settings.summary());
        return Ok(Verdict::Passed);
    }
    logs::start(&settings);
    let unknown = environment::unknown(std::env::vars_os().filter_map(|(name, _)| name.into_string().ok()));
    unknown.iter().chain(&settings.warnings).for_each(|warning| tracing::warn!("{warning}"));
    let runtime = tokio::runtime::Builder::new_multi_thread().enable_all().build()?;
    let done = runtime.block_on(live(settings));
    runtime.shutdown_background();
    done
}

async fn live(settings: Settings) -> Result<Verdict, Trouble> {
    let summary = settings.summary();
    // Heard from now on: a signal that comes while the node starts ends it as well.
    let mut signals = Signals::listen()?;
    let node = settings.builder.start().await?;
    announce(&node, &summary)?;
    let name = node.member().name().clone();
    let signal = signals.next().await;
    tracing::info!(node = %name, "{signal}: leaving");
    tokio::select! {
        all = node.leave(LEAVE) => {
            let heard = if all { "every peer that is there was told" } else { "not every peer could be told" };
            tracing::info!(node = %name, "left: {heard}");
        }
        signal = signals.next() => tracing::warn!(node = %name, "{signal} again: ending at once"),
    }
    Ok(Verdict::Passed)
}

/// One line on standard output, for people and scripts, whatever is logged.
fn announce(node: &ClusterNode, summary: &str) -> io::Result<()> {
    let (address, incarnation) = (node.address(), node.member().view().incarnation);
    let mut out = io::stdout().lock();
    writeln!(out, "listening at {address}: {summary}, incarnation {incarnation}")?;
    out.flush()
}

/// What tells a process to end.
struct Signals {
    #[cfg(unix)]
    terminate: tokio::signal::unix::Signal,
}

impl Signals {
    #[cfg(unix)]
    fn listen() -> io::Result<Self> {
        use tokio::signal::unix::{SignalKind, signal};
        Ok(Self { terminate: signal(SignalKind::terminate())? })
    }

    #[cfg(not(unix))]
    #[allow(clippy::unnecessary_wraps)] // as on other systems
    fn listen() -> io::Result<Self> {
        Ok(Self {})
    }

    #[cfg(unix)]
    async fn next(&mut self) -> &'static str {
        tokio::select! {
            _ = self.terminate.recv() => "SIGTERM",
            _ = tokio::signal::ctrl_c() => "interrupted",
        }
    }

    #[cfg(not(unix))]
    async fn next(&mut self) -> &'static str {
        let _ = tokio::signal::ctrl_c().await;
        "interrupted"
    }
}
