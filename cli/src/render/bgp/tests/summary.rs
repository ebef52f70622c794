//! Neighbors, one line each.

use super::*;

fn summary_row(name: &str, asn: u32) -> SummaryPeer {
    SummaryPeer { name: name.to_owned(), remote_as: asn, local_as: 65_001, ..SummaryPeer::default() }
}

fn summary(state: SummaryState) -> BgpReply {
    let up = SummaryPeer {
        state: PeerState::Established,
        received: 12,
        sent: 14,
        since_ms: Some(10_000),
        accepted: 3,
        advertised: 11,
        established: 1,
        description: Some("upstream".to_owned()),
        ..summary_row("10.0.1.2", 65_002)
    };
    let bare = SummaryPeer {
        no_import_policy: true,
        no_export_policy: true,
        description: None,
        ..SummaryPeer { name: "10.0.3.4".to_owned(), remote_as: 65_003, ..up.clone() }
    };
    let shut = SummaryPeer {
        shutdown: true,
        reset: Some(Reset { reason: "Admin. shutdown".to_owned(), ..Reset::default() }),
        ..summary_row("10.0.1.99", 65_010)
    };
    let waits = SummaryPeer {
        state: PeerState::Active,
        reset: Some(Reset { reason: "no route leads to the peer".to_owned(), ..Reset::default() }),
        ..summary_row("10.9.9.9", 65_009)
    };
    let rows = match state {
        SummaryState::Failed => vec![shut, waits],
        _ => vec![up, bare, shut, waits],
    };
    BgpReply::Summary(Summaries {
        state,
        families: vec![Summary {
            family: Family::Ipv4,
            router_id: v4("1.1.1.1"),
            local_as: 65_001,
            confederation: None,
            version: 12,
            entries: 21,
            entry_bytes: 4032,
            peers: 4,
            peer_bytes: 3_707_320,
            groups: 1,
            group_bytes: 64,
            dynamic: (0, 100),
            listens: false,
            multipath_relax: false,
            rows,
        }],
    })
}

const SUMMARY: &str = "
IPv4 Unicast Summary (VRF default):
BGP router identifier 1.1.1.1, local AS number 65001 vrf-id 0
BGP table version 12
RIB entries 21, using 4032 bytes of memory
Peers 4, using 3620 KiB of memory
Peer groups 1, using 64 bytes of memory

";

#[test]
fn the_summary_is_bgpd_s() {
    let expected = "\
Neighbor        V         AS   MsgRcvd   MsgSent   TblVer  InQ OutQ  Up/Down State/PfxRcd   PfxSnt Desc
10.0.1.2        4      65002        12        14        0    0    0 00:00:10            3       11 upstream
10.0.3.4        4      65003        12        14        0    0    0 00:00:10     (Policy) (Policy) N/A
10.0.1.99       4      65010         0         0        0    0    0    never Idle (Admin)        0 N/A
10.9.9.9        4      65009         0         0        0    0    0    never       Active        0 N/A

Total number of neighbors 4
";
    assert_eq!(printed(&summary(SummaryState::Any)), format!("{SUMMARY}{expected}"));
    let failed = "\
Neighbor        EstdCnt DropCnt ResetTime Reason
10.0.1.99             0       0     never Admin. shutdown
10.9.9.9              0       0     never no route leads to the peer

Displayed neighbors 2
Total number of neighbors 4
";
    assert_eq!(printed(&summary(SummaryState::Failed)), format!("{SUMMARY}{failed}"));
    let none = BgpReply::Summary(Summaries::default());
    assert_eq!(printed(&none), "% No BGP neighbors found in VRF default\n");
    let value = as_json(&summary(SummaryState::Any));
    let family = &value["ipv4Unicast"];
    assert_eq!(
        (&family["ribCount"], &family["failedPeers"], &family["totalPeers"]),
        (&json!(21), &json!(2), &json!(4))
    );
    let expected = json!({
        "remoteAs": 65002, "localAs": 65001, "version": 4, "msgRcvd": 12, "msgSent": 14, "tableVersion": 0,
        "outq": 0, "inq": 0, "peerUptime": "00:00:10", "peerUptimeMsec": 10000, "pfxRcd": 3, "pfxSnt": 11,
        "state": "Established", "peerState": "OK", "connectionsEstablished": 1, "connectionsDropped": 0,
        "desc": "upstream", "idType": "ipv4",
    });
    assert_eq!(family["peers"]["10.0.1.2"], expected);
    let shut = &family["peers"]["10.0.1.99"];
    assert_eq!((&shut["state"], &shut["peerState"]), (&json!("Idle (Admin)"), &json!("Admin")));
}
