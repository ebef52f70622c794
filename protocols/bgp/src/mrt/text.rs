//! Records as lines of fields with `|` between them, as `bgpdump -m` has them: one for every route, withdrawal and state
//! change. Beyond those a line for every message that is no UPDATE, and large communities behind the others.
#![warn(clippy::indexing_slicing, clippy::arithmetic_side_effects)]

use super::{Body, Message, Peer, PeerTable, Record, Rib, Session, StateChange};
use crate::Family;
use crate::attrs;
use crate::settings::PeerKind;
use crate::wire::{self, Codec, Context, HEADER, Kind, Notification, frame};
use core::fmt;
use core::net::{IpAddr, Ipv4Addr};
use fib::Prefix;
use policy::bgp::{Attributes, Origin};

impl Record {
    /// The lines. `peers` is the table of peers that came last; routes of a peer it has not are of 0.0.0.0 and AS 0.
    pub fn lines(&self, peers: Option<&PeerTable>) -> Vec<String> {
        let time = match self.micros {
            Some(micros) => format!("{}.{micros:06}", self.at),
            None => self.at.to_string(),
        };
        match &self.body {
            Body::Peers(_) => Vec::new(),
            Body::Rib(rib) => routes(&time, rib, peers),
            Body::Message(message) => said(&time, message),
            Body::State(change) => vec![state(&time, change)],
            Body::Other { kind, subtype, bytes } => {
                vec![format!("UNKNOWN|{time}|{kind}|{subtype}|{} bytes", bytes.len())]
            }
        }
    }
}

fn routes(time: &str, rib: &Rib, peers: Option<&PeerTable>) -> Vec<String> {
    let nobody = nobody();
    let line = |entry: &super::Entry| {
        let peer = peers.and_then(|t| t.peers.get(usize::from(entry.peer))).unwrap_or(&nobody);
        let head = format!("TABLE_DUMP2|{time}|B|{}|{}", peer.address, peer.asn);
        route(&head, &rib.prefix, &entry.decode())
    };
    rib.entries.iter().map(line).collect()
}

/// A route on a line.
pub(super) struct RouteLine<'a> {
    pub head: &'a str,
    pub prefix: &'a Prefix,
    pub attributes: &'a Attributes,
}

impl fmt::Display for RouteLine<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let RouteLine { head, prefix, attributes: a } = self;
        write!(f, "{head}|{prefix}|{}|", a.as_path)?;
        match a.origin {
            Origin::Incomplete => f.write_str("INCOMPLETE")?,
            known => write!(f, "{known}")?,
        }
        let (local_pref, med) = (a.local_pref.unwrap_or(0), a.med.unwrap_or(0));
        write!(f, "|{}|{local_pref}|{med}|", a.next_hop)?;
        let mut between = "";
        for community in &a.communities {
            write!(f, "{between}{community}")?;
            between = " ";
        }
        for community in &a.large_communities {
            write!(f, "{between}{community}")?;
            between = " ";
        }
        f.write_str(if a.atomic_aggregate { "|AG|" } else { "|NAG|" })?;
        if let Some(aggregator) = a.aggregator {
            write!(f, "{} {}", aggregator.asn, aggregator.router)?;
        }
        f.write_str("|")
    }
}

fn route(head: &str, prefix: &Prefix, attributes: &Attributes) -> String {
    RouteLine { head, prefix, attributes }.to_string()
}

/// Stands for a peer that is in no table.
pub(super) fn nobody() -> Peer {
    Peer { router_id: Ipv4Addr::UNSPECIFIED, address: Ipv4Addr::UNSPECIFIED.into(), asn: 0 }
}

fn head(time: &str, what: &str, session: &Session) -> String {
    format!("BGP4MP|{time}|{what}|{}|{}", session.peer, session.peer_as)
}

fn state(time: &str, change: &StateChange) -> String {
    format!("{}|{}|{}", head(time, "STATE", &change.session), change.old, change.new)
}

fn said(time: &str, message: &Message) -> Vec<String> {
    let session = &message.session;
    let line = |what: &str| vec![head(time, what, session)];
    let Ok(Some((kind, length))) = frame(&message.bytes, usize::from(u16::MAX)) else {
        return line("MALFORMED");
    };
    let body = message.bytes.get(HEADER..length).unwrap_or_default();
    match kind {
        Kind::Open => line("OPEN"),
        Kind::Keepalive => line("KEEPALIVE"),
        Kind::RouteRefresh => line("REFRESH"),
        Kind::Notification => {
            let Some([code, subcode, ..]) = body.first_chunk::<2>() else { return line("NOTIFICATION") };
            vec![format!("{}|{code}|{subcode}", head(time, "NOTIFICATION", session))]
        }
        Kind::Update => update(time, message, body).unwrap_or_else(|_| line("MALFORMED")),
    }
}

/// Withdrawals first, as they are to be processed.
fn update(time: &str, message: &Message, body: &[u8]) -> Result<Vec<String>, Notification> {
    let mut scratch = Vec::new();
    let update = wire::update::parse(body, &context(message), &mut scratch)?;
    let session = &message.session;
    let withdrawn = head(time, "W", session);
    let announced = head(time, "A", session);
    let mut lines: Vec<String> =
        update.withdrawals().map(|(_, prefix)| format!("{withdrawn}|{prefix}")).collect();
    for routes in update.announcements() {
        let attributes = attrs::decode(routes.attributes);
        lines.extend(routes.nlri.iter().map(|(_, prefix)| route(&announced, &prefix, &attributes)));
    }
    Ok(lines)
}

/// The record does not say what was negotiated: what it could be. A session inside an AS is told by its ASes.
fn context(message: &Message) -> Context {
    let session = &message.session;
    let inside = session.peer_as == session.local_as;
    Context {
        codec: Codec {
            as4: session.as4,
            extended_message: true,
            add_path_rx: [message.add_path; 2],
            add_path_tx: [message.add_path; 2],
            extended_nexthop: true,
        },
        kind: if inside { PeerKind::Internal } else { PeerKind::External },
        families: Family::ALL.map(|_| true),
        first_as: None,
    }
}

impl PeerTable {
    /// A line for the table and one for each peer: `PEERS|collector|view`, `PEER|place|address|AS|identifier`.
    pub fn lines(&self) -> Vec<String> {
        let peer = |(at, peer): (usize, &Peer)| {
            let address: IpAddr = peer.address;
            format!("PEER|{at}|{address}|{}|{}", peer.asn, peer.router_id)
        };
        let head = format!("PEERS|{}|{}", self.collector, self.view.escape_default());
        core::iter::once(head).chain(self.peers.iter().enumerate().map(peer)).collect()
    }
}
