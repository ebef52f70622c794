//! `show ip ospf`: the process and its areas.

use crate::AreaId;
use crate::config::{
    AbrType, AreaKind, AuthenticationMode, GracefulRestartHelper, MaxMetric, Network, SpfDelay, Translator,
};
use crate::wire::{Kind, RouterId};
use fib::{Prefix, Protocol};
use serde::{Deserialize, Serialize};

/// `show ip ospf`, and OSPF's part of `show ip protocols`.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Process {
    /// The router ID in force; 0.0.0.0 while there is none (no address anywhere).
    pub router_id: RouterId,
    /// `router ospf ID`.
    pub instance: Option<u16>,
    /// `capability opaque`.
    pub opaque: bool,
    /// `compatible rfc1583`.
    pub rfc1583_compatible: bool,
    /// What delays SPF.
    pub spf_delay: SpfDelay,
    /// The throttle's hold in force; with the RFC 8405 machine the delay it would choose now.
    pub spf_hold_ms: u64,
    /// Since SPF last ran; `None`: it never did.
    pub spf_last_ms: Option<u64>,
    /// Microseconds the last run took, where that is measured.
    pub spf_duration_us: Option<u64>,
    /// Until SPF runs; `None`: none is due.
    pub spf_due_ms: Option<u64>,
    /// Runs of the graph part.
    pub spf_runs: u64,
    /// Runs that needed no graph: stub networks, summaries or externals only.
    pub spf_partial_runs: u64,
    /// MinLSInterval.
    pub lsa_interval_ms: u64,
    /// MinLSArrival.
    pub lsa_arrival_ms: u64,
    /// Between Link State Updates of one interface.
    pub flood_pacing_ms: u64,
    /// `maximum-paths`.
    pub maximum_paths: u8,
    /// Administrative distance of all routes that have none of their own.
    pub distance: u8,
    /// Distances by kind of route, where they differ: intra-area, inter-area, external.
    pub distances: (Option<u8>, Option<u8>, Option<u8>),
    /// Area border router.
    pub abr: bool,
    /// `ospf abr-type`.
    pub abr_type: AbrType,
    /// AS boundary router.
    pub asbr: bool,
    /// `max-metric router-lsa` as configured.
    pub max_metric: MaxMetric,
    /// Router-LSAs are made with the largest metrics now (RFC 6987).
    pub stub_router: bool,
    /// `graceful-restart helper`.
    pub helper: GracefulRestartHelper,
    /// Type 5 LSAs.
    pub external: LsaCount,
    /// Type 11 LSAs.
    pub opaque_as: LsaCount,
    /// `network` statements.
    pub networks: Vec<Network>,
    /// What is redistributed.
    pub redistribute: Vec<Protocol>,
    /// Interfaces that are passive.
    pub passive: Vec<String>,
    /// `summary-address` in force.
    pub summaries: Vec<SummaryView>,
    /// Areas with an interface or virtual link, by number.
    pub areas: Vec<Area>,
    /// Every counter with its name, in order.
    pub counters: Vec<(String, u64)>,
}

/// How many LSAs, and the sum of their checksums (equal on routers with equal databases).
#[derive(Copy, Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct LsaCount {
    /// LSAs.
    pub count: u64,
    /// Sum of their checksums.
    pub checksum: u64,
}

impl LsaCount {
    /// One more.
    pub fn add(&mut self, checksum: u16) {
        self.count = self.count.saturating_add(1);
        self.checksum = self.checksum.saturating_add(u64::from(checksum));
    }
}

/// One area.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Area {
    /// Its number.
    pub id: AreaId,
    /// Normal, stub or NSSA.
    pub kind: AreaKind,
    /// `no-summary`.
    pub no_summary: bool,
    /// Cost of the default route into a stub area or NSSA.
    pub default_cost: u32,
    /// Interfaces with OSPF configured.
    pub interfaces: u32,
    /// Of these, those that are up.
    pub active: u32,
    /// Fully adjacent neighbors.
    pub full_neighbors: u32,
    /// `area N authentication`; `None`: none.
    pub authentication: Option<AuthenticationMode>,
    /// Fully adjacent virtual neighbors through this area.
    pub virtual_adjacencies: u32,
    /// Runs of SPF for this area.
    pub spf_runs: u64,
    /// Router-LSAs.
    pub router: LsaCount,
    /// Network-LSAs.
    pub network: LsaCount,
    /// Type 3.
    pub summary: LsaCount,
    /// Type 4.
    pub asbr_summary: LsaCount,
    /// Type 7.
    pub nssa: LsaCount,
    /// Type 9 of the area's interfaces.
    pub opaque_link: LsaCount,
    /// Type 10.
    pub opaque_area: LsaCount,
    /// Of an NSSA, on a border router.
    pub nssa_state: Option<NssaState>,
    /// `area N range`.
    pub ranges: Vec<RangeView>,
}

impl Area {
    /// The count of LSAs of a kind that are kept with the area; `None` for those of the AS.
    pub fn count_mut(&mut self, kind: Kind) -> Option<&mut LsaCount> {
        Some(match kind {
            Kind::Router => &mut self.router,
            Kind::Network => &mut self.network,
            Kind::Summary => &mut self.summary,
            Kind::AsbrSummary => &mut self.asbr_summary,
            Kind::NssaExternal => &mut self.nssa,
            Kind::OpaqueLink => &mut self.opaque_link,
            Kind::OpaqueArea => &mut self.opaque_area,
            Kind::External | Kind::OpaqueAs => return None,
        })
    }

    /// LSAs of all kinds.
    pub fn total(&self) -> u64 {
        let all = [
            self.router,
            self.network,
            self.summary,
            self.asbr_summary,
            self.nssa,
            self.opaque_link,
            self.opaque_area,
        ];
        all.iter().map(|c| c.count).fold(0, u64::saturating_add)
    }
}

/// Who translates the area's type 7 LSAs (RFC 3101 3.1).
#[derive(Copy, Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct NssaState {
    /// As configured.
    pub role: Translator,
    /// This router does.
    pub translates: bool,
}

/// `area N range` as it is now.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct RangeView {
    /// The range.
    pub prefix: Prefix,
    /// Something is in it.
    pub active: bool,
    /// It is announced when active.
    pub advertise: bool,
    /// The cost announced, or configured while nothing is in it.
    pub cost: Option<u32>,
}

/// `summary-address` as it is now.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct SummaryView {
    /// What is announced.
    pub prefix: Prefix,
    /// External routes it covers.
    pub covered: u64,
    /// It is announced when it covers something.
    pub advertise: bool,
}
