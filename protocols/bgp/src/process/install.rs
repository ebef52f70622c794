//! What the table chose becomes routes of the RIB (RFC 4271 9.1.3), as far as `table-map` lets it.

use super::Bgp;
use crate::attrs::Entry;
use crate::settings::PeerKind;
use crate::table::{Change, From, PathView};
use crate::{Family, PeerIx};
use core::net::IpAddr;
use fib::{Kind, NextHop, Prefix, Protocol, Route, Source, Target};
use policy::{BgpContext, BgpView, RouteView};
use proto::Event;

/// BGP in the RIB.
pub(crate) const SOURCE: Source = Source::new(Protocol::Bgp, 0);

impl Bgp {
    /// Announces or withdraws one destination.
    pub(crate) fn install(&mut self, change: &Change) {
        if self.config.no_rib || !(change.best || change.multipath) {
            return;
        }
        let prefix = change.prefix;
        self.events.push_back(match self.route(change.family, change.dest, prefix) {
            Some(route) => Event::Announce { source: SOURCE, prefix, route },
            None => Event::Withdraw { source: SOURCE, prefix },
        });
    }

    /// The route of a destination; `None`: it is not for the RIB, for another protocol has it there already.
    fn route(&self, family: Family, dest: crate::table::DestId, prefix: Prefix) -> Option<Route> {
        let best = self.table.best(family, dest)?;
        let entry = self.table.attrs.get(best.used);
        let distance = self.config.families.get(&family).map(|f| f.distance).unwrap_or_default();
        let (distance, kind, target) = match best.from {
            From::AGGREGATE => (distance.local, Kind::Plain, Target::Blackhole),
            from if from.peer == PeerIx::SELF => return None,
            from => {
                let internal = self.table.peer_info(from.peer)?.kind == PeerKind::Internal;
                let hops: Vec<NextHop> =
                    self.table.multipath(family, dest).filter_map(|path| self.next_hop(&path)).collect();
                if hops.is_empty() {
                    return None;
                }
                let kind = if internal { Kind::Internal } else { Kind::Plain };
                (if internal { distance.internal } else { distance.external }, kind, Target::Via(hops))
            }
        };
        let local = entry.local();
        let distance = if local.distance == 0 { distance } else { local.distance };
        let route = Route { distance, metric: entry.med().unwrap_or(0), tag: local.tag, kind, target };
        self.table_map(family, prefix, entry, &best, route)
    }

    /// Where packets of a path go.
    fn next_hop(&self, path: &PathView) -> Option<NextHop> {
        let entry = self.table.attrs.get(path.used);
        let (global, link_local) = entry.next_hops();
        let on_link = |address: IpAddr| {
            let peer = self.peers.get(&path.from.peer)?;
            let named = self.port_of(&peer.settings).map(|p| p.id);
            let port = named.or_else(|| self.connected_port(peer.address?).map(|p| p.id))?;
            Some(NextHop::via_port(address, port))
        };
        match (global, link_local) {
            (IpAddr::V6(a), _) if a.is_unicast_link_local() => on_link(global),
            // RFC 2545 3: the link-local address is there because the peer is on our link; a global one that is not
            // connected must be resolved.
            (_, Some(link_local)) if self.connected_port(global).is_some() => on_link(link_local.into()),
            _ => Some(NextHop::via(global)),
        }
    }

    /// `table-map`: what may enter the RIB, and with which metric and tag.
    fn table_map(
        &self,
        family: Family,
        prefix: Prefix,
        entry: &Entry,
        best: &PathView,
        mut route: Route,
    ) -> Option<Route> {
        let Some(name) = self.config.families.get(&family).and_then(|f| f.table_map.as_ref()) else {
            return Some(route);
        };
        let attributes = entry.decode();
        let view = RouteView {
            prefix,
            next_hop: Some(attributes.next_hop),
            interface: None,
            metric: route.metric,
            tag: route.tag,
            source: Protocol::Bgp,
            kind: route.kind,
            bgp: Some(BgpView {
                attributes: &attributes,
                peer: self.table.peer_info(best.from.peer).map(|p| p.address),
                peer_interface: None,
                rpki: self.validity(prefix, attributes.as_path.origin()),
                context: BgpContext::default(),
            }),
        };
        let changes = self.policy.route_map(name, &view).permit?;
        route.metric = changes.metric(route.metric).unwrap_or(route.metric);
        route.tag = changes.tag.unwrap_or(route.tag);
        route.distance = changes.distance.unwrap_or(route.distance);
        Some(route)
    }

    /// Everything again: `table-map`, distances or `no-rib` changed.
    pub(crate) fn install_all(&mut self) {
        for family in Family::ALL {
            let all: Vec<_> = self.table.after(family, None).collect();
            for (prefix, dest) in all {
                let event = match self.route(family, dest, prefix).filter(|_| !self.config.no_rib) {
                    Some(route) => Event::Announce { source: SOURCE, prefix, route },
                    None => Event::Withdraw { source: SOURCE, prefix },
                };
                self.events.push_back(event);
            }
        }
    }

    /// Takes everything out of the RIB.
    pub(crate) fn withdraw_everything(&mut self) {
        for family in Family::ALL {
            let all: Vec<Prefix> = self.table.after(family, None).map(|(prefix, _)| prefix).collect();
            for prefix in all {
                self.events.push_back(Event::Withdraw { source: SOURCE, prefix });
            }
        }
    }
}
