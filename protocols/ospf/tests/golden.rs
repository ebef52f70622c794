//! Packets captured from FRR 8.4.4 ospfd (1.1.1.1, 10.0.12.1) and BIRD 2.0.12 (2.2.2.2, 10.0.12.2) on a veth: opened,
//! read, looked at, and written again byte for byte. The files in `golden/` say what each is.
#![allow(clippy::unwrap_used, clippy::panic, reason = "a test's own mistakes should stop it")]

use bytes::Bytes;
use core::net::Ipv4Addr;
use ospf::AreaId;
use ospf::wire::auth::{Claim, Seal, Sealed, seal};
use ospf::wire::grace::{self, Grace};
use ospf::wire::lsa::{
    External, INITIAL_SEQUENCE, Link, LinkKind, external_body, flags, network_body, router_body, summary_body,
};
use ospf::wire::packet::{self, parse, write};
use ospf::wire::{Body, DatabaseDescription, Hello, Kind, Lsa, LsaKey, Packet, PacketKind, options};
use policy::config::Algorithm;
use proto::WireError;
use std::path::Path;

const LONG_KEY: &[u8] = b"0123456789abcdefghijklmnopqrstuvwxyzABCD";
const MASK: Ipv4Addr = Ipv4Addr::new(255, 255, 255, 0);

fn unhex(text: &str) -> Bytes {
    let digits: String = text.lines().filter(|l| !l.starts_with('#')).collect();
    let digits: Vec<u8> = digits.bytes().filter(u8::is_ascii_hexdigit).collect();
    digits.chunks(2).map(|d| u8::from_str_radix(std::str::from_utf8(d).unwrap(), 16).unwrap()).collect()
}

fn folder() -> std::path::PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/golden")
}

/// The packet in a file, behind the IP header.
fn golden(name: &str) -> Bytes {
    unhex(&std::fs::read_to_string(folder().join(name).with_extension("hex")).unwrap())
}

fn open(name: &str) -> (Sealed, Packet) {
    let sealed = Sealed::open(&golden(name)).unwrap();
    let packet = parse(sealed.header.kind, &sealed.body).unwrap();
    (sealed, packet)
}

/// The LSAs of an update, all good.
fn lsas(name: &str) -> Vec<Lsa> {
    let Packet::LinkStateUpdate { lsas, bad } = open(name).1 else { panic!("{name} is no update") };
    assert_eq!(bad, []);
    lsas
}

fn ip(text: &str) -> Ipv4Addr {
    text.parse().unwrap()
}

fn key(kind: Kind, id: &str, router: &str) -> LsaKey {
    LsaKey { kind, id: ip(id), router: ip(router) }
}

/// How the packet in a file was sealed; its key goes with its name.
fn seal_of(name: &str, claim: &Claim) -> Seal<'static> {
    let (key, algorithm): (&[u8], _) = match name {
        n if n.contains("sha1") => (LONG_KEY, Algorithm::HmacSha1),
        n if n.contains("sha256") => (LONG_KEY, Algorithm::HmacSha256),
        n if n.contains("sha384") => (LONG_KEY, Algorithm::HmacSha384),
        n if n.contains("sha512") => (LONG_KEY, Algorithm::HmacSha512),
        _ => (b"sesame", Algorithm::Md5),
    };
    match claim {
        Claim::Null => Seal::Null,
        Claim::Simple(_) => Seal::Simple(b"sesame"),
        Claim::Digest { key_id, sequence, .. } => {
            Seal::Digest { key_id: *key_id, key, algorithm, sequence: *sequence }
        }
    }
}

#[test]
fn every_captured_packet_is_written_again_byte_for_byte() {
    let files = std::fs::read_dir(folder()).unwrap();
    let names: Vec<String> =
        files.map(|f| f.unwrap().path().file_stem().unwrap().to_str().unwrap().to_owned()).collect();
    assert!(names.len() >= 29, "{names:?}");
    for name in names {
        let (sealed, packet) = open(&name);
        assert_eq!(packet.kind(), sealed.header.kind, "{name}");
        let again = seal(sealed.header, &write(&packet), &seal_of(&name, &sealed.claim));
        assert_eq!(again, golden(&name), "{name}");
    }
}

#[test]
fn every_captured_lsa_is_built_again_from_what_it_says() {
    for name in [
        "frr-update",
        "bird-update",
        "bird-update-network",
        "frr-update-asbr",
        "frr-update-transit",
        "frr-update-opaque",
        "frr-update-nssa",
        "bird-update-nssa",
        "frr-grace",
        "bird-grace",
    ] {
        for lsa in lsas(name) {
            let body = match lsa.body() {
                Body::Router { flags, links } => router_body(flags, &links.collect::<Vec<_>>()),
                Body::Network { len, routers } => network_body(len, &routers.collect::<Vec<_>>()),
                Body::Summary { len, metric } => summary_body(len, metric),
                Body::External(external) => external_body(&external),
                Body::Opaque(information) => Bytes::copy_from_slice(information),
            };
            let built = Lsa::build(lsa.key(), lsa.header.options, lsa.header.sequence, &body);
            assert_eq!(built.with_age(lsa.header.age), lsa, "{name}: {:?}", lsa.key());
        }
    }
}

#[test]
fn hellos_say_who_is_designated_and_who_was_heard() {
    let (sealed, packet) = open("frr-hello");
    assert_eq!((sealed.header.router, sealed.header.area), (ip("1.1.1.1"), AreaId::BACKBONE));
    assert_eq!(sealed.claim, Claim::Null);
    let hello = Hello {
        mask: MASK,
        hello_interval: 1,
        options: options::E,
        priority: 1,
        dead_interval: 4,
        dr: ip("10.0.12.2"),
        bdr: ip("10.0.12.1"),
        neighbors: vec![ip("2.2.2.2")],
    };
    assert_eq!(packet, Packet::Hello(hello));
    let Packet::Hello(alone) = open("frr-hello-alone").1 else { panic!("no hello") };
    assert_eq!((alone.dr, alone.neighbors), (Ipv4Addr::UNSPECIFIED, vec![]));
    let Packet::Hello(bird) = open("bird-hello").1 else { panic!("no hello") };
    assert_eq!((bird.options, bird.neighbors), (options::E, vec![ip("1.1.1.1")]));
}

#[test]
fn database_descriptions_carry_their_bits_and_headers() {
    let Packet::DatabaseDescription(first) = open("frr-dd-init").1 else { panic!("no DD") };
    assert!(first.init && first.more && first.master && !first.unknown);
    assert_eq!((first.mtu, first.options, first.headers.len()), (1500, options::E | options::O, 0));
    let Packet::DatabaseDescription(dd) = open("frr-dd").1 else { panic!("no DD") };
    assert_eq!((dd.init, dd.more, dd.master, dd.sequence), (false, false, false, 0xf66a_177b));
    let keys: Vec<LsaKey> = dd.headers.iter().map(|h| h.key).collect();
    assert_eq!(keys[0], key(Kind::Router, "1.1.1.1", "1.1.1.1"));
    assert_eq!(keys[1], key(Kind::Summary, "10.1.0.0", "1.1.1.1"));
    assert_eq!(keys[3], key(Kind::External, "172.16.2.0", "1.1.1.1"));
    let router = dd.headers[0];
    assert_eq!((router.sequence, router.checksum, router.length), (INITIAL_SEQUENCE + 2, 0xea3b, 36));
    let Packet::DatabaseDescription(bird) = open("bird-dd").1 else { panic!("no DD") };
    assert!(bird.master && bird.headers.len() == 3);
    // What was described is what was sent then: the same instances, a second older.
    for lsa in lsas("frr-update") {
        let described = dd.headers.iter().find(|h| h.key == lsa.key()).unwrap();
        assert_eq!(described.compare(&lsa.header), core::cmp::Ordering::Equal);
    }
}

#[test]
fn requests_and_acknowledgments_name_lsas() {
    let Packet::LinkStateRequest(wanted) = open("bird-request").1 else { panic!("no request") };
    let sent: Vec<LsaKey> = lsas("frr-update").iter().map(Lsa::key).collect();
    assert_eq!(wanted, sent);
    let Packet::LinkStateAck(acked) = open("frr-ack").1 else { panic!("no ack") };
    let sent = lsas("bird-update");
    assert_eq!(
        acked.iter().map(|h| h.key).collect::<Vec<_>>(),
        sent.iter().map(Lsa::key).collect::<Vec<_>>()
    );
}

#[test]
fn router_and_network_lsas_show_the_links() {
    let lsas_of_frr = lsas("frr-update");
    let Body::Router { flags: bits, links } = lsas_of_frr[0].body() else { panic!("no router-LSA") };
    let stub = Link { kind: LinkKind::Stub, id: ip("10.0.12.0"), data: MASK, metric: 10 };
    assert_eq!((bits, links.collect::<Vec<_>>()), (flags::B | flags::E, vec![stub]));
    let transit = lsas("frr-update-transit");
    let Body::Router { links, .. } = transit[0].body() else { panic!("no router-LSA") };
    let link = Link { kind: LinkKind::Transit, id: ip("10.0.12.2"), data: ip("10.0.12.1"), metric: 10 };
    assert_eq!(links.collect::<Vec<_>>(), vec![link]);
    let network = lsas("bird-update-network");
    assert_eq!(network[0].key(), key(Kind::Network, "10.0.12.2", "2.2.2.2"));
    let Body::Network { len, routers } = network[0].body() else { panic!("no network-LSA") };
    assert_eq!((len, routers.collect::<Vec<_>>()), (24, vec![ip("2.2.2.2"), ip("1.1.1.1")]));
}

#[test]
fn summaries_and_externals_show_the_routes() {
    let bird = lsas("bird-update");
    assert_eq!(bird[1].key(), key(Kind::Summary, "10.2.0.255", "2.2.2.2"));
    assert!(matches!(bird[1].body(), Body::Summary { len: 24, metric: 10 }));
    let unspecified = Ipv4Addr::UNSPECIFIED;
    let external = |lsa: &Lsa| match lsa.body() {
        Body::External(external) => external,
        other => panic!("{other:?}"),
    };
    let type2 = External { len: 24, type2: true, metric: 10_000, forward: unspecified, tag: 0 };
    assert_eq!(external(&bird[2]), type2);
    let tagged = External { len: 24, type2: false, metric: 20, forward: unspecified, tag: 77 };
    assert_eq!(external(&lsas("frr-update")[2]), tagged);
    let asbr = lsas("frr-update-asbr");
    assert_eq!(asbr[0].key(), key(Kind::AsbrSummary, "3.3.3.3", "1.1.1.1"));
    assert!(matches!(asbr[0].body(), Body::Summary { len: 0, metric: 10 }));
    let nssa = lsas("frr-update-nssa");
    assert_eq!(nssa[1].key(), key(Kind::NssaExternal, "172.16.1.0", "1.1.1.1"));
    assert_eq!(external(&nssa[1]), External { forward: ip("10.1.0.1"), ..tagged });
    assert_eq!(lsas("bird-update-nssa")[1].header.options, options::NP);
}

#[test]
fn grace_lsas_are_understood_and_written_as_their_senders_do() {
    for (name, reason, address) in [("frr-grace", 1, "10.0.12.1"), ("bird-grace", 0, "10.0.12.2")] {
        let lsa = &lsas(name)[0];
        assert_eq!((lsa.key().kind, lsa.key().id.octets()[0]), (Kind::OpaqueLink, grace::OPAQUE_TYPE));
        let grace = Grace::parse(lsa.body_bytes()).unwrap();
        assert_eq!(grace, Grace { period: 120, reason, address: Some(ip(address)) });
        assert_eq!(grace.write(), lsa.body_bytes());
    }
    let short = |end| Grace::parse(&lsas("frr-grace")[0].body_bytes()[..end]);
    assert_eq!(short(16), Ok(Grace { period: 120, reason: 1, address: None }));
    assert_eq!(short(8), Err(WireError::Short("graceful restart reason")));
    assert_eq!(short(18), Err(WireError::Short("grace TLV")));
}

#[test]
fn passwords_and_digests_are_those_of_the_peers() {
    let from = ip("10.0.12.1");
    for name in ["frr-md5", "bird-md5", "bird-md5-dd"] {
        let sealed = open(name).0;
        assert!(matches!(sealed.claim, Claim::Digest { key_id: 5, length: 16, .. }), "{name}");
        assert!(sealed.verify(b"sesame", Algorithm::Md5, from), "{name}");
        assert!(!sealed.verify(b"Sesame", Algorithm::Md5, from), "{name}");
        assert!(!sealed.verify(b"sesame", Algorithm::HmacSha256, from) && !sealed.has_password(b"sesame"));
    }
    for (name, algorithm) in [
        ("bird-sha1", Algorithm::HmacSha1),
        ("bird-sha256", Algorithm::HmacSha256),
        ("bird-sha384", Algorithm::HmacSha384),
        ("bird-sha512", Algorithm::HmacSha512),
    ] {
        let sealed = open(name).0;
        assert!(matches!(sealed.claim, Claim::Digest { key_id: 9, .. }), "{name}");
        assert!(sealed.verify(LONG_KEY, algorithm, from), "{name}");
        let mut bytes = golden(name).to_vec();
        bytes[40] ^= 1;
        assert!(!Sealed::open(&bytes.into()).unwrap().verify(LONG_KEY, algorithm, from), "{name}");
    }
    for name in ["frr-simple", "bird-simple"] {
        let sealed = open(name).0;
        assert_eq!(sealed.claim, Claim::Simple(*b"sesame\0\0"));
        assert!(sealed.has_password(b"sesame") && !sealed.has_password(b"sesam"));
        assert!(!sealed.verify(b"sesame", Algorithm::Md5, from) && !sealed.verify(b"", Algorithm::Md5, from));
    }
}

#[test]
fn a_packet_that_is_not_whole_is_refused_with_the_reason() {
    let hello = golden("frr-hello").to_vec();
    let changed = |at: usize, to: u8| {
        let mut bytes = hello.clone();
        bytes[at] = to;
        Sealed::open(&bytes.into()).map(|_| ())
    };
    assert_eq!(changed(0, 3), Err(WireError::Value("OSPF version")));
    assert_eq!(changed(1, 6), Err(WireError::Value("OSPF type")));
    assert_eq!(changed(3, 23), Err(WireError::Value("OSPF length")));
    assert_eq!(changed(3, 0x31), Err(WireError::Short("OSPF packet")));
    assert_eq!(changed(15, 3), Err(WireError::Value("authentication type")));
    assert_eq!(changed(47, 0), Err(WireError::Checksum("OSPF packet")));
    assert_eq!(changed(20, 1), Ok(()), "the checksum leaves the authentication field out");
    assert_eq!(changed(15, 2), Ok(()), "a digest of no bytes is there; no key has it");
    for end in 0..hello.len() {
        assert!(Sealed::open(&Bytes::copy_from_slice(&hello[..end])).is_err(), "cut to {end}");
    }
    let md5 = golden("frr-md5");
    assert_eq!(Sealed::open(&md5.slice(..md5.len() - 1)), Err(WireError::Short("OSPF digest")));
}

#[test]
fn link_local_signaling_behind_a_packet_is_skipped() {
    for name in ["frr-hello", "frr-md5", "bird-sha256"] {
        let mut bytes = golden(name).to_vec();
        bytes.extend([0xff, 0xf6, 0, 3, 0, 1, 0, 4, 0, 0, 0, 1]);
        assert_eq!(Sealed::open(&bytes.into()), Sealed::open(&golden(name)), "{name}");
    }
}

#[test]
fn one_bad_lsa_does_not_spoil_an_update() {
    let good = Sealed::open(&golden("frr-update")).unwrap().body.to_vec();
    let with = |at: usize, to: u8| {
        let mut body = good.clone();
        body[at] = to;
        match parse(PacketKind::LinkStateUpdate, &body.into()) {
            Ok(Packet::LinkStateUpdate { lsas, bad }) => (lsas.len(), bad),
            other => panic!("{other:?}"),
        }
    };
    let second = packet::UPDATE + 36;
    assert_eq!(with(second + 27, 99), (3, vec![WireError::Checksum("LSA")]));
    assert_eq!(with(second + 18, 99), (1, vec![WireError::Short("LSA")]), "the rest cannot be found");
    assert_eq!(with(second + 19, 19), (1, vec![WireError::Value("LSA length")]));
    assert_eq!(with(3, 3), (3, vec![]), "what is not counted is not read");
    assert_eq!(with(3, 5), (4, vec![WireError::Short("LSA header")]));
    let none = parse(PacketKind::LinkStateUpdate, &Bytes::from_static(&[0, 0, 0]));
    assert_eq!(none, Err(WireError::Short("number of LSAs")));
}

#[test]
fn unknown_ls_types_are_told_in_descriptions_and_left_out_of_acknowledgments() {
    let mut body = Sealed::open(&golden("frr-dd")).unwrap().body.to_vec();
    body[packet::DATABASE_DESCRIPTION + 3] = 6;
    let read = parse(PacketKind::DatabaseDescription, &body.clone().into());
    let Ok(Packet::DatabaseDescription(DatabaseDescription { headers, unknown: true, .. })) = read else {
        panic!("{read:?}")
    };
    assert_eq!(headers.len(), 3);
    let read = parse(PacketKind::LinkStateAck, &body.split_off(packet::DATABASE_DESCRIPTION).into());
    assert!(matches!(read, Ok(Packet::LinkStateAck(headers)) if headers.len() == 3));
    let request = Bytes::from_static(&[0, 0, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1]);
    assert_eq!(parse(PacketKind::LinkStateRequest, &request), Err(WireError::Value("LS type")));
}

#[test]
fn a_part_of_an_entry_at_the_end_is_an_error() {
    for name in ["frr-hello", "frr-dd", "bird-request", "frr-ack"] {
        let sealed = Sealed::open(&golden(name)).unwrap();
        let cut = sealed.body.slice(..sealed.body.len() - 1);
        assert!(matches!(parse(sealed.header.kind, &cut), Err(WireError::Short(_))), "{name}");
    }
}

#[test]
fn changed_packets_never_panic_and_what_is_read_is_written_so_that_it_reads_the_same() {
    let mut rng = proto::Rng::new(5);
    let below = |rng: &mut proto::Rng, n: usize| usize::try_from(rng.below(n as u64)).unwrap();
    let mut files: Vec<_> = std::fs::read_dir(folder()).unwrap().map(|f| f.unwrap().path()).collect();
    files.sort();
    for path in files {
        let whole = unhex(&std::fs::read_to_string(&path).unwrap());
        let opened = Sealed::open(&whole).unwrap();
        for _ in 0..2_000 {
            let mut body = opened.body.to_vec();
            for _ in 0..=rng.below(4) {
                let at = below(&mut rng, body.len());
                body[at] = rng.bits().to_le_bytes()[0];
            }
            body.truncate(below(&mut rng, body.len() * 2));
            let _ = Sealed::open(&Bytes::from(body.clone()));
            let _ = Grace::parse(&body);
            let Ok(read) = parse(opened.header.kind, &body.into()) else { continue };
            let again = parse(read.kind(), &write(&read)).unwrap();
            match (&read, &again) {
                // What was left out is not written.
                (Packet::LinkStateUpdate { lsas: a, .. }, Packet::LinkStateUpdate { lsas: b, bad }) => {
                    assert!(a == b && bad.is_empty(), "{}", path.display());
                }
                (Packet::DatabaseDescription(a), Packet::DatabaseDescription(b)) => {
                    assert_eq!(DatabaseDescription { unknown: false, ..a.clone() }, *b);
                }
                _ => assert_eq!(read, again, "{}", path.display()),
            }
        }
    }
}
