//! `show ip ospf ...`

use super::show::{View, show};
use super::{Action, Run, line};
use crate::command::{OspfShow, Show};
use crate::grammar::{Args, Modes, Row};
use fib::Prefix;
use ospf::show::{DatabaseQuery, NeighborQuery, RoutesQuery};
use ospf::wire::Kind;

/// How an answer of OSPF's is printed.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub enum OspfView {
    /// The only face.
    #[default]
    Plain,
    /// Interfaces, one line each.
    Brief,
    /// Neighbors.
    Neighbors {
        /// With all that is known.
        detail: bool,
        /// Some of them: FRR's JSON then has no outer object.
        some: bool,
    },
    /// LSAs.
    Database {
        /// Of this kind, with what they say.
        kind: Option<Kind>,
        /// Those that are being flushed.
        max_age: bool,
    },
}

pub(super) const ROWS: &[Row<Run>] = &[
    line("show ip ospf", "", Modes::EXEC, "The OSPF process and its areas", |args| {
        ask(args, OspfShow::Process, OspfView::Plain)
    })
    .help(HELP),
    line("show ip ospf interface [IFNAME]", "", Modes::EXEC, "Interfaces OSPF runs on", |args| {
        let name = args.text("IFNAME").map(str::to_owned);
        ask(args, OspfShow::Interfaces(name), OspfView::Plain)
    })
    .help(HELP),
    line("show ip ospf interface brief", "", Modes::EXEC, "Interfaces OSPF runs on, one line each", |args| {
        ask(args, OspfShow::Interfaces(None), OspfView::Brief)
    })
    .help(HELP),
    line(
        "show ip ospf neighbor [IFNAME|A.B.C.D$who] [{detail|all}]",
        "",
        Modes::EXEC,
        "Neighbors; of one interface, or one by its router ID or address",
        neighbors,
    )
    .help(HELP),
    line(
        "show ip ospf database \
         [<router|network|summary|asbr-summary|external|nssa-external|opaque-link|opaque-area|opaque-as> \
         [A.B.C.D$id]] [self-originate|adv-router A.B.C.D$originator]",
        "",
        Modes::EXEC,
        "The link state database; LSAs of one type with what they say",
        database,
    )
    .help(HELP),
    line("show ip ospf database max-age", "", Modes::EXEC, "LSAs that are being flushed", |args| {
        let query = DatabaseQuery { max_age: true, ..DatabaseQuery::default() };
        ask(args, OspfShow::Database(query), OspfView::Database { kind: None, max_age: true })
    })
    .help(HELP),
    line("show ip ospf route", "", Modes::EXEC, "OSPF's own routing table", |args| {
        ask(args, OspfShow::Routes(RoutesQuery::default()), OspfView::Plain)
    })
    .help(HELP),
    line("show ip ospf border-routers", "", Modes::EXEC, "Ways to border routers", |args| {
        ask(args, OspfShow::BorderRouters, OspfView::Plain)
    })
    .help(HELP),
    line(
        "show ip ospf explain <A.B.C.D$address|A.B.C.D/M$prefix>",
        "",
        Modes::EXEC,
        "Why a network is reached as it is: the path, the LSAs behind it, and what lost",
        |args| {
            let address = args.get("address").map(Prefix::host);
            let prefix = args.get::<Prefix>("prefix").or(address).ok_or("a network is needed")?;
            ask(args, OspfShow::Explain(prefix), OspfView::Plain)
        },
    )
    .help(HELP),
];

const HELP: &[(&str, &str)] = &[
    ("interface", "Interfaces OSPF runs on"),
    ("brief", "One line each"),
    ("neighbor", "Neighbors"),
    ("who", "The neighbor with this router ID or address"),
    ("detail", "With all that is known of them"),
    ("all", "Also those that are down"),
    ("database", "The link state database"),
    ("router", "Router-LSAs (type 1)"),
    ("network", "Network-LSAs (type 2)"),
    ("summary", "Networks of other areas (type 3)"),
    ("asbr-summary", "AS boundary routers of other areas (type 4)"),
    ("external", "Networks outside of the AS (type 5)"),
    ("nssa-external", "The same in an NSSA (type 7)"),
    ("opaque-link", "Opaque LSAs of one link (type 9)"),
    ("opaque-area", "Opaque LSAs of one area (type 10)"),
    ("opaque-as", "Opaque LSAs of the AS (type 11)"),
    ("originator", "Its router ID"),
    ("id", "With this link state ID"),
    ("self-originate", "Of this router"),
    ("adv-router", "Of another router"),
    ("max-age", "LSAs that are being flushed"),
    ("route", "OSPF's own routing table"),
    ("border-routers", "Ways to border routers"),
    ("explain", "Why a network is reached as it is"),
    ("address", "The network a packet to this address takes"),
    ("prefix", "This network"),
];

fn ask(args: &Args, what: OspfShow, view: OspfView) -> Result<Action, String> {
    show(args, Show::Ospf(what), View::Ospf(view))
}

fn neighbors(args: &Args) -> Result<Action, String> {
    let query = NeighborQuery {
        interface: args.text("IFNAME").map(str::to_owned),
        neighbor: args.get("who"),
        detail: args.has("detail"),
        all: args.has("all"),
    };
    let some = query.interface.is_some() || query.neighbor.is_some();
    let view = OspfView::Neighbors { detail: query.detail, some };
    ask(args, OspfShow::Neighbors(query), view)
}

fn database(args: &Args) -> Result<Action, String> {
    let kinds = [
        ("router", Kind::Router),
        ("network", Kind::Network),
        ("summary", Kind::Summary),
        ("asbr-summary", Kind::AsbrSummary),
        ("external", Kind::External),
        ("nssa-external", Kind::NssaExternal),
        ("opaque-link", Kind::OpaqueLink),
        ("opaque-area", Kind::OpaqueArea),
        ("opaque-as", Kind::OpaqueAs),
    ];
    let kind = kinds.iter().find(|(word, _)| args.has(word)).map(|(_, kind)| *kind);
    let query = DatabaseQuery {
        kind,
        id: args.get("id"),
        router: args.get("originator"),
        self_originate: args.has("self-originate"),
        max_age: false,
        after: None,
    };
    ask(args, OspfShow::Database(query), OspfView::Database { kind, max_age: false })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::exec::{Handler, grammar};

    /// What a line asks for.
    fn asked(line: &str) -> (OspfShow, OspfView, bool) {
        let grammar = grammar(&[]);
        let (form, args) = grammar.parse(Modes::EXEC, line).unwrap_or_else(|e| panic!("{line}: {e:?}"));
        let Handler::Own(run) = form.run else { panic!("{line} is somebody else's") };
        match run(&args) {
            Ok(Action::Show { show: Show::Ospf(what), view: View::Ospf(view), json }) => (what, view, json),
            other => panic!("{line}: {other:?}"),
        }
    }

    #[test]
    fn neighbors_are_chosen_by_interface_router_id_or_address() {
        let query = |line| match asked(line).0 {
            OspfShow::Neighbors(query) => query,
            other => panic!("{other:?}"),
        };
        assert_eq!(query("show ip ospf neighbor"), NeighborQuery::default());
        assert!(query("sh ip os nei det").detail);
        assert_eq!(query("show ip ospf neighbor eth0").interface.as_deref(), Some("eth0"));
        let one = query("show ip ospf neighbor 1.1.1.1 detail");
        assert_eq!((one.neighbor, one.detail), ("1.1.1.1".parse().ok(), true));
        assert!(query("show ip ospf neighbor detail all").all);
        assert!(asked("show ip ospf neighbor detail json").2);
    }

    #[test]
    fn lsas_are_chosen_by_type_id_and_originator() {
        let query = |line| match asked(line).0 {
            OspfShow::Database(query) => query,
            other => panic!("{other:?}"),
        };
        let all = DatabaseQuery::default();
        assert_eq!(query("show ip ospf database"), all);
        let one = query("show ip ospf database external 10.0.0.0 adv-router 1.1.1.1");
        assert_eq!((one.kind, one.id), (Some(Kind::External), "10.0.0.0".parse().ok()));
        assert_eq!(one.router, "1.1.1.1".parse().ok());
        let own = query("show ip ospf database router self-originate json");
        assert_eq!((own.kind, own.self_originate), (Some(Kind::Router), true));
        assert_eq!(query("show ip ospf database self-originate").kind, None);
        assert!(query("show ip ospf database max-age").max_age);
        assert_eq!(query("sh ip ospf data opaque-ar").kind, Some(Kind::OpaqueArea));
    }

    #[test]
    fn a_brief_list_is_no_interface_of_that_name() {
        assert_eq!(asked("show ip ospf interface brief").1, OspfView::Brief);
        assert_eq!(asked("show ip ospf interface").0, OspfShow::Interfaces(None));
        assert_eq!(asked("show ip ospf interface eth1").0, OspfShow::Interfaces(Some("eth1".to_owned())));
    }

    #[test]
    fn an_explanation_is_of_a_network_or_an_address() {
        let prefix = |text: &str| OspfShow::Explain(text.parse().unwrap());
        assert_eq!(asked("show ip ospf explain 10.0.0.0/8").0, prefix("10.0.0.0/8"));
        assert_eq!(asked("show ip ospf explain 10.1.2.3").0, prefix("10.1.2.3/32"));
    }
}
