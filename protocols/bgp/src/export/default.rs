//! `default-originate`: a default route of our own for one profile's peers, always or while a route map permits some route.

use super::group::Group;
use super::log::Audience;
use super::relation::{Denied, Relation, Source};
use super::routes::{Context, Route, Routes};
use super::sent::Mark;
use super::{Decided, Profile, attributes, fingerprint, map};
use crate::attrs;
use crate::{Family, PeerIx};
use bytes::BytesMut;
use fib::Prefix;
use policy::Policy;
use policy::bgp::{Attributes, Origin};

fn prefix(family: Family) -> Prefix {
    match family {
        Family::Ipv4 => Prefix::DEFAULT_V4,
        Family::Ipv6 => Prefix::DEFAULT_V6,
    }
}

/// The route map that has to permit some route.
fn condition(profile: &Profile) -> Option<&str> {
    profile.default_originate.as_ref()?.route_map.as_deref()
}

/// Notes which of these routes the condition permits.
pub(super) fn permit<'a, R: Routes>(
    group: &mut Group,
    context: &Context<'_, R>,
    routes: impl Iterator<Item = (u32, &'a Prefix, &'a Route)>,
) {
    let profile = group.profile.clone();
    let Some(name) = condition(&profile) else { return };
    for (dest, prefix, route) in routes {
        let entry = context.routes.entry(route.attrs);
        let seen = map::Seen {
            prefix,
            validity: context.routes.validity(prefix, route.attrs),
            tag: entry.local().tag,
            profile: &profile,
        };
        if map::run(context.policy, name, &seen, &mut entry.decode()).is_ok() {
            group.default.permitted.insert(dest);
        } else {
            group.default.permitted.remove(dest);
        }
    }
}

/// Announces or withdraws it as it has to be now.
pub(super) fn originate<R: Routes>(
    group: &mut Group,
    seed: u64,
    context: &Context<'_, R>,
    out: &mut Vec<u8>,
) {
    let profile = group.profile.clone();
    let again = core::mem::take(&mut group.default.again);
    group.default.check = false;
    let wanted = profile.default_originate.is_some()
        && (condition(&profile).is_none() || !group.default.permitted.is_empty());
    if !wanted && group.default.mark.is_none() {
        return;
    }
    let told = wanted && build(&profile, context.policy, out).is_ok();
    let mark = told.then(|| Mark::new(PeerIx::SELF, fingerprint(out, seed)));
    if mark == group.default.mark && !again {
        return;
    }
    let route = [(0, prefix(profile.family))];
    let mut bytes = BytesMut::new();
    if mark.is_some() {
        if group.writer.announce(&mut bytes, out, route).is_err() {
            return;
        }
    } else {
        group.writer.withdraw(&mut bytes, route);
    }
    group.write(Audience::All, &bytes);
    if mark.is_some() != group.default.mark.is_some() {
        // The table's own default route takes its place, or leaves it.
        group.look_again(context.routes.ends(profile.family));
        group.default.check = false;
    }
    group.default.mark = mark;
}

/// Its attributes as they are told.
pub(super) fn build(profile: &Profile, policy: &Policy, out: &mut Vec<u8>) -> Result<(), Denied> {
    let mut all = Attributes { origin: Origin::Igp, ..Attributes::default() };
    let mut decided = Decided { keep_med: true, ..Decided::default() };
    let prefix = prefix(profile.family);
    if let Some(name) = condition(profile) {
        let seen = map::Seen { prefix: &prefix, validity: None, tag: 0, profile };
        // What the map sets is set even if it was another route that it permits.
        if let Ok(next_hop) = map::run(policy, name, &seen, &mut all) {
            decided.next_hop = next_hop;
        }
    }
    let mut canonical = Vec::new();
    attrs::encode(&all, &mut canonical);
    let source = Source::local(profile.cluster_id);
    let relation = Relation { reflected: false, transparent: false };
    attributes::outgoing(&canonical, &source, relation, &decided, profile, out)
}
