use std::future::pending;

use lock_agent::{Locks, NameError, Names, Owner};
use tokio::sync::{mpsc, oneshot};

fn names<V>() -> (Locks, Names<String, V>) {
    let locks = Locks::local();
    let names = Names::new(&locks, "names").unwrap();
    (locks, names)
}

#[tokio::test]
async fn a_task_is_found_by_its_name_while_it_runs() {
    let (_, names) = names();
    let task = names.start("here", 7, pending::<()>()).unwrap();
    assert_eq!(names.find("here"), Ok(Some(7)));
    assert_eq!(names.clone().find("here"), Ok(Some(7)));
    assert_eq!(names.find("there"), Ok(None));
    task.abort();
    assert!(task.await.unwrap_err().is_cancelled());
    assert_eq!(names.find("here"), Ok(None), "not once it was stopped");
}

#[tokio::test]
async fn a_task_is_not_found_once_it_has_ended() {
    let (_, names) = names();
    names.start("short", (), async {}).unwrap().await.unwrap();
    assert_eq!(names.find("short"), Ok(None));
    assert!(!names.mutex().is_locked("short").unwrap());
}

#[tokio::test]
async fn a_name_is_taken_while_its_task_runs_and_free_when_it_ends() {
    let (locks, names) = names();
    let (stop, stopped) = oneshot::channel();
    let task = names.start("unique", 1, async { stopped.await.unwrap() }).unwrap();
    let by = names.mutex().owner("unique").unwrap().unwrap();
    let taken = names.start("unique", 2, async { unreachable!("it is not started") }).map(drop).unwrap_err();
    assert!(matches!(&taken, NameError::Taken { by: owner, .. } if *owner == by));
    assert_eq!(taken.to_string(), format!("the name names/unique is taken by {by}"));
    assert_eq!(names.find("unique"), Ok(Some(1)), "the first task stays");
    let me = Owner::new(&locks);
    assert!(names.mutex().try_lock(&me, "unique").is_err(), "its key is locked");
    stop.send(()).unwrap();
    task.await.unwrap();
    assert!(names.mutex().try_lock(&me, "unique").is_ok());
    assert!(names.start("unique", 2, async {}).is_ok());
}

#[tokio::test]
async fn a_name_is_taken_from_the_start_and_free_if_the_task_fails() {
    let (_, names) = names();
    let (go, gone) = oneshot::channel::<()>();
    let task = names.start("fails", (), async {
        gone.await.unwrap();
        Err::<(), _>("changed my mind")
    });
    assert_eq!(names.find("fails"), Ok(Some(())), "before it has run at all");
    go.send(()).unwrap();
    assert_eq!(task.unwrap().await.unwrap(), Err("changed my mind"));
    assert!(names.start("fails", (), async {}).is_ok());
}

#[tokio::test]
async fn a_name_is_free_if_its_task_panics() {
    let (_, names) = names();
    let task = names.start("panics", (), async { panic!("in the task") }).unwrap();
    assert!(task.await.unwrap_err().is_panic());
    assert_eq!(names.find("panics"), Ok(None));
    assert!(names.start("panics", (), async {}).is_ok());
}

#[tokio::test]
async fn a_name_leads_to_whatever_reaches_its_task() {
    enum Ask {
        Count(oneshot::Sender<u32>),
        Increment,
    }
    let (_, names) = names::<mpsc::Sender<Ask>>();
    let (address, mut asked) = mpsc::channel(8);
    let task = names.start("counter", address, async move {
        let mut count = 0;
        while let Some(ask) = asked.recv().await {
            match ask {
                Ask::Count(answer) => answer.send(count).unwrap(),
                Ask::Increment => count += 1,
            }
        }
    });
    let task = task.unwrap();
    let counter = names.find("counter").unwrap().unwrap();
    counter.send(Ask::Increment).await.ok().unwrap();
    counter.send(Ask::Increment).await.ok().unwrap();
    let (answer, answered) = oneshot::channel();
    counter.send(Ask::Count(answer)).await.ok().unwrap();
    assert_eq!(answered.await, Ok(2));
    assert!(names.find("other").unwrap().is_none());
    task.abort();
    assert!(task.await.is_err() && names.find("counter").unwrap().is_none());
}

#[tokio::test]
async fn a_name_is_lost_with_its_lock() {
    let (locks, names) = names();
    let task = names.start("here", (), pending::<()>()).unwrap();
    locks.node().unwrap().fail();
    assert_eq!(names.find("here"), Ok(None), "nobody is sent to a task that is not the only one any more");
    task.abort();
    assert!(task.await.is_err());
}

#[tokio::test]
async fn who_waits_for_a_name_has_it_when_the_task_ends() {
    let (locks, names) = names();
    let (stop, stopped) = oneshot::channel::<()>();
    let task = names.start("watched", (), async { drop(stopped.await) }).unwrap();
    let me = Owner::new(&locks);
    let mut waits = Box::pin(names.mutex().lock(&me, "watched"));
    assert!(futures_util::poll!(&mut waits).is_pending());
    stop.send(()).unwrap();
    assert!(waits.await.unwrap().is_held());
    task.await.unwrap();
}

#[tokio::test]
async fn a_task_that_lost_its_name_takes_nothing_from_the_next_one_when_it_ends() {
    let (locks, names) = names();
    let (stop, stopped) = oneshot::channel::<()>();
    let old = names.start("here", "old", async { drop(stopped.await) }).unwrap();
    locks.node().unwrap().fail();
    let new = names.start("here", "new", pending::<()>()).unwrap();
    stop.send(()).unwrap();
    old.await.unwrap();
    assert_eq!(names.find("here"), Ok(Some("new")));
    new.abort();
    assert!(new.await.is_err());
}
