use futures_util::poll;
use lock_agent::{KeyLockError, KeyedMutex, LockAllError, Locks, Object, Owner};

fn two_of_paths() -> (Locks, KeyedMutex<Object>, Owner, Owner) {
    let locks = Locks::local();
    let mutex = KeyedMutex::paths(&locks, "db").unwrap();
    let (me, other) = (Owner::new(&locks), Owner::new(&locks));
    (locks, mutex, me, other)
}

#[tokio::test]
async fn who_has_a_path_has_all_below_it() {
    let (locks, mutex, me, other) = two_of_paths();
    let users = mutex.lock(&me, "users").await.unwrap();
    assert_eq!(mutex.try_lock(&other, "users/7").unwrap_err().held_by(), Some(me.id()));
    assert!(mutex.try_lock(&other, "userss/7").is_ok());
    let tx = locks.begin().await;
    assert!(tx.try_lock("db/users/7", lock_agent::Mode::Read).is_err(), "transactions meet it at the same object");
    drop(users);
    let object: Object = "users/7".parse().unwrap();
    let below = mutex.lock(&other, &object).await.unwrap();
    assert_eq!(below.object().to_string(), "db/users/7");
}

#[tokio::test]
async fn a_path_below_what_the_owner_has_is_a_second_lock() {
    let (_, mutex, me, _) = two_of_paths();
    let _users = mutex.lock(&me, "users").await.unwrap();
    let error = mutex.lock(&me, "users/7").await.unwrap_err();
    assert!(matches!(&error, KeyLockError::AlreadyOwned(owned) if owned.covered_by.to_string() == "db/users"));
    assert!(error.to_string().starts_with("t1 has db/users/7 already by db/users"), "{error}");
}

#[tokio::test]
async fn a_path_named_with_its_part_is_an_error_before_anything_is_locked() {
    let (_, mutex, me, _) = two_of_paths();
    let error = mutex.lock_all(&me, ["users/7", "x", "users"]).await.unwrap_err();
    assert!(matches!(&error, LockAllError::Duplicate { .. }));
    assert_eq!(error.to_string(), "db/users/7 is named twice: db/users has it too");
    assert!(!mutex.is_locked("x").unwrap());
}

#[tokio::test]
async fn by_option_a_part_is_held_as_long_as_its_guard() {
    let (_, mutex, me, other) = two_of_paths();
    let mutex = mutex.reentrant();
    let whole = mutex.lock(&me, "users").await.unwrap();
    let part = mutex.lock(&me, "users/7").await.unwrap();
    drop(whole);
    assert!(part.is_held() && mutex.try_lock(&other, "users/7").is_err());
    drop(part);
    assert!(mutex.try_lock(&other, "users").is_ok());
}

#[tokio::test]
async fn the_whole_is_had_when_the_last_part_is_free() {
    let (_, mutex, me, other) = two_of_paths();
    let parts = mutex.lock_all(&me, ["users/1", "users/2"]).await.unwrap();
    let mut whole = Box::pin(mutex.lock(&other, "users"));
    assert!(poll!(&mut whole).is_pending());
    for part in parts {
        assert!(poll!(&mut whole).is_pending());
        drop(part);
    }
    assert!(whole.await.is_ok());
}

#[tokio::test]
async fn a_text_that_is_no_path_is_an_error_that_says_where() {
    let (_, mutex, me, _) = two_of_paths();
    let error = mutex.lock(&me, "users//7").await.unwrap_err().to_string();
    assert!(error.contains("segment 3 is empty"), "{error}");
}
