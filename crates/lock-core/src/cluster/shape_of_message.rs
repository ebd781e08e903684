//! What is under way, as part of a shape.

use super::frame::{Between, Frame, Hello};
use super::message::{Evidence, FarStep, Held, Message, Request};
use super::rows::{HomeRow, Rows, UnmetRow, WaitRow};
use super::shape::{Series, ShapeWriter};
use crate::{ArrowKind, NodeId, Standing, TxId, TxProfile, WaitName, WaitView};

impl Frame {
    /// Takes down a frame that is under way.
    pub fn write_shape(&self, from: &NodeId, to: &NodeId, out: &mut ShapeWriter) {
        match self {
            Self::Hello(hello) => {
                out.plain(&0_u8);
                hello.write_shape(out);
            }
            Self::Data { between, seq, message, .. } => {
                out.plain(&1_u8);
                between.write_shape(out);
                out.number(Series::Messages(from.clone(), to.clone()), *seq);
                message.write_shape(from, to, out);
            }
            Self::Beat { between, sent, .. } => {
                out.plain(&2_u8);
                between.write_shape(out);
                out.time(*sent);
            }
            Self::BeatAnswer { between, sent, .. } => {
                out.plain(&3_u8);
                between.write_shape(out);
                out.time(*sent);
            }
        }
    }
}

impl Between {
    pub(super) fn write_shape(self, out: &mut ShapeWriter) {
        out.plain(&(self.from, self.to));
    }
}

impl Hello {
    fn write_shape(&self, out: &mut ShapeWriter) {
        let Self { protocol, cluster, node, incarnation, life, sent, seen, up } = self;
        out.plain(&(protocol, cluster, node, incarnation, life, up));
        out.time(*sent);
        out.plain(&seen.map(|(life, _)| life));
        out.time(seen.map(|(_, sent)| sent));
    }
}

impl Message {
    fn write_shape(&self, from: &NodeId, to: &NodeId, out: &mut ShapeWriter) {
        match self {
            Self::Request { tx, ask, request } => {
                out.plain(&(0_u8, tx));
                out.number(Series::Questions(*tx), *ask);
                request.write_shape(to, out);
            }
            Self::Stands { tx, ask, claims, turned } => {
                out.plain(&(1_u8, tx, turned, *ask == 0));
                // What is told without being asked has no number.
                if *ask != 0 {
                    out.number(Series::Questions(*tx), *ask);
                }
                out.each(claims, |out, (object, standing)| {
                    out.plain(object);
                    write_standing(*standing, from, out);
                });
            }
            Self::Hold { held, more } => {
                out.plain(&(2_u8, more));
                out.each(held, |out, Held { profile, object, mode, token }| {
                    write_profile(profile, out);
                    out.plain(&(object, mode));
                    out.number(Series::Tokens(to.clone()), token.0);
                });
            }
            Self::Ask { look, txs, reach } => {
                out.plain(&(3_u8, txs, reach));
                out.number(Series::Looks(from.clone()), *look);
            }
            Self::Told { look, rows } => {
                out.plain(&4_u8);
                out.number(Series::Looks(to.clone()), *look);
                rows.write_shape(from, out);
            }
            Self::Resolve { look, evidence } => {
                out.plain(&5_u8);
                out.number(Series::Looks(from.clone()), *look);
                evidence.write_shape(out);
            }
            Self::Resolved { look, tx, acted } => {
                out.plain(&(6_u8, tx, acted));
                out.number(Series::Looks(to.clone()), *look);
            }
            Self::Fence { .. } => out.plain(&8_u8),
            Self::Fenced { .. } => out.plain(&9_u8),
            Self::Note { members, .. } => out.plain(&(7_u8, members)),
            Self::Letter { about, note } => out.plain(&(10_u8, about, note)),
        }
    }
}

impl Request {
    pub(super) fn write_shape(&self, at: &NodeId, out: &mut ShapeWriter) {
        match self {
            Self::Claim { profile, claims, wait, own } => {
                out.plain(&(0_u8, claims, wait, own));
                write_profile(profile, out);
            }
            Self::Unlock(objects) => out.plain(&(1_u8, objects)),
            Self::Withdraw(objects) => out.plain(&(2_u8, objects)),
            Self::Downgrade(object) => out.plain(&(3_u8, object)),
            Self::Keep(object, mode) => out.plain(&(4_u8, object, mode)),
            Self::Surrender(grants) => {
                out.plain(&5_u8);
                out.each(grants, |out, (object, token)| {
                    out.plain(object);
                    out.number(Series::Tokens(at.clone()), token.0);
                });
            }
            Self::Turn(pairs) => {
                out.plain(&6_u8);
                out.each(pairs, |out, (first, second)| {
                    write_name(first, at, out);
                    write_name(second, at, out);
                });
            }
            Self::End => out.plain(&7_u8),
        }
    }
}

impl Rows {
    fn write_shape(&self, node: &NodeId, out: &mut ShapeWriter) {
        out.each(&self.homes, |out, row| row.write_shape(out));
        out.each(&self.waits, |out, WaitRow { tx, waits }| {
            out.plain(tx);
            write_waits(waits, node, out);
        });
        out.plain(&(&self.elsewhere, self.more));
    }
}

impl HomeRow {
    pub(crate) fn write_shape(&self, out: &mut ShapeWriter) {
        let Self { tx, stamp, priority, told, unmet, letting_go } = self;
        out.plain(&(tx, priority, told, letting_go));
        out.number(Series::Stamps(*tx), *stamp);
        out.each(unmet, |out, UnmetRow { object, missing, waits, open }| {
            out.plain(&(object, missing, open));
            out.each(waits, |out, (node, place)| {
                out.plain(node);
                out.number(Series::Places(node.clone()), *place);
            });
        });
    }
}

impl Evidence {
    pub(super) fn write_shape(&self, out: &mut ShapeWriter) {
        let Self { tx, stamp, deadlock, homes, step } = self;
        let members: Vec<TxId> = deadlock.members().collect();
        out.plain(&(tx, members, homes));
        out.number(Series::Stamps(*tx), *stamp);
        step.write_shape(out);
    }
}

impl FarStep {
    pub(crate) fn write_shape(&self, out: &mut ShapeWriter) {
        match self {
            Self::GiveWay(grants) => {
                out.plain(&0_u8);
                out.each(grants, |out, (node, object, token)| {
                    out.plain(&(node, object));
                    out.number(Series::Tokens(node.clone()), token.0);
                });
            }
            Self::Turn(pairs) => {
                out.plain(&1_u8);
                out.each(pairs, |out, (node, first, second)| {
                    out.plain(node);
                    write_name(first, node, out);
                    write_name(second, node, out);
                });
            }
        }
    }
}

pub(crate) fn write_waits(waits: &[WaitView], node: &NodeId, out: &mut ShapeWriter) {
    out.each(waits, |out, wait| {
        out.plain(&(&wait.object, wait.mode));
        out.number(Series::Places(node.clone()), wait.place);
        out.each(&wait.blocks, |out, block| {
            out.plain(&(block.tx, &block.object, block.mode, block.kind));
            let node = node.clone();
            let series = if block.kind == ArrowKind::Hard { Series::Tokens(node) } else { Series::Places(node) };
            out.number(series, block.stamp);
        });
    });
}

pub(super) fn write_standing(standing: Standing, node: &NodeId, out: &mut ShapeWriter) {
    out.each(standing.granted, |out, (mode, token)| {
        out.plain(&mode);
        out.number(Series::Tokens(node.clone()), token.0);
    });
    out.each(standing.wanted, |out, (mode, place)| {
        out.plain(&mode);
        out.number(Series::Places(node.clone()), place);
    });
}

fn write_name(WaitName { tx, object, place }: &WaitName, node: &NodeId, out: &mut ShapeWriter) {
    out.plain(&(tx, object));
    out.number(Series::Places(node.clone()), *place);
}

fn write_profile(TxProfile { tx, priority, abort_on_deadlock }: &TxProfile, out: &mut ShapeWriter) {
    out.plain(&(tx, priority, abort_on_deadlock));
}
