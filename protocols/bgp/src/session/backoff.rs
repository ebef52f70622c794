//! How long to wait before the next attempt. Two clocks: an attempt that fails in TCP is repeated soon and then ever more
//! rarely, up to `timers connect`; a session that keeps ending rests in Idle for ever longer (RFC 4271 section 8.1.1,
//! DampPeerOscillations), up to two minutes, until one has lasted.

use core::time::Duration;
use proto::Rng;

/// A session that lasted this long ended for a reason of its own: the next one is not held back for its predecessors.
pub(super) const STABLE: Duration = Duration::from_secs(120);
/// The longest rest in Idle.
pub(super) const MAX_IDLE_HOLD: u64 = 120;

/// What went wrong lately.
#[derive(Copy, Clone, Debug, Default)]
pub(super) struct Backoff {
    /// Attempts in a row that failed in TCP.
    attempts: u32,
    /// Sessions in a row that did not last.
    flaps: u32,
}

impl Backoff {
    /// How long to wait before connecting again, after one more attempt failed: a second, doubled each time, at most
    /// `connect_retry` seconds; less up to a quarter of that (RFC 4271 section 10).
    pub fn retry(&mut self, connect_retry: u16, rng: &mut Rng) -> Duration {
        let wait = doubled(self.attempts, u64::from(connect_retry).max(1));
        self.attempts = self.attempts.saturating_add(1);
        jittered(wait, rng)
    }

    /// How long to rest in Idle after a session ended that was up for `uptime`, zero if it never was.
    pub fn idle_hold(&mut self, uptime: Duration, rng: &mut Rng) -> Duration {
        if uptime >= STABLE {
            self.flaps = 0;
        }
        let wait = doubled(self.flaps, MAX_IDLE_HOLD);
        self.flaps = self.flaps.saturating_add(1);
        self.attempts = 0;
        jittered(wait, rng)
    }

    /// TCP is not what is wrong.
    pub fn connected(&mut self) {
        self.attempts = 0;
    }

    /// An operator, or something new in the network, wants it tried as if for the first time.
    pub fn forget(&mut self) {
        *self = Backoff::default();
    }
}

/// Seconds: 1, 2, 4 and so on, at most `limit`.
fn doubled(times: u32, limit: u64) -> Duration {
    Duration::from_secs(1u64.checked_shl(times.min(32)).unwrap_or(limit).min(limit))
}

/// Three quarters to all of `wait` (RFC 4271 section 10).
pub(super) fn jittered(wait: Duration, rng: &mut Rng) -> Duration {
    rng.between(wait.saturating_mul(3) / 4, wait)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn within(wait: Duration, secs: u64) -> bool {
        wait <= Duration::from_secs(secs) && wait >= Duration::from_millis(secs * 750)
    }

    #[test]
    fn the_rest_in_idle_doubles_up_to_two_minutes() {
        let (mut b, mut rng) = (Backoff::default(), Rng::new(1));
        for secs in [1, 2, 4, 8, 16, 32, 64, 120, 120] {
            let wait = b.idle_hold(Duration::from_secs(5), &mut rng);
            assert!(within(wait, secs), "{wait:?} of {secs}");
        }
    }

    #[test]
    fn a_session_that_lasted_is_not_held_back_for_its_predecessors() {
        let (mut b, mut rng) = (Backoff::default(), Rng::new(1));
        for _ in 0..6 {
            b.idle_hold(Duration::ZERO, &mut rng);
        }
        assert!(within(b.idle_hold(STABLE, &mut rng), 1));
        assert!(within(b.idle_hold(Duration::ZERO, &mut rng), 2));
    }

    #[test]
    fn attempts_are_soon_at_first_and_never_rarer_than_configured() {
        let (mut b, mut rng) = (Backoff::default(), Rng::new(1));
        for secs in [1, 2, 4, 8, 10, 10] {
            let wait = b.retry(10, &mut rng);
            assert!(within(wait, secs), "{wait:?} of {secs}");
        }
        b.connected();
        assert!(within(b.retry(10, &mut rng), 1));
    }
}
