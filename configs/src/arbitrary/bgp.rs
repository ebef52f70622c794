//! The `bgp` section.

mod family;
mod neighbor;

use super::policy::list_name;
use super::{host, host4, prefix, text};
use bgp::Family;
use bgp::config::{
    Bestpath, BmpStation, BmpTarget, Confederation, Config, Dump, DumpKind, GracefulRestart,
    GracefulRestartMode, Listen, Rpki, RpkiCache, Shutdown, Timers,
};
use proptest::collection::{btree_map, btree_set};
use proptest::option::of;
use proptest::prelude::*;
use proptest::sample::select;
use std::collections::BTreeMap;

/// The router's own AS, and some of others.
const OWN: u32 = 65001;
const OTHERS: [u32; 5] = [65002, 65003, 64512, 4_200_000_000, 1];

pub(super) fn section() -> impl Strategy<Value = Config> {
    let identity = (of(host4()), of(host4()), of(confederation()));
    let flags = any::<[bool; 6]>();
    let knobs = (any::<[bool; 8]>(), prop_oneof![Just(100), any::<u32>()], timers(), graceful_restart());
    let state = (any::<[bool; 2]>(), of(shutdown()));
    let peers = (neighbor::groups(), neighbor::neighbors(), listen());
    let rest = (family::families(), rpki(), btree_map(list_name(), bmp(), 0..3), dumps());
    (identity, flags, knobs, state, peers, rest).prop_map(|(identity, flags, knobs, state, peers, rest)| {
        let (router_id, cluster_id, confederation) = identity;
        let [default_ipv4_unicast, ebgp_requires_policy, log_neighbor_changes, failover, check, sets] = flags;
        let (bestpath, default_local_preference, timers, graceful_restart) = knobs;
        let ([graceful_shutdown, no_rib], shutdown) = state;
        let (peer_groups, neighbors, listen) = peers;
        let (families, rpki, bmp, dump) = rest;
        let mut config = Config {
            router_id,
            cluster_id,
            confederation,
            default_ipv4_unicast,
            default_local_preference,
            ebgp_requires_policy,
            log_neighbor_changes,
            fast_external_failover: failover,
            network_import_check: check,
            reject_as_sets: sets,
            bestpath: self::bestpath(bestpath),
            timers,
            graceful_restart,
            graceful_shutdown,
            shutdown,
            no_rib,
            peer_groups,
            neighbors,
            listen,
            families,
            rpki,
            bmp,
            dump,
            ..Config::new(OWN)
        };
        neighbor::reconcile(&mut config);
        config
    })
}

fn confederation() -> impl Strategy<Value = Confederation> {
    (select(OTHERS.to_vec()), btree_set(select(OTHERS.to_vec()), 0..3))
        .prop_map(|(identifier, peers)| Confederation { identifier, peers })
}

fn bestpath(flags: [bool; 8]) -> Bestpath {
    let [
        always_compare_med,
        deterministic_med,
        as_path_ignore,
        as_path_confed,
        multipath_relax,
        compare_routerid,
        med_confed,
        med_missing_as_worst,
    ] = flags;
    Bestpath {
        always_compare_med,
        deterministic_med,
        as_path_ignore,
        as_path_confed,
        multipath_relax,
        compare_routerid,
        med_confed,
        med_missing_as_worst,
    }
}

fn timers() -> impl Strategy<Value = Timers> {
    let hold = prop_oneof![Just(0u16), 3u16..];
    prop_oneof![
        Just(Timers::default()),
        (any::<u16>(), hold).prop_map(|(keepalive, hold)| Timers { keepalive, hold }),
    ]
}

fn mode() -> impl Strategy<Value = GracefulRestartMode> {
    select(vec![GracefulRestartMode::Disable, GracefulRestartMode::Helper, GracefulRestartMode::Restarter])
}

fn graceful_restart() -> impl Strategy<Value = GracefulRestart> {
    (mode(), 1u16..=4095, 1u16..=4095, 0u16..=3600, any::<[bool; 2]>()).prop_map(
        |(mode, restart_time, stalepath_time, select_defer_time, [preserve_fw_state, notification])| {
            GracefulRestart {
                mode,
                restart_time,
                stalepath_time,
                select_defer_time,
                preserve_fw_state,
                notification,
            }
        },
    )
}

fn shutdown() -> impl Strategy<Value = Shutdown> {
    of(text()).prop_map(|message| Shutdown { message })
}

fn listen() -> impl Strategy<Value = Listen> {
    let limit = prop_oneof![Just(100), 1u16..];
    (limit, btree_map(prefix(), neighbor::group_name(), 0..3))
        .prop_map(|(limit, ranges)| Listen { limit, ranges })
}

fn rpki() -> impl Strategy<Value = Rpki> {
    let cache = (host(), 1u16..).prop_map(|(address, port)| RpkiCache { address, port });
    (btree_map(1u8.., cache, 0..3), of(1u32..=86_400), of(1u32..=7200), of(600u32..=172_800))
        .prop_map(|(caches, refresh, retry, expire)| Rpki { caches, refresh, retry, expire })
}

fn dumps() -> impl Strategy<Value = BTreeMap<DumpKind, Dump>> {
    let one = ("/[a-z%]{1,8} ?[a-z]{0,3}", of(1u32..=86_400), any::<bool>());
    let one = one.prop_map(|(path, interval, microseconds)| Dump {
        path: path.trim_end().to_owned(),
        interval,
        microseconds,
    });
    btree_map(select(DumpKind::ALL.to_vec()), one, 0..3).prop_map(|mut all| {
        if let Some(table) = all.get_mut(&DumpKind::RoutesMrt) {
            table.microseconds = false;
        }
        all
    })
}

fn bmp() -> impl Strategy<Value = BmpTarget> {
    let families = || btree_set(select(Family::ALL.to_vec()), 0..2);
    let station = (host(), 1u16..).prop_map(|(address, port)| BmpStation { address, port });
    (of(station), families(), families(), of(100u32..=86_400_000)).prop_map(
        |(connect, pre_policy, post_policy, stats_interval)| BmpTarget {
            connect,
            pre_policy,
            post_policy,
            stats_interval,
        },
    )
}
