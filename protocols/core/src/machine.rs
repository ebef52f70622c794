//! The one shape of a protocol: packets and time in, packets and events out.

use crate::{Event, Instant};
use bytes::Bytes;
use core::net::{IpAddr, SocketAddr};
use fib::PortId;

/// A protocol with no socket, thread or clock of its own.
///
/// Every method is one of four kinds: getter, `handle_*`, mutator, `poll_*`. After any `handle_*` call or
/// mutator, drain every `poll_*`.
pub trait Machine {
    /// What arrives.
    type Input<'a>;
    /// What leaves.
    type Output;
    /// Takes one packet from the wire.
    fn handle_packet(&mut self, now: Instant, input: Self::Input<'_>);
    /// Does what is due at `now`.
    fn handle_timeout(&mut self, now: Instant);
    /// When `handle_timeout` is wanted next; an instant already past means at once.
    fn next_timeout(&self) -> Option<Instant>;
    /// The next packet to send.
    fn poll_transmit(&mut self) -> Option<Self::Output>;
    /// The next thing the router must know.
    fn poll_event(&mut self) -> Option<Event>;
}

/// A datagram of a link-scoped protocol, with the port it came in on or leaves by.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Datagram {
    /// Ingress or egress port.
    pub port: PortId,
    /// Sender; on transmit its address is the port's own address to send from.
    pub source: SocketAddr,
    /// Receiver: unicast, multicast or broadcast.
    pub destination: SocketAddr,
    /// The UDP payload.
    pub payload: Bytes,
}

impl Datagram {
    /// The sender's address without its UDP port.
    pub fn from(&self) -> IpAddr {
        self.source.ip()
    }
}
