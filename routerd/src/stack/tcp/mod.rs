//! TCP of the router as a host: connections that are asked for, and those that peers begin and somebody wants.
//! There is no listening socket: the router is asked about every SYN that belongs to no connection, and what nobody wants
//! is refused without a trace of it being kept. Each connection is found by its two ends and has a smoltcp of its own, so
//! a thousand idle ones cost a busy one nothing.
//!
//! | file | what |
//! |---|---|
//! | `connection` | one connection, around one smoltcp socket |
//! | `segment` | what matters of a segment; RST and challenge ACK |
//! | `md5` | signatures (RFC 2385) |

mod connection;
mod md5;
mod segment;
#[cfg(test)]
mod tests;

pub use md5::Fault;
pub use segment::Segment;

use bgp::{Closed, ConnId, Tcp};
use bytes::BytesMut;
use connection::{Connection, News};
use core::net::{IpAddr, SocketAddr};
use fib::{Instant, PortId};
use proto::Rng;
use std::collections::{BTreeMap, BTreeSet, VecDeque};

/// Ephemeral ports (RFC 6335 section 6).
const EPHEMERAL: core::ops::RangeInclusive<u16> = 49_152..=65_535;

/// Connections whose owners are done with them, at most: of more, the oldest are forgotten. What is left to do of them is
/// the wait for stray segments, as a rule.
const CLOSING: usize = 64;

/// Both ends of a connection.
#[derive(Copy, Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Tuple {
    /// Ours.
    pub local: SocketAddr,
    /// The peer's.
    pub remote: SocketAddr,
    /// The link, where addresses mean something only on it.
    pub port: Option<PortId>,
}

impl Tuple {
    /// Of a segment that came in by `ingress`.
    pub fn of(segment: &Segment, ingress: Option<PortId>) -> Tuple {
        let (local, remote) = (segment.destination, segment.source);
        Tuple { local, remote, port: ingress.filter(|_| is_link_local(remote.ip())) }
    }
}

/// Whether an address means something only on its link.
pub fn is_link_local(address: IpAddr) -> bool {
    matches!(address, IpAddr::V6(v6) if v6.is_unicast_link_local())
}

/// What became of a connection.
#[derive(Copy, Clone, Debug, PartialEq, Eq)]
pub enum Event {
    /// The handshake is complete.
    Connected(ConnId, Tuple),
    /// It is gone.
    Closed(ConnId, Closed),
}

/// Why a segment was not taken.
#[derive(Copy, Clone, Debug, PartialEq, Eq)]
pub enum Unfit {
    /// It has come from too far (RFC 5082).
    Far,
    /// Its signature.
    Signature(Fault),
}

/// What becomes of a segment that came in.
#[derive(Debug)]
pub enum Input {
    /// A connection has it.
    Taken,
    /// A connection would not have it.
    Refused(Unfit),
    /// It belongs to no connection: the packet again.
    Stray(BytesMut),
}

/// A packet to send.
#[derive(Debug)]
pub struct Output {
    /// The whole IP packet.
    pub packet: BytesMut,
    /// With this TTL or hop limit.
    pub ttl: u8,
    /// By this port, without a look at the routes.
    pub port: Option<PortId>,
}

/// Whether a segment is one that a peer of this kind would send.
pub fn check(packet: &[u8], segment: &Segment, ttl: u8, how: &Tcp) -> Result<(), Unfit> {
    if ttl < how.min_ttl {
        return Err(Unfit::Far);
    }
    md5::verify(packet, segment, how.md5.as_deref()).map_err(Unfit::Signature)
}

/// All connections.
pub struct TcpStack {
    seed: u64,
    made: u64,
    rng: Rng,
    connections: BTreeMap<ConnId, Connection>,
    tuples: BTreeMap<Tuple, ConnId>,
    /// Those that something was done with.
    stirred: BTreeSet<ConnId>,
    timers: BTreeSet<(Instant, ConnId)>,
    readable: BTreeSet<ConnId>,
    /// Those whose reader has not taken everything.
    stalled: BTreeSet<ConnId>,
    /// Those that have room for an owner that has found none before.
    writable: BTreeSet<ConnId>,
    /// Those whose owners are done with them, the oldest first. Some may be gone.
    closing: VecDeque<ConnId>,
    events: VecDeque<Event>,
    output: VecDeque<Output>,
}

impl TcpStack {
    /// Without connections. Initial sequence numbers and ephemeral ports grow from `seed`.
    pub fn new(seed: u64) -> TcpStack {
        TcpStack {
            seed,
            made: 0,
            rng: Rng::fork(seed, "ephemeral ports"),
            connections: BTreeMap::new(),
            tuples: BTreeMap::new(),
            stirred: BTreeSet::new(),
            timers: BTreeSet::new(),
            readable: BTreeSet::new(),
            stalled: BTreeSet::new(),
            writable: BTreeSet::new(),
            closing: VecDeque::new(),
            events: VecDeque::new(),
            output: VecDeque::new(),
        }
    }

    /// Begins a connection from an address of ours. `mtu`: of the way there. [`TcpStack::poll_event`] tells what becomes
    /// of it.
    pub fn connect(
        &mut self,
        now: Instant,
        owner: ConnId,
        local: IpAddr,
        remote: SocketAddr,
        port: Option<PortId>,
        how: Tcp,
        mtu: u32,
    ) {
        let tuple = self.ephemeral(local, remote, port).filter(|_| local.is_ipv4() == remote.is_ipv4());
        let seed = self.next_seed();
        match tuple.and_then(|tuple| Connection::connect(now, owner, tuple, how, mtu, seed)) {
            Some(connection) => self.insert(connection),
            None => self.events.push_back(Event::Closed(owner, Closed::Unreachable)),
        }
    }

    fn next_seed(&mut self) -> u64 {
        self.made = self.made.wrapping_add(1);
        Rng::fork(self.seed, &format!("connection {}", self.made)).bits()
    }

    /// Our end of a new connection: a port that has no connection to there.
    fn ephemeral(&mut self, local: IpAddr, remote: SocketAddr, port: Option<PortId>) -> Option<Tuple> {
        let count = u64::from(EPHEMERAL.end() - EPHEMERAL.start()) + 1;
        (0..64).find_map(|_| {
            let n = EPHEMERAL.start().saturating_add(u16::try_from(self.rng.below(count)).unwrap_or(0));
            let tuple = Tuple {
                local: SocketAddr::new(local, n),
                remote,
                port: port.filter(|_| is_link_local(remote.ip())),
            };
            (!self.tuples.contains_key(&tuple)).then_some(tuple)
        })
    }

    fn insert(&mut self, connection: Connection) {
        let (owner, tuple) = (connection.owner, connection.tuple);
        if let Some(old) = self.tuples.insert(tuple, owner) {
            self.remove(old);
            self.tuples.insert(tuple, owner);
        }
        self.connections.insert(owner, connection);
        self.stirred.insert(owner);
    }

    fn remove(&mut self, owner: ConnId) {
        let Some(connection) = self.connections.remove(&owner) else { return };
        if let Some(due) = connection.due {
            self.timers.remove(&(due, owner));
        }
        if self.tuples.get(&connection.tuple) == Some(&owner) {
            self.tuples.remove(&connection.tuple);
        }
        self.stirred.remove(&owner);
        self.unlist(owner);
    }

    fn unlist(&mut self, owner: ConnId) {
        self.readable.remove(&owner);
        self.stalled.remove(&owner);
        self.writable.remove(&owner);
    }

    /// Takes a segment that came with this TTL, if it belongs to a connection.
    pub fn input(
        &mut self,
        now: Instant,
        packet: BytesMut,
        segment: &Segment,
        ttl: u8,
        ingress: Option<PortId>,
    ) -> Input {
        let owner = self.tuples.get(&Tuple::of(segment, ingress)).copied();
        let Some(connection) = owner.and_then(|owner| self.connections.get_mut(&owner)) else {
            return Input::Stray(packet);
        };
        if let Err(unfit) = check(&packet, segment, ttl, &connection.how) {
            return Input::Refused(unfit);
        }
        let owner = connection.owner;
        if segment.is_first() && connection.gives_way_to(segment) {
            let was_closed = connection.is_closing();
            self.remove(owner);
            if !was_closed {
                self.events.push_back(Event::Closed(owner, Closed::Reset));
            }
            return Input::Stray(packet);
        }
        if let Some(answer) = connection.input(now, packet, segment) {
            let output = Output { packet: answer, ttl: connection.how.ttl, port: connection.tuple.port };
            self.output.push_back(output);
        }
        self.stirred.insert(owner);
        Input::Taken
    }

    /// Takes a SYN that came to no connection and is wanted.
    pub fn accept(
        &mut self,
        now: Instant,
        owner: ConnId,
        packet: BytesMut,
        segment: &Segment,
        ingress: Option<PortId>,
        how: Tcp,
        mtu: u32,
    ) {
        let (tuple, seed) = (Tuple::of(segment, ingress), self.next_seed());
        match Connection::accept(now, owner, tuple, how, mtu, seed, segment) {
            Some(mut connection) => {
                connection.input(now, packet, segment);
                self.insert(connection);
            }
            None => self.events.push_back(Event::Closed(owner, Closed::Unreachable)),
        }
    }

    /// Refuses a segment that belongs to no connection, as that peer would have it.
    pub fn refuse(&mut self, segment: &Segment, ingress: Option<PortId>, how: Option<&Tcp>) {
        let Some(mut packet) = segment.refusal() else { return };
        if let Some(key) = how.and_then(|how| how.md5.as_ref())
            && !md5::sign(&mut packet, key)
        {
            return;
        }
        let (ttl, port) = (how.map_or(64, |how| how.ttl), Tuple::of(segment, ingress).port);
        self.output.push_back(Output { packet, ttl, port });
    }

    /// Ends a connection: after everything written has been sent, or at once with RST. Nothing more is told of it.
    pub fn close(&mut self, now: Instant, owner: ConnId, reset: bool) {
        self.unlist(owner);
        self.events
            .retain(|event| !matches!(event, Event::Connected(o, _) | Event::Closed(o, _) if *o == owner));
        match self.connections.get_mut(&owner) {
            // A RST would be the first the peer hears of it.
            Some(connection) if connection.is_unanswered() => self.remove(owner),
            Some(connection) => {
                connection.close(now, reset);
                self.stirred.insert(owner);
                self.bury(owner);
            }
            None => {}
        }
    }

    /// One more is being closed: there must not be too many.
    fn bury(&mut self, owner: ConnId) {
        self.closing.retain(|old| *old != owner && self.connections.contains_key(old));
        self.closing.push_back(owner);
        if self.closing.len() > CLOSING
            && let Some(oldest) = self.closing.pop_front()
        {
            self.remove(oldest);
        }
    }

    /// Their owners are gone: all connections that are not being closed already end at once.
    pub fn abandon(&mut self, now: Instant) {
        let open: Vec<ConnId> =
            self.connections.values().filter(|c| !c.is_closing()).map(|c| c.owner).collect();
        open.into_iter().for_each(|owner| self.close(now, owner, true));
    }

    /// Connections from addresses that are not ours any more end without a word to the peer: none could be sent.
    pub fn keep_local(&mut self, is_ours: impl Fn(IpAddr, Option<PortId>) -> bool) {
        let gone: Vec<(ConnId, bool)> = self
            .connections
            .values()
            .filter(|c| !is_ours(c.tuple.local.ip(), c.tuple.port))
            .map(|c| (c.owner, c.is_closing()))
            .collect();
        for (owner, was_closed) in gone {
            self.remove(owner);
            if !was_closed {
                self.events.push_back(Event::Closed(owner, Closed::Unreachable));
            }
        }
    }

    /// The way to `remote` takes packets of this size.
    pub fn set_path_mtu(&mut self, now: Instant, remote: IpAddr, mtu: u32) {
        for connection in self.connections.values_mut().filter(|c| c.tuple.remote.ip() == remote) {
            connection.set_mtu(now, mtu);
            self.stirred.insert(connection.owner);
        }
    }

    /// Lets every connection work that has something to do now.
    pub fn poll(&mut self, now: Instant) {
        while let Some((_, owner)) = self.timers.first().copied().filter(|(at, _)| *at <= now) {
            self.timers.pop_first();
            if let Some(connection) = self.connections.get_mut(&owner) {
                connection.due = None;
            }
            self.stirred.insert(owner);
        }
        while let Some(owner) = self.stirred.pop_first() {
            self.work(now, owner);
        }
    }

    fn work(&mut self, now: Instant, owner: ConnId) {
        let Some(connection) = self.connections.get_mut(&owner) else { return };
        let (ttl, port) = (connection.how.ttl, connection.tuple.port);
        let output = &mut self.output;
        connection.poll(now, &mut |packet| output.push_back(Output { packet, ttl, port }));
        self.look(now, owner);
    }

    /// Notes what its owner must know of a connection, and when it wants to work again.
    fn look(&mut self, now: Instant, owner: ConnId) {
        let Some(connection) = self.connections.get_mut(&owner) else { return };
        match connection.news(now) {
            Some(News::Connected) => self.events.push_back(Event::Connected(owner, connection.tuple)),
            Some(News::Closed(why)) => {
                self.events.push_back(Event::Closed(owner, why));
                if connection.is_unanswered() {
                    return self.remove(owner);
                }
                // Our own half is still open when the peer has finished.
                connection.close(now, why != Closed::Finished);
                let (ttl, port) = (connection.how.ttl, connection.tuple.port);
                let output = &mut self.output;
                connection.poll(now, &mut |packet| output.push_back(Output { packet, ttl, port }));
                self.unlist(owner);
                self.bury(owner);
            }
            Some(News::Forgotten) => return self.remove(owner),
            None => {}
        }
        let Some(connection) = self.connections.get_mut(&owner) else { return };
        if connection.is_readable() && !self.stalled.contains(&owner) {
            self.readable.insert(owner);
        }
        if connection.is_waited_for() {
            self.writable.insert(owner);
        }
        // What smoltcp still wants now, it has just been offered: a moment later is soon enough.
        let due = connection.next_timeout(now).map(|at| at.max(Instant::from_micros(now.as_micros() + 1)));
        if due != connection.due {
            if let Some(old) = std::mem::replace(&mut connection.due, due) {
                self.timers.remove(&(old, owner));
            }
            self.timers.extend(due.map(|at| (at, owner)));
        }
    }

    /// When [`TcpStack::poll`] is wanted.
    pub fn next_timeout(&self, now: Instant) -> Option<Instant> {
        if !self.stirred.is_empty() {
            return Some(now);
        }
        self.timers.first().map(|(at, _)| *at)
    }

    /// The next thing that became of a connection. Everything received before has been offered.
    pub fn poll_event(&mut self) -> Option<Event> {
        self.events.pop_front()
    }

    /// The next packet to send.
    pub fn output(&mut self) -> Option<Output> {
        self.output.pop_front()
    }

    /// Connections with something to read, for [`TcpStack::read`].
    pub fn take_readable(&mut self) -> BTreeSet<ConnId> {
        std::mem::take(&mut self.readable)
    }

    /// Connections with room for an owner that has found none before.
    pub fn take_writable(&mut self) -> BTreeSet<ConnId> {
        std::mem::take(&mut self.writable)
    }

    /// Offers what came in, in order, until the reader takes less than all of it: then no more is offered before
    /// [`TcpStack::resume`].
    pub fn read(&mut self, now: Instant, owner: ConnId, reader: impl FnMut(&[u8]) -> usize) {
        let Some(connection) = self.connections.get_mut(&owner).filter(|c| c.is_readable()) else { return };
        let more = connection.read(reader);
        self.stirred.insert(owner);
        if more {
            self.stalled.insert(owner);
        } else {
            self.look(now, owner);
        }
    }

    /// Readers that have not taken everything may do so now.
    pub fn resume(&mut self) {
        self.readable.append(&mut self.stalled);
    }

    /// Bytes that may be written to a connection; 0: not now.
    pub fn room(&self, owner: ConnId) -> usize {
        self.connections.get(&owner).map_or(0, Connection::room)
    }

    /// Sends bytes, as many as [`TcpStack::room`] said; after [`TcpStack::close`] is planned, somewhat more do no harm.
    pub fn write(&mut self, owner: ConnId, data: &[u8]) {
        if let Some(connection) = self.connections.get_mut(&owner) {
            connection.write(data);
            self.stirred.insert(owner);
        }
    }

    /// Whether the owner wants to be told, by [`TcpStack::take_writable`], when there is room.
    pub fn set_hungry(&mut self, owner: ConnId, hungry: bool) {
        if let Some(connection) = self.connections.get_mut(&owner) {
            connection.set_hungry(hungry);
        }
    }

    /// Whether any handshake or data is on its way.
    pub fn is_busy(&self) -> bool {
        self.connections.values().any(Connection::is_busy)
    }

    /// The connections that are open, in order.
    pub fn open(&self) -> impl Iterator<Item = ConnId> + '_ {
        self.connections.values().filter(|c| c.is_open()).map(|c| c.owner)
    }

    /// How many there are, those that are being closed among them.
    #[cfg(test)]
    pub fn len(&self) -> usize {
        self.connections.len()
    }
}
