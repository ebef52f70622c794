//! Layer 2 on the way in: which frames are for us, and what they carry.

use super::*;
use crate::packet::ethernet::EtherType;

/// How a packet came in, as far as later decisions ask.
#[derive(Copy, Clone, Debug)]
pub(super) struct Arrival {
    pub port: PortId,
    /// The station that sent the frame.
    pub from: Mac,
    /// The frame was addressed to a link-layer group.
    pub l2_group: bool,
}

impl Forwarder {
    pub(super) fn receive(
        &mut self,
        now: Instant,
        id: PortId,
        frame: Frame,
        fib: &Snapshot,
    ) -> Result<(), Drop> {
        let port = self.ports.get_mut(&id).ok_or(Drop::UnknownPort)?;
        let to_group = frame.data.first().is_some_and(|b| b & 1 != 0);
        port.counters.received(frame.data.len(), to_group);
        if !port.settings.up {
            return Err(Drop::PortDown);
        }
        let header = ethernet::Header::parse(&frame.data)?;
        let mac = port.settings.mac;
        if !to_group && header.dst != mac {
            return Err(Drop::OtherHost);
        }
        if header.src.is_group() || header.src == mac {
            return Err(Drop::BadSourceMac);
        }
        let arrival = Arrival { port: id, from: header.src, l2_group: to_group };
        match header.kind {
            EtherType::Ipv4 => self.receive_v4(now, arrival, frame, fib),
            EtherType::Ipv6 => self.receive_v6(now, arrival, frame, fib),
            EtherType::Arp => self.receive_arp(now, arrival, &frame, fib),
        }
    }

    /// Whether the reverse path filter of the port lets `src` in (RFC 3704).
    pub(super) fn reverse_path_holds(
        &self,
        id: PortId,
        src: IpAddr,
        dst: IpAddr,
        tos: u8,
        fib: &Snapshot,
    ) -> bool {
        use crate::port::RpFilter;
        use crate::{Decision, FlowKey};
        let filter = self.ports.get(&id).map_or(RpFilter::Off, |p| p.settings.rp_filter);
        if filter == RpFilter::Off {
            return true;
        }
        // The way back: what would be done with an answer that this router sends.
        match fib.lookup(&FlowKey { src: dst, dst: src, iif: None, tos, mark: 0 }) {
            Decision::Forward(group) => {
                filter == RpFilter::Loose || group.adjacencies().iter().any(|a| a.port == id)
            }
            _ => false,
        }
    }
}
