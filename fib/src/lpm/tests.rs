use super::*;
use proptest::prelude::*;
use std::collections::BTreeMap;
use std::net::{Ipv4Addr, Ipv6Addr};

/// The same by the simplest means.
#[derive(Default)]
struct Oracle(BTreeMap<Prefix, u32>);

impl Oracle {
    fn longest(&self, addr: IpAddr) -> Option<(Prefix, u32)> {
        (0..=Prefix::host(addr).len()).rev().find_map(|len| {
            let prefix = Prefix::new(addr, len);
            Some((prefix, *self.0.get(&prefix)?))
        })
    }

    fn update(&mut self, updates: &[(Prefix, u32)]) -> Vec<u32> {
        let apply = |(prefix, value): &(Prefix, u32)| match value {
            0 => self.0.remove(prefix),
            value => self.0.insert(*prefix, *value),
        };
        updates.iter().filter_map(apply).collect()
    }
}

fn check(lpm: &Lpm, oracle: &Oracle) {
    let listed: Vec<_> = lpm.range(None).collect();
    let expected: Vec<_> = oracle.0.iter().map(|(p, v)| (*p, *v)).collect();
    assert_eq!(listed, expected);
    assert_eq!(lpm.len(), expected.len());
    let mut v4 = Vec::new();
    let mut v6 = Vec::new();
    for (prefix, value) in &expected {
        assert_eq!(lpm.get(*prefix), Some(*value));
        // The first and last address of each prefix, and the ones just outside.
        match prefix.addr() {
            IpAddr::V4(a) => {
                let last = a.to_bits() | u32::MAX.checked_shr(u32::from(prefix.len())).unwrap_or(0);
                v4.extend([a.to_bits(), last, a.to_bits().wrapping_sub(1), last.wrapping_add(1)]);
            }
            IpAddr::V6(a) => {
                let last = a.to_bits() | u128::MAX.checked_shr(u32::from(prefix.len())).unwrap_or(0);
                v6.extend([a.to_bits(), last, a.to_bits().wrapping_sub(1), last.wrapping_add(1)]);
            }
        }
    }
    let mut out4 = vec![0; v4.len()];
    let mut out6 = vec![0; v6.len()];
    lpm.lookup_batch_v4(&v4, &mut out4);
    lpm.lookup_batch_v6(&v6, &mut out6);
    let all4 = v4.iter().map(|a| IpAddr::V4(Ipv4Addr::from_bits(*a))).zip(out4);
    let all6 = v6.iter().map(|a| IpAddr::V6(Ipv6Addr::from_bits(*a))).zip(out6);
    for (addr, batched) in all4.chain(all6) {
        let expected = oracle.longest(addr);
        assert_eq!(lpm.longest(addr), expected, "{addr}");
        assert_eq!(lpm.lookup(addr), expected.map_or(0, |e| e.1), "{addr}");
        assert_eq!(batched, lpm.lookup(addr), "{addr} in a batch");
    }
}

fn p(s: &str) -> Prefix {
    s.parse().unwrap()
}

/// Prefixes that nest and collide: few distinct bits, every length.
fn prefix() -> impl Strategy<Value = Prefix> {
    let v4 = (any::<u32>(), 0..=32u8, 0..4u32).prop_map(|(a, len, dense)| {
        (Ipv4Addr::from_bits(if dense > 0 { a & 0x0103_0107 } else { a }).into(), len)
    });
    let v6 = (any::<u128>(), 0..=128u8, 0..4u32).prop_map(|(a, len, dense)| {
        let few = 0x2001_0001_0003_0000_0001_0000_0000_0007;
        (Ipv6Addr::from_bits(if dense > 0 { a & few } else { a }).into(), len)
    });
    prop_oneof![v4, v6].prop_map(|(a, len): (IpAddr, u8)| Prefix::new(a, len))
}

fn batches() -> impl Strategy<Value = Vec<Vec<(Prefix, u32)>>> {
    let value = prop_oneof![2 => Just(0u32), 6 => 1..5u32, 1 => Just(70_000u32)];
    prop::collection::vec(prop::collection::vec((prefix(), value), 0..40), 1..12)
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 200, ..ProptestConfig::default() })]

    #[test]
    fn every_sequence_of_updates_answers_as_the_oracle(batches in batches()) {
        let (mut lpm, mut oracle) = (Lpm::new(), Oracle::default());
        for batch in batches {
            let mut replaced = Vec::new();
            lpm.update(batch.iter().copied(), |old| replaced.push(old));
            prop_assert_eq!(replaced, oracle.update(&batch));
            check(&lpm, &oracle);
        }
        // Then all go, one at a time.
        for prefix in oracle.0.keys().copied().collect::<Vec<_>>() {
            lpm.update([(prefix, 0)], |_| {});
            oracle.0.remove(&prefix);
        }
        check(&lpm, &oracle);
        prop_assert!(lpm.memory().total < 1000, "an empty table keeps nothing");
    }

    #[test]
    fn a_walk_can_be_resumed_after_any_prefix(batch in prop::collection::vec((prefix(), 1..9u32), 0..60), after in prefix()) {
        let (mut lpm, mut oracle) = (Lpm::new(), Oracle::default());
        lpm.update(batch.iter().copied(), |_| {});
        oracle.update(&batch);
        let rest: Vec<_> = lpm.range(Some(after)).collect();
        let expected: Vec<_> = oracle.0.into_iter().filter(|(p, _)| *p > after).collect();
        prop_assert_eq!(rest, expected);
    }
}

/// A repeatable stream of numbers (splitmix64).
fn numbers(mut state: u64) -> impl FnMut() -> u64 {
    move || {
        state = state.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let x = (state ^ (state >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        let x = (x ^ (x >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        x ^ (x >> 31)
    }
}

/// Grows over every size of the direct table and shrinks again.
#[test]
fn a_table_answers_the_same_at_every_size() {
    let mut next = numbers(7);
    let (mut lpm, mut oracle) = (Lpm::new(), Oracle::default());
    let mut sizes = std::collections::BTreeSet::new();
    for _ in 0..20 {
        let batch: Vec<_> = (0..(oracle.0.len() / 2 + 12))
            .map(|_| {
                let n = next();
                let v4 = Ipv4Addr::from_bits((n >> 32) as u32 & 0x0fff_ffff);
                let v6 = Ipv6Addr::from_bits(u128::from(n) << 64 & (0x2fff << 112 | u128::MAX >> 20));
                let len = 8 + (next() % 25) as u8;
                let value = 1 + (next() % 20) as u32;
                let addr: IpAddr = if n.is_multiple_of(3) { v6.into() } else { v4.into() };
                (Prefix::new(addr, len), value)
            })
            .collect();
        lpm.update(batch.iter().copied(), |_| {});
        oracle.update(&batch);
        sizes.insert(lpm.v4.packed.direct_bits);
    }
    check(&lpm, &oracle);
    assert_eq!(sizes.into_iter().collect::<Vec<_>>(), [0, 6, 12, 18]);
    while !oracle.0.is_empty() {
        let gone: Vec<_> = oracle
            .0
            .keys()
            .enumerate()
            .filter(|(i, _)| i % 3 != 1 || oracle.0.len() < 9)
            .map(|(_, p)| (*p, 0))
            .collect();
        lpm.update(gone.iter().copied(), |_| {});
        oracle.update(&gone);
        check(&lpm, &oracle);
    }
    assert!(lpm.memory().total < 1000);
}

#[test]
fn an_update_in_a_small_batch_reaches_a_large_table() {
    let mut next = numbers(3);
    let (mut lpm, mut oracle) = (Lpm::new(), Oracle::default());
    let all: Vec<_> = (0..30_000u32)
        .map(|i| {
            (
                Prefix::new(Ipv4Addr::from_bits(next() as u32 & 0x03ff_ffff).into(), 12 + (i % 21) as u8),
                1 + i % 7,
            )
        })
        .collect();
    lpm.update(all.iter().copied(), |_| {});
    oracle.update(&all);
    for round in 0..300 {
        let batch: Vec<_> = (0..next() % 6)
            .map(|_| {
                let n = next();
                let addr = Ipv4Addr::from_bits(n as u32 & 0x03ff_ffff);
                let old = all[(n >> 32) as usize % all.len()].0;
                let prefix =
                    if n & 1 << 40 == 0 { old } else { Prefix::new(addr.into(), (n >> 41) as u8 % 33) };
                (prefix, (n >> 50) as u32 % 5)
            })
            .collect();
        lpm.update(batch.iter().copied(), |_| {});
        oracle.update(&batch);
        if round % 50 == 49 {
            check(&lpm, &oracle);
        }
    }
}

#[test]
fn only_a_default_route_answers_for_everything() {
    let mut lpm = Lpm::new();
    lpm.update([(p("0.0.0.0/0"), 5)], |_| {});
    assert_eq!(lpm.lookup("1.2.3.4".parse().unwrap()), 5);
    assert_eq!(lpm.lookup("::1".parse().unwrap()), 0);
    lpm.update([(p("::/0"), 6), (p("0.0.0.0/0"), 0)], |_| {});
    assert_eq!(lpm.lookup("1.2.3.4".parse().unwrap()), 0);
    assert_eq!(lpm.lookup("::1".parse().unwrap()), 6);
}

#[test]
fn hundreds_of_empty_or_small_tables_cost_little() {
    assert!(Lpm::new().memory().total < 1000);
    let mut lpm = Lpm::new();
    lpm.update(
        (0..20u32).map(|i| (Prefix::new(Ipv4Addr::from_bits(10 << 24 | i << 12).into(), 24), 1 + i)),
        |_| {},
    );
    assert!(lpm.memory().total < 4096, "{:?}", lpm.memory());
}

#[test]
fn memory_comes_back_when_most_prefixes_go() {
    let all: Vec<_> =
        (0..40_000u32).map(|i| (Prefix::new(Ipv4Addr::from_bits(i << 14).into(), 28), 1 + i % 3)).collect();
    let (mut lpm, mut oracle) = (Lpm::new(), Oracle::default());
    lpm.update(all.iter().copied(), |_| {});
    oracle.update(&all);
    let full = lpm.memory().total;
    let gone: Vec<_> = all.iter().skip(20).map(|(p, _)| (*p, 0)).collect();
    for part in gone.chunks(5000) {
        lpm.update(part.iter().copied(), |_| {});
        oracle.update(part);
        check(&lpm, &oracle);
    }
    assert!(lpm.memory().total < full / 100, "{} of {full} bytes left", lpm.memory().total);
    lpm.update(all.iter().copied(), |_| {});
    oracle.update(&all);
    check(&lpm, &oracle);
}

#[test]
fn equal_neighbors_share_a_leaf() {
    let mut lpm = Lpm::new();
    lpm.update((0..65_536u32).map(|i| (Prefix::new(Ipv4Addr::from_bits(i << 16).into(), 24), 1)), |_| {});
    let apart = lpm.memory().touched;
    lpm.update((0..65_536u32).map(|i| (Prefix::new(Ipv4Addr::from_bits(i << 16).into(), 16), 1)), |_| {});
    assert!(lpm.memory().touched < apart, "a more specific route that says the same takes no room");
    assert_eq!(lpm.memory().touched, 4 << 18 | 4);
}
