//! The machine's clock is stepped under a running lab, ten times.

use super::faults::whole;
use super::lab::{Lab, PATIENCE};
use std::time::{Instant, SystemTime, UNIX_EPOCH};
use tests::netns::{Finished, poll_until, skip};

/// The machine's clock, put back where it would be, however the test ends.
struct Clock {
    began: (SystemTime, Instant),
}

impl Clock {
    #[expect(clippy::disallowed_methods, reason = "the machine's own clock is what is stepped")]
    fn read() -> Clock {
        Clock { began: (SystemTime::now(), Instant::now()) }
    }

    /// Seconds that the clock shows more than when it was read; negative when it shows less.
    #[expect(clippy::disallowed_methods, reason = "the machine's own clock is what is stepped")]
    fn shows(&self) -> f64 {
        let (then, now) = (self.began.0, SystemTime::now());
        now.duration_since(then).map_or_else(|e| -e.duration().as_secs_f64(), |d| d.as_secs_f64())
    }

    fn set(&self, ahead: i32) -> bool {
        let true_time = self.began.0 + self.began.1.elapsed();
        let since_1970 = true_time.duration_since(UNIX_EPOCH).unwrap().as_secs_f64();
        let at = format!("@{:.3}", since_1970 + f64::from(ahead));
        Finished::run("date", &["-s", &at]).success()
    }
}

impl Drop for Clock {
    fn drop(&mut self) {
        self.set(0);
    }
}

#[test]
#[ignore = "needs root"]
fn a_clock_that_steps_is_not_noticed() {
    let clock = Clock::read();
    if !clock.set(0) {
        skip("this machine does not let its clock be set");
        return;
    }
    let lab = Lab::copy("ospf-triangle");
    lab.ok("deploy", &[]);
    whole(&lab);
    let before = ["r1", "r2", "r3"].map(|r| lab.pids(r));
    let up_since = |node: &str| {
        let neighbors = lab.show(node, "show ip ospf neighbor detail");
        let mut states = Vec::new();
        collect(&neighbors, "stateChangeCounter", &mut states);
        states
    };
    poll_until(PATIENCE, "every adjacency is full", || {
        let all = ["r1", "r2", "r3"].map(|r| lab.show(r, "show ip ospf neighbor"));
        let full = all.iter().map(|v| v.to_string().matches("\"nbrState\":\"Full/").count()).sum::<usize>();
        if full == 6 { Ok(()) } else { Err(format!("{all:?}")) }
    });
    let changes = up_since("r3");
    assert_eq!(changes.len(), 2);
    for step in [3600, -3600, 86_400, -86_400, 60, -60, 31_536_000, -31_536_000, 5, -5] {
        assert!(clock.set(step));
        assert!((clock.shows() - f64::from(step)).abs() < 600.0, "it was set: {} {step}", clock.shows());
        // A route moves and comes back: hellos, acknowledgments and calculations, all by timers.
        lab.ok("link", &["r1:eth1", "down"]);
        poll_until(PATIENCE, "the other way is used", || {
            let route = lab.routes("r1").remove("10.255.0.2/32").unwrap_or_default();
            if route.contains("10.0.13.") { Ok(()) } else { Err(route) }
        });
        lab.ok("link", &["r1:eth1", "up"]);
        poll_until(PATIENCE, "the direct way is used again", || {
            let route = lab.routes("r1").remove("10.255.0.2/32").unwrap_or_default();
            if route.contains("10.0.12.2") { Ok(()) } else { Err(route) }
        });
    }
    drop(clock);
    assert_eq!(["r1", "r2", "r3"].map(|r| lab.pids(r)), before, "nobody died of it");
    // The neighbors across cables that were not pulled have been there all the time.
    assert_eq!(up_since("r3"), changes, "no adjacency was lost");
    lab.destroy();
}

/// The values of a key anywhere in a document, in its order.
fn collect(value: &serde_json::Value, key: &str, found: &mut Vec<serde_json::Value>) {
    match value {
        serde_json::Value::Object(all) => {
            for (name, value) in all {
                if name == key {
                    found.push(value.clone());
                }
                collect(value, key, found);
            }
        }
        serde_json::Value::Array(all) => all.iter().for_each(|v| collect(v, key, found)),
        _ => {}
    }
}
