//! One leads, and the next one when it is gone.

use lock_agent::{Candidacy, Election, Locks, Require, Turn};

use crate::cluster::{Cluster, elected, eventually, led, next, stays, until};

#[tokio::test]
async fn on_a_node_alone_the_first_leads_and_the_others_follow_it() {
    let locks = Locks::local();
    let election = Election::named("leader").expect("a name");
    let mut first = election.clone().campaign(&locks);
    let term = elected(&mut first).await;
    let mut second = election.clone().campaign(&locks);
    let mut third = election.clone().campaign(&locks);
    let mut worker = election.follow(&locks);
    assert_eq!(led(&mut second).await, (first.me().clone(), term));
    assert_eq!(led(&mut third).await, (first.me().clone(), term));
    assert_eq!(led(&mut worker).await, (first.me().clone(), term));
    assert!(first.leads() && !second.leads() && !third.leads());
    drop(first);
    let after = elected(&mut second).await;
    assert!(after > term);
    assert_eq!(led(&mut worker).await, (second.me().clone(), after));
}

#[tokio::test]
async fn one_leads_and_when_it_stands_no_more_the_next_one_does_in_a_later_term() {
    let cluster = Cluster::start(3).await;
    let mut first = cluster.stand(0, Require::Majority);
    let before = elected(&mut first).await;
    let mut second = cluster.stand(1, Require::Majority);
    assert_eq!(led(&mut second).await, (first.me().clone(), before));
    stays("one leads", || first.leads() && !second.leads()).await;
    drop(first);
    assert!(matches!(next(&mut second).await, Turn::Unled { term } if term == before));
    assert!(elected(&mut second).await > before);
}

#[tokio::test]
async fn leadership_goes_round_and_every_term_is_later_than_the_one_before() {
    let cluster = Cluster::start(3).await;
    let mut standing: Vec<_> = (0..3).map(|at| cluster.stand(at, Require::Majority)).collect();
    let mut last = None;
    for _ in 0..9 {
        eventually("one leads", || standing.iter().any(Candidacy::leads)).await;
        let leaders: Vec<usize> = (0..3).filter(|at| standing[*at].leads()).collect();
        assert_eq!(leaders.len(), 1, "one at a time");
        let term = standing[leaders[0]].term();
        assert!(term > last, "{term:?} after {last:?}");
        last = term;
        // It goes, and stands again behind the others.
        drop(standing.remove(leaders[0]));
        standing.insert(leaders[0], cluster.stand(leaders[0], Require::Majority));
    }
}

#[tokio::test]
async fn terms_grow_though_the_majorities_differ() {
    let mut cluster = Cluster::of_none_yet(3);
    (0..2).for_each(|at| cluster.start_node(at));
    let one_is_there = |cluster: &Cluster| {
        let presence = cluster.member(0).presence();
        presence.borrow().values().any(|peer| peer.is_up)
    };
    eventually("two are in touch", || one_is_there(&cluster)).await;
    // The third node starts later, and so counts higher. The first leader has its term from there.
    cluster.start_node(2);
    cluster.all_in_touch().await;
    let mut first = cluster.stand(2, Require::Majority);
    let before = elected(&mut first).await;
    cluster.kill_node(2);
    drop(first);
    // Whoever stands now has heard of no leader, and is elected by those that count lower.
    let mut second = cluster.stand(0, Require::Majority);
    let after = elected(&mut second).await;
    assert!(after > before, "{after} after {before}");
}

#[tokio::test]
async fn when_the_node_of_the_leader_dies_the_next_one_leads_and_all_are_told() {
    let mut cluster = Cluster::start(3).await;
    let mut first = cluster.stand(0, Require::Majority);
    let before = elected(&mut first).await;
    let mut second = cluster.stand(1, Require::Majority);
    let mut third = cluster.stand(2, Require::Majority);
    led(&mut second).await;
    led(&mut third).await;
    eventually("the second stands before the third", || cluster.locks(2).lock_info("leader").is_ok()).await;
    cluster.kill_node(0);
    let dead = first.me().clone();
    eventually("one of the others leads", || second.leads() || third.leads()).await;
    assert!(!first.leads(), "who is cut off believes in nothing");
    let (leader, follower) = if second.leads() { (&second, &mut third) } else { (&third, &mut second) };
    let (by, term) = until(follower, |turn| match turn {
        Turn::Led { by, term } if by != dead => Some((by, term)),
        _ => None,
    })
    .await;
    assert_eq!((Some(&by), Some(term)), (Some(leader.me()), leader.term()));
    assert!(term > before);
    drop(first);
}

#[tokio::test]
async fn nodes_may_start_one_after_the_other() {
    let mut cluster = Cluster::of_none_yet(3);
    cluster.start_node(0);
    let mut first = cluster.stand(0, Require::Majority);
    stays("one node of three is no majority", || !first.leads()).await;
    cluster.start_node(1);
    let mut second = cluster.stand(1, Require::Majority);
    eventually("one leads", || first.leads() || second.leads()).await;
    cluster.start_node(2);
    let mut worker = cluster.work(2);
    let (by, term) = led(&mut worker).await;
    let leader = if first.leads() { &mut first } else { &mut second };
    assert_eq!((&by, Some(term)), (leader.me(), leader.term()));
    assert_eq!(elected(leader).await, term);
}

#[tokio::test]
async fn two_elections_at_once_have_nothing_to_do_with_each_other() {
    let cluster = Cluster::start(3).await;
    let of = |name: &str| Election::named(name).expect("a name").on(cluster.names.clone());
    let mut writer = of("writer").campaign(cluster.locks(0));
    let mut reader = of("reader").campaign(cluster.locks(1));
    let mut follows = of("writer").follow(cluster.locks(2));
    let term = elected(&mut writer).await;
    elected(&mut reader).await;
    assert_eq!(led(&mut follows).await, (writer.me().clone(), term));
    reader.leading().expect("it leads").broadcast("to readers").expect("it leads");
    writer.leading().expect("it leads").broadcast("to writers").expect("it leads");
    assert!(matches!(next(&mut follows).await, Turn::Told { body, .. } if body == b"to writers"));
    drop(reader);
    stays("the other leader stays", || writer.leads()).await;
}
