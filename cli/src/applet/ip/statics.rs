//! `ip route add|append|replace|del`: the lines of configuration they come to.

use super::route::{Table, prefix, table};
use super::{Kernel, Outcome, Stop, Verb, Words, ask, configure, next, odd, ours, refused, unknown};
use crate::applet::number;
use crate::command::{Command, Family, Mode, Show};
use crate::reply::Reply;
use crate::session::Backend;
use configs::config::{Discard, StaticRoute};
use core::net::IpAddr;
use fib::{Prefix, TableId};

/// A static route, with one way or several.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Spec {
    kind: Option<Discard>,
    prefix: Prefix,
    hops: Vec<Hop>,
    distance: Option<u8>,
    table: Option<u32>,
}

#[derive(Clone, Debug, PartialEq, Eq)]
struct Hop {
    via: Option<IpAddr>,
    device: Option<String>,
    weight: Option<u8>,
    onlink: bool,
}

const NO_HOP: Hop = Hop { via: None, device: None, weight: None, onlink: false };

pub(super) fn spec(verb: Verb, family: Option<Family>, words: &mut Words<'_>) -> Result<Spec, Stop> {
    let (mut kind, mut to, mut distance, mut in_table, mut hops) = (None, None, None, None, Vec::new());
    let mut hop = NO_HOP;
    let mut several = false;
    while let Some(word) = words.next() {
        let hop = hops.last_mut().unwrap_or(&mut hop);
        match word {
            "blackhole" => kind = Some(Discard::Blackhole),
            "unreachable" => kind = Some(Discard::Unreachable),
            "prohibit" => kind = Some(Discard::Prohibit),
            "unicast" | "to" => {}
            "via" => {
                let text = match next(word, words)? {
                    "inet" | "inet6" => next(word, words)?,
                    text => text,
                };
                hop.via = Some(number(word, text)?);
            }
            "dev" | "oif" => hop.device = Some(next(word, words)?.to_owned()),
            "weight" => hop.weight = Some(number(word, next(word, words)?)?),
            "onlink" => hop.onlink = true,
            "metric" | "preference" | "priority" => {
                distance = Some(number(word, next(word, words)?)?);
            }
            "table" => match table(next(word, words)?)? {
                Table::Main => {}
                Table::Number(n) => in_table = Some(n),
                _ => return Err(Stop::Usage("table: main or a number".to_owned())),
            },
            // What the router chooses by itself.
            "proto" | "protocol" | "src" | "scope" => {
                next(word, words)?;
            }
            "nexthop" => {
                several = true;
                hops.push(NO_HOP);
            }
            text if to.is_none() => to = Some(text),
            other => return Err(unknown("argument", Some(other))),
        }
    }
    if !several && hop != NO_HOP {
        hops.push(hop);
    }
    // `default via 2001:db8::1` is of the gateway's family.
    let by_gateway =
        hops.iter().find_map(|h| h.via).map(|a| if a.is_ipv4() { Family::V4 } else { Family::V6 });
    let prefix = prefix(to.ok_or_else(|| unknown("prefix", None))?, family.or(by_gateway))?;
    if hops.is_empty() && kind.is_none() && verb != Verb::Delete {
        return Err(refused("No such device"));
    }
    Ok(Spec { kind, prefix, hops, distance, table: in_table })
}

/// The static routes in force.
fn statics(backend: &mut dyn Backend) -> Result<Vec<StaticRoute>, Stop> {
    match ask(backend, Command::Show(Show::RunningConfig))? {
        Reply::Config(config) => Ok(config.routes),
        _ => Err(odd()),
    }
}

pub(super) fn change(verb: Verb, spec: &Spec, backend: &mut dyn Backend, kernel: &Kernel) -> Outcome {
    for device in spec.hops.iter().filter_map(|h| h.device.as_ref()) {
        ours(device, backend, kernel)?;
    }
    let table = spec.table.map(TableId);
    let distance = spec.distance.unwrap_or(1);
    let is_same = |r: &StaticRoute| r.prefix == spec.prefix && r.table == table;
    let all = statics(backend)?;
    if verb == Verb::Delete {
        let fits = |r: &&StaticRoute| {
            is_same(r)
                && spec.distance.is_none_or(|d| d == r.distance)
                && (spec.kind.is_none() || spec.kind == r.kind)
                && (spec.hops.is_empty() || spec.hops.iter().any(|h| h.fits(r)))
        };
        let gone: Vec<&StaticRoute> = all.iter().filter(fits).collect();
        if gone.is_empty() {
            return Err(refused("No such process"));
        }
        for route in gone {
            configure(backend, Mode::Config, format!("no {}", line_of(route)))?;
        }
        return Ok(0);
    }
    let old: Vec<&StaticRoute> = all.iter().filter(|r| is_same(r) && r.distance == distance).collect();
    if verb == Verb::Add && !old.is_empty() {
        return Err(refused("File exists"));
    }
    let hops = if spec.hops.is_empty() { vec![NO_HOP] } else { spec.hops.clone() };
    let new: Vec<StaticRoute> = hops
        .into_iter()
        .map(|hop| StaticRoute {
            prefix: spec.prefix,
            via: hop.via.filter(|_| spec.kind.is_none()),
            interface: hop.device.filter(|_| spec.kind.is_none()),
            kind: spec.kind,
            distance,
            tag: 0,
            name: None,
            weight: hop.weight.unwrap_or(1),
            onlink: hop.onlink,
            table,
        })
        .collect();
    // The new ones first: nothing is without a route in between.
    for route in new.iter().filter(|n| !old.contains(n)) {
        configure(backend, Mode::Config, line_of(route))?;
    }
    for route in old.into_iter().filter(|_| verb == Verb::Replace) {
        let is_told =
            |n: &StaticRoute| n.via == route.via && n.interface == route.interface && n.kind == route.kind;
        if !new.iter().any(is_told) {
            configure(backend, Mode::Config, format!("no {}", line_of(route)))?;
        }
    }
    Ok(0)
}

impl Hop {
    fn fits(&self, route: &StaticRoute) -> bool {
        self.via.is_none_or(|via| route.via == Some(via))
            && self.device.as_ref().is_none_or(|d| route.interface.as_ref().is_none_or(|i| i == d))
    }
}

/// The line that configures a route.
fn line_of(route: &StaticRoute) -> String {
    let family = if route.prefix.is_v4() { "ip" } else { "ipv6" };
    let mut line = format!("{family} route {}", route.prefix);
    match route.kind {
        Some(Discard::Blackhole) => line += " blackhole",
        Some(Discard::Unreachable) => line += " reject",
        Some(Discard::Prohibit) => line += " prohibit",
        None => {}
    }
    if let Some(via) = route.via {
        line += &format!(" {via}");
    }
    if let Some(interface) = &route.interface {
        line += &format!(" {}", crate::grammar::words::quote(interface));
    }
    if route.distance != 1 {
        line += &format!(" {}", route.distance);
    }
    if route.weight != 1 {
        line += &format!(" weight {}", route.weight);
    }
    if route.onlink {
        line += " onlink";
    }
    if let Some(table) = route.table {
        line += &format!(" table {table}");
    }
    line
}
