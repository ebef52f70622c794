//! `ip link` and `ip addr`: which are asked for, and changes.

use super::device::of_router;
use super::{Kernel, Outcome, REFUSED, Stop, Verb, Words, configure, next, ours, refused, unknown};
use crate::applet::number;
use crate::command::{Family, Mode};
use crate::session::Backend;
use core::net::IpAddr;
use fib::IfAddr;

/// Which interfaces.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(super) struct Filter {
    pub(super) device: Option<String>,
    pub(super) up: bool,
}

/// `ip link set`
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(super) struct Settings {
    device: String,
    up: Option<bool>,
    mtu: Option<u16>,
}

/// An address on an interface.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Change {
    address: IfAddr,
    device: String,
}

pub(super) fn filter(words: &mut Words<'_>) -> Result<Filter, Stop> {
    let mut filter = Filter::default();
    while let Some(word) = words.next() {
        match word {
            "up" => filter.up = true,
            "dev" => filter.device = Some(next(word, words)?.to_owned()),
            name if filter.device.is_none() => filter.device = Some(name.to_owned()),
            other => return Err(unknown("argument", Some(other))),
        }
    }
    Ok(filter)
}

pub(super) fn settings(words: &mut Words<'_>) -> Result<Settings, Stop> {
    let mut settings = Settings::default();
    while let Some(word) = words.next() {
        match word {
            "up" => settings.up = Some(true),
            "down" => settings.up = Some(false),
            "mtu" => settings.mtu = Some(number(word, next(word, words)?)?),
            "dev" => settings.device = next(word, words)?.to_owned(),
            name if settings.device.is_empty() => settings.device = name.to_owned(),
            other => return Err(unknown("setting", Some(other))),
        }
    }
    if settings.device.is_empty() {
        return Err(unknown("dev", None));
    }
    Ok(settings)
}

pub(super) fn change(words: &mut Words<'_>) -> Result<Change, Stop> {
    let (mut address, mut device) = (None, None);
    while let Some(word) = words.next() {
        match word {
            "dev" => device = Some(next(word, words)?.to_owned()),
            // What the router works out by itself.
            "brd" | "broadcast" | "label" | "scope" => {
                next(word, words)?;
            }
            "noprefixroute" | "nodad" => {}
            "local" => address = Some(parse_address(next(word, words)?)?),
            text if address.is_none() => address = Some(parse_address(text)?),
            other => return Err(unknown("argument", Some(other))),
        }
    }
    match (address, device) {
        (Some(address), Some(device)) => Ok(Change { address, device }),
        (None, _) => Err(unknown("address", None)),
        (_, None) => Err(unknown("dev", None)),
    }
}

/// Without a length it is a host's.
fn parse_address(text: &str) -> Result<IfAddr, Stop> {
    let bad =
        || Stop::Failed(format!("Error: any valid prefix is expected rather than \"{text}\"."), REFUSED);
    if let Ok(address) = text.parse::<IpAddr>() {
        return Ok(IfAddr::new(address, if address.is_ipv4() { 32 } else { 128 }));
    }
    text.parse().map_err(|_| bad())
}

pub(super) fn device(words: &mut Words<'_>) -> Result<String, Stop> {
    match next("dev", words)? {
        "dev" => next("dev", words).map(str::to_owned),
        name => Ok(name.to_owned()),
    }
}

/// The addresses that are configured on an interface.
fn configured(device: &str, backend: &mut dyn Backend) -> Result<Vec<IfAddr>, Stop> {
    let all = of_router(backend)?;
    Ok(all.into_iter().find(|i| i.name == device).map(|i| i.addresses).unwrap_or_default())
}

fn line(address: &IfAddr, no: &str) -> String {
    format!("{no}{} address {address}", if address.is_v4() { "ip" } else { "ipv6" })
}

pub(super) fn set(settings: &Settings, backend: &mut dyn Backend, kernel: &Kernel) -> Outcome {
    let Settings { device, up, mtu } = settings;
    // Raised already: what scripts do to be sure is no change of the management interface.
    let done = |port: &crate::applet::kernel::Port| port.name == *device && port.up && *up == Some(true);
    if mtu.is_none()
        && kernel.ports.iter().any(done)
        && !of_router(backend)?.iter().any(|i| i.name == *device)
    {
        let management = ours(device, backend, kernel).is_err();
        if management {
            return Ok(0);
        }
    }
    ours(device, backend, kernel)?;
    let exists = kernel.ports.iter().any(|p| p.name == *device)
        || of_router(backend)?.iter().any(|i| i.name == *device);
    if !exists {
        return Err(Stop::Failed(format!("Cannot find device \"{device}\""), 1));
    }
    let mode = Mode::Interface(device.clone());
    if let Some(mtu) = mtu {
        configure(backend, mode.clone(), format!("mtu {mtu}"))?;
    }
    match up {
        Some(true) => configure(backend, mode, "no shutdown".to_owned())?,
        Some(false) => configure(backend, mode, "shutdown".to_owned())?,
        None => {}
    }
    Ok(0)
}

pub(super) fn change_address(
    verb: Verb,
    change: &Change,
    backend: &mut dyn Backend,
    kernel: &Kernel,
) -> Outcome {
    let Change { address, device } = change;
    ours(device, backend, kernel)?;
    let known = configured(device, backend)?.contains(address);
    let mode = Mode::Interface(device.clone());
    match (verb, known) {
        (Verb::Add, true) => Err(refused("File exists")),
        (Verb::Delete, false) => Err(refused("Cannot assign requested address")),
        (Verb::Delete, true) => configure(backend, mode, line(address, "no ")).map(|()| 0),
        (_, true) => Ok(0),
        (_, false) => configure(backend, mode, line(address, "")).map(|()| 0),
    }
}

pub(super) fn flush(
    device: &str,
    family: Option<Family>,
    backend: &mut dyn Backend,
    kernel: &Kernel,
) -> Outcome {
    ours(device, backend, kernel)?;
    for address in configured(device, backend)? {
        if family.is_none_or(|f| (f == Family::V4) == address.is_v4()) {
            configure(backend, Mode::Interface(device.to_owned()), line(&address, "no "))?;
        }
    }
    Ok(0)
}
