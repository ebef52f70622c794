//! `show`: what is asked, and how the answer is printed.

use super::bgp::BgpView;
use super::ospf::OspfView;
use super::{Action, Run, line};
use crate::command::{Family, RouteQuery, Show};
use crate::grammar::{Args, Modes, Row};
use core::net::IpAddr;
use fib::{Prefix, Protocol, TableId};

/// How an answer is printed. One answer may have several faces.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum View {
    /// The only face.
    Plain,
    /// A table of interfaces, one line each.
    Brief(Family),
    /// Routes in the manner of `show ip route`.
    Routes(Family),
    /// How many routes there are.
    RouteSummary(Family),
    /// Routes as `ip route` of Linux prints them.
    Linux {
        /// The table, if it was named.
        table: Option<TableId>,
    },
    /// ARP or ND.
    Neighbors(Family),
    /// `show ip rip`
    Rip,
    /// `show ip rip database`
    RipDatabase,
    /// `show ip rip status`; with what is configured, where that has been asked as well.
    RipStatus(Option<Box<rip::config::Config>>),
    /// `show ip protocols`; with what is configured of RIP.
    Protocols(Option<Box<rip::config::Config>>),
    /// `show ip ospf ...`
    Ospf(OspfView),
    /// `show bgp ...`
    Bgp(BgpView),
    /// A configuration as lines.
    Text,
    /// A configuration as YAML.
    Yaml,
    /// Access lists; of this name only.
    AccessLists(Option<String>),
    /// Prefix lists; of this name only.
    PrefixLists(Option<String>),
    /// AS-path access lists; of this name only.
    AsPathLists(Option<String>),
    /// Community lists; of this name only.
    CommunityLists(CommunityKind, Option<String>),
    /// Route maps; of this name only.
    RouteMaps(Option<String>),
    /// Key chains; of this name only.
    KeyChains(Option<String>),
}

/// Which communities a list is about.
#[derive(Copy, Clone, Debug, PartialEq, Eq)]
pub enum CommunityKind {
    /// RFC 1997.
    Plain,
    /// RFC 4360.
    Extended,
    /// RFC 8092.
    Large,
}

const ROUTE_HELP: &[(&str, &str)] = &[
    ("route", "The routing table"),
    ("address", "The route a packet to this address takes"),
    ("prefix", "This network, in detail"),
    ("longer-prefixes", "And what it covers"),
    ("connected", "Networks of interfaces"),
    ("static", "Static routes"),
    ("summary", "How many routes of which source"),
    ("linux", "As `ip route` of Linux prints them"),
    ("table", "Another table than main"),
    ("local", "The router's own addresses"),
    ("main", "What routing chose"),
];

pub(super) const ROWS: &[Row<Run>] = &[
    line("show version", "", Modes::EXEC, "The router and its software", |args| plain(args, Show::Version))
        .help(&[("version", "The router and its software")]),
    line(
        "show health",
        "",
        Modes::EXEC,
        "Whether the configuration is in force and routing has converged",
        |args| plain(args, Show::Health),
    )
    .help(&[("health", "Whether all is well")]),
    line("show interfaces [IFNAME]", "", Modes::EXEC, "Interfaces with their counters", |args| {
        plain(args, Show::Interfaces(args.text("IFNAME").map(str::to_owned)))
    })
    .help(&[("interfaces", "Interfaces with their counters")]),
    line("show interfaces brief", "", Modes::EXEC, "Interfaces, one line each", |args| {
        show(args, Show::InterfaceBrief(Family::V4), View::Brief(Family::V4))
    })
    .help(&[("brief", "One line each")]),
    line("show <ip|ipv6> interface brief", "", Modes::EXEC, "Interfaces, one line each", |args| {
        show(args, Show::InterfaceBrief(family(args)), View::Brief(family(args)))
    })
    .help(&[("brief", "One line each")]),
    line(
        "show ip route [table <main|local|<1-4294967295>$table>] \
         [A.B.C.D$address|A.B.C.D/M$prefix [longer-prefixes]|connected|static|rip|ospf|bgp]",
        "",
        Modes::EXEC,
        "The routing table; one network or address in detail",
        routes,
    )
    .help(ROUTE_HELP),
    line(
        "show ipv6 route [table <main|local|<1-4294967295>$table>] \
         [X:X::X:X$address|X:X::X:X/M$prefix [longer-prefixes]|connected|static|rip|ospf|bgp]",
        "",
        Modes::EXEC,
        "The IPv6 routing table",
        routes,
    )
    .help(ROUTE_HELP),
    line("show <ip|ipv6> route summary", "", Modes::EXEC, "How many routes of which source", |args| {
        show(args, Show::Routes(query(args)), View::RouteSummary(family(args)))
    })
    .help(ROUTE_HELP),
    line(
        "show <ip|ipv6> route linux [table <main|local|<1-4294967295>$table>]",
        "",
        Modes::EXEC,
        "Routes as `ip route` of Linux prints them",
        |args| {
            let (family, table) = (family(args), table(args));
            show(args, Show::RoutesLinux { family, table }, View::Linux { table })
        },
    )
    .help(ROUTE_HELP),
    line(
        "show ip fib [table <main|local|<1-4294967295>$table>] [A.B.C.D$address]",
        "",
        Modes::EXEC,
        "What packets follow: networks with their groups and adjacencies",
        fib,
    )
    .help(FIB_HELP),
    line(
        "show ipv6 fib [table <main|local|<1-4294967295>$table>] [X:X::X:X$address]",
        "",
        Modes::EXEC,
        "The same for IPv6",
        fib,
    )
    .help(FIB_HELP),
    line("show <ip|ipv6> rule", "", Modes::EXEC, "Which table is asked for which packets", |args| {
        plain(args, Show::Rules)
    })
    .help(&[("rule", "Which table is asked for which packets")]),
    line("show arp", "", Modes::EXEC, "Resolved IPv4 neighbors", neighbors_v4),
    line("show ip arp", "", Modes::EXEC, "Resolved IPv4 neighbors", neighbors_v4),
    line("show ipv6 neighbors", "", Modes::EXEC, "Resolved IPv6 neighbors", |args| {
        show(args, Show::Neighbors(Family::V6), View::Neighbors(Family::V6))
    })
    .help(&[("neighbors", "Resolved neighbors")]),
    line("show ip traffic", "", Modes::EXEC, "Every counter of the router", |args| {
        plain(args, Show::Traffic)
    })
    .help(&[("traffic", "Every counter of the router")]),
    line("show running-config [yaml]", "", Modes::EXEC, "The configuration in force", |args| {
        show(args, Show::RunningConfig, config_view(args))
    })
    .help(CONFIG_HELP),
    line("show startup-config [yaml]", "", Modes::EXEC, "The configuration of the next start", |args| {
        show(args, Show::StartupConfig, config_view(args))
    })
    .help(CONFIG_HELP),
    line("write terminal", "", Modes::PRIVILEGED, "The configuration in force", |args| {
        show(args, Show::RunningConfig, View::Text)
    })
    .help(&[("terminal", "Print the configuration in force")]),
    line("show logging", "", Modes::EXEC, "The log", |args| plain(args, Show::Logging))
        .help(&[("logging", "The log")]),
    line("show debugging", "", Modes::EXEC, "Debug topics that are on", |args| plain(args, Show::Debugging))
        .help(&[("debugging", "Debug topics that are on")]),
    line("show ip rip", "", Modes::EXEC, "RIP's routes", |args| show(args, Show::RipTable, View::Rip)),
    line(
        "show ip rip database [A.B.C.D/M]",
        "",
        Modes::EXEC,
        "RIP's routes with all that is known of them",
        |args| show(args, Show::RipDatabase(args.get("A.B.C.D/M")), View::RipDatabase),
    )
    .help(&[("database", "With all that is known of them")]),
    line("show ip rip status", "", Modes::EXEC, "RIP's settings and neighbors", |args| {
        show(args, Show::RipStatus, View::RipStatus(None))
    })
    .help(&[("status", "Settings and neighbors")]),
    line("show ip protocols", "", Modes::EXEC, "Routing protocols that run", |args| {
        show(args, Show::Protocols, View::Protocols(None))
    })
    .help(&[("protocols", "Routing protocols that run")]),
    line("show <ip|ipv6> access-list [NAME]", "", Modes::EXEC, "Access lists", access_lists).help(LIST_HELP),
    line("show access-lists [NAME]", "", Modes::EXEC, "Access lists", access_lists).help(LIST_HELP),
    line("show <ip|ipv6> prefix-list [NAME]", "", Modes::EXEC, "Prefix lists", |args| {
        show(args, Show::Policy, View::PrefixLists(name(args)))
    })
    .help(LIST_HELP),
    line("show <bgp|ip> as-path-access-list [NAME]", "", Modes::EXEC, "AS-path access lists", |args| {
        show(args, Show::Policy, View::AsPathLists(name(args)))
    })
    .help(LIST_HELP),
    line("show <bgp|ip> community-list [NAME]", "", Modes::EXEC, "Community lists", |args| {
        community_lists(args, CommunityKind::Plain)
    })
    .help(LIST_HELP),
    line("show <bgp|ip> extcommunity-list [NAME]", "", Modes::EXEC, "Extended community lists", |args| {
        community_lists(args, CommunityKind::Extended)
    })
    .help(LIST_HELP),
    line("show <bgp|ip> large-community-list [NAME]", "", Modes::EXEC, "Large community lists", |args| {
        community_lists(args, CommunityKind::Large)
    })
    .help(LIST_HELP),
    line("show route-map [NAME]", "", Modes::EXEC, "Route maps", |args| {
        show(args, Show::Policy, View::RouteMaps(name(args)))
    })
    .help(LIST_HELP),
    line("show key chain [NAME]", "", Modes::EXEC, "Key chains", |args| {
        show(args, Show::Policy, View::KeyChains(name(args)))
    })
    .help(LIST_HELP),
    line("show history", "", Modes::EXEC, "Lines typed in this session", |args| {
        Ok(Action::History { json: args.has("json") })
    })
    .help(&[("history", "Lines typed in this session")]),
];

const FIB_HELP: &[(&str, &str)] = &[
    ("fib", "What packets follow"),
    ("address", "What a packet to this address follows"),
    ("table", "Another table than main"),
    ("local", "The router's own addresses"),
    ("main", "What routing chose"),
];

const CONFIG_HELP: &[(&str, &str)] = &[
    ("running-config", "The configuration in force"),
    ("startup-config", "The configuration of the next start"),
    ("yaml", "As YAML rather than as lines"),
];

const LIST_HELP: &[(&str, &str)] = &[
    ("access-list", "Access lists"),
    ("access-lists", "Access lists"),
    ("prefix-list", "Prefix lists"),
    ("bgp", "BGP"),
    ("as-path-access-list", "AS-path access lists"),
    ("community-list", "Community lists"),
    ("extcommunity-list", "Extended community lists"),
    ("large-community-list", "Large community lists"),
    ("route-map", "Route maps"),
    ("key", "Keys"),
    ("chain", "Key chains"),
    ("NAME", "Only the one of this name"),
];

pub(super) fn show(args: &Args, show: Show, view: View) -> Result<Action, String> {
    Ok(Action::Show { show, view, json: args.has("json") })
}

fn plain(args: &Args, what: Show) -> Result<Action, String> {
    show(args, what, View::Plain)
}

fn family(args: &Args) -> Family {
    if args.has("ipv6") { Family::V6 } else { Family::V4 }
}

fn table(args: &Args) -> Option<TableId> {
    match () {
        () if args.has("main") => Some(TableId::MAIN),
        () if args.has("local") => Some(TableId::LOCAL),
        () => args.get("table").map(TableId),
    }
}

fn name(args: &Args) -> Option<String> {
    args.text("NAME").map(str::to_owned)
}

fn config_view(args: &Args) -> View {
    if args.has("yaml") { View::Yaml } else { View::Text }
}

fn query(args: &Args) -> RouteQuery {
    RouteQuery {
        family: family(args),
        table: table(args),
        protocol: args.keywords().find_map(|k| k.parse::<Protocol>().ok()),
        prefix: args.get::<Prefix>("prefix"),
        longer: args.has("longer-prefixes"),
        address: args.get::<IpAddr>("address"),
        after: None,
    }
}

fn routes(args: &Args) -> Result<Action, String> {
    show(args, Show::Routes(query(args)), View::Routes(family(args)))
}

fn fib(args: &Args) -> Result<Action, String> {
    let address = args.get::<IpAddr>("address");
    plain(args, Show::Fib { family: family(args), table: table(args), address, after: None })
}

fn neighbors_v4(args: &Args) -> Result<Action, String> {
    show(args, Show::Neighbors(Family::V4), View::Neighbors(Family::V4))
}

fn access_lists(args: &Args) -> Result<Action, String> {
    show(args, Show::Policy, View::AccessLists(name(args)))
}

fn community_lists(args: &Args, kind: CommunityKind) -> Result<Action, String> {
    show(args, Show::Policy, View::CommunityLists(kind, name(args)))
}
