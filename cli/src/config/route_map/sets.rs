//! Changes: `set ...`.

use crate::config::{Edit, Run, line};
use crate::grammar::{Args, Modes, Row};
use core::str::FromStr;
use policy::bgp::{Aggregator, ExtendedCommunity, Origin};
use policy::config::{
    CommunitySet, Exclude, ExtcommunitySet, MetricType, NextHop6Set, NextHopSet, Replace, Set,
};

const HELP: &[(&str, &str)] = &[
    ("set", "A change"),
    ("metric", "The route's metric; of BGP the MED"),
    ("tag", "The route's tag"),
    ("next-hop", "The route's next hop"),
    ("distance", "The distance it enters the routing table with"),
    ("metric-type", "The type of an OSPF external route"),
    ("type-1", "Type 1: metrics add up with the way"),
    ("type-2", "Type 2: the metric alone"),
    ("global", "A global address"),
    ("local", "A link-local address"),
    ("peer-address", "In: the neighbor; out: our end of the session"),
    ("prefer-global", "Packets go to the global address"),
    ("unchanged", "Out: as it came"),
    ("as-path", "The AS path"),
    ("prepend", "Put before it"),
    ("last-as", "The leftmost AS, so many times more"),
    ("ases", "AS numbers"),
    ("exclude", "Take out of it"),
    ("all", "Every AS"),
    ("replace", "Replace in it, by the local AS or the one named"),
    ("any", "Every AS"),
    ("asn", "This AS"),
    ("with", "By this AS"),
    ("community", "Its communities"),
    ("large-community", "Its large communities"),
    ("extcommunity", "Its extended communities"),
    ("none", "Without any"),
    ("communities", "AA:NN, no-export, ...; additive: beside those it has"),
    ("rt", "Route targets"),
    ("soo", "Sites of origin"),
    ("values", "AS:NN or A.B.C.D:NN"),
    ("comm-list", "Communities, by a list"),
    ("large-comm-list", "Large communities, by a list"),
    ("extended-comm-list", "Extended communities, by a list"),
    ("LIST", "Name of the list"),
    ("delete", "Take out what the list permits"),
    ("local-preference", "The route's LOCAL_PREF"),
    ("origin", "The route's ORIGIN"),
    ("igp", "Of an interior protocol"),
    ("egp", "Of EGP"),
    ("incomplete", "Of unknown origin"),
    ("weight", "What it weighs in this router"),
    ("aggregator", "Who aggregated it"),
    ("as", "The AS"),
    ("atomic-aggregate", "It stands for several"),
    ("originator-id", "Who brought it into the AS"),
];

pub(in crate::config) const ROWS: &[Row<Run>] = &[
    line("set metric METRIC", "set metric [METRIC]", Modes::ROUTE_MAP, "Another metric, or a change to it", metric)
        .help(HELP),
    line("set tag <0-4294967295>$n", "set tag [<0-4294967295>$n]", Modes::ROUTE_MAP, "Another tag", tag)
        .help(HELP),
    line(
        "set ip next-hop <A.B.C.D$hop|peer-address|unchanged>",
        "set ip next-hop [A.B.C.D$hop|peer-address|unchanged]",
        Modes::ROUTE_MAP,
        "Another next hop",
        next_hop,
    )
    .help(HELP),
    line(
        "set ipv6 next-hop <global X:X::X:X$hop|local X:X::X:X$hop|X:X::X:X$hop|peer-address|prefer-global|unchanged>",
        "set ipv6 next-hop [global [X:X::X:X$hop]|local [X:X::X:X$hop]|X:X::X:X$hop|peer-address|prefer-global|unchanged]",
        Modes::ROUTE_MAP,
        "Another next hop of IPv6 routes",
        next_hop6,
    )
    .help(HELP),
    line(
        "set distance <0-255>$n",
        "set distance [<0-255>$n]",
        Modes::ROUTE_MAP,
        "Another administrative distance",
        distance,
    )
    .help(HELP),
    line(
        "set metric-type <type-1|type-2>",
        "set metric-type [<type-1|type-2>]",
        Modes::ROUTE_MAP,
        "Another type of an OSPF external route",
        metric_type,
    )
    .help(HELP),
    line(
        "set as-path prepend <last-as <1-10>$n|LINE$ases>",
        "set as-path prepend [last-as [<1-10>$n]|LINE$ases]",
        Modes::ROUTE_MAP,
        "ASes before the path",
        prepend,
    )
    .help(HELP),
    line(
        "set as-path exclude <all|LINE$ases>",
        "set as-path exclude [all|LINE$ases]",
        Modes::ROUTE_MAP,
        "ASes out of the path",
        exclude,
    )
    .help(HELP),
    line(
        "set as-path replace <any|<1-4294967295>$asn> [<1-4294967295>$with]",
        "set as-path replace [<any|<1-4294967295>$asn> [<1-4294967295>$with]]",
        Modes::ROUTE_MAP,
        "One AS for another in the path",
        replace,
    )
    .help(HELP),
    line(
        "set <community|large-community> <none|LINE$communities>",
        "set <community|large-community> [none|LINE$communities]",
        Modes::ROUTE_MAP,
        "Other communities; additive: further ones",
        community,
    )
    .help(HELP),
    line(
        "set extcommunity <none|<rt|soo> LINE$values>",
        "set extcommunity [none|<rt|soo> [LINE$values]]",
        Modes::ROUTE_MAP,
        "Further extended communities",
        extcommunity,
    )
    .help(HELP),
    line(
        "set <comm-list|extended-comm-list|large-comm-list> LIST delete",
        "set <comm-list|extended-comm-list|large-comm-list> [LIST [delete]]",
        Modes::ROUTE_MAP,
        "Fewer communities",
        delete,
    )
    .help(HELP),
    line(
        "set local-preference METRIC$preference",
        "set local-preference [METRIC$preference]",
        Modes::ROUTE_MAP,
        "Another LOCAL_PREF, or a change to it",
        local_preference,
    )
    .help(HELP),
    line(
        "set origin <igp|egp|incomplete>",
        "set origin [igp|egp|incomplete]",
        Modes::ROUTE_MAP,
        "Another ORIGIN",
        origin,
    )
    .help(HELP),
    line("set weight <0-4294967295>$n", "set weight [<0-4294967295>$n]", Modes::ROUTE_MAP, "Another weight", weight)
        .help(HELP),
    line(
        "set aggregator as <1-4294967295>$asn A.B.C.D",
        "set aggregator as [<1-4294967295>$asn A.B.C.D]",
        Modes::ROUTE_MAP,
        "Another AGGREGATOR",
        aggregator,
    )
    .help(HELP),
    line("set atomic-aggregate", "set atomic-aggregate", Modes::ROUTE_MAP, "ATOMIC_AGGREGATE", atomic_aggregate)
        .help(HELP),
    line(
        "set originator-id A.B.C.D",
        "set originator-id [A.B.C.D]",
        Modes::ROUTE_MAP,
        "Another ORIGINATOR_ID",
        originator_id,
    )
    .help(HELP),
];

/// Changes one change; the `no` form forgets it.
fn put<T>(
    edit: &mut Edit<'_>,
    args: &Args,
    place: impl FnOnce(&mut Set) -> &mut Option<T>,
    value: Option<T>,
) -> Result<(), String> {
    *place(&mut edit.entry()?.set) = value.filter(|_| !args.no());
    Ok(())
}

/// Every word of a part of the line.
fn words<T: FromStr>(text: Option<&str>, what: &str) -> Result<Vec<T>, String> {
    let one = |word: &str| word.parse().map_err(|_| format!("`{word}` is not {what}"));
    text.unwrap_or_default().split_whitespace().map(one).collect()
}

fn metric(edit: &mut Edit<'_>, args: &Args) -> Result<(), String> {
    put(edit, args, |s| &mut s.metric, args.get("METRIC"))
}

fn tag(edit: &mut Edit<'_>, args: &Args) -> Result<(), String> {
    put(edit, args, |s| &mut s.tag, args.get("n"))
}

fn distance(edit: &mut Edit<'_>, args: &Args) -> Result<(), String> {
    put(edit, args, |s| &mut s.distance, args.get("n"))
}

fn metric_type(edit: &mut Edit<'_>, args: &Args) -> Result<(), String> {
    let metric_type = if args.has("type-1") { MetricType::One } else { MetricType::Two };
    put(edit, args, |s| &mut s.metric_type, Some(metric_type))
}

fn next_hop(edit: &mut Edit<'_>, args: &Args) -> Result<(), String> {
    let hop = match () {
        () if args.has("peer-address") => Some(NextHopSet::PeerAddress),
        () if args.has("unchanged") => Some(NextHopSet::Unchanged),
        () => args.get("hop").map(NextHopSet::Address),
    };
    put(edit, args, |s| &mut s.next_hop, hop)
}

/// Of the global address, `peer-address` and `unchanged` the last one typed holds.
fn next_hop6(edit: &mut Edit<'_>, args: &Args) -> Result<(), String> {
    let (set, yes) = (&mut edit.entry()?.set.ipv6_next_hop, !args.no());
    let hop = args.get("hop").filter(|_| yes);
    match () {
        () if args.has("local") => set.local = hop,
        () if args.has("prefer-global") => set.prefer_global = yes,
        () if args.no()
            && !args.has("peer-address")
            && !args.has("unchanged")
            && !args.has("global")
            && args.text("hop").is_none() =>
        {
            *set = NextHop6Set::default();
        }
        () => {
            set.peer_address = yes && args.has("peer-address");
            set.unchanged = yes && args.has("unchanged");
            set.global = hop;
        }
    }
    Ok(())
}

fn prepend(edit: &mut Edit<'_>, args: &Args) -> Result<(), String> {
    let ases = asns(args)?;
    let set = &mut edit.entry()?.set;
    set.as_path_prepend_last_as = args.get("n").filter(|_| !args.no());
    set.as_path_prepend = if args.no() { Vec::new() } else { ases };
    Ok(())
}

fn asns(args: &Args) -> Result<Vec<u32>, String> {
    let asns = words(args.text("ases"), "an AS number (1-4294967295)")?;
    if asns.contains(&0) { Err("0 is not an AS number (1-4294967295)".to_owned()) } else { Ok(asns) }
}

fn exclude(edit: &mut Edit<'_>, args: &Args) -> Result<(), String> {
    let exclude = if args.has("all") { Exclude::All } else { Exclude::Asns(asns(args)?) };
    put(edit, args, |s| &mut s.as_path_exclude, Some(exclude))
}

fn replace(edit: &mut Edit<'_>, args: &Args) -> Result<(), String> {
    let replace = Replace { asn: args.get("asn"), with: args.get("with") };
    put(edit, args, |s| &mut s.as_path_replace, Some(replace))
}

fn community(edit: &mut Edit<'_>, args: &Args) -> Result<(), String> {
    let text = args.text("communities").unwrap_or_default();
    if args.has("large-community") {
        put(edit, args, |s| &mut s.large_community, communities(args.no(), text)?)
    } else {
        put(edit, args, |s| &mut s.community, communities(args.no(), text)?)
    }
}

/// `A B additive`; an empty text is `none`.
fn communities<C>(no: bool, text: &str) -> Result<Option<CommunitySet<C>>, String>
where
    C: FromStr<Err = String> + PartialEq,
{
    if no {
        return Ok(None);
    }
    let (text, additive) = match text.trim_end().strip_suffix("additive") {
        Some(rest) if rest.is_empty() || rest.ends_with(char::is_whitespace) => (rest, true),
        _ => (text, false),
    };
    let mut set: Vec<C> = Vec::new();
    for word in text.split_whitespace() {
        let community = word.parse()?;
        if !set.contains(&community) {
            set.push(community);
        }
    }
    if additive && set.is_empty() {
        return Err("additive without a community".to_owned());
    }
    Ok(Some(CommunitySet { set, additive }))
}

/// Route targets and sites of origin are told in lines of their own.
fn extcommunity(edit: &mut Edit<'_>, args: &Args) -> Result<(), String> {
    let target = args.has("rt");
    let read = if target { ExtendedCommunity::route_target } else { ExtendedCommunity::site_of_origin };
    // IOS has `additive` at the end: that is how they are anyhow.
    let values =
        args.text("values").unwrap_or_default().split_whitespace().filter(|word| *word != "additive");
    let new: Vec<ExtendedCommunity> =
        if args.no() { Vec::new() } else { values.map(read).collect::<Result<_, _>>()? };
    let place = &mut edit.entry()?.set.extcommunity;
    if !target && !args.has("soo") {
        *place = Some(ExtcommunitySet { set: Vec::new() }).filter(|_| !args.no());
        return Ok(());
    }
    let mut set = place.take().map_or_else(Vec::new, |old| old.set);
    set.retain(|e| e.is_route_target() != target);
    for community in new {
        if !set.contains(&community) {
            set.push(community);
        }
    }
    set.sort_by_key(|e| !e.is_route_target());
    *place = Some(ExtcommunitySet { set }).filter(|s| !s.set.is_empty());
    Ok(())
}

fn delete(edit: &mut Edit<'_>, args: &Args) -> Result<(), String> {
    let list = args.text("LIST").map(str::to_owned);
    match () {
        () if args.has("extended-comm-list") => put(edit, args, |s| &mut s.extcommunity_delete, list),
        () if args.has("large-comm-list") => put(edit, args, |s| &mut s.large_community_delete, list),
        () => put(edit, args, |s| &mut s.community_delete, list),
    }
}

fn local_preference(edit: &mut Edit<'_>, args: &Args) -> Result<(), String> {
    put(edit, args, |s| &mut s.local_preference, args.get("preference"))
}

fn origin(edit: &mut Edit<'_>, args: &Args) -> Result<(), String> {
    let origin = args.keywords().find_map(|k| k.parse::<Origin>().ok());
    put(edit, args, |s| &mut s.origin, origin)
}

fn weight(edit: &mut Edit<'_>, args: &Args) -> Result<(), String> {
    put(edit, args, |s| &mut s.weight, args.get("n"))
}

fn aggregator(edit: &mut Edit<'_>, args: &Args) -> Result<(), String> {
    let aggregator = args.get("asn").zip(args.get("A.B.C.D"));
    put(edit, args, |s| &mut s.aggregator, aggregator.map(|(asn, router)| Aggregator { asn, router }))
}

fn atomic_aggregate(edit: &mut Edit<'_>, args: &Args) -> Result<(), String> {
    edit.entry()?.set.atomic_aggregate = !args.no();
    Ok(())
}

fn originator_id(edit: &mut Edit<'_>, args: &Args) -> Result<(), String> {
    put(edit, args, |s| &mut s.originator_id, args.get("A.B.C.D"))
}

#[cfg(test)]
mod tests {
    use crate::config::tests::{after, refusal};
    use policy::config::Set;

    fn set(lines: &[&str]) -> Set {
        let mut all = vec!["route-map M permit 10"];
        all.extend(lines);
        after(&all).policy.route_maps["M"][0].set.clone()
    }

    #[test]
    fn communities_come_in_place_of_the_old_ones_or_beside_them() {
        let s = set(&["set community 65001:1 no-export 65001:1 additive"]).community.unwrap();
        assert_eq!((s.set.len(), s.additive), (2, true));
        assert!(set(&["set community none"]).community.unwrap().set.is_empty());
        assert!(refusal(&["route-map M permit 10", "set community additive"]).message.contains("additive"));
        assert!(refusal(&["route-map M permit 10", "set community 1:65536"]).message.contains("1:65536"));
    }

    #[test]
    fn targets_and_sites_are_told_apart() {
        let both = ["set extcommunity rt 1:1 1:2", "set extcommunity soo 1:3"];
        let shown = |lines: &[&str]| {
            let all = set(lines).extcommunity.map_or_else(Vec::new, |e| e.set);
            all.iter().map(ToString::to_string).collect::<Vec<_>>().join(" ")
        };
        assert_eq!(shown(&both), "RT:1:1 RT:1:2 SoO:1:3");
        assert_eq!(shown(&[both[0], both[1], "set extcommunity rt 2:2 additive"]), "RT:2:2 SoO:1:3");
        assert_eq!(shown(&[both[0], both[1], "no set extcommunity rt"]), "SoO:1:3");
        assert_eq!(set(&[both[0], "no set extcommunity rt 1:1"]).extcommunity, None);
    }

    #[test]
    fn the_last_word_on_the_next_hop_holds() {
        let s = set(&[
            "set ipv6 next-hop global 2001:db8::1",
            "set ipv6 next-hop local fe80::1",
            "set ipv6 next-hop peer-address",
        ]);
        assert!(
            s.ipv6_next_hop.peer_address
                && s.ipv6_next_hop.global.is_none()
                && s.ipv6_next_hop.local.is_some()
        );
        assert_eq!(set(&["set ipv6 next-hop local fe80::1", "no set ipv6 next-hop"]), Set::default());
        assert_eq!(set(&["set ipv6 next-hop 2001:db8::1"]), set(&["set ipv6 next-hop global 2001:db8::1"]));
    }

    #[test]
    fn paths_are_prepended_in_one_way() {
        let s = set(&["set as-path prepend 65001 65002", "set as-path prepend last-as 2"]);
        assert_eq!((s.as_path_prepend.len(), s.as_path_prepend_last_as), (0, Some(2)));
        for bad in ["set as-path prepend x", "set as-path prepend 0", "set as-path exclude 4294967296"] {
            assert!(refusal(&["route-map M permit 10", bad]).message.contains("AS number"), "{bad}");
        }
    }
}
