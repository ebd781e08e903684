//! Which objects are wanted, and how often.

use lock_core::Object;

use crate::seeded::Seeded;

/// A distribution over objects `prefix/0`, `prefix/1`, …; the first is wanted most often, if any is.
///
/// ```
/// use lock_sim::Keys;
///
/// let keys = Keys::zipf(1_000, 1.0);
/// assert!(keys.share(0) > 9.0 * keys.share(9) && keys.share(0) < 11.0 * keys.share(9));
/// let hot = Keys::hot_set(100, 5, 90).named("accounts");
/// assert_eq!(hot.object(3).to_string(), "accounts/3");
/// ```
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Keys {
    prefix: String,
    /// For each object, the sum of the weights up to it: whole numbers, so that a seed gives the same everywhere.
    up_to: Vec<u64>,
}

/// The weight of the object that is wanted most often.
const ONE: f64 = 4_294_967_296.0; // 2^32

impl Keys {
    /// All the same.
    ///
    /// # Panics
    /// If there are none, or more than 2^31.
    pub fn uniform(count: usize) -> Self {
        Self::weighted(count, |_| 1.0)
    }

    /// Zipf's law: number `k`, counted from 1, is wanted in proportion to `1 / k^exponent`. An exponent of 0 is uniform; what
    /// people do has 0.8 to 1.2.
    ///
    /// # Panics
    /// If there are none, or more than 2^31, or the exponent is negative or no number.
    pub fn zipf(count: usize, exponent: f64) -> Self {
        assert!(exponent >= 0.0, "the exponent is {exponent}, and must not be negative");
        Self::weighted(count, |number| number.powf(-exponent))
    }

    /// The first `hot` of them get so many percent of all wishes, the others the rest.
    ///
    /// # Panics
    /// If there are none, or more than 2^31, or not at least one hot and one other, or it is more than 100 percent.
    pub fn hot_set(count: usize, hot: usize, percent: u32) -> Self {
        assert!(0 < hot && hot < count, "{hot} of {count} cannot be hot");
        assert!(percent <= 100, "{percent} percent is more than all");
        let share = |percent: u32, of: usize| f64::from(percent) / 100.0 / number(of);
        let (one_hot, one_cold) = (share(percent, hot), share(100 - percent, count - hot));
        let most = one_hot.max(one_cold);
        Self::weighted(count, |key| if key <= number(hot) { one_hot / most } else { one_cold / most })
    }

    /// The same under another first segment than `k`; it may be a path.
    ///
    /// # Panics
    /// If that makes no objects.
    pub fn named(mut self, prefix: &str) -> Self {
        prefix.clone_into(&mut self.prefix);
        drop(self.object(0));
        self
    }

    /// How many there are.
    pub fn count(&self) -> usize {
        self.up_to.len()
    }

    /// How often one of them is wanted, as a part of 1.
    ///
    /// # Panics
    /// If there is none of that number.
    pub fn share(&self, key: usize) -> f64 {
        let before = if key == 0 { 0 } else { self.up_to[key - 1] };
        number_of(self.up_to[key] - before) / number_of(self.total())
    }

    /// One of the objects, counted from 0.
    ///
    /// # Panics
    /// If the prefix makes no object: [`Keys::named`] has tried it.
    pub fn object(&self, key: usize) -> Object {
        format!("{}/{key}", self.prefix).parse().expect("the prefix makes objects")
    }

    /// The number of one of them, as often as it is wanted.
    pub(crate) fn choose(&self, random: &mut Seeded) -> usize {
        let chosen = random.next() % self.total();
        self.up_to.partition_point(|up_to| *up_to <= chosen)
    }

    /// A weight between 0 and 1 for each number, counted from 1.
    fn weighted(count: usize, weight: impl Fn(f64) -> f64) -> Self {
        assert!(0 < count && count <= 1 << 31, "{count} objects are too few or too many");
        let mut sum = 0;
        let up_to = (1..=count).map(|key| {
            sum += whole(weight(number(key)));
            sum
        });
        Self { prefix: "k".to_owned(), up_to: up_to.collect() }
    }

    fn total(&self) -> u64 {
        *self.up_to.last().expect("there is at least one")
    }
}

/// At least 1: whoever is among the keys is wanted now and then.
#[allow(clippy::cast_possible_truncation, clippy::cast_sign_loss)] // between 0 and 2^32
fn whole(weight: f64) -> u64 {
    ((weight * ONE).round() as u64).max(1)
}

#[allow(clippy::cast_precision_loss)] // a share need not be exact
fn number_of(weight: u64) -> f64 {
    weight as f64
}

fn number(key: usize) -> f64 {
    number_of(key as u64)
}

#[cfg(test)]
mod tests {
    use super::{Keys, number};
    use crate::seeded::Seeded;

    const DRAWS: usize = 20_000;

    /// How often each was drawn is within five standard deviations of its share: by chance less than once in a million.
    fn assert_drawn_by_share(keys: &Keys, seed: u64) {
        let mut random = Seeded::new(seed);
        let mut drawn = vec![0_usize; keys.count()];
        (0..DRAWS).for_each(|_| drawn[keys.choose(&mut random)] += 1);
        for (key, count) in drawn.into_iter().enumerate() {
            let share = keys.share(key);
            let (expected, deviation) = (share * number(DRAWS), (number(DRAWS) * share * (1.0 - share)).sqrt());
            let off = (number(count) - expected).abs();
            assert!(off <= 5.0 * deviation + 1.0, "seed {seed}, key {key}: {count} draws, not {expected:.1}");
        }
    }

    #[test]
    fn zipf_frequencies_follow_the_law() {
        for seed in 0..60 {
            let mut random = Seeded::new(seed);
            let (count, exponent) = (1 + random.below(300), number(random.below(21)) / 10.0);
            let keys = Keys::zipf(count, exponent);
            let harmonic: f64 = (1..=count).map(|key| number(key).powf(-exponent)).sum();
            for key in 0..count {
                let law = number(key + 1).powf(-exponent) / harmonic;
                assert!((keys.share(key) - law).abs() < 1e-6, "{count} keys, s = {exponent}, key {key}");
            }
            assert_drawn_by_share(&keys, seed);
        }
    }

    #[test]
    fn all_are_wanted_alike_or_some_are_hot() {
        assert_drawn_by_share(&Keys::uniform(7), 1);
        let hot = Keys::hot_set(50, 4, 80);
        assert_drawn_by_share(&hot, 2);
        assert!(((0..4).map(|key| hot.share(key)).sum::<f64>() - 0.8).abs() < 1e-6);
        // All or nothing: who is among the keys still is wanted, if hardly ever.
        assert!(Keys::hot_set(10, 1, 100).share(9) > 0.0 && Keys::hot_set(10, 1, 0).share(0) > 0.0);
    }

    #[test]
    fn the_extremes() {
        assert_eq!(Keys::zipf(1, 3.0).share(0).to_bits(), 1.0_f64.to_bits());
        assert_drawn_by_share(&Keys::zipf(100, 0.0), 3);
        assert!(Keys::zipf(1_000_000, 1.0).share(999_999) > 0.0);
    }
}
