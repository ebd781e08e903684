//! Turns on their way to whoever reads them: so many, and no more.

use tokio::sync::mpsc;

use super::turn::Turn;

/// How many turns may wait to be read.
const BUFFER: usize = 256;

#[derive(Debug)]
pub(super) struct Turns {
    sender: mpsc::Sender<Turn>,
    missed: u64,
}

impl Turns {
    pub(super) fn new() -> (Self, mpsc::Receiver<Turn>) {
        let (sender, turns) = mpsc::channel(BUFFER);
        (Self { sender, missed: 0 }, turns)
    }

    pub(super) fn tell(&mut self, turn: Turn) {
        if self.missed > 0 && self.sender.try_send(Turn::Missed(self.missed)).is_ok() {
            self.missed = 0;
        }
        if self.missed > 0 || self.sender.try_send(turn).is_err() {
            self.missed += 1;
        }
    }
}
