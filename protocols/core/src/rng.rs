//! Seeded randomness: the only kind a machine may use, so that equal seeds give equal runs.

use core::time::Duration;
use rand_chacha::ChaCha8Rng;
use rand_chacha::rand_core::{Rng as _, SeedableRng};

/// A random source whose whole future is its seed. ChaCha8: its output is the same on every platform.
#[derive(Clone, Debug)]
pub struct Rng(ChaCha8Rng);

impl Rng {
    /// The source grown from `seed`.
    pub fn new(seed: u64) -> Rng {
        Rng(ChaCha8Rng::seed_from_u64(seed))
    }

    /// An independent source for the part called `label`; does not disturb this one.
    pub fn fork(seed: u64, label: &str) -> Rng {
        // FNV-1a over the label, folded into the seed.
        let hash = label.bytes().fold(0xcbf2_9ce4_8422_2325u64 ^ seed, |h, b| {
            (h ^ u64::from(b)).wrapping_mul(0x0000_0100_0000_01b3)
        });
        Rng::new(hash)
    }

    /// Any 64 bits.
    pub fn bits(&mut self) -> u64 {
        self.0.next_u64()
    }

    /// A number in `0..n`; 0 when `n` is 0.
    pub fn below(&mut self, n: u64) -> u64 {
        // The high half of a 128-bit product: bias below 2^-64 * n, without a loop.
        u64::try_from((u128::from(self.bits()) * u128::from(n)) >> 64).unwrap_or(0)
    }

    /// A duration in `low..=high`, by the microsecond.
    pub fn between(&mut self, low: Duration, high: Duration) -> Duration {
        let span = u64::try_from(high.saturating_sub(low).as_micros()).unwrap_or(u64::MAX);
        low + Duration::from_micros(self.below(span.saturating_add(1)))
    }

    /// True with probability `p` (0.0 to 1.0).
    pub fn chance(&mut self, p: f64) -> bool {
        ((self.bits() >> 11) as f64) < p * (1u64 << 53) as f64
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn equal_seeds_give_equal_futures_and_labels_tell_them_apart() {
        let (mut a, mut b) = (Rng::new(7), Rng::new(7));
        assert!((0..100).all(|_| a.bits() == b.bits()));
        assert_ne!(Rng::fork(7, "a").bits(), Rng::fork(7, "b").bits());
    }

    #[test]
    fn the_stream_is_pinned_because_traces_depend_on_it() {
        let mut r = Rng::new(1);
        let first: Vec<u64> = (0..3).map(|_| r.below(1000)).collect();
        assert_eq!(first, [402, 80, 596]);
    }

    #[test]
    fn between_stays_inside_and_reaches_both_ends() {
        let (low, high) = (Duration::from_micros(3), Duration::from_micros(5));
        let mut r = Rng::new(2);
        let seen: std::collections::BTreeSet<u128> =
            (0..200).map(|_| r.between(low, high).as_micros()).collect();
        assert_eq!(seen.into_iter().collect::<Vec<_>>(), [3, 4, 5]);
    }

    #[test]
    fn chance_is_about_right() {
        let mut r = Rng::new(3);
        let hits = (0..10_000).filter(|_| r.chance(0.25)).count();
        assert!((2_300..2_700).contains(&hits), "{hits}");
        assert!(!r.chance(0.0) && r.chance(1.0));
    }
}
