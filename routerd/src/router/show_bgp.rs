//! `show bgp ...` and `clear bgp ...`: asks the process; large answers leave page by page.

use super::Router;
use bgp::Bgp;
use bgp::config::{Dump, DumpKind};
use bgp::process::Recorded;
use bgp::show::{DumpView, Filter, RibVerdict, Routes};
use cli::Reply;
use cli::command::BgpShow;
use cli::reply::BgpReply;
use fib::{Instant, Prefix, Protocol, TableId};
use std::collections::BTreeMap;

/// What a process answers, whoever keeps it.
pub(crate) fn answer(bgp: &Bgp, now: Instant, show: BgpShow) -> Reply {
    let reply = match show {
        BgpShow::Routes(query) => match bgp.show_routes(&query) {
            Ok(routes) => BgpReply::Routes(routes),
            Err(reason) => return Reply::Error(reason),
        },
        BgpShow::Entry(query) => BgpReply::Entry(bgp.show_entry(now, &query)),
        BgpShow::Explain(query) => BgpReply::Explain(bgp.show_explain(now, &query)),
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
        BgpShow::Dumps => return Reply::Error("no files are kept here".to_owned()),
        BgpShow::Bmp => BgpReply::Bmp(bgp.show_bmp(now)),
        BgpShow::Rpki => BgpReply::Rpki(bgp.show_rpki()),
        BgpShow::Mrt(query) => BgpReply::Mrt(bgp.mrt_page(now, &query)),
        BgpShow::RpkiTable { after } => BgpReply::RpkiTable(bgp.show_rpki_table(after)),
    };
    Reply::Bgp(Some(Box::new(reply)))
}

impl Router {
    /// Answers for BGP; `None` inside: it does not run.
    pub(super) fn show_bgp(&self, now: Instant, show: BgpShow) -> Reply {
        let Some(bgp) = &self.machines.bgp else { return Reply::Bgp(None) };
        if show == BgpShow::Dumps {
            return Reply::Bgp(Some(Box::new(BgpReply::Dumps(self.dump_views.clone()))));
        }
        let failed_only = matches!(&show, BgpShow::Routes(query) if query.filter == Some(Filter::RibFailure));
        let mut reply = answer(bgp, now, show);
        let Reply::Bgp(Some(inner)) = &mut reply else { return reply };
        match &mut **inner {
            BgpReply::Explain(explain) => {
                explain.rib = explain.prefix.and_then(|prefix| self.bgp_verdict(now, prefix));
            }
            BgpReply::Routes(page) => self.rib_failures(now, page, failed_only),
            BgpReply::Entry(entry) => {
                if let Some(found) = &mut entry.found {
                    let lost = self.lost_in_rib(now, found.prefix);
                    let best = found.paths.iter_mut().filter(|(_, path)| path.row.status.best);
                    best.for_each(|(_, path)| path.row.status.rib_failure = lost);
                }
            }
            _ => {}
        }
        reply
    }

    /// Whether BGP's route is in the RIB and another protocol's is used.
    fn lost_in_rib(&self, now: Instant, prefix: Prefix) -> bool {
        self.bgp_verdict(now, prefix).is_some_and(|verdict| !verdict.selected && verdict.winner.is_some())
    }

    /// Marks best paths that the RIB does not use; with `only`, leaves nothing else on the page.
    fn rib_failures(&self, now: Instant, page: &mut Routes, only: bool) {
        if page.of.is_adjacent() {
            return;
        }
        for destination in &mut page.destinations {
            let best = destination.paths.iter_mut().find(|path| path.status.best);
            if let Some(best) = best {
                best.status.rib_failure = self.lost_in_rib(now, destination.prefix);
            }
            if only {
                destination.paths.retain(|path| path.status.rib_failure);
            }
        }
        if only {
            page.destinations.retain(|destination| !destination.paths.is_empty());
            let (destinations, paths, _) = page.listed();
            if let Some(more) = &mut page.more {
                (more.destinations, more.paths) = (destinations, paths);
            }
        }
    }

    /// `dump bgp ...`, as it is configured.
    pub(crate) fn dumps(&self) -> &BTreeMap<DumpKind, Dump> {
        static NONE: BTreeMap<DumpKind, Dump> = BTreeMap::new();
        self.config.bgp.as_ref().map_or(&NONE, |bgp| &bgp.dump)
    }

    /// What happened at sessions and is to be dumped.
    pub(crate) fn poll_recorded(&mut self) -> Option<Recorded> {
        self.machines.bgp.as_mut()?.poll_recorded()
    }

    /// Records that were lost since this was last asked.
    pub(crate) fn take_lost_records(&mut self) -> u64 {
        self.machines.bgp.as_mut().map_or(0, Bgp::take_lost)
    }

    /// How it goes with the files.
    pub(crate) fn set_dump_views(&mut self, views: Vec<DumpView>) {
        self.dump_views = views;
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
