//! When a child that has ended is started again, and when it is given up on as it is. Pure: spans in, decisions out.

use super::ended::Ended;
use std::time::Duration;

/// Before the second start.
const FIRST: Duration = Duration::from_millis(20);

/// At most.
const LONGEST: Duration = Duration::from_secs(5);

/// A child that lived this long had come up: what ends it now is another story.
const LONG_ENOUGH: Duration = Duration::from_secs(10);

/// Failures in a row after which the configuration is suspected.
const PATIENCE: u32 = 5;

/// What has become of the children so far.
#[derive(Debug, Default)]
pub(super) struct Backoff {
    /// Short lives in a row.
    short: u32,
    /// Those among them that ended by a fault of their own, without anything better in between.
    faults: u32,
}

impl Backoff {
    /// A child has ended after living for `lived`: how long to wait before the next start.
    pub(super) fn after(&mut self, ended: Ended, lived: Duration) -> Duration {
        if lived >= LONG_ENOUGH {
            *self = Backoff::default();
        }
        let wait = FIRST.saturating_mul(2u32.saturating_pow(self.short)).min(LONGEST);
        self.short = self.short.saturating_add(1);
        self.faults = if ended.is_fault() { self.faults.saturating_add(1) } else { 0 };
        wait
    }

    /// Whether the next child should do without the configuration, so that the node can be reached.
    pub(super) fn is_hopeless(&self) -> bool {
        self.faults >= PATIENCE
    }

    /// Somebody has changed something: the past does not count.
    pub(super) fn forget(&mut self) {
        *self = Backoff::default();
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const SOON: Duration = Duration::from_millis(100);

    #[test]
    fn waits_double_up_to_five_seconds_and_a_long_life_begins_anew() {
        let mut backoff = Backoff::default();
        let waits: Vec<u128> = (0..11).map(|_| backoff.after(Ended::Signal(9), SOON).as_millis()).collect();
        assert_eq!(waits, [20, 40, 80, 160, 320, 640, 1280, 2560, 5000, 5000, 5000]);
        assert_eq!(backoff.after(Ended::Signal(9), LONG_ENOUGH).as_millis(), 20);
        assert_eq!(backoff.after(Ended::Signal(9), SOON).as_millis(), 40);
        for _ in 0..100 {
            assert!(backoff.after(Ended::Code(101), SOON) <= LONGEST);
        }
    }

    #[test]
    fn five_panics_in_a_row_are_hopeless_and_kills_from_outside_are_not() {
        let mut backoff = Backoff::default();
        for _ in 0..4 {
            backoff.after(Ended::Signal(6), SOON);
        }
        assert!(!backoff.is_hopeless());
        backoff.after(Ended::Code(101), SOON);
        assert!(backoff.is_hopeless());
        backoff.forget();
        assert!(!backoff.is_hopeless());
        for _ in 0..20 {
            backoff.after(Ended::Signal(9), SOON);
        }
        assert!(!backoff.is_hopeless(), "somebody kills it: it is not the configuration");
    }
}
