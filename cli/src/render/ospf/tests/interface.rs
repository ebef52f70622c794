//! Interfaces.

use super::*;

pub(super) fn interface() -> Interface {
    let designated =
        |router: &str, address: &str| Some(Designated { router: ip(router), address: ip(address) });
    Interface {
        name: "eth0".to_owned(),
        index: 2,
        up: true,
        mtu: 1500,
        bandwidth: 10_000,
        address: "10.0.0.2/24".parse().ok(),
        unnumbered: false,
        area: AreaId(0),
        area_kind: AreaKind::Normal,
        router_id: ip("2.2.2.2"),
        network: NetworkKind::Broadcast,
        cost: 10,
        transmit_delay: 1,
        state: InterfaceState::Backup,
        priority: 1,
        dr: designated("1.1.1.1", "10.0.0.1"),
        bdr: designated("2.2.2.2", "10.0.0.2"),
        all_routers: true,
        designated_routers: true,
        hello_ms: 250,
        dead_ms: 1000,
        wait_ms: 1000,
        retransmit_ms: 5000,
        hello_due_ms: Some(244),
        passive: false,
        neighbors: 1,
        adjacent: 1,
        mtu_ignore: false,
        authentication: None,
        measured: None,
        prefix_suppression: false,
        virtual_link: None,
    }
}

#[test]
fn an_interface_reads_as_ospfd_s() {
    let second = Interface {
        name: "eth2".to_owned(),
        index: 4,
        address: "10.0.2.2/24".parse().ok(),
        area: AreaId(1),
        area_kind: AreaKind::Nssa,
        network: NetworkKind::PointToPoint,
        state: InterfaceState::PointToPoint,
        dr: None,
        bdr: None,
        designated_routers: false,
        hello_ms: 10_000,
        dead_ms: 40_000,
        wait_ms: 40_000,
        passive: true,
        hello_due_ms: None,
        authentication: Some(Authentication::MessageDigest { key: Some(1) }),
        ..interface()
    };
    let expected = "\
eth0 is up
  ifindex 2, MTU 1500 bytes, BW 10000 Mbit <UP,BROADCAST,RUNNING,MULTICAST>
  Internet Address 10.0.0.2/24, Broadcast 10.0.0.255, Area 0.0.0.0
  MTU mismatch detection: enabled
  Router ID 2.2.2.2, Network Type BROADCAST, Cost: 10
  Transmit Delay is 1 sec, State Backup, Priority 1
  Designated Router (ID) 1.1.1.1 Interface Address 10.0.0.1/24
  Backup Designated Router (ID) 2.2.2.2, Interface Address 10.0.0.2
  Multicast group memberships: OSPFAllRouters OSPFDesignatedRouters
  Timer intervals configured, Hello 250ms, Dead 1s, Wait 1s, Retransmit 5
    Hello due in 0.244s
  Neighbor Count is 1, Adjacent neighbor count is 1
eth2 is up
  ifindex 4, MTU 1500 bytes, BW 10000 Mbit <UP,BROADCAST,RUNNING,MULTICAST>
  Internet Address 10.0.2.2/24, Broadcast 10.0.2.255, Area 0.0.0.1 [NSSA]
  MTU mismatch detection: enabled
  Router ID 2.2.2.2, Network Type POINTOPOINT, Cost: 10
  Transmit Delay is 1 sec, State Point-To-Point, Priority 1
  No backup designated router on this network
  Multicast group memberships: OSPFAllRouters
  Timer intervals configured, Hello 10s, Dead 40s, Wait 40s, Retransmit 5
    No Hellos (Passive interface)
  Neighbor Count is 1, Adjacent neighbor count is 1
  Cryptographic authentication enabled
  Algorithm:MD5, key 1

";
    let reply = OspfReply::Interfaces(Interfaces { interfaces: vec![interface(), second] });
    assert_eq!(plain_text(&reply), expected);
    let brief = "\
Interface        Area            IP Address/Mask    Cost  State    Nbrs F/C
eth0             0.0.0.0         10.0.0.2/24        10    BDR      1/1
eth2             0.0.0.1         10.0.2.2/24        10    P2P      1/1
";
    assert_eq!(text(Some(&reply), &view(OspfView::Brief)), brief);
    let eth0 = &plain_json(&reply)["interfaces"]["eth0"];
    assert_eq!((&eth0["ipAddress"], &eth0["localIfUsed"]), (&json!("10.0.0.2"), &json!("10.0.0.255")));
    assert_eq!((&eth0["timerMsecs"], &eth0["timerHelloInMsecs"]), (&json!(250), &json!(244)));
    assert_eq!((&eth0["drId"], &eth0["state"]), (&json!("1.1.1.1"), &json!("Backup")));
    assert_eq!(eth0.get("authentication"), None);
}
