//! A running ping or traceroute, printed as it goes: ping in IOS's marks, traceroute in everyone's columns.

use super::millis;
use crate::command::{Ping, Traceroute};
use crate::reply::{HopOutcome, PingOutcome, PingSummary, Progress};
use core::net::IpAddr;
use std::fmt::Write;

/// Marks on a line, as IOS.
const MARKS: u32 = 70;

/// What has been printed of a job so far.
#[derive(Clone, Debug, Default)]
pub struct Job {
    marks: u32,
    /// The last error that came instead of an answer, and how often in a row.
    reason: Option<String>,
    /// TTL of the line being printed.
    ttl: Option<u8>,
    /// Who answered last on this line.
    last: Option<IpAddr>,
    /// Whether something came back.
    answered: bool,
}

impl Job {
    /// Before a ping's first request.
    pub fn ping(ping: &Ping) -> (Job, String) {
        let Ping { count, size, destination, timeout_ms, .. } = ping;
        let mut text = format!(
            "Sending {count}, {size}-byte ICMP Echos to {destination}, timeout is {} seconds:\n",
            timeout_ms / 1000
        );
        if let Some(source) = ping.source {
            let _ = writeln!(text, "Packet sent with a source address of {source}");
        }
        if ping.df {
            text.push_str("Packet sent with the DF bit set\n");
        }
        (Job::default(), text)
    }

    /// Before a traceroute's first probe.
    pub fn traceroute(trace: &Traceroute) -> (Job, String) {
        let Traceroute { destination, max_ttl, size, .. } = trace;
        (Job::default(), format!("traceroute to {destination}, {max_ttl} hops max, {size} byte packets\n"))
    }

    /// The text of one event; `Some` in the second place: the job is over, and whether it went well.
    pub fn step(&mut self, progress: &Progress) -> (String, Option<bool>) {
        match progress {
            Progress::Ping(outcome) => (self.mark(outcome), None),
            Progress::PingDone(summary) => (self.sum(summary), Some(summary.received > 0)),
            Progress::Hop(hop) => (self.hop(hop), None),
            Progress::TracerouteDone { reached } => {
                let end = if self.ttl.is_some() { "\n" } else { "" };
                (end.to_owned(), Some(*reached))
            }
            Progress::Failed(why) => {
                let end = if self.marks > 0 || self.ttl.is_some() { "\n" } else { "" };
                (format!("{end}% {why}\n"), Some(false))
            }
        }
    }

    fn mark(&mut self, outcome: &PingOutcome) -> String {
        let mark = match outcome {
            PingOutcome::Reply { .. } => '!',
            PingOutcome::Timeout { .. } => '.',
            PingOutcome::Unreachable { from, reason, .. } => {
                self.reason = Some(format!("{from} says: {reason}"));
                match () {
                    () if reason.starts_with("fragmentation needed")
                        || reason.starts_with("packet too big") =>
                    {
                        'M'
                    }
                    () if reason.starts_with("time exceeded") => '&',
                    () => 'U',
                }
            }
        };
        self.marks = self.marks.saturating_add(1);
        if self.marks.is_multiple_of(MARKS) { format!("{mark}\n") } else { mark.to_string() }
    }

    fn sum(&mut self, s: &PingSummary) -> String {
        let mut out = if self.marks.is_multiple_of(MARKS) { String::new() } else { "\n".to_owned() };
        if let Some(reason) = self.reason.take() {
            let _ = writeln!(out, "{reason}");
        }
        let (sent, received) = (u64::from(s.sent), u64::from(s.received));
        let percent = received.saturating_mul(100).checked_div(sent).unwrap_or(0);
        let _ = write!(out, "Success rate is {percent} percent ({received}/{sent})");
        if received > 0 {
            let (min, avg, max) = (millis(s.min_us), millis(s.avg_us), millis(s.max_us));
            let _ = write!(out, ", round-trip min/avg/max = {min}/{avg}/{max} ms");
        }
        out.push('\n');
        out
    }

    fn hop(&mut self, hop: &HopOutcome) -> String {
        let mut out = String::new();
        if self.ttl != Some(hop.ttl) {
            if self.ttl.is_some() {
                out.push('\n');
            }
            let _ = write!(out, "{:>2} ", hop.ttl);
            self.ttl = Some(hop.ttl);
            self.last = None;
        }
        match hop.answer {
            None => out.push_str(" *"),
            Some((from, rtt)) => {
                self.answered = true;
                if self.last != Some(from) {
                    let _ = write!(out, " {from} ");
                    self.last = Some(from);
                }
                let _ = write!(out, " {} ms", millis(rtt));
                if !hop.note.is_empty() {
                    let _ = write!(out, " {}", hop.note);
                }
            }
        }
        out
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn run(job: &mut Job, steps: &[Progress]) -> (String, Option<bool>) {
        let mut text = String::new();
        let mut end = None;
        for step in steps {
            let (more, over) = job.step(step);
            text += &more;
            end = end.or(over);
        }
        (text, end)
    }

    fn reply(seq: u32) -> Progress {
        Progress::Ping(PingOutcome::Reply { seq, from: "10.0.0.1".parse().unwrap(), rtt_us: 1500, ttl: 63 })
    }

    #[test]
    fn a_ping_is_marked_as_ios_marks_it() {
        let from = "10.0.12.2".parse().unwrap();
        let unreachable =
            |reason: &str| Progress::Ping(PingOutcome::Unreachable { seq: 2, from, reason: reason.into() });
        let summary = PingSummary { sent: 4, received: 1, min_us: 1500, avg_us: 1500, max_us: 1500 };
        let steps = [
            reply(0),
            Progress::Ping(PingOutcome::Timeout { seq: 1 }),
            unreachable("fragmentation needed, mtu 1400"),
            unreachable("host unreachable"),
            Progress::PingDone(summary),
        ];
        let (text, end) = run(&mut Job::default(), &steps);
        let expected = "!.MU\n10.0.12.2 says: host unreachable\n\
                        Success rate is 25 percent (1/4), round-trip min/avg/max = 1.500/1.500/1.500 ms\n";
        assert_eq!((text.as_str(), end), (expected, Some(true)));
        let (text, end) = run(&mut Job::default(), &[Progress::PingDone(PingSummary::default())]);
        assert_eq!((text.as_str(), end), ("Success rate is 0 percent (0/0)\n", Some(false)));
    }

    #[test]
    fn marks_are_broken_into_lines() {
        let steps: Vec<Progress> = (0..141).map(reply).collect();
        let (text, _) = run(&mut Job::default(), &steps);
        let lengths: Vec<usize> = text.lines().map(str::len).collect();
        assert_eq!(lengths, [70, 70, 1]);
    }

    #[test]
    fn a_traceroute_names_each_hop_once() {
        let hop = |ttl, probe, answer: Option<(&str, u64)>, note: &str| {
            let answer = answer.map(|(a, us)| (a.parse().unwrap(), us));
            Progress::Hop(HopOutcome { ttl, probe, answer, note: note.into() })
        };
        let steps = [
            hop(1, 0, Some(("10.0.0.1", 100)), ""),
            hop(1, 1, Some(("10.0.0.1", 200)), ""),
            hop(2, 0, None, ""),
            hop(2, 1, Some(("10.0.0.2", 1234)), "!H"),
            Progress::TracerouteDone { reached: false },
        ];
        let (text, end) = run(&mut Job::default(), &steps);
        assert_eq!(text, " 1  10.0.0.1  0.100 ms 0.200 ms\n 2  * 10.0.0.2  1.234 ms !H\n");
        assert_eq!(end, Some(false));
    }

    #[test]
    fn a_job_that_fails_says_why() {
        let (text, end) = run(&mut Job::default(), &[Progress::Failed("no route".into())]);
        assert_eq!((text.as_str(), end), ("% no route\n", Some(false)));
    }
}
