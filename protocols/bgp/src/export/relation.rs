//! Between whom a route passes: from its source, through us, to a kind of peer; and what that alone forbids.

use super::Profile;
use crate::attrs::{Entry, Flags};
use crate::config::Role;
use crate::settings::PeerKind;
use crate::{PeerIx, RouterId};
use core::fmt;

/// Who a route comes from.
#[derive(Copy, Clone, Debug, PartialEq, Eq)]
pub struct Source {
    /// The peer, or ourselves.
    pub peer: PeerIx,
    /// What it is to us; `None`: ourselves.
    pub kind: Option<PeerKind>,
    /// Its identifier.
    pub router_id: RouterId,
    /// It is a client of us as a reflector.
    pub reflector_client: bool,
    /// It is a client of us as a route server.
    pub server_client: bool,
}

impl Source {
    /// Our own routes.
    pub fn local(router_id: RouterId) -> Source {
        Source { peer: PeerIx::SELF, kind: None, router_id, reflector_client: false, server_client: false }
    }

    /// Networks, redistributed routes, aggregates.
    pub fn is_local(&self) -> bool {
        self.kind.is_none()
    }
}

/// Why a route is not told.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Denied {
    /// It is the peer's own.
    Own,
    /// NO_ADVERTISE (RFC 1997).
    NoAdvertise,
    /// NO_EXPORT at the border of the AS or confederation.
    NoExport,
    /// NO_EXPORT_SUBCONFED at the border of the member AS.
    NoExportSubconfed,
    /// From one iBGP peer to another, and neither is a reflector's client (RFC 4271 9.2, RFC 4456 6).
    NotReflected,
    /// Towards a provider, peer or route server, and it has OTC (RFC 9234 5).
    OnlyToCustomer,
    /// No filter is configured towards an eBGP peer (RFC 8212).
    NoPolicy,
    /// Prefix list of this name, and the entry that decided; `None`: the implicit deny.
    PrefixList(String, Option<u32>),
    /// Access list of this name.
    DistributeList(String, Option<u32>),
    /// AS path list of this name.
    FilterList(String, Option<u32>),
    /// Route map of this name, and the entry that decided.
    RouteMap(String, Option<u16>),
    /// An aggregate stands for it.
    Suppressed,
    /// `default-originate` stands for it.
    DefaultOriginated,
    /// No address of ours can be its next hop on this session.
    NoNextHop,
    /// Its attributes do not fit into a message.
    TooLong,
    /// `maximum-prefix-out` is reached.
    Limit,
}

impl fmt::Display for Denied {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let list = |f: &mut fmt::Formatter<'_>, what: &str, name: &str, entry: Option<u32>| match entry {
            Some(seq) => write!(f, "{what} {name} denies it at entry {seq}"),
            None => write!(f, "no entry of {what} {name} permits it"),
        };
        match self {
            Denied::Own => f.write_str("it comes from this peer"),
            Denied::NoAdvertise => f.write_str("community no-advertise"),
            Denied::NoExport => f.write_str("community no-export"),
            Denied::NoExportSubconfed => f.write_str("community local-AS"),
            Denied::NotReflected => f.write_str("iBGP routes are not told to iBGP peers"),
            Denied::OnlyToCustomer => f.write_str("OTC: it is for customers only"),
            Denied::NoPolicy => f.write_str("no export policy towards an eBGP peer"),
            Denied::PrefixList(name, entry) => list(f, "prefix-list", name, *entry),
            Denied::DistributeList(name, entry) => list(f, "distribute-list", name, *entry),
            Denied::FilterList(name, entry) => list(f, "filter-list", name, *entry),
            Denied::RouteMap(name, entry) => list(f, "route-map", name, entry.map(u32::from)),
            Denied::Suppressed => f.write_str("an aggregate stands for it"),
            Denied::DefaultOriginated => f.write_str("default-originate stands for it"),
            Denied::NoNextHop => f.write_str("no address of ours can be the next hop"),
            Denied::TooLong => f.write_str("its attributes do not fit into a message"),
            Denied::Limit => f.write_str("maximum-prefix-out is reached"),
        }
    }
}

/// How a route passes from its source to a profile.
#[derive(Copy, Clone, Debug, PartialEq, Eq)]
pub(super) struct Relation {
    /// From iBGP to iBGP.
    pub reflected: bool,
    /// From a route server's client to another: we are not there.
    pub transparent: bool,
}

impl Relation {
    /// # Errors
    /// Neither is a client, and they are both iBGP.
    pub(super) fn of(source: &Source, profile: &Profile) -> Result<Relation, Denied> {
        let reflected = source.kind == Some(PeerKind::Internal) && profile.kind == PeerKind::Internal;
        if reflected && !source.reflector_client && !profile.reflector_client {
            return Err(Denied::NotReflected);
        }
        Ok(Relation { reflected, transparent: source.server_client && profile.server_client })
    }
}

/// What the attributes a route came with forbid, whatever policy sets. OTC is checked here as well: policy does not know it.
pub(super) fn allowed(entry: &Entry, relation: Relation, profile: &Profile) -> Result<(), Denied> {
    let flags = entry.flags();
    if flags.any(Flags::KEPT) && !relation.transparent {
        kept(flags, profile.kind)?;
    }
    let upwards = matches!(profile.role, Some(Role::Customer | Role::Peer | Role::RsClient));
    if upwards && flags.any(Flags::ONLY_TO_CUSTOMER) {
        return Err(Denied::OnlyToCustomer);
    }
    Ok(())
}

fn kept(flags: Flags, kind: PeerKind) -> Result<(), Denied> {
    match kind {
        _ if flags.any(Flags::NO_ADVERTISE) => Err(Denied::NoAdvertise),
        PeerKind::External if flags.any(Flags::NO_EXPORT) => Err(Denied::NoExport),
        PeerKind::External | PeerKind::Confederation if flags.any(Flags::NO_EXPORT_SUBCONFED) => {
            Err(Denied::NoExportSubconfed)
        }
        _ => Ok(()),
    }
}
