//! The way out: stamping our own packets, finding the neighbor's MAC address, and making frames that the link can
//! take.

use super::deliver::Origin;
use super::*;
use crate::frag;
use crate::neighbor::Resolve;
use crate::packet::{ipv4, ipv6, u8_at};
use crate::{Decision, FlowKey, GsoKind, LocalKind, Offload};

/// To whom a frame goes on its link.
#[derive(Copy, Clone, Debug)]
pub(super) enum Hop {
    /// One station, its MAC address to be found.
    Neighbor(IpAddr),
    /// A group of stations.
    Group(Mac),
}

/// What matters of a packet of our own once it is stamped.
enum Outgoing {
    V4(ipv4::Header),
    V6(ipv6::Header),
}

impl Outgoing {
    fn key(&self, mark: u32) -> FlowKey {
        let (src, dst, tos) = match self {
            Outgoing::V4(h) => (IpAddr::V4(h.src), IpAddr::V4(h.dst), h.tos),
            Outgoing::V6(h) => (IpAddr::V6(h.src), IpAddr::V6(h.dst), h.traffic_class),
        };
        FlowKey { src, dst, iif: None, tos, mark }
    }

    fn may_fragment(&self, meta: &TxMeta) -> bool {
        match self {
            Outgoing::V4(h) => !h.df,
            Outgoing::V6(_) => meta.df != Df::Set,
        }
    }
}

impl Forwarder {
    pub(super) fn originate(
        &mut self,
        now: Instant,
        packet: BytesMut,
        meta: TxMeta,
        fib: &Snapshot,
    ) -> Result<(), Drop> {
        let frame = framed(&packet)?;
        self.route(now, frame, meta, fib)
    }

    /// Sends a packet of ours, already behind a blank Ethernet header, along the FIB.
    pub(super) fn route(
        &mut self,
        now: Instant,
        mut frame: Frame,
        meta: TxMeta,
        fib: &Snapshot,
    ) -> Result<(), Drop> {
        let outgoing = self.stamp(&mut frame, &meta)?;
        let key = outgoing.key(meta.mark);
        let decision = fib.lookup(&key);
        let (reason, error) = match decision {
            Decision::Local { kind: LocalKind::Host, .. } => {
                return match outgoing {
                    Outgoing::V4(h) => self.deliver_v4(now, Origin::OWN, frame, &h, LocalKind::Host, fib),
                    Outgoing::V6(h) => self.deliver_v6(now, Origin::OWN, frame, &h, LocalKind::Host, fib),
                };
            }
            Decision::Local { kind: LocalKind::Broadcast, port: Some(port) } => {
                let mtu = self.link_mtu(port);
                return self.output_sized(
                    now,
                    port,
                    Hop::Group(Mac::BROADCAST),
                    frame,
                    mtu,
                    &outgoing,
                    &meta,
                );
            }
            Decision::Local { .. } => return Err(Drop::NoNextHop),
            Decision::Forward(group) => {
                let adjacency = match (group.adjacencies(), &outgoing) {
                    ([only], _) => *only,
                    (_, Outgoing::V4(h)) => *group.select(self.flow_hash_v4(&frame, h)),
                    (_, Outgoing::V6(h)) => *group.select(self.flow_hash_v6(&frame, h)),
                };
                let mtu =
                    self.link_mtu(adjacency.port).min(self.path_mtu.get(now, key.dst).unwrap_or(u32::MAX));
                let hop = Hop::Neighbor(adjacency.gateway.unwrap_or(key.dst));
                if frame_len(&frame) <= mtu as usize || outgoing.may_fragment(&meta) {
                    return self.output_sized(now, adjacency.port, hop, frame, mtu, &outgoing, &meta);
                }
                (Drop::TooBig, IcmpError::TooBig { mtu })
            }
            Decision::Blackhole => return Err(Drop::Blackhole),
            Decision::Unreachable => (Drop::Unreachable, IcmpError::HostUnreachable),
            Decision::Prohibit => (Drop::Prohibit, IcmpError::AdminProhibited),
            Decision::NoRoute => (Drop::NoRoute, IcmpError::NetUnreachable),
        };
        self.complain(now, error, ethernet::payload(&frame.data), None, false, fib);
        Err(reason)
    }

    pub(super) fn originate_on(
        &mut self,
        now: Instant,
        id: PortId,
        next_hop: Option<IpAddr>,
        packet: BytesMut,
        meta: TxMeta,
    ) -> Result<(), Drop> {
        let mut frame = framed(&packet)?;
        let port = self.ports.get(&id).ok_or(Drop::UnknownPort)?;
        let broadcasts: Vec<IpAddr> = port.broadcasts().collect();
        let outgoing = self.stamp(&mut frame, &meta)?;
        let dst = outgoing.key(0).dst;
        let hop = match dst {
            dst if dst.is_multicast() => Hop::Group(Mac::multicast(dst)),
            dst if broadcasts.contains(&dst) => Hop::Group(Mac::BROADCAST),
            dst => Hop::Neighbor(next_hop.unwrap_or(dst)),
        };
        let mtu = self.link_mtu(id);
        self.output_sized(now, id, hop, frame, mtu, &outgoing, &meta)
    }

    /// Cuts a packet of ours to `mtu` and sends the pieces.
    fn output_sized(
        &mut self,
        now: Instant,
        egress: PortId,
        hop: Hop,
        frame: Frame,
        mtu: u32,
        outgoing: &Outgoing,
        meta: &TxMeta,
    ) -> Result<(), Drop> {
        if frame_len(&frame) <= mtu as usize {
            return self.output(now, egress, hop, frame, None);
        }
        if !outgoing.may_fragment(meta) {
            return Err(Drop::TooBig);
        }
        for piece in self.fragments(&frame.data, mtu).ok_or(Drop::TooBig)? {
            self.output(now, egress, hop, Frame::new(piece), None)?;
        }
        Ok(())
    }

    /// Sends a frame whose packet is as it shall be, except for the MAC addresses. `ingress` is told if the
    /// neighbor does not answer.
    #[inline]
    pub(super) fn output(
        &mut self,
        now: Instant,
        egress: PortId,
        hop: Hop,
        mut frame: Frame,
        ingress: Option<PortId>,
    ) -> Result<(), Drop> {
        let port = self.ports.get(&egress).ok_or(Drop::PortDown)?;
        if !port.settings.up {
            return Err(Drop::PortDown);
        }
        if port.settings.loopback {
            return Err(Drop::NoWire);
        }
        let own_mac = port.settings.mac;
        let mac = match hop {
            Hop::Group(mac) => mac,
            Hop::Neighbor(addr) => {
                if addr.is_ipv6() && !port.settings.ipv6 {
                    return Err(Drop::NoNextHop);
                }
                match self.neighbors.resolve(now, egress, addr) {
                    Resolve::Known(mac) => mac,
                    Resolve::Full => return Err(Drop::NeighborCacheFull),
                    Resolve::Wait { ask } => {
                        self.counters.add(Stat::NeighborQueued);
                        if let Some(lost) = self.neighbors.enqueue(egress, addr, Pending { frame, ingress }) {
                            self.dropped(lost.ingress.or(Some(egress)), Drop::NeighborQueueFull);
                        }
                        if ask {
                            self.ask(egress, addr, None);
                        }
                        return Ok(());
                    }
                }
            }
        };
        ethernet::set_addresses(&mut frame.data, mac, own_mac);
        self.finish(egress, frame);
        Ok(())
    }

    /// Sends what waited for a neighbor.
    pub(super) fn flush(&mut self, egress: PortId, mac: Mac, queue: VecDeque<Pending>) {
        let Some(own_mac) = self.ports.get(&egress).map(|p| p.settings.mac) else {
            return self.discard(queue, Drop::PortDown);
        };
        for Pending { mut frame, .. } in queue {
            ethernet::set_addresses(&mut frame.data, mac, own_mac);
            self.finish(egress, frame);
        }
    }

    /// Makes finished frames of one that the link cannot take as it is.
    fn finish(&mut self, egress: PortId, mut frame: Frame) {
        let Some(port) = self.ports.get(&egress) else { return self.dropped(None, Drop::PortDown) };
        let (mtu, offload) = (port.settings.mtu, port.settings.offload);
        let fits = |len: usize| len <= mtu as usize;
        let plain = frame.offload == Offload::default();
        if (plain && fits(frame_len(&frame))) || (offload && !plain && fits(frag::wire_len(&frame))) {
            return self.put_on_wire(egress, frame);
        }
        if let Some(gso) = frame.offload.gso.filter(|gso| gso.kind != GsoKind::Udp) {
            let mut segments = Vec::new();
            if !frag::segment(&frame.data, gso, &mut |s| segments.push(s)) {
                return self.dropped(Some(egress), Drop::BadOffload);
            }
            self.counters.add(Stat::Segmented);
            for segment in segments {
                self.fit(egress, Frame::new(segment), mtu);
            }
            return;
        }
        if frag::finish_checksum(&mut frame) {
            self.counters.add(Stat::ChecksumCompleted);
        }
        self.fit(egress, Frame::new(frame.data), mtu);
    }

    /// Sends a finished frame, in fragments if it must be.
    fn fit(&mut self, egress: PortId, frame: Frame, mtu: u32) {
        if frame_len(&frame) <= mtu as usize {
            return self.put_on_wire(egress, frame);
        }
        match self.fragments(&frame.data, mtu) {
            Some(pieces) => pieces.into_iter().for_each(|piece| self.put_on_wire(egress, Frame::new(piece))),
            None => self.dropped(Some(egress), Drop::TooBig),
        }
    }

    fn fragments(&mut self, frame: &[u8], mtu: u32) -> Option<Vec<BytesMut>> {
        let mut pieces = Vec::new();
        let mut keep = |piece| pieces.push(piece);
        let cut = match u8_at(frame, ethernet::HEADER_LEN).map(|b| b >> 4) {
            Some(6) => {
                self.ident = self.ident.wrapping_add(1);
                frag::split_v6(frame, mtu as usize, self.ident, &mut keep)
            }
            _ => frag::split_v4(frame, mtu as usize, &mut keep),
        };
        if cut {
            self.counters.add(Stat::Fragmented);
            self.counters.add_many(Stat::FragmentsOut, pieces.len());
        }
        cut.then_some(pieces)
    }

    #[inline]
    pub(super) fn put_on_wire(&mut self, egress: PortId, frame: Frame) {
        let Some(port) = self.ports.get_mut(&egress).filter(|p| p.settings.up) else {
            return self.dropped(Some(egress), Drop::PortDown);
        };
        port.counters.sent(frame.data.len());
        self.transmit.push_back((egress, frame));
    }

    /// Checks a packet of ours and writes into it what its stack could not.
    fn stamp(&mut self, frame: &mut Frame, meta: &TxMeta) -> Result<Outgoing, Drop> {
        let packet = ethernet::payload_mut(&mut frame.data);
        match u8_at(packet, 0).map(|b| b >> 4) {
            Some(4) => {
                let h = ipv4::Header::read(packet).ok_or(Drop::BadOutput)?;
                let df = match meta.df {
                    Df::Keep => h.df,
                    Df::Clear => false,
                    Df::Set => true,
                };
                // Only a packet that may be cut needs a name of its own (RFC 6864); smoltcp gives none.
                let ident = (!df && h.ident == 0).then(|| {
                    self.ident = self.ident.wrapping_add(1);
                    self.ident as u16
                });
                ipv4::stamp(packet, meta.ttl, meta.tos, ident, Some(df));
                let h = ipv4::Header::read(packet).ok_or(Drop::BadOutput)?;
                frame.data.truncate(ethernet::HEADER_LEN.saturating_add(h.total_len));
                self.counters.add(Stat::Ipv4Originated);
                Ok(Outgoing::V4(h))
            }
            Some(6) => {
                ipv6::stamp(packet, meta.ttl, meta.tos);
                let h = ipv6::Header::parse(packet).ok_or(Drop::BadOutput)?;
                frame.data.truncate(ethernet::HEADER_LEN.saturating_add(h.total_len));
                self.counters.add(Stat::Ipv6Originated);
                Ok(Outgoing::V6(h))
            }
            _ => Err(Drop::BadOutput),
        }
    }

    fn link_mtu(&self, id: PortId) -> u32 {
        self.ports.get(&id).map_or(0, |p| p.settings.mtu)
    }
}

fn framed(packet: &[u8]) -> Result<Frame, Drop> {
    let kind = match u8_at(packet, 0).map(|b| b >> 4) {
        Some(4) => ethernet::IPV4,
        Some(6) => ethernet::IPV6,
        _ => return Err(Drop::BadOutput),
    };
    Ok(Frame::new(ethernet::wrap(packet, kind)))
}

/// Bytes of the packet in a frame.
fn frame_len(frame: &Frame) -> usize {
    frame.data.len().saturating_sub(ethernet::HEADER_LEN)
}
