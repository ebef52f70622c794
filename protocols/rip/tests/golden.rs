//! Packets captured from FRR 8.4.4 ripd and BIRD 2.0.12 on a veth: read, verified with the known key, and written
//! again byte for byte. FRR announced static routes 10.20.0.0/16 (tag 77), 172.16.1.0/24 and 192.168.5.0/24 at metric 3;
//! BIRD the default, 172.16.1.0/24, 10.20.0.0/16 and its own 10.0.12.0/24.
#![allow(clippy::unwrap_used, clippy::panic, reason = "a test's own mistakes should stop it")]

mod support;

use bytes::Bytes;
use policy::config::Algorithm;
use rip::wire::{self, Auth, Command, Rte, Signer, Version, decode, encode};
use support::{ip, rte};

fn bytes(hex: &str) -> Bytes {
    let digits: Vec<u8> = hex.bytes().filter(u8::is_ascii_hexdigit).collect();
    digits.chunks(2).map(|d| u8::from_str_radix(std::str::from_utf8(d).unwrap(), 16).unwrap()).collect()
}

/// ```text
///   command 1   version 2   must be zero
///   family 0    tag 0       address, mask, next hop 0      metric 16: the whole table
/// ```
const REQUEST: &str = "01020000 00000000 00000000 00000000 00000000 00000010";

const FRR_V2: &str = "02020000
    0002004d 0a140000 ffff0000 00000000 00000003
    00020000 ac100100 ffffff00 00000000 00000003
    00020000 c0a80500 ffffff00 00000000 00000003";

/// Only the classful network of the three; sent to 10.0.12.255.
const FRR_V1: &str = "02010000 00020000 c0a80500 00000000 00000000 00000003";

/// ```text
///   family FFFF  type 2      "sesame" and zeros
/// ```
const FRR_TEXT: &str = "02020000 ffff0002 73657361 6d650000 00000000 00000000
    0002004d 0a140000 ffff0000 00000000 00000003
    00020000 ac100100 ffffff00 00000000 00000003
    00020000 c0a80500 ffffff00 00000000 00000003";

/// ```text
///   family FFFF  type 3      length 84   key 3   data 20    sequence 1   zero
///   ... entries ...
///   FFFF 0001    digest
/// ```
const FRR_MD5: &str = "02020000 ffff0003 00540314 00000001 00000000 00000000
    0002004d 0a140000 ffff0000 00000000 00000003
    00020000 ac100100 ffffff00 00000000 00000003
    00020000 c0a80500 ffffff00 00000000 00000003
    ffff0001 93e90899c89a014ef07c629031fb8156";

/// The same with `auth-length rfc`: data 16.
const FRR_MD5_RFC: &str = "02020000 ffff0003 00540310 00000001 00000000 00000000
    0002004d 0a140000 ffff0000 00000000 00000003
    00020000 ac100100 ffffff00 00000000 00000003
    00020000 c0a80500 ffffff00 00000000 00000003
    ffff0001 de3f2be9ffc0b39bcd4b178ded299454";

const BIRD_ENTRIES: &str = "00020000 00000000 00000000 00000000 00000001
    00020000 ac100100 ffffff00 00000000 00000001
    00020000 0a140000 ffff0000 00000000 00000001
    00020000 0a000c00 ffffff00 00000000 00000001";

/// Algorithm, key, head of the authentication from its length field on, digest.
const BIRD_SIGNED: [(Algorithm, &str, &str, &str); 6] = [
    (Algorithm::Md5, "open sesame", "00680514 6b003dc6", "6f5378cd2eb99aca5edaa823ba1445f3"),
    (Algorithm::HmacSha1, "open sesame", "00680914 6b003dc4", "7adbf71f6ea406171219c9f9909842fd210da50a"),
    (
        Algorithm::HmacSha256,
        "open sesame",
        "00680920 6b003dc5",
        "085877a267f2312efb258131b5d6c72dedc1f1658377bffdb5e3cfb31049f2d8",
    ),
    (
        Algorithm::HmacSha384,
        "open sesame",
        "00680930 6b003dc6",
        "f7ed837b863e48a43230f199f6d490262253a2d447ac0728ebf867e6b89dce832b41c4b1913571c209e4d546ec7f9c91",
    ),
    (
        Algorithm::HmacSha512,
        "open sesame",
        "00680940 6b003dc4",
        "f09a8aa9696363ef4267c1d69acfa29424a5620a82e4186cd53046e5a1ae2f74\
         f38002a3b77e121f695491e90646c1d4fbda5320bca246a0bd65b99fd325526d",
    ),
    // Longer than the digest, shorter than the block: used as it is (RFC 2104), not hashed first (RFC 4822).
    (
        Algorithm::HmacSha1,
        "this key is longer than sha1 but not than its block",
        "00680914 6b003dc5",
        "3a6753b98cee638dc2610b64e156301f0b11fa95",
    ),
];

fn frr_entries() -> Vec<Rte> {
    let tagged = Rte { tag: 77, ..rte("10.20.0.0/16", 3) };
    vec![tagged, rte("172.16.1.0/24", 3), rte("192.168.5.0/24", 3)]
}

fn bird_entries() -> Vec<Rte> {
    ["0.0.0.0/0", "172.16.1.0/24", "10.20.0.0/16", "10.0.12.0/24"].iter().map(|p| rte(p, 1)).collect()
}

#[test]
fn a_request_for_the_whole_table_is_the_same_from_frr_bird_and_us() {
    let packet = decode(&bytes(REQUEST)).unwrap();
    assert_eq!(
        (packet.command, packet.version, packet.asks_for_all()),
        (Command::Request, Version::V2, true)
    );
    assert_eq!(encode(Command::Request, Version::V2, &Signer::None, &[Rte::WHOLE_TABLE]), bytes(REQUEST));
}

#[test]
fn plain_responses_are_read_and_written_alike() {
    let packet = decode(&bytes(FRR_V2)).unwrap();
    assert_eq!((packet.command, packet.auth), (Command::Response, None));
    assert_eq!(packet.entries, frr_entries());
    assert_eq!(encode(Command::Response, Version::V2, &Signer::None, &frr_entries()), bytes(FRR_V2));
    let bird = decode(&bytes(&format!("02020000 {BIRD_ENTRIES}"))).unwrap();
    assert_eq!(bird.entries, bird_entries());
}

#[test]
fn version_1_has_neither_masks_nor_tags() {
    let packet = decode(&bytes(FRR_V1)).unwrap();
    assert_eq!((packet.version, packet.entries[0].address), (Version::V1, ip("192.168.5.0")));
    let full = Rte { tag: 9, next_hop: ip("10.0.12.9"), ..rte("192.168.5.0/24", 3) };
    assert_eq!(encode(Command::Response, Version::V1, &Signer::None, &[full]), bytes(FRR_V1));
}

#[test]
fn a_password_is_read_and_written_alike() {
    let packet = decode(&bytes(FRR_TEXT)).unwrap();
    let password = policy::auth::padded(b"sesame");
    assert_eq!((packet.auth, packet.entries), (Some(Auth::Text(password)), frr_entries()));
    let ours = encode(Command::Response, Version::V2, &Signer::Text(password), &frr_entries());
    assert_eq!(ours, bytes(FRR_TEXT));
}

/// Checks a signed packet with its key, and with a wrong one.
fn verify(packet: &[u8], algorithm: Algorithm, key: &str) -> (u8, u32, Vec<Rte>) {
    let read = decode(packet).unwrap();
    let Some(Auth::Digest { key_id, sequence, covered, digest }) = read.auth else { panic!("signed") };
    let signed = &packet[..covered + wire::TRAILER];
    assert_eq!(wire::digest(algorithm, key.as_bytes(), signed), digest, "{algorithm:?}");
    assert_ne!(wire::digest(algorithm, b"wrong", signed), digest);
    (key_id, sequence, read.entries)
}

#[test]
fn keyed_md5_of_frr_is_genuine_with_either_length_and_written_as_frr_does() {
    for hex in [FRR_MD5, FRR_MD5_RFC] {
        assert_eq!(verify(&bytes(hex), Algorithm::Md5, "opensesame"), (3, 1, frr_entries()));
    }
    let signer = Signer::Digest { key: b"opensesame", key_id: 3, algorithm: Algorithm::Md5, sequence: 1 };
    assert_eq!(encode(Command::Response, Version::V2, &signer, &frr_entries()), bytes(FRR_MD5));
}

#[test]
fn every_digest_of_bird_is_genuine_and_written_as_bird_does() {
    for (algorithm, key, head, digest) in BIRD_SIGNED {
        let packet =
            bytes(&format!("02020000 ffff0003 {head} 00000000 00000000 {BIRD_ENTRIES} ffff0001 {digest}"));
        let (key_id, sequence, entries) = verify(&packet, algorithm, key);
        assert_eq!(entries, bird_entries());
        let signer = Signer::Digest { key: key.as_bytes(), key_id, algorithm, sequence };
        assert_eq!(encode(Command::Response, Version::V2, &signer, &entries), packet, "{algorithm:?}");
    }
}

#[test]
fn as_many_entries_fit_as_the_512_bytes_hold() {
    let digest = |algorithm| Signer::Digest { key: b"k", key_id: 1, algorithm, sequence: 1 };
    assert_eq!(Signer::None.room(1472), 25);
    assert_eq!(Signer::Text([0; 16]).room(1472), 24);
    assert_eq!(digest(Algorithm::Md5).room(1472), 23);
    assert_eq!(digest(Algorithm::HmacSha256).room(1472), 22);
    assert_eq!(digest(Algorithm::HmacSha512).room(1472), 21);
    assert_eq!(Signer::None.room(68 - 28), 1, "the smallest IPv4 MTU has room for one");
}
