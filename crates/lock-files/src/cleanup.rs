//! What nobody needs any more is taken away.

use lock_core::Mode;
use rustix::fs::{AtFlags, unlinkat};
use rustix::io::Errno;

use crate::core::Core;
use crate::file_trouble::FileTrouble;
use crate::gate::{Gate, INFO};
use crate::info;
use crate::lock_file::Locked;
use crate::name::Name;

/// What a clean-up did.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Cleanup {
    /// The ids of which nothing is left.
    pub removed: Vec<String>,
    /// The ids that were left alone.
    pub kept: Vec<(String, Kept)>,
}

/// Why an id was left alone.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Kept {
    /// Somebody has it, or is in line for it.
    Locked,
    /// Somebody else cleaned up at the same time.
    Moved,
}

/// Takes away what the dead said of themselves: of ids that nobody has locked, and only if the process that wrote it is gone. What is written
/// by a process of another machine stays, until that id is locked the next time.
///
/// The lock files stay: a plantdb might be about to lock one, and would have a file without a name.
pub(crate) fn stale(core: &Core) -> Result<(), FileTrouble> {
    for name in core.folder.described()? {
        if is_left_behind(core, &name) && lock_all(core, &name)?.is_some_and(|_locked| is_left_behind(core, &name)) {
            let file = name.file(INFO);
            remove(core, &name)?;
            tracing::info!(file, "taken away: who held it is gone");
        }
    }
    Ok(())
}

fn remove(core: &Core, name: &Name) -> Result<(), FileTrouble> {
    let file = name.file(INFO);
    let place = core.folder.in_locks(&file);
    info::take_away(place).map_err(|errno| place.trouble("taken away", errno))
}

/// Torn texts were left behind as well.
fn is_left_behind(core: &Core, name: &Name) -> bool {
    let file = name.file(INFO);
    info::read(core.folder.in_locks(&file)).iter().all(|record| record.is_alive(&core.me) == Some(false))
}

/// Takes away all files of all ids that nobody has locked.
pub(crate) fn all(core: &Core) -> Result<Cleanup, FileTrouble> {
    let mut done = Cleanup::default();
    for name in core.folder.names()? {
        match lock_all(core, &name)? {
            None => done.kept.push((name.id(), Kept::Locked)),
            Some(locked) if !is_named(core, &name, &locked)? => done.kept.push((name.id(), Kept::Moved)),
            Some(_locked) => {
                take_away_all(core, &name)?;
                done.removed.push(name.id());
            }
        }
    }
    Ok(done)
}

/// The gates of an id, all locked for writing; `None` if one is not to be had at once.
fn lock_all(core: &Core, name: &Name) -> Result<Option<Vec<(Gate, Locked)>>, FileTrouble> {
    let mut locked = Vec::new();
    for gate in [Gate::Turnstile, Gate::Ours, Gate::Everyones] {
        let file = core.folder.gate(gate, name)?;
        let named = name.file(gate.ending());
        let trouble = |errno| core.folder.place(gate, &named).trouble("locked", errno);
        if !file.try_lock(Mode::Write).map_err(trouble)? {
            return Ok(None);
        }
        locked.push((gate, Locked::new(file, core.me.pid)));
    }
    Ok(Some(locked))
}

fn is_named(core: &Core, name: &Name, locked: &[(Gate, Locked)]) -> Result<bool, FileTrouble> {
    for (gate, locked) in locked {
        if !locked.is_named(core.folder.place(*gate, &name.file(gate.ending())))? {
            return Ok(false);
        }
    }
    Ok(true)
}

/// `ours` goes last: as long as it has its name, nobody believes in what was opened before.
fn take_away_all(core: &Core, name: &Name) -> Result<(), FileTrouble> {
    remove(core, name)?;
    for gate in [Gate::Everyones, Gate::Turnstile, Gate::Ours] {
        let file = name.file(gate.ending());
        let place = core.folder.place(gate, &file);
        match unlinkat(place.folder, place.name, AtFlags::empty()) {
            Ok(()) | Err(Errno::NOENT) => {}
            Err(errno) => return Err(place.trouble("taken away", errno)),
        }
    }
    Ok(())
}
