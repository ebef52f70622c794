//! What `debug bgp ...` wants told: UPDATEs that come, best paths, next hops. Nothing is put into words unless it was asked
//! for.

use super::Bgp;
use crate::PeerIx;
use crate::attrs;
use crate::table::Change;
use crate::wire::Update;
use core::net::IpAddr;
use fib::Prefix;
use fib::rib::Reach;
use proto::{Event, Level, Notice};

/// Prefixes named in one line; of more, how many.
const NAMED: usize = 8;

impl Bgp {
    /// A session has something to say.
    pub(crate) fn session_notice(&mut self, notice: Notice) {
        let wanted = match (notice.level, notice.topic.as_str()) {
            (Level::Debug, "bgp keepalives") => self.verbose.keepalives,
            (Level::Debug, _) => self.verbose.events,
            (Level::Info, _) => self.config.log_neighbor_changes,
            _ => true,
        };
        if wanted {
            self.events.push_back(Event::Notice(notice));
        }
    }

    /// `debug bgp updates`
    pub(crate) fn debug_update(&mut self, ix: PeerIx, update: &Update<'_>) {
        if !self.verbose.updates {
            return;
        }
        let name = self.peers.get(&ix).map(|p| p.settings.key.to_string()).unwrap_or_default();
        let gone = update.withdrawn.iter().chain(update.unreach.iter().flat_map(|n| n.iter()));
        let gone: Vec<Prefix> = gone.map(|(_, prefix)| prefix).collect();
        if !gone.is_empty() {
            let notice = Notice::new(Level::Debug, "bgp updates", "withdrawn").with("neighbor", &name);
            self.notice(notice.with("prefixes", listed(&gone)));
        }
        for routes in update.announced.iter().chain(&update.reach) {
            let there: Vec<Prefix> = routes.nlri.iter().map(|(_, prefix)| prefix).collect();
            let a = attrs::decode(routes.attributes);
            let notice = Notice::new(Level::Debug, "bgp updates", "received")
                .with("neighbor", &name)
                .with("prefixes", listed(&there))
                .with("next-hop", a.next_hop)
                .with("as-path", &a.as_path)
                .with("origin", a.origin);
            self.notice(notice);
        }
        if let Some(family) = update.end_of_rib {
            let notice = Notice::new(Level::Debug, "bgp updates", "End-of-RIB").with("neighbor", name);
            self.notice(notice.with("family", family));
        }
    }

    /// `debug bgp bestpath`
    pub(crate) fn debug_best(&mut self, change: &Change) {
        if !self.verbose.bestpath || !change.best {
            return;
        }
        let notice = match self.table.best(change.family, change.dest) {
            None => {
                Notice::new(Level::Debug, "bgp bestpath", "no path is left").with("prefix", change.prefix)
            }
            Some(best) => {
                let why = self.table.why_best(change.family, change.dest);
                let from = self.peers.get(&best.from.peer).map(|p| p.settings.key.to_string());
                Notice::new(Level::Debug, "bgp bestpath", "best path")
                    .with("prefix", change.prefix)
                    .with("from", from.unwrap_or_else(|| "this router".to_owned()))
                    .with("as-path", self.table.attrs.decode(best.used).as_path)
                    .with("because", why.map_or("", |why| why.name()))
            }
        };
        self.notice(notice);
    }

    /// `debug bgp graceful-restart`
    pub(crate) fn debug_restart(&mut self, ix: PeerIx, text: &str, seconds: Option<u64>) {
        if !self.verbose.restarts {
            return;
        }
        let name = self.peers.get(&ix).map(|p| p.settings.key.to_string()).unwrap_or_default();
        let notice = Notice::new(Level::Debug, "bgp graceful-restart", text).with("neighbor", name);
        self.notice(match seconds {
            Some(seconds) => notice.with("seconds", seconds),
            None => notice,
        });
    }

    /// `debug bgp nht`
    pub(crate) fn debug_reach(&mut self, address: IpAddr, via: Option<&Reach>) {
        if !self.verbose.next_hops {
            return;
        }
        let notice = match via {
            None => Notice::new(Level::Debug, "bgp nht", "not reached").with("next-hop", address),
            Some(reach) => Notice::new(Level::Debug, "bgp nht", "reached")
                .with("next-hop", address)
                .with("through", reach.prefix)
                .with("protocol", reach.protocol)
                .with("metric", reach.metric),
        };
        self.notice(notice);
    }
}

fn listed(prefixes: &[Prefix]) -> String {
    let named: Vec<String> = prefixes.iter().take(NAMED).map(ToString::to_string).collect();
    match prefixes.len().saturating_sub(NAMED) {
        0 => named.join(" "),
        more => format!("{} and {more} more", named.join(" ")),
    }
}
