//! The database, LSA by LSA.

use super::*;

struct Facts(u16, u8, i32, u16, u16);

fn lsa(scope: Scope, kind: Kind, id: &str, router: &str, facts: Facts, body: LsaBody) -> LsaView {
    let Facts(age, options, sequence, checksum, length) = facts;
    let key = LsaKey { kind, id: ip(id), router: ip(router) };
    let own = router == "2.2.2.2";
    LsaView { scope, key, age, options, sequence, checksum, length, own, body }
}

pub(super) fn seq(n: i32) -> i32 {
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

pub(super) fn database() -> Database {
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
