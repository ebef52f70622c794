//! The dispute wheel in what was seen.

use super::{Change, Opinion, Path, Seat};
use std::collections::btree_map::Entry;
use std::collections::{BTreeMap, BTreeSet, VecDeque};

/// Hops after which a path is no longer followed.
const FAR: usize = 64;

/// A dispute wheel: its pivots in order, each of which prefers a way that leads by the next one.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Wheel {
    /// Names of routers.
    pub pivots: Vec<String>,
    /// What each prefers, in words.
    pub reasons: Vec<String>,
}

impl Wheel {
    /// Whether these are its pivots, in this order, wherever it is said to begin.
    pub fn is(&self, pivots: &[String]) -> bool {
        let n = self.pivots.len();
        n == pivots.len() && (0..n).any(|by| (0..n).all(|i| self.pivots.get((i + by) % n) == pivots.get(i)))
    }
}

impl core::fmt::Display for Wheel {
    fn fmt(&self, f: &mut core::fmt::Formatter<'_>) -> core::fmt::Result {
        write!(f, "dispute wheel {}: {}", self.pivots.join(" > "), self.reasons.join("; "))
    }
}

/// A router that used `likes` while it knew `leaves`, and used that one at other times.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
struct Pivot {
    seat: usize,
    likes: usize,
    leaves: usize,
    /// It does so only while it knows this one too.
    given: Option<usize>,
}

/// The smallest wheel in what was seen, if there is one.
pub(super) fn wheel(seats: &[Seat], seen: &[&Change]) -> Option<Wheel> {
    let pivots = pivots(seats.len(), seen);
    let next: Vec<Vec<usize>> = pivots.iter().map(|p| followers(seats, &pivots, p)).collect();
    let circle = (0..pivots.len()).filter_map(|start| circle(&next, start)).min_by_key(Vec::len)?;
    let circle: Vec<&Pivot> = circle.iter().filter_map(|p| pivots.get(*p)).collect();
    let name = |p: &&Pivot| seats.get(p.seat).map(|s| s.name.clone()).unwrap_or_default();
    Some(Wheel {
        pivots: circle.iter().map(name).collect(),
        reasons: circle.iter().filter_map(|p| words(seats, p)).collect(),
    })
}

/// Who preferred what to what.
fn pivots(seats: usize, seen: &[&Change]) -> Vec<Pivot> {
    let mut all = Vec::new();
    for seat in 0..seats {
        let opinions: Vec<&Opinion> =
            seen.iter().filter(|c| c.seat == seat).flat_map(|c| [&c.before, &c.after]).collect();
        let used: BTreeSet<usize> = opinions.iter().filter_map(|o| o.best).collect();
        let mut pairs: BTreeMap<(usize, usize), Vec<&Opinion>> = BTreeMap::new();
        for opinion in opinions {
            let Some(best) = opinion.best else { continue };
            for other in opinion.others.intersection(&used) {
                pairs.entry((best, *other)).or_default().push(opinion);
            }
        }
        for (&(likes, leaves), when) in &pairs {
            let otherwise = pairs.get(&(leaves, likes));
            let given = otherwise.map(|otherwise| condition(when, otherwise));
            match given {
                None => all.push(Pivot { seat, likes, leaves, given: None }),
                // One of the two ways round has a third path to explain it.
                Some(Some(given)) => all.push(Pivot { seat, likes, leaves, given: Some(given) }),
                Some(None) => {}
            }
        }
    }
    all
}

/// A path that was known in all of `when` and in none of `otherwise`.
fn condition(when: &[&Opinion], otherwise: &[&Opinion]) -> Option<usize> {
    let (first, rest) = when.split_first()?;
    let mut always = first.others.iter().filter(|n| rest.iter().all(|o| o.others.contains(n)));
    always.find(|n| otherwise.iter().all(|o| o.best != Some(**n) && !o.others.contains(n))).copied()
}

/// The pivots that a pivot's reason leads to.
fn followers(seats: &[Seat], pivots: &[Pivot], pivot: &Pivot) -> Vec<usize> {
    let spokes = |seat: usize, suffix: &[u32], unlike: usize| -> Vec<usize> {
        let is = |n: usize| path(seats, seat, n).is_some_and(|p| p.asns == suffix && p.from != Some(unlike));
        let all = pivots.iter().enumerate().filter(|(_, p)| p.seat == seat);
        let found = all.filter(|(_, p)| is(p.leaves) || (p.given.is_some() && is(p.likes)));
        found.map(|(n, _)| n).collect()
    };
    let Some(start) = seats.get(pivot.seat) else { return Vec::new() };
    let (mut at, mut way) = (start.node, path(seats, pivot.seat, pivot.given.unwrap_or(pivot.likes)));
    for _ in 0..FAR {
        let Some((seat, suffix)) = way.and_then(|w| behind(seats, w)) else { break };
        let found = spokes(seat, &suffix, at);
        if !found.is_empty() {
            return found;
        }
        let Some(here) = seats.get(seat) else { break };
        way = here.paths.iter().find(|p| p.asns == suffix && p.from != Some(at));
        at = here.node;
    }
    Vec::new()
}

/// The seat a path comes from, and the AS path it has there.
fn behind(seats: &[Seat], path: &Path) -> Option<(usize, Vec<u32>)> {
    let from = path.from?;
    let (number, seat) = seats.iter().enumerate().find(|(_, s)| s.node == from)?;
    // It put itself before what it has: once, or more often.
    let own = if path.internal { 0 } else { path.asns.iter().take_while(|a| **a == seat.asn).count() };
    Some((number, path.asns.get(own..)?.to_vec()))
}

/// The shortest way from `start` back to it.
fn circle(next: &[Vec<usize>], start: usize) -> Option<Vec<usize>> {
    let mut came: BTreeMap<usize, usize> = BTreeMap::new();
    let mut queue = VecDeque::from([start]);
    while let Some(at) = queue.pop_front() {
        for &to in next.get(at)? {
            if to == start {
                let mut way = vec![at];
                while let Some(before) = way.last().filter(|l| **l != start).and_then(|l| came.get(l)) {
                    way.push(*before);
                }
                way.reverse();
                return Some(way);
            }
            if let Entry::Vacant(unseen) = came.entry(to) {
                unseen.insert(at);
                queue.push_back(to);
            }
        }
    }
    None
}

fn path(seats: &[Seat], seat: usize, number: usize) -> Option<&Path> {
    seats.get(seat)?.paths.get(number)
}

/// `r1 prefers 65002 65000 over 65000`
fn words(seats: &[Seat], pivot: &Pivot) -> Option<String> {
    let named = |number: usize| {
        let path = path(seats, pivot.seat, number)?;
        let from = path.from.and_then(|node| seats.iter().find(|s| s.node == node));
        let by = from.filter(|_| path.internal).map(|s| format!(" by {}", s.name)).unwrap_or_default();
        let text = if path.text.is_empty() { "its own" } else { path.text.as_str() };
        Some(format!("{text}{by}"))
    };
    let name = &seats.get(pivot.seat)?.name;
    let mut text = format!("{name} prefers {} over {}", named(pivot.likes)?, named(pivot.leaves)?);
    if let Some(given) = pivot.given {
        text.push_str(&format!(", but only while it knows {}", named(given)?));
    }
    Some(text)
}

#[cfg(test)]
mod tests {
    use super::*;
    use fib::Instant;

    fn seat(node: usize, paths: &[(usize, &[u32])]) -> Seat {
        let path = |(from, asns): &(usize, &[u32])| Path {
            from: Some(*from),
            asns: asns.to_vec(),
            text: asns.iter().map(ToString::to_string).collect::<Vec<_>>().join(" "),
            internal: false,
        };
        Seat {
            node,
            name: format!("r{node}"),
            asn: node as u32,
            paths: paths.iter().map(path).collect(),
            ..Seat::default()
        }
    }

    /// The seat goes from its path 0 to its path 1 and back.
    fn flips(seat: usize) -> [Change; 2] {
        let opinion =
            |best, others: &[usize]| Opinion { best: Some(best), others: others.iter().copied().collect() };
        let (direct, both) = (opinion(0, &[]), opinion(1, &[0]));
        let change = |before: &Opinion, after: &Opinion| Change {
            at: Instant::ZERO,
            seat,
            before: before.clone(),
            after: after.clone(),
        };
        [change(&direct, &both), change(&both, &direct)]
    }

    #[test]
    fn three_that_each_like_the_next_ones_way_are_a_wheel() {
        let origin = seat(0, &[]);
        let ring = [
            seat(1, &[(0, &[0]), (2, &[2, 0])]),
            seat(2, &[(0, &[0]), (3, &[3, 0])]),
            seat(3, &[(0, &[0]), (1, &[1, 0])]),
        ];
        let seats: Vec<Seat> = [origin].into_iter().chain(ring).collect();
        let changes: Vec<Change> = [1, 2, 3].into_iter().flat_map(flips).collect();
        let all: Vec<&Change> = changes.iter().collect();
        let found = wheel(&seats, &all).unwrap();
        assert!(found.is(&["r2".to_owned(), "r3".to_owned(), "r1".to_owned()]), "{found}");
        assert!(!found.is(&["r3".to_owned(), "r2".to_owned(), "r1".to_owned()]), "{found}");
        assert!(found.to_string().contains("r1 prefers 2 0 over 0"), "{found}");
        // One of the three has made up its mind: no circle.
        assert_eq!(wheel(&seats, &all[..4]), None);
    }

    #[test]
    fn a_preference_that_depends_on_a_third_path_leads_to_where_that_comes_from() {
        let internal = |mut seat: Seat| {
            seat.paths.iter_mut().for_each(|p| p.internal = true);
            seat
        };
        // 1 and 4 reflect; 2, 3 and 5 are exits. Paths of 1: by 3, by 2, by 4; of 4: by 5, by 1, by 1 once more.
        let one = internal(seat(1, &[(3, &[6, 100]), (2, &[10, 100]), (4, &[6, 100])]));
        let four = internal(seat(4, &[(5, &[6, 100]), (1, &[10, 100]), (1, &[6, 100])]));
        let opinion =
            |best, others: &[usize]| Opinion { best: Some(best), others: others.iter().copied().collect() };
        let there_and_back = |seat: usize, a: Opinion, b: Opinion| {
            let change = |before: &Opinion, after: &Opinion| Change {
                at: Instant::ZERO,
                seat,
                before: before.clone(),
                after: after.clone(),
            };
            [change(&a, &b), change(&b, &a)]
        };
        let changes: Vec<Change> = there_and_back(0, opinion(0, &[1]), opinion(1, &[0, 2]))
            .into_iter()
            .chain(there_and_back(1, opinion(0, &[2]), opinion(1, &[0])))
            .collect();
        let found = wheel(&[one, four], &changes.iter().collect::<Vec<_>>()).unwrap();
        assert!(found.is(&["r1".to_owned(), "r4".to_owned()]), "{found}");
        let why = "r1 prefers 10 100 over 6 100, but only while it knows 6 100 by r4";
        assert!(found.to_string().contains(why), "{found}");
    }
}
