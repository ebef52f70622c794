//! Packets on their way in (RFC 2328 8.2): to which interface, from which neighbor, and whether they are believed.

use crate::IfId;
use crate::counters::Refusal;
use crate::interface::Interface;
use crate::neighbor::NeighborId;
use crate::process::{Datagram, Ospf};
use crate::settings::Auth;
use crate::wire::ALL_D_ROUTERS;
use crate::wire::auth::{Claim, Sealed};
use crate::wire::packet::{self, Packet};
use core::net::Ipv4Addr;
use fib::Instant;
use policy::config::Algorithm;
use proto::{Level, Notice, WireError};

/// A packet believed to come from `source` on an interface.
pub(crate) struct Received {
    pub interface: IfId,
    pub source: Ipv4Addr,
    pub router: Ipv4Addr,
    /// The cryptographic sequence number, if it had one.
    pub sequence: Option<u32>,
}

impl Ospf {
    /// Takes one packet from the wire.
    pub(crate) fn receive(&mut self, now: Instant, datagram: &Datagram) {
        self.tell_packet("received", datagram);
        let sealed = match Sealed::open(&datagram.payload) {
            Ok(sealed) => sealed,
            Err(error) => return self.refuse(of_packet(error)),
        };
        match self.admit(now, datagram, &sealed) {
            Ok(from) => {
                self.counters.received(sealed.header.kind);
                match packet::parse(sealed.header.kind, &sealed.body) {
                    Ok(packet) => self.dispatch(now, &from, packet),
                    Err(_) => self.refuse(Refusal::Malformed),
                }
            }
            Err((interface, refusal)) => {
                self.refuse(refusal);
                self.complain(interface, datagram.source, refusal);
            }
        }
    }

    fn dispatch(&mut self, now: Instant, from: &Received, packet: Packet) {
        if let Packet::Hello(hello) = packet {
            return self.hello(now, from, &hello);
        }
        let Some((id, neighbor)) = self.known(from) else { return self.refuse(Refusal::NoNeighbor) };
        match packet {
            Packet::Hello(_) => {}
            Packet::DatabaseDescription(description) => self.description(now, id, neighbor, &description),
            Packet::LinkStateRequest(keys) => self.requested(now, id, neighbor, &keys),
            Packet::LinkStateUpdate { lsas, bad } => {
                bad.into_iter().for_each(|error| self.refuse(Refusal::of_lsa(error)));
                self.update(now, id, neighbor, lsas);
            }
            Packet::LinkStateAck(headers) => self.acknowledged(now, id, neighbor, &headers),
        }
    }

    /// The neighbor a packet other than a hello is from.
    fn known(&self, from: &Received) -> Option<(IfId, NeighborId)> {
        let interface = self.interfaces.get(&from.interface)?;
        let key = interface.key_of(from.router, from.source);
        interface.neighbors.get(&key).filter(|n| n.router == from.router).map(|_| (from.interface, key))
    }

    /// Checks everything that comes before the contents.
    fn admit(
        &mut self,
        now: Instant,
        datagram: &Datagram,
        sealed: &Sealed,
    ) -> Result<Received, (Option<IfId>, Refusal)> {
        let router = sealed.header.router;
        if router == self.router_id {
            return Err((None, Refusal::OwnRouterId));
        }
        let own = datagram.port.and_then(|p| self.interfaces.get(&IfId::Port(p)));
        let interface = match own.filter(|i| i.area() == sealed.header.area) {
            Some(interface) => interface,
            None => self.virtual_link_to(sealed, router).ok_or(match own {
                Some(interface) => (Some(interface.id), Refusal::Area),
                None => (None, Refusal::NotEnabled),
            })?,
        };
        let refused = |why| Err((Some(interface.id), why));
        match () {
            () if !interface.is_up() => return refused(Refusal::NotEnabled),
            () if !interface.speaks() => return refused(Refusal::Passive),
            () if datagram.destination == ALL_D_ROUTERS && !interface.is_dr_or_backup() => {
                return refused(Refusal::NotDesignated);
            }
            // RFC 2328 8.2: on point-to-point links the source may be anything.
            () if !interface.settings.kind.is_to_one() && !interface.settings.on_link(datagram.source) => {
                return refused(Refusal::Network);
            }
            () => {}
        }
        let sequence =
            self.authenticate(now, interface, datagram, sealed).map_err(|why| (Some(interface.id), why))?;
        let from = Received { interface: interface.id, source: datagram.source, router, sequence };
        if let (Some(sequence), Some((id, key))) = (sequence, self.known(&from))
            && let Some(neighbor) = self.interfaces.get_mut(&id).and_then(|i| i.neighbors.get_mut(&key))
        {
            if sequence < neighbor.crypto_sequence {
                return Err((Some(id), Refusal::AuthReplay));
            }
            neighbor.crypto_sequence = sequence;
        }
        Ok(from)
    }

    fn virtual_link_to(&self, sealed: &Sealed, router: Ipv4Addr) -> Option<&Interface> {
        let is_it = |i: &&Interface| matches!(i.id, IfId::Virtual(_, end) if end == router) && i.is_up();
        sealed.header.area.is_backbone().then(|| self.interfaces.values().find(is_it)).flatten()
    }

    /// The cryptographic sequence number of a packet that is what it claims.
    fn authenticate(
        &self,
        now: Instant,
        interface: &Interface,
        datagram: &Datagram,
        sealed: &Sealed,
    ) -> Result<Option<u32>, Refusal> {
        match (&interface.settings.auth, &sealed.claim) {
            (Auth::Null, Claim::Null) => Ok(None),
            (Auth::Md5(keys), Claim::Null) if keys.is_empty() => Ok(None),
            (Auth::Simple(password), Claim::Simple(said)) => {
                let expected: [u8; 8] = policy::auth::padded(password.as_bytes());
                policy::auth::equal(&expected, said).then_some(None).ok_or(Refusal::AuthPassword)
            }
            (Auth::Md5(keys), Claim::Digest { key_id, sequence, .. }) => {
                let key = keys.get(key_id).ok_or(Refusal::AuthKey)?;
                let good = sealed.verify(key.as_bytes(), Algorithm::Md5, datagram.source);
                good.then_some(Some(*sequence)).ok_or(Refusal::AuthDigest)
            }
            (Auth::Chain(name), Claim::Digest { key_id, sequence, .. }) => {
                let chain = self.policy.key_chain(name).ok_or(Refusal::AuthKey)?;
                let key = chain.accept_key(self.wall(now), *key_id).ok_or(Refusal::AuthKey)?.key;
                let algorithm = key.algorithm.unwrap_or(Algorithm::Md5);
                let good = sealed.verify(key.key_string.as_bytes(), algorithm, datagram.source);
                good.then_some(Some(*sequence)).ok_or(Refusal::AuthDigest)
            }
            _ => Err(Refusal::AuthType),
        }
    }

    /// Says once per neighbor and reason why its packets are not taken.
    pub(crate) fn complain(&mut self, interface: Option<IfId>, source: Ipv4Addr, refusal: Refusal) {
        let words = match refusal {
            Refusal::Area => "a neighbor is in another area",
            Refusal::Network => "a neighbor is not of this network",
            Refusal::AuthType => "a neighbor uses another authentication type",
            Refusal::AuthKey => "a neighbor signs with a key that is not known here",
            Refusal::AuthPassword => "a neighbor uses another password",
            Refusal::AuthDigest => "a neighbor's digest is wrong: another key or algorithm",
            Refusal::AuthReplay => "a packet is older than the neighbor's last: replayed?",
            Refusal::HelloInterval => "a neighbor has another hello interval",
            Refusal::DeadInterval => "a neighbor has another dead interval",
            Refusal::Mask => "a neighbor has another network mask",
            Refusal::AreaKind => "a neighbor has the area as another type (stub, NSSA or normal)",
            Refusal::TooMany => "more neighbors than a hello can list",
            _ => return,
        };
        let Some(id) = interface else { return };
        let Some(interface) = self.interfaces.get_mut(&id) else { return };
        // Beyond that somebody invents sources: they are counted, but fill neither memory nor log.
        let known = interface.complaints.contains_key(&source);
        if !known && interface.complaints.len() >= MAX_COMPLAINTS {
            return;
        }
        if interface.complaints.insert(source, refusal) == Some(refusal) {
            return;
        }
        let name = interface.name.clone();
        self.push_notice(
            Notice::new(Level::Warning, "ospf adj", words).with("source", source).with("interface", name),
        );
    }
}

/// Sources whose last refusal is remembered, per interface.
const MAX_COMPLAINTS: usize = 64;

impl Interface {
    /// What a neighbor is known by here.
    pub fn key_of(&self, router: Ipv4Addr, source: Ipv4Addr) -> NeighborId {
        if self.settings.kind.is_to_one() { router } else { source }
    }
}

fn of_packet(error: WireError) -> Refusal {
    match error {
        WireError::Checksum(_) => Refusal::Checksum,
        _ => Refusal::Malformed,
    }
}
