//! What happened in a cluster, as a story and as pictures.

use std::fmt::Write as _;

use lock_core::{NodeId, WaitGraph};

use super::Cluster;
use crate::{Command, Entry, Report, Step, TxOptions, draw};

impl Cluster {
    /// All that was done so far, as a scenario: `gordian run` repeats it, with the same seed.
    pub fn story(&self) -> String {
        let nodes = self.told.nodes.iter().map(NodeId::as_str).collect::<Vec<_>>().join(" ");
        let mut story = format!("# {}\nnodes {nodes}\n", self.told.rule);
        self.told.steps.iter().for_each(|step| tell(step, &mut story));
        story
    }

    /// Who waits on whom now; the last deadlock's members and victim are marked.
    pub fn wait_graph(&self) -> WaitGraph {
        let graph = WaitGraph { arrows: self.world.arrows(), ..WaitGraph::default() };
        crate::runner::marked(graph, self.world.deadlocks.last())
    }

    /// Who waits on whom now, as Graphviz reads it.
    pub fn dot(&self) -> String {
        self.wait_graph().to_dot_named(|tx| self.told.names.of(tx))
    }

    /// Who waits on whom now, as Mermaid reads it.
    pub fn mermaid(&self) -> String {
        self.wait_graph().to_mermaid_named(|tx| self.told.names.of(tx))
    }

    /// The life so far as one SVG: the deadlocks, who waits on whom now, who held and waited when.
    pub fn svg(&mut self) -> String {
        let timeline = self.recorder.clone().finish(None, &mut self.world);
        let (file, rule, names) = (self.told.file.clone(), self.told.rule.clone(), self.told.names.clone());
        let report = Report {
            transcript: vec![Entry::Scenario { file, rule, seed: self.seed, names }],
            deadlocks: self.world.deadlocks.clone(),
            graph: self.wait_graph(),
            waits: self.waits(),
            failure: None,
        };
        draw(&self.told, &report, &timeline)
    }

    pub(super) fn waits(&self) -> Vec<String> {
        self.told.names.graph(&WaitGraph { arrows: self.world.arrows(), ..WaitGraph::default() })
    }
}

fn tell(step: &Step, story: &mut String) {
    story.push_str(&step.text);
    story.push('\n');
    if let Command::Together(together) = &step.command {
        together.steps.iter().for_each(|step| tell(step, story));
        story.push_str("done\n");
    }
}

pub(super) fn begin(name: &str, home: &NodeId, options: &TxOptions) -> String {
    let mut text = format!("tx {name} at {home}");
    let words = [(options.abort_on_deadlock, " abort-on-deadlock"), (options.await_nodes, " await-nodes")];
    words.iter().filter(|(is_set, _)| *is_set).for_each(|(_, word)| text.push_str(word));
    if options.priority != 0 {
        let _ = write!(text, " priority={}", options.priority);
    }
    if let Some(ms) = options.deadline_ms {
        let _ = write!(text, " deadline={ms}ms");
    }
    text
}
