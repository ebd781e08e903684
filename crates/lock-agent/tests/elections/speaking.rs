//! What a leader says and asks.

use std::time::Duration;

use lock_agent::{Leading, Require, SayError, Turn};

use crate::cluster::{Cluster, elected, eventually, led, next, told, until};

const SOON: Duration = Duration::from_millis(200);
const LATE: Duration = Duration::from_secs(30);

#[tokio::test]
async fn what_a_leader_says_comes_to_all_others_once_and_in_order() {
    let cluster = Cluster::start(3).await;
    let mut leader = cluster.stand(0, Require::Majority);
    let term = elected(&mut leader).await;
    let mut candidate = cluster.stand(1, Require::Majority);
    let mut beside = cluster.work(0);
    let mut far = cluster.work(2);
    eventually("all are known", || leader.others().len() == 3).await;
    let leading = leader.leading().expect("it leads");
    for number in 0..100_u8 {
        leading.broadcast([number]).expect("it leads");
    }
    for number in 0..100_u8 {
        assert_eq!(told(&mut candidate).await, (term, vec![number]));
        assert_eq!(told(&mut beside).await, (term, vec![number]));
        assert_eq!(told(&mut far).await, (term, vec![number]));
    }
    drop(candidate);
    let mut again = cluster.work(1);
    led(&mut again).await;
    leading.broadcast("the end").expect("it leads");
    assert_eq!(told(&mut again).await.1, b"the end", "who comes later is not told what was said before");
}

#[tokio::test]
async fn only_the_leader_of_the_present_term_speaks() {
    let cluster = Cluster::start(3).await;
    let mut first = cluster.stand(0, Require::Majority);
    let term = elected(&mut first).await;
    let mut second = cluster.stand(1, Require::Majority);
    led(&mut second).await;
    assert!(second.leading().is_none(), "who follows has nothing to say");
    let leading = first.leading().expect("it leads");
    cluster.cut_off(0);
    elected(&mut second).await;
    let refused = leading.broadcast("too late").expect_err("its term is over");
    assert!(matches!(&refused, SayError::NotLeading { term: over, .. } if *over == term), "{refused}");
    assert!(leading.ask_candidates("too late", SOON).await.is_err());
    assert!(!leading.is_current());
}

#[tokio::test]
async fn what_was_said_in_an_old_term_is_not_told_after_a_newer_one_was_seen() {
    let cluster = Cluster::start(3).await;
    let mut worker = cluster.work(2);
    let mut first = cluster.stand(0, Require::Majority);
    let before = elected(&mut first).await;
    assert_eq!(led(&mut worker).await.1, before);
    // The first one does not hear the worker any more, but says something, before it has noticed that.
    cluster.network.cut(&cluster.names[0], &cluster.names[2]);
    cluster.network.cut(&cluster.names[0], &cluster.names[1]);
    first.leading().expect("it leads").broadcast("old").expect("it leads");
    let mut second = cluster.stand(1, Require::Majority);
    let after = elected(&mut second).await;
    cluster.network.heal();
    second.leading().expect("it leads").broadcast("new").expect("it leads");
    let mut seen = before;
    loop {
        match next(&mut worker).await {
            Turn::Led { term, .. } => {
                assert!(term > seen);
                seen = term;
            }
            Turn::Told { term, body, .. } => {
                assert_eq!((term, body.as_slice()), (after, &b"new"[..]));
                break;
            }
            _ => {}
        }
    }
}

#[tokio::test]
async fn candidates_answer_and_who_does_not_is_named() {
    let mut cluster = Cluster::start(4).await;
    let mut leader = cluster.stand(0, Require::Majority);
    elected(&mut leader).await;
    let mut answers = cluster.stand(1, Require::Majority);
    let mut declines = cluster.stand(2, Require::Majority);
    let dies = cluster.stand(3, Require::Majority);
    let worker = cluster.work(1);
    eventually("all are known", || leader.others().len() == 4).await;
    cluster.kill_node(3);
    let leading = leader.leading().expect("it leads");
    let asking = leading.ask_candidates("how many?", LATE);
    let answering = async {
        let asked = until(&mut answers, |turn| if let Turn::Asked(asked) = turn { Some(asked) } else { None }).await;
        assert_eq!((asked.by(), asked.body()), (leader.me(), &b"how many?"[..]));
        asked.answer("seven").expect("it can be said");
        let asked = until(&mut declines, |turn| if let Turn::Asked(asked) = turn { Some(asked) } else { None }).await;
        drop(asked);
    };
    let (answered, ()) = tokio::join!(asking, answering);
    let answered = answered.expect("it leads");
    assert!(answered.answers.iter().eq([(answers.me(), &b"seven".to_vec())]), "{answered:?}");
    let silent = [declines.me().clone(), dies.me().clone()];
    assert!(answered.silent.iter().eq(&silent), "{answered:?}: a worker is not asked, a dead candidate is named");
    drop(worker);
}

#[tokio::test]
async fn who_takes_too_long_to_answer_is_silent() {
    let cluster = Cluster::start(3).await;
    let mut leader = cluster.stand(0, Require::Majority);
    elected(&mut leader).await;
    let mut slow = cluster.stand(1, Require::Majority);
    eventually("it is known", || leader.others().len() == 1).await;
    let leading = leader.leading().expect("it leads");
    let asking = leading.ask_candidates("well?", SOON);
    let reading = until(&mut slow, |turn| if let Turn::Asked(asked) = turn { Some(asked) } else { None });
    let (answered, asked) = tokio::join!(asking, reading);
    assert!(answered.expect("it leads").silent.contains(slow.me()));
    asked.answer("too late").expect("it can be said");
    let one = slow.me().clone();
    let asking = leading.ask(&one, "again?", LATE);
    let answering = async {
        let asked = until(&mut slow, |turn| if let Turn::Asked(asked) = turn { Some(asked) } else { None }).await;
        asked.answer("yes").expect("it can be said");
    };
    let (answered, ()) = tokio::join!(asking, answering);
    assert_eq!(answered.expect("it leads"), Some(b"yes".to_vec()), "an old answer is not taken for a new one");
}

#[tokio::test]
async fn what_is_too_long_is_refused_and_says_what_is_allowed() {
    let cluster = Cluster::start(1).await;
    let mut leader = cluster.stand(0, Require::Majority);
    elected(&mut leader).await;
    let leading = leader.leading().expect("it leads");
    leading.broadcast(vec![7; Leading::LONGEST]).expect("so much is allowed");
    let refused = leading.broadcast(vec![7; Leading::LONGEST + 1]).expect_err("and no more");
    assert_eq!(refused, SayError::TooLong { length: Leading::LONGEST + 1, limit: Leading::LONGEST });
}

#[tokio::test]
async fn a_leader_that_says_more_than_arrives_is_told_that_a_node_is_busy() {
    let cluster = Cluster::start(2).await;
    let mut leader = cluster.stand(0, Require::AllAlive);
    elected(&mut leader).await;
    let leading = leader.leading().expect("it leads");
    cluster.cut_off(1);
    let mut said = 0_usize;
    let refused = loop {
        match leading.broadcast(vec![7; Leading::LONGEST]) {
            Ok(()) => said += Leading::LONGEST,
            Err(refused) => break refused,
        }
        assert!(said < 64 << 20, "what is kept for a silent node does not grow");
    };
    assert!(matches!(&refused, SayError::Busy { node, .. } if *node == cluster.names[1]), "{refused}");
}

#[tokio::test]
async fn who_does_not_read_is_told_how_much_it_missed() {
    let cluster = Cluster::start(1).await;
    let mut leader = cluster.stand(0, Require::Majority);
    elected(&mut leader).await;
    let mut slow = cluster.work(0);
    led(&mut slow).await;
    let leading = leader.leading().expect("it leads");
    // It reads nothing until the last one is said, and whoever listens for it has its turn in between.
    for number in 0..1_000_u32 {
        leading.broadcast(number.to_le_bytes()).expect("it leads");
        tokio::task::yield_now().await;
    }
    let mut heard = 0_u32;
    until(&mut slow, |turn| match turn {
        Turn::Told { body, .. } => {
            assert_eq!(body, heard.to_le_bytes(), "in order, up to the gap");
            heard += 1;
            // What comes now tells of the gap.
            leading.broadcast("after the gap").expect("it leads");
            None
        }
        Turn::Missed(missed) => Some(missed),
        _ => None,
    })
    .await;
    assert!(heard < 1_000);
}
