//! Packets a second through `Forwarder`, one core, no link: 64-byte frames in, 64-byte frames out, the buffers
//! going round so that the allocator is not what is measured.
//!
//! `cargo bench -p fib --bench forward`; the full table is read from `ROUTERD_PREFIXES` or `../shared/data`.

#![allow(clippy::unwrap_used, reason = "a benchmark's constants parse or it ends")]

use bytes::BytesMut;
use fib::packet::{ethernet, ipv4, ipv6};
use fib::{
    Adjacency, Fib, FibEntry, Forwarder, Frame, Instant, LocalKind, Mac, PortId, PortSettings, Prefix,
    RpFilter, TableId,
};
use std::io::Read;
use std::net::{IpAddr, Ipv4Addr};
use std::path::PathBuf;

const IN: PortId = PortId(1);
const OUT: PortId = PortId(2);
const PACKETS: usize = 4_000_000;
const FLOWS: usize = 65_536;

fn main() {
    // `cargo test --benches` only wants to know that it runs.
    let packets = if std::env::args().any(|a| a == "--bench") { PACKETS } else { 1_000 };
    let one = |_: usize| Ipv4Addr::new(198, 51, 100, 1);
    let spread =
        |n: usize| Ipv4Addr::from_bits(0x1000_0000 + (n as u32).wrapping_mul(0x9e37_79b1) % 0x6000_0000);

    report("default route, one flow", packets, &mut router(&[]), &frames_v4(one, 1));
    report("default route, 65536 flows", packets, &mut router(&[]), &frames_v4(spread, FLOWS));
    let mut strict = router(&[]);
    strict.0.set_port(Instant::ZERO, IN, PortSettings { rp_filter: RpFilter::Strict, ..settings(IN) });
    report("the same, strict rp_filter", packets, &mut strict, &frames_v4(spread, FLOWS));
    report("IPv6 default route, one flow", packets, &mut router(&[]), &frames_v6());

    match prefixes() {
        Some(prefixes) => {
            let label = format!("{} prefixes, 65536 flows", prefixes.len());
            let step = (prefixes.len() / FLOWS).max(1);
            let routed: Vec<Ipv4Addr> = prefixes
                .iter()
                .step_by(step)
                .filter_map(|p| match p.addr() {
                    IpAddr::V4(a) => Some(Ipv4Addr::from_bits(a.to_bits() | 1)),
                    IpAddr::V6(_) => None,
                })
                .collect();
            let flows = frames_v4(|n| routed[n.wrapping_mul(40_503) % routed.len()], FLOWS);
            report(&label, packets, &mut router(&prefixes), &flows);
        }
        None => println!("full table                          skipped: no table"),
    }
}

fn settings(port: PortId) -> PortSettings {
    let n = port.0;
    PortSettings {
        mac: Mac([2, 0, 0, 0, 0, n as u8]),
        up: true,
        addresses: vec![
            format!("10.0.{n}.1/24").parse().unwrap(),
            format!("2001:db8:{n}::1/64").parse().unwrap(),
        ],
        ..PortSettings::default()
    }
}

fn router(prefixes: &[Prefix]) -> (Forwarder, Fib) {
    let mut forwarder = Forwarder::new(1);
    let mut fib = Fib::new();
    for port in [IN, OUT] {
        forwarder.set_port(Instant::ZERO, port, settings(port));
        for addr in settings(port).addresses {
            let local = FibEntry::Local { kind: LocalKind::Host, port: Some(port) };
            fib.set(TableId::LOCAL, Prefix::host(addr.addr()), local);
            fib.set(TableId::MAIN, addr.network(), FibEntry::via(Adjacency { port, gateway: None }));
        }
    }
    let gateways = ["10.0.2.2", "2001:db8:2::2"].map(|a| a.parse::<IpAddr>().unwrap());
    for gateway in gateways {
        let via = FibEntry::via(Adjacency { port: OUT, gateway: Some(gateway) });
        let default = if gateway.is_ipv4() { Prefix::DEFAULT_V4 } else { Prefix::DEFAULT_V6 };
        fib.set(TableId::MAIN, default, via.clone());
        for prefix in prefixes.iter().filter(|p| p.is_v4() == gateway.is_ipv4()) {
            fib.set(TableId::MAIN, *prefix, via.clone());
        }
        forwarder.set_static_neighbor(Instant::ZERO, OUT, gateway, Some(Mac([2, 0, 0, 0, 1, 2])));
    }
    fib.commit();
    while forwarder.poll_transmit().is_some() {}
    (forwarder, fib)
}

fn frame(packet: &[u8], kind: u16) -> BytesMut {
    let mut frame = ethernet::wrap(packet, kind);
    ethernet::set_addresses(&mut frame, settings(IN).mac, Mac([2, 0, 0, 0, 1, 1]));
    frame
}

fn frames_v4(dst: impl Fn(usize) -> Ipv4Addr, flows: usize) -> Vec<BytesMut> {
    let packet = |n: usize| {
        let mut p = [0; 46];
        p[..20].copy_from_slice(&ipv4::header(Ipv4Addr::new(10, 0, 1, 9), dst(n), 17, 64, 0, 46));
        ipv4::fill_checksum(&mut p);
        frame(&p, ethernet::IPV4)
    };
    (0..flows).map(packet).collect()
}

fn frames_v6() -> Vec<BytesMut> {
    let (src, dst) = ("2001:db8:1::9".parse().unwrap(), "2001:db8:ffff::1".parse().unwrap());
    let mut p = [0; 60];
    p[..40].copy_from_slice(&ipv6::header(src, dst, 17, 64, 20));
    vec![frame(&p, ethernet::IPV6)]
}

/// Sends `packets` through in bursts of 64, each a copy of the next template into the buffer that came out.
fn report(label: &str, packets: usize, router: &mut (Forwarder, Fib), templates: &[BytesMut]) {
    let (forwarder, fib) = router;
    let mut spare: Vec<BytesMut> = (0..64).map(|_| BytesMut::with_capacity(128)).collect();
    let mut run = |count: usize| {
        let mut next = 0;
        let mut forwarded = 0;
        while forwarded < count {
            for mut data in spare.drain(..) {
                data.clear();
                data.extend_from_slice(&templates[next]);
                next = (next + 1) % templates.len();
                forwarder.handle_frame(Instant::ZERO, IN, Frame::new(data), fib.snapshot());
            }
            while let Some((_, frame)) = forwarder.poll_transmit() {
                spare.push(frame.data);
            }
            assert!(!spare.is_empty(), "{label}: nothing came out: {:?}", forwarder.counters());
            forwarded += spare.len();
        }
        forwarded
    };
    run(packets / 10);
    let start = cpu_time();
    let forwarded = run(packets);
    let ns = (cpu_time() - start) / forwarded as f64;
    println!("{label:<36}{:>8.2} Mpps{ns:>8.1} ns a packet", 1e3 / ns);
}

/// Nanoseconds this process has been on a processor: unlike the wall clock it does not count its neighbors. Falls
/// back to that where there is no `/proc`.
fn cpu_time() -> f64 {
    let on_cpu = std::fs::read_to_string("/proc/self/schedstat")
        .ok()
        .and_then(|text| text.split_whitespace().next()?.parse::<f64>().ok());
    #[expect(clippy::disallowed_methods, reason = "a benchmark reads the clock")]
    let wall = || std::time::SystemTime::now().duration_since(std::time::UNIX_EPOCH);
    on_cpu.unwrap_or_else(|| wall().map_or(0.0, |t| t.as_nanos() as f64))
}

fn prefixes() -> Option<Vec<Prefix>> {
    let default = PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("../../shared/data/prefixes.txt.gz");
    let path = std::env::var_os("ROUTERD_PREFIXES").map_or(default, PathBuf::from);
    let mut text = String::new();
    flate2::read::GzDecoder::new(std::fs::File::open(path).ok()?).read_to_string(&mut text).ok()?;
    let prefixes: Vec<Prefix> =
        text.lines().filter_map(|line| line.split_whitespace().next()?.parse().ok()).collect();
    (!prefixes.is_empty()).then_some(prefixes)
}
