//! Messages of the peer, and what each means in each state (RFC 4271 section 8.2.2, RFC 6608).

use super::collision::{self, Speaker};
use super::connection::{Connection, Phase};
use super::input::Found;
use super::machine::Session;
use super::negotiate::Meeting;
use super::{Negotiated, Output, Reason};
use crate::ConnId;
use crate::wire::notification::code;
use crate::wire::{KEEPALIVE, Kind, Notification, Open};
use bytes::Bytes;
use core::time::Duration;
use fib::Instant;
use std::sync::Arc;

/// How long a connection that is good waits for one that may be better.
const PATIENCE: Duration = Duration::from_secs(2);

impl Session {
    /// Looks for whole messages in what came.
    pub(super) fn find_messages(&mut self, now: Instant, conn: ConnId) {
        while let Some(c) = self.get(conn).filter(|c| !c.waits()) {
            let longest = c.longest();
            match c.input.find(c.phase == Phase::Established, longest) {
                Ok(None) => return,
                Ok(Some(Found::Waits(kind))) => self.handle_message(now, conn, kind, &Bytes::new()),
                Ok(Some(Found::Now(kind, body))) => self.handle_message(now, conn, kind, &body),
                Err(n) => return self.fail(now, conn, n),
            }
        }
    }

    fn handle_message(&mut self, now: Instant, conn: ConnId, kind: Kind, body: &Bytes) {
        self.counters.received.count(kind);
        self.counters.last_read = Some(now);
        self.trace(kind, "received");
        if !matches!(kind, Kind::Update | Kind::RouteRefresh) {
            self.outputs.push_back(Output::Heard(kind, body.clone()));
        }
        let Some(c) = self.get(conn) else { return };
        c.heard(now);
        match (c.phase, kind) {
            (_, Kind::Notification) => self.handle_notification(now, conn, body),
            (Phase::Delayed, Kind::Open) => {
                self.send_open(now, conn);
                self.handle_open(now, conn, body);
            }
            (Phase::OpenSent, Kind::Open) => self.handle_open(now, conn, body),
            // `settle` goes on from here.
            (Phase::OpenConfirm, Kind::Keepalive) => {
                c.confirmed = true;
                c.deadline = Some(now + PATIENCE);
            }
            (Phase::Established, Kind::Keepalive | Kind::Update) => {}
            // As in FRR: to who did not offer it, it is no message at all.
            (Phase::Established, Kind::RouteRefresh) if !c.offered.route_refresh => {
                self.fail(now, conn, Notification::bad_type(kind as u8));
            }
            (Phase::Established, Kind::RouteRefresh) => {}
            (Phase::OpenSent, _) => self.fail(now, conn, Notification::unexpected_in_open_sent(kind)),
            (Phase::OpenConfirm, _) => self.fail(now, conn, Notification::unexpected_in_open_confirm(kind)),
            (Phase::Established, _) => self.fail(now, conn, Notification::unexpected_in_established(kind)),
            (Phase::Connecting | Phase::Accepted | Phase::Delayed, _) => {
                self.fail(now, conn, Notification::new(code::FSM, 0));
            }
        }
    }

    fn handle_open(&mut self, now: Instant, conn: ConnId, body: &[u8]) {
        match Open::parse(body).and_then(|open| self.agree(conn, open)) {
            Ok(agreed) => {
                let notice = self
                    .event("OPEN is good")
                    .with("as", agreed.peer_as)
                    .with("identifier", agreed.peer_id)
                    .with("hold", agreed.hold);
                self.outputs.push_back(Output::Notice(notice));
                self.confirm(now, conn, agreed);
            }
            Err(n) => self.fail(now, conn, n),
        }
    }

    fn agree(&mut self, conn: ConnId, open: Open) -> Result<Negotiated, Notification> {
        let wrong = Notification::new(code::FSM, 0);
        let c = self.conns.iter().find(|c| c.id == conn).ok_or_else(|| wrong.clone())?;
        let ends = c.ends.ok_or(wrong)?;
        let meeting =
            Meeting { settings: &self.settings, identity: &self.identity, conn, ends, sent: &c.offered };
        meeting.agree(open)
    }

    /// The OPEN is good. If another connection is as far, one of them goes.
    fn confirm(&mut self, now: Instant, conn: ConnId, agreed: Negotiated) {
        if !self.prevails(now, conn, &agreed) {
            return self.give_up(now, conn);
        }
        let Some(c) = self.get(conn) else { return };
        c.agreed = Some(Arc::new(agreed));
        c.phase = Phase::OpenConfirm;
        c.hold = None;
        c.heard(now);
        c.outbox.push(now, Kind::Keepalive, Bytes::from_static(&KEEPALIVE));
        self.schedule_keepalive(now, conn);
        self.stop_connecting();
    }

    /// Whether `conn` goes on, given the others (RFC 4271 section 6.8); if so, those it beats are gone.
    fn prevails(&mut self, now: Instant, conn: ConnId, agreed: &Negotiated) -> bool {
        let Some(other) = self.conns.iter().find(|c| c.id != conn && c.phase >= Phase::OpenConfirm) else {
            return true;
        };
        let (id, established) = (other.id, other.phase == Phase::Established);
        let us = Speaker { router_id: self.identity.router_id, asn: self.settings.local_as };
        let peer = Speaker { router_id: agreed.peer_id, asn: agreed.peer_as };
        let outgoing = self.conns.iter().any(|c| c.id == conn && c.outgoing);
        if established {
            // RFC 4724 section 5: a peer that can restart has done so, and the old connection is dead.
            let restarts = other
                .agreed
                .as_ref()
                .and_then(|a| a.restart.as_ref())
                .is_some_and(|r| !r.families.is_empty());
            if restarts && !outgoing {
                self.close(id, true);
                self.lost(now, id, Reason::Replaced);
            }
            return restarts && !outgoing;
        }
        let stays = collision::stays(outgoing, us, peer);
        if stays {
            self.give_up(now, id);
        }
        stays
    }

    /// A connection whose KEEPALIVE has come is established at once, unless the peer has another one under way that would
    /// win against it: both sides see the two in different orders, and the peer may be about to give up this one.
    /// RFC 4271 would let either side establish the one and the other side the other, and both would close both.
    pub(super) fn proceed(&mut self, now: Instant) {
        let Some(c) = self.conns.iter().find(|c| c.waits()) else { return };
        let (id, Some(agreed)) = (c.id, &c.agreed) else { return };
        let us = Speaker { router_id: self.identity.router_id, asn: self.settings.local_as };
        let peer = Speaker { router_id: agreed.peer_id, asn: agreed.peer_as };
        let wins = |c: &Connection| collision::stays(c.outgoing, us, peer);
        let rival = |c: &Connection| c.phase != Phase::Connecting && c.phase < Phase::OpenConfirm && wins(c);
        if !self.conns.iter().any(rival) {
            self.establish(now, id);
        }
    }

    /// The peer's connection is good: ours is not needed, unless the peer has it already.
    fn stop_connecting(&mut self) {
        self.retry = None;
        while let Some(c) = self.conns.iter().find(|c| c.phase == Phase::Connecting) {
            let id = c.id;
            self.conns.retain(|c| c.id != id);
            self.close(id, true);
        }
    }

    fn handle_notification(&mut self, now: Instant, conn: ConnId, body: &[u8]) {
        let n = Notification::parse(body);
        self.counters.last_received = Some((now, n.clone()));
        let notice = self.event("the peer ends the connection").with("reason", &n);
        self.outputs.push_back(Output::Notice(notice));
        // RFC 5492 section 3: a speaker older than capabilities takes them for a parameter it does not know.
        self.bare |= (n.code, n.subcode) == (code::OPEN, 4);
        self.close(conn, false);
        self.lost(now, conn, Reason::Received(n));
    }
}
