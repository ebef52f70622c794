//! What is received is judged: loops, RFC 8212, filters and route maps in, and what they change (RFC 4271 9.1.1, 9.1.2). The
//! verdict is a pure function of the route and the configuration: `explain` asks the same one again.

use super::Bgp;
use super::peer::Peer;
use super::told::told;
use crate::attrs::{AttrId, Entry, Flags, Local, PathRef};
use crate::config::{AllowAsIn, Role};
use crate::session::Negotiated;
use crate::settings::{FamilySettings, PeerKind};
use crate::table::{From, Rejected};
use crate::wire::{self, Notification, Refresh, RouteRefresh, Routes};
use crate::{Family, PeerIx};
use core::cell::OnceCell;
use core::net::IpAddr;
use fib::{Instant, Kind, Prefix, Protocol};
use policy::bgp::Attributes;
use policy::route_map::Why;
use policy::{BgpContext, BgpView, RouteView};
use proto::{Level, Notice};

/// What came of a route that is used.
#[derive(Clone, Debug, Default, PartialEq)]
pub(crate) struct Used {
    /// `None`: as received.
    pub attributes: Option<Attributes>,
    pub local: Local,
}

/// A verdict, and the route-map entry or list that gave it.
#[derive(Clone, Debug)]
pub(crate) struct Verdict {
    pub result: Result<Used, Rejected>,
    /// `route-map NAME entry N` and the like.
    pub by: Option<String>,
}

/// Everything a verdict depends on but the route.
#[derive(Clone, Copy)]
pub(crate) struct Judge<'a> {
    bgp: &'a Bgp,
    peer: &'a Peer,
    negotiated: &'a Negotiated,
    settings: &'a FamilySettings,
    /// Words are wanted: which list or entry it was.
    telling: bool,
}

impl<'a> Judge<'a> {
    /// `None`: the family is not spoken with this peer.
    pub fn new(bgp: &'a Bgp, peer: &'a Peer, family: Family) -> Option<Judge<'a>> {
        let negotiated = peer.session.negotiated()?;
        let settings = peer.settings.families.get(&family)?;
        Some(Judge { bgp, peer, negotiated, settings, telling: false })
    }

    /// The same with words in [`Verdict::by`], for who reads them.
    pub fn telling(self) -> Judge<'a> {
        Judge { telling: true, ..self }
    }

    fn say(&self, words: impl FnOnce() -> String) -> Option<String> {
        self.telling.then(words)
    }

    /// Whether the verdict may differ between prefixes with equal attributes.
    pub fn looks_at_prefix(&self) -> bool {
        let import = &self.settings.import;
        let by_map = |name: &String| self.bgp.policy.looks(name).prefix;
        import.prefix_list.is_some()
            || import.distribute_list.is_some()
            || import.route_map.as_ref().is_some_and(by_map)
    }

    /// The verdict on a route with these attributes, as received.
    pub fn judge(&self, prefix: Prefix, entry: &Entry) -> Verdict {
        let decoded = OnceCell::new();
        let attributes = || decoded.get_or_init(|| entry.decode());
        if let Err(rejected) = self.loops(entry) {
            return Verdict { result: Err(rejected), by: None };
        }
        match self.filters(prefix, entry, &attributes) {
            Ok((used, by)) => Verdict { result: Ok(used), by },
            Err((rejected, by)) => Verdict { result: Err(rejected), by },
        }
    }

    fn loops(&self, entry: &Entry) -> Result<(), Rejected> {
        let Some(identity) = self.bgp.identity.as_deref() else { return Err(Rejected::NextHop) };
        self.own_as(entry.as_path())?;
        if self.negotiated.kind == PeerKind::Internal {
            if entry.originator() == Some(identity.router_id) {
                return Err(Rejected::OriginatorLoop);
            }
            if entry.cluster_list().any(|id| id == identity.cluster_id) {
                return Err(Rejected::ClusterLoop);
            }
        }
        if self.bgp.config.reject_as_sets && entry.flags().any(Flags::AS_SET) {
            return Err(Rejected::AsSet);
        }
        if let Some(role) = self.peer.settings.role.filter(|_| self.negotiated.kind == PeerKind::External)
            && leaks(role.role, entry.only_to_customer(), self.negotiated.peer_as)
        {
            return Err(Rejected::Leak);
        }
        let sendable = match entry.next_hop() {
            IpAddr::V4(a) => !(a.is_unspecified() || a.is_multicast() || a.is_broadcast() || a.is_loopback()),
            IpAddr::V6(a) => !(a.is_unspecified() || a.is_multicast() || a.is_loopback()),
        };
        let usable = sendable && !self.is_own(entry.next_hop());
        if usable { Ok(()) } else { Err(Rejected::NextHop) }
    }

    /// A link-local address of ours on another link may well be somebody else's on the peer's.
    fn is_own(&self, hop: IpAddr) -> bool {
        match self.bgp.port_of(&self.peer.settings) {
            Some(port) if matches!(hop, IpAddr::V6(a) if a.is_unicast_link_local()) => {
                port.addresses.iter().any(|a| a.addr() == hop)
            }
            _ => self.bgp.own.contains(&hop),
        }
    }

    /// RFC 4271 9.1.2, `allowas-in`. Inside a confederation both its identifier and the member AS are ours (RFC 5065 4).
    fn own_as(&self, path: PathRef<'_>) -> Result<(), Rejected> {
        let Some(identity) = self.bgp.identity.as_deref() else { return Err(Rejected::AsLoop) };
        let mut times = path.occurrences(identity.asn);
        if identity.outside_as != identity.asn {
            times = times.saturating_add(path.occurrences(identity.outside_as));
        }
        // FRR: a path from whom we pretend to be another AS to must not have been there either.
        if let Some(pretend) =
            self.peer.settings.pretend.filter(|_| self.negotiated.kind == PeerKind::External)
        {
            let pretended = path.occurrences(pretend.asn);
            times = times.saturating_add(if pretend.no_prepend { 0 } else { pretended });
        }
        let allowed = match self.settings.allowas_in {
            _ if times == 0 => true,
            None => false,
            Some(AllowAsIn::Times(n)) => times <= usize::from(n),
            Some(AllowAsIn::Origin) => {
                // Only behind all others: as the origin, prepended or not.
                let tail: Vec<u32> = path.asns().collect();
                tail.iter().rev().take_while(|a| **a == identity.asn).count() == times
            }
        };
        if allowed { Ok(()) } else { Err(Rejected::AsLoop) }
    }

    fn filters<'x>(
        &self,
        prefix: Prefix,
        entry: &Entry,
        attributes: &impl Fn() -> &'x Attributes,
    ) -> Result<(Used, Option<String>), (Rejected, Option<String>)> {
        let policy = &self.bgp.policy;
        let import = &self.settings.import;
        let external = self.negotiated.kind == PeerKind::External;
        if external && self.bgp.config.ebgp_requires_policy && import.is_empty() {
            return Err((Rejected::NoPolicy, None));
        }
        if let Some(name) = &import.distribute_list
            && !policy.access(name, &prefix).permits()
        {
            return Err((Rejected::Policy, self.say(|| format!("distribute-list {name}"))));
        }
        if let Some(name) = &import.prefix_list
            && !policy.prefix_list(name, &prefix).permits()
        {
            return Err((Rejected::Policy, self.say(|| format!("prefix-list {name}"))));
        }
        if let Some(name) = &import.filter_list
            && !policy.as_path_list(name, &attributes().as_path).permits()
        {
            return Err((Rejected::Policy, self.say(|| format!("as-path access-list {name}"))));
        }
        let mut used = Used {
            attributes: None,
            local: Local { weight: self.settings.weight.into(), ..Local::default() },
        };
        let mut by = None;
        if let Some(name) = &import.route_map {
            by = self.route_map(name, prefix, attributes(), &mut used)?;
        }
        if self.negotiated.kind != PeerKind::Internal && entry.flags().any(Flags::GRACEFUL_SHUTDOWN) {
            self.last_resort(attributes, &mut used);
        }
        self.mark(attributes, &mut used);
        Ok((used, by))
    }

    /// Runs the route map; says which entry let the route through, where words are wanted.
    fn route_map(
        &self,
        name: &str,
        prefix: Prefix,
        attributes: &Attributes,
        used: &mut Used,
    ) -> Result<Option<String>, (Rejected, Option<String>)> {
        let peer = self.negotiated.remote.ip();
        let context = BgpContext {
            local_as: self.peer.settings.local_as,
            default_local_pref: self.bgp.config.default_local_preference,
            peer_address: Some(peer),
        };
        let view = RouteView {
            prefix,
            next_hop: Some(attributes.next_hop),
            interface: None,
            metric: attributes.med.unwrap_or(0),
            tag: 0,
            source: Protocol::Bgp,
            kind: if self.negotiated.kind == PeerKind::Internal { Kind::Internal } else { Kind::Plain },
            bgp: Some(BgpView {
                attributes,
                peer: Some(peer),
                peer_interface: self.peer.settings.interface.as_deref(),
                rpki: self.bgp.validity(prefix, attributes.as_path.origin()),
                context,
            }),
        };
        let decision = self.bgp.policy.route_map(name, &view);
        let by = self.say(|| match decision.by {
            Why::Entry(map, seq) => format!("route-map {map} entry {seq}"),
            Why::NoMatch(map) => format!("route-map {map}: no entry matches"),
            Why::Undefined(map) => format!("route-map {map} is not defined"),
            Why::Recursion(map) => format!("route-map {map} calls too deep"),
        });
        let Some(changes) = decision.permit else { return Err((Rejected::Policy, by)) };
        let mut changed = attributes.clone();
        changes.apply_bgp(&self.bgp.policy, &mut changed, &context);
        if changes.bgp.prefer_global {
            changed.link_local = None;
        }
        used.local.weight = changes.bgp.weight.unwrap_or(used.local.weight);
        used.local.tag = changes.tag.unwrap_or(0);
        used.local.distance = changes.distance.unwrap_or(0);
        if changed != *attributes {
            used.attributes = Some(changed);
        }
        Ok(by)
    }

    /// RFC 8326 4.2: what comes with GRACEFUL_SHUTDOWN over eBGP is the last resort.
    fn last_resort<'x>(&self, attributes: &impl Fn() -> &'x Attributes, used: &mut Used) {
        let mut changed = used.attributes.take().unwrap_or_else(|| attributes().clone());
        changed.local_pref = Some(0);
        used.attributes = Some(changed);
    }

    /// RFC 9234 5: what comes from a provider, a peer or a route server is for customers only from here on.
    fn mark<'x>(&self, attributes: &impl Fn() -> &'x Attributes, used: &mut Used) {
        let Some(role) = self.peer.settings.role.filter(|_| self.negotiated.kind == PeerKind::External)
        else {
            return;
        };
        let marked = matches!(role.role, Role::Customer | Role::Peer | Role::RsClient);
        if marked && attributes().only_to_customer.is_none() {
            let mut changed = used.attributes.take().unwrap_or_else(|| attributes().clone());
            changed.only_to_customer = Some(self.negotiated.peer_as);
            used.attributes = Some(changed);
        }
    }
}

/// RFC 9234 5, ingress.
fn leaks(own: Role, otc: Option<u32>, peer_as: u32) -> bool {
    match own {
        Role::Provider | Role::RsServer => otc.is_some(),
        Role::Peer => otc.is_some_and(|asn| asn != peer_as),
        Role::Customer | Role::RsClient => false,
    }
}

impl Bgp {
    /// The body of an UPDATE.
    pub(crate) fn update(&mut self, now: Instant, ix: PeerIx, body: &[u8]) {
        let mut scratch = core::mem::take(&mut self.scratch);
        if let Err(notification) = self.take_update(now, ix, body, &mut scratch)
            && let Some(peer) = self.peers.get_mut(&ix)
        {
            peer.session.notify(now, notification);
        }
        self.scratch = scratch;
    }

    fn take_update(
        &mut self,
        now: Instant,
        ix: PeerIx,
        body: &[u8],
        scratch: &mut Vec<u8>,
    ) -> Result<(), Notification> {
        let Some(context) = self.peers.get(&ix).and_then(Peer::context) else { return Ok(()) };
        let update = wire::update::parse(body, &context, scratch)?;
        self.debug_update(ix, &update);
        if let Some(family) = update.end_of_rib {
            self.end_of_rib(ix, family);
            return Ok(());
        }
        self.note_faults(ix, &update);
        for nlri in core::iter::once(&update.withdrawn).chain(&update.unreach) {
            self.withdrawn(ix, nlri, |c| &mut c.withdrawn);
        }
        for routes in update.announced.into_iter().chain(update.reach) {
            if update.treat_as_withdraw.is_some() {
                self.withdrawn(ix, &routes.nlri, |c| &mut c.treated_as_withdrawn);
            } else {
                self.announced(now, ix, &routes)?;
            }
        }
        Ok(())
    }

    /// These prefixes of one family are gone.
    fn withdrawn(
        &mut self,
        ix: PeerIx,
        nlri: &wire::Nlri<'_>,
        counter: impl Fn(&mut super::peer::FamilyCounters) -> &mut u64,
    ) {
        let Some((_, first)) = nlri.iter().next() else { return };
        let family = Family::of(first.is_v4());
        self.table.warm(family, nlri.iter().map(|(_, prefix)| prefix));
        let mut count = 0;
        for (path_id, prefix) in nlri.iter() {
            count = u64::saturating_add(count, 1);
            self.table.withdraw(prefix, From { peer: ix, path_id });
        }
        self.count(ix, family, count, counter);
    }

    fn count(
        &mut self,
        ix: PeerIx,
        family: Family,
        count: u64,
        counter: impl Fn(&mut super::peer::FamilyCounters) -> &mut u64,
    ) {
        if let Some(state) = self.peers.get_mut(&ix).and_then(|p| p.families.get_mut(&family)) {
            let counter = counter(&mut state.counters);
            *counter = counter.saturating_add(count);
        }
    }

    fn note_faults(&mut self, ix: PeerIx, update: &wire::Update<'_>) {
        if update.treat_as_withdraw.is_none() && update.discarded.is_empty() {
            return;
        }
        let Some(peer) = self.peers.get(&ix) else { return };
        let name = peer.settings.key.to_string();
        if let Some(fault) = update.treat_as_withdraw {
            let notice =
                Notice::new(Level::Warning, "bgp", "the routes of an UPDATE are treated as withdrawn")
                    .with("neighbor", &name)
                    .with("fault", fault);
            self.notice(notice);
        }
        for fault in &update.discarded {
            let notice = Notice::new(Level::Warning, "bgp", "an attribute of an UPDATE is discarded")
                .with("neighbor", &name)
                .with("fault", fault);
            self.notice(notice);
        }
    }

    /// Routes with one set of attributes.
    fn announced(&mut self, now: Instant, ix: PeerIx, routes: &Routes<'_>) -> Result<(), Notification> {
        let Some((_, first)) = routes.nlri.iter().next() else { return Ok(()) };
        let family = Family::of(first.is_v4());
        let received = self.table.attrs.intern(routes.attributes, Local::default());
        let per_prefix = self
            .peers
            .get(&ix)
            .and_then(|p| Judge::new(self, p, family))
            .is_some_and(|judge| judge.looks_at_prefix());
        let mut shared = None;
        let mut count = 0;
        self.table.warm(family, routes.nlri.iter().map(|(_, prefix)| prefix));
        for (path_id, prefix) in routes.nlri.iter() {
            count = u64::saturating_add(count, 1);
            let used = match shared {
                Some(used) => used,
                None => self.used(ix, family, prefix, received),
            };
            if !per_prefix {
                shared = Some(used);
            }
            self.table.attrs.hold(received);
            if let Ok(id) = used
                && id != received
            {
                self.table.attrs.hold(id);
            }
            self.table.update(now, prefix, From { peer: ix, path_id }, received, used);
            if per_prefix && let Ok(id) = used {
                self.table.attrs.release(id);
            }
        }
        self.count(ix, family, count, |c| &mut c.announced);
        if let Some(Ok(id)) = shared {
            self.table.attrs.release(id);
        }
        self.table.attrs.release(received);
        self.check_maximum(now, ix, family);
        Ok(())
    }

    /// The set of attributes that is used of a received one: a reference of the caller's.
    pub(crate) fn used(
        &mut self,
        ix: PeerIx,
        family: Family,
        prefix: Prefix,
        received: AttrId,
    ) -> Result<AttrId, Rejected> {
        let judge = self.peers.get(&ix).and_then(|p| Judge::new(self, p, family));
        let verdict = judge.map(|j| j.judge(prefix, self.table.attrs.get(received)).result);
        let used = verdict.unwrap_or(Err(Rejected::NoPolicy))?;
        Ok(match used {
            Used { attributes: None, local } if local == Local::default() => {
                self.table.attrs.hold(received);
                received
            }
            Used { attributes: None, local } => self.table.attrs.intern_local(received, local),
            Used { attributes: Some(attributes), local } => {
                self.table.attrs.intern_attributes(&attributes, local)
            }
        })
    }

    /// `maximum-prefix` (RFC 4486).
    pub(crate) fn check_maximum(&mut self, now: Instant, ix: PeerIx, family: Family) {
        let Some(peer) = self.peers.get_mut(&ix) else { return };
        let Some(limit) = peer.settings.families.get(&family).and_then(|f| f.maximum_prefix) else {
            return;
        };
        let counts = self.table.counts(ix, family);
        let count = if limit.force { counts.received } else { counts.accepted };
        let Some(state) = peer.families.get_mut(&family) else { return };
        let percent = u64::from(limit.threshold.unwrap_or(75));
        let near = u64::from(count).saturating_mul(100) >= u64::from(limit.limit).saturating_mul(percent);
        let over = count > limit.limit;
        let name = peer.settings.key.to_string();
        let warned = core::mem::replace(&mut state.warned, near || over);
        if (near || over) && !warned {
            let notice =
                Notice::new(Level::Warning, "bgp", "the peer nears the number of prefixes it may send")
                    .with("neighbor", name)
                    .with("family", family)
                    .with("prefixes", count)
                    .with("limit", limit.limit);
            self.notice(notice);
        }
        if over && !limit.warning_only {
            self.hold_down(now, ix, Notification::maximum_prefixes(family, limit.limit), limit.restart);
        }
    }

    /// ROUTE-REFRESH (RFC 2918, RFC 7313).
    pub(crate) fn refresh(&mut self, now: Instant, ix: PeerIx, refresh: RouteRefresh) {
        let Some(family) = refresh.family() else { return };
        let Some(negotiated) = self.peers.get(&ix).and_then(Peer::negotiated) else { return };
        if !negotiated.families.contains(&family) {
            return;
        }
        let enhanced = negotiated.enhanced_refresh;
        match refresh.kind {
            Some(Refresh::Request) => {
                self.export.refresh(ix, family, enhanced, &told!(self));
                self.note_writable(now);
            }
            Some(Refresh::Begin) => self.table.new_generation(ix, family),
            Some(Refresh::End) => self.table.sweep(ix, family),
            None => {}
        }
    }
}
