//! The digests that authenticate routing packets, over bytes somebody else laid out.
//! Knows no packet format: RIP, OSPF and BGP say what is covered and where the digest goes.

use crate::config::Algorithm;
use hmac::{Hmac, KeyInit, Mac};
use md5::{Digest, Md5};
use sha1::Sha1;
use sha2::{Sha256, Sha384, Sha512};
use subtle::ConstantTimeEq;

/// The padding RFC 4822 (2.5) and RFC 5709 (3.3) put where the digest will be: 0x878FE1F3 repeated.
pub const APAD: [u8; 4] = [0x87, 0x8f, 0xe1, 0xf3];

impl Algorithm {
    /// Digest length in bytes: 16, 20, 32, 48 or 64.
    pub fn digest_len(self) -> usize {
        match self {
            Algorithm::Md5 => 16,
            Algorithm::HmacSha1 => 20,
            Algorithm::HmacSha256 => 32,
            Algorithm::HmacSha384 => 48,
            Algorithm::HmacSha512 => 64,
        }
    }

    /// As in `cryptographic-algorithm`: `md5`, `hmac-sha-1`, `hmac-sha-256`, `hmac-sha-384`, `hmac-sha-512`.
    pub fn name(self) -> &'static str {
        match self {
            Algorithm::Md5 => "md5",
            Algorithm::HmacSha1 => "hmac-sha-1",
            Algorithm::HmacSha256 => "hmac-sha-256",
            Algorithm::HmacSha384 => "hmac-sha-384",
            Algorithm::HmacSha512 => "hmac-sha-512",
        }
    }
}

/// MD5 of the parts one after the other. Keyed MD5 (RFC 2082, RFC 2328 D.4.3) appends the [`padded`] key as last
/// part; TCP-MD5 (RFC 2385) appends the key as it is.
pub fn md5(parts: &[&[u8]]) -> [u8; 16] {
    let mut hash = Md5::new();
    parts.iter().for_each(|part| hash.update(part));
    hash.finalize().into()
}

/// A secret in a fixed field: cut or filled with zeros to `N` bytes.
pub fn padded<const N: usize>(secret: &[u8]) -> [u8; N] {
    let mut field = [0; N];
    field.iter_mut().zip(secret).for_each(|(to, from)| *to = *from);
    field
}

/// The digest of the parts under `key`: keyed MD5 with the key padded to 16 bytes and appended, or HMAC.
///
/// HMAC keys are used as RFC 2104 says. RFC 4822 and RFC 5709 would shorten a key longer than the digest first;
/// no implementation we talk to (FRR, BIRD) does.
pub fn digest(algorithm: Algorithm, key: &[u8], parts: &[&[u8]]) -> Vec<u8> {
    match algorithm {
        Algorithm::Md5 => {
            let key: [u8; 16] = padded(key);
            let with_key: Vec<&[u8]> = parts.iter().copied().chain([&key[..]]).collect();
            md5(&with_key).to_vec()
        }
        Algorithm::HmacSha1 => mac::<Hmac<Sha1>>(key, parts),
        Algorithm::HmacSha256 => mac::<Hmac<Sha256>>(key, parts),
        Algorithm::HmacSha384 => mac::<Hmac<Sha384>>(key, parts),
        Algorithm::HmacSha512 => mac::<Hmac<Sha512>>(key, parts),
    }
}

/// Compares secrets in a time that depends on their length alone.
pub fn equal(a: &[u8], b: &[u8]) -> bool {
    a.ct_eq(b).into()
}

fn mac<M: Mac + KeyInit>(key: &[u8], parts: &[&[u8]]) -> Vec<u8> {
    let mut mac = <M as KeyInit>::new_from_slice(key).expect("HMAC takes keys of any length");
    parts.iter().for_each(|part| mac.update(part));
    mac.finalize().into_bytes().to_vec()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn hex(bytes: &[u8]) -> String {
        bytes.iter().map(|b| format!("{b:02x}")).collect()
    }

    #[test]
    fn digests_agree_with_the_published_vectors() {
        assert_eq!(hex(&md5(&[b"message", b" digest"])), "f96b697d7cb7938d525a2f31aaf161d0"); // RFC 1321 A.5
        let what: &[&[u8]] = &[b"what do ya want ", b"for nothing?"];
        // RFC 2202 case 2, RFC 4231 case 2.
        assert_eq!(
            hex(&digest(Algorithm::HmacSha1, b"Jefe", what)),
            "effcdf6ae5eb2fa2d27416d5f184df9c259a7c79"
        );
        assert_eq!(
            hex(&digest(Algorithm::HmacSha256, b"Jefe", what)),
            "5bdcc146bf60754e6a042426089575c75a003f089d2739839dec58b964ec3843"
        );
        assert!(
            hex(&digest(Algorithm::HmacSha384, b"Jefe", what))
                .starts_with("af45d2e376484031617f78d2b58a6b1b")
        );
        assert!(
            hex(&digest(Algorithm::HmacSha512, b"Jefe", what))
                .starts_with("164b7a7bfcf819e2e395fbe73b56e0a3")
        );
    }

    #[test]
    fn keyed_md5_is_md5_over_the_text_and_the_padded_key() {
        let by_hand = md5(&[b"text", b"key\0\0\0\0\0\0\0\0\0\0\0\0\0"]);
        assert_eq!(digest(Algorithm::Md5, b"key", &[b"text"]), by_hand);
    }

    #[test]
    fn digest_lengths_are_what_digests_have() {
        use Algorithm::*;
        for algorithm in [Md5, HmacSha1, HmacSha256, HmacSha384, HmacSha512] {
            assert_eq!(
                digest(algorithm, b"k", &[b"t"]).len(),
                algorithm.digest_len(),
                "{}",
                algorithm.name()
            );
        }
    }

    #[test]
    fn equal_is_equal_only_for_equal_bytes() {
        assert!(equal(b"abc", b"abc") && !equal(b"abc", b"abd") && !equal(b"abc", b"ab"));
    }
}
