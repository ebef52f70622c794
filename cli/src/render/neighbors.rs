//! `show arp`, `show ipv6 neighbors`.

use super::object;
use crate::command::Family;
use crate::reply::NeighborView;
use serde_json::{Value, json};
use std::fmt::Write;

pub(super) fn text(all: &[NeighborView], family: Family) -> String {
    let mut out = match family {
        Family::V4 => {
            "Protocol  Address          Age (min)  Hardware Addr      Type   Interface     State\n".to_owned()
        }
        Family::V6 => {
            "IPv6 Address                              Age (min)  Link-layer Addr    State       Interface\n"
                .to_owned()
        }
    };
    for n in all {
        let age = n.age_us.map_or_else(|| "-".to_owned(), |us| (us / 60_000_000).to_string());
        let mac = n.mac.as_deref().unwrap_or("Incomplete");
        let (address, interface, state) = (n.address.to_string(), &n.interface, &n.state);
        let _ = match family {
            Family::V4 => {
                writeln!(out, "Internet  {address:<16} {age:>8}   {mac:<18} ARPA   {interface:<13} {state}")
            }
            Family::V6 => writeln!(out, "{address:<41} {age:>8}   {mac:<18} {state:<11} {interface}"),
        };
    }
    out
}

pub(super) fn json(all: &[NeighborView]) -> Value {
    let one = |n: &NeighborView| {
        object(vec![
            ("address", Some(json!(n.address.to_string()))),
            ("mac", n.mac.as_ref().map(|m| json!(m))),
            ("interfaceName", Some(json!(n.interface))),
            ("state", Some(json!(n.state))),
            ("ageMsecs", n.age_us.map(|us| json!(us / 1000))),
        ])
    };
    Value::Array(all.iter().map(one).collect())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn neighbor(address: &str, mac: Option<&str>, state: &str, age_us: Option<u64>) -> NeighborView {
        NeighborView {
            family: Family::V4,
            address: address.parse().unwrap(),
            mac: mac.map(str::to_owned),
            interface: "eth1".to_owned(),
            state: state.to_owned(),
            age_us,
        }
    }

    #[test]
    fn arp_has_ios_s_columns_and_a_state() {
        let all = [
            neighbor("10.0.12.1", Some("02:00:00:00:00:01"), "interface", None),
            neighbor("10.0.12.2", Some("02:00:00:00:00:02"), "reachable", Some(125_000_000)),
            neighbor("10.0.12.9", None, "incomplete", Some(0)),
        ];
        let expected = "\
Protocol  Address          Age (min)  Hardware Addr      Type   Interface     State
Internet  10.0.12.1               -   02:00:00:00:00:01  ARPA   eth1          interface
Internet  10.0.12.2               2   02:00:00:00:00:02  ARPA   eth1          reachable
Internet  10.0.12.9               0   Incomplete         ARPA   eth1          incomplete
";
        assert_eq!(text(&all, Family::V4), expected);
        assert_eq!(json(&all)[2].get("mac"), None);
        assert_eq!(json(&all)[1]["ageMsecs"], 125_000);
    }
}
