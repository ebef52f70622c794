//! Received packets: what is checked before a word of them is believed (RFC 2453 3.9, 4 and 5).
#![warn(clippy::indexing_slicing, clippy::arithmetic_side_effects)]

use crate::authentication::{self, Failure};
use crate::config::{Direction, Versions};
use crate::counters::{Refusal, Traffic};
use crate::interface::v4;
use crate::originate::is_destination;
use crate::process::{Rip, UDP_PORT};
use crate::table::{News, Path, Via};
use crate::wire::{self, AF_INET, Command, Packet, Rte, Version};
use core::net::{IpAddr, Ipv4Addr};
use fib::{IfAddr, Instant, Kind, Prefix, Protocol};
use policy::RouteView;
use proto::{Datagram, Level};

impl Rip {
    /// Everything about one received packet.
    pub(crate) fn receive(&mut self, now: Instant, datagram: &Datagram) {
        let Some(from) = v4(datagram.source.ip()) else {
            return self.counters.refuse(Refusal::NotNeighbor);
        };
        if self.ports.values().any(|i| i.owns(from)) {
            return self.counters.refuse(Refusal::OwnPacket);
        }
        let Some(interface) = self.ports.get(&datagram.port).filter(|i| i.is_operative()) else {
            return self.counters.refuse(Refusal::NotEnabled);
        };
        let Some(address) = interface.connected(from) else {
            return self.counters.refuse(Refusal::NotNeighbor);
        };
        let via = Via { port: datagram.port, from };
        if !interface.is_running() && !self.config.neighbors.contains(&from) {
            return self.refuse(
                now,
                via,
                Refusal::NotEnabled,
                "RIP does not run on this interface".to_owned(),
            );
        }
        match self.examine(now, via, datagram) {
            Err(Failure { refusal, words }) => self.refuse(now, via, refusal, words),
            Ok(packet) => match packet.command {
                Command::Request => self.answer(now, via, address, datagram, &packet),
                Command::Response => self.believe(now, via, address, &packet),
            },
        }
    }

    /// Whether a packet is well-formed, of an accepted version, genuine, and from the right port.
    fn examine(&mut self, now: Instant, via: Via, datagram: &Datagram) -> Result<Packet, Failure> {
        let fail = |refusal: Refusal, words: String| Failure { refusal, words };
        let packet = wire::decode(&datagram.payload)
            .map_err(|refusal| fail(refusal, format!("malformed packet: {}", refusal.name())))?;
        let Some(interface) = self.ports.get(&via.port) else {
            return Err(fail(Refusal::NotEnabled, "no such port".to_owned()));
        };
        let accepted = interface.receives(&self.config);
        if !accepted.list().contains(&packet.version) {
            let version = if packet.version == Version::V1 { 1 } else { 2 };
            let words = format!("packet of version {version}, accepted: {}", version_words(accepted));
            return Err(fail(Refusal::VersionNotAccepted, words));
        }
        // A version 1 request is answered whatever authentication says, as FRR does: whoever is on the link
        // hears the periodic updates anyway.
        let open = packet.version == Version::V1 && packet.command == Command::Request;
        if !open {
            let auth = interface.authentication(&self.config);
            let wall = self.wall(now);
            let sequence =
                authentication::check(auth, &self.policy, wall, &datagram.payload, packet.auth.as_ref())
                    .map_err(|f| fail(f.refusal, format!("authentication mismatch: {}", f.words)))
                    .map_err(|f| if packet.command == Command::Request { f.of_request() } else { f })?;
            self.check_sequence(now, via, sequence)?;
        }
        let port = datagram.source.port();
        if port == 0 || (packet.command == Command::Response && port != UDP_PORT) {
            let words = format!("from UDP port {port}, expected {UDP_PORT}");
            return Err(fail(Refusal::SourcePort, words));
        }
        Ok(packet)
    }

    /// RFC 2082 3.2.2: the sequence number of a key never decreases while the neighbor lives.
    fn check_sequence(&mut self, now: Instant, via: Via, found: Option<(u8, u32)>) -> Result<(), Failure> {
        let Some((key_id, sequence)) = found else { return Ok(()) };
        let last = self.neighbors.sequence(now, via, key_id, self.timeout());
        if let Some(last) = last.filter(|last| sequence < *last) {
            let words = format!(
                "sequence number {sequence} of key {key_id} is below {last}: a replay, or a neighbor that restarted \
                 (believed again after {} s of silence)",
                self.config.timers.timeout
            );
            return Err(Failure { refusal: Refusal::AuthReplay, words });
        }
        self.neighbors.set_sequence(now, via, key_id, sequence);
        Ok(())
    }

    /// Counts a refused packet and says why: as a warning where somebody has to act, and then not again and again.
    fn refuse(&mut self, now: Instant, via: Via, refusal: Refusal, words: String) {
        self.counters.refuse(refusal);
        let news = self.neighbors.refuse(now, via, refusal, &words);
        let level = if news { Level::Warning } else { Level::Debug };
        self.notice_from(level, "rip packet", via, words);
        self.expect_expiry();
    }

    /// A request (RFC 2453 3.9.1), answered to the very address and port that asks.
    fn answer(&mut self, now: Instant, via: Via, address: IfAddr, datagram: &Datagram, packet: &Packet) {
        let passive = self.ports.get(&via.port).is_some_and(|i| i.is_passive(&self.config));
        if passive && !self.config.neighbors.contains(&via.from) {
            return self.counters.refuse(Refusal::Passive);
        }
        self.heard(now, via);
        self.counters.add(Traffic::RequestsReceived, 1);
        self.debug_from("rip packet", via, || format!("request, {} entries", packet.entries.len()));
        if packet.entries.is_empty() {
            return;
        }
        self.counters.add(Traffic::Queries, 1);
        if packet.asks_for_all() {
            self.tell_all(now, via.port, address, datagram.source, packet.version);
            return;
        }
        let answers: Vec<Rte> =
            packet.entries.iter().map(|e| self.look_up(e, packet.version, address)).collect();
        self.reply(now, via.port, address, datagram.source, packet.version, &answers);
    }

    /// The entry with our metric filled in: infinity where we have no such route. No split horizon (3.9.1).
    fn look_up(&self, asked: &Rte, version: Version, address: IfAddr) -> Rte {
        let entry = prefix_of(asked, version, address).ok().and_then(|p| self.table.get(&p));
        let metric = entry.map_or(self.infinity(), |e| e.metric);
        let tag = entry.map_or(0, |e| e.tag());
        Rte { metric, tag, ..*asked }
    }

    /// A response (RFC 2453 3.9.2).
    fn believe(&mut self, now: Instant, via: Via, address: IfAddr, packet: &Packet) {
        self.heard(now, via);
        self.counters.add(Traffic::ResponsesReceived, 1);
        self.counters.add(Traffic::EntriesReceived, packet.entries.len());
        self.debug_from("rip packet", via, || format!("response, {} entries", packet.entries.len()));
        for entry in &packet.entries {
            if let Err(refusal) = self.believe_entry(now, via, address, packet.version, entry) {
                self.counters.refuse(refusal);
                let words = format!("{}/{}: {}", entry.address, entry.mask, refusal.name());
                self.debug_from("rip packet", via, || words.clone());
                self.neighbors.refuse_entry(now, via, words);
            }
        }
    }

    fn believe_entry(
        &mut self,
        now: Instant,
        via: Via,
        address: IfAddr,
        version: Version,
        entry: &Rte,
    ) -> Result<(), Refusal> {
        if entry.family != AF_INET {
            return Err(Refusal::Family);
        }
        let prefix = prefix_of(entry, version, address)?;
        let infinity = self.infinity();
        if !(1..=infinity.max(16)).contains(&entry.metric) {
            return Err(Refusal::Metric);
        }
        let gateway = self.gateway(via, entry)?;
        let Some(name) = self.ports.get(&via.port).map(|i| i.port.name.as_str()) else { return Ok(()) };
        let filter = self.filter();
        if !filter.distributes(Direction::In, name, &prefix) {
            self.deny(now, prefix, via);
            return Ok(());
        }
        let view = RouteView {
            prefix,
            next_hop: Some(IpAddr::V4(gateway)),
            interface: Some(name),
            metric: entry.metric,
            tag: u32::from(entry.tag),
            source: Protocol::Rip,
            kind: Kind::Plain,
            bgp: None,
        };
        let Some(changes) = filter.route_map(Direction::In, name, &view) else {
            self.deny(now, prefix, via);
            return Ok(());
        };
        let metric = changes.metric(entry.metric).unwrap_or(entry.metric).max(1);
        // The cost of the link is 1, unless an offset list says what it is (FRR).
        let cost = filter.offset(Direction::In, name, &prefix).unwrap_or(1);
        let tag = changes.tag.map_or(entry.tag, |t| u16::try_from(t & 0xffff).unwrap_or(0));
        let distance = changes.distance.unwrap_or_else(|| filter.distance(via.from, &prefix));
        let gateway = changes.next_hop.and_then(v4).filter(|g| self.is_on_link(via, *g)).unwrap_or(gateway);
        let news = News {
            path: Path { via, gateway, tag, distance },
            metric: metric.saturating_add(cost).min(infinity),
        };
        drop(changes); // They borrow the policy.
        self.learn(now, prefix, news);
        Ok(())
    }

    /// The next hop an entry names, if it is on the link; else the sender (RFC 2453 4.4).
    fn gateway(&self, via: Via, entry: &Rte) -> Result<Ipv4Addr, Refusal> {
        let hop = entry.next_hop;
        if hop.is_unspecified() {
            return Ok(via.from);
        }
        if hop.is_multicast() {
            return Err(Refusal::NextHop);
        }
        if self.ports.values().any(|i| i.owns(hop)) {
            return Err(Refusal::NextHopSelf);
        }
        Ok(if self.is_on_link(via, hop) { hop } else { via.from })
    }

    fn is_on_link(&self, via: Via, hop: Ipv4Addr) -> bool {
        self.ports.get(&via.port).is_some_and(|i| i.connected(hop).is_some())
    }

    fn heard(&mut self, now: Instant, via: Via) {
        if self.neighbors.believe(now, via) {
            self.notice_from(Level::Info, "rip packet", via, "its packets are accepted again".to_owned());
        }
        self.expect_expiry();
    }
}

fn version_words(versions: Versions) -> &'static str {
    match versions {
        Versions::V1 => "1",
        Versions::V2 => "2",
        Versions::Both => "1 and 2",
        Versions::None => "none",
    }
}

/// The network an entry means. Version 1 has no masks, and version 2 may leave one out: then it is guessed as
/// RFC 1058 3.2 and FRR do (see [`guess_length`]). The default route's mask is ignored.
fn prefix_of(entry: &Rte, version: Version, address: IfAddr) -> Result<Prefix, Refusal> {
    let addr = IpAddr::V4(entry.address);
    let length = if entry.address.is_unspecified() {
        0
    } else if version == Version::V1 || entry.mask.is_unspecified() {
        guess_length(entry.address, address)
    } else {
        let bits = entry.mask.to_bits();
        if bits.leading_ones() != bits.count_ones() {
            return Err(Refusal::Mask);
        }
        u8::try_from(bits.leading_ones()).unwrap_or(32)
    };
    let prefix = Prefix::new(addr, length);
    if !is_destination(&prefix) {
        return Err(Refusal::Destination);
    }
    if prefix.addr() != addr {
        return Err(Refusal::HostBits);
    }
    Ok(prefix)
}

/// Within the classful network of a subnetted interface its own mask holds; elsewhere the class's. Bits beyond
/// the mask make it a host route.
fn guess_length(addr: Ipv4Addr, interface: IfAddr) -> u8 {
    let class = Prefix::classful_len(addr);
    let same_class = Prefix::new(interface.addr(), class).contains(IpAddr::V4(addr));
    let length = if same_class && interface.len() > class { interface.len() } else { class };
    let fits = Prefix::new(IpAddr::V4(addr), length).addr() == IpAddr::V4(addr);
    if fits { length } else { 32 }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn rte(address: &str, mask: &str) -> Rte {
        Rte {
            address: address.parse().unwrap(),
            mask: mask.parse().unwrap(),
            family: AF_INET,
            ..Rte::WHOLE_TABLE
        }
    }

    fn prefix(version: Version, address: &str, mask: &str) -> Result<String, Refusal> {
        prefix_of(&rte(address, mask), version, "10.0.12.1/24".parse().unwrap()).map(|p| p.to_string())
    }

    #[test]
    fn version_1_masks_are_guessed_from_class_and_interface() {
        let v1 = |a| prefix(Version::V1, a, "0.0.0.0").unwrap();
        assert_eq!(v1("10.7.3.0"), "10.7.3.0/24", "the interface is subnetted: its mask");
        assert_eq!(v1("10.7.3.4"), "10.7.3.4/32", "bits beyond it: a host");
        assert_eq!(v1("172.16.0.0"), "172.16.0.0/16");
        assert_eq!(v1("192.168.5.0"), "192.168.5.0/24");
        assert_eq!(v1("172.16.4.0"), "172.16.4.0/32");
        assert_eq!(v1("0.0.0.0"), "0.0.0.0/0");
        let unsubnetted = prefix_of(&rte("10.0.0.0", "0.0.0.0"), Version::V1, "10.0.0.1/8".parse().unwrap());
        assert_eq!(unsubnetted.unwrap().to_string(), "10.0.0.0/8");
    }

    #[test]
    fn version_2_masks_must_be_masks_and_cover_the_address() {
        assert_eq!(prefix(Version::V2, "10.7.0.0", "255.255.0.0").unwrap(), "10.7.0.0/16");
        assert_eq!(prefix(Version::V2, "10.7.0.0", "255.0.255.0"), Err(Refusal::Mask));
        assert_eq!(prefix(Version::V2, "10.7.1.0", "255.255.0.0"), Err(Refusal::HostBits));
        assert_eq!(
            prefix(Version::V2, "192.168.5.0", "0.0.0.0").unwrap(),
            "192.168.5.0/24",
            "no mask: guessed"
        );
        assert_eq!(prefix(Version::V2, "0.0.0.0", "255.0.0.0").unwrap(), "0.0.0.0/0");
    }

    #[test]
    fn networks_that_are_none_are_refused() {
        for (address, mask) in [
            ("127.0.0.0", "255.0.0.0"),
            ("0.1.0.0", "255.255.0.0"),
            ("224.0.0.0", "240.0.0.0"),
            ("240.0.0.0", "240.0.0.0"),
        ] {
            assert_eq!(prefix(Version::V2, address, mask), Err(Refusal::Destination), "{address}");
        }
    }
}
