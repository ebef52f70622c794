//! Comparing, structure and hostile bytes. Captured LSAs are in `tests/golden.rs`.

use super::*;
use proto::Rng;

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

fn key(kind: Kind) -> LsaKey {
    LsaKey { kind, id: Ipv4Addr::new(10, 0, 0, 1), router: Ipv4Addr::new(1, 1, 1, 1) }
}

fn built(kind: Kind, body: &[u8]) -> Result<Lsa, WireError> {
    wire(&Lsa::build(key(kind), 2, INITIAL_SEQUENCE, body))
}

/// Written and read again.
fn wire(lsa: &Lsa) -> Result<Lsa, WireError> {
    let mut w = Writer::default();
    lsa.write(&mut w, lsa.header.age);
    Lsa::parse(&w.finish())
}

fn number(rng: &mut Rng, below: u64) -> usize {
    usize::try_from(rng.below(below)).unwrap()
}

fn address(rng: &mut Rng) -> Ipv4Addr {
    Ipv4Addr::from_bits(rng.bits() as u32)
}

fn any_body(rng: &mut Rng, kind: Kind) -> Bytes {
    let len = rng.below(33) as u8;
    let metric = rng.bits() as u32 & 0xff_ffff;
    let count = number(rng, 20);
    let link_kinds = [LinkKind::PointToPoint, LinkKind::Transit, LinkKind::Stub, LinkKind::Virtual];
    match kind {
        Kind::Router => {
            let mut link = || Link {
                kind: link_kinds[number(rng, 4)],
                id: address(rng),
                data: address(rng),
                metric: rng.bits() as u16,
            };
            let links: Vec<Link> = (0..count).map(|_| link()).collect();
            let body = router_body(flags::B, &links);
            let Ok(Body::Router { flags: flags::B, links: read }) = body::read(kind, &body) else {
                panic!("{body:?}")
            };
            assert_eq!(read.collect::<Vec<_>>(), links);
            body
        }
        Kind::Network => network_body(len, &(0..=count).map(|_| address(rng)).collect::<Vec<_>>()),
        Kind::Summary => summary_body(len, metric),
        Kind::AsbrSummary => summary_body(0, metric),
        Kind::External | Kind::NssaExternal => {
            let (forward, tag) = (address(rng), rng.bits() as u32);
            external_body(&External { len, type2: rng.chance(0.5), metric, forward, tag })
        }
        Kind::OpaqueLink | Kind::OpaqueArea | Kind::OpaqueAs => {
            (0..count).map(|_| rng.bits() as u8).collect()
        }
    }
}

#[test]
fn what_is_built_is_read_back() {
    let mut rng = Rng::new(11);
    for round in 0..2_000 {
        let kind = KINDS[number(&mut rng, 9)];
        let key = LsaKey { kind, id: address(&mut rng), router: address(&mut rng) };
        let body = any_body(&mut rng, kind);
        let lsa =
            Lsa::build(key, rng.bits() as u8, rng.bits() as i32, &body).with_age(rng.below(3601) as u16);
        assert_eq!(wire(&lsa).as_ref(), Ok(&lsa), "round {round}");
        assert_eq!((lsa.body_bytes(), lsa.compact()), (&body[..], lsa.clone()));
    }
}

#[test]
fn changed_bytes_never_panic_and_what_is_accepted_is_what_was_sent() {
    let mut rng = Rng::new(12);
    let mut accepted = 0;
    for _ in 0..20_000 {
        let kind = KINDS[number(&mut rng, 9)];
        let mut body = any_body(&mut rng, kind).to_vec();
        for _ in 0..rng.below(3) {
            if !body.is_empty() {
                let at = number(&mut rng, body.len() as u64);
                body[at] = rng.bits() as u8;
            }
        }
        body.truncate(number(&mut rng, body.len() as u64 + 40));
        // The checksum is right whatever the body: the structure has to be looked at.
        let lsa = Lsa::build(key(kind), 2, 1, &body);
        match lsa.body() {
            Body::Router { links, .. } => drop(links.count()),
            Body::Network { routers, .. } => drop(routers.count()),
            _ => {}
        }
        if let Ok(read) = wire(&lsa) {
            accepted += 1;
            assert_eq!(read, lsa);
        }
        let mut w = Writer::default();
        lsa.write(&mut w, 0);
        let mut bytes = w.finish().to_vec();
        let at = number(&mut rng, bytes.len() as u64);
        bytes[at] ^= 1 << rng.below(8);
        bytes.truncate(number(&mut rng, bytes.len() as u64 + 20));
        let _ = Lsa::parse(&bytes.into());
    }
    assert!((5_000..19_000).contains(&accepted), "{accepted} of 20000 were accepted");
}

#[test]
fn a_body_of_the_wrong_form_is_refused() {
    let value = |what| Err(WireError::Value(what));
    let refusal = |kind, body: &[u8]| built(kind, body).map(|_| ());
    assert_eq!(refusal(Kind::Router, &[0, 0, 0, 1]), Err(WireError::Short("link ID")));
    assert_eq!(refusal(Kind::Network, &[255, 255, 255, 0]), Err(WireError::Short("attached router")));
    assert_eq!(refusal(Kind::Network, &[255, 255, 255, 0, 1, 1, 1, 1, 1]), value("LSA length"));
    assert_eq!(refusal(Kind::Network, &[255, 0, 255, 0, 1, 1, 1, 1]), value("network mask"));
    assert_eq!(refusal(Kind::Summary, &[255, 255, 255, 1, 0, 0, 0, 1]), value("network mask"));
    assert_eq!(refusal(Kind::Summary, &[255, 255, 255, 0, 0, 0, 0]), Err(WireError::Short("metric")));
    assert_eq!(refusal(Kind::AsbrSummary, &[1, 2, 3, 4, 0, 0, 0, 1]), Ok(()), "its mask means nothing");
    assert_eq!(refusal(Kind::External, &[0; 12]), Err(WireError::Short("route tag")));
    assert_eq!(refusal(Kind::NssaExternal, &[0; 20]), value("LSA length"));
    assert_eq!(refusal(Kind::OpaqueArea, &[1, 2, 3]), Ok(()));
}

#[test]
fn tos_metrics_are_skipped_and_links_of_unknown_type_left_out() {
    let mut body = vec![0, 0, 0, 3];
    for (kind, tos) in [(1, 2), (9, 1), (3, 0)] {
        body.extend([10, 0, 0, kind, 255, 255, 255, 0, kind, tos, 0, 7]);
        body.extend(std::iter::repeat_n(0xaa, usize::from(tos) * 4));
    }
    let lsa = built(Kind::Router, &body).unwrap();
    let Body::Router { links, .. } = lsa.body() else { panic!("{lsa:?}") };
    let kinds: Vec<(LinkKind, u16)> = links.map(|l| (l.kind, l.metric)).collect();
    assert_eq!(kinds, [(LinkKind::PointToPoint, 7), (LinkKind::Stub, 7)]);
    let with_tos: Vec<u8> = summary_body(24, 5).iter().copied().chain([8, 0, 0, 9]).collect();
    let lsa = built(Kind::Summary, &with_tos).unwrap();
    assert!(matches!(lsa.body(), Body::Summary { len: 24, metric: 5 }));
    assert_eq!(built(Kind::External, &[0; 28]).map(|l| l.wire_len()), Ok(48));
}

#[test]
fn the_age_is_read_without_do_not_age_and_never_above_max_age() {
    let lsa = Lsa::build(key(Kind::Summary), 2, 1, &summary_body(8, 1));
    let age = |sent| {
        let mut w = Writer::default();
        lsa.write(&mut w, sent);
        Lsa::parse(&w.finish()).map(|l| l.header.age)
    };
    assert_eq!([0, 3600, 3601, 0x7fff, 0x8000, 0x8005].map(age), [0, 3600, 3600, 3600, 0, 5].map(Ok));
    assert_eq!(lsa.with_age(9999).header.age, MAX_AGE);
}

#[test]
fn the_more_recent_instance_has_the_higher_sequence_then_checksum_then_max_age_then_is_much_younger() {
    let base =
        LsaHeader { age: 100, options: 2, key: key(Kind::Router), sequence: 5, checksum: 0x8000, length: 24 };
    let newer = |new: LsaHeader, old: LsaHeader| {
        assert_eq!(new.compare(&old), Ordering::Greater, "{new:?} {old:?}");
        assert_eq!(old.compare(&new), Ordering::Less, "{old:?} {new:?}");
    };
    newer(base, LsaHeader { sequence: INITIAL_SEQUENCE, checksum: 0xffff, age: MAX_AGE, ..base });
    newer(base, LsaHeader { checksum: 0x7fff, age: MAX_AGE, ..base });
    newer(LsaHeader { age: MAX_AGE, ..base }, LsaHeader { age: 3599, ..base });
    newer(base, LsaHeader { age: 100 + MAX_AGE_DIFF + 1, ..base });
    let same = LsaHeader { age: 100 + MAX_AGE_DIFF, options: 0, ..base };
    assert_eq!((base.compare(&same), base.compare(&base)), (Ordering::Equal, Ordering::Equal));
    let flushed = LsaHeader { age: MAX_AGE, ..base };
    assert_eq!(flushed.compare(&flushed), Ordering::Equal);
}

#[test]
fn a_refresh_has_the_same_content_and_a_change_has_not() {
    let lsa = |options, sequence, metric| {
        Lsa::build(key(Kind::Summary), options, sequence, &summary_body(8, metric))
    };
    let old = lsa(2, 1, 10);
    assert!(old.same_content(&lsa(2, 2, 10).with_age(1000)));
    assert!(!old.same_content(&lsa(0, 1, 10)) && !old.same_content(&lsa(2, 1, 11)));
    assert!(!old.same_content(&lsa(2, 1, 10).with_age(MAX_AGE)));
    let longer = Lsa::build(key(Kind::Summary), 2, 1, &[&summary_body(8, 10)[..], &[0; 4]].concat());
    assert!(!old.same_content(&longer));
}

#[test]
fn an_lsa_is_found_by_its_length_and_shares_the_bytes_of_the_packet() {
    let mut w = Writer::default();
    let (a, b) = (built(Kind::OpaqueAs, &[7; 5]).unwrap(), built(Kind::Summary, &[0; 8]).unwrap());
    a.write(&mut w, 0);
    b.write(&mut w, 0);
    let packet = w.finish();
    let first = Lsa::parse(&packet).unwrap();
    assert_eq!((&first, Lsa::parse(&packet.slice(first.wire_len()..))), (&a, Ok(b)));
    assert_eq!(first.body_bytes().as_ptr(), packet[HEADER..].as_ptr());
    assert_ne!(first.compact().body_bytes().as_ptr(), packet[HEADER..].as_ptr());
}

#[test]
fn a_body_too_long_for_the_length_field_is_cut() {
    let lsa = built(Kind::OpaqueAs, &vec![1; 70_000]).unwrap();
    assert_eq!((lsa.header.length, lsa.body_bytes().len()), (u16::MAX, MAX_BODY));
}
