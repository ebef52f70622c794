//! Longest-prefix match on a full Internet table: million lookups a second for each trace, time to build, memory, updates a
//! second; and the same for two published tries, in the same run, so that the ratios survive a noisy machine.
//!
//! `cargo bench -p fib --bench lpm`; the table is read from `ROUTERD_PREFIXES` or `../shared/data`, else a synthetic one
//! is made. Each prefix gets one of 32 values at random, which is harder on leaf compression than real next hops are.

#![allow(clippy::unwrap_used, reason = "a benchmark's constants parse or it ends")]
#![allow(clippy::disallowed_methods, reason = "measuring time is what this is for")]

use fib::Prefix;
use fib::lpm::Lpm;
use ip_network_table_deps_treebitmap::IpLookupTable;
use prefix_trie::PrefixMap;
use std::hint::black_box;
use std::io::Read;
use std::net::{IpAddr, Ipv4Addr, Ipv6Addr};
use std::path::PathBuf;
use std::time::{Duration, Instant};

const VALUES: u64 = 32;

fn main() {
    // `cargo test --benches` only wants to know that it runs.
    let quick = !std::env::args().any(|a| a == "--bench");
    let effort =
        if quick { Effort { trace: 1 << 10, rounds: 1 } } else { Effort { trace: 1 << 20, rounds: 15 } };
    let mut random = Random(7);
    let prefixes = match read_prefixes().filter(|_| !quick) {
        Some(prefixes) => prefixes,
        None => {
            println!("full table: skipped: no table; a synthetic one instead");
            synthetic(&mut random, if quick { 2_000 } else { 250_000 })
        }
    };
    let routes: Vec<(Prefix, u32)> = prefixes.iter().map(|p| (*p, 1 + random.below(VALUES) as u32)).collect();
    let v4: Vec<(u32, u8, u32)> =
        routes.iter().filter_map(|(p, v)| Some((bits4(*p)?, p.len(), *v))).collect();
    let v6: Vec<(u128, u8, u32)> =
        routes.iter().filter_map(|(p, v)| Some((bits6(*p)?, p.len(), *v))).collect();
    println!(
        "{} IPv4 and {} IPv6 prefixes, {VALUES} values, one core, best of {}",
        v4.len(),
        v6.len(),
        effort.rounds
    );

    let (built, lpm) = time(|| {
        let mut lpm = Lpm::new();
        lpm.update(routes.iter().copied(), |_| {});
        lpm
    });
    let memory = lpm.memory();
    let megabytes = |bytes: usize| bytes as f64 / 1e6;
    println!(
        "built in {:.3} s; {:.1} MB touched by lookups, {:.1} MB in all; empty: {} bytes",
        built.as_secs_f64(),
        megabytes(memory.touched),
        megabytes(memory.total),
        Lpm::new().memory().total
    );

    let mut trie4 = PrefixMap::new();
    let mut trie6 = PrefixMap::new();
    let mut tree4 = IpLookupTable::new();
    let mut tree6 = IpLookupTable::new();
    for (a, len, value) in &v4 {
        trie4.insert(V4(*a, *len), *value);
        tree4.insert(Ipv4Addr::from_bits(*a), (*len).into(), *value);
    }
    for (a, len, value) in &v6 {
        trie6.insert(V6(*a, *len), *value);
        tree6.insert(Ipv6Addr::from_bits(*a), (*len).into(), *value);
    }

    println!(
        "\nmillion lookups a second      fib::lpm   batched   prefix-trie   treebitmap   times: trie  treebitmap"
    );
    for (name, trace) in traces4(&v4, effort.trace, &mut random) {
        let ours = effort.rate(&trace, |a| lpm.lookup_v4(a));
        let batched = effort.rate_of(&trace, |trace, out| lpm.lookup_batch_v4(trace, out));
        let trie = effort.rate(&trace, |a| trie4.get_lpm(&V4(a, 32)).map_or(0, |e| *e.1));
        let tree = effort.rate(&trace, |a| tree4.longest_match(Ipv4Addr::from_bits(a)).map_or(0, |e| *e.2));
        row(name, ours, batched, trie, tree);
    }
    for (name, trace) in traces6(&v6, effort.trace, &mut random) {
        let ours = effort.rate(&trace, |a| lpm.lookup_v6(a));
        let batched = effort.rate_of(&trace, |trace, out| lpm.lookup_batch_v6(trace, out));
        let trie = effort.rate(&trace, |a| trie6.get_lpm(&V6(a, 128)).map_or(0, |e| *e.1));
        let tree = effort.rate(&trace, |a| tree6.longest_match(Ipv6Addr::from_bits(a)).map_or(0, |e| *e.2));
        row(name, ours, batched, trie, tree);
    }

    println!("\nthousand updates a second                 IPv4      IPv6");
    let mut lpm = lpm;
    let split = |v4: bool| routes.iter().copied().filter(|(p, _)| p.is_v4() == v4).collect::<Vec<_>>();
    for batch in [1000, 100, 1] {
        for (what, flap) in [("another value", false), ("withdrawn and announced", true)] {
            let [a, b] =
                [true, false].map(|v4| updates(&mut lpm, &split(v4), batch, flap, &mut random, quick));
            println!("{what:24} in batches of {batch:4} {a:8.0}  {b:8.0}");
        }
    }
    let (gone, ()) = time(|| lpm.update(routes.iter().map(|(p, _)| (*p, 0)), |_| {}));
    println!("\nall withdrawn in {:.3} s; left: {} bytes", gone.as_secs_f64(), lpm.memory().total);
}

fn row(name: &str, ours: f64, batched: f64, trie: f64, tree: f64) {
    let (by_trie, by_tree) = (ours / trie, ours / tree);
    println!("{name:28} {ours:9.1} {batched:9.1} {trie:13.1} {tree:12.1} {by_trie:13.1} {by_tree:11.1}");
}

struct Effort {
    trace: usize,
    rounds: usize,
}

impl Effort {
    /// Million lookups a second, one after the other.
    fn rate<A: Copy>(&self, trace: &[A], mut lookup: impl FnMut(A) -> u32) -> f64 {
        self.best(trace, |part| part.iter().fold(0u32, |sum, a| sum.wrapping_add(lookup(*a))))
    }

    /// Million lookups a second in batches of 256.
    fn rate_of<A: Copy>(&self, trace: &[A], mut lookup: impl FnMut(&[A], &mut [u32])) -> f64 {
        let mut out = [0; 256];
        self.best(trace, |part| {
            part.chunks(out.len()).fold(0u32, |sum, chunk| {
                lookup(chunk, &mut out);
                out.iter().take(chunk.len()).fold(sum, |sum, v| sum.wrapping_add(*v))
            })
        })
    }

    /// Parts of the trace are timed one by one, each at its fastest over all rounds: a part is shorter than a time slice,
    /// so that what else runs on the machine falls out.
    fn best<A>(&self, trace: &[A], mut run: impl FnMut(&[A]) -> u32) -> f64 {
        let parts: Vec<&[A]> = trace.chunks(4096).collect();
        let mut fastest = vec![Duration::MAX; parts.len()];
        for _ in 0..self.rounds {
            for (part, fastest) in parts.iter().zip(&mut fastest) {
                *fastest = (*fastest).min(time(|| black_box(run(black_box(part)))).0);
            }
        }
        trace.len() as f64 / fastest.iter().sum::<Duration>().as_secs_f64().max(1e-9) / 1e6
    }
}

fn time<T>(run: impl FnOnce() -> T) -> (Duration, T) {
    let start = Instant::now();
    let result = run();
    (start.elapsed(), result)
}

/// Thousand updates a second on routes chosen at random.
fn updates(
    lpm: &mut Lpm,
    routes: &[(Prefix, u32)],
    batch: usize,
    flap: bool,
    random: &mut Random,
    quick: bool,
) -> f64 {
    let total = if quick { 2_000 } else { 200_000 };
    let mut batches = Vec::new();
    for _ in 0..total / batch / if flap { 2 } else { 1 } {
        let chosen: Vec<_> = (0..batch).map(|_| routes[random.below(routes.len() as u64) as usize]).collect();
        if flap {
            batches.push(chosen.iter().map(|(p, _)| (*p, 0)).collect());
        }
        batches
            .push(chosen.into_iter().map(|(p, _)| (p, 1 + random.below(VALUES) as u32)).collect::<Vec<_>>());
    }
    let count = batches.iter().map(Vec::len).sum::<usize>();
    let (spent, ()) = time(|| {
        batches.into_iter().for_each(|batch| {
            lpm.update(batch, |old| {
                black_box(old);
            })
        })
    });
    count as f64 / spent.as_secs_f64() / 1e3
}

fn traces4(routes: &[(u32, u8, u32)], len: usize, random: &mut Random) -> Vec<(&'static str, Vec<u32>)> {
    let uniform = (0..len).map(|_| random.next() as u32).collect();
    let from: Vec<u32> = (0..len)
        .map(|_| {
            let (addr, len, _) = routes[random.below(routes.len() as u64) as usize];
            addr | (random.next() as u32).checked_shr(len.into()).unwrap_or(0)
        })
        .collect();
    let zipf = zipf(&from, random);
    vec![("IPv4 uniform", uniform), ("IPv4 from prefixes", from), ("IPv4 Zipf", zipf)]
}

fn traces6(routes: &[(u128, u8, u32)], len: usize, random: &mut Random) -> Vec<(&'static str, Vec<u128>)> {
    let from: Vec<u128> = (0..len)
        .map(|_| {
            let (addr, len, _) = routes[random.below(routes.len() as u64) as usize];
            let host = u128::from(random.next()) << 64 | u128::from(random.next());
            addr | host.checked_shr(len.into()).unwrap_or(0)
        })
        .collect();
    let zipf = zipf(&from, random);
    vec![("IPv6 from prefixes", from), ("IPv6 Zipf", zipf)]
}

/// Addresses of `pool` with a frequency of 1/rank.
fn zipf<A: Copy>(pool: &[A], random: &mut Random) -> Vec<A> {
    let log = (pool.len() as f64).ln();
    (0..pool.len())
        .map(|_| {
            let u = random.next() as f64 / u64::MAX as f64;
            pool[((u * log).exp() as usize).saturating_sub(1).min(pool.len() - 1)]
        })
        .collect()
}

fn bits4(p: Prefix) -> Option<u32> {
    match p.addr() {
        IpAddr::V4(a) => Some(a.to_bits()),
        IpAddr::V6(_) => None,
    }
}

fn bits6(p: Prefix) -> Option<u128> {
    match p.addr() {
        IpAddr::V4(_) => None,
        IpAddr::V6(a) => Some(a.to_bits()),
    }
}

/// The full table, if it is there.
fn read_prefixes() -> Option<Vec<Prefix>> {
    let beside = concat!(env!("CARGO_MANIFEST_DIR"), "/../../shared/data/prefixes.txt.gz");
    let path = std::env::var_os("ROUTERD_PREFIXES").map_or_else(|| PathBuf::from(beside), PathBuf::from);
    let mut text = String::new();
    flate2::read::GzDecoder::new(std::fs::File::open(path).ok()?).read_to_string(&mut text).ok()?;
    Some(text.lines().filter_map(|line| line.parse().ok()).collect())
}

/// Prefixes with roughly the lengths of the Internet's, clustered as allocations are.
fn synthetic(random: &mut Random, count: usize) -> Vec<Prefix> {
    let mut all = std::collections::BTreeSet::new();
    while all.len() < count {
        let block = random.below(4096);
        let bits = random.next();
        if random.below(6) > 0 {
            let addr = 0x0100_0000 + (block as u32) * 0x000d_0000 + (bits as u32 & 0x000f_ffff);
            let len = [24, 24, 24, 24, 24, 23, 22, 22, 21, 20, 19, 16][random.below(12) as usize];
            all.insert(Prefix::new(Ipv4Addr::from_bits(addr).into(), len));
        } else {
            let addr = 0x2a00u128 << 112 | u128::from(block) << 96 | u128::from(bits & 0xffff_ffff) << 64;
            let len = [48, 48, 48, 48, 32, 32, 44, 40, 36, 29][random.below(10) as usize];
            all.insert(Prefix::new(Ipv6Addr::from_bits(addr).into(), len));
        }
    }
    all.into_iter().collect()
}

/// splitmix64: repeatable, and good enough to choose addresses.
struct Random(u64);

impl Random {
    fn next(&mut self) -> u64 {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let x = (self.0 ^ (self.0 >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        let x = (x ^ (x >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        x ^ (x >> 31)
    }

    fn below(&mut self, n: u64) -> u64 {
        self.next() % n
    }
}

/// Prefixes as `prefix-trie` wants them.
#[derive(Copy, Clone, Debug)]
struct V4(u32, u8);

impl prefix_trie::Prefix for V4 {
    type R = u32;
    fn repr(&self) -> u32 {
        self.0
    }
    fn prefix_len(&self) -> u8 {
        self.1
    }
    fn from_repr_len(addr: u32, len: u8) -> V4 {
        V4(addr, len)
    }
}

#[derive(Copy, Clone, Debug)]
struct V6(u128, u8);

impl prefix_trie::Prefix for V6 {
    type R = u128;
    fn repr(&self) -> u128 {
        self.0
    }
    fn prefix_len(&self) -> u8 {
        self.1
    }
    fn from_repr_len(addr: u128, len: u8) -> V6 {
        V6(addr, len)
    }
}
