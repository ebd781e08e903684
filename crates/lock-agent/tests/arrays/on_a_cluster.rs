//! Across nodes: an array lies where it is told, and its chunks with it.
use std::time::Duration;

use lock_agent::Mode::{Read, Write};
use lock_agent::{ArrayLocks, ArrayTimeoutError, ArrayTryError, Grid, Owner, Part, Placement, Require};

use crate::nodes::Cluster;

async fn in_time<T>(what: impl Future<Output = T>) -> T {
    tokio::time::timeout(Duration::from_secs(20), what).await.expect("it does not hang")
}

fn array(cluster: &Cluster, at: usize) -> ArrayLocks {
    ArrayLocks::new(cluster.locks(at), "heights", Grid::new([50, 50], [10, 10]).unwrap()).unwrap()
}

#[tokio::test]
async fn an_array_without_a_place_is_locked_at_the_home_node() {
    let cluster = Cluster::start(2).await;
    let array = array(&cluster, 0);
    let (me, other) = (Owner::new(cluster.locks(0)), Owner::new(cluster.locks(0)));
    let slice = in_time(array.lock_region(&me, [0..20, 0..10], Write)).await.unwrap();
    assert!(slice.is_held() && array.get_locks().len() == 2);
    assert_eq!(array.try_lock_chunk(&other, [1, 0], Read).unwrap_err().held_by(), Some(me.id()));
    assert_eq!(array.release_all(&me), Ok(2));
    assert!(array.try_lock_chunk(&other, [1, 0], Write).is_ok());
}

#[tokio::test]
async fn chunks_and_slices_exclude_each_other_from_node_to_node() {
    let cluster = Cluster::start(3).await;
    let placement = Placement::over(cluster.names.clone());
    let [here, there] = [0, 1].map(|at| array(&cluster, at).placed(&placement));
    let (me, other) = (Owner::new(cluster.locks(0)), Owner::new(cluster.locks(1)));
    let slice = in_time(here.lock_region(&me, [0..20, 0..20], Write)).await.unwrap();
    let soon = Duration::from_millis(50);
    let late = in_time(there.lock_chunk_timeout(&other, [1, 1], Read, soon)).await;
    assert!(matches!(late, Err(ArrayTimeoutError::Elapsed { .. })));
    assert!(in_time(there.lock_chunk(&other, [2, 2], Write)).await.is_ok(), "not in the slice");
    let waits = tokio::spawn(async move { there.lock_whole(&other, Write).await.map(|whole| whole.is_held()) });
    drop(slice);
    assert_eq!(in_time(waits).await.unwrap(), Ok(true));
}

#[tokio::test]
async fn a_slice_on_a_majority_of_nodes_is_had_without_one_of_them() {
    let mut cluster = Cluster::start(3).await;
    let of = |cluster: &Cluster, at| array(cluster, at).on(cluster.names.clone()).require(Require::Majority);
    let (one, two) = (of(&cluster, 0), of(&cluster, 1));
    cluster.kill_node(2);
    let (me, other) = (Owner::new(cluster.locks(0)), Owner::new(cluster.locks(1)));
    let slice = in_time(one.lock_region(&me, [0..20, 0..20], Write)).await.unwrap();
    assert!(slice.is_held() && slice.guards().len() == 4);
    let soon = Duration::from_millis(50);
    assert!(in_time(two.lock_chunk_timeout(&other, [0, 0], Read, soon)).await.is_err());
    drop(slice);
    assert!(in_time(two.lock_chunk(&other, [0, 0], Read)).await.is_ok());
}

#[tokio::test]
async fn the_death_of_a_node_frees_its_chunks_elsewhere() {
    let mut cluster = Cluster::start(2).await;
    let [here, there] = [0, 1].map(|at| array(&cluster, at).on(["n2"]));
    let dies = Owner::new(cluster.locks(0));
    let held = in_time(here.lock_region(&dies, [0..20, 0..20], Write)).await.unwrap();
    let other = Owner::new(cluster.locks(1));
    assert!(there.try_lock_chunk(&other, [0, 0], Read).is_err());
    cluster.cut_off(0);
    assert!(in_time(there.lock_chunk(&other, [0, 0], Write)).await.unwrap().is_held());
    assert!(!held.is_held());
    drop((held, here));
    cluster.kill_node(0);
}

#[tokio::test]
async fn a_try_says_that_other_nodes_would_have_to_be_asked() {
    let cluster = Cluster::start(2).await;
    let array = array(&cluster, 0);
    let me = Owner::new(cluster.locks(0));
    let elsewhere = array.clone().on(["n2"]).try_lock_chunk(&me, [0, 0], Write).unwrap_err();
    assert!(matches!(&elsewhere, ArrayTryError::Elsewhere { nodes, .. } if *nodes == [cluster.names[1].clone()]));
    assert!(elsewhere.to_string().contains("heights/0.0 is not tried for: it is locked on n2"), "{elsewhere}");
    assert!(array.clone().on(["n1"]).try_lock_chunk(&me, [0, 0], Write).is_ok(), "home is not elsewhere");
    assert!(!array.get_locks().contains_key(&Part::Whole));
}

#[tokio::test]
async fn a_slice_that_is_late_keeps_nothing_on_any_node() {
    let cluster = Cluster::start(2).await;
    let [here, there] = [0, 1].map(|at| array(&cluster, at).on(["n2"]));
    let (me, other) = (Owner::new(cluster.locks(0)), Owner::new(cluster.locks(1)));
    let in_the_way = in_time(there.lock_chunk(&other, [1, 0], Write)).await.unwrap();
    let own = in_time(here.lock_chunk(&me, [0, 1], Read)).await.unwrap();
    let soon = Duration::from_millis(50);
    let late = in_time(here.lock_region_timeout(&me, [0..20, 0..20], Write, soon)).await;
    assert!(matches!(late, Err(ArrayTimeoutError::Elapsed { .. })));
    let [free, shared] = [([0, 0], Write), ([0, 1], Read)].map(|(index, mode)| there.lock_chunk(&other, index, mode));
    assert!(in_time(free).await.is_ok() && in_time(shared).await.is_ok());
    assert!(own.is_held(), "what it had before it has still, in that mode");
    drop((in_the_way, own));
    assert!(in_time(there.lock_whole(&other, Write)).await.is_ok());
}

#[tokio::test]
async fn of_an_array_at_home_nothing_is_required_twice() {
    let cluster = Cluster::start(2).await;
    let array = array(&cluster, 0).on(["n1"]).require(Require::Majority);
    let me = Owner::new(cluster.locks(0));
    let chunk = array.try_lock_chunk(&me, [0, 0], Read).unwrap();
    let slice = in_time(array.lock_region(&me, [0..20, 0..10], Write)).await.unwrap();
    assert!(chunk.is_held() && slice.is_held());
    assert!(in_time(array.lock_whole(&me, Write)).await.is_ok());
}

#[tokio::test]
async fn what_an_owner_has_on_other_nodes_it_may_try_for_again() {
    let cluster = Cluster::start(2).await;
    let array = array(&cluster, 0).on(["n2"]);
    let me = Owner::new(cluster.locks(0));
    let slice = in_time(array.lock_region(&me, [0..20, 0..20], Write)).await.unwrap();
    assert!(array.try_lock_chunk(&me, [0, 0], Read).is_ok());
    assert!(array.try_lock_region(&me, [0..20, 0..10], Write).is_ok());
    assert!(matches!(array.try_lock_region(&me, [0..30, 0..10], Write), Err(ArrayTryError::Elsewhere { .. })));
    assert!(slice.is_unbroken());
}
