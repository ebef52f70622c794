//! Adjacencies, and the groups of them that ECMP spreads flows over.
//! A group does not know which prefixes use it, nor whether its neighbors answer.

use crate::PortId;
use core::net::IpAddr;

/// Most next hops in one group; more are cut off in order (FRR's `MULTIPATH_NUM` is 64 as well).
pub const MAX_ADJACENCIES: usize = 64;

/// Buckets of a group with several adjacencies: shares are exact to 1/512.
const BUCKETS: usize = 512;

/// Where a packet leaves: a port, and the neighbor on it.
#[derive(Copy, Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Debug)]
pub struct Adjacency {
    /// The outgoing port.
    pub port: PortId,
    /// The neighbor to send to; `None`: the destination itself is on the link.
    pub gateway: Option<IpAddr>,
}

/// An adjacency with its share of the traffic.
#[derive(Copy, Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Debug)]
pub struct ResolvedHop {
    /// Where the packet leaves.
    pub adjacency: Adjacency,
    /// Share relative to the other hops; at least 1.
    pub weight: u32,
}

/// What is left of a route's target when every next hop is followed to the end.
#[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Debug)]
pub enum Resolved {
    /// Forward to one of these: sorted, without duplicates, at most [`MAX_ADJACENCIES`].
    Via(Vec<ResolvedHop>),
    /// Drop in silence.
    Blackhole,
    /// Drop and answer ICMP host unreachable.
    Unreachable,
    /// Drop and answer ICMP administratively prohibited.
    Prohibit,
}

impl Resolved {
    /// Forward to `hops`: the same adjacency twice adds up its weights, the rest is sorted and cut to
    /// [`MAX_ADJACENCIES`]. `None` when `hops` is empty.
    pub fn via(hops: impl IntoIterator<Item = ResolvedHop>) -> Option<Resolved> {
        let mut hops: Vec<ResolvedHop> = hops.into_iter().collect();
        hops.sort();
        hops.dedup_by(|again, first| {
            let same = again.adjacency == first.adjacency;
            if same {
                first.weight = first.weight.saturating_add(again.weight);
            }
            same
        });
        hops.truncate(MAX_ADJACENCIES);
        let divisor = hops.iter().fold(0, |d, h| gcd(d, h.weight)).max(1);
        for hop in &mut hops {
            hop.weight = (hop.weight / divisor).max(1);
        }
        (!hops.is_empty()).then_some(Resolved::Via(hops))
    }

    /// The adjacencies with their weights; empty for what does not forward.
    pub fn hops(&self) -> &[ResolvedHop] {
        match self {
            Resolved::Via(hops) => hops,
            _ => &[],
        }
    }
}

fn gcd(a: u32, b: u32) -> u32 {
    if b == 0 { a } else { gcd(b, a % b) }
}

/// The adjacencies that share the traffic of a route. Never empty.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Group {
    adjacencies: Box<[Adjacency]>,
    weights: Box<[u32]>,
    /// Index into `adjacencies` for each bucket of the flow hash; empty when there is only one.
    buckets: Box<[u8]>,
}

impl Group {
    /// A group of `hops`; `None` when empty. Hops beyond [`MAX_ADJACENCIES`] are ignored.
    pub fn new(hops: &[ResolvedHop]) -> Option<Group> {
        let hops = hops.get(..MAX_ADJACENCIES).unwrap_or(hops);
        let buckets = if hops.len() > 1 { buckets(hops) } else { Box::default() };
        (!hops.is_empty()).then(|| Group {
            adjacencies: hops.iter().map(|h| h.adjacency).collect(),
            weights: hops.iter().map(|h| h.weight.max(1)).collect(),
            buckets,
        })
    }

    /// All adjacencies, in order.
    pub fn adjacencies(&self) -> &[Adjacency] {
        &self.adjacencies
    }

    /// The adjacencies with their weights.
    pub fn hops(&self) -> impl Iterator<Item = ResolvedHop> + '_ {
        self.adjacencies.iter().zip(&self.weights).map(|(a, w)| ResolvedHop { adjacency: *a, weight: *w })
    }

    /// The adjacency for a flow. The same flow keeps its adjacency while the group stays the same; when a
    /// member leaves, few flows of the others move.
    #[inline]
    pub fn select(&self, hash: u32) -> &Adjacency {
        // Multiply so that every bit of a weak hash reaches the bucket number.
        let bucket = hash.wrapping_mul(0x9e37_79b1) >> (32 - BUCKETS.trailing_zeros());
        let index = self.buckets.get(bucket as usize).copied().unwrap_or(0);
        self.adjacencies.get(usize::from(index)).unwrap_or(&self.adjacencies[0])
    }
}

/// Rendezvous hashing with quotas: each bucket goes to the adjacency that scores highest for it and still has
/// room. Scores depend on the adjacency alone, so a member that leaves gives away its own buckets and few others;
/// quotas make the shares exact, which plain rendezvous hashing does not.
fn buckets(hops: &[ResolvedHop]) -> Box<[u8]> {
    let total: u64 = hops.iter().map(|h| u64::from(h.weight.max(1))).sum();
    let mut quota: Vec<usize> = hops
        .iter()
        .map(|h| (u64::from(h.weight.max(1)) * BUCKETS as u64 / total) as usize)
        .map(|q| q.max(1))
        .collect();
    let seeds: Vec<u64> = hops.iter().map(|h| identity(&h.adjacency)).collect();
    // Rounding leaves a few buckets over, or promises a few too many: settle in order of identity.
    let mut order: Vec<usize> = (0..hops.len()).collect();
    order.sort_by_key(|&i| seeds[i]);
    let mut next = order.iter().copied().cycle();
    while quota.iter().sum::<usize>() < BUCKETS {
        if let Some(i) = next.next() {
            quota[i] += 1;
        }
    }
    while quota.iter().sum::<usize>() > BUCKETS {
        if let Some(most) = (0..quota.len()).max_by_key(|&i| quota[i]) {
            quota[most] -= 1;
        }
    }
    (0..BUCKETS as u64)
        .map(|bucket| {
            let winner = (0..hops.len())
                .filter(|&i| quota[i] > 0)
                .max_by_key(|&i| mix(seeds[i] ^ mix(bucket)))
                .unwrap_or(0);
            quota[winner] = quota[winner].saturating_sub(1);
            winner as u8
        })
        .collect()
}

fn identity(a: &Adjacency) -> u64 {
    let gateway = match a.gateway {
        None => 0,
        Some(IpAddr::V4(g)) => u128::from(g.to_bits()) | 1 << 32,
        Some(IpAddr::V6(g)) => g.to_bits(),
    };
    mix(mix(gateway as u64 ^ u64::from(a.port.0)) ^ (gateway >> 64) as u64)
}

/// The finalizer of MurmurHash3: every input bit reaches every output bit.
fn mix(mut x: u64) -> u64 {
    x ^= x >> 33;
    x = x.wrapping_mul(0xff51_afd7_ed55_8ccd);
    x ^= x >> 33;
    x = x.wrapping_mul(0xc4ce_b9fe_1a85_ec53);
    x ^ (x >> 33)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn hop(port: u32, weight: u32) -> ResolvedHop {
        let gateway = Some(IpAddr::from([10, 0, port as u8, 2]));
        ResolvedHop { adjacency: Adjacency { port: PortId(port), gateway }, weight }
    }

    fn shares(g: &Group) -> Vec<usize> {
        let mut count = vec![0; g.adjacencies().len()];
        for b in &g.buckets {
            count[usize::from(*b)] += 1;
        }
        count
    }

    #[test]
    fn shares_are_exactly_the_weights() {
        let g = Group::new(&[hop(1, 1), hop(2, 3)]).unwrap();
        assert_eq!(shares(&g), [128, 384]);
        let many: Vec<_> = (0..64).map(|i| hop(i, 1)).collect();
        assert!(shares(&Group::new(&many).unwrap()).iter().all(|n| *n == 8));
        // A weight too small for a bucket still gets one.
        assert_eq!(shares(&Group::new(&[hop(1, 1), hop(2, 100_000)]).unwrap()), [1, 511]);
    }

    #[test]
    fn a_leaving_member_moves_few_flows_of_the_others() {
        let hops: Vec<_> = (1..=8).map(|i| hop(i, 1)).collect();
        let before = Group::new(&hops).unwrap();
        let after = Group::new(&hops[1..]).unwrap();
        let flows = (0..100_000u32).map(|f| f.wrapping_mul(2_654_435_761));
        let moved = flows
            .filter(|f| before.select(*f).port != PortId(1) && before.select(*f) != after.select(*f))
            .count();
        assert!(moved < 10_000, "{moved} of 87500 flows moved");
    }

    #[test]
    fn the_same_flow_takes_the_same_adjacency() {
        let g = Group::new(&[hop(1, 1), hop(2, 1)]).unwrap();
        assert_eq!(g.select(77), g.clone().select(77));
        assert_eq!(Group::new(&[hop(9, 1)]).unwrap().select(12345).port, PortId(9));
    }

    #[test]
    fn equal_adjacencies_add_their_weights() {
        let r = Resolved::via([hop(2, 2), hop(1, 2), hop(2, 2)]).unwrap();
        assert_eq!(r.hops(), [hop(1, 1), hop(2, 2)]);
        assert_eq!(Resolved::via([]), None);
        assert_eq!(Resolved::via((0..100).map(|i| hop(i, 1))).unwrap().hops().len(), MAX_ADJACENCIES);
    }
}
