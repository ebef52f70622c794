//! What `interface` says about OSPF.

use super::{MD5_KEY, PASSWORD, in_area, key};
use crate::config::{Edit, Run, line};
use crate::grammar::{Args, Modes, Row};
use ospf::AreaId;
use ospf::config::{Authentication, InterfaceConfig, Measured, NetworkType};

const HELP: &[(&str, &str)] = &[
    ("ospf", "Open Shortest Path First"),
    ("process", "Number of the process (IOS)"),
    ("area", "Run here, in this area"),
    ("cost", "Cost of this interface"),
    ("measured", "By the delay to the neighbor"),
    ("interval", "Seconds between echoes (10)"),
    ("unit", "Microseconds of one-way delay that cost 1 (100)"),
    ("hysteresis", "Percent by which the delay must change (25)"),
    ("minimum", "The least cost (1)"),
    ("maximum", "The most (65535)"),
    ("priority", "For the election of the designated router (1); 0 never becomes it"),
    ("network", "Kind of network"),
    ("broadcast", "Many routers, multicast"),
    ("non-broadcast", "Many routers, no multicast"),
    ("point-to-point", "Two routers"),
    ("point-to-multipoint", "A set of point-to-point links"),
    ("hello-interval", "Seconds between hellos (10, 30)"),
    ("dead-interval", "Seconds of silence until a neighbor is dead (four hellos)"),
    ("minimal", "One second"),
    ("hello-multiplier", "Hellos in this second"),
    ("retransmit-interval", "Seconds until what was not acknowledged is sent again (5)"),
    ("transmit-delay", "Seconds added to the age of what is sent (1)"),
    ("seconds", "Seconds"),
    ("mtu-ignore", "Do not compare MTUs"),
    ("passive", "Announce the network and do not speak here"),
    ("authentication", "Authentication of packets"),
    ("null", "None, whatever the area says"),
    ("message-digest", "Keyed MD5"),
    ("key-chain", "Keys of a chain: MD5 or HMAC-SHA"),
    ("NAME", "Name of the chain"),
    ("authentication-key", "The password of plain authentication"),
    ("message-digest-key", "A key of MD5; the last one signs"),
    ("md5", "MD5"),
    ("id", "Number of the key"),
    ("key", "1 to 8 characters"),
    ("digest", "1 to 16 characters"),
    ("prefix-suppression", "Do not announce the network of this interface (RFC 6860)"),
    ("disable", "Announce it whatever the process says"),
    ("default", "Back to what the process says"),
];

pub(in crate::config) const ROWS: &[Row<Run>] = &[
    line(
        in_area!("ip ospf [<1-65535>$process] area ", ""),
        in_area!("ip ospf [<1-65535>$process] area [", "]"),
        Modes::INTERFACE,
        "Run OSPF here, in this area; wins over `network`",
        area_of,
    )
    .help(HELP),
    line(
        "ip ospf cost <1-65535>$cost",
        "ip ospf cost [<1-65535>$cost]",
        Modes::INTERFACE,
        "Cost of this interface; without it computed from the bandwidth",
        cost,
    )
    .help(HELP),
    line(
        "ip ospf cost measured {interval <1-3600>$interval|unit <1-1000000>$unit|hysteresis <1-100>$hysteresis|\
         minimum <1-65535>$minimum|maximum <1-65535>$maximum}",
        "ip ospf cost measured {interval [<1-3600>$interval]|unit [<1-1000000>$unit]|hysteresis [<1-100>$hysteresis]|\
         minimum [<1-65535>$minimum]|maximum [<1-65535>$maximum]}",
        Modes::INTERFACE,
        "Half an echo's round trip as the cost",
        measured,
    )
    .help(HELP),
    line(
        "ip ospf priority <0-255>$priority",
        "ip ospf priority [<0-255>$priority]",
        Modes::INTERFACE,
        "For the election of the designated router (1)",
        priority,
    )
    .help(HELP),
    line(
        "ip ospf network <broadcast|non-broadcast|point-to-point|point-to-multipoint>",
        "ip ospf network [<broadcast|non-broadcast|point-to-point|point-to-multipoint>]",
        Modes::INTERFACE,
        "Kind of network (broadcast)",
        network,
    )
    .help(HELP),
    line(
        "ip ospf <hello-interval|retransmit-interval|transmit-delay> <1-65535>$seconds",
        "ip ospf <hello-interval|retransmit-interval|transmit-delay> [<1-65535>$seconds]",
        Modes::INTERFACE,
        "Seconds between hellos (10), until a retransmission (5), added to the age of what is sent (1)",
        interval,
    )
    .help(HELP),
    line(
        "ip ospf dead-interval <<1-65535>$seconds|minimal hello-multiplier <2-20>$hellos>",
        "ip ospf dead-interval [<1-65535>$seconds|minimal [hello-multiplier [<2-20>$hellos]]]",
        Modes::INTERFACE,
        "Seconds of silence until a neighbor is dead (four hellos), or one second with so many hellos in it",
        dead_interval,
    )
    .help(HELP),
    line("ip ospf mtu-ignore", "ip ospf mtu-ignore", Modes::INTERFACE, "Do not compare MTUs", mtu_ignore)
        .help(HELP),
    line(
        "ip ospf passive",
        "ip ospf passive",
        Modes::INTERFACE,
        "Announce the network and do not speak here; `no`: speak, whatever the process says",
        passive,
    )
    .help(HELP),
    line(
        "default ip ospf passive",
        "",
        Modes::INTERFACE,
        "Speak here or not as the process says",
        passive_as_process,
    )
    .help(HELP),
    line(
        "ip ospf authentication [null|message-digest|key-chain NAME]",
        "ip ospf authentication [null|message-digest|key-chain [NAME]]",
        Modes::INTERFACE,
        "How packets are authenticated; without it as the area says",
        authentication,
    )
    .help(HELP),
    line(
        "ip ospf authentication-key KEY$key",
        "ip ospf authentication-key [KEY$key]",
        Modes::INTERFACE,
        "The password of plain authentication",
        authentication_key,
    )
    .help(HELP),
    line(
        "ip ospf message-digest-key <1-255>$id md5 KEY$digest",
        "ip ospf message-digest-key <1-255>$id [md5 [KEY$digest]]",
        Modes::INTERFACE,
        "A key of MD5; the one with the largest number signs",
        message_digest_key,
    )
    .help(HELP),
    line(
        "ip ospf prefix-suppression [disable]",
        "ip ospf prefix-suppression [disable]",
        Modes::INTERFACE,
        "Do not announce the network of this interface; without it as the process says",
        prefix_suppression,
    )
    .help(HELP),
];

impl Edit<'_> {
    /// Changes what the interface of this mode says about OSPF; one that says nothing is not kept. Saying anything
    /// starts the process, which does nothing before an interface has an area.
    fn ospf_interface(&mut self, change: impl FnOnce(&mut InterfaceConfig)) -> Result<(), String> {
        let name = self.interface_name()?;
        let known = self.config.ospf.as_ref().and_then(|ospf| ospf.interfaces.get(&name)).cloned();
        let mut new = known.clone().unwrap_or_default();
        change(&mut new);
        if new != InterfaceConfig::default() {
            self.ospf().interfaces.insert(name, new);
        } else if known.is_some() {
            self.ospf().interfaces.remove(&name);
        }
        Ok(())
    }
}

fn area_of(edit: &mut Edit<'_>, args: &Args) -> Result<(), String> {
    if args.no() {
        return edit.ospf_interface(|i| i.area = None);
    }
    let area: AreaId = args.need("area")?;
    edit.ospf_process(args, "process")?;
    edit.ospf_interface(|i| i.area = Some(area))
}

fn cost(edit: &mut Edit<'_>, args: &Args) -> Result<(), String> {
    let cost = if args.no() { None } else { Some(args.need("cost")?) };
    edit.ospf_interface(|i| (i.cost, i.measured) = (cost, None))
}

fn measured(edit: &mut Edit<'_>, args: &Args) -> Result<(), String> {
    let default = Measured::default();
    let new = Measured {
        interval: args.get("interval").unwrap_or(default.interval),
        unit: args.get("unit").unwrap_or(default.unit),
        hysteresis: args.get("hysteresis").unwrap_or(default.hysteresis),
        minimum: args.get("minimum").unwrap_or(default.minimum),
        maximum: args.get("maximum").unwrap_or(default.maximum),
    };
    if args.no() {
        return edit.ospf_interface(|i| i.measured = None);
    }
    if new.minimum > new.maximum {
        return Err("the least cost is above the most".to_owned());
    }
    edit.ospf_interface(|i| (i.cost, i.measured) = (None, Some(new)))
}

fn priority(edit: &mut Edit<'_>, args: &Args) -> Result<(), String> {
    let priority = args.get("priority").filter(|_| !args.no());
    edit.ospf_interface(|i| i.priority = priority)
}

fn network(edit: &mut Edit<'_>, args: &Args) -> Result<(), String> {
    let network = match args.keywords().last() {
        _ if args.no() => None,
        Some("non-broadcast") => Some(NetworkType::NonBroadcast),
        Some("point-to-point") => Some(NetworkType::PointToPoint),
        Some("point-to-multipoint") => Some(NetworkType::PointToMultipoint),
        _ => Some(NetworkType::Broadcast),
    };
    edit.ospf_interface(|i| i.network = network)
}

fn interval(edit: &mut Edit<'_>, args: &Args) -> Result<(), String> {
    let seconds = args.get("seconds").filter(|_| !args.no());
    edit.ospf_interface(|i| match () {
        () if args.has("hello-interval") => i.hello_interval = seconds,
        () if args.has("retransmit-interval") => i.retransmit_interval = seconds,
        () => i.transmit_delay = seconds,
    })
}

fn dead_interval(edit: &mut Edit<'_>, args: &Args) -> Result<(), String> {
    let seconds = args.get("seconds").filter(|_| !args.no());
    let hellos = args.get("hellos").filter(|_| !args.no());
    edit.ospf_interface(|i| (i.dead_interval, i.hello_multiplier) = (seconds, hellos))
}

fn mtu_ignore(edit: &mut Edit<'_>, args: &Args) -> Result<(), String> {
    edit.ospf_interface(|i| i.mtu_ignore = !args.no())
}

/// FRR writes `no ip ospf passive` for an exception to `passive-interface default`.
fn passive(edit: &mut Edit<'_>, args: &Args) -> Result<(), String> {
    edit.ospf_interface(|i| i.passive = Some(!args.no()))
}

fn passive_as_process(edit: &mut Edit<'_>, _: &Args) -> Result<(), String> {
    edit.ospf_interface(|i| i.passive = None)
}

fn authentication(edit: &mut Edit<'_>, args: &Args) -> Result<(), String> {
    let authentication = match args.text("NAME") {
        _ if args.no() => None,
        Some(chain) => Some(Authentication::KeyChain(chain.to_owned())),
        None if args.has("null") => Some(Authentication::Null),
        None if args.has("message-digest") => Some(Authentication::MessageDigest),
        None => Some(Authentication::Simple),
    };
    edit.ospf_interface(|i| i.authentication = authentication)
}

fn authentication_key(edit: &mut Edit<'_>, args: &Args) -> Result<(), String> {
    let key = if args.no() { None } else { Some(key(args, "key", PASSWORD)?) };
    edit.ospf_interface(|i| i.authentication_key = key)
}

fn message_digest_key(edit: &mut Edit<'_>, args: &Args) -> Result<(), String> {
    let id: u8 = args.need("id")?;
    if args.no() {
        return edit.ospf_interface(|i| {
            i.message_digest_keys.remove(&id);
        });
    }
    let digest = key(args, "digest", MD5_KEY)?;
    edit.ospf_interface(|i| {
        i.message_digest_keys.insert(id, digest);
    })
}

fn prefix_suppression(edit: &mut Edit<'_>, args: &Args) -> Result<(), String> {
    let suppressed = Some(!args.has("disable")).filter(|_| !args.no());
    edit.ospf_interface(|i| i.prefix_suppression = suppressed)
}

#[cfg(test)]
mod tests {
    use crate::config::tests::{after, refusal};
    use ospf::config::InterfaceConfig;

    fn eth1(lines: &[&str]) -> InterfaceConfig {
        let mut all = vec!["interface eth1"];
        all.extend(lines);
        after(&all).ospf.and_then(|mut o| o.interfaces.remove("eth1")).unwrap_or_default()
    }

    #[test]
    fn every_setting_of_an_interface_can_be_made_and_taken_back() {
        for (line, no) in [
            ("ip ospf area 0", "no ip ospf area"),
            ("ip ospf 1 area 0.0.0.1", "no ip ospf 1 area 1"),
            ("ip ospf cost 5", "no ip ospf cost"),
            ("ip ospf cost measured", "no ip ospf cost measured"),
            ("ip ospf cost measured interval 1 unit 10 hysteresis 5 minimum 2 maximum 9", "no ip ospf cost"),
            ("ip ospf priority 0", "no ip ospf priority"),
            ("ip ospf network point-to-point", "no ip ospf network point-to-point"),
            ("ip ospf network broadcast", "no ip ospf network"),
            ("ip ospf hello-interval 5", "no ip ospf hello-interval"),
            ("ip ospf retransmit-interval 5", "no ip ospf retransmit-interval 5"),
            ("ip ospf transmit-delay 5", "no ip ospf transmit-delay"),
            ("ip ospf dead-interval 20", "no ip ospf dead-interval"),
            ("ip ospf dead-interval minimal hello-multiplier 4", "no ip ospf dead-interval minimal"),
            ("ip ospf mtu-ignore", "no ip ospf mtu-ignore"),
            ("ip ospf passive", "default ip ospf passive"),
            ("no ip ospf passive", "default ip ospf passive"),
            ("ip ospf authentication", "no ip ospf authentication"),
            ("ip ospf authentication null", "no ip ospf authentication"),
            ("ip ospf authentication message-digest", "no ip ospf authentication message-digest"),
            ("ip ospf authentication key-chain K", "no ip ospf authentication key-chain"),
            ("ip ospf authentication-key secret", "no ip ospf authentication-key"),
            ("ip ospf message-digest-key 1 md5 secret", "no ip ospf message-digest-key 1"),
            ("ip ospf prefix-suppression", "no ip ospf prefix-suppression"),
            ("ip ospf prefix-suppression disable", "no ip ospf prefix-suppression"),
        ] {
            assert_ne!(eth1(&[line]), InterfaceConfig::default(), "{line}");
            assert_eq!(eth1(&[line, no]), InterfaceConfig::default(), "{no}");
        }
        assert_eq!(
            after(&["interface eth1", "no ip ospf mtu-ignore"]),
            after(&[]),
            "nothing said, nothing kept"
        );
    }

    #[test]
    fn a_cost_is_fixed_or_measured_and_a_dead_interval_long_or_minimal() {
        let i = eth1(&["ip ospf cost 5", "ip ospf cost measured unit 10"]);
        assert_eq!((i.cost, i.measured.map(|m| m.unit)), (None, Some(10)));
        let i = eth1(&["ip ospf dead-interval 20", "ip ospf dead minimal hello-m 4"]);
        assert_eq!((i.dead_interval, i.hello_multiplier), (None, Some(4)));
    }

    #[test]
    fn a_process_is_named_as_in_ios() {
        assert_eq!(after(&["interface eth1", "ip ospf 7 area 0"]).ospf.unwrap().instance, Some(7));
        let e = refusal(&["router ospf 7", "interface eth1", "ip ospf 8 area 0"]);
        assert!(e.message.contains("process 7"), "{e}");
    }

    #[test]
    fn keys_have_their_lengths() {
        let refused = |line: &str| refusal(&["interface eth1", line]).message;
        assert!(refused("ip ospf authentication-key 123456789").contains("1 to 8"));
        assert!(refused("ip ospf message-digest-key 1 md5 12345678901234567").contains("1 to 16"));
    }

    #[test]
    fn no_interface_forgets_what_it_says_about_ospf() {
        let c = after(&["interface eth1", "ip ospf cost 5", "exit", "no interface eth1"]);
        assert!(c.ospf.unwrap().interfaces.is_empty());
    }
}
