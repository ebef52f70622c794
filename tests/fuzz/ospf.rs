//! Bytes into the decoders of OSPF, seeded with the packets captured from FRR and BIRD. Checksums would stop nearly
//! all of it at the door, so what lies behind each one is also tried with the checksum made right.

use crate::Budget;
use ::ospf::wire::auth::{Claim, Seal, Sealed, seal};
use ::ospf::wire::grace::Grace;
use ::ospf::wire::packet::{self, parse, write};
use ::ospf::wire::{Body, Kind, Lsa, LsaKey, Packet, PacketKind};
use bytes::Bytes;
use core::net::Ipv4Addr;
use policy::config::Algorithm;
use proto::Writer;
use std::path::Path;
use tests::mutate::Mutator;

const KINDS: [Kind; 9] = [
    Kind::Router,
    Kind::Network,
    Kind::Summary,
    Kind::AsbrSummary,
    Kind::External,
    Kind::NssaExternal,
    Kind::OpaqueLink,
    Kind::OpaqueArea,
    Kind::OpaqueAs,
];
const PACKETS: [PacketKind; 5] = [
    PacketKind::Hello,
    PacketKind::DatabaseDescription,
    PacketKind::LinkStateRequest,
    PacketKind::LinkStateUpdate,
    PacketKind::LinkStateAck,
];

/// The captured packets, in the order of their names.
fn captured() -> Vec<Bytes> {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("../protocols/ospf/tests/golden");
    let mut files: Vec<_> =
        folder.read_dir().expect("golden packets").map(|f| f.expect("a file").path()).collect();
    files.sort();
    files.iter().map(|f| unhex(&std::fs::read_to_string(f).expect("readable"))).collect()
}

fn unhex(text: &str) -> Bytes {
    let digits: String = text.lines().filter(|l| !l.starts_with('#')).collect();
    let digits: Vec<u32> = digits.chars().filter_map(|c| c.to_digit(16)).collect();
    digits.chunks_exact(2).map(|d| u8::try_from(d[0] * 16 + d[1]).expect("two digits")).collect()
}

/// Reads all an LSA says; answers how much there was of it.
fn walk(lsa: &Lsa) -> usize {
    match lsa.body() {
        Body::Router { links, .. } => links.count(),
        Body::Network { routers, .. } => routers.count(),
        Body::Summary { len, .. } => usize::from(len),
        Body::External(external) => usize::from(external.len),
        Body::Opaque(information) => Grace::parse(information).map_or(0, |grace| {
            assert_eq!(Grace::parse(&grace.write()), Ok(grace), "a grace LSA is written as it was read");
            information.len()
        }),
    }
}

/// A body as every packet: what is read is written, and then reads the same.
fn bodies(body: &Bytes) {
    for kind in PACKETS {
        let Ok(read) = parse(kind, body) else { continue };
        let again = parse(kind, &write(&read)).expect("what we write is valid");
        if let (Packet::LinkStateUpdate { lsas, .. }, Packet::LinkStateUpdate { lsas: written, bad }) =
            (&read, &again)
        {
            assert!(lsas == written && bad.is_empty(), "good LSAs are written as they came");
            assert!(lsas.iter().map(walk).sum::<usize>() <= body.len() * 33, "no more is said than was sent");
        }
        assert_eq!(write(&read), write(&again), "{kind:?}");
    }
}

/// Bytes as the body of an LSA whose checksum is right.
fn lsa(kind: Kind, body: &[u8]) {
    let key = LsaKey { kind, id: Ipv4Addr::new(3, 0, 0, 0), router: Ipv4Addr::new(1, 1, 1, 1) };
    let built = Lsa::build(key, 2, 1, body);
    walk(&built);
    let mut w = Writer::default();
    built.write(&mut w, built.header.age);
    if let Ok(read) = Lsa::parse(&w.finish()) {
        assert!(read == built && read.same_content(&built), "an LSA is read as it was built");
    }
}

/// Mutated packets, packet bodies and LSA bodies.
pub fn decoders(budget: &Budget) {
    let whole = captured();
    assert!(whole.len() > 20, "packets were captured");
    let mut seeds: Vec<Vec<u8>> = Vec::new();
    for packet in &whole {
        let opened = Sealed::open(packet).expect("captured packets are good");
        seeds.push(packet.to_vec());
        seeds.push(opened.body.to_vec());
        if let Ok(Packet::LinkStateUpdate { lsas, .. }) = parse(opened.header.kind, &opened.body) {
            seeds.extend(lsas.iter().map(|lsa| lsa.body_bytes().to_vec()));
        }
    }
    let mut mutator = Mutator::new(budget.seed, seeds);
    budget.spend("ospf decoders", |n| {
        let input = Bytes::from(mutator.make());
        if let Ok(opened) = Sealed::open(&input) {
            opened.verify(b"sesame", Algorithm::Md5, Ipv4Addr::LOCALHOST);
            bodies(&opened.body);
            if opened.claim == Claim::Null {
                let again = Sealed::open(&seal(opened.header, &opened.body, &Seal::Null));
                assert_eq!(again.map(|a| (a.header, a.body)), Ok((opened.header, opened.body)));
            }
        }
        bodies(&input);
        bodies(&input.slice(packet::HEADER.min(input.len())..));
        lsa(KINDS[mutator.pick(KINDS.len())], &input);
        if let Ok(grace) = Grace::parse(&input) {
            assert_eq!(Grace::parse(&grace.write()), Ok(grace), "input {n}");
        }
    });
}
