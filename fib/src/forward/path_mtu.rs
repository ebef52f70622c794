//! Path MTUs learned from ICMP about packets of this router's own (RFC 1191 section 6.3, RFC 8201). Transit
//! packets have their own sources to learn.

#![expect(clippy::arithmetic_side_effects, reason = "only `Instant + Duration`, which saturates")]

use crate::Instant;
use core::net::IpAddr;
use core::time::Duration;
use std::collections::BTreeMap;

/// RFC 1191 section 6.3: ten minutes, then try larger ones again.
const LIFETIME: Duration = Duration::from_secs(600);
/// Destinations remembered.
const MAX: usize = 1024;
/// Linux's `min_pmtu`: below it, a forged message would only hurt.
const MIN_V4: u32 = 552;
const MIN_V6: u32 = 1280;

/// Destinations with a path MTU smaller than the first link's.
#[derive(Debug, Default)]
pub struct PathMtu {
    known: BTreeMap<IpAddr, (u32, Instant)>,
}

impl PathMtu {
    /// What is known at `now`.
    pub fn get(&self, now: Instant, dst: IpAddr) -> Option<u32> {
        self.known.get(&dst).filter(|(_, until)| *until > now).map(|(mtu, _)| *mtu)
    }

    /// Notes a smaller one; true if it is news.
    pub fn learn(&mut self, now: Instant, dst: IpAddr, mtu: u32) -> bool {
        let mtu = mtu.max(if dst.is_ipv4() { MIN_V4 } else { MIN_V6 });
        let known = self.get(now, dst);
        if known.is_some_and(|known| known < mtu) {
            return false;
        }
        if self.known.len() >= MAX && !self.known.contains_key(&dst) {
            let oldest = self.known.iter().min_by_key(|(addr, (_, until))| (*until, **addr));
            if let Some(addr) = oldest.map(|(addr, _)| *addr) {
                self.known.remove(&addr);
            }
        }
        self.known.insert(dst, (mtu, now + LIFETIME));
        known != Some(mtu)
    }
}

#[cfg(test)]
#[allow(clippy::arithmetic_side_effects)]
mod tests {
    use super::*;

    const DST: IpAddr = IpAddr::V4(core::net::Ipv4Addr::new(10, 0, 0, 1));

    #[test]
    fn a_path_mtu_only_shrinks_and_is_forgotten_after_ten_minutes() {
        let mut p = PathMtu::default();
        assert!(p.learn(Instant::ZERO, DST, 1400));
        assert!(!p.learn(Instant::ZERO, DST, 1450));
        assert_eq!(p.get(Instant::from_secs(599), DST), Some(1400));
        assert_eq!(p.get(Instant::from_secs(600), DST), None);
    }

    #[test]
    fn a_forged_tiny_mtu_is_raised_and_the_table_is_bounded() {
        let mut p = PathMtu::default();
        p.learn(Instant::ZERO, DST, 68);
        assert_eq!(p.get(Instant::ZERO, DST), Some(552));
        for n in 0..5000u64 {
            p.learn(Instant::from_micros(n), IpAddr::from((n as u32).to_be_bytes()), 1400);
        }
        assert_eq!(p.known.len(), MAX);
    }
}
