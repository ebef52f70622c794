//! Echo requests to neighbors, to measure a link for the protocol that asked. Each goes out of its port whatever the
//! routes say, and comes to one end: its round trip, or the word that there was none in time.

use super::wire::{self, Mark};
use bytes::BytesMut;
use core::net::IpAddr;
use core::time::Duration;
use fib::{IfAddr, Instant, PortId};
use ospf::Echo;
use std::collections::{BTreeMap, VecDeque};

/// An answer later than this is none.
const TIMEOUT: Duration = Duration::from_secs(2);
/// ICMP identifier: below those of pings, which begin at 0x8000.
const IDENT: u16 = 0x4f53;
/// Bytes of the whole IP packet: a short one, so that it measures the link and not its bandwidth.
const SIZE: u16 = 64;
/// A neighbor's echo is not forwarded.
const TTL: u8 = 1;

/// Echoes on their way.
#[derive(Default)]
pub struct Echoes {
    last: u16,
    waiting: BTreeMap<u16, (Echo, Instant)>,
    transmit: VecDeque<(PortId, BytesMut)>,
    done: VecDeque<(Echo, Option<Duration>)>,
}

impl Echoes {
    /// Sends an echo from that of the port's addresses that is nearest to the neighbor: in its subnet, or the primary.
    pub fn send(&mut self, now: Instant, echo: Echo, addresses: &[IfAddr]) {
        let to = IpAddr::V4(echo.address);
        let near = addresses.iter().find(|a| a.network().contains(to));
        let from = near.or_else(|| addresses.iter().find(|a| a.is_v4())).map(IfAddr::addr);
        self.last = self.last.wrapping_add(1);
        match from.and_then(|from| wire::echo_request(from, to, IDENT, self.last, SIZE, TTL)) {
            Some(packet) => {
                self.transmit.push_back((echo.port, packet));
                if let Some((old, _)) = self.waiting.insert(self.last, (echo, now)) {
                    self.done.push_back((old, None));
                }
            }
            None => self.done.push_back((echo, None)),
        }
    }

    /// Whether the packet answers one of the echoes.
    pub fn handle_packet(&mut self, now: Instant, packet: &[u8]) -> bool {
        if self.waiting.is_empty() {
            return false;
        }
        let Some(heard) = wire::hear(packet) else { return false };
        let Mark::Echo(IDENT, sequence) = heard.mark else { return false };
        let is_it = |(echo, _): &&(Echo, Instant)| heard.about == IpAddr::V4(echo.address);
        let Some(&(echo, sent)) = self.waiting.get(&sequence).filter(is_it) else { return false };
        self.waiting.remove(&sequence);
        self.done.push_back((echo, heard.trouble.is_none().then(|| now.since(sent))));
        true
    }

    /// Gives up on what is late.
    pub fn handle_timeout(&mut self, now: Instant) {
        while let Some((&sequence, &(echo, _))) = self.waiting.iter().find(|(_, w)| w.1 + TIMEOUT <= now) {
            self.waiting.remove(&sequence);
            self.done.push_back((echo, None));
        }
    }

    /// When [`Echoes::handle_timeout`] is wanted.
    pub fn next_timeout(&self) -> Option<Instant> {
        self.waiting.values().map(|(_, sent)| *sent + TIMEOUT).min()
    }

    /// The next packet to send, and by which port.
    pub fn poll_transmit(&mut self) -> Option<(PortId, BytesMut)> {
        self.transmit.pop_front()
    }

    /// The next echo that came to its end.
    pub fn poll(&mut self) -> Option<(Echo, Option<Duration>)> {
        self.done.pop_front()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use smoltcp::wire::{Icmpv4Message, Icmpv4Packet, Ipv4Packet};

    fn echo() -> Echo {
        Echo { port: PortId(3), address: [10, 0, 0, 2].into() }
    }

    fn sent(echoes: &mut Echoes) -> BytesMut {
        let addresses = ["192.0.2.1/24", "10.0.0.1/24"].map(|a| a.parse().unwrap());
        echoes.send(Instant::from_secs(1), echo(), &addresses);
        let (port, packet) = echoes.poll_transmit().expect("a request");
        assert_eq!(port, PortId(3));
        packet
    }

    /// What the neighbor makes of a request.
    fn answer(mut request: BytesMut) -> BytesMut {
        let mut ip = Ipv4Packet::new_unchecked(&mut request[..]);
        let (from, to) = (ip.src_addr(), ip.dst_addr());
        ip.set_src_addr(to);
        ip.set_dst_addr(from);
        ip.fill_checksum();
        let mut icmp = Icmpv4Packet::new_unchecked(ip.payload_mut());
        icmp.set_msg_type(Icmpv4Message::EchoReply);
        icmp.fill_checksum();
        request
    }

    #[test]
    fn an_answer_tells_its_round_trip_once() {
        let mut echoes = Echoes::default();
        let request = sent(&mut echoes);
        assert_eq!(Ipv4Packet::new_unchecked(&request[..]).src_addr().to_string(), "10.0.0.1");
        let reply = answer(request.clone());
        let later = Instant::from_secs(1) + Duration::from_micros(700);
        assert!(!echoes.handle_packet(later, &request), "a request is no answer");
        assert!(echoes.handle_packet(later, &reply) && !echoes.handle_packet(later, &reply));
        assert_eq!(echoes.poll(), Some((echo(), Some(Duration::from_micros(700)))));
        assert_eq!((echoes.poll(), echoes.next_timeout()), (None, None));
    }

    #[test]
    fn an_echo_that_is_not_answered_in_time_says_so() {
        let mut echoes = Echoes::default();
        let reply = answer(sent(&mut echoes));
        let due = echoes.next_timeout().unwrap();
        echoes.handle_timeout(due);
        assert!(!echoes.handle_packet(due, &reply), "too late");
        assert_eq!((echoes.poll(), echoes.poll()), (Some((echo(), None)), None));
    }

    #[test]
    fn a_port_without_an_address_cannot_ask() {
        let mut echoes = Echoes::default();
        echoes.send(Instant::ZERO, echo(), &[]);
        assert_eq!((echoes.poll_transmit(), echoes.poll()), (None, Some((echo(), None))));
    }
}
