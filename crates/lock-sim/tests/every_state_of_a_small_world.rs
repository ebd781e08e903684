//! Every state that a small world can come to keeps every promise, and is what the naive reading says.
#![allow(missing_docs, clippy::unwrap_used)]

use lock_core::TxId;
use lock_sim::explore::{CallKind, Calls, Explorable, OneNode, explore, one_node_worlds};
use lock_sim::{Action, PureNode, Scenario, TxOptions, run};

#[test]
fn two_transactions_on_a_tree_with_all_that_can_be_called() {
    let world = one_node_worlds().swap_remove(0);
    let exploration = explore(&world.start, |_| true);
    assert!(exploration.counterexample.is_none(), "{:#?}", exploration.counterexample);
    assert!(exploration.is_complete);
    assert_eq!(exploration.explored.ends, 1, "all lives end alike: everybody has ended, and nothing is left");
    assert!(exploration.explored.states > 5_000, "{:?}", exploration.explored);
}

/// Three who write two objects, in whatever order.
#[test]
fn three_transactions_that_write_and_go_on() {
    let objects = ["a", "b"].map(|text| text.parse().unwrap()).to_vec();
    let calls = Calls { objects, kinds: vec![CallKind::Write], each: 2, while_waiting: true };
    let start = OneNode::new(calls, &vec![TxOptions::default(); 3]);
    let exploration = explore(&start, |_| true);
    assert!(exploration.counterexample.is_none(), "{:#?}", exploration.counterexample);
    assert_eq!((exploration.is_complete, exploration.explored.ends), (true, 1));
}

/// An exploration that finds nothing must be able to find something.
#[test]
fn a_broken_promise_is_told_in_the_fewest_steps() {
    #[derive(Clone)]
    struct NobodyEverWaits(OneNode);

    impl Explorable for NobodyEverWaits {
        type Action = (TxId, Action);
        type Key = Box<[u8]>;

        fn actions(&self) -> Vec<Self::Action> {
            self.0.actions()
        }

        fn apply(&mut self, action: &Self::Action) -> Result<(), String> {
            self.0.apply(action)
        }

        fn key(&self) -> Self::Key {
            self.0.key()
        }

        fn check(&self) -> Result<(), String> {
            assert!(!self.0.somebody_waits(), "nobody ever waits");
            Ok(())
        }
    }

    let world = one_node_worlds().swap_remove(0);
    let found = explore(&NobodyEverWaits(world.start.clone()), |_| true).counterexample.unwrap();
    assert_eq!(found.broken, "nobody ever waits");
    assert_eq!(found.actions.len(), 2, "one has it and the other one asks: {found:?}");
    let scenario = Scenario::parse("found", &world.as_scenario(&found).to_string()).unwrap();
    assert!(run(&scenario, &mut PureNode::default(), 0).failure.is_none());
}
