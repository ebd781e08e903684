//! The clock of a node: off by something, and too fast or too slow by something.

use lock_core::Millis;

/// What one node reads on its clock, and when the world gets there.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(super) struct Clock {
    /// Ahead of the world's time by so much.
    pub(super) ahead_ms: u64,
    /// Faster than the world's time by so many millionths; slower if negative.
    pub(super) drift_ppm: i64,
}

impl Clock {
    const MILLION: i64 = 1_000_000;

    /// What the clock shows.
    pub(super) fn shows(self, now: u64) -> Millis {
        let rate = Self::MILLION + self.drift_ppm;
        let ran = i128::from(now) * i128::from(rate) / i128::from(Self::MILLION);
        Millis(self.ahead_ms.saturating_add(u64::try_from(ran).unwrap_or(u64::MAX)))
    }

    /// When the clock will show that, at the earliest.
    pub(super) fn reaches(self, shown: Millis) -> u64 {
        let rate = Self::MILLION + self.drift_ppm;
        let ran = i128::from(shown.0.saturating_sub(self.ahead_ms)) * i128::from(Self::MILLION);
        let at = (ran + i128::from(rate) - 1) / i128::from(rate);
        u64::try_from(at).unwrap_or(u64::MAX)
    }
}

#[cfg(test)]
mod tests {
    use super::Clock;
    use lock_core::Millis;

    #[test]
    fn a_clock_shows_a_time_when_it_is_reached_and_not_before() {
        for drift_ppm in [-100_000, -7, 0, 3, 100_000] {
            let clock = Clock { ahead_ms: 500, drift_ppm };
            for shown in [500, 501, 777, 10_000, 123_456_789].map(Millis) {
                let at = clock.reaches(shown);
                assert!(clock.shows(at) >= shown, "{drift_ppm} {shown:?}");
                assert!(at == 0 || clock.shows(at - 1) < shown, "{drift_ppm} {shown:?}");
            }
        }
    }
}
