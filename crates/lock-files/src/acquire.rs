//! The way through the gates.

use lock_core::Mode;

use crate::core::Core;
use crate::file_trouble::FileTrouble;
use crate::gate::Gate;
use crate::idle::Files;
use crate::lock_file::{LockFile, Locked};
use crate::name::Name;

/// What is done where a gate is closed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Patience {
    /// Nothing: no.
    None,
    /// This thread waits, in the kernel, for as long as it takes.
    InPlace,
    /// A thread waits on behalf of this one, which may give up.
    InLine,
}

/// The gates that stay locked as long as the lock lasts; and the turnstile, unlocked, for the next time.
#[derive(Debug)]
pub(crate) struct Passage {
    pub(crate) turnstile: Option<LockFile>,
    pub(crate) ours: Locked,
    pub(crate) everyones: Locked,
}

/// One id on its way through the gates.
struct Way<'a> {
    core: &'a Core,
    name: &'a Name,
    mode: Mode,
    patience: Patience,
}

/// Goes through all gates; `None` if one is closed and there is no patience. What was locked on the way is unlocked when this is
/// dropped, be it for an error or because nobody waits for it any more.
pub(crate) async fn pass(
    core: &Core,
    name: &Name,
    mode: Mode,
    patience: Patience,
) -> Result<Option<Passage>, FileTrouble> {
    let way = Way { core, name, mode, patience };
    loop {
        let (turnstile, ours, everyones) = match core.idle.take(name.stem()) {
            Some(Files { turnstile, ours, everyones }) => (Some(turnstile), Some(ours), Some(everyones)),
            None => (None, None, None),
        };
        let Some(turnstile) = way.through(Gate::Turnstile, turnstile).await? else { return Ok(None) };
        let Some(ours) = way.through(Gate::Ours, ours).await? else { return Ok(None) };
        if !way.is_named(Gate::Ours, &ours)? {
            continue; // a clean-up took it away between opening and locking
        }
        let turnstile = turnstile.unlock(core.me.pid);
        let Some(everyones) = way.through_everyones(everyones).await? else { return Ok(None) };
        return Ok(Some(Passage { turnstile, ours, everyones }));
    }
}

impl Way<'_> {
    /// A plantdb may take the file away at any time; then the one that has its name now is the one to lock.
    async fn through_everyones(&self, mut file: Option<LockFile>) -> Result<Option<Locked>, FileTrouble> {
        loop {
            let Some(locked) = self.through(Gate::Everyones, file.take()).await? else { return Ok(None) };
            if self.is_named(Gate::Everyones, &locked)? {
                return Ok(Some(locked));
            }
        }
    }

    async fn through(&self, gate: Gate, file: Option<LockFile>) -> Result<Option<Locked>, FileTrouble> {
        let file = file.map_or_else(|| self.core.folder.gate(gate, self.name), Ok)?;
        if self.told(gate, file.try_lock(self.mode))? {
            return Ok(Some(Locked::new(file, self.core.me.pid)));
        }
        match self.patience {
            Patience::None => Ok(None),
            Patience::InPlace => {
                self.told(gate, file.lock(self.mode))?;
                Ok(Some(Locked::new(file, self.core.me.pid)))
            }
            Patience::InLine => {
                drop(file);
                let ticket = self.core.waits.join(&self.core.folder, gate, self.name, self.mode);
                ticket.await.map(Some)
            }
        }
    }

    fn told<T>(&self, gate: Gate, outcome: rustix::io::Result<T>) -> Result<T, FileTrouble> {
        let trouble = |errno| self.core.folder.place(gate, &self.name.file(gate.ending())).trouble("locked", errno);
        outcome.map_err(trouble)
    }

    fn is_named(&self, gate: Gate, locked: &Locked) -> Result<bool, FileTrouble> {
        locked.is_named(self.core.folder.place(gate, &self.name.file(gate.ending())))
    }
}
