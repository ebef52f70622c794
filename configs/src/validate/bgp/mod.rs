//! The BGP section: AS numbers, ranges, peer groups that are there, families that fit. What is said of neighbors and
//! of what this router announces is judged next door.

mod family;
mod neighbor;

use super::Checker;
use super::interfaces::is_unicast;
use bgp::config::{
    BmpTarget, Confederation, Config, Dump, DumpKind, GracefulRestart, Rpki, Shutdown, Timers,
};
use core::net::{IpAddr, Ipv4Addr};
use fib::Prefix;
use policy::config::Config as Policy;

const ASN: &str = "1-4294967295";

pub(super) fn check(c: &mut Checker, bgp: &Config, policy: &Policy) {
    own_as(c, bgp.asn);
    for (key, id) in [("router-id", bgp.router_id), ("cluster-id", bgp.cluster_id)] {
        if id == Some(Ipv4Addr::UNSPECIFIED) {
            c.within(key, |c| c.error("found 0.0.0.0", "four numbers of which one is not 0"));
        }
    }
    if let Some(confederation) = &bgp.confederation {
        c.within("confederation", |c| self::confederation(c, confederation, bgp.asn));
    }
    c.within("timers", |c| timers(c, bgp.timers));
    c.within("graceful-restart", |c| graceful_restart(c, bgp.graceful_restart));
    if let Some(shutdown) = &bgp.shutdown {
        c.within("shutdown", |c| message(c, shutdown));
    }
    c.within("listen", |c| listen(c, bgp));
    c.within("peer-groups", |c| neighbor::groups(c, bgp, policy));
    c.within("neighbors", |c| neighbor::neighbors(c, bgp, policy));
    c.within("families", |c| {
        for (family, config) in &bgp.families {
            c.within(family.name(), |c| family::check(c, *family, config, bgp, policy));
        }
    });
    c.within("rpki", |c| rpki(c, &bgp.rpki));
    c.within("dump", |c| {
        for (kind, dump) in &bgp.dump {
            c.within(kind.name(), |c| self::dump(c, *kind, dump));
        }
    });
    c.within("bmp", |c| {
        for (name, target) in &bgp.bmp {
            c.within(name.as_str(), |c| bmp(c, name, target));
        }
    });
}

/// RFC 7607: 0 is none; RFC 6793: 23456 stands for others; RFC 7300: the last of each size are reserved.
fn own_as(c: &mut Checker, asn: u32) {
    c.within("asn", |c| match asn {
        0 => c.error("found 0", ASN),
        23_456 => c.warning("23456 is AS_TRANS, which stands for every AS above 65535"),
        65_535 | u32::MAX => c.warning(format!("{asn} is reserved")),
        _ => {}
    });
}

/// The number of some other AS.
fn asn(c: &mut Checker, key: &str, asn: u32) {
    c.range(key, asn, 1..=u32::MAX);
}

fn confederation(c: &mut Checker, confederation: &Confederation, own: u32) {
    let Confederation { identifier, peers } = confederation;
    asn(c, "identifier", *identifier);
    c.within("peers", |c| {
        if peers.contains(&0) {
            c.error("found 0", ASN);
        }
        if peers.contains(&own) {
            c.refuse(format!("{own} is the router's own member AS: only the others are listed"));
        }
        if peers.contains(identifier) && *identifier != own {
            c.warning(format!("{identifier} is the identifier of the confederation itself"));
        }
    });
}

/// RFC 4271 4.2: a hold time is 0 or at least three seconds.
fn timers(c: &mut Checker, timers: Timers) {
    let Timers { keepalive, hold } = timers;
    if matches!(hold, 1..=2) {
        c.within("hold", |c| c.error(format!("found {hold}"), "0, 3-65535"));
    } else if hold != 0 && keepalive > hold / 3 {
        let message = format!("is cut to {}, a third of the hold time", hold / 3);
        c.within("keepalive", |c| c.warning(message));
    }
}

fn graceful_restart(c: &mut Checker, restart: GracefulRestart) {
    // The field of the capability has 12 bits (RFC 4724 3).
    c.range("restart-time", restart.restart_time, 1..=4095);
    c.range("stalepath-time", restart.stalepath_time, 1..=4095);
    c.range("select-defer-time", restart.select_defer_time, 0..=3600);
}

/// RFC 9003: 255 bytes at most.
fn message(c: &mut Checker, shutdown: &Shutdown) {
    if let Some(text) = &shutdown.message {
        c.within("message", |c| c.line("shutdown message", text));
    }
}

fn listen(c: &mut Checker, bgp: &Config) {
    c.range("limit", bgp.listen.limit, 1..=u16::MAX);
    c.within("ranges", |c| {
        for (prefix, name) in &bgp.listen.ranges {
            c.within(prefix.to_string().as_str(), |c| match bgp.peer_groups.get(name) {
                None => c.no_peer_group(name, bgp),
                Some(group) if group.remote_as.is_none() => {
                    c.refuse(format!("peer group `{name}` has no `remote-as`: nobody could be its member"));
                }
                Some(_) => {}
            });
        }
    });
}

fn rpki(c: &mut Checker, rpki: &Rpki) {
    c.within("caches", |c| {
        for (preference, cache) in &rpki.caches {
            c.within(preference.to_string().as_str(), |c| {
                if *preference == 0 {
                    c.error("found preference 0", "1-255");
                }
                station(c, cache.address, cache.port);
            });
        }
    });
    for (key, value, range) in [
        ("refresh", rpki.refresh, 1..=86_400),
        ("retry", rpki.retry, 1..=7200),
        ("expire", rpki.expire, 600..=172_800),
    ] {
        if let Some(value) = value {
            c.range(key, value, range);
        }
    }
}

fn dump(c: &mut Checker, kind: DumpKind, dump: &Dump) {
    if dump.path.is_empty() || dump.path.chars().any(char::is_control) {
        c.within("path", |c| c.refuse("it is not the name of a file"));
    }
    if let Some(interval) = dump.interval {
        c.range("interval", interval, 1..=86_400);
    }
    if kind == DumpKind::RoutesMrt && dump.microseconds {
        c.within("microseconds", |c| c.refuse("a table has none"));
    }
}

fn bmp(c: &mut Checker, name: &str, target: &BmpTarget) {
    c.word("a target", name);
    match &target.connect {
        Some(to) => {
            c.within("connect", |c| station(c, to.address, to.port));
        }
        None => c.warning("has no `connect`: nothing is sent"),
    }
    if let Some(interval) = target.stats_interval {
        c.range("stats-interval", interval, 100..=86_400_000);
    }
}

/// Somebody this router connects to.
fn station(c: &mut Checker, address: IpAddr, port: u16) {
    if !is_unicast(address) {
        c.within("address", |c| c.refuse(format!("{address} is not the address of a host")));
    }
    c.range("port", port, 1..=u16::MAX);
}

/// Whether a prefix belongs into this family.
fn of_family(c: &mut Checker, family: bgp::Family, prefix: Prefix) {
    if bgp::Family::of(prefix.is_v4()) != family {
        c.error(format!("found `{prefix}`"), format!("an {} prefix", ip(family)));
    }
}

fn ip(family: bgp::Family) -> &'static str {
    match family {
        bgp::Family::Ipv4 => "IPv4",
        bgp::Family::Ipv6 => "IPv6",
    }
}

impl Checker {
    /// An error with the nearest group that is there.
    fn no_peer_group(&mut self, name: &str, bgp: &Config) {
        let near = crate::nearest(name, bgp.peer_groups.keys().map(String::as_str).take(self.comparisons));
        self.comparisons = self.comparisons.saturating_sub(bgp.peer_groups.len());
        let hint = near.map_or(String::new(), |near| format!("; did you mean `{near}`?"));
        self.refuse(format!("there is no peer group `{name}`{hint}"));
    }
}

#[cfg(test)]
mod tests;
