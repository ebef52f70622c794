use crate::text::{parse, print};

#[test]
fn ospf_is_printed_as_frr_does_it() {
    let golden = "\
hostname r1
!
interface eth1
 ip address 10.0.0.1/24
 bandwidth 1000
 ip ospf area 0
 ip ospf authentication message-digest
 ip ospf message-digest-key 1 md5 secret
 ip ospf cost 10
 ip ospf network point-to-point
exit
!
router ospf
 ospf router-id 1.1.1.1
 timers throttle spf 0 50 5000
 auto-cost reference-bandwidth 1000
 redistribute static metric 5 metric-type 1 route-map M
 default-information originate always
 passive-interface eth2
 network 10.1.0.0/16 area 1
 area 0 authentication message-digest
 area 1 nssa translate-always
 area 1 nssa no-summary
 area 1 default-cost 5
 area 1 range 10.1.0.0/16 cost 7
 area 10.0.0.1 virtual-link 2.2.2.2 hello-interval 5
 area 10.0.0.1 virtual-link 2.2.2.2 authentication-key x
 distance ospf intra-area 90 external 115
 maximum-paths 4
exit
!
end
";
    assert_eq!(print(&parse(golden, "x").unwrap()), golden);
}

/// `show running-config` of FRR 8.4.4.
const FRR: &str = "\
Building configuration...

Current configuration:
!
frr version 8.4.4
frr defaults traditional
no ip forwarding
no ipv6 forwarding
hostname r1
!
interface eth1
 ip ospf area 0
 ip ospf authentication message-digest
 ip ospf cost 5
 ip ospf dead-interval minimal hello-multiplier 5
 ip ospf message-digest-key 1 md5 secret
 ip ospf mtu-ignore
 ip ospf network point-to-point
 ip ospf priority 3
 ip ospf retransmit-interval 4
 ip ospf transmit-delay 2
 no ip ospf passive
exit
!
interface eth2
 ip ospf authentication null
 ip ospf authentication-key abc
 ip ospf dead-interval 12
 ip ospf hello-interval 3
 ip ospf network non-broadcast
 no ip ospf passive
exit
!
interface eth3
 ip ospf authentication
 ip ospf network point-to-multipoint
exit
!
router ospf
 ospf router-id 1.1.1.1
 ospf abr-type ibm
 log-adjacency-changes detail
 compatible rfc1583
 auto-cost reference-bandwidth 10000
 timers throttle spf 10 100 5000
 timers throttle lsa all 100
 timers lsa min-arrival 100
 maximum-paths 4
 max-metric router-lsa on-startup 60
 max-metric router-lsa on-shutdown 60
 max-metric router-lsa administrative
 refresh timer 1000
 redistribute connected metric 5 metric-type 1 route-map M
 redistribute static
 graceful-restart helper enable
 no graceful-restart helper strict-lsa-checking
 graceful-restart helper planned-only
 graceful-restart helper supported-grace-time 100
 summary-address 10.50.0.0/16 tag 5
 summary-address 10.51.0.0/16 no-advertise
 passive-interface default
 area 0 authentication message-digest
 area 0.0.0.1 stub no-summary
 area 2 nssa translate-always
 area 2 nssa no-summary
 area 2 nssa suppress-fa
 area 2 default-cost 5
 area 0.0.0.1 range 10.1.0.0/16 cost 5
 area 0.0.0.1 range 10.2.0.0/16 not-advertise
 area 0.0.0.1 range 10.3.0.0/16 substitute 10.4.0.0/16
 area 3 export-list A
 area 3 import-list A
 area 3 filter-list prefix P in
 neighbor 10.0.0.9 priority 1 poll-interval 30
 area 3 virtual-link 2.2.2.2 hello-interval 5 retransmit-interval 5 transmit-delay 1 dead-interval 20
 area 3 virtual-link 2.2.2.2 authentication message-digest
 area 3 virtual-link 2.2.2.2 message-digest-key 1 md5 secret
 default-metric 30
 distribute-list A out connected
 default-information originate always metric 5 metric-type 1 route-map M
 distance 100
 distance ospf intra-area 90 inter-area 95 external 100
 capability opaque
exit
!
end
";

#[test]
fn a_file_of_frr_with_ospf_loads_unchanged() {
    let config = parse(FRR, "frr.conf").unwrap_or_else(|e| panic!("{e:?}"));
    let ospf = config.ospf.as_ref().unwrap();
    assert_eq!((ospf.areas.len(), ospf.interfaces.len()), (4, 3));
    assert_eq!(ospf.interfaces["eth1"].passive, Some(false));
    let nssa = &ospf.areas[&ospf::AreaId(2)];
    assert!(nssa.no_summary && nssa.nssa_suppress_fa);
    let errors: Vec<_> = configs::validate(&config).into_iter().filter(|p| p.is_error()).collect();
    assert_eq!(errors, []);
    assert_eq!(parse(&print(&config), "again").unwrap(), config);
}

#[test]
fn what_frr_wrote_is_written_again_as_frr_wrote_it() {
    let printed = print(&parse(FRR, "frr.conf").unwrap());
    let lost: Vec<&str> = FRR
        .lines()
        .filter(|line| line.contains("ospf ") || line.starts_with(" area "))
        .filter(|line| !printed.lines().any(|p| p == line.replace("0.0.0.1", "1")))
        .collect();
    assert_eq!(lost, [""; 0]);
}

#[test]
fn a_file_of_ios_with_ospf_makes_the_same_configuration() {
    let ios = "interface eth1\n ip address 10.0.0.1 255.255.255.0\n ip ospf 1 area 1\n!\nrouter ospf 1\n \
               router-id 1.1.1.1\n network 10.0.0.0 0.0.0.255 area 0\n area 1 range 10.0.0.0 255.0.0.0\n \
               redistribute rip subnets tag 7\n summary-address 10.0.0.0 255.0.0.0 not-advertise\n \
               timers pacing flood 20\n!\nend\n";
    let frr = "interface eth1\n ip address 10.0.0.1/24\n ip ospf area 1\nexit\nrouter ospf 1\n \
               ospf router-id 1.1.1.1\n network 10.0.0.0/24 area 0\n area 1 range 10.0.0.0/8\n \
               redistribute rip tag 7\n summary-address 10.0.0.0/8 no-advertise\n \
               timers lsa flood-pacing 20\nexit\n";
    assert_eq!(parse(ios, "ios").unwrap(), parse(frr, "frr").unwrap());
}
