//! `show ip ospf interface`.

use super::super::object;
use super::{area, span};
use fib::IfAddr;
use ospf::show::{Authentication, Interface, InterfaceState, Interfaces, MeasuredCost, NetworkKind};
use serde_json::{Map, Value, json};
use std::fmt::Write;

pub(super) fn text(all: &Interfaces) -> String {
    let mut out = String::new();
    all.interfaces.iter().for_each(|i| one(&mut out, i));
    out.push('\n');
    out
}

fn one(out: &mut String, i: &Interface) {
    let _ = writeln!(out, "{} is {}", i.name, if i.up { "up" } else { "down" });
    let (index, mtu, bandwidth) = (i.index, i.mtu, i.bandwidth);
    let _ = writeln!(out, "  ifindex {index}, MTU {mtu} bytes, BW {bandwidth} Mbit {}", flags(i));
    let Some(address) = &i.address else {
        out.push_str("  OSPF is enabled, but not running on this interface: it has no address\n");
        return;
    };
    let unnumbered = if i.unnumbered { " (unnumbered)" } else { "" };
    let broadcast = broadcast(i, address).map_or_else(String::new, |b| format!(" Broadcast {b},"));
    let area = area(i.area, i.area_kind);
    let _ = writeln!(out, "  Internet Address {address}{unnumbered},{broadcast} Area {area}");
    if let Some((transit, router)) = i.virtual_link {
        let _ = writeln!(out, "  Virtual link to {router} through area {transit}");
    }
    let _ = writeln!(out, "  MTU mismatch detection: {}", if i.mtu_ignore { "disabled" } else { "enabled" });
    let (router, network, cost) = (i.router_id, network(i.network), i.cost);
    let _ = writeln!(out, "  Router ID {router}, Network Type {network}, Cost: {cost}");
    if let Some(m) = &i.measured {
        measured(out, m);
    }
    let (delay, state, priority) = (i.transmit_delay, i.state.to_string(), i.priority);
    let _ = writeln!(out, "  Transmit Delay is {delay} sec, State {state}, Priority {priority}");
    if let Some(dr) = i.dr {
        let len = address.len();
        let _ =
            writeln!(out, "  Designated Router (ID) {} Interface Address {}/{len}", dr.router, dr.address);
    }
    let _ = match i.bdr {
        Some(b) => {
            writeln!(out, "  Backup Designated Router (ID) {}, Interface Address {}", b.router, b.address)
        }
        None => writeln!(out, "  No backup designated router on this network"),
    };
    let _ = writeln!(out, "  Multicast group memberships:{}", groups(i));
    let hello =
        if i.hello_ms < 1000 { format!("{}ms", i.hello_ms) } else { format!("{}s", i.hello_ms / 1000) };
    let (dead, wait, again) = (i.dead_ms / 1000, i.wait_ms / 1000, i.retransmit_ms / 1000);
    let _ = writeln!(
        out,
        "  Timer intervals configured, Hello {hello}, Dead {dead}s, Wait {wait}s, Retransmit {again}"
    );
    let _ = match i.hello_due_ms {
        _ if i.passive => writeln!(out, "    No Hellos (Passive interface)"),
        Some(ms) => writeln!(out, "    Hello due in {}", span(ms)),
        None => writeln!(out, "    Hello due in inactive"),
    };
    let (neighbors, adjacent) = (i.neighbors, i.adjacent);
    let _ = writeln!(out, "  Neighbor Count is {neighbors}, Adjacent neighbor count is {adjacent}");
    if i.prefix_suppression {
        out.push_str("  Prefix suppression is on\n");
    }
    authentication(out, i.authentication.as_ref());
}

fn measured(out: &mut String, m: &MeasuredCost) {
    let delay = m.delay_us.map_or_else(|| "not known yet".to_owned(), |us| format!("{us} usecs"));
    let _ = writeln!(out, "  Cost is measured: delay {delay}, {} echoes beyond the hysteresis", m.beyond);
}

fn authentication(out: &mut String, authentication: Option<&Authentication>) {
    let key = |id: &Option<u8>| id.map_or_else(|| "no key".to_owned(), |id| format!("key {id}"));
    let _ = match authentication {
        None => Ok(()),
        Some(Authentication::Simple) => writeln!(out, "  Simple password authentication enabled"),
        Some(Authentication::MessageDigest { key: id }) => {
            writeln!(out, "  Cryptographic authentication enabled\n  Algorithm:MD5, {}", key(id))
        }
        Some(Authentication::KeyChain { name, key: id, algorithm }) => {
            let algorithm = algorithm.as_deref().unwrap_or("none").to_ascii_uppercase();
            writeln!(
                out,
                "  Cryptographic authentication enabled\n  Algorithm:{algorithm}, key chain {name}, {}",
                key(id)
            )
        }
    };
}

fn flags(i: &Interface) -> &'static str {
    match (i.up, i.network) {
        (false, NetworkKind::Loopback) => "<LOOPBACK>",
        (false, _) => "<BROADCAST,MULTICAST>",
        (true, NetworkKind::Loopback) => "<UP,LOOPBACK,RUNNING>",
        (true, NetworkKind::VirtualLink) => "<UP>",
        (true, _) => "<UP,BROADCAST,RUNNING,MULTICAST>",
    }
}

fn broadcast(i: &Interface, address: &IfAddr) -> Option<core::net::Ipv4Addr> {
    (i.network != NetworkKind::VirtualLink && !i.unnumbered).then(|| address.network().broadcast())?
}

fn groups(i: &Interface) -> String {
    let all = [(i.all_routers, " OSPFAllRouters"), (i.designated_routers, " OSPFDesignatedRouters")];
    let joined: String = all.iter().filter(|(is, _)| *is).map(|(_, name)| *name).collect();
    if joined.is_empty() { " <None>".to_owned() } else { joined }
}

fn network(kind: NetworkKind) -> &'static str {
    match kind {
        NetworkKind::Broadcast => "BROADCAST",
        NetworkKind::PointToPoint => "POINTOPOINT",
        NetworkKind::NonBroadcast => "NBMA",
        NetworkKind::PointToMultipoint => "POINTOMULTIPOINT",
        NetworkKind::Loopback => "LOOPBACK",
        NetworkKind::VirtualLink => "VIRTUALLINK",
    }
}

/// IOS's table.
pub(super) fn brief(all: &Interfaces) -> String {
    let row = |cells: [&str; 6]| {
        let [name, area, address, cost, state, neighbors] = cells;
        format!("{name:<16} {area:<15} {address:<18} {cost:<5} {state:<8} {neighbors}\n")
    };
    let mut out = row(["Interface", "Area", "IP Address/Mask", "Cost", "State", "Nbrs F/C"]);
    for i in &all.interfaces {
        let address = i.address.map_or_else(|| "unassigned".to_owned(), |a| a.to_string());
        let short = match i.state {
            InterfaceState::Down => "DOWN",
            InterfaceState::Loopback => "LOOP",
            InterfaceState::Waiting => "WAIT",
            InterfaceState::PointToPoint if i.network == NetworkKind::PointToMultipoint => "P2MP",
            InterfaceState::PointToPoint => "P2P",
            InterfaceState::DrOther => "DROTH",
            InterfaceState::Backup => "BDR",
            InterfaceState::Dr => "DR",
        };
        let neighbors = format!("{}/{}", i.adjacent, i.neighbors);
        let (area, cost) = (i.area.to_string(), i.cost.to_string());
        out += &row([&i.name, &area, &address, &cost, short, &neighbors]);
    }
    out
}

pub(super) fn json(all: &Interfaces) -> Value {
    let mut interfaces = Map::new();
    for i in &all.interfaces {
        interfaces.insert(i.name.clone(), one_json(i));
    }
    json!({ "interfaces": interfaces })
}

fn one_json(i: &Interface) -> Value {
    let yes = |b: bool| b.then_some(json!(true));
    let authentication = i.authentication.as_ref().map(|a| match a {
        Authentication::Simple => json!("authenticationSimplePassword"),
        Authentication::MessageDigest { .. } | Authentication::KeyChain { .. } => {
            json!("authenticationMessageDigest")
        }
    });
    let address = i.address;
    let is_virtual = i.network == NetworkKind::VirtualLink;
    object(vec![
        ("ifUp", Some(json!(i.up))),
        ("ifIndex", Some(json!(i.index))),
        ("mtuBytes", Some(json!(i.mtu))),
        ("bandwidthMbit", Some(json!(i.bandwidth))),
        ("ifFlags", Some(json!(flags(i)))),
        ("ospfEnabled", Some(json!(address.is_some()))),
        ("ifUnnumbered", yes(i.unnumbered)),
        ("ipAddress", address.map(|a| json!(a.addr()))),
        ("ipAddressPrefixlen", address.map(|a| json!(a.len()))),
        ("ospfIfType", Some(json!(if is_virtual { "VirtualLink" } else { "Broadcast" }))),
        ("localIfUsed", address.and_then(|a| broadcast(i, &a)).map(|b| json!(b))),
        ("area", Some(json!(area(i.area, i.area_kind)))),
        ("routerId", Some(json!(i.router_id))),
        ("networkType", Some(json!(network(i.network)))),
        ("cost", Some(json!(i.cost))),
        ("costMeasured", i.measured.as_ref().map(|m| json!(m))),
        ("transmitDelaySecs", Some(json!(i.transmit_delay))),
        ("state", Some(json!(i.state.to_string()))),
        ("priority", Some(json!(i.priority))),
        ("mtuIgnore", yes(i.mtu_ignore)),
        ("drId", i.dr.map(|d| json!(d.router))),
        ("drAddress", i.dr.map(|d| json!(d.address))),
        ("bdrId", i.bdr.map(|d| json!(d.router))),
        ("bdrAddress", i.bdr.map(|d| json!(d.address))),
        ("mcastMemberOspfAllRouters", yes(i.all_routers)),
        ("mcastMemberOspfDesignatedRouters", yes(i.designated_routers)),
        ("timerMsecs", Some(json!(i.hello_ms))),
        ("timerDeadSecs", Some(json!(i.dead_ms / 1000))),
        ("timerWaitSecs", Some(json!(i.wait_ms / 1000))),
        ("timerRetransmitSecs", Some(json!(i.retransmit_ms / 1000))),
        ("timerHelloInMsecs", (!i.passive).then(|| json!(i.hello_due_ms.unwrap_or(0)))),
        ("timerPassiveIface", yes(i.passive)),
        ("nbrCount", Some(json!(i.neighbors))),
        ("nbrAdjacentCount", Some(json!(i.adjacent))),
        ("prefixSuppression", yes(i.prefix_suppression)),
        ("authentication", authentication),
        ("authenticationDetail", i.authentication.as_ref().map(|a| json!(a))),
    ])
}
