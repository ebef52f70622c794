//! The process, and `show ip protocols`.

use super::*;

pub(super) fn process() -> Process {
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
