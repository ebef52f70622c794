//! `show interfaces`, `show ip interface brief`.

use super::{object, uptime};
use crate::command::Family;
use crate::reply::InterfaceView;
use serde_json::{Map, Value, json};
use std::fmt::Write;

/// What IOS prints as status and protocol.
fn state(i: &InterfaceView) -> (&'static str, &'static str) {
    match (i.index.is_some(), i.admin_up, i.carrier) {
        (false, ..) => ("not present", "down"),
        (true, false, _) => ("administratively down", "down"),
        (true, true, false) => ("down", "down"),
        (true, true, true) => ("up", "up"),
    }
}

pub(super) fn brief(all: &[InterfaceView], family: Family) -> String {
    match family {
        Family::V4 => brief_v4(all),
        Family::V6 => brief_v6(all),
    }
}

fn brief_v4(all: &[InterfaceView]) -> String {
    let row = |name: &str, address: &str, method: &str, (status, protocol): (&str, &str)| {
        format!("{name:<22} {address:<15} YES {method:<6} {status:<21} {protocol}\n")
    };
    let mut out =
        format!("{:<22} {:<15} OK? {:<6} {:<21} Protocol\n", "Interface", "IP-Address", "Method", "Status");
    for i in all {
        let mut addresses = i.addresses.iter().filter(|a| a.is_v4());
        match addresses.next() {
            None => out += &row(&i.name, "unassigned", "unset", state(i)),
            Some(first) => {
                out += &row(&i.name, &first.addr().to_string(), "manual", state(i));
                addresses.for_each(|a| out += &row("", &a.addr().to_string(), "manual", state(i)));
            }
        }
    }
    out
}

fn brief_v6(all: &[InterfaceView]) -> String {
    let mut out = String::new();
    for i in all {
        let (status, protocol) = state(i);
        let _ = writeln!(out, "{:<22} [{status}/{protocol}]", i.name);
        let configured = i.addresses.iter().filter(|a| !a.is_v4()).map(|a| a.addr().to_string());
        let mut addresses = i.link_local.map(|a| a.to_string()).into_iter().chain(configured).peekable();
        if addresses.peek().is_none() {
            out.push_str("    unassigned\n");
        }
        addresses.for_each(|a| out.extend(["    ", &a, "\n"]));
    }
    out
}

pub(super) fn brief_json(all: &[InterfaceView]) -> Value {
    let one = |i: &InterfaceView| {
        let addresses: Vec<String> = i.addresses.iter().map(ToString::to_string).collect();
        let status = if state(i).0 == "up" { "up" } else { "down" };
        (i.name.clone(), json!({ "status": status, "vrfName": "default", "addresses": addresses }))
    };
    Value::Object(all.iter().map(one).collect::<Map<String, Value>>())
}

pub(super) fn text(all: &[InterfaceView]) -> String {
    all.iter().map(one).collect()
}

fn one(i: &InterfaceView) -> String {
    let (status, protocol) = state(i);
    let mut out = format!("{} is {status}, line protocol is {protocol}\n", i.name);
    let hardware = if i.kind == "loopback" { "Loopback" } else { "Ethernet" };
    let mac = if i.mac.is_empty() { String::new() } else { format!(", address is {}", i.mac) };
    let index = i.index.map_or_else(String::new, |n| format!(", index {n}"));
    let _ = writeln!(out, "  Hardware is {hardware}{mac}{index}");
    if let Some(description) = &i.description {
        let _ = writeln!(out, "  Description: {description}");
    }
    let (v4, v6): (Vec<fib::IfAddr>, Vec<fib::IfAddr>) = i.addresses.iter().partition(|a| a.is_v4());
    for (n, address) in v4.iter().enumerate() {
        let what = if n == 0 { "Internet address is" } else { "Secondary address" };
        let _ = writeln!(out, "  {what} {address}");
    }
    if let Some(link_local) = i.link_local {
        let _ = writeln!(out, "  IPv6 link-local address is {link_local}");
    }
    v6.iter().for_each(|address| {
        let _ = writeln!(out, "  IPv6 address {address}");
    });
    let _ = writeln!(out, "  MTU {} bytes", i.mtu);
    if let Some(ago) = i.last_change_us {
        let _ = writeln!(out, "  Last change of carrier {} ago, {} in all", uptime(ago), i.transitions);
    }
    let value = |name: &str| i.counters.iter().find(|(n, _)| n == name).map_or(0, |(_, v)| *v);
    if !i.counters.is_empty() {
        let _ = writeln!(out, "     {} packets input, {} bytes", value("rx-packets"), value("rx-bytes"));
        let _ = writeln!(out, "     {} packets output, {} bytes", value("tx-packets"), value("tx-bytes"));
    }
    let said = ["rx-packets", "rx-bytes", "tx-packets", "tx-bytes"];
    for (name, value) in i.counters.iter().filter(|(n, v)| *v > 0 && !said.contains(&n.as_str())) {
        let _ = writeln!(out, "     {value} {name}");
    }
    out
}

pub(super) fn json(all: &[InterfaceView]) -> Value {
    let one = |i: &InterfaceView| {
        let up = |b: bool| Some(json!(if b { "up" } else { "down" }));
        let address =
            |a: String, secondary: bool| json!({ "address": a, "secondary": secondary, "unnumbered": false });
        let mut addresses = Vec::new();
        let mut v4_seen = false;
        for a in &i.addresses {
            addresses.push(address(a.to_string(), a.is_v4() && v4_seen));
            v4_seen |= a.is_v4();
        }
        addresses.extend(i.link_local.map(|a| address(format!("{a}/64"), false)));
        let counters: Map<String, Value> = i.counters.iter().map(|(n, v)| (n.clone(), json!(v))).collect();
        let value = object(vec![
            ("administrativeStatus", up(i.admin_up)),
            ("operationalStatus", up(state(i).1 == "up")),
            ("present", Some(json!(i.index.is_some()))),
            ("linkTransitions", Some(json!(i.transitions))),
            ("lastChange", i.last_change_us.map(|us| json!(uptime(us)))),
            ("vrfName", Some(json!("default"))),
            ("description", i.description.as_ref().map(|d| json!(d))),
            ("index", i.index.map(|n| json!(n))),
            ("mtu", Some(json!(i.mtu))),
            ("type", Some(json!(if i.kind == "loopback" { "Loopback" } else { "Ethernet" }))),
            ("hardwareAddress", (!i.mac.is_empty()).then(|| json!(i.mac))),
            ("ipAddresses", Some(Value::Array(addresses))),
            ("counters", Some(Value::Object(counters))),
        ]);
        (i.name.clone(), value)
    };
    Value::Object(all.iter().map(one).collect::<Map<String, Value>>())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn eth1() -> InterfaceView {
        InterfaceView {
            name: "eth1".to_owned(),
            index: Some(2),
            description: Some("to r2".to_owned()),
            admin_up: true,
            carrier: true,
            kind: "ethernet".to_owned(),
            mac: "02:00:00:00:00:01".to_owned(),
            mtu: 1500,
            addresses: ["10.0.12.1/24", "10.0.13.1/24", "2001:db8::1/64"]
                .iter()
                .map(|a| a.parse().unwrap())
                .collect(),
            link_local: "fe80::1".parse().ok(),
            last_change_us: Some(5_000_000),
            transitions: 1,
            counters: vec![
                ("rx-packets".to_owned(), 3),
                ("rx-bytes".to_owned(), 300),
                ("tx-packets".to_owned(), 4),
                ("tx-bytes".to_owned(), 400),
                ("drops".to_owned(), 0),
                ("ttl-exceeded".to_owned(), 2),
            ],
        }
    }

    #[test]
    fn brief_has_ios_s_columns() {
        let down = InterfaceView {
            name: "eth2".into(),
            admin_up: false,
            addresses: vec![],
            link_local: None,
            ..eth1()
        };
        let absent = InterfaceView {
            name: "eth3".into(),
            index: None,
            carrier: false,
            addresses: vec![],
            link_local: None,
            ..eth1()
        };
        let expected = "\
Interface              IP-Address      OK? Method Status                Protocol
eth1                   10.0.12.1       YES manual up                    up
                       10.0.13.1       YES manual up                    up
eth2                   unassigned      YES unset  administratively down down
eth3                   unassigned      YES unset  not present           down
";
        assert_eq!(brief(&[eth1(), down.clone(), absent], Family::V4), expected);
        let expected = "\
eth1                   [up/up]
    fe80::1
    2001:db8::1
eth2                   [administratively down/down]
    unassigned
";
        assert_eq!(brief(&[eth1(), down], Family::V6), expected);
    }

    #[test]
    fn one_interface_is_told_as_ios_does() {
        let expected = "\
eth1 is up, line protocol is up
  Hardware is Ethernet, address is 02:00:00:00:00:01, index 2
  Description: to r2
  Internet address is 10.0.12.1/24
  Secondary address 10.0.13.1/24
  IPv6 link-local address is fe80::1
  IPv6 address 2001:db8::1/64
  MTU 1500 bytes
  Last change of carrier 00:00:05 ago, 1 in all
     3 packets input, 300 bytes
     4 packets output, 400 bytes
     2 ttl-exceeded
";
        assert_eq!(text(&[eth1()]), expected);
    }

    #[test]
    fn json_has_frr_s_names() {
        let value = json(&[eth1()]);
        let eth1_value = &value["eth1"];
        assert_eq!(eth1_value["administrativeStatus"], "up");
        assert_eq!(eth1_value["hardwareAddress"], "02:00:00:00:00:01");
        assert_eq!(
            eth1_value["ipAddresses"][1],
            json!({ "address": "10.0.13.1/24", "secondary": true, "unnumbered": false })
        );
        assert_eq!(brief_json(&[eth1()])["eth1"]["addresses"][0], "10.0.12.1/24");
    }
}
