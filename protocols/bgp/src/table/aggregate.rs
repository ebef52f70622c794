//! `aggregate-address` (RFC 4271 9.2.2.2): one route for many. Follows what becomes of the best paths that an aggregate
//! covers, counts what the aggregate is made of, and tells when there is another one. What an aggregate stands for is
//! suppressed in the table. Route-maps are asked and the table filled by the caller.
//!
//! Only best paths contribute, and other aggregates do not. RFC 9774 deprecates AS_SET: without `as-set` an aggregate has
//! an empty path and ATOMIC_AGGREGATE.

use super::{Change, DestId, From, Table};
use crate::Family;
use crate::attrs::{AttrId, Entry, Flags};
use crate::config::Aggregate;
use core::net::{IpAddr, Ipv4Addr, Ipv6Addr};
use fib::Prefix;
use policy::bgp::{Aggregator, AsPath, Attributes, Origin, Segment, SegmentKind};
use std::collections::{BTreeMap, BTreeSet};

/// Whether a `suppress-map` of this name takes a route out: it permits it.
pub type Suppresses<'a> = &'a dyn Fn(&str, &Prefix, &Entry) -> bool;

/// An aggregate to originate as [`From::AGGREGATE`], or to withdraw.
#[derive(Clone, Debug, PartialEq)]
pub struct Aggregated {
    /// Which.
    pub prefix: Prefix,
    /// `None`: it is withdrawn.
    pub attributes: Option<Attributes>,
    /// The route-map to ask.
    pub route_map: Option<String>,
}

/// All aggregates of the router.
#[derive(Debug, Default)]
pub struct Aggregates {
    states: BTreeMap<Prefix, State>,
    /// Lengths of configured prefixes, by `family as usize`: where to look for what covers a prefix.
    lengths: [BTreeSet<u8>; 2],
    /// To tell.
    dirty: BTreeSet<Prefix>,
    /// Their table is still being walked.
    walking: BTreeSet<Prefix>,
}

#[derive(Debug, Default)]
struct State {
    config: Aggregate,
    parts: BTreeMap<DestId, Part>,
    sums: Sums,
    /// Where the walk for parts is.
    at: Option<Prefix>,
    /// It stands for its parts: there are some, and MEDs do not forbid it.
    active: bool,
}

/// A path that contributes. The destination and the attribute set are held.
#[derive(Copy, Clone, Debug)]
struct Part {
    prefix: Prefix,
    used: AttrId,
    suppressed: bool,
}

/// What an aggregate is made of, counted.
#[derive(Debug, Default)]
struct Sums {
    origins: [u32; 3],
    meds: BTreeMap<Option<u32>, u32>,
    atomic: u32,
    sets: BTreeMap<AttrId, u32>,
}

impl Sums {
    fn add(&mut self, id: AttrId, entry: &Entry) {
        self.origins[entry.origin() as usize] += 1;
        self.atomic += u32::from(entry.flags().any(Flags::ATOMIC_AGGREGATE));
        *self.meds.entry(entry.med()).or_default() += 1;
        *self.sets.entry(id).or_default() += 1;
    }

    fn remove(&mut self, id: AttrId, entry: &Entry) {
        self.origins[entry.origin() as usize] -= 1;
        self.atomic -= u32::from(entry.flags().any(Flags::ATOMIC_AGGREGATE));
        less(&mut self.meds, entry.med());
        less(&mut self.sets, id);
    }

    fn origin(&self) -> Origin {
        match self.origins {
            [_, _, n] if n > 0 => Origin::Incomplete,
            [_, n, _] if n > 0 => Origin::Egp,
            _ => Origin::Igp,
        }
    }
}

fn less<K: Ord>(counts: &mut BTreeMap<K, u32>, key: K) {
    if let Some(count) = counts.get_mut(&key) {
        *count -= 1;
        if *count == 0 {
            counts.remove(&key);
        }
    }
}

impl Aggregates {
    /// What is configured now, of both families. What differs is built anew.
    pub fn configure(&mut self, table: &mut Table, config: &BTreeMap<Prefix, Aggregate>) {
        let gone = |(prefix, state): (&Prefix, &State)| {
            (config.get(prefix) != Some(&state.config)).then_some(*prefix)
        };
        let gone: Vec<Prefix> = self.states.iter().filter_map(gone).collect();
        for prefix in gone {
            self.drop(table, prefix);
        }
        for (prefix, aggregate) in config {
            if !self.states.contains_key(prefix) {
                self.states.insert(*prefix, State { config: aggregate.clone(), ..State::default() });
                self.walking.insert(*prefix);
            }
        }
        self.lengths = Default::default();
        for prefix in self.states.keys() {
            self.lengths[Family::of(prefix.is_v4()) as usize].insert(prefix.len());
        }
    }

    /// Route-maps changed: suppress-maps are asked again, and every aggregate is told again.
    pub fn again(&mut self, table: &mut Table) {
        let all: BTreeMap<Prefix, Aggregate> =
            self.states.iter().map(|(p, s)| (*p, s.config.clone())).collect();
        for (prefix, aggregate) in all {
            if aggregate.suppress_map.is_some() {
                self.drop(table, prefix);
                self.states.insert(prefix, State { config: aggregate, ..State::default() });
                self.walking.insert(prefix);
            }
            self.dirty.insert(prefix);
        }
    }

    fn drop(&mut self, table: &mut Table, prefix: Prefix) {
        let Some(state) = self.states.remove(&prefix) else { return };
        let family = Family::of(prefix.is_v4());
        for (dest, part) in state.parts {
            self.suppress(table, family, dest, &part.prefix);
            table.attrs.release(part.used);
            table.release(family, dest);
        }
        self.walking.remove(&prefix);
        self.dirty.insert(prefix);
    }

    /// The table told of a change. To be called before anybody else hears of it, for it may be suppressed.
    pub fn changed(&mut self, table: &mut Table, change: &Change, suppresses: Suppresses<'_>) {
        if change.best && !self.lengths[change.family as usize].is_empty() {
            for aggregate in self.covering(&change.prefix) {
                self.part(table, aggregate, change.family, change.dest, &change.prefix, suppresses);
            }
        }
    }

    fn covering(&self, prefix: &Prefix) -> smallvec::SmallVec<[Prefix; 4]> {
        let shorter = self.lengths[Family::of(prefix.is_v4()) as usize].range(..prefix.len());
        let covers = shorter.map(|len| Prefix::new(prefix.addr(), *len));
        covers.filter(|aggregate| self.states.contains_key(aggregate)).collect()
    }

    /// Looks at the best path of a destination that an aggregate covers.
    fn part(
        &mut self,
        table: &mut Table,
        aggregate: Prefix,
        family: Family,
        dest: DestId,
        prefix: &Prefix,
        suppresses: Suppresses<'_>,
    ) {
        let Some(state) = self.states.get_mut(&aggregate) else { return };
        let best = table.best(family, dest).filter(|path| path.from != From::AGGREGATE).map(|path| path.used);
        let old = state.parts.get(&dest).copied();
        if old.map(|part| part.used) == best {
            return;
        }
        if let Some(used) = best {
            let entry = table.attrs.get(used);
            let by_map = |map: &String| suppresses(map, prefix, entry);
            let suppressed =
                state.config.summary_only || state.config.suppress_map.as_ref().is_some_and(by_map);
            state.sums.add(used, entry);
            state.parts.insert(dest, Part { prefix: *prefix, used, suppressed });
            table.attrs.hold(used);
            table.hold(family, dest);
        } else {
            state.parts.remove(&dest);
        }
        if let Some(part) = old {
            state.sums.remove(part.used, table.attrs.get(part.used));
        }
        self.dirty.insert(aggregate);
        self.settle(table, aggregate);
        self.suppress(table, family, dest, prefix);
        if let Some(part) = old {
            table.attrs.release(part.used);
            table.release(family, dest);
        }
    }

    /// Whether it stands for its parts now. If that changed, they are told again.
    fn settle(&mut self, table: &mut Table, aggregate: Prefix) {
        let Some(state) = self.states.get_mut(&aggregate) else { return };
        let active = !(state.parts.is_empty() || state.config.matching_med_only && state.sums.meds.len() > 1);
        if core::mem::replace(&mut state.active, active) == active {
            return;
        }
        let family = Family::of(aggregate.is_v4());
        let parts: Vec<(DestId, Prefix)> =
            state.parts.iter().filter(|(_, p)| p.suppressed).map(|(d, p)| (*d, p.prefix)).collect();
        for (dest, prefix) in parts {
            self.suppress(table, family, dest, &prefix);
        }
    }

    /// Says whether any aggregate stands for a destination.
    fn suppress(&self, table: &mut Table, family: Family, dest: DestId, prefix: &Prefix) {
        let on = self.covering(prefix).iter().any(|aggregate| {
            let state = &self.states[aggregate];
            state.active && state.parts.get(&dest).is_some_and(|part| part.suppressed)
        });
        table.suppress(family, dest, on);
    }

    /// Walks the table for new aggregates: `budget` destinations at most. True: there is more to walk.
    pub fn walk(&mut self, table: &mut Table, mut budget: usize, suppresses: Suppresses<'_>) -> bool {
        while let Some(&aggregate) = self.walking.first() {
            if budget == 0 {
                return true;
            }
            budget -= 1;
            let family = Family::of(aggregate.is_v4());
            let at = self.states.get(&aggregate).and_then(|state| state.at).unwrap_or(aggregate);
            let next = table.next_dest(family, Some(&at)).filter(|(prefix, _)| aggregate.covers(prefix));
            match next {
                Some((prefix, dest)) => {
                    if let Some(state) = self.states.get_mut(&aggregate) {
                        state.at = Some(prefix);
                    }
                    self.part(table, aggregate, family, dest, &prefix, suppresses);
                }
                None => {
                    self.walking.remove(&aggregate);
                    self.dirty.insert(aggregate);
                }
            }
        }
        false
    }

    /// Whether [`Aggregates::walk`] or [`Aggregates::poll`] have something to do.
    pub fn has_work(&self) -> bool {
        !self.walking.is_empty() || !self.dirty.is_empty()
    }

    /// The next aggregate to originate or to withdraw. What is told may be as it was: the table sees that. `identity`: our
    /// AS as the outside sees it, and our BGP identifier.
    pub fn poll(&mut self, table: &Table, identity: Aggregator) -> Option<Aggregated> {
        loop {
            let prefix = self.dirty.pop_first()?;
            // What is half known is told when it is known.
            if self.walking.contains(&prefix) {
                continue;
            }
            let state = self.states.get(&prefix);
            return Some(Aggregated {
                prefix,
                attributes: state.filter(|s| s.active).map(|s| s.attributes(table, &prefix, identity)),
                route_map: state.and_then(|s| s.config.route_map.clone()),
            });
        }
    }

    /// How many paths an aggregate stands for; `None`: there is no such aggregate.
    pub fn parts(&self, aggregate: &Prefix) -> Option<usize> {
        self.states.get(aggregate).map(|state| state.parts.len())
    }
}

impl State {
    fn attributes(&self, table: &Table, prefix: &Prefix, identity: Aggregator) -> Attributes {
        let next_hop: IpAddr =
            if prefix.is_v4() { Ipv4Addr::UNSPECIFIED.into() } else { Ipv6Addr::UNSPECIFIED.into() };
        let mut all = Attributes {
            origin: self.config.origin.unwrap_or(self.sums.origin()),
            next_hop,
            atomic_aggregate: !self.config.as_set || self.sums.atomic > 0,
            aggregator: Some(identity),
            ..Attributes::default()
        };
        if self.config.as_set {
            self.unite(table, &mut all);
        }
        all
    }

    /// The ASes and communities of all parts (RFC 4271 9.2.2.2): the common head as a sequence, the rest as a set.
    fn unite(&self, table: &Table, all: &mut Attributes) {
        let sets: Vec<Attributes> = self.sums.sets.keys().map(|id| table.attrs.decode(*id)).collect();
        let paths: Vec<&AsPath> = sets.iter().map(|set| &set.as_path).collect();
        let head = common_head(&paths);
        let rest: BTreeSet<u32> =
            paths.iter().flat_map(|path| path.asns()).filter(|a| !head.contains(a)).collect();
        let mut segments = Vec::new();
        if !head.is_empty() {
            segments.push(Segment { kind: SegmentKind::Sequence, asns: head });
        }
        if !rest.is_empty() {
            segments.push(Segment { kind: SegmentKind::Set, asns: rest.into_iter().collect() });
        }
        all.as_path = AsPath { segments };
        all.communities = union(sets.iter().flat_map(|set| set.communities.iter().copied()));
        all.extended_communities =
            union(sets.iter().flat_map(|set| set.extended_communities.iter().copied()));
        all.large_communities = union(sets.iter().flat_map(|set| set.large_communities.iter().copied()));
    }
}

fn union<T: Ord>(all: impl Iterator<Item = T>) -> Vec<T> {
    all.collect::<BTreeSet<T>>().into_iter().collect()
}

/// The ASes that begin every path, in sequence.
fn common_head(paths: &[&AsPath]) -> Vec<u32> {
    let head = |path: &AsPath| match path.segments.first() {
        Some(first) if first.kind == SegmentKind::Sequence => first.asns.clone(),
        _ => Vec::new(),
    };
    let shorter = |a: Vec<u32>, b: Vec<u32>| -> Vec<u32> {
        a.into_iter().zip(b).take_while(|(a, b)| a == b).map(|(a, _)| a).collect()
    };
    paths.iter().map(|path| head(path)).reduce(shorter).unwrap_or_default()
}
