//! What RIP counts: every refusal by name, and its traffic.

use proto::named;
use std::collections::BTreeMap;

named! {
    /// Why a packet or one of its entries was not believed.
    Refusal {
        /// RIP does not run on the interface it came in on.
        NotEnabled => "not-enabled",
        /// Our own packet came back.
        OwnPacket => "own-packet",
        /// Not from a host of a network connected to that interface (RFC 2453 3.9.2).
        NotNeighbor => "not-neighbor",
        /// A response not from port 520, or anything from port 0 (RFC 2453 3.9.2).
        SourcePort => "source-port",
        /// Shorter than a header or than its trailer claims.
        Short => "short",
        /// Longer than 25 entries and a digest.
        Long => "long",
        /// Not a whole number of entries.
        Misaligned => "misaligned",
        /// Version 0 (RFC 2453 4.6).
        VersionZero => "version-zero",
        /// Neither request nor response.
        Command => "unknown-command",
        /// Traceon, traceoff and Sun's poll (RFC 2453 3.6, RFC 1058 3.1).
        ObsoleteCommand => "obsolete-command",
        /// A version 1 packet with something in a must-be-zero field (RFC 1058 3.4).
        MustBeZero => "must-be-zero",
        /// A version this interface does not accept.
        VersionNotAccepted => "version-not-accepted",
        /// A request on a passive interface.
        Passive => "request-on-passive",
        /// Authenticated, while we expect none (RFC 2453 5.2).
        AuthUnexpected => "authentication-unexpected",
        /// Not authenticated, while we expect it.
        AuthMissing => "authentication-missing",
        /// A request that is not authenticated, while we expect it. FRR's never are.
        AuthMissingRequest => "authentication-missing-request",
        /// Another authentication type than ours.
        AuthType => "authentication-type",
        /// The trailer is not where, or not as long as, the header says.
        AuthTrailer => "authentication-trailer",
        /// No key of that number is accepted now.
        AuthKey => "authentication-key",
        /// A wrong password.
        AuthPassword => "authentication-password",
        /// A wrong digest.
        AuthDigest => "authentication-digest",
        /// A sequence number below the last one (RFC 2082 3.2.2).
        AuthReplay => "authentication-replay",
        /// An entry of another address family than IPv4.
        Family => "entry-family",
        /// An entry for net 0, net 127, or something that is not unicast (RFC 2453 3.9.2).
        Destination => "entry-destination",
        /// An entry with a metric outside 1..=16 (RFC 2453 3.9.2).
        Metric => "entry-metric",
        /// An entry whose mask has holes.
        Mask => "entry-mask",
        /// An entry with host bits set.
        HostBits => "entry-host-bits",
        /// An entry whose next hop is multicast.
        NextHop => "entry-next-hop",
        /// An entry whose next hop is this router.
        NextHopSelf => "entry-next-hop-self",
        /// An entry our own filters or route maps deny.
        Denied => "entry-denied",
        /// News of a route that is held down.
        HeldDown => "entry-held-down",
    }
}

named! {
    /// Traffic.
    Traffic {
        /// Requests received and answered, or at least read.
        RequestsReceived => "requests-received",
        /// Responses received and believed.
        ResponsesReceived => "responses-received",
        /// Entries of those.
        EntriesReceived => "entries-received",
        /// Requests sent.
        RequestsSent => "requests-sent",
        /// Periodic and asked-for responses sent.
        ResponsesSent => "responses-sent",
        /// Triggered responses sent.
        TriggeredSent => "triggered-sent",
        /// Entries in all responses sent.
        EntriesSent => "entries-sent",
        /// Changes to the table (RFC 1724 rip2GlobalRouteChanges).
        RouteChanges => "route-changes",
        /// Answers to requests (RFC 1724 rip2GlobalQueries).
        Queries => "queries",
    }
}

impl Refusal {
    /// Whether it is about keys, and worth a warning since somebody must act.
    pub fn is_authentication(self) -> bool {
        use Refusal::*;
        matches!(
            self,
            AuthUnexpected
                | AuthMissing
                | AuthType
                | AuthTrailer
                | AuthKey
                | AuthPassword
                | AuthDigest
                | AuthReplay
        )
    }

    /// Whether one entry is refused, not the packet.
    pub fn is_entry(self) -> bool {
        self >= Refusal::Family
    }
}

/// All counters, from zero.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(crate) struct Counters {
    refusals: BTreeMap<Refusal, u64>,
    traffic: BTreeMap<Traffic, u64>,
}

impl Counters {
    pub(crate) fn refuse(&mut self, refusal: Refusal) {
        let count = self.refusals.entry(refusal).or_default();
        *count = count.saturating_add(1);
    }

    pub(crate) fn add(&mut self, traffic: Traffic, n: usize) {
        let count = self.traffic.entry(traffic).or_default();
        *count = count.saturating_add(u64::try_from(n).unwrap_or(u64::MAX));
    }

    /// Names and values, traffic first; those at zero too.
    pub(crate) fn list(&self) -> Vec<(String, u64)> {
        let traffic = Traffic::ALL.iter().map(|t| (t.name(), self.traffic.get(t)));
        let refusals = Refusal::ALL.iter().map(|r| (r.name(), self.refusals.get(r)));
        traffic.chain(refusals).map(|(name, n)| (name.to_owned(), n.copied().unwrap_or(0))).collect()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_counter_has_a_name_of_its_own_and_is_listed_at_zero() {
        let mut counters = Counters::default();
        counters.refuse(Refusal::Metric);
        let list = counters.list();
        let names: std::collections::BTreeSet<&String> = list.iter().map(|(n, _)| n).collect();
        assert_eq!(names.len(), Traffic::ALL.len() + Refusal::ALL.len());
        assert!(list.contains(&("entry-metric".into(), 1)) && list.contains(&("short".into(), 0)));
    }

    #[test]
    fn entry_refusals_are_told_from_packet_refusals() {
        assert!(
            Refusal::Family.is_entry() && Refusal::HeldDown.is_entry() && !Refusal::AuthReplay.is_entry()
        );
    }
}
