//! One destination with its paths, and why each is where it is.

use super::paths::Shown;
use super::{Entry, EntryQuery, EntryView, Explain, ExplainPath, NextHopView, PathView, Verdict, Which};
use crate::attrs::Entry as Set;
use crate::process::{Bgp, Judge};
use crate::table::{Explanation, Fate, PathReport, Why};
use crate::{Family, PeerIx};
use fib::{Adjacency, Instant, Prefix};
use policy::bgp::Attributes;

impl Bgp {
    /// One destination.
    pub fn show_entry(&self, now: Instant, query: &EntryQuery) -> Entry {
        let found = self.asked_network(query).and_then(|prefix| self.table.explain(&prefix));
        let found = found.and_then(|all| self.entry_view(now, query.which, &all));
        Entry { family: query.family, head: self.table_head(query.family), found }
    }

    /// The network a question is about.
    fn asked_network(&self, query: &EntryQuery) -> Option<Prefix> {
        if query.exact {
            return Some(query.prefix);
        }
        self.table.lookup(query.prefix.addr()).map(|(prefix, _)| prefix)
    }

    /// Paths that policy refused are not of the table: FRR does not count them, either.
    fn entry_view(&self, now: Instant, which: Which, all: &Explanation) -> Option<EntryView> {
        let paths: Vec<&PathReport> = all.paths.iter().filter(|r| r.path.rejected.is_none()).collect();
        if paths.is_empty() {
            return None;
        }
        let number = |at: usize| u32::try_from(at.saturating_add(1)).unwrap_or(u32::MAX);
        let best = paths.iter().position(|r| matches!(r.fate, Fate::Best { .. }));
        let asked = |report: &PathReport| match which {
            Which::All => true,
            Which::Best => matches!(report.fate, Fate::Best { .. }),
            Which::Multipath => matches!(report.fate, Fate::Best { .. } | Fate::Multipath { .. }),
        };
        let shown = paths.iter().enumerate().filter(|(_, report)| asked(report));
        let family = Family::of(all.prefix.is_v4());
        Some(EntryView {
            prefix: all.prefix,
            available: number(paths.len().saturating_sub(1)),
            best: best.map(number),
            suppressed: all.suppressed,
            advertised_to: self.told_to(family, all.dest),
            paths: shown.map(|(at, report)| (number(at), self.full_view(now, all, report))).collect(),
        })
    }

    /// A path in full, as it is used.
    fn full_view(&self, now: Instant, all: &Explanation, report: &PathReport) -> PathView {
        let entry = self.table.attrs.get(report.path.used);
        let attributes = entry.decode();
        let mut status = self.path_status(all.suppressed, report);
        // FRR calls the best one multipath as well, where there are others beside it.
        let beside = all.paths.iter().any(|r| matches!(r.fate, Fate::Multipath { .. }));
        status.multipath |= status.best && beside;
        let reason = match report.fate {
            Fate::Best { why } => Some(why.name()),
            _ => None,
        };
        let shown = Shown {
            prefix: all.prefix,
            from: report.path.from,
            attributes: &attributes,
            local: entry.local(),
            status,
            reason,
        };
        self.path_view(now, report, &shown)
    }

    /// Why a destination is as it is. What the RIB made of it is for the router to fill in.
    pub fn show_explain(&self, now: Instant, query: &EntryQuery) -> Explain {
        let nothing = Explain {
            asked: query.prefix,
            prefix: None,
            paths: Vec::new(),
            advertised: Vec::new(),
            rib: None,
        };
        let all = self.asked_network(query).and_then(|prefix| self.table.explain(&prefix));
        let Some(mut all) = all.filter(|all| !all.paths.is_empty()) else { return nothing };
        self.refused_last(&mut all);
        let family = Family::of(all.prefix.is_v4());
        Explain {
            prefix: Some(all.prefix),
            paths: all.paths.iter().map(|report| self.explained(now, &all, report)).collect(),
            advertised: self.advertisements(family, all.dest),
            ..nothing
        }
    }

    /// Puts what policy refused behind the rest; who lost to whom is told by place.
    fn refused_last(&self, all: &mut Explanation) {
        let mut order: Vec<usize> = (0..all.paths.len()).collect();
        order.sort_by_key(|at| all.paths.get(*at).is_some_and(|r| r.path.rejected.is_some()));
        let place = |old: usize| order.iter().position(|at| *at == old).unwrap_or(old);
        let mut paths: Vec<PathReport> = order.iter().filter_map(|at| all.paths.get(*at).cloned()).collect();
        for report in &mut paths {
            if let Fate::Lost { to, .. } | Fate::Multipath { to, .. } = &mut report.fate {
                *to = place(*to);
            }
        }
        all.best = all.best.map(place);
        all.paths = paths;
    }

    fn explained(&self, now: Instant, all: &Explanation, report: &PathReport) -> ExplainPath {
        ExplainPath {
            path: self.full_view(now, all, report),
            verdict: self.verdict_of(all, report),
            policy: self.policy_of(all.prefix, report),
            next_hop: self.next_hop_view(report),
        }
    }

    fn verdict_of(&self, all: &Explanation, report: &PathReport) -> Verdict {
        let winner = |to: usize| all.paths.get(to).map(|r| self.table.attrs.get(r.path.used));
        let own = self.table.attrs.get(report.path.used);
        let words = |why: Why, to: usize| match winner(to)
            .and_then(|w| self.compared(why, own, w, report, all, to))
        {
            Some(numbers) => format!("{}: {numbers}", why.sentence()),
            None => why.sentence().to_owned(),
        };
        match report.fate {
            Fate::Best { why: Why::OnlyPath } => Verdict::Best(Why::OnlyPath.sentence().to_owned()),
            Fate::Best { why } => {
                Verdict::Best(format!("{} decided against the last other path", why.name()))
            }
            Fate::Multipath { why, to } => Verdict::Multipath(words(why, to)),
            Fate::Lost { why, to } => Verdict::Lost {
                to: u32::try_from(to.saturating_add(1)).unwrap_or(u32::MAX),
                step: why.name().to_owned(),
                why: words(why, to),
            },
            Fate::Unreachable => Verdict::Unusable(Why::NextHopUnreachable.sentence().to_owned()),
            Fate::Rejected { why } => Verdict::Unusable(why.name().to_owned()),
        }
    }

    /// What was compared: `100 against 200`.
    fn compared(
        &self,
        why: Why,
        own: &Set,
        winner: &Set,
        report: &PathReport,
        all: &Explanation,
        to: usize,
    ) -> Option<String> {
        let against = |a: u32, b: u32| Some(format!("{a} against {b}"));
        let pref = |set: &Set| set.local_pref().unwrap_or(self.config.default_local_preference);
        let length = |set: &Set| match self.config.bestpath.as_path_confed {
            true => set.path_length_confed(),
            false => set.path_length(),
        };
        let med = |set: &Set| match (set.med(), self.config.bestpath.med_missing_as_worst) {
            (Some(med), _) => med,
            (None, true) => u32::MAX,
            (None, false) => 0,
        };
        let other = all.paths.get(to)?;
        let info = |ix: PeerIx| self.table.peer_info(ix);
        let router = |set: &Set, ix: PeerIx| set.originator().or_else(|| info(ix).map(|p| p.router_id));
        let (mine, its) = (report.path.from.peer, other.path.from.peer);
        match why {
            Why::Weight => against(own.local().weight, winner.local().weight),
            Why::LocalPreference => against(pref(own), pref(winner)),
            Why::AsPathLength => against(length(own).into(), length(winner).into()),
            Why::Origin => Some(format!("{} against {}", own.origin(), winner.origin())),
            Why::Med => against(med(own), med(winner)),
            Why::IgpMetric => against(report.metric?, other.metric?),
            Why::RouterId => Some(format!("{} against {}", router(own, mine)?, router(winner, its)?)),
            Why::ClusterList => against(own.cluster_len().into(), winner.cluster_len().into()),
            Why::PeerAddress => Some(format!("{} against {}", info(mine)?.address, info(its)?.address)),
            Why::PathId => against(report.path.from.path_id, other.path.from.path_id),
            _ => None,
        }
    }

    /// What import policy says of a path, by the code that judged it.
    fn policy_of(&self, prefix: Prefix, report: &PathReport) -> String {
        let path = &report.path;
        if path.from.peer == PeerIx::SELF {
            return String::new();
        }
        let family = Family::of(prefix.is_v4());
        let judge = self.peers.get(&path.from.peer).and_then(|p| Judge::new(self, p, family));
        let Some(judge) = judge else {
            return "its session is down; it stays as it was judged".to_owned();
        };
        let verdict = judge.telling().judge(prefix, self.table.attrs.get(path.received));
        let by = verdict.by.as_deref();
        match (&verdict.result, by) {
            (Err(_), Some(by)) => format!("denied by {by}"),
            (Err(why), None) => format!("denied: {}", why.name()),
            (Ok(_), by) => {
                let changed = self.policy_changes(report);
                let permitted = by.map_or_else(|| "permitted".to_owned(), |by| format!("permitted by {by}"));
                match changed.is_empty() {
                    true => permitted,
                    false => format!("{permitted}; set {}", changed.join(", ")),
                }
            }
        }
    }

    /// What policy made another thing than was received.
    fn policy_changes(&self, report: &PathReport) -> Vec<String> {
        let (received, used) = (report.path.received, report.path.used);
        if received == used {
            return Vec::new();
        }
        let (before, after) = (self.table.attrs.get(received), self.table.attrs.get(used));
        let mut all = differences(&before.decode(), &after.decode());
        let (old, new) = (before.local(), after.local());
        let numbers = [
            ("weight", old.weight, new.weight),
            ("tag", old.tag, new.tag),
            ("distance", old.distance.into(), new.distance.into()),
        ];
        all.extend(numbers.iter().filter(|(_, a, b)| a != b).map(|(name, _, b)| format!("{name} {b}")));
        all
    }

    fn next_hop_view(&self, report: &PathReport) -> NextHopView {
        if report.path.from.peer == PeerIx::SELF {
            return NextHopView::default();
        }
        let address = self.table.attrs.get(report.path.used).next_hop();
        let end =
            |a: &Adjacency| (a.gateway, self.ports.get(&a.port).map_or_else(String::new, |p| p.name.clone()));
        let reach = report.reach.as_ref();
        NextHopView {
            address: Some(address),
            reachable: report.metric.is_some(),
            through: reach.map(|r| r.prefix),
            protocol: reach.map(|r| r.protocol),
            metric: report.metric,
            ends: reach
                .map(|r| r.resolved.hops().iter().map(|h| end(&h.adjacency)).collect())
                .unwrap_or_default(),
        }
    }
}

/// What is another thing, in the words of `set`.
fn differences(before: &Attributes, after: &Attributes) -> Vec<String> {
    fn words<T: ToString>(all: &[T]) -> String {
        match all {
            [] => "none".to_owned(),
            all => all.iter().map(ToString::to_string).collect::<Vec<_>>().join(" "),
        }
    }
    let number = |n: Option<u32>| n.map_or_else(|| "none".to_owned(), |n| n.to_string());
    let (a, b) = (before, after);
    let all = [
        (a.origin != b.origin, "origin", b.origin.to_string()),
        (a.as_path != b.as_path, "as-path", b.as_path.to_string()),
        (a.next_hop != b.next_hop, "next-hop", b.next_hop.to_string()),
        (a.med != b.med, "metric", number(b.med)),
        (a.local_pref != b.local_pref, "local-preference", number(b.local_pref)),
        (a.communities != b.communities, "community", words(&b.communities)),
        (a.extended_communities != b.extended_communities, "extcommunity", words(&b.extended_communities)),
        (a.large_communities != b.large_communities, "large-community", words(&b.large_communities)),
        (a.only_to_customer != b.only_to_customer, "otc", number(b.only_to_customer)),
        (a.atomic_aggregate != b.atomic_aggregate, "atomic-aggregate", b.atomic_aggregate.to_string()),
    ];
    all.into_iter().filter(|(differ, ..)| *differ).map(|(_, name, value)| format!("{name} {value}")).collect()
}
