//! What route maps change. Other protocols read the fields; BGP has its attributes changed by [`Changes::apply_bgp`].

use super::BgpContext;
use crate::Policy;
use crate::bgp::{AsPath, Attributes, SegmentKind};
use crate::config::{Asked, CommunitySet, Exclude, MetricType, NextHopSet, Replace, Set, SetMetric};
use core::net::{IpAddr, Ipv6Addr};
use smallvec::SmallVec;

/// What the permitting entries set, in order.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Changes<'a> {
    /// Changes of the metric, to be applied one after the other; see [`Changes::metric`].
    pub metrics: SmallVec<[SetMetric; 2]>,
    /// The new tag.
    pub tag: Option<u32>,
    /// The new next hop, where it is a plain address of the route's family.
    pub next_hop: Option<IpAddr>,
    /// The new distance.
    pub distance: Option<u8>,
    /// The new type of an OSPF external route.
    pub metric_type: Option<MetricType>,
    /// What concerns BGP alone.
    pub bgp: BgpChanges<'a>,
}

/// Changes to a BGP route.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct BgpChanges<'a> {
    /// Of entries that change attributes, in order.
    sets: SmallVec<[&'a Set; 2]>,
    /// The new weight, 0..=4294967295.
    pub weight: Option<u32>,
    /// A new next hop of the route's family, for what the process does about next hops.
    pub next_hop: Option<NewNextHop>,
    /// A new link-local next hop beside it (IPv6 routes).
    pub link_local: Option<Ipv6Addr>,
    /// Packets go to the global next hop, not to the link-local one.
    pub prefer_global: bool,
}

/// A next hop that a route map wants.
#[derive(Copy, Clone, Debug, PartialEq, Eq)]
pub enum NewNextHop {
    /// This address.
    Address(IpAddr),
    /// In: the neighbor; out: our own end of the session.
    PeerAddress,
    /// Out: as it came, where it would be replaced by our own.
    Unchanged,
}

impl BgpChanges<'_> {
    /// Whether an attribute changes: if not, [`Changes::apply_bgp`] does nothing. A next hop that is `unchanged` counts.
    pub fn changes_attributes(&self) -> bool {
        !self.sets.is_empty() || self.next_hop.is_some() || self.link_local.is_some()
    }
}

impl<'a> Changes<'a> {
    /// The metric after all changes to `base`, saturating at each; `None` when no entry sets the metric.
    pub fn metric(&self, base: u32) -> Option<u32> {
        (!self.metrics.is_empty()).then(|| self.metrics.iter().fold(base, |n, change| change.apply(n)))
    }

    /// Changes the attributes of a BGP route: all but what stands in [`Changes::bgp`]'s fields, the tag and the
    /// distance. `next_hop` and `link_local` are changed where an address is known.
    pub fn apply_bgp(&self, policy: &Policy, attributes: &mut Attributes, context: &BgpContext) {
        for set in &self.bgp.sets {
            apply(policy, set, attributes, context);
        }
        if let Some(hop) = self.bgp.next_hop {
            let hop = match hop {
                NewNextHop::Address(address) => Some(address),
                NewNextHop::PeerAddress => context.peer_address,
                NewNextHop::Unchanged => None,
            };
            attributes.next_hop = hop.unwrap_or(attributes.next_hop);
        }
        attributes.link_local = self.bgp.link_local.or(attributes.link_local);
    }

    pub(super) fn add(&mut self, set: &'a Set, v4: bool) {
        self.metrics.extend(set.metric);
        self.tag = set.tag.or(self.tag);
        self.distance = set.distance.or(self.distance);
        self.metric_type = set.metric_type.or(self.metric_type);
        self.bgp.weight = set.weight.or(self.bgp.weight);
        self.add_next_hop(set, v4);
        if set.changes_attributes() {
            self.bgp.sets.push(set);
        }
    }

    fn add_next_hop(&mut self, set: &Set, v4: bool) {
        let six = set.ipv6_next_hop;
        let wanted = match set.next_hop {
            Some(NextHopSet::Address(address)) if v4 => Some(NewNextHop::Address(IpAddr::V4(address))),
            Some(NextHopSet::PeerAddress) if v4 => Some(NewNextHop::PeerAddress),
            Some(NextHopSet::Unchanged) if v4 => Some(NewNextHop::Unchanged),
            _ if v4 => None,
            _ if six.peer_address => Some(NewNextHop::PeerAddress),
            _ if six.unchanged => Some(NewNextHop::Unchanged),
            _ => six.global.map(|address| NewNextHop::Address(IpAddr::V6(address))),
        };
        if let Some(NewNextHop::Address(address)) = wanted {
            self.next_hop = Some(address);
        }
        self.bgp.next_hop = wanted.or(self.bgp.next_hop);
        self.bgp.link_local = six.local.filter(|_| !v4).or(self.bgp.link_local);
        self.bgp.prefer_global |= six.prefer_global;
    }
}

impl SetMetric {
    /// The value after this change, saturating.
    pub fn apply(self, base: u32) -> u32 {
        match self {
            SetMetric::To(n) => n,
            SetMetric::Add(n) => base.saturating_add(n),
            SetMetric::Subtract(n) => base.saturating_sub(n),
        }
    }
}

impl Set {
    /// Whether it changes attributes of a BGP route, next hops left out.
    fn changes_attributes(&self) -> bool {
        self.metric.is_some()
            || !self.as_path_prepend.is_empty()
            || self.as_path_prepend_last_as.is_some()
            || self.as_path_exclude.is_some()
            || self.as_path_replace.is_some()
            || self.community.is_some()
            || self.community_delete.is_some()
            || self.extcommunity.is_some()
            || self.extcommunity_delete.is_some()
            || self.large_community.is_some()
            || self.large_community_delete.is_some()
            || self.local_preference.is_some()
            || self.origin.is_some()
            || self.aggregator.is_some()
            || self.atomic_aggregate
            || self.originator_id.is_some()
    }
}

/// One entry's changes. Of a path: what goes, what is replaced, what comes; of communities: what goes, then what comes.
fn apply(policy: &Policy, set: &Set, attributes: &mut Attributes, context: &BgpContext) {
    if let Some(change) = set.metric {
        attributes.med = Some(change.apply(attributes.med.unwrap_or(0)));
    }
    if let Some(change) = set.local_preference {
        let base = attributes.local_pref.unwrap_or(context.default_local_pref);
        attributes.local_pref = Some(change.apply(base));
    }
    attributes.origin = set.origin.unwrap_or(attributes.origin);
    attributes.aggregator = set.aggregator.or(attributes.aggregator);
    attributes.atomic_aggregate |= set.atomic_aggregate;
    attributes.originator_id = set.originator_id.or(attributes.originator_id);
    path(set, &mut attributes.as_path, context);
    communities(policy, set, attributes);
}

fn path(set: &Set, path: &mut AsPath, context: &BgpContext) {
    match &set.as_path_exclude {
        None => {}
        Some(Exclude::All) => path.segments.clear(),
        Some(Exclude::Asns(asns)) => path.exclude(|asn| asns.contains(&asn)),
    }
    if let Some(Replace { asn, with }) = set.as_path_replace {
        let with = with.unwrap_or(context.local_as);
        path.replace(|old| asn.is_none_or(|asn| asn == old), with);
    }
    for asn in set.as_path_prepend.iter().rev() {
        path.prepend(SegmentKind::Sequence, *asn, 1);
    }
    let first = path.asns().next();
    if let (Some(times), Some(first)) = (set.as_path_prepend_last_as, first) {
        path.prepend(SegmentKind::Sequence, first, usize::from(times));
    }
}

fn communities(policy: &Policy, set: &Set, attributes: &mut Attributes) {
    if let Some(list) = &set.community_delete {
        attributes.communities.retain(|c| !policy.community_list(list, &[*c], Asked::Any).permits());
    }
    if let Some(list) = &set.extcommunity_delete {
        let goes = |c| policy.extcommunity_list(list, &[c], Asked::Any).permits();
        attributes.extended_communities.retain(|c| !goes(*c));
    }
    if let Some(list) = &set.large_community_delete {
        attributes
            .large_communities
            .retain(|c| !policy.large_community_list(list, &[*c], Asked::Any).permits());
    }
    if let Some(new) = &set.community {
        put(&mut attributes.communities, new);
    }
    if let Some(new) = &set.large_community {
        put(&mut attributes.large_communities, new);
    }
    if let Some(new) = &set.extcommunity {
        let additive = !new.set.is_empty();
        put(&mut attributes.extended_communities, &CommunitySet { set: new.set.clone(), additive });
    }
}

/// Sorted and without duplicates, as communities are kept.
fn put<C: Ord + Copy>(old: &mut Vec<C>, new: &CommunitySet<C>) {
    if !new.additive {
        old.clear();
    }
    old.extend(&new.set);
    old.sort_unstable();
    old.dedup();
}
