//! What `show` and `explain` ask: who shares a group, what was told, what would be told and why not. Changes nothing.

use super::group::{Group, Told};
use super::judge::Judge;
use super::relation::Denied;
use super::routes::{Route, Routes};
use super::{Export, Profile, default};
use crate::table::DestId;
use crate::{Family, PeerIx};
use fib::Prefix;
use policy::Policy;
use std::collections::BTreeSet;
use std::sync::Arc;

/// What a group is doing, for `show`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct GroupView {
    /// Its number.
    pub id: u32,
    /// What its members have in common.
    pub profile: Arc<Profile>,
    /// Its members, in order.
    pub members: Vec<PeerIx>,
    /// Destinations to be looked at.
    pub queued: usize,
    /// Destinations that wait for the advertisement interval.
    pub held: usize,
    /// Destinations told of.
    pub told: usize,
    /// Bytes of memory.
    pub memory: usize,
}

impl Export {
    /// Destinations `peer` was told of, its own left out.
    pub fn advertised_count(&self, peer: PeerIx, family: Family) -> usize {
        self.group(peer, family).map_or(0, |group| match &group.told {
            Told::Best(_) if !group.shares_routes_of(peer) => group.told.len(),
            Told::Best(sent) => {
                let mut dest = sent.next(0);
                let mut count = 0;
                while let Some(n) = dest {
                    count += usize::from(sent.get(n).is_some_and(|m| m.from() != peer));
                    dest = sent.next(n.saturating_add(1));
                }
                count
            }
            Told::Paths(paths) => paths.values().filter(|p| p.iter().any(|p| p.mark.from() != peer)).count(),
        })
    }

    /// Whether `peer` was told of a destination.
    pub fn is_advertised(&self, peer: PeerIx, family: Family, DestId(dest): DestId) -> bool {
        self.group(peer, family).is_some_and(|group| match &group.told {
            Told::Best(sent) => sent.get(dest).is_some_and(|m| m.from() != peer),
            Told::Paths(_) => group.told.paths(dest).iter().any(|p| p.mark.from() != peer),
        })
    }

    /// What `peer` is told of `route` of `dest`: canonical attributes with its next hop, or why nothing.
    /// `None`: it has no session in this family.
    pub fn would_send<R: Routes>(
        &self,
        peer: PeerIx,
        family: Family,
        dest: DestId,
        route: &Route,
        routes: &R,
        policy: &Policy,
    ) -> Option<Result<Vec<u8>, Denied>> {
        let group = self.group(peer, family)?;
        let prefix = routes.prefix(family, dest.0)?;
        let judge = Judge::new(&group.profile, policy);
        Some(group.would_send(&judge, peer, &prefix, route, routes))
    }

    /// Whether End-of-RIB was sent to `peer`, or at least written.
    pub fn end_of_rib_sent(&self, peer: PeerIx, family: Family) -> bool {
        self.group(peer, family).is_some_and(|group| !group.end_of_rib)
    }

    /// The attributes of the default route that `default-originate` tells `peer`; `None`: it tells none now.
    pub fn default_route(&self, peer: PeerIx, family: Family, policy: &policy::Policy) -> Option<Vec<u8>> {
        let group = self.group(peer, family)?;
        let mut out = Vec::new();
        group.default.mark?;
        default::build(&group.profile, policy, &mut out).ok().map(|()| out)
    }

    /// All groups, by family and number.
    pub fn groups(&self) -> impl Iterator<Item = GroupView> + '_ {
        let all = self.families.iter().flat_map(|f| f.all.iter());
        all.map(|(id, group)| GroupView {
            id: *id,
            profile: group.profile.clone(),
            members: group.members.iter().map(|m| m.peer).collect::<BTreeSet<_>>().into_iter().collect(),
            queued: group.dirty.len(),
            held: group.held.len(),
            told: group.told.len(),
            memory: group.memory(),
        })
    }
}

impl Group {
    fn would_send<R: Routes>(
        &self,
        judge: &Judge<'_>,
        peer: PeerIx,
        prefix: &Prefix,
        route: &Route,
        routes: &R,
    ) -> Result<Vec<u8>, Denied> {
        if route.from == peer {
            return Err(Denied::Own);
        }
        if route.suppressed {
            return Err(Denied::Suppressed);
        }
        let source = routes.source(self.profile.family, route.from);
        let entry = routes.entry(route.attrs);
        let relation = judge.set(entry, &source)?;
        if self.default.mark.is_some() && prefix.is_default() {
            return Err(Denied::DefaultOriginated);
        }
        judge.prefix(prefix)?;
        let mut out = Vec::new();
        let validity = routes.validity(prefix, route.attrs);
        judge.attributes(entry, &source, relation, (prefix, validity), &mut out)?;
        Ok(out)
    }

    /// Whether something was left out for `peer` because it is its own.
    fn shares_routes_of(&self, peer: PeerIx) -> bool {
        self.has_member(peer)
    }
}
