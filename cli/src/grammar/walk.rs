//! Walking a line through a table: every command that still fits is carried along, word by word.
//! The line means the command whose words fit best, compared from the left. A word that begins several
//! keywords is an ambiguity at once, as in IOS: later words do not decide what earlier ones meant.

use super::pattern::Pattern;
use super::token::{Fit, Kind, Token};
use super::words::{MAX_LINE, Word, split};
use super::{Args, Form, Grammar, Modes};
use std::collections::BTreeSet;

/// Commands carried along at once; more than any table has.
const MAX_STATES: usize = 4096;

/// Why a line is no command. Columns are in characters from 0.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Fault {
    /// Nothing was typed.
    Empty,
    /// Longer than [`MAX_LINE`].
    TooLong,
    /// Nothing fits here.
    Invalid {
        /// Where.
        column: usize,
    },
    /// More words are needed.
    Incomplete,
    /// Several commands fit.
    Ambiguous {
        /// The word that could be several.
        column: usize,
    },
}

/// What could stand at the end of a line.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Help {
    /// Words and labels with what they mean, in order.
    pub entries: Vec<(String, String)>,
    /// Whether the line may end here.
    pub enter: bool,
}

/// What TAB could put at the end of a line.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Completion {
    /// Byte offset of the unfinished word.
    pub start: usize,
    /// Keywords that begin with it.
    pub keywords: Vec<String>,
    /// Arguments possible here, by label; somebody else knows values.
    pub labels: Vec<String>,
}

/// A command found.
pub(crate) struct Found<'g, H> {
    pub form: &'g Form<H>,
    pub args: Args,
    /// Of each word, from the left.
    pub fits: Vec<Fit>,
}

/// What is left of a pattern: the next piece is on top.
type Rest<'g> = Vec<Piece<'g>>;

#[derive(Clone)]
enum Piece<'g> {
    One(&'g Pattern),
    /// Those of an any-order group whose bit is not set.
    Any(&'g [Pattern], u64),
}

struct State<'g, H> {
    form: &'g Form<H>,
    rest: Rest<'g>,
    fits: Vec<Fit>,
    tokens: Vec<&'g Token>,
    args: Args,
}

impl<H: Copy> Grammar<H> {
    /// The command a line means, and its arguments.
    pub fn parse(&self, modes: Modes, line: &str) -> Result<(&Form<H>, Args), Fault> {
        self.best(modes, line).map(|found| (found.form, found.args))
    }

    /// The same, and how well each word fits.
    pub(crate) fn best(&self, modes: Modes, line: &str) -> Result<Found<'_, H>, Fault> {
        if line.len() > MAX_LINE {
            return Err(Fault::TooLong);
        }
        let words = split(line);
        if words.is_empty() {
            return Err(Fault::Empty);
        }
        let states = self.walk(modes, line, &words)?;
        let complete: Vec<_> = states.iter().filter(|s| expand(s.rest.clone(), &mut |_, _| {})).collect();
        let Some(best) = complete.iter().map(|s| &s.fits).max() else {
            return Err(Fault::Incomplete);
        };
        let mut top = complete.iter().filter(|s| s.fits == *best);
        let Some(first) = top.next() else { return Err(Fault::Incomplete) };
        for other in top {
            if let Some(at) = differ(first, other) {
                return Err(Fault::Ambiguous { column: column(line, words.get(at)) });
            }
        }
        let mut args = first.args.clone();
        args.no = first.form.no;
        Ok(Found { form: first.form, args, fits: first.fits.clone() })
    }

    /// What `?` shows at the end of `line`.
    pub fn help(&self, modes: Modes, line: &str) -> Result<Help, Fault> {
        let (states, partial) = self.unfinished(modes, line)?;
        let mut help = Help::default();
        let mut seen = BTreeSet::new();
        for state in &states {
            let end = expand(state.rest.clone(), &mut |token, _| {
                let fits = partial.as_ref().is_none_or(|w| token.may_become(&w.text));
                if fits && seen.insert((token.kind != Kind::Word, token.label.clone())) {
                    help.entries.push((token.label.clone(), token.help.clone()));
                }
            });
            help.enter |= end && partial.is_none() && !state.tokens.is_empty();
        }
        if help.entries.is_empty() && !help.enter {
            return Err(Fault::Invalid { column: column(line, partial.as_ref()) });
        }
        help.entries.sort_by(|(a, _), (b, _)| (label_order(a), a).cmp(&(label_order(b), b)));
        Ok(help)
    }

    /// What TAB offers at the end of `line`.
    pub fn complete(&self, modes: Modes, line: &str) -> Completion {
        let Ok((states, partial)) = self.unfinished(modes, line) else { return Completion::default() };
        let (mut keywords, mut labels) = (BTreeSet::new(), BTreeSet::new());
        let typed = partial.as_ref().map_or("", |w| w.text.as_ref());
        for state in &states {
            expand(state.rest.clone(), &mut |token, _| {
                if token.kind != Kind::Word {
                    labels.insert(token.label.clone());
                } else if token.may_become(typed) {
                    keywords.insert(token.label.clone());
                }
            });
        }
        Completion {
            start: partial.map_or(line.len(), |w| w.start),
            keywords: keywords.into_iter().collect(),
            labels: labels.into_iter().collect(),
        }
    }

    /// States after all finished words, the best only, and the word still being typed.
    fn unfinished<'g, 'l>(
        &'g self,
        modes: Modes,
        line: &'l str,
    ) -> Result<(Vec<State<'g, H>>, Option<Word<'l>>), Fault> {
        if line.len() > MAX_LINE {
            return Err(Fault::TooLong);
        }
        let mut words = split(line);
        let partial = if line.ends_with(char::is_whitespace) { None } else { words.pop() };
        let mut states = self.walk(modes, line, &words)?;
        let best = states.iter().map(|s| s.fits.clone()).max().unwrap_or_default();
        states.retain(|s| s.fits == best);
        Ok((states, partial))
    }

    /// Every command of these modes that can begin with this word.
    fn start<'g>(&'g self, modes: Modes, word: Option<&Word<'_>>) -> Vec<State<'g, H>> {
        let fresh = |form: &'g Form<H>| State {
            form,
            rest: vec![Piece::One(&form.tree)],
            fits: Vec::new(),
            tokens: Vec::new(),
            args: Args::default(),
        };
        let able = |form: &&Form<H>| form.modes.meets(modes) && word.is_none_or(|w| may_start(&form.tree, w));
        self.forms.iter().filter(able).map(fresh).collect()
    }

    fn walk<'g>(&'g self, modes: Modes, line: &str, words: &[Word<'_>]) -> Result<Vec<State<'g, H>>, Fault> {
        let mut states = self.start(modes, words.first());
        for word in words {
            let mut next = Vec::new();
            for state in &states {
                // The rest of a line is one argument: later words belong to it.
                if state.tokens.last().is_some_and(|t| t.kind == Kind::Line) {
                    next.push(state.step(None));
                    continue;
                }
                expand(state.rest.clone(), &mut |token, rest| {
                    if let Some(fit) = token.fit(&word.text, word.quoted) {
                        let text = match token.kind {
                            Kind::Line => line.get(word.start..).unwrap_or("").trim_end(),
                            _ => word.text.as_ref(),
                        };
                        next.push(state.step(Some((token, fit, text, rest.clone()))));
                    }
                });
                if next.len() > MAX_STATES {
                    break;
                }
            }
            if next.is_empty() {
                if states.iter().all(|s| s.tokens.is_empty()) {
                    states = self.start(modes, None);
                }
                let start = column(line, Some(word));
                return Err(Fault::Invalid { column: start.saturating_add(recognized(&states, word)) });
            }
            // A whole keyword is that keyword and never the beginning of another: `no 2` is not `node 2`.
            if next.iter().any(|s| s.fits.last() == Some(&Fit::Exact)) {
                next.retain(|s| s.fits.last() != Some(&Fit::Abbreviated));
            }
            if is_ambiguous(&next) {
                return Err(Fault::Ambiguous { column: column(line, Some(word)) });
            }
            states = next;
        }
        Ok(states)
    }
}

impl<'g, H: Copy> State<'g, H> {
    /// This state one word on; `None`: within the rest of the line.
    fn step(&self, by: Option<(&'g Token, Fit, &str, Rest<'g>)>) -> State<'g, H> {
        let mut next = State {
            form: self.form,
            rest: self.rest.clone(),
            fits: self.fits.clone(),
            tokens: self.tokens.clone(),
            args: self.args.clone(),
        };
        match by {
            None => next.fits.push(Fit::Rest),
            Some((token, fit, text, rest)) => {
                next.rest = rest;
                next.fits.push(fit);
                next.tokens.push(token);
                next.args.push(token, text);
            }
        }
        next
    }
}

/// Whether a pattern that begins with a keyword can begin with this word: most commands cannot, and are left
/// behind before anything is built for them.
fn may_start(tree: &Pattern, word: &Word<'_>) -> bool {
    let first = match tree {
        Pattern::Seq(all) => all.first(),
        other => Some(other),
    };
    match first {
        Some(Pattern::Token(token)) => token.fit(&word.text, word.quoted).is_some(),
        _ => true,
    }
}

/// Calls `f` with each token that may come next and what follows it; answers whether the end may.
fn expand<'g>(mut rest: Rest<'g>, f: &mut dyn FnMut(&'g Token, &Rest<'g>)) -> bool {
    let with = |rest: &Rest<'g>, piece: Piece<'g>| {
        let mut longer = rest.clone();
        longer.push(piece);
        longer
    };
    match rest.pop() {
        None => true,
        Some(Piece::One(Pattern::Token(token))) => {
            f(token, &rest);
            false
        }
        Some(Piece::One(Pattern::Seq(all))) => {
            rest.extend(all.iter().rev().map(Piece::One));
            expand(rest, f)
        }
        Some(Piece::One(Pattern::Choice(all))) => {
            all.iter().fold(false, |end, one| expand(with(&rest, Piece::One(one)), f) | end)
        }
        Some(Piece::One(Pattern::Optional(one))) => {
            let end = expand(with(&rest, Piece::One(one)), f);
            expand(rest, f) | end
        }
        Some(Piece::One(Pattern::AnyOrder(all))) => {
            rest.push(Piece::Any(all, 0));
            expand(rest, f)
        }
        Some(Piece::Any(all, used)) => {
            for (i, one) in all.iter().enumerate().take(64) {
                let bit = 1u64 << i;
                if used & bit == 0 {
                    let left = with(&rest, Piece::Any(all, used | bit));
                    expand(with(&left, Piece::One(one)), f);
                }
            }
            expand(rest, f)
        }
    }
}

/// The first place where two equally good states took different keywords.
fn differ<H>(a: &State<'_, H>, b: &State<'_, H>) -> Option<usize> {
    let word = |t: &&Token| (t.kind == Kind::Word).then(|| t.label.clone());
    let differs = |(x, y): (&&Token, &&Token)| word(x) != word(y);
    a.tokens.iter().zip(&b.tokens).position(differs)
}

/// Whether the best states took the last word for different keywords.
fn is_ambiguous<H>(states: &[State<'_, H>]) -> bool {
    let Some(best) = states.iter().map(|s| &s.fits).max() else { return false };
    let mut top = states.iter().filter(|s| s.fits == *best);
    top.next().is_some_and(|first| top.any(|other| differ(first, other).is_some()))
}

/// Characters of a word that begin some keyword possible there: the caret goes behind them.
fn recognized<H>(states: &[State<'_, H>], word: &Word<'_>) -> usize {
    let mut longest = 0;
    for state in states {
        expand(state.rest.clone(), &mut |token, _| {
            if token.kind == Kind::Word && !word.quoted {
                let same = |(a, b): &(char, char)| a.eq_ignore_ascii_case(b);
                longest = longest.max(token.label.chars().zip(word.text.chars()).take_while(same).count());
            }
        });
    }
    longest
}

/// The character column of a word; the end of the line without one.
fn column(line: &str, word: Option<&Word<'_>>) -> usize {
    let start = word.map_or(line.len(), |w| w.start);
    line.get(..start).map_or(0, |head| head.chars().count())
}

/// Keywords first, then arguments.
fn label_order(label: &str) -> u8 {
    u8::from(!label.starts_with(|c: char| c.is_ascii_lowercase()))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::grammar::{Row, row};

    const ROWS: &[Row<u8>] = &[
        row("show ip route [A.B.C.D/M|connected|static|rip] [json]", "", Modes::EXEC, "", 1),
        row("show ip rip", "", Modes::EXEC, "", 2),
        row("show interfaces [IFNAME]", "", Modes::EXEC, "", 3),
        row("ping ADDRESS {repeat <1-9>$n|df-bit}", "", Modes::EXEC, "", 4),
        row("description LINE", "description", Modes::INTERFACE, "", 5),
        row("list [prefix] WORD <in|out>", "", Modes::CONFIG, "", 6),
        row("stop", "", Modes::PRIVILEGED, "", 7),
    ];

    fn grammar() -> Grammar<u8> {
        Grammar::of(&[ROWS])
    }

    fn run(line: &str) -> Result<u8, Fault> {
        grammar().parse(Modes::EXEC, line).map(|(form, _)| form.run)
    }

    #[test]
    fn any_unique_beginning_is_the_word() {
        assert_eq!(run("show ip route"), Ok(1));
        assert_eq!(run("sh ip ro"), Ok(1));
        assert_eq!(run("SH IP RI"), Ok(2));
        assert_eq!(run("sh int eth0"), Ok(3));
    }

    #[test]
    fn a_beginning_of_several_words_is_ambiguous() {
        assert_eq!(run("sh ip r"), Err(Fault::Ambiguous { column: 6 }));
        assert_eq!(run("s"), Err(Fault::Ambiguous { column: 0 }), "not the one that happens to be complete");
        assert_eq!(run("s ip route"), Err(Fault::Ambiguous { column: 0 }));
    }

    #[test]
    fn a_whole_word_is_no_beginning_of_another() {
        const ROWS: &[Row<u8>] =
            &[row("no debug", "", Modes::EXEC, "", 1), row("node NAME", "", Modes::EXEC, "", 2)];
        let grammar = Grammar::of(&[ROWS]);
        let run = |line: &str| grammar.parse(Modes::EXEC, line).map(|(form, _)| form.run);
        assert_eq!(run("no x"), Err(Fault::Invalid { column: 3 }));
        assert_eq!(run("nod x"), Ok(2));
    }

    #[test]
    fn a_command_cut_short_is_incomplete() {
        assert_eq!(run("show ip"), Err(Fault::Incomplete));
        assert_eq!(run("ping"), Err(Fault::Incomplete));
        assert_eq!(run("ping 10.0.0.1 repeat"), Err(Fault::Incomplete));
        assert_eq!(run("  "), Err(Fault::Empty));
    }

    #[test]
    fn the_caret_stands_under_the_first_character_that_fits_nothing() {
        assert_eq!(run("show ip rotue"), Err(Fault::Invalid { column: 10 }));
        assert_eq!(run("show  ip xx"), Err(Fault::Invalid { column: 9 }));
        assert_eq!(run("ping 10.0.0.300"), Err(Fault::Invalid { column: 5 }));
        assert_eq!(run("ping 10.0.0.1 repeat 10"), Err(Fault::Invalid { column: 21 }));
        assert_eq!(run("shwo"), Err(Fault::Invalid { column: 2 }));
        assert_eq!(run("é"), Err(Fault::Invalid { column: 0 }));
    }

    #[test]
    fn options_come_in_any_order_and_once() {
        let g = grammar();
        let (_, args) = g.parse(Modes::EXEC, "ping ::1 df rep 3").unwrap();
        assert!(args.has("df-bit"));
        assert_eq!(args.get::<u8>("n"), Some(3));
        assert_eq!(run("ping ::1 df df"), Err(Fault::Invalid { column: 12 }));
    }

    #[test]
    fn the_rest_of_a_line_is_kept_as_typed() {
        let g = grammar();
        let (_, args) = g.parse(Modes::INTERFACE, "desc  to the  \"core\" |x ").unwrap();
        assert_eq!(args.text("LINE"), Some("to the  \"core\" |x"));
        let (form, args) = g.parse(Modes::INTERFACE, "no desc").unwrap();
        assert!(form.no && args.no());
    }

    #[test]
    fn a_word_that_must_be_free_text_is() {
        let g = grammar();
        let name = |line: &str| g.parse(Modes::CONFIG, line).unwrap().1.text("WORD").map(str::to_owned);
        assert_eq!(name("list pre in").as_deref(), Some("pre"), "no other reading is complete");
        assert_eq!(name("list prefix in out").as_deref(), Some("in"));
        assert_eq!(name("list \"prefix\" in").as_deref(), Some("prefix"));
    }

    #[test]
    fn help_lists_what_may_come_next() {
        let g = grammar();
        let labels = |line: &str| {
            let help = g.help(Modes::EXEC, line).unwrap();
            let mut all: Vec<_> = help.entries.into_iter().map(|(l, _)| l).collect();
            all.extend(help.enter.then(|| "<cr>".to_owned()));
            all.join(" ")
        };
        assert_eq!(labels(""), "ping show stop");
        assert_eq!(labels("s"), "show stop");
        assert_eq!(labels("show "), "interfaces ip");
        assert_eq!(labels("sh ip route "), "connected json rip static A.B.C.D/M <cr>");
        assert_eq!(labels("sh ip route c"), "connected");
        assert_eq!(labels("show ip route static"), "static");
        assert_eq!(g.help(Modes::EXEC, "show x"), Err(Fault::Invalid { column: 5 }));
    }

    #[test]
    fn tab_offers_keywords_and_says_which_arguments_are_possible() {
        let g = grammar();
        let c = g.complete(Modes::EXEC, "show in");
        assert_eq!((c.start, c.keywords, c.labels), (5, vec!["interfaces".to_owned()], vec![]));
        let c = g.complete(Modes::EXEC, "show interfaces e");
        assert_eq!((c.start, c.keywords, c.labels), (16, vec![], vec!["IFNAME".to_owned()]));
    }

    #[test]
    fn a_huge_line_is_refused_unread() {
        assert_eq!(run(&"x ".repeat(MAX_LINE)), Err(Fault::TooLong));
    }
}
