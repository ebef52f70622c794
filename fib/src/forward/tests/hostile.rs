//! Bytes from an enemy: whatever they are, the router counts them and goes on.

use super::*;
use crate::packet::arp::{Arp, Op};
use crate::packet::nd::Message;
use crate::{Gso, GsoKind, Offload, PartialChecksum};
use proptest::prelude::*;

/// One good frame of each kind, to be spoiled.
fn seeds() -> Vec<Vec<u8>> {
    let arp = Arp {
        op: Op::Request,
        sender_mac: HOST,
        sender: v4("10.0.1.9"),
        target_mac: Mac::ZERO,
        target: v4("10.0.1.1"),
    };
    let ask = Message::Solicitation { target: v6("2001:db8:1::1"), source: Some(HOST) };
    let to_router = |p: &[u8]| framed(own_mac(ETH1), HOST, p);
    let mut fragment = udp("10.0.1.9", "10.0.1.1", 100);
    ip4::set_fragment(&mut fragment, 128, false, true, 0);
    let mut fragment6 = udp("2001:db8:1::9", "2001:db8:1::1", 64);
    fragment6[6] = 44;
    vec![
        to_router(&udp("10.0.1.9", "10.0.2.9", 40)),
        to_router(&udp("10.0.1.9", "10.0.1.1", 40)),
        to_router(&udp("2001:db8:1::9", "2001:db8:2::9", 40)),
        to_router(&udp("2001:db8:1::9", "2001:db8:1::1", 40)),
        to_router(&packet(ip("10.0.1.9"), ip("10.0.1.1"), 1, &[3, 4, 0, 0, 0, 0, 0, 0, 0x45, 0, 0, 0])),
        to_router(&packet(
            ip("2001:db8:1::9"),
            ip("2001:db8:1::1"),
            0,
            &[60, 0, 0, 0, 0, 0, 0, 0, 43, 0, 0, 0],
        )),
        to_router(&fragment),
        to_router(&fragment6),
        arp.emit(Mac::BROADCAST, HOST).to_vec(),
        ask.emit(HOST, v6("2001:db8:1::9"), own_mac(ETH1), v6("2001:db8:1::1")).to_vec(),
    ]
}

/// A small generator, seeded: the same spoiled frames every time.
struct Dice(u64);

impl Dice {
    fn roll(&mut self, sides: usize) -> usize {
        self.0 = self.0.wrapping_mul(6364136223846793005).wrapping_add(1442695040888963407);
        ((self.0 >> 33) as usize) % sides.max(1)
    }
}

/// Checksums are made right again half of the time, so that what lies behind them is reached.
fn repair(frame: &mut [u8]) {
    if frame.len() >= 34 && frame[12..14] == [8, 0] {
        ip4::fill_checksum(&mut frame[14..]);
    }
}

/// The books must balance: what came in was forwarded, delivered, answered, queued, or dropped by name.
fn assert_accounted(rig: &mut Rig, before: u64) {
    let sent = rig.sent().len();
    let delivered = core::iter::from_fn(|| rig.f.poll_deliver()).count();
    let dropped = rig.f.counters().total_dropped() > before;
    let stats = rig.f.counters();
    let kept = stats.stat(Stat::FragmentsIn)
        + stats.stat(Stat::NeighborQueued)
        + stats.stat(Stat::ArpRequestsIn)
        + stats.stat(Stat::ArpRepliesIn)
        + stats.stat(Stat::AdvertisementsIn);
    assert!(sent > 0 || delivered > 0 || dropped || kept > 0, "a frame vanished");
}

#[test]
fn spoiled_frames_never_stop_the_router() {
    let mut dice = Dice(2026);
    let mut rig = rig();
    let seeds = seeds();
    for round in 0..60_000 {
        let mut frame = seeds[dice.roll(seeds.len())].clone();
        for _ in 0..dice.roll(6) {
            let at = dice.roll(frame.len());
            match dice.roll(4) {
                0 => frame[at] = dice.roll(256) as u8,
                1 => frame[at] ^= 1 << dice.roll(8),
                2 => frame.truncate(at.max(1)),
                _ => frame[at] = [0, 0xff, 0x7f, 0x80][dice.roll(4)],
            }
        }
        if dice.roll(2) == 0 {
            repair(&mut frame);
        }
        let mut frame = Frame::from(frame);
        if dice.roll(4) == 0 {
            let kind = [GsoKind::Tcp4, GsoKind::Tcp6, GsoKind::Udp, GsoKind::UdpL4][dice.roll(4)];
            frame.offload = Offload {
                partial_checksum: Some(PartialChecksum {
                    start: dice.roll(90) as u16,
                    offset: dice.roll(40) as u16,
                }),
                gso: Some(Gso { kind, ecn: false, size: dice.roll(60) as u16, header_len: 0 }),
            };
        }
        let before = rig.f.counters().total_dropped();
        rig.frame([ETH1, ETH2][dice.roll(2)], frame);
        assert_accounted(&mut rig, before);
        if round % 100 == 0 {
            rig.wait(Duration::from_millis(dice.roll(5000) as u64));
            rig.events();
        }
    }
    // It still does its work.
    rig.wait(secs(3600));
    rig.sent();
    rig.packet(ETH1, &udp("10.0.1.9", "10.0.2.9", 8));
    assert_eq!(rig.one().0, ETH2);
}

#[test]
fn a_scan_of_an_empty_network_is_bounded_and_leaves_room_for_real_neighbors() {
    let mut rig = rig();
    rig.route("10.64.0.0/10".parse().unwrap(), ETH2, None);
    for n in 0..20_000u32 {
        let dst = Ipv4Addr::from_bits(v4("10.64.0.0").to_bits() + n).to_string();
        rig.packet(ETH1, &udp("10.0.1.9", &dst, 8));
    }
    assert!(rig.f.neighbors().count() <= 1024 + 6);
    assert_eq!(rig.dropped(Drop::NeighborCacheFull), 20_000 - 1024);
    rig.sent();
    let ask = Arp {
        op: Op::Request,
        sender_mac: HOST,
        sender: v4("10.0.2.50"),
        target_mac: Mac::ZERO,
        target: v4("10.0.2.1"),
    };
    rig.frame(ETH2, ask.emit(Mac::BROADCAST, HOST).to_vec());
    assert!(rig.f.neighbors().any(|n| n.addr == ip("10.0.2.50")));
}

#[test]
fn a_full_cache_forgets_the_oldest_unused_neighbor() {
    let mut rig = quiet_rig();
    rig.f.set_global(GlobalSettings { neighbors_per_port: 8, ..GlobalSettings::default() });
    let ask = |sender: u8| Arp {
        op: Op::Request,
        sender_mac: HOST,
        sender: Ipv4Addr::new(10, 0, 1, sender),
        target_mac: Mac::ZERO,
        target: v4("10.0.1.1"),
    };
    for sender in 10..30 {
        rig.wait(secs(1));
        rig.frame(ETH1, ask(sender).emit(Mac::BROADCAST, HOST).to_vec());
    }
    let known: Vec<_> = rig.f.neighbors().map(|n| n.addr).collect();
    let last: Vec<_> = (22..30).map(|n| IpAddr::from([10, 0, 1, n])).collect();
    assert_eq!(known, last);
}

proptest! {
    #[test]
    fn random_bytes_behind_a_good_header_never_stop_the_router(
        kind in prop::sample::select(vec![0x0800u16, 0x0806, 0x86dd]),
        body in prop::collection::vec(any::<u8>(), 0..200),
    ) {
        let mut rig = rig();
        let mut frame = [&own_mac(ETH1).0[..], &HOST.0, &kind.to_be_bytes(), &body].concat();
        repair(&mut frame);
        rig.frame(ETH1, frame);
        let before = 0;
        assert_accounted(&mut rig, before);
    }

    #[test]
    fn random_packets_of_our_own_never_stop_the_router(body in prop::collection::vec(any::<u8>(), 0..200), version in 0u8..8) {
        let mut rig = rig();
        let mut packet = body;
        if let Some(first) = packet.first_mut() {
            *first = (version << 4) | (*first & 0x0f);
        }
        rig.send(&packet, TxMeta { ttl: Some(3), tos: Some(4), df: Df::Clear, mark: 0 });
        rig.wait(secs(100));
    }
}
