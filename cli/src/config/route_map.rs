//! Route maps.

pub(super) mod matches;
pub(super) mod sets;

pub(crate) use matches::{KINDS, VALIDITY};

use super::{Edit, Run, line, remove_first};
use crate::command::Mode;
use crate::grammar::{Args, Modes, Row};
use policy::config::{Action, Match, OnMatch, RouteMapEntry, Set};

const HELP: &[(&str, &str)] = &[
    ("route-map", "A route map"),
    ("NAME", "Its name"),
    ("seq", "Where in the map"),
    ("call", "Another map that must permit as well"),
    ("on-match", "Where to go on after a match"),
    ("next", "With the following entry"),
    ("goto", "With the first entry numbered at least this"),
    ("continue", "Where to go on after a match"),
    ("description", "A note for the reader"),
];

pub(super) const ROWS: &[Row<Run>] = &[
    line(
        "route-map NAME <permit|deny> <1-65535>$seq",
        "route-map NAME [<permit|deny> <1-65535>$seq]",
        Modes::CONFIG,
        "An entry of a route map",
        entry,
    )
    .help(HELP),
    line("description LINE", "description [LINE]", Modes::ROUTE_MAP, "A note for the reader", description)
        .help(HELP),
    line("call NAME", "call [NAME]", Modes::ROUTE_MAP, "Another map must permit as well", call).help(HELP),
    line(
        "on-match <next|goto <1-65535>$n>",
        "on-match [next|goto [<1-65535>$n]]",
        Modes::ROUTE_MAP,
        "Where to go on after a match",
        on_match,
    )
    .help(HELP),
    line(
        "continue [<1-65535>$n]",
        "continue [<1-65535>$n]",
        Modes::ROUTE_MAP,
        "The same in IOS's words",
        on_match,
    )
    .help(HELP),
];

fn entry(edit: &mut Edit<'_>, args: &Args) -> Result<(), String> {
    let name: String = args.need("NAME")?;
    let maps = &mut edit.config.policy.route_maps;
    let seq = args.get::<u16>("seq");
    let action = if args.has("deny") { Action::Deny } else { Action::Permit };
    if args.no() {
        let Some(seq) = seq else {
            return maps.remove(&name).map(|_| ()).ok_or_else(|| format!("no route map {name}"));
        };
        let map = maps.get_mut(&name).ok_or_else(|| format!("no route map {name}"))?;
        remove_first(map, |e| e.seq == seq && e.action == action)
            .ok_or_else(|| format!("route map {name} has no such entry {seq}"))?;
        if map.is_empty() {
            maps.remove(&name);
        }
        return Ok(());
    }
    let seq = seq.ok_or("the number of the entry is missing")?;
    let map = maps.entry(name.clone()).or_default();
    match map.binary_search_by_key(&seq, |e| e.seq) {
        Ok(at) => {
            if let Some(old) = map.get_mut(at) {
                old.action = action;
            }
        }
        Err(at) => {
            let (matches, set) = (Match::default(), Set::default());
            map.insert(
                at,
                RouteMapEntry { seq, action, description: None, matches, set, call: None, on_match: None },
            );
        }
    }
    edit.mode = Mode::RouteMap { name, seq };
    Ok(())
}

impl Edit<'_> {
    /// The entry of this mode; somebody else may have removed it meanwhile.
    fn entry(&mut self) -> Result<&mut RouteMapEntry, String> {
        let Mode::RouteMap { name, seq } = &self.mode else {
            return Err("no route map is being configured".into());
        };
        let map = self.config.policy.route_maps.get_mut(name);
        map.and_then(|map| map.iter_mut().find(|e| e.seq == *seq))
            .ok_or_else(|| format!("route map {name} has no entry {seq} any more"))
    }
}

fn description(edit: &mut Edit<'_>, args: &Args) -> Result<(), String> {
    edit.entry()?.description = args.text("LINE").filter(|_| !args.no()).map(str::to_owned);
    Ok(())
}

fn call(edit: &mut Edit<'_>, args: &Args) -> Result<(), String> {
    edit.entry()?.call = args.text("NAME").filter(|_| !args.no()).map(str::to_owned);
    Ok(())
}

fn on_match(edit: &mut Edit<'_>, args: &Args) -> Result<(), String> {
    let entry = edit.entry()?;
    let next = match args.get("n") {
        _ if args.no() => None,
        Some(n) if n <= entry.seq => return Err(format!("can only go on behind entry {}", entry.seq)),
        Some(n) => Some(OnMatch::Goto(n)),
        None => Some(OnMatch::Next),
    };
    entry.on_match = next;
    Ok(())
}

#[cfg(test)]
mod tests {
    use crate::config::tests::{after, refusal};
    use policy::config::{OnMatch, RouteMapEntry};

    fn map(lines: &[&str]) -> Vec<RouteMapEntry> {
        let mut all = vec!["route-map M permit 10"];
        all.extend(lines);
        after(&all).policy.route_maps.remove("M").unwrap_or_default()
    }

    #[test]
    fn every_condition_and_change_can_be_set_and_taken_back() {
        let plain = map(&[]);
        for line in [
            "description a note",
            "match ip address A",
            "match ip address prefix-list P",
            "match ip next-hop A",
            "match ip next-hop prefix-list P",
            "match interface eth1",
            "match metric 3",
            "match tag 4",
            "match source-protocol rip",
            "match route-type external2",
            "match route-type external type-1",
            "set metric +3",
            "set tag 5",
            "set ip next-hop 10.0.0.1",
            "set ipv6 next-hop global 2001:db8::1",
            "set distance 90",
            "match ip address prefix-len 24",
            "match ip next-hop address 10.0.0.1",
            "match ipv6 address A",
            "match ipv6 address prefix-list P",
            "match ipv6 address prefix-len 48",
            "match ipv6 next-hop A",
            "match ipv6 next-hop prefix-list P",
            "match ipv6 next-hop address 2001:db8::1",
            "match ipv6 next-hop 2001:db8::1",
            "match as-path A",
            "match community C",
            "match community C exact-match",
            "match community 10 any",
            "match extcommunity C",
            "match large-community C any",
            "match local-preference 100",
            "match origin igp",
            "match peer 10.0.0.1",
            "match peer 2001:db8::1",
            "match peer eth1",
            "match peer local",
            "match rpki valid",
            "match rpki notfound",
            "set as-path prepend 65001 65001",
            "set as-path prepend last-as 3",
            "set as-path exclude 65001 65002",
            "set as-path exclude all",
            "set as-path replace any",
            "set as-path replace 65001",
            "set as-path replace 65001 65002",
            "set community 65001:1 no-export",
            "set community 65001:1 additive",
            "set community none",
            "set comm-list C delete",
            "set large-community 1:2:3 additive",
            "set large-community none",
            "set large-comm-list C delete",
            "set extcommunity rt 65001:1 65001:2",
            "set extcommunity soo 10.0.0.1:1",
            "set extcommunity none",
            "set extended-comm-list C delete",
            "set local-preference 200",
            "set local-preference -5",
            "set origin incomplete",
            "set weight 100",
            "set ip next-hop peer-address",
            "set ip next-hop unchanged",
            "set ipv6 next-hop local fe80::1",
            "set ipv6 next-hop peer-address",
            "set ipv6 next-hop prefer-global",
            "set ipv6 next-hop unchanged",
            "set aggregator as 65001 10.0.0.1",
            "set atomic-aggregate",
            "set originator-id 10.0.0.1",
            "set metric-type type-1",
            "call OTHER",
            "on-match next",
            "on-match goto 20",
            "continue",
        ] {
            assert_ne!(map(&[line]), plain, "{line}");
            assert_eq!(map(&[line, &format!("no {line}")]), plain, "no {line}");
        }
    }

    #[test]
    fn a_condition_is_taken_back_without_its_value() {
        let two = ["match ip next-hop A", "match ip next-hop address 10.0.0.1"];
        assert_eq!(map(&[two[0], two[1], "no match ip next-hop address"]), map(&[two[0]]));
        assert_eq!(map(&[two[0], two[1], "no match ip next-hop"]), map(&[two[1]]));
        let six = "match ipv6 next-hop address 2001:db8::1";
        assert_eq!(map(&[six, "no match ipv6 next-hop address"]), map(&[]));
    }

    #[test]
    fn kinds_of_routes_have_ios_s_names_as_well() {
        assert_eq!(map(&["match route-type external type-2"]), map(&["match route-type external2"]));
        assert_eq!(map(&["match route-type nssa-external type-1"]), map(&["match route-type nssa1"]));
    }

    #[test]
    fn continue_is_on_match_in_other_words() {
        assert_eq!(map(&["continue 20"])[0].on_match, Some(OnMatch::Goto(20)));
        assert!(refusal(&["route-map M permit 10", "on-match goto 5"]).message.contains("behind"));
    }

    #[test]
    fn entries_are_kept_in_order_and_removed_one_by_one() {
        let seqs: Vec<u16> =
            map(&["route-map M deny 5", "route-map M permit 20"]).iter().map(|e| e.seq).collect();
        assert_eq!(seqs, [5, 10, 20]);
        assert_eq!(map(&["route-map M deny 5", "no route-map M permit 10"]).len(), 1);
        assert!(map(&["no route-map M"]).is_empty());
        assert!(refusal(&["no route-map M permit 10"]).message.contains("M"));
    }
}
