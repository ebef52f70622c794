//! The table as export sees it, and UPDATEs into a socket.

use super::Bgp;
use super::peer::Peer;
use crate::attrs::{AttrId, Entry};
use crate::config::AddPathTx;
use crate::export::{Context, Route, Routes, Source};
use crate::rpki::Client;
use crate::table::{DestId, PathView, Table};
use crate::{Family, PeerIx, RouterId};
use bytes::BytesMut;
use fib::{Instant, Prefix};
use policy::config::Validity;
use proto::{Level, Notice};
use std::collections::BTreeMap;

/// The table, with what else export asks of a route.
pub(crate) struct Told<'a> {
    pub table: &'a mut Table,
    pub rpki: &'a Client,
    pub peers: &'a BTreeMap<PeerIx, Peer>,
    pub router_id: RouterId,
}

impl Told<'_> {
    fn look(&self) -> Look<'_> {
        Look { table: self.table, rpki: self.rpki, peers: self.peers, router_id: self.router_id }
    }
}

impl Routes for Told<'_> {
    fn ends(&self, family: Family) -> u32 {
        self.table.dest_end(family)
    }

    fn prefix(&self, family: Family, dest: u32) -> Option<Prefix> {
        self.look().prefix(family, dest)
    }

    fn best(&self, family: Family, dest: u32) -> Option<Route> {
        self.look().best(family, dest)
    }

    fn paths(&self, family: Family, dest: u32, which: AddPathTx, each: &mut dyn FnMut(Route)) {
        self.look().paths(family, dest, which, each);
    }

    fn entry(&self, attrs: AttrId) -> &Entry {
        self.table.attrs.get(attrs)
    }

    fn validity(&self, prefix: &Prefix, attrs: AttrId) -> Option<Validity> {
        self.look().validity(prefix, attrs)
    }

    fn source(&self, family: Family, peer: PeerIx) -> Source {
        self.look().source(family, peer)
    }

    fn warm(&self, family: Family, dests: &[u32]) {
        let there = dests.iter().map(|dest| DestId(*dest)).filter(|dest| self.table.is_dest(family, *dest));
        self.table.warm(family, there.map(|dest| self.table.prefix(family, dest)));
    }

    fn hold(&mut self, family: Family, dest: u32) {
        self.table.hold(family, DestId(dest));
    }

    fn release(&mut self, family: Family, dest: u32) {
        self.table.release(family, DestId(dest));
    }
}

/// The same for who only asks what would be told.
#[derive(Clone, Copy)]
pub(crate) struct Look<'a> {
    pub table: &'a Table,
    pub rpki: &'a Client,
    pub peers: &'a BTreeMap<PeerIx, Peer>,
    pub router_id: RouterId,
}

fn route(path: &PathView, suppressed: bool) -> Route {
    Route { attrs: path.used, from: path.from.peer, id: path.id.0.saturating_add(1), suppressed }
}

impl Routes for Look<'_> {
    fn ends(&self, family: Family) -> u32 {
        self.table.dest_end(family)
    }

    fn prefix(&self, family: Family, dest: u32) -> Option<Prefix> {
        self.table.is_dest(family, DestId(dest)).then(|| self.table.prefix(family, DestId(dest)))
    }

    fn best(&self, family: Family, dest: u32) -> Option<Route> {
        let dest = DestId(dest);
        let (from, attrs) = self.table.best_used(family, dest)?;
        Some(Route { attrs, from, id: 1, suppressed: self.table.is_suppressed(family, dest) })
    }

    fn paths(&self, family: Family, dest: u32, which: AddPathTx, each: &mut dyn FnMut(Route)) {
        let dest = DestId(dest);
        if !self.table.is_dest(family, dest) {
            return;
        }
        let suppressed = self.table.is_suppressed(family, dest);
        let mut tell = |path: &PathView| each(route(path, suppressed));
        match which {
            AddPathTx::All => self.table.accepted(family, dest).for_each(|path| tell(&path)),
            AddPathTx::BestPerAs => self.table.best_per_as(family, dest).iter().for_each(tell),
        }
    }

    fn entry(&self, attrs: AttrId) -> &Entry {
        self.table.attrs.get(attrs)
    }

    fn validity(&self, prefix: &Prefix, attrs: AttrId) -> Option<Validity> {
        let origin = || self.table.attrs.get(attrs).as_path().origin();
        self.rpki.is_active().then(|| self.rpki.vrps().validity(*prefix, origin()))
    }

    fn source(&self, family: Family, peer: PeerIx) -> Source {
        match self.table.peer_info(peer) {
            Some(info) => Source {
                peer,
                kind: Some(info.kind),
                router_id: info.router_id,
                reflector_client: info.client.get(family as usize).copied().unwrap_or(false),
                server_client: self.peers.get(&peer).is_some_and(Peer::is_server_client),
            },
            None => Source::local(self.router_id),
        }
    }

    fn hold(&mut self, _: Family, _: u32) {}

    fn release(&mut self, _: Family, _: u32) {}
}

/// Borrows the table of a process as export wants it, beside the export groups themselves.
macro_rules! told {
    ($bgp:expr) => {
        $crate::process::told::Told {
            table: &mut $bgp.table,
            rpki: &$bgp.rpki,
            peers: &$bgp.peers,
            router_id: $bgp.identity.as_ref().map_or(core::net::Ipv4Addr::UNSPECIFIED, |i| i.router_id),
        }
    };
}
pub(crate) use told;

impl Bgp {
    /// What would be told, for `show`.
    pub(crate) fn look(&self) -> Look<'_> {
        let router_id = self.identity.as_ref().map_or(core::net::Ipv4Addr::UNSPECIFIED, |i| i.router_id);
        Look { table: &self.table, rpki: &self.rpki, peers: &self.peers, router_id }
    }

    /// Appends UPDATEs for a peer.
    pub(crate) fn fill_updates(&mut self, now: Instant, ix: PeerIx, room: usize, out: &mut BytesMut) {
        let before = out.len();
        let mut routes = told!(self);
        let mut context = Context { routes: &mut routes, policy: &self.policy };
        self.export.fill(now, ix, room, out, &mut context);
        let count = updates(out.get(before..).unwrap_or_default());
        if let Some(peer) = self.peers.get_mut(&ix) {
            peer.session.updates_sent(now, count);
        }
        for family in self.export.take_capped(ix) {
            let name = self.peers.get(&ix).map(|p| p.settings.key.to_string()).unwrap_or_default();
            self.notice(
                Notice::new(Level::Warning, "bgp", "maximum-prefix-out is reached: routes are held back")
                    .with("neighbor", name)
                    .with("family", family),
            );
        }
    }
}

/// How many messages there are in these bytes.
fn updates(mut bytes: &[u8]) -> u64 {
    let mut count = 0u64;
    while let Some([high, low]) = bytes.get(16..18).and_then(|l| <[u8; 2]>::try_from(l).ok()) {
        count = count.saturating_add(1);
        let length = usize::from(u16::from_be_bytes([high, low])).max(19);
        bytes = bytes.get(length..).unwrap_or_default();
    }
    count
}
