//! How time passes on real nodes: from one moment at which something is due to the next, and at each of them until everything
//! has come to rest.
//!
//! At rest is what two readings in a row show unchanged, in which whatever one node said to another was heard: then nothing
//! can have been under way between the two (Mattern's four counters, for each way by itself).

use std::time::Duration;

use lock_core::{Millis, NodeId};
use lock_server::Traffic;

use super::ground::{Ground, Trouble};
use super::nodes::RealNodes;
use super::request::{Reading, Reply, Request};

/// How often nodes are read at one moment before the engine gives up, and the pause in between once it has read a few times.
const READINGS: usize = 100_000;
const FEW: usize = 20;
const PAUSE: Duration = Duration::from_micros(200);
/// How often something new may be due at one moment.
const ROUNDS: usize = 10_000;

impl<G: Ground> RealNodes<G> {
    /// Lets everything happen that is due now, and what follows from it now.
    ///
    /// # Errors
    /// It does not come to rest, or a node does not answer.
    pub(super) fn settle(&mut self) -> Result<(), Trouble> {
        for _ in 0..ROUNDS {
            self.come_to_rest()?;
            let somebody_was_told = self.tell_who_speaks_to_the_dead()?;
            let something_was_due = self.let_time_be_noticed()?;
            if !somebody_was_told && !something_was_due {
                return Ok(());
            }
        }
        Err(Trouble(format!("everything comes to rest: at {} ms it does not", self.time.now.0)))
    }

    /// Lets time pass, and everything happen that is due until then.
    pub(super) fn pass_time(&mut self, ms: u64) -> Result<(), Trouble> {
        let until = Millis(self.time.now.0.saturating_add(ms));
        loop {
            self.settle()?;
            let due = self.running().filter_map(|(_, site)| site.reading.next_tick).min();
            self.time.now = due.filter(|due| *due <= until).unwrap_or(until);
            self.tell_time()?;
            if self.time.now == until {
                return self.settle();
            }
        }
    }

    /// Waits until nothing is under way.
    fn come_to_rest(&mut self) -> Result<(), Trouble> {
        let mut before = None;
        for count in 0..READINGS {
            self.read_all()?;
            let readings: Vec<Reading> = self.running().map(|(_, site)| site.reading.clone()).collect();
            let is_unchanged = before.as_ref() == Some(&readings);
            if is_unchanged && self.unrest().is_none() {
                return Ok(());
            }
            before = Some(readings);
            if count > FEW {
                std::thread::sleep(PAUSE);
            }
        }
        let who = self.unrest().unwrap_or_else(|| String::from("they go on and on"));
        Err(Trouble(format!("the nodes do not come to rest: {who}")))
    }

    fn read_all(&mut self) -> Result<(), Trouble> {
        for (node, reply) in self.ask_all(&Request::Read)? {
            let Reply::Reading(reading) = reply else { return Err(Self::strange(&node)) };
            self.site(&node)?.reading = reading;
        }
        Ok(())
    }

    /// Who has said something that was not heard, if anybody has.
    fn unrest(&self) -> Option<String> {
        let mut ways = self.running().flat_map(|(from, _)| self.running().map(move |(to, _)| (from, to)));
        ways.find_map(|(from, to)| {
            if from == to || self.is_cut(from, to) {
                return None;
            }
            let (here, there) = (self.traffic(from, to), self.traffic(to, from));
            let broken = self.broken.get(&(from.clone(), to.clone())).copied();
            let carries = here.said.is_some_and(|said| Some(said.stream) != broken);
            let is_heard = carries && here.waiting == 0 && here.said == there.heard;
            (!is_heard).then(|| format!("{from} said {here:?}, {to} heard {:?}", there.heard))
        })
    }

    fn traffic(&self, node: &NodeId, peer: &NodeId) -> Traffic {
        self.sites.get(node).and_then(|site| site.reading.traffic.get(peer)).copied().unwrap_or_default()
    }

    /// Where nothing runs, the machine says so to whoever speaks.
    fn tell_who_speaks_to_the_dead(&mut self) -> Result<bool, Trouble> {
        let mut told = false;
        for (dead, incarnation) in self.dead() {
            let speakers: Vec<NodeId> = self.running().map(|(node, _)| node.clone()).collect();
            for node in speakers.into_iter().filter(|node| !self.is_cut(node, &dead)).collect::<Vec<_>>() {
                let handed = self.traffic(&node, &dead).handed;
                let answered = self.site(&node)?.answered.insert(dead.clone(), handed);
                if answered.unwrap_or_default() != handed {
                    self.ask(&node, Request::IsGone(dead.clone(), incarnation))?;
                    told = true;
                }
            }
        }
        Ok(told)
    }

    fn let_time_be_noticed(&mut self) -> Result<bool, Trouble> {
        let is_due = |tick: Option<Millis>| tick.is_some_and(|tick| tick <= self.time.now);
        let due = self.running().filter(|(_, site)| is_due(site.reading.next_tick));
        let due: Vec<NodeId> = due.map(|(node, _)| node.clone()).collect();
        for node in &due {
            self.post(node, Request::PassTime)?;
        }
        for node in &due {
            self.ground.reply(node)?;
        }
        Ok(!due.is_empty())
    }
}
