use crate::text::{parse, print};

/// `show running-config` of FRR 8.4.4.
const FRR: &str = "\
Building configuration...

Current configuration:
!
frr version 8.4.4
frr defaults traditional
bgp no-rib
hostname r1
service integrated-vtysh-config
!
router bgp 65001
 no bgp fast-external-failover
 bgp router-id 1.1.1.1
 bgp always-compare-med
 no bgp ebgp-requires-policy
 bgp reject-as-sets
 no bgp default ipv4-unicast
 bgp default local-preference 150
 bgp default show-hostname
 bgp cluster-id 1.1.1.9
 bgp confederation identifier 100
 bgp confederation peers 65002 65003
 bgp deterministic-med
 bgp graceful-shutdown
 bgp graceful-restart stalepath-time 200
 bgp graceful-restart restart-time 100
 bgp graceful-restart select-defer-time 100
 bgp graceful-restart
 bgp graceful-restart preserve-fw-state
 bgp bestpath as-path ignore
 bgp bestpath as-path confed
 bgp bestpath as-path multipath-relax
 bgp bestpath compare-routerid
 bgp bestpath med confed missing-as-worst
 no bgp network import-check
 timers bgp 10 30
 neighbor G peer-group
 neighbor G remote-as external
 neighbor G description a group
 neighbor G shutdown message go away
 neighbor G password secret
 neighbor G ebgp-multihop 3
 neighbor G update-source 10.0.0.1
 neighbor G advertisement-interval 3
 neighbor G timers 5 15
 neighbor G timers connect 7
 neighbor H peer-group
 neighbor H remote-as 65001
 neighbor eth3 interface peer-group G
 neighbor 10.0.0.2 peer-group G
 neighbor 10.0.0.2 local-as 65009 no-prepend replace-as
 neighbor eth4 interface v6only peer-group H
 neighbor eth4 description via eth4
 neighbor eth1 interface remote-as external
 neighbor eth2 interface v6only remote-as 65002
 neighbor 10.0.0.3 remote-as 65004
 neighbor 10.0.0.3 description to three
 neighbor 10.0.0.3 solo
 neighbor 10.0.0.3 port 1179
 neighbor 10.0.0.3 tcp-mss 1400
 neighbor 10.0.0.3 passive
 neighbor 10.0.0.3 local-role customer strict-mode
 neighbor 10.0.0.3 ttl-security hops 2
 neighbor 10.0.0.3 disable-connected-check
 neighbor 10.0.0.3 extended-optional-parameters
 neighbor 10.0.0.3 enforce-first-as
 neighbor 10.0.0.3 timers delayopen 5
 neighbor 10.0.0.3 capability dynamic
 neighbor 10.0.0.3 capability extended-nexthop
 neighbor 10.0.0.3 override-capability
 neighbor 10.0.0.3 sender-as-path-loop-detection
 neighbor 10.0.0.3 graceful-restart-disable
 neighbor 10.0.0.4 remote-as 65001
 neighbor 10.0.0.4 shutdown
 neighbor 10.0.0.4 update-source lo
 neighbor 10.0.0.4 strict-capability-match
 neighbor fe80::1 remote-as internal
 neighbor fe80::1 interface eth9
 neighbor fe80::1 dont-capability-negotiate
 bgp listen limit 50
 bgp listen range 10.9.0.0/16 peer-group G
 bgp shutdown
 !
 address-family ipv4 unicast
  distance bgp 21 201 202
  network 10.1.0.0/16
  network 10.2.0.0/16 route-map M
  aggregate-address 10.0.0.0/8
  aggregate-address 11.0.0.0/8 summary-only
  aggregate-address 12.0.0.0/8 route-map M
  aggregate-address 13.0.0.0/8 origin egp matching-MED-only
  aggregate-address 14.0.0.0/8 suppress-map M
  aggregate-address 15.0.0.0/8 summary-only route-map M origin igp matching-MED-only
  redistribute connected
  redistribute static metric 5 route-map M
  redistribute ospf
  neighbor G activate
  neighbor G soft-reconfiguration inbound
  neighbor G route-map M in
  neighbor G route-map M out
  no neighbor 10.0.0.2 activate
  neighbor 10.0.0.3 activate
  neighbor 10.0.0.3 addpath-tx-all-paths
  neighbor 10.0.0.3 disable-addpath-rx
  neighbor 10.0.0.3 next-hop-self
  neighbor 10.0.0.3 remove-private-AS all replace-AS
  neighbor 10.0.0.3 as-override
  neighbor 10.0.0.3 default-originate route-map M
  neighbor 10.0.0.3 soft-reconfiguration inbound
  neighbor 10.0.0.3 maximum-prefix 100 80 restart 5
  neighbor 10.0.0.3 maximum-prefix-out 7
  neighbor 10.0.0.3 route-server-client
  neighbor 10.0.0.3 allowas-in origin
  neighbor 10.0.0.3 weight 7
  neighbor 10.0.0.3 prefix-list P in
  neighbor 10.0.0.3 prefix-list P out
  neighbor 10.0.0.3 route-map M in
  neighbor 10.0.0.3 filter-list A in
  neighbor 10.0.0.3 filter-list A out
  neighbor 10.0.0.3 attribute-unchanged as-path next-hop
  neighbor 10.0.0.4 activate
  neighbor 10.0.0.4 addpath-tx-bestpath-per-AS
  neighbor 10.0.0.4 route-reflector-client
  neighbor 10.0.0.4 next-hop-self force
  no neighbor 10.0.0.4 send-community
  neighbor 10.0.0.4 default-originate
  neighbor 10.0.0.4 maximum-prefix 100 warning-only
  neighbor 10.0.0.4 allowas-in
  neighbor 10.0.0.4 distribute-list X in
  neighbor 10.0.0.4 attribute-unchanged as-path next-hop med
  maximum-paths 4
  maximum-paths ibgp 3
  table-map M
 exit-address-family
 !
 address-family ipv6 unicast
  network 2001:db8::/32
  neighbor eth1 activate
  neighbor 10.0.0.3 activate
  no neighbor 10.0.0.3 send-community extended
  neighbor 10.0.0.3 maximum-prefix 100 force
 exit-address-family
 !
 bmp mirror buffer-limit 1000
 !
 bmp targets T
  bmp stats interval 5000
  bmp monitor ipv4 unicast pre-policy
  bmp monitor ipv6 unicast post-policy
  bmp connect 10.0.0.9 port 1790 min-retry 1000 max-retry 2000
 exit
exit
!
end
";

#[test]
fn a_file_of_frr_with_bgp_loads_unchanged() {
    let config = parse(FRR, "frr.conf").unwrap_or_else(|e| panic!("{}", e[0]));
    let bgp = config.bgp.as_ref().unwrap();
    assert_eq!((bgp.peer_groups.len(), bgp.neighbors.len()), (2, 8));
    assert!(bgp.no_rib);
    let errors: Vec<_> = configs::validate(&config).into_iter().filter(|p| p.is_error()).collect();
    assert_eq!(errors, []);
    assert_eq!(parse(&print(&config), "again").unwrap(), config);
}

#[test]
fn what_frr_wrote_is_written_again_as_frr_wrote_it() {
    // What is forgotten, what is the default here, and an order or a place that is ours.
    const LOST: [&str; 9] = [
        "bgp default show-hostname",
        "neighbor 10.0.0.3 capability dynamic",
        "neighbor 10.0.0.3 tcp-mss 1400",
        "neighbor 10.0.0.3 extended-optional-parameters",
        "neighbor 10.0.0.3 sender-as-path-loop-detection",
        "neighbor 10.0.0.3 enforce-first-as",
        "bmp mirror buffer-limit 1000",
        "bmp connect 10.0.0.9 port 1790 min-retry 1000 max-retry 2000",
        "bgp no-rib",
    ];
    let printed = print(&parse(FRR, "frr.conf").unwrap());
    let (_, section) = FRR.split_once("router bgp").unwrap();
    let lost: Vec<&str> = section
        .lines()
        .skip(1)
        .filter(|line| line.starts_with(' ') && !LOST.contains(&line.trim()))
        .filter(|line| !printed.lines().any(|p| p == line.replace(" v6only", "")))
        .collect();
    assert_eq!(lost, [""; 0]);
}

#[test]
fn the_lines_are_in_frr_s_order() {
    let golden = "\
hostname r1
!
router bgp 65001
 bgp router-id 1.1.1.1
 no bgp default ipv4-unicast
 bgp graceful-restart
 bgp bestpath as-path multipath-relax
 timers bgp 10 30
 neighbor LEAF peer-group
 neighbor LEAF remote-as external
 neighbor LEAF timers connect 5
 neighbor 10.0.0.2 remote-as 65002
 neighbor 10.0.0.2 description to two
 neighbor 10.0.0.2 password secret
 neighbor eth1 interface peer-group LEAF
 neighbor eth2 interface remote-as internal
 bgp listen range 10.9.0.0/16 peer-group LEAF
 !
 address-family ipv4 unicast
  network 10.1.0.0/16
  redistribute connected route-map M
  neighbor LEAF activate
  neighbor LEAF route-map M in
  neighbor 10.0.0.2 activate
  neighbor 10.0.0.2 next-hop-self
  no neighbor 10.0.0.2 send-community all
  no neighbor eth1 activate
  maximum-paths 4
 exit-address-family
 !
 address-family ipv6 unicast
  neighbor LEAF activate
 exit-address-family
 !
 bmp targets T
  bmp connect 10.0.0.9 port 1790
 exit
exit
!
rpki
 rpki polling_period 300
 rpki cache 10.0.0.9 3323 preference 1
exit
!
dump bgp updates-et \"/var/log/two words.%Y%m%d.%H%M\" 900
dump bgp routes-mrt /var/log/rib
!
end
";
    assert_eq!(print(&parse(golden, "x").unwrap()), golden);
}

#[test]
fn a_file_of_ios_with_bgp_makes_the_same_configuration() {
    let ios = "router bgp 65001\n bgp router-id 1.1.1.1\n bgp log-neighbor-changes\n no bgp default ipv4-unicast\n \
               neighbor CORE peer-group\n neighbor CORE remote-as 65001\n neighbor CORE update-source Loopback0\n \
               neighbor 10.0.0.2 remote-as 65002\n neighbor 10.0.0.2 transport connection-mode passive\n \
               neighbor 10.0.0.2 version 4\n neighbor 10.255.0.2 peer-group CORE\n !\n address-family ipv4\n  \
               network 10.1.0.0 mask 255.255.0.0\n  network 10.0.0.0\n  aggregate-address 10.0.0.0 255.0.0.0 summary-only\n  \
               redistribute ospf 1 route-map M\n  neighbor CORE send-community both\n  neighbor CORE next-hop-self all\n  \
               neighbor 10.0.0.2 activate\n  neighbor 10.255.0.2 activate\n  no auto-summary\n exit-address-family\n!\n\
               end\n";
    let frr = "router bgp 65001\n bgp router-id 1.1.1.1\n no bgp default ipv4-unicast\n \
               neighbor CORE peer-group\n neighbor CORE remote-as 65001\n neighbor CORE update-source Loopback0\n \
               neighbor 10.0.0.2 remote-as 65002\n neighbor 10.0.0.2 passive\n neighbor 10.255.0.2 peer-group CORE\n \
               address-family ipv4 unicast\n  network 10.0.0.0/8\n  network 10.1.0.0/16\n  \
               aggregate-address 10.0.0.0/8 summary-only\n  redistribute ospf route-map M\n  \
               neighbor CORE next-hop-self force\n  neighbor 10.0.0.2 activate\n  neighbor 10.255.0.2 activate\n \
               exit-address-family\nexit\n";
    assert_eq!(parse(ios, "ios").unwrap(), parse(frr, "frr").unwrap());
}

#[test]
fn what_is_not_supported_is_named_with_its_line() {
    let text = "router bgp 65001\n neighbor 10.0.0.2 remote-as 65002\n neighbor 10.0.0.2 bfd\n neighbor 10.0.0.9 passive\n";
    let errors = parse(text, "frr.conf").unwrap_err();
    assert_eq!(errors.len(), 2);
    assert!(errors[0].to_string().starts_with("frr.conf:3:20: unknown command or value"), "{}", errors[0]);
    assert!(errors[1].to_string().starts_with("frr.conf:4:2: neighbor 10.0.0.9 needs a `remote-as`"));
}

#[test]
fn bgp_without_a_process_is_nothing() {
    let config = parse("bgp no-rib\nrpki\n rpki polling_period 300\nexit\n", "x").unwrap();
    assert_eq!(config.bgp, None);
}

#[test]
fn names_like_keywords_and_addresses_survive() {
    let text = "router bgp 1\n neighbor peer-group peer-group\n neighbor peer-group remote-as 2\n \
                neighbor 10 peer-group\n neighbor 10.0.0.2 remote-as 3\n neighbor 10.0.0.2 peer-group peer-group\n \
                neighbor interface interface peer-group 10\n";
    let config = parse(text, "x").unwrap_or_else(|e| panic!("{}", e[0]));
    assert_eq!(config.bgp.as_ref().unwrap().peer_groups.len(), 2);
    assert_eq!(parse(&print(&config), "again").unwrap(), config);
}
