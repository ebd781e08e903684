//! Time limits for tasks, without a runtime: one thread that wakes them.

use std::collections::BTreeMap;
use std::future::Future;
use std::pin::Pin;
use std::sync::mpsc::{Receiver, RecvTimeoutError, Sender, channel};
use std::task::{Context, Poll, Waker};
use std::time::{Duration, Instant};

use parking_lot::Mutex;

/// Started when the first task waits with a limit; ends with the locks that it belongs to.
#[derive(Debug, Default)]
pub(crate) struct Timer {
    alarms: Mutex<Option<Sender<(Instant, Waker)>>>,
}

impl Timer {
    /// Is done when the moment has come.
    pub(crate) fn at(&self, moment: Instant) -> Alarm<'_> {
        Alarm { timer: self, moment }
    }

    fn set(&self, moment: Instant, waker: Waker) -> std::io::Result<()> {
        let mut alarms = self.alarms.lock();
        if alarms.is_none() {
            let (sender, receiver) = channel();
            std::thread::Builder::new().name("flock limits".to_owned()).spawn(move || ring(&receiver))?;
            *alarms = Some(sender);
        }
        let sent = alarms.as_ref().map(|alarms| alarms.send((moment, waker)));
        debug_assert!(matches!(sent, Some(Ok(()))), "the thread lives as long as somebody can send");
        Ok(())
    }
}

/// What the thread does.
fn ring(alarms: &Receiver<(Instant, Waker)>) {
    let mut due: BTreeMap<(Instant, u64), Waker> = BTreeMap::new();
    let mut count = 0;
    loop {
        let now = Instant::now();
        while due.first_key_value().is_some_and(|((moment, _), _)| *moment <= now) {
            due.pop_first().into_iter().for_each(|(_, waker)| waker.wake());
        }
        let next = due.first_key_value().map_or(Duration::from_hours(1), |((moment, _), _)| *moment - now);
        match alarms.recv_timeout(next) {
            Ok((moment, waker)) => {
                count += 1;
                due.insert((moment, count), waker);
            }
            Err(RecvTimeoutError::Timeout) => {}
            Err(RecvTimeoutError::Disconnected) => return,
        }
    }
}

pub(crate) struct Alarm<'a> {
    timer: &'a Timer,
    moment: Instant,
}

impl Future for Alarm<'_> {
    /// An error if there is no thread to be had.
    type Output = std::io::Result<()>;

    fn poll(self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<Self::Output> {
        if Instant::now() >= self.moment {
            return Poll::Ready(Ok(()));
        }
        match self.timer.set(self.moment, context.waker().clone()) {
            Ok(()) => Poll::Pending,
            Err(error) => Poll::Ready(Err(error)),
        }
    }
}
