//! Lines of FRR and IOS files that mean nothing here and do no harm: accepted and forgotten, so that such
//! files load unchanged. Anything else unknown stays an error, named with its line.

use super::{Edit, Run, line};
use crate::grammar::{Args, Modes, Row};

const HELP: &[(&str, &str)] = &[("LINE", FORGOTTEN)];
const FORGOTTEN: &str = "Accepted and forgotten";
const OSPF: &[(&str, &str)] = &[
    ("refresh", FORGOTTEN),
    ("write-multiplier", FORGOTTEN),
    ("ospf", FORGOTTEN),
    ("aggregation", FORGOTTEN),
    ("timer", FORGOTTEN),
    ("ispf", FORGOTTEN),
    ("proactive-arp", FORGOTTEN),
];
const ABOUT: &str = "Accepted so that files of FRR and IOS load; means nothing here";

pub(super) const ROWS: &[Row<Run>] = &[
    line("frr <version|defaults> LINE", "frr defaults LINE", Modes::CONFIG, ABOUT, nothing).help(HELP),
    line("log LINE", "log LINE", Modes::CONFIG, ABOUT, nothing).help(HELP),
    line("service LINE", "service LINE", Modes::CONFIG, ABOUT, nothing).help(HELP),
    line("line vty", "line vty", Modes::CONFIG, ABOUT, nothing),
    line("version LINE", "", Modes::CONFIG, ABOUT, nothing).help(HELP),
    line("password LINE", "password [LINE]", Modes::CONFIG, ABOUT, nothing).help(HELP),
    line("enable password LINE", "enable password [LINE]", Modes::CONFIG, ABOUT, nothing).help(HELP),
    line("banner motd LINE", "banner motd", Modes::CONFIG, ABOUT, nothing).help(HELP),
    line("link-detect", "link-detect", Modes::INTERFACE, ABOUT, nothing),
    line("refresh timer <10-1800>$seconds", "refresh timer [<10-1800>$seconds]", Modes::OSPF, ABOUT, nothing)
        .help(OSPF),
    line("write-multiplier <1-100>$n", "write-multiplier [<1-100>$n]", Modes::OSPF, ABOUT, nothing)
        .help(OSPF),
    line("ospf write-multiplier <1-100>$n", "ospf write-multiplier [<1-100>$n]", Modes::OSPF, ABOUT, nothing)
        .help(OSPF),
    line(
        "aggregation timer <5-1800>$seconds",
        "aggregation timer [<5-1800>$seconds]",
        Modes::OSPF,
        ABOUT,
        nothing,
    )
    .help(OSPF),
    line("ispf", "ispf", Modes::OSPF, ABOUT, nothing).help(OSPF),
    line("proactive-arp", "proactive-arp", Modes::OSPF, ABOUT, nothing).help(OSPF),
];

fn nothing(_: &mut Edit<'_>, _: &Args) -> Result<(), String> {
    Ok(())
}

#[cfg(test)]
mod tests {
    use crate::config::tests::after;

    #[test]
    fn what_frr_writes_at_the_head_of_a_file_is_accepted() {
        let lines = [
            "frr version 8.4.4",
            "frr defaults traditional",
            "log syslog informational",
            "service integrated-vtysh-config",
            "line vty",
        ];
        assert_eq!(after(&lines), after(&[]));
    }
}
