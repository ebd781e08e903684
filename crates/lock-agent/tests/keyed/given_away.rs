use std::sync::Arc;

use futures_util::poll;
use lock_agent::{
    Claim, HandOverError, Heir, KeyedMutex, Locks, Mode, NotGiven, NotHandedOver, Object, Owner, Require, WhyNot,
};

use crate::leftovers::nothing_is_left;
use crate::{two_owners, waiters};

#[tokio::test]
async fn a_key_given_away_has_another_owner_and_comes_with_data() {
    let (_, mutex, me, other) = two_owners();
    let guard = mutex.lock(&me, "gift").await.unwrap();
    let first = guard.first_token();
    let (heir, mut gifts) = other.heir();
    mutex.give_away(guard, &heir, "some data").unwrap();
    assert_eq!(mutex.owner("gift").unwrap(), Some(other.id()), "before it is received");
    let gift = gifts.recv().await.unwrap();
    assert_eq!((gift.from, gift.data, gift.guard.owner()), (me.id(), "some data", other.id()));
    assert!(gift.guard.is_unbroken() && gift.guard.first_token() > first, "a grant of its own, with a larger token");
    drop(gift);
    assert!(mutex.try_lock(&me, "gift").is_ok(), "the heir releases it");
}

#[tokio::test]
async fn the_key_of_an_heir_that_dies_is_free() {
    let (_, mutex, me, other) = two_owners();
    let (heir, mut gifts) = other.heir();
    let task = tokio::spawn(async move {
        let gift = gifts.recv().await.unwrap();
        std::future::pending::<()>().await;
        drop(gift);
    });
    let guard = mutex.lock(&me, "gift").await.unwrap();
    mutex.give_away(guard, &heir, ()).unwrap();
    tokio::task::yield_now().await;
    assert!(mutex.try_lock(&me, "gift").is_err());
    task.abort();
    assert!(mutex.lock(&me, "gift").await.is_ok());
}

#[tokio::test]
async fn a_gift_that_nobody_takes_is_free_when_the_receiver_goes() {
    let (locks, mutex, me, other) = two_owners();
    let (heir, gifts) = other.heir();
    mutex.give_away(mutex.lock(&me, "gift").await.unwrap(), &heir, ()).unwrap();
    drop(gifts);
    assert!(!mutex.is_locked("gift").unwrap());
    drop((me, other, heir));
    nothing_is_left(&locks);
}

#[tokio::test]
async fn those_in_line_go_on_waiting_when_a_key_is_given_away() {
    let (locks, mutex, me, heir) = two_owners();
    let waiter = Owner::new(&locks);
    let guard = mutex.lock(&me, "gift").await.unwrap();
    let mut waits = Box::pin(mutex.lock(&waiter, "gift"));
    assert!(poll!(&mut waits).is_pending());
    let given = guard.give_to(&heir).unwrap();
    assert!(poll!(&mut waits).is_pending());
    assert_eq!((mutex.owner("gift").unwrap(), waiters(&mutex, "gift")), (Some(heir.id()), vec![waiter.id()]));
    drop(given);
    assert_eq!(waits.await.unwrap().owner(), waiter.id());
}

#[tokio::test]
async fn what_is_not_owned_any_more_is_not_given_away() {
    let (locks, mutex, me, other) = two_owners();
    let third = Owner::new(&locks);
    let guard = mutex.lock(&me, "gift").await.unwrap();
    mutex.release(&me, "gift").unwrap();
    let owned = mutex.lock(&other, "gift").await.unwrap();
    let (heir, mut gifts) = third.heir();
    let refused = mutex.give_away(guard, &heir, 7).unwrap_err();
    assert_eq!(refused.data, 7, "the data comes back");
    assert!(
        matches!(&refused.why, WhyNot::HandOver(HandOverError::Refused(NotHandedOver::NotHeld(held))) if held.holders == [other.id()])
    );
    assert!(gifts.try_recv().is_none() && owned.is_unbroken());
}

#[tokio::test]
async fn a_gift_to_who_is_gone_comes_back() {
    let (_, mutex, me, other) = two_owners();
    let (heir, gifts): (Heir<()>, _) = other.heir();
    drop(gifts);
    let NotGiven { guard, why, .. } = mutex.give_away(mutex.lock(&me, "a").await.unwrap(), &heir, ()).unwrap_err();
    assert_eq!((why, guard.owner(), guard.is_unbroken()), (WhyNot::Gone, me.id(), true));
    let error = guard.give_to(&{
        let ended = other;
        ended.end().unwrap();
        ended
    });
    let error = error.unwrap_err();
    assert!(matches!(error.why, WhyNot::HandOver(HandOverError::Claim(_))) && error.guard.is_unbroken());
    drop(error);
    assert!(mutex.lock(&me, "a").await.is_ok(), "dropped, it is free at once");
}

#[tokio::test]
async fn a_gift_to_oneself_is_an_error_and_the_key_stays() {
    let (_, mutex, me, _) = two_owners();
    let refused = mutex.lock(&me, "a").await.unwrap().give_to(&me).unwrap_err();
    assert_eq!((&refused.why, refused.guard.is_unbroken()), (&WhyNot::ToItself, true));
    assert_eq!(refused.to_string(), "m/a is not given to t1: it has it already");
}

#[tokio::test]
async fn a_gift_to_who_has_or_wants_it_is_an_error_and_the_key_stays() {
    let (_, mutex, me, other) = two_owners();
    let (mine, theirs) = (mutex.read(&me, "a").await.unwrap(), mutex.read(&other, "a").await.unwrap());
    let refused = mine.give_to(&other).unwrap_err();
    assert!(matches!(refused.why, WhyNot::AlreadyOwned(_)) && refused.guard.is_unbroken() && theirs.is_unbroken());
    let b = mutex.lock(&me, "b").await.unwrap();
    let mut waits = Box::pin(mutex.lock(&other, "b"));
    assert!(poll!(&mut waits).is_pending());
    assert!(b.give_to(&other).is_err_and(|refused| matches!(refused.why, WhyNot::AlreadyOwned(_))));
    assert!(waits.await.is_ok());
}

#[tokio::test]
async fn one_of_many_keys_is_given_away_and_the_others_stay() {
    let (_, mutex, me, other) = two_owners();
    let mut guards = mutex.lock_all(&me, ["k1", "k2"]).await.unwrap();
    let given = guards.remove(1).give_to(&other).unwrap();
    assert_eq!(mutex.owner("k1").unwrap(), Some(me.id()));
    assert_eq!((mutex.owner("k2").unwrap(), given.owner()), (Some(other.id()), other.id()));
    assert_eq!(mutex.release_all(&me), Ok(1), "what was given is not the giver's any more");
    assert!(given.is_unbroken());
}

#[tokio::test]
async fn what_several_guards_hold_is_not_given_away_by_one() {
    let (_, mutex, me, other) = two_owners();
    let mutex = mutex.reentrant();
    let (one, two) = (mutex.lock(&me, "a").await.unwrap(), mutex.lock(&me, "a").await.unwrap());
    let refused = one.give_to(&other).unwrap_err();
    assert_eq!(refused.why, WhyNot::Shared { guards: 2 });
    drop(two);
    assert!(refused.guard.give_to(&other).is_ok());
}

#[tokio::test]
async fn a_key_goes_round_a_thousand_tasks_and_back() {
    let (locks, mutex, me, _) = two_owners();
    let mutex = Arc::new(mutex);
    let (mut next, mut back): (Heir<u32>, _) = me.heir();
    for _ in 0..1000 {
        let (heir, mut gifts) = Owner::new(&locks).heir();
        let (mutex, to) = (mutex.clone(), std::mem::replace(&mut next, heir));
        tokio::spawn(async move {
            let gift = gifts.recv().await.unwrap();
            mutex.give_away(gift.guard, &to, gift.data + 1).unwrap();
        });
    }
    let starter = Owner::new(&locks);
    mutex.give_away(mutex.lock(&starter, "counter").await.unwrap(), &next, 0).unwrap();
    let gift = back.recv().await.unwrap();
    assert_eq!((gift.data, gift.guard.owner()), (1000, me.id()));
}

#[tokio::test]
async fn a_key_is_given_to_a_task_with_what_it_is_to_do() {
    let (locks, mutex, me, _) = two_owners();
    let (encoder, mut jobs) = Owner::new(&locks).heir();
    let (said, mut heard) = tokio::sync::mpsc::unbounded_channel();
    let free = mutex.clone();
    tokio::spawn(async move {
        let job = jobs.recv().await.unwrap();
        said.send(format!("encodes {}", job.data)).unwrap();
        job.guard.release();
        said.send(format!("cleans {}", free.is_locked("encoder").unwrap())).unwrap();
    });
    mutex.give_away(mutex.try_lock(&me, "encoder").unwrap(), &encoder, "films/7").unwrap();
    assert_eq!(heard.recv().await.as_deref(), Some("encodes films/7"));
    assert_eq!(heard.recv().await.as_deref(), Some("cleans false"));
    assert!(mutex.try_lock(&me, "encoder").is_ok());
}

#[tokio::test]
async fn a_deadlock_that_a_gift_closes_is_found() {
    let (locks, mutex, me, heir) = two_owners();
    let waiter = Owner::new(&locks);
    let gift = mutex.lock(&me, "gift").await.unwrap();
    let _theirs = mutex.lock(&waiter, "b").await.unwrap();
    let mut wants_gift = Box::pin(mutex.lock(&waiter, "gift"));
    let mut wants_b = Box::pin(mutex.lock(&heir, "b"));
    assert!(poll!(&mut wants_gift).is_pending() && poll!(&mut wants_b).is_pending());
    let given = gift.give_to(&heir).unwrap();
    assert_eq!(locks.deadlocks().len(), 1, "the heir and the waiter wait for each other");
    assert!(wants_gift.await.is_err(), "the younger gives way");
    assert!(wants_b.await.is_ok() && given.is_unbroken());
}

#[tokio::test]
async fn a_gift_to_an_owner_of_other_locks_comes_back() {
    let (_, mutex, me, _) = two_owners();
    let refused = mutex.lock(&me, "a").await.unwrap().give_to(&Owner::new(&Locks::local())).unwrap_err();
    assert!(refused.guard.is_unbroken(), "{}", refused.why);
    let numbers = KeyedMutex::<u8>::new(&Locks::local(), "n").unwrap();
    assert!(numbers.lock(&me, &1).await.is_err());
}

#[tokio::test]
async fn an_heir_has_a_lock_as_it_was_given_whatever_it_required_of_it_before() {
    let locks = Locks::local();
    let (giver, heir) = (locks.begin().await, locks.begin().await);
    let job: Object = "jobs/7".parse().unwrap();
    giver.lock(job.clone(), Mode::Read).await.unwrap();
    {
        let mut gives_up =
            Box::pin(heir.lock_many([Claim { require: Require::Any, ..Claim::new(job.clone(), Mode::Write) }]));
        assert!(poll!(&mut gives_up).is_pending());
    }
    giver.hand_over(&job, &heir).unwrap();
    heir.lock(job, Mode::Write).await.unwrap();
}

#[tokio::test]
async fn what_nobody_has_any_more_is_not_given_away() {
    let (_, mutex, me, other) = two_owners();
    let (heir, mut gifts) = other.heir();
    let guard = mutex.lock(&me, "gift").await.unwrap();
    mutex.release(&me, "gift").unwrap();
    let refused = mutex.give_away(guard, &heir, 7).unwrap_err();
    assert_eq!(refused.data, 7, "the data comes back");
    let nobody = |held: &lock_agent::NotHeld| held.holders.is_empty();
    assert!(
        matches!(&refused.why, WhyNot::HandOver(HandOverError::Refused(NotHandedOver::NotHeld(held))) if nobody(held))
    );
    assert!(gifts.try_recv().is_none() && !mutex.is_locked("gift").unwrap());
    drop(refused);
    assert!(mutex.try_lock(&other, "gift").is_ok());
}
