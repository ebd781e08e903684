//! What is no chunk, no slice or no array is an error that says what is wrong, and locks nothing.
use lock_agent::Mode::Write;
use lock_agent::{
    ArrayLockError, ArrayLocks, ChunkIndexError, ClaimError, Grid, Locks, NodeConfig, Owner, RegionError,
};

use crate::two_owners;

#[tokio::test]
async fn an_index_outside_of_the_grid_is_refused_by_every_call_and_says_which_axis() {
    let (_, array, me, _) = two_owners();
    let wrong = "no chunk [4, 5]: axis 1 has 5 chunks, counted from 0, and 5 is none";
    assert_eq!(array.lock_chunk(&me, [4, 5], Write).await.unwrap_err().to_string(), wrong);
    assert_eq!(array.try_lock_chunk(&me, [4, 5], Write).unwrap_err().to_string(), wrong);
    assert_eq!(array.lock_chunk_timeout(&me, [4, 5], Write, crate::SOON).await.unwrap_err().to_string(), wrong);
    assert_eq!(array.unlock_chunk(&me, [4, 5]).unwrap_err().to_string(), wrong);
    let short = array.lock_chunk(&me, [4], Write).await.unwrap_err();
    assert_eq!(short, ArrayLockError::ChunkIndex(ChunkIndexError::WrongAxes { index: vec![4], axes: 2 }));
    assert!(array.get_locks().is_empty());
}

#[tokio::test]
async fn a_slice_outside_of_the_array_is_refused_and_says_which_axis() {
    let (_, array, me, _) = two_owners();
    let error = array.lock_region(&me, [0..51, 0..10], Write).await.unwrap_err();
    assert_eq!(error.to_string(), "no slice [0..51, 0..10]: axis 0 has 50 elements");
    let empty = array.lock_region(&me, [0..10, 7..7], Write).await.unwrap_err();
    assert!(matches!(empty, ArrayLockError::Region(RegionError::EmptyRange { axis: 1, .. })));
    let short = array.lock_region(&me, [0..10], Write).await.unwrap_err();
    assert!(matches!(short, ArrayLockError::Region(RegionError::WrongAxes { axes: 2, .. })));
    assert!(array.get_locks().is_empty());
}

#[tokio::test]
async fn a_slice_of_too_many_chunks_is_refused_and_says_how_many_are_allowed() {
    let locks = Locks::local();
    let array = ArrayLocks::new(&locks, "a", Grid::of_chunks([u64::MAX, u64::MAX]).unwrap()).unwrap();
    let me = Owner::new(&locks);
    let error = array.lock_region(&me, [0..1_000, 0..101], Write).await.unwrap_err();
    assert!(error.to_string().contains("touches 101000 chunks, 100000 are allowed"), "{error}");
    assert!(array.lock_region(&me, [0..u64::MAX, 0..u64::MAX], Write).await.is_ok(), "the whole is one lock");
}

#[tokio::test]
async fn a_slice_of_more_chunks_than_a_transaction_may_have_is_refused_whole() {
    let locks = Locks::with(NodeConfig { max_claims: 10, ..NodeConfig::default() });
    let array = ArrayLocks::new(&locks, "a", Grid::of_chunks([100]).unwrap()).unwrap();
    let me = Owner::new(&locks);
    let error = array.lock_region(&me, [0..11], Write).await.unwrap_err();
    assert!(matches!(error, ArrayLockError::Claim(ClaimError::TooManyClaims { limit: 10, .. })));
    assert!(array.get_locks().is_empty());
    assert!(array.lock_region(&me, [0..10], Write).await.is_ok());
}

#[test]
fn an_array_whose_last_chunk_would_be_no_object_is_refused() {
    let locks = Locks::local();
    let deep = vec!["d"; 32].join("/");
    let error = ArrayLocks::new(&locks, deep.as_str(), Grid::of_chunks([1]).unwrap()).unwrap_err();
    assert!(error.to_string().contains("more than 32 segments"), "{error}");
    assert!(ArrayLocks::new(&locks, "a//b", Grid::of_chunks([1]).unwrap()).is_err());
}
