//! The decision process (RFC 4271 9.1.2.2, with RFC 4456 9, RFC 5065 5.3, RFC 5004 and FRR's weight).
//! Pure: candidates in, the best and why out. It asks nobody and changes nothing; who may be a candidate is settled before.
//!
//! MED makes it no total order: a path's MED counts only against paths of the same neighboring AS, so A may beat B, B beat
//! C, and C beat A. As RFC 4271 has it, steps *eliminate*: each removes paths from the whole set, and the result does not
//! depend on the order in which paths came. That is `bgp deterministic-med`. Without it, as FRR and IOS have it by
//! default, two paths at a time are compared in the order of the table, and the winner meets the next.

use super::why::Why;
use crate::config::Bestpath;
use crate::settings::PeerKind;
use crate::{PeerIx, RouterId};
use core::cmp::{Ordering, Reverse};
use core::net::IpAddr;
use policy::bgp::Origin;

/// What the process compares of a path.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Candidate {
    /// LLGR_STALE is among its communities.
    pub long_lived_stale: bool,
    /// Higher is better.
    pub weight: u32,
    /// LOCAL_PREF, or the default.
    pub local_pref: u32,
    /// This router originates it.
    pub local: bool,
    /// Of AS_PATH without confederation segments; a set is one.
    pub length: u32,
    /// ASes in confederation segments, likewise.
    pub confed_length: u32,
    /// ORIGIN.
    pub origin: Origin,
    /// MULTI_EXIT_DISC.
    pub med: Option<u32>,
    /// The first AS behind confederation segments, unless that is in a set.
    pub neighbor_as: Option<u32>,
    /// The first AS of a path that begins with an AS_CONFED_SEQUENCE.
    pub confed_as: Option<u32>,
    /// Who sent it.
    pub kind: PeerKind,
    /// To the next hop.
    pub metric: u32,
    /// It was chosen the last time.
    pub selected: bool,
    /// ORIGINATOR_ID, or the peer's BGP identifier.
    pub router_id: RouterId,
    /// How many clusters are in CLUSTER_LIST.
    pub clusters: u32,
    /// Of the peer.
    pub address: IpAddr,
    /// RFC 7911; 0 without.
    pub path_id: u32,
}

impl Candidate {
    fn length(&self, knobs: &Bestpath) -> u32 {
        match (knobs.as_path_ignore, knobs.as_path_confed) {
            (true, _) => 0,
            (false, false) => self.length,
            (false, true) => self.length.saturating_add(self.confed_length),
        }
    }

    fn med(&self, knobs: &Bestpath) -> u32 {
        self.med.unwrap_or(if knobs.med_missing_as_worst { u32::MAX } else { 0 })
    }

    fn of_confederation(&self) -> bool {
        self.confed_length > 0 && self.length == 0
    }
}

/// How a path lost.
#[derive(Copy, Clone, Debug, PartialEq, Eq)]
pub struct Loss {
    /// At which step.
    pub why: Why,
    /// To which path.
    pub to: usize,
}

/// What came out.
#[derive(Copy, Clone, Debug, PartialEq, Eq)]
pub struct Winner {
    /// Which.
    pub best: usize,
    /// The step that decided against the last of the others.
    pub why: Why,
}

/// Whether the MEDs of two paths may be compared (RFC 4271 9.1.2.2 c; RFC 5065 5.3).
fn comparable(a: &Candidate, b: &Candidate, knobs: &Bestpath) -> bool {
    knobs.always_compare_med
        || (knobs.med_confed && a.of_confederation() && b.of_confederation())
        || (a.neighbor_as.is_some() && a.neighbor_as == b.neighbor_as)
        || (a.confed_as.is_some() && a.confed_as == b.confed_as)
        || (a.length == 0 && b.length == 0)
}

/// The steps before MED; `Less` is better.
fn before_med(a: &Candidate, b: &Candidate, knobs: &Bestpath) -> (Ordering, Why) {
    let steps = [
        (a.long_lived_stale.cmp(&b.long_lived_stale), Why::LongLivedStale),
        (b.weight.cmp(&a.weight), Why::Weight),
        (b.local_pref.cmp(&a.local_pref), Why::LocalPreference),
        (b.local.cmp(&a.local), Why::LocalRoute),
        (a.length(knobs).cmp(&b.length(knobs)), Why::AsPathLength),
        (a.origin.cmp(&b.origin), Why::Origin),
    ];
    first(&steps)
}

/// The steps from MED to those of no meaning but to decide; `Less` is better.
fn after_med(a: &Candidate, b: &Candidate) -> (Ordering, Why) {
    let inside = |c: &Candidate| c.kind != PeerKind::External;
    let steps = [
        (inside(a).cmp(&inside(b)), Why::PeerKind),
        (a.metric.cmp(&b.metric), Why::IgpMetric),
        // Only reached by two that are both external or both not.
        (by_confederation(a).cmp(&by_confederation(b)), Why::ConfederationPeer),
    ];
    first(&steps)
}

fn by_confederation(c: &Candidate) -> bool {
    c.kind == PeerKind::Internal
}

/// The last steps: always decide between different paths.
fn tie(a: &Candidate, b: &Candidate, knobs: &Bestpath) -> (Ordering, Why) {
    let external = a.kind == PeerKind::External && b.kind == PeerKind::External;
    let stays = external && !a.local && !b.local && !knobs.compare_routerid;
    let older = if stays { b.selected.cmp(&a.selected) } else { Ordering::Equal };
    let steps = [
        (older, Why::Older),
        (a.router_id.cmp(&b.router_id), Why::RouterId),
        (a.clusters.cmp(&b.clusters), Why::ClusterList),
        (a.address.cmp(&b.address), Why::PeerAddress),
        (a.path_id.cmp(&b.path_id), Why::PathId),
    ];
    first(&steps)
}

fn first(steps: &[(Ordering, Why)]) -> (Ordering, Why) {
    steps.iter().copied().find(|(order, _)| order.is_ne()).unwrap_or((Ordering::Equal, Why::PathId))
}

/// Two paths alone: `Less` when `a` is better, and the step that said so.
pub fn compare(a: &Candidate, b: &Candidate, knobs: &Bestpath) -> (Ordering, Why) {
    let (order, why) = before_med(a, b, knobs);
    if order.is_ne() {
        return (order, why);
    }
    let med = a.med(knobs).cmp(&b.med(knobs));
    if med.is_ne() && comparable(a, b, knobs) {
        return (med, Why::Med);
    }
    let (order, why) = after_med(a, b);
    if order.is_ne() {
        return (order, why);
    }
    tie(a, b, knobs)
}

/// The best of `paths`, in the order of the table; `None` when there are none. `lost`, when given, is told how each of the
/// others lost.
pub fn choose(
    paths: &[Candidate],
    knobs: &Bestpath,
    mut lost: Option<&mut Vec<Option<Loss>>>,
) -> Option<Winner> {
    if let Some(lost) = lost.as_deref_mut() {
        lost.clear();
        lost.resize(paths.len(), None);
    }
    match paths {
        [] => None,
        [_] => Some(Winner { best: 0, why: Why::OnlyPath }),
        // Of two paths, or where MED is as good as any number, there is no difference, and this is faster.
        [_, _] => Some(in_turn(paths, knobs, lost)),
        _ if knobs.deterministic_med || knobs.always_compare_med => Some(eliminate(paths, knobs, lost)),
        _ => Some(in_turn(paths, knobs, lost)),
    }
}

/// Each meets the best so far.
fn in_turn(paths: &[Candidate], knobs: &Bestpath, mut lost: Option<&mut Vec<Option<Loss>>>) -> Winner {
    let mut winner = Winner { best: 0, why: Why::OnlyPath };
    for (index, path) in paths.iter().enumerate().skip(1) {
        let (order, why) = compare(path, &paths[winner.best], knobs);
        let (best, loser) = if order.is_lt() { (index, winner.best) } else { (winner.best, index) };
        winner = Winner { best, why };
        if let Some(lost) = lost.as_deref_mut() {
            lost[loser] = Some(Loss { why, to: best });
        }
    }
    winner
}

/// Each step removes what is not as good as the best of those that are left.
fn eliminate(paths: &[Candidate], knobs: &Bestpath, mut lost: Option<&mut Vec<Option<Loss>>>) -> Winner {
    let mut why = Why::OnlyPath;
    let mut loses = |loser: usize, step: Why, to: usize| {
        if let Some(lost) = lost.as_deref_mut() {
            lost[loser] = Some(Loss { why: step, to });
        }
        why = step;
    };
    let mut left: Vec<usize> = (0..paths.len()).collect();
    keep_best(&mut left, &mut loses, |a, b| before_med(&paths[a], &paths[b], knobs));
    for loss in by_med(&left, paths, knobs) {
        loses(loss.0, Why::Med, loss.1);
        left.retain(|i| *i != loss.0);
    }
    keep_best(&mut left, &mut loses, |a, b| after_med(&paths[a], &paths[b]));
    keep_best(&mut left, &mut loses, |a, b| tie(&paths[a], &paths[b], knobs));
    Winner { best: left.first().copied().unwrap_or(0), why }
}

/// Leaves those that are equal to the best by a total order.
fn keep_best(
    left: &mut Vec<usize>,
    loses: &mut impl FnMut(usize, Why, usize),
    order: impl Fn(usize, usize) -> (Ordering, Why),
) {
    let Some(best) = left.iter().copied().reduce(|a, b| if order(b, a).0.is_lt() { b } else { a }) else {
        return;
    };
    left.retain(|&other| {
        let (order, why) = order(other, best);
        if order.is_ne() {
            loses(other, why, best);
        }
        order.is_eq()
    });
}

/// Those that another one of the same neighboring AS beats by MED, and that one.
fn by_med(left: &[usize], paths: &[Candidate], knobs: &Bestpath) -> Vec<(usize, usize)> {
    let med = |i: usize| paths[i].med(knobs);
    let same = left.windows(2).all(|pair| matches!(pair, [a, b] if med(*a) == med(*b)));
    if same {
        return Vec::new();
    }
    let beaten = |&a: &usize| {
        let rivals = left.iter().copied().filter(|b| comparable(&paths[a], &paths[*b], knobs));
        let best = rivals.min_by_key(|b| (med(*b), *b))?;
        (med(best) < med(a)).then_some((a, best))
    };
    left.iter().filter_map(beaten).collect()
}

/// What is only asked of paths that are as good as the best.
pub trait More {
    /// NEXT_HOP of a candidate; of a link-local one also whose link it is on.
    fn next_hop(&self, index: usize) -> (IpAddr, Option<PeerIx>);
    /// Whether the AS_PATHs of two candidates are the same.
    fn same_as_path(&self, a: usize, b: usize) -> bool;
}

/// The paths to use beside the best, which is the first: those that are equal to it up to the metric, at most `limit` in
/// all. As in FRR, they differ in their next hops, eBGP paths are of one neighboring AS and iBGP paths have the same
/// AS_PATH unless `bgp bestpath as-path multipath-relax`, and the lower next hops are taken.
pub fn multipath(
    paths: &[Candidate],
    best: usize,
    knobs: &Bestpath,
    limit: usize,
    more: &impl More,
    out: &mut Vec<usize>,
) {
    out.clear();
    out.push(best);
    if limit < 2 || paths.get(best).is_none_or(|winner| winner.local) {
        return;
    }
    out.extend((0..paths.len()).filter(|i| *i != best && equal(paths, best, *i, knobs, more)));
    if out.len() < 2 {
        return;
    }
    if let Some(others) = out.get_mut(1..) {
        others.sort_by_key(|i| (more.next_hop(*i), paths[*i].address, Reverse(paths[*i].selected), *i));
    }
    let mut seen = smallvec::SmallVec::<[(IpAddr, Option<PeerIx>); 8]>::new();
    out.retain(|i| {
        let hop = more.next_hop(*i);
        let new = !seen.contains(&hop);
        seen.push(hop);
        new
    });
    out.truncate(limit);
}

fn equal(paths: &[Candidate], best: usize, other: usize, knobs: &Bestpath, more: &impl More) -> bool {
    let (a, b) = (&paths[best], &paths[other]);
    let med = a.med(knobs) == b.med(knobs) || !comparable(a, b, knobs);
    if !med || before_med(a, b, knobs).0.is_ne() || after_med(a, b).0.is_ne() {
        return false;
    }
    match a.kind {
        _ if knobs.multipath_relax => a.length == b.length,
        PeerKind::External => a.neighbor_as == b.neighbor_as,
        PeerKind::Internal | PeerKind::Confederation => more.same_as_path(best, other),
    }
}
