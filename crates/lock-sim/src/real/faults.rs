//! What befalls real nodes and the links between them.

use lock_core::{Incarnation, NodeId, TxId};

use super::ground::{Ground, Trouble};
use super::nodes::{Late, RealNodes, State};
use super::request::Request;
use crate::{Fault, TxOptions, Weather};

impl<G: Ground> RealNodes<G> {
    /// Lets something go wrong, or come right. What comes of it is not waited for.
    pub(super) fn fault(&mut self, fault: &Fault) -> Result<(), Trouble> {
        match fault {
            Fault::Crash(node) => self.crash(node),
            Fault::Start(node) => self.start_again(node),
            Fault::Freeze(node) => self.freeze(node),
            Fault::Thaw(node) => self.thaw(node),
            Fault::Split(groups) => {
                self.split(groups);
                Ok(())
            }
            Fault::Heal => {
                self.heal();
                Ok(())
            }
            Fault::Weather(weather) => self.set_weather(*weather),
            Fault::Clocks(0) => Ok(()),
            Fault::Clocks(_) => {
                Err(Trouble(String::from("`clocks` is for the engine sim: real nodes have one clock here")))
            }
        }
    }

    /// Frames may all be late, and all by as much; none is lost or doubled.
    fn set_weather(&mut self, weather: Weather) -> Result<(), Trouble> {
        let Weather { delay_from_ms, delay_to_ms, .. } = weather;
        if weather != (Weather { delay_from_ms, delay_to_ms: delay_from_ms, ..Weather::default() }) {
            let all = format!("{delay_from_ms}ms..{delay_to_ms}ms");
            return Err(Trouble(format!(
                "`weather` with chance in it ({all}) is for the engine sim: real links delay all alike"
            )));
        }
        self.time.delay_ms = delay_from_ms;
        self.tell_time()
    }

    fn crash(&mut self, node: &NodeId) -> Result<(), Trouble> {
        if self.state(node) == Some(State::Dead) {
            return Ok(());
        }
        // What it has told nobody yet is told for it.
        self.look()?;
        self.ground.kill(node)?;
        let site = self.site(node)?;
        (site.state, site.late) = (State::Dead, Vec::new());
        let incarnation = site.incarnation;
        // The machine lives on and closes the connections: whoever had one learns that nobody is there.
        for other in self.nodes.clone() {
            if other == *node || self.is_cut(&other, node) {
                continue;
            }
            match self.state(&other) {
                Some(State::Runs) => drop(self.ask(&other, Request::IsGone(node.clone(), incarnation))?),
                Some(State::StandsStill) => self.site(&other)?.late.push(Late::IsGone(node.clone(), incarnation)),
                _ => {}
            }
        }
        Ok(())
    }

    fn start_again(&mut self, node: &NodeId) -> Result<(), Trouble> {
        if self.state(node) != Some(State::Dead) {
            return Ok(());
        }
        self.tell_time()?;
        let site = self.site(node)?;
        site.begin_again();
        let incarnation = site.incarnation;
        self.broken.retain(|(from, to), _| from != node && to != node);
        self.ground.start(&[(node.clone(), incarnation)])
    }

    fn freeze(&mut self, node: &NodeId) -> Result<(), Trouble> {
        if self.state(node) != Some(State::Runs) {
            return Ok(());
        }
        self.look()?;
        self.ground.stop(node)?;
        self.site(node)?.state = State::StandsStill;
        Ok(())
    }

    fn thaw(&mut self, node: &NodeId) -> Result<(), Trouble> {
        if self.state(node) != Some(State::StandsStill) {
            return Ok(());
        }
        self.ground.go_on(node)?;
        let site = self.site(node)?;
        site.state = State::Runs;
        for late in std::mem::take(&mut site.late) {
            match late {
                Late::IsGone(peer, incarnation) => drop(self.ask(node, Request::IsGone(peer, incarnation))?),
                Late::Begin { tx, options, at } => {
                    let passed = self.time.now.0.saturating_sub(at.0);
                    let deadline_ms = options.deadline_ms.map(|ms| ms.saturating_sub(passed));
                    self.begin_now(tx, node, TxOptions { deadline_ms, ..options })?;
                }
            }
        }
        Ok(())
    }

    fn split(&mut self, groups: &[Vec<NodeId>]) {
        for (index, group) in groups.iter().enumerate() {
            for (one, other) in
                group.iter().flat_map(|one| groups[index + 1..].iter().flatten().map(move |it| (one, it)))
            {
                self.cut.insert((one.clone(), other.clone()));
                self.cut.insert((other.clone(), one.clone()));
                self.ground.cut(one, other);
            }
        }
    }

    fn heal(&mut self) {
        if self.ground.breaks_streams() {
            for (from, to) in &self.cut {
                let traffic = self.sites.get(from).and_then(|site| site.reading.traffic.get(to));
                if let Some(said) = traffic.and_then(|traffic| traffic.said) {
                    self.broken.insert((from.clone(), to.clone()), said.stream);
                }
            }
        }
        self.cut.clear();
        self.ground.heal();
    }

    /// Those whose process is gone, with its incarnation.
    pub(super) fn dead(&self) -> Vec<(NodeId, Incarnation)> {
        let dead = self.sites.iter().filter(|(_, site)| site.state == State::Dead);
        dead.map(|(node, site)| (node.clone(), site.incarnation)).collect()
    }

    pub(super) fn state(&self, node: &NodeId) -> Option<State> {
        self.sites.get(node).map(|site| site.state)
    }

    pub(super) fn is_cut(&self, from: &NodeId, to: &NodeId) -> bool {
        self.cut.contains(&(from.clone(), to.clone()))
    }

    /// Begins a transaction on a node that runs.
    pub(super) fn begin_now(&mut self, tx: TxId, home: &NodeId, options: TxOptions) -> Result<(), Trouble> {
        self.time.next_tx = tx;
        self.tell_time()?;
        self.ask(home, Request::Begin(options))?;
        Ok(())
    }
}
