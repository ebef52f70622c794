//! What is said of the session with a neighbor or with those of a peer group.

use super::{asn, peer, timers, value};
use crate::config::{Edit, Run, line};
use crate::grammar::{Args, Modes, Row};
use bgp::config::{LocalAs, LocalRole, Role, Shutdown, UpdateSource};

const HELP: &[(&str, &str)] = &[
    ("peer", "Its address, or the name of a peer group or an interface"),
    ("LINE", "The rest of the line"),
    ("description", "A note for the reader"),
    ("shutdown", "The session is down"),
    ("message", "And the peer is told why (RFC 9003)"),
    ("password", "Authenticate by TCP-MD5 (RFC 2385)"),
    ("port", "TCP port to connect to (179)"),
    ("number", "The port"),
    ("update-source", "Our end of the session"),
    ("source", "An address, or the interface whose address is taken"),
    ("ebgp-multihop", "An eBGP neighbor may be more than one hop away"),
    ("ttl", "How many hops at most (255)"),
    ("ttl-security", "Nobody further away can be the neighbor (RFC 5082)"),
    ("hops", "How far away it is at most"),
    ("disable-connected-check", "It need not be on a connected network"),
    ("passive", "Wait to be connected to"),
    ("transport", "Of the connection"),
    ("connection-mode", "Who connects"),
    ("active", "Both"),
    ("timers", "Timers"),
    ("keepalive", "Seconds between keepalives (60)"),
    ("hold", "Seconds without a word until the session ends (180); 0 is never"),
    ("connect", "Between attempts to connect (120)"),
    ("delayopen", "Wait before the first message (RFC 4271 8.1.1)"),
    ("seconds", "Seconds"),
    ("advertisement-interval", "Least time between two updates of a prefix (0)"),
    ("local-as", "Another AS to pretend to be"),
    ("AS", "That AS"),
    ("no-prepend", "It is not put before what the neighbor sends"),
    ("replace-as", "It stands in place of our own in what we send"),
    ("enforce-first-as", "Its AS must be first in its paths (on by default)"),
    ("capability", "What we offer"),
    ("extended-nexthop", "IPv4 routes with IPv6 next hops (RFC 8950)"),
    ("dont-capability-negotiate", "Offer nothing"),
    ("override-capability", "Take what is configured, whatever it offers"),
    ("strict-capability-match", "No session unless it has all we offer"),
    ("solo", "It is told alone"),
];

const ROLES: &[(&str, &str)] = &[
    ("local-role", "What we are to it (RFC 9234)"),
    ("provider", "We sell transit to it"),
    ("rs-server", "We are a route server"),
    ("rs-client", "It is a route server"),
    ("customer", "It sells us transit"),
    ("peer", "A neighbor; as a role, neither sells transit to the other"),
    ("strict-mode", "No session without a role of its own"),
];

pub(in crate::config) const ROWS: &[Row<Run>] = &[
    line(
        peer!("description LINE"),
        peer!("description [LINE]"),
        Modes::BGP,
        "A note for the reader",
        |edit, args| {
            edit.peer(args)?.description = value(args, "LINE")?;
            Ok(())
        },
    )
    .help(HELP),
    line(
        peer!("shutdown [message LINE]"),
        peer!("shutdown [message [LINE]]"),
        Modes::BGP,
        "The session is down, and the peer may be told why",
        shutdown,
    )
    .help(HELP),
    line(
        peer!("password LINE"),
        peer!("password [LINE]"),
        Modes::BGP,
        "Authenticate by TCP-MD5, with a key of 1 to 80 characters",
        |edit, args| {
            edit.peer(args)?.password = value(args, "LINE")?;
            Ok(())
        },
    )
    .help(HELP),
    line(
        peer!("port <1-65535>$number"),
        peer!("port [<1-65535>$number]"),
        Modes::BGP,
        "TCP port to connect to (179)",
        |edit, args| {
            edit.peer(args)?.port = value(args, "number")?;
            Ok(())
        },
    )
    .help(HELP),
    line(
        peer!("update-source <ADDRESS$source|IFNAME$source>"),
        peer!("update-source [ADDRESS$source|IFNAME$source]"),
        Modes::BGP,
        "Our end of the session: an address, or the interface whose address is taken",
        |edit, args| {
            edit.peer(args)?.update_source = value::<UpdateSource>(args, "source")?;
            Ok(())
        },
    )
    .help(HELP),
    line(
        peer!("ebgp-multihop [<1-255>$ttl]"),
        peer!("ebgp-multihop [<1-255>$ttl]"),
        Modes::BGP,
        "An eBGP neighbor may be this many hops away (255)",
        multihop,
    )
    .help(HELP),
    line(
        peer!("ttl-security hops <1-254>$hops"),
        peer!("ttl-security [hops <1-254>$hops]"),
        Modes::BGP,
        "Nobody further away can be the neighbor: TTL 255 is sent, and so much demanded",
        |edit, args| {
            edit.peer(args)?.ttl_security_hops = value(args, "hops")?;
            Ok(())
        },
    )
    .help(&[
        ("peer", "Its address, or the name of a peer group or an interface"),
        ("ttl-security", "Nobody further away can be the neighbor (RFC 5082)"),
        ("hops", "How far away it is at most"),
    ]),
    line(
        peer!("disable-connected-check"),
        peer!("disable-connected-check"),
        Modes::BGP,
        "An eBGP neighbor one hop away need not be on a connected network",
        |edit, args| edit.flag(args, |n| &mut n.disable_connected_check),
    )
    .help(HELP),
    line(peer!("passive"), peer!("passive"), Modes::BGP, "Wait to be connected to", |edit, args| {
        edit.flag(args, |n| &mut n.passive)
    })
    .help(HELP),
    line(
        peer!("transport connection-mode <active|passive>"),
        peer!("transport connection-mode [active|passive]"),
        Modes::BGP,
        "The same in IOS's words",
        connection_mode,
    )
    .help(HELP),
    line(
        peer!("timers <0-65535>$keepalive <0-65535>$hold"),
        peer!("timers [<0-65535>$keepalive <0-65535>$hold]"),
        Modes::BGP,
        "Seconds between keepalives, and without a word until the session ends",
        |edit, args| {
            let timers = if args.no() { None } else { Some(timers(args)?) };
            edit.peer(args)?.timers = timers;
            Ok(())
        },
    )
    .help(HELP),
    line(
        peer!("timers connect <1-65535>$seconds"),
        peer!("timers connect [<1-65535>$seconds]"),
        Modes::BGP,
        "Seconds between attempts to connect (120)",
        |edit, args| {
            edit.peer(args)?.connect_retry = value(args, "seconds")?;
            Ok(())
        },
    )
    .help(HELP),
    line(
        peer!("timers delayopen <1-240>$seconds"),
        peer!("timers delayopen [<1-240>$seconds]"),
        Modes::BGP,
        "Seconds to wait before the first message",
        |edit, args| {
            edit.peer(args)?.delay_open = value(args, "seconds")?;
            Ok(())
        },
    )
    .help(HELP),
    line(
        peer!("advertisement-interval <0-600>$seconds"),
        peer!("advertisement-interval [<0-600>$seconds]"),
        Modes::BGP,
        "Least seconds between two updates of a prefix (0)",
        |edit, args| {
            edit.peer(args)?.advertisement_interval = value(args, "seconds")?;
            Ok(())
        },
    )
    .help(HELP),
    line(
        peer!("local-as AS [no-prepend [replace-as]]"),
        peer!("local-as [AS [no-prepend [replace-as]]]"),
        Modes::BGP,
        "Another AS to pretend to be",
        local_as,
    )
    .help(HELP),
    line(
        peer!("enforce-first-as"),
        peer!("enforce-first-as"),
        Modes::BGP,
        "An eBGP neighbor's AS must be first in its paths (on by default)",
        |edit, args| edit.flag(args, |n| &mut n.enforce_first_as),
    )
    .help(HELP),
    line(
        peer!("capability extended-nexthop"),
        peer!("capability extended-nexthop"),
        Modes::BGP,
        "IPv4 routes may have IPv6 next hops (on by default where the neighbor is an interface)",
        |edit, args| edit.flag(args, |n| &mut n.extended_nexthop),
    )
    .help(HELP),
    line(
        peer!("dont-capability-negotiate"),
        peer!("dont-capability-negotiate"),
        Modes::BGP,
        "Offer no capability",
        |edit, args| edit.flag(args, |n| &mut n.dont_capability_negotiate),
    )
    .help(HELP),
    line(
        peer!("override-capability"),
        peer!("override-capability"),
        Modes::BGP,
        "Use the families configured, whatever the neighbor offers",
        |edit, args| edit.flag(args, |n| &mut n.override_capability),
    )
    .help(HELP),
    line(
        peer!("strict-capability-match"),
        peer!("strict-capability-match"),
        Modes::BGP,
        "No session unless the neighbor has all that is offered",
        |edit, args| edit.flag(args, |n| &mut n.strict_capability_match),
    )
    .help(HELP),
    line(
        peer!("local-role <provider|rs-server|rs-client|customer|peer> [strict-mode]"),
        peer!("local-role [<provider|rs-server|rs-client|customer|peer> [strict-mode]]"),
        Modes::BGP,
        "What we are to an eBGP neighbor: leaks of routes are told by it",
        role,
    )
    .help(ROLES),
    line(peer!("solo"), peer!("solo"), Modes::BGP, "Never share an update group", |edit, args| {
        edit.flag(args, |n| &mut n.solo)
    })
    .help(HELP),
];

fn shutdown(edit: &mut Edit<'_>, args: &Args) -> Result<(), String> {
    let message = args.text("LINE").map(str::to_owned);
    edit.peer(args)?.shutdown = Some(Shutdown { message }).filter(|_| !args.no());
    Ok(())
}

fn multihop(edit: &mut Edit<'_>, args: &Args) -> Result<(), String> {
    let ttl = args.get("ttl").unwrap_or(255);
    edit.peer(args)?.ebgp_multihop = Some(ttl).filter(|_| !args.no());
    Ok(())
}

fn connection_mode(edit: &mut Edit<'_>, args: &Args) -> Result<(), String> {
    edit.peer(args)?.passive = Some(args.has("passive") && !args.no());
    Ok(())
}

fn local_as(edit: &mut Edit<'_>, args: &Args) -> Result<(), String> {
    let local = if args.no() {
        None
    } else {
        let (no_prepend, replace_as) = (args.has("no-prepend"), args.has("replace-as"));
        Some(LocalAs { asn: asn(args, "AS")?, no_prepend, replace_as })
    };
    edit.peer(args)?.local_as = local;
    Ok(())
}

fn role(edit: &mut Edit<'_>, args: &Args) -> Result<(), String> {
    let role = Role::ALL.into_iter().find(|role| args.has(role.name()));
    let local = role.map(|role| LocalRole { role, strict: args.has("strict-mode") });
    edit.peer(args)?.role = local.filter(|_| !args.no());
    Ok(())
}
