//! At the node of a cluster: keys are locked at home.
use lock_agent::{
    HandOverError, KeyTimeoutError, KeyedMutex, Locks, Member, MemoryNetwork, NodeId, Owner, Timing, WhyNot,
};
use std::time::Duration;

#[tokio::test(start_paused = true)]
async fn keys_are_locked_waited_for_and_released_at_the_home_node() {
    let network = MemoryNetwork::new();
    let member = Member::in_memory(&NodeId::new("n1"), &[], Timing::default(), &network);
    let locks = Locks::of(&member);
    let mutex = KeyedMutex::<String>::new(&locks, "m").unwrap();
    let (me, other) = (Owner::new(&locks), Owner::new(&locks));
    let guard = mutex.lock(&me, "a").await.unwrap();
    assert!(guard.is_held() && mutex.lock(&me, "a").await.is_err());
    assert_eq!(mutex.owner("a").unwrap(), Some(me.id()));
    assert_eq!(mutex.try_lock(&other, "a").unwrap_err().held_by(), Some(me.id()));
    let late = mutex.lock_timeout(&other, "a", Duration::from_millis(5)).await;
    assert!(matches!(late, Err(KeyTimeoutError::Elapsed { holders, .. }) if holders == [me.id()]));
    let refused = guard.give_to(&other).unwrap_err();
    assert!(matches!(refused.why, WhyNot::HandOver(HandOverError::InACluster { .. })));
    assert!(refused.guard.is_held());
    drop(refused);
    assert_eq!(mutex.lock_all(&other, ["b", "a"]).await.unwrap().len(), 2);
    assert_eq!(mutex.release_all(&other), Ok(0), "released with their guards");
    assert!(mutex.lock(&Owner::new(&Locks::local()), "a").await.is_err());
}
