//! Waiting for something to become true, with a deadline. The only file of the harness that reads a clock: real
//! processes live in real time.

use std::sync::mpsc;
use std::time::{Duration, Instant};

/// Time since it was made.
#[derive(Copy, Clone, Debug)]
pub struct Stopwatch(Instant);

impl Stopwatch {
    /// Starts now.
    #[expect(
        clippy::disallowed_methods,
        reason = "real daemons run in real time; nothing deterministic is built on it"
    )]
    pub fn start() -> Stopwatch {
        Stopwatch(Instant::now())
    }

    /// How long ago it was started.
    pub fn elapsed(&self) -> Duration {
        self.0.elapsed()
    }
}

/// Lets other processes run for a moment between two looks at a condition. Not for synchronisation: see
/// [`poll_until`].
fn pause(time: Duration) {
    let (_keep_open, nobody_sends) = mpsc::channel::<()>();
    // Nothing is ever sent: this ends by its timeout.
    let _ = nobody_sends.recv_timeout(time);
}

/// Looks again and again until `look` is `Ok`, and returns that. After `limit` the test fails with `what` was waited
/// for and what was seen last.
#[track_caller]
pub fn poll_until<T>(limit: Duration, what: &str, mut look: impl FnMut() -> Result<T, String>) -> T {
    let watch = Stopwatch::start();
    let mut interval = Duration::from_millis(10);
    loop {
        match look() {
            Ok(found) => return found,
            Err(seen) if watch.elapsed() >= limit => {
                panic!("not within {limit:?}: {what}\nlast seen: {seen}")
            }
            Err(_) => pause(interval),
        }
        interval = (interval * 2).min(Duration::from_millis(200));
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_becomes_true_is_returned() {
        let mut looks = 0;
        let found = poll_until(Duration::from_secs(10), "three looks", || {
            looks += 1;
            if looks == 3 { Ok(looks) } else { Err(format!("{looks} looks")) }
        });
        assert_eq!(found, 3);
    }

    #[test]
    #[should_panic(expected = "last seen: nothing yet")]
    fn what_does_not_become_true_fails_with_what_was_seen() {
        poll_until::<()>(Duration::from_millis(1), "a miracle", || Err("nothing yet".to_owned()));
    }
}
