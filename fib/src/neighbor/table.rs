//! The cache itself. Its index of deadlines makes every timer a data point: `due` pops them in (time, port,
//! address) order, so two runs agree.

#![expect(clippy::arithmetic_side_effects, reason = "only `Instant + Duration`, which saturates")]

use super::*;
use crate::Frame;
use std::collections::{BTreeMap, BTreeSet, VecDeque};

type Key = (PortId, IpAddr);

/// Changes kept for whoever polls them; the oldest are forgotten.
const MAX_CHANGES: usize = 4096;

/// A packet that waits for its neighbor, with the port it came in on: who is told if it fails.
#[derive(Debug)]
pub struct Pending {
    pub frame: Frame,
    pub ingress: Option<PortId>,
}

/// What to do with a packet for a neighbor.
#[derive(Copy, Clone, PartialEq, Eq, Debug)]
pub enum Resolve {
    /// Send it there.
    Known(Mac),
    /// Queue it; `ask` says whether a first question is due now.
    Wait { ask: bool },
    /// There is no room for another neighbor.
    Full,
}

/// What a neighbor (or somebody in its name) said.
#[derive(Copy, Clone, PartialEq, Eq, Debug)]
pub struct Claim {
    /// The MAC address, if one was given.
    pub mac: Option<Mac>,
    /// It answers a question of ours.
    pub solicited: bool,
    /// It may replace another MAC address.
    pub overrides: bool,
    /// It asked for us, so it is worth an entry if there is none.
    pub create: bool,
}

/// What came of a claim.
#[derive(Debug)]
pub enum Heard {
    /// There is no entry and none was made.
    Nobody,
    /// The entry is up to date; these packets can go to this MAC address.
    Send(Mac, VecDeque<Pending>),
    /// Nothing to send.
    Noted,
}

/// Something that became due.
#[derive(Debug)]
pub enum Due {
    /// Ask for this address; by unicast to the MAC address if there is one.
    Ask { port: PortId, addr: IpAddr, mac: Option<Mac> },
    /// It did not answer; these packets waited for it.
    Failed { port: PortId, queue: VecDeque<Pending> },
}

/// Times of one port's entries.
#[derive(Copy, Clone, PartialEq, Eq, Debug)]
pub struct Lifetimes {
    pub reachable: Duration,
    pub forget: Duration,
}

/// How many entries there may be.
#[derive(Copy, Clone, PartialEq, Eq, Debug)]
pub struct Limits {
    pub per_port: usize,
    pub total: usize,
}

#[derive(Debug)]
enum Phase {
    Incomplete { tries: u8, queue: VecDeque<Pending> },
    Reachable,
    Stale,
    Delay,
    Probe { tries: u8 },
    Failed,
    Permanent,
}

impl Phase {
    fn state(&self) -> State {
        match self {
            Phase::Incomplete { .. } => State::Incomplete,
            Phase::Reachable => State::Reachable,
            Phase::Stale => State::Stale,
            Phase::Delay => State::Delay,
            Phase::Probe { .. } => State::Probe,
            Phase::Failed => State::Failed,
            Phase::Permanent => State::Permanent,
        }
    }
}

#[derive(Debug)]
struct Entry {
    mac: Option<Mac>,
    phase: Phase,
    heard: Instant,
    deadline: Instant,
}

#[derive(Debug, Default)]
struct PortLoad {
    entries: usize,
    incomplete: usize,
}

/// Entries that nothing depends on, the first to go first: failed before stale, then the oldest.
type Idle = BTreeSet<(PortId, bool, Instant, IpAddr)>;

#[derive(Debug)]
pub struct Cache {
    limits: Limits,
    lifetimes: BTreeMap<PortId, Lifetimes>,
    entries: BTreeMap<Key, Entry>,
    deadlines: BTreeSet<(Instant, PortId, IpAddr)>,
    idle: Idle,
    load: BTreeMap<PortId, PortLoad>,
    queued_bytes: usize,
    changes: VecDeque<Change>,
}

impl Cache {
    pub fn new(limits: Limits) -> Cache {
        Cache {
            limits,
            lifetimes: BTreeMap::new(),
            entries: BTreeMap::new(),
            deadlines: BTreeSet::new(),
            idle: BTreeSet::new(),
            load: BTreeMap::new(),
            queued_bytes: 0,
            changes: VecDeque::new(),
        }
    }

    pub fn set_limits(&mut self, limits: Limits) {
        self.limits = limits;
    }

    pub fn set_lifetimes(&mut self, port: PortId, lifetimes: Lifetimes) {
        self.lifetimes.insert(port, lifetimes);
    }

    /// The MAC address for a packet that is about to be sent, or what else to do with it.
    pub fn resolve(&mut self, now: Instant, port: PortId, addr: IpAddr) -> Resolve {
        let key = (port, addr);
        match self.entries.get(&key) {
            Some(Entry { mac: Some(mac), phase, .. }) => {
                let mac = *mac;
                if matches!(phase, Phase::Stale) {
                    self.enter(now, key, Phase::Delay);
                }
                Resolve::Known(mac)
            }
            Some(Entry { phase: Phase::Incomplete { .. }, .. }) => Resolve::Wait { ask: false },
            Some(_) | None => {
                if !self.make_room(port, addr, true) {
                    return Resolve::Full;
                }
                let first = Phase::Incomplete { tries: 1, queue: VecDeque::new() };
                if self.entries.contains_key(&key) {
                    self.enter(now, key, first);
                } else {
                    self.insert(now, key, None, first);
                }
                Resolve::Wait { ask: true }
            }
        }
    }

    /// Queues a packet behind an incomplete neighbor. Gives back what no longer fits: the oldest where this neighbor's
    /// queue is full, the packet itself where all queues together are.
    pub fn enqueue(&mut self, port: PortId, addr: IpAddr, pending: Pending) -> Option<Pending> {
        let Some(Entry { phase: Phase::Incomplete { queue, .. }, .. }) = self.entries.get_mut(&(port, addr))
        else {
            return Some(pending);
        };
        let len = pending.frame.data.len();
        let oldest = if queue.len() >= QUEUE_LEN { queue.front().map(|p| p.frame.data.len()) } else { None };
        let others = self.queued_bytes.saturating_sub(oldest.unwrap_or(0));
        if others.saturating_add(len) > QUEUE_BYTES {
            return Some(pending);
        }
        let displaced = oldest.and_then(|_| queue.pop_front());
        self.queued_bytes = others.saturating_add(len);
        queue.push_back(pending);
        displaced
    }

    /// Takes note of what was said about `addr` (RFC 4861 sections 7.2.3 and 7.2.5).
    pub fn hear(&mut self, now: Instant, port: PortId, addr: IpAddr, claim: Claim) -> Heard {
        let key = (port, addr);
        let Some(entry) = self.entries.get_mut(&key) else {
            if let Some(mac) = claim.mac.filter(|_| claim.create)
                && self.make_room(port, addr, false)
            {
                self.insert(now, key, Some(mac), Phase::Stale);
                return Heard::Noted;
            }
            return Heard::Nobody;
        };
        let other = claim.mac.filter(|mac| Some(*mac) != entry.mac);
        let next = match (&entry.phase, other) {
            (Phase::Permanent, _) => return Heard::Noted,
            (Phase::Incomplete { .. } | Phase::Failed, None) => return Heard::Noted,
            (Phase::Incomplete { .. } | Phase::Failed, Some(_)) if claim.solicited => Phase::Reachable,
            (Phase::Incomplete { .. } | Phase::Failed, Some(_)) => Phase::Stale,
            // Somebody else claims the address without insisting: doubt what we have, and ask when it is used.
            (Phase::Reachable, Some(_)) if !claim.overrides => {
                self.enter(now, key, Phase::Stale);
                return Heard::Noted;
            }
            (_, Some(_)) if !claim.overrides => return Heard::Noted,
            (_, _) if claim.solicited => Phase::Reachable,
            (_, Some(_)) => Phase::Stale,
            (_, None) => {
                entry.heard = now;
                return Heard::Noted;
            }
        };
        let mac = claim.mac.or(entry.mac);
        entry.mac = mac;
        entry.heard = now;
        let queue = self.enter(now, key, next);
        match mac {
            Some(mac) if !queue.is_empty() => Heard::Send(mac, queue),
            _ => Heard::Noted,
        }
    }

    /// An entry by hand, or its end.
    pub fn set_static(
        &mut self,
        now: Instant,
        port: PortId,
        addr: IpAddr,
        mac: Option<Mac>,
    ) -> VecDeque<Pending> {
        let key = (port, addr);
        match (self.entries.get_mut(&key), mac) {
            (Some(entry), Some(mac)) => {
                entry.mac = Some(mac);
                entry.heard = now;
                self.enter(now, key, Phase::Permanent)
            }
            (None, Some(mac)) => {
                self.insert(now, key, Some(mac), Phase::Permanent);
                VecDeque::new()
            }
            (Some(Entry { phase: Phase::Permanent, .. }), None) => self.remove(key),
            (_, None) => VecDeque::new(),
        }
    }

    /// Forgets what was learned: everything, one port's, one address, or both. Gives back what waited.
    pub fn clear(&mut self, port: Option<PortId>, addr: Option<IpAddr>) -> Vec<(Key, VecDeque<Pending>)> {
        let chosen = |(key, entry): &(&Key, &Entry)| {
            port.is_none_or(|p| p == key.0)
                && addr.is_none_or(|a| a == key.1)
                && !matches!(entry.phase, Phase::Permanent)
        };
        let keys: Vec<Key> = self.entries.iter().filter(chosen).map(|(key, _)| *key).collect();
        keys.into_iter().map(|key| (key, self.remove(key))).collect()
    }

    /// Forgets a port with all its entries, static ones too.
    pub fn remove_port(&mut self, port: PortId) -> Vec<(Key, VecDeque<Pending>)> {
        let keys: Vec<Key> = self.entries.keys().filter(|key| key.0 == port).copied().collect();
        let queues = keys.into_iter().map(|key| (key, self.remove(key))).collect();
        self.lifetimes.remove(&port);
        self.load.remove(&port);
        queues
    }

    /// The next thing due at `now`. Call until there is none.
    pub fn due(&mut self, now: Instant) -> Option<Due> {
        loop {
            let (at, port, addr) = *self.deadlines.first()?;
            if at > now {
                return None;
            }
            let key = (port, addr);
            let Some(entry) = self.entries.get_mut(&key) else {
                self.deadlines.remove(&(at, port, addr));
                continue;
            };
            let mac = entry.mac;
            match &mut entry.phase {
                Phase::Incomplete { tries, .. } | Phase::Probe { tries } if *tries < MAX_SOLICIT => {
                    *tries = tries.saturating_add(1);
                    self.set_deadline(key, now + RETRANS_TIME);
                    return Some(Due::Ask { port, addr, mac });
                }
                Phase::Incomplete { .. } | Phase::Probe { .. } => {
                    entry.mac = None;
                    let queue = self.enter(now, key, Phase::Failed);
                    return Some(Due::Failed { port, queue });
                }
                Phase::Reachable => drop(self.enter(now, key, Phase::Stale)),
                Phase::Delay => {
                    self.enter(now, key, Phase::Probe { tries: 1 });
                    return Some(Due::Ask { port, addr, mac });
                }
                Phase::Stale | Phase::Failed => drop(self.remove(key)),
                Phase::Permanent => self.set_deadline(key, Instant::FAR_FUTURE),
            }
        }
    }

    pub fn next_deadline(&self) -> Option<Instant> {
        self.deadlines.first().map(|(at, ..)| *at)
    }

    pub fn poll_change(&mut self) -> Option<Change> {
        self.changes.pop_front()
    }

    pub fn iter(&self) -> impl Iterator<Item = Neighbor> + '_ {
        self.entries.iter().map(|((port, addr), e)| Neighbor {
            port: *port,
            addr: *addr,
            mac: e.mac,
            state: e.phase.state(),
            heard: e.heard,
        })
    }

    /// Room for one more on `port`. Unanswered questions may take a quarter of the cache, so that a scan of an
    /// empty network cannot keep real neighbors out.
    fn make_room(&mut self, port: PortId, addr: IpAddr, incomplete: bool) -> bool {
        let load = self.load.entry(port).or_default();
        if incomplete && load.incomplete.saturating_mul(4) >= self.limits.per_port {
            return false;
        }
        if self.entries.contains_key(&(port, addr)) {
            return true;
        }
        if load.entries >= self.limits.per_port {
            let first = (port, false, Instant::ZERO, IpAddr::from([0; 4]));
            let victim = self.idle.range(first..).next().filter(|v| v.0 == port).copied();
            return self.evict(victim);
        }
        if self.entries.len() >= self.limits.total {
            let victim = self.idle.iter().min_by_key(|(port, stale, at, addr)| (*stale, *at, *port, *addr));
            return self.evict(victim.copied());
        }
        true
    }

    fn evict(&mut self, victim: Option<(PortId, bool, Instant, IpAddr)>) -> bool {
        victim.is_some_and(|(port, _, _, addr)| {
            self.remove((port, addr));
            true
        })
    }

    fn insert(&mut self, now: Instant, key: Key, mac: Option<Mac>, phase: Phase) {
        let load = self.load.entry(key.0).or_default();
        load.entries = load.entries.saturating_add(1);
        // Born failed, so that `enter` finds something to leave; nobody sees it.
        let entry = Entry { mac, phase: Phase::Failed, heard: now, deadline: Instant::FAR_FUTURE };
        self.entries.insert(key, entry);
        self.note(key, mac, None, Some(phase.state()));
        self.settle(now, key, phase);
    }

    /// Changes state: its timer, its place among the idle, and the word to the outside. Gives back the queue of
    /// a state that had one.
    fn enter(&mut self, now: Instant, key: Key, phase: Phase) -> VecDeque<Pending> {
        if let Some(entry) = self.entries.get(&key) {
            let (from, to, mac) = (entry.phase.state(), phase.state(), entry.mac);
            if from != to {
                self.note(key, mac, Some(from), Some(to));
            }
        }
        self.settle(now, key, phase)
    }

    fn settle(&mut self, now: Instant, key: Key, phase: Phase) -> VecDeque<Pending> {
        let times = self.lifetimes(key.0);
        let deadline = match &phase {
            Phase::Incomplete { .. } | Phase::Probe { .. } => now + RETRANS_TIME,
            Phase::Reachable => now + times.reachable,
            Phase::Stale => now + times.forget,
            Phase::Delay => now + DELAY_TIME,
            Phase::Failed => now + FAILED_TIME,
            Phase::Permanent => Instant::FAR_FUTURE,
        };
        self.unindex(key);
        let load = self.load.entry(key.0).or_default();
        let Some(entry) = self.entries.get_mut(&key) else { return VecDeque::new() };
        if matches!(entry.phase, Phase::Incomplete { .. }) {
            load.incomplete = load.incomplete.saturating_sub(1);
        }
        if matches!(phase, Phase::Incomplete { .. }) {
            load.incomplete = load.incomplete.saturating_add(1);
        }
        match phase {
            Phase::Stale => drop(self.idle.insert((key.0, true, deadline, key.1))),
            Phase::Failed => drop(self.idle.insert((key.0, false, deadline, key.1))),
            _ => {}
        }
        entry.deadline = deadline;
        if deadline != Instant::FAR_FUTURE {
            self.deadlines.insert((deadline, key.0, key.1));
        }
        match core::mem::replace(&mut entry.phase, phase) {
            Phase::Incomplete { queue, .. } => self.unqueue(queue),
            _ => VecDeque::new(),
        }
    }

    fn set_deadline(&mut self, key: Key, deadline: Instant) {
        if let Some(entry) = self.entries.get_mut(&key) {
            self.deadlines.remove(&(entry.deadline, key.0, key.1));
            entry.deadline = deadline;
            self.deadlines.insert((deadline, key.0, key.1));
        }
    }

    fn remove(&mut self, key: Key) -> VecDeque<Pending> {
        if let Some(entry) = self.entries.get(&key) {
            let (mac, state) = (entry.mac, entry.phase.state());
            self.note(key, mac, Some(state), None);
        }
        self.remove_quietly(key)
    }

    fn remove_quietly(&mut self, key: Key) -> VecDeque<Pending> {
        self.unindex(key);
        let Some(entry) = self.entries.remove(&key) else { return VecDeque::new() };
        if let Some(load) = self.load.get_mut(&key.0) {
            load.entries = load.entries.saturating_sub(1);
        }
        match entry.phase {
            Phase::Incomplete { queue, .. } => {
                if let Some(load) = self.load.get_mut(&key.0) {
                    load.incomplete = load.incomplete.saturating_sub(1);
                }
                self.unqueue(queue)
            }
            _ => VecDeque::new(),
        }
    }

    fn unindex(&mut self, key: Key) {
        if let Some(entry) = self.entries.get(&key) {
            self.deadlines.remove(&(entry.deadline, key.0, key.1));
            self.idle.remove(&(key.0, true, entry.deadline, key.1));
            self.idle.remove(&(key.0, false, entry.deadline, key.1));
        }
    }

    fn unqueue(&mut self, queue: VecDeque<Pending>) -> VecDeque<Pending> {
        let bytes = queue.iter().fold(0usize, |sum, p| sum.saturating_add(p.frame.data.len()));
        self.queued_bytes = self.queued_bytes.saturating_sub(bytes);
        queue
    }

    fn lifetimes(&self, port: PortId) -> Lifetimes {
        let default = Lifetimes { reachable: Duration::from_secs(30), forget: Duration::from_secs(4 * 3600) };
        self.lifetimes.get(&port).copied().unwrap_or(default)
    }

    fn note(&mut self, key: Key, mac: Option<Mac>, from: Option<State>, to: Option<State>) {
        // Who never asks must not make us hoard.
        if self.changes.len() >= MAX_CHANGES {
            self.changes.pop_front();
        }
        self.changes.push_back(Change { port: key.0, addr: key.1, mac, from, to });
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use bytes::BytesMut;

    #[test]
    fn queued_bytes_are_bounded_also_where_large_packets_displace_small_ones() {
        let mut cache = Cache::new(Limits { per_port: 100, total: 100 });
        let port = PortId(1);
        let (mut queued, mut refused) = (0, 0);
        for len in [60, 65_535] {
            for n in 0..100 {
                let addr = IpAddr::from([10, 0, 0, n]);
                cache.resolve(Instant::ZERO, port, addr);
                for _ in 0..QUEUE_LEN {
                    let pending = Pending { frame: Frame::new(BytesMut::zeroed(len)), ingress: None };
                    match cache.enqueue(port, addr, pending) {
                        Some(back) if back.frame.data.len() == len && len > 60 => refused += 1,
                        _ => queued += 1,
                    }
                    assert!(cache.queued_bytes <= QUEUE_BYTES);
                }
            }
        }
        assert!(queued > 100 * QUEUE_LEN && refused > 0, "{queued} queued, {refused} refused");
        drop(cache.clear(None, None));
        assert_eq!(cache.queued_bytes, 0);
    }
}
