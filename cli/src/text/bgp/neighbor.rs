//! `neighbor X ...` outside of address families.

use super::{message, tail, word};
use crate::grammar::words::quote;
use crate::text::print::Lines;
use bgp::config::{GracefulRestartMode, NeighborConfig, PeerKey, Timers, UpdateSource};

pub(super) fn group(out: &mut Lines, name: &str, group: &NeighborConfig) {
    let head = format!("neighbor {}", quote(name));
    out.line(1, format_args!("{head} peer-group"));
    out.value(1, &format!("{head} remote-as"), group.remote_as);
    settings(out, &head, group);
}

pub(super) fn neighbor(out: &mut Lines, key: &PeerKey, neighbor: &NeighborConfig) {
    let head = head(key);
    let group = neighbor.peer_group.as_deref().map(quote);
    let remote = format!("{head} remote-as");
    match (key, group) {
        (PeerKey::Address(_), group) => {
            out.value(1, &remote, neighbor.remote_as);
            out.value(1, &format!("{head} peer-group"), group);
        }
        (PeerKey::Interface(_), Some(group)) => {
            out.line(1, format_args!("{head} interface peer-group {group}"));
            out.value(1, &remote, neighbor.remote_as);
        }
        (PeerKey::Interface(_), None) => {
            let remote = tail("remote-as", neighbor.remote_as);
            out.line(1, format_args!("{head} interface{remote}"));
        }
    }
    settings(out, &head, neighbor);
}

/// `neighbor X`
pub(super) fn head(key: &PeerKey) -> String {
    match key {
        PeerKey::Address(address) => format!("neighbor {address}"),
        PeerKey::Interface(name) => format!("neighbor {}", quote(name)),
    }
}

/// `neighbor X words`, or its `no` form.
pub(super) fn flag(out: &mut Lines, depth: usize, head: &str, words: &str, flag: Option<bool>) {
    if let Some(on) = flag {
        let no = if on { "" } else { "no " };
        out.line(depth, format_args!("{no}{head} {words}"));
    }
}

fn settings(out: &mut Lines, head: &str, n: &NeighborConfig) {
    if let Some(local) = n.local_as {
        let how = word(local.no_prepend, "no-prepend") + &word(local.replace_as, "replace-as");
        out.line(1, format_args!("{head} local-as {}{how}", local.asn));
    }
    out.value(1, &format!("{head} description"), n.description.as_ref());
    if let Some(shutdown) = &n.shutdown {
        out.line(1, format_args!("{head} shutdown{}", message(shutdown)));
    }
    out.value(1, &format!("{head} password"), n.password.as_ref());
    flag(out, 1, head, "solo", n.solo);
    out.value(1, &format!("{head} port"), n.port);
    out.value(1, &format!("{head} interface"), n.interface.as_deref().map(quote));
    flag(out, 1, head, "passive", n.passive);
    match n.ebgp_multihop {
        None => {}
        Some(255) => out.line(1, format_args!("{head} ebgp-multihop")),
        Some(ttl) => out.line(1, format_args!("{head} ebgp-multihop {ttl}")),
    }
    if let Some(role) = n.role {
        let strict = word(role.strict, "strict-mode");
        out.line(1, format_args!("{head} local-role {}{strict}", role.role));
    }
    out.value(1, &format!("{head} ttl-security hops"), n.ttl_security_hops);
    flag(out, 1, head, "disable-connected-check", n.disable_connected_check);
    flag(out, 1, head, "enforce-first-as", n.enforce_first_as);
    match &n.update_source {
        None => {}
        Some(UpdateSource::Address(address)) => out.line(1, format_args!("{head} update-source {address}")),
        Some(UpdateSource::Interface(name)) => {
            out.line(1, format_args!("{head} update-source {}", quote(name)));
        }
    }
    times(out, head, n);
    flag(out, 1, head, "capability extended-nexthop", n.extended_nexthop);
    flag(out, 1, head, "dont-capability-negotiate", n.dont_capability_negotiate);
    flag(out, 1, head, "override-capability", n.override_capability);
    flag(out, 1, head, "strict-capability-match", n.strict_capability_match);
    match n.graceful_restart {
        None => {}
        Some(GracefulRestartMode::Restarter) => out.line(1, format_args!("{head} graceful-restart")),
        Some(GracefulRestartMode::Helper) => out.line(1, format_args!("{head} graceful-restart-helper")),
        Some(GracefulRestartMode::Disable) => out.line(1, format_args!("{head} graceful-restart-disable")),
    }
}

fn times(out: &mut Lines, head: &str, n: &NeighborConfig) {
    out.value(1, &format!("{head} advertisement-interval"), n.advertisement_interval);
    if let Some(Timers { keepalive, hold }) = n.timers {
        out.line(1, format_args!("{head} timers {keepalive} {hold}"));
    }
    out.value(1, &format!("{head} timers connect"), n.connect_retry);
    out.value(1, &format!("{head} timers delayopen"), n.delay_open);
}
