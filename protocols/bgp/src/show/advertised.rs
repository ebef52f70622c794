//! What a peer is told, as it leaves.

use super::paths::Shown;
use super::{AdvertisementView, PathRow, Status};
use crate::attrs::{self, Local};
use crate::config::AddPathTx;
use crate::export::{Denied, Route, Routes};
use crate::process::Bgp;
use crate::table::{DestId, From};
use crate::{Family, PeerIx};
use fib::Prefix;

impl Bgp {
    /// What a peer has been told of a destination.
    pub(super) fn advertised(
        &self,
        peer: PeerIx,
        family: Family,
        prefix: Prefix,
        dest: DestId,
    ) -> Vec<PathRow> {
        if !self.export.is_advertised(peer, family, dest) {
            return Vec::new();
        }
        let told = self.offers_to(peer, family, dest).into_iter();
        told.filter_map(|(route, offer)| {
            let from = From { peer: route.from, path_id: 0 };
            Some(self.told_row(prefix, from, &offer.ok()?))
        })
        .collect()
    }

    /// A route with the attributes it leaves with.
    pub(super) fn told_row(&self, prefix: Prefix, from: From, bytes: &[u8]) -> PathRow {
        let row = self.path_row(&Shown {
            prefix,
            from,
            attributes: &attrs::decode(bytes),
            local: Local::default(),
            status: Status { valid: true, best: true, ..Status::default() },
            reason: None,
        });
        // The next hop is ours, and not on the interface it came by.
        PathRow { interface: None, ..row }
    }

    /// Every route of a destination that a peer could be told, and what becomes of each.
    fn offers_to(&self, peer: PeerIx, family: Family, dest: DestId) -> Vec<(Route, Result<Vec<u8>, Denied>)> {
        let look = self.look();
        let several =
            self.export.profile(peer, family).filter(|p| p.sends_path_ids()).and_then(|p| p.add_path);
        let routes = self.offered_routes(family, dest, several);
        let judged = |route: Route| {
            let offer = self.export.would_send(peer, family, dest, &route, &look, &self.policy)?;
            Some((route, offer))
        };
        routes.into_iter().filter_map(judged).collect()
    }

    fn offered_routes(&self, family: Family, dest: DestId, several: Option<AddPathTx>) -> Vec<Route> {
        let look = self.look();
        let Some(which) = several else { return look.best(family, dest.0).into_iter().collect() };
        let mut all = Vec::new();
        look.paths(family, dest.0, which, &mut |route| all.push(route));
        all
    }

    /// Names of the peers that have been told of a destination.
    pub(super) fn told_to(&self, family: Family, dest: DestId) -> Vec<String> {
        let told = self.by_key.iter().filter(|(_, ix)| self.export.is_advertised(**ix, family, dest));
        told.map(|(key, _)| key.to_string()).collect()
    }

    /// Every peer with the family, and whether it is told of a destination.
    pub(super) fn advertisements(&self, family: Family, dest: DestId) -> Vec<AdvertisementView> {
        let active = self
            .by_key
            .iter()
            .filter(|(_, ix)| self.peers.get(ix).is_some_and(|p| p.settings.families.contains_key(&family)));
        active
            .map(|(key, ix)| {
                let (sent, why) = self.advertisement(*ix, family, dest);
                AdvertisementView { peer: key.to_string(), sent, why }
            })
            .collect()
    }

    fn advertisement(&self, ix: PeerIx, family: Family, dest: DestId) -> (bool, String) {
        let Some(peer) = self.peers.get(&ix) else { return (false, String::new()) };
        let Some(profile) = self.export.profile(ix, family) else {
            return (false, format!("no session in {family}, it is {}", peer.session.state()));
        };
        let offers = self.offers_to(ix, family, dest);
        if offers.is_empty() {
            return (false, "nothing of it can be used".to_owned());
        }
        let told = self.export.is_advertised(ix, family, dest);
        if offers.iter().any(|(_, offer)| offer.is_ok()) {
            let map = profile.filters.route_map.as_ref();
            let by = map.map_or_else(String::new, |name| format!("as route-map {name} leaves it"));
            let waits = if told { by } else { "it is about to be".to_owned() };
            return (true, waits);
        }
        let first = offers.into_iter().find_map(|(_, offer)| offer.err());
        (told, first.map_or_else(String::new, |denied| denied.to_string()))
    }
}
