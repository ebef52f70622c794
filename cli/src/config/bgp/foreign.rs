//! Lines of FRR and IOS about BGP that mean nothing here and do no harm: accepted and forgotten, so that their files
//! load unchanged. What would change which routes there are stays an error, named with its line.

use super::{FAMILY, peer};
use crate::config::{Edit, Run, line};
use crate::grammar::{Args, Modes, Row};

const ABOUT: &str = "Accepted so that files of FRR and IOS load; means nothing here";
const FORGOTTEN: &str = "Accepted and forgotten";

/// Help for every word that occurs here only.
const HELP: &[(&str, &str)] = &[
    ("peer", "A neighbor"),
    ("default", FORGOTTEN),
    ("show-hostname", FORGOTTEN),
    ("show-nexthop-hostname", FORGOTTEN),
    ("subgroup-pkt-queue-max", FORGOTTEN),
    ("suppress-duplicates", FORGOTTEN),
    ("client-to-client", "Clients are told what other clients sent; they always are"),
    ("reflection", "Clients are told what other clients sent; they always are"),
    ("route-map", FORGOTTEN),
    ("delay-timer", FORGOTTEN),
    ("update-delay", FORGOTTEN),
    ("hard-administrative-reset", FORGOTTEN),
    ("asnotation", FORGOTTEN),
    ("dot", FORGOTTEN),
    ("nexthop", FORGOTTEN),
    ("trigger", FORGOTTEN),
    ("coalesce-time", FORGOTTEN),
    ("write-quanta", FORGOTTEN),
    ("read-quanta", FORGOTTEN),
    ("mirror", FORGOTTEN),
    ("buffer-limit", FORGOTTEN),
    ("bmp", FORGOTTEN),
    ("capability", FORGOTTEN),
    ("dynamic", FORGOTTEN),
    ("extended-optional-parameters", "Long OPENs (RFC 9072); sent where they are needed"),
    ("sender-as-path-loop-detection", FORGOTTEN),
    ("tcp-mss", FORGOTTEN),
    ("aigp", FORGOTTEN),
    ("transport", FORGOTTEN),
    ("path-mtu-discovery", FORGOTTEN),
    ("disable", FORGOTTEN),
    ("auto-summary", FORGOTTEN),
    ("synchronization", FORGOTTEN),
    ("number", FORGOTTEN),
    ("LINE", FORGOTTEN),
];

pub(in crate::config) const ROWS: &[Row<Run>] = &[
    line(
        "bgp default <show-hostname|show-nexthop-hostname>",
        "bgp default <show-hostname|show-nexthop-hostname>",
        Modes::BGP,
        ABOUT,
        nothing,
    )
    .help(HELP),
    line(
        "bgp default subgroup-pkt-queue-max <20-100>$number",
        "bgp default subgroup-pkt-queue-max [<20-100>$number]",
        Modes::BGP,
        ABOUT,
        nothing,
    )
    .help(HELP),
    line("bgp suppress-duplicates", "bgp suppress-duplicates", Modes::BGP, ABOUT, nothing).help(HELP),
    line("bgp client-to-client reflection", "", Modes::BGP, ABOUT, nothing).help(HELP),
    line(
        "bgp route-map delay-timer <0-600>$number",
        "bgp route-map delay-timer [<0-600>$number]",
        Modes::CONFIG.and(Modes::BGP),
        ABOUT,
        nothing,
    )
    .help(HELP),
    line("bgp hard-administrative-reset", "bgp hard-administrative-reset", Modes::BGP, ABOUT, nothing)
        .help(HELP),
    line("bgp asnotation dot", "bgp asnotation dot", Modes::BGP, ABOUT, nothing).help(HELP),
    line("bgp nexthop trigger LINE", "bgp nexthop trigger [LINE]", FAMILY, ABOUT, nothing).help(HELP),
    line("coalesce-time <0-4294967295>$number", "coalesce-time [LINE]", Modes::BGP, ABOUT, nothing)
        .help(HELP),
    line(
        "<write-quanta|read-quanta> <1-64>$number",
        "<write-quanta|read-quanta> [LINE]",
        Modes::BGP,
        ABOUT,
        nothing,
    )
    .help(HELP),
    line(
        "bmp mirror buffer-limit <0-4294967294>$number",
        "bmp mirror buffer-limit [LINE]",
        Modes::BGP,
        ABOUT,
        nothing,
    )
    .help(HELP),
    line(peer!("capability dynamic"), peer!("capability dynamic"), Modes::BGP, ABOUT, of_neighbor).help(HELP),
    line(
        peer!("<extended-optional-parameters|sender-as-path-loop-detection>"),
        peer!("<extended-optional-parameters|sender-as-path-loop-detection>"),
        Modes::BGP,
        ABOUT,
        of_neighbor,
    )
    .help(HELP),
    line(
        peer!("tcp-mss <1-65535>$number"),
        peer!("tcp-mss [<1-65535>$number]"),
        Modes::BGP,
        ABOUT,
        of_neighbor,
    )
    .help(HELP),
    line(
        peer!("transport path-mtu-discovery [disable]"),
        peer!("transport path-mtu-discovery"),
        Modes::BGP,
        ABOUT,
        of_neighbor,
    )
    .help(HELP),
    line(peer!("version <4-4>$number"), peer!("version [<4-4>$number]"), Modes::BGP, ABOUT, of_neighbor)
        .help(HELP),
    line("no auto-summary", "", FAMILY, ABOUT, nothing).help(HELP),
    line("no synchronization", "", FAMILY, ABOUT, nothing).help(HELP),
];

fn nothing(_: &mut Edit<'_>, _: &Args) -> Result<(), String> {
    Ok(())
}

/// The neighbor must be there all the same.
fn of_neighbor(edit: &mut Edit<'_>, args: &Args) -> Result<(), String> {
    edit.peer(args).map(|_| ())
}
