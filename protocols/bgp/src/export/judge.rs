//! Whether a route is told to the peers of a profile, and with which attributes: what attributes and relation allow, then
//! the filters, then the route map, then the rules of the protocol. A list that does not exist denies, as in FRR.

use super::attributes::outgoing;
use super::relation::{Denied, Relation, Source, allowed};
use super::{Decided, Profile, map};
use crate::attrs::{self, Entry};
use crate::config::RemovePrivateAs;
use crate::settings::PeerKind;
use fib::Prefix;
use policy::bgp::{AsPath, Attributes, Segment};
use policy::config::Validity;
use policy::{By, Policy, Verdict};

/// A profile and the policy it names.
#[derive(Copy, Clone)]
pub(super) struct Judge<'a> {
    pub(super) profile: &'a Profile,
    pub(super) policy: &'a Policy,
    /// The route map looks at prefixes: its verdict holds for one route only.
    pub(super) by_prefix: bool,
}

impl<'a> Judge<'a> {
    pub(super) fn new(profile: &'a Profile, policy: &'a Policy) -> Judge<'a> {
        let map = profile.filters.route_map.as_deref();
        let by_prefix = map.is_some_and(|name| policy.looks(name).prefix);
        Judge { profile, policy, by_prefix }
    }

    /// What holds for every route of `source` with these attributes, whatever its prefix.
    pub(super) fn set(&self, entry: &Entry, source: &Source) -> Result<Relation, Denied> {
        let relation = Relation::of(source, self.profile)?;
        allowed(entry, relation, self.profile)?;
        if self.profile.requires_policy && self.profile.filters.is_empty() {
            return Err(Denied::NoPolicy);
        }
        if let Some(name) = &self.profile.filters.filter_list {
            map::as_path_list(self.policy, name, entry)?;
        }
        Ok(relation)
    }

    /// What holds for a prefix, whatever its attributes.
    pub(super) fn prefix(&self, prefix: &Prefix) -> Result<(), Denied> {
        let filters = &self.profile.filters;
        if let Some(name) = &filters.prefix_list {
            let verdict = self.policy.prefix_list(name, prefix);
            pass(verdict).map_err(|entry| Denied::PrefixList(name.clone(), entry))?;
        }
        if let Some(name) = &filters.distribute_list {
            let verdict = self.policy.access(name, prefix);
            pass(verdict).map_err(|entry| Denied::DistributeList(name.clone(), entry))?;
        }
        Ok(())
    }

    /// Writes what is told to `out`. Prefix and validity are looked at only if the route map does.
    pub(super) fn attributes(
        &self,
        entry: &Entry,
        source: &Source,
        relation: Relation,
        (prefix, validity): (&Prefix, Option<Validity>),
        out: &mut Vec<u8>,
    ) -> Result<(), Denied> {
        let profile = self.profile;
        if !self.rewrites() {
            return outgoing(entry.bytes(), source, relation, &Decided::default(), profile, out);
        }
        let mut all = entry.decode();
        before_policy(&mut all, source, relation, profile);
        let mut decided = Decided { keep_med: true, ..Decided::default() };
        if let Some(name) = &profile.filters.route_map {
            let seen = map::Seen { prefix, validity, tag: entry.local().tag, profile };
            // FRR: a reflector changes nothing of what it reflects, but may refuse it.
            let mut copy = relation.reflected.then(|| all.clone());
            let told = copy.as_mut().unwrap_or(&mut all);
            let next_hop = map::run(self.policy, name, &seen, told)?;
            if copy.is_none() {
                decided.next_hop = next_hop;
            }
        }
        let mut changed = Vec::with_capacity(entry.bytes().len());
        attrs::encode(&all, &mut changed);
        outgoing(&changed, source, relation, &decided, profile, out)
    }

    /// Whether attributes have to be decoded.
    fn rewrites(&self) -> bool {
        let profile = self.profile;
        let external = profile.kind == PeerKind::External;
        profile.filters.route_map.is_some()
            || external && (profile.as_override || profile.remove_private_as.is_some())
    }
}

pub(super) fn pass(verdict: Verdict) -> Result<(), Option<u32>> {
    if verdict.permits() {
        return Ok(());
    }
    Err(match verdict.by {
        By::Entry(seq) => Some(seq),
        _ => None,
    })
}

/// What FRR does before the route map runs.
fn before_policy(all: &mut Attributes, source: &Source, relation: Relation, profile: &Profile) {
    if profile.kind == PeerKind::External {
        if !source.is_local() && !relation.transparent && !profile.unchanged.med {
            all.med = None;
        }
        if let Some(how) = profile.remove_private_as {
            remove_private(&mut all.as_path, how, profile);
        }
        if let (true, Some(peer_as)) = (profile.as_override, profile.peer_as) {
            replace(&mut all.as_path, profile.outside_as, |asn| asn == peer_as);
        }
    } else {
        all.local_pref.get_or_insert(profile.default_local_preference);
    }
}

/// RFC 6996.
fn is_private(asn: u32) -> bool {
    matches!(asn, 64_512..=65_534 | 4_200_000_000..=4_294_967_294)
}

/// Without `all` only a path of nothing but private ASes is changed. The peer's own AS stays: it sees loops by it.
fn remove_private(path: &mut AsPath, how: RemovePrivateAs, profile: &Profile) {
    if !how.all && !path.asns().all(is_private) {
        return;
    }
    let goes = |asn: u32| is_private(asn) && Some(asn) != profile.peer_as;
    if how.replace_as {
        replace(path, profile.outside_as, goes);
        return;
    }
    path.segments.iter_mut().for_each(|s| s.asns.retain(|asn| !goes(*asn)));
    path.segments.retain(|s| !s.asns.is_empty());
}

fn replace(path: &mut AsPath, by: u32, which: impl Fn(u32) -> bool) {
    let all = path.segments.iter_mut().flat_map(|s: &mut Segment| s.asns.iter_mut());
    all.filter(|asn| which(**asn)).for_each(|asn| *asn = by);
}
