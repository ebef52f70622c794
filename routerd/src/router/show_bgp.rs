//! `show bgp ...` and `clear bgp ...`: asks the process; large answers leave page by page.

use super::Router;
use bgp::show::RibVerdict;
use cli::Reply;
use cli::command::BgpShow;
use cli::reply::BgpReply;
use fib::{Instant, Prefix, Protocol, TableId};

impl Router {
    /// Answers for BGP; `None` inside: it does not run.
    pub(super) fn show_bgp(&self, now: Instant, show: BgpShow) -> Reply {
        let Some(bgp) = &self.machines.bgp else { return Reply::Bgp(None) };
        let reply = match show {
            BgpShow::Routes(query) => match bgp.show_routes(&query) {
                Ok(routes) => BgpReply::Routes(routes),
                Err(reason) => return Reply::Error(reason),
            },
            BgpShow::Entry(query) => BgpReply::Entry(bgp.show_entry(now, &query)),
            BgpShow::Explain(query) => {
                let mut explain = bgp.show_explain(now, &query);
                explain.rib = explain.prefix.and_then(|prefix| self.bgp_verdict(now, prefix));
                BgpReply::Explain(explain)
            }
            BgpShow::Summary(query) => BgpReply::Summary(bgp.show_summary(now, &query)),
            BgpShow::Neighbors { family, peer } => {
                BgpReply::Neighbors(bgp.show_neighbors(now, family, peer.as_ref()))
            }
            BgpShow::NextHops(family) => BgpReply::NextHops(bgp.show_next_hops(family)),
            BgpShow::Statistics { family, after } => BgpReply::Statistics(bgp.show_statistics(family, after)),
            BgpShow::Memory => BgpReply::Memory(bgp.show_memory()),
            BgpShow::UpdateGroups(family) => BgpReply::UpdateGroups(bgp.show_update_groups(family)),
            BgpShow::PeerGroups(name) => BgpReply::PeerGroups(bgp.show_peer_groups(name.as_deref())),
            BgpShow::Attributes { after } => BgpReply::Attributes(bgp.show_attributes(after)),
            BgpShow::Rpki => BgpReply::Rpki(bgp.show_rpki()),
            BgpShow::Mrt(query) => BgpReply::Mrt(bgp.mrt_page(now, &query)),
            BgpShow::RpkiTable { after } => BgpReply::RpkiTable(bgp.show_rpki_table(after)),
        };
        Reply::Bgp(Some(Box::new(reply)))
    }

    /// What the RIB made of BGP's route; `None`: it has none.
    fn bgp_verdict(&self, now: Instant, prefix: Prefix) -> Option<RibVerdict> {
        let listing = self.rib.get(TableId::MAIN, prefix)?;
        let all = self.views(now, &listing);
        let own = all.iter().find(|r| r.protocol == Protocol::Bgp)?;
        let winner = all.iter().find(|r| r.selected && r.protocol != Protocol::Bgp);
        Some(RibVerdict {
            distance: own.distance,
            selected: own.selected,
            winner: winner.map(|r| (r.protocol, r.distance)),
            why_not: own.why_not.clone(),
        })
    }
}
