//! What a family announces of its own, and what becomes of its routes.

use super::{FAMILY, prefix, value};
use crate::command::Mode;
use crate::config::{Edit, Run, gone, line};
use crate::grammar::{Args, Modes, Row};
use bgp::Family;
use bgp::config::{Aggregate, Distance, MAX_PATHS, NetworkConfig, Redistribute};
use fib::Protocol;
use policy::bgp::Origin;

const HELP: &[(&str, &str)] = &[
    ("address-family", "What is said of the routes of one family"),
    ("ipv4", "IPv4"),
    ("ipv6", "IPv6"),
    ("unicast", "Routes of packets for one destination"),
    ("exit-address-family", "Back to the process"),
    ("network", "Announce a network"),
    ("A.B.C.D/M", "The network"),
    ("X:X::X:X/M", "The network"),
    ("net", "The network; of its class without a mask"),
    ("mask", "Its network mask"),
    ("route-map", "Filter and change"),
    ("NAME", "The name"),
    ("redistribute", "Announce routes of another source"),
    ("process", "Number of the process; accepted as in IOS"),
    ("metric", "Their MED"),
    ("med", "The MED"),
    ("aggregate-address", "Announce a prefix while there are routes inside"),
    ("as-set", "With the ASes of what it covers; deprecated by RFC 9774"),
    ("summary-only", "And not what it covers"),
    ("suppress-map", "Nor what this map permits"),
    ("suppress", "The route map"),
    ("attribute-map", "Change it; IOS's word for its route map"),
    ("origin", "Its origin"),
    ("igp", "An interior protocol"),
    ("egp", "EGP"),
    ("incomplete", "Unknown"),
    ("matching-MED-only", "Only while all of them have one MED"),
    ("maximum-paths", "Equally good paths that are used together (64)"),
    ("ibgp", "Of iBGP"),
    ("paths", "How many"),
    ("distance", "Administrative distance"),
    ("external", "Of eBGP routes (20)"),
    ("internal", "Of iBGP routes (200)"),
    ("local", "Of our own (200)"),
    ("table-map", "What may enter the table, and how"),
];

pub(in crate::config) const ROWS: &[Row<Run>] = &[
    line(
        "address-family <ipv4|ipv6> [unicast]",
        "address-family <ipv4|ipv6> [unicast]",
        Modes::BGP,
        "What is said of the routes of one family; `no` forgets all of it",
        address_family,
    )
    .help(HELP),
    line("exit-address-family", "", Modes::BGP_FAMILY, "Back to the process", |edit, _| {
        edit.mode = Mode::Bgp;
        Ok(())
    })
    .help(HELP),
    line(
        "network <A.B.C.D/M$prefix|A.B.C.D$net [mask A.B.C.D$mask]|X:X::X:X/M$prefix> [route-map NAME]",
        "network <A.B.C.D/M$prefix|A.B.C.D$net [mask A.B.C.D$mask]|X:X::X:X/M$prefix> [route-map NAME]",
        FAMILY,
        "Announce a network",
        network,
    )
    .help(HELP),
    line(
        "aggregate-address <A.B.C.D/M$prefix|A.B.C.D$net A.B.C.D$mask|X:X::X:X/M$prefix> \
         {as-set|summary-only|<route-map|attribute-map> NAME|origin <igp|egp|incomplete>|matching-MED-only|\
         suppress-map NAME$suppress}",
        "aggregate-address <A.B.C.D/M$prefix|A.B.C.D$net A.B.C.D$mask|X:X::X:X/M$prefix> \
         {as-set|summary-only|<route-map|attribute-map> NAME|origin <igp|egp|incomplete>|matching-MED-only|\
         suppress-map NAME$suppress}",
        FAMILY,
        "Announce a prefix while there are routes inside",
        aggregate,
    )
    .help(HELP),
    line(
        "redistribute <connected|static|rip|ospf [<1-65535>$process]> \
         {metric <0-4294967295>$med|route-map NAME}",
        "redistribute <connected|static|rip|ospf [<1-65535>$process]> \
         {metric [<0-4294967295>$med]|route-map [NAME]}",
        FAMILY,
        "Announce routes of another source; `no` with options takes back those alone",
        redistribute,
    )
    .help(HELP),
    line(
        "maximum-paths <1-64>$paths",
        "maximum-paths [<1-64>$paths]",
        FAMILY,
        "Equally good eBGP paths that are used together (64)",
        |edit, args| {
            edit.family_config()?.maximum_paths = value(args, "paths")?.unwrap_or(MAX_PATHS);
            Ok(())
        },
    )
    .help(HELP),
    line(
        "maximum-paths ibgp <1-64>$paths",
        "maximum-paths ibgp [<1-64>$paths]",
        FAMILY,
        "Equally good iBGP paths that are used together (64)",
        |edit, args| {
            edit.family_config()?.maximum_paths_ibgp = value(args, "paths")?.unwrap_or(MAX_PATHS);
            Ok(())
        },
    )
    .help(HELP),
    line(
        "distance bgp <1-255>$external <1-255>$internal <1-255>$local",
        "distance bgp [<1-255>$external <1-255>$internal <1-255>$local]",
        FAMILY,
        "Administrative distance of eBGP routes, of iBGP ones, of our own (20 200 200)",
        distance,
    )
    .help(HELP),
    line("table-map NAME", "table-map [NAME]", FAMILY, "What may enter the table, and how", |edit, args| {
        edit.family_config()?.table_map = value(args, "NAME")?;
        Ok(())
    })
    .help(HELP),
];

fn address_family(edit: &mut Edit<'_>, args: &Args) -> Result<(), String> {
    let family = if args.has("ipv6") { Family::Ipv6 } else { Family::Ipv4 };
    let bgp = edit.bgp()?;
    if args.no() {
        bgp.families.remove(&family);
        for peer in bgp.peer_groups.values_mut().chain(bgp.neighbors.values_mut()) {
            peer.families.remove(&family);
        }
        return Ok(());
    }
    edit.mode = Mode::BgpFamily(family);
    Ok(())
}

fn network(edit: &mut Edit<'_>, args: &Args) -> Result<(), String> {
    let prefix = prefix(args, edit.family())?;
    let networks = &mut edit.family_config()?.networks;
    if args.no() {
        return gone(networks.remove(&prefix), || format!("no network {prefix}"));
    }
    networks.insert(prefix, NetworkConfig { route_map: args.text("NAME").map(str::to_owned) });
    Ok(())
}

fn aggregate(edit: &mut Edit<'_>, args: &Args) -> Result<(), String> {
    let prefix = prefix(args, edit.family())?;
    let aggregates = &mut edit.family_config()?.aggregates;
    if args.no() {
        return gone(aggregates.remove(&prefix), || format!("no aggregate-address {prefix}"));
    }
    let origins = [("igp", Origin::Igp), ("egp", Origin::Egp), ("incomplete", Origin::Incomplete)];
    let aggregate = Aggregate {
        as_set: args.has("as-set"),
        summary_only: args.has("summary-only"),
        suppress_map: args.text("suppress").map(str::to_owned),
        route_map: args.text("NAME").map(str::to_owned),
        origin: origins.into_iter().find(|(word, _)| args.has(word)).map(|(_, origin)| origin),
        matching_med_only: args.has("matching-MED-only"),
    };
    aggregates.insert(prefix, aggregate);
    Ok(())
}

fn redistribute(edit: &mut Edit<'_>, args: &Args) -> Result<(), String> {
    let protocol = args.keywords().find_map(|k| k.parse::<Protocol>().ok()).ok_or("the source is missing")?;
    let all = &mut edit.family_config()?.redistribute;
    if !args.no() {
        let route_map = args.text("NAME").map(str::to_owned);
        all.insert(protocol, Redistribute { metric: args.get("med"), route_map });
        return Ok(());
    }
    let found = all.get_mut(&protocol).ok_or_else(|| format!("{protocol} is not redistributed"))?;
    if args.has("metric") {
        found.metric = None;
    }
    if args.has("route-map") {
        found.route_map = None;
    }
    if !args.has("metric") && !args.has("route-map") {
        all.remove(&protocol);
    }
    Ok(())
}

fn distance(edit: &mut Edit<'_>, args: &Args) -> Result<(), String> {
    let distance = if args.no() {
        Distance::default()
    } else {
        let (external, internal) = (args.need("external")?, args.need("internal")?);
        Distance { external, internal, local: args.need("local")? }
    };
    edit.family_config()?.distance = distance;
    Ok(())
}
