//! What happened in a world, a line an event: the same for the same seed, byte for byte.

use std::fmt::Write as _;

use lock_core::{Frame, Message, Reach, Request};

use super::network::Packet;

/// The lines so far, if they are kept.
#[derive(Clone, Debug, Default)]
pub(super) struct Trace {
    lines: Option<Vec<String>>,
}

impl Trace {
    pub(super) fn keep(&mut self) {
        self.lines.get_or_insert_default();
    }

    pub(super) fn lines(&self) -> &[String] {
        self.lines.as_deref().unwrap_or_default()
    }

    /// The text is made only if it is kept.
    pub(super) fn note(&mut self, now: u64, text: impl FnOnce() -> String) {
        if let Some(lines) = &mut self.lines {
            lines.push(format!("{now:>8} ms  {}", text()));
        }
    }
}

/// A packet in few words.
pub(super) fn packet(packet: &Packet) -> String {
    match packet {
        Packet::Gone(incarnation) => format!("nobody there since {incarnation}"),
        Packet::Frame(frame) => self::frame(frame),
    }
}

fn frame(frame: &Frame) -> String {
    match frame {
        Frame::Hello(hello) => {
            format!("hello {} life {}{}", hello.incarnation, hello.life.0, if hello.up { ", up" } else { "" })
        }
        Frame::Data { seq, message, .. } => format!("{seq}: {}", said(message)),
        Frame::Beat { sent, .. } => format!("beat {sent}"),
        Frame::BeatAnswer { sent, .. } => format!("beat {sent} answered"),
    }
}

fn said(message: &Message) -> String {
    match message {
        Message::Request { tx, ask, request } => format!("{tx} asks ({ask}) {}", asked(request)),
        Message::Stands { tx, claims, .. } => {
            let mut text = format!("{tx} stands:");
            for (object, standing) in claims {
                let _ = write!(text, " {object}");
                if let Some((mode, token)) = standing.granted {
                    let _ = write!(text, " has {mode} {token}");
                }
                if let Some((mode, _)) = standing.wanted {
                    let _ = write!(text, " waits for {mode}");
                }
            }
            text
        }
        Message::Hold { held, .. } => format!("{} held", held.len()),
        Message::Fence { token } => format!("follow {token}"),
        Message::Fenced { token } => format!("follows {token}"),
        Message::Ask { look, txs, reach } => {
            let how = match reach {
                Reach::Named => " again",
                Reach::Reachable => "",
                Reach::Everybody => " far",
            };
            format!("look {look}{how} {txs:?}")
        }
        Message::Told { look, rows } => {
            format!("look {look}: {} live here, {} wait here", rows.homes.len(), rows.waits.len())
        }
        Message::Resolve { look, evidence } => format!("look {look}: {}", evidence.deadlock.way_out),
        Message::Resolved { look, tx, acted } => format!("look {look}: {tx} {}", if *acted { "done" } else { "stale" }),
        Message::Note { deadlock, .. } => format!("resolved: {}", deadlock.way_out),
        Message::Letter { about, note } => format!("a letter about {about}, {} bytes", note.len()),
    }
}

fn asked(request: &Request) -> String {
    match request {
        Request::Claim { claims, .. } => {
            claims.iter().fold(String::from("for"), |text, (object, mode)| format!("{text} {object} {mode}"))
        }
        Request::Unlock(objects) => format!("unlock {objects:?}"),
        Request::Withdraw(objects) => format!("withdraw {objects:?}"),
        Request::Keep(object, mode) => format!("keep {object} {mode}"),
        Request::Downgrade(object) => format!("downgrade {object}"),
        Request::Surrender(grants) => format!("surrender {} grants", grants.len()),
        Request::Turn(pairs) => format!("turn {} pairs", pairs.len()),
        Request::End => String::from("end"),
    }
}
