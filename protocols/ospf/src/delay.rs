//! When SPF runs after a change: the state machine of RFC 8405, or the classic exponential throttle.
//! Pure: changes and time in, delays out.

use crate::config::SpfDelay;
use core::time::Duration;
use fib::Instant;

/// The state of the chosen algorithm.
#[derive(Clone, Debug)]
pub(crate) struct Delay {
    how: SpfDelay,
    state: State,
    /// RFC 8405: LEARN_TIMER runs until then.
    learned: Instant,
    /// Throttle: when SPF ran last, and what it has to wait now.
    last: Option<Instant>,
    hold: Duration,
}

/// RFC 8405 section 5.1.
#[derive(Copy, Clone, Debug, PartialEq, Eq)]
enum State {
    Quiet,
    ShortWait,
    LongWait,
}

impl Delay {
    pub fn new(how: SpfDelay) -> Delay {
        Delay { how, state: State::Quiet, learned: Instant::ZERO, last: None, hold: Duration::ZERO }
    }

    pub fn configure(&mut self, how: SpfDelay) {
        if self.how != how {
            *self = Delay::new(how);
        }
    }

    /// What a change would have to wait now, as far as the algorithm's state says.
    pub fn current(&self, now: Instant) -> Duration {
        match (self.how, self.state) {
            (SpfDelay::Ietf { initial, .. }, State::Quiet) => millis(initial),
            (SpfDelay::Ietf { short, .. }, State::ShortWait) if now < self.learned => millis(short),
            (SpfDelay::Ietf { long, .. }, _) => millis(long),
            (SpfDelay::Throttle { hold, .. }, _) => self.hold.max(millis(hold)),
        }
    }

    /// Something changed: when SPF is to run if it is not to run already, and, for RFC 8405, when the network will have
    /// been quiet for long enough.
    pub fn change(&mut self, now: Instant) -> (Instant, Option<Instant>) {
        match self.how {
            SpfDelay::Ietf { initial, short, long, holddown, learn } => {
                let delay = match self.state {
                    State::Quiet => {
                        self.state = State::ShortWait;
                        self.learned = now + millis(learn);
                        initial
                    }
                    State::ShortWait if now < self.learned => short,
                    State::ShortWait | State::LongWait => {
                        self.state = State::LongWait;
                        long
                    }
                };
                (now + millis(delay), Some(now + millis(holddown)))
            }
            SpfDelay::Throttle { delay, hold, max } => {
                let since = self.last.map_or(Duration::MAX, |last| now.since(last));
                if since >= self.hold.max(millis(hold)) {
                    self.hold = millis(hold);
                    return (now + millis(delay), None);
                }
                let wait = self.hold.saturating_sub(since).max(millis(delay));
                self.hold = self.hold.saturating_mul(2).min(millis(max));
                (now + wait, None)
            }
        }
    }

    /// How long after the last change the network counts as quiet (RFC 8405 HOLDDOWN_INTERVAL).
    pub fn holddown(&self) -> Option<Duration> {
        match self.how {
            SpfDelay::Ietf { holddown, .. } => Some(millis(holddown)),
            SpfDelay::Throttle { .. } => None,
        }
    }

    /// SPF ran.
    pub fn ran(&mut self, now: Instant) {
        self.last = Some(now);
        if let SpfDelay::Throttle { hold, .. } = self.how
            && self.hold.is_zero()
        {
            self.hold = millis(hold);
        }
    }

    /// The network was quiet for HOLDDOWN_INTERVAL.
    pub fn quiet(&mut self) {
        self.state = State::Quiet;
    }
}

fn millis(ms: u32) -> Duration {
    Duration::from_millis(ms.into())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn at(ms: u64) -> Instant {
        Instant::from_millis(ms)
    }

    #[test]
    fn the_first_change_is_acted_on_at_once_a_storm_is_waited_out() {
        let how = SpfDelay::Ietf { initial: 0, short: 200, long: 5000, holddown: 10_000, learn: 500 };
        let mut delay = Delay::new(how);
        assert_eq!(delay.change(at(1000)), (at(1000), Some(at(11_000))));
        assert_eq!(delay.change(at(1300)).0, at(1500));
        assert_eq!(delay.change(at(1499)).0, at(1699));
        assert_eq!(delay.change(at(1500)).0, at(6500), "LEARN_TIMER is over: LONG_WAIT");
        delay.quiet();
        assert_eq!(delay.change(at(20_000)).0, at(20_000));
    }

    #[test]
    fn the_throttle_doubles_while_changes_go_on() {
        let mut delay = Delay::new(SpfDelay::Throttle { delay: 10, hold: 100, max: 350 });
        let mut now = at(1000);
        let mut waits = Vec::new();
        for _ in 0..5 {
            let (due, _) = delay.change(now);
            waits.push((due - now).as_millis());
            delay.ran(due);
            now = due;
        }
        assert_eq!(waits, [10, 100, 200, 350, 350]);
        assert_eq!(delay.change(now + Duration::from_secs(1)).0, now + Duration::from_millis(1010));
    }
}
