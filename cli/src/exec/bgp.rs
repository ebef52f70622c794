//! `show bgp ...`, `show rpki ...` and `clear bgp ...`.

use super::show::{View, show};
use super::{Action, Run, line};
use crate::command::{BgpShow, Clear, Command, Show};
use crate::grammar::{Args, Modes, Row};
use bgp::Family;
use bgp::clear::{How, Whom};
use bgp::config::PeerKey;
use bgp::show::{
    EntryQuery, Filter, Of, RoutesQuery, SummaryQuery, SummaryState, Validity as RpkiValidity, Which,
};
use core::net::IpAddr;
use fib::Prefix;

/// How an answer of BGP's is printed.
#[derive(Copy, Clone, Debug, Default, PartialEq, Eq)]
pub struct BgpView {
    /// Columns that hold any IPv6 prefix and next hop.
    pub wide: bool,
    /// Of neighbors, their graceful restarts only.
    pub restarts: bool,
}

/// What stands before the words of a command.
macro_rules! bgp {
    ($rest:literal) => {
        concat!("show [ip] bgp [ipv4|ipv6] [unicast] ", $rest)
    };
}

/// The same of `clear`.
macro_rules! clear {
    ($rest:literal) => {
        concat!("clear [ip] bgp [ipv4|ipv6] [unicast] ", $rest, " [soft [in|out]|in|out]")
    };
}

pub(super) const ROWS: &[Row<Run>] = &[
    line(
        "show [ip] bgp [ipv4|ipv6] [unicast] [wide]",
        "",
        Modes::EXEC,
        "The BGP table; IPv4 unless another family is named",
        table,
    )
    .help(HELP),
    line(
        bgp!("<PREFIX$prefix|ADDRESS$address> [bestpath|multipath]"),
        "",
        Modes::EXEC,
        "One network with all there is to say of its paths; of an address, the longest that covers it",
        entry,
    )
    .help(HELP),
    line(
        bgp!("<PREFIX$prefix|ADDRESS$address> explain"),
        "",
        Modes::EXEC,
        "Why a path is best: the step at which each other lost, policy, next hops, and who is told",
        explain,
    )
    .help(HELP),
    line(bgp!("PREFIX$prefix longer-prefixes"), "", Modes::EXEC, "A network and what it covers", longer)
        .help(HELP),
    line(
        bgp!("summary [established|failed]"),
        "",
        Modes::EXEC,
        "Neighbors, one line each; those that failed with the reason",
        summary,
    )
    .help(HELP),
    line(
        bgp!("neighbors [ADDRESS$who|IFNAME]"),
        "",
        Modes::EXEC,
        "Neighbors with all that is known of them",
        neighbors,
    )
    .help(HELP),
    line(
        bgp!("neighbors graceful-restart"),
        "",
        Modes::EXEC,
        "Graceful restarts of all neighbors",
        neighbors,
    )
    .help(HELP),
    line(
        bgp!("neighbors <ADDRESS$who|IFNAME> graceful-restart"),
        "",
        Modes::EXEC,
        "Graceful restarts of a neighbor",
        neighbors,
    )
    .help(HELP),
    line(
        bgp!(
            "neighbors <ADDRESS$who|IFNAME> \
             <advertised-routes|received-routes|filtered-routes|routes|bestpath-routes>"
        ),
        "",
        Modes::EXEC,
        "What a neighbor is told, or said: before policy, what policy refused, what it left, what of that is best",
        adjacent,
    )
    .help(HELP),
    line(bgp!("regexp REGEX"), "", Modes::EXEC, "Paths whose AS path matches", |args| {
        filtered(args, Filter::Regexp(need(args, "REGEX")?))
    })
    .help(HELP),
    line(
        bgp!("community [AA:NN$c1 [AA:NN$c2 [AA:NN$c3 [AA:NN$c4]]]] [exact-match]"),
        "",
        Modes::EXEC,
        "Paths with communities; with all of these, or with these and no others",
        |args| filtered(args, Filter::Communities { all: several(args), exact: args.has("exact-match") }),
    )
    .help(HELP),
    line(
        bgp!("large-community [AA:BB:CC$c1 [AA:BB:CC$c2 [AA:BB:CC$c3 [AA:BB:CC$c4]]]] [exact-match]"),
        "",
        Modes::EXEC,
        "The same of large communities",
        |args| filtered(args, Filter::LargeCommunities { all: several(args), exact: args.has("exact-match") }),
    )
    .help(HELP),
    line(
        bgp!("community-list NAME [exact-match]"),
        "",
        Modes::EXEC,
        "Paths that a community list permits",
        |args| {
            let name = need(args, "NAME")?;
            filtered(args, Filter::CommunityList { name, exact: args.has("exact-match") })
        },
    )
    .help(HELP),
    line(
        bgp!("<large-community-list|extcommunity-list|filter-list|route-map|prefix-list> NAME"),
        "",
        Modes::EXEC,
        "Paths that a list or route map permits",
        listed,
    )
    .help(HELP),
    line(bgp!("cidr-only"), "", Modes::EXEC, "Networks without the mask of their class", |args| {
        filtered(args, Filter::CidrOnly)
    })
    .help(HELP),
    line(
        bgp!("rib-failure"),
        "",
        Modes::EXEC,
        "Best paths that are not used because another protocol has a better route",
        |args| filtered(args, Filter::RibFailure),
    )
    .help(HELP),
    line(
        bgp!("rpki <valid|invalid|notfound>"),
        "",
        Modes::EXEC,
        "Paths whose origin is valid, invalid or not known",
        |args| {
            let state = match () {
                () if args.has("valid") => RpkiValidity::Valid,
                () if args.has("invalid") => RpkiValidity::Invalid,
                () => RpkiValidity::NotFound,
            };
            filtered(args, Filter::Rpki(state))
        },
    )
    .help(HELP),
    line(bgp!("nexthop"), "", Modes::EXEC, "Next hops, and how they are reached", |args| {
        ask(args, BgpShow::NextHops(named(args)))
    })
    .help(HELP),
    line(bgp!("statistics"), "", Modes::EXEC, "What the table is made of", |args| {
        ask(args, BgpShow::Statistics { family: family(args), after: None })
    })
    .help(HELP),
    line(bgp!("memory"), "", Modes::EXEC, "What is kept, and its bytes", |args| ask(args, BgpShow::Memory))
        .help(HELP),
    line(bgp!("update-groups"), "", Modes::EXEC, "Neighbors that are told the same", |args| {
        ask(args, BgpShow::UpdateGroups(named(args)))
    })
    .help(HELP),
    line(bgp!("peer-group [NAME]"), "", Modes::EXEC, "Peer groups and their members", |args| {
        ask(args, BgpShow::PeerGroups(args.text("NAME").map(str::to_owned)))
    })
    .help(HELP),
    line(bgp!("attribute-info"), "", Modes::EXEC, "Sets of attributes, each kept once", |args| {
        ask(args, BgpShow::Attributes { after: None })
    })
    .help(HELP),
    line("show [ip] bgp dump", "", Modes::EXEC, "MRT files that are written, and how that is going", |args| {
        ask(args, BgpShow::Dumps)
    })
    .help(HELP),
    line("show bmp", "", Modes::EXEC, "Monitoring stations (RFC 7854), and what they were told", |args| {
        ask(args, BgpShow::Bmp)
    })
    .help(HELP),
    line("show rpki <cache-connection|cache-server>", "", Modes::EXEC, "Validating caches", |args| {
        ask(args, BgpShow::Rpki)
    })
    .help(HELP),
    line("show rpki prefix-table", "", Modes::EXEC, "Which AS may announce what", |args| {
        ask(args, BgpShow::RpkiTable { after: None })
    })
    .help(HELP),
    line(clear!("ADDRESS$who"), "", Modes::PRIVILEGED, CLEAR, clear).help(CLEAR_HELP),
    line(clear!("<1-4294967295>$as"), "", Modes::PRIVILEGED, CLEAR, clear).help(CLEAR_HELP),
    line(clear!("<*|external|peer-group NAME|interface IFNAME>"), "", Modes::PRIVILEGED, CLEAR, clear)
        .help(CLEAR_HELP),
];

const CLEAR: &str = "End sessions and begin anew; or soft, exchange routes again without that";

const HELP: &[(&str, &str)] = &[
    ("ipv4", "IPv4"),
    ("unicast", "Unicast; the only kind there is"),
    ("wide", "Wide columns"),
    ("prefix", "This network"),
    ("address", "The network a packet to this address takes"),
    ("bestpath", "Only the best path"),
    ("multipath", "Only paths that are used"),
    ("explain", "Why it is as it is"),
    ("longer-prefixes", "And what it covers"),
    ("summary", "Neighbors, one line each"),
    ("established", "Those that are up"),
    ("failed", "Those that are down"),
    ("neighbors", "Neighbors"),
    ("graceful-restart", "Graceful restarts (RFC 4724)"),
    ("who", "The neighbor with this address"),
    ("IFNAME", "The neighbor on this interface"),
    ("advertised-routes", "What it is told"),
    ("received-routes", "What it said, before policy"),
    ("filtered-routes", "What policy refused"),
    ("routes", "What it said, as policy left it"),
    ("bestpath-routes", "What of that is best"),
    ("regexp", "Paths by their AS path"),
    ("REGEX", "A regular expression; _ stands for the ends of an AS number (Ctrl-V ? types a ?)"),
    ("community", "Paths by their communities"),
    ("c1", "A community: AA:NN, no-export, no-advertise, local-AS, graceful-shutdown, ..."),
    ("c2", "And this one"),
    ("c3", "And this one"),
    ("c4", "And this one"),
    ("exact-match", "And no others"),
    ("large-community", "Paths by their large communities"),
    ("community-list", "Paths by a community list"),
    ("large-community-list", "Paths by a large community list"),
    ("extcommunity-list", "Paths by an extended community list"),
    ("filter-list", "Paths by an AS path access list"),
    ("route-map", "Paths by a route map"),
    ("prefix-list", "Paths by a prefix list"),
    ("NAME", "Its name"),
    ("cidr-only", "Networks without the mask of their class"),
    ("rib-failure", "Best, but another protocol has a better route"),
    ("valid", "A ROA fits"),
    ("invalid", "ROAs cover it, and none fits"),
    ("notfound", "No ROA covers it"),
    ("nexthop", "Next hops"),
    ("statistics", "What the table is made of"),
    ("memory", "What is kept"),
    ("update-groups", "Neighbors that are told the same"),
    ("peer-group", "Peer groups"),
    ("attribute-info", "Sets of attributes"),
    ("dump", "MRT files that are written"),
    ("bmp", "Monitoring (BMP)"),
    ("rpki", "Validation of origins (RPKI)"),
    ("cache-connection", "Validating caches"),
    ("cache-server", "Validating caches"),
    ("prefix-table", "Which AS may announce what"),
];

const CLEAR_HELP: &[(&str, &str)] = &[
    ("clear", "Reset or forget"),
    ("ipv4", "IPv4"),
    ("unicast", "Unicast; the only kind there is"),
    ("*", "Every neighbor"),
    ("who", "The neighbor with this address"),
    ("as", "Neighbors of this AS"),
    ("external", "Neighbors of other ASes"),
    ("peer-group", "Neighbors of this peer group"),
    ("NAME", "Its name"),
    ("interface", "The neighbor on this interface"),
    ("soft", "Exchange routes again, without ending the session"),
    ("in", "What they said is judged again"),
    ("out", "They are told everything again"),
];

fn ask(args: &Args, what: BgpShow) -> Result<Action, String> {
    show(args, Show::Bgp(what), View::Bgp(view(args)))
}

fn view(args: &Args) -> BgpView {
    BgpView { wide: args.has("wide"), restarts: args.has("graceful-restart") }
}

/// The family that is named; `show ip bgp` alone names none.
fn named(args: &Args) -> Option<Family> {
    match () {
        () if args.has("ipv6") => Some(Family::Ipv6),
        () if args.has("ipv4") => Some(Family::Ipv4),
        () => None,
    }
}

fn family(args: &Args) -> Family {
    named(args).unwrap_or(Family::Ipv4)
}

fn need(args: &Args, name: &str) -> Result<String, String> {
    args.need(name)
}

fn several(args: &Args) -> Vec<String> {
    ["c1", "c2", "c3", "c4"].iter().filter_map(|name| args.text(name)).map(str::to_owned).collect()
}

fn routes(args: &Args, query: RoutesQuery) -> Result<Action, String> {
    ask(args, BgpShow::Routes(query))
}

fn table(args: &Args) -> Result<Action, String> {
    routes(args, RoutesQuery::all(family(args)))
}

fn filtered(args: &Args, filter: Filter) -> Result<Action, String> {
    routes(args, RoutesQuery { filter: Some(filter), ..RoutesQuery::all(family(args)) })
}

fn listed(args: &Args) -> Result<Action, String> {
    let name = need(args, "NAME")?;
    let filter = match () {
        () if args.has("large-community-list") => Filter::LargeCommunityList(name),
        () if args.has("extcommunity-list") => Filter::ExtendedCommunityList(name),
        () if args.has("filter-list") => Filter::FilterList(name),
        () if args.has("route-map") => Filter::RouteMap(name),
        () => Filter::PrefixList(name),
    };
    filtered(args, filter)
}

/// The network or address of a command, and whether it is a network; its family is the one that is named.
fn network(args: &Args) -> Result<(Prefix, bool), String> {
    let prefix = args.get::<Prefix>("prefix");
    let exact = prefix.is_some();
    let address = || args.get::<IpAddr>("address").map(Prefix::host);
    let prefix = prefix.or_else(address).ok_or("a network is needed")?;
    match named(args) {
        Some(family) if family != Family::of(prefix.is_v4()) => Err(format!("{prefix} is not {family}")),
        _ => Ok((prefix, exact)),
    }
}

fn entry_query(args: &Args) -> Result<EntryQuery, String> {
    let (prefix, exact) = network(args)?;
    let which = match () {
        () if args.has("bestpath") => Which::Best,
        () if args.has("multipath") => Which::Multipath,
        () => Which::All,
    };
    Ok(EntryQuery { family: Family::of(prefix.is_v4()), prefix, exact, which })
}

fn entry(args: &Args) -> Result<Action, String> {
    ask(args, BgpShow::Entry(entry_query(args)?))
}

fn explain(args: &Args) -> Result<Action, String> {
    ask(args, BgpShow::Explain(entry_query(args)?))
}

fn longer(args: &Args) -> Result<Action, String> {
    let (prefix, _) = network(args)?;
    let all = RoutesQuery::all(Family::of(prefix.is_v4()));
    routes(args, RoutesQuery { covered_by: Some(prefix), ..all })
}

/// `show ip bgp summary` is of IPv4, `show bgp summary` of every family, as in FRR.
fn summary(args: &Args) -> Result<Action, String> {
    let family = named(args).or(args.has("ip").then_some(Family::Ipv4));
    let state = match () {
        () if args.has("established") => SummaryState::Established,
        () if args.has("failed") => SummaryState::Failed,
        () => SummaryState::Any,
    };
    ask(args, BgpShow::Summary(SummaryQuery { family, state }))
}

fn peer(args: &Args) -> Option<PeerKey> {
    let interface = || args.text("IFNAME").map(|name| PeerKey::Interface(name.to_owned()));
    args.get::<IpAddr>("who").map(PeerKey::Address).or_else(interface)
}

fn neighbors(args: &Args) -> Result<Action, String> {
    ask(args, BgpShow::Neighbors { family: named(args), peer: peer(args) })
}

fn adjacent(args: &Args) -> Result<Action, String> {
    let peer = peer(args).ok_or("a neighbor is needed")?;
    // Of a neighbor reached by IPv6 that says nothing else, what is asked for is its IPv6 routes, as in FRR.
    let by_address = match (&peer, args.has("ip")) {
        (PeerKey::Address(address), false) => Family::of(address.is_ipv4()),
        _ => Family::Ipv4,
    };
    let of = match () {
        () if args.has("advertised-routes") => Of::Advertised(peer),
        () if args.has("received-routes") => Of::Received(peer),
        () if args.has("filtered-routes") => Of::Filtered(peer),
        () if args.has("bestpath-routes") => Of::Best(peer),
        () => Of::Accepted(peer),
    };
    routes(args, RoutesQuery { of, ..RoutesQuery::all(named(args).unwrap_or(by_address)) })
}

fn clear(args: &Args) -> Result<Action, String> {
    let group = || args.text("NAME").map(|name| Whom::Group(name.to_owned()));
    let asn = || args.get::<u32>("as").map(Whom::As);
    let whom = match () {
        () if args.has("*") => Whom::All,
        () if args.has("external") => Whom::External,
        () => peer(args).map(Whom::Peer).or_else(asn).or_else(group).ok_or("whom?")?,
    };
    let how = match (args.has("in"), args.has("out"), args.has("soft")) {
        (true, _, _) => How::In,
        (_, true, _) => How::Out,
        (_, _, true) => How::InOut,
        _ => How::Hard,
    };
    let clear = bgp::clear::Clear { family: named(args), whom, how };
    Ok(Action::Send(Command::Clear(Clear::Bgp(clear))))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::exec::{Handler, grammar};

    fn action(line: &str) -> Result<Action, String> {
        let grammar = grammar(&[]);
        let (form, args) =
            grammar.parse(Modes::PRIVILEGED, line).map_err(|fault| format!("{line}: {fault:?}"))?;
        let Handler::Own(run) = form.run else { return Err(format!("{line} is somebody else's")) };
        run(&args)
    }

    /// What a line asks for.
    fn asked(line: &str) -> (BgpShow, BgpView, bool) {
        match action(line) {
            Ok(Action::Show { show: Show::Bgp(what), view: View::Bgp(view), json }) => (what, view, json),
            other => panic!("{line}: {other:?}"),
        }
    }

    fn query(line: &str) -> RoutesQuery {
        match asked(line).0 {
            BgpShow::Routes(query) => query,
            other => panic!("{line}: {other:?}"),
        }
    }

    fn cleared(line: &str) -> (Option<Family>, Whom, How) {
        match action(line) {
            Ok(Action::Send(Command::Clear(Clear::Bgp(c)))) => (c.family, c.whom, c.how),
            other => panic!("{line}: {other:?}"),
        }
    }

    #[test]
    fn the_table_is_ipv4_s_unless_another_family_is_named() {
        for line in ["show bgp", "show ip bgp", "sh bgp ipv4", "show bgp ipv4 unicast", "show ip bgp json"] {
            assert_eq!(query(line), RoutesQuery::all(Family::Ipv4), "{line}");
        }
        assert_eq!(query("show bgp ipv6 unicast"), RoutesQuery::all(Family::Ipv6));
        assert!(asked("show ip bgp json").2);
        assert!(asked("show bgp ipv6 wide").1.wide);
    }

    #[test]
    fn a_network_is_looked_up_in_the_table_of_its_family() {
        let entry = |line: &str| match asked(line).0 {
            BgpShow::Entry(query) => query,
            other => panic!("{line}: {other:?}"),
        };
        let v6 = entry("show bgp 2001:db8::/32 bestpath");
        assert_eq!((v6.family, v6.exact, v6.which), (Family::Ipv6, true, Which::Best));
        let host = entry("show ip bgp 10.1.2.3");
        assert_eq!((host.prefix, host.exact), ("10.1.2.3/32".parse().unwrap(), false));
        assert_eq!(entry("show ip bgp 10.0.0.0/8 multipath json").which, Which::Multipath);
        assert!(action("show bgp ipv6 10.0.0.0/8").is_err());
        assert!(matches!(asked("show ip bgp 10.0.0.0/8 explain").0, BgpShow::Explain(_)));
        let covered = query("show ip bgp 10.0.0.0/8 longer").covered_by;
        assert_eq!(covered, "10.0.0.0/8".parse().ok());
    }

    #[test]
    fn routes_are_chosen_by_what_they_carry() {
        let filter = |line: &str| query(line).filter.unwrap();
        assert_eq!(filter("show ip bgp regexp _65001$"), Filter::Regexp("_65001$".to_owned()));
        assert_eq!(filter("show bgp regexp \"^1 2\" json"), Filter::Regexp("^1 2".to_owned()));
        let any = Filter::Communities { all: vec![], exact: false };
        assert_eq!(filter("show ip bgp community"), any);
        let two = vec!["65000:1".to_owned(), "no-export".to_owned()];
        let exact = Filter::Communities { all: two, exact: true };
        assert_eq!(filter("show ip bgp community 65000:1 no-export exact-match"), exact);
        let large = Filter::LargeCommunities { all: vec!["1:2:3".to_owned()], exact: false };
        assert_eq!(filter("show bgp ipv6 large-community 1:2:3"), large);
        let list = Filter::CommunityList { name: "C".to_owned(), exact: false };
        assert_eq!(filter("show ip bgp community-list C"), list);
        assert_eq!(filter("show ip bgp filter-list 1"), Filter::FilterList("1".to_owned()));
        assert_eq!(filter("show ip bgp route-map M"), Filter::RouteMap("M".to_owned()));
        assert_eq!(filter("show ip bgp prefix-list P"), Filter::PrefixList("P".to_owned()));
        assert_eq!(filter("show ip bgp rpki invalid"), Filter::Rpki(RpkiValidity::Invalid));
        assert_eq!(filter("show ip bgp cidr-only"), Filter::CidrOnly);
        assert_eq!(filter("show bgp ipv6 rib-failure"), Filter::RibFailure);
    }

    #[test]
    fn a_neighbor_is_an_address_or_an_interface() {
        let peer = |line: &str| match asked(line).0 {
            BgpShow::Neighbors { peer, .. } => peer,
            other => panic!("{line}: {other:?}"),
        };
        assert_eq!(peer("show bgp neighbors"), None);
        assert_eq!(peer("show bgp neighbors json"), None);
        assert_eq!(peer("show bgp neighbors graceful-restart json"), None);
        assert!(asked("show bgp neighbors graceful-restart").1.restarts);
        assert!(asked("show bgp ipv4 neighbors 10.0.0.1 graceful-restart json").1.restarts);
        assert!(!asked("show bgp neighbors").1.restarts);
        let address = PeerKey::Address("10.0.0.1".parse().unwrap());
        assert_eq!(peer("sh ip bgp nei 10.0.0.1"), Some(address.clone()));
        assert_eq!(peer("show bgp neighbors eth1"), Some(PeerKey::Interface("eth1".to_owned())));
        let of = |line: &str| query(line).of;
        assert_eq!(of("show ip bgp neighbors 10.0.0.1 adv"), Of::Advertised(address.clone()));
        assert_eq!(of("show ip bgp neighbors 10.0.0.1 received-routes json"), Of::Received(address.clone()));
        assert_eq!(of("show ip bgp neighbors 10.0.0.1 filtered-routes"), Of::Filtered(address.clone()));
        assert_eq!(of("show ip bgp neighbors 10.0.0.1 routes"), Of::Accepted(address));
        assert_eq!(query("show bgp neighbors 2001:db8::1 routes").family, Family::Ipv6);
        assert_eq!(query("show bgp ipv4 neighbors 2001:db8::1 routes").family, Family::Ipv4);
    }

    #[test]
    fn a_summary_is_of_every_family_unless_one_is_named() {
        let query = |line: &str| match asked(line).0 {
            BgpShow::Summary(query) => query,
            other => panic!("{line}: {other:?}"),
        };
        assert_eq!(query("show bgp summary"), SummaryQuery::default());
        assert_eq!(query("show ip bgp summary").family, Some(Family::Ipv4));
        assert_eq!(query("show bgp ipv6 unicast sum failed").state, SummaryState::Failed);
        assert_eq!(query("show bgp ipv6 unicast sum failed").family, Some(Family::Ipv6));
    }

    #[test]
    fn what_is_cleared_is_everything_one_neighbor_an_as_or_a_group() {
        let address = Whom::Peer(PeerKey::Address("10.0.0.1".parse().unwrap()));
        assert_eq!(cleared("clear bgp *"), (None, Whom::All, How::Hard));
        assert_eq!(cleared("clear ip bgp 10.0.0.1"), (None, address.clone(), How::Hard));
        assert_eq!(
            cleared("clear bgp ipv4 unicast 10.0.0.1 soft in"),
            (Some(Family::Ipv4), address, How::In)
        );
        assert_eq!(cleared("clear bgp 65001 soft"), (None, Whom::As(65001), How::InOut));
        assert_eq!(cleared("clear bgp ipv6 * out"), (Some(Family::Ipv6), Whom::All, How::Out));
        assert_eq!(cleared("clear bgp external"), (None, Whom::External, How::Hard));
        assert_eq!(cleared("clear bgp peer-group G in"), (None, Whom::Group("G".to_owned()), How::In));
        let link = Whom::Peer(PeerKey::Interface("eth1".to_owned()));
        assert_eq!(cleared("clear bgp interface eth1"), (None, link, How::Hard));
    }
}
