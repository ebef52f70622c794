//! Snapshots printed; the expected text was compared with ospfd 8.4 in the same topology: r1 and r2 on a LAN with
//! fast hellos and on a point-to-point link in area 0, r2 and r3 in the NSSA 0.0.0.1.

use super::*;
use core::net::Ipv4Addr;
use ospf::config::{AbrType, GracefulRestartHelper, MaxMetric, MetricType, Network, SpfDelay, Translator};
use ospf::show::*;
use ospf::wire::{Kind, LinkKind, LsaKey};

fn ip(text: &str) -> Ipv4Addr {
    text.parse().unwrap()
}

fn count(count: u64, checksum: u64) -> LsaCount {
    LsaCount { count, checksum }
}

fn view(view: OspfView) -> View {
    View::Ospf(view)
}

fn plain_text(reply: &OspfReply) -> String {
    text(Some(reply), &view(OspfView::Plain))
}

fn plain_json(reply: &OspfReply) -> Value {
    super::json(Some(reply), &view(OspfView::Plain))
}

fn process() -> Process {
    let backbone = Area {
        interfaces: 3,
        active: 3,
        full_neighbors: 2,
        spf_runs: 4,
        router: count(2, 0x7fac),
        network: count(1, 0x5de1),
        summary: count(1, 0xfa44),
        ..Area::default()
    };
    let nssa = Area {
        id: AreaId(1),
        kind: AreaKind::Nssa,
        default_cost: 1,
        interfaces: 1,
        active: 1,
        spf_runs: 5,
        router: count(1, 0xe739),
        summary: count(5, 0x1609f),
        nssa_state: Some(NssaState { role: Translator::Candidate, translates: true }),
        ranges: vec![RangeView {
            prefix: "172.16.0.0/16".parse().unwrap(),
            active: true,
            advertise: true,
            cost: Some(10),
        }],
        ..Area::default()
    };
    Process {
        router_id: ip("2.2.2.2"),
        instance: Some(1),
        opaque: false,
        rfc1583_compatible: false,
        spf_delay: SpfDelay::Throttle { delay: 0, hold: 50, max: 5000 },
        spf_hold_ms: 100,
        spf_last_ms: Some(2_514),
        spf_duration_us: Some(54),
        spf_due_ms: None,
        spf_runs: 9,
        spf_partial_runs: 2,
        lsa_interval_ms: 5000,
        lsa_arrival_ms: 1000,
        flood_pacing_ms: 0,
        maximum_paths: 64,
        distance: 110,
        distances: (None, None, Some(150)),
        abr: true,
        abr_type: AbrType::Cisco,
        asbr: true,
        max_metric: MaxMetric::default(),
        stub_router: false,
        helper: GracefulRestartHelper::default(),
        external: count(3, 0x120d0),
        opaque_as: count(0, 0),
        networks: vec![Network { prefix: "10.0.0.0/23".parse().unwrap(), area: AreaId(0) }],
        redistribute: vec![fib::Protocol::Static],
        passive: vec!["lo".to_owned()],
        summaries: vec![],
        areas: vec![backbone, nssa],
        counters: vec![],
    }
}

#[test]
fn the_process_reads_as_ospfd_s() {
    let expected = " OSPF Routing Process, Router ID: 2.2.2.2
 Supports only single TOS (TOS0) routes
 This implementation conforms to RFC2328
 RFC1583Compatibility flag is disabled
 OpaqueCapability flag is disabled
 Initial SPF scheduling delay 0 millisec(s)
 Minimum hold time between consecutive SPFs 50 millisec(s)
 Maximum hold time between consecutive SPFs 5000 millisec(s)
 Hold time multiplier is currently 2
 SPF algorithm last executed 2.514s ago
 Last SPF duration 54 usecs
 SPF executed 9 times, and partially 2 times
 SPF timer is inactive
 LSA minimum interval 5000 msecs
 LSA minimum arrival 1000 msecs
 Maximum multiple paths(ECMP) supported 64
 Administrative distance 110
 This router is an ABR, ABR type is: Alternative Cisco
 This router is an ASBR (injecting external routing information)
 Number of external LSA 3. Checksum Sum 0x000120d0
 Number of opaque AS LSA 0. Checksum Sum 0x00000000
 Number of areas attached to this router: 2
 Area ID: 0.0.0.0 (Backbone)
   Number of interfaces in this area: Total: 3, Active: 3
   Number of fully adjacent neighbors in this area: 2
   Area has no authentication
   SPF algorithm executed 4 times
   Number of LSA 4
   Number of router LSA 2. Checksum Sum 0x00007fac
   Number of network LSA 1. Checksum Sum 0x00005de1
   Number of summary LSA 1. Checksum Sum 0x0000fa44
   Number of ASBR summary LSA 0. Checksum Sum 0x00000000
   Number of NSSA LSA 0. Checksum Sum 0x00000000
   Number of opaque link LSA 0. Checksum Sum 0x00000000
   Number of opaque area LSA 0. Checksum Sum 0x00000000

 Area ID: 0.0.0.1 (NSSA)
   Number of interfaces in this area: Total: 1, Active: 1
   It is an NSSA configuration.
   Elected NSSA/ABR performs type-7/type-5 LSA translation.
   We are an ABR and the NSSA Elected Translator.
   Number of fully adjacent neighbors in this area: 0
   Area has no authentication
   Number of full virtual adjacencies going through this area: 0
   Cost of the default route into this area: 1
   SPF algorithm executed 5 times
   Area range 172.16.0.0/16 active(10) Advertise
   Number of LSA 6
   Number of router LSA 1. Checksum Sum 0x0000e739
   Number of network LSA 0. Checksum Sum 0x00000000
   Number of summary LSA 5. Checksum Sum 0x0001609f
   Number of ASBR summary LSA 0. Checksum Sum 0x00000000
   Number of NSSA LSA 0. Checksum Sum 0x00000000
   Number of opaque link LSA 0. Checksum Sum 0x00000000
   Number of opaque area LSA 0. Checksum Sum 0x00000000

";
    let reply = OspfReply::Process(process());
    assert_eq!(plain_text(&reply), expected);
    let json = plain_json(&reply);
    assert_eq!((&json["routerId"], &json["holdtimeMultplier"]), (&json!("2.2.2.2"), &json!(2)));
    assert_eq!((&json["lsaExternalChecksum"], &json["attachedAreaCounter"]), (&json!(73_936), &json!(2)));
    let area = &json["areas"]["0.0.0.1"];
    assert_eq!((&area["nssaTranslatorElected"], &area["lsaSummaryChecksum"]), (&json!(true), &json!(90_271)));
    assert_eq!(json["areas"]["0.0.0.0"]["authentication"], "authenticationNone");
}

#[test]
fn the_protocol_is_told_as_ios_does() {
    let expected = "\
Routing Protocol is \"ospf 1\"
  Router ID 2.2.2.2
  It is an area border router
  It is an autonomous system boundary router
  Redistributing: static
  Number of areas in this router is 2. 1 normal 0 stub 1 nssa
  Maximum path: 64
  Routing for Networks:
    10.0.0.0/23 area 0.0.0.0
  Passive Interface(s):
    lo
  Distance: (default is 110)
    external 150
";
    assert_eq!(protocol(&process()), expected);
}

fn interface() -> Interface {
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

fn neighbor() -> Neighbor {
    Neighbor {
        router_id: ip("1.1.1.1"),
        address: ip("10.0.0.1"),
        interface: "eth0".to_owned(),
        local: ip("10.0.0.2"),
        area: AreaId(0),
        area_kind: AreaKind::Normal,
        priority: 1,
        state: NeighborState::Full,
        role: Role::Dr,
        state_changes: 10,
        progress_ms: Some(241_300),
        regress_ms: Some((246_100, "SeqNumberMismatch".to_owned())),
        dead_ms: Some(885),
        dr: ip("10.0.0.1"),
        bdr: ip("10.0.0.2"),
        options: 0x42,
        master: false,
        summaries: 0,
        requests: 0,
        retransmits: 1,
        inactivity_timer: true,
        description_timer: false,
        request_timer: true,
        update_timer: true,
        helper: Some(Helper { reason: 1, left_ms: 119_900 }),
        trouble: None,
    }
}

#[test]
fn neighbors_stand_in_ospfd_s_columns() {
    let other = Neighbor {
        router_id: ip("3.3.3.3"),
        address: ip("10.0.2.3"),
        interface: "eth2".to_owned(),
        local: ip("10.0.2.2"),
        state: NeighborState::TwoWay,
        role: Role::DrOther,
        progress_ms: Some(516),
        dead_ms: Some(39_483),
        retransmits: 0,
        ..neighbor()
    };
    let plain = Neighbor { role: Role::None, dead_ms: None, ..neighbor() };
    let reply = OspfReply::Neighbors(Neighbors { neighbors: vec![neighbor(), plain, other] });
    let face = view(OspfView::Neighbors { detail: false, some: false });
    let expected = "
Neighbor ID     Pri State           Up Time         Dead Time Address         Interface                        RXmtL RqstL DBsmL
1.1.1.1           1 Full/DR         4m01s              0.885s 10.0.0.1        eth0:10.0.0.2                        1     0     0
1.1.1.1           1 Full/-          4m01s            inactive 10.0.0.1        eth0:10.0.0.2                        1     0     0
3.3.3.3           1 2-Way/DROther   0.516s            39.483s 10.0.2.3        eth2:10.0.2.2                        0     0     0

";
    assert_eq!(text(Some(&reply), &face), expected);
    let all = super::json(Some(&reply), &face);
    let rows = &all["neighbors"]["1.1.1.1"];
    assert_eq!((&rows[0]["state"], &rows[0]["converged"]), (&json!("Full/DR"), &json!("Full")));
    assert_eq!((&rows[1]["state"], &rows[1]["role"]), (&json!("Full/-"), &json!("DROther")));
    assert_eq!((&rows[0]["upTime"], &rows[0]["ifaceName"]), (&json!("4m01s"), &json!("eth0:10.0.0.2")));
    let some = super::json(Some(&reply), &view(OspfView::Neighbors { detail: false, some: true }));
    assert_eq!(some["3.3.3.3"][0]["nbrState"], "2-Way/DROther", "no outer object, as in ospfd");
}

#[test]
fn a_neighbor_in_detail_reads_as_ospfd_s() {
    let expected = " Neighbor 1.1.1.1, interface address 10.0.0.1
    In the area 0.0.0.0 via interface eth0
    Neighbor priority is 1, State is Full/DR, 10 state changes
    Most recent state change statistics:
      Progressive change 4m01s ago
      Regressive change 4m06s ago, due to SeqNumberMismatch
    DR is 10.0.0.1, BDR is 10.0.0.2
    Options 66 *|O|-|-|-|-|E|-
    Dead timer due in 0.885s
    Database Summary List 0
    Link State Request List 0
    Link State Retransmission List 1
    Thread Inactivity Timer on
    Thread Database Description Retransmision off
    Thread Link State Request Retransmission on
    Thread Link State Update Retransmission on

    Graceful restart Helper info:
      Graceful Restart HELPER Status : Inprogress.
      Graceful Restart grace period time: 120 (seconds).
      Graceful Restart reason: Software restart.


";
    let reply = OspfReply::Neighbors(Neighbors { neighbors: vec![neighbor()] });
    let face = view(OspfView::Neighbors { detail: true, some: false });
    assert_eq!(text(Some(&reply), &face), expected);
    let json = super::json(Some(&reply), &face);
    let n = &json["neighbors"]["1.1.1.1"][0];
    assert_eq!((&n["optionsList"], &n["grHelperStatus"]), (&json!("*|O|-|-|-|-|E|-"), &json!("Inprogress")));
    assert_eq!(n["lastRegressiveChangeReason"], "SeqNumberMismatch");
}

struct Facts(u16, u8, i32, u16, u16);

fn lsa(scope: Scope, kind: Kind, id: &str, router: &str, facts: Facts, body: LsaBody) -> LsaView {
    let Facts(age, options, sequence, checksum, length) = facts;
    let key = LsaKey { kind, id: ip(id), router: ip(router) };
    let own = router == "2.2.2.2";
    LsaView { scope, key, age, options, sequence, checksum, length, own, body }
}

fn seq(n: i32) -> i32 {
    i32::MIN.wrapping_add(n)
}

fn external(metric_type: MetricType, metric: u32, forward: &str) -> LsaBody {
    LsaBody::External { len: 24, metric_type, metric, forward: ip(forward), tag: 0 }
}

fn links() -> Vec<RouterLink> {
    let link = |kind, id: &str, data: &str, metric| RouterLink { kind, id: ip(id), data: ip(data), metric };
    vec![
        link(LinkKind::Transit, "10.0.0.1", "10.0.0.2", 10),
        link(LinkKind::PointToPoint, "1.1.1.1", "10.0.1.2", 10),
        link(LinkKind::Stub, "10.0.1.0", "255.255.255.0", 10),
    ]
}

fn database() -> Database {
    let (backbone, nssa) = (Scope::Area(AreaId(0)), Scope::Area(AreaId(1)));
    let link = Scope::Link { area: AreaId(0), interface: "eth0".to_owned() };
    let router = |flags, links: Vec<RouterLink>| LsaBody::Router {
        flags,
        count: u16::try_from(links.len()).unwrap(),
        links,
    };
    let network = LsaBody::Network { len: 24, routers: vec![ip("1.1.1.1"), ip("2.2.2.2")] };
    let grace = LsaBody::Opaque {
        length: 24,
        data: vec![0, 1, 0, 4, 0, 0, 0, 120, 0, 2, 0, 1, 1, 0, 0, 0, 0, 3, 0, 4, 10, 0, 0, 1],
    };
    let summary = |len, metric| LsaBody::Summary { len, metric };
    let (two, none) = (MetricType::Two, "0.0.0.0");
    Database {
        router_id: ip("2.2.2.2"),
        areas: vec![(AreaId(0), AreaKind::Normal), (AreaId(1), AreaKind::Nssa)],
        lsas: vec![
            lsa(
                backbone.clone(),
                Kind::Router,
                "1.1.1.1",
                "1.1.1.1",
                Facts(241, 2, seq(10), 0x728e, 72),
                router(2, links()),
            ),
            lsa(
                backbone.clone(),
                Kind::Router,
                "2.2.2.2",
                "2.2.2.2",
                Facts(3, 2, seq(9), 0x5c9c, 72),
                router(3, links()),
            ),
            lsa(
                backbone.clone(),
                Kind::Network,
                "10.0.0.1",
                "1.1.1.1",
                Facts(242, 2, seq(2), 0x5be2, 32),
                network,
            ),
            lsa(
                backbone.clone(),
                Kind::Summary,
                "172.16.0.0",
                "2.2.2.2",
                Facts(231, 2, seq(2), 0xc81, 28),
                summary(16, 10),
            ),
            lsa(
                backbone,
                Kind::AsbrSummary,
                "3.3.3.3",
                "2.2.2.2",
                Facts(0, 2, seq(2), 0x94b2, 28),
                summary(0, 10),
            ),
            lsa(
                nssa,
                Kind::NssaExternal,
                "203.0.113.0",
                "3.3.3.3",
                Facts(307, 10, seq(2), 0xb1b6, 36),
                external(two, 7, "10.0.2.3"),
            ),
            lsa(link, Kind::OpaqueLink, "3.0.0.0", "1.1.1.1", Facts(1, 0x42, seq(1), 0xc9a2, 44), grace),
            lsa(
                Scope::As,
                Kind::External,
                "192.0.2.0",
                "1.1.1.1",
                Facts(318, 2, seq(1), 0x2a4e, 36),
                external(MetricType::One, 20, none),
            ),
        ],
        after: None,
        more: None,
    }
}

#[test]
fn the_database_lists_lsas_in_ospfd_s_columns() {
    let expected = "
       OSPF Router with ID (2.2.2.2)

                Router Link States (Area 0.0.0.0)

Link ID         ADV Router      Age  Seq#       CkSum  Link count
1.1.1.1        1.1.1.1          241 0x8000000a 0x728e 3
2.2.2.2        2.2.2.2            3 0x80000009 0x5c9c 3

                Net Link States (Area 0.0.0.0)

Link ID         ADV Router      Age  Seq#       CkSum
10.0.0.1       1.1.1.1          242 0x80000002 0x5be2

                Summary Link States (Area 0.0.0.0)

Link ID         ADV Router      Age  Seq#       CkSum  Route
172.16.0.0     2.2.2.2          231 0x80000002 0x0c81 172.16.0.0/16

                ASBR-Summary Link States (Area 0.0.0.0)

Link ID         ADV Router      Age  Seq#       CkSum
3.3.3.3        2.2.2.2            0 0x80000002 0x94b2

                NSSA-external Link States (Area 0.0.0.1 [NSSA])

Link ID         ADV Router      Age  Seq#       CkSum  Route
203.0.113.0    3.3.3.3          307 0x80000002 0xb1b6 E2 203.0.113.0/24 [0x0]

                Link-Local Opaque-LSA (Area 0.0.0.0)

Opaque-Type/Id  ADV Router      Age  Seq#       CkSum
3.0.0.0        1.1.1.1            1 0x80000001 0xc9a2

                AS External Link States

Link ID         ADV Router      Age  Seq#       CkSum  Route
192.0.2.0      1.1.1.1          318 0x80000001 0x2a4e E1 192.0.2.0/24 [0x0]


";
    let reply = OspfReply::Database(database());
    let face = view(OspfView::Database { kind: None, max_age: false });
    assert_eq!(text(Some(&reply), &face), expected);
    let json = super::json(Some(&reply), &face);
    let area = &json["areas"]["0.0.0.0"];
    assert_eq!(
        (&area["routerLinkStatesCount"], &area["routerLinkStates"][1]["lsId"]),
        (&json!(2), &json!("2.2.2.2"))
    );
    assert_eq!(area["summaryLinkStates"][0]["summaryAddress"], "172.16.0.0/16");
    assert_eq!(area["summaryLinkStates"][0]["checksum"], "c81");
    assert_eq!(json["areas"]["0.0.0.1"]["nssaExternalLinkStates"][0]["metricType"], "E2");
    assert_eq!(json["asExternalLinkStates"][0]["route"], "192.0.2.0/24");
    assert_eq!(json["asExternalLinkStatesCount"], 1);
}

#[test]
fn a_section_goes_on_in_the_next_page_without_a_heading() {
    let face = view(OspfView::Database { kind: None, max_age: false });
    let whole = text(Some(&OspfReply::Database(database())), &face);
    for cut in 1..database().lsas.len() {
        let mut first = database();
        let rest = first.lsas.split_off(cut);
        let at = first.lsas.last().map(|l| Position { scope: l.scope.clone(), key: l.key });
        first.more.clone_from(&at);
        let second = Database { lsas: rest, after: at, ..database() };
        let pages =
            text(Some(&OspfReply::Database(first)), &face) + &text(Some(&OspfReply::Database(second)), &face);
        assert_eq!(pages, whole, "cut after {cut}");
    }
}

/// What `show ip ospf database KIND` prints of the sample.
fn in_full(kind: Kind) -> (String, Value) {
    let mut page = database();
    page.lsas.retain(|l| l.key.kind == kind);
    let (reply, face) =
        (OspfReply::Database(page), view(OspfView::Database { kind: Some(kind), max_age: false }));
    (text(Some(&reply), &face), super::json(Some(&reply), &face))
}

#[test]
fn a_router_lsa_reads_as_ospfd_s() {
    let (text, json) = in_full(Kind::Router);
    let expected = "
       OSPF Router with ID (2.2.2.2)


                Router Link States (Area 0.0.0.0)

  LS age: 241
  Options: 0x2  : *|-|-|-|-|-|E|-
  LS Flags: 0x6
  Flags: 0x2 : ASBR
  LS Type: router-LSA
  Link State ID: 1.1.1.1
  Advertising Router: 1.1.1.1
  LS Seq Number: 8000000a
  Checksum: 0x728e
  Length: 72

   Number of Links: 3

    Link connected to: a Transit Network
     (Link ID) Designated Router address: 10.0.0.1
     (Link Data) Router Interface address: 10.0.0.2
      Number of TOS metrics: 0
       TOS 0 Metric: 10

    Link connected to: another Router (point-to-point)
     (Link ID) Neighboring Router ID: 1.1.1.1
     (Link Data) Router Interface address: 10.0.1.2
      Number of TOS metrics: 0
       TOS 0 Metric: 10

    Link connected to: Stub Network
     (Link ID) Net: 10.0.1.0
     (Link Data) Network Mask: 255.255.255.0
      Number of TOS metrics: 0
       TOS 0 Metric: 10


  LS age: 3
";
    assert!(text.starts_with(expected), "{text}");
    assert!(text.ends_with("\n\n                Router Link States (Area 0.0.0.1 [NSSA])\n\n"), "{text}");
    let lsa = &json["routerLinkStates"]["areas"]["0.0.0.0"][1];
    assert_eq!(
        (&lsa["abr"], &lsa["lsaFlags"], &lsa["lsaSeqNumber"]),
        (&json!(true), &json!(3), &json!("80000009"))
    );
    assert_eq!(lsa["routerLinks"]["link1"]["neighborRouterId"], "1.1.1.1");
    assert_eq!(lsa["routerLinks"]["link2"]["networkMask"], "255.255.255.0");
    assert_eq!(json["routerLinkStates"]["areas"]["0.0.0.1"], json!([]));
}

#[test]
fn network_and_summary_lsas_read_as_ospfd_s() {
    let (network, json) = in_full(Kind::Network);
    let body = "  Link State ID: 10.0.0.1 (address of Designated Router)
  Advertising Router: 1.1.1.1
  LS Seq Number: 80000002
  Checksum: 0x5be2
  Length: 32

  Network Mask: /24
        Attached Router: 1.1.1.1

        Attached Router: 2.2.2.2


                Net Link States (Area 0.0.0.1 [NSSA])

";
    assert!(network.ends_with(body), "{network}");
    let lsa = &json["networkLinkStates"]["areas"]["0.0.0.0"][0];
    assert_eq!(lsa["attchedRouters"]["2.2.2.2"]["attachedRouterId"], "2.2.2.2");
    let (asbr, json) = in_full(Kind::AsbrSummary);
    assert!(
        asbr.contains("  LS Type: summary-LSA\n  Link State ID: 3.3.3.3 (AS Boundary Router address)\n"),
        "{asbr}"
    );
    assert!(asbr.contains("  Network Mask: /0\n        TOS: 0  Metric: 10\n\n"), "{asbr}");
    assert_eq!(json["asbrSummaryLinkStates"]["areas"]["0.0.0.0"][0]["tos0Metric"], 10);
}

#[test]
fn external_and_nssa_lsas_read_as_ospfd_s() {
    let (external, json) = in_full(Kind::External);
    let expected = "
       OSPF Router with ID (2.2.2.2)

                AS External Link States

  LS age: 318
  Options: 0x2  : *|-|-|-|-|-|E|-
  LS Flags: 0x6
  LS Type: AS-external-LSA
  Link State ID: 192.0.2.0 (External Network Number)
  Advertising Router: 1.1.1.1
  LS Seq Number: 80000001
  Checksum: 0x2a4e
  Length: 36

  Network Mask: /24
        Metric Type: 1
        TOS: 0
        Metric: 20
        Forward Address: 0.0.0.0
        External Route Tag: 0

";
    assert_eq!(external, expected);
    assert_eq!(json["asExternalLinkStates"][0]["metricType"], "E1");
    let (nssa, json) = in_full(Kind::NssaExternal);
    let body = "        Metric Type: 2 (Larger than any link state path)
        TOS: 0
        Metric: 7
        NSSA: Forward Address: 10.0.2.3
        External Route Tag: 0

";
    assert!(nssa.ends_with(body), "{nssa}");
    assert_eq!(json["nssaExternalLinkStates"]["areas"]["0.0.0.1"][0]["nssaForwardAddress"], "10.0.2.3");
}

#[test]
fn a_grace_lsa_is_understood() {
    let (grace, json) = in_full(Kind::OpaqueLink);
    let body = "  Options: 0x42 : *|O|-|-|-|-|E|-
  LS Flags: 0x6
  LS Type: Link-Local Opaque-LSA
  Link State ID: 3.0.0.0 (Link-Local Opaque-Type/ID)
  Advertising Router: 1.1.1.1
  LS Seq Number: 80000001
  Checksum: 0xc9a2
  Length: 44

  Opaque-Type 3 (Grace-LSA)
  Opaque-ID   0x0
  Opaque-Info: 24 octets of data
  TLV info:
   Grace period:120
   Restart reason:Software restart
   Restarter address:10.0.0.1
";
    assert!(grace.contains(body), "{grace}");
    let lsa = &json["linkLocalOpaqueLsa"]["areas"]["0.0.0.0"][0];
    assert_eq!(lsa["opaqueData"], "00010004000000780002000101000000000300040a000001");
}

#[test]
fn what_is_being_flushed_is_listed() {
    let face = view(OspfView::Database { kind: None, max_age: true });
    let mut page = database();
    page.lsas.truncate(1);
    let reply = OspfReply::Database(page);
    let told = text(Some(&reply), &face);
    assert!(
        told.ends_with(
            "MaxAge Link States:\n\nLink type: 1\nLink State ID: 1.1.1.1\nAdvertising Router: 1.1.1.1\n\n"
        ),
        "{told}"
    );
    assert_eq!(super::json(Some(&reply), &face)["maxAgeLinkStates"]["0"]["linkStateId"], "1.1.1.1");
}

fn via(gateway: &str, interface: &str) -> NextHop {
    NextHop { gateway: gateway.parse().ok(), interface: interface.to_owned() }
}

fn routes() -> Routes {
    let route = |prefix: &str, kind, cost, next_hops: &[NextHop]| NetworkRoute {
        prefix: prefix.parse().unwrap(),
        kind,
        cost,
        type2_cost: None,
        area: AreaId(0),
        tag: 0,
        next_hops: next_hops.to_vec(),
    };
    let ways = [via("10.0.0.2", "eth0"), via("10.0.1.2", "eth1")];
    let router = |id: &str, kind, cost, abr| RouterRoute {
        router: ip(id),
        kind,
        cost,
        area: AreaId(0),
        abr,
        asbr: true,
        next_hops: ways.to_vec(),
    };
    Routes {
        networks: vec![
            route("10.0.0.0/24", PathKind::IntraArea, 10, &[via("", "eth0")]),
            route("10.0.2.0/24", PathKind::InterArea, 20, &ways),
        ],
        routers: vec![
            router("2.2.2.2", PathKind::IntraArea, 10, true),
            router("3.3.3.3", PathKind::InterArea, 20, false),
        ],
        externals: vec![
            NetworkRoute { type2_cost: Some(50), ..route("0.0.0.0/0", PathKind::External2, 10, &ways[..1]) },
            NetworkRoute { tag: 7, ..route("192.0.2.0/24", PathKind::External1, 30, &ways[..1]) },
        ],
        ..Routes::default()
    }
}

const ROUTES: &str = "\
============ OSPF network routing table ============
N    10.0.0.0/24           [10] area: 0.0.0.0
                           directly attached to eth0
N IA 10.0.2.0/24           [20] area: 0.0.0.0
                           via 10.0.0.2, eth0
                           via 10.0.1.2, eth1

============ OSPF router routing table =============
R    2.2.2.2               [10] area: 0.0.0.0, ABR, ASBR
                           via 10.0.0.2, eth0
                           via 10.0.1.2, eth1
R    3.3.3.3            IA [20] area: 0.0.0.0, ASBR
                           via 10.0.0.2, eth0
                           via 10.0.1.2, eth1

============ OSPF external routing table ===========
N E2 0.0.0.0/0             [10/50] tag: 0
                           via 10.0.0.2, eth0
N E1 192.0.2.0/24          [30] tag: 7
                           via 10.0.0.2, eth0


";

#[test]
fn routes_read_as_ospfd_s() {
    let reply = OspfReply::Routes(routes());
    assert_eq!(plain_text(&reply), ROUTES);
    let json = plain_json(&reply);
    assert_eq!(json["10.0.0.0/24"]["nexthops"][0]["directlyAttachedTo"], "eth0");
    assert_eq!((&json["10.0.2.0/24"]["routeType"], &json["3.3.3.3"]["ia"]), (&json!("N IA"), &json!(true)));
    assert_eq!(
        (&json["0.0.0.0/0"]["type2cost"], &json["2.2.2.2"]["routerType"]),
        (&json!(50), &json!("abr"))
    );
    let border = OspfReply::BorderRouters(BorderRouters { routers: routes().routers });
    assert!(
        plain_text(&border).starts_with("============ OSPF router routing table =============\nR    2.2.2.2")
    );
    assert_eq!(plain_json(&border)["routers"]["2.2.2.2"]["nexthops"][1]["via"], "eth1");
}

#[test]
fn pages_of_routes_make_the_same_three_tables() {
    let all: Vec<(bool, fib::Prefix)> = [routes().networks, routes().externals]
        .concat()
        .iter()
        .map(|r| (r.kind.is_external(), r.prefix))
        .collect();
    for at in &all[..all.len() - 1] {
        let query = RoutesQuery { after: Some(*at) };
        let second = routes().page(&query);
        let mut first = routes();
        first.networks.retain(|r| (false, r.prefix) <= *at);
        first.externals.retain(|r| (true, r.prefix) <= *at);
        first.more = Some(*at);
        let pages = plain_text(&OspfReply::Routes(first)) + &plain_text(&OspfReply::Routes(second));
        assert_eq!(pages, ROUTES, "cut after {at:?}");
    }
}

#[test]
fn an_explanation_tells_the_path_its_lsas_and_the_losers() {
    let hop = |node, cost, total| PathHop { node, cost, total };
    let from = |kind, id: &str, router: &str, n| LsaRef {
        key: LsaKey { kind, id: ip(id), router: ip(router) },
        age: Some(12),
        sequence: seq(n),
    };
    let prefix: fib::Prefix = "192.0.2.0/24".parse().unwrap();
    let winner = Candidate {
        kind: PathKind::External1,
        area: Some(AreaId(0)),
        cost: Some(30),
        type2_cost: None,
        tag: 7,
        next_hops: vec![via("10.0.0.1", "eth0")],
        lsas: vec![
            from(Kind::External, "192.0.2.0", "1.1.1.1", 1),
            from(Kind::Router, "1.1.1.1", "1.1.1.1", 10),
        ],
        path: vec![
            hop(Node::Network(ip("10.0.0.1")), 10, 10),
            hop(Node::Router(ip("1.1.1.1")), 0, 10),
            hop(Node::Prefix(prefix), 20, 30),
        ],
    };
    let loser = Candidate {
        kind: PathKind::External2,
        cost: None,
        area: None,
        type2_cost: Some(5),
        tag: 0,
        next_hops: vec![],
        lsas: vec![from(Kind::External, "192.0.2.0", "9.9.9.9", 3)],
        path: vec![],
    };
    let explain = Explain {
        asked: "192.0.2.9/32".parse().unwrap(),
        prefix: Some(prefix),
        winner: Some(winner),
        losers: vec![Rejected {
            candidate: loser,
            reason: Reason::UnreachableAsbr { router: ip("9.9.9.9") },
        }],
        rib: Some(RibVerdict {
            distance: 110,
            selected: false,
            winner: Some((fib::Protocol::Static, 1)),
            why_not: Some("distance 110 > 1".to_owned()),
        }),
    };
    let expected = "\
192.0.2.9/32 is covered by 192.0.2.0/24
  Route: external type 1, cost 30, area 0.0.0.0, tag 7
    via 10.0.0.1, eth0
    Path:
      network of 10.0.0.1                +10      = 10
      router 1.1.1.1                     +0       = 10
      192.0.2.0/24                       +20      = 30
    From:
      AS-external-LSA 192.0.2.0 of 1.1.1.1, age 12, sequence 0x80000001
      router-LSA 1.1.1.1 of 1.1.1.1, age 12, sequence 0x8000000a
  Routing table: not chosen, static has distance 1, OSPF 110
    distance 110 > 1
  Not chosen:
    external type 2, type 2 metric 5: boundary router 9.9.9.9 cannot be reached
      From:
        AS-external-LSA 192.0.2.0 of 9.9.9.9, age 12, sequence 0x80000003
";
    assert_eq!(plain_text(&OspfReply::Explain(explain.clone())), expected);
    let json = plain_json(&OspfReply::Explain(explain.clone()));
    assert_eq!(json["losers"][0]["reason"]["unreachable-asbr"]["router"], "9.9.9.9");
    assert_eq!(json["winner"]["path"][1]["node"]["router"], "1.1.1.1");
    let unknown = Explain { prefix: None, winner: None, losers: vec![], rib: None, ..explain };
    assert_eq!(plain_text(&OspfReply::Explain(unknown)), "OSPF knows no network that covers 192.0.2.9/32\n");
}

#[test]
fn every_answer_survives_the_socket() {
    let all = [
        OspfReply::Process(process()),
        OspfReply::Interfaces(Interfaces { interfaces: vec![interface()] }),
        OspfReply::Neighbors(Neighbors { neighbors: vec![neighbor()] }),
        OspfReply::Database(database()),
        OspfReply::Routes(routes()),
    ];
    for reply in all {
        let wire = serde_json::to_string(&reply).unwrap();
        assert_eq!(serde_json::from_str::<OspfReply>(&wire).unwrap(), reply);
    }
}

#[test]
fn spans_are_printed_as_ospfd_does() {
    assert_eq!(span(819), "0.819s");
    assert_eq!(span(37_318), "37.318s");
    assert_eq!(span(241_626), "4m01s");
    assert_eq!(span(3_723_000), "1h02m03s");
    assert_eq!(span(86_400_000 + 7_380_000), "1d02h03m");
    assert_eq!(span(9 * 86_400_000 + 10_800_000), "1w2d03h");
    assert_eq!(timer(None), "inactive");
}

#[test]
fn options_are_listed_in_frr_s_order() {
    assert_eq!(option_list(0x02), "*|-|-|-|-|-|E|-");
    assert_eq!(option_list(0x42), "*|O|-|-|-|-|E|-");
    assert_eq!(option_list(0x0a), "*|-|-|-|N/P|-|E|-");
}

#[test]
fn without_ospf_that_is_said() {
    assert_eq!(text(None, &View::Plain), "OSPF is not running\n");
    assert_eq!(json(None, &View::Plain)["running"], false);
}
