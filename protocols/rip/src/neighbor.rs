//! Who has been heard, what they did wrong, and the sequence numbers they must not go back on.
//! Bounded: a flood of forged senders forgets the least useful ones, not those whose word counts.

use crate::counters::Refusal;
use crate::table::Via;
use core::time::Duration;
use fib::Instant;
use std::collections::BTreeMap;

/// Neighbors remembered at most.
const LIMIT: usize = 1024;
/// The same complaint about the same neighbor is repeated at most this often.
const REPEAT: Duration = Duration::from_secs(300);
/// Any two complaints about one neighbor are this far apart.
const PAUSE: Duration = Duration::from_secs(1);

/// One neighbor.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Neighbor {
    /// When a packet of its was last believed.
    pub heard: Option<Instant>,
    /// When anything came from it.
    pub seen: Instant,
    pub bad_packets: u64,
    pub bad_routes: u64,
    pub last_error: Option<String>,
    /// The last sequence number of each key.
    sequences: BTreeMap<u8, u32>,
    complaint: Option<(Refusal, Instant)>,
}

/// All of them.
#[derive(Clone, Debug, Default)]
pub(crate) struct Neighbors {
    known: BTreeMap<Via, Neighbor>,
}

impl Neighbors {
    pub fn iter(&self) -> impl Iterator<Item = (&Via, &Neighbor)> {
        self.known.iter()
    }

    /// A packet of `via` is refused; whether that is worth a warning now.
    pub fn refuse(&mut self, now: Instant, via: Via, refusal: Refusal, words: &str) -> bool {
        let n = self.entry(now, via);
        n.bad_packets = n.bad_packets.saturating_add(1);
        n.last_error = Some(words.to_owned());
        if !refusal.is_authentication() {
            return false;
        }
        let news = match n.complaint {
            None => true,
            Some((last, at)) if last == refusal => now.since(at) >= REPEAT,
            Some((_, at)) => now.since(at) >= PAUSE,
        };
        if news {
            n.complaint = Some((refusal, now));
        }
        news
    }

    /// An entry of a packet of `via` is refused.
    pub fn refuse_entry(&mut self, now: Instant, via: Via, words: String) {
        let n = self.entry(now, via);
        n.bad_routes = n.bad_routes.saturating_add(1);
        n.last_error = Some(words);
    }

    /// A packet of `via` is believed; whether it had been complained about before.
    pub fn believe(&mut self, now: Instant, via: Via) -> bool {
        let n = self.entry(now, via);
        n.heard = Some(now);
        n.complaint.take().is_some()
    }

    /// The highest sequence number `via` has used with this key, unless it has been silent for `timeout`
    /// (RFC 2082 3.2.2: it may have restarted).
    pub fn sequence(&self, now: Instant, via: Via, key_id: u8, timeout: Duration) -> Option<u32> {
        let n = self.known.get(&via)?;
        let silent = n.heard.is_none_or(|heard| now.since(heard) >= timeout);
        if silent { None } else { n.sequences.get(&key_id).copied() }
    }

    pub fn set_sequence(&mut self, now: Instant, via: Via, key_id: u8, sequence: u32) {
        self.entry(now, via).sequences.insert(key_id, sequence);
    }

    /// Forgets those not seen since `timeout`, and those for whom `keep` is false.
    pub fn expire(&mut self, now: Instant, timeout: Duration, keep: impl Fn(&Via) -> bool) {
        self.known.retain(|via, n| now.since(n.seen) < timeout && keep(via));
    }

    /// When the next one is forgotten.
    pub fn next_expiry(&self, timeout: Duration) -> Option<Instant> {
        self.known.values().map(|n| n.seen + timeout).min()
    }

    fn entry(&mut self, now: Instant, via: Via) -> &mut Neighbor {
        if !self.known.contains_key(&via) && self.known.len() >= LIMIT {
            // `None` sorts first: those never believed go before those believed longest ago.
            let least = self.known.iter().min_by_key(|(_, n)| (n.heard, n.seen)).map(|(v, _)| *v);
            least.map(|v| self.known.remove(&v));
        }
        let n = self.known.entry(via).or_insert_with(|| Neighbor {
            heard: None,
            seen: now,
            bad_packets: 0,
            bad_routes: 0,
            last_error: None,
            sequences: BTreeMap::new(),
            complaint: None,
        });
        n.seen = now;
        n
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use core::net::Ipv4Addr;
    use fib::PortId;

    fn via(n: u32) -> Via {
        Via { port: PortId(1), from: Ipv4Addr::from_bits(n) }
    }

    fn secs(s: u64) -> Instant {
        Instant::from_secs(s)
    }

    #[test]
    fn a_complaint_is_made_once_until_something_changes() {
        let mut n = Neighbors::default();
        assert!(n.refuse(secs(0), via(1), Refusal::AuthDigest, "bad digest"));
        assert!(!n.refuse(secs(30), via(1), Refusal::AuthDigest, "bad digest"));
        assert!(n.refuse(secs(60), via(1), Refusal::AuthKey, "no such key"), "another reason");
        assert!(n.believe(secs(70), via(1)), "it had been complained about");
        assert!(!n.believe(secs(71), via(1)));
        assert!(n.refuse(secs(72), via(1), Refusal::AuthKey, "no such key"), "wrong again after being right");
        assert!(
            n.refuse(secs(372), via(1), Refusal::AuthKey, "no such key"),
            "a reminder after five minutes"
        );
        assert!(!n.refuse(secs(372), via(1), Refusal::AuthDigest, "x"), "never two in a second");
        assert!(!n.refuse(secs(400), via(1), Refusal::AuthMissingRequest, "FRR"), "nobody has to act");
        assert!(
            n.refuse(secs(400), via(1), Refusal::AuthDigest, "x"),
            "and it does not silence what matters"
        );
    }

    #[test]
    fn a_sequence_number_is_forgotten_when_the_neighbor_falls_silent() {
        let mut n = Neighbors::default();
        let timeout = Duration::from_secs(180);
        n.believe(secs(0), via(1));
        n.set_sequence(secs(0), via(1), 3, 77);
        assert_eq!(n.sequence(secs(179), via(1), 3, timeout), Some(77));
        assert_eq!(n.sequence(secs(179), via(1), 4, timeout), None, "each key counts for itself");
        n.refuse(secs(179), via(1), Refusal::AuthReplay, "old");
        assert_eq!(n.sequence(secs(180), via(1), 3, timeout), None, "refused packets do not keep it alive");
    }

    #[test]
    fn a_flood_of_strangers_does_not_push_out_a_believed_neighbor() {
        let mut n = Neighbors::default();
        n.believe(secs(0), via(0));
        (1..5000).for_each(|i| {
            n.refuse(secs(1), via(i), Refusal::AuthMissing, "none");
        });
        assert_eq!(n.iter().count(), LIMIT);
        assert!(n.iter().any(|(v, _)| *v == via(0)));
    }
}
