//! Conditions: `match ...`.

use crate::config::{Edit, Run, line};
use crate::grammar::{Args, Modes, Row};
use fib::{Kind, Protocol};
use policy::bgp::Origin;
use policy::config::{Asked, CommunityMatch, Match, PeerMatch, Validity};

const HELP: &[(&str, &str)] = &[
    ("match", "A condition"),
    ("address", "The route's network"),
    ("next-hop", "The route's next hop"),
    ("prefix-list", "By a prefix list"),
    ("prefix-len", "By its length"),
    ("LIST", "Name of the list"),
    ("hop", "The next hop"),
    ("interface", "The route's outgoing interface"),
    ("metric", "The route's metric; of BGP the MED"),
    ("tag", "The route's tag"),
    ("source-protocol", "Where the route comes from"),
    ("route-type", "Its finer kind"),
    ("as-path", "By a list of AS paths"),
    ("community", "By a list of communities"),
    ("extcommunity", "By a list of extended communities"),
    ("large-community", "By a list of large communities"),
    ("exact-match", "These communities and no others"),
    ("any", "One of the communities is enough"),
    ("local-preference", "The route's LOCAL_PREF"),
    ("origin", "The route's ORIGIN"),
    ("igp", "Of an interior protocol"),
    ("egp", "Of EGP"),
    ("incomplete", "Of unknown origin"),
    ("peer", "The neighbor it comes from, or goes to"),
    ("local", "The router itself"),
    ("neighbor", "The neighbor's address"),
    ("rpki", "What origin validation says"),
    ("valid", "The origin AS may announce it"),
    ("invalid", "It may not"),
    ("notfound", "Nothing is known of it"),
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
];

pub(in crate::config) const ROWS: &[Row<Run>] = &[
    line(
        "match ip address <LIST|prefix-list LIST$prefix_list|prefix-len <0-32>$len>",
        "match ip address [LIST|prefix-list [LIST$prefix_list]|prefix-len [<0-32>$len]]",
        Modes::ROUTE_MAP,
        "The route's network is in a list, or of a length",
        address,
    )
    .help(HELP),
    line(
        "match ipv6 address <LIST|prefix-list LIST$prefix_list|prefix-len <0-128>$len>",
        "match ipv6 address [LIST|prefix-list [LIST$prefix_list]|prefix-len [<0-128>$len]]",
        Modes::ROUTE_MAP,
        "The same of IPv6 routes",
        address6,
    )
    .help(HELP),
    line(
        "match ip next-hop <LIST|prefix-list LIST$prefix_list|address A.B.C.D$hop>",
        "match ip next-hop [LIST|prefix-list [LIST$prefix_list]|address A.B.C.D$hop]",
        Modes::ROUTE_MAP,
        "The route's next hop is in a list, or the very address",
        next_hop,
    )
    .help(HELP),
    line(
        "match ipv6 next-hop <LIST|prefix-list LIST$prefix_list|X:X::X:X$hop|address X:X::X:X$hop>",
        "match ipv6 next-hop [LIST|prefix-list [LIST$prefix_list]|X:X::X:X$hop|address X:X::X:X$hop]",
        Modes::ROUTE_MAP,
        "The same of IPv6 next hops",
        next_hop6,
    )
    .help(HELP),
    line(
        "match interface IFNAME",
        "match interface [IFNAME]",
        Modes::ROUTE_MAP,
        "The route leaves here",
        interface,
    )
    .help(HELP),
    line(
        "match metric <0-4294967295>$n",
        "match metric [<0-4294967295>$n]",
        Modes::ROUTE_MAP,
        "The route's metric; of BGP routes the MED",
        metric,
    )
    .help(HELP),
    line(
        "match tag <0-4294967295>$n",
        "match tag [<0-4294967295>$n]",
        Modes::ROUTE_MAP,
        "The route's tag",
        tag,
    )
    .help(HELP),
    line(
        "match source-protocol <connected|static|bgp|ospf|rip>",
        "match source-protocol [<connected|static|bgp|ospf|rip>]",
        Modes::ROUTE_MAP,
        "Where the route comes from",
        protocol,
    )
    .help(HELP),
    line(
        "match route-type <plain|inter-area|external1|external2|nssa1|nssa2|internal|\
         <external|nssa-external> <type-1|type-2>>",
        "match route-type [<plain|inter-area|external1|external2|nssa1|nssa2|internal|\
         <external|nssa-external> <type-1|type-2>>]",
        Modes::ROUTE_MAP,
        "The route's finer kind",
        kind,
    )
    .help(HELP),
    line(
        "match as-path LIST",
        "match as-path [LIST]",
        Modes::ROUTE_MAP,
        "A list permits the AS path",
        as_path,
    )
    .help(HELP),
    line(
        "match <community|extcommunity|large-community> LIST [exact-match|any]",
        "match <community|extcommunity|large-community> [LIST [exact-match|any]]",
        Modes::ROUTE_MAP,
        "A list permits the communities",
        community,
    )
    .help(HELP),
    line(
        "match local-preference <0-4294967295>$n",
        "match local-preference [<0-4294967295>$n]",
        Modes::ROUTE_MAP,
        "The route's LOCAL_PREF",
        local_preference,
    )
    .help(HELP),
    line(
        "match origin <igp|egp|incomplete>",
        "match origin [igp|egp|incomplete]",
        Modes::ROUTE_MAP,
        "The route's ORIGIN",
        origin,
    )
    .help(HELP),
    line(
        "match peer <local|ADDRESS$neighbor|IFNAME>",
        "match peer [local|ADDRESS$neighbor|IFNAME]",
        Modes::ROUTE_MAP,
        "The neighbor it comes from or, on the way out, goes to",
        peer,
    )
    .help(HELP),
    line(
        "match rpki <valid|invalid|notfound>",
        "match rpki [valid|invalid|notfound]",
        Modes::ROUTE_MAP,
        "What origin validation says (RFC 6811)",
        rpki,
    )
    .help(HELP),
];

/// Changes one condition; the `no` form forgets it.
fn set<T>(
    edit: &mut Edit<'_>,
    args: &Args,
    place: impl FnOnce(&mut Match) -> &mut Option<T>,
    value: Option<T>,
) -> Result<(), String> {
    *place(&mut edit.entry()?.matches) = value.filter(|_| !args.no());
    Ok(())
}

/// The name of the list, as text.
fn list(args: &Args) -> Option<String> {
    args.text("LIST").or(args.text("prefix_list")).map(str::to_owned)
}

fn address(edit: &mut Edit<'_>, args: &Args) -> Result<(), String> {
    match () {
        () if args.has("prefix-list") => set(edit, args, |m| &mut m.address_prefix_list, list(args)),
        () if args.has("prefix-len") => set(edit, args, |m| &mut m.address_prefix_len, args.get("len")),
        () => set(edit, args, |m| &mut m.address, list(args)),
    }
}

fn address6(edit: &mut Edit<'_>, args: &Args) -> Result<(), String> {
    match () {
        () if args.has("prefix-list") => set(edit, args, |m| &mut m.ipv6_address_prefix_list, list(args)),
        () if args.has("prefix-len") => set(edit, args, |m| &mut m.ipv6_address_prefix_len, args.get("len")),
        () => set(edit, args, |m| &mut m.ipv6_address, list(args)),
    }
}

fn next_hop(edit: &mut Edit<'_>, args: &Args) -> Result<(), String> {
    match () {
        () if args.has("prefix-list") => set(edit, args, |m| &mut m.next_hop_prefix_list, list(args)),
        () if is_address(args) => set(edit, args, |m| &mut m.next_hop_address, args.get("hop")),
        () => set(edit, args, |m| &mut m.next_hop, list(args)),
    }
}

fn next_hop6(edit: &mut Edit<'_>, args: &Args) -> Result<(), String> {
    let hop = args.get("hop");
    match () {
        () if args.has("prefix-list") => set(edit, args, |m| &mut m.ipv6_next_hop_prefix_list, list(args)),
        () if is_address(args) || hop.is_some() => set(edit, args, |m| &mut m.ipv6_next_hop_address, hop),
        () => set(edit, args, |m| &mut m.ipv6_next_hop, list(args)),
    }
}

/// `no match ip next-hop address` names no address: a list `A` would be taken for a beginning of the word.
fn is_address(args: &Args) -> bool {
    args.has("address") || args.no() && args.text("LIST") == Some("address")
}

fn interface(edit: &mut Edit<'_>, args: &Args) -> Result<(), String> {
    set(edit, args, |m| &mut m.interface, args.text("IFNAME").map(str::to_owned))
}

fn metric(edit: &mut Edit<'_>, args: &Args) -> Result<(), String> {
    set(edit, args, |m| &mut m.metric, args.get("n"))
}

fn tag(edit: &mut Edit<'_>, args: &Args) -> Result<(), String> {
    set(edit, args, |m| &mut m.tag, args.get("n"))
}

fn protocol(edit: &mut Edit<'_>, args: &Args) -> Result<(), String> {
    let protocol = args.keywords().find_map(|k| k.parse::<Protocol>().ok());
    set(edit, args, |m| &mut m.source_protocol, protocol)
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

fn kind(edit: &mut Edit<'_>, args: &Args) -> Result<(), String> {
    let kind = match (args.has("type-1"), args.has("external"), args.has("nssa-external")) {
        (true, true, _) => Some(Kind::External1),
        (false, true, _) => Some(Kind::External2),
        (true, _, true) => Some(Kind::Nssa1),
        (false, _, true) => Some(Kind::Nssa2),
        _ => KINDS.into_iter().find(|(_, name)| args.has(name)).map(|(kind, _)| kind),
    };
    set(edit, args, |m| &mut m.route_type, kind)
}

fn as_path(edit: &mut Edit<'_>, args: &Args) -> Result<(), String> {
    set(edit, args, |m| &mut m.as_path, list(args))
}

fn community(edit: &mut Edit<'_>, args: &Args) -> Result<(), String> {
    let mode = match () {
        () if args.has("exact-match") => Asked::ExactMatch,
        () if args.has("any") => Asked::Any,
        () => Asked::All,
    };
    let asked = list(args).map(|list| CommunityMatch { list, mode });
    match () {
        () if args.has("extcommunity") => set(edit, args, |m| &mut m.extcommunity, asked),
        () if args.has("large-community") => set(edit, args, |m| &mut m.large_community, asked),
        () => set(edit, args, |m| &mut m.community, asked),
    }
}

fn local_preference(edit: &mut Edit<'_>, args: &Args) -> Result<(), String> {
    set(edit, args, |m| &mut m.local_preference, args.get("n"))
}

fn origin(edit: &mut Edit<'_>, args: &Args) -> Result<(), String> {
    let origin = args.keywords().find_map(|k| k.parse::<Origin>().ok());
    set(edit, args, |m| &mut m.origin, origin)
}

fn peer(edit: &mut Edit<'_>, args: &Args) -> Result<(), String> {
    let peer = match () {
        () if args.has("local") => Some(PeerMatch::Local),
        () => args.get("neighbor").map(PeerMatch::Address).or_else(|| args.get("IFNAME")),
    };
    set(edit, args, |m| &mut m.peer, peer)
}

fn rpki(edit: &mut Edit<'_>, args: &Args) -> Result<(), String> {
    let state = VALIDITY.into_iter().find(|(_, name)| args.has(name)).map(|(state, _)| state);
    set(edit, args, |m| &mut m.rpki, state)
}

/// What origin validation says, in FRR's words.
pub(crate) const VALIDITY: [(Validity, &str); 3] =
    [(Validity::Valid, "valid"), (Validity::Invalid, "invalid"), (Validity::NotFound, "notfound")];
