//! `ip neigh`.

use super::unknown;
use super::{
    Kernel, Look, Out, Outcome, Stop, Verb, Words, ask, configure, next, odd, ours, print_json, refused,
};
use crate::applet::number;
use crate::command::{Clear, Command, Family, Mode, Show};
use crate::render::object;
use crate::reply::{NeighborView, Reply};
use crate::session::Backend;
use core::net::IpAddr;
use serde_json::{Value, json};

/// Which neighbors.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(super) struct Filter {
    address: Option<IpAddr>,
    device: Option<String>,
}

/// A fixed entry.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Entry {
    address: IpAddr,
    mac: Option<String>,
    device: String,
}

pub(super) fn filter(words: &mut Words<'_>) -> Result<Filter, Stop> {
    let mut filter = Filter::default();
    while let Some(word) = words.next() {
        match word {
            "dev" => filter.device = Some(next(word, words)?.to_owned()),
            "to" => filter.address = Some(number(word, next(word, words)?)?),
            text => filter.address = Some(number("address", text)?),
        }
    }
    Ok(filter)
}

pub(super) fn entry(verb: Verb, words: &mut Words<'_>) -> Result<Entry, Stop> {
    let (mut address, mut mac, mut device) = (None, None, None);
    while let Some(word) = words.next() {
        match word {
            "dev" => device = Some(next(word, words)?.to_owned()),
            "lladdr" => mac = Some(next(word, words)?.to_owned()),
            "nud" => match next(word, words)? {
                "permanent" => {}
                other => return Err(unknown("nud", Some(other))),
            },
            "to" => address = Some(number(word, next(word, words)?)?),
            text => address = Some(number("address", text)?),
        }
    }
    match (address, device) {
        (Some(_), Some(_)) if mac.is_none() && verb != Verb::Delete => Err(unknown("lladdr", None)),
        (Some(address), Some(device)) => Ok(Entry { address, mac, device }),
        (None, _) => Err(unknown("address", None)),
        (_, None) => Err(unknown("dev", None)),
    }
}

pub(super) fn flush(words: &mut Words<'_>) -> Result<Option<String>, Stop> {
    match next("flush", words)? {
        "all" => Ok(None),
        "dev" => next("dev", words).map(|name| Some(name.to_owned())),
        other => Err(unknown("flush", Some(other))),
    }
}

fn neighbors(family: Option<Family>, backend: &mut dyn Backend) -> Result<Vec<NeighborView>, Stop> {
    let families = family.map_or(vec![Family::V4, Family::V6], |f| vec![f]);
    let mut all = Vec::new();
    for family in families {
        match ask(backend, Command::Show(Show::Neighbors(family)))? {
            Reply::Neighbors(some) => all.extend(some),
            _ => return Err(odd()),
        }
    }
    // The router's own addresses are no neighbors to iproute2.
    all.retain(|n| n.state != "interface");
    Ok(all)
}

pub(super) fn show(look: Look, filter: &Filter, backend: &mut dyn Backend, out: Out<'_>) -> Outcome {
    let mut all = neighbors(look.family, backend)?;
    all.retain(|n| {
        filter.address.is_none_or(|a| a == n.address)
            && filter.device.as_ref().is_none_or(|d| *d == n.interface)
    });
    if look.json {
        return print_json(look, &all.iter().map(json).collect(), out);
    }
    let text: String = all.iter().map(|n| text(look, n)).collect();
    out(&text);
    Ok(0)
}

fn text(look: Look, n: &NeighborView) -> String {
    let state = n.state.to_uppercase();
    if look.brief {
        let mac = n.mac.as_deref().unwrap_or("");
        return format!("{:<39} {:<16} {mac} \n", n.address.to_string(), n.interface);
    }
    let mac = n.mac.as_ref().map(|mac| format!(" lladdr {mac}")).unwrap_or_default();
    format!("{} dev {}{mac} {state} \n", n.address, n.interface)
}

fn json(n: &NeighborView) -> Value {
    object(vec![
        ("dst", Some(json!(n.address.to_string()))),
        ("dev", Some(json!(n.interface))),
        ("lladdr", n.mac.as_ref().map(|mac| json!(mac))),
        ("state", Some(json!([n.state.to_uppercase()]))),
    ])
}

pub(super) fn change(verb: Verb, entry: &Entry, backend: &mut dyn Backend, kernel: &Kernel) -> Outcome {
    let Entry { address, mac, device } = entry;
    ours(device, backend, kernel)?;
    let known = |n: &NeighborView| n.address == *address && n.interface == *device;
    let old = neighbors(None, backend)?.into_iter().find(known);
    let fixed = old.as_ref().is_some_and(|n| n.state == "permanent");
    let words = if address.is_ipv4() { "arp" } else { "ipv6 neighbor" };
    let mode = Mode::Interface(device.clone());
    match verb {
        Verb::Delete if fixed => configure(backend, mode, format!("no {words} {address}"))?,
        Verb::Delete if old.is_some() => {
            let family = if address.is_ipv4() { Family::V4 } else { Family::V6 };
            ask(backend, Command::Clear(Clear::Neighbors { family, address: Some(*address) }))?;
        }
        Verb::Delete => return Err(refused("No such file or directory")),
        Verb::Add if fixed => return Err(refused("File exists")),
        _ => configure(backend, mode, format!("{words} {address} {}", mac.as_deref().unwrap_or_default()))?,
    }
    Ok(0)
}

/// Forgets what was learned.
pub(super) fn clear(device: Option<&str>, family: Option<Family>, backend: &mut dyn Backend) -> Outcome {
    for n in neighbors(family, backend)? {
        if n.state != "permanent" && device.is_none_or(|d| d == n.interface) {
            let clear = Clear::Neighbors { family: n.family, address: Some(n.address) };
            ask(backend, Command::Clear(clear))?;
        }
    }
    Ok(0)
}
