//! Monitoring in the process: connections to BMP stations, and what they are told of sessions and paths.

use super::Bgp;
use super::api::{ConnId, Connect, Socket, Tcp};
use crate::bmp::{self, Monitored, Output, PeerHeader, View, stamp};
use crate::session::Negotiated;
use crate::wire::{Capabilities, Open};
use crate::{Family, PeerIx};
use bytes::BytesMut;
use core::net::SocketAddr;
use fib::Instant;
use proto::{Level, Notice};

impl Bgp {
    /// What stations want of the world, and what moved in the table.
    pub(crate) fn stations(&mut self, now: Instant) {
        let moved = self.table.take_moved();
        if !moved.is_empty() {
            self.bmp.moved(now, &moved);
        }
        while let Some(output) = self.bmp.poll_output() {
            match output {
                Output::Connect(conn, station) => self.sockets.push_back(Socket::Connect(Connect {
                    conn,
                    local: None,
                    remote: SocketAddr::new(station.address, station.port),
                    port: None,
                    tcp: Tcp { ttl: 64, min_ttl: 0, md5: None },
                })),
                Output::Close(conn, reset) => self.sockets.push_back(Socket::Close { conn, reset }),
                Output::Said(target, text) => {
                    self.notice(Notice::new(Level::Info, "bgp bmp", text).with("target", target));
                }
            }
        }
        self.table.watch(self.bmp.is_listening());
        self.writable.extend(self.bmp.writable());
    }

    pub(crate) fn station_connected(&mut self, now: Instant, conn: ConnId) {
        let name = self.identity.as_ref().map(|i| i.router_id.to_string()).unwrap_or_default();
        self.bmp.handle_connected(now, conn, &name);
        self.stations(now);
    }

    pub(crate) fn fill_station(&mut self, now: Instant, conn: ConnId, room: usize, out: &mut BytesMut) {
        let before = out.len();
        let view = View { now, wall_clock: self.wall_clock, table: &self.table };
        self.bmp.fill(conn, room, out, &view);
        // A walk that found nothing so far goes on.
        self.busy |= out.len() == before && self.bmp.writable().any(|c| c == conn);
    }

    /// A session is established.
    pub(crate) fn monitor_up(&mut self, now: Instant, ix: PeerIx, negotiated: &Negotiated) {
        let (Some(peer), Some(identity)) = (self.peers.get(&ix), &self.identity) else { return };
        let open = |asn, hold, router_id, capabilities: &Capabilities| Open {
            asn,
            hold,
            router_id,
            capabilities: capabilities.clone(),
            has_capabilities: *capabilities != Capabilities::default(),
        };
        let settings = &peer.settings;
        let sent = open(settings.local_as, settings.timers.hold, identity.router_id, &negotiated.sent);
        let received =
            open(negotiated.peer_as, negotiated.peer_hold, negotiated.peer_id, &negotiated.received);
        let header = PeerHeader {
            address: negotiated.remote.ip(),
            asn: negotiated.peer_as,
            router_id: negotiated.peer_id,
        };
        let mut up = BytesMut::new();
        bmp::wire::peer_up(&mut up, &header, stamp(self.wall_clock, now), negotiated, &sent, &received);
        let monitored = Monitored {
            header,
            path_ids: negotiated.codec.add_path_rx,
            families: Family::ALL.map(|f| negotiated.families.contains(&f)),
            up: up.freeze(),
        };
        self.bmp.peer_up(ix, monitored);
    }
}
