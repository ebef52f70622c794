//! The shapes that a map may have: tiers, a grid, a ring, and for all else stress majorization (Gansner, Koren and North,
//! "Graph Drawing by Stress Majorization", 2004). Places are in units of a cable's length.

use super::layout::{Graph, Place};
use core::f64::consts::TAU;
use std::collections::{BTreeMap, BTreeSet};

/// How one coordinate is read and written.
type Axis = (fn(&Place) -> f64, fn(&mut Place, f64));

/// What a name says about how high a node of a fabric stands.
const RANKS: [(&str, usize); 18] = [
    ("superspine", 4),
    ("super", 4),
    ("core", 4),
    ("border", 4),
    ("ss", 4),
    ("spine", 3),
    ("agg", 3),
    ("aggr", 3),
    ("aggregation", 3),
    ("dist", 3),
    ("distribution", 3),
    ("leaf", 2),
    ("edge", 2),
    ("tor", 2),
    ("access", 2),
    ("host", 1),
    ("h", 1),
    ("server", 1),
];

/// The tiers of a fabric, highest first; `None`: it is no fabric. Either names say so, or how far the routers are from the
/// hosts: no cable joins two of a tier, and no tier is a single router.
pub fn tiers(graph: &Graph, names: &[&str], hosts: &BTreeSet<usize>) -> Option<Vec<Place>> {
    let by_name = |n: usize| {
        let name = names.get(n)?.to_lowercase();
        let word: String = name.chars().take_while(|c| c.is_alphabetic()).collect();
        if hosts.contains(&n) {
            return Some(1);
        }
        RANKS.iter().find(|(known, _)| *known == word).map(|(_, rank)| *rank)
    };
    let named: Option<Vec<usize>> = (0..names.len()).map(by_name).collect();
    let ranks = named.or_else(|| {
        let from: Vec<usize> = hosts.iter().copied().collect();
        let far: Option<Vec<usize>> = graph.distances(&from).into_iter().collect();
        far.map(|far| far.into_iter().map(|d| d + 1).collect())
    })?;
    let mut rows: BTreeMap<usize, Vec<usize>> = BTreeMap::new();
    for (node, rank) in ranks.iter().enumerate() {
        rows.entry(*rank).or_default().push(node);
    }
    let router_rows = || rows.iter().filter(|(_, row)| row.iter().any(|n| !hosts.contains(n)));
    let level = |n: usize| ranks.get(n).copied();
    let flat = |row: &[usize]| row.iter().all(|n| graph.around(*n).all(|m| level(m) != level(*n)));
    if router_rows().count() < 2 || !router_rows().all(|(_, row)| row.len() >= 2 && flat(row)) {
        return None;
    }
    let ends = |row: &Vec<usize>| row.iter().all(|n| hosts.contains(n));
    let steps: Vec<f64> = rows.values().rev().map(|row| if ends(row) { 0.62 } else { 0.95 }).collect();
    Some(in_rows(graph, rows.into_values().rev().collect(), &steps))
}

/// Rows one below the other, each ordered by where its neighbors in the row above stand, the rows centered.
/// `steps`: how far each is below the one above.
fn in_rows(graph: &Graph, mut rows: Vec<Vec<usize>>, steps: &[f64]) -> Vec<Place> {
    let widest = rows.iter().map(Vec::len).max().unwrap_or(1).max(2) as f64;
    let mut places = vec![Place::default(); graph.near.len()];
    let spread = |rows: &[Vec<usize>], places: &mut Vec<Place>| {
        for (level, row) in rows.iter().enumerate() {
            let step = (0.62 * widest / row.len() as f64).max(0.62);
            for (n, node) in row.iter().enumerate() {
                if let Some(place) = places.get_mut(*node) {
                    let x = (n as f64 - (row.len() as f64 - 1.0) / 2.0) * step;
                    *place = Place { x, y: steps.iter().take(level + 1).sum() };
                }
            }
        }
    };
    spread(&rows, &mut places);
    // From the top down, twice: ties keep the order of the file.
    for _ in 0..2 {
        for row in rows.iter_mut().skip(1) {
            let above = |n: &usize| {
                let here = places.get(*n).map_or(0.0, |p| p.y);
                let x: Vec<f64> = graph
                    .around(*n)
                    .filter_map(|m| places.get(m))
                    .filter(|p| p.y < here)
                    .map(|p| p.x)
                    .collect();
                let key = x.iter().sum::<f64>() / x.len().max(1) as f64;
                (key * 1e6).round() as i64
            };
            row.sort_by_key(above);
        }
        spread(&rows, &mut places);
    }
    places
}

/// Rows and columns; a line is a grid of one row. `None`: it is no grid.
pub fn grid(graph: &Graph) -> Option<Vec<Place>> {
    let nodes = graph.near.len();
    let least = (0..nodes).map(|n| graph.degree(n)).min()?;
    let corners: Vec<usize> = (0..nodes).filter(|n| graph.degree(*n) == least).collect();
    let first = *corners.first()?;
    let from_first = graph.distances(&[first]);
    let way = |n: &usize| from_first.get(*n).copied().flatten().unwrap_or(0);
    for second in corners.iter().skip(1) {
        let width = way(second);
        let from_second = graph.distances(&[*second]);
        let mut places = Vec::new();
        for (a, b) in from_first.iter().zip(&from_second) {
            let (a, b) = (i64::try_from((*a)?).ok()?, i64::try_from((*b)?).ok()?);
            let width = i64::try_from(width).ok()?;
            if (a - b + width) % 2 != 0 {
                break;
            }
            places.push(((a - b + width) / 2, (a + b - width) / 2));
        }
        let distinct: BTreeSet<(i64, i64)> = places.iter().copied().collect();
        let columns = distinct.iter().map(|(x, _)| x).max().map_or(0, |x| x + 1);
        let lines = distinct.iter().map(|(_, y)| y).max().map_or(0, |y| y + 1);
        let full = places.len() == nodes && distinct.len() == nodes && columns * lines == nodes as i64;
        let next = |n: usize, m: usize| match (places.get(n), places.get(m)) {
            (Some(a), Some(b)) => (a.0 - b.0).abs() + (a.1 - b.1).abs() == 1,
            _ => false,
        };
        let cables: usize = (0..nodes).map(|n| graph.degree(n)).sum();
        let wanted = 2 * ((columns - 1) * lines + columns * (lines - 1));
        if full && cables as i64 == wanted && (0..nodes).all(|n| graph.around(n).all(|m| next(n, m))) {
            // Lying, and read like a page; wider than high, as names and screens are.
            let lying = columns >= lines;
            let place = |(x, y): (i64, i64)| {
                let (x, y) = if lying { (x, y) } else { (y, x) };
                Place { x: x as f64 * 1.2, y: y as f64 }
            };
            return Some(places.into_iter().map(place).collect());
        }
    }
    None
}

/// A circle: of a ring, or of a full mesh. `None`: it is neither.
pub fn ring(graph: &Graph) -> Option<Vec<Place>> {
    let nodes = graph.near.len();
    let order: Vec<usize> = if nodes >= 3 && (0..nodes).all(|n| graph.degree(n) == nodes - 1) {
        (0..nodes).collect()
    } else if nodes >= 3 && (0..nodes).all(|n| graph.degree(n) == 2) {
        let mut order = vec![0];
        let mut seen = BTreeSet::from([0]);
        while let Some(next) = order.last().and_then(|n| graph.around(*n).find(|m| !seen.contains(m))) {
            seen.insert(next);
            order.push(next);
        }
        order
    } else {
        return None;
    };
    if order.len() != nodes {
        return None;
    }
    // A side is a cable long; a full mesh needs more room.
    let sides = nodes as f64;
    let radius = (0.5 / (core::f64::consts::PI / sides).sin()).max(0.62);
    let mut places = vec![Place::default(); nodes];
    for (n, node) in order.iter().enumerate() {
        // The first on top; of an even number two, so that the circle stands on a side.
        let start = if nodes.is_multiple_of(2) { -TAU / 4.0 - TAU / sides / 2.0 } else { -TAU / 4.0 };
        let angle = start + TAU * n as f64 / sides;
        if let Some(place) = places.get_mut(*node) {
            *place = Place { x: radius * angle.cos(), y: radius * angle.sin() };
        }
    }
    Some(places)
}

/// All around one, such as routers around a LAN; `None`: it is no star.
pub fn star(graph: &Graph) -> Option<Vec<Place>> {
    let nodes = graph.near.len();
    let hub = (0..nodes).find(|n| graph.degree(*n) == nodes - 1).filter(|_| nodes >= 4)?;
    let rays: Vec<usize> = (0..nodes).filter(|n| *n != hub).collect();
    if rays.iter().any(|n| graph.degree(*n) != 1) {
        return None;
    }
    let mut places = vec![Place::default(); nodes];
    // The first on top, or two of them.
    let step = TAU / rays.len() as f64;
    let start = if rays.len().is_multiple_of(2) { -TAU / 4.0 - step / 2.0 } else { -TAU / 4.0 };
    let radius = (0.36 / (step / 2.0).sin()).max(1.0);
    for (n, node) in rays.iter().enumerate() {
        let angle = start + step * n as f64;
        if let Some(place) = places.get_mut(*node) {
            *place = Place { x: radius * angle.cos(), y: radius * angle.sin() };
        }
    }
    Some(places)
}

/// Rounds of majorization; more change nothing that one sees.
const ROUNDS: usize = 300;

/// Distances on the map as those in the network, as well as they can be.
pub fn spread(graph: &Graph) -> Vec<Place> {
    let nodes = graph.near.len();
    if nodes <= 1 {
        return vec![Place::default(); nodes];
    }
    let far: Vec<Vec<f64>> = (0..nodes)
        .map(|n| graph.distances(&[n]).into_iter().map(|d| d.unwrap_or(nodes) as f64).collect())
        .collect();
    let distance = |a: usize, b: usize| far.get(a).and_then(|row| row.get(b)).copied().unwrap_or(1.0);
    // A circle in the order of a walk by breadth, of uneven radius: nothing is exactly on top of anything.
    let mut order: Vec<usize> = (0..nodes).collect();
    order.sort_by_key(|n| (distance(0, *n) as usize, *n));
    let mut places = vec![Place::default(); nodes];
    for (n, node) in order.iter().enumerate() {
        let angle = TAU * n as f64 * 0.381_966;
        let radius = 0.3 + distance(0, *node);
        if let Some(place) = places.get_mut(*node) {
            *place = Place { x: radius * angle.cos(), y: radius * angle.sin() };
        }
    }
    for _ in 0..ROUNDS {
        for n in 0..nodes {
            let Some(here) = places.get(n).copied() else { continue };
            let (mut x, mut y, mut weights) = (0.0, 0.0, 0.0);
            for (m, there) in places.iter().enumerate().filter(|(m, _)| *m != n) {
                let d = distance(n, m);
                let weight = 1.0 / (d * d);
                let (dx, dy) = (here.x - there.x, here.y - there.y);
                let length = dx.hypot(dy).max(1e-6);
                x += weight * (there.x + d * dx / length);
                y += weight * (there.y + d * dy / length);
                weights += weight;
            }
            if let Some(place) = places.get_mut(n) {
                *place = Place { x: x / weights, y: y / weights };
            }
        }
    }
    apart(aligned(upright(graph, &places)))
}

/// Who stands too near to somebody is pushed away, a little at a time.
fn apart(mut places: Vec<Place>) -> Vec<Place> {
    const NEAR: f64 = 0.55;
    for _ in 0..ROUNDS {
        let mut moved = false;
        for n in 0..places.len() {
            for m in 0..n {
                let (Some(a), Some(b)) = (places.get(n).copied(), places.get(m).copied()) else { continue };
                let (dx, dy) = (a.x - b.x, a.y - b.y);
                let far = dx.hypot(dy);
                if far >= NEAR {
                    continue;
                }
                moved = true;
                // Of two in one spot, one goes right.
                let (ux, uy) = if far > 1e-6 { (dx / far, dy / far) } else { (1.0, 0.0) };
                let push = (NEAR - far) / 2.0 + 1e-3;
                for (index, sign) in [(n, 1.0), (m, -1.0)] {
                    if let Some(place) = places.get_mut(index) {
                        place.x += sign * push * ux;
                        place.y += sign * push * uy;
                    }
                }
            }
        }
        if !moved {
            break;
        }
    }
    places
}

/// What is nearly beside or below each other is made so: the eye sees a small slant as a mistake.
fn aligned(mut places: Vec<Place>) -> Vec<Place> {
    const NEARLY: f64 = 0.16;
    let axes: [Axis; 2] = [(|p| p.x, |p, v| p.x = v), (|p| p.y, |p, v| p.y = v)];
    for (get, set) in axes {
        let mut order: Vec<usize> = (0..places.len()).collect();
        let value = |places: &[Place], n: usize| places.get(n).map_or(0.0, get);
        order.sort_by(|a, b| value(&places, *a).total_cmp(&value(&places, *b)).then(a.cmp(b)));
        let mut rest = order.as_slice();
        while let Some(first) = rest.first() {
            let begin = value(&places, *first);
            let size = rest.iter().take_while(|n| value(&places, **n) - begin <= NEARLY).count();
            let (group, more) = rest.split_at(size);
            rest = more;
            let mean = group.iter().map(|n| value(&places, *n)).sum::<f64>() / group.len() as f64;
            let mut moved = places.clone();
            for n in group {
                if let Some(place) = moved.get_mut(*n) {
                    set(place, mean);
                }
            }
            // Never on top of each other.
            let clear = |n: &usize| {
                let here = moved.get(*n).copied().unwrap_or_default();
                let others = moved.iter().enumerate().filter(|(m, _)| m != n);
                others.map(|(_, p)| (p.x - here.x).hypot(p.y - here.y)).fold(f64::MAX, f64::min) > 0.45
            };
            if group.iter().all(clear) {
                places = moved;
            }
        }
    }
    places
}

/// Turned so that cables lie or stand where they can, then turned and mirrored so that one reads it in the file's order.
fn upright(graph: &Graph, places: &[Place]) -> Vec<Place> {
    let cables = || {
        let pairs =
            (0..places.len()).flat_map(|n| graph.around(n).filter(move |m| n < *m).map(move |m| (n, m)));
        pairs.filter_map(|(n, m)| Some((*places.get(n)?, *places.get(m)?)))
    };
    let straight = |turn: f64| -> f64 {
        cables().map(|(a, b)| (4.0 * ((b.y - a.y).atan2(b.x - a.x) + turn)).cos()).sum()
    };
    let mut best = (f64::MIN, 0.0);
    for step in 0..90 {
        let turn = f64::from(step) * TAU / 360.0;
        let score = straight(turn);
        if score > best.0 + 1e-6 {
            best = (score, turn);
        }
    }
    let middle = (places.len() as f64 - 1.0) / 2.0;
    let mut chosen = (f64::MIN, Vec::new());
    for quarter in 0..4 {
        for mirror in [1.0, -1.0] {
            let (sin, cos) = (best.1 + f64::from(quarter) * TAU / 4.0).sin_cos();
            let turned: Vec<Place> = places
                .iter()
                .map(|p| Place { x: mirror * (p.x * cos - p.y * sin), y: p.x * sin + p.y * cos })
                .collect();
            let reads: f64 =
                turned.iter().enumerate().map(|(n, p)| (n as f64 - middle) * (0.7 * p.x + p.y)).sum();
            let width = |f: fn(&Place) -> f64| {
                let all = turned.iter().map(f);
                all.clone().fold(f64::MIN, f64::max) - all.fold(f64::MAX, f64::min)
            };
            // Screens are wide.
            let lies = if width(|p| p.x) + 0.2 >= width(|p| p.y) { 1e6 } else { 0.0 };
            if reads + lies > chosen.0 + 1e-6 {
                chosen = (reads + lies, turned);
            }
        }
    }
    chosen.1
}
