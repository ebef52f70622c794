//! What the operator and the process want of a session: that it runs, ends, begins anew, or asks the peer for something.

use super::connection::Phase;
use super::machine::{Life, Session};
use super::{Negotiated, Reason};
use crate::wire::notification::cease;
use crate::wire::{Kind, Notification, Refresh, RouteRefresh};
use crate::{Closed, Family};
use fib::Instant;

impl Session {
    /// It may run from now on: ManualStart, AutomaticStart. It does not while it is shut down or has no family.
    pub fn start(&mut self, now: Instant) {
        self.wanted = true;
        if self.life == Life::Stopped && self.may_run() {
            self.backoff.forget();
            self.bare = false;
            self.run(now);
        }
        self.settle(now);
    }

    /// It ends with this NOTIFICATION (a Cease) and does not run until it is started again.
    pub fn stop(&mut self, now: Instant, why: Notification) {
        self.wanted = false;
        self.halt(now, &why);
        self.settle(now);
    }

    /// The router ends and is to be back: connections close without a word, and the peer keeps our routes (RFC 4724). False:
    /// it would not, or was not asked to; [`Session::stop`] is in order.
    pub fn part(&mut self, now: Instant) -> bool {
        let asked = |n: &Negotiated| n.sent.graceful_restart.as_ref().is_some_and(|r| !r.families.is_empty());
        let keeps = self.negotiated().is_some_and(|n| asked(n) && n.restart.is_some());
        if keeps {
            self.wanted = false;
            self.life = Life::Stopped;
            self.retry = None;
            for conn in self.ids() {
                self.close(conn, false);
                self.lost(now, conn, Reason::Closed(Closed::Finished));
            }
            self.settle(now);
        }
        keeps
    }

    /// `clear bgp`: it ends (Administrative Reset) and is tried again at once, whatever happened before.
    pub fn clear(&mut self, now: Instant) {
        self.restart(now, &Notification::cease(cease::RESET));
        self.settle(now);
    }

    /// Something in the network changed for the better: if it waits to connect, it does so now.
    pub fn hurry(&mut self, now: Instant) {
        if self.life == Life::Running && self.retry.is_some() {
            self.backoff.connected();
            self.retry = Some(now);
            self.handle_timeout(now);
        }
    }

    /// The port to a directly connected peer is down (`bgp fast-external-failover`): connections end at once.
    pub fn port_down(&mut self, now: Instant) {
        self.cut(now, &Reason::PortDown);
    }

    /// The peer is not where it was: connections end at once.
    pub fn address_lost(&mut self, now: Instant) {
        self.cut(now, &Reason::AddressLost);
    }

    fn cut(&mut self, now: Instant, why: &Reason) {
        for conn in self.ids() {
            self.close(conn, true);
            self.lost(now, conn, why.clone());
        }
        self.settle(now);
    }

    /// The process found an error in what the peer sent: it is told, and the session ends.
    pub fn notify(&mut self, now: Instant, why: Notification) {
        if let Some(conn) = self.find(Phase::Established) {
            self.fail(now, conn, why);
        }
        self.settle(now);
    }

    /// Queues a ROUTE-REFRESH; says whether the peer is able to understand it.
    pub fn refresh(&mut self, now: Instant, family: Family, kind: Refresh) -> bool {
        let able = self.negotiated().is_some_and(|n| match kind {
            Refresh::Request => n.route_refresh,
            Refresh::Begin | Refresh::End => n.enhanced_refresh,
        });
        if able && let Some(c) = self.conns.iter_mut().find(|c| c.phase == Phase::Established) {
            c.outbox.push(now, Kind::RouteRefresh, RouteRefresh::new(family, kind).encode());
        }
        able
    }
}
