//! Shapes of networks: how many routers, and who has a cable to whom. Pure; equal wishes give equal graphs.

use core::fmt;
use core::str::FromStr;
use proto::Rng;
use std::collections::{BTreeSet, VecDeque};

/// Most routers of a generated lab: what the addresses below are enough for.
pub const MOST: usize = 20_000;

/// A kind of network.
#[derive(Copy, Clone, Debug, PartialEq, Eq)]
pub enum Kind {
    /// A circle.
    Ring,
    /// A row.
    Line,
    /// Rows and columns.
    Grid,
    /// Al-Fares' tree of K-port switches.
    FatTree,
    /// Leaves, each with a cable to every spine.
    Clos,
    /// Everyone with everyone.
    FullMesh,
    /// A random tree and half as many cables again.
    Random,
}

impl Kind {
    /// The word for it.
    pub const WORDS: [(&'static str, Kind); 7] = [
        ("ring", Kind::Ring),
        ("line", Kind::Line),
        ("grid", Kind::Grid),
        ("fat-tree", Kind::FatTree),
        ("clos", Kind::Clos),
        ("full-mesh", Kind::FullMesh),
        ("random", Kind::Random),
    ];
}

impl FromStr for Kind {
    type Err = String;

    fn from_str(text: &str) -> Result<Kind, String> {
        let words = Self::WORDS.iter().map(|(w, _)| *w);
        let found = Self::WORDS.iter().find(|(w, _)| *w == text).map(|(_, k)| *k);
        found.ok_or_else(|| {
            let hint = super::super::yaml::did_you_mean(text, words.clone());
            format!("`{text}` is no shape{hint}: expected {}", words.collect::<Vec<_>>().join(", "))
        })
    }
}

impl fmt::Display for Kind {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(Self::WORDS.iter().find(|(_, k)| k == self).map_or("?", |(w, _)| w))
    }
}

/// A graph of routers.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Graph {
    /// Names, in order.
    pub names: Vec<String>,
    /// The autonomous system each is in, counted from 0, for BGP.
    pub systems: Vec<usize>,
    /// Pairs of routers with a cable.
    pub cables: Vec<(usize, usize)>,
}

/// Draws a network. `size` is a number, or `WxH` for a grid, `LEAVESxSPINES` for a Clos fabric.
pub fn draw(kind: Kind, size: &str, seed: u64) -> Result<Graph, String> {
    let number = |text: &str, least: usize| {
        let n = text.parse::<usize>().ok().filter(|n| *n >= least && *n <= MOST);
        n.ok_or_else(|| format!("`{size}` is no size of a {kind}: expected a number from {least} to {MOST}"))
    };
    let pair = |least: usize| match size.split_once('x') {
        Some((a, b)) => Ok(Some((number(a, least)?, number(b, least)?))),
        None => Ok::<_, String>(None),
    };
    let graph = match kind {
        Kind::Ring => {
            let n = number(size, 3)?;
            plain(n, (0..n).map(|i| (i, (i + 1) % n)).collect())
        }
        Kind::Line => {
            let n = number(size, 2)?;
            plain(n, (1..n).map(|i| (i - 1, i)).collect())
        }
        Kind::Grid => {
            let (width, total) = match pair(1)? {
                Some((w, h)) => (w, w.saturating_mul(h)),
                None => {
                    let n = number(size, 2)?;
                    (n.isqrt() + usize::from(n.isqrt() * n.isqrt() < n), n)
                }
            };
            if !(2..=MOST).contains(&total) {
                return Err(format!("`{size}`: a grid has 2 to {MOST} routers"));
            }
            let right = |i: usize| (!(i + 1).is_multiple_of(width) && i + 1 < total).then_some((i, i + 1));
            let below = |i: usize| (i + width < total).then_some((i, i + width));
            plain(total, (0..total).flat_map(|i| [right(i), below(i)]).flatten().collect())
        }
        Kind::FullMesh => {
            let n = number(size, 2)?;
            if n > 500 {
                return Err(format!("`{size}`: a full mesh has at most 500 routers"));
            }
            plain(n, (0..n).flat_map(|i| (i + 1..n).map(move |j| (i, j))).collect())
        }
        Kind::Random => random(number(size, 2)?, seed),
        Kind::Clos => {
            let (leaves, spines) = match pair(1)? {
                Some(both) => both,
                None => {
                    let n = number(size, 2)?;
                    (n, n.div_ceil(4).max(2))
                }
            };
            if leaves + spines > MOST || leaves.saturating_mul(spines) > 200_000 {
                return Err(format!("`{size}`: too large a fabric"));
            }
            clos(leaves, spines)
        }
        Kind::FatTree => fat_tree(number(size, 2)?)?,
    };
    Ok(graph)
}

fn plain(n: usize, cables: Vec<(usize, usize)>) -> Graph {
    Graph { names: (1..=n).map(|i| format!("r{i}")).collect(), systems: (0..n).collect(), cables }
}

fn random(n: usize, seed: u64) -> Graph {
    let mut rng = Rng::fork(seed, "random graph");
    let mut below = |n: usize| usize::try_from(rng.bits() % (n.max(1) as u64)).unwrap_or(0);
    let mut cables: BTreeSet<(usize, usize)> = (1..n).map(|i| (below(i), i)).collect();
    let most = n * (n - 1) / 2;
    let wanted = (n - 1 + n / 2).min(most);
    while cables.len() < wanted {
        let (a, b) = (below(n), below(n));
        if a != b {
            cables.insert((a.min(b), a.max(b)));
        }
    }
    plain(n, cables.into_iter().collect())
}

fn clos(leaves: usize, spines: usize) -> Graph {
    let names = (1..=spines).map(|i| format!("spine{i}")).chain((1..=leaves).map(|i| format!("leaf{i}")));
    // All spines are one autonomous system: a path by one spine never comes back by another.
    let systems = (0..spines).map(|_| 0).chain(1..=leaves);
    let cables = (0..leaves).flat_map(|l| (0..spines).map(move |s| (s, spines + l)));
    Graph { names: names.collect(), systems: systems.collect(), cables: cables.collect() }
}

/// (K/2)^2 cores, and K pods of K/2 aggregation and K/2 edge switches.
fn fat_tree(k: usize) -> Result<Graph, String> {
    if !k.is_multiple_of(2) || k > 40 {
        return Err(format!("`{k}`: a fat tree has an even number of ports, 2 to 40"));
    }
    let half = k / 2;
    let (mut names, mut systems, mut cables) = (Vec::new(), Vec::new(), Vec::new());
    let mut add = |name: String, system: usize| {
        names.push(name);
        systems.push(system);
        names.len() - 1
    };
    let cores: Vec<usize> = (1..=half * half).map(|i| add(format!("core{i}"), 0)).collect();
    for pod in 1..=k {
        // The aggregation switches of a pod are one system, each of its edge switches is one.
        let of_pod = 1 + (pod - 1) * (half + 1);
        let aggregation: Vec<usize> = (1..=half).map(|i| add(format!("agg{pod}-{i}"), of_pod)).collect();
        let edge: Vec<usize> = (1..=half).map(|i| add(format!("edge{pod}-{i}"), of_pod + i)).collect();
        for (a, agg) in aggregation.iter().enumerate() {
            cables.extend(cores.iter().skip(a * half).take(half).map(|core| (*core, *agg)));
            cables.extend(edge.iter().map(|e| (*agg, *e)));
        }
    }
    Ok(Graph { names, systems, cables })
}

impl Graph {
    /// Hops from one router to every other; `None`: there is no way. `without`: a cable that is cut.
    pub fn hops(&self, from: usize, without: Option<usize>) -> Vec<Option<usize>> {
        let mut neighbors = vec![Vec::new(); self.names.len()];
        for (_, (a, b)) in self.cables.iter().enumerate().filter(|(n, _)| Some(*n) != without) {
            for (x, y) in [(*a, *b), (*b, *a)] {
                if let Some(list) = neighbors.get_mut(x) {
                    list.push(y);
                }
            }
        }
        let mut hops = vec![None; self.names.len()];
        if let Some(start) = hops.get_mut(from) {
            *start = Some(0);
        }
        let mut queue = VecDeque::from([from]);
        while let Some(at) = queue.pop_front() {
            let next = hops.get(at).copied().flatten().map(|h: usize| h + 1);
            for far in neighbors.get(at).into_iter().flatten() {
                if let Some(slot @ None) = hops.get_mut(*far) {
                    *slot = next;
                    queue.push_back(*far);
                }
            }
        }
        hops
    }

    /// Whether everyone reaches everyone, also without that cable.
    pub fn is_connected(&self, without: Option<usize>) -> bool {
        self.hops(0, without).iter().all(Option::is_some)
    }

    /// A bound on the longest shortest way: at most twice the way from the first router.
    pub fn reach(&self) -> usize {
        2 * self.hops(0, None).into_iter().flatten().max().unwrap_or(0)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn shape(kind: Kind, size: &str) -> (usize, usize) {
        let graph = draw(kind, size, 1).unwrap();
        assert!(graph.is_connected(None), "{kind} {size}");
        let distinct: BTreeSet<_> = graph.cables.iter().map(|(a, b)| (a.min(b), a.max(b))).collect();
        assert_eq!(distinct.len(), graph.cables.len(), "{kind} {size}: no cable twice");
        assert!(graph.cables.iter().all(|(a, b)| a != b));
        (graph.names.len(), graph.cables.len())
    }

    #[test]
    fn shapes_have_the_routers_and_cables_of_their_definitions() {
        assert_eq!(shape(Kind::Ring, "5"), (5, 5));
        assert_eq!(shape(Kind::Line, "5"), (5, 4));
        assert_eq!(shape(Kind::Grid, "4x3"), (12, 17));
        assert_eq!(shape(Kind::Grid, "9"), (9, 12));
        assert_eq!(shape(Kind::Grid, "7"), (7, 8));
        assert_eq!(shape(Kind::FullMesh, "6"), (6, 15));
        assert_eq!(shape(Kind::Clos, "4x2"), (6, 8));
        // 4 ports: 4 cores, 4 pods of 2 and 2; 16 cables up and 16 within pods.
        assert_eq!(shape(Kind::FatTree, "4"), (20, 32));
        assert_eq!(shape(Kind::Random, "20"), (20, 29));
        assert_eq!(shape(Kind::Random, "2"), (2, 1));
    }

    #[test]
    fn a_random_network_is_the_same_for_the_same_seed() {
        assert_eq!(draw(Kind::Random, "30", 7), draw(Kind::Random, "30", 7));
        assert_ne!(draw(Kind::Random, "30", 7), draw(Kind::Random, "30", 8));
    }

    #[test]
    fn sizes_that_make_no_sense_are_refused() {
        for (kind, size) in [
            (Kind::Ring, "2"),
            (Kind::Ring, "x"),
            (Kind::FatTree, "3"),
            (Kind::Grid, "0x3"),
            (Kind::FullMesh, "501"),
        ] {
            assert!(draw(kind, size, 1).is_err(), "{kind} {size}");
        }
        assert!("rign".parse::<Kind>().unwrap_err().contains("ring"));
    }
}
