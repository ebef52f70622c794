//! What the forwarder counts: every drop by name, every port's traffic, ICMP and ARP by type.
//! Only numbers; whoever drops a packet decides the reason, and there is no drop without one.

use crate::PortId;
use std::collections::BTreeMap;

macro_rules! counted {
    ($(#[$meta:meta])* $name:ident { $($(#[doc = $doc:literal])+ $variant:ident => $text:literal,)+ }) => {
        $(#[$meta])*
        #[derive(Copy, Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Debug)]
        pub enum $name { $($(#[doc = $doc])+ $variant,)+ }

        impl $name {
            /// Every one, in order.
            pub const ALL: &'static [$name] = &[$($name::$variant,)+];
            /// How many there are.
            pub const COUNT: usize = $name::ALL.len();

            /// The name as `show ip traffic` prints it.
            pub const fn name(self) -> &'static str {
                match self { $($name::$variant => $text,)+ }
            }

            /// What it means, in a sentence.
            pub const fn doc(self) -> &'static str {
                match self { $($name::$variant => concat!($($doc),+).trim_ascii(),)+ }
            }
        }
    };
}

counted! {
    /// Why a packet ended here.
    Drop {
        /// Shorter than an Ethernet header.
        Runt => "runt",
        /// Arrived on a port that the forwarder does not know.
        UnknownPort => "unknown-port",
        /// The port is administratively or physically down.
        PortDown => "port-down",
        /// Unicast to another station's MAC address.
        OtherHost => "other-host",
        /// Our own frame came back, or the source MAC address is a group.
        BadSourceMac => "bad-source-mac",
        /// Carries an 802.1Q or 802.1ad tag and there is no such sub-interface.
        VlanTagged => "vlan-tagged",
        /// An 802.3 length instead of an EtherType (LLC: spanning tree and the like).
        Llc => "llc",
        /// An EtherType that is neither IPv4, IPv6 nor ARP.
        UnknownEtherType => "unknown-ethertype",
        /// Checksum or segmentation notes that do not fit the frame.
        BadOffload => "bad-offload",
        /// ARP packet too short or not IPv4 over Ethernet.
        ArpMalformed => "arp-malformed",
        /// ARP from an address that is not on this link.
        ArpOffLink => "arp-off-link",
        /// ARP request for somebody else.
        ArpNotForUs => "arp-not-for-us",
        /// ARP reply that nobody asked for.
        ArpUnsolicited => "arp-unsolicited",
        /// ARP from a station using one of our addresses.
        AddressConflict => "address-conflict",
        /// Neighbor discovery packet malformed, or its hop limit is not 255 (RFC 4861 section 7.1).
        NdMalformed => "nd-malformed",
        /// Neighbor solicitation for somebody else.
        NdNotForUs => "nd-not-for-us",
        /// Neighbor advertisement that nobody asked for.
        NdUnsolicited => "nd-unsolicited",
        /// ICMPv6 redirect, or router discovery on a port that takes no part in it: not for a router to act on.
        NdIgnored => "nd-ignored",
        /// Router solicitation or advertisement malformed, from afar or not from a link-local address (RFC 4861 section 6.1).
        RaMalformed => "ra-malformed",
        /// More routers on the link than are remembered.
        RaFull => "ra-full",
        /// IPv4 header truncated, of a wrong version or length (RFC 1812 section 5.2.2).
        Ipv4Header => "ipv4-header",
        /// IPv4 header checksum wrong.
        Ipv4Checksum => "ipv4-checksum",
        /// IPv4 options that do not parse.
        Ipv4Options => "ipv4-options",
        /// Loose or strict source route option.
        SourceRoute => "source-route",
        /// IPv6 header truncated, of a wrong version or length.
        Ipv6Header => "ipv6-header",
        /// IPv6 extension headers that do not parse, or too many.
        Ipv6Extension => "ipv6-extension",
        /// IPv6 packet on a port without IPv6.
        Ipv6Disabled => "ipv6-disabled",
        /// A source address that cannot be: multicast, broadcast, loopback, reserved, or our own.
        MartianSource => "martian-source",
        /// A destination address that cannot be on a wire: 0/8, 127/8, 240/4, ::, ::1.
        MartianDestination => "martian-destination",
        /// The route back to the source does not leave by the port it came in on (RFC 3704).
        ReversePath => "reverse-path",
        /// Unicast IP in a link-layer broadcast or multicast (RFC 1812 section 5.3.4).
        L2Broadcast => "l2-broadcast",
        /// Broadcast of a network that is not this port's (RFC 2644).
        DirectedBroadcast => "directed-broadcast",
        /// Multicast to a group that is not joined on this port; multicast is not forwarded.
        NotJoined => "not-joined",
        /// Link-local source or destination that would have to leave its link.
        BeyondScope => "beyond-scope",
        /// Forwarding is off for this address family.
        ForwardingOff => "forwarding-off",
        /// No route to the destination.
        NoRoute => "no-route",
        /// The route says drop in silence.
        Blackhole => "blackhole",
        /// The route says unreachable.
        Unreachable => "unreachable",
        /// The route says administratively prohibited.
        Prohibit => "prohibit",
        /// Time to live or hop limit ran out.
        TtlExceeded => "ttl-exceeded",
        /// Larger than the outgoing MTU and not to be fragmented.
        TooBig => "too-big",
        /// The outgoing port has no wire (a loopback).
        NoWire => "no-wire",
        /// The outgoing port speaks no IPv6, or a next hop cannot be resolved at all.
        NoNextHop => "no-next-hop",
        /// The neighbor did not answer.
        NeighborFailed => "neighbor-failed",
        /// The neighbor is being resolved and its queue is full: the oldest packet goes.
        NeighborQueueFull => "neighbor-queue-full",
        /// The neighbor cache is full.
        NeighborCacheFull => "neighbor-cache-full",
        /// A fragment overlaps another, ends unaligned or past the end of a packet (RFC 5722).
        FragmentInvalid => "fragment-invalid",
        /// A fragment that is here already.
        FragmentDuplicate => "fragment-duplicate",
        /// Fragments of a packet that was not completed in time.
        ReassemblyTimeout => "reassembly-timeout",
        /// Reassembly memory is full: the oldest packet goes.
        ReassemblyFull => "reassembly-full",
        /// A packet to be sent by this router does not parse.
        BadOutput => "bad-output",
        /// An ICMP message that was owed and not sent because of its rate limit.
        IcmpRateLimited => "icmp-rate-limited",
    }
}

counted! {
    /// What happened to packets, in the terms of the IP MIB (RFC 4293).
    Stat {
        /// IPv4 packets received.
        Ipv4In => "ipv4-in",
        /// IPv4 packets forwarded.
        Ipv4Forwarded => "ipv4-forwarded",
        /// IPv4 packets delivered to this router.
        Ipv4Delivered => "ipv4-delivered",
        /// IPv4 packets that this router sent itself.
        Ipv4Originated => "ipv4-originated",
        /// IPv6 packets received.
        Ipv6In => "ipv6-in",
        /// IPv6 packets forwarded.
        Ipv6Forwarded => "ipv6-forwarded",
        /// IPv6 packets delivered to this router.
        Ipv6Delivered => "ipv6-delivered",
        /// IPv6 packets that this router sent itself.
        Ipv6Originated => "ipv6-originated",
        /// Packets cut into fragments.
        Fragmented => "fragmented",
        /// Fragments made.
        FragmentsOut => "fragments-out",
        /// Fragments received for this router.
        FragmentsIn => "fragments-in",
        /// Packets put together from fragments.
        Reassembled => "reassembled",
        /// Oversized offloaded frames cut into segments.
        Segmented => "segmented",
        /// Checksums completed for a sink without offload.
        ChecksumCompleted => "checksum-completed",
        /// Packets queued behind an unresolved neighbor.
        NeighborQueued => "neighbor-queued",
        /// ARP requests received.
        ArpRequestsIn => "arp-requests-in",
        /// ARP replies received.
        ArpRepliesIn => "arp-replies-in",
        /// ARP requests sent, gratuitous ones included.
        ArpRequestsOut => "arp-requests-out",
        /// ARP replies sent, proxy ones included.
        ArpRepliesOut => "arp-replies-out",
        /// ARP replies sent for somebody else.
        ArpProxyReplies => "arp-proxy-replies",
        /// Neighbor solicitations received.
        SolicitationsIn => "nd-solicitations-in",
        /// Neighbor advertisements received.
        AdvertisementsIn => "nd-advertisements-in",
        /// Neighbor solicitations sent.
        SolicitationsOut => "nd-solicitations-out",
        /// Neighbor advertisements sent.
        AdvertisementsOut => "nd-advertisements-out",
        /// Router solicitations received.
        RouterSolicitationsIn => "router-solicitations-in",
        /// Router advertisements received.
        RouterAdvertisementsIn => "router-advertisements-in",
        /// Router solicitations sent.
        RouterSolicitationsOut => "router-solicitations-out",
        /// Router advertisements sent.
        RouterAdvertisementsOut => "router-advertisements-out",
        /// ICMP redirects sent.
        RedirectsOut => "redirects-out",
    }
}

/// Traffic and drops of one port. Bytes count whole Ethernet frames without FCS.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct PortCounters {
    /// Frames received, dropped ones included.
    pub rx_packets: u64,
    /// Bytes received.
    pub rx_bytes: u64,
    /// Frames received that were addressed to a link-layer group.
    pub rx_multicast: u64,
    /// Frames handed to the link.
    pub tx_packets: u64,
    /// Bytes handed to the link.
    pub tx_bytes: u64,
    drops: [u64; Drop::COUNT],
}

impl Default for PortCounters {
    fn default() -> PortCounters {
        PortCounters {
            rx_packets: 0,
            rx_bytes: 0,
            rx_multicast: 0,
            tx_packets: 0,
            tx_bytes: 0,
            drops: [0; Drop::COUNT],
        }
    }
}

impl PortCounters {
    /// Packets dropped on this port for `reason`.
    pub fn dropped(&self, reason: Drop) -> u64 {
        self.drops.get(reason as usize).copied().unwrap_or(0)
    }

    /// Packets dropped on this port for any reason.
    pub fn total_dropped(&self) -> u64 {
        self.drops.iter().fold(0, |sum, n| sum.saturating_add(*n))
    }

    /// The reasons with their counts, zeroes included, in a fixed order.
    pub fn drops(&self) -> impl Iterator<Item = (Drop, u64)> + '_ {
        Drop::ALL.iter().map(|d| (*d, self.dropped(*d)))
    }

    pub(crate) fn add_drop(&mut self, reason: Drop) {
        bump(&mut self.drops, reason as usize, 1);
    }

    pub(crate) fn received(&mut self, bytes: usize, group: bool) {
        self.rx_packets = self.rx_packets.wrapping_add(1);
        self.rx_bytes = self.rx_bytes.wrapping_add(bytes as u64);
        self.rx_multicast = self.rx_multicast.wrapping_add(u64::from(group));
    }

    pub(crate) fn sent(&mut self, bytes: usize) {
        self.tx_packets = self.tx_packets.wrapping_add(1);
        self.tx_bytes = self.tx_bytes.wrapping_add(bytes as u64);
    }
}

/// Whether an ICMP message was received for this router or sent by its forwarder.
#[derive(Copy, Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Debug)]
pub enum Direction {
    /// Received for this router.
    In,
    /// Sent by this router.
    Out,
}

/// Totals over all ports.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Counters {
    drops: [u64; Drop::COUNT],
    stats: [u64; Stat::COUNT],
    icmp: BTreeMap<(Direction, bool, u8), u64>,
}

impl Default for Counters {
    fn default() -> Counters {
        Counters { drops: [0; Drop::COUNT], stats: [0; Stat::COUNT], icmp: BTreeMap::new() }
    }
}

impl Counters {
    /// Packets dropped for `reason`.
    pub fn dropped(&self, reason: Drop) -> u64 {
        self.drops.get(reason as usize).copied().unwrap_or(0)
    }

    /// Packets dropped for any reason.
    pub fn total_dropped(&self) -> u64 {
        self.drops.iter().fold(0, |sum, n| sum.saturating_add(*n))
    }

    /// The value of `stat`.
    pub fn stat(&self, stat: Stat) -> u64 {
        self.stats.get(stat as usize).copied().unwrap_or(0)
    }

    /// Everything as (name, value, meaning): first what happened, then the drops. Zeroes included.
    pub fn iter(&self) -> impl Iterator<Item = (&'static str, u64, &'static str)> + '_ {
        let stats = Stat::ALL.iter().map(|s| (s.name(), self.stat(*s), s.doc()));
        let drops = Drop::ALL.iter().map(|d| (d.name(), self.dropped(*d), d.doc()));
        stats.chain(drops)
    }

    /// ICMPv4 messages seen, by direction and type.
    pub fn icmp(&self) -> impl Iterator<Item = (Direction, u8, u64)> + '_ {
        self.icmp.iter().filter(|((_, v6, _), _)| !v6).map(|((dir, _, kind), n)| (*dir, *kind, *n))
    }

    /// ICMPv6 messages seen, by direction and type.
    pub fn icmpv6(&self) -> impl Iterator<Item = (Direction, u8, u64)> + '_ {
        self.icmp.iter().filter(|((_, v6, _), _)| *v6).map(|((dir, _, kind), n)| (*dir, *kind, *n))
    }

    pub(crate) fn add_drop(&mut self, reason: Drop) {
        bump(&mut self.drops, reason as usize, 1);
    }

    pub(crate) fn add(&mut self, stat: Stat) {
        bump(&mut self.stats, stat as usize, 1);
    }

    pub(crate) fn add_many(&mut self, stat: Stat, n: usize) {
        bump(&mut self.stats, stat as usize, n as u64);
    }

    pub(crate) fn add_icmp(&mut self, direction: Direction, v6: bool, kind: u8) {
        let n = self.icmp.entry((direction, v6, kind)).or_default();
        *n = n.wrapping_add(1);
    }
}

/// One row of a listing: a port and its counters.
pub type PortRow<'a> = (PortId, &'a PortCounters);

fn bump(counts: &mut [u64], index: usize, n: u64) {
    if let Some(count) = counts.get_mut(index) {
        *count = count.wrapping_add(n);
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::collections::BTreeSet;

    #[test]
    fn every_counter_has_its_own_name_and_a_meaning() {
        let counters = Counters::default();
        let names: BTreeSet<_> = counters.iter().map(|(name, ..)| name).collect();
        assert_eq!(names.len(), Drop::COUNT + Stat::COUNT);
        assert!(counters.iter().all(|(_, _, doc)| doc.ends_with('.') && !doc.starts_with(' ')));
    }

    #[test]
    fn a_drop_moves_its_own_counter_and_no_other() {
        let mut counters = Counters::default();
        counters.add_drop(Drop::TtlExceeded);
        let moved: Vec<_> = counters.iter().filter(|(_, n, _)| *n != 0).collect();
        assert_eq!(moved.len(), 1);
        assert_eq!((moved[0].0, moved[0].1), ("ttl-exceeded", 1));
    }
}
