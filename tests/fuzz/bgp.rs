//! Bytes into the decoders of BGP, seeded with the messages captured from FRR and BIRD: whole messages, bodies of each
//! type, and attribute sets as the store takes them.

use crate::Budget;
use ::bgp::Family;
use ::bgp::attrs::{AttrId, Local, Store, decode, encode};
use ::bgp::settings::PeerKind;
use ::bgp::wire::frame::MAX;
use ::bgp::wire::{
    Codec, Context, HEADER, Kind, Notification, Open, RouteRefresh, Routes, Writer, frame, update,
};
use bytes::BytesMut;
use std::path::Path;
use tests::mutate::Mutator;

const KINDS: [PeerKind; 3] = [PeerKind::External, PeerKind::Internal, PeerKind::Confederation];

/// The captured messages, in the order of their names.
pub fn captured() -> Vec<Vec<u8>> {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("../protocols/bgp/tests/golden");
    let mut files: Vec<_> =
        folder.read_dir().expect("golden messages").map(|f| f.expect("a file").path()).collect();
    files.sort();
    files.iter().map(|f| unhex(&std::fs::read_to_string(f).expect("readable"))).collect()
}

fn unhex(text: &str) -> Vec<u8> {
    let digits: String = text.lines().filter(|l| !l.starts_with('#')).collect();
    let digits: Vec<u32> = digits.chars().filter_map(|c| c.to_digit(16)).collect();
    digits.chunks_exact(2).map(|d| u8::try_from(d[0] * 16 + d[1]).expect("two digits")).collect()
}

/// Whole messages and bodies.
fn corpus() -> Vec<Vec<u8>> {
    let whole = captured();
    assert!(whole.len() > 30, "messages were captured");
    let bodies: Vec<Vec<u8>> = whole.iter().map(|m| m[HEADER..].to_vec()).collect();
    [whole, bodies].concat()
}

/// A session of any kind.
fn context(mutator: &mut Mutator) -> Context {
    let mut coin = || mutator.pick(4) == 0;
    let codec = Codec {
        as4: !coin(),
        extended_message: coin(),
        add_path_rx: [coin(), coin()],
        add_path_tx: [false; 2],
        extended_nexthop: coin(),
    };
    let families = [!coin(), !coin()];
    Context { codec, kind: KINDS[mutator.pick(3)], families, first_as: None }
}

/// What ends a session can be sent, and is read as it was written.
fn sendable(notification: &Notification) {
    let bytes = notification.encode();
    assert_eq!(frame(&bytes, MAX), Ok(Some((Kind::Notification, bytes.len()))));
    let read = Notification::parse(&bytes[HEADER..]);
    assert!(notification.data.starts_with(&read.data), "no more is read than was written");
    assert!(!read.to_string().is_empty());
    assert!(read.message().is_none_or(|words| !words.contains('\u{1b}')));
}

/// What was read is canonical, and reads the same after it is written.
fn again(routes: &Routes<'_>, context: &Context) {
    let mut encoded = Vec::new();
    encode(&decode(routes.attributes), &mut encoded);
    assert_eq!(encoded, routes.attributes, "canonical bytes");
    let codec = Codec {
        as4: true,
        add_path_rx: [true; 2],
        add_path_tx: [true; 2],
        extended_message: true,
        extended_nexthop: true,
    };
    let mut out = BytesMut::new();
    let family = routes.nlri.family();
    let written = Writer::new(codec, family).announce(&mut out, routes.attributes, routes.nlri);
    let Ok(1) = written else { return };
    let context = Context { codec, families: [true; 2], ..context.clone() };
    let mut scratch = Vec::new();
    let update = update::parse(&out[HEADER..], &context, &mut scratch).expect("what we write is valid");
    let read = update.announcements().next().expect("it announces");
    assert_eq!(read.attributes, routes.attributes);
    assert!(read.nlri.iter().eq(routes.nlri.iter()));
}

/// A body as an UPDATE on some session.
fn as_update(body: &[u8], context: &Context, scratch: &mut Vec<u8>) {
    match update::parse(body, context, scratch) {
        Err(notification) => sendable(&notification),
        Ok(update) => {
            let prefixes: usize = update.announcements().map(|r| r.nlri.count()).sum();
            assert!(prefixes + update.withdrawals().count() <= body.len(), "no more is said than was sent");
            if update.treat_as_withdraw.is_some() {
                assert_eq!(update.announcements().count(), 0);
            }
            for routes in update.announcements() {
                again(&routes, context);
            }
        }
    }
}

/// A body as everything else.
fn as_others(body: &[u8]) {
    match Open::parse(body) {
        Err(notification) => sendable(&notification),
        Ok(open) => {
            let bytes = open.encode();
            if bytes.len() <= MAX {
                assert_eq!(Open::parse(&bytes[HEADER..]).as_ref(), Ok(&open));
            }
        }
    }
    sendable(&Notification::parse(body));
    for enhanced in [false, true] {
        match RouteRefresh::parse(body, enhanced) {
            Err(notification) => sendable(&notification),
            Ok(refresh) if refresh.kind.is_some() => {
                assert_eq!(RouteRefresh::parse(&refresh.encode()[HEADER..], true), Ok(refresh));
            }
            Ok(_) => {}
        }
    }
}

/// Mutated messages and bodies.
pub fn messages(budget: &Budget) {
    let mut mutator = Mutator::new(budget.seed, corpus());
    let mut scratch = Vec::new();
    budget.spend("bgp messages", |_| {
        let input = mutator.make();
        let context = context(&mut mutator);
        match frame(&input, context.codec.max_message()) {
            Err(notification) => sendable(&notification),
            Ok(None) => {}
            Ok(Some((kind, whole))) => {
                let body = &input[HEADER..whole];
                match kind {
                    Kind::Update => as_update(body, &context, &mut scratch),
                    _ => as_others(body),
                }
            }
        }
        as_update(&input, &context, &mut scratch);
        as_others(&input);
    });
}

/// The attributes of the captured UPDATEs, as received and canonical.
fn attribute_sets() -> Vec<Vec<u8>> {
    let mut all = Vec::new();
    for message in captured().iter().filter(|m| m[18] == Kind::Update as u8) {
        let body = &message[HEADER..];
        let withdrawn = usize::from(u16::from_be_bytes([body[0], body[1]]));
        let received = &body[withdrawn + 4..];
        let mut canonical = Vec::new();
        encode(&decode(received), &mut canonical);
        all.extend([received.to_vec(), canonical]);
    }
    all
}

/// What a store says of a set is what its bytes say.
fn stored(store: &mut Store, bytes: &[u8]) -> AttrId {
    let id = store.intern(bytes, Local::default());
    let (entry, all) = (store.get(id), store.decode(id));
    assert_eq!((entry.origin(), entry.med(), entry.local_pref()), (all.origin, all.med, all.local_pref));
    assert_eq!(entry.next_hops(), (all.next_hop, all.link_local));
    assert_eq!(entry.as_path().to_path(), all.as_path);
    // AS 0 is nobody; no UPDATE with it is taken.
    assert_eq!(entry.neighbor_as(), all.as_path.neighbor().filter(|asn| *asn != 0));
    assert_eq!(u32::from(entry.path_length()), all.as_path.length(false).min(65_535));
    assert!(entry.communities().eq(all.communities.iter().copied()));
    id
}

/// Mutated attribute sets.
pub fn attributes(budget: &Budget) {
    let mut mutator = Mutator::new(budget.seed, attribute_sets());
    let mut store = Store::new(budget.seed);
    let mut held = Vec::new();
    budget.spend("bgp attributes", |_| {
        let input = mutator.make();
        let (mut once, mut twice) = (Vec::new(), Vec::new());
        encode(&decode(&input), &mut once);
        encode(&decode(&once), &mut twice);
        assert_eq!(once, twice, "canonical bytes are written as they are read");
        held.push(stored(&mut store, &once));
        assert_eq!(held.last().copied(), Some(store.intern_attributes(&decode(&once), Local::default())));
        held.extend(held.last().copied());
        let mut message = BytesMut::new();
        for family in Family::ALL {
            for as4 in [false, true] {
                let codec = Codec {
                    as4,
                    extended_message: true,
                    add_path_rx: [false; 2],
                    add_path_tx: [false; 2],
                    extended_nexthop: true,
                };
                let route = match family {
                    Family::Ipv4 => fib::Prefix::DEFAULT_V4,
                    Family::Ipv6 => fib::Prefix::DEFAULT_V6,
                };
                let _ = Writer::new(codec, family).announce(&mut message, &once, [(0, route)]);
            }
        }
        if held.len() > 400 {
            held.drain(..).for_each(|id| store.release(id));
            assert!(store.is_empty(), "what is released is gone");
        }
    });
}
