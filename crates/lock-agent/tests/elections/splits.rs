//! Networks in parts.

use std::time::Duration;

use lock_agent::{Candidacy, Require, SayError, Turn};

use crate::cluster::{Cluster, elected, eventually, led, next, stays, until};

const LATE: Duration = Duration::from_secs(30);

async fn merge(who: &mut Candidacy) -> lock_agent::Merge {
    until(who, |turn| if let Turn::Merge(merge) = turn { Some(merge) } else { None }).await
}

/// Cuts the third node off from the first: afterwards a candidate leads on each side.
async fn two_leaders(cluster: &Cluster) -> (Candidacy, Candidacy) {
    let mut first = cluster.stand(0, Require::AllAlive);
    elected(&mut first).await;
    let mut third = cluster.stand(2, Require::AllAlive);
    cluster.cut_off(2);
    elected(&mut third).await;
    eventually("each side has one", || first.leads() && third.leads()).await;
    (first, third)
}

/// Lets all nodes hear each other again, until one of the two leads, and both know it.
async fn healed(cluster: &Cluster, first: &Candidacy, third: &Candidacy) {
    cluster.network.heal();
    eventually("one leads alone", || first.leads() != third.leads() && first.leader() == third.leader()).await;
}

#[tokio::test]
async fn a_leader_that_is_cut_off_from_the_majority_steps_down_before_the_next_one_leads() {
    let cluster = Cluster::start(3).await;
    let mut third = cluster.stand(2, Require::Majority);
    let before = elected(&mut third).await;
    let mut first = cluster.stand(0, Require::Majority);
    cluster.cut_off(2);
    let after = elected(&mut first).await;
    assert!(!third.leads(), "two lead at once");
    assert!(after > before);
    assert!(matches!(next(&mut third).await, Turn::Lost { term } if term == before));
    cluster.network.heal();
    assert_eq!(led(&mut third).await, (first.me().clone(), after));
    stays("the one of the majority stays", || first.leads() && !third.leads()).await;
}

#[tokio::test]
async fn of_two_leaders_of_a_split_one_leads_when_it_has_healed_and_merges_the_other_once() {
    let cluster = Cluster::start(3).await;
    let (mut first, mut third) = two_leaders(&cluster).await;
    let [first_term, second_term] = [&first, &third].map(|one| one.term().expect("it leads"));
    healed(&cluster, &first, &third).await;
    let first_won = first.leads();
    let (winner, loser) = if first_won { (&mut first, &mut third) } else { (&mut third, &mut first) };
    let loser_term = if first_won { second_term } else { first_term };
    let term = winner.term().expect("it leads");
    assert!(term > first_term && term > second_term);
    let merge = merge(winner).await;
    assert_eq!((merge.of(), merge.its_term(), merge.term()), (loser.me(), loser_term, term));
    let leading = merge.begin().expect("it leads");
    let of = loser.me().clone();
    let (state, ()) = tokio::join!(leading.ask(&of, "what did you do?", LATE), async {
        let asked = until(loser, |turn| if let Turn::Asked(asked) = turn { Some(asked) } else { None }).await;
        asked.answer("this and that").expect("it can be said");
    });
    assert_eq!(state.expect("it leads").as_deref(), Some(&b"this and that"[..]));
    leading.broadcast("all is one").expect("it leads");
    // Had there been another merge, it would have come before this.
    let quiet = tokio::time::timeout(Duration::from_millis(300), merge_or_surrender(winner)).await;
    assert!(quiet.is_err(), "{quiet:?}");
    stays("exactly one leads", || winner.leads() && !loser.leads()).await;
}

async fn merge_or_surrender(who: &mut Candidacy) -> Turn {
    until(who, |turn| matches!(turn, Turn::Merge(_) | Turn::Surrendered { .. }).then_some(turn)).await
}

#[tokio::test]
async fn two_leaders_cannot_both_merge_as_a_merge_is_refused_when_the_term_is_over() {
    let cluster = Cluster::start(3).await;
    let (first, third) = two_leaders(&cluster).await;
    healed(&cluster, &first, &third).await;
    let (mut winner, mut loser, at) = if first.leads() { (first, third, 0) } else { (third, first, 2) };
    let merge = merge(&mut winner).await;
    // There is another split, and another leader when it has healed, before this one begins.
    cluster.cut_off(at);
    let after = elected(&mut loser).await;
    assert!(after > merge.term());
    cluster.network.heal();
    eventually("a later one leads alone", || {
        let term = winner.term().max(loser.term());
        term > Some(after) && winner.leads() != loser.leads()
    })
    .await;
    let refused = merge.begin().expect_err("its term is over");
    assert!(matches!(refused, SayError::NotLeading { .. }), "{refused}");
}

#[tokio::test]
async fn who_gave_way_is_merged_by_the_next_leader_if_the_first_one_goes_before_it_begins() {
    let cluster = Cluster::start(3).await;
    let (first, third) = two_leaders(&cluster).await;
    let second = cluster.stand(1, Require::AllAlive);
    cluster.network.heal();
    eventually("one leads alone", || {
        let leaders = [&first, &second, &third].iter().filter(|one| one.leads()).count();
        leaders == 1 && first.leader() == third.leader() && first.leader() == second.leader()
    })
    .await;
    let mut standing = vec![first, second, third];
    let at = standing.iter().position(Candidacy::leads).expect("one leads");
    let mut winner = standing.remove(at);
    let merged = merge(&mut winner).await;
    let owes = merged.of().clone();
    drop((merged, winner));
    eventually("the next one leads", || standing.iter().any(Candidacy::leads)).await;
    let at = standing.iter().position(Candidacy::leads).expect("one leads");
    if *standing[at].me() != owes {
        assert_eq!(*merge(&mut standing[at]).await.of(), owes, "it is told in its turn");
    }
}

#[tokio::test]
async fn who_joins_during_a_split_follows_its_side_and_after_the_heal_the_one_leader() {
    let cluster = Cluster::start(3).await;
    let mut first = cluster.stand(0, Require::AllAlive);
    elected(&mut first).await;
    cluster.cut_off(2);
    let mut third = cluster.stand(2, Require::AllAlive);
    let on_that_side = elected(&mut third).await;
    let mut late = cluster.stand(2, Require::AllAlive);
    assert_eq!(led(&mut late).await, (third.me().clone(), on_that_side));
    let mut worker = cluster.work(1);
    assert_eq!(led(&mut worker).await.0, *first.me());
    cluster.network.heal();
    eventually("all know the one leader", || {
        let leaders = [&first, &third, &late].iter().filter(|one| one.leads()).count();
        let known = worker.leader();
        leaders == 1 && known.is_some() && [&first, &third, &late].iter().all(|one| one.leader() == known)
    })
    .await;
}

#[tokio::test]
async fn when_only_some_hear_each_other_there_is_one_leader() {
    let cluster = Cluster::start(3).await;
    let mut first = cluster.stand(0, Require::Majority);
    let mut third = cluster.stand(2, Require::Majority);
    eventually("one leads", || first.leads() || third.leads()).await;
    // The two ends do not hear each other; the one in the middle hears both.
    cluster.network.cut(&cluster.names[0], &cluster.names[2]);
    stays("not two", || !(first.leads() && third.leads())).await;
    eventually("one leads", || first.leads() || third.leads()).await;
    let mut worker = cluster.work(1);
    let (by, term) = led(&mut worker).await;
    let leader = if first.leads() { &mut first } else { &mut third };
    assert_eq!((&by, Some(term)), (leader.me(), leader.term()));
}

#[tokio::test]
async fn three_parts_heal_to_one_leader_which_merges_the_two_others() {
    let cluster = Cluster::start(3).await;
    (0..2).for_each(|at| cluster.cut_off(at));
    let mut standing: Vec<Candidacy> = (0..3).map(|at| cluster.stand(at, Require::AllAlive)).collect();
    eventually("each part has one", || standing.iter().all(Candidacy::leads)).await;
    cluster.network.heal();
    eventually("one leads alone", || {
        let leader = standing[0].leader();
        leader.is_some()
            && standing.iter().filter(|one| one.leads()).count() == 1
            && standing.iter().all(|one| one.leader() == leader)
    })
    .await;
    let at = standing.iter().position(Candidacy::leads).expect("one leads");
    let mut winner = standing.remove(at);
    let mut merged = vec![merge(&mut winner).await.of().clone(), merge(&mut winner).await.of().clone()];
    merged.sort_unstable();
    assert!(merged.iter().eq(standing.iter().map(Candidacy::me)), "{merged:?}");
}
