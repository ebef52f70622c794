//! A ping that goes on beside whatever else happens, and what it missed.

use super::net::Node;
use super::process::Process;
use std::collections::BTreeSet;
use std::time::Duration;

/// A running `ping`, fifty a second.
#[derive(Debug)]
pub struct Pinging {
    process: Process,
    what: String,
}

impl Node {
    /// Begins to ping `destination`.
    #[track_caller]
    pub fn start_ping(&self, destination: &str) -> Pinging {
        let process = self.spawn("ping", "ping", &["-n", "-D", "-i", "0.02", destination]);
        Pinging { process, what: format!("{}: ping {destination}", self.name()) }
    }
}

impl Pinging {
    /// Ends it. Every request must have been answered but those still under way.
    #[track_caller]
    pub fn assert_none_lost(mut self) {
        self.process.signal("INT");
        self.process.wait(Duration::from_secs(5));
        let text = self.process.log();
        let lost = lost(&text);
        assert!(lost == Some(Vec::new()), "{}: lost {lost:?}\n{text}", self.what);
    }
}

/// Sequence numbers below the highest one answered that were not; `None`: nothing was answered.
fn lost(text: &str) -> Option<Vec<u32>> {
    let answered: BTreeSet<u32> = text.lines().filter_map(answer).collect();
    let highest = *answered.last()?;
    Some((1..highest).filter(|n| !answered.contains(n)).collect())
}

/// `[1.25] 64 bytes from 10.0.2.10: icmp_seq=2 ttl=62 time=0.1 ms`
fn answer(line: &str) -> Option<u32> {
    let (_, rest) = line.split_once("bytes from")?;
    rest.split_once("icmp_seq=")?.1.split_whitespace().next()?.parse().ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_was_not_answered_before_the_last_answer_is_lost() {
        let line = |n: u32| format!("[1.25] 64 bytes from 10.0.2.10: icmp_seq={n} ttl=62 time=0.1 ms\n");
        let text: String = [1, 2, 4].map(line).concat();
        assert_eq!(lost(&text), Some(vec![3]));
        assert_eq!(lost(&[2, 3, 1].map(line).concat()), Some(vec![]), "order does not matter");
        assert_eq!(lost("From 10.0.1.1 icmp_seq=1 Destination Host Unreachable\n"), None);
    }
}
