//! What enters OSPF from elsewhere: redistribution, the default route, summaries of externals.

use super::{metric_type, prefix};
use crate::config::{Edit, Run, gone, line};
use crate::grammar::{Args, Modes, Row};
use fib::Protocol;
use ospf::config::{DefaultInformation, MetricType, Redistribute, SummaryAddress};

const HELP: &[(&str, &str)] = &[
    ("redistribute", "Announce routes of another source"),
    ("metric", "Metric"),
    ("metric-type", "1: metrics add up with the way; 2: the metric alone"),
    ("type", "1 or 2"),
    ("tag", "Tag of the announced routes"),
    ("route-map", "Filter and change"),
    ("subnets", "Accepted as in IOS: networks of every length are announced"),
    ("as", "Number of the AS; accepted as in IOS"),
    ("NAME", "The name"),
    ("ACL", "An access list"),
    ("distribute-list", "Filter what is redistributed"),
    ("out", "What is redistributed"),
    ("default-information", "The default route"),
    ("originate", "Announce it"),
    ("always", "Even without a default route in the table"),
    ("default-metric", "Metric of redistributed routes without one of their own"),
    ("summary-address", "Announce externals as one"),
    ("A.B.C.D/M", "What covers them"),
    ("net", "What covers them"),
    ("mask", "Its network mask"),
    ("no-advertise", "Announce neither it nor what it covers"),
    ("not-advertise", "The same in IOS's words"),
];

pub(in crate::config) const ROWS: &[Row<Run>] = &[
    line(
        "redistribute <connected|static|rip|bgp [<1-4294967295>$as]> {metric <0-16777214>$metric|\
         metric-type <1-2>$type|tag <0-4294967295>$tag|route-map NAME|subnets}",
        "redistribute <connected|static|rip|bgp [<1-4294967295>$as]> {metric [<0-16777214>$metric]|\
         metric-type [<1-2>$type]|tag [<0-4294967295>$tag]|route-map [NAME]|subnets}",
        Modes::OSPF,
        "Announce routes of another source; `no` with options takes back those alone",
        redistribute,
    )
    .help(HELP),
    line(
        "distribute-list ACL out <connected|static|rip|bgp>",
        "distribute-list ACL out <connected|static|rip|bgp>",
        Modes::OSPF,
        "Filter what is redistributed",
        distribute_list,
    )
    .help(HELP),
    line(
        "default-information originate {always|metric <0-16777214>$metric|metric-type <1-2>$type|route-map NAME}",
        "default-information originate {always|metric [<0-16777214>$metric]|metric-type [<1-2>$type]|\
         route-map [NAME]}",
        Modes::OSPF,
        "Announce a default route",
        default_information,
    )
    .help(HELP),
    line(
        "default-metric <0-16777214>$metric",
        "default-metric [<0-16777214>$metric]",
        Modes::OSPF,
        "Metric of redistributed routes without one of their own (20)",
        default_metric,
    )
    .help(HELP),
    line(
        "summary-address <A.B.C.D/M$prefix|A.B.C.D$net A.B.C.D$mask> {tag <0-4294967295>$tag|\
         <no-advertise|not-advertise>}",
        "summary-address <A.B.C.D/M$prefix|A.B.C.D$net A.B.C.D$mask> {tag [<0-4294967295>$tag]|\
         <no-advertise|not-advertise>}",
        Modes::OSPF,
        "Announce the externals a prefix covers as one",
        summary_address,
    )
    .help(HELP),
];

fn protocol(args: &Args) -> Result<Protocol, String> {
    args.keywords().find_map(|k| k.parse::<Protocol>().ok()).ok_or_else(|| "the source is missing".to_owned())
}

fn redistribute(edit: &mut Edit<'_>, args: &Args) -> Result<(), String> {
    let protocol = protocol(args)?;
    let all = &mut edit.ospf().redistribute;
    if !args.no() {
        let new = Redistribute {
            metric: args.get("metric"),
            metric_type: metric_type(args),
            tag: args.get("tag"),
            route_map: args.text("NAME").map(str::to_owned),
        };
        all.insert(protocol, new);
        return Ok(());
    }
    let found = all.get_mut(&protocol).ok_or_else(|| format!("{protocol} is not redistributed"))?;
    if args.has("metric") {
        found.metric = None;
    }
    if args.has("metric-type") {
        found.metric_type = MetricType::default();
    }
    if args.has("tag") {
        found.tag = None;
    }
    if args.has("route-map") {
        found.route_map = None;
    }
    if !["metric", "metric-type", "tag", "route-map", "subnets"].iter().any(|k| args.has(k)) {
        all.remove(&protocol);
    }
    Ok(())
}

fn distribute_list(edit: &mut Edit<'_>, args: &Args) -> Result<(), String> {
    let (protocol, name): (_, String) = (protocol(args)?, args.need("ACL")?);
    let lists = &mut edit.ospf().distribute_lists;
    if !args.no() {
        lists.insert(protocol, name);
        return Ok(());
    }
    let known = lists.get(&protocol) == Some(&name);
    gone(known.then(|| lists.remove(&protocol)), || "no such distribute-list".to_owned())
}

fn default_information(edit: &mut Edit<'_>, args: &Args) -> Result<(), String> {
    let new = DefaultInformation {
        always: args.has("always"),
        metric: args.get("metric"),
        metric_type: metric_type(args),
        route_map: args.text("NAME").map(str::to_owned),
    };
    edit.ospf().default_information = Some(new).filter(|_| !args.no());
    Ok(())
}

fn default_metric(edit: &mut Edit<'_>, args: &Args) -> Result<(), String> {
    let metric = if args.no() { None } else { Some(args.need("metric")?) };
    edit.ospf().default_metric = metric;
    Ok(())
}

fn summary_address(edit: &mut Edit<'_>, args: &Args) -> Result<(), String> {
    let prefix = prefix(args)?;
    let all = &mut edit.ospf().summary_addresses;
    if args.no() {
        return gone(all.remove(&prefix), || format!("no summary-address {prefix}"));
    }
    let no_advertise = args.has("no-advertise") || args.has("not-advertise");
    all.insert(prefix, SummaryAddress { tag: args.get("tag").unwrap_or(0), no_advertise });
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::super::process::tests::{made_and_taken_back, ospf};
    use crate::config::tests::{after, refusal};
    use fib::Protocol;
    use ospf::config::MetricType;

    #[test]
    fn what_enters_from_elsewhere_can_be_made_and_taken_back() {
        made_and_taken_back(&[
            ("redistribute static", "no redistribute static"),
            ("redistribute rip metric 5 metric-type 1 tag 7 route-map M", "no redistribute rip"),
            ("distribute-list A out static", "no distribute-list A out static"),
            ("default-information originate", "no default-information originate"),
            (
                "default-information originate always metric 5 metric-type 1 route-map M",
                "no default-information originate always metric 5",
            ),
            ("default-metric 0", "no default-metric 0"),
            ("summary-address 10.0.0.0/8 tag 5", "no summary-address 10.0.0.0/8"),
            (
                "summary-address 10.0.0.0 255.0.0.0 not-advertise",
                "no summary-address 10.0.0.0/8 no-advertise",
            ),
        ]);
    }

    #[test]
    fn options_of_redistribution_come_in_any_order_and_go_one_by_one() {
        let o = ospf(&["redistribute bgp 65000 subnets route-map M tag 7 metric-type 1 metric 5"]);
        let bgp = &o.redistribute[&Protocol::Bgp];
        assert_eq!((bgp.metric, bgp.metric_type, bgp.tag), (Some(5), MetricType::One, Some(7)));
        let rest = ospf(&[
            "redistribute rip metric 5 metric-type 1 tag 7 route-map M",
            "no redistribute rip metric",
            "no redistribute rip metric-type 1 route-map M tag",
        ]);
        assert_eq!(rest, ospf(&["redistribute rip"]));
        assert!(refusal(&["router ospf", "no redistribute rip"]).message.contains("rip"));
    }

    #[test]
    fn ospf_enters_rip_by_its_name_and_process() {
        let rip = |line: &str| after(&["router rip", line]).rip.unwrap().redistribute;
        assert_eq!(rip("redistribute ospf 1 metric 3"), rip("redistribute ospf metric 3"));
        assert!(refusal(&["router ospf", "redistribute ospf"]).column.is_some());
    }
}
