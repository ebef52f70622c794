//! How connections and the session begin and end: transitions of the state machine (RFC 4271 section 8.2.2), and what an end
//! means for the routes (RFC 4724, RFC 8538).

use super::connection::{Closing, Connection, Phase};
use super::machine::{Life, Session};
use super::{Down, Negotiated, Output, Reason, Reset, negotiate};
use crate::wire::notification::{cease, code};
use crate::wire::{Kind, Notification};
use crate::{Closed, ConnId, Family};
use core::time::Duration;
use fib::Instant;
use proto::Level;
use std::collections::BTreeSet;

/// The hold time until one is agreed on (RFC 4271 section 8.2.2: "a large value", 4 minutes).
const LARGE_HOLD: Duration = Duration::from_secs(240);
/// The longest an attempt to open a connection is waited for: the stack repeats its SYNs ever more rarely.
const MAX_ATTEMPT: u16 = 30;
/// The shortest: `timers connect 1` must not cut off every handshake over a slow path.
const MIN_ATTEMPT: u16 = 5;
/// The longest rest after a first failure.
const FIRST_REST: Duration = Duration::from_secs(1);
/// How long a NOTIFICATION may take to leave.
const FAREWELL: Duration = Duration::from_secs(5);
/// Connections that are saying farewell at the same time.
const MAX_CLOSING: usize = 4;
impl Session {
    /// Whether the settings let it run.
    pub(super) fn may_run(&self) -> bool {
        self.why_not().is_none()
    }

    pub(super) fn why_not(&self) -> Option<&'static str> {
        if self.settings.shutdown.is_some() {
            Some("Admin. shutdown")
        } else if self.settings.families.is_empty() {
            Some("No AFI/SAFI activated for peer")
        } else if self.identity.router_id.is_unspecified() {
            Some("No router ID")
        } else {
            None
        }
    }

    /// Leaves Idle.
    pub(super) fn run(&mut self, now: Instant) {
        self.life = Life::Running;
        self.retry = None;
        self.connect(now);
    }

    /// Ends every connection, and everything until [`Session::run`].
    pub(super) fn halt(&mut self, now: Instant, why: &Notification) {
        self.life = Life::Stopped;
        self.retry = None;
        for conn in self.ids() {
            self.fail(now, conn, why.clone());
        }
    }

    /// Ends every connection and begins anew.
    pub(super) fn restart(&mut self, now: Instant, why: &Notification) {
        let stopped = self.life == Life::Stopped;
        self.halt(now, why);
        self.backoff.forget();
        self.bare = false;
        if self.may_run() && self.wanted && !stopped {
            self.run(now);
        }
    }

    /// Opens a connection, unless there is one of ours or the peer's is good already.
    pub(super) fn connect(&mut self, now: Instant) {
        let good = self.conns.iter().any(|c| c.outgoing || c.phase >= Phase::OpenConfirm);
        if self.life != Life::Running || self.settings.passive || good {
            return;
        }
        let id = self.next_id();
        let limit = self.settings.connect_retry.clamp(MIN_ATTEMPT, MAX_ATTEMPT);
        self.conns.push(Connection::new(id, true, now + Duration::from_secs(u64::from(limit))));
        self.counters.attempts = self.counters.attempts.saturating_add(1);
        self.outputs.push_back(Output::Connect { conn: id });
    }

    pub(super) fn send_open(&mut self, now: Instant, conn: ConnId) {
        let mut own = self.own;
        // RFC 4724 section 3: the F bit is about what this peer was told before. We forward ourselves, so that lives and
        // dies with the process.
        own.config.preserve_fw_state &= self.counters.established > 0;
        let open = negotiate::offer(&self.settings, &self.identity, &own, self.bare);
        let Some(c) = self.get(conn) else { return };
        c.phase = Phase::OpenSent;
        c.deadline = None;
        c.hold = Some(now + LARGE_HOLD);
        c.outbox.push(now, Kind::Open, open.encode());
        c.offered = open.capabilities;
    }

    /// The peer's KEEPALIVE has come: routes may flow.
    pub(super) fn establish(&mut self, now: Instant, conn: ConnId) {
        let Some(c) = self.get(conn) else { return };
        let Some(agreed) = c.agreed.clone() else { return };
        c.phase = Phase::Established;
        c.deadline = None;
        self.retry = None;
        self.backoff.connected();
        self.counters.established = self.counters.established.saturating_add(1);
        self.counters.established_at = Some(now);
        let notice = self.notice(Level::Info, "bgp", "neighbor is up");
        self.outputs.push_back(Output::Notice(notice));
        self.outputs.push_back(Output::Established(agreed));
        // What came while it waited.
        self.find_messages(now, conn);
    }

    /// We end a connection and tell the peer why.
    pub(super) fn fail(&mut self, now: Instant, conn: ConnId, why: Notification) {
        let Some(c) = self.get(conn) else { return };
        if c.phase < Phase::OpenSent {
            // RFC 4271 section 8.2.1.5: without an OPEN no NOTIFICATION.
            self.close(conn, true);
            return self.lost(now, conn, Reason::Closed(Closed::Reset));
        }
        let why = self.harden(conn, why);
        let Some(mut c) = self.remove(conn) else { return };
        self.counters.last_sent = Some((now, why.clone()));
        self.say_farewell(now, &mut c, &why);
        self.ended(now, &c, Reason::Sent(why));
    }

    /// The connection closes when the NOTIFICATION, and what waits before it, has been taken.
    fn say_farewell(&mut self, now: Instant, c: &mut Connection, why: &Notification) {
        c.outbox.push(now, Kind::Notification, why.encode());
        let notice = self.event("the connection ends").with("reason", why);
        self.outputs.push_back(Output::Notice(notice));
        if self.closing.len() >= MAX_CLOSING {
            let oldest = self.closing.remove(0);
            self.close(oldest.id, true);
        }
        let outbox = core::mem::take(&mut c.outbox);
        self.closing.push(Closing { id: c.id, outbox, deadline: now + FAREWELL });
    }

    pub(super) fn fail_silently(&mut self, now: Instant, conn: ConnId, why: Notification) {
        let Some(c) = self.remove(conn) else { return };
        self.close(conn, true);
        self.counters.last_sent = Some((now, why.clone()));
        self.ended(now, &c, Reason::Sent(why));
    }

    /// Where both sides keep routes over a NOTIFICATION, one that means an end for good says so (RFC 8538 section 5.1).
    fn harden(&self, conn: ConnId, why: Notification) -> Notification {
        let agreed = self.conns.iter().find(|c| c.id == conn).and_then(|c| c.agreed.as_ref());
        let for_good = why.code == code::CEASE
            && matches!(
                why.subcode,
                cease::MAXIMUM_PREFIXES | cease::SHUTDOWN | cease::DECONFIGURED | cease::RESET | cease::BFD
            );
        if for_good && agreed.is_some_and(|a| keeps_over_notification(a)) { why.hard() } else { why }
    }

    /// Of two connections this one goes. The session does not count that as an end.
    pub(super) fn give_up(&mut self, now: Instant, conn: ConnId) {
        let Some(mut c) = self.remove(conn) else { return };
        self.counters.collisions = self.counters.collisions.saturating_add(1);
        if c.phase < Phase::OpenSent {
            return self.close(conn, true);
        }
        self.say_farewell(now, &mut c, &Notification::cease(cease::COLLISION));
    }

    /// A connection ended without a word of ours.
    pub(super) fn lost(&mut self, now: Instant, conn: ConnId, reason: Reason) {
        if let Some(c) = self.remove(conn) {
            self.ended(now, &c, reason);
        }
    }

    /// `c` is no more; what now? Another connection goes on. Otherwise what ended in TCP before any OPEN came is tried
    /// again soon, and everything else after a rest in Idle.
    fn ended(&mut self, now: Instant, c: &Connection, reason: Reason) {
        let uptime = if c.phase == Phase::Established { self.down(now, c, &reason) } else { Duration::ZERO };
        let in_tcp = match &reason {
            Reason::Closed(_) => c.phase <= Phase::OpenSent,
            // It has another connection that it likes better.
            Reason::Received(n) => *n == Notification::cease(cease::COLLISION),
            Reason::PortDown | Reason::AddressLost | Reason::Replaced => true,
            Reason::Sent(_) => false,
        };
        let counts = c.phase >= Phase::OpenSent || matches!(reason, Reason::Received(_));
        if c.phase == Phase::Established || (counts && self.conns.is_empty()) {
            self.counters.last_reset = Some(Reset { at: now, reason });
        }
        if self.life != Life::Running {
            return;
        }
        if !in_tcp && self.conns.is_empty() {
            let hold = self.backoff.idle_hold(uptime, &mut self.rng);
            // Who only waits to be called and hangs up for a second may miss the call.
            if !self.settings.passive || hold > FIRST_REST {
                self.life = Life::Resting(now + hold);
                self.retry = None;
            }
            return;
        }
        let busy = self.conns.iter().any(|c| c.outgoing || c.phase >= Phase::OpenConfirm);
        if !busy && self.retry.is_none() && !self.settings.passive {
            let wait = self.backoff.retry(self.settings.connect_retry, &mut self.rng);
            self.retry = Some(now + wait);
        }
    }

    /// The established session is no more; returns how long it lasted.
    fn down(&mut self, now: Instant, c: &Connection, reason: &Reason) -> Duration {
        self.counters.dropped = self.counters.dropped.saturating_add(1);
        self.counters.down_at = Some(now);
        let notice = self.notice(Level::Info, "bgp", "neighbor is down").with("reason", reason.to_string());
        let notice = match reason.message() {
            Some(message) => notice.with("message", message),
            None => notice,
        };
        self.outputs.push_back(Output::Notice(notice));
        let kept = c.agreed.as_ref().map(|a| kept(a, reason)).unwrap_or_default();
        self.outputs.push_back(Output::Down(Down {
            reason: reason.clone(),
            graceful: !kept.is_empty(),
            restart_time: c.agreed.as_ref().and_then(|a| a.restart.as_ref()).map_or(0, |r| r.time),
            kept,
        }));
        now.since(self.counters.established_at.unwrap_or(now))
    }
}

/// Both have the N bit (RFC 8538 section 4).
fn keeps_over_notification(agreed: &Negotiated) -> bool {
    let ours = agreed.sent.graceful_restart.as_ref().is_some_and(|r| r.notification);
    ours && agreed.restart.as_ref().is_some_and(|r| r.notification)
}

/// The families whose routes stay over the end of a session (RFC 4724 section 4.2, RFC 8538 section 4).
fn kept(agreed: &Negotiated, reason: &Reason) -> BTreeSet<Family> {
    let keeps = match reason {
        Reason::Closed(_) | Reason::Replaced | Reason::PortDown | Reason::AddressLost => true,
        Reason::Sent(n) | Reason::Received(n) => keeps_over_notification(agreed) && !n.is_hard_reset(),
    };
    match agreed.restart.as_ref().filter(|_| keeps) {
        Some(restart) => restart.families.keys().copied().filter(|f| agreed.families.contains(f)).collect(),
        None => BTreeSet::new(),
    }
}
