//! TCP segments as the stack sees them before smoltcp does and after: their ends, flags and numbers, the two answers that
//! need no socket (RST and challenge ACK), and options put behind a finished header.
#![warn(clippy::indexing_slicing, clippy::arithmetic_side_effects)]

use bytes::BytesMut;
use core::net::{IpAddr, SocketAddr};
use fib::forward::Delivery;
use smoltcp::phy::ChecksumCapabilities;
use smoltcp::wire::{
    IpAddress, IpProtocol, IpRepr, Ipv4Packet, Ipv6Packet, TcpControl, TcpPacket, TcpRepr, TcpSeqNumber,
};

/// Bytes of a TCP header without options.
pub const HEADER: usize = 20;
const PROTOCOL: u8 = 6;

/// What matters of a segment.
#[derive(Copy, Clone, Debug, PartialEq, Eq)]
pub struct Segment {
    /// Our end, of a segment that came in; of one that leaves, the peer's.
    pub destination: SocketAddr,
    /// The other end.
    pub source: SocketAddr,
    /// Sequence number.
    pub seq: u32,
    /// Acknowledgement number, if there is one.
    pub ack: Option<u32>,
    /// SYN.
    pub syn: bool,
    /// FIN.
    pub fin: bool,
    /// RST.
    pub rst: bool,
    /// Window as written, not scaled.
    pub window: u16,
    /// Sequence numbers it takes up.
    pub len: u32,
    /// Where the TCP header begins in the packet, bytes.
    pub at: usize,
}

impl Segment {
    /// Reads a packet that the forwarder handed up. `None`: cut short, or its TCP checksum is wrong.
    pub fn received(delivery: &Delivery) -> Option<Segment> {
        let segment = Segment::parse(&delivery.packet, delivery.payload_at, delivery.src, delivery.dst)?;
        let tcp = TcpPacket::new_checked(delivery.packet.get(segment.at..)?).ok()?;
        tcp.verify_checksum(&delivery.src.into(), &delivery.dst.into()).then_some(segment)
    }

    /// Reads a packet that smoltcp has made.
    pub fn emitted(packet: &[u8]) -> Option<Segment> {
        match packet.first()? >> 4 {
            4 => {
                let ip = Ipv4Packet::new_checked(packet).ok()?;
                let at = usize::from(ip.header_len());
                Segment::parse(packet, at, ip.src_addr().into(), ip.dst_addr().into())
            }
            _ => {
                let ip = Ipv6Packet::new_checked(packet).ok()?;
                Segment::parse(packet, ip.header_len(), ip.src_addr().into(), ip.dst_addr().into())
            }
        }
    }

    fn parse(packet: &[u8], at: usize, source: IpAddr, destination: IpAddr) -> Option<Segment> {
        let tcp = TcpPacket::new_checked(packet.get(at..)?).ok()?;
        let payload = tcp.payload().len();
        Some(Segment {
            destination: SocketAddr::new(destination, tcp.dst_port()),
            source: SocketAddr::new(source, tcp.src_port()),
            seq: number(tcp.seq_number()),
            ack: tcp.ack().then(|| number(tcp.ack_number())),
            syn: tcp.syn(),
            fin: tcp.fin(),
            rst: tcp.rst(),
            window: tcp.window_len(),
            len: u32::try_from(payload)
                .unwrap_or(u32::MAX)
                .saturating_add(tcp.syn().into())
                .saturating_add(tcp.fin().into()),
            at,
        })
    }

    /// Asks for a connection, and nothing else.
    pub fn is_first(&self) -> bool {
        self.syn && !self.rst && !self.fin && self.ack.is_none()
    }

    /// The RST that tells the sender that there is no such connection (RFC 9293 section 3.10.7.1). `None`: a RST is not
    /// answered.
    pub fn refusal(&self) -> Option<BytesMut> {
        if self.rst {
            return None;
        }
        Some(match self.ack {
            Some(ack) => self.answer(TcpControl::Rst, ack, None, 0),
            None => self.answer(TcpControl::Rst, 0, Some(self.seq.wrapping_add(self.len)), 0),
        })
    }

    /// The ACK that asks a sender whether it really knows nothing of our connection (RFC 5961 section 4).
    pub fn challenge(&self, seq: u32, ack: u32, window: u16) -> BytesMut {
        self.answer(TcpControl::None, seq, Some(ack), window)
    }

    fn answer(&self, control: TcpControl, seq: u32, ack: Option<u32>, window: u16) -> BytesMut {
        let tcp = TcpRepr {
            src_port: self.destination.port(),
            dst_port: self.source.port(),
            control,
            seq_number: sequence(seq),
            ack_number: ack.map(sequence),
            window_len: window,
            window_scale: None,
            max_seg_size: None,
            sack_permitted: false,
            sack_ranges: [None; 3],
            timestamp: None,
            payload: &[],
        };
        let (from, to) = (self.destination.ip(), self.source.ip());
        let ip = IpRepr::new(from.into(), to.into(), IpProtocol::Tcp, tcp.buffer_len(), 64);
        let mut packet = BytesMut::zeroed(ip.buffer_len());
        let checksums = ChecksumCapabilities::default();
        ip.emit(&mut packet[..], &checksums);
        if let Some(room) = packet.get_mut(ip.header_len()..) {
            tcp.emit(&mut TcpPacket::new_unchecked(room), &from.into(), &to.into(), &checksums);
        }
        packet
    }
}

/// The options of a TCP header, one by one: kind and what it holds. Ends at the first that is malformed.
pub fn options(tcp: &[u8]) -> impl Iterator<Item = (u8, &[u8])> {
    let end = tcp.get(12).map_or(0, |b| usize::from(b >> 4).saturating_mul(4));
    let mut rest = tcp.get(HEADER..end).unwrap_or_default();
    core::iter::from_fn(move || {
        while let [1, more @ ..] = rest {
            rest = more;
        }
        let [kind, len, ..] = rest else { return None };
        let value = rest.get(2..usize::from(*len)).filter(|_| *kind != 0)?;
        rest = rest.get(usize::from(*len)..)?;
        Some((*kind, value))
    })
}

/// Puts `option` (a multiple of four bytes) before the options that a packet's TCP header has: behind them smoltcp may
/// have ended the list. The IP lengths and header checksum follow; the TCP checksum is left to [`finish`]. `false`: no
/// room, and nothing has changed.
pub fn add_option(packet: &mut BytesMut, at: usize, option: &[u8]) -> bool {
    let Some(words) = at.checked_add(12).and_then(|n| packet.get(n)).map(|b| b >> 4) else { return false };
    let Some(end) = usize::from(words).checked_mul(4).and_then(|n| n.checked_add(at)) else { return false };
    let more = u8::try_from(option.len() >> 2).unwrap_or(u8::MAX);
    let Some(longer) = words.checked_add(more).filter(|w| *w <= 15) else { return false };
    if end > packet.len() || words < 5 || usize::from(u16::MAX).saturating_sub(packet.len()) < option.len() {
        return false;
    }
    let rest = packet.split_off(at.saturating_add(HEADER));
    packet.extend_from_slice(option);
    packet.extend_from_slice(&rest);
    if let Some(byte) = at.checked_add(12).and_then(|n| packet.get_mut(n)) {
        *byte = (*byte & 0x0f) | (longer << 4);
    }
    let len = packet.len();
    match packet.first().map(|b| b >> 4) {
        Some(4) => {
            let mut ip = Ipv4Packet::new_unchecked(&mut packet[..]);
            ip.set_total_len(u16::try_from(len).unwrap_or(u16::MAX));
            ip.fill_checksum();
        }
        _ => {
            let payload = u16::try_from(len.saturating_sub(40)).unwrap_or(u16::MAX);
            Ipv6Packet::new_unchecked(&mut packet[..]).set_payload_len(payload);
        }
    }
    true
}

/// Writes the TCP checksum.
pub fn finish(packet: &mut BytesMut, segment: &Segment) {
    let (source, destination): (IpAddress, IpAddress) =
        (segment.source.ip().into(), segment.destination.ip().into());
    if let Some(tcp) = packet.get_mut(segment.at..).filter(|tcp| tcp.len() >= HEADER) {
        TcpPacket::new_unchecked(tcp).fill_checksum(&source, &destination);
    }
}

/// The number of the upper layer.
pub fn protocol() -> u8 {
    PROTOCOL
}

fn number(n: TcpSeqNumber) -> u32 {
    // A sequence number is 32 bits; smoltcp happens to count them with a sign.
    n.0.cast_unsigned()
}

fn sequence(n: u32) -> TcpSeqNumber {
    TcpSeqNumber(n.cast_signed())
}

#[cfg(test)]
mod tests {
    use super::*;

    pub(super) fn syn(source: &str, destination: &str) -> Segment {
        Segment {
            destination: destination.parse().unwrap(),
            source: source.parse().unwrap(),
            seq: u32::MAX,
            ack: None,
            syn: true,
            fin: false,
            rst: false,
            window: 1000,
            len: 1,
            at: 20,
        }
    }

    #[test]
    fn a_syn_is_refused_with_an_acknowledged_rst_and_an_ack_with_its_own_number() {
        for (source, destination) in
            [("10.0.0.1:1234", "10.0.0.2:179"), ("[2001:db8::1]:1234", "[2001:db8::2]:179")]
        {
            let syn = syn(source, destination);
            let rst = Segment::emitted(&syn.refusal().unwrap()).unwrap();
            assert_eq!((rst.source, rst.destination), (syn.destination, syn.source));
            assert!(rst.rst && !rst.syn);
            assert_eq!((rst.seq, rst.ack), (0, Some(0)), "one more than the SYN, and it wraps");
            assert!(rst.refusal().is_none(), "no RST for a RST");
            let ack = Segment { ack: Some(7), syn: false, len: 0, ..syn };
            let rst = Segment::emitted(&ack.refusal().unwrap()).unwrap();
            assert_eq!((rst.seq, rst.ack), (7, None));
        }
    }

    #[test]
    fn options_are_found_behind_padding_and_end_at_nonsense() {
        let mut tcp = vec![0; 20];
        tcp[12] = 0x80;
        tcp.extend([1, 1, 2, 4, 5, 180, 3, 0, 0, 0, 0, 0]);
        assert_eq!(options(&tcp).collect::<Vec<_>>(), [(2, &[5, 180][..])]);
        assert_eq!(options(&tcp[..10]).count(), 0);
        assert_eq!(options(&[]).count(), 0);
    }

    #[test]
    fn an_option_that_finds_no_room_changes_nothing() {
        let mut packet = syn("10.0.0.1:1234", "10.0.0.2:179").challenge(1, 2, 3);
        assert!(add_option(&mut packet, 20, &[1; 40]));
        let before = packet.clone();
        assert!(!add_option(&mut packet, 20, &[1; 4]));
        assert_eq!(packet, before);
        assert!(!add_option(&mut packet, 1000, &[1; 4]));
    }
}
