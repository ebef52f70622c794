//! `area N ...`: its kind, what it tells the others, what it takes from them.

use super::{in_area, metric_type, prefix, virtual_link};
use crate::config::{Edit, Run, gone, line};
use crate::grammar::{Args, Modes, Row};
use fib::Prefix;
use ospf::AreaId;
use ospf::config::{AreaConfig, AreaKind, AuthenticationMode, NssaDefault, Range, Translator};

const HELP: &[(&str, &str)] = &[
    ("area", "An area"),
    ("stub", "An area without externals"),
    ("no-summary", "Without the routes of other areas either"),
    ("nssa", "A stub area with externals of its own (RFC 3101)"),
    ("translate-candidate", "Translate if elected"),
    ("translate-always", "Translate in any case"),
    ("translate-never", "Never translate"),
    ("suppress-fa", "Translate without forwarding address"),
    ("default-information-originate", "Announce a default route into the area"),
    ("metric", "Metric"),
    ("metric-type", "1: metrics add up with the way; 2: the metric alone"),
    ("type", "1 or 2"),
    ("default-cost", "Cost of the default route into a stub area or NSSA (1)"),
    ("cost", "Cost"),
    ("range", "Announce networks as one"),
    ("A.B.C.D/M", "What covers them"),
    ("net", "What covers them"),
    ("mask", "Its network mask"),
    ("advertise", "Announce it (the default)"),
    ("not-advertise", "Announce neither it nor what it covers"),
    ("substitute", "Announce another prefix in its place"),
    ("authentication", "Authentication of interfaces that say nothing themselves"),
    ("message-digest", "Keyed MD5"),
    ("filter-list", "Filter what is told between areas"),
    ("prefix", "By a prefix list"),
    ("in", "What enters the area"),
    ("out", "What leaves the area"),
    ("import-list", "An access list for what enters the area"),
    ("export-list", "An access list for what leaves the area"),
    ("NAME", "Its name"),
    ("virtual-link", "A link to the backbone through this area"),
    ("router", "Number of the router at its other end"),
    ("hello-interval", "Seconds between hellos (10)"),
    ("dead-interval", "Seconds of silence until the neighbor is dead (40)"),
    ("retransmit-interval", "Seconds until what was not acknowledged is sent again (5)"),
    ("transmit-delay", "Seconds added to the age of what is sent (1)"),
    ("null", "None"),
    ("key-chain", "Keys of a chain: MD5 or HMAC-SHA"),
    ("authentication-key", "A password"),
    ("message-digest-key", "A key of MD5"),
    ("md5", "MD5"),
    ("id", "Number of the key"),
    ("key", "1 to 8 characters"),
    ("digest", "1 to 16 characters"),
];

pub(in crate::config) const ROWS: &[Row<Run>] = &[
    line(
        in_area!("area ", " stub [no-summary]"),
        in_area!("area ", " stub [no-summary]"),
        Modes::OSPF,
        "An area without externals",
        stub,
    )
    .help(HELP),
    line(
        in_area!(
            "area ",
            " nssa {no-summary|<translate-candidate|translate-always|translate-never>|suppress-fa|\
             default-information-originate {metric <0-16777214>$metric|metric-type <1-2>$type}}"
        ),
        in_area!(
            "area ",
            " nssa {no-summary|<translate-candidate|translate-always|translate-never>|suppress-fa|\
             default-information-originate {metric [<0-16777214>$metric]|metric-type [<1-2>$type]}}"
        ),
        Modes::OSPF,
        "A stub area with externals of its own; what a line does not name stays",
        nssa,
    )
    .help(HELP),
    line(
        in_area!("area ", " default-cost <0-16777215>$cost"),
        in_area!("area ", " default-cost [<0-16777215>$cost]"),
        Modes::OSPF,
        "Cost of the default route into a stub area or NSSA (1)",
        default_cost,
    )
    .help(HELP),
    line(
        in_area!(
            "area ",
            " [nssa] range <A.B.C.D/M$prefix|A.B.C.D$net A.B.C.D$mask> {<advertise|not-advertise>|\
             cost <0-16777215>$cost|substitute A.B.C.D/M$substitute}"
        ),
        in_area!(
            "area ",
            " [nssa] range <A.B.C.D/M$prefix|A.B.C.D$net A.B.C.D$mask> {<advertise|not-advertise>|\
             cost [<0-16777215>$cost]|substitute [A.B.C.D/M$substitute]}"
        ),
        Modes::OSPF,
        "Announce what leaves the area (of an NSSA: what is translated) as one",
        range,
    )
    .help(HELP),
    line(
        in_area!("area ", " authentication [message-digest]"),
        in_area!("area ", " authentication [message-digest]"),
        Modes::OSPF,
        "Authentication of interfaces that say nothing themselves",
        authentication,
    )
    .help(HELP),
    line(
        in_area!("area ", " filter-list prefix NAME <in|out>"),
        in_area!("area ", " filter-list prefix NAME <in|out>"),
        Modes::OSPF,
        "Filter what is told between areas by a prefix list",
        filter_list,
    )
    .help(HELP),
    line(
        in_area!("area ", " <import-list|export-list> NAME"),
        in_area!("area ", " <import-list|export-list> [NAME]"),
        Modes::OSPF,
        "Filter what is told between areas by an access list",
        access_list,
    )
    .help(HELP),
    line(
        in_area!(
            "area ",
            " virtual-link A.B.C.D$router {hello-interval <1-65535>$hello|dead-interval <1-65535>$dead|\
             retransmit-interval <1-65535>$retransmit|transmit-delay <1-65535>$delay|\
             authentication [message-digest|null|key-chain NAME]|authentication-key KEY$key|\
             message-digest-key <1-255>$id md5 KEY$digest}"
        ),
        in_area!(
            "area ",
            " virtual-link A.B.C.D$router {hello-interval [<1-65535>$hello]|dead-interval [<1-65535>$dead]|\
             retransmit-interval [<1-65535>$retransmit]|transmit-delay [<1-65535>$delay]|\
             authentication [message-digest|null|key-chain [NAME]]|authentication-key [KEY$key]|\
             message-digest-key <1-255>$id [md5 [KEY$digest]]}"
        ),
        Modes::OSPF,
        "A link to the backbone through this area; `no` with options takes back those alone",
        virtual_link::edit,
    )
    .help(HELP),
];

impl Edit<'_> {
    /// Changes what is said about the area of a line; one of which nothing is said is not kept.
    pub(super) fn area(
        &mut self,
        args: &Args,
        change: impl FnOnce(&mut AreaConfig) -> Result<(), String>,
    ) -> Result<(), String> {
        let id: AreaId = args.need("area")?;
        let known = self.config.ospf.as_ref().and_then(|ospf| ospf.areas.get(&id));
        let mut new = known.cloned().unwrap_or_default();
        change(&mut new)?;
        let areas = &mut self.ospf().areas;
        if new == AreaConfig::default() {
            areas.remove(&id);
        } else {
            areas.insert(id, new);
        }
        Ok(())
    }
}

/// What an area of another kind cannot have goes with the kind.
fn become_kind(area: &mut AreaConfig, kind: AreaKind) {
    if area.kind == kind {
        return;
    }
    area.kind = kind;
    area.no_summary = false;
    area.nssa_translator = Translator::default();
    area.nssa_suppress_fa = false;
    area.nssa_default = None;
    area.nssa_ranges.clear();
    if kind == AreaKind::Normal {
        area.default_cost = None;
    }
}

/// An error unless the area is of the kind that is to be taken back.
fn is_of_kind(area: &AreaConfig, kind: AreaKind, what: &str) -> Result<(), String> {
    if area.kind == kind { Ok(()) } else { Err(format!("the area is not {what}")) }
}

fn stub(edit: &mut Edit<'_>, args: &Args) -> Result<(), String> {
    edit.area(args, |area| stub_area(area, args))
}

fn stub_area(area: &mut AreaConfig, args: &Args) -> Result<(), String> {
    if !args.no() {
        become_kind(area, AreaKind::Stub);
        area.no_summary = args.has("no-summary");
        return Ok(());
    }
    is_of_kind(area, AreaKind::Stub, "a stub")?;
    if args.has("no-summary") {
        area.no_summary = false;
    } else {
        become_kind(area, AreaKind::Normal);
    }
    Ok(())
}

fn nssa(edit: &mut Edit<'_>, args: &Args) -> Result<(), String> {
    edit.area(args, |area| nssa_area(area, args))
}

fn nssa_area(area: &mut AreaConfig, args: &Args) -> Result<(), String> {
    let translator = [
        ("translate-candidate", Translator::Candidate),
        ("translate-always", Translator::Always),
        ("translate-never", Translator::Never),
    ];
    let translator = translator.into_iter().find(|(name, _)| args.has(name)).map(|(_, role)| role);
    let default = args.has("default-information-originate");
    let (no_summary, suppress_fa) = (args.has("no-summary"), args.has("suppress-fa"));
    if args.no() {
        is_of_kind(area, AreaKind::Nssa, "an NSSA")?;
        if translator.is_none() && !default && !no_summary && !suppress_fa {
            become_kind(area, AreaKind::Normal);
            return Ok(());
        }
    } else {
        become_kind(area, AreaKind::Nssa);
    }
    if let Some(role) = translator {
        area.nssa_translator = if args.no() { Translator::default() } else { role };
    }
    if default {
        let new = NssaDefault { metric: args.get("metric"), metric_type: metric_type(args) };
        area.nssa_default = Some(new).filter(|_| !args.no());
    }
    if no_summary {
        area.no_summary = !args.no();
    }
    if suppress_fa {
        area.nssa_suppress_fa = !args.no();
    }
    Ok(())
}

fn default_cost(edit: &mut Edit<'_>, args: &Args) -> Result<(), String> {
    let cost = if args.no() { None } else { Some(args.need("cost")?) };
    edit.area(args, |area| {
        area.default_cost = cost;
        Ok(())
    })
}

fn range(edit: &mut Edit<'_>, args: &Args) -> Result<(), String> {
    let prefix = prefix(args)?;
    edit.area(args, |area| range_of(area, prefix, args))
}

fn range_of(area: &mut AreaConfig, prefix: Prefix, args: &Args) -> Result<(), String> {
    let ranges = if args.has("nssa") {
        is_of_kind(area, AreaKind::Nssa, "an NSSA")?;
        &mut area.nssa_ranges
    } else {
        &mut area.ranges
    };
    if !args.no() {
        let not_advertise = args.has("not-advertise");
        ranges.insert(
            prefix,
            Range { not_advertise, cost: args.get("cost"), substitute: args.get("substitute") },
        );
        return Ok(());
    }
    let known = ranges.get_mut(&prefix).ok_or_else(|| format!("no range {prefix}"))?;
    if args.has("not-advertise") {
        known.not_advertise = false;
    }
    if args.has("cost") {
        known.cost = None;
    }
    if args.has("substitute") {
        known.substitute = None;
    }
    if !["not-advertise", "cost", "substitute"].iter().any(|k| args.has(k)) {
        ranges.remove(&prefix);
    }
    Ok(())
}

fn authentication(edit: &mut Edit<'_>, args: &Args) -> Result<(), String> {
    let digest = args.has("message-digest");
    let mode = if digest { AuthenticationMode::MessageDigest } else { AuthenticationMode::Simple };
    edit.area(args, |area| {
        area.authentication = Some(mode).filter(|_| !args.no());
        Ok(())
    })
}

fn filter_list(edit: &mut Edit<'_>, args: &Args) -> Result<(), String> {
    let name: String = args.need("NAME")?;
    edit.area(args, |area| {
        let place = if args.has("in") { &mut area.filter_list_in } else { &mut area.filter_list_out };
        if args.no() {
            return gone(place.take_if(|known| *known == name), || format!("no filter-list {name}"));
        }
        *place = Some(name);
        Ok(())
    })
}

fn access_list(edit: &mut Edit<'_>, args: &Args) -> Result<(), String> {
    let name = args.text("NAME").filter(|_| !args.no()).map(str::to_owned);
    edit.area(args, |area| {
        if args.has("import-list") {
            area.import_list = name;
        } else {
            area.export_list = name;
        }
        Ok(())
    })
}

#[cfg(test)]
mod tests {
    use super::super::process::tests::{made_and_taken_back, ospf};
    use crate::config::tests::refusal;
    use ospf::AreaId;
    use ospf::config::{AreaConfig, AreaKind, MetricType, Translator};

    fn area(lines: &[&str]) -> AreaConfig {
        ospf(lines).areas.remove(&AreaId(1)).unwrap_or_default()
    }

    #[test]
    fn every_setting_of_an_area_can_be_made_and_taken_back() {
        made_and_taken_back(&[
            ("area 1 stub", "no area 0.0.0.1 stub"),
            ("area 1 stub no-summary", "no area 1 stub"),
            ("area 1 nssa", "no area 1 nssa"),
            ("area 1 nssa no-summary suppress-fa translate-always", "no area 1 nssa"),
            ("area 1 nssa default-information-originate metric 5 metric-type 1", "no area 1 nssa"),
            ("area 1 default-cost 5", "no area 1 default-cost"),
            ("area 1 range 10.0.0.0/8", "no area 1 range 10.0.0.0/8"),
            ("area 1 range 10.0.0.0 255.0.0.0 advertise cost 5", "no area 1 range 10.0.0.0/8"),
            ("area 1 authentication", "no area 1 authentication"),
            ("area 1 authentication message-digest", "no area 1 authentication"),
            ("area 1 filter-list prefix P in", "no area 1 filter-list prefix P in"),
            ("area 1 filter-list prefix P out", "no area 1 filter-list prefix P out"),
            ("area 1 import-list A", "no area 1 import-list A"),
            ("area 1 export-list A", "no area 1 export-list"),
        ]);
    }

    #[test]
    fn an_nssa_keeps_what_a_line_does_not_name() {
        let a = area(&[
            "area 1 nssa no-summary",
            "area 1 nssa translate-never",
            "area 1 nssa default-information-originate metric-type 1",
            "no area 1 nssa no-summary",
        ]);
        assert_eq!((a.kind, a.nssa_translator, a.no_summary), (AreaKind::Nssa, Translator::Never, false));
        assert_eq!(a.nssa_default.map(|d| d.metric_type), Some(MetricType::One));
    }

    #[test]
    fn what_a_kind_of_area_had_goes_with_the_kind() {
        let nssa = ["area 1 nssa translate-always", "area 1 nssa range 10.0.0.0/8", "area 1 default-cost 5"];
        assert_eq!(area(&[&nssa[..], &["no area 1 nssa"]].concat()), AreaConfig::default());
        let stub = area(&[&nssa[..], &["area 1 stub"]].concat());
        assert!(stub.nssa_ranges.is_empty() && stub.default_cost == Some(5));
        assert!(refusal(&["router ospf", "no area 1 nssa"]).message.contains("not an NSSA"));
        assert!(refusal(&["router ospf", "area 1 nssa range 10.0.0.0/8"]).message.contains("not an NSSA"));
    }

    #[test]
    fn a_range_is_told_by_its_last_line() {
        let a = area(&[
            "area 1 range 10.0.0.0/8 cost 5 substitute 192.0.2.0/24",
            "area 1 range 10.0.0.0/8 not-advertise",
        ]);
        let range = a.ranges.values().next().unwrap();
        assert!(range.not_advertise && range.cost.is_none() && range.substitute.is_none());
        let kept = area(&["area 1 range 10.0.0.0/8 cost 5", "no area 1 range 10.0.0.0/8 cost 5"]);
        assert_eq!(kept, area(&["area 1 range 10.0.0.0/8"]));
    }
}
