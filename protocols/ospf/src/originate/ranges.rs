//! Address ranges of an area (RFC 2328 C.2, RFC 3101 D): which one a network belongs to, and what is inside.
//! Pure.

use super::ids::broadcast;
use core::net::IpAddr;
use core::ops::RangeInclusive;
use fib::Prefix;
use std::collections::BTreeMap;

/// The most specific of `ranges` that contains `prefix`.
pub(super) fn covering<'a, V>(ranges: &'a BTreeMap<Prefix, V>, prefix: &Prefix) -> Option<(Prefix, &'a V)> {
    if ranges.is_empty() {
        return None;
    }
    let wider = (0..=prefix.len()).rev().map(|len| Prefix::new(prefix.addr(), len));
    wider.into_iter().find_map(|p| ranges.get(&p).map(|v| (p, v)))
}

/// Where in an ordered map of networks those inside `prefix` stand. Nothing else stands there: what begins later inside
/// is longer.
pub(super) fn inside(prefix: &Prefix) -> RangeInclusive<Prefix> {
    *prefix..=Prefix::host(IpAddr::V4(broadcast(prefix)))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn map(prefixes: &[&str]) -> BTreeMap<Prefix, ()> {
        prefixes.iter().map(|p| (p.parse().unwrap(), ())).collect()
    }

    #[test]
    fn the_most_specific_range_counts() {
        let ranges = map(&["10.0.0.0/8", "10.1.0.0/16"]);
        let of = |p: &str| covering(&ranges, &p.parse().unwrap()).map(|(p, ())| p.to_string());
        assert_eq!(of("10.1.2.0/24").as_deref(), Some("10.1.0.0/16"));
        assert_eq!(of("10.1.0.0/16").as_deref(), Some("10.1.0.0/16"), "itself");
        assert_eq!(of("10.0.0.0/15").as_deref(), Some("10.0.0.0/8"));
        assert_eq!(of("11.0.0.0/8"), None);
    }

    #[test]
    fn inside_are_the_network_itself_and_longer_ones() {
        let all = map(&[
            "0.0.0.0/0",
            "10.0.0.0/8",
            "10.1.0.0/15",
            "10.1.0.0/16",
            "10.1.0.0/24",
            "10.1.255.255/32",
            "10.2.0.0/16",
        ]);
        let found: Vec<String> =
            all.range(inside(&"10.1.0.0/16".parse().unwrap())).map(|(p, ())| p.to_string()).collect();
        assert_eq!(found, ["10.1.0.0/16", "10.1.0.0/24", "10.1.255.255/32"]);
        assert_eq!(all.range(inside(&Prefix::DEFAULT_V4)).count(), all.len());
    }
}
