//! One connection to the best validating cache that answers (RFC 8210 8, 10). What a cache tells is used when it is
//! complete (End of Data), all of it at once; what it told stays in use until it expires, also while the connection is
//! down.

use super::wire::{self, Fault, Pdu, error};
use super::{Validity, Vrp, Vrps};
use crate::config::{Rpki, RpkiCache};
use crate::process::{Closed, ConnId};
use bytes::{Buf, BytesMut};
use core::time::Duration;
use fib::{Instant, Prefix};

/// What a client wants of the world.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Output {
    /// Open a connection to this cache.
    Connect(ConnId, RpkiCache),
    /// End it.
    Close(ConnId),
    /// Payloads changed: routes are to be judged again.
    Changed,
    /// For the log.
    Said(String),
}

/// How things stand with a cache.
#[derive(Copy, Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum CacheState {
    /// Not tried: a better one answers, or it is to be tried later.
    Idle,
    /// Its answer to the connection is awaited.
    Connecting,
    /// It has been asked and is telling.
    Syncing,
    /// Everything is told.
    Synced,
}

/// Seconds, as in FRR where the configuration and the cache are silent.
const REFRESH: u32 = 3600;
const RETRY: u32 = 600;
const EXPIRE: u32 = 7200;
/// A cache that stays silent this long is given up.
const SILENCE: Duration = Duration::from_secs(60);
/// Bytes that may wait to be understood.
const INPUT: usize = 64 * 1024;

/// See the module.
#[derive(Debug, Default)]
pub struct Client {
    config: Rpki,
    /// The preference of the cache that is spoken to.
    current: Option<u8>,
    conn: Option<ConnId>,
    serial_of_conn: u32,
    connected: bool,
    state: Option<CacheState>,
    version: u8,
    /// The session and serial of what is in `vrps`, and whose they are.
    known: Option<(u8, u16, u32)>,
    /// The session that is being told.
    telling: Option<u16>,
    pending: Vec<(bool, Vrp)>,
    /// All is being told, not only what is new.
    full: bool,
    vrps: Vrps,
    intervals: Option<(u32, u32, u32)>,
    input: BytesMut,
    output: BytesMut,
    refresh_at: Option<Instant>,
    retry_at: Option<Instant>,
    expire_at: Option<Instant>,
    silent_at: Option<Instant>,
    wants: std::collections::VecDeque<Output>,
}

impl Client {
    /// The caches are these from now on.
    pub fn configure(&mut self, now: Instant, config: &Rpki) {
        if self.config == *config {
            return;
        }
        let same = self.current.is_some_and(|p| self.config.caches.get(&p) == config.caches.get(&p));
        self.config = config.clone();
        if !same {
            self.drop_connection();
            self.current = None;
            self.retry_at = Some(now);
        }
        if self.config.caches.is_empty() {
            self.retry_at = None;
            self.forget();
        }
    }

    /// Whether any cache is configured: only then routes have a validity.
    pub fn is_active(&self) -> bool {
        !self.config.caches.is_empty()
    }

    /// The payloads in use.
    pub fn vrps(&self) -> &Vrps {
        &self.vrps
    }

    /// RFC 6811; `None`: no cache is configured.
    pub fn validity(&self, prefix: Prefix, origin: Option<u32>) -> Option<Validity> {
        self.is_active().then(|| self.vrps.validity(prefix, origin))
    }

    /// Every cache with its state, by preference.
    pub fn caches(&self) -> impl Iterator<Item = (u8, &RpkiCache, CacheState)> {
        self.config.caches.iter().map(|(preference, cache)| {
            let state = self.state.filter(|_| self.current == Some(*preference)).unwrap_or(CacheState::Idle);
            (*preference, cache, state)
        })
    }

    /// The handshake is complete.
    pub fn handle_connected(&mut self, now: Instant, conn: ConnId) {
        if self.conn == Some(conn) {
            self.connected = true;
            self.ask(now);
        }
    }

    /// The connection is gone, or could not be opened: the next cache is tried, after the last one a while later.
    pub fn handle_closed(&mut self, now: Instant, conn: ConnId, why: Closed) {
        if self.conn == Some(conn) {
            self.conn = None;
            self.fail(now, &format!("{why:?}").to_lowercase());
        }
    }

    /// Bytes from the cache. Returns how many were taken.
    pub fn handle_stream(&mut self, now: Instant, conn: ConnId, data: &[u8]) -> usize {
        if self.conn != Some(conn) {
            return data.len();
        }
        let room = INPUT.saturating_sub(self.input.len()).min(data.len());
        self.input.extend_from_slice(data.get(..room).unwrap_or_default());
        self.silent_at = self.silent_at.map(|_| now + SILENCE);
        loop {
            match wire::parse(&self.input) {
                Ok(None) => return room,
                Ok(Some((version, pdu, len))) => {
                    self.input.advance(len);
                    if let Err(fault) = self.pdu(now, version, pdu) {
                        self.refuse(now, fault);
                        return data.len();
                    }
                }
                Err(fault) => {
                    self.refuse(now, fault);
                    return data.len();
                }
            }
        }
    }

    /// Appends what is to be sent.
    pub fn fill(&mut self, conn: ConnId, room: usize, out: &mut BytesMut) {
        if self.conn == Some(conn) {
            let part = self.output.split_to(room.min(self.output.len()));
            out.extend_from_slice(&part);
        }
    }

    /// The connection, while there is something to send on it.
    pub fn writable(&self) -> Option<ConnId> {
        self.conn.filter(|_| self.connected && !self.output.is_empty())
    }

    /// Does what is due.
    pub fn handle_timeout(&mut self, now: Instant) {
        let due = |at: Option<Instant>| at.is_some_and(|t| t <= now);
        if due(self.expire_at) {
            self.say("what the cache told has expired");
            self.forget();
        }
        if due(self.silent_at) {
            self.drop_connection();
            self.fail(now, "the cache is silent");
        }
        if due(self.refresh_at) {
            self.refresh_at = None;
            self.ask(now);
        }
        if due(self.retry_at) {
            self.retry_at = None;
            self.connect(now, None);
        }
    }

    /// When `handle_timeout` is wanted.
    pub fn next_timeout(&self) -> Option<Instant> {
        [self.refresh_at, self.retry_at, self.expire_at, self.silent_at].into_iter().flatten().min()
    }

    /// What it wants next.
    pub fn poll_output(&mut self) -> Option<Output> {
        self.wants.pop_front()
    }

    /// Connects to the best cache after the one of preference `after`.
    fn connect(&mut self, now: Instant, after: Option<u8>) {
        let next = self.config.caches.iter().find(|(p, _)| after.is_none_or(|a| **p > a));
        let Some((preference, cache)) = next.map(|(p, c)| (*p, c.clone())) else {
            self.retry_at = (!self.config.caches.is_empty()).then(|| now + self.retry());
            return;
        };
        if self.known.is_some_and(|(whose, ..)| whose != preference) {
            // Another cache has other serials: everything is asked anew, and the old is used until then.
            self.known = None;
        }
        self.serial_of_conn = self.serial_of_conn.saturating_add(1);
        let conn = ConnId { owner: ConnId::RPKI, serial: self.serial_of_conn };
        if self.current != Some(preference) {
            self.version = 1;
        }
        (self.current, self.conn, self.connected) = (Some(preference), Some(conn), false);
        self.state = Some(CacheState::Connecting);
        self.input.clear();
        self.output.clear();
        self.silent_at = Some(now + SILENCE);
        self.wants.push_back(Output::Connect(conn, cache));
    }

    fn retry(&self) -> Duration {
        let said = self.intervals.map(|(_, retry, _)| retry);
        Duration::from_secs(self.config.retry.or(said).unwrap_or(RETRY).into())
    }

    /// Asks the cache for what is new, or for all.
    fn ask(&mut self, now: Instant) {
        if !self.connected {
            return;
        }
        match self.known {
            Some((_, session, serial)) => wire::serial_query(self.version, session, serial, &mut self.output),
            None => wire::reset_query(self.version, &mut self.output),
        }
        self.full = self.known.is_none();
        self.telling = None;
        self.pending.clear();
        self.state = Some(CacheState::Syncing);
        self.silent_at = Some(now + SILENCE);
    }

    fn pdu(&mut self, now: Instant, version: u8, pdu: Pdu) -> Result<(), Fault> {
        if let Pdu::Error { code, text } = pdu {
            self.cache_error(now, version, code, &text);
            return Ok(());
        }
        if version != self.version {
            // RFC 8210 7: a cache that answers in version 0 speaks no other.
            if version == 0 && self.known.is_none() && self.telling.is_none() {
                self.version = 0;
            } else {
                return Err(Fault(error::UNEXPECTED_VERSION));
            }
        }
        match pdu {
            Pdu::SerialNotify { session, serial } => {
                let new = self.known.is_none_or(|(_, s, n)| (s, n) != (session, serial));
                if new && self.state == Some(CacheState::Synced) {
                    self.ask(now);
                }
                Ok(())
            }
            Pdu::CacheResponse { session } => {
                if self.known.is_some_and(|(_, s, _)| s != session) {
                    // It has begun anew since: its differences mean nothing.
                    self.known = None;
                    self.ask(now);
                    return Ok(());
                }
                self.telling = Some(session);
                Ok(())
            }
            Pdu::Prefix { announce, vrp } if self.telling.is_some() => {
                self.pending.push((announce, vrp));
                Ok(())
            }
            Pdu::EndOfData { session, serial, intervals } if self.telling == Some(session) => {
                self.complete(now, session, serial, intervals)
            }
            Pdu::CacheReset => {
                self.known = None;
                self.ask(now);
                Ok(())
            }
            Pdu::RouterKey => Ok(()),
            _ => Err(Fault(error::CORRUPT)),
        }
    }

    /// All is told: it is used from now on.
    fn complete(
        &mut self,
        now: Instant,
        session: u16,
        serial: u32,
        intervals: Option<(u32, u32, u32)>,
    ) -> Result<(), Fault> {
        let mut next = if self.full { Vrps::default() } else { self.vrps.clone() };
        for (announce, vrp) in self.pending.drain(..) {
            let fault = if announce { error::DUPLICATE } else { error::UNKNOWN_WITHDRAWAL };
            let done = if announce { next.insert(vrp) } else { next.remove(vrp) };
            if !done {
                return Err(Fault(fault));
            }
        }
        self.telling = None;
        self.intervals = intervals.or(self.intervals);
        self.known = self.current.map(|preference| (preference, session, serial));
        self.state = Some(CacheState::Synced);
        self.silent_at = None;
        let (refresh, _, expire) = self.intervals.unwrap_or((REFRESH, RETRY, EXPIRE));
        let seconds = |configured: Option<u32>, said: u32| {
            Duration::from_secs(configured.unwrap_or(said).max(1).into())
        };
        self.refresh_at = Some(now + seconds(self.config.refresh, refresh));
        self.expire_at = Some(now + seconds(self.config.expire, expire));
        if next != self.vrps {
            self.vrps = next;
            self.wants.push_back(Output::Changed);
        }
        Ok(())
    }

    fn cache_error(&mut self, now: Instant, version: u8, code: u16, text: &str) {
        self.say(&format!("the cache reports error {code}: {text}"));
        if code == error::VERSION && version < self.version {
            self.version = version;
            self.known = None;
            self.drop_connection();
            self.reconnect(now);
            return;
        }
        self.drop_connection();
        self.fail(now, "it reported an error");
    }

    /// To the same cache once more, in another version.
    fn reconnect(&mut self, now: Instant) {
        let version = self.version;
        let before = self.current.and_then(|p| p.checked_sub(1));
        self.connect(now, before);
        self.version = version;
    }

    fn refuse(&mut self, now: Instant, fault: Fault) {
        self.known = None;
        self.drop_connection();
        self.fail(now, &format!("what it sent does not read (error {})", fault.0));
    }

    fn fail(&mut self, now: Instant, why: &str) {
        self.say(&format!("no data from the cache: {why}"));
        self.connected = false;
        self.state = None;
        (self.refresh_at, self.silent_at, self.telling) = (None, None, None);
        self.pending.clear();
        let failed = self.current.take();
        self.connect(now, failed);
    }

    fn drop_connection(&mut self) {
        if let Some(conn) = self.conn.take() {
            self.wants.push_back(Output::Close(conn));
        }
        self.connected = false;
        self.state = None;
        (self.refresh_at, self.silent_at, self.telling) = (None, None, None);
        self.pending.clear();
    }

    fn forget(&mut self) {
        self.known = None;
        self.expire_at = None;
        if !self.vrps.is_empty() {
            self.vrps = Vrps::default();
            self.wants.push_back(Output::Changed);
        }
    }

    fn say(&mut self, text: &str) {
        self.wants.push_back(Output::Said(text.to_owned()));
    }
}
