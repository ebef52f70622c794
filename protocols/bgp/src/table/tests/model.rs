//! The table as one would write it without thinking of speed: a list of paths per prefix, and RFC 4271 9.1.2.2 by the
//! letter.

use super::*;
use core::cmp::Ordering;
use core::net::IpAddr;

#[derive(Clone, Debug, PartialEq)]
pub struct ModelPath {
    pub from: From,
    pub received: Attributes,
    /// With its weight.
    pub used: Result<(Attributes, u32), Rejected>,
    /// Second of the last change.
    pub since: u64,
    /// How many generations ago it was sent.
    pub age: u32,
    pub best: bool,
}

#[derive(Clone, Debug, Default)]
pub struct Model {
    pub prefixes: BTreeMap<Prefix, Vec<ModelPath>>,
    pub peers: BTreeMap<PeerIx, PeerInfo>,
    pub world: BTreeMap<IpAddr, Option<u32>>,
}

impl Model {
    pub fn update(
        &mut self,
        now: u64,
        prefix: Prefix,
        from: From,
        received: Attributes,
        used: Result<(Attributes, u32), Rejected>,
    ) {
        let paths = self.prefixes.entry(prefix).or_default();
        match paths.iter_mut().find(|path| path.from == from) {
            Some(path) => {
                path.age = 0;
                if (&path.received, &path.used) != (&received, &used) {
                    (path.received, path.used, path.since) = (received, used, now);
                }
            }
            None => paths.push(ModelPath { from, received, used, since: now, age: 0, best: false }),
        }
    }

    pub fn withdraw(&mut self, prefix: &Prefix, from: From) -> bool {
        let Some(paths) = self.prefixes.get_mut(prefix) else { return false };
        let before = paths.len();
        paths.retain(|path| path.from != from);
        paths.len() < before
    }

    pub fn new_generation(&mut self, peer: PeerIx, family: Family) {
        for path in self.of(peer, family) {
            path.age += 1;
        }
        // As many can be told apart.
        self.remove(peer, family, 16);
    }

    pub fn remove(&mut self, peer: PeerIx, family: Family, age: u32) {
        for (prefix, paths) in &mut self.prefixes {
            if Family::of(prefix.is_v4()) == family {
                paths.retain(|path| path.from.peer != peer || path.age < age);
            }
        }
    }

    pub fn of(&mut self, peer: PeerIx, family: Family) -> impl Iterator<Item = &mut ModelPath> {
        self.prefixes
            .iter_mut()
            .filter(move |(prefix, _)| Family::of(prefix.is_v4()) == family)
            .flat_map(|(_, paths)| paths)
            .filter(move |path| path.from.peer == peer)
    }

    fn metric(&self, next_hop: &IpAddr) -> Option<u32> {
        self.world.get(next_hop).copied().unwrap_or(Some(10))
    }

    fn usable<'a>(&self, paths: &'a [ModelPath]) -> Vec<(&'a ModelPath, u32)> {
        let mut usable: Vec<_> = paths
            .iter()
            .filter_map(|path| {
                let (used, _) = path.used.as_ref().ok()?;
                let ours = path.from.peer == PeerIx::SELF;
                Some((path, if ours { 0 } else { self.metric(&used.next_hop)? }))
            })
            .collect();
        usable.sort_by_key(|(path, _)| core::cmp::Reverse(path.since));
        usable
    }

    /// Decides on every prefix: the best, and all that are used.
    pub fn decide(&mut self, knobs: &Knobs) -> BTreeMap<Prefix, (From, Vec<From>)> {
        let mut all = BTreeMap::new();
        for (prefix, paths) in &self.prefixes {
            let usable = self.usable(paths);
            let Some(best) = self.best(&usable, knobs) else { continue };
            let used = self.multipath(prefix, best, &usable, knobs);
            all.insert(*prefix, (best.0.from, used));
        }
        for (prefix, paths) in &mut self.prefixes {
            for path in paths {
                path.best = all.get(prefix).is_some_and(|(best, _)| *best == path.from);
            }
        }
        all
    }

    fn best<'a>(&self, usable: &[(&'a ModelPath, u32)], knobs: &Knobs) -> Option<(&'a ModelPath, u32)> {
        let knob = knobs.bestpath;
        if !knob.deterministic_med && !knob.always_compare_med {
            return usable.iter().copied().reduce(|a, b| if self.beats(b, a, knobs) { b } else { a });
        }
        let mut left = usable.to_vec();
        let worst = if knob.med_missing_as_worst { u32::MAX } else { 0 };
        let med = |path: &ModelPath| attributes_of(path).med.unwrap_or(worst);
        let top = left.iter().map(|p| self.rank_before(p.0, knobs)).max()?;
        left.retain(|p| self.rank_before(p.0, knobs) == top);
        let rivals = left.clone();
        left.retain(|p| !rivals.iter().any(|r| self.same_neighbor(p.0, r.0, knobs) && med(r.0) < med(p.0)));
        left.into_iter().reduce(|a, b| if self.after(b, a, knobs).is_lt() { b } else { a })
    }

    fn beats(&self, a: (&ModelPath, u32), b: (&ModelPath, u32), knobs: &Knobs) -> bool {
        let worst = if knobs.bestpath.med_missing_as_worst { u32::MAX } else { 0 };
        let med = |path: &ModelPath| attributes_of(path).med.unwrap_or(worst);
        let (ra, rb) = (self.rank_before(a.0, knobs), self.rank_before(b.0, knobs));
        if ra != rb {
            return ra > rb;
        }
        if self.same_neighbor(a.0, b.0, knobs) && med(a.0) != med(b.0) {
            return med(a.0) < med(b.0);
        }
        self.after(a, b, knobs).is_lt()
    }

    /// Larger is better: weight, local preference, ours, length, origin.
    fn rank_before(&self, path: &ModelPath, knobs: &Knobs) -> (u32, u32, bool, i64, i64) {
        let (used, weight) = path.used.as_ref().unwrap();
        let length = if knobs.bestpath.as_path_ignore { 0 } else { used.as_path.length(false) };
        (
            *weight,
            used.local_pref.unwrap_or(knobs.local_preference),
            path.from.peer == PeerIx::SELF,
            -i64::from(length),
            -(used.origin as i64),
        )
    }

    fn same_neighbor(&self, a: &ModelPath, b: &ModelPath, knobs: &Knobs) -> bool {
        let (a, b) = (&attributes_of(a).as_path, &attributes_of(b).as_path);
        knobs.bestpath.always_compare_med
            || (a.neighbor().is_some() && a.neighbor() == b.neighbor())
            || (a.segments.is_empty() && b.segments.is_empty())
    }

    fn kind(&self, path: &ModelPath) -> PeerKind {
        self.peers.get(&path.from.peer).map_or(PeerKind::Internal, |p| p.kind)
    }

    /// `Less` is better.
    fn after(&self, a: (&ModelPath, u32), b: (&ModelPath, u32), knobs: &Knobs) -> Ordering {
        let key = |(path, metric): (&ModelPath, u32)| {
            let kind = self.kind(path);
            (kind != PeerKind::External, metric, kind == PeerKind::Internal)
        };
        let external = |p: &ModelPath| self.kind(p) == PeerKind::External;
        let stays = external(a.0) && external(b.0) && !knobs.bestpath.compare_routerid;
        key(a).cmp(&key(b)).then_with(|| {
            if stays && a.0.best != b.0.best {
                return b.0.best.cmp(&a.0.best);
            }
            self.last(a.0).cmp(&self.last(b.0))
        })
    }

    fn last(&self, path: &ModelPath) -> (Ipv4Addr, usize, IpAddr, u32) {
        let used = attributes_of(path);
        let peer = self.peers.get(&path.from.peer);
        let id = used.originator_id.or(peer.map(|p| p.router_id)).unwrap_or(Ipv4Addr::UNSPECIFIED);
        let address = peer.map_or(IpAddr::V4(Ipv4Addr::UNSPECIFIED), |p| p.address);
        (id, used.cluster_list.len(), address, path.from.path_id)
    }

    fn multipath(
        &self,
        prefix: &Prefix,
        best: (&ModelPath, u32),
        usable: &[(&ModelPath, u32)],
        knobs: &Knobs,
    ) -> Vec<From> {
        let family = Family::of(prefix.is_v4()) as usize;
        let kind = self.kind(best.0);
        let limit = match kind {
            PeerKind::Internal => knobs.maximum_paths_ibgp[family],
            _ => knobs.maximum_paths[family],
        };
        let mut used = vec![best.0];
        let mut others: Vec<&ModelPath> = usable
            .iter()
            .filter(|(path, metric)| {
                let (p, b) = (attributes_of(path), attributes_of(best.0));
                let worst = if knobs.bestpath.med_missing_as_worst { u32::MAX } else { 0 };
                let med = p.med.unwrap_or(worst) == b.med.unwrap_or(worst);
                let as_path = match kind {
                    _ if knobs.bestpath.multipath_relax => p.as_path.length(false) == b.as_path.length(false),
                    PeerKind::External => p.as_path.neighbor() == b.as_path.neighbor(),
                    _ => p.as_path == b.as_path,
                };
                path.from != best.0.from
                    && self.rank_before(path, knobs) == self.rank_before(best.0, knobs)
                    && (med || !self.same_neighbor(path, best.0, knobs))
                    && self.kind(path) == kind
                    && *metric == best.1
                    && as_path
                    && best.0.from.peer != PeerIx::SELF
            })
            .map(|(path, _)| *path)
            .collect();
        let hop = |path: &ModelPath| attributes_of(path).next_hop;
        others.sort_by_key(|p| (hop(p), self.last(p).2, !p.best, core::cmp::Reverse(p.since)));
        for path in others {
            if used.len() < usize::from(limit) && used.iter().all(|u| hop(u) != hop(path)) {
                used.push(path);
            }
        }
        let mut used: Vec<From> = used.into_iter().map(|path| path.from).collect();
        used.sort_unstable();
        used
    }
}

fn attributes_of(path: &ModelPath) -> &Attributes {
    &path.used.as_ref().unwrap().0
}
