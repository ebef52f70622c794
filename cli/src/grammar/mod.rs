//! Commands as a table: one row each, and everything else follows from it: abbreviation, errors with a
//! caret, `?`, TAB, `no` forms and the reference. What a command does is the row's handler; nothing here
//! knows any command.

mod glossary;
pub mod pattern;
mod reference;
pub mod token;
mod walk;
pub mod words;

use core::str::FromStr;
use pattern::Pattern;
use std::collections::BTreeMap;
use token::{Kind, Token};

pub(crate) use walk::Found;
pub use walk::{Completion, Fault, Help};
pub use words::MAX_LINE;

/// A set of modes a command belongs to.
#[derive(Copy, Clone, Debug, PartialEq, Eq)]
pub struct Modes(u16);

impl Modes {
    /// `r1>`
    pub const USER: Modes = Modes(1);
    /// `r1#`
    pub const PRIVILEGED: Modes = Modes(2);
    /// Both of these.
    pub const EXEC: Modes = Modes(3);
    /// `r1(config)#`
    pub const CONFIG: Modes = Modes(4);
    /// `r1(config-if)#`
    pub const INTERFACE: Modes = Modes(8);
    /// `r1(config-router)#`
    pub const RIP: Modes = Modes(16);
    /// `r1(config-route-map)#`
    pub const ROUTE_MAP: Modes = Modes(32);
    /// `r1(config-keychain)#`
    pub const KEY_CHAIN: Modes = Modes(64);
    /// `r1(config-keychain-key)#`
    pub const KEY: Modes = Modes(128);
    /// Every configuration mode.
    pub const ANY_CONFIG: Modes = Modes(4 | 8 | 16 | 32 | 64 | 128 | 512 | 1024 | 2048 | 4096 | 8192);
    /// Behind `|`.
    pub const PIPE: Modes = Modes(256);
    /// `r1(config-router)#`, of OSPF
    pub const OSPF: Modes = Modes(512);
    /// `r1(config-router)#`, of BGP
    pub const BGP: Modes = Modes(1024);
    /// `r1(config-router-af)#`
    pub const BGP_FAMILY: Modes = Modes(2048);
    /// `r1(config-bgp-bmp)#`
    pub const BMP: Modes = Modes(4096);
    /// `r1(config-rpki)#`
    pub const RPKI: Modes = Modes(8192);

    /// Whether the two have a mode in common.
    pub const fn meets(self, other: Modes) -> bool {
        self.0 & other.0 != 0
    }

    /// Both sets.
    pub const fn and(self, other: Modes) -> Modes {
        Modes(self.0 | other.0)
    }
}

/// One command, as the tables write it.
#[derive(Clone, Debug)]
pub struct Row<H> {
    /// Its shape, in the notation of [`pattern`].
    pub pattern: &'static str,
    /// What may follow `no`; empty: it has no such form.
    pub no: &'static str,
    /// Where it can be typed.
    pub modes: Modes,
    /// What it does, for the reference.
    pub about: &'static str,
    /// Help for its words and arguments, by keyword, label or `$name`; the glossary knows the usual ones.
    pub help: &'static [(&'static str, &'static str)],
    /// What it does, for the machine.
    pub run: H,
}

/// A row without help of its own.
pub const fn row<H: Copy>(
    pattern: &'static str,
    no: &'static str,
    modes: Modes,
    about: &'static str,
    run: H,
) -> Row<H> {
    Row { pattern, no, modes, about, help: &[], run }
}

impl<H: Copy> Row<H> {
    /// The same with help for these words.
    pub const fn help(mut self, help: &'static [(&'static str, &'static str)]) -> Row<H> {
        self.help = help;
        self
    }
}

/// A table made ready to be walked.
#[derive(Clone, Debug)]
pub struct Grammar<H> {
    forms: Vec<Form<H>>,
}

/// One form of a command: the plain or the `no` one.
#[derive(Clone, Debug)]
pub struct Form<H> {
    pub(crate) tree: Pattern,
    /// Whether this is the `no` form.
    pub no: bool,
    pub(crate) text: String,
    pub(crate) modes: Modes,
    pub(crate) about: String,
    /// The row's handler.
    pub run: H,
}

impl<H: Copy> Grammar<H> {
    /// No commands yet.
    pub fn new() -> Grammar<H> {
        Grammar { forms: Vec::new() }
    }

    /// The commands of these tables. Panics on a malformed pattern: a bug.
    pub fn of(tables: &[&[Row<H>]]) -> Grammar<H> {
        let mut grammar = Grammar::new();
        for row in tables.iter().copied().flatten() {
            let help = row.help.iter().map(|(k, v)| (*k, *v)).collect();
            grammar.add(row.pattern, row.modes, row.about, &help, row.run, false);
            if !row.no.is_empty() {
                grammar.add(&format!("no {}", row.no), row.modes, row.about, &help, row.run, true);
            }
        }
        grammar
    }

    /// One more command. Panics on a malformed pattern: a bug.
    pub fn add(
        &mut self,
        pattern: &str,
        modes: Modes,
        about: &str,
        help: &BTreeMap<&str, &str>,
        run: H,
        no: bool,
    ) {
        let mut tree = match Pattern::parse(pattern) {
            Ok(tree) => tree,
            #[expect(clippy::panic, reason = "patterns are part of the program")]
            Err(why) => panic!("{why}"),
        };
        tree.tokens_mut(&mut |token| {
            let own = help.get(token.name.as_str()).or_else(|| help.get(token.label.as_str()));
            if let Some(text) = own {
                token.help = (*text).to_owned();
            } else if token.kind == Kind::Word {
                token.help = glossary(&token.label).to_owned();
            }
        });
        let (text, about) = (pattern.to_owned(), about.to_owned());
        self.forms.push(Form { tree, no, text, modes, about, run });
    }

    /// Calls `f` with every token of every command.
    #[cfg(test)]
    pub(crate) fn each_token(&self, f: &mut dyn FnMut(&str, &Token)) {
        for form in &self.forms {
            form.tree.clone().tokens_mut(&mut |token| f(&form.text, token));
        }
    }

    /// Every command of these modes, as written in its row.
    pub fn patterns(&self, modes: Modes) -> impl Iterator<Item = &str> {
        self.forms.iter().filter(move |f| f.modes.meets(modes)).map(|f| f.text.as_str())
    }
}

impl<H: Copy> Default for Grammar<H> {
    fn default() -> Grammar<H> {
        Grammar::new()
    }
}

/// What was typed where a pattern has a place for it.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Args {
    no: bool,
    items: Vec<Item>,
}

#[derive(Clone, Debug, PartialEq, Eq)]
struct Item {
    keyword: bool,
    name: String,
    text: String,
}

impl Args {
    /// Whether the `no` form was typed.
    pub fn no(&self) -> bool {
        self.no
    }

    /// Whether this keyword is in the line.
    pub fn has(&self, keyword: &str) -> bool {
        self.items.iter().any(|i| i.keyword && i.name == keyword)
    }

    /// The text of the argument of this name or label.
    pub fn text(&self, name: &str) -> Option<&str> {
        self.items.iter().find(|i| !i.keyword && i.name == name).map(|i| i.text.as_str())
    }

    /// The same, parsed; `None`: absent.
    pub fn get<T: FromStr>(&self, name: &str) -> Option<T> {
        self.text(name)?.parse().ok()
    }

    /// The same where the command cannot do without.
    pub fn need<T: FromStr>(&self, name: &str) -> Result<T, String> {
        let text = self.text(name).ok_or_else(|| format!("{name} is missing"))?;
        text.parse().map_err(|_| format!("`{text}` does not fit {name}"))
    }

    /// The keywords of the line in full, in order, `no` left out.
    pub fn keywords(&self) -> impl Iterator<Item = &str> {
        self.items.iter().filter(|i| i.keyword && i.name != "no").map(|i| i.name.as_str())
    }

    /// Everything in order: keywords in full, arguments as typed; `no` left out.
    pub fn values(&self) -> impl Iterator<Item = &str> {
        let value = |i: &'_ Item| i.keyword && i.name == "no";
        self.items
            .iter()
            .filter(move |i| !value(i))
            .map(|i| if i.keyword { i.name.as_str() } else { i.text.as_str() })
    }

    fn push(&mut self, token: &Token, text: &str) {
        let keyword = token.kind == Kind::Word;
        self.items.push(Item { keyword, name: token.name.clone(), text: text.to_owned() });
    }
}

/// Help for words that mean the same wherever they stand.
fn glossary(word: &str) -> &'static str {
    glossary::GLOSSARY
        .binary_search_by(|(w, _)| (*w).cmp(word))
        .ok()
        .map_or("", |at| glossary::GLOSSARY.get(at).map_or("", |(_, help)| *help))
}
