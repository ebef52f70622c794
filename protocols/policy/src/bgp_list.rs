//! AS-path access lists and community lists of all kinds, with their expressions compiled.

use crate::access::{By, Verdict};
use crate::bgp::{AsPath, Community, ExtendedCommunity, LargeCommunity};
use crate::config::{Action, AsPathEntry, Asked, CommunityEntry, Config};
use crate::regex::Regex;
use core::fmt::Display;
use std::collections::BTreeMap;

/// Every list with expressions, by name; entries in order.
#[derive(Clone, Debug, Default)]
pub(crate) struct Lists {
    pub as_path: BTreeMap<String, Vec<PathLine>>,
    pub community: BTreeMap<String, Vec<Line<Community>>>,
    pub extcommunity: BTreeMap<String, Vec<Line<ExtendedCommunity>>>,
    pub large_community: BTreeMap<String, Vec<Line<LargeCommunity>>>,
}

/// An entry of an AS-path list.
#[derive(Clone, Debug)]
pub(crate) struct PathLine {
    seq: u32,
    action: Action,
    /// `None`: an expression that does not compile, which validation refuses; it matches nothing.
    regex: Option<Regex>,
}

/// An entry of a community list.
#[derive(Clone, Debug)]
pub(crate) struct Line<C> {
    seq: u32,
    action: Action,
    test: Test<C>,
}

#[derive(Clone, Debug)]
enum Test<C> {
    /// Every route.
    Any,
    /// These, in order.
    Standard(Vec<C>),
    Expanded(Regex),
    /// An expression that does not compile.
    Nothing,
}

/// What all kinds of communities have in common.
pub(crate) trait Member: Copy + Ord + Display {
    /// Whether it matches every route.
    fn is_everything(self) -> bool {
        false
    }
}

impl Member for Community {
    fn is_everything(self) -> bool {
        self == Community::INTERNET
    }
}
impl Member for ExtendedCommunity {}
impl Member for LargeCommunity {}

impl Lists {
    pub fn new(config: &Config) -> Lists {
        let as_path = |(name, list): (&String, &Vec<AsPathEntry>)| {
            let line =
                |e: &AsPathEntry| PathLine { seq: e.seq, action: e.action, regex: Regex::new(&e.regex).ok() };
            (name.clone(), list.iter().map(line).collect())
        };
        Lists {
            as_path: config.as_path_lists.iter().map(as_path).collect(),
            community: compile(&config.community_lists),
            extcommunity: compile(&config.extcommunity_lists),
            large_community: compile(&config.large_community_lists),
        }
    }
}

fn compile<C: Member>(lists: &BTreeMap<String, Vec<CommunityEntry<C>>>) -> BTreeMap<String, Vec<Line<C>>> {
    lists.iter().map(|(name, list)| (name.clone(), list.iter().map(Line::new).collect())).collect()
}

impl<C: Member> Line<C> {
    fn new(entry: &CommunityEntry<C>) -> Line<C> {
        let mut communities = entry.communities.clone();
        communities.sort_unstable();
        communities.dedup();
        let test = match &entry.regex {
            Some(regex) => Regex::new(regex).map_or(Test::Nothing, Test::Expanded),
            None if communities.is_empty() || communities.iter().any(|c| c.is_everything()) => Test::Any,
            None => Test::Standard(communities),
        };
        Line { seq: entry.seq, action: entry.action, test }
    }

    /// `route` is in order; `text` is its text, once it was needed.
    fn matches(&self, route: &[C], mode: Asked, text: &mut Option<String>) -> bool {
        match (&self.test, mode) {
            (Test::Any, _) => true,
            (Test::Nothing, _) => false,
            (Test::Standard(all), Asked::All) => all.iter().all(|c| route.contains(c)),
            (Test::Standard(all), Asked::ExactMatch) => all == route,
            (Test::Standard(all), Asked::Any) => all.iter().any(|c| route.contains(c)),
            (Test::Expanded(regex), Asked::Any) => route.iter().any(|c| regex.is_match(&c.to_string())),
            (Test::Expanded(regex), _) => regex.is_match(text.get_or_insert_with(|| join(route))),
        }
    }
}

/// As an expanded list sees them: `65001:1 no-export`.
fn join<C: Display>(communities: &[C]) -> String {
    let mut text = String::new();
    for community in communities {
        if !text.is_empty() {
            text.push(' ');
        }
        text.push_str(&community.to_string());
    }
    text
}

/// The first entry whose expression is found in the path decides; none is a deny.
pub(crate) fn as_path(list: &[PathLine], path: &AsPath) -> Verdict {
    let mut text = None;
    let hit = list.iter().find(|line| line.regex.as_ref().is_some_and(|r| r.is_match_path(path, &mut text)));
    verdict(hit.map(|line| (line.action, line.seq)))
}

/// The first entry that holds for the communities of a route decides; none is a deny.
pub(crate) fn communities<C: Member>(list: &[Line<C>], route: &[C], mode: Asked) -> Verdict {
    let mut text = None;
    let hit = list.iter().find(|line| line.matches(route, mode, &mut text));
    verdict(hit.map(|line| (line.action, line.seq)))
}

fn verdict(hit: Option<(Action, u32)>) -> Verdict {
    hit.map_or(Verdict { action: Action::Deny, by: By::NoMatch }, |(action, seq)| Verdict {
        action,
        by: By::Entry(seq),
    })
}

#[cfg(test)]
mod tests;
