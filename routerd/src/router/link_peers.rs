//! Who is at the other end of a link: BGP's interface neighbors have no address of their own in the configuration. It is
//! the router whose advertisements are heard on the port.

use super::Router;
use core::net::IpAddr;
use fib::{Instant, PortId};

impl Router {
    /// Tells BGP who is at the other end of each link.
    pub(super) fn tell_link_peers(&mut self, now: Instant) {
        self.ports.ids().into_iter().for_each(|port| self.tell_link_peer(now, port));
    }

    /// Tells BGP who is at the other end of this one. Of several routers the one that was told before stays; else it is the
    /// one of the lowest address.
    pub(super) fn tell_link_peer(&mut self, now: Instant, port: PortId) {
        let Some(bgp) = &mut self.machines.bgp else { return };
        let told = bgp.link_peer(port);
        let mut heard = self.forwarder.routers(port).map(|(addr, _)| IpAddr::V6(addr)).peekable();
        let first = heard.peek().copied();
        let peer = heard.find(|addr| Some(*addr) == told).or(first);
        if peer != told {
            bgp.set_link_peer(now, port, peer);
            self.machines.stirred = true;
        }
    }
}
