//! What a port remembers of router discovery, and when it is due to speak (RFC 4861 section 6.2): which routers it has
//! heard, when it advertises next, whether it still asks. Sends nothing; `router` does.

#![expect(clippy::arithmetic_side_effects, reason = "only `Instant + Duration`, which saturates")]

use crate::counters::Drop;
use crate::port::Advertise;
use crate::{Instant, PortId};
use core::net::Ipv6Addr;
use core::time::Duration;
use std::collections::BTreeMap;

/// Routers remembered on one link: there is one on the other end of a cable, and a few on a LAN.
const MAX_ROUTERS: usize = 8;
/// RFC 4861 section 10: the first three advertisements follow each other more closely.
const INITIAL: u8 = 3;
const INITIAL_INTERVAL: Duration = Duration::from_secs(16);
/// No two advertisements to all nodes are closer than this.
const MIN_DELAY: Duration = Duration::from_secs(3);
/// An answer waits no longer than this.
const MAX_ANSWER_DELAY: Duration = Duration::from_millis(500);
/// Questions, how far apart, and how long the first one waits at most (sections 6.3.7 and 10).
const SOLICITATIONS: u8 = 3;
const SOLICITATION_INTERVAL: Duration = Duration::from_secs(4);
const MAX_SOLICITATION_DELAY: Duration = Duration::from_secs(1);

/// Something that became due.
#[derive(Copy, Clone, PartialEq, Eq, Debug)]
pub(super) enum Due {
    /// Tell all nodes.
    Advertise(PortId),
    /// Ask all routers.
    Solicit(PortId),
    /// A router has not been heard for its lifetime.
    Lost(PortId, Ipv6Addr),
}

/// The ports that take part.
#[derive(Debug)]
pub(super) struct Discovery {
    seed: u64,
    /// Numbers drawn from the seed so far.
    drawn: u64,
    links: BTreeMap<PortId, Link>,
    /// The earliest of all deadlines.
    due: Option<Instant>,
}

#[derive(Debug)]
struct Link {
    how: Advertise,
    next: Instant,
    last: Option<Instant>,
    /// Advertisements sent, as far as [`INITIAL`] counts.
    sent: u8,
    /// When to ask, and how often still.
    ask: Option<(Instant, u8)>,
    /// Until when each can be used.
    routers: BTreeMap<Ipv6Addr, Instant>,
}

impl Link {
    fn due(&self) -> Instant {
        let ask = self.ask.map(|(at, _)| at);
        self.routers.values().copied().chain(ask).min().map_or(self.next, |at| at.min(self.next))
    }
}

impl Discovery {
    pub fn new(seed: u64) -> Discovery {
        Discovery { seed, drawn: 0, links: BTreeMap::new(), due: None }
    }

    pub fn takes_part(&self, id: PortId) -> bool {
        self.links.contains_key(&id)
    }

    /// The port advertises, first at once, and asks who else is there. One that does already goes on, but tells at once
    /// what has changed.
    pub fn start(&mut self, now: Instant, id: PortId, how: Advertise) {
        match self.links.get_mut(&id) {
            Some(link) if link.how == how => return,
            Some(link) => {
                link.how = how;
                link.sent = 0;
                link.next = link.last.map_or(now, |last| now.max(last + MIN_DELAY));
            }
            None => {
                let ask = Some((now + self.up_to(MAX_SOLICITATION_DELAY), SOLICITATIONS));
                let routers = BTreeMap::new();
                self.links.insert(id, Link { how, next: now, last: None, sent: 0, ask, routers });
            }
        }
        self.settle();
    }

    /// The end of that; returns the routers forgotten.
    pub fn stop(&mut self, id: PortId) -> Vec<Ipv6Addr> {
        let link = self.links.remove(&id);
        self.settle();
        link.into_iter().flat_map(|link| link.routers.into_keys()).collect()
    }

    /// An advertisement of `lifetime` seconds. `Ok(true)`: this router was not known. `Ok(false)`: it was, or is gone now and
    /// `Lost` is due.
    pub fn heard(&mut self, now: Instant, id: PortId, router: Ipv6Addr, lifetime: u16) -> Result<bool, Drop> {
        let link = self.links.get_mut(&id).ok_or(Drop::NdIgnored)?;
        let known = link.routers.contains_key(&router);
        let new = match lifetime {
            0 if known => {
                link.routers.insert(router, now);
                false
            }
            0 => false,
            _ if !known && link.routers.len() >= MAX_ROUTERS => return Err(Drop::RaFull),
            seconds => {
                link.ask = None;
                let until = now + Duration::from_secs(u64::from(seconds));
                link.routers.insert(router, until).is_none()
            }
        };
        self.settle();
        Ok(new)
    }

    /// Somebody asked: all are told a moment later, but not too often.
    pub fn asked(&mut self, now: Instant, id: PortId) {
        let delay = self.up_to(MAX_ANSWER_DELAY);
        let Some(link) = self.links.get_mut(&id) else { return };
        let earliest = link.last.map_or(now, |last| now.max(last + MIN_DELAY));
        link.next = link.next.min(earliest + delay);
        self.settle();
    }

    /// The next thing due, which is then no longer.
    pub fn poll(&mut self, now: Instant) -> Option<Due> {
        if self.due? > now {
            return None;
        }
        let id = *self.links.iter().find(|(_, link)| link.due() <= now)?.0;
        let due = self.take(now, id);
        self.settle();
        due
    }

    fn take(&mut self, now: Instant, id: PortId) -> Option<Due> {
        let link = self.links.get_mut(&id)?;
        if let Some(router) = link.routers.iter().find(|(_, until)| **until <= now).map(|(router, _)| *router)
        {
            link.routers.remove(&router);
            // There may be others, and this one may be about to return.
            link.ask = Some((now + SOLICITATION_INTERVAL, SOLICITATIONS)).filter(|_| link.routers.is_empty());
            return Some(Due::Lost(id, router));
        }
        if let Some((_, left)) = link.ask.filter(|(at, _)| *at <= now) {
            let left = left.saturating_sub(1);
            link.ask = (left > 0).then_some((now + SOLICITATION_INTERVAL, left));
            return Some(Due::Solicit(id));
        }
        link.last = Some(now);
        link.sent = link.sent.saturating_add(1).min(INITIAL);
        let (longest, initial) = (link.how.interval, link.sent < INITIAL);
        // MinRtrAdvInterval (section 6.2.1).
        let shortest = if longest >= Duration::from_secs(9) { longest / 3 } else { longest / 4 * 3 };
        let wait = shortest + self.up_to(longest.saturating_sub(shortest));
        let wait = if initial { wait.min(INITIAL_INTERVAL) } else { wait };
        if let Some(link) = self.links.get_mut(&id) {
            link.next = now + wait;
        }
        Some(Due::Advertise(id))
    }

    /// When [`Discovery::poll`] has something.
    pub fn next_deadline(&self) -> Option<Instant> {
        self.due
    }

    /// Routers heard on a port, and until when each can be used.
    pub fn routers(&self, id: PortId) -> impl Iterator<Item = (Ipv6Addr, Instant)> + '_ {
        self.links.get(&id).into_iter().flat_map(|link| link.routers.iter().map(|(addr, at)| (*addr, *at)))
    }

    fn settle(&mut self) {
        self.due = self.links.values().map(Link::due).min();
    }

    /// A duration below `limit`, different every time but the same for equal seeds.
    fn up_to(&mut self, limit: Duration) -> Duration {
        self.drawn = self.drawn.wrapping_add(1);
        // The finalizer of SplitMix64: spread is all that is asked of it.
        let mut z = self.seed.wrapping_add(self.drawn.wrapping_mul(0x9e37_79b9_7f4a_7c15));
        z = (z ^ (z >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        z = (z ^ (z >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        let micros = u64::try_from(limit.as_micros()).unwrap_or(u64::MAX);
        Duration::from_micros((z ^ (z >> 31)).checked_rem(micros).unwrap_or(0))
    }
}
