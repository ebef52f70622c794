//! The packets of ping and traceroute: echo requests and UDP probes out, ICMP answers and errors in.
#![warn(clippy::indexing_slicing, clippy::arithmetic_side_effects)]

use bytes::BytesMut;
use core::net::{IpAddr, Ipv4Addr, Ipv6Addr};
use smoltcp::phy::ChecksumCapabilities;
use smoltcp::wire::{
    Icmpv4DstUnreachable as Du4, Icmpv4Message, Icmpv4Packet, Icmpv4Repr, Icmpv6DstUnreachable as Du6,
    Icmpv6Message, Icmpv6Packet, Icmpv6Repr, IpProtocol, Ipv4Packet, Ipv4Repr, Ipv6Packet, Ipv6Repr,
    UdpPacket, UdpRepr,
};

/// What a probe is recognized by when something comes back.
#[derive(Copy, Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Mark {
    /// ICMP echo identifier and sequence number.
    Echo(u16, u16),
    /// UDP source and destination port.
    Udp(u16, u16),
}

/// Why a probe did not arrive.
#[derive(Copy, Clone, Debug, PartialEq, Eq)]
pub enum Trouble {
    /// TTL or hop limit ran out.
    TimeExceeded,
    /// No route to the network.
    Network,
    /// The host does not answer ARP or ND, or is refused.
    Host,
    /// No such protocol there.
    Protocol,
    /// Nobody listens on that port.
    Port,
    /// Too big for a link of this MTU.
    TooBig(u32),
    /// Filtered.
    Prohibited,
    /// Another code.
    Other,
}

impl Trouble {
    /// In words, for ping: those that [`cli::reply::PingOutcome::Unreachable`] promises.
    pub fn words(self) -> String {
        match self {
            Trouble::TimeExceeded => "time exceeded".to_owned(),
            Trouble::Network => "net unreachable".to_owned(),
            Trouble::Host => "host unreachable".to_owned(),
            Trouble::Protocol => "protocol unreachable".to_owned(),
            Trouble::Port => "port unreachable".to_owned(),
            Trouble::TooBig(mtu) => format!("fragmentation needed, mtu {mtu}"),
            Trouble::Prohibited => "administratively prohibited".to_owned(),
            Trouble::Other => "unreachable".to_owned(),
        }
    }

    /// As traceroute marks it.
    pub fn note(self) -> String {
        match self {
            Trouble::TimeExceeded | Trouble::Port => String::new(),
            Trouble::Network => "!N".to_owned(),
            Trouble::Host => "!H".to_owned(),
            Trouble::Protocol => "!P".to_owned(),
            Trouble::TooBig(mtu) => format!("!F-{mtu}"),
            Trouble::Prohibited => "!A".to_owned(),
            Trouble::Other => "!?".to_owned(),
        }
    }
}

/// Something that came back.
#[derive(Copy, Clone, Debug, PartialEq, Eq)]
pub struct Heard {
    /// Who sent it.
    pub from: IpAddr,
    /// Its TTL or hop limit on arrival.
    pub ttl: u8,
    /// The probe it is about.
    pub mark: Mark,
    /// Where the probe was going; for an echo reply, who sent it.
    pub about: IpAddr,
    /// `None`: an echo reply.
    pub trouble: Option<Trouble>,
}

/// An echo request of `size` bytes in all, IP header included (never less than the headers).
pub fn echo_request(
    source: IpAddr,
    destination: IpAddr,
    ident: u16,
    seq: u16,
    size: u16,
    ttl: u8,
) -> Option<BytesMut> {
    let caps = ChecksumCapabilities::default();
    match (source, destination) {
        (IpAddr::V4(src), IpAddr::V4(dst)) => {
            let data = filler(usize::from(size).saturating_sub(28));
            let icmp = Icmpv4Repr::EchoRequest { ident, seq_no: seq, data: &data };
            let mut out = ipv4(src, dst, IpProtocol::Icmp, icmp.buffer_len(), ttl);
            icmp.emit(&mut Icmpv4Packet::new_unchecked(out.get_mut(20..)?), &caps);
            Some(out)
        }
        (IpAddr::V6(src), IpAddr::V6(dst)) => {
            let data = filler(usize::from(size).saturating_sub(48));
            let icmp = Icmpv6Repr::EchoRequest { ident, seq_no: seq, data: &data };
            let mut out = ipv6(src, dst, IpProtocol::Icmpv6, icmp.buffer_len(), ttl);
            icmp.emit(&src, &dst, &mut Icmpv6Packet::new_unchecked(out.get_mut(40..)?), &caps);
            Some(out)
        }
        _ => None,
    }
}

/// A UDP probe of `size` bytes in all.
pub fn udp_probe(
    source: IpAddr,
    destination: IpAddr,
    sport: u16,
    dport: u16,
    size: u16,
    ttl: u8,
) -> Option<BytesMut> {
    let caps = ChecksumCapabilities::default();
    let udp = UdpRepr { src_port: sport, dst_port: dport };
    let emit = |mut out: BytesMut, header: usize, len: usize| {
        let payload = filler(len);
        let (src, dst) = (source.into(), destination.into());
        let mut packet = UdpPacket::new_unchecked(out.get_mut(header..)?);
        udp.emit(&mut packet, &src, &dst, payload.len(), |b| b.copy_from_slice(&payload), &caps);
        Some(out)
    };
    match (source, destination) {
        (IpAddr::V4(src), IpAddr::V4(dst)) => {
            let len = usize::from(size).saturating_sub(28);
            emit(ipv4(src, dst, IpProtocol::Udp, len.saturating_add(8), ttl), 20, len)
        }
        (IpAddr::V6(src), IpAddr::V6(dst)) => {
            let len = usize::from(size).saturating_sub(48);
            emit(ipv6(src, dst, IpProtocol::Udp, len.saturating_add(8), ttl), 40, len)
        }
        _ => None,
    }
}

fn filler(len: usize) -> Vec<u8> {
    (0..=u8::MAX).cycle().take(len).collect()
}

fn ipv4(src: Ipv4Addr, dst: Ipv4Addr, next_header: IpProtocol, payload_len: usize, ttl: u8) -> BytesMut {
    let repr = Ipv4Repr { src_addr: src, dst_addr: dst, next_header, payload_len, hop_limit: ttl };
    let mut out = BytesMut::zeroed(payload_len.saturating_add(20));
    repr.emit(&mut Ipv4Packet::new_unchecked(&mut out[..]), &ChecksumCapabilities::default());
    out
}

fn ipv6(src: Ipv6Addr, dst: Ipv6Addr, next_header: IpProtocol, payload_len: usize, ttl: u8) -> BytesMut {
    let repr = Ipv6Repr { src_addr: src, dst_addr: dst, next_header, payload_len, hop_limit: ttl };
    let mut out = BytesMut::zeroed(payload_len.saturating_add(40));
    repr.emit(&mut Ipv6Packet::new_unchecked(&mut out[..]));
    out
}

/// What a whole received IP packet says about a probe of ours; `None` for everything else.
pub fn hear(packet: &[u8]) -> Option<Heard> {
    match packet.first()? >> 4 {
        4 => hear4(packet),
        6 => hear6(packet),
        _ => None,
    }
}

fn hear4(packet: &[u8]) -> Option<Heard> {
    let ip = Ipv4Packet::new_checked(packet).ok()?;
    if ip.next_header() != IpProtocol::Icmp {
        return None;
    }
    let icmp = Icmpv4Packet::new_checked(ip.payload()).ok()?;
    if !icmp.verify_checksum() {
        return None;
    }
    let (from, ttl) = (IpAddr::V4(ip.src_addr()), ip.hop_limit());
    let trouble = match (icmp.msg_type(), icmp.msg_code()) {
        (Icmpv4Message::EchoReply, _) => {
            let mark = Mark::Echo(icmp.echo_ident(), icmp.echo_seq_no());
            return Some(Heard { from, ttl, mark, about: from, trouble: None });
        }
        (Icmpv4Message::TimeExceeded, 0) => Trouble::TimeExceeded,
        (Icmpv4Message::DstUnreachable, code) => match Du4::from(code) {
            Du4::NetUnreachable | Du4::DstNetUnknown | Du4::NetUnreachToS => Trouble::Network,
            Du4::HostUnreachable | Du4::DstHostUnknown | Du4::HostUnreachToS | Du4::SrcHostIsolated => {
                Trouble::Host
            }
            Du4::ProtoUnreachable => Trouble::Protocol,
            Du4::PortUnreachable => Trouble::Port,
            Du4::FragRequired => {
                let mtu =
                    ip.payload().get(6..8).and_then(|b| b.try_into().ok()).map_or(0, u16::from_be_bytes);
                Trouble::TooBig(u32::from(mtu))
            }
            Du4::NetProhibited | Du4::HostProhibited | Du4::CommProhibited => Trouble::Prohibited,
            _ => Trouble::Other,
        },
        _ => return None,
    };
    // The quoted packet may be cut short, so its length field is not to be checked.
    let quoted = icmp.data();
    let header_len = usize::from(quoted.first()? & 0x0f).checked_mul(4)?;
    let protocol = IpProtocol::from(*quoted.get(9)?);
    let about = IpAddr::from(<[u8; 4]>::try_from(quoted.get(16..20)?).ok()?);
    let mark = quoted_mark(protocol, quoted.get(header_len..)?)?;
    Some(Heard { from, ttl, mark, about, trouble: Some(trouble) })
}

fn hear6(packet: &[u8]) -> Option<Heard> {
    let ip = Ipv6Packet::new_checked(packet).ok()?;
    if ip.next_header() != IpProtocol::Icmpv6 {
        return None;
    }
    let icmp = Icmpv6Packet::new_checked(ip.payload()).ok()?;
    if !icmp.verify_checksum(&ip.src_addr(), &ip.dst_addr()) {
        return None;
    }
    let (from, ttl) = (IpAddr::V6(ip.src_addr()), ip.hop_limit());
    let trouble = match (icmp.msg_type(), icmp.msg_code()) {
        (Icmpv6Message::EchoReply, _) => {
            let mark = Mark::Echo(icmp.echo_ident(), icmp.echo_seq_no());
            return Some(Heard { from, ttl, mark, about: from, trouble: None });
        }
        (Icmpv6Message::TimeExceeded, 0) => Trouble::TimeExceeded,
        (Icmpv6Message::PktTooBig, _) => Trouble::TooBig(icmp.pkt_too_big_mtu()),
        (Icmpv6Message::DstUnreachable, code) => match Du6::from(code) {
            Du6::NoRoute => Trouble::Network,
            Du6::AdminProhibit | Du6::RejectRoute | Du6::FailedPolicy => Trouble::Prohibited,
            Du6::AddrUnreachable | Du6::BeyondScope => Trouble::Host,
            Du6::PortUnreachable => Trouble::Port,
            _ => Trouble::Other,
        },
        _ => return None,
    };
    // Probes carry no extension headers.
    let quoted = icmp.payload();
    let protocol = IpProtocol::from(*quoted.get(6)?);
    let about = IpAddr::from(<[u8; 16]>::try_from(quoted.get(24..40)?).ok()?);
    let mark = quoted_mark(protocol, quoted.get(40..)?)?;
    Some(Heard { from, ttl, mark, about, trouble: Some(trouble) })
}

/// The mark in the first eight bytes of a quoted transport header.
fn quoted_mark(protocol: IpProtocol, transport: &[u8]) -> Option<Mark> {
    let word = |at: usize| Some(u16::from_be_bytes(transport.get(at..at.checked_add(2)?)?.try_into().ok()?));
    match protocol {
        IpProtocol::Udp => Some(Mark::Udp(word(0)?, word(2)?)),
        IpProtocol::Icmp | IpProtocol::Icmpv6 => Some(Mark::Echo(word(4)?, word(6)?)),
        _ => None,
    }
}
