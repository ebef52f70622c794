//! `ip route`, `ipv6 route`, `ip rule`.

use super::interface::mask_len;
use super::{Edit, Run, line, push_new};
use crate::grammar::{Args, Modes, Row};
use configs::config::{Discard, Rule, StaticRoute};
use core::net::IpAddr;
use fib::{Prefix, TableId};

const ROUTE_HELP: &[(&str, &str)] = &[
    ("route", "A static route"),
    ("net", "The destination's network"),
    ("mask", "Its network mask"),
    ("gateway", "The next hop"),
    ("IFNAME", "The outgoing interface"),
    ("Null0", "Drop in silence"),
    ("blackhole", "Drop in silence"),
    ("reject", "Drop and answer ICMP host unreachable"),
    ("prohibit", "Drop and answer ICMP administratively prohibited"),
    ("distance", "Administrative distance; a higher one floats"),
    ("tag", "Route tag"),
    ("name", "A name for the reader"),
    ("weight", "Share of the traffic among equal routes"),
    ("onlink", "The next hop is on the link whatever the interface's addresses say"),
    ("table", "Another table than main"),
];

const RULE_HELP: &[(&str, &str)] = &[
    ("rule", "Which table is asked for which packets"),
    ("priority", "Lower is asked first"),
    ("from", "Packets from this network"),
    ("to", "Packets to this network"),
    ("iif", "Packets that came in here"),
    ("tos", "Packets with this type of service"),
    ("table", "Ask this table"),
    ("lookup", "Ask this table"),
    ("blackhole", "Drop in silence"),
    ("unreachable", "Drop and answer ICMP host unreachable"),
    ("prohibit", "Drop and answer ICMP administratively prohibited"),
];

pub(super) const ROWS: &[Row<Run>] = &[
    line(
        "ip route <A.B.C.D/M$prefix|A.B.C.D$net A.B.C.D$mask> \
         <A.B.C.D$gateway [IFNAME]|IFNAME [A.B.C.D$gateway]|Null0|blackhole|reject|prohibit> \
         {<1-255>$distance|tag <0-4294967295>$tag|name NAME|weight <1-255>$weight|onlink|table <1-252>$table}",
        "ip route <A.B.C.D/M$prefix|A.B.C.D$net A.B.C.D$mask> \
         [<A.B.C.D$gateway [IFNAME]|IFNAME [A.B.C.D$gateway]|Null0|blackhole|reject|prohibit>] \
         {<1-255>$distance|tag <0-4294967295>$tag|name NAME|weight <1-255>$weight|onlink|table <1-252>$table}",
        Modes::CONFIG,
        "A static route; several to one network share its traffic. `no` removes those that match all that is given",
        route,
    )
    .help(ROUTE_HELP),
    line(
        "ipv6 route X:X::X:X/M$prefix \
         <X:X::X:X$gateway [IFNAME]|IFNAME [X:X::X:X$gateway]|Null0|blackhole|reject|prohibit> \
         {<1-255>$distance|tag <0-4294967295>$tag|name NAME|weight <1-255>$weight|onlink|table <1-252>$table}",
        "ipv6 route X:X::X:X/M$prefix \
         [<X:X::X:X$gateway [IFNAME]|IFNAME [X:X::X:X$gateway]|Null0|blackhole|reject|prohibit>] \
         {<1-255>$distance|tag <0-4294967295>$tag|name NAME|weight <1-255>$weight|onlink|table <1-252>$table}",
        Modes::CONFIG,
        "An IPv6 static route",
        route,
    )
    .help(ROUTE_HELP),
    line(
        "ip rule <1-32765>$priority {from A.B.C.D/M$from|to A.B.C.D/M$to|iif IFNAME|tos <0-255>$tos} \
         <<table|lookup> <main|local|<1-4294967295>$table>|blackhole|unreachable|prohibit>",
        "ip rule <1-32765>$priority {from A.B.C.D/M$from|to A.B.C.D/M$to|iif IFNAME|tos <0-255>$tos} \
         [<table|lookup> <main|local|<1-4294967295>$table>|blackhole|unreachable|prohibit]",
        Modes::CONFIG,
        "Which table is asked for which packets; the rules for local (0) and main (32766) are always there",
        rule,
    )
    .help(RULE_HELP),
    line(
        "ipv6 rule <1-32765>$priority {from X:X::X:X/M$from|to X:X::X:X/M$to|iif IFNAME|tos <0-255>$tos} \
         <<table|lookup> <main|local|<1-4294967295>$table>|blackhole|unreachable|prohibit>",
        "ipv6 rule <1-32765>$priority {from X:X::X:X/M$from|to X:X::X:X/M$to|iif IFNAME|tos <0-255>$tos} \
         [<table|lookup> <main|local|<1-4294967295>$table>|blackhole|unreachable|prohibit]",
        Modes::CONFIG,
        "The same for IPv6",
        rule,
    )
    .help(RULE_HELP),
];

fn route(edit: &mut Edit<'_>, args: &Args) -> Result<(), String> {
    let prefix = match (args.get::<Prefix>("prefix"), args.get("net"), args.get("mask")) {
        (Some(prefix), ..) => prefix,
        (None, Some(net), Some(mask)) => Prefix::new(IpAddr::V4(net), mask_len(mask)?),
        _ => return Err("the destination is missing".to_owned()),
    };
    let via = args.get::<IpAddr>("gateway");
    let interface = args.text("IFNAME").map(str::to_owned);
    let kind = match () {
        () if args.has("Null0") || args.has("blackhole") => Some(Discard::Blackhole),
        () if args.has("reject") => Some(Discard::Unreachable),
        () if args.has("prohibit") => Some(Discard::Prohibit),
        () => None,
    };
    let table = args.get("table").map(TableId);
    if args.no() {
        let (distance, tag) = (args.get::<u8>("distance"), args.get::<u32>("tag"));
        let (name, weight) = (args.text("NAME"), args.get::<u8>("weight"));
        let target = via.is_some() || interface.is_some() || kind.is_some();
        let matches = |r: &StaticRoute| {
            r.prefix == prefix
                && r.table == table
                && (!target || (r.via == via && r.interface == interface && r.kind == kind))
                && distance.is_none_or(|d| r.distance == d)
                && tag.is_none_or(|t| r.tag == t)
                && name.is_none_or(|n| r.name.as_deref() == Some(n))
                && weight.is_none_or(|w| r.weight == w)
                && (!args.has("onlink") || r.onlink)
        };
        let before = edit.config.routes.len();
        edit.config.routes.retain(|r| !matches(r));
        let gone = edit.config.routes.len() < before;
        return if gone { Ok(()) } else { Err(format!("no such static route to {prefix}")) };
    }
    let onlink = args.has("onlink");
    if onlink && (via.is_none() || interface.is_none()) {
        return Err("onlink needs a next hop and an interface".to_owned());
    }
    if interface.is_none() && via.is_some_and(|v| is_link_local(&v)) {
        return Err("a link-local next hop needs an interface".to_owned());
    }
    let new = StaticRoute {
        prefix,
        via,
        interface,
        kind,
        distance: args.get("distance").unwrap_or(1),
        tag: args.get("tag").unwrap_or(0),
        name: args.text("NAME").map(str::to_owned),
        weight: args.get("weight").unwrap_or(1),
        onlink,
        table,
    };
    // The same way at the same distance is the same route told anew.
    let same = |r: &&mut StaticRoute| {
        let way = r.via == new.via && r.interface == new.interface && r.kind == new.kind;
        r.prefix == new.prefix && r.table == new.table && r.distance == new.distance && way
    };
    match edit.config.routes.iter_mut().find(same) {
        Some(old) => *old = new,
        None => edit.config.routes.push(new),
    }
    Ok(())
}

fn is_link_local(address: &IpAddr) -> bool {
    matches!(address, IpAddr::V6(a) if a.is_unicast_link_local())
}

fn rule(edit: &mut Edit<'_>, args: &Args) -> Result<(), String> {
    let table = match () {
        () if args.has("main") => Some(TableId::MAIN),
        () if args.has("local") => Some(TableId::LOCAL),
        () => args.get("table").map(TableId),
    };
    let kind = match () {
        () if args.has("blackhole") => Some(Discard::Blackhole),
        () if args.has("unreachable") => Some(Discard::Unreachable),
        () if args.has("prohibit") => Some(Discard::Prohibit),
        () => None,
    };
    let rule = Rule {
        priority: args.need("priority")?,
        from: args.get("from"),
        to: args.get("to"),
        iif: args.text("IFNAME").map(str::to_owned),
        tos: args.get("tos"),
        table,
        kind,
    };
    if !args.no() {
        push_new(&mut edit.config.rules, rule);
        return Ok(());
    }
    let given = |r: &Rule| {
        r.priority == rule.priority
            && (rule.from.is_none() || r.from == rule.from)
            && (rule.to.is_none() || r.to == rule.to)
            && (rule.iif.is_none() || r.iif == rule.iif)
            && (rule.tos.is_none() || r.tos == rule.tos)
            && (rule.table.is_none() || r.table == rule.table)
            && (rule.kind.is_none() || r.kind == rule.kind)
    };
    let before = edit.config.rules.len();
    edit.config.rules.retain(|r| !given(r));
    let gone = edit.config.rules.len() < before;
    if gone { Ok(()) } else { Err(format!("no such rule with priority {}", rule.priority)) }
}

#[cfg(test)]
mod tests {
    use crate::config::tests::{after, refusal};
    use configs::config::{Discard, StaticRoute};
    use fib::TableId;

    fn one(line: &str) -> StaticRoute {
        let mut routes = after(&[line]).routes;
        assert_eq!(routes.len(), 1, "{line}");
        routes.remove(0)
    }

    #[test]
    fn both_notations_of_the_destination_are_one() {
        assert_eq!(one("ip route 10.1.0.0/16 10.0.0.2"), one("ip route 10.1.0.0 255.255.0.0 10.0.0.2"));
    }

    #[test]
    fn options_are_those_of_frr_and_ios() {
        let r =
            one("ip route 10.1.0.0/16 10.0.0.2 eth1 onlink 250 tag 7 name \"to the lab\" table 10 weight 3");
        assert_eq!((r.interface.as_deref(), r.distance, r.tag, r.weight), (Some("eth1"), 250, 7, 3));
        assert_eq!((r.name.as_deref(), r.table, r.onlink), (Some("to the lab"), Some(TableId(10)), true));
        assert_eq!(one("ip route 10.0.0.0/8 eth1").via, None);
        assert_eq!(one("ip route 10.0.0.0/8 eth1 10.0.0.2"), one("ip route 10.0.0.0/8 10.0.0.2 eth1"));
    }

    #[test]
    fn discards_have_the_names_of_all_three_worlds() {
        for (line, kind) in [
            ("ip route 10.0.0.0/8 Null0", Discard::Blackhole),
            ("ip route 10.0.0.0/8 null0", Discard::Blackhole),
            ("ip route 10.0.0.0/8 blackhole", Discard::Blackhole),
            ("ipv6 route 2001:db8::/32 reject", Discard::Unreachable),
            ("ip route 10.0.0.0/8 prohibit", Discard::Prohibit),
        ] {
            assert_eq!(one(line).kind, Some(kind), "{line}");
        }
    }

    #[test]
    fn several_next_hops_add_up_and_the_same_one_is_told_anew() {
        let c = after(&["ip route 10.0.0.0/8 10.0.0.2", "ip route 10.0.0.0/8 10.0.0.3"]);
        assert_eq!(c.routes.len(), 2);
        let c = after(&["ip route 10.0.0.0/8 10.0.0.2", "ip route 10.0.0.0/8 10.0.0.2 tag 5"]);
        assert_eq!((c.routes.len(), c.routes[0].tag), (1, 5));
        let c = after(&["ip route 10.0.0.0/8 10.0.0.2", "ip route 10.0.0.0/8 10.0.0.2 200"]);
        assert_eq!(c.routes.len(), 2, "a floating one is a route of its own");
    }

    #[test]
    fn no_removes_what_matches_all_that_is_given() {
        let two = ["ip route 10.0.0.0/8 10.0.0.2", "ip route 10.0.0.0/8 10.0.0.3 200"];
        let left = |last: &'static str| after(&[two[0], two[1], last]).routes.len();
        assert_eq!(left("no ip route 10.0.0.0/8 10.0.0.3"), 1);
        assert_eq!(left("no ip route 10.0.0.0/8"), 0);
        assert_eq!(left("no ip route 10.0.0.0/8 200"), 1);
        assert!(refusal(&["no ip route 10.0.0.0/8 10.0.0.9"]).message.contains("10.0.0.0/8"));
    }

    #[test]
    fn what_cannot_work_is_refused() {
        assert!(refusal(&["ipv6 route 2001:db8::/32 fe80::1"]).message.contains("interface"));
        assert!(refusal(&["ip route 10.0.0.0/8 10.0.0.2 onlink"]).message.contains("interface"));
        assert_eq!(refusal(&["ip route 10.0.0.0/8"]).message, "Incomplete command.");
        assert_eq!(refusal(&["ip route 10.0.0.0/8 10.0.0.300"]).column, Some(20));
    }

    #[test]
    fn rules_ask_a_table_or_discard() {
        let c =
            after(&["ip rule 100 from 10.0.0.0/8 iif eth1 table 10", "ip rule 200 to 10.9.0.0/16 prohibit"]);
        assert_eq!(c.rules.len(), 2);
        assert_eq!(c.rules[0].table, Some(TableId(10)));
        assert_eq!(c.rules[1].kind, Some(Discard::Prohibit));
        assert_eq!(after(&["ip rule 5 lookup main"]).rules[0].table, Some(TableId::MAIN));
        assert!(after(&["ip rule 5 table main", "no ip rule 5"]).rules.is_empty());
        assert_eq!(refusal(&["ip rule 5 from 10.0.0.0/8"]).message, "Incomplete command.");
    }
}
