//! Waiting in the kernel for those who may give up.
//!
//! A thread that waits for `flock` cannot be called back. So those with a time limit, and tasks, do not wait themselves: for each file
//! and mode one thread of this process waits, on behalf of all of them, in their order. Who gives up just leaves its line. The thread goes
//! on waiting; whoever comes later joins it, and if nobody is there when the lock comes, it is given back at once. So a process has
//! three files times two modes such threads for an id at most, and a lock never reaches one who gave up.

use std::collections::{HashMap, VecDeque};
use std::future::Future;
use std::path::PathBuf;
use std::pin::Pin;
use std::sync::Arc;
use std::task::{Context, Poll, Waker};

use lock_core::Mode;
use parking_lot::Mutex;
use rustix::process::getpid;

use crate::file_trouble::{FileTrouble, TroubleKind};
use crate::folder::Folder;
use crate::gate::Gate;
use crate::lock_file::Locked;
use crate::name::Name;

type Key = (Gate, String, Mode);

/// The lines before the gates, one for each file and mode that a thread waits for.
#[derive(Debug, Default)]
pub(crate) struct KernelWaits {
    lines: Mutex<HashMap<Key, VecDeque<Arc<Mutex<Place>>>>>,
}

/// A place in line.
#[derive(Debug)]
enum Place {
    Waiting(Option<Waker>),
    Served(Result<Locked, FileTrouble>),
    /// Given up, or served and gone.
    Left,
}

impl KernelWaits {
    /// Joins the line of a file, whose thread is started if there is none.
    pub(crate) fn join(self: &Arc<Self>, folder: &Arc<Folder>, gate: Gate, name: &Name, mode: Mode) -> Ticket {
        let place = Arc::new(Mutex::new(Place::Waiting(None)));
        let key = (gate, name.stem().to_owned(), mode);
        let mut lines = self.lines.lock();
        if let Some(line) = lines.get_mut(&key) {
            if line.len().is_power_of_two() {
                line.retain(|place| !matches!(*place.lock(), Place::Left)); // in time, those who left
            }
            line.push_back(place.clone());
            return Ticket { place };
        }
        let thread = std::thread::Builder::new().name(format!("flock {}", name.stem()));
        let path = folder.place(gate, &name.file(gate.ending())).full();
        let (waits, folder, name) = (self.clone(), folder.clone(), name.clone());
        match thread.spawn(move || waits.serve(&folder, gate, &name, mode)) {
            Ok(_) => drop(lines.insert(key, VecDeque::from([place.clone()]))),
            Err(source) => {
                *place.lock() = Place::Served(Err(no_thread(path, source)));
            }
        }
        Ticket { place }
    }

    /// What a thread does: it locks the file for one after the other, until its line is empty.
    fn serve(&self, folder: &Folder, gate: Gate, name: &Name, mode: Mode) {
        let key = (gate, name.stem().to_owned(), mode);
        loop {
            let locked = wait(folder, gate, name, mode);
            let mut lines = self.lines.lock();
            let Some(line) = lines.get_mut(&key) else { return };
            let unwanted = hand_over(line, locked);
            let is_done = line.is_empty();
            if is_done {
                lines.remove(&key);
            }
            drop(lines);
            drop(unwanted);
            if is_done {
                return;
            }
        }
    }
}

fn no_thread(path: PathBuf, source: std::io::Error) -> FileTrouble {
    FileTrouble { path, doing: "waited for in a thread", kind: TroubleKind::Other, source }
}

fn wait(folder: &Folder, gate: Gate, name: &Name, mode: Mode) -> Result<Locked, FileTrouble> {
    let file = folder.gate(gate, name)?;
    let locked = file.lock(mode);
    locked.map_err(|errno| folder.place(gate, &name.file(gate.ending())).trouble("locked", errno))?;
    Ok(Locked::new(file, getpid()))
}

/// Gives it to the first who still waits; gives it back if there is none.
fn hand_over(line: &mut VecDeque<Arc<Mutex<Place>>>, locked: Result<Locked, FileTrouble>) -> Option<Place> {
    while let Some(first) = line.pop_front() {
        let mut place = first.lock();
        if let Place::Waiting(waker) = &mut *place {
            let waker = waker.take();
            *place = Place::Served(locked);
            drop(place);
            waker.into_iter().for_each(Waker::wake);
            return None;
        }
    }
    Some(Place::Served(locked))
}

/// Waits for a place in line to be served. Dropping it gives up: then nothing is held, nor will be.
#[derive(Debug)]
pub(crate) struct Ticket {
    place: Arc<Mutex<Place>>,
}

impl Future for Ticket {
    type Output = Result<Locked, FileTrouble>;

    fn poll(self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<Self::Output> {
        let mut place = self.place.lock();
        if let Place::Waiting(waker) = &mut *place {
            *waker = Some(context.waker().clone());
            return Poll::Pending;
        }
        match std::mem::replace(&mut *place, Place::Left) {
            Place::Served(locked) => Poll::Ready(locked),
            Place::Waiting(_) | Place::Left => unreachable!("a ticket is served once, and polled no more then"),
        }
    }
}

impl Drop for Ticket {
    fn drop(&mut self) {
        let left = std::mem::replace(&mut *self.place.lock(), Place::Left);
        drop(left); // served, and not fetched: unlocked here
    }
}
