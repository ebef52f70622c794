//! `router rip`, in FRR's words.

use super::{Edit, Run, gone, line, push_new, remove_first};
use crate::command::Mode;
use crate::grammar::{Args, Modes, Row};
use core::net::{IpAddr, Ipv4Addr};
use fib::{Prefix, Protocol};
use rip::config::{
    Config, Direction, DistributeList, InterfaceRouteMap, ListName, OffsetList, Redistribute, SourceDistance,
    TimersConfig,
};

const HELP: &[(&str, &str)] = &[
    ("router", "A routing protocol"),
    ("rip", "Routing Information Protocol (RFC 2453)"),
    ("version", "Versions sent and accepted"),
    ("1", "Version 1 only"),
    ("2", "Version 2 only"),
    ("network", "Where RIP runs"),
    ("net", "On interfaces with an address in this classful network (IOS)"),
    ("A.B.C.D/M", "A network"),
    ("neighbor", "Also send to this neighbor by unicast"),
    ("passive-interface", "Listen and do not speak"),
    ("default", "On every interface; `no passive-interface IFNAME` makes exceptions"),
    ("default-information", "The default route"),
    ("originate", "Announce it"),
    ("default-metric", "Metric of redistributed routes without one of their own"),
    ("metric", "Metric"),
    ("distance", "Administrative distance"),
    ("ACL", "Only for routes this access list permits"),
    ("distribute-list", "Filter routes"),
    ("prefix", "By a prefix list rather than an access list"),
    ("NAME", "The name"),
    ("in", "Received ones"),
    ("out", "Sent ones"),
    ("offset-list", "Add to the metric of routes an access list permits"),
    ("offset", "Added to the metric"),
    ("route-map", "A route map"),
    ("process", "Number of the process; accepted as in IOS"),
    ("redistribute", "Announce routes of another source"),
    ("route", "Announce this network as if learned here"),
    ("timers", "Timers"),
    ("basic", "Update, timeout and garbage collection"),
    ("update", "Seconds between updates"),
    ("timeout", "Seconds without news until a route is unreachable"),
    ("garbage", "Seconds until an unreachable route is forgotten"),
    ("holddown", "Seconds during which no other news of a lost route are believed"),
    ("allow-ecmp", "Several next hops for a route; without a number no limit"),
    ("paths", "How many; 1 is no ECMP"),
    ("infinity", "The metric that means unreachable (16); for teaching"),
    ("triggered-updates", "Tell changes at once (on by default); for teaching"),
];

pub(super) const ROWS: &[Row<Run>] = &[
    line(
        "router rip",
        "router rip",
        Modes::CONFIG,
        "Run RIP; `no` also forgets what interfaces say about it",
        router,
    )
    .help(HELP),
    line(
        "version <1|2>",
        "version [<1|2>]",
        Modes::RIP,
        "Versions sent and accepted; without it 2 is sent, both accepted",
        version,
    )
    .help(HELP),
    line(
        "network <A.B.C.D/M$prefix|A.B.C.D$net|IFNAME>",
        "network <A.B.C.D/M$prefix|A.B.C.D$net|IFNAME>",
        Modes::RIP,
        "Run on interfaces inside a network, or on an interface",
        network,
    )
    .help(HELP),
    line(
        "neighbor A.B.C.D",
        "neighbor A.B.C.D",
        Modes::RIP,
        "Also send to this neighbor by unicast",
        neighbor,
    )
    .help(HELP),
    line(
        "passive-interface <default|IFNAME>",
        "passive-interface <default|IFNAME>",
        Modes::RIP,
        "Listen and do not speak",
        passive,
    )
    .help(HELP),
    line(
        "default-information originate",
        "default-information originate",
        Modes::RIP,
        "Announce a default route",
        default_information,
    )
    .help(HELP),
    line(
        "default-metric <1-16>$metric",
        "default-metric [<1-16>$metric]",
        Modes::RIP,
        "Metric of redistributed routes without one of their own (1)",
        default_metric,
    )
    .help(HELP),
    line(
        "distance <1-255>$distance [A.B.C.D/M$source [ACL]]",
        "distance [<1-255>$distance [A.B.C.D/M$source [ACL]]]",
        Modes::RIP,
        "Administrative distance (120), also by the neighbor a route came from",
        distance,
    )
    .help(HELP),
    line(
        "distribute-list [prefix] NAME <in|out> [IFNAME]",
        "distribute-list [prefix] NAME <in|out> [IFNAME]",
        Modes::RIP,
        "Filter routes, on one interface or on all",
        distribute_list,
    )
    .help(HELP),
    line(
        "offset-list NAME <in|out> <0-16>$offset [IFNAME]",
        "offset-list NAME <in|out> [<0-16>$offset] [IFNAME]",
        Modes::RIP,
        "Add to the metric of routes an access list permits",
        offset_list,
    )
    .help(HELP),
    line(
        "route-map NAME <in|out> IFNAME",
        "route-map NAME <in|out> IFNAME",
        Modes::RIP,
        "Filter and change routes",
        route_map,
    )
    .help(HELP),
    line(
        "redistribute <connected|static|bgp|ospf [<1-65535>$process]> {metric <0-16>$metric|route-map NAME}",
        "redistribute <connected|static|bgp|ospf [<1-65535>$process]> {metric [<0-16>$metric]|route-map [NAME]}",
        Modes::RIP,
        "Announce routes of another source",
        redistribute,
    )
    .help(HELP),
    line("route A.B.C.D/M", "route A.B.C.D/M", Modes::RIP, "Announce this network as if learned here", route)
        .help(HELP),
    line(
        "timers basic <1-65535>$update <1-65535>$timeout <1-65535>$garbage",
        "timers basic [<1-65535>$update <1-65535>$timeout <1-65535>$garbage]",
        Modes::RIP,
        "Seconds between updates, until timeout, until forgotten (30 180 120)",
        timers,
    )
    .help(HELP),
    line(
        "timers holddown <0-65535>$holddown",
        "timers holddown [<0-65535>$holddown]",
        Modes::RIP,
        "Seconds during which no other news of a lost route are believed (0)",
        holddown,
    )
    .help(HELP),
    line(
        "allow-ecmp [<1-255>$paths]",
        "allow-ecmp [<1-255>$paths]",
        Modes::RIP,
        "Several next hops for a route",
        allow_ecmp,
    )
    .help(HELP),
    line(
        "infinity <2-255>$infinity",
        "infinity [<2-255>$infinity]",
        Modes::RIP,
        "The metric that means unreachable (16); for teaching",
        infinity,
    )
    .help(HELP),
    line(
        "triggered-updates",
        "triggered-updates",
        Modes::RIP,
        "Tell changes at once (on by default); for teaching",
        triggered,
    )
    .help(HELP),
];

impl Edit<'_> {
    pub(super) fn rip(&mut self) -> &mut Config {
        self.config.rip.get_or_insert_default()
    }
}

fn direction(args: &Args) -> Direction {
    if args.has("in") { Direction::In } else { Direction::Out }
}

fn router(edit: &mut Edit<'_>, args: &Args) -> Result<(), String> {
    if args.no() {
        return gone(edit.config.rip.take(), || "RIP is not configured".to_owned());
    }
    edit.rip();
    edit.mode = Mode::Rip;
    Ok(())
}

fn version(edit: &mut Edit<'_>, args: &Args) -> Result<(), String> {
    edit.rip().version = match () {
        () if args.no() => None,
        () if args.has("1") => Some(1),
        () => Some(2),
    };
    Ok(())
}

fn network(edit: &mut Edit<'_>, args: &Args) -> Result<(), String> {
    let rip = edit.rip();
    if let Some(name) = args.text("IFNAME").map(str::to_owned) {
        if args.no() {
            let removed = remove_first(&mut rip.network_interfaces, |n| *n == name);
            return gone(removed, || format!("no network {name}"));
        }
        push_new(&mut rip.network_interfaces, name);
        return Ok(());
    }
    let classful = |net: Ipv4Addr| Prefix::new(IpAddr::V4(net), Prefix::classful_len(net));
    let prefix = match args.get::<Prefix>("prefix") {
        Some(prefix) => prefix,
        None => classful(args.need("net")?),
    };
    if args.no() {
        return gone(remove_first(&mut rip.networks, |n| *n == prefix), || format!("no network {prefix}"));
    }
    push_new(&mut rip.networks, prefix);
    Ok(())
}

fn neighbor(edit: &mut Edit<'_>, args: &Args) -> Result<(), String> {
    let address: Ipv4Addr = args.need("A.B.C.D")?;
    let rip = edit.rip();
    if args.no() {
        return gone(remove_first(&mut rip.neighbors, |n| *n == address), || {
            format!("no neighbor {address}")
        });
    }
    push_new(&mut rip.neighbors, address);
    Ok(())
}

fn passive(edit: &mut Edit<'_>, args: &Args) -> Result<(), String> {
    let rip = edit.rip();
    let Some(name) = args.text("IFNAME") else {
        // The list changes its meaning with the default: exceptions to one are not exceptions to the other.
        if rip.passive_default == args.no() {
            rip.passive_default = !args.no();
            rip.passive_interfaces.clear();
        }
        return Ok(());
    };
    if rip.passive_default == args.no() {
        push_new(&mut rip.passive_interfaces, name.to_owned());
    } else {
        rip.passive_interfaces.retain(|n| n != name);
    }
    Ok(())
}

fn default_information(edit: &mut Edit<'_>, args: &Args) -> Result<(), String> {
    edit.rip().default_information_originate = !args.no();
    Ok(())
}

fn default_metric(edit: &mut Edit<'_>, args: &Args) -> Result<(), String> {
    edit.rip().default_metric =
        if args.no() { Config::default().default_metric } else { args.need("metric")? };
    Ok(())
}

fn distance(edit: &mut Edit<'_>, args: &Args) -> Result<(), String> {
    let distance = args.get::<u8>("distance");
    let rip = edit.rip();
    let Some(source) = args.get::<Prefix>("source") else {
        rip.distance = distance.filter(|_| !args.no());
        return Ok(());
    };
    if args.no() {
        return gone(remove_first(&mut rip.distances, |d| d.source == source), || {
            format!("no distance for {source}")
        });
    }
    let access_list = args.text("ACL").map(str::to_owned);
    let new = SourceDistance { distance: args.need("distance")?, source, access_list };
    replace(&mut rip.distances, new, |old, new| old.source == new.source);
    Ok(())
}

fn distribute_list(edit: &mut Edit<'_>, args: &Args) -> Result<(), String> {
    let name: String = args.need("NAME")?;
    let list = if args.has("prefix") { ListName::PrefixList(name) } else { ListName::AccessList(name) };
    let interface = args.text("IFNAME").map(str::to_owned);
    let new = DistributeList { list, direction: direction(args), interface };
    let rip = edit.rip();
    if args.no() {
        return gone(remove_first(&mut rip.distribute_lists, |d| *d == new), || {
            "no such distribute-list".to_owned()
        });
    }
    let kind = |l: &ListName| matches!(l, ListName::PrefixList(_));
    replace(&mut rip.distribute_lists, new, |old, new| {
        old.direction == new.direction && old.interface == new.interface && kind(&old.list) == kind(&new.list)
    });
    Ok(())
}

fn offset_list(edit: &mut Edit<'_>, args: &Args) -> Result<(), String> {
    let (name, direction): (String, _) = (args.need("NAME")?, direction(args));
    let interface = args.text("IFNAME").map(str::to_owned);
    let rip = edit.rip();
    if args.no() {
        let same =
            |o: &OffsetList| o.access_list == name && o.direction == direction && o.interface == interface;
        return gone(remove_first(&mut rip.offset_lists, same), || "no such offset-list".to_owned());
    }
    let new = OffsetList { access_list: name, direction, metric: args.need("offset")?, interface };
    replace(&mut rip.offset_lists, new, |old, new| {
        old.direction == new.direction && old.interface == new.interface
    });
    Ok(())
}

fn route_map(edit: &mut Edit<'_>, args: &Args) -> Result<(), String> {
    let (name, interface) = (args.need("NAME")?, args.need("IFNAME")?);
    let new = InterfaceRouteMap { route_map: name, direction: direction(args), interface };
    let rip = edit.rip();
    if args.no() {
        return gone(remove_first(&mut rip.route_maps, |r| *r == new), || "no such route-map".to_owned());
    }
    replace(&mut rip.route_maps, new, |old, new| {
        old.direction == new.direction && old.interface == new.interface
    });
    Ok(())
}

/// Puts `new` where the element of the same key is, or at the end.
fn replace<T>(list: &mut Vec<T>, new: T, same_key: impl Fn(&T, &T) -> bool) {
    match list.iter_mut().find(|old| same_key(old, &new)) {
        Some(old) => *old = new,
        None => list.push(new),
    }
}

fn redistribute(edit: &mut Edit<'_>, args: &Args) -> Result<(), String> {
    let protocol = args.keywords().find_map(|k| k.parse::<Protocol>().ok()).ok_or("the source is missing")?;
    let rip = edit.rip();
    if !args.no() {
        let new =
            Redistribute { metric: args.get("metric"), route_map: args.text("NAME").map(str::to_owned) };
        rip.redistribute.insert(protocol, new);
        return Ok(());
    }
    let found =
        rip.redistribute.get_mut(&protocol).ok_or_else(|| format!("{protocol} is not redistributed"))?;
    if args.has("metric") {
        found.metric = None;
    }
    if args.has("route-map") {
        found.route_map = None;
    }
    if !args.has("metric") && !args.has("route-map") {
        rip.redistribute.remove(&protocol);
    }
    Ok(())
}

fn route(edit: &mut Edit<'_>, args: &Args) -> Result<(), String> {
    let prefix: Prefix = args.need("A.B.C.D/M")?;
    let rip = edit.rip();
    if args.no() {
        return gone(remove_first(&mut rip.routes, |r| *r == prefix), || format!("no route {prefix}"));
    }
    push_new(&mut rip.routes, prefix);
    Ok(())
}

fn timers(edit: &mut Edit<'_>, args: &Args) -> Result<(), String> {
    let mut timers = TimersConfig::default();
    if !args.no() {
        (timers.update, timers.timeout, timers.garbage) =
            (args.need("update")?, args.need("timeout")?, args.need("garbage")?);
    }
    let rip = edit.rip();
    timers.holddown = rip.timers.holddown;
    rip.timers = timers;
    Ok(())
}

fn holddown(edit: &mut Edit<'_>, args: &Args) -> Result<(), String> {
    edit.rip().timers.holddown = if args.no() { 0 } else { args.need("holddown")? };
    Ok(())
}

fn allow_ecmp(edit: &mut Edit<'_>, args: &Args) -> Result<(), String> {
    edit.rip().maximum_paths = if args.no() { 1 } else { args.get("paths").unwrap_or(0) };
    Ok(())
}

fn infinity(edit: &mut Edit<'_>, args: &Args) -> Result<(), String> {
    edit.rip().infinity = if args.no() { Config::default().infinity } else { args.need("infinity")? };
    Ok(())
}

fn triggered(edit: &mut Edit<'_>, args: &Args) -> Result<(), String> {
    edit.rip().triggered_updates = !args.no();
    Ok(())
}

#[cfg(test)]
mod tests {
    use crate::config::tests::{after, refusal};
    use rip::config::{Config, ListName};

    fn rip(lines: &[&str]) -> Config {
        let mut all = vec!["router rip"];
        all.extend(lines);
        after(&all).rip.unwrap()
    }

    #[test]
    fn every_setting_of_the_process_can_be_made_and_taken_back() {
        for line in [
            "version 1",
            "network 10.0.0.0/8",
            "network eth1",
            "neighbor 10.0.0.2",
            "passive-interface eth1",
            "passive-interface default",
            "default-information originate",
            "default-metric 5",
            "distance 100",
            "distance 90 10.0.0.0/8 ACL",
            "distribute-list A in",
            "distribute-list prefix P out eth1",
            "offset-list A out 3 eth1",
            "route-map M in eth1",
            "redistribute static metric 3 route-map M",
            "route 10.9.0.0/16",
            "timers basic 5 15 10",
            "timers holddown 60",
            "allow-ecmp",
            "allow-ecmp 4",
            "infinity 32",
        ] {
            assert_ne!(rip(&[line]), Config::default(), "{line}");
            let no = line.strip_suffix(" metric 3 route-map M").unwrap_or(line);
            assert_eq!(rip(&[line, &format!("no {no}")]), Config::default(), "no {no}");
        }
        assert!(!rip(&["no triggered-updates"]).triggered_updates);
        assert_eq!(rip(&["no triggered-updates", "triggered-updates"]), Config::default());
    }

    #[test]
    fn passive_default_turns_the_list_into_exceptions() {
        let r = rip(&["passive-interface eth0", "passive-interface default", "no passive-interface eth1"]);
        assert!(r.passive_default);
        assert_eq!(r.passive_interfaces, ["eth1"]);
        assert!(
            rip(&["passive-interface default", "no passive-i eth1", "passive-i eth1"])
                .passive_interfaces
                .is_empty()
        );
    }

    #[test]
    fn a_classful_network_is_taken_as_ios_does() {
        assert_eq!(rip(&["network 172.16.0.0"]), rip(&["network 172.16.0.0/16"]));
    }

    #[test]
    fn filters_of_the_same_place_are_replaced() {
        let r = rip(&["distribute-list A in", "distribute-list prefix P in", "distribute-list B in"]);
        let lists: Vec<_> = r.distribute_lists.into_iter().map(|d| d.list).collect();
        assert_eq!(lists, [ListName::AccessList("B".into()), ListName::PrefixList("P".into())]);
        assert_eq!(rip(&["offset-list A in 3", "offset-list B in 4"]).offset_lists.len(), 1);
    }

    #[test]
    fn a_route_map_of_rip_and_one_of_the_policy_are_told_apart() {
        let c = after(&["router rip", "route-map M in eth1", "route-map M permit 10"]);
        assert_eq!(c.rip.unwrap().route_maps.len(), 1);
        assert_eq!(c.policy.route_maps["M"].len(), 1);
    }

    #[test]
    fn what_is_not_there_cannot_be_removed() {
        for line in
            ["no network 10.0.0.0/8", "no neighbor 10.0.0.1", "no redistribute static", "no route 10.0.0.0/8"]
        {
            assert!(!refusal(&["router rip", line]).message.is_empty(), "{line}");
        }
    }
}
