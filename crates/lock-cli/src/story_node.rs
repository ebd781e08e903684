//! `gordian story-node`: one node of a scenario on the engine `cluster`.

use std::io;

use crate::verdict::{Trouble, Verdict};

#[cfg(target_os = "linux")]
pub(crate) fn story_node() -> Result<Verdict, Trouble> {
    lock_sim::serve_node(io::stdin().lock(), io::stdout().lock())?;
    Ok(Verdict::Passed)
}

#[cfg(not(target_os = "linux"))]
pub(crate) fn story_node() -> Result<Verdict, Trouble> {
    Err(io::Error::from(io::ErrorKind::Unsupported).into())
}
