//! What peers said and how their sessions went, as MRT records (RFC 6396 4.4) for `dump bgp all` and `dump bgp updates`.
//! Records wait here until whoever keeps files takes them; when too many wait, the latest are lost and counted.

use super::Bgp;
use crate::config::{DumpKind, RemoteAs};
use crate::mrt::{Body, Message, Record, Session, StateChange, families};
use crate::session::State;
use crate::wire::{HEADER, Kind};
use crate::{Family, PeerIx};
use core::net::{IpAddr, Ipv4Addr, Ipv6Addr};
use fib::Instant;
use std::collections::VecDeque;

/// Bytes of records that may wait.
const WAITING: usize = 16 * 1024 * 1024;
/// Bytes of a record beside its message, about.
const OVERHEAD: usize = 64;

/// Something that happened.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Recorded {
    /// As it is to be written, with microseconds.
    pub record: Record,
    /// It is an UPDATE: what `dump bgp updates` takes.
    pub update: bool,
}

/// See the module.
#[derive(Debug, Default)]
pub(crate) struct Recorder {
    waiting: VecDeque<Recorded>,
    bytes: usize,
    lost: u64,
}

fn size(record: &Record) -> usize {
    match &record.body {
        Body::Message(message) => message.bytes.len().saturating_add(OVERHEAD),
        _ => OVERHEAD,
    }
}

impl Recorder {
    fn push(&mut self, recorded: Recorded) {
        let bytes = self.bytes.saturating_add(size(&recorded.record));
        if bytes > WAITING {
            self.lost = self.lost.saturating_add(1);
            return;
        }
        self.bytes = bytes;
        self.waiting.push_back(recorded);
    }
}

impl Bgp {
    /// The next record of a session. There are only any where [`crate::config::Config::dump`] asks for them.
    pub fn poll_recorded(&mut self) -> Option<Recorded> {
        let recorded = self.recorder.waiting.pop_front()?;
        self.recorder.bytes = self.recorder.bytes.saturating_sub(size(&recorded.record));
        Some(recorded)
    }

    /// Records that were lost because nobody took them in time, since this was last asked.
    pub fn take_lost(&mut self) -> u64 {
        core::mem::take(&mut self.recorder.lost)
    }

    /// A message without its header.
    pub(crate) fn record_message(&mut self, now: Instant, ix: PeerIx, kind: Kind, body: &[u8]) {
        let update = kind == Kind::Update;
        let all = self.config.dump.contains_key(&DumpKind::All);
        let wanted = all || update && self.config.dump.contains_key(&DumpKind::Updates);
        if !wanted {
            return;
        }
        let Some(mut session) = self.recorded_session(ix) else { return };
        let codec = self.peers.get(&ix).and_then(|p| p.negotiated()).map(|n| n.codec);
        let ids = |family: &Family| codec.is_some_and(|c| c.receives_path_ids(*family));
        let add_path = update && families(body).iter().any(ids);
        session.as4 = !update || codec.is_none_or(|c| c.as4);
        let length = HEADER.saturating_add(body.len());
        let mut bytes = vec![0xff; 16];
        bytes.extend(u16::try_from(length).unwrap_or(u16::MAX).to_be_bytes());
        bytes.push(kind as u8);
        bytes.extend_from_slice(body);
        self.record(now, Body::Message(Message { session, add_path, bytes }), update);
    }

    pub(crate) fn record_state(&mut self, now: Instant, ix: PeerIx, from: State, to: State) {
        if !self.config.dump.contains_key(&DumpKind::All) {
            return;
        }
        let Some(session) = self.recorded_session(ix) else { return };
        let change = StateChange { session, old: number(from), new: number(to) };
        self.record(now, Body::State(change), false);
    }

    fn record(&mut self, now: Instant, body: Body, update: bool) {
        let at = self.wall_clock.unwrap_or(0).saturating_add(now.as_secs());
        let micros = now.as_micros().checked_rem(1_000_000).and_then(|n| u32::try_from(n).ok());
        let record = Record { at: u32::try_from(at).unwrap_or(u32::MAX), micros, body };
        self.recorder.push(Recorded { record, update });
    }

    /// Both ends. What is not known yet is unspecified.
    fn recorded_session(&self, ix: PeerIx) -> Option<Session> {
        let peer = self.peers.get(&ix)?;
        let agreed = peer.negotiated();
        let address = agreed.map(|n| n.remote.ip()).or(peer.address)?;
        let unspecified = match address {
            IpAddr::V4(_) => IpAddr::V4(Ipv4Addr::UNSPECIFIED),
            IpAddr::V6(_) => IpAddr::V6(Ipv6Addr::UNSPECIFIED),
        };
        let configured = match peer.settings.remote_as {
            RemoteAs::Number(asn) => asn,
            RemoteAs::Internal => self.config.asn,
            RemoteAs::External => 0,
        };
        let port = self.port_of(&peer.settings).or_else(|| self.connected_port(address));
        Some(Session {
            as4: true,
            peer_as: agreed.map_or(configured, |n| n.peer_as),
            local_as: peer.settings.local_as,
            interface: port.and_then(|p| u16::try_from(p.id.0).ok()).unwrap_or(0),
            peer: address,
            local: agreed
                .map(|n| n.local.ip())
                .filter(|a| a.is_ipv4() == address.is_ipv4())
                .unwrap_or(unspecified),
        })
    }
}

/// RFC 6396 4.4.1.
fn number(state: State) -> u16 {
    match state {
        State::Idle => 1,
        State::Connect => 2,
        State::Active => 3,
        State::OpenSent => 4,
        State::OpenConfirm => 5,
        State::Established => 6,
    }
}
