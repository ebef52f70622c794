//! What OSPF counts: every refusal by name, and its packets.

use crate::wire::PacketKind;
use proto::{WireError, named};
use std::collections::BTreeMap;

named! {
    /// Why a packet or one of its LSAs was not believed.
    Refusal {
        /// OSPF does not run on the interface it came in on.
        NotEnabled => "not-enabled",
        /// The interface is passive.
        Passive => "passive",
        /// It carries our own router ID.
        OwnRouterId => "own-router-id",
        /// Not a packet of OSPF version 2, or its lengths are wrong.
        Malformed => "malformed",
        /// The checksum of the packet.
        Checksum => "packet-checksum",
        /// Neither this interface's area nor a virtual link's.
        Area => "area-mismatch",
        /// Not from the interface's network.
        Network => "network-mismatch",
        /// To 224.0.0.6, while this router is neither DR nor BDR there.
        NotDesignated => "not-designated",
        /// Another authentication type than ours.
        AuthType => "authentication-type",
        /// No key of that number is accepted now.
        AuthKey => "authentication-key",
        /// A wrong password.
        AuthPassword => "authentication-password",
        /// A wrong digest.
        AuthDigest => "authentication-digest",
        /// A sequence number below the last one (RFC 2328 D.4.3).
        AuthReplay => "authentication-replay",
        /// Not a hello, and from nobody whose hellos have been heard.
        NoNeighbor => "unknown-neighbor",
        /// A hello with another hello interval.
        HelloInterval => "hello-interval-mismatch",
        /// A hello with another dead interval.
        DeadInterval => "dead-interval-mismatch",
        /// A hello with another mask.
        Mask => "mask-mismatch",
        /// A hello with other ideas of what the area is (E and N bits).
        AreaKind => "area-type-mismatch",
        /// A hello on an NBMA network from a router that is not configured as neighbor and not eligible as DR.
        NotConfigured => "not-configured",
        /// A hello of one more neighbor than a hello of ours could list.
        TooMany => "too-many-neighbors",
        /// A database description with a larger MTU than the interface's.
        Mtu => "mtu-mismatch",
        /// A packet that the neighbor's state has no use for.
        State => "neighbor-state",
        /// An LSA with a bad checksum.
        LsaChecksum => "lsa-checksum",
        /// An LSA of a type we do not know.
        LsaType => "lsa-type",
        /// An LSA whose structure is wrong.
        LsaMalformed => "lsa-malformed",
        /// An LSA that the area does not take.
        LsaArea => "lsa-area",
        /// An LSA within MinLSArrival of its predecessor.
        LsaTooSoon => "lsa-too-soon",
        /// An LSA older than what is known.
        LsaOld => "lsa-old",
        /// An acknowledgement of something not waited for.
        AckUnknown => "ack-unknown",
    }
}

impl Refusal {
    /// Why an LSA was left out of an update.
    pub(crate) fn of_lsa(error: WireError) -> Refusal {
        match error {
            WireError::Checksum(_) => Refusal::LsaChecksum,
            WireError::Value("LS type") => Refusal::LsaType,
            _ => Refusal::LsaMalformed,
        }
    }
}

/// Every counter of the process.
#[derive(Clone, Debug, Default)]
pub(crate) struct Counters {
    refused: BTreeMap<Refusal, u64>,
    received: BTreeMap<PacketKind, u64>,
    sent: BTreeMap<PacketKind, u64>,
}

impl Counters {
    pub fn refuse(&mut self, refusal: Refusal) {
        bump(&mut self.refused, refusal);
    }

    pub fn received(&mut self, kind: PacketKind) {
        bump(&mut self.received, kind);
    }

    pub fn sent(&mut self, kind: PacketKind) {
        bump(&mut self.sent, kind);
    }

    /// Every counter with its name, in order.
    pub fn list(&self) -> Vec<(String, u64)> {
        const KINDS: [(PacketKind, &str); 5] = [
            (PacketKind::Hello, "hello"),
            (PacketKind::DatabaseDescription, "database-description"),
            (PacketKind::LinkStateRequest, "ls-request"),
            (PacketKind::LinkStateUpdate, "ls-update"),
            (PacketKind::LinkStateAck, "ls-ack"),
        ];
        let of = |map: &BTreeMap<PacketKind, u64>, kind| map.get(&kind).copied().unwrap_or(0);
        let received = KINDS.iter().map(|(k, name)| (format!("received-{name}"), of(&self.received, *k)));
        let sent = KINDS.iter().map(|(k, name)| (format!("sent-{name}"), of(&self.sent, *k)));
        let refused = Refusal::ALL.iter().map(|r| (format!("refused-{}", r.name()), self.refused(*r)));
        received.chain(sent).chain(refused).collect()
    }

    pub fn refused(&self, refusal: Refusal) -> u64 {
        self.refused.get(&refusal).copied().unwrap_or(0)
    }
}

fn bump<K: Ord>(map: &mut BTreeMap<K, u64>, key: K) {
    let n = map.entry(key).or_insert(0);
    *n = n.saturating_add(1);
}
