//! The `ospf` section.

use super::policy::{list_name, metric_type, protocol};
use super::{host4, interface_name, prefix4, secret, unique};
use fib::Protocol;
use ospf::AreaId;
use ospf::config::{
    AbrType, AreaConfig, AreaKind, Authentication, AuthenticationMode, Config, DefaultInformation, Distance,
    GracefulRestartHelper, InterfaceConfig, LogAdjacency, MaxMetric, Measured, NbmaNeighbor, Network,
    NetworkType, NssaDefault, Range, Redistribute, SpfDelay, SummaryAddress, TimersConfig, Translator,
    VirtualLink,
};
use proptest::collection::{btree_map, vec};
use proptest::option::of;
use proptest::prelude::*;
use proptest::sample::select;
use std::collections::BTreeMap;

const METRIC: u32 = 0x00ff_fffe;

pub(super) fn section() -> impl Strategy<Value = Config> {
    let scope = (of(1u16..), of(host4()), vec(network(), 0..4), areas());
    let passive = (any::<bool>(), vec(interface_name(), 0..3), btree_map(host4(), neighbor(), 0..3));
    let external = (
        btree_map(protocol(), redistribute(), 0..3),
        btree_map(protocol(), list_name(), 0..3),
        of(default_information()),
        of(0..=METRIC),
        btree_map(prefix4(), summary(), 0..3),
    );
    let numbers = (distance(), 1u32..=4_294_967, 1u8..=64, timers());
    let manners = (
        any::<[bool; 3]>(),
        select(vec![AbrType::Cisco, AbrType::Ibm, AbrType::Shortcut, AbrType::Standard]),
        (any::<bool>(), of(5u32..=86_400), of(5u32..=100)),
        select(vec![LogAdjacency::Off, LogAdjacency::On, LogAdjacency::Detail]),
        (any::<[bool; 3]>(), 10u16..=1800),
    );
    let interfaces = btree_map(interface_name(), interface(), 0..4);
    (scope, passive, external, numbers, manners, interfaces).prop_map(
        |(scope, passive, external, numbers, manners, interfaces)| {
            let (instance, router_id, networks, mut areas) = scope;
            for area in areas.values_mut() {
                area.virtual_links.retain(|peer, _| Some(*peer) != router_id);
            }
            let (passive_default, passive_interfaces, neighbors) = passive;
            let (mut redistribute, mut distribute_lists, default_information, default_metric, summaries) =
                external;
            redistribute.remove(&Protocol::Ospf);
            distribute_lists.remove(&Protocol::Ospf);
            let (distance, reference_bandwidth, maximum_paths, timers) = numbers;
            let ([rfc1583_compatible, opaque, prefix_suppression], abr_type, max_metric, log, helper) =
                manners;
            let (administrative, on_startup, on_shutdown) = max_metric;
            let ([enabled, strict_lsa_checking, planned_only], supported_grace_time) = helper;
            Config {
                instance,
                router_id,
                networks: unique(networks, |n| n.prefix),
                areas,
                passive_default,
                passive_interfaces: unique(passive_interfaces, String::clone),
                neighbors,
                redistribute,
                distribute_lists,
                default_information,
                default_metric,
                summary_addresses: summaries,
                distance,
                reference_bandwidth,
                maximum_paths,
                timers,
                rfc1583_compatible,
                abr_type,
                max_metric: MaxMetric { administrative, on_startup, on_shutdown },
                log_adjacency_changes: log,
                opaque,
                graceful_restart_helper: GracefulRestartHelper {
                    enabled,
                    strict_lsa_checking,
                    supported_grace_time,
                    planned_only,
                },
                prefix_suppression,
                interfaces,
            }
        },
    )
}

fn area_id() -> impl Strategy<Value = AreaId> {
    prop_oneof![3 => (0u32..4).prop_map(AreaId), 1 => any::<u32>().prop_map(AreaId)]
}

fn network() -> impl Strategy<Value = Network> {
    (prefix4(), area_id()).prop_map(|(prefix, area)| Network { prefix, area })
}

fn neighbor() -> impl Strategy<Value = NbmaNeighbor> {
    prop_oneof![
        Just(NbmaNeighbor::default()),
        (any::<u8>(), 1u16..).prop_map(|(priority, poll_interval)| NbmaNeighbor { priority, poll_interval }),
    ]
}

fn redistribute() -> impl Strategy<Value = Redistribute> {
    (of(0..=METRIC), metric_type(), of(any::<u32>()), of(list_name())).prop_map(
        |(metric, metric_type, tag, route_map)| Redistribute { metric, metric_type, tag, route_map },
    )
}

fn default_information() -> impl Strategy<Value = DefaultInformation> {
    (any::<bool>(), of(0..=METRIC), metric_type(), of(list_name())).prop_map(
        |(always, metric, metric_type, route_map)| DefaultInformation {
            always,
            metric,
            metric_type,
            route_map,
        },
    )
}

fn summary() -> impl Strategy<Value = SummaryAddress> {
    (prop_oneof![Just(0), any::<u32>()], any::<bool>())
        .prop_map(|(tag, no_advertise)| SummaryAddress { tag, no_advertise })
}

fn distance() -> impl Strategy<Value = Distance> {
    (of(1u8..), of(1u8..), of(1u8..), of(1u8..)).prop_map(|(all, intra_area, inter_area, external)| {
        Distance { all, intra_area, inter_area, external }
    })
}

fn timers() -> impl Strategy<Value = TimersConfig> {
    let throttle = (0u32..=600_000, 0u32..=600_000, 0u32..=600_000)
        .prop_map(|(delay, hold, max)| SpfDelay::Throttle { delay, hold, max });
    let ms = || 0u32..=60_000;
    let ietf = (ms(), ms(), ms(), ms(), ms()).prop_map(|(initial, short, long, holddown, learn)| {
        SpfDelay::Ietf { initial, short, long, holddown, learn }
    });
    let spf = prop_oneof![Just(SpfDelay::default()), throttle, ietf];
    (spf, 0u32..=5000, 0u32..=600_000, 0u32..=1000).prop_map(
        |(spf, lsa_interval, lsa_arrival, flood_pacing)| TimersConfig {
            spf,
            lsa_interval,
            lsa_arrival,
            flood_pacing,
        },
    )
}

fn areas() -> impl Strategy<Value = BTreeMap<AreaId, AreaConfig>> {
    btree_map(area_id(), area(), 0..4).prop_map(|mut areas| {
        if let Some(backbone) = areas.get_mut(&AreaId::BACKBONE) {
            *backbone = of_kind(AreaKind::Normal, core::mem::take(backbone));
            backbone.virtual_links.clear();
        }
        areas
    })
}

/// The area with what this kind can have.
fn of_kind(kind: AreaKind, mut area: AreaConfig) -> AreaConfig {
    area.kind = kind;
    if kind == AreaKind::Normal {
        area.no_summary = false;
    } else {
        area.virtual_links.clear();
    }
    if kind != AreaKind::Nssa {
        area.nssa_translator = Translator::default();
        area.nssa_suppress_fa = false;
        area.nssa_default = None;
        area.nssa_ranges.clear();
    }
    area
}

fn area() -> impl Strategy<Value = AreaConfig> {
    let kind = select(vec![AreaKind::Normal, AreaKind::Stub, AreaKind::Nssa]);
    let translator = select(vec![Translator::Candidate, Translator::Always, Translator::Never]);
    let nssa_default =
        (of(0..=METRIC), metric_type()).prop_map(|(metric, metric_type)| NssaDefault { metric, metric_type });
    let nssa = (translator, any::<bool>(), of(nssa_default), btree_map(prefix4(), range(), 0..3));
    let mode = select(vec![AuthenticationMode::Simple, AuthenticationMode::MessageDigest]);
    let ranges = btree_map(prefix4(), range(), 0..3);
    let links = btree_map(host4(), virtual_link(), 0..3);
    let lists = (of(list_name()), of(list_name()), of(list_name()), of(list_name()));
    (kind, any::<bool>(), of(0u32..=0x00ff_ffff), nssa, of(mode), ranges, links, lists).prop_map(
        |(kind, no_summary, default_cost, nssa, authentication, ranges, virtual_links, lists)| {
            let (nssa_translator, nssa_suppress_fa, nssa_default, nssa_ranges) = nssa;
            let (filter_list_in, filter_list_out, import_list, export_list) = lists;
            let area = AreaConfig {
                kind,
                no_summary,
                default_cost,
                nssa_translator,
                nssa_suppress_fa,
                nssa_default,
                ranges,
                nssa_ranges,
                virtual_links,
                authentication,
                filter_list_in,
                filter_list_out,
                import_list,
                export_list,
            };
            of_kind(kind, area)
        },
    )
}

fn range() -> impl Strategy<Value = Range> {
    (any::<bool>(), of(0u32..=0x00ff_ffff), of(prefix4()))
        .prop_map(|(not_advertise, cost, substitute)| Range { not_advertise, cost, substitute })
}

fn password() -> impl Strategy<Value = String> {
    secret().prop_map(|s| s.chars().take(8).collect())
}

fn virtual_link() -> impl Strategy<Value = VirtualLink> {
    let seconds = (of(1u16..), of(1u16..), of(1u16..), of(1u16..));
    (seconds, of(authentication()), of(password()), digests()).prop_map(
        |(seconds, authentication, authentication_key, message_digest_keys)| {
            let (hello_interval, dead_interval, retransmit_interval, transmit_delay) = seconds;
            VirtualLink {
                hello_interval,
                dead_interval,
                retransmit_interval,
                transmit_delay,
                authentication,
                authentication_key,
                message_digest_keys,
            }
        },
    )
}

fn digests() -> impl Strategy<Value = BTreeMap<u8, String>> {
    btree_map(1u8.., secret(), 0..3)
}

fn authentication() -> impl Strategy<Value = Authentication> {
    prop_oneof![
        Just(Authentication::Null),
        Just(Authentication::Simple),
        Just(Authentication::MessageDigest),
        list_name().prop_map(Authentication::KeyChain),
    ]
}

fn interface() -> impl Strategy<Value = InterfaceConfig> {
    let network = select(vec![
        NetworkType::Broadcast,
        NetworkType::PointToPoint,
        NetworkType::NonBroadcast,
        NetworkType::PointToMultipoint,
    ]);
    let cost = of(prop_oneof![(1u16..).prop_map(Ok), measured().prop_map(Err)]);
    let dead = of(prop_oneof![(1u16..).prop_map(Ok), (2u8..=20).prop_map(Err)]);
    let timers = (of(1u16..), dead, of(1u16..), of(1u16..));
    let keys = (of(authentication()), of(password()), digests());
    let flags = (any::<bool>(), of(any::<bool>()), of(any::<bool>()));
    ((of(area_id()), cost, of(any::<u8>()), of(network)), timers, keys, flags).prop_map(
        |((area, cost, priority, network), timers, keys, flags)| {
            let (hello_interval, dead, retransmit_interval, transmit_delay) = timers;
            let (authentication, authentication_key, message_digest_keys) = keys;
            let (mtu_ignore, passive, prefix_suppression) = flags;
            InterfaceConfig {
                area,
                cost: cost.and_then(Result::ok),
                measured: cost.and_then(Result::err),
                priority,
                network,
                hello_interval,
                dead_interval: dead.and_then(Result::ok),
                hello_multiplier: dead.and_then(Result::err),
                retransmit_interval,
                transmit_delay,
                mtu_ignore,
                passive,
                authentication,
                authentication_key,
                message_digest_keys,
                prefix_suppression,
            }
        },
    )
}

fn measured() -> impl Strategy<Value = Measured> {
    let range = (1u16.., 1u16..).prop_map(|(a, b)| (a.min(b), a.max(b)));
    let fields = (1u16..=3600, 1u32..=1_000_000, 1u8..=100, range).prop_map(
        |(interval, unit, hysteresis, (minimum, maximum))| Measured {
            interval,
            unit,
            hysteresis,
            minimum,
            maximum,
        },
    );
    prop_oneof![Just(Measured::default()), fields]
}
