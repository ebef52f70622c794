//! The RIP table, and the one decision RIP makes: what to do with news of a network (RFC 2453 3.9.2).
//! Pure: `decide` says what should happen; `learn.rs` does it, with timers, triggered updates and the RIB.

use core::net::Ipv4Addr;
use fib::{Instant, PortId, Prefix, Protocol};
use std::collections::BTreeMap;

/// Who tells us: a neighbor on a port. It has one say per network.
#[derive(Copy, Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub(crate) struct Via {
    pub port: PortId,
    pub from: Ipv4Addr,
}

/// One way to a learned route.
#[derive(Copy, Clone, Debug, PartialEq, Eq)]
pub(crate) struct Path {
    pub via: Via,
    /// The neighbor itself or a next hop it named on the same link.
    pub gateway: Ipv4Addr,
    pub tag: u16,
    pub distance: u8,
}

/// Why a route is our own.
#[derive(Copy, Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum Kind {
    /// A `network` interface's.
    Interface,
    /// `route P`.
    Static,
    /// `default-information originate`.
    Default,
    /// `redistribute`.
    Redistributed(Protocol),
}

/// A route that is ours to tell.
#[derive(Copy, Clone, Debug, PartialEq, Eq)]
pub(crate) struct Own {
    pub kind: Kind,
    /// What neighbors are told, before offset lists and route maps: 1..infinity.
    pub metric: u32,
    pub tag: u16,
    pub port: Option<PortId>,
    pub next_hop: Option<Ipv4Addr>,
}

/// Where a route comes from.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Origin {
    Own(Own),
    /// All of equal metric, in order of `via`; never empty.
    Learned(Vec<Path>),
}

/// What is known of a route that is gone and still announced as unreachable.
#[derive(Copy, Clone, Debug, PartialEq, Eq)]
pub(crate) struct Lost {
    /// Its metric while it lived.
    pub metric: u32,
    /// No other news is believed before.
    pub held_until: Option<Instant>,
}

/// One network.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Entry {
    pub origin: Origin,
    /// Infinity once it is lost.
    pub metric: u32,
    /// In its garbage time.
    pub lost: Option<Lost>,
    /// Not yet in an update.
    pub changed: bool,
    /// The RIB has it from us.
    pub announced: bool,
}

/// Every network, in order.
pub(crate) type Table = BTreeMap<Prefix, Entry>;

impl Entry {
    pub fn paths(&self) -> &[Path] {
        match &self.origin {
            Origin::Own(_) => &[],
            Origin::Learned(paths) => paths,
        }
    }

    pub fn own(&self) -> Option<&Own> {
        match &self.origin {
            Origin::Own(own) => Some(own),
            Origin::Learned(_) => None,
        }
    }

    pub fn tag(&self) -> u16 {
        match &self.origin {
            Origin::Own(own) => own.tag,
            Origin::Learned(paths) => paths.first().map_or(0, |p| p.tag),
        }
    }

    pub fn distance(&self) -> u8 {
        self.paths().first().map_or(0, |p| p.distance)
    }

    pub fn is_held(&self, now: Instant) -> bool {
        self.lost.is_some_and(|l| l.held_until.is_some_and(|until| now < until))
    }
}

/// What a neighbor says of a network, after filters and with the cost of the link added.
#[derive(Copy, Clone, Debug, PartialEq, Eq)]
pub(crate) struct News {
    pub path: Path,
    /// At most infinity, which means it has no way there.
    pub metric: u32,
}

/// What to do with news.
#[derive(Copy, Clone, Debug, PartialEq, Eq)]
pub(crate) enum Verdict {
    /// Nothing.
    Ignore,
    /// Nothing, because the route is held down.
    HeldDown,
    /// The same again: start its timeout anew.
    Refresh,
    /// The same way, but something about it changed.
    Update,
    /// One more equally good way.
    Join,
    /// The only way from now on.
    Replace,
    /// Instead of this one, which has not been confirmed for half its timeout.
    Relieve(Via),
    /// This way is gone.
    Lose,
}

/// The circumstances of a decision.
#[derive(Copy, Clone, Debug, PartialEq, Eq)]
pub(crate) struct Rules {
    pub now: Instant,
    /// The metric that means unreachable.
    pub infinity: u32,
    /// How many ways a route may have, 1..=64.
    pub maximum_paths: usize,
}

/// RFC 2453 3.9.2, FRR's ECMP, and holddown. `is_stale` says whether a path is past half of its timeout.
pub(crate) fn decide(
    entry: Option<&Entry>,
    news: &News,
    rules: Rules,
    is_stale: impl Fn(Via) -> bool,
) -> Verdict {
    let reachable = news.metric < rules.infinity;
    let Some(entry) = entry else {
        // 3.9.2: no point in adding a route that is unusable.
        return if reachable { Verdict::Replace } else { Verdict::Ignore };
    };
    let known = entry.paths().iter().find(|p| p.via == news.path.via);
    if let Some(lost) = &entry.lost {
        // Cisco's holddown: who lost it may have it back; another must do better than it ever was.
        let may = !entry.is_held(rules.now) || known.is_some() || news.metric < lost.metric;
        return match (reachable, may) {
            (false, _) => Verdict::Ignore,
            (true, false) => Verdict::HeldDown,
            (true, true) => Verdict::Replace,
        };
    }
    let paths = match &entry.origin {
        Origin::Own(_) => return Verdict::Ignore,
        Origin::Learned(paths) => paths,
    };
    let alone = paths.len() == 1;
    if let Some(known) = known {
        return if !reachable || (news.metric > entry.metric && !alone) {
            Verdict::Lose
        } else if news.metric != entry.metric {
            // From the same router even worse news is the truth.
            Verdict::Replace
        } else if news.path.distance > entry.distance() && !alone {
            Verdict::Lose
        } else if news.path.distance < entry.distance() && !alone {
            Verdict::Replace
        } else if news.path == *known {
            Verdict::Refresh
        } else {
            Verdict::Update
        };
    }
    if !reachable || news.metric > entry.metric {
        return Verdict::Ignore;
    }
    if news.metric < entry.metric || news.path.distance < entry.distance() {
        return Verdict::Replace;
    }
    if news.path.distance > entry.distance() {
        return Verdict::Ignore;
    }
    if paths.len() < rules.maximum_paths {
        return Verdict::Join;
    }
    // 3.9.2's heuristic, "optional, but highly recommended".
    paths.iter().find(|p| is_stale(p.via)).map_or(Verdict::Ignore, |p| Verdict::Relieve(p.via))
}

#[cfg(test)]
mod tests {
    use super::*;

    const NOW: Instant = Instant::from_secs(100);

    fn path(host: u8) -> Path {
        let from = Ipv4Addr::new(10, 0, 0, host);
        Path { via: Via { port: PortId(1), from }, gateway: from, tag: 0, distance: 120 }
    }

    fn learned(metric: u32, hosts: &[u8]) -> Entry {
        let origin = Origin::Learned(hosts.iter().map(|h| path(*h)).collect());
        Entry { origin, metric, lost: None, changed: false, announced: true }
    }

    fn ask(entry: Option<&Entry>, host: u8, metric: u32, maximum_paths: usize) -> Verdict {
        let rules = Rules { now: NOW, infinity: 16, maximum_paths };
        decide(entry, &News { path: path(host), metric }, rules, |_| false)
    }

    #[test]
    fn a_new_network_is_learned_unless_it_is_unreachable() {
        assert_eq!(ask(None, 1, 15, 1), Verdict::Replace);
        assert_eq!(ask(None, 1, 16, 1), Verdict::Ignore);
    }

    #[test]
    fn the_router_we_use_is_believed_whatever_it_says_and_others_only_if_better() {
        let e = learned(5, &[1]);
        assert_eq!(ask(Some(&e), 1, 5, 1), Verdict::Refresh);
        assert_eq!(ask(Some(&e), 1, 7, 1), Verdict::Replace);
        assert_eq!(ask(Some(&e), 1, 16, 1), Verdict::Lose);
        assert_eq!(ask(Some(&e), 2, 4, 1), Verdict::Replace);
        assert_eq!(ask(Some(&e), 2, 5, 1), Verdict::Ignore);
        assert_eq!(ask(Some(&e), 2, 6, 1), Verdict::Ignore);
        assert_eq!(ask(Some(&e), 2, 16, 1), Verdict::Ignore);
    }

    #[test]
    fn equal_ways_join_up_to_the_limit_and_leave_one_by_one() {
        let one = learned(5, &[1]);
        assert_eq!(ask(Some(&one), 2, 5, 2), Verdict::Join);
        let two = learned(5, &[1, 2]);
        assert_eq!(ask(Some(&two), 3, 5, 2), Verdict::Ignore);
        assert_eq!(ask(Some(&two), 2, 6, 2), Verdict::Lose, "worse than the others: it leaves them");
        assert_eq!(ask(Some(&two), 2, 4, 2), Verdict::Replace);
        assert_eq!(ask(Some(&two), 2, 16, 2), Verdict::Lose);
    }

    #[test]
    fn a_change_of_tag_or_gateway_is_an_update() {
        let e = learned(5, &[1]);
        let rules = Rules { now: NOW, infinity: 16, maximum_paths: 1 };
        for news in [Path { tag: 7, ..path(1) }, Path { gateway: Ipv4Addr::new(10, 0, 0, 9), ..path(1) }] {
            assert_eq!(decide(Some(&e), &News { path: news, metric: 5 }, rules, |_| false), Verdict::Update);
        }
    }

    #[test]
    fn a_lower_distance_wins_among_equal_metrics() {
        let e = learned(5, &[1]);
        let rules = Rules { now: NOW, infinity: 16, maximum_paths: 4 };
        let ask = |distance| {
            decide(Some(&e), &News { path: Path { distance, ..path(2) }, metric: 5 }, rules, |_| false)
        };
        assert_eq!((ask(100), ask(120), ask(130)), (Verdict::Replace, Verdict::Join, Verdict::Ignore));
    }

    #[test]
    fn a_silent_way_gives_place_to_an_equal_one_after_half_its_timeout() {
        let e = learned(5, &[1]);
        let rules = Rules { now: NOW, infinity: 16, maximum_paths: 1 };
        let news = News { path: path(2), metric: 5 };
        assert_eq!(decide(Some(&e), &news, rules, |_| true), Verdict::Relieve(path(1).via));
    }

    #[test]
    fn our_own_routes_are_not_learned_until_they_are_lost() {
        let own = Own { kind: Kind::Interface, metric: 1, tag: 0, port: None, next_hop: None };
        let mut e =
            Entry { origin: Origin::Own(own), metric: 1, lost: None, changed: false, announced: false };
        assert_eq!(ask(Some(&e), 1, 1, 1), Verdict::Ignore);
        e.lost = Some(Lost { metric: 1, held_until: None });
        e.metric = 16;
        assert_eq!(ask(Some(&e), 1, 3, 1), Verdict::Replace);
        assert_eq!(ask(Some(&e), 1, 16, 1), Verdict::Ignore);
    }

    #[test]
    fn while_held_down_only_the_one_who_lost_it_or_a_better_one_is_believed() {
        let mut e = learned(16, &[1]);
        e.lost = Some(Lost { metric: 5, held_until: Some(Instant::from_secs(200)) });
        assert_eq!(ask(Some(&e), 2, 5, 1), Verdict::HeldDown);
        assert_eq!(ask(Some(&e), 2, 4, 1), Verdict::Replace);
        assert_eq!(ask(Some(&e), 1, 9, 1), Verdict::Replace);
        e.lost = Some(Lost { metric: 5, held_until: Some(NOW) });
        assert_eq!(ask(Some(&e), 2, 9, 1), Verdict::Replace, "the hold is over at its instant");
    }
}
