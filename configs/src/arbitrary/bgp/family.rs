//! What a family announces, and what becomes of its routes.

use super::super::policy::{list_name, protocol};
use super::super::{prefix4, prefix6};
use bgp::Family;
use bgp::config::{Aggregate, Distance, FamilyConfig, MAX_PATHS, NetworkConfig, Redistribute};
use fib::{Prefix, Protocol};
use policy::bgp::Origin;
use proptest::collection::btree_map;
use proptest::option::of;
use proptest::prelude::*;
use proptest::sample::select;
use std::collections::BTreeMap;

pub(super) fn families() -> impl Strategy<Value = BTreeMap<Family, FamilyConfig>> {
    (of(family(prefix4)), of(family(prefix6))).prop_map(|(v4, v6)| {
        let each = [(Family::Ipv4, v4), (Family::Ipv6, v6)];
        each.into_iter().filter_map(|(family, config)| Some((family, config?))).collect()
    })
}

fn family<P: Strategy<Value = Prefix>>(prefix: fn() -> P) -> impl Strategy<Value = FamilyConfig> {
    let network = of(list_name()).prop_map(|route_map| NetworkConfig { route_map });
    let redistribute = (of(any::<u32>()), of(list_name()))
        .prop_map(|(metric, route_map)| Redistribute { metric, route_map });
    let own = (
        btree_map(prefix(), network, 0..3),
        btree_map(protocol(), redistribute, 0..3),
        btree_map(prefix(), aggregate(), 0..3),
    );
    let paths = || prop_oneof![Just(MAX_PATHS), 1..=MAX_PATHS];
    (own, paths(), paths(), distance(), of(list_name())).prop_map(
        |((networks, mut redistribute, aggregates), maximum_paths, maximum_paths_ibgp, distance, map)| {
            redistribute.remove(&Protocol::Bgp);
            FamilyConfig {
                networks,
                redistribute,
                aggregates,
                maximum_paths,
                maximum_paths_ibgp,
                distance,
                table_map: map,
            }
        },
    )
}

fn aggregate() -> impl Strategy<Value = Aggregate> {
    let origin = of(select(vec![Origin::Igp, Origin::Egp, Origin::Incomplete]));
    (any::<[bool; 3]>(), of(list_name()), of(list_name()), origin).prop_map(
        |([as_set, summary_only, matching_med_only], suppress_map, route_map, origin)| Aggregate {
            as_set,
            summary_only,
            suppress_map,
            route_map,
            origin,
            matching_med_only,
        },
    )
}

fn distance() -> impl Strategy<Value = Distance> {
    prop_oneof![
        Just(Distance::default()),
        (1u8.., 1u8.., 1u8..).prop_map(|(external, internal, local)| Distance { external, internal, local }),
    ]
}
