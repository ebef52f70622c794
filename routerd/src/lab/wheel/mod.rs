//! Where BGP finds no rest, and why: watches what every router thinks of one prefix, event by event, and names the
//! dispute wheel behind what does not end (Griffin, Shepherd and Wilfong, "The Stable Paths Problem and Interdomain
//! Routing", 2002).
//!
//! A wheel is a circle of routers, its pivots. Each has a way of its own to the prefix, its spoke, and likes another one
//! better: that which leads to the next pivot and on by that one's spoke. While all of them have what they like, none has
//! it any more. What a router likes is not asked of its configuration but seen: it used one path while it knew another.
//!
//! With MULTI_EXIT_DISC a router may like each of two paths better than the other, depending on a third that it knows (RFC
//! 3345). Then the next pivot is the router that the third comes from.

mod find;

pub use find::Wheel;

use super::sim::Lab;
use bgp::Family;
use bgp::settings::PeerKind;
use bgp::show::{EntryQuery, PathView, Which};
use cli::command::{BgpShow, Show};
use cli::reply::BgpReply;
use cli::{Command, Reply};
use core::net::IpAddr;
use core::time::Duration;
use fib::{Instant, Prefix};
use std::collections::{BTreeMap, BTreeSet};

/// Changes of mind that are remembered; what comes before is forgotten.
const REMEMBERED: usize = 20_000;
/// How often a state must come again before that is more than the search for one.
const REPEATS: usize = 3;

/// A path as the router that knows it sees it.
#[derive(Clone, Debug, PartialEq, Eq)]
struct Path {
    /// The node that sent it; `None`: the router's own.
    from: Option<usize>,
    asns: Vec<u32>,
    /// As `show bgp` has it.
    text: String,
    /// Of a peer of its own AS.
    internal: bool,
}

/// What a router knows of the prefix at one moment; numbers of its paths.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
struct Opinion {
    best: Option<usize>,
    others: BTreeSet<usize>,
}

/// A router, and every path it ever knew.
#[derive(Debug, Default)]
struct Seat {
    node: usize,
    name: String,
    asn: u32,
    paths: Vec<Path>,
    now: Opinion,
    /// [`super::sim::Node::touched`] when it was last asked.
    touched: Option<u64>,
}

/// A router thought something new.
#[derive(Clone, Debug)]
struct Change {
    at: Instant,
    seat: usize,
    before: Opinion,
    after: Opinion,
}

/// Watches one prefix from when it is made.
#[derive(Debug)]
pub struct Watch {
    prefix: Prefix,
    began: Instant,
    /// What is remembered begins here.
    since: Instant,
    seats: Vec<Seat>,
    changes: Vec<Change>,
    owners: BTreeMap<IpAddr, Option<usize>>,
}

/// What was seen of a prefix.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Report {
    /// Best paths that changed in the second half of the time.
    pub changes: usize,
    /// How often a state of the whole network came again.
    pub repeats: usize,
    /// Until the end.
    pub lasting: bool,
    /// Routers that used more than one path.
    pub flipping: Vec<String>,
    /// The wheel, if one explains it.
    pub wheel: Option<Wheel>,
}

impl Report {
    /// Whether it neither rests nor goes on to anything new.
    pub fn oscillates(&self) -> bool {
        self.lasting && self.repeats >= REPEATS
    }
}

/// `it oscillates: 48 changes, the same state 12 times; dispute wheel r1, r2: r1 prefers 65002 65000 over 65000; ...`
impl core::fmt::Display for Report {
    fn fmt(&self, f: &mut core::fmt::Formatter<'_>) -> core::fmt::Result {
        if !self.oscillates() {
            return match self.changes {
                0 => f.write_str("it rests: no best path changed"),
                n => write!(f, "it does not oscillate: {n} changes of best paths"),
            };
        }
        let n = self.changes;
        write!(
            f,
            "it oscillates: {n} changes of best paths, back in the same state {} times; ",
            self.repeats
        )?;
        match &self.wheel {
            Some(wheel) => wheel.fmt(f),
            None => write!(f, "no dispute wheel found among {}", self.flipping.join(", ")),
        }
    }
}

impl Watch {
    /// Of the routers that run BGP now.
    pub fn new(lab: &mut Lab, prefix: Prefix) -> Watch {
        let seats = (0..lab.nodes.len()).filter_map(|node| {
            let asn = lab.config_of(node)?.bgp.as_ref()?.asn;
            let name = lab.nodes.get(node)?.name.clone();
            Some(Seat { node, name, asn, ..Seat::default() })
        });
        let seats = seats.collect();
        let now = lab.now();
        let mut watch =
            Watch { prefix, began: now, since: now, seats, changes: Vec::new(), owners: BTreeMap::new() };
        watch.look(lab);
        watch.changes.clear();
        watch
    }

    /// Lets time pass until `end`, and looks after everything that happens.
    pub fn run_until(&mut self, lab: &mut Lab, end: Instant) {
        while let Some(at) = lab.next_event().filter(|at| *at <= end) {
            lab.run_until(at);
            self.look(lab);
        }
        lab.run_until(end);
    }

    /// Asks every router that something happened to what it thinks now.
    pub fn look(&mut self, lab: &mut Lab) {
        for index in 0..self.seats.len() {
            let Some(seat) = self.seats.get(index) else { continue };
            let touched = lab.nodes.get(seat.node).map(|n| n.touched);
            if seat.touched.is_some() && seat.touched == touched {
                continue;
            }
            let name = seat.name.clone();
            let views = paths(|show| lab.execute(&name, Command::Show(show)).ok(), self.prefix);
            let after = self.opinion(lab, index, &views);
            let Some(seat) = self.seats.get_mut(index) else { continue };
            seat.touched = lab.nodes.get(seat.node).map(|n| n.touched);
            if seat.now != after {
                let before = core::mem::replace(&mut seat.now, after.clone());
                self.changes.push(Change { at: lab.now(), seat: index, before, after });
            }
        }
        if self.changes.len() > 2 * REMEMBERED {
            self.changes.drain(..REMEMBERED);
            self.since = self.changes.first().map_or(self.since, |c| c.at);
        }
    }

    fn opinion(&mut self, lab: &Lab, seat: usize, views: &[PathView]) -> Opinion {
        let mut opinion = Opinion::default();
        for view in views.iter().filter(|v| v.row.status.valid && !v.row.status.refused) {
            let address = view.peer.address;
            let from = view
                .peer
                .kind
                .and_then(|_| *self.owners.entry(address).or_insert_with(|| lab.owner_of(address)));
            let path = Path {
                from,
                asns: view.as_path.asns().collect(),
                text: view.row.as_path.clone(),
                internal: view.peer.kind == Some(PeerKind::Internal),
            };
            let Some(seat) = self.seats.get_mut(seat) else { continue };
            let number = seat.paths.iter().position(|p| *p == path).unwrap_or_else(|| {
                seat.paths.push(path);
                seat.paths.len() - 1
            });
            if view.row.status.best {
                opinion.best = Some(number);
            } else {
                opinion.others.insert(number);
            }
        }
        opinion
    }

    /// What was seen. Only the second half of the time counts: the first may be a search that finds its end.
    pub fn report(&self, lab: &Lab) -> Report {
        let spent = lab.now().since(self.since);
        let middle = self.since + spent / 2;
        let seen: Vec<&Change> = self.changes.iter().filter(|c| c.at >= middle).collect();
        let flips: Vec<&&Change> = seen.iter().filter(|c| c.before.best != c.after.best).collect();
        let lasting = flips.last().is_some_and(|c| c.at + spent / 4 >= lab.now());
        let mut flipping: Vec<usize> = flips.iter().map(|c| c.seat).collect();
        flipping.sort_unstable();
        flipping.dedup();
        Report {
            changes: flips.len(),
            repeats: self.repeats(&flips),
            lasting,
            flipping: flipping.iter().filter_map(|s| Some(self.seats.get(*s)?.name.clone())).collect(),
            wheel: find::wheel(&self.seats, &seen),
        }
    }

    /// How often the assignment of best paths was one that had been before: of the most frequent one.
    fn repeats(&self, flips: &[&&Change]) -> usize {
        // Backwards from now: the state at the beginning follows.
        let mut state: Vec<Option<usize>> = self.seats.iter().map(|s| s.now.best).collect();
        let mut counts: BTreeMap<Vec<Option<usize>>, usize> = BTreeMap::new();
        for change in flips.iter().rev() {
            *counts.entry(state.clone()).or_default() += 1;
            if let Some(best) = state.get_mut(change.seat) {
                *best = change.before.best;
            }
        }
        counts.values().max().map_or(0, |n| n - 1)
    }

    /// Whether it has watched for so long.
    pub fn has_watched(&self, lab: &Lab, d: Duration) -> bool {
        lab.now().since(self.began) >= d
    }

    /// Lets a lab run for `d` and tells what was seen.
    pub fn during(lab: &mut Lab, prefix: Prefix, d: Duration) -> Report {
        let end = lab.now() + d;
        let mut watch = Watch::new(lab, prefix);
        watch.run_until(lab, end);
        watch.report(lab)
    }
}

/// Every path a router knows, best first.
fn paths(mut ask: impl FnMut(Show) -> Option<Reply>, prefix: Prefix) -> Vec<PathView> {
    let query = EntryQuery { family: Family::of(prefix.is_v4()), prefix, exact: true, which: Which::All };
    match ask(Show::Bgp(BgpShow::Entry(query))) {
        Some(Reply::Bgp(Some(reply))) => match *reply {
            BgpReply::Entry(entry) => {
                entry.found.map(|f| f.paths.into_iter().map(|(_, path)| path).collect()).unwrap_or_default()
            }
            _ => Vec::new(),
        },
        _ => Vec::new(),
    }
}

/// The AS path of the best path of a router that answers `ask`, as `show bgp` has it; `None`: it has none.
pub fn best_path(ask: impl FnMut(Show) -> Option<Reply>, prefix: Prefix) -> Option<String> {
    paths(ask, prefix).into_iter().find(|p| p.row.status.best).map(|p| p.row.as_path)
}
