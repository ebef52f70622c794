//! Router-LSAs (RFC 2328 12.4.1) and this router as the root of the trees: one list of links for both.

use crate::config::{AreaKind, Translator};
use crate::interface::{Interface, State};
use crate::lsdb::Scope;
use crate::process::Ospf;
use crate::settings::{self, LinkType, area_kind, mask};
use crate::spf::{AreaView, Root, RootLink, Spf};
use crate::wire::lsa::{flags, router_body};
use crate::wire::{Kind, Link, LinkKind};
use crate::{AreaId, IfId};
use core::net::{IpAddr, Ipv4Addr};
use fib::{Instant, Prefix};
use std::collections::{BTreeMap, BTreeSet};

/// The metric of links nobody is to go through (RFC 6987 MaxLinkMetric).
const MAX_LINK_METRIC: u16 = 0xffff;

impl Ospf {
    /// This router as the root of the trees: its links as its router-LSAs say them.
    pub(crate) fn own_root(&self) -> Root {
        let areas: BTreeSet<AreaId> = self.interfaces.values().map(Interface::area).collect();
        Root {
            router: self.router_id,
            links: areas.iter().map(|area| (*area, self.own_links(*area))).collect(),
            areas: areas.iter().map(|area| (*area, self.area_view(*area))).collect(),
        }
    }

    fn area_view(&self, area: AreaId) -> AreaView {
        let kind = area_kind(&self.config, area);
        let config = self.config.areas.get(&area);
        let here = || self.interfaces.values().filter(|i| i.area() == area);
        AreaView {
            stub: kind != AreaKind::Normal,
            nssa: kind == AreaKind::Nssa,
            active: here().any(Interface::is_up),
            adjacent: here().any(|i| i.full().next().is_some()),
            no_summary: config.is_some_and(|c| c.no_summary),
            ranges: config.map(|c| c.ranges.keys().copied().collect()).unwrap_or_default(),
            addresses: here()
                .flat_map(|i| self.loopbacks(i).into_iter().chain([i.settings.address]))
                .collect(),
        }
    }

    /// Whether this router is an area border router.
    pub(crate) fn is_abr(&self) -> bool {
        Spf::is_abr(&self.root, self.config.abr_type)
    }

    /// Whether this router is an AS boundary router: it brings routes in, or may translate those of an NSSA
    /// (RFC 3101 3.1).
    pub(crate) fn is_asbr(&self) -> bool {
        let config = &self.config;
        let nssa = || self.areas.keys().any(|area| area_kind(config, *area) == AreaKind::Nssa);
        !config.redistribute.is_empty() || config.default_information.is_some() || (self.is_abr() && nssa())
    }

    /// The router-LSA of an area: wanted while an interface of the area is up.
    pub(super) fn originate_router(&mut self, now: Instant, area: AreaId) {
        let (scope, key) = (Scope::Area(area), self.own_key(Kind::Router, self.router_id));
        if !self.interfaces.values().any(|i| i.area() == area && i.is_up()) {
            self.unwant(now, scope, key);
            return;
        }
        let links: Vec<Link> = self.own_links(area).iter().map(|l| l.link).collect();
        let body = router_body(self.router_flags(area), &links);
        self.want(now, scope, key, self.area_options(area), body);
    }

    fn router_flags(&self, area: AreaId) -> u8 {
        let kind = area_kind(&self.config, area);
        let abr = self.is_abr();
        let through = |i: &Interface| matches!(i.id, IfId::Virtual(transit, _) if transit == area);
        let transit = self.interfaces.values().any(|i| through(i) && i.full().next().is_some());
        let translator = self.config.areas.get(&area).map(|a| a.nssa_translator);
        let bit = |set: bool, flag: u8| if set { flag } else { 0 };
        bit(abr, flags::B)
            // RFC 2328 12.4.1: no AS boundary routers in stub areas.
            | bit(self.is_asbr() && kind != AreaKind::Stub, flags::E)
            | bit(transit, flags::V)
            | bit(abr && kind == AreaKind::Nssa && translator == Some(Translator::Always), flags::NT)
    }

    /// The links of this router in an area, in the order of its interfaces.
    pub(crate) fn own_links(&self, area: AreaId) -> Vec<RootLink> {
        let max_metric = self.is_stub_router();
        let here = self.interfaces.values().filter(|i| i.area() == area);
        let mut links: Vec<RootLink> =
            here.flat_map(|i| links(i, &self.loopbacks(i), self.suppressed(i))).collect();
        for l in links.iter_mut().filter(|l| max_metric && l.link.kind != LinkKind::Stub) {
            l.link.metric = MAX_LINK_METRIC;
        }
        links
    }

    /// The addresses of a loopback that are in its area.
    fn loopbacks(&self, i: &Interface) -> Vec<Ipv4Addr> {
        let Some(port) = self.ports.get(&i.port).filter(|p| p.loopback) else { return Vec::new() };
        let here = |a: &&fib::IfAddr| {
            settings::area_of(&self.config, &port.name, core::slice::from_ref(*a))
                .is_some_and(|(area, _)| area == i.area())
        };
        let v4 = |a: &fib::IfAddr| match a.addr() {
            IpAddr::V4(a) if !a.is_loopback() => Some(a),
            _ => None,
        };
        port.addresses.iter().filter(here).filter_map(v4).collect()
    }

    /// Whether the primary network of an interface is not told.
    pub(super) fn is_suppressed(&self, i: &Interface) -> bool {
        self.suppressed(i) != Suppressed::Nothing
    }

    /// Which networks of an interface are not told (RFC 6860). What the process says does not count for passive
    /// interfaces, loopbacks and secondary networks, which are no transit networks; the interface's own word does.
    pub(super) fn suppressed(&self, i: &Interface) -> Suppressed {
        let explicit = self.config.interfaces.get(&i.name).and_then(|c| c.prefix_suppression) == Some(true);
        match i.settings.prefix_suppression {
            true if explicit => Suppressed::All,
            true if !i.settings.passive && i.settings.kind != LinkType::Loopback => Suppressed::Transit,
            _ => Suppressed::Nothing,
        }
    }
}

/// Which networks of an interface are not told.
#[derive(Copy, Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Suppressed {
    Nothing,
    /// Its primary network.
    Transit,
    /// Secondary ones, too.
    All,
}

/// The links an interface stands for. `loopbacks`: the addresses of a loopback.
fn links(i: &Interface, loopbacks: &[Ipv4Addr], suppressed: Suppressed) -> Vec<RootLink> {
    let s = &i.settings;
    let stub = |network: Prefix, metric: u16| stub(i, network, metric);
    let primary = || (suppressed == Suppressed::Nothing).then(|| stub(s.network(), i.cost()));
    let mut links = Vec::new();
    match s.kind {
        _ if !i.is_up() => return links,
        LinkType::Loopback if suppressed == Suppressed::All => return links,
        LinkType::Loopback => {
            // As FRR does: each address is a host of its own.
            let hosts: BTreeMap<Ipv4Addr, ()> = loopbacks.iter().map(|a| (*a, ())).collect();
            links.extend(hosts.keys().map(|a| stub(Prefix::host(IpAddr::V4(*a)), s.cost)));
            return links;
        }
        LinkType::Virtual => links.extend(neighbor_links(i, LinkKind::Virtual)),
        LinkType::PointToPoint => {
            links.extend(neighbor_links(i, LinkKind::PointToPoint));
            links.extend((!s.unnumbered).then(primary).flatten());
        }
        LinkType::PointToMultipoint => {
            links.extend(neighbor_links(i, LinkKind::PointToPoint));
            let own = Prefix::host(IpAddr::V4(s.address));
            links.extend((suppressed == Suppressed::Nothing).then(|| stub(own, 0)));
        }
        LinkType::Broadcast | LinkType::NonBroadcast => match transit(i) {
            Some(link) => links.push(link),
            None => links.extend(primary()),
        },
    }
    if suppressed < Suppressed::All {
        links.extend(s.secondary.iter().map(|network| stub(*network, i.cost())));
    }
    links
}

fn stub(i: &Interface, network: Prefix, metric: u16) -> RootLink {
    let id = match network.addr() {
        IpAddr::V4(a) => a,
        IpAddr::V6(_) => Ipv4Addr::UNSPECIFIED,
    };
    let link = Link { kind: LinkKind::Stub, id, data: mask(network.len()), metric };
    RootLink { link, port: i.port, neighbor: None }
}

/// One link to every router this one is fully adjacent to: point-to-point, point-to-multipoint, virtual.
fn neighbor_links(i: &Interface, kind: LinkKind) -> impl Iterator<Item = RootLink> {
    let s = &i.settings;
    let numbered = kind == LinkKind::Virtual || !s.unnumbered;
    let data = if numbered { s.address } else { interface_index(i) };
    let point_to_point = kind == LinkKind::PointToPoint;
    i.full().map(move |n| RootLink {
        link: Link { kind, id: n.router, data, metric: i.cost() },
        port: i.port,
        neighbor: point_to_point.then_some(n.address),
    })
}

/// What stands for the address of an unnumbered interface: 0.0.0.N, never all zero.
fn interface_index(i: &Interface) -> Ipv4Addr {
    Ipv4Addr::from_bits(i.port.0.saturating_add(1))
}

/// The link to a network with a DR that this router is fully adjacent to, or is itself with an adjacency.
fn transit(i: &Interface) -> Option<RootLink> {
    let id = match i.state {
        State::Dr => i.full().next().map(|_| i.settings.address),
        State::DrOther | State::Backup => i.full().find(|n| n.address == i.dr).map(|n| n.address),
        _ => None,
    }?;
    let link = Link { kind: LinkKind::Transit, id, data: i.settings.address, metric: i.cost() };
    Some(RootLink { link, port: i.port, neighbor: None })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::config::Config;
    use crate::neighbor::{Neighbor, State as NeighborState};
    use fib::PortId;
    use proto::Port;

    fn ip(s: &str) -> Ipv4Addr {
        s.parse().unwrap()
    }

    /// An interface of this kind with address 10.0.0.1/24 and cost 7.
    fn interface(kind: LinkType, state: State) -> Interface {
        let port = Port {
            id: PortId(3),
            name: "eth3".into(),
            up: true,
            mtu: 1500,
            addresses: vec!["10.0.0.1/24".parse().unwrap()],
            loopback: false,
            bandwidth: 1000,
        };
        let mut config = Config::default();
        config.networks.push(crate::config::Network { prefix: Prefix::DEFAULT_V4, area: AreaId(0) });
        let mut settings = settings::of_port(&config, &port).unwrap();
        (settings.kind, settings.cost) = (kind, 7);
        Interface { state, ..Interface::new(IfId::Port(port.id), port.id, port.name, settings) }
    }

    fn with(mut i: Interface, n: u8, state: NeighborState) -> Interface {
        let (router, address) = (Ipv4Addr::new(n, n, n, n), Ipv4Addr::new(10, 0, 0, n));
        i.neighbors.insert(address, Neighbor { state, ..Neighbor::new(Instant::ZERO, router, address) });
        i
    }

    fn said(i: &Interface, suppressed: Suppressed) -> Vec<(LinkKind, Ipv4Addr, Ipv4Addr, u16)> {
        links(i, &[], suppressed)
            .iter()
            .map(|l| (l.link.kind, l.link.id, l.link.data, l.link.metric))
            .collect()
    }

    fn network() -> (LinkKind, Ipv4Addr, Ipv4Addr, u16) {
        (LinkKind::Stub, ip("10.0.0.0"), ip("255.255.255.0"), 7)
    }

    #[test]
    fn a_lan_is_a_stub_until_this_router_is_full_with_its_dr() {
        let full = |state| with(interface(LinkType::Broadcast, state), 2, NeighborState::Full);
        assert_eq!(said(&full(State::Waiting), Suppressed::Nothing), [network()]);
        let mut other = full(State::DrOther);
        assert_eq!(said(&other, Suppressed::Nothing), [network()], "full, but not with the DR");
        other.dr = ip("10.0.0.2");
        assert_eq!(
            said(&other, Suppressed::Nothing),
            [(LinkKind::Transit, ip("10.0.0.2"), ip("10.0.0.1"), 7)]
        );
        let loading = with(interface(LinkType::Broadcast, State::Dr), 2, NeighborState::Loading);
        assert_eq!(said(&loading, Suppressed::Nothing), [network()], "DR of nobody");
        let own = (LinkKind::Transit, ip("10.0.0.1"), ip("10.0.0.1"), 7);
        assert_eq!(said(&full(State::Dr), Suppressed::Nothing), [own]);
    }

    #[test]
    fn a_point_to_point_link_tells_its_network_unless_it_has_none_or_is_suppressed() {
        let mut i = with(interface(LinkType::PointToPoint, State::PointToPoint), 2, NeighborState::Full);
        let to = |data| (LinkKind::PointToPoint, ip("2.2.2.2"), data, 7);
        assert_eq!(said(&i, Suppressed::Nothing), [to(ip("10.0.0.1")), network()]);
        assert_eq!(said(&i, Suppressed::Transit), [to(ip("10.0.0.1"))]);
        i.settings.unnumbered = true;
        assert_eq!(said(&i, Suppressed::Nothing), [to(ip("0.0.0.4"))], "the port's number, counted from 1");
    }

    #[test]
    fn point_to_multipoint_tells_each_full_neighbor_and_its_own_address() {
        let i = with(interface(LinkType::PointToMultipoint, State::PointToPoint), 3, NeighborState::Full);
        let i = with(with(i, 2, NeighborState::Full), 4, NeighborState::Exchange);
        let to = |id| (LinkKind::PointToPoint, ip(id), ip("10.0.0.1"), 7);
        let own = (LinkKind::Stub, ip("10.0.0.1"), ip("255.255.255.255"), 0);
        assert_eq!(said(&i, Suppressed::Nothing), [to("2.2.2.2"), to("3.3.3.3"), own]);
        let heard: Vec<_> = links(&i, &[], Suppressed::Nothing).iter().filter_map(|l| l.neighbor).collect();
        assert_eq!(heard, [ip("10.0.0.2"), ip("10.0.0.3")]);
    }

    #[test]
    fn an_interface_that_is_down_tells_nothing() {
        assert_eq!(said(&interface(LinkType::Broadcast, State::Down), Suppressed::Nothing), []);
    }

    #[test]
    fn secondary_networks_are_stubs_and_only_the_interfaces_own_word_suppresses_them() {
        let mut i = interface(LinkType::Broadcast, State::Dr);
        i.settings.secondary.push("10.9.0.0/16".parse().unwrap());
        let second = (LinkKind::Stub, ip("10.9.0.0"), ip("255.255.0.0"), 7);
        assert_eq!(said(&i, Suppressed::Nothing), [network(), second]);
        assert_eq!(said(&i, Suppressed::Transit), [second]);
        assert_eq!(said(&i, Suppressed::All), []);
    }

    #[test]
    fn every_address_of_a_loopback_is_a_host() {
        let mut i = interface(LinkType::Loopback, State::Loopback);
        i.settings.cost = 0;
        let hosts = [ip("10.9.9.9"), ip("10.8.8.1")];
        let told = links(&i, &hosts, Suppressed::Transit);
        let ids: Vec<_> = told.iter().map(|l| (l.link.id, l.link.data, l.link.metric)).collect();
        let all = Ipv4Addr::BROADCAST;
        assert_eq!(ids, [(ip("10.8.8.1"), all, 0), (ip("10.9.9.9"), all, 0)]);
        assert_eq!(links(&i, &hosts, Suppressed::All), []);
    }

    #[test]
    fn a_virtual_link_is_told_when_full() {
        let i = interface(LinkType::Virtual, State::PointToPoint);
        assert_eq!(said(&with(i.clone(), 2, NeighborState::Loading), Suppressed::Nothing), []);
        let told = said(&with(i, 2, NeighborState::Full), Suppressed::Nothing);
        assert_eq!(told, [(LinkKind::Virtual, ip("2.2.2.2"), ip("10.0.0.1"), 7)]);
    }
}
