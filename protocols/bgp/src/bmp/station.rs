//! One station: the connection to it, and what it has been told.
#![warn(clippy::indexing_slicing)]

use super::wire::{self, PeerHeader};
use super::{Monitored, Side, View, tells};
use crate::attrs::AttrId;
use crate::config::BmpTarget;
use crate::process::ConnId;
use crate::show::{BmpConnection, BmpState, BmpTargetView};
use crate::table::{From, PathView, Table};
use crate::wire::{Codec, Writer};
use crate::{Family, PeerIx};
use bytes::{Bytes, BytesMut};
use core::time::Duration;
use fib::{Instant, Prefix};
use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

/// Paths that may have moved without the station having heard of it.
const MOVED: usize = 1 << 19;
/// Bytes made ahead of what the connection takes.
const AHEAD: usize = 64 * 1024;
/// Destinations looked at in one go.
const LOOKED_AT: usize = 8_192;
/// RFC 7854 3.2: the first wait before another attempt, and the longest.
const RETRY: Duration = Duration::from_secs(30);
const RETRY_MOST: Duration = Duration::from_secs(720);
/// Where no route leads yet.
const RETRY_UNREACHABLE: Duration = Duration::from_secs(5);

/// Peers whose tables are being told, and how far that is.
#[derive(Debug)]
struct Walk {
    peers: BTreeSet<PeerIx>,
    family: Family,
    after: Option<Prefix>,
}

/// See the module.
#[derive(Debug)]
pub(super) struct Station {
    pub name: String,
    pub target: BmpTarget,
    pub conn: Option<ConnId>,
    pub connected: bool,
    pub retry_at: Option<Instant>,
    retry: Duration,
    output: BytesMut,
    /// Peers it has been told are up.
    told: BTreeSet<PeerIx>,
    /// Peer Down messages to send.
    downs: BTreeMap<PeerIx, Bytes>,
    /// Peers it is to be told are up.
    ups: BTreeSet<PeerIx>,
    /// Peers whose tables are to be walked over.
    waiting: BTreeSet<PeerIx>,
    walk: Option<Walk>,
    moved: BTreeSet<(Prefix, From)>,
    pub stats_at: Option<Instant>,
    stats_due: bool,
    /// When the connection came about; what was sent on it since.
    since: Option<Instant>,
    bytes: u64,
    updates: u64,
    /// Why there is none.
    why: &'static str,
}

/// The peers that are up.
pub(super) type Peers = BTreeMap<PeerIx, Arc<Monitored>>;

impl Station {
    pub fn new(now: Instant, name: String, target: BmpTarget) -> Station {
        let retry_at = target.connect.is_some().then_some(now);
        Station {
            name,
            target,
            conn: None,
            connected: false,
            retry_at,
            retry: RETRY,
            output: BytesMut::new(),
            told: BTreeSet::new(),
            downs: BTreeMap::new(),
            ups: BTreeSet::new(),
            waiting: BTreeSet::new(),
            walk: None,
            moved: BTreeSet::new(),
            stats_at: None,
            stats_due: false,
            since: None,
            bytes: 0,
            updates: 0,
            why: "",
        }
    }

    /// What `show bmp` tells of it.
    pub fn view(&self, now: Instant) -> BmpTargetView {
        let told = |side| Family::ALL.into_iter().filter(move |f| tells(&self.target, side, *f)).collect();
        let connection = self.target.connect.map(|to| {
            let left = |at: Instant| if at > now { at.since(now) } else { Duration::ZERO };
            let (state, timer) = match (self.since, self.retry_at) {
                (Some(since), _) if self.connected => (BmpState::Up, now.since(since)),
                (_, Some(at)) => (BmpState::RetryWait, left(at)),
                _ => (BmpState::Connecting, Duration::ZERO),
            };
            BmpConnection {
                address: to.address,
                port: to.port,
                state,
                why: (state == BmpState::RetryWait && !self.why.is_empty()).then(|| self.why.to_owned()),
                timer_ms: u64::try_from(timer.as_millis()).unwrap_or(u64::MAX),
                route_monitoring: self.updates,
                bytes: self.bytes,
                queued: self.output.len() as u64,
            }
        });
        BmpTargetView {
            name: self.name.clone(),
            pre_policy: told(Side::Pre),
            post_policy: told(Side::Post),
            stats_interval_ms: self.target.stats_interval,
            connection,
        }
    }

    /// The handshake is complete: everything begins.
    pub fn connected(&mut self, now: Instant, system: &str, peers: &Peers) {
        self.forget();
        self.connected = true;
        self.since = Some(now);
        self.retry = RETRY;
        let description = concat!("routerd ", env!("CARGO_PKG_VERSION"));
        wire::initiation(&mut self.output, description, system);
        self.ups = peers.keys().copied().collect();
        self.stats_at = self.stats_interval().map(|interval| now + interval);
    }

    /// The connection is no more, or there was none; it is tried again.
    pub fn lost(&mut self, now: Instant, unreachable: bool, why: &'static str) {
        self.forget();
        self.why = why;
        self.conn = None;
        let wait = if unreachable { RETRY_UNREACHABLE } else { self.retry };
        self.retry_at = Some(now + wait);
        if !unreachable {
            self.retry = self.retry.saturating_mul(2).min(RETRY_MOST);
        }
    }

    /// Nothing is known of the station any more.
    fn forget(&mut self) {
        self.connected = false;
        self.output = BytesMut::new();
        self.told.clear();
        self.downs.clear();
        self.ups.clear();
        self.waiting.clear();
        self.walk = None;
        self.moved.clear();
        self.stats_at = None;
        self.stats_due = false;
        self.since = None;
        (self.bytes, self.updates) = (0, 0);
    }

    /// What is sent before the connection is closed for good: the rest of a message that was begun, and Termination.
    pub fn farewell(&mut self) -> Option<BytesMut> {
        if !self.connected {
            return None;
        }
        let mut output = core::mem::take(&mut self.output);
        for down in core::mem::take(&mut self.downs).into_values() {
            output.extend_from_slice(&down);
        }
        wire::termination(&mut output);
        Some(output)
    }

    fn stats_interval(&self) -> Option<Duration> {
        self.target.stats_interval.map(|ms| Duration::from_millis(ms.into()))
    }

    /// Another interval.
    pub fn set_stats_interval(&mut self, now: Instant, interval: Option<u32>) {
        self.target.stats_interval = interval;
        self.stats_at = self.stats_interval().filter(|_| self.connected).map(|interval| now + interval);
    }

    /// Does what is due but connecting.
    pub fn handle_timeout(&mut self, now: Instant) {
        if self.stats_at.is_some_and(|at| at <= now) {
            self.stats_due = true;
            self.stats_at = self.stats_interval().map(|interval| now + interval);
        }
    }

    pub fn peer_up(&mut self, ix: PeerIx) {
        if self.connected {
            self.ups.insert(ix);
        }
    }

    /// `message`: Peer Down, whole.
    pub fn peer_down(&mut self, ix: PeerIx, message: &Bytes) {
        self.ups.remove(&ix);
        self.waiting.remove(&ix);
        if let Some(walk) = &mut self.walk {
            walk.peers.remove(&ix);
        }
        if self.told.remove(&ix) {
            self.downs.insert(ix, message.clone());
            self.moved.retain(|(_, from)| from.peer != ix);
        }
    }

    /// Paths came, went or changed. False: more than can be remembered.
    pub fn moved(&mut self, paths: &[(Prefix, From)]) -> bool {
        for (prefix, from) in paths {
            if self.is_told(*prefix, from.peer) {
                self.moved.insert((*prefix, *from));
            }
        }
        self.moved.len() <= MOVED
    }

    /// Whether the station may know something of the prefix: otherwise a walk comes by there.
    fn is_told(&self, prefix: Prefix, peer: PeerIx) -> bool {
        if !self.told.contains(&peer) || self.waiting.contains(&peer) {
            return false;
        }
        let family = Family::of(prefix.is_v4());
        if !tells(&self.target, Side::Pre, family) && !tells(&self.target, Side::Post, family) {
            return false;
        }
        let Some(walk) = self.walk.as_ref().filter(|walk| walk.peers.contains(&peer)) else { return true };
        family < walk.family || family == walk.family && walk.after.is_some_and(|after| prefix <= after)
    }

    /// There is something to send, or to be made.
    pub fn has_work(&self) -> bool {
        let begun = self.walk.is_some() || !self.waiting.is_empty() || !self.moved.is_empty();
        let said = !self.output.is_empty() || !self.downs.is_empty() || !self.ups.is_empty();
        self.connected && (begun || said || self.stats_due)
    }

    /// Appends at most `room` bytes to `out`.
    pub fn fill(&mut self, room: usize, out: &mut BytesMut, view: &View<'_>, peers: &Peers) {
        if !self.connected {
            return;
        }
        self.make(room.min(AHEAD), view, peers);
        let part = self.output.split_to(room.min(self.output.len()));
        self.bytes = self.bytes.saturating_add(part.len() as u64);
        out.extend_from_slice(&part);
    }

    /// Makes messages until there are `enough` bytes of them, or nothing is left to say.
    fn make(&mut self, enough: usize, view: &View<'_>, peers: &Peers) {
        while self.output.len() < enough
            && let Some((_, down)) = self.downs.pop_first()
        {
            self.output.extend_from_slice(&down);
        }
        while self.output.len() < enough
            && let Some(ix) = self.ups.pop_first()
        {
            if let Some(peer) = peers.get(&ix) {
                self.output.extend_from_slice(&peer.up);
                self.told.insert(ix);
                self.waiting.insert(ix);
            }
        }
        if self.output.len() < enough && core::mem::take(&mut self.stats_due) {
            self.statistics(view, peers);
        }
        while self.output.len() < enough
            && let Some((prefix, from)) = self.moved.pop_first()
        {
            if let Some(peer) = peers.get(&from.peer) {
                self.tell(view, peer, prefix, from, view.table.path(&prefix, from).as_ref(), true);
            }
        }
        self.go_on(enough, view, peers);
    }

    fn statistics(&mut self, view: &View<'_>, peers: &Peers) {
        for (ix, peer) in peers.iter().filter(|(ix, _)| self.told.contains(*ix)) {
            let of = |family: &Family| peer.families.get(*family as usize) == Some(&true);
            let count = |family: Family| (family, u64::from(view.table.counts(*ix, family).received));
            let counts = Family::ALL.into_iter().filter(of).map(count);
            wire::statistics(&mut self.output, &peer.header, view.stamp(), counts);
        }
    }

    /// One piece of the walk over the table.
    fn go_on(&mut self, enough: usize, view: &View<'_>, peers: &Peers) {
        let mut left = LOOKED_AT;
        while left > 0 && self.output.len() < enough {
            let Some(walk) = self.walk.take().or_else(|| self.begin()) else { return };
            self.walk = self.step(walk, &mut left, enough, view, peers);
        }
    }

    fn begin(&mut self) -> Option<Walk> {
        let peers = core::mem::take(&mut self.waiting);
        (!peers.is_empty()).then_some(Walk { peers, family: Family::Ipv4, after: None })
    }

    /// Walks on in one family. Returns where to go on.
    fn step(
        &mut self,
        mut walk: Walk,
        left: &mut usize,
        enough: usize,
        view: &View<'_>,
        peers: &Peers,
    ) -> Option<Walk> {
        let family = walk.family;
        let wanted = tells(&self.target, Side::Pre, family) || tells(&self.target, Side::Post, family);
        if wanted && !walk.peers.is_empty() {
            let after = walk.after;
            for (prefix, dest) in view.table.after(family, after.as_ref()) {
                for path in view.table.paths(family, dest).filter(|p| walk.peers.contains(&p.from.peer)) {
                    if let Some(peer) = peers.get(&path.from.peer) {
                        self.tell(view, peer, prefix, path.from, Some(&path), false);
                    }
                }
                walk.after = Some(prefix);
                *left = left.saturating_sub(1);
                if *left == 0 || self.output.len() >= enough {
                    return Some(walk);
                }
            }
            self.ends_of_rib(family, &walk, view, peers);
        }
        match family {
            Family::Ipv4 => Some(Walk { peers: walk.peers, family: Family::Ipv6, after: None }),
            Family::Ipv6 => None,
        }
    }

    fn ends_of_rib(&mut self, family: Family, walk: &Walk, view: &View<'_>, peers: &Peers) {
        for peer in walk.peers.iter().filter_map(|ix| peers.get(ix)) {
            if peer.families.get(family as usize) != Some(&true) {
                continue;
            }
            let writer = Writer::new(codec(peer), family);
            for side in [Side::Pre, Side::Post] {
                if tells(&self.target, side, family) {
                    self.monitoring(&peer.header, side, view.stamp(), |out| {
                        writer.end_of_rib(out);
                        Ok(())
                    });
                }
            }
        }
    }

    /// A path as it is now; `None`: it is gone. Without `withdraw` the station knows nothing that would have to go.
    fn tell(
        &mut self,
        view: &View<'_>,
        peer: &Monitored,
        prefix: Prefix,
        from: From,
        path: Option<&PathView>,
        withdraw: bool,
    ) {
        let family = Family::of(prefix.is_v4());
        let mut writer = Writer::new(codec(peer), family);
        for side in [Side::Pre, Side::Post] {
            if !tells(&self.target, side, family) {
                continue;
            }
            let set = path.and_then(|path| set(path, side));
            let since = path.map(|path| Instant::from_secs(path.since.into()));
            let stamp = super::stamp(view.wall_clock, since.unwrap_or(view.now));
            let route = [(from.path_id, prefix)];
            match set {
                Some(set) => self.monitoring(&peer.header, side, stamp, |out| {
                    writer.announce(out, attributes(view.table, set), route).map(drop).map_err(drop)
                }),
                None if withdraw => self.monitoring(&peer.header, side, view.stamp(), |out| {
                    writer.withdraw(out, route);
                    Ok(())
                }),
                None => {}
            }
        }
    }

    /// A route whose attributes take more than the longest message is not told.
    fn monitoring(
        &mut self,
        header: &PeerHeader,
        side: Side,
        stamp: (u32, u32),
        update: impl FnOnce(&mut BytesMut) -> Result<(), ()>,
    ) {
        let told = wire::route_monitoring(&mut self.output, header, side == Side::Post, stamp, update);
        self.updates = self.updates.saturating_add(1);
        debug_assert!(told.is_ok(), "attributes that came in one message go into a longer one");
    }
}

fn set(path: &PathView, side: Side) -> Option<AttrId> {
    match side {
        Side::Pre => Some(path.received),
        Side::Post => path.rejected.is_none().then_some(path.used),
    }
}

fn attributes(table: &Table, set: AttrId) -> &[u8] {
    table.attrs.get(set).bytes()
}

/// UPDATEs are read with what both OPENs say of path identifiers, and always have 4 octets to an AS.
fn codec(peer: &Monitored) -> Codec {
    Codec {
        as4: true,
        extended_message: true,
        add_path_rx: [false; 2],
        add_path_tx: peer.path_ids,
        extended_nexthop: true,
    }
}
