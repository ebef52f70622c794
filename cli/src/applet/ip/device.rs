//! Interfaces as iproute2 prints them, those of the router and those that are the kernel's.

use super::iface::Filter;
use super::{Kernel, Look, Out, Outcome, Stop, ask, odd, print_json};
use crate::command::{Command, Family, Show};
use crate::render::object;
use crate::reply::{InterfaceView, Reply};
use crate::session::Backend;
use core::net::IpAddr;
use fib::IfAddr;
use serde_json::{Value, json};
use std::fmt::Write;

/// The router's interfaces, those that are only configured included.
pub(super) fn of_router(backend: &mut dyn Backend) -> Result<Vec<InterfaceView>, Stop> {
    match ask(backend, Command::Show(Show::Interfaces(None)))? {
        Reply::Interfaces(all) => Ok(all),
        _ => Err(odd()),
    }
}

/// An interface as iproute2 sees it, of the router or of the kernel.
struct Device {
    index: u32,
    name: String,
    loopback: bool,
    up: bool,
    carrier: bool,
    mtu: u32,
    mac: String,
    addresses: Vec<IfAddr>,
    counters: Vec<(String, u64)>,
}

fn devices(backend: &mut dyn Backend, kernel: &Kernel) -> Result<Vec<Device>, Stop> {
    let of_router = of_router(backend)?;
    let number = |name: &str| kernel.ports.iter().find(|p| p.name == name).map(|p| p.index);
    let mut all: Vec<Device> = Vec::new();
    for i in of_router {
        // Configured and absent: for a kernel it does not exist.
        let Some(index) = i.index else { continue };
        let loopback = i.kind == "loopback";
        let link_local = i.link_local.map(|a| IfAddr::new(IpAddr::V6(a), 64));
        let mut addresses = i.addresses;
        addresses.extend(link_local.filter(|a| !addresses.contains(a)));
        all.push(Device {
            index: number(&i.name).unwrap_or(index),
            loopback,
            up: i.admin_up,
            carrier: i.carrier || loopback,
            mtu: i.mtu.into(),
            mac: if i.mac.is_empty() { "00:00:00:00:00:00".to_owned() } else { i.mac },
            addresses,
            counters: i.counters,
            name: i.name,
        });
    }
    for port in &kernel.ports {
        if all.iter().all(|d| d.name != port.name) {
            all.push(Device {
                index: port.index,
                name: port.name.clone(),
                loopback: port.name == "lo",
                up: port.up,
                carrier: port.carrier,
                mtu: port.mtu,
                mac: port.mac.clone().unwrap_or_default(),
                addresses: port.addresses.clone(),
                counters: Vec::new(),
            });
        }
    }
    all.sort_by_key(|d| d.index);
    Ok(all)
}

pub(super) fn show(
    look: Look,
    filter: &Filter,
    addresses: bool,
    backend: &mut dyn Backend,
    kernel: &Kernel,
    out: Out<'_>,
) -> Outcome {
    let mut all = devices(backend, kernel)?;
    if let Some(name) = &filter.device {
        all.retain(|d| d.name == *name);
        if all.is_empty() {
            return Err(Stop::Failed(format!("Device \"{name}\" does not exist."), 1));
        }
    }
    all.retain(|d| d.up || !filter.up);
    if let Some(family) = look.family {
        all.iter_mut().for_each(|d| d.addresses.retain(|a| a.is_v4() == (family == Family::V4)));
        if addresses {
            all.retain(|d| !d.addresses.is_empty());
        }
    }
    if look.json {
        let value: Vec<Value> = all.iter().map(|d| d.json(look, addresses)).collect();
        return print_json(look, &Value::Array(value), out);
    }
    let text: String = all.iter().map(|d| d.text(look, addresses)).collect();
    out(&text);
    Ok(0)
}

impl Device {
    fn flags(&self) -> Vec<&'static str> {
        let mut flags = Vec::new();
        if self.up && !self.carrier {
            flags.push("NO-CARRIER");
        }
        flags.extend(if self.loopback { &["LOOPBACK"][..] } else { &["BROADCAST", "MULTICAST"][..] });
        if self.up {
            flags.push("UP");
        }
        if self.up && self.carrier {
            flags.push("LOWER_UP");
        }
        flags
    }

    fn state(&self) -> &'static str {
        match (self.loopback, self.up && self.carrier) {
            (true, _) => "UNKNOWN",
            (false, true) => "UP",
            (false, false) => "DOWN",
        }
    }

    fn link_type(&self) -> (&'static str, &'static str) {
        match self.loopback {
            true => ("loopback", "00:00:00:00:00:00"),
            false => ("ether", "ff:ff:ff:ff:ff:ff"),
        }
    }

    fn counter(&self, name: &str) -> u64 {
        self.counters.iter().find(|(n, _)| n == name).map_or(0, |(_, value)| *value)
    }

    fn text(&self, look: Look, addresses: bool) -> String {
        let (name, state, flags) = (&self.name, self.state(), self.flags().join(","));
        if look.brief {
            let mut line = format!("{name:<16} {state:<14} ");
            match addresses {
                true => self.addresses.iter().for_each(|a| line += &format!("{a} ")),
                false => line += &format!("{} <{flags}> ", self.mac),
            }
            return line + "\n";
        }
        let (kind, broadcast) = self.link_type();
        let head = format!("{}: {name}", self.index);
        let (start, turn) = if look.oneline { ("", "\\") } else { ("", "\n") };
        let mut out = String::from(start);
        if !(addresses && look.oneline) {
            let mode = if addresses { "" } else { "mode DEFAULT " };
            let _ = write!(
                out,
                "{head}: <{flags}> mtu {} qdisc noqueue state {state} {mode}group default qlen 1000{turn}    \
                 link/{kind} {} brd {broadcast}",
                self.mtu, self.mac
            );
            if look.statistics {
                self.statistics(&mut out, turn);
            }
            out.push('\n');
        }
        for address in self.addresses.iter().filter(|_| addresses) {
            if look.oneline {
                let _ = write!(out, "{head}");
            }
            let family = if address.is_v4() { "inet" } else { "inet6" };
            let _ = write!(out, "    {family} {address}");
            if let Some(broadcast) = broadcast_of(address).filter(|_| !self.loopback) {
                let _ = write!(out, " brd {broadcast}");
            }
            let label = if address.is_v4() { name.as_str() } else { "" };
            let _ = write!(out, " scope {} {label}", scope(address));
            let _ = writeln!(out, "{turn}       valid_lft forever preferred_lft forever");
        }
        out
    }

    fn statistics(&self, out: &mut String, turn: &str) {
        let n = |name: &str| self.counter(name);
        let (rx, tx, dropped) = (n("rx-bytes"), n("tx-bytes"), n("drops"));
        let _ = write!(out, "{turn}    RX:  bytes packets errors dropped  missed   mcast           {turn}");
        let (packets, multicast) = (n("rx-packets"), n("rx-multicast"));
        let _ = write!(out, "    {rx:>10} {packets:>7} {:>6} {dropped:>7} {:>7} {multicast:>7}", 0, 0);
        let _ = write!(out, " {turn}    TX:  bytes packets errors dropped carrier collsns           {turn}");
        let _ = write!(out, "    {tx:>10} {:>7} {:>6} {:>7} {:>7} {:>7} ", n("tx-packets"), 0, 0, 0, 0);
    }

    fn json(&self, look: Look, addresses: bool) -> Value {
        let list = || self.addresses.iter().map(|a| self.address_json(look, a)).collect::<Vec<_>>();
        let (kind, broadcast) = self.link_type();
        let state = Some(json!(self.state()));
        let flags = Some(json!(self.flags()));
        if look.brief {
            return object(vec![
                ("ifname", Some(json!(self.name))),
                ("operstate", state),
                ("address", (!addresses).then(|| json!(self.mac))),
                ("flags", flags.filter(|_| !addresses)),
                ("addr_info", addresses.then(|| json!(list()))),
            ]);
        }
        let n = |name: &str| self.counter(name);
        let statistics = || {
            json!({
                "rx": { "bytes": n("rx-bytes"), "packets": n("rx-packets"), "errors": 0, "dropped": n("drops"),
                        "over_errors": 0, "multicast": n("rx-multicast") },
                "tx": { "bytes": n("tx-bytes"), "packets": n("tx-packets"), "errors": 0, "dropped": 0,
                        "carrier_errors": 0, "collisions": 0 },
            })
        };
        object(vec![
            ("ifindex", Some(json!(self.index))),
            ("ifname", Some(json!(self.name))),
            ("flags", flags),
            ("mtu", Some(json!(self.mtu))),
            ("qdisc", Some(json!("noqueue"))),
            ("operstate", state),
            ("linkmode", (!addresses).then(|| json!("DEFAULT"))),
            ("group", Some(json!("default"))),
            ("txqlen", Some(json!(1000))),
            ("link_type", Some(json!(kind))),
            ("address", Some(json!(self.mac))),
            ("broadcast", Some(json!(broadcast))),
            ("stats64", look.statistics.then(statistics)),
            ("addr_info", addresses.then(|| json!(list()))),
        ])
    }

    fn address_json(&self, look: Look, address: &IfAddr) -> Value {
        let local = Some(json!(address.addr().to_string()));
        let length = Some(json!(address.len()));
        if look.brief {
            return object(vec![("local", local), ("prefixlen", length)]);
        }
        let broadcast = broadcast_of(address).filter(|_| !self.loopback);
        object(vec![
            ("family", Some(json!(if address.is_v4() { "inet" } else { "inet6" }))),
            ("local", local),
            ("prefixlen", length),
            ("broadcast", broadcast.map(|b| json!(b.to_string()))),
            ("scope", Some(json!(scope(address)))),
            ("label", address.is_v4().then(|| json!(self.name))),
            ("valid_life_time", Some(json!(u32::MAX))),
            ("preferred_life_time", Some(json!(u32::MAX))),
        ])
    }
}

fn broadcast_of(address: &IfAddr) -> Option<core::net::Ipv4Addr> {
    address.network().broadcast().filter(|_| address.len() < 31)
}

fn scope(address: &IfAddr) -> &'static str {
    match address.addr() {
        a if a.is_loopback() => "host",
        IpAddr::V6(a) if a.is_unicast_link_local() => "link",
        _ => "global",
    }
}
