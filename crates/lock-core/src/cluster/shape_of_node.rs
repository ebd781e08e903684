//! A node, as part of a shape.

use super::agent::{Agent, NodeClaim, Spread};
use super::node::NodeMachine;
use super::shape::{Series, ShapeWriter};
use super::shape_of_message::write_standing;
use crate::{LockTable, NodeId, Object, Standing, TxId};

impl NodeMachine {
    /// Takes down all that decides how this node goes on, but for its tables.
    pub fn write_shape(&self, out: &mut ShapeWriter) {
        out.each(&self.links, |out, (_, link)| link.write_shape(&self.me.node, out));
        out.each(self.agents.values(), |out, agent| agent.write_shape(out));
        out.plain(&self.guests);
        out.each(&self.looks, |out, (number, look)| {
            out.number(Series::Looks(self.me.node.clone()), *number);
            look.write_shape(out);
        });
        out.each(&self.recovery, |out, (waited_for, until)| {
            out.plain(waited_for);
            out.time(*until);
        });
        out.plain(&self.to_fence);
        if out.claims_come {
            out.each(self.crowded.objects(), ShapeWriter::plain);
        }
        out.each(&self.stash, |out, (home, tx, ask, request)| {
            out.plain(&(home, tx));
            out.number(Series::Questions(*tx), *ask);
            request.write_shape(&self.me.node, out);
        });
    }
}

impl LockTable {
    /// Takes down what this table of a node is like, with names for the numbers that others know of it.
    pub fn write_shape(&self, node: &NodeId, out: &mut ShapeWriter) {
        let shape = self.shape();
        out.each(&shape.claims, |out, claim| {
            out.plain(claim);
            write_standing(self.standing(claim.tx, &claim.object), node, out);
        });
        out.plain(&(&shape.line, &shape.turned));
    }
}

impl Agent {
    fn write_shape(&self, out: &mut ShapeWriter) {
        let tx = self.tx();
        self.machine.write_shape(out);
        out.number(Series::Stamps(tx), self.stamp);
        // In which order they are queued decides nothing: all take part in the next look, as long as they are few.
        out.plain(&self.has_to_look);
        out.time(self.look_again.map(|(at, _)| at));
        out.plain(&self.look_again.map(|(_, after)| after));
        out.each(&self.letting_go, |out, (ask, (node, objects))| {
            out.number(Series::Questions(tx), *ask);
            out.plain(&(node, objects));
        });
        out.each(&self.turning, |out, turning| {
            let members: Vec<TxId> = turning.deadlock.members().collect();
            out.plain(&(members, &turning.homes));
            out.each(&turning.asks, |out, ask| out.number(Series::Questions(tx), *ask));
        });
        out.each(&self.claims, |out, (object, spread)| spread.write_shape(tx, object, out));
    }
}

impl Spread {
    fn write_shape(&self, tx: TxId, object: &Object, out: &mut ShapeWriter) {
        let Self { mode, require, nodes, had, fence, since: _, told, hopeless, manner } = self;
        out.plain(&(object, mode, require, had, fence.is_some(), told, hopeless, manner));
        out.each(nodes, |out, (node, part)| {
            let NodeClaim { granted, wanted, asked, gone, left_out, hold_until } = *part;
            out.plain(&(node, gone, left_out));
            out.time(hold_until);
            out.each(asked, |out, ask| out.number(Series::Questions(tx), ask));
            write_standing(Standing { granted, wanted }, node, out);
        });
    }
}
