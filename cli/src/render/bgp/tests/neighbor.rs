//! All there is to say of neighbors.

use super::*;

fn family_settings() -> FamilySettings {
    FamilySettings {
        import: Filters { route_map: Some("B-IN".to_owned()), ..Filters::default() },
        export: Filters { prefix_list: Some("ALL".to_owned()), ..Filters::default() },
        next_hop_self: None,
        unchanged: Unchanged::default(),
        reflector_client: false,
        server_client: false,
        default_originate: None,
        maximum_prefix: Some(MaximumPrefix {
            limit: 1000,
            threshold: Some(80),
            restart: None,
            warning_only: false,
            force: false,
        }),
        maximum_prefix_out: None,
        allowas_in: None,
        as_override: false,
        remove_private_as: None,
        send_community: SendCommunity::default(),
        weight: 0,
        addpath_tx: None,
        addpath_rx: true,
    }
}

fn neighbor() -> Neighbor {
    let both = Both { advertised: true, received: true };
    Neighbor {
        name: "10.0.1.2".to_owned(),
        address: Some(ip("10.0.1.2")),
        remote_as: 65_002,
        local_as: 65_001,
        kind: PeerKind::External,
        roles: (None, None),
        description: Some("upstream".to_owned()),
        group: None,
        dynamic: false,
        shutdown: false,
        overflow: None,
        router_id: v4("2.2.2.2"),
        local_router_id: v4("1.1.1.1"),
        state: PeerState::Established,
        up_ms: Some(41_000),
        read_ms: Some(0),
        write_ms: Some(37_000),
        update_ms: None,
        timers: (180, 60),
        configured_timers: (180, 60),
        capabilities: Some(Capabilities {
            as4: both,
            extended_message: both,
            add_path: vec![(Family::Ipv4, both, Both::default())],
            route_refresh: both,
            enhanced_refresh: both,
            families: vec![(Family::Ipv4, both)],
            graceful_restart: both,
            ..Capabilities::default()
        }),
        restart: NeighborRestart {
            local: GracefulRestartMode::Helper,
            global: GracefulRestartMode::Helper,
            inherited: true,
            remote: Some(GracefulRestartMode::Helper),
            restarting: true,
            notification: true,
            times: (120, 120),
            stalepath_time: 360,
            select_defer_time: 360,
            waiting_ms: None,
            families: vec![(
                Family::Ipv4,
                EndOfRib { forwarding: false, announced: false, sent: true, received: true },
            )],
        },
        messages: MessageCounts {
            opens: (1, 1),
            updates: (12, 17),
            keepalives: (1, 1),
            ..MessageCounts::default()
        },
        in_queue: 0,
        out_queue: 0,
        advertisement_interval: 0,
        families: vec![NeighborFamily {
            family: Family::Ipv4,
            negotiated: true,
            update_group: Some(3),
            group_member: false,
            settings: family_settings(),
            default_sent: false,
            no_policy: (false, false),
            received: 11,
            accepted: 4,
            stale: false,
            sent: 11,
        }],
        established: 1,
        dropped: 0,
        reset: Some(Reset {
            ago_ms: 43_000,
            reason: "Notification sent (Cease/Administrative Reset)".to_owned(),
            notification: Some((6, 4)),
            notification_reason: Some("Cease/Administrative Reset".to_owned()),
            ..Reset::default()
        }),
        hops: 1,
        gtsm: false,
        md5: false,
        passive: false,
        local: "10.0.1.1:38802".parse().ok(),
        remote: "10.0.1.2:179".parse().ok(),
        next_hops: (Some(v4("10.0.1.1")), Some(ip("2001:db8:1::1")), None),
        shared_network: true,
        connect_retry: 120,
        next_attempt_ms: None,
        hold_left_ms: Some(179_000),
        keepalive_left_ms: Some(19_000),
        faults: Vec::new(),
    }
}

#[test]
fn a_neighbor_is_described_as_bgpd_does() {
    let expected = "\
BGP neighbor is 10.0.1.2, remote AS 65002, local AS 65001, external link
  Local Role: undefined
  Remote Role: undefined
 Description: upstream
  BGP version 4, remote router ID 2.2.2.2, local router ID 1.1.1.1
  BGP state = Established, up for 00:00:41
  Last read 00:00:00, Last write 00:00:37
  Hold time is 180 seconds, keepalive interval is 60 seconds
  Configured hold time is 180 seconds, keepalive interval is 60 seconds
  Hold timer expires in 179 seconds, next KEEPALIVE in 19 seconds
  Neighbor capabilities:
    4 Byte AS: advertised and received
    Extended Message: advertised and received
    AddPath:
      IPv4 Unicast: RX advertised and received
    Route refresh: advertised and received
    Enhanced Route Refresh: advertised and received
    Address Family IPv4 Unicast: advertised and received
    Graceful Restart Capability: advertised and received
      Remote Restart timer is 120 seconds
      Address families by peer:
        none
  Graceful restart information:
    End-of-RIB send: IPv4 Unicast
    End-of-RIB received: IPv4 Unicast
    Local GR Mode: Helper*
    Remote GR Mode: Helper
    R bit: True
    N bit: True
    Timers:
      Configured Restart Time(sec): 120
      Received Restart Time(sec): 120
    IPv4 Unicast:
      F bit: False
      End-of-RIB sent: Yes
      End-of-RIB received: Yes
      Timers:
        Configured Stale Path Time(sec): 360
  Message statistics:
    Inq depth is 0
    Outq depth is 0
                         Sent       Rcvd
    Opens:                  1          1
    Notifications:          0          0
    Updates:               12         17
    Keepalives:             1          1
    Route Refresh:          0          0
    Total:                 14         19
  Minimum time between advertisement runs is 0 seconds

 For address family: IPv4 Unicast
  Update group 3
  Community attribute sent to this neighbor(all)
  Inbound path policy configured
  Outbound path policy configured
  Outgoing update prefix filter list is *ALL
  Route map for incoming advertisements is *B-IN
  4 accepted prefixes
  11 received prefixes, 7 refused
  11 sent prefixes
  Maximum prefixes allowed 1000
  Threshold for warning message 80%

  Connections established 1; dropped 0
  Last reset 00:00:43,  Notification sent (Cease/Administrative Reset)
  External BGP neighbor may be up to 1 hops away.
Local host: 10.0.1.1, Local port: 38802
Foreign host: 10.0.1.2, Foreign port: 179
Nexthop: 10.0.1.1
Nexthop global: 2001:db8:1::1
BGP connection: shared network
BGP Connect Retry Timer in Seconds: 120

";
    assert_eq!(printed(&BgpReply::Neighbors(Neighbors { neighbors: vec![neighbor()] })), expected);
    let none = BgpReply::Neighbors(Neighbors::default());
    assert_eq!(printed(&none), "% No such neighbor in this view/vrf\n");
    assert_eq!(as_json(&none), json!({ "bgpNoSuchNeighbor": true }));
}

#[test]
fn a_neighbor_as_json_has_bgpd_s_names() {
    let value = as_json(&BgpReply::Neighbors(Neighbors { neighbors: vec![neighbor()] }));
    let n = &value["10.0.1.2"];
    assert_eq!(
        (&n["remoteAs"], &n["nbrExternalLink"], &n["bgpState"]),
        (&json!(65002), &json!(true), &json!("Established"))
    );
    assert_eq!((&n["bgpTimerUpMsec"], &n["bgpTimerUpString"]), (&json!(41000), &json!("00:00:41")));
    let c = &n["neighborCapabilities"];
    assert_eq!(c["4byteAs"], "advertisedAndReceived");
    assert_eq!(c["addPath"], json!({ "ipv4Unicast": { "rxAdvertisedAndReceived": true } }));
    assert_eq!(c["multiprotocolExtensions"], json!({ "ipv4Unicast": { "advertisedAndReceived": true } }));
    assert_eq!(
        (&c["gracefulRestartRemoteTimerMsecs"], &c["addressFamiliesByPeer"]),
        (&json!(120000), &json!("none"))
    );
    assert_eq!(n["gracefulRestartInfo"]["endOfRibSend"], json!({ "ipv4Unicast": true }));
    assert_eq!((&n["messageStats"]["totalSent"], &n["messageStats"]["totalRecv"]), (&json!(14), &json!(19)));
    let f = &n["addressFamilyInfo"]["ipv4Unicast"];
    assert_eq!((&f["acceptedPrefixCounter"], &f["sentPrefixCounter"]), (&json!(4), &json!(11)));
    assert_eq!((&f["prefixAllowedMax"], &f["prefixAllowedWarningThresh"]), (&json!(1000), &json!(80)));
    assert_eq!(f["routeMapForIncomingAdvertisements"], "B-IN");
    assert_eq!(f["commAttriSentToNbr"], "extendedAndStandard");
    assert_eq!(n["lastErrorCodeSubcode"], "0604");
    assert_eq!(n["lastNotificationReason"], "Cease/Administrative Reset");
    assert_eq!(n["lastNotificationHardReset"], false);
    assert_eq!((&n["portLocal"], &n["hostForeign"]), (&json!(38802), &json!("10.0.1.2")));
    let down =
        Neighbor { state: PeerState::Active, local: None, remote: None, capabilities: None, ..neighbor() };
    let value = as_json(&BgpReply::Neighbors(Neighbors { neighbors: vec![down] }));
    let n = &value["10.0.1.2"];
    assert_eq!(
        (&n["hostLocal"], &n["portLocal"], n.get("bgpTimerUpMsec")),
        (&json!("Unknown"), &json!(-1), None)
    );
}

#[test]
fn what_is_configured_of_a_neighbor_is_told_in_words() {
    let settings = FamilySettings {
        reflector_client: true,
        next_hop_self: Some(Default::default()),
        allowas_in: Some(bgp::config::AllowAsIn::Times(3)),
        remove_private_as: Some(bgp::config::RemovePrivateAs { all: true, replace_as: false }),
        default_originate: Some(bgp::config::DefaultOriginate { route_map: Some("D".to_owned()) }),
        send_community: SendCommunity { standard: true, extended: true, large: false },
        ..family_settings()
    };
    let mut n = Neighbor {
        dynamic: true,
        gtsm: true,
        md5: true,
        passive: true,
        shutdown: true,
        overflow: Some(Some(60_000)),
        group: Some("INT".to_owned()),
        reset: Some(Reset { message: Some("see you".to_owned()), received: true, ..Reset::default() }),
        ..neighbor()
    };
    n.families[0].settings = settings;
    n.families[0].group_member = true;
    n.families[0].no_policy = (true, false);
    let text = printed(&BgpReply::Neighbors(Neighbors { neighbors: vec![n] }));
    for line in [
        "BGP neighbor is *10.0.1.2, remote AS 65002, local AS 65001, external link\n",
        " Member of peer-group INT for session parameters\n",
        " Administratively shut down\n",
        "  Too many prefixes; the session is tried again in 60 seconds\n",
        "  INT peer-group member\n",
        "  Route-Reflector Client\n",
        "  NEXT_HOP is always this router\n",
        "  Private AS numbers (all) removed in updates to this neighbor\n",
        "  Community attribute sent to this neighbor(both)\n",
        "  Default information originate\n  Default route-map D\n  Default route was not sent\n",
        "  Our own AS may be 3 times in what is received\n",
        "  Inbound updates discarded due to missing policy\n",
        "    Message received: \"see you\"\n",
        "  External BGP neighbor may be up to 1 hops away, which its TTL proves.\n",
        "  Peer Authentication Enabled\n",
        "  Connections are accepted, not made\n",
    ] {
        assert!(text.contains(line), "{line}\n{text}");
    }
}

/// What FRR 8.4 prints of a neighbor that has restarted and kept forwarding, both restarters.
#[test]
fn graceful_restarts_alone_read_as_in_frr() {
    let mut restarted = neighbor();
    restarted.restart = NeighborRestart {
        local: GracefulRestartMode::Restarter,
        global: GracefulRestartMode::Restarter,
        remote: Some(GracefulRestartMode::Restarter),
        ..restarted.restart
    };
    restarted.restart.families[0].1.forwarding = true;
    let reply = BgpReply::Neighbors(Neighbors { neighbors: vec![restarted] });
    let view = View::Bgp(BgpView { restarts: true, ..BgpView::default() });
    let wanted = "
Codes: GR - Graceful Restart, * -  Inheriting Global GR Config,
       Restart - GR Mode-Restarting, Helper - GR Mode-Helper,
       Disable - GR Mode-Disable.

Global BGP GR Mode :  Restart

BGP neighbor is 10.0.1.2
    Local GR Mode: Restart*
    Remote GR Mode: Restart
    R bit: True
    N bit: True
    Timers:
      Configured Restart Time(sec): 120
      Received Restart Time(sec): 120
    IPv4 Unicast:
      F bit: True
      End-of-RIB sent: Yes
      End-of-RIB sent after update: Yes
      End-of-RIB received: Yes
      Timers:
        Configured Stale Path Time(sec): 360
        Configured Selection Deferral Time(sec): 360
";
    assert_eq!(text(Some(&reply), &view, true), wanted);
    let wanted = json!({ "10.0.1.2": {
        "neighborAddr": "10.0.1.2",
        "localGrMode": "Restart*",
        "remoteGrMode": "Restart",
        "rBit": true,
        "nBit": true,
        "timers": { "configuredRestartTimer": 120, "receivedRestartTimer": 120 },
        "ipv4Unicast": {
            "fBit": true,
            "endOfRibStatus": { "endOfRibSend": true, "endOfRibSentAfterUpdate": true, "endOfRibRecv": true },
            "timers": { "stalePathTimer": 360, "selectionDeferralTimer": 360 },
        },
    } });
    assert_eq!(super::super::json(Some(&reply), &view), wanted);
}
