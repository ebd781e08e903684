//! A cluster in a Rust test: what its transactions do, what befalls its nodes, and what must be true.
//!
//! | Read | to learn |
//! |---|---|
//! | [`Cluster`] | how it is made and driven |
//! | [`Want`] | what a transaction asks for |
//! | `faults` | what can go wrong |
//! | `demands` | what a test demands |
//! | `crowd` | how a random workload is spread over the nodes |
//! | `telling` | what happened, as a story and as pictures |

mod crowd;
mod demands;
mod faults;
mod telling;
mod want;

use lock_core::{NodeId, TxId};

use crate::timeline::Recorder;
use crate::{
    Action, Begin, Claim, Command, Deed, Engine, Names, Outcome, Refusal, Scenario, Step, Together, TxOptions, World,
    WorldOptions, promises,
};
pub use want::Want;

/// Nodes, links and clocks in virtual time, for a test: transactions are begun on nodes and claim, nodes and links fail,
/// and the test demands what must be true. All from one seed; every promise is checked after every event.
///
/// Each call is carried out, and everything let happen that is due then, before it returns; time passes in
/// [`Cluster::advance_ms`] only. Whatever a failed demand panics with contains the story so far, as a scenario that
/// `gordian run` repeats with the same seed.
///
/// ```
/// use lock_sim::{Cluster, Want};
///
/// let mut cluster = Cluster::new(7).nodes(3);
/// cluster.begin("alice", "n1");
/// cluster.begin("bob", "n2");
/// cluster.lock("alice", Want::write("stock").on(["n1"]));
/// cluster.lock("bob", Want::write("orders").on(["n3"]));
/// cluster.lock("alice", Want::write("orders").on(["n3"]));
/// cluster.lock("bob", Want::write("stock").on(["n1"]));
/// cluster.expect_deadlock(&["alice", "bob"]).assert_victim("bob");
/// cluster.assert_holds("alice", "orders").assert_waits("bob", "stock");
/// cluster.close();
/// ```
#[derive(Debug)]
pub struct Cluster {
    world: World,
    seed: u64,
    /// What happened, told as a scenario.
    told: Scenario,
    recorder: Recorder,
    line: usize,
    /// What is to be let loose at once, while it is gathered.
    gathered: Option<Vec<Step>>,
}

impl Cluster {
    /// Three nodes `n1`, `n2`, `n3`, with perfect links and clocks. The same seed and the same calls give the same
    /// life.
    pub fn new(seed: u64) -> Self {
        Self::of((1..=3).map(|number| format!("n{number}")), seed)
    }

    /// So many nodes instead, `n1` and so on.
    ///
    /// # Panics
    /// If there are none, or something has happened already.
    pub fn nodes(self, count: usize) -> Self {
        self.named((1..=count).map(|number| format!("n{number}")))
    }

    /// These nodes instead.
    ///
    /// # Panics
    /// If there are none, or something has happened already.
    pub fn named(self, names: impl IntoIterator<Item = impl Into<String>>) -> Self {
        assert!(self.told.steps.is_empty(), "nodes are named before anything happens");
        Self::of(names.into_iter().map(Into::into), self.seed)
    }

    fn of(names: impl Iterator<Item = String>, seed: u64) -> Self {
        let nodes: Vec<NodeId> = names.map(NodeId::new).collect();
        assert!(!nodes.is_empty(), "a cluster has nodes");
        let mut world = World::new(WorldOptions::new(nodes.iter().cloned()), seed);
        world.watch_over(promises::all());
        let (file, rule) = ("cluster".to_owned(), format!("A test of a cluster, seed {seed}."));
        let told = Scenario { file, rule, nodes, names: Names::default(), steps: Vec::new() };
        // The first two lines of the story are its rule and its nodes.
        Self { world, seed, told, recorder: Recorder::default(), line: 2, gathered: None }
    }

    /// Begins a transaction on a node. Who began earlier is older.
    ///
    /// # Panics
    /// If there is no such node, or the name is not new, or no name: letters, digits, `-` and `_`.
    #[track_caller]
    pub fn begin(&mut self, name: &str, node: &str) -> &mut Self {
        self.begin_with(name, node, TxOptions::default())
    }

    /// Begins a transaction with options.
    ///
    /// # Panics
    /// As [`Cluster::begin`].
    #[track_caller]
    pub fn begin_with(&mut self, name: &str, node: &str, options: TxOptions) -> &mut Self {
        let allowed = |c: char| c.is_ascii_alphanumeric() || c == '-' || c == '_';
        assert!(!name.is_empty() && name.chars().all(allowed), "`{name}` is no name");
        assert!(self.told.names.find(name).is_none(), "{name} has begun already");
        let home = self.node(node);
        let text = telling::begin(name, &home, &options);
        let tx = self.told.names.add(name);
        self.must(text, Command::Begin(Begin { tx, home: Some(home), options }));
        self
    }

    /// Claims, without waiting for the grant.
    ///
    /// # Panics
    /// If the claim is refused, or there is no such transaction or node.
    #[track_caller]
    pub fn lock(&mut self, name: &str, want: Want) -> &mut Self {
        let text = format!("lock {name} {want}");
        let claim = self.claim(name, want);
        self.must(text, Command::Lock(claim));
        self
    }

    /// Claims all of these on the transaction's home, in one step.
    ///
    /// # Panics
    /// As [`Cluster::lock`]; or if they name nodes.
    #[track_caller]
    pub fn lock_many(&mut self, name: &str, wants: impl IntoIterator<Item = Want>) -> &mut Self {
        let wants: Vec<Want> = wants.into_iter().collect();
        assert!(wants.iter().all(Want::is_at_home), "one step is a step of one node");
        let text = wants.iter().map(ToString::to_string).collect::<Vec<_>>().join(", ");
        let claims = wants.into_iter().map(|want| (want.object, want.mode)).collect();
        self.acts(name, format!("lock-many {name} {text}"), Action::Lock(claims))
    }

    /// Gives an object back, or a place in line.
    ///
    /// # Panics
    /// If it neither has nor wants it.
    #[track_caller]
    pub fn unlock(&mut self, name: &str, object: &str) -> &mut Self {
        self.acts(name, format!("unlock {name} {object}"), Action::Unlock(want::object(object)))
    }

    /// From write to read.
    ///
    /// # Panics
    /// If it neither has nor wants it.
    #[track_caller]
    pub fn downgrade(&mut self, name: &str, object: &str) -> &mut Self {
        self.acts(name, format!("downgrade {name} {object}"), Action::Downgrade(want::object(object)))
    }

    /// The caller is told of all that is granted so far.
    ///
    /// # Panics
    /// If the transaction is over.
    #[track_caller]
    pub fn saw(&mut self, name: &str) -> &mut Self {
        self.acts(name, format!("saw {name}"), Action::Saw)
    }

    /// Ends a transaction.
    ///
    /// # Panics
    /// If it is over.
    #[track_caller]
    pub fn end(&mut self, name: &str) -> &mut Self {
        self.acts(name, format!("end {name}"), Action::End)
    }

    /// Lets so many milliseconds pass, and everything happen that is due until then.
    ///
    /// # Panics
    /// If a promise is broken.
    #[track_caller]
    pub fn advance_ms(&mut self, ms: u64) -> &mut Self {
        self.must(format!("advance {ms}ms"), Command::Advance { ms });
        self
    }

    /// Lets loose at once whatever `steps` does to the cluster: its calls interleave as the seed wills, each
    /// transaction's in their order. It cannot let time pass.
    ///
    /// # Panics
    /// If one of them is refused.
    #[track_caller]
    pub fn together(&mut self, steps: impl FnOnce(&mut Self)) -> &mut Self {
        assert!(self.gathered.is_none(), "what is let loose at once is not nested");
        self.line += 1;
        let line = self.line;
        self.gathered = Some(Vec::new());
        steps(self);
        let steps = self.gathered.take().unwrap_or_default();
        self.line += 1;
        let together = Together { steps, done: self.line };
        let step = Step { line, text: "together".to_owned(), command: Command::Together(together) };
        let done = self.carry_out(step);
        self.demand_done("what was let loose at once", done);
        self
    }

    #[track_caller]
    fn acts(&mut self, name: &str, text: String, action: Action) -> &mut Self {
        let tx = self.tx(name);
        self.must(text, Command::Act { tx, action });
        self
    }

    #[track_caller]
    fn must(&mut self, text: String, command: Command) {
        let said = text.clone();
        let done = self.takes(text, command);
        self.demand_done(&said, done);
    }

    #[track_caller]
    fn demand_done(&self, said: &str, done: Result<(), Refusal>) {
        if let Err(refusal) = done {
            self.fail(&format!("{said}: refused: {refusal}"));
        }
    }

    /// Gathers a step, or carries it out.
    #[track_caller]
    fn takes(&mut self, text: String, command: Command) -> Result<(), Refusal> {
        self.line += 1;
        let step = Step { line: self.line, text, command };
        match &mut self.gathered {
            Some(gathered) => {
                assert!(!matches!(step.command, Command::Advance { .. }), "no time passes within what is at once");
                gathered.push(step);
                Ok(())
            }
            None => self.carry_out(step),
        }
    }

    #[track_caller]
    fn carry_out(&mut self, step: Step) -> Result<(), Refusal> {
        let done = self.happens(&step);
        let outcome =
            done.as_ref().map_or_else(|refusal| Outcome::Refused(vec![refusal.0.clone()]), |()| Outcome::Done);
        self.recorder.after(&step, &outcome, &mut self.world);
        self.told.steps.push(step);
        if let Some(broken) = self.world.broken() {
            self.fail(&format!("a promise is broken: {broken}"));
        }
        done
    }

    fn happens(&mut self, step: &Step) -> Result<(), Refusal> {
        match &step.command {
            Command::Begin(begin) => self.begins(begin),
            Command::Advance { ms } => self.world.advance(*ms),
            Command::Fault(fault) => self.world.befalls(fault),
            Command::Together(together) => return self.all_at_once(together),
            command => {
                let Some((tx, action)) = command.action() else { return Ok(()) };
                return Engine::act(&mut self.world, tx, &action);
            }
        }
        Ok(())
    }

    fn begins(&mut self, begin: &Begin) {
        if let Some(home) = &begin.home {
            self.world.begin_at(begin.tx, home, &begin.options);
        }
    }

    /// Transactions are begun first: a begin touches nobody else.
    fn all_at_once(&mut self, together: &Together) -> Result<(), Refusal> {
        for step in &together.steps {
            if let Command::Begin(begin) = &step.command {
                self.begins(begin);
            }
        }
        let deeds: Vec<Deed> = together.steps.iter().filter_map(|step| step.command.deed()).collect();
        self.world.at_once(&deeds, self.seed).into_iter().collect()
    }

    #[track_caller]
    fn claim(&self, name: &str, want: Want) -> Claim {
        let on = want.nodes.iter().map(|node| self.node(node)).collect();
        Claim { tx: self.tx(name), object: want.object, mode: want.mode, on, require: want.require }
    }

    #[track_caller]
    fn tx(&self, name: &str) -> TxId {
        self.told.names.find(name).unwrap_or_else(|| panic!("no transaction is called {name}"))
    }

    #[track_caller]
    fn node(&self, name: &str) -> NodeId {
        let node = self.told.nodes.iter().find(|node| node.as_str() == name);
        node.cloned().unwrap_or_else(|| panic!("no node is called {name}"))
    }
}
