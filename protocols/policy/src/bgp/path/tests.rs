use super::*;

fn path(text: &str) -> AsPath {
    text.parse().unwrap()
}

#[test]
fn every_kind_of_segment_has_brackets_of_its_own() {
    for text in ["", "65001", "65001 65002 {1,2}", "(65010 65011) 65001", "[65010,65011] {7} 1 2 {3}"] {
        assert_eq!(path(text).to_string(), text);
    }
    assert_eq!(path(" 1  2 {3 4} "), path("1 2 {3,4}"));
    for bad in ["1 x", "{1", "{}", "(1]", "1 }", "4294967296", "-1"] {
        assert!(bad.parse::<AsPath>().is_err(), "{bad}");
    }
}

#[test]
fn sets_count_once_and_confederations_only_when_asked() {
    let p = path("(65010 65011) 65001 65002 {1,2,3}");
    assert_eq!((p.length(false), p.length(true)), (3, 5));
    assert_eq!((p.neighbor(), p.origin()), (Some(65001), None));
    assert_eq!(path("[1,2] {3}").neighbor(), None);
}
