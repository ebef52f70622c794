//! Next hops, statistics, memory, update groups, attribute sets, validating caches, of a running process.

use super::{
    AttributeSet, Attributes, CacheView, MemoryLine, NextHop, PrefixTable, RoaView, RpkiView, Statistics,
    UpdateGroup,
};
use crate::attrs::{AttrId, Entry};
use crate::process::Bgp;
use crate::rpki::{CacheState, Vrp};
use crate::wire::attribute::Code;
use crate::{Family, PeerIx};
use core::net::IpAddr;
use fib::Prefix;

impl Bgp {
    /// Next hops that are tracked.
    pub fn show_next_hops(&self, family: Option<Family>) -> Vec<NextHop> {
        let wanted = |address: &IpAddr| family.is_none_or(|f| f == Family::of(address.is_ipv4()));
        let all = self.table.next_hops().filter(|(address, _)| wanted(address));
        all.map(|(address, answer)| {
            let reach = answer.flatten();
            let end = |a: &fib::Adjacency| {
                (a.gateway, self.ports.get(&a.port).map_or_else(String::new, |p| p.name.clone()))
            };
            let peer = self.peers.values().find(|p| p.address == Some(address));
            NextHop {
                address: Some(address),
                valid: reach.is_some(),
                metric: reach.map(|r| r.metric),
                sets: self.table.next_hop_sets(address).into(),
                pending: answer.is_none(),
                through: reach.map(|r| r.prefix),
                peer: peer.map(|p| p.settings.key.to_string()),
                ends: reach
                    .map(|r| r.resolved.hops().iter().map(|h| end(&h.adjacency)).collect())
                    .unwrap_or_default(),
            }
        })
        .collect()
    }

    /// What a part of the table is made of.
    pub fn show_statistics(&self, family: Family, after: Option<Prefix>) -> Statistics {
        let mut walk = self.table.after(family, after.as_ref()).peekable();
        let mut count = Count::new(family);
        // What covers the first of this page may be on an earlier one.
        if let Some((first, _)) = walk.peek() {
            count.above = self.covering(first);
        }
        while let Some((prefix, dest)) = walk.next() {
            let next = walk.peek().map(|(next, _)| next);
            count.destination(&prefix, next);
            for path in self.table.paths(family, dest).filter(|p| p.rejected.is_none()) {
                count.path(self.table.attrs.get(path.used));
            }
            if count.looked_at >= Statistics::PAGE && next.is_some() {
                count.sum.more = Some(prefix);
                break;
            }
        }
        count.sum
    }

    /// The longest prefix of the table that covers this one, itself left out.
    fn covering(&self, prefix: &Prefix) -> Option<Prefix> {
        let family = Family::of(prefix.is_v4());
        (0..prefix.len())
            .rev()
            .map(|len| Prefix::new(prefix.addr(), len))
            .find(|p| self.table.dest(p).is_some_and(|dest| self.table.paths(family, dest).next().is_some()))
    }

    /// What is kept, and its bytes.
    pub fn show_memory(&self) -> Vec<MemoryLine> {
        let wide = |n: usize| u64::try_from(n).unwrap_or(u64::MAX);
        let line = |what: &str, count: usize, bytes: usize| MemoryLine {
            what: what.to_owned(),
            count: wide(count),
            bytes: wide(bytes),
        };
        let memory = self.table.memory();
        let sum = |of: fn(&crate::table::Table, Family) -> usize| {
            Family::ALL.iter().map(|f| of(&self.table, *f)).fold(0, usize::saturating_add)
        };
        let groups: Vec<_> = self.export.groups().collect();
        let told = groups.iter().map(|g| g.told).fold(0, usize::saturating_add);
        let group_bytes = groups.iter().map(|g| g.memory).fold(0, usize::saturating_add);
        vec![
            line("RIB nodes", sum(crate::table::Table::prefix_count), memory.destinations),
            line("BGP routes", sum(crate::table::Table::path_count), memory.paths),
            line("BGP attributes", self.table.attrs.len(), memory.attributes),
            line("Nexthop cache entries", self.table.next_hops().count(), memory.next_hops),
            line("Adj-Out entries", told, group_bytes),
            line("update groups", groups.len(), group_bytes),
            line(
                "peers",
                self.peers.len(),
                self.peers.len().saturating_mul(size_of::<crate::process::Peer>()),
            ),
        ]
    }

    /// Peers that are told the same.
    pub fn show_update_groups(&self, family: Option<Family>) -> Vec<UpdateGroup> {
        let wide = |n: usize| u64::try_from(n).unwrap_or(u64::MAX);
        let wanted = self.export.groups().filter(|g| family.is_none_or(|f| f == g.profile.family));
        wanted
            .map(|g| UpdateGroup {
                id: g.id,
                family: g.profile.family,
                kind: g.profile.kind,
                mrai: g.profile.interval,
                max_message: u32::try_from(g.profile.max_message()).unwrap_or(u32::MAX),
                filters: g.profile.filters.clone(),
                queued: wide(g.queued),
                held: wide(g.held),
                advertised: wide(g.told),
                bytes: wide(g.memory),
                members: g.members.iter().filter_map(|ix: &PeerIx| self.peer_name(*ix)).collect(),
            })
            .collect()
    }

    /// A page of attribute sets.
    pub fn show_attributes(&self, after: Option<u32>) -> Attributes {
        let first = after.map_or(0, |id| id.saturating_add(1));
        let mut walk = self.table.attrs.from(first);
        let sets: Vec<AttributeSet> = walk.by_ref().take(Attributes::PAGE).map(set).collect();
        let more = walk.next().and(sets.last()).map(|set| set.id);
        let wide = |n: usize| u64::try_from(n).unwrap_or(u64::MAX);
        Attributes { more, total: wide(self.table.attrs.len()), bytes: wide(self.table.attrs.bytes()), sets }
    }

    /// Validating caches.
    pub fn show_rpki(&self) -> RpkiView {
        let config = &self.config.rpki;
        let cache = |(preference, cache, state): (u8, &crate::config::RpkiCache, CacheState)| CacheView {
            preference,
            address: cache.address,
            port: cache.port,
            connected: matches!(state, CacheState::Syncing | CacheState::Synced),
            state: match state {
                CacheState::Idle => "idle",
                CacheState::Connecting => "connecting",
                CacheState::Syncing => "synchronizing",
                CacheState::Synced => "synchronized",
            }
            .to_owned(),
        };
        RpkiView {
            caches: self.rpki.caches().map(cache).collect(),
            prefixes: self.payloads(),
            timers: (
                config.refresh.unwrap_or(3600),
                config.retry.unwrap_or(600),
                config.expire.unwrap_or(7200),
            ),
        }
    }

    fn payloads(&self) -> (u64, u64) {
        let vrps = self.rpki.vrps();
        (vrps.count(true), vrps.count(false))
    }

    /// A page of what they say.
    pub fn show_rpki_table(&self, after: Option<(Prefix, u8, u32)>) -> PrefixTable {
        let after = after.map(|(prefix, max_length, asn)| Vrp { prefix, max_length, asn });
        let mut walk = self.rpki.vrps().after(after);
        let roa = |vrp: Vrp| RoaView { prefix: vrp.prefix, max_len: vrp.max_length, asn: vrp.asn };
        let roas: Vec<RoaView> = walk.by_ref().take(PrefixTable::PAGE).map(roa).collect();
        let more = walk.next().and(roas.last()).map(|r| (r.prefix, r.max_len, r.asn));
        PrefixTable { roas, totals: self.payloads(), more }
    }
}

fn set((id, entry): (AttrId, &Entry)) -> AttributeSet {
    let a = entry.decode();
    AttributeSet {
        id: id.0,
        references: entry.references().into(),
        bytes: u32::try_from(entry.bytes().len()).unwrap_or(u32::MAX),
        as_path: a.as_path.to_string(),
        origin: a.origin,
        next_hop: a.next_hop,
        med: a.med,
        local_pref: a.local_pref,
        communities: a.communities.iter().map(ToString::to_string).collect(),
    }
}

/// Statistics while they are counted, in order of prefixes.
struct Count {
    sum: Statistics,
    /// The nearest prefix that may cover what comes.
    above: Option<Prefix>,
    looked_at: usize,
}

impl Count {
    fn new(family: Family) -> Count {
        let sum = Statistics {
            family,
            paths: 0,
            prefixes: 0,
            lengths: Vec::new(),
            covered: 0,
            covering: 0,
            space: 0,
            with_as_path: 0,
            longest: 0,
            total_length: 0,
            largest: 0,
            total_bytes: 0,
            highest_public_as: 0,
            more: None,
        };
        Count { sum, above: None, looked_at: 0 }
    }

    fn destination(&mut self, prefix: &Prefix, next: Option<&Prefix>) {
        self.looked_at = self.looked_at.saturating_add(1);
        self.sum.prefixes = self.sum.prefixes.saturating_add(1);
        match self.sum.lengths.binary_search_by_key(&prefix.len(), |(len, _)| *len) {
            Ok(at) => {
                if let Some((_, n)) = self.sum.lengths.get_mut(at) {
                    *n = n.saturating_add(1);
                }
            }
            Err(at) => self.sum.lengths.insert(at, (prefix.len(), 1)),
        }
        self.sum.covering = self.sum.covering.saturating_add(next.is_some_and(|n| prefix.covers(n)).into());
        // Only the outermost counts for space, and covers all up to the next outermost.
        if self.above.is_some_and(|above| above.covers(prefix)) {
            self.sum.covered = self.sum.covered.saturating_add(1);
        } else {
            self.above = Some(*prefix);
            self.sum.space = self.sum.space.saturating_add(space(prefix));
        }
    }

    fn path(&mut self, entry: &Entry) {
        let path = entry.as_path();
        let bytes = entry.attribute(Code::AsPath).map_or(0, <[u8]>::len);
        let length = path.length(true);
        let s = &mut self.sum;
        s.paths = s.paths.saturating_add(1);
        s.with_as_path = s.with_as_path.saturating_add(1);
        s.longest = s.longest.max(length);
        s.total_length = s.total_length.saturating_add(length.into());
        s.largest = s.largest.max(u32::try_from(bytes).unwrap_or(u32::MAX));
        s.total_bytes = s.total_bytes.saturating_add(u64::try_from(bytes).unwrap_or(u64::MAX));
        let public = path.asns().filter(|asn| is_public(*asn)).max();
        s.highest_public_as = s.highest_public_as.max(public.unwrap_or(0));
    }
}

/// Addresses of IPv4, networks of 64 bits of IPv6.
fn space(prefix: &Prefix) -> u64 {
    let bits = if prefix.is_v4() { 32u8 } else { 64 };
    1u64.checked_shl(bits.saturating_sub(prefix.len()).into()).unwrap_or(u64::MAX)
}

/// Neither private (RFC 6996) nor reserved (RFC 7607, 6793, 5398, 7300).
fn is_public(asn: u32) -> bool {
    !matches!(asn, 0 | 23_456 | 64_496..=65_551 | 4_200_000_000..)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn space_is_counted_once_however_many_prefixes_cover_it() {
        let all: Vec<Prefix> = ["10.0.0.0/8", "10.1.0.0/16", "10.1.1.0/24", "10.2.0.0/16", "192.0.2.0/24"]
            .iter()
            .map(|p| p.parse().unwrap())
            .collect();
        let mut count = Count::new(Family::Ipv4);
        for (at, prefix) in all.iter().enumerate() {
            count.destination(prefix, all.get(at + 1));
        }
        let s = count.sum;
        assert_eq!((s.prefixes, s.covered, s.covering), (5, 3, 2));
        assert_eq!(s.space, (1 << 24) + 256);
        assert_eq!(s.lengths, [(8, 1), (16, 2), (24, 2)]);
    }

    #[test]
    fn private_and_reserved_ases_are_not_public() {
        for asn in [0, 23_456, 64_512, 65_535, 4_200_000_000, u32::MAX] {
            assert!(!is_public(asn), "{asn}");
        }
        assert!(is_public(64_495) && is_public(65_552) && is_public(3356));
    }
}
