//! A cable between two ends, with everything that goes wrong on cables: delay, jitter, loss, duplication,
//! reordering, a finite rate with a finite queue, and being pulled out.
//!
//! It decides when a frame arrives, if at all. It holds no frame and knows no router: the lab's event queue
//! carries the frame until then.

use super::units;
use core::fmt;
use core::time::Duration;
use fib::Instant;
use proto::Rng;
use std::collections::VecDeque;

/// How long light and a port take when nothing else is said: a couple of kilometres.
pub const DEFAULT_DELAY: Duration = Duration::from_micros(10);
/// The least delay there is: time must pass between cause and effect, or a loop would stop the clock.
const LEAST_DELAY: Duration = Duration::from_micros(1);
/// Frames on the way in one direction, at most: memory is finite.
const MAX_IN_FLIGHT: u32 = 10_000;

/// What one direction of a cable does to frames.
#[derive(Copy, Clone, Debug, PartialEq)]
pub struct Impairment {
    /// Propagation delay.
    pub delay: Duration,
    /// Added to the delay, uniformly from 0; the order of frames is kept.
    pub jitter: Duration,
    /// Probability that a frame is lost.
    pub loss: f64,
    /// Probability that a frame arrives twice.
    pub duplicate: f64,
    /// Probability that a frame is overtaken by later ones.
    pub reorder: f64,
    /// Bits a second; `None`: no limit.
    pub rate: Option<u64>,
    /// Frames waiting for the rate, at most; more are dropped.
    pub limit: u32,
}

impl Default for Impairment {
    fn default() -> Impairment {
        Impairment {
            delay: DEFAULT_DELAY,
            jitter: Duration::ZERO,
            loss: 0.0,
            duplicate: 0.0,
            reorder: 0.0,
            rate: None,
            limit: 1000,
        }
    }
}

impl Impairment {
    /// The names `set` knows.
    pub const KEYS: [&'static str; 7] = ["delay", "jitter", "loss", "duplicate", "reorder", "rate", "limit"];

    /// Sets one property from text: `delay` `10ms`, `loss` `1%`, `rate` `10mbit` or `off`, `limit` `100`.
    pub fn set(&mut self, key: &str, value: &str) -> Result<(), String> {
        match key {
            "delay" => self.delay = units::duration(value)?,
            "jitter" => self.jitter = units::duration(value)?,
            "loss" => self.loss = units::probability(value)?,
            "duplicate" => self.duplicate = units::probability(value)?,
            "reorder" => self.reorder = units::probability(value)?,
            "rate" if matches!(value, "off" | "none" | "unlimited") => self.rate = None,
            "rate" => self.rate = Some(units::rate(value)?),
            "limit" => {
                self.limit = value.parse().ok().filter(|n| *n > 0).ok_or_else(|| {
                    format!("`{value}` is not a queue limit: expected a number of frames from 1")
                })?;
            }
            _ => {
                let hint = super::yaml::did_you_mean(key, Self::KEYS);
                return Err(format!(
                    "a cable has no `{key}`{hint}; it has {}, up and down",
                    Self::KEYS.join(", ")
                ));
            }
        }
        Ok(())
    }

    /// What differs from an ideal cable, as [`Impairment::set`] takes it: `delay=10ms`.
    pub fn settings(&self) -> Vec<String> {
        let text = self.to_string();
        text.split(", ").filter(|p| !p.is_empty()).map(|p| p.replacen(' ', "=", 1)).collect()
    }
}

/// `delay 10ms, loss 1%`: what differs from an ideal cable; empty for one.
impl fmt::Display for Impairment {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let ideal = Impairment::default();
        let mut parts = Vec::new();
        if self.delay != ideal.delay {
            parts.push(format!("delay {}", units::show(self.delay)));
        }
        if !self.jitter.is_zero() {
            parts.push(format!("jitter {}", units::show(self.jitter)));
        }
        for (name, p) in [("loss", self.loss), ("duplicate", self.duplicate), ("reorder", self.reorder)] {
            if p > 0.0 {
                parts.push(format!("{name} {}%", p * 100.0));
            }
        }
        if let Some(rate) = self.rate {
            parts.push(format!("rate {}kbit", rate / 1000));
        }
        if self.limit != ideal.limit {
            parts.push(format!("limit {}", self.limit));
        }
        f.pad(&parts.join(", "))
    }
}

/// What becomes of a frame put on the cable.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Fate {
    /// It arrives then; and once more, if duplicated.
    Arrives(Instant, Option<Instant>),
    /// The cable is cut or an end is missing.
    Down,
    /// Lost by chance.
    Lost,
    /// No room to wait.
    QueueFull,
}

/// Frames of one direction, counted by fate.
#[derive(Copy, Clone, Debug, Default, PartialEq, Eq)]
pub struct Counters {
    /// Put on the cable.
    pub sent: u64,
    /// Bytes put on the cable.
    pub bytes: u64,
    /// Lost by chance.
    pub lost: u64,
    /// Dropped because the queue was full.
    pub queue_full: u64,
}

/// One end of a cable: which of the two.
#[derive(Copy, Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Side {
    /// The first endpoint of the topology's link.
    A,
    /// The second.
    B,
}

impl Side {
    /// The far end.
    pub fn other(self) -> Side {
        match self {
            Side::A => Side::B,
            Side::B => Side::A,
        }
    }
}

#[derive(Debug)]
struct Direction {
    impairment: Impairment,
    rng: Rng,
    /// When the frames still waiting for the wire will have left it.
    departures: VecDeque<Instant>,
    last_arrival: Instant,
    in_flight: u32,
    counters: Counters,
}

/// A cable. Frames are handed in by [`Cable::send`] and handed over by the lab at the time it says.
#[derive(Debug)]
pub struct Cable {
    up: bool,
    /// Grows whenever the cable is cut, so that frames on the way are known to be gone.
    epoch: u32,
    directions: [Direction; 2],
}

impl Cable {
    /// A cable that is plugged in. The impairments are those of what A and what B sends.
    pub fn new(impairments: [Impairment; 2], seed: u64, label: &str) -> Cable {
        let [a, b] = impairments;
        let direction = |impairment, way| Direction {
            impairment,
            rng: Rng::fork(seed, &format!("cable {label} {way}")),
            departures: VecDeque::new(),
            last_arrival: Instant::ZERO,
            in_flight: 0,
            counters: Counters::default(),
        };
        Cable { up: true, epoch: 0, directions: [direction(a, "A"), direction(b, "B")] }
    }

    /// Whether it is plugged in.
    pub fn is_up(&self) -> bool {
        self.up
    }

    /// Plugs it in or pulls it out; frames on the way are lost. Says whether that changed anything.
    pub fn set_up(&mut self, up: bool) -> bool {
        let changed = self.up != up;
        self.up = up;
        if changed {
            self.drop_in_flight();
        }
        changed
    }

    /// Loses what is on the way: the cable was pulled, or the far end died.
    pub fn drop_in_flight(&mut self) {
        self.epoch = self.epoch.wrapping_add(1);
        for direction in &mut self.directions {
            direction.departures.clear();
            direction.in_flight = 0;
        }
    }

    /// The present epoch; a frame of an earlier one does not arrive.
    pub fn epoch(&self) -> u32 {
        self.epoch
    }

    /// What `from` sends suffers this.
    pub fn impairment(&self, from: Side) -> Impairment {
        self.direction(from).impairment
    }

    /// Changes what `from` sends suffers; frames on the way are not affected.
    pub fn set_impairment(&mut self, from: Side, impairment: Impairment) {
        self.direction_mut(from).impairment = impairment;
    }

    /// What `from` has sent.
    pub fn counters(&self, from: Side) -> Counters {
        self.direction(from).counters
    }

    /// Puts a frame of `bytes` bytes on the cable at `from`.
    pub fn send(&mut self, now: Instant, from: Side, bytes: usize) -> Fate {
        let up = self.up;
        let d = self.direction_mut(from);
        if !up {
            return Fate::Down;
        }
        d.counters.sent += 1;
        d.counters.bytes += bytes as u64;
        let Some(departure) = d.departure(now, bytes) else {
            d.counters.queue_full += 1;
            return Fate::QueueFull;
        };
        let impairment = d.impairment;
        // Each die is thrown only where it can matter, so that an ideal cable consumes no randomness.
        let mut chance = |p: f64| p > 0.0 && d.rng.chance(p);
        let (lost, twice, overtaken) =
            (chance(impairment.loss), chance(impairment.duplicate), chance(impairment.reorder));
        if lost {
            d.counters.lost += 1;
            return Fate::Lost;
        }
        let arrival = d.arrival(departure, overtaken);
        let again = twice.then(|| d.arrival(departure, false));
        d.in_flight = d.in_flight.saturating_add(1 + u32::from(twice));
        Fate::Arrives(arrival, again)
    }

    /// A frame sent by `from` has arrived.
    pub fn arrived(&mut self, from: Side) {
        let d = self.direction_mut(from);
        d.in_flight = d.in_flight.saturating_sub(1);
    }

    fn direction(&self, from: Side) -> &Direction {
        let [a, b] = &self.directions;
        match from {
            Side::A => a,
            Side::B => b,
        }
    }

    fn direction_mut(&mut self, from: Side) -> &mut Direction {
        let [a, b] = &mut self.directions;
        match from {
            Side::A => a,
            Side::B => b,
        }
    }
}

impl Direction {
    /// When the last bit leaves; `None` when the queue is full.
    fn departure(&mut self, now: Instant, bytes: usize) -> Option<Instant> {
        if self.in_flight >= MAX_IN_FLIGHT {
            return None;
        }
        let Some(rate) = self.impairment.rate else { return Some(now) };
        while self.departures.front().is_some_and(|d| *d <= now) {
            self.departures.pop_front();
        }
        if self.departures.len() >= self.impairment.limit as usize {
            return None;
        }
        // Preamble, start of frame, FCS and gap take the wire for 24 bytes more; 60 bytes is the least.
        let bits = (bytes.max(60) as u64 + 24).saturating_mul(8);
        let busy = Duration::from_micros(bits.saturating_mul(1_000_000).div_ceil(rate.max(1)));
        let start = self.departures.back().copied().unwrap_or(now).max(now);
        self.departures.push_back(start + busy);
        Some(start + busy)
    }

    fn arrival(&mut self, departure: Instant, overtaken: bool) -> Instant {
        let delay = self.impairment.delay.max(LEAST_DELAY);
        let jitter = self.impairment.jitter;
        let extra = if jitter.is_zero() { Duration::ZERO } else { self.rng.between(Duration::ZERO, jitter) };
        let arrival = departure + delay + extra;
        if overtaken {
            // Held back for one more delay (a millisecond at least) while the rest passes.
            return arrival + delay.max(Duration::from_millis(1));
        }
        self.last_arrival = self.last_arrival.max(arrival);
        self.last_arrival
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn at(fate: Fate) -> u64 {
        match fate {
            Fate::Arrives(at, _) => at.as_micros(),
            other => panic!("{other:?}"),
        }
    }

    fn cable(change: impl Fn(&mut Impairment)) -> Cable {
        let mut impairment = Impairment::default();
        change(&mut impairment);
        Cable::new([impairment; 2], 1, "t")
    }

    #[test]
    fn an_ideal_cable_delivers_in_order_after_its_delay() {
        let mut c = cable(|_| ());
        assert_eq!(at(c.send(Instant::ZERO, Side::A, 60)), 10);
        assert_eq!(at(c.send(Instant::from_micros(5), Side::A, 60)), 15);
    }

    #[test]
    fn no_frame_arrives_at_the_instant_it_was_sent() {
        let mut c = cable(|i| i.delay = Duration::ZERO);
        assert_eq!(at(c.send(Instant::ZERO, Side::B, 60)), 1);
    }

    #[test]
    fn a_rate_serialises_frames_and_its_queue_is_finite() {
        let mut c = cable(|i| (i.rate, i.limit) = (Some(1_000_000), 3));
        // 101 bytes + 24 = 1000 bits: a millisecond each.
        let arrivals: Vec<u64> = (0..3).map(|_| at(c.send(Instant::ZERO, Side::A, 101))).collect();
        assert_eq!(arrivals, [1010, 2010, 3010]);
        assert_eq!(c.send(Instant::ZERO, Side::A, 101), Fate::QueueFull);
        assert_eq!(at(c.send(Instant::from_millis(1), Side::A, 101)), 4010);
        assert_eq!(c.counters(Side::A).queue_full, 1);
        assert_eq!(
            at(c.send(Instant::ZERO, Side::B, 101)),
            1010,
            "the other direction has a queue of its own"
        );
    }

    #[test]
    fn loss_is_about_right_and_the_same_for_equal_seeds() {
        let run = || {
            let mut c = cable(|i| i.loss = 0.2);
            (0..1000).map(|n| c.send(Instant::from_millis(n), Side::A, 60) == Fate::Lost).collect::<Vec<_>>()
        };
        let lost = run().iter().filter(|l| **l).count();
        assert!((150..250).contains(&lost), "{lost}");
        assert_eq!(run(), run());
    }

    #[test]
    fn jitter_keeps_the_order_and_reordering_breaks_it() {
        let mut c = cable(|i| i.jitter = Duration::from_millis(5));
        let arrivals: Vec<u64> = (0..100).map(|n| at(c.send(Instant::from_micros(n), Side::A, 60))).collect();
        assert!(arrivals.is_sorted() && arrivals.windows(2).any(|w| w[0] < w[1]));
        let mut c = cable(|i| i.reorder = 0.3);
        let arrivals: Vec<u64> = (0..100).map(|n| at(c.send(Instant::from_micros(n), Side::A, 60))).collect();
        assert!(!arrivals.is_sorted());
    }

    #[test]
    fn a_duplicate_arrives_twice() {
        let mut c = cable(|i| i.duplicate = 1.0);
        assert!(matches!(c.send(Instant::ZERO, Side::A, 60), Fate::Arrives(_, Some(_))));
    }

    #[test]
    fn a_cut_cable_carries_nothing_and_forgets_what_was_on_the_way() {
        let mut c = cable(|_| ());
        let before = c.epoch();
        assert!(c.set_up(false) && !c.set_up(false));
        assert_ne!(c.epoch(), before);
        assert_eq!(c.send(Instant::ZERO, Side::A, 60), Fate::Down);
        assert!(c.set_up(true));
        assert_eq!(at(c.send(Instant::ZERO, Side::A, 60)), 10);
    }

    #[test]
    fn frames_on_the_way_are_bounded() {
        let mut c = cable(|_| ());
        for _ in 0..MAX_IN_FLIGHT {
            c.send(Instant::ZERO, Side::A, 60);
        }
        assert_eq!(c.send(Instant::ZERO, Side::A, 60), Fate::QueueFull);
        c.arrived(Side::A);
        assert!(matches!(c.send(Instant::ZERO, Side::A, 60), Fate::Arrives(..)));
    }

    #[test]
    fn properties_are_set_from_text_and_a_wrong_one_is_refused_with_a_guess() {
        let mut i = Impairment::default();
        for (k, v) in [("delay", "10ms"), ("loss", "1%"), ("rate", "10mbit"), ("limit", "50")] {
            i.set(k, v).unwrap();
        }
        assert_eq!(i.to_string(), "delay 10ms, loss 1%, rate 10000kbit, limit 50");
        i.set("rate", "off").unwrap();
        assert_eq!(i.rate, None);
        assert!(i.set("dealy", "10ms").unwrap_err().contains("did you mean `delay`?"));
        assert!(i.set("loss", "2").is_err());
        assert!(i.set("limit", "0").is_err());
    }
}
