//! A stored attribute set: its bytes, and beside them what the decision process and export ask for all the time.
#![warn(clippy::indexing_slicing, clippy::arithmetic_side_effects)]

use super::path::PathRef;
use super::{Local, codec};
use crate::wire::attribute::{Code, Raw};
use core::net::{IpAddr, Ipv4Addr, Ipv6Addr};
use policy::bgp::{Attributes, Community, Origin};

/// Yes or no questions about a set, answered once.
#[derive(Copy, Clone, Debug, Default, PartialEq, Eq)]
pub struct Flags(u16);

impl Flags {
    const MED: Flags = Flags(1);
    const LOCAL_PREF: Flags = Flags(1 << 1);
    const ORIGINATOR: Flags = Flags(1 << 2);
    /// Has an AS_SET or AS_CONFED_SET.
    pub const AS_SET: Flags = Flags(1 << 3);
    /// Community NO_EXPORT (RFC 1997).
    pub const NO_EXPORT: Flags = Flags(1 << 4);
    /// Community NO_ADVERTISE.
    pub const NO_ADVERTISE: Flags = Flags(1 << 5);
    /// Community NO_EXPORT_SUBCONFED.
    pub const NO_EXPORT_SUBCONFED: Flags = Flags(1 << 6);
    /// Community GRACEFUL_SHUTDOWN (RFC 8326).
    pub const GRACEFUL_SHUTDOWN: Flags = Flags(1 << 7);
    /// Community LLGR_STALE (RFC 9494).
    pub const LLGR_STALE: Flags = Flags(1 << 8);
    /// Community NO_LLGR (RFC 9494).
    pub const NO_LLGR: Flags = Flags(1 << 9);
    /// Community BLACKHOLE (RFC 7999).
    pub const BLACKHOLE: Flags = Flags(1 << 10);
    /// Community ACCEPT_OWN (RFC 7611).
    pub const ACCEPT_OWN: Flags = Flags(1 << 11);
    /// ATOMIC_AGGREGATE.
    pub const ATOMIC_AGGREGATE: Flags = Flags(1 << 12);
    /// OTC (RFC 9234).
    pub const ONLY_TO_CUSTOMER: Flags = Flags(1 << 13);
    /// The AS path has confederation segments.
    pub const CONFED: Flags = Flags(1 << 14);
    /// Any of the communities that keep a route from some peers.
    pub const KEPT: Flags = Flags(0b111 << 4);

    /// Whether any of `others` is set.
    pub const fn any(self, others: Flags) -> bool {
        self.0 & others.0 != 0
    }

    fn set(&mut self, other: Flags) {
        self.0 |= other.0;
    }

    fn of_community(community: Community) -> Flags {
        match community {
            Community::NO_EXPORT => Flags::NO_EXPORT,
            Community::NO_ADVERTISE => Flags::NO_ADVERTISE,
            Community::NO_EXPORT_SUBCONFED => Flags::NO_EXPORT_SUBCONFED,
            Community::GRACEFUL_SHUTDOWN => Flags::GRACEFUL_SHUTDOWN,
            Community::LLGR_STALE => Flags::LLGR_STALE,
            Community::NO_LLGR => Flags::NO_LLGR,
            Community::BLACKHOLE => Flags::BLACKHOLE,
            Community::ACCEPT_OWN => Flags::ACCEPT_OWN,
            _ => Flags::default(),
        }
    }
}

/// One attribute set. 72 bytes, and its wire bytes.
#[derive(Debug)]
pub struct Entry {
    bytes: Box<[u8]>,
    pub(super) refs: u32,
    /// Of a free slot: the next free one.
    pub(super) hash: u32,
    neighbor_as: u32,
    med: u32,
    local_pref: u32,
    originator: Ipv4Addr,
    local: Local,
    path_length: u16,
    path_length_confed: u16,
    flags: Flags,
    clusters: u8,
    origin: Origin,
}

impl Entry {
    pub(super) fn new(bytes: &[u8], local: Local, hash: u32) -> Entry {
        let mut entry = Entry { bytes: bytes.into(), hash, local, ..Entry::free(0) };
        for raw in Raw::all(bytes) {
            if let Some(code) = Code::from_wire(raw.code) {
                entry.read(code, raw.value);
            }
        }
        entry.refs = 1;
        entry
    }

    pub(super) fn free(next: u32) -> Entry {
        Entry {
            bytes: Box::default(),
            refs: 0,
            hash: next,
            neighbor_as: 0,
            med: 0,
            local_pref: 0,
            originator: Ipv4Addr::UNSPECIFIED,
            local: Local::default(),
            path_length: 0,
            path_length_confed: 0,
            flags: Flags::default(),
            clusters: 0,
            origin: Origin::Incomplete,
        }
    }

    fn read(&mut self, code: Code, value: &[u8]) {
        match code {
            Code::Origin => self.origin = codec::origin(value),
            Code::AsPath => self.read_path(PathRef(value)),
            Code::Med => {
                self.med = codec::u32_of(value);
                self.flags.set(Flags::MED);
            }
            Code::LocalPref => {
                self.local_pref = codec::u32_of(value);
                self.flags.set(Flags::LOCAL_PREF);
            }
            Code::OriginatorId => {
                self.originator = Ipv4Addr::from_bits(codec::u32_of(value));
                self.flags.set(Flags::ORIGINATOR);
            }
            Code::ClusterList => {
                self.clusters = u8::try_from(value.as_chunks::<4>().0.len()).unwrap_or(u8::MAX)
            }
            Code::Communities => {
                for community in value.as_chunks::<4>().0 {
                    self.flags.set(Flags::of_community(Community(u32::from_be_bytes(*community))));
                }
            }
            Code::AtomicAggregate => self.flags.set(Flags::ATOMIC_AGGREGATE),
            Code::OnlyToCustomer => self.flags.set(Flags::ONLY_TO_CUSTOMER),
            _ => {}
        }
    }

    fn read_path(&mut self, path: PathRef<'_>) {
        let short = |length: u32| u16::try_from(length).unwrap_or(u16::MAX);
        self.path_length = short(path.length(false));
        self.path_length_confed = short(path.length(true));
        self.neighbor_as = path.neighbor().unwrap_or(0);
        if path.has_set() {
            self.flags.set(Flags::AS_SET);
        }
        if self.path_length != self.path_length_confed {
            self.flags.set(Flags::CONFED);
        }
    }

    /// The canonical bytes.
    pub fn bytes(&self) -> &[u8] {
        &self.bytes
    }

    /// The value of an attribute.
    pub fn attribute(&self, code: Code) -> Option<&[u8]> {
        Raw::all(&self.bytes).find(|raw| raw.code == code as u8).map(|raw| raw.value)
    }

    /// ORIGIN.
    pub fn origin(&self) -> Origin {
        self.origin
    }

    /// AS_PATH, as bytes.
    pub fn as_path(&self) -> PathRef<'_> {
        PathRef(self.attribute(Code::AsPath).unwrap_or_default())
    }

    /// Its length without confederation segments (RFC 4271 9.1.2.2 a, RFC 5065 5.3); at most 65,535.
    pub fn path_length(&self) -> u16 {
        self.path_length
    }

    /// And with them: `bgp bestpath as-path confed`.
    pub fn path_length_confed(&self) -> u16 {
        self.path_length_confed
    }

    /// The neighboring AS behind confederation segments; `None`: our own, or the path begins with a set.
    pub fn neighbor_as(&self) -> Option<u32> {
        (self.neighbor_as != 0).then_some(self.neighbor_as)
    }

    /// MULTI_EXIT_DISC.
    pub fn med(&self) -> Option<u32> {
        self.flags.any(Flags::MED).then_some(self.med)
    }

    /// LOCAL_PREF.
    pub fn local_pref(&self) -> Option<u32> {
        self.flags.any(Flags::LOCAL_PREF).then_some(self.local_pref)
    }

    /// The next hop, of two the global one; unspecified where there is none yet.
    pub fn next_hop(&self) -> IpAddr {
        self.next_hops().0
    }

    /// The link-local next hop beside a global one (RFC 2545).
    pub fn link_local(&self) -> Option<Ipv6Addr> {
        self.next_hops().1
    }

    /// Both.
    pub fn next_hops(&self) -> (IpAddr, Option<Ipv6Addr>) {
        codec::next_hops(self.attribute(Code::NextHop).unwrap_or_default())
    }

    /// ORIGINATOR_ID (RFC 4456).
    pub fn originator(&self) -> Option<Ipv4Addr> {
        self.flags.any(Flags::ORIGINATOR).then_some(self.originator)
    }

    /// The length of CLUSTER_LIST; at most 255.
    pub fn cluster_len(&self) -> u8 {
        self.clusters
    }

    /// CLUSTER_LIST, nearest first.
    pub fn cluster_list(&self) -> impl Iterator<Item = Ipv4Addr> {
        let list = self.attribute(Code::ClusterList).unwrap_or_default();
        list.as_chunks::<4>().0.iter().map(|id| Ipv4Addr::from(*id))
    }

    /// COMMUNITIES, ascending.
    pub fn communities(&self) -> impl Iterator<Item = Community> {
        let list = self.attribute(Code::Communities).unwrap_or_default();
        list.as_chunks::<4>().0.iter().map(|c| Community(u32::from_be_bytes(*c)))
    }

    /// OTC (RFC 9234).
    pub fn only_to_customer(&self) -> Option<u32> {
        self.flags
            .any(Flags::ONLY_TO_CUSTOMER)
            .then(|| self.attribute(Code::OnlyToCustomer).map(codec::u32_of))?
    }

    /// What is no attribute.
    pub fn local(&self) -> Local {
        self.local
    }

    /// Yes or no.
    pub fn flags(&self) -> Flags {
        self.flags
    }

    /// How many hold it.
    pub fn references(&self) -> u32 {
        self.refs
    }

    /// All of it, decoded.
    pub fn decode(&self) -> Attributes {
        codec::decode(&self.bytes)
    }
}
