//! What the passes go by: which areas count for what (RFC 2328 3.3, 16.2, RFC 3509).

use super::area::Area;
use super::net::Net;
use super::{AreaView, Root, RootLink, Settings, Spf};
use crate::AreaId;
use crate::config::AbrType;
use crate::wire::LinkKind;
use core::net::Ipv4Addr;
use std::collections::{BTreeMap, BTreeSet};

/// What the passes go by.
pub(super) struct View<'a> {
    pub(super) root: &'a Root,
    pub(super) settings: &'a Settings,
    pub(super) abr: bool,
    /// Areas whose summaries are looked at.
    pub(super) sources: Vec<AreaId>,
    /// Areas other than the backbone with TransitCapability, if this is an area border router.
    pub(super) transits: Vec<AreaId>,
    pub(super) ranges: BTreeMap<Net, Vec<AreaId>>,
    pub(super) addresses: BTreeSet<Ipv4Addr>,
}

impl Spf {
    /// Whether this router is an area border router by `abr_type` (RFC 3509 2.1; the standard: RFC 2328 3.3).
    pub fn is_abr(root: &Root, abr_type: AbrType) -> bool {
        let backbone = root.areas.get(&AreaId::BACKBONE);
        let active = root.areas.values().filter(|a| a.is_attached()).count();
        match abr_type {
            AbrType::Standard | AbrType::Shortcut => active > 1,
            AbrType::Ibm => active > 1 && backbone.is_some(),
            AbrType::Cisco => active > 1 && backbone.is_some_and(AreaView::is_attached),
        }
    }

    pub(super) fn view<'a>(&self, root: &'a Root, settings: &'a Settings) -> View<'a> {
        let abr = Spf::is_abr(root, settings.abr_type);
        let transit =
            |(id, area): (&AreaId, &Area)| (abr && !id.is_backbone() && area.is_transit()).then_some(*id);
        let transits = self.areas.iter().filter_map(transit).collect();
        let mut ranges: BTreeMap<Net, Vec<AreaId>> = BTreeMap::new();
        for (id, area) in root.areas.iter().filter(|_| abr) {
            for net in area.ranges.iter().filter_map(Net::from_prefix) {
                ranges.entry(net).or_default().push(*id);
            }
        }
        let sources = sources(root, settings.abr_type, abr);
        View { root, settings, abr, sources, transits, ranges, addresses: addresses(root) }
    }
}

impl AreaView {
    /// Whether type 5 LSAs are taken here.
    pub(super) fn takes_externals(&self) -> bool {
        !self.stub && !self.nssa
    }

    fn is_attached(&self) -> bool {
        self.active || self.adjacent
    }
}

/// The areas whose summaries count (16.2, RFC 3509 2.2): a border router that has a neighbor on the backbone believes
/// only the backbone.
fn sources(root: &Root, abr_type: AbrType, abr: bool) -> Vec<AreaId> {
    let backbone = root.areas.get(&AreaId::BACKBONE);
    let only_backbone = match abr_type {
        AbrType::Standard => abr,
        AbrType::Cisco | AbrType::Ibm => abr && backbone.is_some_and(|a| a.adjacent),
        AbrType::Shortcut => false,
    };
    let counts = |(id, area): &(&AreaId, &AreaView)| match only_backbone {
        true => id.is_backbone(),
        false => !abr || area.is_attached(),
    };
    root.areas.iter().filter(counts).map(|(id, _)| *id).collect()
}

/// Whether two roots read external LSAs by the same rules, so that only what they depend on is to be looked at.
pub(super) fn same_rules(a: &Root, b: &Root, abr_type: AbrType) -> bool {
    let of_area = |v: &AreaView| (v.stub, v.nssa, v.no_summary);
    let areas = |r: &Root| -> Vec<_> { r.areas.iter().map(|(id, v)| (*id, of_area(v))).collect() };
    a.router == b.router
        && Spf::is_abr(a, abr_type) == Spf::is_abr(b, abr_type)
        && areas(a) == areas(b)
        && addresses(a) == addresses(b)
}

fn addresses(root: &Root) -> BTreeSet<Ipv4Addr> {
    let with_address = |l: &&RootLink| matches!(l.link.kind, LinkKind::PointToPoint | LinkKind::Transit);
    let linked = root.links.values().flatten().filter(with_address).map(|l| l.link.data);
    root.areas.values().flat_map(|a| &a.addresses).copied().chain(linked).collect()
}
