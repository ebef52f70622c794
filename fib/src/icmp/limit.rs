//! Rate limits of ICMP errors (RFC 1812 section 4.3.2.8, RFC 4443 section 2.4f): one token bucket for the
//! router, and one per destination in a table of fixed size.

use crate::Instant;
use crate::packet::transport::flow_hash;
use crate::port::Rate;
use core::net::IpAddr;

/// Destinations that hash to the same slot share a bucket: no entry is ever evicted, so nobody can be starved by
/// spoofed sources beyond one part in this many.
const SLOTS: usize = 1024;

/// What was spent lately, in millionths of a message: elapsed microseconds times the rate pay it back.
#[derive(Copy, Clone, Debug)]
struct Bucket {
    spent: u64,
    at: Instant,
}

impl Bucket {
    const FULL: Bucket = Bucket { spent: 0, at: Instant::ZERO };
    /// One message.
    const COST: u64 = 1_000_000;

    fn take(&mut self, now: Instant, rate: Rate) -> bool {
        let elapsed = now.as_micros().saturating_sub(self.at.as_micros());
        let refilled = elapsed.saturating_mul(u64::from(rate.per_second));
        let spent = self.spent.saturating_sub(refilled);
        let after = spent.saturating_add(Bucket::COST);
        let allowed = after <= u64::from(rate.burst).saturating_mul(Bucket::COST);
        *self = Bucket { spent: if allowed { after } else { spent }, at: now.max(self.at) };
        allowed
    }
}

/// All the limits of one router.
#[derive(Debug)]
pub struct Limiter {
    seed: u64,
    global: Rate,
    target: Rate,
    all: Bucket,
    /// Empty until the first error: most routers of a lab never send one.
    slots: Vec<Bucket>,
}

impl Limiter {
    pub fn new(seed: u64, global: Rate, target: Rate) -> Limiter {
        Limiter { seed, global, target, all: Bucket::FULL, slots: Vec::new() }
    }

    pub fn set(&mut self, global: Rate, target: Rate) {
        (self.global, self.target) = (global, target);
    }

    /// Whether one more error may go to `to` now. `vital` ones are held to the router's limit only.
    pub fn allow(&mut self, now: Instant, to: IpAddr, vital: bool) -> bool {
        if self.slots.is_empty() {
            self.slots = vec![Bucket::FULL; SLOTS];
        }
        let slot = (flow_hash(self.seed, to, to, 0, 0) as usize) % SLOTS;
        let target = self.target;
        let within = vital || self.slots.get_mut(slot).is_none_or(|bucket| bucket.take(now, target));
        within && self.all.take(now, self.global)
    }
}

#[cfg(test)]
#[allow(clippy::arithmetic_side_effects)]
mod tests {
    use super::*;
    use core::time::Duration;

    fn limiter() -> Limiter {
        Limiter::new(1, Rate { per_second: 1000, burst: 50 }, Rate { per_second: 2, burst: 6 })
    }

    const TO: IpAddr = IpAddr::V4(core::net::Ipv4Addr::new(10, 0, 0, 1));

    #[test]
    fn a_burst_passes_and_then_the_rate_rules() {
        let mut l = limiter();
        let mut now = Instant::from_secs(100);
        assert_eq!((0..100).filter(|_| l.allow(now, TO, false)).count(), 6);
        now += Duration::from_millis(499);
        assert!(!l.allow(now, TO, false));
        now += Duration::from_millis(1);
        assert!(l.allow(now, TO, false));
        now += Duration::from_secs(1000);
        assert_eq!(
            (0..100).filter(|_| l.allow(now, TO, false)).count(),
            6,
            "a rest refills the burst, no more"
        );
    }

    #[test]
    fn many_destinations_share_the_limit_of_the_router() {
        let mut l = limiter();
        let hosts = (0u32..1000).map(|n| IpAddr::from((0x0a00_0000 + n).to_be_bytes()));
        assert_eq!(hosts.filter(|to| l.allow(Instant::ZERO, *to, false)).count(), 50);
    }

    #[test]
    fn vital_errors_ignore_the_limit_of_the_destination() {
        let mut l = limiter();
        assert_eq!((0..100).filter(|_| l.allow(Instant::ZERO, TO, true)).count(), 50);
    }

    #[test]
    fn a_rate_of_zero_never_refills() {
        let mut l = Limiter::new(1, Rate { per_second: 1000, burst: 50 }, Rate { per_second: 0, burst: 1 });
        assert!(l.allow(Instant::ZERO, TO, false));
        assert!(!l.allow(Instant::from_secs(1_000_000), TO, false));
    }
}
