use crate::command::Mode;
use crate::config::edit;
use crate::config::tests::{after, refusal};
use bgp::Family;
use bgp::config::{
    AllowAsIn, Config, Dump, DumpKind, NeighborConfig, NeighborFamily, PeerKey, RemoteAs, SendCommunity,
};
use std::collections::BTreeMap;

fn bgp(lines: &[&str]) -> Config {
    let mut all = vec!["router bgp 65001"];
    all.extend(lines);
    let mut config = after(&all);
    config.normalize();
    config.bgp.unwrap()
}

/// With the neighbor 10.0.0.2 of another AS.
fn neighbor(lines: &[&str]) -> NeighborConfig {
    let mut all = vec!["neighbor 10.0.0.2 remote-as 65002"];
    all.extend(lines);
    bgp(&all).neighbors.remove(&PeerKey::Address([10, 0, 0, 2].into())).unwrap()
}

fn family(lines: &[&str]) -> NeighborFamily {
    neighbor(lines).families.remove(&Family::Ipv4).unwrap_or_default()
}

/// What the last line, of `router bgp`, is refused with.
fn refused(lines: &[&str]) -> String {
    let mut all = vec!["router bgp 65001"];
    all.extend(lines);
    refusal(&all).message
}

/// Each line changes something, and its `no` form takes it back.
fn made_and_taken_back(before: &[&str], lines: &[(&str, &str)]) {
    let nothing = bgp(before);
    for (line, no) in lines {
        let with = |more: &[&str]| bgp(&[before, more].concat());
        assert_ne!(with(&[line]), nothing, "{line}");
        assert_eq!(with(&[line, no]), nothing, "{no}");
    }
}

#[test]
fn every_setting_of_the_process_can_be_made_and_taken_back() {
    made_and_taken_back(
        &[],
        &[
            ("bgp router-id 1.1.1.1", "no bgp router-id"),
            ("bgp cluster-id 1.1.1.1", "no bgp cluster-id 1.1.1.1"),
            ("bgp cluster-id 5", "no bgp cluster-id"),
            ("bgp confederation identifier 100", "no bgp confederation identifier 100"),
            ("bgp confederation peers 65002 1.10", "no bgp confederation peers 65546 65002"),
            ("no bgp default ipv4-unicast", "bgp default ipv4-unicast"),
            ("bgp default local-preference 7", "no bgp default local-preference"),
            ("no bgp ebgp-requires-policy", "bgp ebgp-requires-policy"),
            ("no bgp log-neighbor-changes", "bgp log-neighbor-changes"),
            ("no bgp fast-external-failover", "bgp fast-external-failover"),
            ("no bgp network import-check", "bgp network import-check"),
            ("bgp reject-as-sets", "no bgp reject-as-sets"),
            ("timers bgp 10 30", "no timers bgp"),
            ("bgp graceful-shutdown", "no bgp graceful-shutdown"),
            ("bgp shutdown", "no bgp shutdown"),
            ("bgp shutdown message back at noon", "no bgp shutdown message back at noon"),
            ("bgp no-rib", "no bgp no-rib"),
            ("bgp listen limit 5", "no bgp listen limit"),
            ("bgp always-compare-med", "no bgp always-compare-med"),
            ("bgp deterministic-med", "no bgp deterministic-med"),
            ("bgp bestpath as-path ignore", "no bgp bestpath as-path ignore"),
            ("bgp bestpath as-path confed", "no bgp bestpath as-path confed"),
            ("bgp bestpath as-path multipath-relax", "no bgp bestpath as-path multipath-relax"),
            ("bgp bestpath compare-routerid", "no bgp bestpath compare-routerid"),
            ("bgp bestpath med missing-as-worst confed", "no bgp bestpath med"),
            ("bgp graceful-restart", "no bgp graceful-restart"),
            ("bgp graceful-restart-disable", "no bgp graceful-restart-disable"),
            ("bgp graceful-restart restart-time 5", "no bgp graceful-restart restart-time"),
            ("bgp graceful-restart stalepath-time 5", "no bgp graceful-restart stalepath-time 5"),
            ("bgp graceful-restart select-defer-time 5", "no bgp graceful-restart select-defer-time"),
            ("bgp graceful-restart preserve-fw-state", "no bgp graceful-restart preserve-fw-state"),
            ("no bgp graceful-restart notification", "bgp graceful-restart notification"),
        ],
    );
}

#[test]
fn every_setting_of_a_session_can_be_made_and_taken_back() {
    let before = ["neighbor 10.0.0.2 remote-as 65002", "neighbor fe80::1 remote-as internal"];
    made_and_taken_back(
        &before,
        &[
            ("neighbor 10.0.0.2 description to two", "no neighbor 10.0.0.2 description"),
            ("neighbor 10.0.0.2 shutdown", "no neighbor 10.0.0.2 shutdown"),
            ("neighbor 10.0.0.2 shutdown message x y", "no neighbor 10.0.0.2 shutdown message x"),
            ("neighbor 10.0.0.2 password s e c r e t", "no neighbor 10.0.0.2 password"),
            ("neighbor 10.0.0.2 port 1179", "no neighbor 10.0.0.2 port"),
            ("neighbor 10.0.0.2 update-source lo", "no neighbor 10.0.0.2 update-source"),
            ("neighbor 10.0.0.2 update-source 10.0.0.1", "no neighbor 10.0.0.2 update-source 10.0.0.1"),
            ("neighbor 10.0.0.2 ebgp-multihop", "no neighbor 10.0.0.2 ebgp-multihop"),
            ("neighbor 10.0.0.2 ttl-security hops 1", "no neighbor 10.0.0.2 ttl-security hops 1"),
            ("neighbor 10.0.0.2 disable-connected-check", "no neighbor 10.0.0.2 disable-connected-check"),
            ("neighbor 10.0.0.2 passive", "no neighbor 10.0.0.2 passive"),
            (
                "neighbor 10.0.0.2 transport connection-mode passive",
                "no neighbor 10.0.0.2 transport connection-mode",
            ),
            ("neighbor 10.0.0.2 timers 1 3", "no neighbor 10.0.0.2 timers"),
            ("neighbor 10.0.0.2 timers connect 1", "no neighbor 10.0.0.2 timers connect"),
            ("neighbor 10.0.0.2 timers delayopen 1", "no neighbor 10.0.0.2 timers delayopen 1"),
            ("neighbor 10.0.0.2 advertisement-interval 1", "no neighbor 10.0.0.2 advertisement-interval"),
            ("neighbor 10.0.0.2 local-as 1.1 no-prepend", "no neighbor 10.0.0.2 local-as"),
            ("no neighbor 10.0.0.2 enforce-first-as", "neighbor 10.0.0.2 enforce-first-as"),
            ("neighbor 10.0.0.2 capability ext", "no neighbor 10.0.0.2 capability extended-nexthop"),
            ("neighbor 10.0.0.2 dont-capability-negotiate", "no neighbor 10.0.0.2 dont-capability-negotiate"),
            ("neighbor 10.0.0.2 override-capability", "no neighbor 10.0.0.2 override-capability"),
            ("neighbor 10.0.0.2 strict-capability-match", "no neighbor 10.0.0.2 strict-capability-match"),
            ("neighbor 10.0.0.2 local-role peer strict-mode", "no neighbor 10.0.0.2 local-role"),
            ("neighbor 10.0.0.2 graceful-restart", "no neighbor 10.0.0.2 graceful-restart"),
            ("neighbor 10.0.0.2 graceful-restart-disable", "no neighbor 10.0.0.2 graceful-restart-disable"),
            ("neighbor 10.0.0.2 solo", "no neighbor 10.0.0.2 solo"),
            ("neighbor fe80::1 interface eth9", "no neighbor fe80::1 interface eth9"),
            ("neighbor 10.0.0.3 remote-as external", "no neighbor 10.0.0.3"),
            ("neighbor 10.0.0.3 remote-as external", "no neighbor 10.0.0.3 remote-as 1"),
            ("neighbor eth1 interface remote-as 5", "no neighbor eth1 interface"),
            ("neighbor eth1 interface v6only", "no neighbor eth1"),
            ("neighbor G peer-group", "no neighbor G peer-group"),
        ],
    );
}

#[test]
fn every_setting_of_a_neighbor_s_routes_can_be_made_and_taken_back() {
    let lines = [
        ("no neighbor N activate", "neighbor N activate"),
        ("neighbor N route-map M in", "no neighbor N route-map M in"),
        ("neighbor N route-map M out", "no neighbor N route-map M out"),
        ("neighbor N prefix-list P in", "no neighbor N prefix-list P in"),
        ("neighbor N prefix-list P out", "no neighbor N prefix-list P out"),
        ("neighbor N distribute-list 10 in", "no neighbor N distribute-list 10 in"),
        ("neighbor N distribute-list A out", "no neighbor N distribute-list A out"),
        ("neighbor N filter-list 1 in", "no neighbor N filter-list 1 in"),
        ("neighbor N filter-list A out", "no neighbor N filter-list A out"),
        ("neighbor N next-hop-self", "no neighbor N next-hop-self"),
        ("neighbor N next-hop-self force", "no neighbor N next-hop-self force"),
        ("neighbor N attribute-unchanged", "no neighbor N attribute-unchanged"),
        ("neighbor N attribute-unchanged med", "no neighbor N attribute-unchanged med as-path"),
        ("neighbor N route-reflector-client", "no neighbor N route-reflector-client"),
        ("neighbor N route-server-client", "no neighbor N route-server-client"),
        ("neighbor N soft-reconfiguration inbound", "no neighbor N soft-reconfiguration inbound"),
        ("neighbor N default-originate route-map M", "no neighbor N default-originate"),
        ("neighbor N maximum-prefix 10 80 restart 5 force", "no neighbor N maximum-prefix"),
        ("neighbor N maximum-prefix 10 warning-only", "no neighbor N maximum-prefix 10 warning-only"),
        ("neighbor N maximum-prefix-out 10", "no neighbor N maximum-prefix-out"),
        ("neighbor N allowas-in", "no neighbor N allowas-in"),
        ("neighbor N allowas-in origin", "no neighbor N allowas-in origin"),
        ("neighbor N as-override", "no neighbor N as-override"),
        ("neighbor N remove-private-AS all replace-AS", "no neighbor N remove-private-AS"),
        ("no neighbor N send-community all", "neighbor N send-community all"),
        ("no neighbor N send-community extended", "neighbor N send-community both"),
        ("neighbor N weight 5", "no neighbor N weight"),
        ("neighbor N addpath-tx-all-paths", "no neighbor N addpath-tx-all-paths"),
        ("neighbor N addpath-tx-bestpath-per-AS", "no neighbor N addpath-tx-bestpath-per-AS"),
        ("neighbor N disable-addpath-rx", "no neighbor N disable-addpath-rx"),
    ];
    let before = ["neighbor 10.0.0.2 remote-as 65002", "address-family ipv4"];
    for (line, no) in lines {
        let (line, no) = (line.replace(" N ", " 10.0.0.2 "), no.replace(" N ", " 10.0.0.2 "));
        made_and_taken_back(&before, &[(&line, &no)]);
        assert_eq!(
            bgp(&[before[0], &line]),
            bgp(&[before[0], before[1], &line]),
            "outside of a family: IPv4"
        );
    }
}

#[test]
fn every_setting_of_a_family_can_be_made_and_taken_back() {
    made_and_taken_back(
        &["address-family ipv4 unicast"],
        &[
            ("network 10.0.0.0/8", "no network 10.0.0.0/8"),
            ("network 10.0.0.0", "no network 10.0.0.0 mask 255.0.0.0"),
            ("network 10.1.0.0 mask 255.255.0.0 route-map M", "no network 10.1.0.0/16"),
            ("aggregate-address 10.0.0.0/8 summary-only", "no aggregate-address 10.0.0.0/8 summary-only"),
            ("aggregate-address 10.0.0.0 255.0.0.0 as-set", "no aggregate-address 10.0.0.0 255.0.0.0"),
            ("redistribute ospf 1 metric 5 route-map M", "no redistribute ospf"),
            ("redistribute connected", "no redistribute connected"),
            ("maximum-paths 4", "no maximum-paths"),
            ("maximum-paths ibgp 4", "no maximum-paths ibgp 4"),
            ("distance bgp 21 201 202", "no distance bgp"),
            ("table-map M", "no table-map M"),
            ("neighbor G peer-group", "no neighbor G peer-group"),
        ],
    );
    made_and_taken_back(
        &["address-family ipv6"],
        &[("network 2001:db8::/32 route-map M", "no network 2001:db8::/32")],
    );
}

#[test]
fn caches_and_stations_can_be_made_and_taken_back() {
    made_and_taken_back(
        &["rpki"],
        &[
            ("rpki cache 10.0.0.9 3323 preference 1", "no rpki cache 10.0.0.9 3323 preference 1"),
            ("rpki cache tcp 2001:db8::9 3323 preference 2", "no rpki cache 2001:db8::9"),
            ("rpki polling_period 300", "no rpki polling_period"),
            ("rpki retry_interval 300", "no rpki retry_interval"),
            ("rpki expire_interval 600", "no rpki expire_interval"),
        ],
    );
    made_and_taken_back(&[], &[("bgp rpki server tcp 10.0.0.9 port 3323 refresh 60", "no rpki")]);
    made_and_taken_back(
        &["bmp targets T"],
        &[
            ("bmp connect 10.0.0.9 port 1790 min-retry 100 max-retry 200", "no bmp connect 10.0.0.9"),
            ("bmp monitor ipv4 unicast pre-policy", "no bmp monitor ipv4 unicast pre-policy"),
            ("bmp monitor ipv6 unicast post-policy", "no bmp monitor ipv6 unicast post-policy"),
            ("bmp stats interval 1000", "no bmp stats"),
        ],
    );
    assert!(bgp(&["bmp targets T", "no bmp targets T"]).bmp.is_empty());
    let twice = ["rpki", "rpki cache 10.0.0.9 1 preference 1", "rpki cache 10.0.0.9 2 preference 5"];
    assert_eq!(bgp(&twice).rpki.caches.len(), 1, "a cache is asked once");
}

#[test]
fn there_is_one_process_in_one_as() {
    assert_eq!(bgp(&[]), Config::new(65001));
    assert_eq!(bgp(&["router bgp"]).asn, 65001);
    assert_eq!(after(&["router bgp 1.10"]).bgp.unwrap().asn, 65546);
    assert!(refused(&["router bgp 65002"]).contains("AS 65001 already"));
    assert!(refused(&["no router bgp 65002"]).contains("65002"));
    assert_eq!(refusal(&["router bgp"]).message, "Incomplete command.");
    assert_eq!(after(&["router bgp 65001", "no router bgp 65001"]), after(&[]));
    assert!(refusal(&["router bgp 0"]).column.is_some());
}

#[test]
fn what_frr_writes_outside_of_the_process_waits_for_it() {
    for line in ["bgp no-rib", "rpki cache 10.0.0.9 3323 preference 1"] {
        let mut config = configs::Config::default();
        let mode = if line.starts_with("rpki") { Mode::Rpki } else { Mode::Config };
        let error = edit(&mut config, &mode, line).unwrap_err();
        assert!(error.message.contains("`router bgp AS` comes first"), "{error}");
        assert_eq!(config, configs::Config::default());
    }
    assert!(bgp(&["exit", "bgp no-rib"]).no_rib);
}

#[test]
fn modes_lead_in_and_out_of_families() {
    let mut config = after(&["router bgp 65001"]);
    let mut go = |mode: Mode, line: &str| edit(&mut config, &mode, line).unwrap();
    let v6 = go(Mode::Bgp, "address-family ipv6 unicast");
    assert_eq!(v6, Mode::BgpFamily(Family::Ipv6));
    assert_eq!(v6.prompt(), "(config-router-af)#");
    assert_eq!(go(v6.clone(), "exit-address-family"), Mode::Bgp);
    assert_eq!(go(v6.clone(), "exit"), Mode::Bgp);
    assert_eq!(go(v6.clone(), "address-family ipv4"), Mode::BgpFamily(Family::Ipv4));
    assert_eq!(go(v6.clone(), "neighbor 10.0.0.2 remote-as 1"), Mode::Bgp, "as FRR does");
    assert_eq!(go(v6.clone(), "neighbor 10.0.0.2 activate"), v6);
    assert_eq!(go(v6, "interface eth1"), Mode::Interface("eth1".into()));
    let family = &config.bgp.unwrap().neighbors[&PeerKey::Address([10, 0, 0, 2].into())].families;
    assert_eq!(family[&Family::Ipv6].activate, Some(true));
}

#[test]
fn a_neighbor_is_there_when_its_as_is_known() {
    assert!(refused(&["neighbor 10.0.0.2 description x"]).contains("needs a `remote-as`"));
    assert!(refused(&["neighbor G description x"]).contains("`neighbor G peer-group`"));
    assert!(refused(&["neighbor G remote-as 1"]).contains("`neighbor G peer-group`"));
    assert!(refused(&["neighbor 10.0.0.300 remote-as 1"]).contains("10.0.0.300"));
    assert!(refused(&["neighbor 10.0.0.2 peer-group G"]).contains("there is no peer group `G`"));
    let empty = ["neighbor G peer-group", "neighbor 10.0.0.2 peer-group G"];
    assert!(refused(&empty).contains("needs a `remote-as` first"));
    assert_eq!(refused(&["neighbor 10.0.0.2 peer-group"]), "Incomplete command.");
    assert_eq!(refused(&["neighbor 10.0.0.2 interface"]), "Incomplete command.");
    assert_eq!(neighbor(&[]).remote_as, Some(RemoteAs::Number(65002)));
}

#[test]
fn a_group_lends_its_as_and_takes_its_members_with_it() {
    let lines = ["neighbor G peer-group", "neighbor G remote-as 7", "neighbor 10.0.0.9 peer-group G"];
    let with = |more: &[&str]| bgp(&[&lines[..], more].concat());
    assert_eq!(with(&[]).neighbors.len(), 1);
    assert!(with(&["no neighbor 10.0.0.9 peer-group G"]).neighbors.is_empty());
    let own = with(&["neighbor 10.0.0.9 remote-as 7", "no neighbor 10.0.0.9 peer-group G"]);
    assert_eq!(own.neighbors.len(), 1, "it has an AS of its own");
    assert_eq!(with(&["no neighbor G peer-group"]), bgp(&[]));
    let range = with(&["bgp listen range 10.9.0.0/16 peer-group G"]);
    assert_eq!(range.listen.ranges.len(), 1);
    assert!(refused(&[&lines[..], &["no neighbor G"]].concat()).contains("no neighbor G peer-group"));
    let link = with(&["neighbor eth1 interface peer-group G", "neighbor eth1 description x"]);
    assert_eq!(link.neighbors[&PeerKey::Interface("eth1".into())].peer_group.as_deref(), Some("G"));
    assert!(refused(&[lines[0], "neighbor G interface"]).contains("is a peer group"));
    assert!(refused(&["neighbor eth1 interface", "neighbor eth1 peer-group"]).contains("is a neighbor"));
}

#[test]
fn a_flag_taken_back_overrides_that_of_the_group_only() {
    let group = ["neighbor G peer-group", "neighbor G remote-as 7", "neighbor 10.0.0.9 peer-group G"];
    let of = |more: &[&str]| {
        let mut bgp = bgp(&[&group[..], more].concat());
        bgp.neighbors.remove(&PeerKey::Address([10, 0, 0, 9].into())).unwrap()
    };
    assert_eq!(of(&["no neighbor 10.0.0.9 passive"]).passive, None);
    assert_eq!(of(&["neighbor G passive", "no neighbor 10.0.0.9 passive"]).passive, Some(false));
    assert_eq!(of(&["neighbor 10.0.0.9 enforce-first-as"]).enforce_first_as, None);
    let off = ["no neighbor G enforce-first-as", "neighbor 10.0.0.9 enforce-first-as"];
    assert_eq!(of(&off).enforce_first_as, Some(true));
    let communities = ["no neighbor G send-community large", "no neighbor 10.0.0.9 send-community extended"];
    assert_eq!(
        of(&communities).families[&Family::Ipv4].send_community,
        Some(SendCommunity { standard: true, extended: false, large: false })
    );
    assert!(of(&[communities[0], "no neighbor 10.0.0.9 send-community large"]).families.is_empty());
}

#[test]
fn neighbors_that_are_there_stay_active_when_the_default_changes() {
    let off = "no bgp default ipv4-unicast";
    assert_eq!(family(&[off]).activate, Some(true));
    assert_eq!(family(&[off, "bgp default ipv4-unicast"]).activate, None);
    let bgp = bgp(&[off, "neighbor 10.0.0.3 remote-as 1"]);
    assert!(bgp.neighbors.values().all(|n| n.families.is_empty()));
}

#[test]
fn arguments_are_read_as_frr_and_ios_mean_them() {
    assert_eq!(neighbor(&["neighbor 10.0.0.2 ebgp-multihop"]).ebgp_multihop, Some(255));
    assert_eq!(family(&["neighbor 10.0.0.2 allowas-in"]).allowas_in, Some(AllowAsIn::Times(3)));
    assert!(family(&["neighbor 10.0.0.2 next-hop-self all"]).next_hop_self.unwrap().force);
    let unchanged = family(&["neighbor 10.0.0.2 attribute-unchanged"]).attribute_unchanged.unwrap();
    assert!(unchanged.as_path && unchanged.next_hop && unchanged.med);
    let most = family(&["neighbor 10.0.0.2 maximum-prefix 9 80 warning-only"]).maximum_prefix.unwrap();
    assert_eq!((most.limit, most.threshold, most.warning_only), (9, Some(80), true));
    let rest = ["redistribute static metric 5 route-map M", "no redistribute static metric"];
    assert_eq!(bgp(&rest), bgp(&["redistribute static route-map M"]));
    assert!(refused(&["no neighbor 10.0.0.2 route-map M in"]).contains("10.0.0.2"));
    let wrong = ["neighbor 10.0.0.2 remote-as 1", "no neighbor 10.0.0.2 route-map M in"];
    assert!(refused(&wrong).contains("not set here"));
}

#[test]
fn a_prefix_is_of_the_family_of_its_mode() {
    assert!(refused(&["network 2001:db8::/32"]).contains("address-family ipv6"));
    assert!(refused(&["address-family ipv6", "network 10.0.0.0/8"]).contains("address-family ipv4"));
    assert!(refused(&["network 10.0.0.0 mask 255.0.255.0"]).contains("not a network mask"));
}

#[test]
fn a_family_is_forgotten_as_a_whole() {
    let lines = ["neighbor 10.0.0.2 remote-as 1", "address-family ipv6", "neighbor 10.0.0.2 activate"];
    let all = [&lines[..], &["network 2001:db8::/32", "exit", "no address-family ipv6"]].concat();
    assert_eq!(bgp(&all), bgp(&lines[..1]));
}

#[test]
fn lines_that_mean_nothing_here_are_accepted_and_what_would_matter_is_not() {
    let plain = bgp(&["neighbor 10.0.0.2 remote-as 1"]);
    let harmless = [
        "bgp suppress-duplicates",
        "no bgp suppress-duplicates",
        "bgp default show-hostname",
        "coalesce-time 1000",
        "neighbor 10.0.0.2 capability dynamic",
        "neighbor 10.0.0.2 version 4",
        "neighbor 10.0.0.2 transport path-mtu-discovery",
        "no auto-summary",
        "no synchronization",
    ];
    assert_eq!(bgp(&[&["neighbor 10.0.0.2 remote-as 1"][..], &harmless[..]].concat()), plain);
    for matters in [
        "no bgp client-to-client reflection",
        "neighbor 10.0.0.2 unsuppress-map M",
        "neighbor 10.0.0.2 advertise-map M exist-map N",
        "neighbor 10.0.0.2 bfd",
        "bgp dampening",
        "address-family vpnv4 unicast",
        "network 10.0.0.0/8 backdoor",
    ] {
        let lines = ["router bgp 65001", "neighbor 10.0.0.2 remote-as 1", matters];
        assert!(refusal(&lines).column.is_some(), "{matters}");
    }
}

#[test]
fn dumps_are_of_all_of_updates_or_of_the_table_each_into_files_of_its_own() {
    let lines = |lines: &[&str]| {
        let all = [&["router bgp 65001", "exit"], lines].concat();
        after(&all).bgp.unwrap().dump
    };
    let dump = |path: &str, interval, microseconds| Dump { path: path.to_owned(), interval, microseconds };
    let all =
        lines(&["dump bgp all-et /a 1h30m", "dump bgp updates /u.%H%M 15m", "dump bgp routes-mrt /r 300"]);
    assert_eq!(all[&DumpKind::All], dump("/a", Some(5_400), true));
    assert_eq!(all[&DumpKind::Updates], dump("/u.%H%M", Some(900), false));
    assert_eq!(all[&DumpKind::RoutesMrt], dump("/r", Some(300), false));
    // As in FRR, `all` and `all-et` are one dump in two forms.
    let again = lines(&["dump bgp all-et /a 60", "dump bgp all /b"]);
    assert_eq!(again[&DumpKind::All], dump("/b", None, false));
    assert_eq!(lines(&["dump bgp updates /u", "no dump bgp updates /u"]), BTreeMap::new());
    assert_eq!(lines(&["dump bgp updates /u", "no dump bgp updates"]), BTreeMap::new());
    for wrong in ["0", "2d", "m", "25h", "4294967296"] {
        let error = refusal(&["router bgp 65001", "exit", &format!("dump bgp updates /u {wrong}")]);
        assert!(error.to_string().contains("is no interval"), "{error}");
    }
}
