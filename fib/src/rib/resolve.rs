//! From next hops to adjacencies, through as many routes as it takes.
//!
//! Two kinds of thing depend on each other. A *group* is a distinct target of a route: a set of next hops, or a way to
//! discard. A *tracked* address is a gateway that some group needs (or that a protocol asked about): one entry
//! whoever uses it. A group resolves from its tracked addresses; a tracked address resolves through the longest
//! selected prefix of table `main` that contains it, thus through that route's group. When something moves, only
//! what depends on it is looked at again, and a group that changes is told of once, not once for each of its prefixes.
//!
//! The loop guard: a tracked address skips every route that depends on the address itself, as if it were not there.
//! More than [`MAX_DEPTH`] levels resolve to nothing.

use super::entry::View;
use super::{Best, Change, Reach, Rib};
use crate::tables::{Adjacency, GroupId, Resolved, ResolvedHop};
use crate::{NextHop, PortId, Prefix, Protocol, TableId, Target};
use core::fmt;
use core::net::IpAddr;
use std::collections::BTreeSet;
use std::sync::Arc;

/// Routes on the way from a next hop to its port, at most.
pub const MAX_DEPTH: u8 = 16;

/// A tracked address that changes its mind more often than this between two changes from outside is left unresolved:
/// two routes that each need the other gone would flap for ever.
const MAX_FLIPS: u16 = 256;

/// Prefixes a group remembers by name; beyond that the tables are searched for its users.
const FEW: usize = 64;

/// Why a next hop leads nowhere.
#[derive(Copy, Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Debug)]
pub enum Reason {
    /// The port is down or absent.
    PortDown(PortId),
    /// No selected route contains the gateway.
    NoRoute,
    /// Only the default route contains the gateway, and that does not count (`ip nht resolve-via-default`).
    OnlyDefault,
    /// The gateway is one of this router's own addresses.
    OwnAddress,
    /// The gateway is not in a network that is connected to the port, and `onlink` was not said.
    NotOnLink(PortId),
    /// The gateway resolves through the very route, or only through routes that need it in turn.
    Loop,
    /// More than [`MAX_DEPTH`] levels of recursion.
    TooDeep,
    /// The route has no next hop at all.
    NoNextHop,
}

impl fmt::Display for Reason {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Reason::PortDown(_) => "port is down",
            Reason::NoRoute => "no route to it",
            Reason::OnlyDefault => "only the default route leads to it, and resolve-via-default is off",
            Reason::OwnAddress => "it is an address of this router",
            Reason::NotOnLink(_) => "it is not in a network connected to the port",
            Reason::Loop => "it resolves through the route itself",
            Reason::TooDeep => "more than 16 levels of recursion",
            Reason::NoNextHop => "the route has no next hop",
        })
    }
}

/// A group: a target and what it resolves to.
#[derive(Debug)]
pub(super) struct Group {
    pub(super) state: Result<Arc<Resolved>, Unresolved>,
    /// Levels of recursion below.
    depth: u8,
    /// The tracked addresses of its gateways, in order of next hop; empty for others.
    tracked: Vec<u32>,
    /// Tracked addresses that resolved through a route of this group, or skipped it.
    dependents: BTreeSet<u32>,
    users: Users,
    /// The FIB knows a resolution of it.
    told: bool,
}

/// The first next hop that failed.
#[derive(Copy, Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Debug)]
pub struct Unresolved {
    /// Which; `None` when the next hop is a port.
    pub gateway: Option<IpAddr>,
    /// Why.
    pub reason: Reason,
}

/// Which prefixes have a candidate with this group.
#[derive(Debug)]
enum Users {
    Few(Vec<(TableId, Prefix)>),
    Many(usize),
}

/// An address, or an address on a port.
pub(super) type TrackKey = (IpAddr, Option<PortId>);

/// A gateway or an address that a protocol watches.
#[derive(Debug)]
pub(super) struct Tracked {
    pub(super) state: Result<Reach, Reason>,
    depth: u8,
    /// Groups this was resolved through or that were skipped on the way.
    through: Vec<u32>,
    /// Groups that have this as a gateway.
    groups: BTreeSet<u32>,
    /// Protocols that asked.
    watchers: u32,
    /// They are to be told whatever comes out.
    notify: bool,
    flips: u16,
    epoch: u64,
}

impl Tracked {
    fn new() -> Tracked {
        Tracked {
            state: Err(Reason::NoRoute),
            depth: 0,
            through: Vec::new(),
            groups: BTreeSet::new(),
            watchers: 0,
            notify: false,
            flips: 0,
            epoch: 0,
        }
    }
}

/// How one next hop of a target resolved.
pub(super) enum HopState<'a> {
    /// It names its port.
    Direct(Result<ResolvedHop, Reason>),
    /// It goes through another route.
    Through(&'a Result<Reach, Reason>),
}

impl Rib {
    /// The group of `target`, held once more for `prefix`.
    pub(super) fn acquire_group(&mut self, target: &Target) -> u32 {
        let (id, new) = self.groups.acquire(target, || Group {
            state: Err(Unresolved { gateway: None, reason: Reason::NoNextHop }),
            depth: 0,
            tracked: Vec::new(),
            dependents: BTreeSet::new(),
            users: Users::Few(Vec::new()),
            told: false,
        });
        if new {
            let hops = via(target);
            let keys: Vec<TrackKey> = hops.iter().filter_map(track_key).collect();
            let tracked: Vec<u32> = keys.iter().map(|key| self.acquire_tracked(key)).collect();
            for t in &tracked {
                if let Some(t) = self.tracked.get_mut(*t) {
                    t.groups.insert(id);
                }
            }
            for port in hops.iter().filter_map(|h| h.port) {
                self.port_groups.entry(port).or_default().insert(id);
            }
            if let Some(group) = self.groups.get_mut(id) {
                group.tracked = tracked;
            }
            self.dirty_groups.insert(id);
        }
        id
    }

    /// Lets go of a group; the last one to do so makes the FIB forget it.
    pub(super) fn release_group(&mut self, id: u32) {
        let Some((target, group)) = self.groups.release(id) else { return };
        for key in via(&target).iter().filter_map(track_key) {
            if let Some(t) = self.tracked.find(&key) {
                if let Some(t) = self.tracked.get_mut(t) {
                    t.groups.remove(&id);
                }
                self.release_tracked(t);
            }
        }
        for port in via(&target).iter().filter_map(|h| h.port) {
            if let Some(groups) = self.port_groups.get_mut(&port) {
                groups.remove(&id);
            }
        }
        // Nobody resolves through it any more, but a new group may get its id.
        for t in &group.dependents {
            if let Some(tracked) = self.tracked.get_mut(*t) {
                tracked.through.retain(|g| *g != id);
                self.dirty_tracked.insert(*t);
            }
        }
        self.dirty_groups.remove(&id);
        self.moved_paths.remove(&id);
        self.rescan.remove(&id);
        if group.told {
            self.changes.push_back(Change::Group { id: GroupId(id), resolved: None });
        }
    }

    pub(super) fn add_user(&mut self, id: u32, table: TableId, prefix: Prefix) {
        if let Some(group) = self.groups.get_mut(id) {
            match &mut group.users {
                Users::Few(few) if few.len() < FEW => few.push((table, prefix)),
                Users::Few(few) => group.users = Users::Many(few.len() + 1),
                Users::Many(n) => *n += 1,
            }
        }
    }

    pub(super) fn remove_user(&mut self, id: u32, table: TableId, prefix: Prefix) {
        if let Some(group) = self.groups.get_mut(id) {
            match &mut group.users {
                Users::Few(few) => {
                    if let Some(at) = few.iter().position(|u| *u == (table, prefix)) {
                        few.swap_remove(at);
                    }
                }
                Users::Many(1) => group.users = Users::Few(Vec::new()),
                Users::Many(n) => *n -= 1,
            }
        }
    }

    fn acquire_tracked(&mut self, key: &TrackKey) -> u32 {
        let (id, new) = self.tracked.acquire(key, Tracked::new);
        if new {
            self.dirty_tracked.insert(id);
        }
        id
    }

    fn release_tracked(&mut self, id: u32) {
        if let Some((_, gone)) = self.tracked.release(id) {
            for g in gone.through {
                if let Some(group) = self.groups.get_mut(g) {
                    group.dependents.remove(&id);
                }
            }
            self.dirty_tracked.remove(&id);
        }
    }

    /// A protocol wants to hear about `addr`.
    pub(super) fn watch(&mut self, addr: IpAddr) {
        let id = self.acquire_tracked(&(addr, None));
        if let Some(t) = self.tracked.get_mut(id) {
            t.watchers += 1;
            t.notify = true;
        }
        self.dirty_tracked.insert(id);
    }

    /// A protocol lost interest in `addr`.
    pub(super) fn unwatch(&mut self, addr: IpAddr) {
        let Some(id) = self.tracked.find(&(addr, None)) else { return };
        match self.tracked.get_mut(id) {
            Some(t) if t.watchers > 0 => t.watchers -= 1,
            _ => return,
        }
        self.release_tracked(id);
    }

    /// The tracked addresses inside `prefix` are to be looked at again.
    pub(super) fn touch_tracked(&mut self, prefix: Prefix) {
        let last = match prefix.addr() {
            IpAddr::V4(a) => {
                let host = u32::MAX.checked_shr(u32::from(prefix.len())).unwrap_or(0);
                IpAddr::V4((a.to_bits() | host).into())
            }
            IpAddr::V6(a) => {
                let host = u128::MAX.checked_shr(u32::from(prefix.len())).unwrap_or(0);
                IpAddr::V6((a.to_bits() | host).into())
            }
        };
        let inside = (prefix.addr(), None)..=(last, Some(PortId(u32::MAX)));
        for id in self.tracked.range(inside) {
            // Something longer than this prefix cannot be bettered by it.
            let longer = |t: &Tracked| {
                t.through.len() == 1 && t.state.as_ref().is_ok_and(|r| r.prefix.len() > prefix.len())
            };
            if !self.tracked.get(id).is_some_and(longer) {
                self.dirty_tracked.insert(id);
            }
        }
    }

    /// Everything that names `port` is to be looked at again.
    pub(super) fn touch_port(&mut self, port: PortId) {
        self.dirty_groups.extend(self.port_groups.get(&port).into_iter().flatten());
        self.touch_tracked_on(|on| on == Some(port));
    }

    /// Every tracked address is to be looked at again if `which` says so of its port.
    pub(super) fn touch_tracked_on(&mut self, which: impl Fn(Option<PortId>) -> bool) {
        let all: Vec<u32> = self.tracked.range(..).collect();
        self.dirty_tracked
            .extend(all.into_iter().filter(|id| self.tracked.key(*id).is_some_and(|k| which(k.1))));
    }

    /// Resolves what is dirty, at most `budget` addresses and groups.
    pub(super) fn settle_resolution(&mut self, budget: &mut usize) {
        while *budget > 0 {
            if let Some(id) = self.dirty_tracked.pop_first() {
                self.resolve_tracked(id);
            } else if let Some(id) = self.dirty_groups.pop_first() {
                self.resolve_group(id);
            } else {
                return;
            }
            *budget -= 1;
        }
    }

    fn resolve_tracked(&mut self, id: u32) {
        let Some(&(addr, port)) = self.tracked.key(id) else { return };
        let mut found = match port {
            _ if self.locals.contains(&addr) => Found::failed(Reason::OwnAddress),
            Some(port) => self.find_on_port(addr, port),
            None => self.find_route(id, addr),
        };
        let epoch = self.epoch;
        let Some(t) = self.tracked.get_mut(id) else { return };
        if t.epoch != epoch {
            (t.epoch, t.flips) = (epoch, 0);
        }
        if t.flips >= MAX_FLIPS {
            found.state = Err(Reason::Loop);
        }
        let moved = t.state != found.state || t.through != found.through || t.depth != found.depth;
        let tell = t.watchers > 0 && (t.notify || t.state != found.state);
        t.notify = false;
        if moved {
            t.flips = t.flips.saturating_add(1);
            t.depth = found.depth;
            let groups: Vec<u32> = t.groups.iter().copied().collect();
            let before = core::mem::replace(&mut t.through, found.through.clone());
            t.state = found.state.clone();
            for g in before {
                if let Some(group) = self.groups.get_mut(g) {
                    group.dependents.remove(&id);
                }
            }
            for g in found.through {
                if let Some(group) = self.groups.get_mut(g) {
                    group.dependents.insert(id);
                }
            }
            self.dirty_groups.extend(groups.iter());
            self.moved_paths.extend(groups);
            if port.is_none() {
                self.queue_covering(addr);
            }
        }
        if tell {
            self.changes.push_back(Change::Reach { addr, via: found.state.ok() });
        }
    }

    /// A gateway on a named port: link-local, or in a network connected to the port, be it by an address of the port or by
    /// a static route out of it.
    fn find_on_port(&self, addr: IpAddr, port: PortId) -> Found {
        if !self.ports.contains(&port) {
            return Found::failed(Reason::PortDown(port));
        }
        let link_local = matches!(addr, IpAddr::V6(a) if a.is_unicast_link_local());
        let (prefix, metric) = if link_local {
            (Prefix::host(addr), 0)
        } else {
            let here = |hop: &NextHop| hop.port == Some(port) && hop.gateway.is_none();
            let on_link = self.longest_first(addr, |_, entry| {
                let on_link =
                    |p: &Arc<Best>| p.source.puts_on_link() && via(&p.route.target).iter().any(here);
                entry.candidates().any(|c| self.paths.get(c.path).is_some_and(on_link))
            });
            match on_link {
                Some((len, _)) => (Prefix::new(addr, len), 0),
                None => return Found::failed(Reason::NotOnLink(port)),
            }
        };
        let adjacency = Adjacency { port, gateway: Some(addr) };
        let resolved = Arc::new(Resolved::Via(vec![ResolvedHop { adjacency, weight: 1 }]));
        let reach = Reach { prefix, protocol: Protocol::Connected, distance: 0, metric, resolved };
        Found { state: Ok(reach), depth: 0, through: Vec::new() }
    }

    /// The longest selected route of table main, but none that depends on this very address.
    fn find_route(&self, id: u32, addr: IpAddr) -> Found {
        let mut through = Vec::new();
        let (mut looped, mut default) = (false, false);
        let hit = self.longest_first(addr, |len, entry| {
            let Some(best) = self.told(entry) else { return false };
            let group = best.group.0;
            if len == 0 && !self.resolve_via_default {
                default = true;
                return false;
            }
            through.push(group);
            if self.groups.get(group).is_none_or(|g| g.state.is_err()) {
                // The prefix is about to choose again; should the group recover first, this is where we hear of it.
                return false;
            }
            if self.depends_on(group, id, MAX_DEPTH.saturating_add(1)) {
                looped = true;
                return false;
            }
            true
        });
        let Some((len, best)) = hit.and_then(|(len, e)| Some((len, self.told(e)?))) else {
            let reason = if looped {
                Reason::Loop
            } else {
                [Reason::NoRoute, Reason::OnlyDefault][usize::from(default)]
            };
            return Found { state: Err(reason), depth: 0, through };
        };
        let group = self.groups.get(best.group.0);
        let depth = group.map_or(0, |g| g.depth).saturating_add(1);
        let Some(Ok(resolved)) = group.map(|g| &g.state).filter(|_| depth <= MAX_DEPTH) else {
            return Found { state: Err(Reason::TooDeep), depth: 0, through };
        };
        let reach = Reach {
            prefix: Prefix::new(addr, len),
            protocol: best.source.protocol,
            distance: best.route.distance,
            metric: best.route.metric,
            resolved: towards(resolved, addr),
        };
        Found { state: Ok(reach), depth, through }
    }

    /// Whether `group` resolves through the tracked address `id`, directly or not.
    fn depends_on(&self, group: u32, id: u32, levels: u8) -> bool {
        let Some(g) = self.groups.get(group) else { return false };
        levels > 0
            && g.tracked.iter().any(|t| {
                *t == id
                    || self.tracked.get(*t).is_some_and(|t| {
                        t.state.is_ok()
                            && t.through.last().is_some_and(|next| self.depends_on(*next, id, levels - 1))
                    })
            })
    }

    fn resolve_group(&mut self, id: u32) {
        let Some(target) = self.groups.key(id) else { return };
        let path_moved = self.moved_paths.remove(&id);
        let (state, depth) = self.resolve_target(target);
        let Some(group) = self.groups.get_mut(id) else { return };
        if group.state == state && group.depth == depth && !path_moved {
            return;
        }
        let flipped = group.state.is_ok() != state.is_ok();
        let changed = group.state != state;
        (group.state, group.depth) = (state, depth);
        self.dirty_tracked.extend(group.dependents.iter());
        if changed {
            let resolved = group.state.as_ref().ok().cloned();
            if resolved.is_some() || group.told {
                group.told = resolved.is_some();
                self.changes.push_back(Change::Group { id: GroupId(id), resolved });
            }
        }
        if flipped {
            match &group.users {
                Users::Few(few) => {
                    let few = few.clone();
                    few.into_iter().for_each(|(table, prefix)| self.enqueue(table, prefix));
                }
                Users::Many(_) => {
                    self.rescan.insert(id);
                }
            }
        }
    }

    /// Flattens a target to adjacencies. Next hops that fail are left out while others work; a next hop that resolves
    /// to a discard route counts only when none forwards.
    fn resolve_target(&self, target: &Target) -> (Result<Arc<Resolved>, Unresolved>, u8) {
        let hops = match target {
            Target::Via(hops) => hops,
            Target::Blackhole => return (Ok(Arc::new(Resolved::Blackhole)), 0),
            Target::Unreachable => return (Ok(Arc::new(Resolved::Unreachable)), 0),
            Target::Prohibit => return (Ok(Arc::new(Resolved::Prohibit)), 0),
        };
        let mut flat = Vec::new();
        let (mut discard, mut failure, mut depth) = (None, None, 0);
        for hop in hops {
            let fail = |reason| Unresolved { gateway: hop.gateway, reason };
            match self.hop_state(hop) {
                HopState::Direct(Ok(hop)) => flat.push(hop),
                HopState::Direct(Err(reason)) => failure = failure.or(Some(fail(reason))),
                HopState::Through(Err(reason)) => failure = failure.or(Some(fail(*reason))),
                HopState::Through(Ok(reach)) => {
                    let below = track_key(hop).and_then(|k| self.tracked.get(self.tracked.find(&k)?));
                    depth = depth.max(below.map_or(0, |t| t.depth));
                    let weight = u32::from(hop.weight.max(1));
                    let scaled = reach.resolved.hops().iter().map(|inner| ResolvedHop {
                        adjacency: inner.adjacency,
                        weight: inner.weight.saturating_mul(weight),
                    });
                    flat.extend(scaled);
                    if reach.resolved.hops().is_empty() {
                        discard.get_or_insert_with(|| (*reach.resolved).clone());
                    }
                }
            }
        }
        let none = Unresolved { gateway: None, reason: Reason::NoNextHop };
        let state = Resolved::via(flat).or(discard).map(Arc::new).ok_or(failure.unwrap_or(none));
        (state, depth)
    }

    /// Where one next hop leads.
    pub(super) fn hop_state(&self, hop: &NextHop) -> HopState<'_> {
        if let Some(key) = track_key(hop) {
            const UNKNOWN: &Result<Reach, Reason> = &Err(Reason::NoRoute);
            let tracked = self.tracked.find(&key).and_then(|id| self.tracked.get(id));
            return HopState::Through(tracked.map_or(UNKNOWN, |t| &t.state));
        }
        let Some(port) = hop.port else { return HopState::Direct(Err(Reason::NoNextHop)) };
        let weight = u32::from(hop.weight.max(1));
        HopState::Direct(if self.ports.contains(&port) {
            Ok(ResolvedHop { adjacency: Adjacency { port, gateway: hop.gateway }, weight })
        } else {
            Err(Reason::PortDown(port))
        })
    }

    /// The prefixes of table main that contain `addr`, longest first, until one is accepted.
    fn longest_first(
        &self,
        addr: IpAddr,
        mut accept: impl FnMut(u8, View<'_>) -> bool,
    ) -> Option<(u8, View<'_>)> {
        let all = self.tables.get(&TableId::MAIN)?.covering(addr);
        all.into_iter().rev().find(|(len, e)| accept(*len, *e))
    }

    /// The prefixes of table main that contain `addr` and may now resolve through themselves, or no longer.
    fn queue_covering(&mut self, addr: IpAddr) {
        let Some(main) = self.tables.get(&TableId::MAIN) else { return };
        let lens: Vec<u8> = main.covering(addr).into_iter().map(|(len, _)| len).collect();
        for len in lens {
            self.enqueue(TableId::MAIN, Prefix::new(addr, len));
        }
    }
}

/// What the search for a tracked address came to.
struct Found {
    state: Result<Reach, Reason>,
    depth: u8,
    through: Vec<u32>,
}

impl Found {
    fn failed(reason: Reason) -> Found {
        Found { state: Err(reason), depth: 0, through: Vec::new() }
    }
}

/// On a directly connected route the neighbor is the address itself.
fn towards(resolved: &Arc<Resolved>, addr: IpAddr) -> Arc<Resolved> {
    if resolved.hops().iter().all(|h| h.adjacency.gateway.is_some()) {
        return Arc::clone(resolved);
    }
    let on_link = |h: &ResolvedHop| {
        let gateway = h.adjacency.gateway.or(Some(addr));
        ResolvedHop { adjacency: Adjacency { gateway, ..h.adjacency }, weight: h.weight }
    };
    Resolved::via(resolved.hops().iter().map(on_link)).map_or_else(|| Arc::clone(resolved), Arc::new)
}

/// The next hops of a target.
pub(super) fn via(target: &Target) -> &[NextHop] {
    match target {
        Target::Via(hops) => hops,
        _ => &[],
    }
}

/// What has to be looked up to use a next hop: nothing when it is a port, or when the operator vouches for it.
pub(super) fn track_key(hop: &NextHop) -> Option<TrackKey> {
    match (hop.gateway, hop.port) {
        (Some(_), Some(_)) if hop.onlink => None,
        (Some(gateway), port) => Some((gateway, port)),
        (None, _) => None,
    }
}
