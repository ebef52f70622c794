//! What happens by itself: questions to neighbors, packets given up, addresses announced.

#![expect(clippy::arithmetic_side_effects, reason = "only `Instant + Duration`, which saturates")]

use super::*;
use crate::neighbor::Due;
use core::time::Duration;

/// RFC 5227 ANNOUNCE_NUM and ANNOUNCE_INTERVAL.
const ANNOUNCE_NUM: u8 = 2;
const ANNOUNCE_INTERVAL: Duration = Duration::from_secs(2);

impl Forwarder {
    pub(super) fn expire(&mut self, now: Instant, fib: &Snapshot) {
        while let Some(due) = self.neighbors.due(now) {
            match due {
                Due::Ask { port, addr, mac } => self.ask(port, addr, mac),
                Due::Failed { port, queue } => {
                    for Pending { frame, ingress } in queue {
                        self.dropped(ingress.or(Some(port)), Drop::NeighborFailed);
                        let packet = ethernet::payload(&frame.data);
                        self.complain(now, IcmpError::HostUnreachable, packet, ingress, false, fib);
                    }
                }
            }
        }
        while let Some(expired) = self.reassembly.expire(now) {
            for _ in 0..expired.pieces {
                self.dropped(expired.ingress, Drop::ReassemblyTimeout);
            }
            if let Some(first) = expired.first {
                self.complain(now, IcmpError::ReassemblyTimeout, &first, expired.ingress, false, fib);
            }
        }
        let due: Vec<PortId> =
            self.announcements.iter().filter(|(_, (at, _))| *at <= now).map(|(id, _)| *id).collect();
        for id in due {
            self.announce_once(now, id);
        }
        self.discover(now);
    }

    /// Announces the addresses of a port, now and once more.
    pub(super) fn announce(&mut self, now: Instant, id: PortId) {
        self.announcements.insert(id, (now, ANNOUNCE_NUM));
        self.announce_once(now, id);
    }

    fn announce_once(&mut self, now: Instant, id: PortId) {
        let Some((at, left)) = self.announcements.get_mut(&id) else { return };
        *left = left.saturating_sub(1);
        *at = now + ANNOUNCE_INTERVAL;
        if *left == 0 {
            self.announcements.remove(&id);
        }
        let Some(port) = self.ports.get(&id) else { return };
        let addresses: Vec<IpAddr> = port.own_addresses().collect();
        for addr in addresses {
            match addr {
                IpAddr::V4(addr) => self.send_gratuitous(id, addr),
                IpAddr::V6(addr) => self.send_unsolicited(id, addr),
            }
        }
    }

    pub(super) fn ask(&mut self, id: PortId, addr: IpAddr, known: Option<Mac>) {
        match addr {
            IpAddr::V4(addr) => self.ask_v4(id, addr, known),
            IpAddr::V6(addr) => self.ask_v6(id, addr, known),
        }
    }
}
