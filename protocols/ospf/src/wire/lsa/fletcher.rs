//! The Fletcher checksum of LSAs (RFC 905 annex B, RFC 2328 12.1.7), over an LSA without its age.
#![warn(clippy::indexing_slicing, clippy::arithmetic_side_effects)]

/// Where the checksum stands in the bytes behind the age.
const AT: usize = 14;
/// So many bytes can be summed before 32 bits are not enough for the second sum (RFC 1008 has 4102).
const RUN: usize = 4096;

/// Both sums, modulo 255.
fn sums(bytes: &[u8]) -> (u32, u32) {
    bytes.chunks(RUN).fold((0, 0), |(mut c0, mut c1), run| {
        for byte in run {
            c0 = u32::wrapping_add(c0, u32::from(*byte));
            c1 = u32::wrapping_add(c1, c0);
        }
        (c0 % 255, c1 % 255)
    })
}

/// Whether the bytes behind the age have a checksum, and the right one. Zero is none (RFC 2328 12.1.7).
pub fn verify(behind_age: &[u8]) -> bool {
    let field = behind_age.get(AT..).and_then(|b| b.first_chunk::<2>());
    field.is_some_and(|f| *f != [0, 0]) && sums(behind_age) == (0, 0)
}

/// The checksum of the bytes behind the age, in which the field is zero. Neither byte of it is ever zero.
pub fn compute(behind_age: &[u8]) -> u16 {
    let (c0, c1) = sums(behind_age);
    // Bytes behind the first of the checksum, then the two equations of RFC 1008 with 255 for zero.
    let behind = behind_age.len().saturating_sub(AT).saturating_sub(1) % 255;
    let factor = u32::try_from(behind).unwrap_or(0);
    let product = u32::wrapping_mul(factor, c0) % 255;
    let x = one_to_255(product.wrapping_add(255).wrapping_sub(c1));
    let y = one_to_255(510_u32.wrapping_sub(c0).wrapping_sub(u32::from(x)));
    u16::from_be_bytes([x, y])
}

/// A byte congruent to `n` modulo 255 that is not zero.
fn one_to_255(n: u32) -> u8 {
    match n % 255 {
        0 => 255,
        n => u8::try_from(n).unwrap_or(255),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_computed_verifies_and_any_changed_byte_does_not() {
        let mut rng = proto::Rng::new(3);
        for len in [18, 19, 30, 300, 5000, 65_533] {
            let mut bytes: Vec<u8> = (0..len).map(|_| rng.bits().to_le_bytes()[0]).collect();
            bytes[AT..AT + 2].fill(0);
            let sum = compute(&bytes).to_be_bytes();
            bytes[AT..AT + 2].copy_from_slice(&sum);
            assert!(verify(&bytes) && !sum.contains(&0), "{len} bytes");
            let at = usize::try_from(rng.below(len)).unwrap();
            bytes[at] = bytes[at].wrapping_add(1 + bytes[at] % 2); // 0 and 255 are the same to Fletcher
            assert!(!verify(&bytes), "{len} bytes, changed at {at}");
        }
    }

    #[test]
    fn no_checksum_is_a_wrong_one() {
        assert!(!verify(&[0; 30]) && !verify(&[]));
    }
}
