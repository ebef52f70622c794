//! Route maps.

use super::{Edit, Run, line, remove_first};
use crate::command::Mode;
use crate::grammar::{Args, Modes, Row};
use core::net::IpAddr;
use fib::{Kind, Protocol};
use policy::config::{Action, Match, MetricType, OnMatch, RouteMapEntry, Set};

const HELP: &[(&str, &str)] = &[
    ("route-map", "A route map"),
    ("NAME", "Its name"),
    ("seq", "Where in the map"),
    ("match", "A condition"),
    ("set", "A change"),
    ("address", "The route's network"),
    ("next-hop", "The route's next hop"),
    ("prefix-list", "By a prefix list"),
    ("LIST", "Name of the list"),
    ("interface", "The route's outgoing interface"),
    ("metric", "The route's metric"),
    ("tag", "The route's tag"),
    ("source-protocol", "Where the route comes from"),
    ("route-type", "Its finer kind"),
    ("distance", "The distance it enters the routing table with"),
    ("global", "A global address"),
    ("call", "Another map that must permit as well"),
    ("on-match", "Where to go on after a match"),
    ("next", "With the following entry"),
    ("goto", "With the first entry numbered at least this"),
    ("continue", "Where to go on after a match"),
    ("description", "A note for the reader"),
    ("plain", "Nothing finer"),
    ("inter-area", "OSPF inter-area"),
    ("external1", "OSPF external type 1"),
    ("external2", "OSPF external type 2"),
    ("nssa1", "OSPF NSSA external type 1"),
    ("nssa2", "OSPF NSSA external type 2"),
    ("internal", "Learned inside the AS: by iBGP, or by OSPF and not external"),
    ("external", "OSPF external, as IOS says it"),
    ("nssa-external", "OSPF NSSA external, as IOS says it"),
    ("type-1", "Type 1: metrics add up with the way"),
    ("type-2", "Type 2: the metric alone"),
    ("metric-type", "The type of an OSPF external route"),
];

pub(super) const ROWS: &[Row<Run>] = &[
    line(
        "route-map NAME <permit|deny> <1-65535>$seq",
        "route-map NAME [<permit|deny> <1-65535>$seq]",
        Modes::CONFIG,
        "An entry of a route map",
        entry,
    )
    .help(HELP),
    line("description LINE", "description [LINE]", Modes::ROUTE_MAP, "A note for the reader", description)
        .help(HELP),
    line(
        "match ip <address|next-hop> <LIST|prefix-list LIST$prefix_list>",
        "match ip <address|next-hop> [LIST|prefix-list [LIST$prefix_list]]",
        Modes::ROUTE_MAP,
        "The route's network or next hop is in a list",
        match_list,
    )
    .help(HELP),
    line(
        "match interface IFNAME",
        "match interface [IFNAME]",
        Modes::ROUTE_MAP,
        "The route leaves here",
        match_interface,
    )
    .help(HELP),
    line(
        "match metric <0-4294967295>$n",
        "match metric [<0-4294967295>$n]",
        Modes::ROUTE_MAP,
        "The route's metric",
        match_metric,
    )
    .help(HELP),
    line(
        "match tag <0-4294967295>$n",
        "match tag [<0-4294967295>$n]",
        Modes::ROUTE_MAP,
        "The route's tag",
        match_tag,
    )
    .help(HELP),
    line(
        "match source-protocol <connected|static|bgp|ospf|rip>",
        "match source-protocol [<connected|static|bgp|ospf|rip>]",
        Modes::ROUTE_MAP,
        "Where the route comes from",
        match_protocol,
    )
    .help(HELP),
    line(
        "match route-type <plain|inter-area|external1|external2|nssa1|nssa2|internal|\
         <external|nssa-external> <type-1|type-2>>",
        "match route-type [<plain|inter-area|external1|external2|nssa1|nssa2|internal|\
         <external|nssa-external> <type-1|type-2>>]",
        Modes::ROUTE_MAP,
        "The route's finer kind",
        match_kind,
    )
    .help(HELP),
    line(
        "set metric METRIC",
        "set metric [METRIC]",
        Modes::ROUTE_MAP,
        "Another metric, or a change to it",
        set_metric,
    )
    .help(HELP),
    line("set tag <0-4294967295>$n", "set tag [<0-4294967295>$n]", Modes::ROUTE_MAP, "Another tag", set_tag)
        .help(HELP),
    line(
        "set ip next-hop A.B.C.D$hop",
        "set ip next-hop [A.B.C.D$hop]",
        Modes::ROUTE_MAP,
        "Another next hop",
        set_next_hop,
    )
    .help(HELP),
    line(
        "set ipv6 next-hop global X:X::X:X$hop",
        "set ipv6 next-hop global [X:X::X:X$hop]",
        Modes::ROUTE_MAP,
        "Another next hop",
        set_next_hop,
    )
    .help(HELP),
    line(
        "set distance <0-255>$n",
        "set distance [<0-255>$n]",
        Modes::ROUTE_MAP,
        "Another administrative distance",
        set_distance,
    )
    .help(HELP),
    line(
        "set metric-type <type-1|type-2>",
        "set metric-type [<type-1|type-2>]",
        Modes::ROUTE_MAP,
        "Another type of an OSPF external route",
        set_metric_type,
    )
    .help(HELP),
    line("call NAME", "call [NAME]", Modes::ROUTE_MAP, "Another map must permit as well", call).help(HELP),
    line(
        "on-match <next|goto <1-65535>$n>",
        "on-match [next|goto [<1-65535>$n]]",
        Modes::ROUTE_MAP,
        "Where to go on after a match",
        on_match,
    )
    .help(HELP),
    line(
        "continue [<1-65535>$n]",
        "continue [<1-65535>$n]",
        Modes::ROUTE_MAP,
        "The same in IOS's words",
        on_match,
    )
    .help(HELP),
];

fn entry(edit: &mut Edit<'_>, args: &Args) -> Result<(), String> {
    let name: String = args.need("NAME")?;
    let maps = &mut edit.config.policy.route_maps;
    let seq = args.get::<u16>("seq");
    let action = if args.has("deny") { Action::Deny } else { Action::Permit };
    if args.no() {
        let Some(seq) = seq else {
            return maps.remove(&name).map(|_| ()).ok_or_else(|| format!("no route map {name}"));
        };
        let map = maps.get_mut(&name).ok_or_else(|| format!("no route map {name}"))?;
        remove_first(map, |e| e.seq == seq && e.action == action)
            .ok_or_else(|| format!("route map {name} has no such entry {seq}"))?;
        if map.is_empty() {
            maps.remove(&name);
        }
        return Ok(());
    }
    let seq = seq.ok_or("the number of the entry is missing")?;
    let map = maps.entry(name.clone()).or_default();
    match map.binary_search_by_key(&seq, |e| e.seq) {
        Ok(at) => {
            if let Some(old) = map.get_mut(at) {
                old.action = action;
            }
        }
        Err(at) => {
            let (matches, set) = (Match::default(), Set::default());
            map.insert(
                at,
                RouteMapEntry { seq, action, description: None, matches, set, call: None, on_match: None },
            );
        }
    }
    edit.mode = Mode::RouteMap { name, seq };
    Ok(())
}

impl Edit<'_> {
    /// The entry of this mode; somebody else may have removed it meanwhile.
    fn entry(&mut self) -> Result<&mut RouteMapEntry, String> {
        let Mode::RouteMap { name, seq } = &self.mode else {
            return Err("no route map is being configured".into());
        };
        let map = self.config.policy.route_maps.get_mut(name);
        map.and_then(|map| map.iter_mut().find(|e| e.seq == *seq))
            .ok_or_else(|| format!("route map {name} has no entry {seq} any more"))
    }
}

fn description(edit: &mut Edit<'_>, args: &Args) -> Result<(), String> {
    edit.entry()?.description = args.text("LINE").filter(|_| !args.no()).map(str::to_owned);
    Ok(())
}

fn match_list(edit: &mut Edit<'_>, args: &Args) -> Result<(), String> {
    let list = args.text("LIST").or(args.text("prefix_list")).filter(|_| !args.no()).map(str::to_owned);
    let m = &mut edit.entry()?.matches;
    let place = match (args.has("address"), args.has("prefix-list")) {
        (true, false) => &mut m.address,
        (true, true) => &mut m.address_prefix_list,
        (false, false) => &mut m.next_hop,
        (false, true) => &mut m.next_hop_prefix_list,
    };
    *place = list;
    Ok(())
}

fn match_interface(edit: &mut Edit<'_>, args: &Args) -> Result<(), String> {
    edit.entry()?.matches.interface = args.text("IFNAME").filter(|_| !args.no()).map(str::to_owned);
    Ok(())
}

fn match_metric(edit: &mut Edit<'_>, args: &Args) -> Result<(), String> {
    edit.entry()?.matches.metric = args.get("n").filter(|_| !args.no());
    Ok(())
}

fn match_tag(edit: &mut Edit<'_>, args: &Args) -> Result<(), String> {
    edit.entry()?.matches.tag = args.get("n").filter(|_| !args.no());
    Ok(())
}

fn match_protocol(edit: &mut Edit<'_>, args: &Args) -> Result<(), String> {
    let protocol = args.keywords().find_map(|k| k.parse::<Protocol>().ok());
    edit.entry()?.matches.source_protocol = protocol.filter(|_| !args.no());
    Ok(())
}

/// Names of the finer kinds, as in the configuration.
pub(crate) const KINDS: [(Kind, &str); 7] = [
    (Kind::Plain, "plain"),
    (Kind::InterArea, "inter-area"),
    (Kind::External1, "external1"),
    (Kind::External2, "external2"),
    (Kind::Nssa1, "nssa1"),
    (Kind::Nssa2, "nssa2"),
    (Kind::Internal, "internal"),
];

fn match_kind(edit: &mut Edit<'_>, args: &Args) -> Result<(), String> {
    let kind = match (args.has("type-1"), args.has("external"), args.has("nssa-external")) {
        (true, true, _) => Some(Kind::External1),
        (false, true, _) => Some(Kind::External2),
        (true, _, true) => Some(Kind::Nssa1),
        (false, _, true) => Some(Kind::Nssa2),
        _ => KINDS.into_iter().find(|(_, name)| args.has(name)).map(|(kind, _)| kind),
    };
    edit.entry()?.matches.route_type = kind.filter(|_| !args.no());
    Ok(())
}

fn set_metric(edit: &mut Edit<'_>, args: &Args) -> Result<(), String> {
    edit.entry()?.set.metric = args.get("METRIC").filter(|_| !args.no());
    Ok(())
}

fn set_tag(edit: &mut Edit<'_>, args: &Args) -> Result<(), String> {
    edit.entry()?.set.tag = args.get("n").filter(|_| !args.no());
    Ok(())
}

fn set_next_hop(edit: &mut Edit<'_>, args: &Args) -> Result<(), String> {
    edit.entry()?.set.next_hop = args.get::<IpAddr>("hop").filter(|_| !args.no());
    Ok(())
}

fn set_distance(edit: &mut Edit<'_>, args: &Args) -> Result<(), String> {
    edit.entry()?.set.distance = args.get("n").filter(|_| !args.no());
    Ok(())
}

fn set_metric_type(edit: &mut Edit<'_>, args: &Args) -> Result<(), String> {
    let metric_type = if args.has("type-1") { MetricType::One } else { MetricType::Two };
    edit.entry()?.set.metric_type = Some(metric_type).filter(|_| !args.no());
    Ok(())
}

fn call(edit: &mut Edit<'_>, args: &Args) -> Result<(), String> {
    edit.entry()?.call = args.text("NAME").filter(|_| !args.no()).map(str::to_owned);
    Ok(())
}

fn on_match(edit: &mut Edit<'_>, args: &Args) -> Result<(), String> {
    let entry = edit.entry()?;
    let next = match args.get("n") {
        _ if args.no() => None,
        Some(n) if n <= entry.seq => return Err(format!("can only go on behind entry {}", entry.seq)),
        Some(n) => Some(OnMatch::Goto(n)),
        None => Some(OnMatch::Next),
    };
    entry.on_match = next;
    Ok(())
}

#[cfg(test)]
mod tests {
    use crate::config::tests::{after, refusal};
    use policy::config::{OnMatch, RouteMapEntry};

    fn map(lines: &[&str]) -> Vec<RouteMapEntry> {
        let mut all = vec!["route-map M permit 10"];
        all.extend(lines);
        after(&all).policy.route_maps.remove("M").unwrap_or_default()
    }

    #[test]
    fn every_condition_and_change_can_be_set_and_taken_back() {
        let plain = map(&[]);
        for line in [
            "description a note",
            "match ip address A",
            "match ip address prefix-list P",
            "match ip next-hop A",
            "match ip next-hop prefix-list P",
            "match interface eth1",
            "match metric 3",
            "match tag 4",
            "match source-protocol rip",
            "match route-type external2",
            "match route-type external type-1",
            "set metric +3",
            "set tag 5",
            "set ip next-hop 10.0.0.1",
            "set ipv6 next-hop global 2001:db8::1",
            "set distance 90",
            "set metric-type type-1",
            "call OTHER",
            "on-match next",
            "on-match goto 20",
            "continue",
        ] {
            assert_ne!(map(&[line]), plain, "{line}");
            assert_eq!(map(&[line, &format!("no {line}")]), plain, "no {line}");
        }
    }

    #[test]
    fn kinds_of_routes_have_ios_s_names_as_well() {
        assert_eq!(map(&["match route-type external type-2"]), map(&["match route-type external2"]));
        assert_eq!(map(&["match route-type nssa-external type-1"]), map(&["match route-type nssa1"]));
    }

    #[test]
    fn continue_is_on_match_in_other_words() {
        assert_eq!(map(&["continue 20"])[0].on_match, Some(OnMatch::Goto(20)));
        assert!(refusal(&["route-map M permit 10", "on-match goto 5"]).message.contains("behind"));
    }

    #[test]
    fn entries_are_kept_in_order_and_removed_one_by_one() {
        let seqs: Vec<u16> =
            map(&["route-map M deny 5", "route-map M permit 20"]).iter().map(|e| e.seq).collect();
        assert_eq!(seqs, [5, 10, 20]);
        assert_eq!(map(&["route-map M deny 5", "no route-map M permit 10"]).len(), 1);
        assert!(map(&["no route-map M"]).is_empty());
        assert!(refusal(&["no route-map M permit 10"]).message.contains("M"));
    }
}
