//! The process: where it runs and with whom it speaks.

use super::in_area;
use crate::command::Mode;
use crate::config::interface::mask_len;
use crate::config::{Edit, Run, gone, line, push_new, remove_first};
use crate::grammar::{Args, Modes, Row};
use core::net::{IpAddr, Ipv4Addr};
use fib::Prefix;
use ospf::AreaId;
use ospf::config::{LogAdjacency, Network};

const HELP: &[(&str, &str)] = &[
    ("router", "A routing protocol"),
    ("ospf", "Open Shortest Path First (RFC 2328)"),
    ("instance", "Number of the process; of local meaning only"),
    ("router-id", "The router's own number"),
    ("id", "Four numbers, often an address of the loopback"),
    ("network", "Where OSPF runs"),
    ("A.B.C.D/M", "On interfaces with an address inside"),
    ("net", "On interfaces with an address like this"),
    ("wildcard", "Bits that may differ, as 0.0.0.255"),
    ("area", "An area"),
    ("passive-interface", "Announce the network and do not speak there"),
    ("default", "On every interface; `no passive-interface IFNAME` makes exceptions"),
    ("neighbor", "A neighbor on a network without broadcast"),
    ("priority", "Its priority"),
    ("poll-interval", "Seconds between hellos while it is down (60)"),
    ("log-adjacency-changes", "Log neighbors that come and go (on by default)"),
    ("detail", "Log every change of their state"),
    ("capability", "What the process can do"),
    ("opaque", "Opaque LSAs (RFC 5250; on by default)"),
    ("opaque-lsa", "Opaque LSAs (RFC 5250; on by default)"),
];

pub(in crate::config) const ROWS: &[Row<Run>] = &[
    line(
        "router ospf [<1-65535>$instance]",
        "router ospf [<1-65535>$instance]",
        Modes::CONFIG,
        "Run OSPF; `no` also forgets what interfaces say about it",
        router,
    )
    .help(HELP),
    line(
        "ospf router-id A.B.C.D$id",
        "ospf router-id [A.B.C.D$id]",
        Modes::OSPF,
        "The router's number; without it the highest loopback address, else the highest address",
        router_id,
    )
    .help(HELP),
    line("router-id A.B.C.D$id", "router-id [A.B.C.D$id]", Modes::OSPF, "The same in IOS's words", router_id)
        .help(HELP),
    line(
        in_area!("network <A.B.C.D/M$prefix|A.B.C.D$net A.B.C.D$wildcard> area ", ""),
        in_area!("network <A.B.C.D/M$prefix|A.B.C.D$net A.B.C.D$wildcard> area ", ""),
        Modes::OSPF,
        "Put interfaces with an address inside into an area; the longest that fits wins",
        network,
    )
    .help(HELP),
    line(
        "passive-interface <default|IFNAME>",
        "passive-interface <default|IFNAME>",
        Modes::OSPF,
        "Announce the network and do not speak there",
        passive,
    )
    .help(HELP),
    line(
        "neighbor A.B.C.D {priority <0-255>$priority|poll-interval <1-65535>$poll}",
        "neighbor A.B.C.D {priority <0-255>$priority|poll-interval <1-65535>$poll}",
        Modes::OSPF,
        "A neighbor on a network without broadcast",
        neighbor,
    )
    .help(HELP),
    line(
        "log-adjacency-changes [detail]",
        "log-adjacency-changes [detail]",
        Modes::OSPF,
        "Log neighbors that come and go (on by default)",
        log_adjacency,
    )
    .help(HELP),
    line("capability opaque", "capability opaque", Modes::OSPF, "Carry opaque LSAs (on by default)", opaque)
        .help(HELP),
    line("ospf opaque-lsa", "ospf opaque-lsa", Modes::OSPF, "The same in FRR's words", opaque).help(HELP),
];

fn router(edit: &mut Edit<'_>, args: &Args) -> Result<(), String> {
    if args.no() {
        let known = edit.config.ospf.as_ref().and_then(|ospf| ospf.instance);
        if let Some(number) = args.get::<u16>("instance").filter(|n| known.is_some_and(|k| k != *n)) {
            return Err(format!("process {number} is not configured"));
        }
        return gone(edit.config.ospf.take(), || "OSPF is not configured".to_owned());
    }
    edit.ospf_process(args, "instance")?;
    edit.mode = Mode::Ospf;
    Ok(())
}

fn router_id(edit: &mut Edit<'_>, args: &Args) -> Result<(), String> {
    let id = if args.no() { None } else { Some(args.need("id")?) };
    edit.ospf().router_id = id;
    Ok(())
}

fn network(edit: &mut Edit<'_>, args: &Args) -> Result<(), String> {
    let prefix = match args.get::<Prefix>("prefix") {
        Some(prefix) => prefix,
        None => {
            let net: Ipv4Addr = args.need("net")?;
            Prefix::new(IpAddr::V4(net), wildcard_len(args.need("wildcard")?)?)
        }
    };
    let new = Network { prefix, area: args.need("area")? };
    let networks = &mut edit.ospf().networks;
    if args.no() {
        let removed = remove_first(networks, |n| *n == new);
        return gone(removed, || format!("no network {prefix} in area {}", number(new.area)));
    }
    match networks.iter_mut().find(|n| n.prefix == prefix) {
        Some(known) => *known = new,
        None => networks.push(new),
    }
    Ok(())
}

/// The length of the network whose bits a wildcard mask leaves free.
fn wildcard_len(wildcard: Ipv4Addr) -> Result<u8, String> {
    let mask = Ipv4Addr::from_bits(!wildcard.to_bits());
    mask_len(mask).map_err(|_| {
        let hint = match mask_len(wildcard) {
            Ok(_) => format!("; as a wildcard mask it is {mask}"),
            Err(_) => String::new(),
        };
        format!("{wildcard} is not a wildcard mask of one network: its ones must be at the end{hint}")
    })
}

/// An area as people write it: small numbers as such.
pub(crate) fn number(area: AreaId) -> String {
    match area.0 {
        small @ 0..=65_535 => small.to_string(),
        _ => area.to_string(),
    }
}

fn passive(edit: &mut Edit<'_>, args: &Args) -> Result<(), String> {
    let ospf = edit.ospf();
    let Some(name) = args.text("IFNAME") else {
        // The list changes its meaning with the default: exceptions to one are not exceptions to the other.
        if ospf.passive_default == args.no() {
            ospf.passive_default = !args.no();
            ospf.passive_interfaces.clear();
        }
        return Ok(());
    };
    if ospf.passive_default == args.no() {
        push_new(&mut ospf.passive_interfaces, name.to_owned());
    } else {
        ospf.passive_interfaces.retain(|n| n != name);
    }
    Ok(())
}

fn neighbor(edit: &mut Edit<'_>, args: &Args) -> Result<(), String> {
    let address: Ipv4Addr = args.need("A.B.C.D")?;
    let neighbors = &mut edit.ospf().neighbors;
    if args.no() {
        return gone(neighbors.remove(&address), || format!("no neighbor {address}"));
    }
    let neighbor = neighbors.entry(address).or_default();
    neighbor.priority = args.get("priority").unwrap_or(neighbor.priority);
    neighbor.poll_interval = args.get("poll").unwrap_or(neighbor.poll_interval);
    Ok(())
}

fn log_adjacency(edit: &mut Edit<'_>, args: &Args) -> Result<(), String> {
    edit.ospf().log_adjacency_changes = match (args.no(), args.has("detail")) {
        (true, false) => LogAdjacency::Off,
        (false, true) => LogAdjacency::Detail,
        (true, true) | (false, false) => LogAdjacency::On,
    };
    Ok(())
}

fn opaque(edit: &mut Edit<'_>, args: &Args) -> Result<(), String> {
    edit.ospf().opaque = !args.no();
    Ok(())
}

#[cfg(test)]
pub(super) mod tests {
    use crate::config::tests::{after, refusal};
    use ospf::config::{Config, LogAdjacency};

    pub(in super::super) fn ospf(lines: &[&str]) -> Config {
        let mut all = vec!["router ospf"];
        all.extend(lines);
        after(&all).ospf.unwrap()
    }

    /// Each line changes something, and its `no` form takes it back.
    pub(in super::super) fn made_and_taken_back(lines: &[(&str, &str)]) {
        for (line, no) in lines {
            assert_ne!(ospf(&[line]), Config::default(), "{line}");
            assert_eq!(ospf(&[line, no]), Config::default(), "{no}");
        }
    }

    #[test]
    fn every_setting_of_the_process_can_be_made_and_taken_back() {
        made_and_taken_back(&[
            ("ospf router-id 1.1.1.1", "no ospf router-id"),
            ("router-id 1.1.1.1", "no router-id 1.1.1.1"),
            ("network 10.0.0.0/8 area 0", "no network 10.0.0.0/8 area 0.0.0.0"),
            ("network 10.0.0.0 0.255.255.255 area 0.0.0.1", "no network 10.0.0.0/8 area 1"),
            ("passive-interface eth1", "no passive-interface eth1"),
            ("passive-interface default", "no passive-interface default"),
            ("neighbor 10.0.0.2 priority 1 poll-interval 30", "no neighbor 10.0.0.2 priority 1"),
            ("no log-adjacency-changes", "log-adjacency-changes"),
            ("log-adjacency-changes detail", "no log-adjacency-changes detail"),
            ("no capability opaque", "ospf opaque-lsa"),
        ]);
        assert_eq!(ospf(&["log-adj det", "no log-adj"]).log_adjacency_changes, LogAdjacency::Off);
    }

    #[test]
    fn there_is_one_process_and_it_takes_the_first_number() {
        assert_eq!(after(&["router ospf 7", "router ospf"]).ospf.unwrap().instance, Some(7));
        assert_eq!(after(&["router ospf", "router ospf 7"]).ospf.unwrap().instance, Some(7));
        assert!(refusal(&["router ospf 7", "router ospf 8"]).message.contains("one OSPF process"));
        assert!(refusal(&["router ospf 7", "no router ospf 8"]).message.contains("8"));
        assert_eq!(after(&["router ospf 7", "no router ospf 7"]), after(&[]));
        let said = ["interface eth1", "ip ospf area 0", "router ospf", "no router ospf"];
        assert_eq!(after(&said), after(&[]), "what interfaces say goes as well");
    }

    #[test]
    fn a_wildcard_mask_leaves_the_last_bits_free() {
        let one = |line: &str| ospf(&[line]).networks[0].prefix.to_string();
        assert_eq!(one("network 10.1.2.3 0.0.0.0 area 0"), "10.1.2.3/32");
        assert_eq!(one("network 0.0.0.0 255.255.255.255 area 0"), "0.0.0.0/0");
        assert_eq!(one("network 10.1.2.3 0.0.3.255 area 0"), "10.1.0.0/22");
        let refused =
            |mask: &str| refusal(&["router ospf", &format!("network 10.0.0.0 {mask} area 0")]).message;
        assert!(refused("0.0.255.0").contains("its ones must be at the end"));
        assert!(refused("255.255.255.0").contains("as a wildcard mask it is 0.0.0.255"));
    }

    #[test]
    fn a_network_moves_to_the_area_named_last() {
        let o = ospf(&["network 10.0.0.0/8 area 0", "network 10.0.0.0/8 area 1"]);
        assert_eq!(o.networks.iter().map(|n| n.area.0).collect::<Vec<_>>(), [1]);
        let e = refusal(&["router ospf", "network 10.0.0.0/8 area 0", "no network 10.0.0.0/8 area 1"]);
        assert!(e.message.contains("area 1"), "{e}");
    }

    #[test]
    fn passive_default_turns_the_list_into_exceptions() {
        let o = ospf(&["passive-interface eth0", "passive-interface default", "no passive-interface eth1"]);
        assert!(o.passive_default);
        assert_eq!(o.passive_interfaces, ["eth1"]);
    }

    #[test]
    fn a_neighbor_keeps_what_a_line_does_not_name() {
        let o = ospf(&["neighbor 10.0.0.2 priority 5", "neighbor 10.0.0.2 poll-interval 30"]);
        let n = o.neighbors.values().next().unwrap();
        assert_eq!((n.priority, n.poll_interval), (5, 30));
    }
}
