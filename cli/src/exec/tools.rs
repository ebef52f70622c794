//! Commands that do something: ping, traceroute, clear, debug, copy, and those of the session itself.

use super::{Action, Run, line};
use crate::command::{Clear, Command, Family, Ping, Traceroute};
use crate::grammar::{Args, Modes, Row};
use core::net::IpAddr;

const PING_HELP: &[(&str, &str)] = &[
    ("ping", "Send echo requests"),
    ("destination", "Where to"),
    ("repeat", "How many (5)"),
    ("count", "How many"),
    ("size", "Bytes of the whole IP packet (100)"),
    ("source", "From this address or interface"),
    ("df-bit", "Do not fragment"),
    ("timeout", "Seconds to wait for each answer (2)"),
    ("interval", "Milliseconds between requests (0: as soon as the answer is there)"),
    ("-c", "How many, as ping of Linux"),
    ("-s", "Bytes of payload, as ping of Linux"),
    ("-I", "From this address or interface, as ping of Linux"),
    ("-W", "Seconds to wait for each answer, as ping of Linux"),
    ("-M", "Fragmentation, as ping of Linux"),
    ("do", "Do not fragment"),
];

const TRACE_HELP: &[(&str, &str)] = &[
    ("traceroute", "Find the way packets take"),
    ("destination", "Where to"),
    ("source", "From this address or interface"),
    ("-I", "From this address or interface"),
    ("probe", "Probes for each hop (3)"),
    ("timeout", "Seconds to wait for each answer (3)"),
    ("ttl", "First and last hop (1 30)"),
    ("port", "First UDP port (33434)"),
    ("size", "Bytes of the whole IP packet (60)"),
    ("df-bit", "Do not fragment"),
    ("numeric", "Accepted as in IOS: names are never asked for"),
    ("-n", "Accepted: names are never asked for"),
    ("-q", "Probes for each hop, as traceroute of Linux"),
    ("-m", "Last hop, as traceroute of Linux"),
    ("-w", "Seconds to wait for each answer, as traceroute of Linux"),
];

const CLEAR_HELP: &[(&str, &str)] = &[
    ("clear", "Reset or forget"),
    ("arp", "Learned ARP entries"),
    ("neighbors", "Learned ND entries"),
    ("counters", "Counters"),
    ("logging", "The log"),
    ("process", "Forget what was learned and ask again"),
];

const DEBUG_HELP: &[(&str, &str)] = &[
    ("debug", "Log more"),
    ("undebug", "Log less"),
    ("all", "Everything"),
    ("arp", "ARP"),
    ("nd", "Neighbor discovery"),
    ("config", "Configuration"),
    ("interface", "Interfaces"),
    ("rib", "The routing table"),
    ("events", "Events"),
    ("packet", "Packets"),
    ("adj", "Neighbors and their states"),
    ("nsm", "Neighbors and their states (FRR)"),
    ("ism", "Interfaces and their states (FRR)"),
    ("flood", "Flooding"),
    ("lsa", "LSAs made, taken and forgotten"),
    ("spf", "Shortest paths"),
    ("bestpath", "How best paths are chosen"),
    ("graceful-restart", "Restarts and stale routes"),
    ("keepalives", "KEEPALIVEs"),
    ("neighbor-events", "Neighbors and their states"),
    ("nht", "Next hops, and whether they are reached"),
    ("rpki", "Validating caches"),
    ("updates", "UPDATEs"),
];

/// Topics that `debug` and its kin take.
macro_rules! topics {
    ($before:literal, $after:literal) => {
        concat!(
            $before,
            "<all|arp|config|interface|ip|ipv6 nd|rib|rip [events|packet]|\
             [ip] ospf [adj|events|flood|ism|lsa|nsm|packet|spf]|\
             [ip] bgp [bestpath|events|graceful-restart|keepalives|neighbor-events|nht|rpki|updates]>",
            $after
        )
    };
}

const COPY_HELP: &[(&str, &str)] = &[
    ("copy", "Copy a configuration"),
    ("running-config", "The configuration in force"),
    ("startup-config", "The configuration of the next start"),
    ("FILE", "A file"),
];

pub(super) const ROWS: &[Row<Run>] = &[
    line(
        "ping [ip|ipv6] ADDRESS$destination {<repeat|count|-c> <1-2147483647>$count|size <36-18024>$size|\
         -s <0-17976>$payload|<source|-I> <ADDRESS$source|IFNAME>|df-bit|-M do|\
         <timeout|-W> <0-3600>$timeout|interval <0-3600000>$interval}",
        "",
        Modes::EXEC,
        "Send echo requests",
        ping,
    )
    .help(PING_HELP),
    line(
        "traceroute [ip|ipv6] ADDRESS$destination {<source|-I> <ADDRESS$source|IFNAME>|<probe|-q> <1-10>$probes|\
         <timeout|-w> <1-3600>$timeout|ttl <1-255>$min <1-255>$max|-m <1-255>$last|port <1-65535>$port|\
         size <36-18024>$size|df-bit|<numeric|-n>}",
        "",
        Modes::EXEC,
        "Find the way packets take",
        traceroute,
    )
    .help(TRACE_HELP),
    line("clear <arp|ip arp> [A.B.C.D$address]", "", Modes::PRIVILEGED, "Forget learned ARP entries", |args| {
        clear(Clear::Neighbors { family: Family::V4, address: args.get("address") })
    })
    .help(CLEAR_HELP),
    line("clear ipv6 neighbors [X:X::X:X$address]", "", Modes::PRIVILEGED, "Forget learned ND entries", |args| {
        clear(Clear::Neighbors { family: Family::V6, address: args.get("address") })
    })
    .help(CLEAR_HELP),
    line("clear counters [IFNAME]", "", Modes::PRIVILEGED, "Set counters to zero", |args| {
        clear(Clear::Counters(args.text("IFNAME").map(str::to_owned)))
    })
    .help(CLEAR_HELP),
    line("clear logging", "", Modes::PRIVILEGED, "Empty the log", |_| clear(Clear::Logging)).help(CLEAR_HELP),
    line("clear ip rip [process]", "", Modes::PRIVILEGED, "Forget what RIP learned and ask again", |_| clear(Clear::Rip))
        .help(CLEAR_HELP),
    line(
        "clear ip ospf [<1-65535>$process] process",
        "",
        Modes::PRIVILEGED,
        "Forget every adjacency and LSA and begin anew",
        |_| clear(Clear::Ospf),
    )
    .help(CLEAR_HELP),
    line(topics!("debug ", ""), topics!("debug ", ""), Modes::PRIVILEGED, "Log more about a topic", debug)
        .help(DEBUG_HELP),
    line(topics!("undebug ", ""), "", Modes::PRIVILEGED, "Log less about a topic", debug).help(DEBUG_HELP),
    line("write [memory|file]", "", Modes::PRIVILEGED, "Keep the configuration for the next start", |_| {
        Ok(Action::Send(Command::WriteMemory))
    })
    .help(&[
        ("write", "Keep or print the configuration"),
        ("memory", "Keep it for the next start"),
        ("file", "Keep it for the next start (FRR)"),
    ]),
    line(
        "copy <running-config|startup-config|FILE$from> <running-config|startup-config|FILE$to>",
        "",
        Modes::PRIVILEGED,
        "Copy a configuration",
        copy,
    )
    .help(COPY_HELP),
    line("reload", "", Modes::PRIVILEGED, "Start the machine of this router again, at once", |_| {
        Ok(Action::Send(Command::EndMachine { restart: true }))
    })
    .help(&[("reload", "Start the machine again, at once; what was not written is lost")]),
    line("poweroff", "", Modes::PRIVILEGED, "Switch the machine of this router off, at once", |_| {
        Ok(Action::Send(Command::EndMachine { restart: false }))
    })
    .help(&[("poweroff", "Switch the machine off, at once; what was not written is lost")]),
    line("enable", "", Modes::EXEC, "To privileged mode", |_| Ok(Action::Enable))
        .help(&[("enable", "To privileged mode")]),
    line("disable", "", Modes::PRIVILEGED, "To user mode", |_| Ok(Action::Disable))
        .help(&[("disable", "To user mode")]),
    line("configure [terminal]", "", Modes::PRIVILEGED, "To configuration mode", |_| Ok(Action::Configure))
        .help(&[("configure", "Change the configuration"), ("terminal", "From this terminal")]),
    line("<exit|quit|logout>", "", Modes::EXEC, "End the session", |_| Ok(Action::Exit)).help(&[
        ("exit", "End the session"),
        ("quit", "End the session"),
        ("logout", "End the session"),
    ]),
    line("end", "", Modes::PRIVILEGED, "Stay in privileged mode", |_| Ok(Action::Enable))
        .help(&[("end", "To privileged mode")]),
    line("help", "", Modes::EXEC, "How to get help", |_| Ok(Action::Help)).help(&[("help", "How to get help")]),
    line("list", "", Modes::EXEC, "Commands of this mode", |_| Ok(Action::List))
        .help(&[("list", "Commands of this mode")]),
    line("terminal length <0-512>$lines", "", Modes::EXEC, "Lines of a page; 0 for no paging", |args| {
        Ok(Action::Length(args.need("lines")?))
    })
    .help(TERMINAL_HELP),
    line("terminal no length", "", Modes::EXEC, "No paging", |_| Ok(Action::Length(0))).help(TERMINAL_HELP),
    line("terminal [no] monitor", "", Modes::EXEC, "Print the log here as it is written", |args| {
        Ok(Action::Monitor(!args.has("no")))
    })
    .help(TERMINAL_HELP),
];

const TERMINAL_HELP: &[(&str, &str)] = &[
    ("terminal", "Settings of this session"),
    ("no", "Turn off"),
    ("length", "Lines of a page"),
    ("lines", "Lines; 0 for no paging"),
    ("monitor", "Print the log here as it is written"),
];

fn destination(args: &Args) -> Result<IpAddr, String> {
    let address: IpAddr = args.need("destination")?;
    match () {
        () if args.has("ipv6") && address.is_ipv4() => Err(format!("{address} is not an IPv6 address")),
        () if args.has("ip") && address.is_ipv6() => Err(format!("{address} is not an IPv4 address")),
        () => Ok(address),
    }
}

fn source(args: &Args, destination: IpAddr) -> Result<Option<IpAddr>, String> {
    let source = args.get::<IpAddr>("source");
    match source.filter(|s| s.is_ipv4() != destination.is_ipv4()) {
        Some(other) => Err(format!("source {other} and destination {destination} are not of one family")),
        None => Ok(source),
    }
}

fn ping(args: &Args) -> Result<Action, String> {
    let destination = destination(args)?;
    // Headers of IP and ICMP, which Linux does not count.
    let headers: u16 = if destination.is_ipv4() { 28 } else { 48 };
    let size = match (args.get::<u16>("size"), args.get::<u16>("payload")) {
        (Some(size), _) => size,
        (None, Some(payload)) => payload.saturating_add(headers),
        (None, None) => 100,
    };
    if size < headers.saturating_add(8) {
        return Err(format!("size is at least {}", headers.saturating_add(8)));
    }
    let ping = Ping {
        destination,
        source: source(args, destination)?,
        count: args.get("count").unwrap_or(5),
        size,
        df: args.has("df-bit") || args.has("-M"),
        timeout_ms: args.get::<u32>("timeout").unwrap_or(2).saturating_mul(1000),
        interval_ms: args.get("interval").unwrap_or(0),
    };
    Ok(Action::Ping(ping, args.text("IFNAME").map(str::to_owned)))
}

fn traceroute(args: &Args) -> Result<Action, String> {
    let destination = destination(args)?;
    let trace = Traceroute {
        destination,
        source: source(args, destination)?,
        probes: args.get("probes").unwrap_or(3),
        timeout_ms: args.get::<u32>("timeout").unwrap_or(3).saturating_mul(1000),
        min_ttl: args.get("min").unwrap_or(1),
        max_ttl: args.get("max").or(args.get("last")).unwrap_or(30),
        port: args.get("port").unwrap_or(33434),
        size: args.get("size").unwrap_or(60),
        df: args.has("df-bit"),
    };
    if trace.min_ttl > trace.max_ttl {
        return Err("the first hop is behind the last".to_owned());
    }
    if destination.is_ipv6() && trace.size < 56 {
        return Err("size is at least 56".to_owned());
    }
    Ok(Action::Traceroute(trace, args.text("IFNAME").map(str::to_owned)))
}

fn clear(what: Clear) -> Result<Action, String> {
    Ok(Action::Send(Command::Clear(what)))
}

fn debug(args: &Args) -> Result<Action, String> {
    let mut words = args.keywords();
    let on = words.next() == Some("debug") && !args.no();
    let mut topic: Vec<&str> = words.collect();
    // IOS names OSPF and BGP by their family and FRR their state machines: topics are `ospf adj` and the like.
    if let ["ip", "ospf" | "bgp", ..] = topic.as_slice() {
        topic.remove(0);
    }
    if let ["bgp", what] = topic.as_mut_slice()
        && *what == "events"
    {
        *what = "neighbor-events";
    }
    if let ["ospf", what] = topic.as_mut_slice() {
        *what = match *what {
            "nsm" => "adj",
            "ism" => "events",
            other => other,
        };
    }
    let topic = topic.join(" ");
    Ok(Action::Send(Command::Debug { topic, on }))
}

fn copy(args: &Args) -> Result<Action, String> {
    let mut files = args.values().skip(1).map(str::to_owned);
    let (Some(from), Some(to)) = (files.next(), files.next()) else {
        return Err("two names are needed".into());
    };
    if from == to {
        return Err(format!("{from} is already what it is"));
    }
    Ok(Action::Send(Command::Copy { from, to }))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::exec::{Handler, grammar};

    fn action(line: &str) -> Result<Action, String> {
        let grammar = grammar(&[]);
        let (form, args) = grammar.parse(Modes::PRIVILEGED, line).map_err(|f| format!("{f:?}"))?;
        match form.run {
            Handler::Own(run) => run(&args),
            Handler::Extra(_) => Err("extra".to_owned()),
        }
    }

    fn pinged(line: &str) -> Ping {
        match action(line) {
            Ok(Action::Ping(ping, _)) => ping,
            other => panic!("{line}: {other:?}"),
        }
    }

    #[test]
    fn ping_speaks_ios_and_linux() {
        let ios = pinged("ping 10.0.0.1 repeat 3 size 84 source 10.0.0.2 timeout 1 df-bit");
        let linux = pinged("ping 10.0.0.1 -c 3 -s 56 -I 10.0.0.2 -W 1 -M do");
        assert_eq!(ios, linux);
        assert_eq!((ios.count, ios.size, ios.df, ios.timeout_ms), (3, 84, true, 1000));
        let plain = pinged("ping ::1");
        assert_eq!((plain.count, plain.size, plain.timeout_ms, plain.df), (5, 100, 2000, false));
    }

    #[test]
    fn a_source_may_be_an_interface_and_must_be_of_the_family() {
        assert!(matches!(action("ping 10.0.0.1 source eth1"), Ok(Action::Ping(_, Some(i))) if i == "eth1"));
        assert!(action("ping 10.0.0.1 source ::1").unwrap_err().contains("family"));
        assert!(action("ping ipv6 10.0.0.1").unwrap_err().contains("not an IPv6"));
        assert!(action("ping ::1 size 40").unwrap_err().contains("56"));
    }

    #[test]
    fn traceroute_has_its_limits() {
        let Ok(Action::Traceroute(t, None)) = action("traceroute 10.0.0.1 ttl 2 5 probe 1 port 40000") else {
            panic!()
        };
        assert_eq!((t.min_ttl, t.max_ttl, t.probes, t.port), (2, 5, 1, 40000));
        assert!(action("traceroute 10.0.0.1 ttl 5 2").is_err());
    }

    #[test]
    fn debug_names_its_topic() {
        let debug = |topic: &str, on| Ok(Action::Send(Command::Debug { topic: topic.to_owned(), on }));
        assert_eq!(action("deb rip ev"), debug("rip events", true));
        assert_eq!(action("no debug rip packet"), debug("rip packet", false));
        assert_eq!(action("undebug all"), debug("all", false));
        assert_eq!(action("debug ipv6 nd"), debug("ipv6 nd", true));
        assert_eq!(action("debug ip ospf adj"), debug("ospf adj", true));
        assert_eq!(action("debug ospf nsm"), debug("ospf adj", true));
        assert_eq!(action("no debug ip ospf"), debug("ospf", false));
        assert_eq!(action("debug ip"), debug("ip", true));
    }

    #[test]
    fn ospf_begins_anew_when_told_by_its_number_or_without() {
        let anew = Ok(Action::Send(Command::Clear(Clear::Ospf)));
        assert_eq!(action("clear ip ospf process"), anew);
        assert_eq!(action("cle ip ospf 1 pro"), anew);
        assert!(action("clear ip ospf").is_err());
    }

    #[test]
    fn copies_are_named_in_full() {
        let copy =
            |from: &str, to: &str| Ok(Action::Send(Command::Copy { from: from.into(), to: to.into() }));
        assert_eq!(action("copy run start"), copy("running-config", "startup-config"));
        assert_eq!(action("copy startup-config /tmp/x.yaml"), copy("startup-config", "/tmp/x.yaml"));
        assert!(action("copy run run").is_err());
    }
}
