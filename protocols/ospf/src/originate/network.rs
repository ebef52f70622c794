//! Network-LSAs (RFC 2328 12.4.2): of each network this router is DR of, while it is adjacent to somebody there.

use super::router::Suppressed;
use crate::AreaId;
use crate::interface::Interface;
use crate::lsdb::Scope;
use crate::process::Ospf;
use crate::wire::Kind;
use crate::wire::RouterId;
use crate::wire::lsa::network_body;
use bytes::Bytes;
use core::net::Ipv4Addr;
use fib::Instant;
use std::collections::BTreeMap;

impl Ospf {
    /// The network-LSAs of an area: those wanted are there, others go.
    pub(super) fn originate_networks(&mut self, now: Instant, area: AreaId) {
        let scope = Scope::Area(area);
        let here = self.interfaces.values().filter(|i| i.area() == area);
        let wanted: BTreeMap<Ipv4Addr, Bytes> = here
            .filter_map(|i| Some((i.settings.address, body(i, self.router_id, self.suppressed(i))?)))
            .collect();
        for id in self.own_ids(scope, Kind::Network) {
            if !wanted.contains_key(&id) {
                self.unwant(now, scope, self.own_key(Kind::Network, id));
            }
        }
        for (id, body) in wanted {
            self.want(now, scope, self.own_key(Kind::Network, id), self.area_options(area), body);
        }
    }
}

/// The body for an interface; `None`: no network-LSA. A suppressed network has a host's mask, which tells receivers
/// that there is no network to route to (RFC 6860 3.2.2).
fn body(i: &Interface, own: RouterId, suppressed: Suppressed) -> Option<Bytes> {
    if !i.is_dr() || i.full().next().is_none() {
        return None;
    }
    let mut routers: Vec<RouterId> = i.full().map(|n| n.router).chain([own]).collect();
    routers.sort_unstable();
    routers.dedup();
    let len = if suppressed == Suppressed::Nothing { i.settings.len } else { 32 };
    Some(network_body(len, &routers))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::IfId;
    use crate::config::{Config, Network};
    use crate::interface::State;
    use crate::neighbor::{Neighbor, State as NeighborState};
    use crate::settings;
    use crate::wire::{Body, Lsa, LsaKey};
    use fib::{PortId, Prefix};
    use proto::Port;

    /// 10.0.0.9/24 with neighbors 10.0.0.N, router IDs N.N.N.N.
    fn interface(state: State, neighbors: &[(u8, NeighborState)]) -> Interface {
        let port = Port {
            id: PortId(0),
            name: "eth0".into(),
            up: true,
            mtu: 1500,
            addresses: vec!["10.0.0.9/24".parse().unwrap()],
            loopback: false,
            bandwidth: 1000,
        };
        let everything = Network { prefix: Prefix::DEFAULT_V4, area: AreaId(0) };
        let config = Config { networks: vec![everything], ..Config::default() };
        let settings = settings::of_port(&config, &port).unwrap();
        let mut i = Interface { state, ..Interface::new(IfId::Port(port.id), port.id, port.name, settings) };
        for (n, state) in neighbors {
            let (router, address) = (Ipv4Addr::new(*n, *n, *n, *n), Ipv4Addr::new(10, 0, 0, *n));
            let neighbor = Neighbor { state: *state, ..Neighbor::new(Instant::ZERO, router, address) };
            i.neighbors.insert(address, neighbor);
        }
        i
    }

    fn said(i: &Interface, suppressed: Suppressed) -> Option<(u8, Vec<u8>)> {
        let own = Ipv4Addr::new(9, 9, 9, 9);
        let key = LsaKey { kind: Kind::Network, id: Ipv4Addr::new(10, 0, 0, 9), router: own };
        let lsa = Lsa::build(key, 0, 1, &body(i, own, suppressed)?);
        let Body::Network { len, routers } = lsa.body() else { panic!("a network-LSA") };
        Some((len, routers.map(|r| r.octets()[0]).collect()))
    }

    #[test]
    fn the_dr_lists_itself_and_who_is_full_with_it() {
        use NeighborState::*;
        let i = interface(State::Dr, &[(12, Full), (2, Full), (3, Loading)]);
        assert_eq!(said(&i, Suppressed::Nothing), Some((24, vec![2, 9, 12])));
        assert_eq!(said(&i, Suppressed::Transit), Some((32, vec![2, 9, 12])), "RFC 6860");
        assert_eq!(said(&interface(State::Dr, &[(3, Loading)]), Suppressed::Nothing), None, "alone");
        assert_eq!(said(&interface(State::Backup, &[(3, Full)]), Suppressed::Nothing), None, "not DR");
    }
}
