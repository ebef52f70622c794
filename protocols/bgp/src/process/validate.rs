//! Origin validation in the process: the connection to a cache, and routes judged again when payloads change.

use super::Bgp;
use super::api::{Closed, ConnId, Connect, Socket, Tcp};
use crate::PeerIx;
use crate::rpki::{Output, Validity};
use core::net::SocketAddr;
use fib::{Instant, Prefix};
use proto::{Level, Notice};

impl Bgp {
    /// RFC 6811; `None`: no cache is configured. `origin` is the last AS of the path.
    pub fn validity(&self, prefix: Prefix, origin: Option<u32>) -> Option<Validity> {
        self.rpki.validity(prefix, origin)
    }

    /// The client of validating caches.
    pub fn rpki(&self) -> &crate::rpki::Client {
        &self.rpki
    }

    pub(crate) fn cache_connected(&mut self, now: Instant, conn: ConnId) {
        self.rpki.handle_connected(now, conn);
        self.cache_outputs();
    }

    pub(crate) fn cache_closed(&mut self, now: Instant, conn: ConnId, why: Closed) {
        self.rpki.handle_closed(now, conn, why);
        self.cache_outputs();
    }

    pub(crate) fn cache_stream(&mut self, now: Instant, conn: ConnId, data: &[u8]) -> usize {
        let taken = self.rpki.handle_stream(now, conn, data);
        self.cache_outputs();
        taken
    }

    /// What the client wants of the world.
    pub(crate) fn cache_outputs(&mut self) {
        while let Some(output) = self.rpki.poll_output() {
            match output {
                Output::Connect(conn, cache) => self.sockets.push_back(Socket::Connect(Connect {
                    conn,
                    local: None,
                    remote: SocketAddr::new(cache.address, cache.port),
                    port: None,
                    tcp: Tcp { ttl: 64, min_ttl: 0, md5: None },
                })),
                Output::Close(conn) => self.sockets.push_back(Socket::Close { conn, reset: false }),
                Output::Said(text) => self.notice(Notice::new(Level::Warning, "bgp rpki", text)),
                Output::Changed => self.payloads_changed(),
            }
        }
        self.writable.extend(self.rpki.writable());
    }

    /// Routes of peers whose route maps may look at validity are judged again.
    fn payloads_changed(&mut self) {
        self.notice(Notice::new(Level::Info, "bgp rpki", "payloads").with("number", self.rpki.vrps().len()));
        let concerned = |peer: &super::peer::Peer| {
            let maps = peer.settings.families.values().filter_map(|f| f.import.route_map.as_ref());
            maps.into_iter().any(|name| self.policy.looks(name).rpki)
        };
        let peers: Vec<PeerIx> = self.peers.iter().filter(|(_, p)| concerned(p)).map(|(ix, _)| *ix).collect();
        for ix in peers {
            self.judge_again(ix);
        }
    }
}
