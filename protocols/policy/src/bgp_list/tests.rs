use crate::bgp::{AsPath, Community, ExtendedCommunity, LargeCommunity};
use crate::config::*;
use crate::{By, Policy};

fn path_policy(lines: &[(u32, Action, &str)]) -> Policy {
    let entry =
        |&(seq, action, regex): &(u32, Action, &str)| AsPathEntry { seq, action, regex: regex.into() };
    let mut config = Config::default();
    config.as_path_lists.insert("A".into(), lines.iter().map(entry).collect());
    Policy::new(config)
}

fn entry<C: core::str::FromStr<Err = String>>(seq: u32, action: Action, what: &str) -> CommunityEntry<C> {
    let regex = what.strip_prefix("re ").map(str::to_owned);
    let words = what.split(", ").filter(|w| regex.is_none() && !w.is_empty());
    CommunityEntry { seq, action, communities: words.map(|w| w.parse().unwrap()).collect(), regex }
}

/// Which entry of a list of one permit per text decides.
fn ask(lines: &[&str], route: &str, mode: Asked) -> Option<u32> {
    let mut config = Config::default();
    let lines = lines.iter().zip(1u32..).map(|(what, seq)| entry(seq, Action::Permit, what));
    config.community_lists.insert("C".into(), lines.collect());
    let mut route: Vec<Community> = route.split_whitespace().map(|c| c.parse().unwrap()).collect();
    route.sort();
    match Policy::new(config).community_list("C", &route, mode).by {
        By::Entry(seq) => Some(seq),
        _ => None,
    }
}

#[test]
fn the_first_expression_found_in_the_path_decides() {
    let p = path_policy(&[(10, Action::Permit, ".*"), (5, Action::Deny, "_65002_")]);
    let ask = |path: &str| p.as_path_list("A", &path.parse::<AsPath>().unwrap());
    assert_eq!((ask("65001 65002").permits(), ask("65001 65002").by), (false, By::Entry(5)));
    assert_eq!((ask("").permits(), ask("").by), (true, By::Entry(10)));
    let none = path_policy(&[(5, Action::Permit, "^1_")]).as_path_list("A", &AsPath::default());
    assert_eq!((none.permits(), none.by), (false, By::NoMatch));
    assert_eq!(p.as_path_list("nobody", &AsPath::default()).by, By::Undefined);
}

#[test]
fn an_expression_that_does_not_compile_matches_nothing() {
    let p = path_policy(&[(5, Action::Permit, "("), (6, Action::Deny, ".*")]);
    assert_eq!(p.as_path_list("A", &AsPath::default()).by, By::Entry(6));
}

#[test]
fn a_standard_entry_wants_all_its_communities() {
    let lines = ["1:1, 1:2", "1:3"];
    assert_eq!(ask(&lines, "1:1 1:2 9:9", Asked::All), Some(1));
    assert_eq!(ask(&lines, "1:1 9:9", Asked::All), None);
    assert_eq!(ask(&lines, "1:3", Asked::All), Some(2));
    assert_eq!(ask(&lines, "", Asked::All), None);
}

#[test]
fn exact_match_wants_no_others_and_any_wants_one() {
    let lines = ["1:2, 1:1", "1:3"];
    assert_eq!(ask(&lines, "1:1 1:2", Asked::ExactMatch), Some(1));
    assert_eq!(ask(&lines, "1:1 1:2 1:3", Asked::ExactMatch), None);
    assert_eq!(ask(&lines, "1:2 9:9", Asked::Any), Some(1));
    assert_eq!(ask(&lines, "9:9", Asked::Any), None);
}

#[test]
fn internet_and_an_entry_without_communities_match_every_route() {
    for lines in [["internet"], [""]] {
        for mode in [Asked::All, Asked::ExactMatch, Asked::Any] {
            assert_eq!((ask(&lines, "", mode), ask(&lines, "7:7", mode)), (Some(1), Some(1)), "{lines:?}");
        }
    }
}

#[test]
fn an_expanded_entry_sees_the_text_of_all_or_with_any_of_each() {
    let lines = ["re ^1:[0-9]+ no-export$", "re _2:2_"];
    assert_eq!(ask(&lines, "no-export 1:7", Asked::All), Some(1), "in order of their numbers");
    assert_eq!(ask(&lines, "no-export 1:7", Asked::Any), None);
    assert_eq!(ask(&lines, "1:1 2:2 3:3", Asked::All), Some(2));
    assert_eq!(ask(&lines, "1:1 2:2 3:3", Asked::Any), Some(2));
    assert_eq!(ask(&["re ^$"], "", Asked::All), Some(1));
}

#[test]
fn extended_and_large_communities_have_lists_as_well() {
    let mut config = Config::default();
    let e = vec![entry(5, Action::Deny, "rt 1:1"), entry(6, Action::Permit, "re ^SoO:1:")];
    config.extcommunity_lists.insert("E".into(), e);
    config.large_community_lists.insert("L".into(), vec![entry(5, Action::Permit, "1:2:3, 1:2:4")]);
    let p = Policy::new(config);
    let ext =
        |text: &str| p.extcommunity_list("E", &[text.parse::<ExtendedCommunity>().unwrap()], Asked::All);
    assert_eq!((ext("rt 1:1").permits(), ext("rt 1:1").by), (false, By::Entry(5)));
    assert!(ext("soo 1:9").permits() && !ext("soo 2:9").permits());
    let large = [LargeCommunity(1, 2, 3), LargeCommunity(1, 2, 4)];
    assert!(p.large_community_list("L", &large, Asked::All).permits());
    assert!(!p.large_community_list("L", &large[..1], Asked::All).permits());
}
