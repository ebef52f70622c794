//! What policy does to one route on its way in or out: distribute lists, route maps, offset lists, distances.
//! Pure: configuration and lists in, verdict out. Undefined lists mean what the table of `policy` says.

use crate::config::{Config, Direction, ListName};
use core::net::{IpAddr, Ipv4Addr};
use fib::{Prefix, Protocol};
use policy::{Changes, Policy, RouteView};

/// The configuration with the lists it names.
#[derive(Copy, Clone, Debug)]
pub(crate) struct Filter<'a> {
    pub config: &'a Config,
    pub policy: &'a Policy,
}

impl Filter<'_> {
    /// Whether every distribute list of the interface, and every one without an interface, lets `prefix` through.
    pub fn distributes(&self, direction: Direction, interface: &str, prefix: &Prefix) -> bool {
        let of_here = |i: &Option<String>| i.as_deref().is_none_or(|name| name == interface);
        self.config.distribute_lists.iter().filter(|d| d.direction == direction && of_here(&d.interface)).all(
            |d| match &d.list {
                ListName::AccessList(name) => self.policy.access(name, prefix).passes(),
                ListName::PrefixList(name) => self.policy.prefix_list(name, prefix).passes(),
            },
        )
    }

    /// The offset for `prefix`, if a list applies. A list of the interface hides those without one, as in FRR.
    /// An offset of 0 does nothing, as in IOS.
    pub fn offset(&self, direction: Direction, interface: &str, prefix: &Prefix) -> Option<u32> {
        let lists = || self.config.offset_lists.iter().filter(|o| o.direction == direction);
        let here = lists().find(|o| o.interface.as_deref() == Some(interface));
        let list = here.or_else(|| lists().find(|o| o.interface.is_none()))?;
        let applies = list.metric > 0 && self.policy.access(&list.access_list, prefix).permits();
        applies.then_some(u32::from(list.metric))
    }

    /// What the interface's route map does; `None`: denied. No map, or one that does not exist, changes nothing.
    pub fn route_map(
        &self,
        direction: Direction,
        interface: &str,
        route: &RouteView<'_>,
    ) -> Option<Changes<'_>> {
        let here =
            |m: &&crate::config::InterfaceRouteMap| m.direction == direction && m.interface == interface;
        let Some(map) = self.config.route_maps.iter().find(here) else { return Some(Changes::default()) };
        let decision = self.policy.route_map(&map.route_map, route);
        if decision.is_undefined() { Some(Changes::default()) } else { decision.permit }
    }

    /// The distance of a route from `from`: of the most specific `distance N SOURCE [ACL]` that contains the
    /// neighbor; where its access list does not permit the route (or does not exist) RIP's 120, as in FRR.
    pub fn distance(&self, from: Ipv4Addr, prefix: &Prefix) -> u8 {
        let from = IpAddr::V4(from);
        let matching = self.config.distances.iter().filter(|d| d.source.contains(from));
        match matching.max_by_key(|d| d.source.len()) {
            None => self.config.distance.unwrap_or(Protocol::Rip.distance()),
            Some(d) => match &d.access_list {
                Some(acl) if !self.policy.access(acl, prefix).permits() => Protocol::Rip.distance(),
                _ => d.distance,
            },
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::config::{DistributeList, OffsetList, SourceDistance};
    use policy::config::{AccessEntry, Action};

    fn prefix(s: &str) -> Prefix {
        s.parse().unwrap()
    }

    fn policy() -> Policy {
        let mut config = policy::Config::default();
        let ten = AccessEntry {
            seq: 5,
            action: Action::Permit,
            prefix: Some(prefix("10.0.0.0/8")),
            exact_match: false,
        };
        config.access_lists.insert("TEN".into(), vec![ten]);
        Policy::new(config)
    }

    fn distribute(list: &str, interface: Option<&str>) -> DistributeList {
        DistributeList {
            list: ListName::AccessList(list.into()),
            direction: Direction::In,
            interface: interface.map(str::to_owned),
        }
    }

    #[test]
    fn distribute_lists_of_the_interface_and_of_all_must_both_permit() {
        let policy = policy();
        let config = Config {
            distribute_lists: vec![distribute("TEN", Some("eth1")), distribute("MISSING", None)],
            ..Config::default()
        };
        let f = Filter { config: &config, policy: &policy };
        assert!(f.distributes(Direction::In, "eth1", &prefix("10.1.0.0/16")), "a missing list permits");
        assert!(!f.distributes(Direction::In, "eth1", &prefix("11.0.0.0/8")));
        assert!(f.distributes(Direction::In, "eth2", &prefix("11.0.0.0/8")), "another interface");
        assert!(f.distributes(Direction::Out, "eth1", &prefix("11.0.0.0/8")), "another direction");
    }

    #[test]
    fn an_offset_list_of_the_interface_hides_the_one_of_all() {
        let policy = policy();
        let offset = |acl: &str, metric, interface: Option<&str>| OffsetList {
            access_list: acl.into(),
            direction: Direction::Out,
            metric,
            interface: interface.map(str::to_owned),
        };
        let lists =
            vec![offset("TEN", 5, None), offset("TEN", 2, Some("eth1")), offset("TEN", 0, Some("eth3"))];
        let config = Config { offset_lists: lists, ..Config::default() };
        let f = Filter { config: &config, policy: &policy };
        let ask = |i, p| f.offset(Direction::Out, i, &prefix(p));
        assert_eq!((ask("eth1", "10.0.0.0/8"), ask("eth2", "10.0.0.0/8")), (Some(2), Some(5)));
        assert_eq!((ask("eth3", "10.0.0.0/8"), ask("eth2", "11.0.0.0/8")), (None, None));
    }

    #[test]
    fn distance_is_of_the_most_specific_source_and_its_list() {
        let policy = policy();
        let of = |distance, source, acl: Option<&str>| SourceDistance {
            distance,
            source: prefix(source),
            access_list: acl.map(str::to_owned),
        };
        let config = Config {
            distance: Some(130),
            distances: vec![of(100, "192.168.0.0/16", None), of(90, "192.168.1.0/24", Some("TEN"))],
            ..Config::default()
        };
        let f = Filter { config: &config, policy: &policy };
        let ask = |from: &str, p| f.distance(from.parse().unwrap(), &prefix(p));
        assert_eq!((ask("172.16.0.1", "10.0.0.0/8"), ask("192.168.2.1", "10.0.0.0/8")), (130, 100));
        assert_eq!((ask("192.168.1.1", "10.0.0.0/8"), ask("192.168.1.1", "11.0.0.0/8")), (90, 120));
    }
}
