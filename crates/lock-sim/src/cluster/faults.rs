//! What can go wrong in a cluster, and come right again.

use std::fmt::Write as _;

use lock_core::NodeId;

use super::Cluster;
use crate::{Command, Fault, Weather};

impl Cluster {
    /// The node's process dies: its transactions with it, and all that its table granted.
    ///
    /// # Panics
    /// If there is no such node.
    #[track_caller]
    pub fn crash(&mut self, node: &str) -> &mut Self {
        let fault = Fault::Crash(self.node(node));
        self.befalls(format!("crash {node}"), fault)
    }

    /// The node comes back, with a new incarnation and an empty table.
    ///
    /// # Panics
    /// If there is no such node.
    #[track_caller]
    pub fn start(&mut self, node: &str) -> &mut Self {
        let fault = Fault::Start(self.node(node));
        self.befalls(format!("start {node}"), fault)
    }

    /// The node stops without dying.
    ///
    /// # Panics
    /// If there is no such node.
    #[track_caller]
    pub fn freeze(&mut self, node: &str) -> &mut Self {
        let fault = Fault::Freeze(self.node(node));
        self.befalls(format!("freeze {node}"), fault)
    }

    /// The frozen node goes on.
    ///
    /// # Panics
    /// If there is no such node.
    #[track_caller]
    pub fn thaw(&mut self, node: &str) -> &mut Self {
        let fault = Fault::Thaw(self.node(node));
        self.befalls(format!("thaw {node}"), fault)
    }

    /// Cuts the links between these nodes and all others.
    ///
    /// # Panics
    /// If there is no such node, or no other.
    #[track_caller]
    pub fn split_off(&mut self, nodes: &[&str]) -> &mut Self {
        let these: Vec<NodeId> = nodes.iter().map(|node| self.node(node)).collect();
        let others: Vec<NodeId> = self.told.nodes.iter().filter(|node| !these.contains(node)).cloned().collect();
        assert!(!these.is_empty() && !others.is_empty(), "a split has two sides");
        let row = |nodes: &[NodeId]| nodes.iter().map(NodeId::as_str).collect::<Vec<_>>().join(",");
        self.befalls(format!("split {} | {}", row(&these), row(&others)), Fault::Split(vec![these, others]))
    }

    /// Mends all links.
    ///
    /// # Panics
    /// If a promise is broken.
    #[track_caller]
    pub fn heal(&mut self) -> &mut Self {
        self.befalls("heal".to_owned(), Fault::Heal)
    }

    /// What is sent from now on is delayed, lost or doubled. The default is fair weather.
    ///
    /// # Panics
    /// If a promise is broken.
    #[track_caller]
    pub fn weather(&mut self, weather: Weather) -> &mut Self {
        let Weather { delay_from_ms, delay_to_ms, drop_permille, duplicate_permille } = weather;
        let mut text = "weather".to_owned();
        if weather != Weather::default() {
            let _ = write!(text, " delay={delay_from_ms}ms..{delay_to_ms}ms");
            let _ = write!(text, " drop={drop_permille} duplicate={duplicate_permille}");
        }
        self.befalls(text, Fault::Weather(weather))
    }

    #[track_caller]
    fn befalls(&mut self, text: String, fault: Fault) -> &mut Self {
        self.must(text, Command::Fault(fault));
        self
    }
}
