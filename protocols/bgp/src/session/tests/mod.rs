//! Sessions against each other in virtual time, over pipes of bytes instead of TCP.

mod collide;
mod damage;
mod delay;
mod establish;
mod graceful;
mod open;
mod operator;
mod timing;

use super::{Down, Incoming, Negotiated, Output, Own, Session, State};
use crate::config::{Config, NeighborConfig, PeerKey, RemoteAs, Timers};
use crate::settings::{Identity, Settings, resolve};
use crate::wire::{Kind, Notification, Open};
use crate::{Closed, ConnId, PeerIx, RouterId};
use bytes::BytesMut;
use core::net::SocketAddr;
use core::time::Duration;
use fib::Instant;
use std::collections::{BTreeMap, BTreeSet, VecDeque};
use std::sync::Arc;

/// What is known about one side before it starts.
#[derive(Clone)]
struct Side {
    config: Config,
    neighbor: NeighborConfig,
    id: RouterId,
    own: Own,
}

fn side(asn: u32, id: [u8; 4], peer_as: u32) -> Side {
    let neighbor = NeighborConfig { remote_as: Some(RemoteAs::Number(peer_as)), ..NeighborConfig::default() };
    Side { config: Config::new(asn), neighbor, id: id.into(), own: Own::default() }
}

/// Two eBGP routers; the second has the greater identifier.
fn two() -> (Side, Side) {
    (side(65_001, [1, 1, 1, 1], 65_002), side(65_002, [2, 2, 2, 2], 65_001))
}

impl Side {
    fn with(mut self, f: impl FnOnce(&mut NeighborConfig)) -> Side {
        f(&mut self.neighbor);
        self
    }

    fn timers(self, keepalive: u16, hold: u16) -> Side {
        self.with(|n| n.timers = Some(Timers { keepalive, hold }))
    }

    fn settings(&self) -> Arc<Settings> {
        let mut config = self.config.clone();
        let key: PeerKey = "10.0.0.9".parse().unwrap_or_else(|e| match e {});
        config.neighbors.insert(key.clone(), self.neighbor.clone());
        config.graceful_restart = self.own.config;
        Arc::new(resolve(&config, &key, None).expect("a neighbor with an AS"))
    }

    fn identity(&self) -> Arc<Identity> {
        Arc::new(Identity::new(&self.config, self.id))
    }

    fn session(&self, seed: u64) -> Session {
        Session::new(PeerIx(1), Instant::ZERO, self.settings(), self.identity(), self.own, seed)
    }
}

/// What came out of a session.
#[derive(Default)]
struct Seen {
    ups: Vec<Arc<Negotiated>>,
    downs: Vec<Down>,
    incoming: Vec<Incoming>,
    states: Vec<State>,
}

/// A pipe between the two: the name each end has for it, and what is on its way to each.
struct Pipe {
    ids: [Option<ConnId>; 2],
    to: [VecDeque<u8>; 2],
    /// The end has closed; what it sent before is still delivered.
    finished: [bool; 2],
}

/// What a pipe is to do.
#[derive(Copy, Clone, PartialEq, Eq)]
enum Net {
    Up,
    /// SYNs are answered with RST.
    Refusing,
    /// Nothing gets through, nobody hears of it.
    Dead,
}

/// Two sessions, and the network between them.
struct Pair {
    now: Instant,
    ends: [Session; 2],
    seen: [Seen; 2],
    pipes: Vec<Pipe>,
    net: Net,
    /// Whether the end reads what comes.
    reads: [bool; 2],
    /// UPDATEs are taken out of the session.
    processes: [bool; 2],
    /// How much a socket takes.
    room: usize,
}

fn address(end: usize) -> SocketAddr {
    SocketAddr::from(([10, 0, 0, u8::try_from(end).unwrap_or(0)], 179))
}

impl Pair {
    fn new(a: &Side, b: &Side) -> Pair {
        Pair {
            now: Instant::from_secs(1),
            ends: [a.session(1), b.session(2)],
            seen: Default::default(),
            pipes: Vec::new(),
            net: Net::Up,
            reads: [true; 2],
            processes: [true; 2],
            room: 65_536,
        }
    }

    /// Both started and driven until nothing moves.
    fn started(a: &Side, b: &Side) -> Pair {
        let mut pair = Pair::new(a, b);
        for end in &mut pair.ends {
            end.start(pair.now);
        }
        pair.drive();
        pair
    }

    /// Both started, one after the other, so that there is no collision; established.
    fn established(a: &Side, b: &Side) -> Pair {
        let mut pair = Pair::new(a, b);
        pair.ends[1].start(pair.now);
        pair.drive();
        pair.ends[0].start(pair.now);
        pair.drive();
        pair.run(5);
        assert_eq!(pair.states(), [State::Established; 2]);
        pair
    }

    fn states(&self) -> [State; 2] {
        [self.ends[0].state(), self.ends[1].state()]
    }

    /// Moves everything that can move at this instant.
    fn drive(&mut self) {
        for _ in 0..1000 {
            let mut moved = false;
            for end in 0..2 {
                moved |= self.outputs(end);
                moved |= self.fill(end);
                moved |= self.deliver(end);
                while self.processes[end] {
                    let Some(incoming) = self.ends[end].poll_incoming(self.now) else { break };
                    self.seen[end].incoming.push(incoming);
                    moved = true;
                }
            }
            if !moved {
                return;
            }
        }
        panic!("it never comes to rest");
    }

    fn outputs(&mut self, end: usize) -> bool {
        let mut moved = false;
        while let Some(output) = self.ends[end].poll_output() {
            moved = true;
            match output {
                Output::Connect { conn } => self.connect(end, conn),
                Output::Close { conn, reset } => self.close(end, conn, reset),
                Output::Established(n) => self.seen[end].ups.push(n),
                Output::Down(down) => self.seen[end].downs.push(down),
                Output::Notice(_) | Output::Heard(..) | Output::Moved(..) => {}
            }
            let state = self.ends[end].state();
            if self.seen[end].states.last() != Some(&state) {
                self.seen[end].states.push(state);
            }
        }
        moved
    }

    fn connect(&mut self, end: usize, conn: ConnId) {
        let peer = 1 - end;
        match self.net {
            Net::Dead => {}
            Net::Refusing => self.ends[end].handle_closed(self.now, conn, Closed::Refused),
            Net::Up => match self.ends[peer].incoming(self.now) {
                None => self.ends[end].handle_closed(self.now, conn, Closed::Refused),
                Some(theirs) => {
                    let mut ids = [Some(theirs); 2];
                    ids[end] = Some(conn);
                    self.pipes.push(Pipe { ids, to: Default::default(), finished: [false; 2] });
                    self.ends[end].handle_connected(self.now, conn, address(end), address(peer));
                    self.ends[peer].handle_connected(self.now, theirs, address(peer), address(end));
                }
            },
        }
    }

    fn close(&mut self, end: usize, conn: ConnId, reset: bool) {
        let peer = 1 - end;
        let Some(pipe) = self.pipes.iter_mut().find(|p| p.ids[end] == Some(conn)) else { return };
        pipe.ids[end] = None;
        pipe.to[end].clear();
        pipe.finished[end] = true;
        if reset && self.net == Net::Up {
            pipe.to[peer].clear();
            if let Some(theirs) = pipe.ids[peer].take() {
                self.ends[peer].handle_closed(self.now, theirs, Closed::Reset);
            }
        }
    }

    fn fill(&mut self, end: usize) -> bool {
        let mut moved = false;
        for pipe in &mut self.pipes {
            let Some(conn) = pipe.ids[end] else { continue };
            let room = self.room.saturating_sub(pipe.to[1 - end].len());
            let mut out = BytesMut::new();
            self.ends[end].fill(self.now, conn, room, &mut out);
            moved |= !out.is_empty();
            let forgotten = pipe.ids[1 - end].is_none() && !pipe.finished[1 - end];
            if forgotten && !out.is_empty() && self.net == Net::Up {
                // Nobody knows this connection there any more: RST.
                pipe.ids[end] = None;
                self.ends[end].handle_closed(self.now, conn, Closed::Reset);
            } else {
                pipe.to[1 - end].extend(out);
            }
        }
        moved
    }

    /// `end` loses its memory without a word, and begins anew.
    fn reboot(&mut self, end: usize, side: &Side) {
        self.pipes.iter_mut().for_each(|p| p.ids[end] = None);
        self.ends[end] = side.session(3);
        self.ends[end].start(self.now);
    }

    fn deliver(&mut self, end: usize) -> bool {
        if !self.reads[end] || self.net != Net::Up {
            return false;
        }
        let mut moved = false;
        for pipe in &mut self.pipes {
            let Some(conn) = pipe.ids[end] else { continue };
            let bytes: Vec<u8> = pipe.to[end].iter().copied().collect();
            if !bytes.is_empty() {
                let taken = self.ends[end].handle_stream(self.now, conn, &bytes);
                pipe.to[end].drain(..taken);
                moved |= taken > 0;
            } else if pipe.finished[1 - end] {
                pipe.ids[end] = None;
                self.ends[end].handle_closed(self.now, conn, Closed::Finished);
                moved = true;
            }
        }
        moved
    }

    /// Lets `secs` seconds pass.
    fn run(&mut self, secs: u64) {
        let until = self.now + Duration::from_secs(secs);
        self.drive();
        loop {
            let next = self.ends.iter().filter_map(Session::next_timeout).min();
            match next {
                Some(at) if at <= until => {
                    self.now = self.now.max(at);
                    let now = self.now;
                    self.ends.iter_mut().for_each(|e| e.handle_timeout(now));
                    self.drive();
                }
                _ => break,
            }
        }
        self.now = until;
    }

    /// The last NOTIFICATION `end` received, out of its Hard Reset.
    fn told(&self, end: usize) -> Option<(u8, u8)> {
        let (_, n) = self.ends[end].counters().last_received.as_ref()?;
        let inner = n.hardened().unwrap_or_else(|| n.clone());
        Some((inner.code, inner.subcode))
    }
}

/// One session, and a peer played by hand.
struct Alone {
    now: Instant,
    session: Session,
    out: Vec<Output>,
}

impl Alone {
    fn new(side: &Side) -> Alone {
        let mut alone = Alone { now: Instant::from_secs(1), session: side.session(7), out: Vec::new() };
        alone.session.start(alone.now);
        alone.drain();
        alone
    }

    fn drain(&mut self) {
        while let Some(output) = self.session.poll_output() {
            self.out.push(output);
        }
    }

    /// The connection it asked for last.
    fn wanted(&self) -> Option<ConnId> {
        self.out.iter().rev().find_map(|o| match o {
            Output::Connect { conn } => Some(*conn),
            _ => None,
        })
    }

    fn closed(&self, id: ConnId) -> Option<bool> {
        self.out.iter().rev().find_map(|o| match o {
            Output::Close { conn, reset } if *conn == id => Some(*reset),
            _ => None,
        })
    }

    fn connected(&mut self, conn: ConnId) {
        self.session.handle_connected(self.now, conn, address(0), address(1));
        self.drain();
    }

    /// Its own connection, up.
    fn open_outgoing(&mut self) -> ConnId {
        let conn = self.wanted().expect("it connects");
        self.connected(conn);
        conn
    }

    /// One of the peer's, up.
    fn open_incoming(&mut self) -> ConnId {
        let conn = self.session.incoming(self.now).expect("it is taken");
        self.connected(conn);
        conn
    }

    fn say(&mut self, conn: ConnId, bytes: &[u8]) -> usize {
        let taken = self.session.handle_stream(self.now, conn, bytes);
        self.drain();
        taken
    }

    /// The messages it sends on `conn`: their types and bodies.
    fn hear(&mut self, conn: ConnId) -> Vec<(Kind, Vec<u8>)> {
        let mut out = BytesMut::new();
        self.session.fill(self.now, conn, 65_536, &mut out);
        self.drain();
        split(&out)
    }

    /// The NOTIFICATION it sends on `conn`.
    fn complaint(&mut self, conn: ConnId) -> Option<Notification> {
        let said = self.hear(conn);
        let (kind, body) = said.last()?;
        (*kind == Kind::Notification).then(|| Notification::parse(body))
    }

    /// Lets time pass until `secs` seconds later.
    fn run(&mut self, secs: u64) {
        let until = self.now + Duration::from_secs(secs);
        while let Some(at) = self.session.next_timeout().filter(|at| *at <= until) {
            self.now = self.now.max(at);
            self.session.handle_timeout(self.now);
            self.drain();
        }
        self.now = until;
    }

    fn downs(&self) -> Vec<&Down> {
        self.out
            .iter()
            .filter_map(|o| match o {
                Output::Down(down) => Some(down),
                _ => None,
            })
            .collect()
    }

    /// Established over the peer's connection with this OPEN of the peer.
    fn established(side: &Side, open: &Open) -> (Alone, ConnId) {
        let mut alone = Alone::new(&side.clone().with(|n| n.passive = Some(true)));
        let conn = alone.open_incoming();
        alone.say(conn, &open.encode());
        alone.say(conn, &crate::wire::KEEPALIVE);
        assert_eq!(alone.session.state(), State::Established);
        alone.hear(conn);
        (alone, conn)
    }
}

fn split(mut bytes: &[u8]) -> Vec<(Kind, Vec<u8>)> {
    let mut messages = Vec::new();
    while let Ok(Some((kind, length))) = crate::wire::frame(bytes, 65_535) {
        messages.push((kind, bytes[19..length].to_vec()));
        bytes = &bytes[length..];
    }
    assert!(bytes.is_empty(), "half a message was sent");
    messages
}

/// The OPEN a peer of `side` would send.
fn open_of(side: &Side) -> Open {
    super::negotiate::offer(&side.settings(), &side.identity(), &side.own, false)
}

/// A message of this type with this body.
fn message(kind: Kind, body: &[u8]) -> Vec<u8> {
    let mut bytes = vec![255; 16];
    bytes.extend_from_slice(&u16::try_from(body.len() + 19).unwrap_or(u16::MAX).to_be_bytes());
    bytes.push(kind as u8);
    bytes.extend_from_slice(body);
    bytes
}

/// An UPDATE that withdraws and announces nothing.
fn empty_update() -> Vec<u8> {
    message(Kind::Update, &[0; 4])
}

fn families(names: &[crate::Family]) -> BTreeSet<crate::Family> {
    names.iter().copied().collect()
}

fn active(names: &[crate::Family]) -> BTreeMap<crate::Family, crate::config::NeighborFamily> {
    names
        .iter()
        .map(|f| (*f, crate::config::NeighborFamily { activate: Some(true), ..Default::default() }))
        .collect()
}
