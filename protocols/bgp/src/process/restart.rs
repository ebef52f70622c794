//! Graceful restart (RFC 4724, RFC 8538): the routes of a peer that comes back are kept meanwhile; after a restart of our
//! own nothing is chosen before the peers have told everything.

use super::{Bgp, Idle, Timer};
use crate::config::{GracefulRestartMode, NeighborConfig};
use crate::session::{Down, Negotiated, Own};
use crate::wire::Restart;
use crate::{Family, PeerIx};
use core::time::Duration;
use fib::Instant;
use proto::{Level, Notice};
use std::sync::Arc;

impl Bgp {
    /// What sessions say of our own restarts.
    pub(crate) fn own_restart(&self) -> Own {
        Own { restarting: self.deferring, config: self.config.graceful_restart }
    }

    /// We have just started: if a peer is to keep our routes, nothing is chosen before all have sent theirs.
    pub(crate) fn start_deferring(&mut self, now: Instant) {
        let restart = self.config.graceful_restart;
        self.deferring = restart.mode == GracefulRestartMode::Restarter || self.asks_some_peer();
        if self.deferring {
            let seconds = |n: u16| Duration::from_secs(n.into());
            self.timers.set(Timer::Defer, now + seconds(restart.select_defer_time));
            self.timers.set(Timer::ComeBack, now + seconds(restart.restart_time));
        }
    }

    /// A neighbor, or a range of them, is asked to keep our routes though the process as such asks nobody.
    fn asks_some_peer(&self) -> bool {
        let asks = |n: &NeighborConfig| n.graceful_restart == Some(GracefulRestartMode::Restarter);
        self.config.neighbors.values().any(asks) || self.config.peer_groups.values().any(asks)
    }

    pub(crate) fn stop_deferring(&mut self, now: Instant, why: &str) {
        if core::mem::take(&mut self.deferring) {
            self.timers.stop(&Timer::Defer);
            self.timers.stop(&Timer::ComeBack);
            self.notice(Notice::new(Level::Info, "bgp", "paths are chosen from now on").with("because", why));
            let own = self.own_restart();
            for peer in self.peers.values_mut() {
                let (settings, identity) = (Arc::clone(&peer.settings), Arc::clone(peer.session.identity()));
                peer.session.configure(now, settings, identity, own);
            }
            // Where there is nothing to tell there is still End-of-RIB.
            self.note_writable(now);
        }
    }

    /// Chooses paths from now on if nobody has to be waited for any more.
    pub(crate) fn defer_no_longer_than_needed(&mut self, now: Instant) {
        if self.deferring && self.defer_done() {
            self.stop_deferring(now, "all peers have told everything");
        }
    }

    /// Whether every peer has told everything. One that is not there is waited for as long as it would wait for us.
    fn defer_done(&self) -> bool {
        let may_come = self.timers.get(&Timer::ComeBack).is_some();
        let mut spoke = false;
        let all = self.peers.values().all(|peer| match peer.negotiated() {
            Some(negotiated) => {
                spoke = true;
                // RFC 4724 4.1: who restarts as well waits for us; who does not have the capability says no End-of-RIB.
                negotiated.restart.as_ref().is_none_or(|r| r.restarting)
                    || negotiated.families.iter().all(|f| peer.families.get(f).is_some_and(|x| x.end_of_rib))
            }
            None => !(may_come && matches!(peer.idle, None | Some(Idle::NoRoute))),
        });
        all && (spoke || !may_come)
    }

    /// An established session has ended: its routes go, or stay as stale.
    pub(crate) fn session_down(&mut self, now: Instant, ix: PeerIx, down: &Down) {
        let families = self.peers.get(&ix).map(|p| p.families.keys().copied().collect::<Vec<_>>());
        for family in families.unwrap_or_default() {
            let keep = down.graceful && down.kept.contains(&family) && !self.is_leaving(ix);
            // What was stale before this session and is so still has had its chance (RFC 4724 4.2).
            self.table.sweep(ix, family);
            self.table.new_generation(ix, family);
            if keep {
                let stale = Duration::from_secs(self.config.graceful_restart.stalepath_time.into());
                self.timers.set(Timer::Stale(ix, family), now + stale);
            } else {
                self.timers.stop(&Timer::Stale(ix, family));
                self.table.sweep(ix, family);
            }
            if let Some(state) = self.peers.get_mut(&ix).and_then(|p| p.families.get_mut(&family)) {
                state.stale = keep;
                state.end_of_rib = false;
                state.warned = false;
            }
        }
        if !down.graceful {
            self.debug_restart(ix, "the session ended and nothing is kept", None);
        }
        if down.graceful && !self.is_leaving(ix) {
            self.debug_restart(ix, "its routes are stale; it is awaited", Some(down.restart_time.into()));
            self.timers.set(Timer::Restart(ix), now + Duration::from_secs(down.restart_time.into()));
        }
    }

    fn is_leaving(&self, ix: PeerIx) -> bool {
        self.peers.get(&ix).is_none_or(|p| p.leaving)
    }

    /// A session is up: of the stale families those stay that the peer has kept forwarding for (RFC 4724 4.2).
    pub(crate) fn session_back(&mut self, ix: PeerIx, negotiated: &Negotiated) {
        let restarts = negotiated.restart.as_ref().map(|r| (r.restarting, r.time));
        let text = match restarts {
            Some((true, _)) => "it is back from a restart",
            Some((false, _)) => "it can restart gracefully",
            None => "it cannot restart gracefully",
        };
        self.debug_restart(ix, text, restarts.map(|(_, time)| time.into()));
        self.timers.stop(&Timer::Restart(ix));
        for family in Family::ALL {
            let kept = |r: &Restart| r.families.get(&family) == Some(&true);
            let keep = negotiated.families.contains(&family) && negotiated.restart.as_ref().is_some_and(kept);
            if !keep {
                self.sweep_stale(ix, family, "the peer did not preserve forwarding");
            }
        }
    }

    /// The peer has not come back in its time.
    pub(crate) fn restart_over(&mut self, ix: PeerIx) {
        for family in Family::ALL {
            self.sweep_stale(ix, family, "the peer has not come back in time");
        }
    }

    /// Forgets what is still stale.
    pub(crate) fn sweep_stale(&mut self, ix: PeerIx, family: Family, why: &str) {
        self.timers.stop(&Timer::Stale(ix, family));
        let Some(peer) = self.peers.get_mut(&ix) else { return };
        let Some(state) = peer.families.get_mut(&family) else { return };
        if core::mem::take(&mut state.stale) {
            let name = peer.settings.key.to_string();
            self.table.sweep(ix, family);
            self.busy = true;
            self.notice(
                Notice::new(Level::Info, "bgp", "stale paths are forgotten")
                    .with("neighbor", name)
                    .with("family", family)
                    .with("because", why),
            );
        }
    }

    /// End-of-RIB (RFC 4724 2): everything has been told; what is stale still is not any more.
    pub(crate) fn end_of_rib(&mut self, ix: PeerIx, family: Family) {
        if let Some(state) = self.peers.get_mut(&ix).and_then(|p| p.families.get_mut(&family)) {
            state.end_of_rib = true;
        }
        self.debug_restart(ix, "End-of-RIB", None);
        self.sweep_stale(ix, family, "the peer has told everything again");
    }
}
