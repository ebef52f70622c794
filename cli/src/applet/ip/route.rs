//! `ip route` and `ip rule`, shown.

use super::device::of_router;
use super::{Kernel, Look, Out, Outcome, REFUSED, Stop, Words, ask, next, odd, print_json, refused};
use crate::applet::{kernel, number};
use crate::command::{Command, Family, RouteQuery, Show};
use crate::render::linux::Words as Spoken;
use crate::render::object;
use crate::reply::{Reply, RouteView, RoutesPage};
use crate::session::Backend;
use core::net::{IpAddr, Ipv4Addr, Ipv6Addr};
use fib::{Prefix, TableId};
use serde_json::{Value, json};

/// A table of routes.
#[derive(Copy, Clone, Debug, Default, PartialEq, Eq)]
pub(super) enum Table {
    #[default]
    Main,
    Local,
    /// All of the router's that are there by themselves.
    All,
    /// The kernel's, of what is not the router's.
    Management,
    Number(u32),
}

/// Which routes.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(super) struct Filter {
    table: Table,
    prefix: Option<Prefix>,
    device: Option<String>,
    via: Option<IpAddr>,
    protocol: Option<String>,
}

pub(super) fn filter(words: &mut Words<'_>) -> Result<Filter, Stop> {
    let mut filter = Filter::default();
    while let Some(word) = words.next() {
        match word {
            "table" => filter.table = table(next(word, words)?)?,
            "dev" | "oif" => filter.device = Some(next(word, words)?.to_owned()),
            "via" => filter.via = Some(number(word, next(word, words)?)?),
            "proto" | "protocol" => filter.protocol = Some(next(word, words)?.to_owned()),
            "exact" | "to" => {}
            text => filter.prefix = Some(prefix(text, None)?),
        }
    }
    Ok(filter)
}

pub(super) fn table(text: &str) -> Result<Table, Stop> {
    Ok(match text {
        "main" | "254" => Table::Main,
        "local" | "255" => Table::Local,
        "all" | "0" => Table::All,
        "mgmt" => Table::Management,
        text => Table::Number(number("table", text)?),
    })
}

/// `default` is of the family asked for, or IPv4.
pub(super) fn prefix(text: &str, family: Option<Family>) -> Result<Prefix, Stop> {
    if let Ok(address) = text.parse::<IpAddr>() {
        return Ok(Prefix::host(address));
    }
    match (text, family) {
        ("default", Some(Family::V6)) => Ok(Prefix::new(IpAddr::V6(Ipv6Addr::UNSPECIFIED), 0)),
        ("default", _) => Ok(Prefix::new(IpAddr::V4(Ipv4Addr::UNSPECIFIED), 0)),
        _ => text.parse().map_err(|_| {
            Stop::Failed(format!("Error: any valid prefix is expected rather than \"{text}\"."), REFUSED)
        }),
    }
}

pub(super) fn destination(words: &mut Words<'_>) -> Result<IpAddr, Stop> {
    let text = match next("address", words)? {
        "to" => next("address", words)?,
        text => text,
    };
    number("address", text)
}

pub(super) fn show(
    look: Look,
    filter: &Filter,
    backend: &mut dyn Backend,
    kernel: &Kernel,
    out: Out<'_>,
) -> Outcome {
    let family = look.family.or(filter.prefix.map(family_of)).unwrap_or(Family::V4);
    if filter.table == Table::Management {
        return management(look, family, backend, kernel, out);
    }
    let tables = match filter.table {
        Table::Main => vec![None],
        Table::Local => vec![Some(TableId::LOCAL)],
        Table::All => vec![None, Some(TableId::LOCAL)],
        Table::Number(n) => vec![Some(TableId(n))],
        Table::Management => Vec::new(),
    };
    let mut routes = Vec::new();
    for table in tables {
        match ask(backend, Command::Show(Show::RoutesLinux { family, table }))? {
            Reply::Routes(page) => routes.extend(page.routes),
            _ => return Err(odd()),
        }
    }
    let is_asked = |route: &&RouteView| {
        let words = Spoken::of(route);
        filter.prefix.is_none_or(|p| p == route.prefix)
            && filter.device.as_ref().is_none_or(|d| words.leaves_by(d))
            && filter.via.is_none_or(|via| words.goes_via(via))
            && filter.protocol.as_ref().is_none_or(|p| words.protocol() == p)
    };
    let asked = routes.iter().filter(is_asked).map(Spoken::of);
    if look.json {
        return print_json(look, &asked.map(|words| words.json()).collect(), out);
    }
    for words in asked {
        let text = words.text();
        let text = if look.oneline { text.trim_end().replace('\n', "\\") + "\n" } else { text };
        if !out(&text) {
            break;
        }
    }
    Ok(0)
}

fn family_of(prefix: Prefix) -> Family {
    if prefix.is_v4() { Family::V4 } else { Family::V6 }
}

/// The kernel's routes out of interfaces that are not the router's.
fn management(
    look: Look,
    family: Family,
    backend: &mut dyn Backend,
    kernel: &Kernel,
    out: Out<'_>,
) -> Outcome {
    let routers = of_router(backend)?;
    let is_routers = |name: &str| routers.iter().any(|i| i.name == name && i.index.is_some());
    let is_asked = |r: &&kernel::Route| family_of(r.prefix) == family && !is_routers(&r.interface);
    let mut values = Vec::new();
    let mut text = String::new();
    for route in kernel.routes.iter().filter(is_asked) {
        let to = if route.prefix.is_default() { "default".to_owned() } else { route.prefix.to_string() };
        let via = route.gateway.map(|g| format!(" via {g}")).unwrap_or_default();
        text += &format!("{to}{via} dev {}\n", route.interface);
        values.push(object(vec![
            ("dst", Some(json!(to))),
            ("gateway", route.gateway.map(|g| json!(g.to_string()))),
            ("dev", Some(json!(route.interface))),
            ("flags", Some(json!([]))),
        ]));
    }
    if look.json {
        return print_json(look, &Value::Array(values), out);
    }
    out(&text);
    Ok(0)
}

/// Where a packet goes: `local` first, as the router itself looks.
pub(super) fn get(look: Look, address: IpAddr, backend: &mut dyn Backend, out: Out<'_>) -> Outcome {
    let family = family_of(Prefix::host(address));
    let mut ask_table = |table| {
        let query = RouteQuery {
            family,
            table,
            protocol: None,
            prefix: None,
            longer: false,
            address: Some(address),
            after: None,
        };
        match ask(backend, Command::Show(Show::Routes(query)))? {
            Reply::Routes(RoutesPage { routes, .. }) => Ok(routes),
            _ => Err(odd()),
        }
    };
    let own = ask_table(Some(TableId::LOCAL))?;
    if let Some(route) = own.iter().find(|r| r.local_kind.is_some() && r.prefix.contains(address)) {
        let kind = route.local_kind.as_deref().unwrap_or("local");
        return print_get(look, Some(kind), address, None, "lo", Some(address), out);
    }
    let main = ask_table(None)?;
    let Some(route) = main.iter().find(|r| r.selected) else {
        return Err(refused("Network is unreachable"));
    };
    let words = Spoken::of(route);
    match (words.kind(), words.first()) {
        (Some("prohibit"), _) => Err(refused("Permission denied")),
        (Some("unreachable"), _) => Err(refused("No route to host")),
        (Some(_), _) => Err(refused("Invalid argument")),
        (None, None) => Err(refused("Network is unreachable")),
        (None, Some((gateway, interface))) => {
            let source = source(interface, address, backend)?;
            print_get(look, None, address, gateway, interface, source, out)
        }
    }
}

/// The address packets leave that interface with.
fn source(interface: &str, to: IpAddr, backend: &mut dyn Backend) -> Result<Option<IpAddr>, Stop> {
    let all = of_router(backend)?;
    let found = all.iter().find(|i| i.name == interface);
    let own = || found.into_iter().flat_map(|i| &i.addresses).filter(|a| a.is_v4() == to.is_ipv4());
    let best = own().find(|a| a.network().contains(to)).or_else(|| own().next());
    Ok(best.map(fib::IfAddr::addr))
}

fn print_get(
    look: Look,
    kind: Option<&str>,
    to: IpAddr,
    gateway: Option<IpAddr>,
    interface: &str,
    source: Option<IpAddr>,
    out: Out<'_>,
) -> Outcome {
    if look.json {
        let value = object(vec![
            ("type", kind.map(|kind| json!(kind))),
            ("dst", Some(json!(to.to_string()))),
            ("gateway", gateway.map(|g| json!(g.to_string()))),
            ("dev", Some(json!(interface))),
            ("prefsrc", source.map(|s| json!(s.to_string()))),
            ("flags", Some(json!([]))),
        ]);
        return print_json(look, &Value::Array(vec![value]), out);
    }
    let kind = kind.map(|kind| format!("{kind} ")).unwrap_or_default();
    let via = gateway.map(|g| format!(" via {g}")).unwrap_or_default();
    let source = source.map(|s| format!(" src {s}")).unwrap_or_default();
    out(&format!("{kind}{to}{via} dev {interface}{source} \n"));
    Ok(0)
}

pub(super) fn rules(look: Look, backend: &mut dyn Backend, out: Out<'_>) -> Outcome {
    let rules = match ask(backend, Command::Show(Show::Rules))? {
        Reply::Rules(rules) => rules,
        _ => return Err(odd()),
    };
    if !look.json {
        let text: String =
            rules.iter().map(|r| format!("{}:\t{} {}\n", r.priority, r.selector, r.action)).collect();
        out(&text);
        return Ok(0);
    }
    let one = |r: &crate::reply::RuleView| {
        let source = r.selector.strip_prefix("from ").and_then(|s| s.split(' ').next()).unwrap_or("all");
        object(vec![
            ("priority", Some(json!(r.priority))),
            ("src", Some(json!(source))),
            ("table", r.action.strip_prefix("lookup ").map(|t| json!(t))),
            ("action", (!r.action.starts_with("lookup ")).then(|| json!(r.action))),
        ])
    };
    print_json(look, &rules.iter().map(one).collect(), out)
}
