use crate::validate::tests::{errors, is_valid, warnings};

/// `router bgp 65001` and this.
fn bgp(rest: &str) -> String {
    format!("bgp: {{asn: 65001, {rest}}}")
}

/// One eBGP neighbor with this.
fn neighbor(rest: &str) -> String {
    bgp(&format!("neighbors: {{10.0.0.2: {{remote-as: 65002, {rest}}}}}"))
}

/// One iBGP neighbor with this.
fn internal(rest: &str) -> String {
    bgp(&format!("neighbors: {{10.0.0.2: {{remote-as: internal, {rest}}}}}"))
}

#[test]
fn an_as_is_never_0_and_a_reserved_one_is_hardly_meant() {
    assert_eq!(errors("bgp: {asn: 0}"), ["bgp.asn: found 0, expected 1-4294967295"]);
    assert!(is_valid("bgp: {asn: 4294967294}"));
    for reserved in ["23456", "65535", "4294967295"] {
        assert_eq!(warnings(&format!("bgp: {{asn: {reserved}}}")).len(), 1, "{reserved}");
    }
    assert_eq!(
        errors(&bgp("neighbors: {10.0.0.2: {remote-as: 0}}")),
        ["bgp.neighbors.\"10.0.0.2\".remote-as: found 0, expected 1-4294967295"]
    );
}

#[test]
fn numbers_of_the_process_are_in_their_ranges() {
    assert_eq!(errors(&bgp("router-id: 0.0.0.0, cluster-id: 0.0.0.0")).len(), 2);
    assert_eq!(
        errors(&bgp("timers: {keepalive: 1, hold: 2}")),
        ["bgp.timers.hold: found 2, expected 0, 3-65535"]
    );
    assert!(is_valid(&bgp("timers: {keepalive: 1, hold: 0}")));
    assert_eq!(
        warnings(&bgp("timers: {keepalive: 60, hold: 90}")),
        ["bgp.timers.keepalive: warning: is cut to 30, a third of the hold time"]
    );
    let restart = "graceful-restart: {restart-time: 4096, stalepath-time: 0, select-defer-time: 3601}";
    assert_eq!(errors(&bgp(restart)).len(), 3);
    assert_eq!(errors(&bgp("listen: {limit: 0}")), ["bgp.listen.limit: found 0, expected 1-65535"]);
    assert_eq!(errors(&bgp("shutdown: {message: ''}")).len(), 1);
    let long = format!("shutdown: {{message: {}}}", "x".repeat(256));
    assert_eq!(errors(&bgp(&long)).len(), 1, "RFC 9003");
}

#[test]
fn a_confederation_lists_the_other_members() {
    assert!(is_valid(&bgp("confederation: {identifier: 100, peers: [65002, 65003]}")));
    assert_eq!(
        errors(&bgp("confederation: {identifier: 0, peers: [65001]}")),
        [
            "bgp.confederation.identifier: found 0, expected 1-4294967295",
            "bgp.confederation.peers: 65001 is the router's own member AS: only the others are listed",
        ]
    );
    assert_eq!(warnings(&bgp("confederation: {identifier: 100, peers: [100]}")).len(), 1);
}

#[test]
fn a_neighbor_has_an_as_of_its_own_or_of_its_group() {
    let group = "peer-groups: {CORE: {remote-as: internal}, LEAF: {}}, neighbors: ";
    assert!(is_valid(&bgp(&format!("{group}{{10.0.0.2: {{peer-group: CORE}}}}"))));
    assert!(is_valid(&bgp(&format!("{group}{{10.0.0.2: {{peer-group: LEAF, remote-as: 7}}}}"))));
    for bad in ["{10.0.0.2: {peer-group: LEAF}}", "{10.0.0.2: {}}"] {
        assert_eq!(
            errors(&bgp(&format!("{group}{bad}"))),
            ["bgp.neighbors.\"10.0.0.2\": has no `remote-as`, neither here nor in a peer group"],
            "{bad}"
        );
    }
    let link = bgp("neighbors: {eth1: {remote-as: external}}");
    assert_eq!(warnings(&link), [""; 0], "who it is, is found out");
    let host = warnings(&format!("forwarding: {{ipv6: false}}\n{link}"));
    assert!(host.iter().any(|w| w.starts_with("forwarding.ipv6: ")), "{host:?}");
    let warned = warnings(&bgp("neighbors: {eth1: {}}"));
    assert!(warned.iter().any(|w| w.contains("has no `remote-as`")), "as FRR takes it: {warned:?}");
}

#[test]
fn a_missing_peer_group_is_an_error_that_names_the_nearest() {
    assert_eq!(
        errors(&bgp("peer-groups: {CORE: {}}, neighbors: {10.0.0.2: {peer-group: CORR}}")),
        ["bgp.neighbors.\"10.0.0.2\".peer-group: there is no peer group `CORR`; did you mean `CORE`?"]
    );
    assert_eq!(errors(&bgp("listen: {ranges: {10.0.0.0/8: X}}")).len(), 1);
    assert_eq!(
        errors(&bgp("peer-groups: {X: {}}, listen: {ranges: {10.0.0.0/8: X}}")),
        ["bgp.listen.ranges.\"10.0.0.0/8\": peer group `X` has no `remote-as`: nobody could be its member"]
    );
    assert_eq!(errors(&bgp("peer-groups: {A: {}, B: {peer-group: A}}")).len(), 1);
    assert_eq!(errors(&bgp("peer-groups: {10.0.0.1: {}}")).len(), 1);
}

#[test]
fn a_neighbor_is_an_address_or_an_interface_and_no_group() {
    for bad in ["224.0.0.1", "0.0.0.0", "'ff02::1'"] {
        assert_eq!(errors(&bgp(&format!("neighbors: {{{bad}: {{remote-as: 1}}}}"))).len(), 1, "{bad}");
    }
    assert_eq!(errors(&bgp("neighbors: {'a b': {remote-as: 1}}")).len(), 1);
    let both = "peer-groups: {eth1: {}}, neighbors: {eth1: {remote-as: 1}}";
    assert!(errors(&bgp(both))[0].contains("is a peer group as well"));
    assert_eq!(warnings(&bgp("neighbors: {'fe80::1': {remote-as: 1}}")).len(), 1);
    assert_eq!(warnings(&bgp("neighbors: {'fe80::1': {remote-as: 1, interface: eth1}}")).len(), 0);
    assert_eq!(errors(&bgp("neighbors: {eth1: {remote-as: 1, interface: eth1}}")).len(), 1);
}

#[test]
fn numbers_of_a_neighbor_are_in_their_ranges() {
    for (bad, expected) in [
        ("port: 0", "port: found 0, expected 1-65535"),
        ("connect-retry: 0", "connect-retry: found 0, expected 1-65535"),
        ("delay-open: 241", "delay-open: found 241, expected 1-240"),
        ("advertisement-interval: 601", "advertisement-interval: found 601, expected 0-600"),
        ("ebgp-multihop: 0", "ebgp-multihop: found 0, expected 1-255"),
        ("ttl-security-hops: 255", "ttl-security-hops: found 255, expected 1-254"),
    ] {
        assert_eq!(errors(&neighbor(bad)), [format!("bgp.neighbors.\"10.0.0.2\".{expected}")]);
    }
    assert!(is_valid(&neighbor(&format!("password: {}", "x".repeat(80)))));
    let long = errors(&neighbor(&format!("password: {}", "x".repeat(81))));
    assert!(!long[0].contains("xx"), "a key is not shown: {}", long[0]);
    assert_eq!(errors(&neighbor("update-source: '2001:db8::1'")).len(), 1);
    assert!(is_valid(&neighbor("update-source: lo")));
}

#[test]
fn what_excludes_each_other_is_told_across_the_group_as_well() {
    let both = "ebgp-multihop: 2, ttl-security-hops: 2";
    assert!(errors(&neighbor(both))[0].contains("exclude each other"));
    let split = "peer-groups: {G: {remote-as: 1, ebgp-multihop: 2}}, \
                 neighbors: {10.0.0.2: {peer-group: G, ttl-security-hops: 2}}";
    assert_eq!(errors(&bgp(split)).len(), 1);
    for bad in [
        "dont-capability-negotiate: true, strict-capability-match: true",
        "families: {ipv4-unicast: {prefix-list-in: P, distribute-list-in: A}}",
        "families: {ipv4-unicast: {maximum-prefix: {limit: 5, restart: 5, warning-only: true}}}",
    ] {
        assert_eq!(errors(&neighbor(bad)).len(), 1, "{bad}");
    }
}

#[test]
fn what_is_for_one_kind_of_session_is_refused_on_the_other() {
    let family = |of: fn(&str) -> String, rest: &str| of(&format!("families: {{ipv4-unicast: {{{rest}}}}}"));
    let refused = |text: String| errors(&text).len();
    assert_eq!(refused(family(neighbor, "route-reflector-client: true")), 1);
    assert_eq!(refused(family(internal, "route-reflector-client: true")), 0);
    assert_eq!(refused(family(internal, "as-override: true")), 1);
    assert_eq!(refused(family(internal, "remove-private-as: {all: true}")), 1);
    assert_eq!(refused(neighbor("role: {role: customer}")), 0);
    assert_eq!(refused(internal("role: {role: customer}")), 1);
    let confed = "confederation: {identifier: 1, peers: [65002]}, \
                  neighbors: {10.0.0.2: {remote-as: 65002, role: {role: peer}}}";
    assert_eq!(refused(bgp(confed)), 1, "a session inside the confederation is not external");
}

#[test]
fn a_local_as_is_another_and_for_ebgp() {
    assert!(is_valid(&neighbor("local-as: {asn: 7, no-prepend: true, replace-as: true}")));
    for (bad, why) in [
        ("local-as: {asn: 65001}", "the router's own AS already"),
        ("local-as: {asn: 65002}", "the AS of the neighbor"),
        ("local-as: {asn: 7, replace-as: true}", "`no-prepend` beside it"),
    ] {
        let found = errors(&neighbor(bad));
        assert!(found.len() == 1 && found[0].contains(why), "{found:?}");
    }
    assert_eq!(errors(&internal("local-as: {asn: 7}")).len(), 1);
}

#[test]
fn a_prefix_belongs_into_its_family() {
    let text = "families: {ipv4-unicast: {networks: {'2001:db8::/32': {}}}, \
                ipv6-unicast: {aggregates: {10.0.0.0/8: {}}}}";
    assert_eq!(
        errors(&bgp(text)),
        [
            "bgp.families.ipv4-unicast.networks.\"2001:db8::/32\": found `2001:db8::/32`, expected an IPv4 prefix",
            "bgp.families.ipv6-unicast.aggregates.\"10.0.0.0/8\": found `10.0.0.0/8`, expected an IPv6 prefix",
        ]
    );
    assert_eq!(errors(&bgp("families: {ipv4-unicast: {redistribute: {bgp: {}}}}")).len(), 1);
    assert_eq!(warnings(&bgp("families: {ipv6-unicast: {redistribute: {rip: {}}}}")).len(), 1);
    let numbers = "maximum-paths: 0, maximum-paths-ibgp: 65, distance: {external: 0, internal: 1, local: 1}";
    assert_eq!(errors(&bgp(&format!("families: {{ipv4-unicast: {{{numbers}}}}}"))).len(), 3);
}

#[test]
fn maps_and_lists_that_are_not_there_are_warnings() {
    let families = "families: {ipv4-unicast: {route-map-in: A, route-map-out: B, prefix-list-in: C, \
                    distribute-list-out: D, default-originate: {route-map: E}, filter-list-in: F}}";
    assert_eq!(warnings(&neighbor(families)).len(), 6);
    assert!(is_valid(&neighbor(families)));
    let own = "families: {ipv4-unicast: {networks: {10.0.0.0/8: {route-map: A}}, redistribute: {rip: {route-map: B}}, \
               aggregates: {10.0.0.0/8: {route-map: C, suppress-map: D}}, table-map: E}}";
    assert_eq!(warnings(&bgp(own)).len(), 5);
}

#[test]
fn caches_and_stations_are_hosts() {
    assert!(is_valid(&bgp("rpki: {caches: {1: {address: 10.0.0.9, port: 3323}}, refresh: 300}")));
    let bad = "rpki: {caches: {0: {address: 224.0.0.1, port: 0}}, refresh: 0, retry: 7201, expire: 599}";
    assert_eq!(errors(&bgp(bad)).len(), 6);
    assert_eq!(errors(&bgp("bmp: {T: {connect: {address: 0.0.0.0, port: 1}, stats-interval: 99}}")).len(), 2);
    assert_eq!(warnings(&bgp("bmp: {T: {}}")).len(), 1);
}
