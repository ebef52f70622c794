//! Long answers come in pages: where the next one begins, and several as one.

use crate::command::{BgpShow, OspfShow, Show};
use crate::reply::{BgpReply, OspfReply, Reply};
use bgp::show::Cursor;
use fib::Prefix;
use ospf::show::Position;

/// Where a page ends.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Place {
    /// At a prefix.
    Prefix(Prefix),
    /// At an LSA.
    Lsa(Position),
    /// At a route of OSPF's own table.
    OspfRoute(bool, Prefix),
    /// At a destination of BGP's table.
    Bgp(Cursor),
    /// At a set of BGP's attributes.
    BgpAttributes(u32),
    /// At a ROA.
    Roa((Prefix, u8, u32)),
}

/// Where the next page begins.
pub(super) fn after(reply: &Reply) -> Option<Place> {
    match reply {
        Reply::Routes(page) => page.more.map(Place::Prefix),
        Reply::Fib(page) => page.more.map(Place::Prefix),
        Reply::Ospf(Some(reply)) => match reply.as_ref() {
            OspfReply::Database(page) => page.more.clone().map(Place::Lsa),
            OspfReply::Routes(page) => page.more.map(|(external, prefix)| Place::OspfRoute(external, prefix)),
            _ => None,
        },
        Reply::Bgp(Some(reply)) => match reply.as_ref() {
            BgpReply::Routes(page) => page.more.map(Place::Bgp),
            BgpReply::Attributes(page) => page.more.map(Place::BgpAttributes),
            BgpReply::RpkiTable(page) => page.more.map(Place::Roa),
            BgpReply::Statistics(page) => page.more.map(Place::Prefix),
            _ => None,
        },
        _ => None,
    }
}

/// Asks for what follows next; false: there is no such question, or it would be the same one.
pub(super) fn go_on(show: &mut Show, place: &Place) -> bool {
    match (show, place) {
        (Show::Routes(query), Place::Prefix(prefix)) => set(&mut query.after, *prefix),
        (Show::Fib { after, .. }, Place::Prefix(prefix)) => set(after, *prefix),
        (Show::Ospf(OspfShow::Database(query)), Place::Lsa(position)) => {
            set(&mut query.after, position.clone())
        }
        (Show::Ospf(OspfShow::Routes(query)), Place::OspfRoute(external, prefix)) => {
            set(&mut query.after, (*external, *prefix))
        }
        (Show::Bgp(BgpShow::Routes(query)), Place::Bgp(cursor)) => set(&mut query.after, *cursor),
        (Show::Bgp(BgpShow::Attributes { after }), Place::BgpAttributes(id)) => set(after, *id),
        (Show::Bgp(BgpShow::RpkiTable { after }), Place::Roa(roa)) => set(after, *roa),
        (Show::Bgp(BgpShow::Statistics { after, .. }), Place::Prefix(prefix)) => set(after, *prefix),
        _ => false,
    }
}

/// Whether pages are parts of one sum rather than of a list.
pub(super) fn adds_up(show: &Show) -> bool {
    matches!(show, Show::Bgp(BgpShow::Statistics { .. }))
}

fn set<T: PartialEq>(after: &mut Option<T>, place: T) -> bool {
    let new = after.as_ref() != Some(&place);
    *after = Some(place);
    new
}

/// Two pages as one.
pub(super) fn join(before: Reply, next: Reply) -> Reply {
    match (before, next) {
        (Reply::Routes(mut all), Reply::Routes(next)) => {
            all.routes.extend(next.routes);
            Reply::Routes(all)
        }
        (Reply::Fib(mut all), Reply::Fib(next)) => {
            all.entries.extend(next.entries);
            Reply::Fib(all)
        }
        (Reply::Ospf(Some(mut all)), Reply::Ospf(Some(next))) => {
            join_ospf(&mut all, *next);
            Reply::Ospf(Some(all))
        }
        (Reply::Bgp(Some(mut all)), Reply::Bgp(Some(next))) => {
            join_bgp(&mut all, *next);
            Reply::Bgp(Some(all))
        }
        (before, _) => before,
    }
}

fn join_bgp(all: &mut BgpReply, next: BgpReply) {
    match (all, next) {
        (BgpReply::Routes(all), BgpReply::Routes(next)) => {
            all.destinations.extend(next.destinations);
            all.filtered = all.filtered.saturating_add(next.filtered);
            all.more = next.more;
        }
        (BgpReply::Attributes(all), BgpReply::Attributes(next)) => {
            all.sets.extend(next.sets);
            all.more = next.more;
        }
        (BgpReply::Statistics(all), BgpReply::Statistics(next)) => all.add(&next),
        (BgpReply::RpkiTable(all), BgpReply::RpkiTable(next)) => {
            all.roas.extend(next.roas);
            all.more = next.more;
        }
        _ => {}
    }
}

fn join_ospf(all: &mut OspfReply, next: OspfReply) {
    match (all, next) {
        (OspfReply::Database(all), OspfReply::Database(next)) => {
            all.lsas.extend(next.lsas);
            all.more = next.more;
        }
        (OspfReply::Routes(all), OspfReply::Routes(next)) => {
            all.networks.extend(next.networks);
            all.externals.extend(next.externals);
            all.more = next.more;
        }
        _ => {}
    }
}
