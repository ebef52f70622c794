//! The `rip` section.

use super::policy::{list_name, protocol};
use super::{host4, interface_name, prefix4, secret, unique};
use fib::{Prefix, Protocol};
use proptest::collection::{btree_map, vec};
use proptest::option::of;
use proptest::prelude::*;
use proptest::sample::select;
use rip::config::{
    Authentication, AuthenticationMode, Config, Direction, DistributeList, InterfaceConfig,
    InterfaceRouteMap, ListName, OffsetList, Redistribute, SourceDistance, SplitHorizon, TimersConfig,
    Versions,
};

pub(super) fn section() -> impl Strategy<Value = Config> {
    let scope = (of(1u8..=2), vec(prefix4(), 0..3), vec(interface_name(), 0..3), vec(host4(), 0..3));
    let passive = (any::<bool>(), vec(interface_name(), 0..3), any::<bool>());
    let numbers = (1u8..=16, of(1u8..), 0u8..=64, 2u8..=255, any::<bool>());
    let filters = (
        vec(distance(), 0..3),
        vec(distribute_list(), 0..3),
        vec(offset_list(), 0..3),
        vec(route_map(), 0..3),
    );
    let rest = (
        btree_map(protocol(), redistribute(), 0..3),
        vec(prefix4(), 0..3),
        timers(),
        btree_map(interface_name(), interface(), 0..3),
    );
    (scope, passive, numbers, filters, rest).prop_map(|(scope, passive, numbers, filters, rest)| {
        let (version, networks, network_interfaces, neighbors) = scope;
        let (passive_default, passive_interfaces, default_information_originate) = passive;
        let (default_metric, distance, maximum_paths, infinity, triggered_updates) = numbers;
        let (distances, distribute_lists, offset_lists, route_maps) = filters;
        let (mut redistribute, routes, timers, interfaces) = rest;
        redistribute.remove(&Protocol::Rip);
        Config {
            version,
            networks: unique(networks, Prefix::clone),
            network_interfaces: unique(network_interfaces, String::clone),
            neighbors: unique(neighbors, |n| *n),
            passive_default,
            passive_interfaces: unique(passive_interfaces, String::clone),
            default_information_originate,
            default_metric,
            distance,
            distances: unique(distances, |d| d.source),
            distribute_lists: unique(distribute_lists, |d| {
                (matches!(d.list, ListName::PrefixList(_)), d.direction, d.interface.clone())
            }),
            offset_lists: unique(offset_lists, |o| (o.direction, o.interface.clone())),
            route_maps: unique(route_maps, |r| (r.direction, r.interface.clone())),
            redistribute,
            routes: unique(routes, Prefix::clone),
            timers,
            maximum_paths,
            infinity,
            triggered_updates,
            interfaces,
        }
    })
}

fn direction() -> impl Strategy<Value = Direction> {
    select(vec![Direction::In, Direction::Out])
}

fn distance() -> impl Strategy<Value = SourceDistance> {
    (1u8.., prefix4(), of(list_name())).prop_map(|(distance, source, access_list)| SourceDistance {
        distance,
        source,
        access_list,
    })
}

fn distribute_list() -> impl Strategy<Value = DistributeList> {
    let list =
        prop_oneof![list_name().prop_map(ListName::AccessList), list_name().prop_map(ListName::PrefixList),];
    (list, direction(), of(interface_name())).prop_map(|(list, direction, interface)| DistributeList {
        list,
        direction,
        interface,
    })
}

fn offset_list() -> impl Strategy<Value = OffsetList> {
    (list_name(), direction(), 0u8..=16, of(interface_name())).prop_map(
        |(access_list, direction, metric, interface)| OffsetList {
            access_list,
            direction,
            metric,
            interface,
        },
    )
}

fn route_map() -> impl Strategy<Value = InterfaceRouteMap> {
    (list_name(), direction(), interface_name())
        .prop_map(|(route_map, direction, interface)| InterfaceRouteMap { route_map, direction, interface })
}

fn redistribute() -> impl Strategy<Value = Redistribute> {
    (of(0u8..=16), of(list_name())).prop_map(|(metric, route_map)| Redistribute { metric, route_map })
}

fn timers() -> impl Strategy<Value = TimersConfig> {
    prop_oneof![
        Just(TimersConfig::default()),
        (1u16.., 1u16.., 1u16.., any::<u16>()).prop_map(|(update, timeout, garbage, holddown)| {
            TimersConfig { update, timeout, garbage, holddown }
        }),
    ]
}

fn interface() -> impl Strategy<Value = InterfaceConfig> {
    let versions = || of(select(vec![Versions::V1, Versions::V2, Versions::Both, Versions::None]));
    let split_horizon = select(vec![SplitHorizon::Off, SplitHorizon::Simple, SplitHorizon::PoisonedReverse]);
    (versions(), versions(), any::<bool>(), split_horizon, of(authentication())).prop_map(
        |(send_version, receive_version, v2_broadcast, split_horizon, authentication)| InterfaceConfig {
            send_version,
            receive_version,
            v2_broadcast,
            split_horizon,
            authentication,
        },
    )
}

fn authentication() -> impl Strategy<Value = Authentication> {
    let mode = select(vec![AuthenticationMode::Text, AuthenticationMode::Md5]);
    let key = of(prop_oneof![secret().prop_map(Ok), list_name().prop_map(Err)]);
    (mode, key).prop_map(|(mode, key)| {
        let (key_string, key_chain) = match key {
            None => (None, None),
            Some(Ok(secret)) => (Some(secret), None),
            Some(Err(chain)) => (None, Some(chain)),
        };
        Authentication { mode, key_string, key_chain }
    })
}
