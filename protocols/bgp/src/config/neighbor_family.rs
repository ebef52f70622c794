//! `neighbor X ...` inside an address family.

use super::is_default;
use serde::{Deserialize, Serialize};

/// `neighbor X ...` inside an address family; of a neighbor or of a peer group.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, rename_all = "kebab-case", default)]
pub struct NeighborFamily {
    /// `activate`; absent: IPv4 as `default-ipv4-unicast` says, others no.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub activate: Option<bool>,
    /// `route-map NAME in`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub route_map_in: Option<String>,
    /// `route-map NAME out`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub route_map_out: Option<String>,
    /// `prefix-list NAME in`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub prefix_list_in: Option<String>,
    /// `prefix-list NAME out`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub prefix_list_out: Option<String>,
    /// `distribute-list ACL in`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub distribute_list_in: Option<String>,
    /// `distribute-list ACL out`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub distribute_list_out: Option<String>,
    /// `filter-list ASPATH in`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub filter_list_in: Option<String>,
    /// `filter-list ASPATH out`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub filter_list_out: Option<String>,
    /// `next-hop-self [force]`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub next_hop_self: Option<NextHopSelf>,
    /// `attribute-unchanged [as-path] [next-hop] [med]`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub attribute_unchanged: Option<Unchanged>,
    /// `route-reflector-client`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub route_reflector_client: Option<bool>,
    /// `route-server-client`: neither our AS nor our address is put into what it gets.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub route_server_client: Option<bool>,
    /// `soft-reconfiguration inbound`. Received routes are always kept as they came; accepted for its users' sake.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub soft_reconfiguration: Option<bool>,
    /// `default-originate [route-map NAME]`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub default_originate: Option<DefaultOriginate>,
    /// `maximum-prefix N ...`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub maximum_prefix: Option<MaximumPrefix>,
    /// `maximum-prefix-out N`: no more than this are sent.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub maximum_prefix_out: Option<u32>,
    /// `allowas-in [N|origin]`: how often our own AS may be in a path; absent: never.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub allowas_in: Option<AllowAsIn>,
    /// `as-override`: the peer's AS is replaced by ours in what it gets.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub as_override: Option<bool>,
    /// `remove-private-AS [all] [replace-AS]`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub remove_private_as: Option<RemovePrivateAs>,
    /// `send-community ...`; absent: all kinds (FRR).
    #[serde(skip_serializing_if = "Option::is_none")]
    pub send_community: Option<SendCommunity>,
    /// `weight N`, of what comes from it.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub weight: Option<u16>,
    /// `addpath-tx-all-paths`, `addpath-tx-bestpath-per-AS`; absent: the best only.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub addpath_tx: Option<AddPathTx>,
    /// `disable-addpath-rx`: we do not offer to take several paths; absent: we do.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub disable_addpath_rx: Option<bool>,
}

/// `next-hop-self`.
#[derive(Copy, Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, rename_all = "kebab-case", default)]
pub struct NextHopSelf {
    /// Of reflected routes as well.
    #[serde(skip_serializing_if = "is_default")]
    pub force: bool,
}

/// `attribute-unchanged`.
#[derive(Copy, Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, rename_all = "kebab-case", default)]
pub struct Unchanged {
    /// AS_PATH is sent as it is.
    #[serde(skip_serializing_if = "is_default")]
    pub as_path: bool,
    /// NEXT_HOP is sent as it is.
    #[serde(skip_serializing_if = "is_default")]
    pub next_hop: bool,
    /// MED is sent as it is.
    #[serde(skip_serializing_if = "is_default")]
    pub med: bool,
}

/// `default-originate`.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, rename_all = "kebab-case", default)]
pub struct DefaultOriginate {
    /// Only while some route passes it; what it sets is set.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub route_map: Option<String>,
}

/// `maximum-prefix N [THRESHOLD] [restart MINUTES|warning-only] [force]`.
#[derive(Copy, Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
pub struct MaximumPrefix {
    /// More than this end the session.
    pub limit: u32,
    /// Percent of the limit at which a warning is given, 1..=100; absent: 75.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub threshold: Option<u8>,
    /// Minutes after which the session is tried again; absent: by `clear bgp` only.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub restart: Option<u16>,
    /// Only say so.
    #[serde(default, skip_serializing_if = "is_default")]
    pub warning_only: bool,
    /// Those that policy refused count as well.
    #[serde(default, skip_serializing_if = "is_default")]
    pub force: bool,
}

/// `allowas-in`.
#[derive(Copy, Clone, Debug, PartialEq, Eq)]
pub enum AllowAsIn {
    /// Only as the origin.
    Origin,
    /// This often, 1..=10.
    Times(u8),
}

/// `remove-private-AS`.
#[derive(Copy, Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, rename_all = "kebab-case", default)]
pub struct RemovePrivateAs {
    /// Even where public ones are in the path.
    #[serde(skip_serializing_if = "is_default")]
    pub all: bool,
    /// Ours takes their place.
    #[serde(skip_serializing_if = "is_default")]
    pub replace_as: bool,
}

/// Which communities are sent.
#[derive(Copy, Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, rename_all = "kebab-case", default)]
pub struct SendCommunity {
    /// RFC 1997.
    pub standard: bool,
    /// RFC 4360.
    pub extended: bool,
    /// RFC 8092.
    pub large: bool,
}

impl Default for SendCommunity {
    fn default() -> SendCommunity {
        SendCommunity { standard: true, extended: true, large: true }
    }
}

/// Several paths a prefix (RFC 7911).
#[derive(Copy, Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum AddPathTx {
    /// Every path.
    All,
    /// The best of each neighboring AS.
    BestPerAs,
}
