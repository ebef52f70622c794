//! Next hops: which the paths in use have, and how they are reached (RFC 4271 9.1.2.1). Addresses are tracked as long as
//! some path's used attribute set names them. Decides nothing: it answers "reachable, at what metric?".

use super::slab::NONE;
use crate::Family;
use crate::attrs::{AttrId, Store};
use core::net::IpAddr;
use fib::Protocol;
use fib::rib::Reach;
use std::collections::{BTreeMap, VecDeque};

/// What is wanted of the router's RIB.
#[derive(Copy, Clone, Debug, PartialEq, Eq)]
pub enum Track {
    /// Report how this address is reached.
    Start(IpAddr),
    /// No longer.
    Stop(IpAddr),
}

/// See the module.
#[derive(Debug, Default)]
pub struct Hops {
    numbers: BTreeMap<IpAddr, u32>,
    hops: Vec<Hop>,
    free: Vec<u32>,
    /// By number of the attribute set: how many paths use it, and its next hop.
    uses: Vec<Use>,
    news: VecDeque<u32>,
}

#[derive(Copy, Clone, Debug)]
struct Use {
    paths: u32,
    hop: u32,
}

/// Stands for next hops that need no route: none at all (our own routes), or link-local.
const ON_LINK: u32 = NONE - 1;
/// More waiting destinations than this are found by a walk instead.
const WAITING: usize = 4096;

#[derive(Debug)]
struct Hop {
    addr: IpAddr,
    /// Attribute sets in use that name it.
    sets: u32,
    reach: Option<Reach>,
    /// The RIB has answered.
    known: bool,
    /// The RIB has been asked.
    asked: bool,
    /// It is in `news`.
    queued: bool,
    /// Destinations whose decision saw no answer yet.
    waiting: Vec<(Family, u32)>,
    /// There were too many to remember.
    overflow: bool,
    /// Paths over it are to be looked at again.
    pub stirred: bool,
}

/// What a new answer asks for.
#[derive(Debug, PartialEq, Eq)]
pub enum Stir {
    /// Nothing.
    None,
    /// To decide on these.
    These(Vec<(Family, u32)>),
    /// To look at every path over this next hop.
    All(u32),
}

impl Hops {
    /// One more path uses the set.
    pub fn take(&mut self, store: &Store, id: AttrId) {
        let index = id.0 as usize;
        if self.uses.len() <= index {
            self.uses.resize(index + 1, Use { paths: 0, hop: NONE });
        }
        if self.uses[index].paths == 0 {
            self.uses[index].hop = self.number(store.get(id).next_hop());
        }
        self.uses[index].paths += 1;
    }

    /// One path less.
    pub fn give(&mut self, id: AttrId) {
        let used = &mut self.uses[id.0 as usize];
        used.paths -= 1;
        let Use { paths, hop } = *used;
        if paths > 0 || hop == ON_LINK {
            return;
        }
        self.hops[hop as usize].sets -= 1;
        self.tell(hop);
    }

    fn number(&mut self, addr: IpAddr) -> u32 {
        let link_local = matches!(addr, IpAddr::V6(a) if a.is_unicast_link_local());
        if addr.is_unspecified() || link_local {
            return ON_LINK;
        }
        let number = match self.numbers.get(&addr) {
            Some(&number) => number,
            None => self.create(addr),
        };
        self.hops[number as usize].sets += 1;
        self.tell(number);
        number
    }

    fn create(&mut self, addr: IpAddr) -> u32 {
        let hop = Hop {
            addr,
            sets: 0,
            reach: None,
            known: false,
            asked: false,
            queued: false,
            waiting: Vec::new(),
            overflow: false,
            stirred: false,
        };
        let number = match self.free.pop() {
            Some(number) => {
                self.hops[number as usize] = hop;
                number
            }
            None => {
                self.hops.push(hop);
                self.hops.len() as u32 - 1
            }
        };
        self.numbers.insert(addr, number);
        number
    }

    fn tell(&mut self, number: u32) {
        let hop = &mut self.hops[number as usize];
        if !hop.queued && (hop.sets > 0) != hop.asked {
            hop.queued = true;
            self.news.push_back(number);
        }
    }

    /// What the RIB is to be asked, or no longer.
    pub fn poll_track(&mut self) -> Option<Track> {
        while let Some(number) = self.news.pop_front() {
            let hop = &mut self.hops[number as usize];
            hop.queued = false;
            let (wanted, asked, addr) = (hop.sets > 0, hop.asked, hop.addr);
            hop.asked = wanted;
            if !wanted {
                self.numbers.remove(&addr);
                self.free.push(number);
            }
            match (wanted, asked) {
                (true, false) => return Some(Track::Start(addr)),
                (false, true) => return Some(Track::Stop(addr)),
                _ => {}
            }
        }
        None
    }

    /// The RIB's answer about an address.
    pub fn set_reach(&mut self, addr: IpAddr, reach: Option<Reach>) -> Stir {
        let Some(&number) = self.numbers.get(&addr) else { return Stir::None };
        let hop = &mut self.hops[number as usize];
        let first = !hop.known;
        let same = core::mem::replace(&mut hop.known, true) && weighs(&hop.reach) == weighs(&reach);
        hop.reach = reach;
        let waiting = core::mem::take(&mut hop.waiting);
        if same || (first && waiting.is_empty() && !hop.overflow) {
            return Stir::None;
        }
        if first && !hop.overflow {
            // Until now they had no such next hop; if they still have none, nothing changed.
            return if hop.reach.is_some() { Stir::These(waiting) } else { Stir::None };
        }
        hop.overflow = false;
        hop.stirred = true;
        Stir::All(number)
    }

    /// The metric to the next hop of a set that paths use; `None`: not reachable. `connected`: only over a connected
    /// network. A destination that finds no answer yet is remembered.
    pub fn metric(&mut self, id: AttrId, connected: bool, dest: (Family, u32)) -> Option<u32> {
        let number = self.uses[id.0 as usize].hop;
        if number == ON_LINK {
            return Some(0);
        }
        let hop = &mut self.hops[number as usize];
        if !hop.known {
            if hop.waiting.len() < WAITING {
                hop.waiting.push(dest);
            } else {
                hop.overflow = true;
            }
        }
        reachable(&hop.reach, connected)
    }

    /// The same for a reader.
    pub fn peek(&self, id: AttrId, connected: bool) -> (Option<u32>, Option<&Reach>) {
        let number = self.uses.get(id.0 as usize).map_or(NONE, |u| u.hop);
        if number == ON_LINK {
            return (Some(0), None);
        }
        let Some(hop) = self.hops.get(number as usize) else { return (None, None) };
        (reachable(&hop.reach, connected), hop.reach.as_ref())
    }

    /// Whether the next hop of a set that paths use is to be looked at again.
    pub fn is_stirred(&self, id: AttrId) -> bool {
        let number = self.uses[id.0 as usize].hop;
        self.hops.get(number as usize).is_some_and(|hop| hop.stirred)
    }

    /// Every path over the next hop has been looked at.
    pub fn settle(&mut self, number: u32) {
        if let Some(hop) = self.hops.get_mut(number as usize) {
            hop.stirred = false;
        }
    }

    /// Tracked addresses and how they are reached, in order; `None` in the second place: the RIB has not answered.
    pub fn iter(&self) -> impl Iterator<Item = (IpAddr, Option<Option<&Reach>>)> + '_ {
        let tracked = self.numbers.iter().map(|(addr, n)| (*addr, &self.hops[*n as usize]));
        tracked
            .filter(|(_, hop)| hop.sets > 0)
            .map(|(addr, hop)| (addr, hop.known.then_some(hop.reach.as_ref())))
    }

    /// Attribute sets in use that name this next hop.
    pub fn sets(&self, addr: IpAddr) -> u32 {
        let number = self.numbers.get(&addr).copied().unwrap_or(NONE);
        self.hops.get(number as usize).map_or(0, |hop| hop.sets)
    }

    /// Bytes of memory.
    pub fn bytes(&self) -> usize {
        self.uses.capacity() * size_of::<Use>()
            + self.hops.capacity() * size_of::<Hop>()
            + self.hops.iter().map(|h| h.waiting.capacity() * size_of::<(Family, u32)>()).sum::<usize>()
            + self.numbers.len() * 32
    }

    /// Gives back what nobody uses any more.
    pub fn shrink(&mut self) {
        while self.uses.last().is_some_and(|u| u.paths == 0) {
            self.uses.pop();
        }
        self.uses.shrink_to_fit();
    }
}

/// What a decision depends on.
fn weighs(reach: &Option<Reach>) -> Option<(u32, bool)> {
    reach.as_ref().map(|r| (r.metric, r.protocol == Protocol::Connected))
}

fn reachable(reach: &Option<Reach>, connected: bool) -> Option<u32> {
    let reach = reach.as_ref()?;
    (!connected || reach.protocol == Protocol::Connected).then_some(reach.metric)
}
