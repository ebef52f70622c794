//! What `show bgp neighbors` says of graceful restarts.

use super::paths::millis;
use super::{EndOfRib, NeighborRestart};
use crate::config::{GracefulRestartMode, NeighborConfig};
use crate::process::{Bgp, Peer, Timer};
use crate::settings::Settings;
use crate::wire::Restart;
use crate::{Family, PeerIx};
use fib::Instant;

impl Bgp {
    /// Graceful restart of a neighbor.
    pub(super) fn restart_view(&self, now: Instant, ix: PeerIx, peer: &Peer) -> NeighborRestart {
        let negotiated = peer.negotiated();
        let said = negotiated.and_then(|n| n.received.graceful_restart.as_ref());
        let own = negotiated.and_then(|n| n.sent.graceful_restart.as_ref());
        let remote = said.map(|restart| match restart.families.is_empty() {
            true => GracefulRestartMode::Helper,
            false => GracefulRestartMode::Restarter,
        });
        let family = |family: &Family| {
            let announced = said.and_then(|r| r.families.get(family)).copied();
            let end = EndOfRib {
                forwarding: announced.unwrap_or(false),
                announced: announced.is_some(),
                sent: self.export.end_of_rib_sent(ix, *family),
                received: peer.families.get(family).is_some_and(|f| f.end_of_rib),
            };
            (*family, end)
        };
        let says = |n: Option<&NeighborConfig>| n.is_some_and(|n| n.graceful_restart.is_some());
        let Settings { key, group, .. } = &*peer.settings;
        let group = group.as_ref().and_then(|name| self.config.peer_groups.get(name));
        let own_mode = says(self.config.neighbors.get(key)) || says(group);
        NeighborRestart {
            local: peer.settings.graceful_restart,
            global: self.config.graceful_restart.mode,
            inherited: !own_mode,
            remote,
            restarting: said.is_some_and(|r| r.restarting),
            notification: said.is_some_and(|r| r.notification)
                && own.is_some_and(|r: &Restart| r.notification),
            times: (self.config.graceful_restart.restart_time, said.map_or(0, |r| r.time)),
            stalepath_time: self.config.graceful_restart.stalepath_time,
            select_defer_time: self.config.graceful_restart.select_defer_time,
            waiting_ms: self.timers.get(&Timer::Restart(ix)).map(|at| millis(at, now)),
            families: negotiated.map(|n| n.families.iter().map(family).collect()).unwrap_or_default(),
        }
    }
}
