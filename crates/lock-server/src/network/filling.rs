//! How many frames go into one packet: as many as are there, but no more than its receiver takes in.

use lock_core::Frame;
use postcard::ser_flavors::Size;
use thiserror::Error;

use super::codec::LARGEST;
use crate::cluster::LARGEST_BATCH;

/// How many frames a packet has at most.
const TOGETHER: usize = 128;
/// A packet that has so many bytes takes no further frame.
const ENOUGH: usize = 1024 * 1024;
/// What a packet needs besides its frames, and more.
const HEAD: usize = 64;
/// The largest frame: it still fits into a packet that takes one frame more.
const LARGEST_FRAME: usize = LARGEST - ENOUGH - HEAD;

// Else a node would take claims from its callers that it cannot send on.
const _: () = assert!(LARGEST_BATCH + 1_024 <= LARGEST_FRAME);

/// The frames of one packet, while they are gathered.
#[derive(Default)]
pub(super) struct Filling {
    frames: Vec<Frame>,
    bytes: usize,
}

/// A frame that no packet can carry. It is not sent, now or later.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Error)]
#[error("a frame has {bytes} bytes, {LARGEST_FRAME} are allowed")]
pub(super) struct TooLarge {
    bytes: usize,
}

impl Filling {
    /// Adds a frame.
    ///
    /// # Errors
    /// [`TooLarge`]: the packet is as it was.
    pub(super) fn add(&mut self, frame: Frame) -> Result<(), TooLarge> {
        // One that cannot be written is told by the codec.
        let bytes = postcard::serialize_with_flavor(&frame, Size::default()).unwrap_or(0);
        if bytes > LARGEST_FRAME {
            return Err(TooLarge { bytes });
        }
        self.bytes += bytes;
        self.frames.push(frame);
        Ok(())
    }

    pub(super) fn is_empty(&self) -> bool {
        self.frames.is_empty()
    }

    pub(super) fn is_full(&self) -> bool {
        self.frames.len() >= TOGETHER || self.bytes >= ENOUGH
    }

    pub(super) fn frames(self) -> Vec<Frame> {
        self.frames
    }
}

#[cfg(test)]
mod tests {
    use super::super::packet::Packet;
    use super::*;
    use lock_core::{Between, Life, Message, Token};

    fn frame(bytes: usize) -> Frame {
        let message = Message::Letter { about: "a".parse().expect("an object"), note: vec![7; bytes] };
        let between = Between { from: Life(1), to: Life(2) };
        Frame::Data { between, seq: 1, ack: 0, newest: Token(0), message }
    }

    fn filled(bytes: usize) -> Filling {
        let mut filling = Filling::default();
        while !filling.is_full() {
            filling.add(frame(bytes)).expect("it is small enough");
        }
        filling
    }

    #[test]
    fn a_packet_is_full_by_frames_or_by_bytes() {
        assert_eq!(filled(10).frames().len(), TOGETHER);
        assert_eq!(filled(ENOUGH / 4).frames().len(), 4);
    }

    #[test]
    fn a_packet_with_the_largest_frame_behind_all_that_may_be_before_it_is_taken_in() {
        let mut filling = Filling::default();
        filling.add(frame(ENOUGH - 100)).expect("it is small enough");
        assert!(!filling.is_full());
        filling.add(frame(LARGEST_FRAME - 64)).expect("it is small enough");
        let packet = postcard::to_allocvec(&Packet::Frames(filling.frames())).expect("it can be written");
        assert!((LARGEST - 512..=LARGEST).contains(&packet.len()), "{}", packet.len());
    }

    #[test]
    fn a_frame_that_no_packet_can_carry_is_refused_and_the_others_stay() {
        let mut filling = Filling::default();
        filling.add(frame(10)).expect("it is small enough");
        let refused = filling.add(frame(LARGEST)).expect_err("it is too large");
        assert!(refused.to_string().ends_with("bytes, 15728576 are allowed"), "{refused}");
        assert_eq!(filling.frames(), [frame(10)]);
    }
}
