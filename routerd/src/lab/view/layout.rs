//! Where nodes stand on the map: a ring is a circle, a grid a grid, a Clos fabric or a fat tree lies in tiers, and
//! whatever else there is is spread so that distance on the map follows distance in the network. Parts that are not joined
//! stand side by side. The same topology always gives the same map.

use super::super::topology::{Role, Topology};
use super::shapes;
use std::collections::{BTreeMap, BTreeSet, VecDeque};

/// The length of a cable on the map, in its own units.
pub const UNIT: f64 = 150.0;
/// From a router to a host that hangs on it.
const HOST: f64 = 0.62;
/// Between parts that are not joined.
const APART: f64 = 0.9;

/// A place on the map.
#[derive(Copy, Clone, Debug, Default, PartialEq)]
pub struct Place {
    /// To the right.
    pub x: f64,
    /// Down.
    pub y: f64,
}

/// Which nodes are joined by cables, each pair once.
pub struct Graph {
    /// Neighbors in order.
    pub near: Vec<BTreeSet<usize>>,
}

impl Graph {
    /// Of these nodes only, numbered anew in this order.
    pub fn of(&self, nodes: &[usize]) -> Graph {
        let number: BTreeMap<usize, usize> = nodes.iter().enumerate().map(|(n, old)| (*old, n)).collect();
        let near = |old: &usize| {
            let near = self.near.get(*old).into_iter().flatten();
            near.filter_map(|n| number.get(n).copied()).collect()
        };
        Graph { near: nodes.iter().map(near).collect() }
    }

    /// Neighbors of a node.
    pub fn around(&self, node: usize) -> impl Iterator<Item = usize> + '_ {
        self.near.get(node).into_iter().flatten().copied()
    }

    /// How many neighbors a node has.
    pub fn degree(&self, node: usize) -> usize {
        self.near.get(node).map_or(0, BTreeSet::len)
    }

    /// Cables from any of `from` to every node; `None`: there is no way.
    pub fn distances(&self, from: &[usize]) -> Vec<Option<usize>> {
        let mut all: Vec<Option<usize>> = vec![None; self.near.len()];
        let mut queue: VecDeque<(usize, usize)> = from.iter().map(|n| (*n, 0)).collect();
        while let Some((node, d)) = queue.pop_front() {
            if let Some(place) = all.get_mut(node).filter(|p| p.is_none()) {
                *place = Some(d);
                queue.extend(self.around(node).map(|n| (n, d + 1)));
            }
        }
        all
    }

    fn parts(&self) -> Vec<Vec<usize>> {
        let mut seen = BTreeSet::new();
        let mut parts = Vec::new();
        for node in 0..self.near.len() {
            if seen.contains(&node) {
                continue;
            }
            let part: Vec<usize> =
                self.distances(&[node]).iter().enumerate().filter_map(|(n, d)| d.map(|_| n)).collect();
            seen.extend(part.iter().copied());
            parts.push(part);
        }
        parts
    }
}

/// A place for every node, whole numbers, the whole around zero.
pub fn layout(topology: &Topology) -> Vec<Place> {
    let mut near = vec![BTreeSet::new(); topology.nodes.len()];
    for link in &topology.links {
        let [a, b] = link.ends.each_ref().map(|e| e.node);
        for (from, to) in [(a, b), (b, a)] {
            if let Some(near) = near.get_mut(from).filter(|_| a != b) {
                near.insert(to);
            }
        }
    }
    let graph = Graph { near };
    let mut all = vec![Place::default(); topology.nodes.len()];
    let parts: Vec<(Vec<usize>, Vec<Place>)> = graph
        .parts()
        .into_iter()
        .map(|part| {
            let places = part_layout(topology, &graph, &part);
            (part, places)
        })
        .collect();
    let sizes: Vec<(f64, f64)> = parts
        .iter()
        .map(|(_, places)| {
            let (low, high) = bounds(places);
            (high.x - low.x + APART, high.y - low.y + APART)
        })
        .collect();
    for ((part, places), corner) in parts.iter().zip(shelves(&sizes)) {
        let (low, _) = bounds(places);
        for (node, place) in part.iter().zip(places) {
            if let Some(to) = all.get_mut(*node) {
                *to = Place { x: place.x - low.x + corner.x, y: place.y - low.y + corner.y };
            }
        }
    }
    let (low, high) = bounds(&all);
    let middle = Place { x: (low.x + high.x) / 2.0, y: (low.y + high.y) / 2.0 };
    for place in &mut all {
        *place = Place { x: ((place.x - middle.x) * UNIT).round(), y: ((place.y - middle.y) * UNIT).round() };
    }
    all
}

/// How much wider than high a map is on most screens.
const WIDE: f64 = 1.45;

/// Corners for parts of these sizes, side by side in as many rows as make the map largest; in a row all stand in the middle.
fn shelves(sizes: &[(f64, f64)]) -> Vec<Place> {
    let whole: f64 = sizes.iter().map(|(w, _)| w).sum();
    let mut best = (f64::MAX, Vec::new());
    for rows in 1..=sizes.len().min(12) {
        let limit = whole / rows as f64 + 1e-9;
        let mut shelves: Vec<Vec<usize>> = vec![Vec::new()];
        let mut width = 0.0;
        for (n, (w, _)) in sizes.iter().enumerate() {
            if width > 0.0 && width + w / 2.0 > limit {
                shelves.push(Vec::new());
                width = 0.0;
            }
            width += w;
            if let Some(shelf) = shelves.last_mut() {
                shelf.push(n);
            }
        }
        let size = |n: &usize| sizes.get(*n).copied().unwrap_or_default();
        let across = |shelf: &Vec<usize>| shelf.iter().map(|n| size(n).0).sum::<f64>();
        let high = |shelf: &Vec<usize>| shelf.iter().map(|n| size(n).1).fold(0.0, f64::max);
        let widest = shelves.iter().map(across).fold(0.0, f64::max);
        let height: f64 = shelves.iter().map(high).sum();
        let need = (widest / WIDE).max(height);
        if need + 1e-6 >= best.0 {
            continue;
        }
        let mut corners = vec![Place::default(); sizes.len()];
        let mut y = 0.0;
        for shelf in &shelves {
            let mut x = (widest - across(shelf)) / 2.0;
            for n in shelf {
                let (w, h) = size(n);
                if let Some(corner) = corners.get_mut(*n) {
                    *corner = Place { x, y: y + (high(shelf) - h) / 2.0 };
                }
                x += w;
            }
            y += high(shelf);
        }
        best = (need, corners);
    }
    best.1
}

fn bounds(places: &[Place]) -> (Place, Place) {
    let mut places = places.iter();
    let Some(first) = places.next() else { return (Place::default(), Place::default()) };
    places.fold((*first, *first), |(low, high), p| {
        (Place { x: low.x.min(p.x), y: low.y.min(p.y) }, Place { x: high.x.max(p.x), y: high.y.max(p.y) })
    })
}

fn part_layout(topology: &Topology, graph: &Graph, part: &[usize]) -> Vec<Place> {
    let is_host = |n: usize| matches!(topology.nodes.get(n).map(|n| &n.role), Some(Role::Host(_)));
    let names: Vec<&str> =
        part.iter().filter_map(|n| topology.nodes.get(*n)).map(|n| n.name.as_str()).collect();
    let whole = graph.of(part);
    let leaf = |n: usize| part.get(n).is_some_and(|node| is_host(*node)) && whole.degree(n) == 1;
    let hosts: BTreeSet<usize> = (0..part.len()).filter(|n| leaf(*n)).collect();
    if let Some(places) = shapes::tiers(&whole, &names, &hosts) {
        return places;
    }
    let core: Vec<usize> = (0..part.len()).filter(|n| !hosts.contains(n)).collect();
    let inner = whole.of(&core);
    let places = shapes::grid(&inner)
        .or_else(|| shapes::ring(&inner))
        .or_else(|| shapes::star(&inner))
        .unwrap_or_else(|| shapes::spread(&inner));
    let mut all: Vec<Option<Place>> = vec![None; part.len()];
    for (node, place) in core.iter().zip(places) {
        if let Some(to) = all.get_mut(*node) {
            *to = Some(place);
        }
    }
    for host in hosts {
        let Some(router) = whole.around(host).next() else { continue };
        let wide = |n: usize| names.get(n).map_or(0.2, |name| half_width(name));
        let place = beside(&whole, &all, router, wide(router) + wide(host));
        if let Some(to) = all.get_mut(host) {
            *to = Some(place);
        }
    }
    all.into_iter().map(Option::unwrap_or_default).collect()
}

/// Directions tried for a host, all around.
const DIRECTIONS: u32 = 24;

/// Half of what a node with this name is wide, about.
fn half_width(name: &str) -> f64 {
    0.11 + 0.032 * name.len() as f64
}

/// The freest place for one more host beside a router; `wide`: so far apart they must be to stand in a line.
fn beside(graph: &Graph, all: &[Option<Place>], router: usize, wide: f64) -> Place {
    let Some(at) = all.get(router).copied().flatten() else { return Place::default() };
    let taken: Vec<f64> = graph
        .around(router)
        .filter_map(|n| all.get(n).copied().flatten())
        .map(|p| (p.y - at.y).atan2(p.x - at.x))
        .collect();
    let others: Vec<Place> = all.iter().copied().flatten().collect();
    let middle = {
        let n = others.len().max(1) as f64;
        Place {
            x: others.iter().map(|p| p.x).sum::<f64>() / n,
            y: others.iter().map(|p| p.y).sum::<f64>() / n,
        }
    };
    let mut best = (f64::MIN, at);
    for n in 0..DIRECTIONS {
        let angle = f64::from(n) * core::f64::consts::TAU / f64::from(DIRECTIONS);
        let place = Place { x: at.x + (wide + 0.25).max(HOST) * angle.cos(), y: at.y + HOST * angle.sin() };
        let free = taken.iter().map(|t| turn(*t, angle)).fold(core::f64::consts::PI, f64::min).min(1.6);
        let room = others.iter().map(|p| (p.x - place.x).hypot(p.y - place.y)).fold(HOST, f64::min);
        let outward = (place.x - middle.x).hypot(place.y - middle.y);
        // Straight up, down, left and right look calmer.
        let calm = if n % 6 == 0 { 0.25 } else { 0.0 };
        let score = free + 2.0 * room + 0.6 * outward + calm;
        if score > best.0 + 1e-9 {
            best = (score, place);
        }
    }
    best.1
}

fn turn(a: f64, b: f64) -> f64 {
    let d = (a - b).abs() % core::f64::consts::TAU;
    d.min(core::f64::consts::TAU - d)
}

#[cfg(test)]
mod tests {
    use super::*;
    use configs::Config;

    fn network(nodes: usize, links: &[(usize, usize)]) -> Topology {
        let mut t = Topology::new("t");
        for n in 0..nodes {
            t = t.router(&format!("r{n}"), Config::default());
        }
        for (n, (a, b)) in links.iter().enumerate() {
            t = t.link(&format!("r{a}:e{n}"), &format!("r{b}:f{n}"));
        }
        t
    }

    fn closest(places: &[Place]) -> f64 {
        let pairs = places.iter().enumerate().flat_map(|(n, a)| places[..n].iter().map(move |b| (*a, *b)));
        pairs.map(|(a, b)| (a.x - b.x).hypot(a.y - b.y)).fold(f64::MAX, f64::min)
    }

    #[test]
    fn a_grid_lies_in_rows_and_columns() {
        let at = |x: usize, y: usize| y * 10 + x;
        let mut links = Vec::new();
        for y in 0..10 {
            for x in 0..10 {
                if x < 9 {
                    links.push((at(x, y), at(x + 1, y)));
                }
                if y < 9 {
                    links.push((at(x, y), at(x, y + 1)));
                }
            }
        }
        let t = network(100, &links);
        let places = layout(&t);
        let columns: BTreeSet<i64> = places.iter().map(|p| p.x as i64).collect();
        let rows: BTreeSet<i64> = places.iter().map(|p| p.y as i64).collect();
        assert_eq!((columns.len(), rows.len()), (10, 10));
        assert!(places[0].x < places[9].x && places[0].y < places[90].y, "as one reads");
        assert_eq!(layout(&t), places, "the same again");
    }

    #[test]
    fn a_ring_is_round_and_nobody_stands_on_anybody() {
        let links: Vec<(usize, usize)> = (0..12).map(|n| (n, (n + 1) % 12)).collect();
        let places = layout(&network(12, &links));
        let radii: Vec<f64> = places.iter().map(|p| p.x.hypot(p.y)).collect();
        let (low, high) =
            (radii.iter().copied().fold(f64::MAX, f64::min), radii.iter().copied().fold(0.0, f64::max));
        assert!(high - low < 3.0, "{radii:?}");
        assert!(closest(&places) > 100.0);
    }

    #[test]
    fn a_fabric_lies_in_tiers_with_the_hosts_below() {
        let mut t = Topology::new("t");
        for n in 1..=3 {
            t = t.router(&format!("spine{n}"), Config::default());
        }
        for n in 1..=5 {
            t = t.router(&format!("leaf{n}"), Config::default()).host(&format!("h{n}"), &[]);
        }
        for leaf in 1..=5 {
            t = t.link(&format!("leaf{leaf}:h"), &format!("h{leaf}:eth1"));
            for spine in 1..=3 {
                t = t.link(&format!("spine{spine}:e{leaf}"), &format!("leaf{leaf}:e{spine}"));
            }
        }
        let places = layout(&t);
        let row = |name: &str| places[t.node(name).unwrap()].y;
        assert!(row("spine1") < row("leaf1") && row("leaf1") < row("h1"));
        assert_eq!((row("spine1"), row("leaf1"), row("h1")), (row("spine3"), row("leaf5"), row("h5")));
        assert!(places[t.node("leaf1").unwrap()].x < places[t.node("leaf2").unwrap()].x);
    }

    #[test]
    fn a_hundred_nodes_of_no_shape_keep_their_distance() {
        // A tree with chords, without a random generator.
        let mut links: Vec<(usize, usize)> = (1..100).map(|n| (n, (n - 1) / 2)).collect();
        links.extend((0..40).map(|n| (n, 99 - n)));
        let places = layout(&network(100, &links));
        assert!(closest(&places) > 40.0, "{}", closest(&places));
    }
}
