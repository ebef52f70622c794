//! Commands of the configuration as a whole: the name, modes, forwarding, logging.

use super::{Edit, Run, line, push_new};
use crate::command::Mode;
use crate::grammar::token::parse_mac;
use crate::grammar::{Args, Modes, Row};
use core::net::IpAddr;
use proto::Level;

pub(super) const ROWS: &[Row<Run>] = &[
    line("hostname NAME", "hostname [NAME]", Modes::CONFIG, "The name in the prompt", hostname)
        .help(&[("NAME", "1 to 63 letters, digits, `-`, `_` and `.`")]),
    line(
        "interface IFNAME",
        "interface IFNAME",
        Modes::CONFIG,
        "Configure an interface; `no` forgets all said about it",
        interface,
    )
    .help(&[("IFNAME", "Its name; it need not exist yet")]),
    line("exit", "", Modes::ANY_CONFIG, "Back to the mode around this one", exit),
    line("quit", "", Modes::ANY_CONFIG, "Back to the mode around this one", exit),
    line("end", "", Modes::ANY_CONFIG, "Back to privileged mode", end),
    line("ip forwarding", "ip forwarding", Modes::CONFIG, "Forward IPv4 (on by default)", forwarding)
        .help(&[("forwarding", "Forward packets between interfaces")]),
    line("ip routing", "ip routing", Modes::CONFIG, "The same in IOS's words", forwarding)
        .help(&[("routing", "Forward packets between interfaces")]),
    line("ipv6 forwarding", "ipv6 forwarding", Modes::CONFIG, "Forward IPv6 (on by default)", forwarding_v6)
        .help(&[("forwarding", "Forward packets between interfaces")]),
    line(
        "ipv6 unicast-routing",
        "ipv6 unicast-routing",
        Modes::CONFIG,
        "The same in IOS's words",
        forwarding_v6,
    )
    .help(&[("unicast-routing", "Forward packets between interfaces")]),
    line(
        "ip icmp rate-limit <0-1000000>$rate",
        "ip icmp rate-limit [<0-1000000>$rate]",
        Modes::CONFIG,
        "ICMP errors sent a second, over all; 0 sends none (1000)",
        icmp_rate,
    )
    .help(&[("rate-limit", "How many errors are sent"), ("rate", "Errors a second; 0 is none at all")]),
    line(
        "ip icmp burst <1-1000000>$burst",
        "ip icmp burst [<1-1000000>$burst]",
        Modes::CONFIG,
        "ICMP errors sent at once before the rate holds (50)",
        icmp_burst,
    )
    .help(&[("burst", "Errors at once")]),
    line(
        "ip nht resolve-via-default",
        "ip nht resolve-via-default",
        Modes::CONFIG,
        "Static routes may resolve through the default route",
        resolve_via_default,
    )
    .help(&[("nht", "Next-hop tracking"), ("resolve-via-default", "The default route counts as a way")]),
    line(
        "arp A.B.C.D MAC [arpa] IFNAME",
        "arp A.B.C.D [MAC [arpa]] [IFNAME]",
        Modes::CONFIG,
        "A fixed ARP entry",
        neighbor,
    ),
    line(
        "ipv6 neighbor X:X::X:X IFNAME MAC",
        "ipv6 neighbor X:X::X:X [IFNAME [MAC]]",
        Modes::CONFIG,
        "A fixed ND entry",
        neighbor,
    ),
    line(
        "logging level <errors|warnings|informational|debugging>",
        "logging level [<errors|warnings|informational|debugging>]",
        Modes::CONFIG,
        "The least grave messages written (informational)",
        logging_level,
    )
    .help(&[("level", "The least grave messages written")]),
    line("logging json", "logging json", Modes::CONFIG, "One JSON object a line", logging_json)
        .help(&[("json", "One JSON object a line instead of text")]),
    line(
        "logging buffered <0-100000>$lines",
        "logging buffered [<0-100000>$lines]",
        Modes::CONFIG,
        "Lines kept for `show logging` (1000)",
        logging_buffered,
    )
    .help(&[("buffered", "How many lines `show logging` keeps"), ("lines", "Lines")]),
    line(
        "debug LINE$topic",
        "debug LINE$topic",
        Modes::CONFIG,
        "A debug topic that is on from the start",
        debug,
    )
    .help(&[("topic", "A topic: `rip events`, `ospf adj`, `arp`, ...")]),
];

fn hostname(edit: &mut Edit<'_>, args: &Args) -> Result<(), String> {
    if args.no() {
        edit.config.hostname = configs::Config::default().hostname;
        return Ok(());
    }
    let name: String = args.need("NAME")?;
    let fine = |c: char| c.is_ascii_alphanumeric() || "-_.".contains(c);
    if name.len() > 63 || !name.chars().all(fine) {
        return Err("a name has 1 to 63 letters, digits, `-`, `_` and `.`".to_owned());
    }
    edit.config.hostname = name;
    Ok(())
}

fn interface(edit: &mut Edit<'_>, args: &Args) -> Result<(), String> {
    let name: String = args.need("IFNAME")?;
    if args.no() {
        let own = edit.config.interfaces.remove(&name).is_some();
        let rip = edit.config.rip.as_mut().is_some_and(|rip| rip.interfaces.remove(&name).is_some());
        let ospf = edit.config.ospf.as_mut().is_some_and(|ospf| ospf.interfaces.remove(&name).is_some());
        return if own || rip || ospf { Ok(()) } else { Err(format!("interface {name} is not configured")) };
    }
    // Nothing is stored before something is said about it.
    edit.mode = Mode::Interface(name);
    Ok(())
}

fn exit(edit: &mut Edit<'_>, _: &Args) -> Result<(), String> {
    edit.mode = edit.mode.parent().unwrap_or(Mode::Privileged);
    Ok(())
}

fn end(edit: &mut Edit<'_>, _: &Args) -> Result<(), String> {
    edit.mode = Mode::Privileged;
    Ok(())
}

fn forwarding(edit: &mut Edit<'_>, args: &Args) -> Result<(), String> {
    edit.config.forwarding.ipv4 = !args.no();
    Ok(())
}

fn forwarding_v6(edit: &mut Edit<'_>, args: &Args) -> Result<(), String> {
    edit.config.forwarding.ipv6 = !args.no();
    Ok(())
}

fn icmp_rate(edit: &mut Edit<'_>, args: &Args) -> Result<(), String> {
    let default = configs::config::Forwarding::default().icmp_rate;
    edit.config.forwarding.icmp_rate = if args.no() { default } else { args.need("rate")? };
    Ok(())
}

fn icmp_burst(edit: &mut Edit<'_>, args: &Args) -> Result<(), String> {
    let default = configs::config::Forwarding::default().icmp_burst;
    edit.config.forwarding.icmp_burst = if args.no() { default } else { args.need("burst")? };
    Ok(())
}

fn resolve_via_default(edit: &mut Edit<'_>, args: &Args) -> Result<(), String> {
    edit.config.forwarding.resolve_via_default = !args.no();
    Ok(())
}

fn neighbor(edit: &mut Edit<'_>, args: &Args) -> Result<(), String> {
    let address: IpAddr = match args.get("A.B.C.D") {
        Some(v4) => v4,
        None => args.need("X:X::X:X")?,
    };
    let interface = args.text("IFNAME");
    if args.no() {
        let mut gone = false;
        for (name, found) in &mut edit.config.interfaces {
            if interface.is_none_or(|i| i == name) {
                gone |= found.neighbors.remove(&address).is_some();
            }
        }
        return if gone { Ok(()) } else { Err(format!("no fixed entry for {address}")) };
    }
    let name = interface.ok_or("IFNAME is missing")?.to_owned();
    let mac = args.text("MAC").and_then(parse_mac).ok_or("MAC is missing")?;
    edit.config.interfaces.entry(name).or_default().neighbors.insert(address, mac);
    Ok(())
}

fn logging_level(edit: &mut Edit<'_>, args: &Args) -> Result<(), String> {
    edit.config.logging.level = match args.keywords().last() {
        _ if args.no() => Level::Info,
        Some("errors") => Level::Error,
        Some("warnings") => Level::Warning,
        Some("debugging") => Level::Debug,
        _ => Level::Info,
    };
    Ok(())
}

fn logging_json(edit: &mut Edit<'_>, args: &Args) -> Result<(), String> {
    edit.config.logging.json = !args.no();
    Ok(())
}

fn logging_buffered(edit: &mut Edit<'_>, args: &Args) -> Result<(), String> {
    let default = configs::config::Logging::default().buffered;
    edit.config.logging.buffered = if args.no() { default } else { args.need("lines")? };
    Ok(())
}

fn debug(edit: &mut Edit<'_>, args: &Args) -> Result<(), String> {
    let topic: String = args.need("topic")?;
    if args.no() {
        edit.config.logging.debug.retain(|t| *t != topic);
    } else {
        push_new(&mut edit.config.logging.debug, topic);
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use crate::config::tests::{after, refusal};
    use proto::Level;

    #[test]
    fn the_name_is_checked() {
        assert_eq!(after(&["hostname r1.lab"]).hostname, "r1.lab");
        assert_eq!(after(&["hostname r1", "no hostname"]).hostname, "router");
        assert!(refusal(&["hostname \"a b\""]).message.contains("letters"));
    }

    #[test]
    fn forwarding_can_be_turned_off_per_family() {
        let c = after(&["no ip forwarding", "no ipv6 unicast-routing"]);
        assert!(!c.forwarding.ipv4 && !c.forwarding.ipv6);
        assert_eq!(after(&["no ip routing", "ip forwarding"]), after(&[]));
    }

    #[test]
    fn levels_are_known_by_both_names() {
        assert_eq!(after(&["logging level warning"]).logging.level, Level::Warning);
        assert_eq!(after(&["logging level errors"]).logging.level, Level::Error);
        assert_eq!(after(&["logging level debug", "no logging level"]).logging.level, Level::Info);
    }

    #[test]
    fn a_fixed_neighbor_belongs_to_an_interface() {
        let c =
            after(&["arp 10.0.0.9 0011.2233.4455 arpa eth1", "ipv6 neighbor fe80::1 eth1 00:11:22:33:44:55"]);
        assert_eq!(c.interfaces["eth1"].neighbors.len(), 2);
        let gone = after(&["arp 10.0.0.9 0011.2233.4455 eth1", "no arp 10.0.0.9"]);
        assert!(gone.interfaces["eth1"].neighbors.is_empty());
        assert!(refusal(&["no arp 10.0.0.9"]).message.contains("10.0.0.9"));
    }

    #[test]
    fn an_interface_that_is_only_named_is_not_stored() {
        assert_eq!(after(&["interface eth9", "exit"]), after(&[]));
        assert_eq!(after(&["interface eth9", "shutdown", "no interface eth9"]), after(&[]));
    }
}
