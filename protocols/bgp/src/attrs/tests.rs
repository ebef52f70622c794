use super::arbitrary::attributes;
use super::*;
use core::net::{IpAddr, Ipv4Addr};
use policy::bgp::{AsPath, Attributes, Community, Origin, Segment, SegmentKind, Unknown};
use proptest::prelude::*;

fn bytes(all: &Attributes) -> Vec<u8> {
    let mut out = Vec::new();
    encode(all, &mut out);
    out
}

fn sequence(asns: &[u32]) -> AsPath {
    AsPath { segments: vec![Segment { kind: SegmentKind::Sequence, asns: asns.to_vec() }] }
}

fn with_path(asns: &[u32]) -> Attributes {
    Attributes { as_path: sequence(asns), ..Attributes::default() }
}

proptest! {
    #[test]
    fn what_is_encoded_decodes_the_same(all in attributes()) {
        let once = bytes(&all);
        let back = decode(&once);
        prop_assert_eq!(&back, &all);
        prop_assert_eq!(bytes(&back), once);
    }

    #[test]
    fn an_entry_answers_as_the_decoded_set_would(all in attributes()) {
        let mut store = Store::new(7);
        let id = store.intern_attributes(&all, Local { weight: 5, tag: 6, distance: 7 });
        let entry = store.get(id);
        prop_assert_eq!(entry.origin(), all.origin);
        prop_assert_eq!(u32::from(entry.path_length()), all.as_path.length(false));
        prop_assert_eq!(u32::from(entry.path_length_confed()), all.as_path.length(true));
        prop_assert_eq!(entry.neighbor_as(), all.as_path.neighbor());
        prop_assert_eq!(entry.as_path().origin(), all.as_path.origin());
        prop_assert_eq!(entry.as_path().to_path(), all.as_path.clone());
        prop_assert!(entry.as_path().asns().eq(all.as_path.asns()));
        prop_assert_eq!(entry.med(), all.med);
        prop_assert_eq!(entry.local_pref(), all.local_pref);
        prop_assert_eq!(entry.next_hops(), (all.next_hop, all.link_local));
        prop_assert_eq!(entry.originator(), all.originator_id);
        prop_assert!(entry.cluster_list().eq(all.cluster_list.iter().copied()));
        prop_assert_eq!(usize::from(entry.cluster_len()), all.cluster_list.len());
        prop_assert!(entry.communities().eq(all.communities.iter().copied()));
        prop_assert_eq!(entry.only_to_customer(), all.only_to_customer);
        prop_assert_eq!(entry.flags().any(Flags::ATOMIC_AGGREGATE), all.atomic_aggregate);
        prop_assert_eq!(entry.local(), Local { weight: 5, tag: 6, distance: 7 });
        prop_assert_eq!(store.decode(id), all);
    }

    #[test]
    fn any_bytes_are_stored_and_decoded_without_harm(raw in prop::collection::vec(any::<u8>(), 0..200)) {
        let mut store = Store::default();
        let id = store.intern(&raw, Local::default());
        let _ = (store.decode(id), store.get(id).next_hops(), store.get(id).as_path().to_path());
        prop_assert_eq!(store.get(id).bytes(), raw.as_slice());
    }

    /// Against a plain list: which sets are held how often.
    #[test]
    fn a_store_holds_what_is_held_and_nothing_else(steps in prop::collection::vec((0..40_u32, any::<bool>()), 0..400)) {
        let mut store = Store::new(1);
        let mut held: Vec<(u32, AttrId)> = Vec::new();
        for (asn, take) in steps {
            match held.iter().position(|(a, _)| *a == asn) {
                Some(at) if !take => {
                    let (_, id) = held.swap_remove(at);
                    store.release(id);
                }
                known => {
                    let id = store.intern_attributes(&with_path(&[asn + 1]), Local::default());
                    if let Some(at) = known {
                        prop_assert_eq!(held[at].1, id);
                    }
                    held.push((asn, id));
                }
            }
            let distinct: std::collections::BTreeSet<u32> = held.iter().map(|(a, _)| *a).collect();
            prop_assert_eq!(store.len(), distinct.len());
            for (asn, id) in &held {
                prop_assert_eq!(store.get(*id).neighbor_as(), Some(asn + 1));
            }
        }
    }
}

#[test]
fn equal_sets_have_one_id_and_another_local_part_makes_another() {
    let mut store = Store::new(1);
    let a = store.intern_attributes(&with_path(&[1, 2]), Local::default());
    let b = store.intern_attributes(&with_path(&[1, 2]), Local::default());
    let c = store.intern_attributes(&with_path(&[1, 2]), Local { weight: 1, ..Local::default() });
    assert_eq!(a, b);
    assert_ne!(a, c);
    assert_eq!(store.intern_local(a, Local { weight: 1, ..Local::default() }), c);
    assert_eq!(store.get(a).references(), 2);
    assert_eq!(store.get(c).references(), 2);
    assert_eq!(store.len(), 2);
}

#[test]
fn the_last_release_ends_a_set_and_its_memory_comes_back() {
    let mut store = Store::new(1);
    let empty = store.bytes();
    let ids: Vec<AttrId> =
        (1..=20_000).map(|asn| store.intern_attributes(&with_path(&[asn]), Local::default())).collect();
    assert_eq!(store.len(), 20_000);
    assert!(store.bytes() > 20_000 * 70);
    for id in &ids {
        store.hold(*id);
        store.release(*id);
    }
    assert_eq!(store.len(), 20_000, "still held once");
    for id in ids {
        store.release(id);
    }
    assert_eq!(store.len(), 0);
    assert!(store.bytes() < empty + 64 * 1024, "{} bytes for nothing", store.bytes());
    store.release(AttrId::NONE);
}

#[test]
fn the_seed_changes_no_result() {
    let ids = |seed| {
        let mut store = Store::new(seed);
        (1..500)
            .map(|n| store.intern_attributes(&with_path(&[n % 100 + 1]), Local::default()))
            .collect::<Vec<_>>()
    };
    assert_eq!(ids(1), ids(0xdead_beef));
}

#[test]
fn communities_are_sorted_and_said_once() {
    let twice =
        Attributes { communities: vec![Community(3), Community(1), Community(3)], ..Attributes::default() };
    assert_eq!(decode(&bytes(&twice)).communities, [Community(1), Community(3)]);
}

#[test]
fn a_long_segment_is_split() {
    let long = with_path(&(1..=300).collect::<Vec<u32>>());
    let back = decode(&bytes(&long));
    let lengths: Vec<usize> = back.as_path.segments.iter().map(|s| s.asns.len()).collect();
    assert_eq!(lengths, [255, 45]);
    assert!(back.as_path.asns().eq(1..=300));
}

#[test]
fn an_unknown_attribute_cannot_pose_as_a_known_one() {
    let fake = Unknown { flags: 0xc0, code: 4, value: vec![0, 0, 0, 9].into() };
    let all = Attributes { unknown: vec![fake], ..Attributes::default() };
    assert_eq!(decode(&bytes(&all)).med, None);
}

#[test]
fn the_least_set_is_origin_path_and_next_hop() {
    let least = Attributes {
        origin: Origin::Igp,
        next_hop: IpAddr::V4(Ipv4Addr::new(192, 0, 2, 1)),
        ..Attributes::default()
    };
    assert_eq!(bytes(&least), [0x40, 1, 1, 0, 0x40, 2, 0, 0x40, 3, 4, 192, 0, 2, 1]);
}

#[test]
fn communities_that_keep_a_route_back_are_seen_at_a_glance() {
    for (community, flag) in [
        (Community::NO_EXPORT, Flags::NO_EXPORT),
        (Community::NO_ADVERTISE, Flags::NO_ADVERTISE),
        (Community::NO_EXPORT_SUBCONFED, Flags::NO_EXPORT_SUBCONFED),
    ] {
        let mut store = Store::default();
        let all = Attributes { communities: vec![Community(7), community], ..Attributes::default() };
        let id = store.intern_attributes(&all, Local::default());
        assert!(store.get(id).flags().any(flag) && store.get(id).flags().any(Flags::KEPT));
    }
}
