//! Pages of routes. A page looks at a bounded part of the table, whatever it finds there.

use super::matcher::Matcher;
use super::paths::Shown;
use super::{Cursor, Destination, Of, PathRow, Routes, RoutesQuery};
use crate::config::PeerKey;
use crate::process::Bgp;
use crate::table::{DestId, Explanation, Fate, From, PathReport};
use crate::{Family, PeerIx};
use fib::Prefix;

/// Where a page begins, and what it is looking for.
struct Search<'a> {
    query: &'a RoutesQuery,
    matcher: Option<Matcher<'a>>,
    peer: Option<PeerIx>,
}

impl Bgp {
    /// A page of routes.
    ///
    /// # Errors
    /// What is wrong with the question, in words: a list or neighbor there is not, an expression that cannot be read.
    pub fn show_routes(&self, query: &RoutesQuery) -> Result<Routes, String> {
        let peer = query.of.peer().map(|key| self.neighbor(key)).transpose()?;
        let matcher = query.filter.as_ref().map(|filter| Matcher::new(self, filter)).transpose()?;
        let search = Search { query, matcher, peer };
        let mut page = Routes {
            family: query.family,
            of: query.of.clone(),
            head: self.table_head(query.family),
            destinations: Vec::new(),
            before: query.after,
            more: None,
            total_paths: self.total_paths(query.family),
            filtered: 0,
        };
        if query.after.is_none() {
            page.destinations.extend(self.default_told(&search));
        }
        let mut last = None;
        for (looked_at, (prefix, dest)) in self.listed_range(query).enumerate() {
            if page.destinations.len() >= Routes::PAGE || looked_at >= Routes::SCAN {
                page.more = last.map(|prefix| goes_on(&page, prefix));
                break;
            }
            last = Some(prefix);
            let (paths, filtered) = self.listed_rows(&search, prefix, dest);
            if !paths.is_empty() {
                page.filtered = page.filtered.saturating_add(filtered);
                page.destinations.push(Destination { prefix, paths });
            }
        }
        Ok(page)
    }

    /// The neighbor of this name or address.
    pub(super) fn neighbor(&self, key: &PeerKey) -> Result<PeerIx, String> {
        self.by_name(key).ok_or_else(|| "No such neighbor in this view/vrf".to_owned())
    }

    fn listed_range(&self, query: &RoutesQuery) -> Box<dyn Iterator<Item = (Prefix, DestId)> + '_> {
        let after = query.after.map(|cursor| cursor.prefix);
        let Some(within) = query.covered_by else {
            return Box::new(self.table.after(query.family, after.as_ref()));
        };
        // What is covered is in one piece: from the network on, as long as it covers.
        let itself = after.is_none().then(|| self.table.dest(&within)).flatten();
        let first = itself.filter(|dest| self.table.paths(query.family, *dest).next().is_some());
        let start = after.unwrap_or(within);
        let rest = self.table.after(query.family, Some(&start));
        let first = first.map(|dest| (within, dest)).into_iter();
        Box::new(first.chain(rest.take_while(move |(prefix, _)| within.covers(prefix))))
    }

    fn total_paths(&self, family: Family) -> u64 {
        let peers = self.peers.keys().copied().chain([PeerIx::SELF]);
        peers.map(|ix| u64::from(self.table.counts(ix, family).accepted)).fold(0, u64::saturating_add)
    }

    /// The lines of a destination, and how many of them policy refused.
    fn listed_rows(&self, search: &Search<'_>, prefix: Prefix, dest: DestId) -> (Vec<PathRow>, u64) {
        let family = search.query.family;
        if let Some(false) = search.matcher.as_ref().and_then(|m| m.prefix(self, &prefix)) {
            return (Vec::new(), 0);
        }
        if let (Of::Advertised(_), Some(peer)) = (&search.query.of, search.peer) {
            return (self.advertised(peer, family, prefix, dest), 0);
        }
        let wanted = |path: &crate::table::PathView| match (&search.query.of, search.peer) {
            (Of::Received(_), Some(peer)) => path.from.peer == peer,
            (Of::Filtered(_), Some(peer)) => path.from.peer == peer && path.rejected.is_some(),
            (_, Some(peer)) => path.from.peer == peer && path.rejected.is_none(),
            (_, None) => path.rejected.is_none(),
        };
        let matches = |path: &crate::table::PathView| {
            let entry = |id| self.table.attrs.get(id).decode();
            search.matcher.as_ref().is_none_or(|m| m.path(self, prefix, path, &entry(path.used)))
        };
        let found: Vec<From> = self
            .table
            .paths(family, dest)
            .filter(|path| wanted(path) && matches(path))
            .map(|path| path.from)
            .collect();
        if found.is_empty() {
            return (Vec::new(), 0);
        }
        let Some(explanation) = self.table.explain(&prefix) else { return (Vec::new(), 0) };
        let chosen = explanation.paths.iter().filter(|report| found.contains(&report.path.from));
        let chosen = chosen.filter(|report| match search.query.of {
            Of::Best(_) => matches!(report.fate, Fate::Best { .. }),
            _ => true,
        });
        let as_received = search.query.of.is_adjacent();
        let mut filtered = 0u64;
        let mut rows = Vec::new();
        for report in chosen {
            filtered = filtered.saturating_add(u64::from(report.path.rejected.is_some()));
            rows.push(self.listed_row(&explanation, report, as_received));
        }
        (rows, filtered)
    }

    /// A path on a line, as used or as received.
    pub(super) fn listed_row(&self, all: &Explanation, report: &PathReport, as_received: bool) -> PathRow {
        let id = if as_received { report.path.received } else { report.path.used };
        let entry = self.table.attrs.get(id);
        let reason = match report.fate {
            Fate::Best { why } => Some(why.name()),
            _ => None,
        };
        self.path_row(&Shown {
            prefix: all.prefix,
            from: report.path.from,
            attributes: &entry.decode(),
            local: entry.local(),
            status: self.path_status(all.suppressed, report),
            reason,
        })
    }

    /// `default-originate`: it is in no table.
    fn default_told(&self, search: &Search<'_>) -> Option<Destination> {
        let (Of::Advertised(_), Some(peer)) = (&search.query.of, search.peer) else { return None };
        let family = search.query.family;
        let bytes = self.export.default_route(peer, family, &self.policy)?;
        let prefix = match family {
            Family::Ipv4 => Prefix::DEFAULT_V4,
            Family::Ipv6 => Prefix::DEFAULT_V6,
        };
        let row = self.told_row(prefix, From::NETWORK, &bytes);
        Some(Destination { prefix, paths: vec![row] })
    }
}

fn goes_on(page: &Routes, prefix: Prefix) -> Cursor {
    let (destinations, paths, filtered) = page.listed();
    Cursor { prefix, destinations, paths, filtered }
}
