//! The table of a running process as records. A page ends where it is long enough; the next goes on behind its last
//! prefix, and finds whatever is there by then.

use super::{Body, Entry, Peer, PeerTable, Record, Rib};
use crate::process::Bgp;
use crate::table::{DestId, PathView};
use crate::{Family, PeerIx};
use core::net::Ipv4Addr;
use fib::{Instant, Prefix};
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;

/// Which routes.
#[derive(Copy, Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Which {
    /// Those that policy let in, as it left them.
    #[default]
    Accepted,
    /// All, as they came.
    Received,
}

/// What is asked for.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Query {
    /// Which routes.
    pub which: Which,
    /// Go on here; `None`: from the start, with the table of peers.
    pub after: Option<Cursor>,
}

/// Where a page ends.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Cursor {
    /// The last prefix looked at.
    pub prefix: Prefix,
    /// Records of prefixes so far.
    pub sequence: u32,
    /// The names of the peers when the dump began, by their places from 1 on.
    pub peers: Vec<String>,
}

/// Records, and how to go on.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Page {
    /// As they are in a file.
    #[serde(with = "hex")]
    pub bytes: Vec<u8>,
    /// Ask again with this; `None`: that was all.
    pub more: Option<Cursor>,
}

impl Page {
    /// A page ends behind this many bytes.
    pub const BYTES: usize = 256 * 1024;
    /// And behind this many prefixes.
    pub const SCAN: usize = 10_000;
}

impl Bgp {
    /// A page of a dump. Times are those of [`Bgp::set_wall_clock`]; without one, seconds since the start.
    pub fn mrt_page(&self, now: Instant, query: &Query) -> Page {
        let names = match &query.after {
            Some(cursor) => cursor.peers.clone(),
            None => self.by_key.keys().map(ToString::to_string).take(usize::from(u16::MAX) - 1).collect(),
        };
        let mut dump = Dump {
            bgp: self,
            which: query.which,
            at: self.unix(now.as_secs()),
            places: self.places(&names),
            sequence: query.after.as_ref().map_or(0, |cursor| cursor.sequence),
            bytes: Vec::new(),
        };
        if query.after.is_none() {
            dump.put(Body::Peers(self.peer_table()));
        }
        let last = dump.walk(query.after.as_ref().map(|cursor| cursor.prefix));
        let more = last.map(|prefix| Cursor { prefix, sequence: dump.sequence, peers: names });
        Page { bytes: dump.bytes, more }
    }

    fn unix(&self, seconds: u64) -> u32 {
        let at = self.wall_clock.unwrap_or(0).saturating_add(seconds);
        u32::try_from(at).unwrap_or(u32::MAX)
    }

    /// The places in the file of those peers that are still there. The router itself is at the first.
    fn places(&self, names: &[String]) -> BTreeMap<PeerIx, u16> {
        let now: BTreeMap<String, PeerIx> =
            self.by_key.iter().map(|(key, ix)| (key.to_string(), *ix)).collect();
        let peers = names.iter().zip(1_u16..).filter_map(|(name, at)| Some((*now.get(name)?, at)));
        core::iter::once((PeerIx::SELF, 0)).chain(peers).collect()
    }

    fn peer_table(&self) -> PeerTable {
        let own = Peer { router_id: Ipv4Addr::UNSPECIFIED, address: Ipv4Addr::UNSPECIFIED.into(), asn: 0 };
        let peer = |ix: &PeerIx| {
            let Some(peer) = self.peers.get(ix) else { return own };
            let agreed = peer.negotiated();
            Peer {
                router_id: agreed.map_or(Ipv4Addr::UNSPECIFIED, |n| n.peer_id),
                address: peer.address.unwrap_or(own.address),
                asn: agreed.map_or(0, |n| n.peer_as),
            }
        };
        PeerTable {
            collector: self.identity.as_ref().map_or(Ipv4Addr::UNSPECIFIED, |i| i.router_id),
            view: String::new(),
            peers: core::iter::once(own).chain(self.by_key.values().map(peer)).collect(),
        }
    }
}

/// A page while it is made.
struct Dump<'a> {
    bgp: &'a Bgp,
    which: Which,
    at: u32,
    places: BTreeMap<PeerIx, u16>,
    sequence: u32,
    bytes: Vec<u8>,
}

impl Dump<'_> {
    fn put(&mut self, body: Body) {
        Record { at: self.at, micros: None, body }.encode(&mut self.bytes);
    }

    /// Answers the last prefix of the page, when there are more.
    fn walk(&mut self, after: Option<Prefix>) -> Option<Prefix> {
        let mut last = after;
        let mut looked_at = 0;
        let bgp = self.bgp;
        let reached = after.map_or(Family::Ipv4, |prefix| Family::of(prefix.is_v4()));
        for family in Family::ALL.into_iter().filter(|family| *family >= reached) {
            let start = after.filter(|prefix| Family::of(prefix.is_v4()) == family);
            for (prefix, dest) in bgp.table.after(family, start.as_ref()) {
                if looked_at >= Page::SCAN || self.bytes.len() >= Page::BYTES {
                    return last;
                }
                looked_at += 1;
                last = Some(prefix);
                self.destination(family, prefix, dest);
            }
        }
        None
    }

    fn destination(&mut self, family: Family, prefix: Prefix, dest: DestId) {
        let wanted = |path: &PathView| self.which == Which::Received || path.rejected.is_none();
        let paths = self.bgp.table.paths(family, dest).filter(wanted);
        let entries: Vec<Entry> = paths.filter_map(|path| self.entry(&path)).collect();
        if entries.is_empty() {
            return;
        }
        let add_path = entries.iter().any(|entry| entry.path_id != 0);
        self.put(Body::Rib(Rib { sequence: self.sequence, prefix, add_path, entries }));
        self.sequence = self.sequence.wrapping_add(1);
    }

    /// `None`: of a peer that came after the dump began.
    fn entry(&self, path: &PathView) -> Option<Entry> {
        let own = path.from.peer == PeerIx::SELF;
        let set = if self.which == Which::Received { path.received } else { path.used };
        Some(Entry {
            peer: *self.places.get(&path.from.peer)?,
            originated: self.bgp.unix(path.since.into()),
            // Between routes of our own it tells where they come from, and nobody has been told.
            path_id: if own { 0 } else { path.from.path_id },
            attributes: self.bgp.table.attrs.get(set).bytes().to_vec(),
        })
    }
}

/// Bytes as two digits each: short enough on the way to who asked.
mod hex {
    use serde::{Deserialize, Deserializer, Serializer, de::Error};

    const DIGITS: &[u8; 16] = b"0123456789abcdef";

    pub fn serialize<S: Serializer>(bytes: &[u8], to: S) -> Result<S::Ok, S::Error> {
        let digit = |n: u8| DIGITS.get(usize::from(n)).copied().map_or('0', char::from);
        let text: String = bytes.iter().flat_map(|b| [digit(b >> 4), digit(b & 15)]).collect();
        to.serialize_str(&text)
    }

    pub fn deserialize<'de, D: Deserializer<'de>>(from: D) -> Result<Vec<u8>, D::Error> {
        let text = String::deserialize(from)?;
        let digit = |c: u8| char::from(c).to_digit(16).and_then(|n| u8::try_from(n).ok());
        let (pairs, rest) = text.as_bytes().as_chunks::<2>();
        let bytes = pairs.iter().map(|[high, low]| Some(digit(*high)? << 4 | digit(*low)?));
        bytes
            .collect::<Option<Vec<u8>>>()
            .filter(|_| rest.is_empty())
            .ok_or_else(|| D::Error::custom("not hex digits"))
    }
}
