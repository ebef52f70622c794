//! Which of two connections stays (RFC 4271 section 6.8, RFC 6286 section 2.3). Pure.

use crate::RouterId;

/// Who a speaker is, as its OPEN says. Ordered: the greater one dominates, and the connection it opened stays. The
/// identifier decides, as a number; equal ones leave it to the AS.
#[derive(Copy, Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(super) struct Speaker {
    pub router_id: RouterId,
    pub asn: u32,
}

/// Whether a connection stays that we opened (`outgoing`) or the peer did.
pub(super) fn stays(outgoing: bool, us: Speaker, peer: Speaker) -> bool {
    outgoing == (us > peer)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn both_sides_keep_the_same_connection() {
        let speaker = |id: [u8; 4], asn| Speaker { router_id: id.into(), asn };
        let pairs = [
            (speaker([1, 1, 1, 1], 65_001), speaker([2, 2, 2, 2], 65_002)),
            (speaker([9, 0, 0, 1], 1), speaker([128, 0, 0, 1], 1)),
            (speaker([1, 1, 1, 1], 65_001), speaker([1, 1, 1, 1], 65_002)),
            (speaker([1, 1, 1, 2], 1), speaker([1, 1, 1, 1], 4_200_000_000)),
        ];
        for (a, b) in pairs {
            // What a opened is incoming at b.
            assert_eq!(stays(true, a, b), stays(false, b, a));
            assert_eq!(stays(false, a, b), stays(true, b, a));
            assert_ne!(stays(true, a, b), stays(false, a, b));
        }
    }

    #[test]
    fn the_greater_identifier_dominates_and_of_equal_ones_the_greater_as() {
        let id = RouterId::new(10, 0, 0, 1);
        let (small, large) = (Speaker { router_id: id, asn: 1 }, Speaker { router_id: id, asn: 2 });
        assert!(stays(true, large, small) && !stays(true, small, large));
        let greater = Speaker { router_id: RouterId::new(200, 0, 0, 1), asn: 1 };
        assert!(stays(true, greater, large));
    }
}
