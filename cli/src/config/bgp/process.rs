//! The process: who it is, whom it lets in, its timers.

use super::{asn, timers, unknown, value};
use crate::command::Mode;
use crate::config::{Edit, Run, gone, line};
use crate::grammar::{Args, Modes, Row};
use bgp::Family;
use bgp::config::{Confederation, Config, LOCAL_PREFERENCE, Listen, Shutdown, Timers};
use core::net::Ipv4Addr;
use fib::Prefix;

const HELP: &[(&str, &str)] = &[
    ("router", "A routing protocol"),
    ("bgp", "Border Gateway Protocol (RFC 4271)"),
    ("AS", "The router's own AS"),
    ("router-id", "The router's own number"),
    ("cluster-id", "Of this route reflector (RFC 4456)"),
    ("id", "Four numbers"),
    ("number", "The same as one number"),
    ("confederation", "An AS of several (RFC 5065)"),
    ("identifier", "The AS the world outside sees"),
    ("peers", "The other member ASes"),
    ("default", "What holds where nothing is said"),
    ("ipv4-unicast", "Neighbors are active for IPv4 (on by default)"),
    ("local-preference", "Of routes that come without one (100)"),
    ("preference", "The higher the better"),
    ("ebgp-requires-policy", "eBGP neighbors need filters both ways (RFC 8212; on by default)"),
    ("log-neighbor-changes", "Log neighbors that come and go (on by default)"),
    ("fast-external-failover", "A session ends with its link (on by default)"),
    ("network", "Of `network` lines"),
    ("import-check", "Only what the table has is announced (on by default)"),
    ("reject-as-sets", "Routes with AS_SET are taken as withdrawn (RFC 9774)"),
    ("timers", "Timers"),
    ("keepalive", "Seconds between keepalives (60)"),
    ("hold", "Seconds without a word until the session ends (180); 0 is never"),
    ("graceful-shutdown", "Send traffic elsewhere before maintenance (RFC 8326)"),
    ("shutdown", "Every session is down"),
    ("message", "And the peers are told why (RFC 9003)"),
    ("no-rib", "Install nothing: a route server or reflector that does not forward"),
    ("listen", "Neighbors that are not configured one by one"),
    ("limit", "How many there may be (100)"),
    ("range", "Whoever connects from inside"),
    ("PREFIX", "Their network"),
    ("peer-group", "The group they are members of"),
    ("NAME", "Its name"),
];

pub(in crate::config) const ROWS: &[Row<Run>] = &[
    line("router bgp [AS]", "router bgp [AS]", Modes::CONFIG, "Run BGP in this AS", router).help(HELP),
    line(
        "bgp router-id A.B.C.D$id",
        "bgp router-id [A.B.C.D$id]",
        Modes::BGP,
        "The router's number; without it the highest loopback address, else the highest address",
        router_id,
    )
    .help(HELP),
    line(
        "bgp cluster-id <A.B.C.D$id|<1-4294967295>$number>",
        "bgp cluster-id [A.B.C.D$id|<1-4294967295>$number]",
        Modes::BGP,
        "The number of a route reflector's cluster; without it the router id",
        cluster_id,
    )
    .help(HELP),
    line(
        "bgp confederation identifier AS",
        "bgp confederation identifier [AS]",
        Modes::BGP,
        "This AS is a member of a confederation that the world sees as one AS",
        confederation_identifier,
    )
    .help(HELP),
    line(
        "bgp confederation peers LINE",
        "bgp confederation peers LINE",
        Modes::BGP,
        "Other member ASes of the confederation",
        confederation_peers,
    )
    .help(&[
        ("confederation", "An AS of several (RFC 5065)"),
        ("peers", "The other member ASes"),
        ("LINE", "One AS or several"),
    ]),
    line(
        "bgp default ipv4-unicast",
        "bgp default ipv4-unicast",
        Modes::BGP,
        "Neighbors to come are active for IPv4 without being told (on by default)",
        default_ipv4,
    )
    .help(HELP),
    line(
        "bgp default local-preference <0-4294967295>$preference",
        "bgp default local-preference [<0-4294967295>$preference]",
        Modes::BGP,
        "Local preference of routes that come without one (100)",
        local_preference,
    )
    .help(HELP),
    line(
        "bgp ebgp-requires-policy",
        "bgp ebgp-requires-policy",
        Modes::BGP,
        "Without filters nothing is taken from eBGP neighbors nor told them (on by default)",
        |edit, args| switch(edit, args, |bgp| &mut bgp.ebgp_requires_policy),
    )
    .help(HELP),
    line(
        "bgp log-neighbor-changes",
        "bgp log-neighbor-changes",
        Modes::BGP,
        "Log neighbors that come and go (on by default)",
        |edit, args| switch(edit, args, |bgp| &mut bgp.log_neighbor_changes),
    )
    .help(HELP),
    line(
        "bgp fast-external-failover",
        "bgp fast-external-failover",
        Modes::BGP,
        "A directly connected eBGP session ends with its link (on by default)",
        |edit, args| switch(edit, args, |bgp| &mut bgp.fast_external_failover),
    )
    .help(HELP),
    line(
        "bgp network import-check",
        "bgp network import-check",
        Modes::BGP,
        "A `network` is announced only while the table has that very route (on by default)",
        |edit, args| switch(edit, args, |bgp| &mut bgp.network_import_check),
    )
    .help(HELP),
    line(
        "bgp reject-as-sets",
        "bgp reject-as-sets",
        Modes::BGP,
        "Take routes with AS_SET as withdrawn (RFC 9774)",
        |edit, args| switch(edit, args, |bgp| &mut bgp.reject_as_sets),
    )
    .help(HELP),
    line(
        "timers bgp <0-65535>$keepalive <0-65535>$hold",
        "timers bgp [<0-65535>$keepalive <0-65535>$hold]",
        Modes::BGP,
        "Seconds, of neighbors that say nothing (60 180)",
        process_timers,
    )
    .help(HELP),
    line(
        "bgp graceful-shutdown",
        "bgp graceful-shutdown",
        Modes::BGP,
        "Send traffic elsewhere before maintenance: GRACEFUL_SHUTDOWN on all that is told",
        |edit, args| switch(edit, args, |bgp| &mut bgp.graceful_shutdown),
    )
    .help(HELP),
    line(
        "bgp shutdown [message LINE]",
        "bgp shutdown [message [LINE]]",
        Modes::BGP,
        "Every session is down",
        shutdown,
    )
    .help(HELP),
    line("bgp no-rib", "bgp no-rib", Modes::BGP, "Install nothing into the table", no_rib).help(HELP),
    line("bgp no-rib", "bgp no-rib", Modes::CONFIG, "The same where FRR writes it", no_rib).help(HELP),
    line(
        "bgp listen limit <1-65535>$limit",
        "bgp listen limit [<1-65535>$limit]",
        Modes::BGP,
        "How many neighbors there may be that are not configured one by one (100)",
        listen_limit,
    )
    .help(HELP),
    line(
        "bgp listen range PREFIX peer-group NAME",
        "bgp listen range PREFIX [peer-group NAME]",
        Modes::BGP,
        "Whoever connects from inside is a neighbor of this group",
        listen_range,
    )
    .help(HELP),
];

/// There is one process in one AS.
fn router(edit: &mut Edit<'_>, args: &Args) -> Result<(), String> {
    let number = args.text("AS").map(|_| asn(args, "AS")).transpose()?;
    let known = edit.config.bgp.as_ref().map(|bgp| bgp.asn).filter(|asn| *asn != 0);
    if args.no() {
        if let Some(number) = number.filter(|n| known.is_some_and(|k| k != *n)) {
            return Err(format!("BGP does not run in AS {number}"));
        }
        return gone(edit.config.bgp.take(), || "BGP is not configured".to_owned());
    }
    match (known, number) {
        (Some(known), Some(number)) if known != number => {
            return Err(format!("BGP runs in AS {known} already: `no router bgp` ends that"));
        }
        (None, None) => return Err("Incomplete command.".to_owned()),
        (None, Some(number)) => edit.bgp_early().asn = number,
        (Some(_), _) => {}
    }
    edit.mode = Mode::Bgp;
    Ok(())
}

fn router_id(edit: &mut Edit<'_>, args: &Args) -> Result<(), String> {
    edit.bgp()?.router_id = value(args, "id")?;
    Ok(())
}

fn cluster_id(edit: &mut Edit<'_>, args: &Args) -> Result<(), String> {
    let id = match args.get::<u32>("number") {
        Some(number) => Some(Ipv4Addr::from_bits(number)),
        None => args.get("id"),
    };
    edit.bgp()?.cluster_id = id.filter(|_| !args.no());
    Ok(())
}

fn confederation_identifier(edit: &mut Edit<'_>, args: &Args) -> Result<(), String> {
    let bgp = edit.bgp()?;
    let peers = bgp.confederation.take().map(|c| c.peers).unwrap_or_default();
    let identifier = if args.no() { 0 } else { asn(args, "AS")? };
    bgp.confederation = Some(Confederation { identifier, peers });
    drop_confederation(bgp);
    Ok(())
}

fn confederation_peers(edit: &mut Edit<'_>, args: &Args) -> Result<(), String> {
    let text: String = args.need("LINE")?;
    let read = |word: &str| bgp::config::asn(word).ok_or_else(|| format!("`{word}` is no AS"));
    let members = text.split_whitespace().map(read).collect::<Result<Vec<u32>, String>>()?;
    let bgp = edit.bgp()?;
    let confederation =
        bgp.confederation.get_or_insert_with(|| Confederation { identifier: 0, peers: Default::default() });
    for member in members {
        if args.no() {
            confederation.peers.remove(&member);
        } else {
            confederation.peers.insert(member);
        }
    }
    drop_confederation(bgp);
    Ok(())
}

/// One without identifier and members is none.
fn drop_confederation(bgp: &mut Config) {
    bgp.confederation.take_if(|c| c.identifier == 0 && c.peers.is_empty());
}

/// Neighbors that are there stay as they are, as in FRR: their sessions go on.
fn default_ipv4(edit: &mut Edit<'_>, args: &Args) -> Result<(), String> {
    let bgp = edit.bgp()?;
    let old = core::mem::replace(&mut bgp.default_ipv4_unicast, !args.no());
    if old == bgp.default_ipv4_unicast {
        return Ok(());
    }
    let single = bgp.neighbors.values_mut().filter(|n| n.peer_group.is_none());
    for peer in bgp.peer_groups.values_mut().chain(single) {
        peer.families.entry(Family::Ipv4).or_default().activate.get_or_insert(old);
    }
    Ok(())
}

fn local_preference(edit: &mut Edit<'_>, args: &Args) -> Result<(), String> {
    edit.bgp()?.default_local_preference = value(args, "preference")?.unwrap_or(LOCAL_PREFERENCE);
    Ok(())
}

/// Something that is on or off.
fn switch(edit: &mut Edit<'_>, args: &Args, of: fn(&mut Config) -> &mut bool) -> Result<(), String> {
    *of(edit.bgp()?) = !args.no();
    Ok(())
}

fn process_timers(edit: &mut Edit<'_>, args: &Args) -> Result<(), String> {
    edit.bgp()?.timers = if args.no() { Timers::default() } else { timers(args)? };
    Ok(())
}

fn shutdown(edit: &mut Edit<'_>, args: &Args) -> Result<(), String> {
    let message = args.text("LINE").map(str::to_owned);
    edit.bgp()?.shutdown = Some(Shutdown { message }).filter(|_| !args.no());
    Ok(())
}

fn no_rib(edit: &mut Edit<'_>, args: &Args) -> Result<(), String> {
    match &mut edit.config.bgp {
        None if args.no() => {}
        _ => edit.bgp_early().no_rib = !args.no(),
    }
    Ok(())
}

fn listen_limit(edit: &mut Edit<'_>, args: &Args) -> Result<(), String> {
    edit.bgp()?.listen.limit = value(args, "limit")?.unwrap_or(Listen::default().limit);
    Ok(())
}

fn listen_range(edit: &mut Edit<'_>, args: &Args) -> Result<(), String> {
    let range: Prefix = args.need("PREFIX")?;
    let bgp = edit.bgp()?;
    if args.no() {
        return gone(bgp.listen.ranges.remove(&range), || format!("no listen range {range}"));
    }
    let name: String = args.need("NAME")?;
    match bgp.peer_groups.get(&name) {
        None => return Err(unknown(&name)),
        Some(group) if group.remote_as.is_none() => {
            return Err(format!("peer group `{name}` needs a `remote-as` first"));
        }
        Some(_) => {}
    }
    bgp.listen.ranges.insert(range, name);
    Ok(())
}
