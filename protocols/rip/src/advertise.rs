//! Sent packets: periodic and triggered updates, answers and requests (RFC 2453 3.8 to 3.10).
//! What each neighbor may hear is decided per entry in `told`; when, in `process.rs`.
#![warn(clippy::indexing_slicing, clippy::arithmetic_side_effects)]

use crate::authentication;
use crate::config::{Direction, SplitHorizon};
use crate::counters::Traffic;
use crate::interface::{Interface, v4};
use crate::process::{Rip, UDP_PORT};
use crate::table::{Entry, Kind, Origin};
use crate::wire::{self, AF_INET, Command, Rte, Signer, Version};
use core::net::{IpAddr, Ipv4Addr, SocketAddr};
use fib::{IfAddr, Instant, PortId, Prefix, Protocol};
use policy::RouteView;
use proto::{Datagram, Level};
use std::sync::Arc;

/// Somebody to tell: a group, a broadcast address, or a neighbor.
#[derive(Copy, Clone, Debug, PartialEq, Eq)]
pub(crate) struct Target {
    pub port: PortId,
    /// The address we speak from.
    pub source: IfAddr,
    pub destination: SocketAddr,
    pub version: Version,
}

/// Which routes an update has.
#[derive(Copy, Clone, Debug, PartialEq, Eq)]
pub(crate) enum Scope {
    /// All of them.
    All,
    /// Those changed since the last update (3.10.1).
    Changed,
    /// All of them, as unreachable: the last words.
    Farewell,
}

impl Rip {
    /// Tells everyone.
    pub(crate) fn update(&mut self, now: Instant, scope: Scope) {
        let traffic = if scope == Scope::Changed { Traffic::TriggeredSent } else { Traffic::ResponsesSent };
        for target in self.targets() {
            let entries = self.entries(&target, scope);
            self.send(now, &target, Command::Response, &entries, traffic);
        }
        for entry in self.table.values_mut() {
            entry.changed = false;
        }
    }

    /// Answers a request for the whole table, with split horizon and filters.
    pub(crate) fn tell_all(
        &mut self,
        now: Instant,
        port: PortId,
        source: IfAddr,
        to: SocketAddr,
        version: Version,
    ) {
        let target = Target { port, source, destination: to, version };
        let entries = self.entries(&target, Scope::All);
        self.send(now, &target, Command::Response, &entries, Traffic::ResponsesSent);
    }

    /// Answers a request for specific networks.
    pub(crate) fn reply(
        &mut self,
        now: Instant,
        port: PortId,
        source: IfAddr,
        to: SocketAddr,
        version: Version,
        entries: &[Rte],
    ) {
        let target = Target { port, source, destination: to, version };
        self.send(now, &target, Command::Response, entries, Traffic::ResponsesSent);
    }

    /// Asks everyone on a port for their whole table (3.9.1).
    pub(crate) fn ask(&mut self, now: Instant, port: PortId) {
        for target in self.targets().into_iter().filter(|t| t.port == port) {
            self.send(now, &target, Command::Request, &[Rte::WHOLE_TABLE], Traffic::RequestsSent);
        }
    }

    /// Everyone to tell: by group or broadcast on each address of each active interface, by unicast the
    /// configured neighbors, those behind passive interfaces too.
    fn targets(&self) -> Vec<Target> {
        let mut targets = Vec::new();
        let port520 = |a: Ipv4Addr| SocketAddr::new(IpAddr::V4(a), UDP_PORT);
        for i in self.ports.values().filter(|i| i.is_running() && !i.is_passive(&self.config)) {
            for source in i.addresses() {
                for version in i.sends(&self.config).list() {
                    let destination = port520(i.group(&self.config, *version, source));
                    targets.push(Target { port: i.port.id, source, destination, version: *version });
                }
            }
        }
        let version = if self.config.version == Some(1) { Version::V1 } else { Version::V2 };
        for neighbor in &self.config.neighbors {
            let link = |i: &Interface| i.connected(*neighbor).map(|source| (i.port.id, source));
            let found = self.ports.values().filter(|i| i.is_operative()).find_map(link);
            let to = |(port, source)| Target { port, source, destination: port520(*neighbor), version };
            targets.extend(found.map(to));
        }
        targets
    }

    fn entries(&self, target: &Target, scope: Scope) -> Vec<Rte> {
        let Some(interface) = self.ports.get(&target.port) else { return Vec::new() };
        let in_scope = |e: &&Entry| scope != Scope::Changed || e.changed;
        self.table
            .iter()
            .filter(|(_, e)| in_scope(e))
            .filter_map(|(prefix, e)| self.told(interface, target, prefix, e))
            .map(|rte| if scope == Scope::Farewell { Rte { metric: self.infinity(), ..rte } } else { rte })
            .collect()
    }

    /// What `target` is told of one network, if anything.
    fn told(&self, interface: &Interface, target: &Target, prefix: &Prefix, entry: &Entry) -> Option<Rte> {
        let name = interface.port.name.as_str();
        let (filter, infinity) = (self.filter(), self.infinity());
        if target.version == Version::V1 && !fits_version_1(prefix, target.source) {
            return None;
        }
        if !filter.distributes(Direction::Out, name, prefix) {
            return None;
        }
        let horizon = interface.split_horizon(&self.config);
        let backwards = leads_back(prefix, entry, target);
        if backwards && horizon == SplitHorizon::Simple {
            return None;
        }
        let next_hop = next_hop(interface, entry, target);
        let view = RouteView {
            prefix: *prefix,
            next_hop: next_hop.map(IpAddr::V4),
            interface: Some(name),
            metric: entry.metric,
            tag: u32::from(entry.tag()),
            source: protocol(entry),
            kind: fib::Kind::Plain,
            bgp: None,
        };
        let changes = filter.route_map(Direction::Out, name, &view)?;
        let metric = if entry.lost.is_some() || (backwards && horizon == SplitHorizon::PoisonedReverse) {
            // Nothing brings the dead to life: neither a route map nor an offset.
            infinity
        } else {
            let metric = changes.metric(entry.metric).unwrap_or(entry.metric).max(1);
            let offset = filter.offset(Direction::Out, name, prefix).unwrap_or(0);
            metric.saturating_add(offset).min(infinity)
        };
        let tag = changes.tag.map_or(entry.tag(), |t| u16::try_from(t & 0xffff).unwrap_or(0));
        let next_hop = changes.next_hop.and_then(v4).or(next_hop).unwrap_or(Ipv4Addr::UNSPECIFIED);
        let (address, mask) = (v4(prefix.addr())?, prefix.netmask()?);
        Some(Rte { family: AF_INET, tag, address, mask, next_hop, metric })
    }

    /// Sends entries in as many packets as they need; nothing for none.
    fn send(&mut self, now: Instant, target: &Target, command: Command, entries: &[Rte], traffic: Traffic) {
        let Some(interface) = self.ports.get(&target.port) else { return };
        let limit = interface.payload_limit();
        let auth = interface.authentication(&self.config).filter(|_| target.version == Version::V2).cloned();
        let (policy, wall) = (Arc::clone(&self.policy), self.wall(now));
        let mut left = entries;
        while !left.is_empty() {
            let sequence = self.next_sequence(now);
            let (signer, complaint) = match &auth {
                None => (Signer::None, None),
                Some(auth) => match authentication::signer(auth, &policy, wall, sequence) {
                    Ok(signer) => signer,
                    Err(words) => {
                        return self.complain_of_keys(target.port, Some(format!("nothing is sent: {words}")));
                    }
                },
            };
            let room = signer.room(limit).max(1);
            let (now_sent, rest) = left.split_at_checked(room).unwrap_or((left, &[]));
            let payload = wire::encode(command, target.version, &signer, now_sent);
            self.complain_of_keys(target.port, complaint);
            left = rest;
            self.counters.add(traffic, 1);
            if command == Command::Response {
                self.counters.add(Traffic::EntriesSent, now_sent.len());
            }
            let (to, count, bytes) = (target.destination, now_sent.len(), payload.len());
            self.debug("rip packet", || format!("{command:?} to {to}: {count} entries, {bytes} bytes"));
            let source = SocketAddr::new(target.source.addr(), UDP_PORT);
            let datagram = Datagram { port: target.port, source, destination: target.destination, payload };
            self.output.push_back(datagram);
        }
    }

    /// Says once what is wrong with the keys of an interface, and once that it is over.
    fn complain_of_keys(&mut self, port: PortId, complaint: Option<String>) {
        let Some(interface) = self.ports.get_mut(&port) else { return };
        if interface.key_complaint == complaint {
            return;
        }
        let name = interface.port.name.clone();
        interface.key_complaint.clone_from(&complaint);
        match complaint {
            Some(words) => self.notice(Level::Warning, "rip events", format!("{name}: {words}")),
            None => self.notice(Level::Info, "rip events", format!("{name}: the key in use is valid again")),
        }
    }

    /// The next sequence number. From the wall clock where there is one, so that a restart goes on above the
    /// last run's; then several packets of a second share one, which RFC 2082 3.2.2 allows.
    fn next_sequence(&mut self, now: Instant) -> u32 {
        let clock = self.wall(now).unwrap_or(now.as_secs());
        let clock = u32::try_from(clock).unwrap_or(u32::MAX);
        let least = if self.wall(now).is_some() { self.sequence } else { self.sequence.saturating_add(1) };
        self.sequence = clock.max(least);
        self.sequence
    }
}

/// Where a route comes from, for route maps and for `show`.
pub(crate) fn protocol(entry: &Entry) -> Protocol {
    match entry.own().map(|own| own.kind) {
        Some(Kind::Interface) => Protocol::Connected,
        Some(Kind::Redistributed(protocol)) => protocol,
        Some(Kind::Static | Kind::Default) | None => Protocol::Rip,
    }
}

/// RFC 2453 3.4.3, as FRR reads it: a route learned over the port, or a connected network of the very address
/// we speak from.
fn leads_back(prefix: &Prefix, entry: &Entry, target: &Target) -> bool {
    match &entry.origin {
        Origin::Learned(paths) => paths.iter().any(|p| p.via.port == target.port),
        Origin::Own(own) => match own.kind {
            Kind::Interface | Kind::Redistributed(Protocol::Connected) => {
                prefix.contains(target.source.addr())
            }
            _ => false,
        },
    }
}

/// The next hop to name: a router on the same link that is neither us nor the one who told us (RFC 2453 4.4).
/// Naming the teller would only tell it not to listen.
fn next_hop(interface: &Interface, entry: &Entry, target: &Target) -> Option<Ipv4Addr> {
    let hop = match &entry.origin {
        Origin::Own(own) => own.next_hop.filter(|_| own.port == Some(target.port)),
        Origin::Learned(paths) => {
            paths.iter().find(|p| p.via.port == target.port && p.gateway != p.via.from).map(|p| p.gateway)
        }
    };
    hop.filter(|h| interface.connected(*h).is_some() && !interface.owns(*h))
}

/// What version 1 can say (RFC 1058 3.2, as FRR): inside the classful network of a subnetted interface its subnets of
/// the same length and hosts; elsewhere whole classful networks; and the default.
fn fits_version_1(prefix: &Prefix, source: IfAddr) -> bool {
    let Some(addr) = v4(prefix.addr()) else { return false };
    let own_class = v4(source.addr()).map_or(32, Prefix::classful_len);
    let subnetted = source.len() > own_class;
    if subnetted && Prefix::new(source.addr(), own_class).covers(prefix) {
        return prefix.len() == source.len() || prefix.is_host();
    }
    prefix.is_default() || prefix.len() == Prefix::classful_len(addr)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn version_1_says_only_what_its_reader_can_guess() {
        let fits = |p: &str| fits_version_1(&p.parse().unwrap(), "10.0.12.1/24".parse().unwrap());
        assert!(fits("10.7.3.0/24") && fits("10.7.3.4/32"), "subnets like ours, and hosts");
        assert!(!fits("10.7.0.0/16") && !fits("10.7.3.0/25"));
        assert!(fits("172.16.0.0/16") && fits("192.168.5.0/24") && fits("0.0.0.0/0"));
        assert!(!fits("172.16.1.0/24") && !fits("192.168.0.0/16"));
    }
}
