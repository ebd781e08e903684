//! Somebody who reads what happens, perhaps too slowly.

use tokio::sync::mpsc;

/// The way to a reader. Nobody waits for it: what does not fit is dropped and counted, and the count is told before
/// anything that comes later.
#[derive(Debug)]
pub(crate) struct SlowReader<T> {
    sender: mpsc::Sender<T>,
    missed: u64,
    /// How the count is told.
    tells: fn(u64) -> T,
}

impl<T> SlowReader<T> {
    /// A reader that may be so far behind, and what it reads from.
    pub(crate) fn new(room: usize, tells: fn(u64) -> T) -> (Self, mpsc::Receiver<T>) {
        let (sender, receiver) = mpsc::channel(room);
        (Self { sender, missed: 0, tells }, receiver)
    }

    pub(crate) fn tell(&mut self, what: T) {
        if self.missed > 0 && self.sender.try_send((self.tells)(self.missed)).is_ok() {
            self.missed = 0;
        }
        if self.missed > 0 || self.sender.try_send(what).is_err() {
            self.missed += 1;
        }
    }

    pub(crate) fn is_gone(&self) -> bool {
        self.sender.is_closed()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[derive(Debug, PartialEq, Eq)]
    enum Told {
        Number(u32),
        Missed(u64),
    }

    #[test]
    fn what_is_missed_is_counted_and_told_before_what_comes_later() {
        let (mut reader, mut told) = SlowReader::new(2, Told::Missed);
        (1..=5).for_each(|number| reader.tell(Told::Number(number)));
        assert_eq!(told.try_recv(), Ok(Told::Number(1)));
        reader.tell(Told::Number(6));
        assert_eq!([told.try_recv(), told.try_recv()], [Ok(Told::Number(2)), Ok(Told::Missed(3))]);
        reader.tell(Told::Number(7));
        assert_eq!([told.try_recv(), told.try_recv()], [Ok(Told::Missed(1)), Ok(Told::Number(7))]);
        drop(told);
        assert!(reader.is_gone());
    }
}
