//! One TCP connection: a smoltcp interface and socket of its own, so that what it costs does not depend on how many others
//! there are, and its MTU and initial sequence number are its own.
//! What smoltcp does not know is done here on both sides of it: signatures, the challenge of RFC 5961, deadlines.

use super::super::device::Queues;
use super::segment::{HEADER, Segment};
use super::{Tuple, md5};
use bgp::{Closed, Tcp};
use bytes::{Buf, BytesMut};
use core::net::SocketAddr;
use core::time::Duration;
use fib::Instant;
use smoltcp::iface::{Config, Interface, SocketHandle, SocketSet};
use smoltcp::phy::Checksum;
use smoltcp::socket::tcp::{CongestionControl, Socket, SocketBuffer, State};
use smoltcp::wire::{HardwareAddress, IpEndpoint, IpListenEndpoint};

/// Bytes of each of the two buffers of a socket. Their pages are touched only by what passes through them, so an idle
/// connection in a lab costs little of it.
pub(super) const BUFFER: usize = 64 * 1024;
/// An attempt to connect ends by itself: somewhat before the default of the timer that would begin the next.
const CONNECT_TIMEOUT: Duration = Duration::from_secs(75);
/// A peer that began a handshake must finish it.
const HANDSHAKE_TIMEOUT: Duration = Duration::from_secs(30);
/// What is left to say, and the wait for stray segments after it, must not take longer once a connection is closed.
const LINGER: Duration = Duration::from_secs(30);
/// Challenge ACKs of a connection are this far apart (RFC 5961 section 7).
const CHALLENGE_INTERVAL: Duration = Duration::from_secs(1);
/// Less than this of an MTU leaves nothing for data.
const LEAST_MTU: u32 = 296;
/// Times smoltcp may say that it has more to do now, in one poll.
const MAX_POLLS: usize = 64;

/// Where a connection is in its life.
#[derive(Copy, Clone, Debug, PartialEq, Eq)]
enum Phase {
    /// The handshake is under way, until then.
    Opening { until: Instant },
    /// Established; the peer may have finished.
    Open,
    /// Its owner is done with it: the last words are being sent, until then.
    Closing { until: Instant },
}

/// What came of a poll or an input.
#[derive(Copy, Clone, Debug, PartialEq, Eq)]
pub(super) enum News {
    /// The handshake is complete.
    Connected,
    /// The end, and everything received has been read.
    Closed(Closed),
    /// Nobody needs to know that it is gone for good.
    Forgotten,
}

/// One connection.
pub(super) struct Connection {
    pub tuple: Tuple,
    pub how: Tcp,
    pub owner: bgp::ConnId,
    /// When [`Connection::poll`] is wanted.
    pub due: Option<Instant>,
    seed: u64,
    iface: Interface,
    queues: Queues,
    sockets: SocketSet<'static>,
    handle: SocketHandle,
    phase: Phase,
    passive: bool,
    /// The peer's initial sequence number, of a connection that it began.
    irs: Option<u32>,
    /// Given to be sent, and found no room in the socket.
    pending: BytesMut,
    /// The owner could have given more.
    hungry: bool,
    /// A RST was taken.
    reset: bool,
    /// The next sequence number, the last acknowledgement number and window sent.
    next: Option<u32>,
    acked: Option<u32>,
    window: u16,
    challenge_at: Instant,
}

impl Connection {
    fn new(now: Instant, owner: bgp::ConnId, tuple: Tuple, how: Tcp, mtu: u32, seed: u64) -> Connection {
        let mut queues = Queues::new(usable(mtu, &how));
        // Whoever asked whose segment this is has looked at its checksum.
        queues.tcp = Checksum::Tx;
        let iface = interface(now, &mut queues, seed);
        let buffer = || SocketBuffer::new(vec![0; BUFFER]);
        let mut socket = Socket::new(buffer(), buffer());
        socket.set_nagle_enabled(false);
        socket.set_congestion_control(CongestionControl::Reno);
        let mut sockets = SocketSet::new(Vec::with_capacity(1));
        let handle = sockets.add(socket);
        Connection {
            tuple,
            how,
            owner,
            due: None,
            seed,
            iface,
            queues,
            sockets,
            handle,
            phase: Phase::Opening { until: now + CONNECT_TIMEOUT },
            passive: false,
            irs: None,
            pending: BytesMut::new(),
            hungry: false,
            reset: false,
            next: None,
            acked: None,
            window: 0,
            challenge_at: now,
        }
    }

    /// One that we begin. `None`: it cannot be, with such addresses.
    pub fn connect(
        now: Instant,
        owner: bgp::ConnId,
        tuple: Tuple,
        how: Tcp,
        mtu: u32,
        seed: u64,
    ) -> Option<Connection> {
        let mut c = Connection::new(now, owner, tuple, how, mtu, seed);
        let socket = c.sockets.get_mut::<Socket<'_>>(c.handle);
        let (remote, local) = (endpoint(c.tuple.remote), endpoint(c.tuple.local));
        socket.connect(c.iface.context(), remote, IpListenEndpoint::from(local)).ok()?;
        Some(c)
    }

    /// One that the peer begins with this SYN. `None`: it cannot be, with such addresses.
    pub fn accept(
        now: Instant,
        owner: bgp::ConnId,
        tuple: Tuple,
        how: Tcp,
        mtu: u32,
        seed: u64,
        syn: &Segment,
    ) -> Option<Connection> {
        let mut c = Connection::new(now, owner, tuple, how, mtu, seed);
        c.phase = Phase::Opening { until: now + HANDSHAKE_TIMEOUT };
        (c.passive, c.irs) = (true, Some(syn.seq));
        c.socket_mut().listen(IpListenEndpoint::from(endpoint(tuple.local))).ok()?;
        Some(c)
    }

    fn socket(&self) -> &Socket<'static> {
        self.sockets.get(self.handle)
    }

    fn socket_mut(&mut self) -> &mut Socket<'static> {
        self.sockets.get_mut(self.handle)
    }

    /// The path takes packets of this size now, IP header included.
    pub fn set_mtu(&mut self, now: Instant, mtu: u32) {
        let usable = usable(mtu, &self.how);
        if usable == self.queues.mtu {
            return;
        }
        self.queues.mtu = usable;
        // An interface never asks its device again; the socket does not mind which one it is on.
        self.iface = interface(now, &mut self.queues, self.seed);
    }

    /// Whether a SYN for the same two ends begins a new connection in place of this one: this one is over, or has only
    /// begun and with another initial sequence number.
    pub fn gives_way_to(&self, syn: &Segment) -> bool {
        match self.socket().state() {
            State::TimeWait | State::Closed | State::Listen => true,
            State::SynReceived => self.passive && self.irs != Some(syn.seq),
            _ => false,
        }
    }

    /// Takes a segment. The answer is one to be sent at once, ahead of what [`Connection::poll`] says.
    pub fn input(&mut self, now: Instant, packet: BytesMut, segment: &Segment) -> Option<BytesMut> {
        let synchronized = !matches!(self.phase, Phase::Opening { .. });
        // RFC 5961 sections 3 and 4: neither a SYN nor a RST that is not exactly the next ends a connection. Whoever has
        // really forgotten it answers the challenge with a RST that is.
        if synchronized && (segment.syn || (segment.rst && Some(segment.seq) != self.acked)) {
            return self.challenge(now, segment);
        }
        self.reset |= segment.rst;
        self.queues.rx.push_back(packet);
        None
    }

    fn challenge(&mut self, now: Instant, segment: &Segment) -> Option<BytesMut> {
        let (next, acked) = (self.next?, self.acked?);
        if now < self.challenge_at {
            return None;
        }
        self.challenge_at = now + CHALLENGE_INTERVAL;
        self.seal(segment.challenge(next, acked, self.window))
    }

    /// Signs a packet if it must be.
    fn seal(&self, mut packet: BytesMut) -> Option<BytesMut> {
        match &self.how.md5 {
            Some(key) if !md5::sign(&mut packet, key) => None,
            _ => Some(packet),
        }
    }

    /// Lets smoltcp work until it has nothing more to do now.
    pub fn poll(&mut self, now: Instant, send: &mut dyn FnMut(BytesMut)) {
        for _ in 0..MAX_POLLS {
            self.iface.poll(at(now), &mut self.queues, &mut self.sockets);
            self.refill();
            while let Some(packet) = self.queues.tx.pop_front() {
                self.note(&packet);
                if let Some(packet) = self.seal(packet) {
                    send(packet);
                }
            }
            if self.next_timeout(now).is_none_or(|t| t > now) {
                break;
            }
        }
    }

    /// What waited for room in the socket gets it.
    fn refill(&mut self) {
        if let Phase::Closing { .. } = self.phase {
            self.discard();
        }
        if self.pending.is_empty() {
            return;
        }
        let socket = self.sockets.get_mut::<Socket<'_>>(self.handle);
        match socket.send_slice(&self.pending) {
            Ok(taken) => self.pending.advance(taken),
            Err(_) => self.pending.clear(),
        }
        if self.pending.is_empty() {
            self.pending = BytesMut::new();
            if let Phase::Closing { .. } = self.phase {
                self.socket_mut().close();
            }
        }
    }

    /// Nobody reads any more: the window must not close on the peer's own last words.
    fn discard(&mut self) {
        let socket = self.socket_mut();
        while socket.can_recv() && socket.recv(|data| (data.len(), ())).is_ok() {}
    }

    fn note(&mut self, packet: &[u8]) {
        let Some(segment) = Segment::emitted(packet) else { return };
        let end = segment.seq.wrapping_add(segment.len);
        // Serial number arithmetic: a retransmission does not take the end back.
        if self.next.is_none_or(|next| end.wrapping_sub(next) < 1 << 31) {
            self.next = Some(end);
        }
        if let Some(ack) = segment.ack {
            (self.acked, self.window) = (Some(ack), segment.window);
        }
    }

    /// When [`Connection::poll`] is wanted.
    pub fn next_timeout(&mut self, now: Instant) -> Option<Instant> {
        let own = match self.phase {
            Phase::Opening { until } | Phase::Closing { until } => Some(until),
            Phase::Open => None,
        };
        if !self.queues.rx.is_empty() {
            return Some(now);
        }
        let due = self.iface.poll_at(at(now), &self.sockets);
        let due =
            due.map(|due| Instant::from_micros(u64::try_from(due.total_micros()).unwrap_or(0)).max(now));
        // smoltcp counts in microseconds too, but rounds some of its timers down to what has passed.
        own.into_iter().chain(due).min()
    }

    /// What its owner must know. Asked after every poll and every read; [`News::Closed`] is the end of it.
    pub fn news(&mut self, now: Instant) -> Option<News> {
        let (state, drained) = (self.socket().state(), !self.socket().can_recv());
        match self.phase {
            Phase::Opening { until } => match state {
                State::Established | State::CloseWait => {
                    self.phase = Phase::Open;
                    self.hungry = true;
                    Some(News::Connected)
                }
                State::Closed if self.reset => Some(News::Closed(Closed::Refused)),
                State::Closed | State::Listen => Some(News::Closed(Closed::Reset)),
                _ if until <= now => Some(News::Closed(Closed::TimedOut)),
                _ => None,
            },
            Phase::Open if !drained => None,
            Phase::Open => match state {
                State::Closed if self.reset => Some(News::Closed(Closed::Reset)),
                State::Closed => Some(News::Closed(Closed::TimedOut)),
                State::CloseWait => Some(News::Closed(Closed::Finished)),
                _ => None,
            },
            Phase::Closing { until } => {
                let over = state == State::Closed || until <= now;
                over.then_some(News::Forgotten)
            }
        }
    }

    /// Ends it: after what is to be sent has been sent, or at once.
    pub fn close(&mut self, now: Instant, reset: bool) {
        let opening = matches!(self.phase, Phase::Opening { .. });
        self.phase = Phase::Closing { until: now + LINGER };
        self.hungry = false;
        if reset || opening {
            self.pending = BytesMut::new();
            self.socket_mut().abort();
        } else if self.pending.is_empty() {
            self.socket_mut().close();
        }
    }

    /// Offers what was received, in order, until the reader takes less than all of it. Whether more is left.
    pub fn read(&mut self, mut reader: impl FnMut(&[u8]) -> usize) -> bool {
        let socket = self.socket_mut();
        // A ring: what wraps around its end comes in two pieces.
        for _ in 0..2 {
            let offered = socket.recv(|data| {
                let taken = reader(data).min(data.len());
                (taken, taken == data.len())
            });
            if !matches!(offered, Ok(true)) {
                break;
            }
        }
        socket.can_recv()
    }

    /// Whether there is something to read.
    pub fn is_readable(&self) -> bool {
        self.phase == Phase::Open && self.socket().can_recv()
    }

    /// Bytes that may be written now; 0: wait until the peer has taken some.
    pub fn room(&self) -> usize {
        let socket = self.socket();
        if self.phase != Phase::Open || !self.pending.is_empty() || !socket.may_send() {
            return 0;
        }
        let free = socket.send_capacity().saturating_sub(socket.send_queue());
        // Small pieces cost more than they bring: better wait for half a buffer.
        if free >= BUFFER / 2 { BUFFER } else { 0 }
    }

    /// Takes bytes to send: as many as [`Connection::room`] said.
    pub fn write(&mut self, data: &[u8]) {
        let taken = if self.pending.is_empty() { self.socket_mut().send_slice(data).unwrap_or(0) } else { 0 };
        self.pending.extend_from_slice(data.get(taken..).unwrap_or_default());
    }

    /// Whether its owner would have written more if there had been room.
    pub fn set_hungry(&mut self, hungry: bool) {
        self.hungry = hungry;
    }

    /// Whether there is room now for an owner that has found none before.
    pub fn is_waited_for(&self) -> bool {
        self.hungry && self.room() > 0
    }

    /// Whether the peer has not said a word.
    pub fn is_unanswered(&self) -> bool {
        self.socket().state() == State::SynSent
    }

    /// Whether its owner is done with it.
    pub fn is_closing(&self) -> bool {
        matches!(self.phase, Phase::Closing { .. })
    }

    /// Whether the handshake is complete and its owner is not done with it.
    pub fn is_open(&self) -> bool {
        self.phase == Phase::Open
    }

    /// Whether anything is on its way.
    pub fn is_busy(&self) -> bool {
        let socket = self.socket();
        matches!(self.phase, Phase::Opening { .. })
            || socket.send_queue() > 0
            || socket.recv_queue() > 0
            || !self.pending.is_empty()
    }
}

/// Bytes of an IP packet that smoltcp may fill.
fn usable(mtu: u32, how: &Tcp) -> usize {
    let signature = if how.md5.is_some() { md5::SPACE } else { 0 };
    let mtu = usize::try_from(mtu.clamp(LEAST_MTU, u16::MAX.into())).unwrap_or(HEADER);
    mtu.saturating_sub(signature)
}

fn interface(now: Instant, queues: &mut Queues, seed: u64) -> Interface {
    let mut config = Config::new(HardwareAddress::Ip);
    config.random_seed = seed;
    let mut iface = Interface::new(config, queues, at(now));
    iface.set_any_ip(true);
    iface
}

fn endpoint(address: SocketAddr) -> IpEndpoint {
    IpEndpoint::from(address)
}

/// The router's instant as smoltcp counts it.
fn at(now: Instant) -> smoltcp::time::Instant {
    smoltcp::time::Instant::from_micros(i64::try_from(now.as_micros()).unwrap_or(i64::MAX))
}
