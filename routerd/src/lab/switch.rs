//! A learning Ethernet switch: the LAN between more than two nodes.
//! No spanning tree, no VLANs: a loop of switches storms, as it would on a table of cheap ones, up to what storm
//! control lets through.

use core::time::Duration;
use fib::Instant;
use std::collections::BTreeMap;

/// How long a silent station is remembered (IEEE 802.1D: 300 s).
const AGEING: Duration = Duration::from_secs(300);
/// Stations remembered at most; more are flooded to.
const MAX_STATIONS: usize = 8192;

/// Storm control: frames flooded at once, and one more after each such pause.
const FLOOD_BURST: u32 = 1000;
const FLOOD_PAUSE: Duration = Duration::from_micros(100);

/// Where stations were last heard.
#[derive(Debug, Default)]
pub struct Switch {
    stations: BTreeMap<[u8; 6], (usize, Instant)>,
    /// Frames flooded and not yet made up for by time, and the instant up to which it was counted.
    flooded: u32,
    counted: Instant,
    stormed: u64,
}

impl Switch {
    /// Learns the sender of a frame that came in by `port` and says where it goes: `Some` one port (maybe the
    /// same: then nowhere), or `None` to flood it. A frame too short to have addresses goes nowhere.
    pub fn handle_frame(&mut self, now: Instant, port: usize, frame: &[u8]) -> Forward {
        let Some((destination, rest)) = frame.split_first_chunk::<6>() else { return Forward::Nowhere };
        let Some(source) = rest.first_chunk::<6>() else { return Forward::Nowhere };
        let is_group = |mac: &[u8; 6]| mac.first().is_some_and(|b| b & 1 == 1);
        if !is_group(source) && (self.stations.len() < MAX_STATIONS || self.stations.contains_key(source)) {
            self.stations.insert(*source, (port, now));
        }
        if is_group(destination) {
            return self.flood(now);
        }
        match self.stations.get(destination) {
            Some((_, heard)) if now.since(*heard) > AGEING => {
                self.stations.remove(destination);
                self.flood(now)
            }
            Some((to, _)) if *to == port => Forward::Nowhere,
            Some((to, _)) => Forward::Port(*to),
            None => self.flood(now),
        }
    }

    /// Floods if storm control lets it.
    fn flood(&mut self, now: Instant) -> Forward {
        let pauses = now.since(self.counted).as_micros() / FLOOD_PAUSE.as_micros();
        let pauses = u32::try_from(pauses).unwrap_or(u32::MAX);
        self.counted += FLOOD_PAUSE.saturating_mul(pauses);
        self.flooded = self.flooded.saturating_sub(pauses);
        if self.flooded >= FLOOD_BURST {
            self.stormed += 1;
            return Forward::Nowhere;
        }
        self.flooded += 1;
        Forward::Flood
    }

    /// Frames that storm control did not flood.
    pub fn stormed(&self) -> u64 {
        self.stormed
    }

    /// Forgets the stations behind a port whose carrier went.
    pub fn forget(&mut self, port: usize) {
        self.stations.retain(|_, (p, _)| *p != port);
    }

    /// Stations and the ports they are behind.
    pub fn stations(&self) -> impl Iterator<Item = ([u8; 6], usize)> + '_ {
        self.stations.iter().map(|(mac, (port, _))| (*mac, *port))
    }
}

/// Where a frame goes.
#[derive(Copy, Clone, Debug, PartialEq, Eq)]
pub enum Forward {
    /// To this port alone.
    Port(usize),
    /// To every port but the one it came in by.
    Flood,
    /// It is already where it belongs, or is no frame.
    Nowhere,
}

#[cfg(test)]
mod tests {
    use super::*;

    const A: [u8; 6] = [2, 0, 0, 0, 0, 0xa];
    const B: [u8; 6] = [2, 0, 0, 0, 0, 0xb];

    fn frame(to: [u8; 6], from: [u8; 6]) -> Vec<u8> {
        [&to[..], &from[..], &[8, 0]].concat()
    }

    #[test]
    fn the_unknown_is_flooded_and_the_known_is_not() {
        let mut s = Switch::default();
        assert_eq!(s.handle_frame(Instant::ZERO, 0, &frame(B, A)), Forward::Flood);
        assert_eq!(s.handle_frame(Instant::ZERO, 1, &frame(A, B)), Forward::Port(0));
        assert_eq!(s.handle_frame(Instant::ZERO, 0, &frame(B, A)), Forward::Port(1));
        assert_eq!(s.handle_frame(Instant::ZERO, 1, &frame(B, A)), Forward::Nowhere);
        assert_eq!(s.handle_frame(Instant::ZERO, 1, &frame([0xff; 6], B)), Forward::Flood);
        assert_eq!(s.handle_frame(Instant::ZERO, 1, &[1, 2, 3]), Forward::Nowhere);
    }

    #[test]
    fn a_storm_is_let_through_only_so_far() {
        let mut s = Switch::default();
        let broadcast = frame([0xff; 6], A);
        let floods = |s: &mut Switch, now, n: u32| {
            (0..n).filter(|_| s.handle_frame(now, 0, &broadcast) == Forward::Flood).count()
        };
        assert_eq!(floods(&mut s, Instant::ZERO, 5000), 1000);
        assert_eq!(s.stormed(), 4000);
        assert_eq!(floods(&mut s, Instant::from_millis(1), 5000), 10, "one for each 100 us");
        assert_eq!(floods(&mut s, Instant::from_secs(60), 5000), 1000);
    }

    #[test]
    fn a_station_is_forgotten_by_age_and_by_a_lost_carrier() {
        let mut s = Switch::default();
        s.handle_frame(Instant::ZERO, 0, &frame(B, A));
        assert_eq!(s.handle_frame(Instant::from_secs(301), 1, &frame(A, B)), Forward::Flood);
        s.handle_frame(Instant::from_secs(301), 0, &frame(B, A));
        s.forget(0);
        assert_eq!(s.handle_frame(Instant::from_secs(301), 1, &frame(A, B)), Forward::Flood);
    }
}
