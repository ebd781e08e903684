//! The links of a world: what is sent on one comes late, twice or never, but in order; links know nothing of each other.

use std::collections::{BTreeMap, BTreeSet, VecDeque};

use lock_core::{Frame, Incarnation, NodeId, ShapeWriter};

use crate::seeded::Seeded;

/// How bad the links of a world are.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Weather {
    /// A frame is under way for so long at least, in milliseconds.
    pub delay_from_ms: u64,
    /// And for so long at most.
    pub delay_to_ms: u64,
    /// So many frames of a thousand are lost.
    pub drop_permille: u32,
    /// So many of a thousand come twice.
    pub duplicate_permille: u32,
}

/// What is under way on a link.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Packet {
    Frame(Box<Frame>),
    /// Nothing listens there: the process with this incarnation is gone, and all before it.
    Gone(Incarnation),
}

/// One direction of a link.
pub(super) type Way = (NodeId, NodeId);

#[derive(Clone, Debug, Default)]
pub(super) struct Network {
    pub(super) weather: Weather,
    under_way: BTreeMap<Way, VecDeque<(u64, Packet)>>,
    cut: BTreeSet<Way>,
    /// How many frames were ever sent.
    pub(super) sent: u64,
}

impl Network {
    // A frame is handed over.
    #[allow(clippy::needless_pass_by_value)]
    pub(super) fn send(&mut self, from: &NodeId, to: &NodeId, packet: Packet, now: u64, random: &mut Seeded) {
        self.sent += 1;
        let way = (from.clone(), to.clone());
        if self.cut.contains(&way) || chance(random, self.weather.drop_permille) {
            return;
        }
        let copies = 1 + usize::from(chance(random, self.weather.duplicate_permille));
        for _ in 0..copies {
            let Weather { delay_from_ms, delay_to_ms, .. } = self.weather;
            let spread = delay_to_ms.saturating_sub(delay_from_ms);
            let delay = delay_from_ms + if spread == 0 { 0 } else { random.next() % (spread + 1) };
            let queue = self.under_way.entry(way.clone()).or_default();
            // What was sent later comes later.
            let at = queue.back().map_or(0, |(at, _)| *at).max(now + delay);
            queue.push_back((at, packet.clone()));
        }
    }

    /// The ways on which something has arrived.
    pub(super) fn arrived(&self, now: u64) -> impl Iterator<Item = &Way> {
        let due = move |(_, queue): &(&Way, &VecDeque<(u64, Packet)>)| queue.front().is_some_and(|(at, _)| *at <= now);
        self.under_way.iter().filter(due).map(|(way, _)| way)
    }

    /// The next packet on a way.
    pub(super) fn next(&self, way: &Way) -> Option<&Packet> {
        Some(&self.under_way.get(way)?.front()?.1)
    }

    /// When something arrives next where somebody listens.
    pub(super) fn next_arrival(&self, listens: impl Fn(&NodeId) -> bool) -> Option<u64> {
        let heads = self.under_way.iter().filter(|((_, to), _)| listens(to));
        heads.filter_map(|(_, queue)| Some(queue.front()?.0)).min()
    }

    pub(super) fn take(&mut self, way: &Way) -> Option<Packet> {
        let queue = self.under_way.get_mut(way)?;
        let packet = queue.pop_front().map(|(_, packet)| packet);
        if queue.is_empty() {
            self.under_way.remove(way);
        }
        packet
    }

    /// Cuts the links between the groups. What is under way there is lost.
    pub(super) fn split(&mut self, groups: &[Vec<NodeId>]) {
        for (index, group) in groups.iter().enumerate() {
            let others = groups.iter().enumerate().filter(|(other, _)| *other != index).flat_map(|(_, group)| group);
            for to in others {
                for from in group {
                    let way = (from.clone(), to.clone());
                    self.under_way.remove(&way);
                    self.cut.insert(way);
                }
            }
        }
    }

    /// Takes down what is under way and what is cut.
    pub(super) fn write_shape(&self, out: &mut ShapeWriter) {
        out.plain(&self.cut);
        out.each(&self.under_way, |out, ((from, to), queue)| {
            out.plain(&(from, to));
            out.each(queue, |out, (_, packet)| match packet {
                Packet::Frame(frame) => frame.write_shape(from, to, out),
                Packet::Gone(incarnation) => out.plain(&(u8::MAX, incarnation)),
            });
        });
    }

    pub(super) fn heal(&mut self) {
        self.cut.clear();
    }

    pub(super) fn is_at_rest(&self) -> bool {
        self.cut.is_empty() && self.under_way.is_empty() && self.weather == Weather::default()
    }

    pub(super) fn is_split(&self) -> bool {
        !self.cut.is_empty()
    }

    pub(super) fn is_cut(&self, from: &NodeId, to: &NodeId) -> bool {
        self.cut.contains(&(from.clone(), to.clone()))
    }

    /// A process is gone, and with it all that it had not read yet.
    pub(super) fn crashed(&mut self, node: &NodeId) {
        self.under_way.retain(|(_, to), _| to != node);
    }
}

fn chance(random: &mut Seeded, permille: u32) -> bool {
    permille > 0 && random.next() % 1_000 < u64::from(permille)
}
