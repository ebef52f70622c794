//! All there is to say of neighbors, as JSON with FRR's names.

use super::neighbor::{communities, role};
use super::{family_key, object, restart, span, yes};
use bgp::settings::{Filters, PeerKind};
use bgp::show::{Both, Capabilities, Neighbor, NeighborFamily, Neighbors, PeerState};
use core::net::SocketAddr;
use serde_json::{Map, Value, json};

pub(super) fn json(all: &Neighbors) -> Value {
    if all.neighbors.is_empty() {
        return json!({ "bgpNoSuchNeighbor": true });
    }
    Value::Object(all.neighbors.iter().map(|n| (n.name.clone(), one(n))).collect())
}

type Members = Vec<(&'static str, Option<Value>)>;

fn one(n: &Neighbor) -> Value {
    let mut members = head(n);
    members.extend(timers(n));
    members.extend([
        ("neighborCapabilities", n.capabilities.as_ref().map(|c| capabilities(n, c))),
        ("gracefulRestartInfo", Some(restart::section_json(n))),
        ("messageStats", Some(messages(n))),
        ("minBtwnAdvertisementRunsTimerMsecs", Some(json!(u32::from(n.advertisement_interval) * 1000))),
        ("addressFamilyInfo", Some(families(n))),
        ("connectionsEstablished", Some(json!(n.established))),
        ("connectionsDropped", Some(json!(n.dropped))),
    ]);
    members.extend(reset(n));
    members.extend(connection(n));
    object(members)
}

fn head(n: &Neighbor) -> Members {
    vec![
        ("bgpNeighborAddr", n.address.map(|a| json!(a.to_string())).filter(|a| *a != json!(n.name))),
        ("remoteAs", Some(json!(n.remote_as))),
        ("localAs", Some(json!(n.local_as))),
        ("nbrInternalLink", yes(n.kind == PeerKind::Internal)),
        ("nbrConfedExternalLink", yes(n.kind == PeerKind::Confederation)),
        ("nbrExternalLink", yes(n.kind == PeerKind::External)),
        ("localRole", Some(json!(role(n.roles.0)))),
        ("remoteRole", Some(json!(role(n.roles.1)))),
        ("nbrDesc", n.description.as_ref().map(|text| json!(text))),
        ("peerGroup", n.group.as_ref().map(|group| json!(group))),
        ("dynamicNeighbor", yes(n.dynamic)),
        ("adminShutDown", yes(n.shutdown)),
        ("prefixOverflow", yes(n.overflow.is_some())),
        ("bgpVersion", Some(json!(4))),
        ("remoteRouterId", Some(json!(n.router_id.to_string()))),
        ("localRouterId", Some(json!(n.local_router_id.to_string()))),
        ("bgpState", Some(json!(n.state.to_string()))),
    ]
}

fn timers(n: &Neighbor) -> Members {
    let up = n.up_ms.filter(|_| n.state == PeerState::Established);
    let ms = |seconds: u16| Some(json!(u32::from(seconds) * 1000));
    vec![
        ("bgpTimerUpMsec", up.map(|ms| json!(ms))),
        ("bgpTimerUpString", up.map(|ms| json!(span(ms)))),
        ("bgpTimerLastRead", n.read_ms.map(|ms| json!(ms))),
        ("bgpTimerLastWrite", n.write_ms.map(|ms| json!(ms))),
        ("bgpInUpdateElapsedTimeMsecs", n.update_ms.map(|ms| json!(ms))),
        ("bgpTimerConfiguredHoldTimeMsecs", ms(n.configured_timers.0)),
        ("bgpTimerConfiguredKeepAliveIntervalMsecs", ms(n.configured_timers.1)),
        ("bgpTimerHoldTimeMsecs", ms(n.timers.0)),
        ("bgpTimerKeepAliveIntervalMsecs", ms(n.timers.1)),
        ("bgpTimerHoldLeftMsecs", n.hold_left_ms.map(|ms| json!(ms))),
        ("bgpTimerKeepAliveLeftMsecs", n.keepalive_left_ms.map(|ms| json!(ms))),
    ]
}

/// `advertisedAndReceived`
fn sides(both: Both) -> Option<Value> {
    match (both.advertised, both.received) {
        (true, true) => Some(json!("advertisedAndReceived")),
        (true, false) => Some(json!("advertised")),
        (false, true) => Some(json!("received")),
        (false, false) => None,
    }
}

fn capabilities(n: &Neighbor, c: &Capabilities) -> Value {
    let by_family = |(family, both): &(bgp::Family, Both)| {
        let value = match (both.advertised, both.received) {
            (true, true) => json!({ "advertisedAndReceived": true }),
            (true, false) => json!({ "advertised": true }),
            (false, true) => json!({ "received": true }),
            (false, false) => json!({}),
        };
        (family_key(*family).to_owned(), value)
    };
    let restarts: Map<String, Value> = n
        .restart
        .families
        .iter()
        .filter(|(_, end)| end.announced)
        .map(|(family, end)| {
            let kept = if end.forwarding { "preserved" } else { "notPreserved" };
            (family_key(*family).to_owned(), json!(kept))
        })
        .collect();
    let by_peer = if restarts.is_empty() { json!("none") } else { Value::Object(restarts) };
    let restarting = c.graceful_restart.received;
    object(vec![
        ("4byteAs", sides(c.as4)),
        ("extendedMessage", sides(c.extended_message)),
        ("extendedNexthop", sides(c.extended_next_hop)),
        ("role", sides(c.role)),
        ("addPath", Some(add_path(c)).filter(|v| v != &json!({}))),
        ("longLivedGracefulRestart", sides(c.long_lived)),
        ("routeRefresh", sides(c.route_refresh)),
        ("enhancedRouteRefresh", sides(c.enhanced_refresh)),
        ("multiprotocolExtensions", Some(Value::Object(c.families.iter().map(by_family).collect()))),
        ("gracefulRestart", sides(c.graceful_restart)),
        ("gracefulRestartRemoteTimerMsecs", restarting.then(|| json!(u32::from(n.restart.times.1) * 1000))),
        ("addressFamiliesByPeer", restarting.then_some(by_peer)),
        ("unknownCapabilities", (!c.unknown.is_empty()).then(|| json!(c.unknown))),
    ])
}

fn add_path(c: &Capabilities) -> Value {
    let word = |way: &str, both: Both| {
        let sides = match (both.advertised, both.received) {
            (true, true) => "AdvertisedAndReceived",
            (true, false) => "Advertised",
            (false, true) => "Received",
            (false, false) => return None,
        };
        Some((format!("{way}{sides}"), json!(true)))
    };
    let one = |(family, rx, tx): &(bgp::Family, Both, Both)| {
        let words: Map<String, Value> = [word("rx", *rx), word("tx", *tx)].into_iter().flatten().collect();
        (!words.is_empty()).then(|| (family_key(*family).to_owned(), Value::Object(words)))
    };
    Value::Object(c.add_path.iter().filter_map(one).collect())
}

fn messages(n: &Neighbor) -> Value {
    let m = &n.messages;
    let (sent, received) = m.total();
    let faults: Map<String, Value> =
        n.faults.iter().map(|(name, count)| (name.clone(), json!(count))).collect();
    object(vec![
        ("depthInq", Some(json!(n.in_queue))),
        ("depthOutq", Some(json!(n.out_queue))),
        ("opensSent", Some(json!(m.opens.0))),
        ("opensRecv", Some(json!(m.opens.1))),
        ("notificationsSent", Some(json!(m.notifications.0))),
        ("notificationsRecv", Some(json!(m.notifications.1))),
        ("updatesSent", Some(json!(m.updates.0))),
        ("updatesRecv", Some(json!(m.updates.1))),
        ("keepalivesSent", Some(json!(m.keepalives.0))),
        ("keepalivesRecv", Some(json!(m.keepalives.1))),
        ("routeRefreshSent", Some(json!(m.refreshes.0))),
        ("routeRefreshRecv", Some(json!(m.refreshes.1))),
        ("totalSent", Some(json!(sent))),
        ("totalRecv", Some(json!(received))),
        ("updateErrorsHandled", (!faults.is_empty()).then_some(Value::Object(faults))),
    ])
}

fn families(n: &Neighbor) -> Value {
    let one = |f: &NeighborFamily| (family_key(f.family).to_owned(), family(n, f));
    Value::Object(n.families.iter().map(one).collect())
}

fn family(n: &Neighbor, f: &NeighborFamily) -> Value {
    let s = &f.settings;
    let kinds = match communities(s.send_community).as_str() {
        "" => None,
        "all" | "both" => Some("extendedAndStandard".to_owned()),
        other => Some(other.to_owned()),
    };
    let mut members = vec![
        ("peerGroupMember", n.group.as_ref().filter(|_| f.group_member).map(|group| json!(group))),
        ("updateGroupId", f.update_group.map(|id| json!(id))),
        ("routeReflectorClient", yes(s.reflector_client)),
        ("routeServerClient", yes(s.server_client)),
        ("overrideASNsInOutboundUpdates", yes(s.as_override)),
        ("routerAlwaysNextHop", yes(s.next_hop_self.is_some())),
        ("unchangedAsPathPropogatedToNbr", yes(s.unchanged.as_path)),
        ("unchangedNextHopPropogatedToNbr", yes(s.unchanged.next_hop)),
        ("unchangedMedPropogatedToNbr", yes(s.unchanged.med)),
        ("commAttriSentToNbr", kinds.map(|kinds| json!(kinds))),
        ("defaultSent", yes(s.default_originate.is_some() && f.default_sent)),
        ("defaultNotSent", yes(s.default_originate.is_some() && !f.default_sent)),
        ("inboundPathPolicyConfig", yes(!s.import.is_empty())),
        ("outboundPathPolicyConfig", yes(!s.export.is_empty())),
        (
            "inboundEbgpRequiresPolicy",
            f.no_policy.0.then(|| json!("Inbound updates discarded due to missing policy")),
        ),
        (
            "outboundEbgpRequiresPolicy",
            f.no_policy.1.then(|| json!("Outbound updates discarded due to missing policy")),
        ),
    ];
    members.extend(filters(&s.import, &s.export));
    let limit = s.maximum_prefix;
    members.extend([
        ("acceptedPrefixCounter", Some(json!(f.accepted))),
        ("receivedPrefixCounter", Some(json!(f.received))),
        ("stalePrefixes", yes(f.stale)),
        ("sentPrefixCounter", Some(json!(f.sent)).filter(|_| n.state == PeerState::Established)),
        ("prefixAllowedMax", limit.map(|m| json!(m.limit))),
        ("prefixAllowedMaxWarning", limit.and_then(|m| yes(m.warning_only))),
        ("prefixAllowedWarningThresh", limit.map(|m| json!(m.threshold.unwrap_or(75)))),
        (
            "prefixAllowedRestartIntervalMsecs",
            limit.and_then(|m| m.restart).map(|minutes| json!(u32::from(minutes) * 60_000)),
        ),
    ]);
    object(members)
}

fn filters(import: &Filters, export: &Filters) -> Members {
    let name = |name: &Option<String>| name.as_ref().map(|name| json!(name));
    vec![
        ("incomingUpdatePrefixFilterList", name(&import.prefix_list)),
        ("outgoingUpdatePrefixFilterList", name(&export.prefix_list)),
        ("incomingUpdateNetworkFilterList", name(&import.distribute_list)),
        ("outgoingUpdateNetworkFilterList", name(&export.distribute_list)),
        ("incomingUpdateAsPathFilterList", name(&import.filter_list)),
        ("outgoingUpdateAsPathFilterList", name(&export.filter_list)),
        ("routeMapForIncomingAdvertisements", name(&import.route_map)),
        ("routeMapForOutgoingAdvertisements", name(&export.route_map)),
    ]
}

fn reset(n: &Neighbor) -> Members {
    let Some(r) = &n.reset else { return Vec::new() };
    // FRR: the code and subcode as four hexadecimal digits.
    let codes = r.notification.map(|(code, subcode)| json!(format!("{code:02X}{subcode:02X}")));
    vec![
        ("lastResetTimerMsecs", Some(json!(r.ago_ms))),
        ("lastResetDueTo", Some(json!(r.reason))),
        ("lastErrorCodeSubcode", codes),
        ("lastNotificationReason", r.notification_reason.as_ref().map(|text| json!(text))),
        ("lastNotificationHardReset", r.notification.map(|_| json!(r.hard_reset))),
        ("lastShutdownDescription", r.message.as_ref().map(|text| json!(text))),
    ]
}

fn connection(n: &Neighbor) -> Members {
    let internal = n.kind == PeerKind::Internal;
    let hops = |wanted: bool| (wanted && !n.gtsm).then(|| json!(n.hops));
    let host = |end: Option<SocketAddr>| end.map_or_else(|| json!("Unknown"), |a| json!(a.ip().to_string()));
    let port = |end: Option<SocketAddr>| end.map_or(json!(-1), |a| json!(a.port()));
    let shared = if n.shared_network { "sharedNetwork" } else { "nonSharedNetwork" };
    let up = n.local.is_some();
    let (v4, global, link_local) = n.next_hops;
    vec![
        ("externalBgpNbrMaxHopsAway", hops(!internal)),
        ("internalBgpNbrMaxHopsAway", hops(internal)),
        ("ttlSecurityHops", n.gtsm.then(|| json!(n.hops))),
        ("authenticationEnabled", n.md5.then(|| json!(1))),
        ("passive", yes(n.passive)),
        ("hostLocal", Some(host(n.local))),
        ("portLocal", Some(port(n.local))),
        ("hostForeign", Some(host(n.remote))),
        ("portForeign", Some(port(n.remote))),
        ("nexthop", v4.filter(|_| up).map(|a| json!(a.to_string()))),
        ("nexthopGlobal", global.filter(|_| up).map(|a| json!(a.to_string()))),
        ("nexthopLocal", link_local.filter(|_| up).map(|a| json!(a.to_string()))),
        ("bgpConnection", up.then(|| json!(shared))),
        ("connectRetryTimer", Some(json!(n.connect_retry))),
        ("nextConnectTimerDueInMsecs", n.next_attempt_ms.map(|ms| json!(ms))),
    ]
}
