//! A link's cost measured as half of an echo's round trip (`ip ospf cost measured`). The delay is smoothed, and the cost
//! follows it only when it has left a band around the announced one for several echoes on end: it never oscillates.

use crate::IfId;
use crate::config::Measured;
use crate::neighbor::Neighbor;
use crate::process::{Echo, Ospf, Timer};
use core::net::Ipv4Addr;
use core::time::Duration;
use fib::Instant;
use proto::{Level, Notice};
use std::collections::BTreeMap;

/// Echoes outside the band until the cost follows.
const CONFIRM: u8 = 3;
/// The weight of a new echo is one of this many.
const SMOOTHING: u64 = 4;

/// What has been measured on an interface.
#[derive(Clone, Debug, Default)]
pub(crate) struct Measure {
    /// The cost in force; `None`: nothing is known yet, the configured cost holds.
    pub cost: Option<u16>,
    /// One-way delay of each neighbor, smoothed, microseconds.
    delays: BTreeMap<Ipv4Addr, u64>,
    /// How many echoes on end were outside the band.
    outside: u8,
}

impl Measure {
    /// The delay that counts: of the slowest neighbor, microseconds.
    pub fn delay(&self) -> Option<u64> {
        self.delays.values().copied().max()
    }

    /// What `show` tells of it.
    pub fn report(&self) -> crate::show::MeasuredCost {
        crate::show::MeasuredCost { delay_us: self.delay(), beyond: self.outside }
    }

    /// Takes one round trip to a neighbor; true when the cost changes.
    fn take(&mut self, how: &Measured, neighbor: Ipv4Addr, round_trip: Duration) -> bool {
        let sample = u64::try_from(round_trip.as_micros()).unwrap_or(u64::MAX) / 2;
        let delay = self.delays.entry(neighbor).or_insert(sample);
        // Rounded towards the sample, so that a constant delay is reached.
        *delay = if sample >= *delay {
            delay.saturating_add((sample - *delay).div_ceil(SMOOTHING))
        } else {
            delay.saturating_sub((*delay - sample).div_ceil(SMOOTHING))
        };
        // The slowest neighbor decides; with none known, whoever answers first.
        let slowest = self.delay() == self.delays.get(&neighbor).copied();
        slowest && self.follow(how, neighbor, sample)
    }

    fn follow(&mut self, how: &Measured, neighbor: Ipv4Addr, sample: u64) -> bool {
        let Some(delay) = self.delay() else { return false };
        let Some(cost) = self.cost else {
            self.cost = Some(cost_of(how, delay));
            return true;
        };
        let unit = u64::from(how.unit.max(1));
        let announced = u64::from(cost).saturating_mul(unit);
        let band = announced.saturating_mul(how.hysteresis.into()) / 100;
        // A whole unit at least: rounding alone never moves the cost. The echo itself must agree, so that one that was late
        // does not move it by its weight in the ones after.
        let inside = |us: u64| us.abs_diff(announced) <= band.max(unit);
        if cost_of(how, delay) == cost || inside(delay) || inside(sample) {
            self.outside = 0;
            return false;
        }
        self.outside = self.outside.saturating_add(1);
        if self.outside < CONFIRM {
            return false;
        }
        // It is so: smoothing begins anew from here, and one step is enough.
        self.outside = 0;
        self.delays.insert(neighbor, sample);
        let wanted = cost_of(how, self.delay().unwrap_or(sample));
        self.cost.replace(wanted) != Some(wanted)
    }
}

/// What a one-way delay costs, microseconds in.
fn cost_of(how: &Measured, delay: u64) -> u16 {
    let cost = u16::try_from(delay.div_ceil(how.unit.max(1).into())).unwrap_or(u16::MAX);
    let least = how.minimum.max(1);
    cost.clamp(least, how.maximum.max(least))
}

impl Ospf {
    /// Measures an interface from now on, or stops.
    pub(crate) fn schedule_echo(&mut self, now: Instant, id: IfId) {
        let measured = self.interfaces.get(&id).filter(|i| i.speaks()).and_then(|i| i.settings.measured);
        match measured {
            Some(_) if self.timers.get(&Timer::Echo(id)).is_none() => self.timers.set(Timer::Echo(id), now),
            Some(_) => {}
            None => drop(self.timers.stop(&Timer::Echo(id))),
        }
    }

    /// Asks every adjacent neighbor of an interface for an echo.
    pub(crate) fn echo_due(&mut self, now: Instant, id: IfId) {
        let Some(interface) = self.interfaces.get_mut(&id) else { return };
        let Some(how) = interface.settings.measured else { return };
        let full: Vec<Ipv4Addr> = interface.full().map(|n: &Neighbor| n.address).collect();
        interface.measure.delays.retain(|a, _| full.contains(a));
        let port = interface.port;
        self.echoes.extend(full.into_iter().map(|address| Echo { port, address }));
        self.timers.set(Timer::Echo(id), now + Duration::from_secs(how.interval.max(1).into()));
    }

    /// An echo came back after `round_trip`; `None`: not within its time, which says nothing about the delay.
    pub fn handle_echo(&mut self, now: Instant, echo: Echo, round_trip: Option<Duration>) {
        let id = IfId::Port(echo.port);
        let Some(round_trip) = round_trip else { return };
        let Some(interface) = self.interfaces.get_mut(&id) else { return };
        let Some(how) = interface.settings.measured else { return };
        if !interface.full().any(|n| n.address == echo.address) {
            return;
        }
        if interface.measure.take(&how, echo.address, round_trip) {
            self.cost_changed(now, id);
        }
    }

    fn cost_changed(&mut self, now: Instant, id: IfId) {
        let Some(interface) = self.interfaces.get(&id) else { return };
        let (area, cost, name) = (interface.area(), interface.cost(), interface.name.clone());
        let delay = interface.measure.delay().unwrap_or(0);
        self.dirty.areas.insert(area);
        self.dirty.root = true;
        let notice = Notice::new(Level::Info, "ospf events", "the measured cost has changed")
            .with("interface", name)
            .with("cost", cost)
            .with("delay-us", delay);
        self.push_notice(notice);
        self.rest(now);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const HOW: Measured = Measured { interval: 1, unit: 100, hysteresis: 25, minimum: 1, maximum: 1000 };
    const PEER: Ipv4Addr = Ipv4Addr::new(10, 0, 0, 2);

    fn feed(measure: &mut Measure, round_trips_us: impl IntoIterator<Item = u64>) -> usize {
        round_trips_us.into_iter().filter(|us| measure.take(&HOW, PEER, Duration::from_micros(*us))).count()
    }

    #[test]
    fn the_first_echo_sets_the_cost_to_half_its_round_trip() {
        let mut measure = Measure::default();
        assert_eq!(feed(&mut measure, [2_000]), 1);
        assert_eq!(measure.cost, Some(10));
    }

    #[test]
    fn jitter_inside_the_band_never_moves_the_cost() {
        let mut measure = Measure::default();
        feed(&mut measure, [20_000]);
        let jitter = (0..1000).map(|n| if n % 2 == 0 { 16_000 } else { 24_000 });
        assert_eq!((feed(&mut measure, jitter), measure.cost), (0, Some(100)));
    }

    #[test]
    fn a_lasting_change_is_followed_and_a_single_outlier_is_not() {
        let mut measure = Measure::default();
        feed(&mut measure, [20_000]);
        assert_eq!(feed(&mut measure, [60_000, 20_000, 20_000, 20_000, 20_000]), 0);
        assert!(feed(&mut measure, [60_000; 40]) >= 1);
        assert_eq!(feed(&mut measure, [60_000; 100]), 0, "and then it rests");
        assert_eq!(measure.cost, Some(300), "in one step, exactly");
    }

    #[test]
    fn a_delay_on_the_edge_of_the_band_does_not_flap() {
        let mut measure = Measure::default();
        feed(&mut measure, [20_000]);
        let edge = (0..2000).map(|n| 25_000 + (n % 7) * 60 - 180);
        assert!(feed(&mut measure, edge) <= 1);
    }

    #[test]
    fn the_slowest_neighbor_decides() {
        let mut measure = Measure::default();
        feed(&mut measure, [2_000]);
        let other = Ipv4Addr::new(10, 0, 0, 3);
        let slow = |m: &mut Measure| m.take(&HOW, other, Duration::from_micros(20_000));
        for _ in 0..10 {
            slow(&mut measure);
            feed(&mut measure, [2_000]);
        }
        assert_eq!(measure.cost, Some(100));
    }

    #[test]
    fn the_cost_stays_between_minimum_and_maximum() {
        let mut measure = Measure::default();
        feed(&mut measure, [1]);
        assert_eq!(measure.cost, Some(1));
        let mut measure = Measure::default();
        feed(&mut measure, [10_000_000]);
        assert_eq!(measure.cost, Some(1000));
    }
}
