//! Validated ROA payloads, and what they say of a route (RFC 6811 2).

use fib::Prefix;
use std::collections::{BTreeMap, BTreeSet};

pub use policy::config::Validity;

/// One payload: `asn` may announce `prefix` and what it covers up to `max_length`.
#[derive(Copy, Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Vrp {
    /// The network.
    pub prefix: Prefix,
    /// From its own length to the width of the family.
    pub max_length: u8,
    /// 0: nobody may (RFC 6483 4).
    pub asn: u32,
}

/// A set of payloads.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Vrps {
    all: BTreeMap<Prefix, BTreeSet<(u8, u32)>>,
    /// How many there are of each length, IPv4 and IPv6: only these are looked up.
    lengths: BTreeMap<(bool, u8), u32>,
    len: usize,
}

impl Vrps {
    /// How many payloads there are.
    pub fn len(&self) -> usize {
        self.len
    }

    /// Whether there are none.
    pub fn is_empty(&self) -> bool {
        self.len == 0
    }

    /// Adds one; false: it is there already.
    pub fn insert(&mut self, vrp: Vrp) -> bool {
        let Vrp { prefix, max_length, asn } = vrp;
        let new = self.all.entry(prefix).or_default().insert((max_length, asn));
        if new {
            self.len = self.len.saturating_add(1);
            let count = self.lengths.entry((prefix.is_v4(), prefix.len())).or_default();
            *count = count.saturating_add(1);
        }
        new
    }

    /// Takes one away; false: it is not there.
    pub fn remove(&mut self, vrp: Vrp) -> bool {
        let Vrp { prefix, max_length, asn } = vrp;
        let Some(set) = self.all.get_mut(&prefix) else { return false };
        if !set.remove(&(max_length, asn)) {
            return false;
        }
        if set.is_empty() {
            self.all.remove(&prefix);
        }
        self.len = self.len.saturating_sub(1);
        let key = (prefix.is_v4(), prefix.len());
        if let Some(count) = self.lengths.get_mut(&key) {
            *count = count.saturating_sub(1);
            if *count == 0 {
                self.lengths.remove(&key);
            }
        }
        true
    }

    /// The payloads that cover `prefix`, the shortest first.
    pub fn covering(&self, prefix: Prefix) -> impl Iterator<Item = Vrp> + '_ {
        let family = prefix.is_v4();
        let lengths = self.lengths.range((family, 0)..=(family, prefix.len())).map(|((_, len), _)| *len);
        let network = move |len| Prefix::new(prefix.addr(), len);
        lengths.map(network).flat_map(|network| {
            let set = self.all.get(&network).into_iter().flatten();
            set.map(move |(max_length, asn)| Vrp { prefix: network, max_length: *max_length, asn: *asn })
        })
    }

    /// RFC 6811 2: `origin` is the last AS of the path; `None`: it is in a set, or the path is empty and the route our own.
    pub fn validity(&self, prefix: Prefix, origin: Option<u32>) -> Validity {
        let mut covered = false;
        for vrp in self.covering(prefix) {
            covered = true;
            if prefix.len() <= vrp.max_length && vrp.asn != 0 && Some(vrp.asn) == origin {
                return Validity::Valid;
            }
        }
        if covered { Validity::Invalid } else { Validity::NotFound }
    }

    /// How many there are of IPv4, or of IPv6.
    pub fn count(&self, v4: bool) -> u64 {
        self.lengths.iter().filter(|((is_v4, _), _)| *is_v4 == v4).map(|(_, n)| u64::from(*n)).sum()
    }

    /// Those behind `after`, in order.
    pub fn after(&self, after: Option<Vrp>) -> impl Iterator<Item = Vrp> + '_ {
        let start = after.map_or(core::ops::Bound::Unbounded, |vrp| core::ops::Bound::Included(vrp.prefix));
        let all = self.all.range((start, core::ops::Bound::Unbounded));
        let each = all.flat_map(|(prefix, set)| {
            set.iter().map(|(max_length, asn)| Vrp { prefix: *prefix, max_length: *max_length, asn: *asn })
        });
        each.filter(move |vrp| after.is_none_or(|after| *vrp > after))
    }

    /// All, in order.
    pub fn iter(&self) -> impl Iterator<Item = Vrp> + '_ {
        let one = |(prefix, set): (&Prefix, &BTreeSet<(u8, u32)>)| {
            let prefix = *prefix;
            set.iter()
                .map(move |(max_length, asn)| Vrp { prefix, max_length: *max_length, asn: *asn })
                .collect::<Vec<_>>()
        };
        self.all.iter().flat_map(one)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn vrp(prefix: &str, max_length: u8, asn: u32) -> Vrp {
        Vrp { prefix: prefix.parse().unwrap_or_else(|e| panic!("{e}")), max_length, asn }
    }

    fn prefix(text: &str) -> Prefix {
        text.parse().unwrap_or_else(|e| panic!("{e}"))
    }

    #[test]
    fn a_route_is_valid_with_one_payload_that_fits_and_invalid_with_only_others() {
        let mut vrps = Vrps::default();
        vrps.insert(vrp("192.0.2.0/24", 25, 65001));
        vrps.insert(vrp("192.0.0.0/16", 16, 65002));
        let of = |p: &str, origin| vrps.validity(prefix(p), origin);
        assert_eq!(of("192.0.2.0/24", Some(65001)), Validity::Valid);
        assert_eq!(of("192.0.2.0/25", Some(65001)), Validity::Valid);
        assert_eq!(of("192.0.2.0/26", Some(65001)), Validity::Invalid, "longer than the payload allows");
        assert_eq!(of("192.0.2.0/24", Some(65002)), Validity::Invalid, "its payload ends at /16");
        assert_eq!(of("192.0.0.0/16", Some(65002)), Validity::Valid);
        assert_eq!(of("192.0.2.0/24", None), Validity::Invalid, "an AS_SET is no origin");
        assert_eq!(of("198.51.100.0/24", Some(65001)), Validity::NotFound);
        assert_eq!(
            of("192.0.0.0/15", Some(65002)),
            Validity::NotFound,
            "a payload covers what is inside only"
        );
    }

    #[test]
    fn as_0_makes_everything_invalid() {
        let mut vrps = Vrps::default();
        vrps.insert(vrp("2001:db8::/32", 48, 0));
        assert_eq!(vrps.validity(prefix("2001:db8:1::/48"), Some(0)), Validity::Invalid);
        assert_eq!(vrps.validity(prefix("2001:db8:1::/48"), Some(65001)), Validity::Invalid);
    }

    #[test]
    fn what_is_taken_away_counts_no_more() {
        let mut vrps = Vrps::default();
        let one = vrp("192.0.2.0/24", 24, 65001);
        assert!(vrps.insert(one) && !vrps.insert(one));
        assert!(vrps.remove(one) && !vrps.remove(one));
        assert!(vrps.is_empty() && vrps == Vrps::default());
        assert_eq!(vrps.validity(prefix("192.0.2.0/24"), Some(65001)), Validity::NotFound);
    }
}
