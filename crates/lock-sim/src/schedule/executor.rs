//! Carries one schedule out: a turn at a time, until every task is done or nobody can go on.

use std::any::Any;
use std::future::poll_fn;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::pin::pin;
use std::sync::Arc;
use std::task::{Context, Poll, Waker};
use std::time::Duration;

use super::choice::Choice;
use super::diary::Diary;
use super::quiet::Quiet;
use super::ready::Ready;
use super::task::{MAIN, Start, Tasks, Work};
use super::{Cause, Schedule, Turn};

/// Longer than any timer of a test: if only this one is due, nothing is.
const NOTHING_IS_DUE: Duration = Duration::from_hours(365 * 24);

pub(super) struct Executor<'a> {
    tasks: Tasks,
    slots: Vec<Slot<'a>>,
    ready: Arc<Ready>,
    quiet: Arc<Quiet>,
    choice: Choice,
    schedule: Schedule,
    max_turns: usize,
    /// Only if the schedule is to be told.
    diary: Option<Diary>,
}

struct Slot<'a> {
    name: String,
    /// None when the task is done.
    work: Option<Work<'a>>,
    in_background: bool,
    waker: Waker,
}

impl<'a> Executor<'a> {
    pub(super) fn new(tasks: Tasks, quiet: Arc<Quiet>, max_turns: usize, told: bool) -> Self {
        let seed = tasks.seed();
        Self {
            tasks,
            slots: Vec::new(),
            ready: Arc::default(),
            quiet,
            choice: Choice::new(seed),
            schedule: Schedule { seed, turns: Vec::new() },
            max_turns,
            diary: told.then(Diary::default),
        }
    }

    /// Runs the test and all that it starts.
    ///
    /// # Errors
    /// Why the schedule could not come to a good end.
    pub(super) async fn run(&mut self, main: Work<'a>) -> Result<(), Cause> {
        self.enter(MAIN.to_owned(), main, false);
        loop {
            self.quiet.wait().await;
            self.take_in_started();
            if self.slots.iter().all(|slot| slot.in_background || slot.work.is_none()) {
                return self.check_promises();
            }
            if self.schedule.turns.len() >= self.max_turns {
                return Err(Cause::TooLong { turns: self.max_turns });
            }
            match self.choice.among(&self.ready.tasks()) {
                Some(task) => self.turn(task)?,
                None => self.until_somebody_is_woken().await?,
            }
        }
    }

    pub(super) fn into_schedule(self) -> Schedule {
        // What was started in a turn that failed holds the tasks, which hold it.
        drop(self.tasks.take_started());
        self.schedule
    }

    fn enter(&mut self, name: String, work: Work<'a>, in_background: bool) {
        let waker = self.ready.enter(self.slots.len());
        self.slots.push(Slot { name, work: Some(work), in_background, waker });
    }

    fn take_in_started(&mut self) {
        for Start { name, work, in_background } in self.tasks.take_started() {
            self.enter(name, work, in_background);
        }
    }

    /// One task runs until it waits.
    fn turn(&mut self, task: usize) -> Result<(), Cause> {
        self.ready.take(task);
        let at_ms = self.tasks.locks().node().expect("a node in this process alone").now().0;
        let slot = &mut self.slots[task];
        let name = slot.name.clone();
        let outcome = slot.poll();
        let done = slot.work.is_none() && outcome.is_ok();
        self.tasks.name_transactions(&name);
        let notes = self.diary.as_mut().map(|diary| diary.look(&self.tasks.locks(), &self.tasks.names(), &name));
        self.schedule.turns.push(Turn { task: name, at_ms, done, notes: notes.unwrap_or_default() });
        if done && !self.slots[task].in_background && task > 0 {
            self.tasks.one_done();
        }
        outcome
    }

    /// Time passes until a timer wakes a task.
    async fn until_somebody_is_woken(&self) -> Result<(), Cause> {
        let mut nothing_is_due = pin!(tokio::time::sleep(NOTHING_IS_DUE));
        poll_fn(|context| {
            if self.ready.poll_any(context).is_ready() {
                return Poll::Ready(Ok(()));
            }
            nothing_is_due.as_mut().poll(context).map(|()| Err(self.stuck()))
        })
        .await
    }

    fn stuck(&self) -> Cause {
        let waiting = self.slots.iter().filter(|slot| slot.work.is_some() && !slot.in_background);
        Cause::NobodyCanGoOn { tasks: waiting.map(|slot| slot.name.clone()).collect() }
    }

    fn check_promises(&self) -> Result<(), Cause> {
        let locks = self.tasks.locks();
        let broken = locks
            .node()
            .expect("a node in this process alone")
            .check()
            .and_then(|()| locks.node().expect("a node in this process alone").check_nobody_is_stuck());
        broken.map_err(|violation| Cause::Promise { sentence: violation.to_string() })
    }
}

impl Slot<'_> {
    fn poll(&mut self) -> Result<(), Cause> {
        let Some(work) = &mut self.work else {
            return Ok(()); // woken after it was done
        };
        let mut context = Context::from_waker(&self.waker);
        let polled = catch_unwind(AssertUnwindSafe(|| work.as_mut().poll(&mut context)));
        let task = || self.name.clone();
        let ended = match polled {
            Ok(Poll::Pending) => return Ok(()),
            Ok(Poll::Ready(Ok(()))) => Ok(()),
            Ok(Poll::Ready(Err(text))) => Err(Cause::Failed { task: task(), text }),
            Err(panic) => Err(Cause::Panicked { task: task(), text: text_of(&*panic) }),
        };
        self.work = None;
        ended
    }
}

fn text_of(panic: &(dyn Any + Send)) -> String {
    let text = panic.downcast_ref::<String>().cloned();
    let text = text.or_else(|| panic.downcast_ref::<&str>().map(|text| (*text).to_owned()));
    text.unwrap_or_else(|| "no text".to_owned())
}
