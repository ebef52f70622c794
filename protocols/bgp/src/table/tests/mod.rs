//! Promises of the table.

mod aggregates;
mod basics;
mod knobs;
mod model;
mod networks;
mod random;

use super::{Change, From, Knobs, PeerInfo, Rejected, Table, Track};
use crate::attrs::{AttrId, Local};
use crate::settings::PeerKind;
use crate::{Family, PeerIx};
use core::net::{IpAddr, Ipv4Addr};
use fib::rib::Reach;
use fib::tables::Resolved;
use fib::{Instant, Prefix, Protocol};
use policy::bgp::{AsPath, Attributes, Segment, SegmentKind};
use std::collections::BTreeMap;
use std::sync::Arc;

pub fn p(text: &str) -> Prefix {
    text.parse().unwrap()
}

pub fn ip(text: &str) -> IpAddr {
    text.parse().unwrap()
}

/// Reached over the network 10.0.0.0/8.
pub fn reach(metric: u32, protocol: Protocol) -> Reach {
    let resolved = Arc::new(Resolved::Via(Vec::new()));
    Reach { prefix: p("10.0.0.0/8"), protocol, distance: 110, metric, resolved }
}

/// A path through these ASes.
pub fn through(asns: &[u32]) -> AsPath {
    if asns.is_empty() {
        return AsPath::default();
    }
    AsPath { segments: vec![Segment { kind: SegmentKind::Sequence, asns: asns.to_vec() }] }
}

pub fn attributes(asns: &[u32], next_hop: &str) -> Attributes {
    Attributes {
        origin: policy::bgp::Origin::Igp,
        as_path: through(asns),
        next_hop: ip(next_hop),
        ..Attributes::default()
    }
}

pub fn external(asn: u32, number: u8) -> PeerInfo {
    PeerInfo {
        kind: PeerKind::External,
        router_id: Ipv4Addr::new(1, 1, 1, number),
        address: Ipv4Addr::new(10, 0, 0, number).into(),
        asn,
        client: [false; 2],
        connected: false,
    }
}

pub fn internal(number: u8) -> PeerInfo {
    PeerInfo { kind: PeerKind::Internal, ..external(65000, number) }
}

/// A table and the router around it: a RIB that answers, and someone who believes what changes tell.
pub struct Lab {
    pub table: Table,
    pub now: Instant,
    /// How addresses are reached; others over the IGP at metric 10.
    pub world: BTreeMap<IpAddr, Option<Reach>>,
    pub tracked: BTreeMap<IpAddr, ()>,
    /// What changes told: the used attribute set of each best path, by number and prefix.
    pub told: BTreeMap<Prefix, (PeerIx, Attributes)>,
    /// And of all paths used.
    pub told_multipath: BTreeMap<Prefix, Vec<Attributes>>,
    pub changes: Vec<Change>,
}

impl Lab {
    pub fn new() -> Lab {
        Lab {
            table: Table::new(7),
            now: Instant::from_secs(1),
            world: BTreeMap::new(),
            tracked: BTreeMap::new(),
            told: BTreeMap::new(),
            told_multipath: BTreeMap::new(),
            changes: Vec::new(),
        }
    }

    pub fn knobs(&mut self, set: impl FnOnce(&mut Knobs)) {
        let mut knobs = *self.table.knobs();
        set(&mut knobs);
        self.table.set_knobs(knobs);
    }

    pub fn peer(&mut self, number: u16, info: PeerInfo) -> PeerIx {
        self.table.set_peer(PeerIx(number), info);
        PeerIx(number)
    }

    pub fn intern(&mut self, attributes: &Attributes, weight: u32) -> AttrId {
        self.table.attrs.intern_attributes(attributes, Local { weight, ..Local::default() })
    }

    /// As received.
    pub fn update(&mut self, prefix: &str, from: PeerIx, attributes: &Attributes) {
        self.update_from(p(prefix), From::peer(from), attributes, Ok((attributes, 0)));
    }

    pub fn update_from(
        &mut self,
        prefix: Prefix,
        from: From,
        received: &Attributes,
        used: Result<(&Attributes, u32), Rejected>,
    ) {
        self.now += core::time::Duration::from_secs(1);
        let received = self.intern(received, 0);
        let used = used.map(|(used, weight)| {
            let id = self.intern(used, weight);
            if id == received {
                self.table.attrs.release(id);
            }
            id
        });
        assert!(self.table.update(self.now, prefix, from, received, used));
    }

    pub fn withdraw(&mut self, prefix: &str, from: PeerIx) -> bool {
        self.table.withdraw(p(prefix), From::peer(from))
    }

    /// Everything that waits happens.
    pub fn settle(&mut self) {
        loop {
            self.answer();
            let more = self.table.decide(1000);
            self.listen();
            if !self.answer() && !more {
                break;
            }
        }
        assert!(!self.table.has_work());
    }

    /// The RIB tells what it is asked.
    pub fn answer(&mut self) -> bool {
        let mut any = false;
        while let Some(track) = self.table.poll_track() {
            any = true;
            match track {
                Track::Start(addr) => {
                    assert_eq!(self.tracked.insert(addr, ()), None, "{addr} is asked for once");
                    let reach = self.world.get(&addr).cloned();
                    self.table.set_reach(addr, reach.unwrap_or_else(|| Some(reach_default())));
                }
                Track::Stop(addr) => assert_eq!(self.tracked.remove(&addr), Some(())),
            }
        }
        any
    }

    pub fn set_reach(&mut self, addr: IpAddr, reach: Option<Reach>) {
        self.world.insert(addr, reach.clone());
        if self.tracked.contains_key(&addr) {
            self.table.set_reach(addr, reach);
        }
    }

    pub fn listen(&mut self) {
        while let Some(change) = self.table.poll_change() {
            assert_eq!(self.table.prefix(change.family, change.dest), change.prefix);
            assert!(change.best || change.multipath || change.paths, "{change:?} tells nothing");
            if change.best {
                let best = self.table.best_used(change.family, change.dest);
                match best {
                    Some((peer, used)) => {
                        self.told.insert(change.prefix, (peer, self.table.attrs.decode(used)));
                    }
                    None => {
                        self.told.remove(&change.prefix);
                    }
                }
            }
            if change.multipath || change.best {
                let all = self.table.multipath(change.family, change.dest);
                let all: Vec<Attributes> = all.map(|path| self.table.attrs.decode(path.used)).collect();
                self.told_multipath.insert(change.prefix, all);
            }
            self.changes.push(change);
        }
    }

    /// The peer whose path won.
    pub fn best(&self, prefix: &str) -> Option<PeerIx> {
        let dest = self.table.dest(&p(prefix))?;
        self.table.best(Family::of(p(prefix).is_v4()), dest).map(|path| path.from.peer)
    }

    /// The peers whose paths are used, ascending.
    pub fn used(&self, prefix: &str) -> Vec<u16> {
        let Some(dest) = self.table.dest(&p(prefix)) else { return Vec::new() };
        let family = Family::of(p(prefix).is_v4());
        let mut peers: Vec<u16> = self.table.multipath(family, dest).map(|path| path.from.peer.0).collect();
        peers.sort_unstable();
        peers
    }
}

fn reach_default() -> Reach {
    reach(10, Protocol::Ospf)
}
