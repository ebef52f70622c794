//! `show ip ospf ...`: asks the process; large answers leave page by page.

use super::Router;
use cli::Reply;
use cli::command::OspfShow;
use cli::reply::{OspfReply, Protocols};
use fib::{Instant, Prefix, Protocol, TableId};
use ospf::show::RibVerdict;

impl Router {
    /// Answers for OSPF; `None` inside: it does not run.
    pub(super) fn show_ospf(&self, now: Instant, show: OspfShow) -> Reply {
        let Some(ospf) = &self.machines.ospf else { return Reply::Ospf(None) };
        let reply = match show {
            OspfShow::Process => OspfReply::Process(ospf.process(now)),
            OspfShow::Interfaces(name) => {
                let all = ospf.interfaces(now, name.as_deref());
                match name {
                    Some(name) if all.interfaces.is_empty() => {
                        return Reply::Error(format!("OSPF does not run on {name}"));
                    }
                    _ => OspfReply::Interfaces(all),
                }
            }
            OspfShow::Neighbors(query) => OspfReply::Neighbors(ospf.neighbors(now, &query)),
            OspfShow::Database(query) => OspfReply::Database(ospf.database(now, &query)),
            OspfShow::Routes(query) => OspfReply::Routes(ospf.routes().page(&query)),
            OspfShow::BorderRouters => OspfReply::BorderRouters(ospf.border_routers()),
            OspfShow::Explain(prefix) => {
                let mut explain = ospf.explain(now, prefix);
                explain.rib = explain.prefix.and_then(|prefix| self.verdict(now, prefix));
                OspfReply::Explain(explain)
            }
        };
        Reply::Ospf(Some(Box::new(reply)))
    }

    /// What the RIB made of OSPF's route; `None`: it has none.
    fn verdict(&self, now: Instant, prefix: Prefix) -> Option<RibVerdict> {
        let listing = self.rib.get(TableId::MAIN, prefix)?;
        let all = self.views(now, &listing);
        let own = all.iter().find(|r| r.protocol == Protocol::Ospf)?;
        let winner = all.iter().find(|r| r.selected && r.protocol != Protocol::Ospf);
        Some(RibVerdict {
            distance: own.distance,
            selected: own.selected,
            winner: winner.map(|r| (r.protocol, r.distance)),
            why_not: own.why_not.clone(),
        })
    }

    /// `show ip protocols`
    pub(super) fn protocols(&self, now: Instant) -> Protocols {
        Protocols {
            rip: self.machines.rip.as_ref().map(|r| r.status(now)),
            ospf: self.machines.ospf.as_ref().map(|o| o.process(now)),
            bgp: self.machines.bgp.as_ref().map(bgp::Bgp::show_process),
        }
    }
}
