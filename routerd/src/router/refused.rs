//! What was punted to the router and found nobody to take it, by name.

/// Why nobody took it.
#[derive(Copy, Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Refusal {
    /// UDP header cut short.
    Malformed,
    /// UDP to a port that nobody listens on.
    NoListener,
    /// A protocol that this router does not speak.
    NoProtocol,
    /// ICMP to a broadcast or multicast address.
    IcmpGroup,
    /// A datagram of our own that no socket would take.
    NoSocket,
    /// UDP for a protocol of ours that the stack would not take.
    BadDatagram,
    /// A frame for a port without a link.
    NoLink,
    /// A TCP segment cut short, or with a bad checksum.
    BadSegment,
    /// A TCP segment from too far.
    Gtsm,
    /// A TCP segment without the signature there must be.
    Md5Missing,
    /// A TCP segment with a wrong signature.
    Md5Wrong,
    /// A TCP segment with a signature there must not be.
    Md5Unexpected,
}

use Refusal::{
    BadDatagram, BadSegment, Gtsm, IcmpGroup, Malformed, Md5Missing, Md5Unexpected, Md5Wrong, NoLink,
    NoListener, NoProtocol, NoSocket,
};

impl Refusal {
    /// Every one, in order.
    pub const ALL: [Refusal; 12] = [
        Malformed,
        NoListener,
        NoProtocol,
        IcmpGroup,
        NoSocket,
        BadDatagram,
        NoLink,
        BadSegment,
        Gtsm,
        Md5Missing,
        Md5Wrong,
        Md5Unexpected,
    ];

    /// The name as `show ip traffic` prints it.
    pub fn name(self) -> &'static str {
        match self {
            Malformed => "malformed",
            NoListener => "no-listener",
            NoProtocol => "no-protocol",
            IcmpGroup => "icmp-group",
            NoSocket => "no-socket",
            BadDatagram => "bad-datagram",
            NoLink => "no-link",
            BadSegment => "bad-segment",
            Gtsm => "gtsm",
            Md5Missing => "md5-missing",
            Md5Wrong => "md5-wrong",
            Md5Unexpected => "md5-unexpected",
        }
    }

    /// What it means, in a sentence.
    pub fn doc(self) -> &'static str {
        match self {
            Malformed => "UDP header cut short.",
            NoListener => {
                "UDP to a port that nobody listens on; answered with port unreachable where that is due."
            }
            NoProtocol => "A protocol that this router does not speak; answered with protocol unreachable.",
            IcmpGroup => "ICMP to a broadcast or multicast address; never answered.",
            NoSocket => "A datagram of our own that no socket would take.",
            BadDatagram => "UDP for a protocol of ours with a bad checksum or length, or too many at once.",
            NoLink => "A frame for a port whose link is gone.",
            BadSegment => "A TCP segment cut short, or with a bad checksum.",
            Gtsm => "A TCP segment that has come from farther than its peer may be (RFC 5082).",
            Md5Missing => "A TCP segment without a signature from a peer with a password (RFC 2385).",
            Md5Wrong => "A TCP segment with a wrong signature: the passwords differ.",
            Md5Unexpected => "A TCP segment with a signature from a peer without a password.",
        }
    }
}

/// Counters of what nobody took.
#[derive(Clone, Debug, Default)]
pub struct Refused([u64; Refusal::ALL.len()]);

impl Refused {
    /// Counts one.
    pub(super) fn count(&mut self, why: Refusal) {
        self.add(why, 1);
    }

    /// Counts `n`.
    pub(super) fn add(&mut self, why: Refusal, n: u64) {
        if let Some(count) = self.0.get_mut(why as usize) {
            *count = count.wrapping_add(n);
        }
    }

    /// Each with its count.
    pub(super) fn iter(&self) -> impl Iterator<Item = (Refusal, u64)> + '_ {
        Refusal::ALL.into_iter().zip(self.0)
    }
}
