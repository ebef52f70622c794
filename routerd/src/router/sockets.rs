//! Sockets and groups follow what the machines want. Those that are new are open before anything is sent; those that
//! nobody wants any more are closed when the last words have left.

use super::Router;
use super::machines::Sockets;
use crate::stack::LinkStack;
use fib::{Instant, PortId};
use ospf::{Ospf, wire::PROTOCOL as OSPF};
use proto::Rng;
use std::collections::BTreeMap;

impl Router {
    /// Opens sockets and joins groups that are wanted and not there yet.
    pub(super) fn open_sockets(&mut self, now: Instant) {
        if !self.machines.stirred {
            return;
        }
        if !self.machines.want_only(&self.sockets) {
            for (id, sockets) in self.machines.sockets() {
                let have = self.sockets.get(&id).copied().unwrap_or_default();
                let both = Sockets {
                    rip: have.rip || sockets.rip,
                    ospf: have.ospf || sockets.ospf,
                    all_routers: have.all_routers || sockets.all_routers,
                    designated: have.designated || sockets.designated,
                };
                self.set_sockets(now, id, have, both);
            }
        }
        if self.machines.ospf.as_ref().is_some_and(Ospf::has_virtual_links) {
            self.host.set_raw(Some(OSPF));
        }
    }

    /// Closes sockets and leaves groups that are not wanted any more.
    pub(super) fn close_sockets(&mut self, now: Instant) {
        if !std::mem::take(&mut self.machines.stirred) {
            return;
        }
        if !self.machines.want_only(&self.sockets) {
            let wanted = self.machines.sockets();
            let open: BTreeMap<PortId, Sockets> = self.sockets.clone();
            for (id, have) in open {
                self.set_sockets(now, id, have, wanted.get(&id).copied().unwrap_or_default());
            }
        }
        if !self.machines.ospf.as_ref().is_some_and(Ospf::has_virtual_links) {
            self.host.set_raw(None);
        }
    }

    pub(super) fn set_sockets(&mut self, now: Instant, id: PortId, have: Sockets, want: Sockets) {
        if have == want {
            return;
        }
        let seed = self.seed;
        let stack = self
            .links
            .entry(id)
            .or_insert_with(|| LinkStack::new(now, Rng::fork(seed, &format!("link stack {}", id.0)).bits()));
        match want.rip {
            true => stack.open_udp(rip::UDP_PORT),
            false => stack.close_udp(rip::UDP_PORT),
        }
        stack.set_raw(want.ospf.then_some(OSPF));
        if stack.is_idle() {
            self.links.remove(&id);
        }
        let (before, after) = (have.groups(), want.groups());
        before.difference(&after).for_each(|group| self.forwarder.leave(id, *group));
        after.difference(&before).for_each(|group| self.forwarder.join(id, *group));
        if want == Sockets::default() {
            self.sockets.remove(&id);
        } else {
            self.sockets.insert(id, want);
        }
    }
}
