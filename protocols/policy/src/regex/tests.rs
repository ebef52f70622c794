use super::*;
use proptest::prelude::*;

fn matches(regex: &str, text: &str) -> bool {
    let compiled = Regex::new(regex).unwrap_or_else(|e| panic!("{regex}: {e}"));
    let path: AsPath = text.parse().unwrap();
    let by_path = compiled.is_match_path(&path, &mut None);
    assert_eq!(
        by_path,
        compiled.is_match(text),
        "the short way and the long way agree on {regex} in `{text}`"
    );
    by_path
}

#[test]
fn an_underscore_is_a_separator_or_an_end() {
    for (regex, yes, no) in [
        ("^65001_", "65001 65002", "65001{7}x65001"),
        ("_65002_", "65001 65002", "65001 650021"),
        ("_65002$", "65001 65002", "65002 65001"),
        ("^65001$", "65001", "65001 65001"),
        ("_7_", "65001 {6,7}", "65001 {6,77}"),
        ("_65010_", "(65009 65010) 1", "(650101) 1"),
        ("_65010_", "[65009,65010] 1", "[650101] 1"),
    ] {
        assert!(matches(regex, yes), "{regex} in {yes}");
        if no.parse::<AsPath>().is_ok() {
            assert!(!matches(regex, no), "{regex} in {no}");
        }
    }
}

#[test]
fn expressions_as_operators_write_them() {
    for (regex, path, expected) in [
        (".*", "", true),
        ("^$", "", true),
        ("^$", "1", false),
        ("^[0-9]+$", "65001", true),
        ("^[0-9]+$", "65001 2", false),
        ("^65001(_65001)*$", "65001 65001 65001", true),
        ("^65001(_65001)*$", "65001 65002", false),
        ("^65001(_[0-9]+)?$", "65001 7", true),
        ("_(64[5-9][0-9][0-9]|65[0-9]{3})_", "1 64512 2", true),
        ("_(64[5-9][0-9][0-9]|65[0-9]{3})_", "1 64412 2", false),
        ("^(1|2|3)_", "2 9", true),
        ("\\(65010", "(65010) 1", true),
        ("{7}", "1 {7}", true),
        ("\\{7,8\\}$", "1 {7,8}", true),
        ("^[^ ]+ 2", "1 2", true),
        ("^1 2$", "1 2", true),
        ("[[:digit:]]{5}", "65001", true),
        ("[[:digit:]]{6}", "65001", false),
        ("65001", "165001", true),
        ("^12+$", "1222", true),
        ("(^1_|_2$)", "5 2", true),
        ("_0*1_", "1", true),
        ("_01_", "1", false),
    ] {
        assert_eq!(matches(regex, path), expected, "{regex} in `{path}`");
    }
}

#[test]
fn posix_brackets_take_a_leading_bracket_a_trailing_hyphen_and_backslashes() {
    let hit = |regex: &str, text: &str| Regex::new(regex).unwrap().is_match(text);
    assert!(hit("[]a]", "]") && hit("[^]a]", "b") && !hit("[^]a]", "]"));
    assert!(hit("[a-]", "-") && hit("[\\d]", "\\") && hit("[\\d]", "d") && !hit("[\\d]", "7"));
    assert!(
        hit("[&&~~]", "~") && hit("a**", "") && hit("^(ab+?)$", "a"),
        "`+?` is not lazy: one or none of many"
    );
    assert!(hit("_65001:[0-9]+_", "1:1 65001:7 no-export") && !hit("_65001:[0-9]+_", "165001:7"));
}

#[test]
fn a_bad_expression_is_refused_with_its_place() {
    for (bad, at) in [
        ("", 0),
        ("*", 0),
        ("^*", 1),
        ("a(+b)", 2),
        ("(ab", 0),
        ("ab)", 2),
        ("12[3", 2),
        ("1[9-2]", 4),
        ("[[:digits:]]", 1),
        ("[[.a.]]", 1),
        ("ab\\", 2),
        ("(a)\\1", 4),
        ("a{3,2}", 1),
        ("a{256}", 1),
    ] {
        assert_eq!(Regex::new(bad).map_err(|e| e.at).map(|_| ()), Err(at), "{bad}");
    }
    assert_eq!(Regex::new("ab)").unwrap_err().to_string(), "`)` without `(` at character 3");
    assert!(Regex::new(&"a".repeat(254)).is_ok() && Regex::new(&"a".repeat(255)).is_err());
}

#[test]
fn an_expression_that_would_grow_beyond_bounds_is_refused() {
    for bad in ["(((a{255}){255}){255}){255}", "(a{255}){255}", &"(".repeat(100)] {
        assert!(Regex::new(bad).is_err(), "{bad}");
    }
    // Takes exponential time where one way after another is tried.
    let regex = Regex::new("^((_?[0-9]*)*)*x$").unwrap();
    assert!(!regex.is_match(&"65001 ".repeat(600)));
}

proptest! {
    #[test]
    fn no_text_makes_it_panic(text in "\\PC{0,40}", path in "[0-9 ]{0,20}") {
        if let Ok(regex) = Regex::new(&text) {
            regex.is_match(&path);
        }
    }

    #[test]
    fn expressions_of_the_operators_compile_or_say_where(text in r"[0-9_^$.*+?|(){},\[\]\\-]{1,30}") {
        match Regex::new(&text) {
            Ok(regex) => { regex.is_match("65001 65002"); }
            // The engine itself has nothing to object to but the size.
            Err(fault) => prop_assert!(fault.at < text.chars().count() && !fault.what.starts_with("too many rep"), "{fault}"),
        }
    }

    #[test]
    fn the_short_way_agrees_with_the_engine(asn in 0u32..40, path in proptest::collection::vec(0u32..40, 0..4)) {
        let path = path.iter().map(u32::to_string).collect::<Vec<_>>().join(" ");
        for regex in [format!("^{asn}_"), format!("_{asn}_"), format!("_{asn}$"), format!("^{asn}$")] {
            matches(&regex, &path);
        }
    }
}
