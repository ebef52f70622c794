//! What readers of error messages see, and what must hold for every text.

use super::*;
use crate::arbitrary;
use proptest::prelude::*;

/// `line:column: message` of every error, without excerpts.
fn errors(text: &str) -> Vec<String> {
    let errors = parse(text, "r1.yaml").expect_err(text);
    let lines = errors.to_string();
    let lines = lines.lines().filter_map(|line| line.strip_prefix("r1.yaml:"));
    lines.map(str::to_owned).collect()
}

#[test]
fn an_error_shows_file_line_column_suggestion_and_the_line_itself() {
    let text = "hostname: r1\ninterfaces:\n  eth1:\n    adresses: [10.0.0.1/24]\n";
    assert_eq!(
        parse(text, "r1.yaml").unwrap_err().to_string(),
        "r1.yaml:4:5: unknown key `adresses` in interfaces.eth1; did you mean `addresses`? accepted: description, \
         addresses, mtu, bandwidth, shutdown, rp-filter, proxy-arp, redirects, no-unreachables, arp-timeout, \
         router-advertisements, ra-interval, ra-lifetime, neighbors, tap\n    \
         4 |     adresses: [10.0.0.1/24]\n      |     ^^^^^^^^"
    );
}

#[test]
fn all_errors_come_at_once_in_the_order_of_the_file() {
    let text = "\
hostname: r 1
interfaces:
  eth1:
    addresses: [10.0.0.0/24, 10.0.0.300/24]
    mtu: abc
    rp-filter: strikt
    shutdown: yes
routes:
  - prefix: 10.0.0.0/33
    via: 10.0.0.2
  - via: 10.0.0.2
  - prefix: 10.0.0.0/8
    via: 10.0.0
    distance: 0
rip:
  timers: {update: 70000}
  redistribute: {conected: {}}
  bogus: 1
";
    assert_eq!(
        errors(text),
        [
            "1:11: hostname: `r 1` is not a host name, expected 1 to 63 letters, digits, `-`, `_` and `.`",
            "4:17: interfaces.eth1.addresses[0]: `10.0.0.0/24` is the network's own address, \
             expected the address of a host with its prefix length: 10.0.0.1/24",
            "4:30: interfaces.eth1.addresses[1]: `10.0.0.300/24` is not a prefix: \
             expected A.B.C.D/0-32 or X:X::X:X/0-128",
            "5:10: interfaces.eth1.mtu: found `abc`, expected 68-65535",
            "6:16: interfaces.eth1.rp-filter: found `strikt`; did you mean `strict`? accepted: off, strict, loose",
            "7:15: interfaces.eth1.shutdown: found `yes`, expected true or false",
            "9:13: routes[0].prefix: prefix length of `10.0.0.0/33` is out of range: 0-32 for IPv4, 0-128 for IPv6",
            "11:5: key `prefix` is missing in routes[1]",
            "13:10: routes[2].via: found `10.0.0`, expected an IP address: 10.0.0.1 or 2001:db8::1",
            "14:15: routes[2].distance: found 0, expected 1-255",
            "16:20: rip.timers.update: found `70000`, expected 1-65535",
            "17:18: unknown key `conected` in rip.redistribute; did you mean `connected`? \
             accepted: connected, static, bgp, ospf, rip",
            "18:3: unknown key `bogus` in rip, expected version, networks, network-interfaces, neighbors, \
             passive-default, passive-interfaces, default-information-originate, default-metric, distance, distances, \
             distribute-lists, offset-lists, route-maps, redistribute, routes, timers, maximum-paths, infinity, \
             triggered-updates, interfaces",
        ]
    );
}

#[test]
fn a_number_that_is_none_is_told_its_documented_range() {
    for (text, accepted) in [
        ("forwarding: {icmp-rate: x}", "0-1000000"),
        ("forwarding: {icmp-burst: -1}", "1-1000000"),
        ("logging: {buffered: 1.5}", "0-100000"),
        ("rip: {default-metric: 256}", "1-16"),
        ("rip: {maximum-paths: [1]}", "0-64"),
        ("rip: {timers: {holddown: x}}", "a number 0-65535"),
        ("rules: [{priority: '10', table: 1}]", "1-32765"),
        ("interfaces: {e: {mtu: }}", "68-65535"),
    ] {
        let found = errors(text);
        assert_eq!(found.len(), 1, "{text}: {found:?}");
        assert!(found[0].ends_with(&format!(", expected {accepted}")), "{}", found[0]);
    }
}

#[test]
fn a_value_of_the_wrong_kind_is_named_in_plain_words() {
    for (text, message) in [
        ("interfaces: 5", "interfaces: found `5`, expected a section of names"),
        ("interfaces: {e: []}", "interfaces.e: found a list, expected a section of keys"),
        ("routes: {a: 1}", "routes: found a section, expected a list"),
        ("hostname: [a]", "hostname: found a list, expected text"),
        ("hostname:", "hostname: found nothing, expected text"),
        ("- a", "found a list, expected a section of keys"),
        ("just words", "found `just words`, expected a section of keys"),
        ("rip: {networks: 10.0.0.0/8}", "rip.networks: found `10.0.0.0/8`, expected a list"),
        (
            "interfaces: {e: {neighbors: {10.0.0: x}}}",
            "a key in interfaces.e.neighbors is no address, expected an IP address: 10.0.0.1 or 2001:db8::1",
        ),
    ] {
        let found = errors(text);
        assert_eq!(found.len(), 1, "{text}: {found:?}");
        assert!(found[0].ends_with(message), "{}", found[0]);
    }
}

#[test]
fn errors_of_form_and_of_content_come_together() {
    let text = "hostname: a\nhostname: b\nforwarding: &f {ipv4: maybe}\nlogging: {buffered: 100001}\n";
    let found = errors(text);
    assert_eq!(found.len(), 4, "{found:#?}");
    assert!(found[0].starts_with("2:1: key `hostname` is here a second time"));
    assert!(found[1].starts_with("3:13: found an anchor"), "{}", found[1]);
    assert!(found[2].starts_with("3:23: forwarding.ipv4: found `maybe`"), "{}", found[2]);
    assert!(found[3].starts_with("4:21: logging.buffered: found 100001"), "{}", found[3]);
}

#[test]
fn a_mended_part_causes_no_errors_of_its_own() {
    // Without `via` the route would lead nowhere, without `key-string` the chain would lack a key.
    let text =
        "routes: [{prefix: 10.0.0.0/8, via: x}]\npolicy: {key-chains: {K: [{id: 1, key-string: [x]}]}}\n";
    assert_eq!(errors(text).len(), 2, "{:#?}", errors(text));
}

#[test]
fn a_section_with_nothing_under_it_is_empty_and_rip_is_enabled() {
    let config = parse("hostname: r1\ninterfaces:\n  eth1:\n  eth2:\nroutes:\nrip:\n", "r1.yaml").unwrap();
    assert_eq!(config.interfaces.len(), 2);
    assert_eq!(config.rip, Some(rip::config::Config::default()));
    assert_eq!(parse("", "r1.yaml").unwrap(), Config::default());
    assert_eq!(parse("# nothing yet\n", "r1.yaml").unwrap(), Config::default());
}

#[test]
fn numbers_are_text_where_text_is_wanted() {
    let text = "policy: {access-lists: {10: [{seq: 5, action: permit}]}, \
                route-maps: {M: [{seq: 1, action: permit, match: {address: 10}, set: {metric: 5}}]}}\n\
                rip: {interfaces: {eth1: {receive-version: 2, send-version: 1 2, \
                authentication: {mode: md5, key-string: 0123}}}}\n";
    let config = parse(text, "r1.yaml").unwrap();
    assert_eq!(config.policy.route_maps["M"][0].matches.address.as_deref(), Some("10"));
    let eth1 = &config.rip.as_ref().unwrap().interfaces["eth1"];
    assert_eq!(eth1.receive_version, Some(rip::config::Versions::V2));
    assert_eq!(eth1.authentication.as_ref().unwrap().key_string.as_deref(), Some("0123"));
}

#[test]
fn a_signed_metric_is_a_change() {
    use policy::config::SetMetric;
    for (text, metric) in [
        ("+5", SetMetric::Add(5)),
        ("-5", SetMetric::Subtract(5)),
        ("'+5'", SetMetric::Add(5)),
        ("5", SetMetric::To(5)),
    ] {
        let text =
            format!("policy: {{route-maps: {{M: [{{seq: 1, action: permit, set: {{metric: {text}}}}}]}}}}");
        let config = parse(&text, "r1.yaml").unwrap();
        assert_eq!(config.policy.route_maps["M"][0].set.metric, Some(metric), "{text}");
    }
    let bad = "policy: {route-maps: {M: [{seq: 1, action: permit, set: {metric: much}}]}}";
    assert!(errors(bad)[0].contains("`much` is not a metric: expected N, +N or -N"), "{:?}", errors(bad));
}

#[test]
fn numbers_are_keys_where_numbers_are_wanted() {
    // The second key without a value makes the patient reader read it.
    let text = "ospf: {areas: {7: {type: stub}}, interfaces: {eth1: {message-digest-keys: {3: x}}}}\n";
    let quick = parse(text, "a").unwrap();
    assert_eq!(parse(&format!("{text}rip:\n"), "b").unwrap().ospf, quick.ospf);
    let ospf = quick.ospf.unwrap();
    assert_eq!(ospf.interfaces["eth1"].message_digest_keys[&3], "x");
    assert_eq!(ospf.areas.keys().next().map(ToString::to_string).as_deref(), Some("0.0.0.7"));
    let many = parse("ospf: {interfaces: {eth1: {message-digest-keys: {300: x}}}}\n", "c").unwrap_err();
    assert!(many.to_string().contains("0-255"), "{many}");
}

#[test]
fn a_problem_of_an_area_written_as_a_number_is_shown_where_it_is() {
    let errors = parse("ospf:\n  areas:\n    0:\n      type: stub\n", "r1.yaml").unwrap_err();
    assert!(errors.to_string().starts_with("r1.yaml:4:13: "), "{errors}");
}

#[test]
fn enums_with_a_value_are_maps_of_one_key() {
    let text = "policy: {route-maps: {M: [{seq: 10, action: permit, on-match: {goto: 20}}]}}\n\
                rip: {distribute-lists: [{list: {prefix-list: P}, direction: in}]}\n";
    let checked = check(text, "r1.yaml").unwrap();
    assert!(print(&checked.config).contains("on-match:\n        goto: 20\n"), "{}", print(&checked.config));
    assert_eq!(checked.warnings.all.len(), 1, "P is not defined");
    assert_eq!(
        errors("rip: {distribute-lists: [{list: {prefixlist: P}, direction: in}]}"),
        ["1:34: unknown key `prefixlist` in rip.distribute-lists[0].list; did you mean `prefix-list`? \
          accepted: access-list, prefix-list"]
    );
}

#[test]
fn warnings_do_not_refuse_and_have_a_place() {
    let text = "rip:\n  redistribute:\n    static:\n      route-map: M\n";
    let checked = check(text, "r1.yaml").unwrap();
    assert_eq!(
        checked.warnings.to_string(),
        "r1.yaml:4:18: warning: rip.redistribute.static.route-map: route map `M` is not defined\n    \
         4 |       route-map: M\n      |                  ^"
    );
}

#[test]
fn windows_line_ends_and_a_byte_order_mark_are_taken() {
    let config = parse("\u{feff}hostname: r1\r\ninterfaces:\r\n  eth1: {mtu: 1400}\r\n", "r1.yaml").unwrap();
    assert_eq!(config.hostname, "r1");
    assert_eq!(config.interfaces["eth1"].mtu, Some(1400));
}

#[test]
fn aliases_cannot_blow_up() {
    let mut text = "a0: &a0 [x,x,x,x,x,x,x,x,x]\n".to_owned();
    for n in 1..12 {
        let alias = format!("*a{}", n - 1);
        text += &format!("a{n}: &a{n} [{}]\n", vec![alias; 9].join(","));
    }
    let found = errors(&text);
    assert!(found.iter().any(|e| e.contains("found an alias")), "{found:#?}");
}

#[test]
fn a_file_of_nothing_but_faults_is_answered_soon_and_shortly() {
    let text = "routes:\n".to_owned() + &"  - prefix: nowhere\n".repeat(50_000);
    let errors = parse(&text, "r1.yaml").unwrap_err();
    assert!((50..=100).contains(&errors.all.len()) && errors.more, "{}", errors.all.len());
    assert!(errors.to_string().ends_with("\nr1.yaml: there is more; these first"));
    // Faults of form, and of content: the same address again and again, on one long line.
    for text in [
        format!("{{{}}}", "a,".repeat(100_000)),
        format!("rip: {{networks: [{}]}}", "10.0.0.0/8,".repeat(50_000)),
        format!("interfaces: {{e: {{addresses: [{}]}}}}", "10.0.0.1/8,".repeat(50_000)),
    ] {
        let errors = parse(&text, "r1.yaml").unwrap_err();
        assert!(errors.all.len() == 100 && errors.more, "{}", errors.all.len());
    }
    let text = "x: [".to_owned() + &"a,".repeat(200_000) + "]";
    assert_eq!(parse(&text, "r1.yaml").unwrap_err().all.len(), 1);
}

#[test]
fn a_file_that_is_too_large_is_not_read() {
    let text = "#".repeat(MAX_SIZE + 1);
    assert!(parse(&text, "big.yaml").unwrap_err().to_string().starts_with("big.yaml: the file has"));
}

#[test]
fn a_file_that_is_not_there_says_so() {
    let error = load("/nonexistent/r1.yaml").unwrap_err().to_string();
    assert!(error.starts_with("/nonexistent/r1.yaml: cannot be read: "), "{error}");
}

/// What both readers take, they take alike.
fn readers_agree(text: &str) -> Result<(), TestCaseError> {
    let (Some(mut tree), faults) = Tree::parse(text) else { return Ok(()) };
    if !faults.all.is_empty() || tree.wants_patience() {
        return Ok(());
    }
    let Ok(ours) = faults::read(&mut tree, faults) else {
        prop_assert!(with_serde_yaml(text).is_err(), "serde_yaml alone takes {}", text);
        return Ok(());
    };
    // Ours takes more on purpose: numbers as words, newer YAML.
    if let Ok(theirs) = with_serde_yaml(text) {
        prop_assert_eq!(ours, theirs);
    }
    Ok(())
}

proptest! {
    #[test]
    fn what_is_printed_is_read_back_equal(config in arbitrary::config()) {
        let text = print(&config);
        prop_assert!(with_serde_yaml(&text).is_ok(), "{}", text);
        prop_assert_eq!(parse(&text, "r1.yaml").map_err(|e| TestCaseError::fail(e.to_string()))?, config);
        readers_agree(&text)?;
    }

    #[test]
    fn a_mutated_file_is_read_or_refused_with_a_reason(
        config in arbitrary::config(),
        mutations in proptest::collection::vec(mutation(), 1..8),
    ) {
        let mut text: Vec<char> = print(&config).chars().collect();
        for mutation in mutations {
            mutation.apply(&mut text);
        }
        let text: String = text.into_iter().collect();
        match check(&text, "r1.yaml") {
            Ok(checked) => prop_assert_eq!(parse(&print(&checked.config), "r1.yaml").unwrap(), checked.config),
            Err(errors) => {
                prop_assert!(!errors.is_empty());
                let lines = text.lines().count() + 1;
                prop_assert!(errors.all.iter().all(|e| e.position.is_none_or(|p| (1..=lines).contains(&p.line))));
            }
        }
        readers_agree(&text)?;
    }

    #[test]
    fn any_text_is_read_or_refused(text in "[ -~\n\t:#&*!|>'\"{}\\[\\]é-]{0,200}") {
        let _ = check(&text, "r1.yaml");
        readers_agree(&text)?;
    }
}

/// A change to a text, its places as shares of 65536.
#[derive(Clone, Debug)]
enum Mutation {
    Delete(u16, usize),
    Insert(u16, &'static str),
    Copy(u16, u16, usize),
}

fn mutation() -> impl Strategy<Value = Mutation> {
    let pieces = vec![
        "\t",
        "\n",
        " ",
        ":",
        "- ",
        "#",
        "&a ",
        "*a ",
        "!!int ",
        "---\n",
        "{",
        "}",
        "[",
        "]",
        "'",
        "\"",
        "|",
        ">",
        "?",
        "null",
        "~",
        "0",
        "-1",
        "+1",
        "99999999999999999999",
        "0x1",
        "1e9",
        "true",
        "\u{0}",
        "\u{feff}",
        "é",
        "%",
        ",",
    ];
    prop_oneof![
        (any::<u16>(), 1usize..20).prop_map(|(at, n)| Mutation::Delete(at, n)),
        (any::<u16>(), proptest::sample::select(pieces)).prop_map(|(at, piece)| Mutation::Insert(at, piece)),
        (any::<u16>(), any::<u16>(), 1usize..80).prop_map(|(from, to, n)| Mutation::Copy(from, to, n)),
    ]
}

impl Mutation {
    fn apply(&self, text: &mut Vec<char>) {
        let length = text.len();
        let place = |share: u16| usize::from(share) * length / 65536;
        match *self {
            Mutation::Delete(at, n) => {
                text.drain(place(at)..(place(at) + n).min(length));
            }
            Mutation::Insert(at, piece) => {
                text.splice(place(at)..place(at), piece.chars());
            }
            Mutation::Copy(from, to, n) => {
                let part = text[place(from)..(place(from) + n).min(length)].to_vec();
                text.splice(place(to)..place(to), part);
            }
        }
    }
}
